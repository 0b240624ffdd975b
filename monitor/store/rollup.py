"""The counts beside the texts: five-minute bins and local days, recomputed where a batch touched them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

_FIGURES = """
    count(*) as mentions,
    count(*) filter (where counted) as counted,
    count(*) filter (where scored) as scored,
    count(*) filter (where scored and label = -1) as negative,
    count(*) filter (where scored and label = 0) as neutral,
    count(*) filter (where scored and label = 1) as positive,
    count(*) filter (where counted and not scored) as unscored,
    count(*) filter (where booked = 'muted') as muted,
    count(*) filter (where booked = 'own') as own,
    count(*) filter (where booked = 'spam') as spam,
    count(*) filter (where booked = 'duplicate') as duplicates,
    count(*) filter (where counted and is_churn) as churn,
    sum(engagement) filter (where counted)::bigint as engagement
"""
_COLUMNS = "mentions counted scored negative neutral positive unscored muted own spam duplicates churn engagement"
_SUMS = ", ".join(f"sum({name})::bigint" for name in _COLUMNS.split())


def recompute(con: duckdb.DuckDBPyConnection, touched: Iterable[datetime], *, facets: bool = True) -> None:
    """Count the touched bins again, and the local days that they lie in.

    touched  created_at of mentions that came, changed or went; naive UTC
    facets   False where those that came have neither topics nor intents: then only bins that had some are counted by them
    """
    starts = sorted({_bin_start(at) for at in touched})
    if not starts:
        return
    first, last = starts[0], starts[-1]
    bins = f"bin_start between timestamp '{first}' and timestamp '{last}' and bin_start in ({_literals('timestamp', starts)})"
    had = con.execute(f"delete from rollup_5m where {bins} returning facet").fetchall()
    con.execute(_count(bins, first, last, facet="'all'", value="''", lists=""))
    if facets or any(facet != "all" for (facet,) in had):
        for facet, column in (("topic", "topics"), ("intent", "intents")):
            con.execute(_count(bins, first, last, facet=f"'{facet}'", value="listed", lists=f", unnest(list_distinct({column})) as listed"))
    _recompute_days(con, starts)


def _count(bins: str, first: datetime, last: datetime, *, facet: str, value: str, lists: str) -> str:
    """SQL: one facet of the touched bins, counted again; a mention with two topics counts for both."""
    return f"""
        insert into rollup_5m
        select
            booking.brand,
            source,
            {facet},
            {value},
            bin_start,
            cast(timezone(brand.timezone, timezone('UTC', bin_start)) as date) as local_day,
            hour(timezone(brand.timezone, timezone('UTC', bin_start))) as local_hour,
            {_FIGURES}
        from (
            select
                brand, source, counted, scored, label, booked, is_churn, engagement,
                time_bucket(interval 5 minutes, created_at) as bin_start {lists}
            from counting
            where created_at >= timestamp '{first}' and created_at < timestamp '{last}' + interval 5 minutes
        ) as booking
        join brand on brand.brand = booking.brand
        where {bins}
        group by booking.brand, brand.timezone, source, {"bin_start" if not lists else "listed, bin_start"}
        order by bin_start
    """


def rebuild(con: duckdb.DuckDBPyConnection) -> None:
    """Count everything again, as after a brand's time zone changed."""
    con.execute("delete from rollup_5m")
    con.execute("delete from rollup_day")
    recompute(con, (at for (at,) in con.execute("select distinct created_at from mention_brand").fetchall()))


def _recompute_days(con: duckdb.DuckDBPyConnection, starts: Sequence[datetime]) -> None:
    zones = {ZoneInfo(name) for (name,) in con.execute("select timezone from brand").fetchall()}
    # a superset: a day that some brand's zone touches is counted again for every brand
    days = sorted({start.replace(tzinfo=UTC).astimezone(zone).date() for zone in zones for start in starts})
    first, last = days[0], days[-1]
    touched = f"local_day between date '{first}' and date '{last}' and local_day in ({_literals('date', days)})"
    con.execute(f"delete from rollup_day where {touched}")
    # two days around, since a local day reaches past the UTC day of the same date
    con.execute(f"""
        insert into rollup_day
        select brand, source, facet, value, local_day, {_SUMS}
        from rollup_5m
        where {touched}
            and bin_start between date '{first}' - interval 2 days and date '{last}' + interval 2 days
        group by brand, source, facet, value, local_day
    """)


def _bin_start(at: datetime) -> datetime:
    return at - timedelta(minutes=at.minute % 5, seconds=at.second, microseconds=at.microsecond)


def _literals(kind: str, values: Sequence[datetime] | Sequence[date]) -> str:
    return ", ".join(f"{kind} '{value}'" for value in values)
