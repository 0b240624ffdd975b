"""Which threads are about a brand: their roots, as stored."""

from datetime import datetime

import duckdb

from monitor.enrich.table import naive


def read_threads(con: duckdb.DuckDBPyConnection, *, since: datetime | None) -> dict[tuple[str, str], tuple[str, ...]]:
    """The brands of every thread whose root is no older than `since` (None: of all), by source and the root's id."""
    rows = con.execute(
        """
        select mention.source, mention.source_id, list(mention_brand.brand order by mention_brand.brand)
        from mention
        join mention_brand using (source, source_id, created_at)
        where created_at >= coalesce(?, created_at) and in_reply_to_id is null and (conversation_id is null or conversation_id = source_id)
        group by all
        """,
        [naive(since)],
    ).fetchall()
    return {(source, source_id): tuple(brands) for source, source_id, brands in rows}
