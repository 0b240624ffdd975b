"""Takes an import back: what only that run has seen goes, what others saw stays, and copies get another original."""

from dataclasses import dataclass

import duckdb

from monitor.store.changed import note_changed
from monitor.store.duplicates import elect_orphans, write_copies
from monitor.store.ledger import Run
from monitor.store.rollup import recompute


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a run removes, and what stays because another run saw it too."""

    removed: int
    kept: int


def count_undo(con: duckdb.DuckDBPyConnection, run: Run) -> Undoing:
    """What `undo` would do."""
    seen = con.execute(
        f"select count(*), count(*) filter (where {_SEEN_BY_OTHERS}) from mention where run_id = ?", [run.run_id, run.run_id]
    ).fetchall()[0]
    return Undoing(removed=seen[0] - seen[1], kept=seen[1])


def undo(con: duckdb.DuckDBPyConnection, run: Run) -> Undoing:
    """Remove a run's mentions, coverage, cursor, quarantine and incidents, inside the caller's transaction.

    A text that another run saw too is handed to the earliest of them. The ledger keeps the run's
    line, as undone.
    """
    undoing = count_undo(con, run)
    con.execute(
        f"""
        create or replace temp table handed as
        select source, source_id, created_at,
            (select min(other.run_id) from mention_run as other
                where other.source = mention.source and other.source_id = mention.source_id and other.run_id <> ?) as run_id
        from mention where run_id = ? and {_SEEN_BY_OTHERS}
        """,
        [run.run_id, run.run_id, run.run_id],
    )
    note_changed(con, (at for (at,) in con.execute("select distinct created_at from handed").fetchall()))
    con.execute("""
        update mention set run_id = handed.run_id
        from handed
        where mention.source = handed.source and mention.source_id = handed.source_id
    """)
    con.execute("delete from mention_run where (source, source_id, run_id) in (select source, source_id, run_id from handed)")
    con.execute("delete from mention_run where run_id = ?", [run.run_id])
    con.execute("create or replace temp table undone as select source, source_id, created_at from mention where run_id = ?", [run.run_id])
    for table in ("mention", "mention_brand", "engagement_history", "human_label", "labelled", "rescored"):
        con.execute(f"delete from {table} where (source, source_id) in (select source, source_id from undone)")
    con.execute("delete from incident_log where id in (select id from incident where run_id = ?)", [run.run_id])
    for table in ("coverage", "quarantine", "incident"):
        con.execute(f"delete from {table} where run_id = ?", [run.run_id])
    con.execute("delete from cursor where source = ? and query = ? and direction = ?", [run.source, run.query, run.direction])
    copies = elect_orphans(con, "undone")
    write_copies(con, copies)
    recompute(con, [*(at for (at,) in con.execute("select distinct created_at from undone").fetchall()), *copies.created_at])
    return undoing


_SEEN_BY_OTHERS = """exists (
    select 1 from mention_run
    where mention_run.source = mention.source and mention_run.source_id = mention.source_id and mention_run.run_id <> ?
)"""
