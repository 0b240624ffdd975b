"""Items that could not be read: the raw text in a file of its own, the reason in the store.

The raw text stays outside the database so that no published copy ever carries it.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from monitor.collect.connector import Query, SetAside
from monitor.enrich.table import naive
from monitor.errors import BadItem


@dataclass(frozen=True, slots=True)
class Kept:
    """One item in quarantine; `file` and `line` say where its raw text lies."""

    id: int
    run_id: int
    source: str
    query: str
    reason: str
    seen_at: datetime
    file: str
    line: int


def keep(folder: Path, con: duckdb.DuckDBPyConnection, items: Sequence[SetAside], *, query: Query, run_id: int, now: datetime) -> int:
    """Put a page's bad items into quarantine, inside the page's transaction; how many were new to this run.

    The file is named after its content and written first: a crash in between leaves a file without
    rows, which the next try finds again.
    """
    if not items:
        return 0
    content = "".join(json.dumps({"raw": item.raw, "reason": item.reason}) + "\n" for item in items).encode()
    name = f"run-{run_id}-{hashlib.sha256(content).hexdigest()[:16]}.jsonl"
    if con.execute("select count(*) from quarantine where run_id = ? and file = ?", [run_id, name]).fetchall()[0][0]:
        return 0
    _write(folder / "quarantine" / name, content)
    con.executemany(
        "insert into quarantine values (nextval('quarantine_number'), ?, ?, ?, ?, ?, ?, ?, null)",
        [[run_id, query.source, query.name, item.reason, name, line, naive(now)] for line, item in enumerate(items, start=1)],
    )
    return len(items)


def read_quarantine(con: duckdb.DuckDBPyConnection, run_id: int | None = None) -> list[Kept]:
    """What is in quarantine and was not read since, of one run or of all, oldest first."""
    rows = con.execute(
        """
        select id, run_id, source, query, reason, seen_at, file, line
        from quarantine
        where run_id = coalesce(?, run_id) and replayed_at is null
        order by id
        """,
        [run_id],
    ).fetchall()
    return [
        Kept(id_, run, source, query, reason, seen_at.replace(tzinfo=UTC), file, line)
        for id_, run, source, query, reason, seen_at, file, line in rows
    ]


def raw_of(folder: Path, kept: Kept) -> str:
    """An item as it came, cut at 64 KB.

    raises  BadItem where its file is gone
    """
    try:
        lines = (folder / "quarantine" / kept.file).read_text(encoding="utf-8").split("\n")
        return str(json.loads(lines[kept.line - 1])["raw"])
    except (OSError, IndexError, ValueError, KeyError):
        raise BadItem(f"its raw text is no longer in {folder / 'quarantine' / kept.file}") from None


def mark_replayed(con: duckdb.DuckDBPyConnection, kept: Kept, *, now: datetime) -> None:
    """Note that an item could be read after all."""
    con.execute("update quarantine set replayed_at = ? where id = ?", [naive(now), kept.id])


def discard(folder: Path, run_id: int) -> None:
    """Remove the files of a run that was taken back."""
    for file in (folder / "quarantine").glob(f"run-{run_id}-*.jsonl"):
        file.unlink()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
