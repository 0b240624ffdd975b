"""Whether an incident is heard far more widely than its brand usually is, by the views that sources count."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from monitor.detect.evidence import Heard
from monitor.detect.loud import GAP, GRACE_DAYS, KNOWN

# how many times a usual day's views are far above it, and views below which nothing is
TIMES, LEAST = 5, 10_000
# the part of the days that a usual one has no more views than
USUAL = 7 / 8
# the longest stretch that is held against a day
LONGEST = timedelta(days=1)


# how counted mentions said from an onset to a moment, naive UTC, were heard; None where that is not known to be far above the usual
Hear = Callable[[datetime, datetime], Heard | None]


@dataclass(slots=True)
class UsualDay:
    """A brand's usual views of a day, kept until the next one.

    until  midnight UTC before which they are known; None: not asked yet
    views  None where too few days have any
    """

    until: datetime | None = None
    views: int | None = None


def far_heard(
    con: duckdb.DuckDBPyConnection, brand: str, kept: UsualDay, onset: datetime, until: datetime, *, as_of: datetime | None, is_past: bool
) -> Heard | None:
    """How the counted mentions of [onset, until) were heard, of its last day where it is longer; None unless far above the usual.

    as_of    leaves out what was seen later, naive UTC; None: all that is known
    is_past  whether usual is judged by all that is known today; else by what was known at midnight, so that a restart changes nothing

    Views alone: an estimate would count followers who may never have looked. What no source counts adds nothing.
    """
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
    if kept.until != midnight:
        kept.views = usual_views(con, brand, midnight, as_of=None if is_past else midnight)
        kept.until = midnight
    if kept.views is None:
        return None
    [(views,)] = con.execute(
        f"select coalesce(sum(views), 0)::bigint from ({_viewed(as_of)})",
        _asked(brand, max(onset, until - LONGEST), until, as_of),
    ).fetchall()
    return Heard(views, kept.views) if views >= max(LEAST, TIMES * kept.views) else None


def usual_views(con: duckdb.DuckDBPyConnection, brand: str, at: datetime, *, as_of: datetime | None) -> int | None:
    """The seven-eighths quantile of the daily views of counted mentions, over the days with any of the 28 before yesterday.

    at  midnight, naive UTC

    returns  None where fewer than seven days have any
    """
    [(days, views)] = con.execute(
        f"""
        select count(*), quantile_cont(views, {USUAL})
        from (select sum(views) as views from ({_viewed(as_of)}) group by created_at::date)
        """,
        _asked(brand, at - GAP - KNOWN, at - GAP, as_of),
    ).fetchall()
    return round(views) if days >= GRACE_DAYS else None


def _asked(brand: str, since: datetime, until: datetime, as_of: datetime | None) -> dict[str, str | datetime]:
    asked: dict[str, str | datetime] = {"brand": brand, "since": since, "until": until}
    return asked if as_of is None else asked | {"as_of": as_of}


def _viewed(as_of: datetime | None) -> str:
    """SQL: a counted mention of $brand said in [$since, $until) with known views a row; as they were known at $as_of, where it is given."""
    known = """
        select mention.source, mention.source_id, mention.created_at, views, first_seen_at,
            coalesce(engagement_at, fetched_at) as looked_at
        from mention_brand
        join mention
            on mention.source = mention_brand.source and mention.source_id = mention_brand.source_id
            and mention.created_at = mention_brand.created_at
        where brand = $brand and counted and views is not null
            and mention_brand.created_at >= $since and mention_brand.created_at < $until
            and mention.created_at >= $since and mention.created_at < $until
    """
    if as_of is None:
        return known
    # views as of the last look before $as_of are the first ones that were replaced from then on: a look that changed none left no trace
    return f"""
        with known as materialized (select * from ({known}) where first_seen_at <= $as_of),
        looks as (
            select source, source_id, key, counted_at, value,
                max(counted_at) filter (where counted_at <= $as_of) over (partition by source, source_id) as last_look
            from engagement_history
            semi join (select * from known where looked_at > $as_of) using (source, source_id)
        ),
        before as (
            select source, source_id, arg_min(value, counted_at) as views
            from looks
            where key = 'views' and counted_at >= coalesce(last_look, '-infinity'::timestamp)
            group by source, source_id
        )
        select known.created_at, coalesce(before.views, known.views) as views
        from known
        left join before using (source, source_id)
    """
