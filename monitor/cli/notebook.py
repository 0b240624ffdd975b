"""What notebooks and scripts are given: the newest published copy, open for reading."""

from os import PathLike
from pathlib import Path

import duckdb

from monitor.cli.options import configured
from monitor.errors import StoreError
from monitor.store.publish import newest
from monitor.tell.published import first_line


def connect(config: str | PathLike[str] | None = None) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the newest copy, its times in UTC.

    It keeps the copy that was the newest when it was opened; connect again for fresh data.

    config  the configuration file; None: looked for as the commands do
    raises  ConfigError where there is none, or it is wrong; StoreError where nothing was published yet, or it cannot be read
    """
    copy = newest(configured(Path(config) if config is not None else None).published_folder)
    try:
        con = duckdb.connect(str(copy), read_only=True)
    except duckdb.Error as error:
        raise StoreError(f"published: {copy.name} cannot be read ({first_line(error)})") from None
    con.execute("set timezone = 'UTC'")
    return con
