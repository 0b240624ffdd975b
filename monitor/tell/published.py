"""The published copy, open for one of us: read-only, in UTC, with nothing else within reach."""

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from monitor.errors import StoreError
from monitor.store.literal import literal

MEMORY = "512MB"

_AS_OF = ("select max(as_of) from v_published", "select max(covered_to) from v_looks where complete")
_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": MEMORY,
    # what does not fit into memory is refused; with a folder named the engine would try to write there all the same
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
}
_CLOSING = ("use published", "set timezone = 'UTC'", "set enable_external_access = false")


def opened(database: Path) -> duckdb.DuckDBPyConnection:
    """The published copy in an engine of its own: read-only, in UTC, no file or network within reach, settings locked.

    Beside a lake the files that the copy names are within reach, to be read: each by its own path, and no folder.

    The link is followed first, and the file attached to a fresh engine: DuckDB would share one engine, its
    settings and a file that was replaced long ago among all who connect to the same name in one process.

    raises  StoreError where there is none, or it cannot be read
    """
    path = followed(database)
    con = duckdb.connect(":memory:", config=_OPTIONS)
    try:
        con.execute(f"attach {literal(path)} as published (read_only)")
    except duckdb.Error as error:
        con.close()
        raise StoreError(f"published: {database.name} cannot be read ({first_line(error)})") from None
    files = _lake_files(con)
    if files:
        con.execute(f"set allowed_paths = [{', '.join(literal(path.parent / file) for file in files)}]")
    for statement in _CLOSING:
        con.execute(statement)
    if not files:
        # once external access is closed, the local files can be too
        con.execute("set disabled_filesystems = 'LocalFileSystem'")
    con.execute("set lock_configuration = true")
    return con


def followed(database: Path) -> Path:
    """The file itself, links followed.

    raises  StoreError where there is none
    """
    try:
        return database.resolve(strict=True)
    except FileNotFoundError:
        raise StoreError(f"published: no copy at {database} yet; `monitor run --once` makes one") from None


def data_as_of(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """How fresh a published copy is, UTC.

    raises  StoreError where the file is none of ours
    """
    for sql in _AS_OF:
        try:
            at = con.execute(sql).fetchall()[0][0]
        except duckdb.CatalogException:
            raise StoreError("published: this file has none of our views; give the copy that monitor publishes") from None
        if at is not None:
            return at.replace(tzinfo=UTC)  # type: ignore[no-any-return]
    return None


def first_line(error: Exception) -> str:
    """DuckDB's own words on one line, without paths of this machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    guess = next((f" {line}" for line in lines[1:] if line.startswith(("Did you mean", "Candidate"))), "")
    first = lines[0] if lines else type(error).__name__
    return re.sub(r"""["']?(?<![\w.])(?:/[\w.@+-]+){2,}/?["']?""", "a file", first + guess)


def _lake_files(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The files that the copy's views read, from its folder on; none where it stands alone."""
    try:
        return [file for (file,) in con.execute("select file from published.lake_file").fetchall()]
    except duckdb.CatalogException:
        return []
