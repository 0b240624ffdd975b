"""The counts beside the texts: five-minute bins and local days, kept true as texts come, change and go.

`recompute` counts the touched bins again from the texts. `add` adds texts that are new to the store, which is all that
most live rounds need and costs them a third as much; tests hold that both come to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from monitor.store.changed import note_changed
from monitor.store.literal import literal

_FIGURES = """
    count(*) as mentions,
    count(*) filter (where counted) as counted,
    count(*) filter (where scored) as scored,
    count(*) filter (where scored and label = -1) as negative,
    count(*) filter (where scored and label = 0) as neutral,
    count(*) filter (where scored and label = 1) as positive,
    count(*) filter (where booked = 'muted') as muted,
    count(*) filter (where booked = 'own') as own,
    count(*) filter (where booked = 'spam') as spam,
    count(*) filter (where booked = 'duplicate') as duplicates,
    count(*) filter (where counted and is_churn) as churn,
    sum(engagement) filter (where counted)::bigint as engagement
"""
_COLUMNS = "mentions counted scored negative neutral positive muted own spam duplicates churn engagement"
_SUMS = ", ".join(f"sum({name})::bigint" for name in _COLUMNS.split())
_REACTIONS = ("likes", "replies", "reposts", "quotes", "score")
_NAMES = ("brand", "source", "facet", "value")
# the figures of _COLUMNS in their order; the last, engagement, is None where no counted text says any
_Figures = tuple[int | None, ...]
_FEW = 100
_MOST_DAYS = 200
_local_days: dict[tuple[str, datetime], Mapping[datetime, datetime]] = {}
# the columns before the figures: brand, source, facet, value and when
_Key = tuple[Any, ...]


def recompute(con: duckdb.DuckDBPyConnection, touched: Iterable[datetime], *, facets: bool = True) -> None:
    """Count the touched bins again, and the local days that they lie in.

    touched  created_at of mentions that came, changed or went; naive UTC
    facets   False where those that came have neither topics nor intents: then only bins that had some are counted by them
    """
    starts = sorted({_bin_start(at) for at in touched})
    if not starts:
        return
    note_changed(con, starts)
    first, last = starts[0], starts[-1]
    bins = f"bin_start between timestamp '{first}' and timestamp '{last}'"
    # an import touches most bins of its time: to count the others again too is quicker than to name thousands
    if 2 * len(starts) < (last - first) / timedelta(minutes=5):
        bins += f" and bin_start in ({_literals('timestamp', starts)})"
    had = con.execute(f"delete from rollup_5m where {bins} returning facet").fetchall()
    con.execute(_count(bins, first, last, facets=facets or any(facet != "all" for (facet,) in had)))
    _recompute_days(con, starts)


def add(con: duckdb.DuckDBPyConnection, mentions: pa.Table, brands: pa.Table) -> None:
    """Add texts that are new to the store to the counts of their bins and days.

    mentions  their rows as stored
    brands    their rows of mention_brand
    """
    spoken = _spoken(mentions, brands)
    local_times = _local_times(con, sorted({bin_start for *_, bin_start in spoken}))
    bins: dict[_Key, _Figures] = {}
    days: dict[_Key, _Figures] = {}
    for (*names, bin_start), figures in spoken.items():
        local = local_times.get((names[0], bin_start))
        if local is not None:
            _put(bins, (*names, bin_start, local.date(), local.hour), figures)
            _put(days, (*names, local.date()), figures)
    note_changed(con, (bin_start for *_, bin_start in spoken))
    if bins:
        _add_rows(con, "rollup_5m", bins, keys=(*_NAMES, "bin_start", "local_day", "local_hour"))
        _add_rows(con, "rollup_day", days, keys=(*_NAMES, "local_day"))


def _spoken(mentions: pa.Table, brands: pa.Table) -> Mapping[_Key, _Figures]:
    """Figures by brand, source, facet, value and bin; what each of them means is said by the view `counting`."""
    texts = {
        (source, source_id): (is_spam, sum(said) if (said := [count for count in counts if count is not None]) else None)
        for source, source_id, is_spam, *counts in _rows(mentions, ("source", "source_id", "is_spam", *_REACTIONS))
    }
    spoken: dict[_Key, _Figures] = {}
    columns = ("brand", "source", "source_id", "created_at", "label", "counted", "is_muted", "is_own", "topics", "intents")
    for brand, source, source_id, created_at, label, counted, is_muted, is_own, topics, intents in _rows(brands, columns):
        is_spam, engagement = texts[source, source_id]
        scored = counted and label is not None
        out = not counted
        figures = (
            1,
            int(counted),
            int(scored),
            int(scored and label == -1),
            int(scored and label == 0),
            int(scored and label == 1),
            int(out and is_muted),
            int(out and is_own and not is_muted),
            int(out and is_spam and not is_own and not is_muted),
            int(out and not (is_spam or is_own or is_muted)),
            int(counted and any(intent == "cancel" or intent.startswith("switch_to:") for intent in intents)),
            engagement if counted else None,
        )
        facets = [("all", ""), *(("topic", topic) for topic in set(topics)), *(("intent", intent) for intent in set(intents))]
        for facet, value in facets:
            _put(spoken, (brand, source, facet, value, _bin_start(created_at)), figures)
    return spoken


def _rows(table: pa.Table, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in columns), strict=True)


def _put(sums: dict[_Key, _Figures], key: _Key, figures: _Figures) -> None:
    had = sums.get(key)
    sums[key] = (
        figures if had is None else tuple([b if a is None else a if b is None else a + b for a, b in zip(had, figures, strict=True)])
    )


def _local_times(con: duckdb.DuckDBPyConnection, starts: Sequence[datetime]) -> Mapping[tuple[str, datetime], datetime]:
    """The local time of each brand at the start of each bin; by DuckDB, whose zones the recount goes by."""
    zones = dict(con.execute("select brand, timezone from brand").fetchall())
    return {
        (brand, start): _local_day(con, zone, start.replace(hour=0, minute=0))[start] for brand, zone in zones.items() for start in starts
    }


def _local_day(con: duckdb.DuckDBPyConnection, zone: str, day: datetime) -> Mapping[datetime, datetime]:
    """The local times of a UTC day's bins; what was asked last is remembered, since it is the same for ever."""
    known = _local_days.get((zone, day))
    if known is None:
        if len(_local_days) >= _MOST_DAYS:
            _local_days.clear()
        bins = "unnest(generate_series(?::timestamp, ?::timestamp + interval 1435 minutes, interval 5 minutes))"
        rows = con.execute(f"select start, timezone(?, timezone('UTC', start)) from (select {bins} as start)", [zone, day, day]).fetchall()
        known = _local_days[zone, day] = dict(rows)
    return known


def _add_rows(con: duckdb.DuckDBPyConnection, table: str, sums: dict[_Key, _Figures], *, keys: Sequence[str]) -> None:
    """Add to the rows of the table that have these keys, which are its first columns; the fifth is a time or a day."""
    at, kind = keys[4], "timestamp" if keys[4] == "bin_start" else "date"
    times = sorted({key[4] for key in sums})
    touched = f"{at} between '{times[0]}' and '{times[-1]}' and {at} in ({_literals(kind, times)})"
    stored = con.execute(
        f"delete from {table} where {touched} and list_contains(?, value) returning *", [sorted({key[3] for key in sums})]
    ).fetchall()
    for row in stored:
        _put(sums, row[: len(keys)], row[len(keys) :])
    rows = [(*key, *sums[key]) for key in sorted(sums, key=lambda key: key[4])]
    if len(rows) <= _FEW:
        con.execute(f"insert into {table} values {', '.join(map(_row, rows))}")
    else:
        columns = zip(*rows, strict=True)
        _insert(con, table, pa.table([pa.array(column) for column in columns], names=[*keys, *_COLUMNS.split()]))


def _row(values: Sequence[object]) -> str:
    """SQL: a row of counts, times and names; a live round's few are parsed in half the time that a table takes."""
    return f"({', '.join('null' if value is None else str(value) if isinstance(value, int) else literal(value) for value in values)})"


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Insert rows, which DuckDB reads by their name here."""
    con.execute(f"insert into {table} select * from rows")


def _count(bins: str, first: datetime, last: datetime, *, facets: bool) -> str:
    """SQL: the touched bins counted again; a mention with two topics counts for both, and once for all of them together."""
    said = ["select *, 'all' as facet, '' as value from booking"]
    if facets:
        said += [
            f"select *, '{facet}', unnest(list_distinct({facet}s)) from booking where len({facet}s) > 0" for facet in ("topic", "intent")
        ]
    return f"""
        insert into rollup_5m
        with booking as materialized (
            select
                brand, source, counted, scored, label, booked, is_churn, engagement, topics, intents,
                time_bucket(interval 5 minutes, created_at) as bin_start
            from counting
            where created_at >= timestamp '{first}' and created_at < timestamp '{last}' + interval 5 minutes and {bins}
        ),
        clock as (
            select brand, bin_start, timezone(timezone, timezone('UTC', bin_start)) as local_at
            from (select distinct brand, bin_start from booking)
            join brand using (brand)
        ),
        counts as (
            select brand, source, facet, value, bin_start, {_FIGURES}
            from ({" union all ".join(said)})
            group by brand, source, facet, value, bin_start
        )
        select
            brand,
            source,
            facet,
            value,
            bin_start,
            cast(local_at as date) as local_day,
            hour(local_at) as local_hour,
            {_COLUMNS.replace(" ", ", ")}
        from counts
        join clock using (brand, bin_start)
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
