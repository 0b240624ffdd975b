"""Whether a rise is another brand's story: people who leave one name the next."""

from datetime import datetime, timedelta

import duckdb

SHARED = 0.5
GROWN = 2.0
BASELINE = timedelta(days=7)


def spill_from(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime, *, usual: float) -> str | None:
    """The brand that these mentions really speak of, or None.

    usual  counted mentions that as long a stretch usually brings to `brand`

    It is another brand whose own counted mentions in [since, until), naive UTC, are more than this one's and at
    least twice what as long a stretch of the seven days before brought, and that half of this one's excess name too.
    """
    rows = con.execute(
        """
        select other.brand, count(*)
        from mention_brand as one
        join mention_brand as other using (source, source_id, created_at)
        where one.brand = ? and one.counted and other.brand <> ? and other.counted and created_at >= ? and created_at < ?
        group by other.brand
        order by count(*) desc, other.brand
        limit 1
        """,
        [brand, brand, since, until],
    ).fetchall()
    if not rows:
        return None
    other, shared = rows[0]
    own, now, before = con.execute(
        """
        select
            coalesce(sum(counted) filter (where brand = ? and bin_start >= ?), 0),
            coalesce(sum(counted) filter (where brand = ? and bin_start >= ?), 0),
            coalesce(sum(counted) filter (where brand = ? and bin_start < ?), 0)
        from rollup_5m
        where facet = 'all' and bin_start >= ? and bin_start < ?
        """,
        [brand, since, other, since, other, since, since - BASELINE, until],
    ).fetchall()[0]
    is_larger = now > own and now >= GROWN * before * ((until - since) / BASELINE)
    return str(other) if is_larger and shared >= SHARED * (own - usual) else None
