"""Secrets: read from the environment when they are needed, never kept, never shown."""

import os
from pathlib import Path

from monitor.errors import CredentialsRefused


def secret(name: str) -> str | None:
    """The value of NAME, or the content of the file that NAME_FILE names; None where there is neither.

    raises  CredentialsRefused where the file cannot be read
    """
    value = os.environ.get(name, "").strip()
    if value:
        return value
    file = os.environ.get(f"{name}_FILE", "").strip()
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise CredentialsRefused(f"the file that {name}_FILE names cannot be read; check its path and rights") from None


def missing(source: str, *names: str) -> str | None:
    """A sentence naming the secrets that are not there, or None where all are."""
    absent = [name for name in names if secret(name) is None]
    return (
        f"{source}: needs {' and '.join(absent)} in the environment (or {absent[0]}_FILE); docs/sources.md says how to get it"
        if absent
        else None
    )


def needed(source: str, name: str) -> str:
    """A secret that a request cannot do without.

    raises  CredentialsRefused where it is missing
    """
    value = secret(name)
    if value is None:
        raise CredentialsRefused(missing(source, name) or source)
    return value
