"""The private file: opened by one process at a time, written in whole transactions."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from monitor.config.models import Brand
from monitor.errors import StoreError
from monitor.store.inbox import take_in
from monitor.store.lease import Holder, Lease, Priority
from monitor.store.upgrade import schema_version, stored_version, upgrade

log = logging.getLogger(__name__)

STORAGE = "v1.4.0"
"""How files are written, copies too: DuckDB 1.4 and later read them. They are a fifth smaller than in the default, which every version
reads. An older file becomes one of these when it is compacted."""

_LOOK_SECONDS = 0.25
_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "storage_compatibility_version": STORAGE,
    # many small statements: further threads would only wait for each other, and readers want the other cores
    "threads": 1,
}


class Store:
    """One process's way to the private file.

    It takes the lease for the first use and keeps the file open while nobody waits; when somebody
    does, it closes between two uses, at the latest a moment later. Threads take turns. Every use begins with the orders that wait
    in the inbox.

    wait_seconds  how long to wait for the lease before giving up
    openings      how often the file was opened: once more means that another process may have written in between
    """

    def __init__(self, folder: Path, *, command: str, priority: Priority = "other", wait_seconds: float = 60) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "monitor.duckdb"
        self._lease = Lease(folder, command=command, priority=priority)
        self._wait_seconds = wait_seconds
        self._turn = threading.RLock()
        self.openings = 0
        self._uses = 0
        self._con: duckdb.DuckDBPyConnection | None = None
        self._closing = threading.Event()

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction: all of it or nothing.

        raises  StoreBusy where the lease cannot be had in time, StoreError where the disk refuses
        """
        with self.opened() as con:
            con.execute("begin")
            try:
                yield con
                con.execute("commit")
            except BaseException as error:
                # an error inside commit has ended the transaction already
                if not isinstance(error, duckdb.Error) or "no transaction is active" not in str(error):
                    self._roll_back(con)
                if _is_of_the_disk(error):
                    raise StoreError(
                        f"store: {str(error).splitlines()[0]}; free some space and try again, nothing was half-written"
                    ) from error
                raise

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The open file without a transaction: for reading, and for copying it."""
        with self._turn:
            con = self._open()
            if not self._uses:
                self._take_in(con)
            self._uses += 1
            is_dead = False
            try:
                yield con
            except BaseException:
                is_dead = _is_dead(con)
                raise
            finally:
                self._uses -= 1
                if not self._uses and (is_dead or self._lease.is_wanted()):
                    self._close()

    def rewrite(self, write: Callable[[duckdb.DuckDBPyConnection, Path], None], *, doing: str) -> None:
        """Put a new file in the place of this one, under the lease all the while.

        write  makes it from the open store, at a path beside it, whole and flushed
        doing  what those who wait are told

        raises  StoreBusy where the lease cannot be had in time, StoreError where the disk refuses; then the old file stays
        """
        with self._turn:
            con = self._open()
            self._lease.tell(doing)
            fresh = self.path.with_suffix(".fresh")
            # what a killed process may have left
            for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
                left.unlink(missing_ok=True)
            try:
                write(con, fresh)
                con.close()
                self._con = None
                fresh.chmod(0o600)
                if self.path.with_name(f"{self.path.name}.wal").exists():
                    raise StoreError("store: something else has the file open; it was not written anew")
                fresh.replace(self.path)
            except (OSError, duckdb.Error) as error:
                fresh.unlink(missing_ok=True)
                raise StoreError(f"store: {str(error).splitlines()[0]}; the old file stays as it is") from error
            finally:
                self._close()

    def close(self) -> None:
        """Close the file and give the lease back."""
        self._closing.set()
        with self._turn:
            self._close()

    def holder(self) -> Holder | None:
        """Who holds the lease now."""
        return self._lease.holder()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._con is not None:
            return self._con
        self._lease.acquire(seconds=self._wait_seconds)
        try:
            self._con = _connect(self.path)
        except BaseException:
            self._lease.release()
            raise
        self.openings += 1
        self._closing.clear()
        threading.Thread(target=self._give_way, args=(self._con,), daemon=True).start()
        return self._con

    def _close(self) -> None:
        if self._con is not None:
            self._con.close()
            self._con = None
        self._lease.release()

    def _give_way(self, con: duckdb.DuckDBPyConnection) -> None:
        """Close an idle file when somebody waits for it."""
        while self._con is con and not self._closing.wait(_LOOK_SECONDS):
            if self._lease.is_wanted() and self._turn.acquire(blocking=False):
                try:
                    if self._con is con:
                        self._close()
                finally:
                    self._turn.release()

    def _take_in(self, con: duckdb.DuckDBPyConnection) -> None:
        """Follow the orders that wait; a trouble of theirs is none of whoever uses the store now."""
        try:
            take_in(con, self.folder)
        except (OSError, duckdb.Error) as error:
            log.warning("inbox: %s; its orders wait", str(error).splitlines()[0])

    @staticmethod
    def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
        try:
            con.execute("rollback")
        except duckdb.Error as error:
            log.debug("rollback: %s", error)


def _is_of_the_disk(error: BaseException) -> bool:
    """Whether the disk refused: DuckDB says so in three ways, the last two where a commit or a checkpoint met it."""
    return isinstance(error, duckdb.IOException | duckdb.FatalException) or (
        isinstance(error, duckdb.TransactionException) and "Failed to commit" in str(error)
    )


def _is_dead(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether DuckDB has given the file up, as after a failed checkpoint: opening it again recovers it."""
    try:
        con.execute("select 1")
    except duckdb.FatalException:
        return True
    except duckdb.Error:
        return False
    return False


def sync_brands(con: duckdb.DuckDBPyConnection, brands: Sequence[Brand]) -> list[str]:
    """Make the table of brands say what the configuration says; the names whose time zone changed.

    A brand that left the configuration keeps its row, so that its history stays readable.
    """
    stored = dict(con.execute("select brand, timezone from brand").fetchall())
    changed = []
    for brand in brands:
        if stored.get(brand.name) == brand.timezone:
            continue
        con.execute("insert or replace into brand values (?, ?, ?)", [brand.name, brand.slug, brand.timezone])
        if brand.name in stored:
            changed.append(brand.name)
    return changed


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        con = duckdb.connect(str(path), config=_OPTIONS)
    except duckdb.Error as error:
        seen = str(error).splitlines()[0]
        raise StoreError(f"store: cannot open {path} ({seen}); close any DuckDB shell on it, analysts use the published copy") from error
    try:
        path.chmod(0o600)
        con.execute("set timezone = 'UTC'")
        if stored_version(con) != schema_version():
            _upgrade(con, path)
    except BaseException:
        con.close()
        raise
    return con


def _upgrade(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    had = stored_version(con)
    if 0 < had < schema_version():
        con.execute("checkpoint")
        kept = path.with_name(f"{path.stem}-before-schema-{schema_version()}.duckdb")
        shutil.copyfile(path, kept)
        log.info("store: upgrading from schema %d to %d; the old file is kept as %s", had, schema_version(), kept.name)
    upgrade(con)
