"""Durations as people write them: 30s, 5m, 1h30m, 7d."""

import re
from typing import Annotated

from pydantic import BeforeValidator

_PARTS = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 3653 * 86400


def seconds_of(value: object) -> int:
    """Whole seconds in a written duration.

    raises  ValueError where it is not one, is zero, or longer than ten years

    >>> seconds_of("1h30m")
    5400
    """
    text = str(value).strip()
    parts = _PARTS.findall(text)
    if "".join(number + unit for number, unit in parts) != text or not parts:
        raise ValueError(f"{text!r} is no duration; write it like 30s, 5m, 1h30m or 7d")
    total = sum(int(number) * _SECONDS[unit] for number, unit in parts)
    if total == 0:
        raise ValueError(f"{text!r} is no time at all; give at least 1s")
    if total > _LONGEST:
        raise ValueError(f"{text!r} is longer than ten years")
    return total


def _as_seconds(value: object) -> int:
    # a bare number is seconds
    is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return seconds_of(f"{value}s" if is_number else value)


Duration = Annotated[int, BeforeValidator(_as_seconds, json_schema_input_type=int | str)]
"""Seconds, one or more."""
