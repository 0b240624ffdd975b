"""Whether many speak, or one does often."""

from datetime import datetime

import duckdb

# mentions of one author that count towards a crowd
VOICE = 2
_NARROWED = {
    "volume": "true",
    "negative": "v_labels.label = -1",
    "scored": "v_labels.label is not null",
    "churn": "is_churn",
    "source": "v_labels.source = $value",
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
                select v_labels.source || ':' || coalesce(author_id, author_name) as author
                from v_labels
                join mention
                    on mention.source = v_labels.source and mention.source_id = v_labels.source_id
                    and mention.created_at = v_labels.created_at
                where brand = $brand and counted and v_labels.created_at >= $since and v_labels.created_at < $until
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
