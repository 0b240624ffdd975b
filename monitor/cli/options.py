"""What every command shares: its options, the configuration, and how times are read."""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from connectors import sources
from monitor.collect.connector import Connector, Query, Surroundings
from monitor.config.load import find_config, load_config
from monitor.config.models import Config, Thread
from monitor.errors import ConfigError, MonitorError, StoreError
from monitor.store.database import Store
from monitor.store.publish import newest
from monitor.tell.published import opened

START, COLLECT, LOOK, ACT, GOVERN = "Start", "Collect", "Look", "Act", "Govern"


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
    return load_config(find_config(path), {name: source.settings for name, source in sources().items()})


def connectors_of(config: Config, names: Sequence[str] = ()) -> list[Connector]:
    """The enabled sources, or the named ones.

    Each followed page goes to the first of the enabled sources that knows its address.

    raises  ConfigError where a named one is not in the configuration, or nobody can follow a page
    """
    for name in names:
        if name not in config.sources:
            raise ConfigError(f"no source {name!r} in the configuration; there are {', '.join(config.sources) or 'none'}")
    wanted: Mapping[str, Any] = {
        name: settings for name, settings in config.sources.items() if (name in names if names else settings.enabled)
    }
    threads = _threads_by_source(config)
    return [
        sources()[name].make(settings, Surroundings(config.folder, config.brands, threads.get(name, ())))
        for name, settings in wanted.items()
    ]


def _threads_by_source(config: Config) -> dict[str, list[Thread]]:
    # our own sources first, in their order: the feed, which tries any page, stands last among them
    order = [name for name in sources() if name in config.sources and config.sources[name].enabled]
    taken: dict[str, list[Thread]] = {}
    for number, thread in enumerate(config.threads):
        name = next((name for name in order if sources()[name].follows(config.sources[name], thread.url)), None)
        if name is None:
            raise ConfigError(
                f"threads[{number}].url: no enabled source can follow {thread.url}; "
                "enable its source, or `feed` for any page with a comment feed"
            )
        taken.setdefault(name, []).append(thread)
    return taken


def queries_of(config: Config) -> list[Query]:
    """What the enabled sources are asked; of one that cannot say so now, which is told on standard error, nothing."""
    found: list[Query] = []
    for connector in connectors_of(config):
        try:
            found += connector.queries()
        except MonitorError as error:
            print(error, file=sys.stderr)
    return found


@contextmanager
def published_copy(config: Config) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The newest published copy, open for reading; None where there is none yet."""
    try:
        copy = newest(config.published_folder)
    except StoreError:
        yield None
        return
    with opened(copy) as con:
        yield con


@contextmanager
def private_store(config: Config) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The private store, once it can be had, for reading; None where nothing was collected yet."""
    if not (config.store_folder / "monitor.duckdb").exists():
        yield None
        return
    with Store(config.store_folder, command="monitor config") as store, store.opened() as con:
        yield con


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
