"""Whether many speak, or one does often."""

from datetime import datetime

import duckdb

# mentions of one author that count towards a crowd
VOICE = 2
_NARROWED = {
    "volume": "true",
    "negative": "mention_brand.label = -1",
    "scored": "mention_brand.label is not null",
    "churn": "(list_contains(intents, 'cancel') or len(list_filter(intents, lambda i: i like 'switch_to:%')) > 0)",
    "source": "mention_brand.source = $value",
    "topic": "list_contains(topics, $value)",
}


def crowd(
    con: duckdb.DuckDBPyConnection, brand: str, series: str, since: datetime, until: datetime, *, as_of: datetime | None = None
) -> float:
    """Counted mentions of a series in [since, until), naive UTC, no author's third or later one among them.

    series  volume, negative, scored, churn, source:NAME or topic:NAME
    as_of   leaves out what was first seen later; None: all that is known

    Mentions whose author is not known count each: to call them one would hide a crowd. Copies of a text are not counted in the first place.
    """
    kind, _, value = series.partition(":")
    rows = con.execute(
        f"""
        select sum(voices) from (
            select case when author is null then count(*) else least(count(*), {VOICE}) end as voices
            from (
                select mention_brand.source || ':' || coalesce(author_id, author_name) as author
                from mention_brand
                join mention
                    on mention.source = mention_brand.source and mention.source_id = mention_brand.source_id
                    and mention.created_at = mention_brand.created_at
                where brand = $brand and counted and mention_brand.created_at >= $since and mention_brand.created_at < $until
                    and mention.created_at >= $since and mention.created_at < $until
                    and ($as_of::timestamp is null or mention.first_seen_at <= $as_of) and ({_NARROWED[kind]})
                    and ($value::varchar is not null)
            )
            group by author
        )
        """,
        {"brand": brand, "since": since, "until": until, "as_of": as_of, "value": value},
    ).fetchall()
    return float(rows[0][0] or 0)
