"""The ledger of runs: what was asked, how far it came; the same question resumes the same run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from monitor.collect.connector import Query, Window
from monitor.enrich.table import naive


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the ledger.

    kind         live (one standing run a source) or backfill
    fingerprint  of the question: source, query, window, rules and scorer
    state        running, done, failed or undone
    seen         items offered by the source
    stored       mentions new to the store
    set_aside    items kept in quarantine
    """

    run_id: int
    kind: str
    source: str
    query: str
    fingerprint: str
    state: str
    seen: int
    stored: int
    set_aside: int
    started_at: datetime
    finished_at: datetime | None

    @property
    def direction(self) -> str:
        """Whose cursor it is: live runs share one for good, each backfill has its own."""
        return "live" if self.kind == "live" else str(self.run_id)


_COLUMNS = "run_id, kind, source, query, fingerprint, state, seen, stored, set_aside, started_at, finished_at"


def standing_runs(con: duckdb.DuckDBPyConnection, sources: Iterable[str], *, now: datetime) -> dict[str, Run]:
    """The live run of each source, begun when the source was first asked."""
    known = {run.source: run for run in _runs(con, "kind = 'live'", [])}
    return {source: known.get(source) or _begin(con, "live", Query(source, ""), "", Window(), now=now) for source in sources}


def backfill_run(con: duckdb.DuckDBPyConnection, query: Query, window: Window, fingerprint: str, *, now: datetime) -> Run:
    """The run for a question: the one that was begun or finished before, else a new one."""
    known = _runs(con, "kind = 'backfill' and fingerprint = ? and state <> 'undone'", [fingerprint])
    return known[-1] if known else _begin(con, "backfill", query, fingerprint, window, now=now)


def known_backfill(con: duckdb.DuckDBPyConnection, fingerprint: str) -> Run | None:
    """The run that answered a question before, or None."""
    known = _runs(con, "kind = 'backfill' and fingerprint = ? and state <> 'undone'", [fingerprint])
    return known[-1] if known else None


def read_run(con: duckdb.DuckDBPyConnection, run_id: int) -> Run | None:
    """One run by its number, or None."""
    return next(iter(_runs(con, "run_id = ?", [run_id])), None)


def restart(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Let a finished run read everything again: its cursor goes, what it stored stays."""
    con.execute("delete from cursor where source = ? and query = ? and direction = ?", [run.source, run.query, run.direction])
    con.execute(
        "update run set state = 'running', finished_at = null, seen = 0, set_aside = 0, error = null where run_id = ?", [run.run_id]
    )
    con.execute("delete from quarantine where run_id = ?", [run.run_id])
    # what was looked at stays so; its items are counted again
    con.execute("update coverage set count = 0 where run_id = ?", [run.run_id])


def count(con: duckdb.DuckDBPyConnection, run: Run, *, seen: int, stored: int, set_aside: int) -> None:
    """Add a page's figures to its run."""
    if seen or stored or set_aside:
        con.execute(
            "update run set seen = seen + ?, stored = stored + ?, set_aside = set_aside + ? where run_id = ?",
            [seen, stored, set_aside, run.run_id],
        )


def finish(con: duckdb.DuckDBPyConnection, run: Run, *, state: str, now: datetime, error: str | None = None) -> None:
    """Close a run: done, failed (it resumes when asked again) or undone."""
    con.execute("update run set state = ?, finished_at = ?, error = ? where run_id = ?", [state, naive(now), error, run.run_id])


def _begin(con: duckdb.DuckDBPyConnection, kind: str, query: Query, fingerprint: str, window: Window, *, now: datetime) -> Run:
    con.execute(
        "insert into run values (nextval('run_number'), ?, ?, ?, ?, ?, ?, ?, null, 'running', 0, 0, 0, null)",
        [kind, query.source, query.name, fingerprint, naive(window.since), naive(window.until), naive(now)],
    )
    return _runs(con, "run_id = currval('run_number')", [])[0]


def _runs(con: duckdb.DuckDBPyConnection, where: str, values: list[object]) -> list[Run]:
    rows = con.execute(f"select {_COLUMNS} from run where {where} order by run_id", values).fetchall()
    return [Run(*(_aware(value) for value in row)) for row in rows]


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
