"""Which threads are about a brand: their roots, as stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from monitor.enrich.table import naive
from monitor.mention import GONE


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


@dataclass(frozen=True, slots=True)
class Root:
    """The root of a thread about a brand, as stored.

    replies  what its source last counted under it; None where it does not say
    seen_at  when that was: its newest observation
    is_live  a live round brought it, not an import
    """

    source_id: str
    channel: str | None
    created_at: datetime
    first_seen_at: datetime
    seen_at: datetime
    replies: int | None
    is_live: bool


def read_roots(
    con: duckdb.DuckDBPyConnection,
    source: str,
    *,
    brands: Collection[str],
    since: datetime | None,
    until: datetime | None = None,
    new_since: datetime | None = None,
    besides: Collection[str] = (),
) -> list[Root]:
    """The texts of a source that open a thread and name one of these brands, written in [since, until), in the order of time.

    Not those that were taken back, are spam, or are of people whom the brand mutes.

    new_since  only those that came to the store, or were written, since; None: all
    besides    ids of those that are wanted all the same
    """
    rows = con.execute(
        f"""
        select mention.source_id, mention.channel, mention.created_at, mention.first_seen_at, mention.fetched_at, mention.replies,
            run.kind = 'live'
        from mention
        join run using (run_id)
        where mention.source = $source and mention.created_at >= coalesce($since, '-infinity'::timestamp)
            and mention.created_at < coalesce($until, 'infinity'::timestamp)
            and mention.in_reply_to_id is null and (mention.conversation_id is null or mention.conversation_id = mention.source_id)
            and (
                $new_since is null or mention.first_seen_at >= $new_since or mention.created_at >= $new_since
                or list_contains($besides, mention.source_id)
            )
            and not mention.is_spam and mention.state not in ({", ".join(f"'{state.value}'" for state in sorted(GONE))})
            and (mention.source, mention.source_id) in (
                select (source, source_id) from mention_brand
                where source = $source and created_at >= coalesce($since, '-infinity'::timestamp) and matched_by = 'text' and not is_muted
                    and list_contains($brands, brand)
            )
        order by mention.created_at, mention.source_id
        """,
        {
            "source": source,
            "since": naive(since),
            "until": naive(until),
            "brands": list(brands),
            "new_since": naive(new_since),
            "besides": list(besides),
        },
    ).fetchall()
    return [
        Root(source_id, channel, created.replace(tzinfo=UTC), first_seen.replace(tzinfo=UTC), seen.replace(tzinfo=UTC), replies, is_live)
        for source_id, channel, created, first_seen, seen, replies, is_live in rows
    ]
