"""Watches what people say about brands."""

from importlib import import_module
from os import PathLike

import duckdb

__version__ = "0.1.0"


def connect(config: str | PathLike[str] | None = None) -> duckdb.DuckDBPyConnection:
    """The newest published copy for a notebook: a read-only connection of DuckDB, its times in UTC.

    It keeps the copy that was the newest when it was opened; connect again for fresh data.

    config  the configuration file; None: $MONITOR_CONFIG, ./config.yaml, and so on, as the commands do
    raises  ConfigError where there is none, or it is wrong; StoreError where nothing was published yet, or it cannot be read

    >>> with monitor.connect() as con:  # doctest: +SKIP
    ...     daily = con.sql("from v_daily").df()
    """
    # looked up late: every part of the program imports this module first, and the commands import every part
    con: duckdb.DuckDBPyConnection = import_module("monitor.cli.notebook").connect(config)
    return con
