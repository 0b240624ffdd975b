"""Known events: what happened to a brand, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from monitor.enrich.table import naive


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the timeline; `at` is UTC."""

    name: str
    brand: str
    at: datetime
    note: str | None = None


def add_event(con: duckdb.DuckDBPyConnection, *, name: str, brand: str, at: datetime, note: str | None = None) -> bool:
    """Put an event on the timeline; False where the same one stands there already."""
    if con.execute("select 1 from event where name = ? and brand = ? and happened_at = ?", [name, brand, naive(at)]).fetchall():
        return False
    con.execute("insert into event values (?, ?, ?, ?)", [name, brand, naive(at), note])
    return True


def read_events(con: duckdb.DuckDBPyConnection, *, brand: str | None = None) -> list[Event]:
    """The events of one brand or of all, oldest first."""
    rows = con.execute(
        "select name, brand, happened_at, note from event where brand = coalesce(?, brand) order by happened_at, brand, name", [brand]
    ).fetchall()
    return [Event(name, owner, at.replace(tzinfo=UTC), note) for name, owner, at, note in rows]
