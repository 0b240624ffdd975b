"""How far each walk has come: cursors and coverage, written with the pages they speak of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from monitor.collect.connector import Cursor, Looked, Query
from monitor.enrich.table import naive

_FEW = 20
"""Up to so many cursors are updated by one statement that names them all."""

_STRETCH = "source, query, brands, complete, reason, run_id"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How asking a source last ended.

    not_before  it may not be asked before; None where it may
    stopped     why it is not asked until somebody acts: "money", or the version of ours that could
                not read it; None where it is asked
    failures    tries in a row that failed
    error       None where the last try went well
    """

    source: str
    query: str
    not_before: datetime | None
    stopped: str | None
    failures: int
    last_success_at: datetime | None
    error: str | None
    last_error_at: datetime | None


def read_cursors(con: duckdb.DuckDBPyConnection, direction: str) -> Mapping[tuple[str, str], Cursor]:
    """Where each (source, query) of one direction resumes."""
    rows = con.execute("select source, query, cursor from cursor where direction = ?", [direction]).fetchall()
    return {(source, query): json.loads(cursor) for source, query, cursor in rows}


def save_cursors(con: duckdb.DuckDBPyConnection, cursors: Sequence[tuple[Query, str, Cursor | None]], *, now: datetime) -> None:
    """Remember where to resume; the last of several for one query counts, and None leaves it where it is."""
    rows = {
        (query.source, query.name, direction): json.dumps(cursor, sort_keys=True)
        for query, direction, cursor in cursors
        if cursor is not None
    }
    if not rows:
        return
    if len(rows) <= _FEW and _move_cursors(con, rows, now=now):
        return
    con.execute(
        f"insert or replace into cursor values {', '.join(['(?, ?, ?, ?, ?)'] * len(rows))}",
        [value for key, cursor in rows.items() for value in (*key, cursor, naive(now))],
    )


def _move_cursors(con: duckdb.DuckDBPyConnection, rows: Mapping[tuple[str, str, str], str], *, now: datetime) -> bool:
    """Update cursors that are stored, as a live round's are: half the time of a replacement; whether all of them were."""
    key = "(source = ? and query = ? and direction = ?)"
    moved = con.execute(
        f"""
        update cursor set cursor = case {f"when {key} then ? " * len(rows)} end, updated_at = ?
        where {" or ".join([key] * len(rows))}
        """,
        [*(value for key, cursor in rows.items() for value in (*key, cursor)), naive(now), *(name for key in rows for name in key)],
    ).fetchall()
    return bool(moved[0][0] == len(rows))


def drop_cursors(con: duckdb.DuckDBPyConnection, source: str, queries: Sequence[str]) -> None:
    """Forget where some live questions of a source resume, which nobody asks any more."""
    con.execute("delete from cursor where source = ? and direction = 'live' and list_contains(?, query)", [source, list(queries)])


def save_coverage(con: duckdb.DuckDBPyConnection, looks: Sequence[tuple[Query, Looked, int, int]], *, now: datetime) -> None:
    """Remember which stretches were looked at; one prolongs the same run's last stretch where they touch.

    looks  query, stretch, run and items seen
    """
    if not looks:
        return
    looks = _joined(looks)
    first = min(looked.since for _, looked, _, _ in looks)
    stored = con.execute(
        f"select rowid, {_STRETCH}, covered_from, covered_to from coverage where covered_to >= ? and list_contains(?, run_id)",
        [naive(first), [run_id for *_, run_id, _ in looks]],
    ).fetchall()
    longer: dict[int, tuple[datetime, int]] = {}
    others: list[object] = []
    for query, looked, run_id, seen in looks:
        since, until = (at.astimezone(UTC).replace(tzinfo=None) for at in (looked.since, looked.until))
        stretch = (looked.source, query.name, list(query.brands), looked.complete, looked.reason, run_id)
        touching = [row for row in stored if row[1:7] == stretch and row[7] <= since <= row[8]]
        if touching:
            rowid, *_, known_until = touching[0]
            known_until, count = longer.get(rowid, (known_until, 0))
            longer[rowid] = max(known_until, until), count + seen
        else:
            others += [*stretch, since, until, naive(now), seen]
    if longer:
        until_of = " ".join(f"when {rowid} then timestamp '{until}'" for rowid, (until, _) in longer.items())
        more = " ".join(f"when {rowid} then {count}" for rowid, (_, count) in longer.items())
        con.execute(
            f"""
            update coverage set covered_to = case rowid {until_of} end, count = count + case rowid {more} end, pulled_at = ?
            where rowid in ({", ".join(map(str, longer))})
            """,
            [naive(now)],
        )
    if others:
        row = "(?, ?, ?::varchar[], ?, ?, ?, ?, ?, ?, ?)"
        rows = ", ".join([row] * (len(others) // 10))
        con.execute(f"insert into coverage ({_STRETCH}, covered_from, covered_to, pulled_at, count) values {rows}", others)


def _joined(looks: Sequence[tuple[Query, Looked, int, int]]) -> list[tuple[Query, Looked, int, int]]:
    """Stretches that touch as one."""
    joined: list[tuple[Query, Looked, int, int]] = []
    for query, looked, run_id, seen in sorted(looks, key=lambda look: look[1].since):
        for place, (other, known, its_run, count) in enumerate(joined):
            same = (query, looked.source, looked.complete, looked.reason) == (other, known.source, known.complete, known.reason)
            if same and run_id == its_run and looked.since <= known.until:
                joined[place] = (query, replace(known, until=max(known.until, looked.until)), run_id, count + seen)
                break
        else:
            joined.append((query, looked, run_id, seen))
    return joined


def save_outcome(
    con: duckdb.DuckDBPyConnection,
    query: Query,
    *,
    now: datetime,
    error: str | None = None,
    not_before: datetime | None = None,
    stopped: str | None = None,
) -> None:
    """Remember how asking a source ended: all well, or with what, and from when it may be asked again."""
    con.execute(
        """
        insert into source_state values ($source, $query, $not_before, $stopped, $failures, $well, $error, $failed)
        on conflict do update set
            not_before = excluded.not_before,
            stopped = excluded.stopped,
            failures = case when excluded.failures = 0 then 0 else failures + 1 end,
            last_success_at = coalesce(excluded.last_success_at, last_success_at),
            last_error = excluded.last_error,
            last_error_at = coalesce(excluded.last_error_at, last_error_at)
        """,
        {
            "source": query.source,
            "query": query.name,
            "not_before": naive(not_before),
            "stopped": stopped,
            "failures": 1 if error else 0,
            "well": None if error else naive(now),
            "error": error,
            "failed": naive(now) if error else None,
        },
    )


def release(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Let a source be asked again that was stopped until somebody acts."""
    con.execute("update source_state set stopped = null, not_before = null where source = ? and stopped is not null", [source])


def read_outcomes(con: duckdb.DuckDBPyConnection) -> list[Outcome]:
    """How asking each source last ended."""
    rows = con.execute("select * from source_state order by source, query").fetchall()
    return [
        Outcome(source, query, _aware(not_before), stopped, failures, _aware(success), error, _aware(failed))
        for source, query, not_before, stopped, failures, success, error, failed in rows
    ]


def read_spoken_until(con: duckdb.DuckDBPyConnection, run_ids: Sequence[int]) -> dict[tuple[str, str], datetime]:
    """Up to where coverage says something, good or bad, of each (source, query) of some runs."""
    rows = con.execute(
        "select source, query, max(covered_to) from coverage where list_contains(?, run_id) group by all", [list(run_ids)]
    ).fetchall()
    return {(source, query): until.replace(tzinfo=UTC) for source, query, until in rows}


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
