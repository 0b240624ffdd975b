"""What people say of an incident: that somebody is on it, that nothing more is to be told of it."""

from datetime import datetime
from typing import Literal

import duckdb

from monitor.enrich.table import naive

Outcome = Literal["done", "again", "over", "unknown"]
"""What became of such a word: done; it was so already; the incident is over; there is none of that id."""


def acknowledge(con: duckdb.DuckDBPyConnection, incident_id: str, *, by: str, at: datetime) -> Outcome:
    """Note that somebody is on an incident; whoever says so last is, since they first did."""
    rows = con.execute("select acknowledged_by from incident where id = ?", [incident_id]).fetchall()
    if not rows:
        return "unknown"
    if rows[0][0] == by:
        return "again"
    con.execute("update incident set acknowledged_by = ?, acknowledged_at = ? where id = ?", [by, naive(at), incident_id])
    _log(con, incident_id, "acknowledged", f"{by} is on it", at)
    return "done"


def silence(con: duckdb.DuckDBPyConnection, incident_id: str, *, by: str, at: datetime, until: datetime | None) -> Outcome:
    """Tell nobody of an incident any more, until a time or, where it is None, until it is over; it is recorded all the same."""
    rows = con.execute("select state = 'resolved' from incident where id = ?", [incident_id]).fetchall()
    if not rows:
        return "unknown"
    if rows[0][0]:
        return "over"
    con.execute(
        "update incident set silenced_by = ?, silenced_at = ?, silenced_until = ? where id = ?",
        [by, naive(at), until and naive(until), incident_id],
    )
    until_when = f"{naive(until):%Y-%m-%d %H:%M} UTC" if until else "it is over"
    _log(con, incident_id, "silenced", f"silenced by {by} until {until_when}", at)
    return "done"


def lift(con: duckdb.DuckDBPyConnection, incident_id: str, *, by: str, at: datetime) -> Outcome:
    """Tell of a silenced incident again."""
    rows = con.execute(
        "select silenced_at is not null and coalesce(silenced_until, 'infinity') > ? from incident where id = ?", [naive(at), incident_id]
    ).fetchall()
    if not rows:
        return "unknown"
    if not rows[0][0]:
        return "again"
    con.execute("update incident set silenced_until = ? where id = ?", [naive(at), incident_id])
    _log(con, incident_id, "lifted", f"told of again, by {by}", at)
    return "done"


def _log(con: duckdb.DuckDBPyConnection, incident_id: str, change: str, text: str, at: datetime) -> None:
    con.execute(
        "insert into incident_log select id, ?, ?, severity, ? from incident where id = ?",
        [naive(at), change, text, incident_id],
    )
