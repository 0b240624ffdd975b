"""Looks at everything that collection needs, and says what needs a person."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import duckdb

from monitor.collect.connector import Connector
from monitor.config.models import Config
from monitor.errors import ConfigError, MonitorError
from monitor.gather.enricher import scorer_of
from monitor.gather.rescore import due_labels
from monitor.store.database import Store
from monitor.store.progress import read_outcomes
from monitor.store.publish import data_as_of, newest
from monitor.store.upgrade import schema_version
from monitor.tell.questions import question
from monitor.tell.tables import read_tables
from monitor.tell.words import count_of, duration

_LOW_DISK_BYTES = 2_000_000_000
_STALE_SECONDS = 3600
_COPIED_BYTES_A_SECOND = 10_000_000

State = Literal["ok", "off", "busy", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; a problem's text says what to do."""

    what: str
    state: State
    text: str


def examine(config: Config, connectors: Sequence[Connector], *, now: datetime) -> list[Finding]:
    """Every finding, in the order in which things depend on each other."""
    store = list(_store(config))
    troubled = {finding.what for finding in store}
    return [
        Finding("config", "ok", f"{count_of(len(config.brands), 'brand')}, {count_of(len(config.sources), 'source')}"),
        *_scorer(config),
        *store,
        _published(config, now),
        *_copying(config),
        *_tables(config),
        *(finding for finding in _sources(config, connectors) if finding.state != "ok" or finding.what not in troubled),
        _disk(config),
    ]


def _scorer(config: Config) -> Iterator[Finding]:
    """Nothing where texts can be scored: that is the usual."""
    try:
        scorer_of(config)
    except MonitorError as error:
        yield Finding("scoring", "problem", str(error))


def _store(config: Config) -> Iterator[Finding]:
    path = config.store_folder / "monitor.duckdb"
    if not path.exists():
        yield Finding("store", "off", f"nothing collected yet; it will lie in {config.store_folder}")
        return
    with Store(config.store_folder, command="monitor doctor", wait_seconds=15) as store:
        holder = store.holder()
        try:
            with store.opened() as con:
                mentions = _count(con, "select count(*) from mention")
                twice = _count(con, "select count(*) - count(distinct (source, source_id)) from mention")
                outcomes = read_outcomes(con)
            due = _due_labels(store, config)
        except MonitorError as error:
            yield Finding("store", "busy", str(error))
            return
    held = f"; was held by {holder}" if holder else ""
    yield Finding("store", "ok", f"{mentions:,} mentions, {path.stat().st_size / 1e6:,.0f} MB, schema {schema_version()}{held}")
    if due:
        yield Finding("labels", "problem", f"{count_of(due, 'label')} by another scorer or other words than now; run `monitor rescore`")
    if twice:
        yield Finding("keys", "problem", f"{twice:,} texts are stored twice; please report it")
    told = set()
    for outcome in outcomes:
        if outcome.error and (outcome.source, outcome.error) not in told:
            told.add((outcome.source, outcome.error))
            at = f"{outcome.last_error_at:%Y-%m-%d %H:%M} UTC" if outcome.last_error_at else "an unknown time"
            yield Finding(outcome.source, "problem", f"{outcome.error} (last tried {at})")


def _due_labels(store: Store, config: Config) -> int:
    try:
        return due_labels(store, config)
    except ConfigError:
        # told beside it
        return 0


def _published(config: Config, now: datetime) -> Finding:
    try:
        copy = newest(config.published_folder)
    except MonitorError:
        return Finding("published", "off", f"no copy yet; it will lie in {config.published_folder}")
    with duckdb.connect(str(copy), read_only=True) as con:
        as_of = data_as_of(con)
    if as_of is None:
        return Finding("published", "problem", f"{copy} says nothing of its age; remove it, the next copy replaces it")
    age = (now - as_of).total_seconds()
    text = f"data as of {as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return Finding(
        "published", "ok" if age < _STALE_SECONDS else "off", text if age < _STALE_SECONDS else f"{text}; `monitor run` keeps it fresh"
    )


def _copying(config: Config) -> Iterator[Finding]:
    """Nothing while copies are small: from 10 MB a second on, day and night, a lake writes far less."""
    path = config.store_folder / "monitor.duckdb"
    size = path.stat().st_size if path.exists() else 0
    if not config.publish.lake and size > _COPIED_BYTES_A_SECOND * config.publish.every:
        yield Finding(
            "copying",
            "problem",
            f"{size / 1e6:,.0f} MB are copied every {duration(timedelta(seconds=config.publish.every))}; "
            "set `publish: {lake: true}`, or a longer publish.every",
        )


def _tables(config: Config) -> Iterator[Finding]:
    """The tables that cannot be written, and those whose question is none; nothing where all is well."""
    for table, stands in zip(config.publish.tables, read_tables(config), strict=True):
        try:
            question(table.query, config.queries_folder)
        except ConfigError as error:
            yield Finding("tables", "problem", f"publish.tables: {table.file}: {error}")
            continue
        if stands.trouble:
            yield Finding("tables", "problem", f"{table.file}: {stands.trouble}")


def _sources(config: Config, connectors: Sequence[Connector]) -> Iterator[Finding]:
    for connector in connectors:
        try:
            missing = connector.check()
        except MonitorError as error:
            missing = str(error)
        yield Finding(
            connector.source,
            "problem" if missing else "ok",
            missing or f"asked every {duration(timedelta(seconds=config.sources[connector.source].every))}",
        )
    for name, settings in config.sources.items():
        if not settings.enabled:
            yield Finding(name, "off", f"sources.{name}.enabled is false")


def _disk(config: Config) -> Finding:
    folder = config.store_folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk",
        "problem" if free < _LOW_DISK_BYTES else "ok",
        f"{free / 1e9:,.0f} GB free" + ("; make room" if free < _LOW_DISK_BYTES else ""),
    )


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])
