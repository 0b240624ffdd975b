"""Which texts of a large page can be copies or originals at all: those that have a copy key in common with another.

Almost no text of an import has one; the others need not be looked at one by one.
"""

from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from monitor.enrich.duplicates import KEYS


def in_company(con: duckdb.DuckDBPyConnection, mentions: pa.Table, *, within: timedelta) -> pa.Table:
    """The rows that share a key with another row, or with a stored text that was said at most so long before the first or after the last.

    mentions  columns MENTION_COLUMNS; a key that is None is shared with nobody
    """
    first, last = (pc.min_max(mentions["created_at"])[side].as_py() for side in ("min", "max"))
    # DuckDB reads the table by its name here
    sought = mentions.select(KEYS)  # noqa: F841
    known = con.sql(f"""
        select {", ".join(KEYS)} from mention
        where created_at between timestamp '{first - within}' and timestamp '{last + within}'
            and ({" or ".join(f"{name} in (select {name} from sought)" for name in KEYS)})
    """).to_arrow_table()
    has_company = np.zeros(mentions.num_rows, dtype=bool)
    # the first of one text and the second of another are of different orders, and the same by chance alone
    for name in KEYS:
        column = mentions[name].combine_chunks()
        keys, counts = np.unique(column.drop_null().to_numpy(), return_counts=True)
        shared = np.concatenate([keys[counts > 1], known[name].drop_null().to_numpy()])
        has_company |= np.isin(column.fill_null(0).to_numpy(), shared) & column.is_valid().to_numpy(zero_copy_only=False)
    return mentions.filter(pa.array(has_company))
