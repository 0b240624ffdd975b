"""Writes the private file anew, once a day: without the room of what went, in the order of time, and without the bytes of erased texts."""

import logging
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from monitor.enrich.table import naive
from monitor.store.database import Store
from monitor.store.literal import literal

log = logging.getLogger(__name__)

EVERY = timedelta(hours=24)
"""How often; what a source took back is gone from the file, and from copies made of it, no later."""

_IN_TIME = ("mention", "mention_brand")
# an import of older texts lies behind what came before it: so much of it is put in order, jitter of arrival is not
_MUCH = 0.05
_FAR = timedelta(days=3)


def compact_if_due(store: Store, *, now: datetime) -> bool:
    """Compact a store that was not for a day; whether it was done. A store that never was is due a day after this.

    The lease is held for about 4 s a million mentions. Killed at any moment, the old file or the new one is there.

    raises  StoreError where the disk refuses
    """
    with store.writing() as con:
        last = con.execute("select max(compacted_at) from compaction").fetchall()[0][0]
        if last is None:
            con.execute("insert into compaction values (?)", [naive(now)])
        if last is None or naive(now) - last < EVERY:
            return False
    size = store.path.stat().st_size
    if shutil.disk_usage(store.folder).free < 2 * size:
        log.warning(
            "store: not compacted, which takes %d MB free on its disk; erased texts stay in its unused blocks", 2 * size // 1_000_000
        )
        return False
    store.rewrite(lambda con, fresh: _write(con, fresh, now), doing="compacting")
    log.info("store: compacted from %d to %d MB", size // 1_000_000, store.path.stat().st_size // 1_000_000)
    return True


def _write(con: duckdb.DuckDBPyConnection, fresh: Path, now: datetime) -> None:
    # noted first: where the disk refuses, it is tried again in a day, and copies are made meanwhile
    con.execute("insert into compaction values (?)", [naive(now)])
    con.execute("delete from compaction where compacted_at < ?", [naive(now)])
    con.execute(f"attach {literal(fresh)} as fresh")
    try:
        (name,) = con.execute("select current_database()").fetchall()[0]
        if _is_out_of_order(con):
            con.execute(f"copy from database {name} to fresh (schema)")
            tables = con.execute(
                "select table_name from duckdb_tables() where database_name = current_database() and not temporary"
            ).fetchall()
            for (table,) in tables:
                order = "order by created_at" if table in _IN_TIME else ""
                con.execute(f"insert into fresh.{table} select * from {table} {order}")
        else:
            con.execute(f"copy from database {name} to fresh")
        con.execute("checkpoint fresh")
    finally:
        con.execute("detach fresh")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())


def _is_out_of_order(con: duckdb.DuckDBPyConnection) -> bool:
    (share,) = con.execute(
        """
        select avg((created_at < latest - ?)::integer)
        from (select created_at, max(created_at) over (rows unbounded preceding) as latest from mention)
        """,
        [_FAR],
    ).fetchall()[0]
    return bool(share is not None and share > _MUCH)
