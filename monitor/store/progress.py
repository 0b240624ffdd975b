"""How far each walk has come: cursors and coverage, written with the pages they speak of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from monitor.collect.connector import Cursor, Looked, Query
from monitor.enrich.table import naive


@dataclass(frozen=True, slots=True)
class Outcome:
    """How asking a source last ended.

    not_before  it may not be asked before; None where it may
    error       None where the last try went well
    """

    source: str
    query: str
    not_before: datetime | None
    last_success_at: datetime | None
    error: str | None
    last_error_at: datetime | None


def read_cursors(con: duckdb.DuckDBPyConnection, direction: str) -> Mapping[tuple[str, str], Cursor]:
    """Where each (source, query) of one direction resumes."""
    rows = con.execute("select source, query, cursor from cursor where direction = ?", [direction]).fetchall()
    return {(source, query): json.loads(cursor) for source, query, cursor in rows}


def save_cursors(con: duckdb.DuckDBPyConnection, cursors: Sequence[tuple[Query, str, Cursor]], *, now: datetime) -> None:
    """Remember where to resume; the last of several for one query counts."""
    rows = {(query.source, query.name, direction): json.dumps(cursor, sort_keys=True) for query, direction, cursor in cursors}
    if not rows:
        return
    con.execute(
        f"insert or replace into cursor values {', '.join(['(?, ?, ?, ?, ?)'] * len(rows))}",
        [value for key, cursor in rows.items() for value in (*key, cursor, naive(now))],
    )


def save_coverage(con: duckdb.DuckDBPyConnection, looks: Sequence[tuple[Query, Looked, int, int]], *, now: datetime) -> None:
    """Remember which stretches were looked at; one prolongs the same run's last stretch where they touch.

    looks  query, stretch, run and items seen
    """
    if not looks:
        return
    looks = _joined(looks)
    row = "(?, ?, ?::varchar[], ?::timestamp, ?::timestamp, ?::timestamp, ?, ?, ?, ?)"
    values = [
        value
        for query, looked, run_id, seen in looks
        for value in (
            looked.source,
            query.name,
            list(query.brands),
            naive(looked.since),
            naive(looked.until),
            naive(now),
            looked.complete,
            seen,
            looked.reason,
            run_id,
        )
    ]
    con.execute(
        f"""
        merge into coverage using (
            select * from (values {", ".join([row] * len(looks))})
                as look (source, query, brands, covered_from, covered_to, pulled_at, complete, count, reason, run_id)
        ) as look
        on coverage.source = look.source and coverage.query = look.query and coverage.run_id = look.run_id
            and coverage.brands = look.brands and coverage.complete = look.complete and coverage.reason is not distinct from look.reason
            and coverage.covered_from <= look.covered_from and coverage.covered_to >= look.covered_from
        when matched then update set
            covered_to = greatest(coverage.covered_to, look.covered_to),
            pulled_at = look.pulled_at,
            count = coverage.count + look.count
        when not matched then insert values (
            look.source, look.query, look.brands, look.covered_from, look.covered_to,
            look.pulled_at, look.complete, look.count, look.reason, look.run_id
        )
        """,
        values,
    )


def _joined(looks: Sequence[tuple[Query, Looked, int, int]]) -> list[tuple[Query, Looked, int, int]]:
    """Stretches that touch as one: a MERGE that finds a stored row twice obeys only once."""
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
    con: duckdb.DuckDBPyConnection, query: Query, *, now: datetime, error: str | None = None, not_before: datetime | None = None
) -> None:
    """Remember how asking a source ended: all well, or with what, and from when it may be asked again."""
    con.execute(
        """
        insert into source_state values (?, ?, ?, ?, ?, ?)
        on conflict do update set
            not_before = excluded.not_before,
            last_success_at = coalesce(excluded.last_success_at, last_success_at),
            last_error = excluded.last_error,
            last_error_at = coalesce(excluded.last_error_at, last_error_at)
        """,
        [query.source, query.name, naive(not_before), None if error else naive(now), error, naive(now) if error else None],
    )


def read_outcomes(con: duckdb.DuckDBPyConnection) -> list[Outcome]:
    """How asking each source last ended."""
    rows = con.execute("select * from source_state order by source, query").fetchall()
    return [
        Outcome(source, query, _aware(not_before), _aware(success), error, _aware(failed))
        for source, query, not_before, success, error, failed in rows
    ]


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
