"""The lake: what grows with the texts as Parquet files, one a UTC day, and a small database with all the rest and views over its files.

A file is named for the version of its day and never changes, so what is there need not be written again: not after a
kill, and not in a folder that was away for a while. Whatever is not named by a copy is nobody's.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from monitor.enrich.table import naive
from monitor.store.database import Store
from monitor.store.literal import literal
from monitor.store.upgrade import schema_version

LAKE = "lake"


class _Table(NamedTuple):
    """A table whose rows lie in the lake.

    at      its column of time, by which rows belong to days
    rows    SQL: those of {within} as a file holds them, in their order
    beside  SQL: columns that no file holds, so that a view which leaves them out finds them
    weight  how many rows the planner is to reckon with for each that there is
    """

    at: str
    rows: str
    beside: str = ""
    weight: int = 1


_TABLES = {
    "mention": _Table(
        at="created_at",
        # a text lies with the first of its brands
        rows="""
            select mention.* exclude (marks, copy_key_1, copy_key_2, copy_key_3)
            from mention
            left join (
                select source, source_id, min(brand) as brand from mention_brand where {within} group by source, source_id
            ) as lead_brand using (source, source_id)
            where {within}
            order by lead_brand.brand, created_at, source, source_id
        """,
        beside=", []::usmallint[] as marks, null::uinteger as copy_key_1, null::uinteger as copy_key_2, null::uinteger as copy_key_3",
        # taking both for as many, it would make its hash tables of texts, which are wide, and not of labels
        weight=10,
    ),
    "mention_brand": _Table(
        at="created_at", rows="select * from mention_brand where {within} order by brand, created_at, source, source_id"
    ),
    "rollup_5m": _Table(at="bin_start", rows="select * from rollup_5m where {within} order by brand, bin_start, source, facet, value"),
}
_NOT_COPIED = {*_TABLES, "day_version", "lake_file", "published"}

# opening a thousand files takes longer than reading a week of them: days of weeks that ended four weeks ago lie together
_STRETCHES = """
    select
        cast(case when is_old then monday else day end as date) as first_day,
        case when is_old then 7 else 1 end as days,
        md5(string_agg(version::varchar, ' ' order by day)) as version
    from (
        select *, date_trunc('week', day) as monday, monday + interval 35 days <= $now as is_old from day_version
    )
    group by all
    order by first_day
"""


class LakeFile(NamedTuple):
    """A file of the lake.

    holds      mention, mention_brand or rollup_5m
    first_day  UTC, of created_at or bin_start
    days       how many: 1 or 7
    file       from the published folder on
    """

    holds: str
    first_day: date
    days: int
    file: str


def write_days(store: Store, folder: Path, *, now: datetime) -> None:
    """Write the days that have no file of their version, one after the other; others may use the store in between."""
    with store.opened() as con:
        missing = [one for one in _wanted(con, now) if not (folder / one.file).exists()]
    for one in missing:
        with store.opened() as con:
            # it may have changed meanwhile, and then its file has another name
            if one in _wanted(con, now):
                _write(con, folder, one)


def fill(con: duckdb.DuckDBPyConnection, folder: Path, *, now: datetime, leave_out: Sequence[str]) -> None:
    """Fill the empty attached database `copy`: views over the files in the place of the three large tables, the others as they are.

    Days that changed since `write_days` are written.

    leave_out  tables of which nothing but the columns is copied
    """
    files = _wanted(con, now)
    for one in files:
        if not (folder / one.file).exists():
            _write(con, folder, one)
    [(own,)] = con.execute("select current_database()").fetchall()
    con.execute(f'copy from database "{own}" to copy (schema)')
    tables = con.execute("select table_name from duckdb_tables() where database_name = ? and not temporary", [own]).fetchall()
    for (table,) in tables:
        if table not in {*_NOT_COPIED, *leave_out}:
            con.execute(f"insert into copy.{table} select * from {table}")
    if not files:
        return
    named = ", ".join(f"('{one.holds}', '{one.first_day}', {one.days}, '{one.file}')" for one in files)
    con.execute(f"insert into copy.lake_file values {named}")
    # whole paths: where a shell was started must not matter
    whole = folder.resolve()
    for name, table in _TABLES.items():
        paths = ", ".join(literal(whole / one.file) for one in files if one.holds == name)
        [(rows,)] = con.execute(f"select greatest(1, count(*)) * {table.weight} from {name}").fetchall()
        read = f"read_parquet([{paths}], hive_partitioning = false, explicit_cardinality = {rows})"
        con.execute(f"drop table copy.{name}")
        con.execute(f"create view copy.{name} as select *{table.beside} from {read}")


def remove_unread(folder: Path, copies: Iterable[Path]) -> None:
    """Remove what none of these copies reads: days that changed since, and what a process that was killed left half-written."""
    lake = folder / LAKE
    if not lake.is_dir():
        return
    read: set[Path] = set()
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        for copy in copies:
            # one that is damaged, or of a version that knew no lake, reads nothing of it
            with suppress(duckdb.Error):
                con.execute(f"attach {literal(copy)} as kept (read_only)")
                read.update(folder / file for (file,) in con.execute("select file from kept.lake_file").fetchall())
            con.execute("detach database if exists kept")
    for above, _, names in os.walk(lake, topdown=False):
        here = Path(above)
        for name in names:
            if here / name not in read:
                (here / name).unlink(missing_ok=True)
        if not any(here.iterdir()):
            here.rmdir()


def _wanted(con: duckdb.DuckDBPyConnection, now: datetime) -> list[LakeFile]:
    """The files that the store as it is now is to have, in the order of time."""
    rows = con.execute(_STRETCHES, {"now": naive(now)}).fetchall()
    schema = schema_version()
    return [
        LakeFile(table, day, days, f"{LAKE}/{table}/{'dt' if days == 1 else 'week'}={day}/{schema}-{version}.parquet")
        for table in _TABLES
        for day, days, version in rows
    ]


def _write(con: duckdb.DuckDBPyConnection, folder: Path, one: LakeFile) -> None:
    """Write a day's file beside its place, flush it and rename it into it."""
    path = folder / one.file
    _make_readable(path.parent, below=folder)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    table = _TABLES[one.holds]
    within = f"{table.at} >= timestamp '{one.first_day}' and {table.at} < timestamp '{one.first_day}' + interval {one.days} day"
    con.execute(f"copy ({table.rows.format(within=within)}) to {literal(part)} (format parquet, compression zstd)")
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.chmod(0o440)
    part.replace(path)


def _make_readable(folder: Path, *, below: Path) -> None:
    """Make a folder that the analysts' group can read, whatever the umask, keeping the group that the one above hands down."""
    if folder == below or folder.is_dir():
        return
    _make_readable(folder.parent, below=below)
    folder.mkdir()
    folder.chmod(folder.stat().st_mode & 0o2000 | 0o750)
