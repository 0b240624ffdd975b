"""What every command shares: its options, the configuration, and how times are read."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors import CONNECTORS
from monitor.collect.connector import Connector
from monitor.config.load import find_config, load_config
from monitor.config.models import Config
from monitor.errors import ConfigError

START, COLLECT, LOOK, ACT = "Start", "Collect", "Look", "Act"


def _verbose(level: int) -> int:
    if level:
        logging.getLogger().setLevel(logging.INFO if level == 1 else logging.DEBUG)
    return level


ConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The configuration file.", show_default="$MONITOR_CONFIG, ./config.yaml, …")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Verbose = Annotated[int, typer.Option("-v", "--verbose", count=True, callback=_verbose, help="Say more; -vv for everything.")]
BrandName = Annotated[str | None, typer.Option("--brand", help="One brand; all of them if left out.")]


def configured(path: Path | None) -> Config:
    """The whole configuration, checked.

    raises  ConfigError where there is none, or with everything that is wrong in it
    """
    return load_config(find_config(path), {name: source.settings for name, source in CONNECTORS.items()})


def connectors_of(config: Config, names: Sequence[str] = ()) -> list[Connector]:
    """The enabled sources, or the named ones.

    raises  ConfigError where a named one is not in the configuration
    """
    for name in names:
        if name not in config.sources:
            raise ConfigError(f"no source {name!r} in the configuration; there are {', '.join(config.sources) or 'none'}")
    wanted: Mapping[str, Any] = {
        name: settings for name, settings in config.sources.items() if (name in names if names else settings.enabled)
    }
    return [CONNECTORS[name].make(settings, config.folder) for name, settings in wanted.items()]


def moment(text: str | None) -> datetime | None:
    """A typed time; UTC unless it says an offset.

    raises  BadParameter (exit 2) where it is none
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write 2026-02-10, 2026-02-10T14:00 or 2026-02-10T14:00+01:00") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def now() -> datetime:
    """The present, UTC: the one place where commands ask for it."""
    return datetime.now(UTC)
