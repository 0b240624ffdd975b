"""Writes the tables of docs/data-model.md from the comments of the schema: `python docs/data_model.py`."""

import re
from pathlib import Path

import duckdb

from monitor.store.upgrade import upgrade

PAGE = Path(__file__).with_name("data-model.md")
_TABLE = re.compile(r"(<!-- table of (v_\w+) -->\n).*?(<!-- end of table -->)", re.S)
_TYPES = {"TIMESTAMP": "timestamp, UTC", "VARCHAR": "text", "VARCHAR[]": "list of texts", "BIGINT": "integer", "TINYINT": "integer"}


def views() -> dict[str, str]:
    """Each view that analysts read, as the page shows it: a sentence, then its columns with type and meaning."""
    with duckdb.connect(":memory:") as con:
        upgrade(con)
        heads = con.execute("select view_name, comment from duckdb_views() where starts_with(view_name, 'v_')").fetchall()
        columns = con.execute(
            """
            select table_name, column_name, data_type, comment
            from duckdb_columns()
            where starts_with(table_name, 'v_')
            order by column_index
            """
        ).fetchall()
    return {
        view: f"{head[0].upper()}{head[1:]}.\n\n| column | type | meaning |\n|---|---|---|\n"
        + "".join(
            f"| `{name}` | {_TYPES.get(kind, kind.lower())} | {meaning} |\n" for table, name, kind, meaning in columns if table == view
        )
        for view, head in heads
    }


def written(page: str) -> str:
    """The page with its tables as the schema has them now."""
    tables = views()
    return _TABLE.sub(lambda found: found[1] + tables[found[2]] + found[3], page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
