"""Brings a database to this version's tables and views: numbered files, each in a transaction."""

from importlib.resources import files

import duckdb

from monitor.errors import StoreError

_SCHEMA = files("monitor.store") / "schema"


def schema_version() -> int:
    """The number of the newest schema file."""
    return max(number for number, _ in _steps())


def stored_version(con: duckdb.DuckDBPyConnection) -> int:
    """The schema that a database has; 0 for an empty one."""
    known = con.execute("select count(*) from duckdb_tables() where table_name = 'schema_version'").fetchall()
    return int(con.execute("select coalesce(max(version), 0) from schema_version").fetchall()[0][0]) if known[0][0] else 0


def upgrade(con: duckdb.DuckDBPyConnection) -> None:
    """Run the schema files that this database has not seen.

    raises  StoreError where the database was written by a newer version
    """
    have, newest = stored_version(con), schema_version()
    if have > newest:
        raise StoreError(f"the store was written by schema {have}, this version knows {newest}; upgrade brand-monitor")
    con.execute("create table if not exists schema_version (version integer primary key, applied_at timestamp not null)")
    for number, sql in _steps():
        if number > have:
            con.execute("begin")
            for statement in duckdb.extract_statements(sql):
                con.execute(statement)
            con.execute("insert into schema_version values (?, timezone('UTC', now()))", [number])
            con.execute("commit")


def _steps() -> list[tuple[int, str]]:
    found = [(int(file.name[:3]), file.read_text(encoding="utf-8")) for file in _SCHEMA.iterdir() if file.name.endswith(".sql")]
    return sorted(found)
