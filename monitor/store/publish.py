"""The copy for everyone else: a file of its own, never changed once it can be seen."""

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from monitor.enrich.table import naive
from monitor.errors import StoreError
from monitor.store.database import Store
from monitor.store.labelled import tell_labels
from monitor.store.lake import fill, remove_unread, write_days
from monitor.store.literal import literal

POINTER = "analytics.duckdb"
KEPT = 3
_KEPT_BESIDE_LAKE = timedelta(hours=1)
_LEFT_BEHIND_SECONDS = 3600
_NAME = "analytics-%Y%m%dT%H%M%S%f"
_COPIES = f"analytics-{'[0-9]' * 8}T{'[0-9]' * 12}.duckdb"
_PRIVATE = (
    "quarantine",
    "cursor",
    "source_state",
    "judged",
    "mention_run",
    "gone",
    "rescored",
    "taken_order",
    "day_version",
    "compaction",
)
# what is worked out once a copy, from each other in this order: planning these views takes far longer than reading what they say
_TOLD_ONCE = ("v_covered", "v_covered_bins", "v_covered_day", "v_series_day", "v_daily")
_LABELS = "select * exclude (is_current, version) from copy.labelled where is_current"


@dataclass(frozen=True, slots=True)
class Published:
    """The newest copy: where it lies, and the moment of its data."""

    path: Path
    data_as_of: datetime


def publish(store: Store, folder: Path, *, now: datetime, lake: bool = False) -> Published:
    """Copy the store into the analysts' folder and let the pointer name the new copy.

    The copy is flushed to disk and renamed before the pointer moves: a reader sees a whole copy or the one before. Only the
    newest three are kept; beside a lake those of the last hour too, since whoever reads one opens its files again and again.

    lake    write the days whose texts changed as Parquet, and copy only the rest
    raises  StoreError where the folder cannot be written
    """
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            # the analysts' group reads it, whatever the umask; the rights of a folder that was there are its owner's business
            folder.chmod(0o750)
        part = folder / f".{os.getpid()}.part"
        # what a killed process of this number may have left would be replayed into the copy
        part.with_name(f"{part.name}.wal").unlink(missing_ok=True)
        if lake:
            write_days(store, folder, now=now)
            # to the end in one hold: whoever else publishes meanwhile would remove the files that no copy names yet
            with store.opened() as con:
                with store.writing():
                    tell_labels(con)
                part.unlink(missing_ok=True)
                _strip(con, part, now, lake=True)
                _flush(part)
                copy = _shown(part, now)
                _remove_old(copy, kept_for=_KEPT_BESIDE_LAKE)
        else:
            with store.opened() as con:
                with store.writing():
                    tell_labels(con)
                con.execute("checkpoint")
                shutil.copyfile(store.path, part)
                _strip(con, part, now)
            # which takes long, and needs nothing of the store
            _flush(part)
            with store.opened():
                copy = _shown(part, now)
                _remove_old(copy, kept_for=timedelta())
    except (OSError, duckdb.IOException) as error:
        seen = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise StoreError(f"published: {folder} cannot be written ({seen}); check its rights and free space") from error
    return Published(copy, now)


def newest(folder: Path) -> Path:
    """The copy that the pointer names now, as a path that will not change under a reader.

    raises  StoreError where nothing has been published yet
    """
    pointer = folder / POINTER
    if not pointer.exists():
        raise StoreError(f"published: no copy in {folder} yet; `monitor run --once` or `monitor backfill` makes one")
    return pointer.resolve()


def data_as_of(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """The moment of a copy's data, UTC; None for a database that is no published copy."""
    rows = con.execute("select as_of from published").fetchall()
    return rows[0][0].replace(tzinfo=UTC) if rows else None


def _strip(con: duckdb.DuckDBPyConnection, copy: Path, now: datetime, *, lake: bool = False) -> None:
    """Take out our own tables, which hold neither texts nor addresses, work out what every question asks, and say when the copy was made.

    No query can read them any more. The bytes that they filled stay in the file's unused blocks until something else is
    written there; only a copy written anew would be rid of them, and takes as long as the store is large.

    con   open on the store: attaching the copy to it takes a fraction of opening a second database
    lake  the copy is yet to be made, of all but the texts
    """
    con.execute(f"attach {literal(copy)} as copy")
    try:
        con.execute("begin")
        try:
            if lake:
                fill(con, copy.parent, now=now, leave_out=_PRIVATE)
            for table in _PRIVATE:
                con.execute(f"drop table copy.{table}")
            for view in _TOLD_ONCE:
                _tell_once(con, view, f"from copy.{view}")
            _tell_once(con, "v_human_labels", _LABELS)
            con.execute("drop table copy.labelled")
            con.execute("insert into copy.published values (?)", [naive(now)])
        except BaseException:
            con.execute("rollback")
            raise
        con.execute("commit")
        con.execute("checkpoint copy")
    finally:
        con.execute("detach copy")


def _tell_once(con: duckdb.DuckDBPyConnection, view: str, rows: str) -> None:
    """Put a table in the place of a view of the copy: of the same name, columns, comments and rows, which are told by SQL."""
    of_view = "from duckdb_views() where database_name = 'copy' and view_name = ?"
    (about,) = con.execute(f"select comment {of_view}", [view]).fetchall()[0]
    columns = con.execute(
        "select column_name, comment from duckdb_columns() where database_name = 'copy' and table_name = ? and comment is not null", [view]
    ).fetchall()
    con.execute(f"create table copy.told as {rows}; drop view copy.{view}; alter table copy.told rename to {view}")
    con.execute(f"comment on table copy.{view} is {literal(about)}")
    for column, comment in columns:
        con.execute(f"comment on column copy.{view}.{column} is {literal(comment)}")


def _shown(part: Path, now: datetime) -> Path:
    """The finished copy under its name, and the pointer on it."""
    copy = part.with_name(f"{now.astimezone(UTC):{_NAME}}.duckdb")
    part.chmod(0o440)
    part.replace(copy)
    _point(part.parent, copy)
    return copy


def _remove_old(copy: Path, *, kept_for: timedelta) -> None:
    """Remove the copies that are no longer kept, what they alone read, and what a process that was killed left behind.

    The newest is kept whatever its name, should the clock have gone back.
    """
    folder = copy.parent
    others = sorted(set(folder.glob(_COPIES)) - {copy})
    for old in others[: max(0, len(others) - KEPT + 1)]:
        if _apart(old, copy) >= kept_for:
            old.unlink(missing_ok=True)
    for left in folder.glob(".*.part*"):
        if time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
            left.unlink(missing_ok=True)
    remove_unread(folder, folder.glob(_COPIES))


def _apart(one: Path, other: Path) -> timedelta:
    """The time between the data of two copies, by their names."""
    return abs(datetime.strptime(one.stem, _NAME) - datetime.strptime(other.stem, _NAME))  # noqa: DTZ007  both UTC


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _point(folder: Path, copy: Path) -> None:
    link = folder / f".{os.getpid()}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(copy.name)
    link.replace(folder / POINTER)
