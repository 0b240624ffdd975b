"""A brand's day as the views have it: figures against the usual ones, incidents, voices, gaps; nothing is rounded yet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from statistics import quantiles
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from monitor.config.models import Brand
from monitor.detect.records import Incident, read_incidents
from monitor.detect.sure import KIND, UNKIND, mood_of
from monitor.errors import ConfigError
from monitor.tell.figures import WHOLE, DayIncident, Digest, Figures, Missed, Seen, SourceDay, Usual, Voice, has_holes
from monitor.tell.label_error import read_label_error
from monitor.tell.published import data_as_of
from monitor.tell.words import count_of, one_line, place_words, safe_link

# part of a day that must have been looked at for its counts to be compared with other days
_WEEKS = 8
_MONTH = 30
_ENOUGH = 3
_EXAMPLES = 2
# most engaging ones of a label among which those are chosen whose label is sure
_LOOKED_AT = 500
_GAP = timedelta(minutes=5)
_COUNTS = ("mentions", "counted", "scored", "negative", "neutral", "positive", "unscored", "churn")
_FIGURES = (*_COUNTS, "negative_share", "net_sentiment", "covered")
_COMPARED = ("mentions", "churn", "negative_share", "net_sentiment")


_UNKNOWN = Figures(None, None, None, None, None, None, None, None, None, None, covered=0.0, days=0)


def compose(con: duckdb.DuckDBPyConnection, brand: Brand, day: date, *, now: datetime) -> Digest:
    """The digest of a brand's local day, from the views alone; the same data and day give the same digest.

    now     aware; a day that is not over is told up to the newest data
    raises  ConfigError where the day has not begun
    """
    day_from, day_to = day_bounds(day, brand.zone)
    if day_from > now:
        raise ConfigError(f"digest: {day} has not begun in {brand.timezone}; name a day that has")
    seen_to = day_to if now >= day_to else min(now, _newest(con) or now)
    days = _days(con, brand.name, day)
    figures = days.get(day, _UNKNOWN)
    incidents = read_incidents(con, brand=brand.name, since=day_from - timedelta(weeks=_WEEKS), until=day_to)
    missed = _missed(con, brand.name, day_from, seen_to)
    return Digest(
        brand=brand.name,
        zone=brand.zone,
        day=day,
        day_from=day_from,
        day_to=day_to,
        seen_to=seen_to,
        data_as_of=data_as_of(con),
        figures=figures,
        before=days.get(day - timedelta(days=1), _UNKNOWN),
        last_7=_last(days, day, 7),
        last_30=_last(days, day, _MONTH),
        usual=_usuals(
            figures, _ordinary(days, incidents, brand.zone), day, is_whole=seen_to == day_to and not has_holes(missed, day_to - day_from)
        ),
        voices=_voices(con, day),
        unscored_languages=_unscored_languages(con, brand.name, day_from, day_to),
        sources=_sources(con, brand.name, day, missed),
        events=_events(con, brand.name, day_from, day_to),
        incidents=_on_the_day(con, incidents, day_from, day_to),
        kind=most_seen(con, brand.name, 1, day_from, day_to, at_most=_EXAMPLES),
        unkind=most_seen(con, brand.name, -1, day_from, day_to, at_most=_EXAMPLES),
        missed=missed,
        label_error=read_label_error(con, brand.name),
    )


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Begin and end of a local day, in UTC; 23 or 25 hours apart where the clock changes."""
    begin, end = (datetime.combine(each, time.min, tzinfo=zone) for each in (day, day + timedelta(days=1)))
    return begin.astimezone(UTC), end.astimezone(UTC)


def _days(con: duckdb.DuckDBPyConnection, brand: str, day: date) -> dict[date, Figures]:
    rows = con.execute(
        f"""
        select local_day, {", ".join(_FIGURES)}
        from v_daily
        where brand = ? and local_day between ? and ?
        order by local_day
        """,
        [brand, day - timedelta(weeks=_WEEKS), day],
    ).fetchall()
    return {local_day: Figures(**dict(zip(_FIGURES, row, strict=True)), days=int(row[0] is not None)) for local_day, *row in rows}


def _last(days: Mapping[date, Figures], day: date, count: int) -> Figures:
    """The figures of so many days up to this one, over the days that are known."""
    known = [days[each] for each in (day - timedelta(days=back) for back in range(count)) if each in days and days[each].days]
    if not known:
        return _UNKNOWN
    sums = {name: sum(getattr(figures, name) for figures in known) for name in _COUNTS}
    scored = sums["scored"]
    return Figures(
        **sums,
        negative_share=sums["negative"] / scored if scored else None,
        net_sentiment=(sums["positive"] - sums["negative"]) / scored if scored else None,
        covered=sum(figures.covered for figures in known) / count,
        days=len(known),
    )


def _ordinary(days: Mapping[date, Figures], incidents: Iterable[Incident], zone: ZoneInfo) -> dict[date, Figures]:
    """The days that others may be compared with: looked at, and without an incident above "info"."""
    spans = [
        (each.onset_at.astimezone(zone).date(), each.resolved_at.astimezone(zone).date() if each.resolved_at else date.max)
        for each in incidents
        if each.severity != "info"
    ]
    return {
        day: figures
        for day, figures in days.items()
        if figures.days and figures.covered >= WHOLE and not any(first <= day <= last for first, last in spans)
    }


def _usuals(figures: Figures, ordinary: Mapping[date, Figures], day: date, *, is_whole: bool) -> dict[str, Usual]:
    """The usual ranges; of counts only where the day itself was looked at as other days were."""
    earlier = {each: known for each, known in ordinary.items() if each < day}
    names = _COMPARED if is_whole and figures.covered >= WHOLE else ("negative_share", "net_sentiment")
    return {name: usual for name in names if figures.days and (usual := _usual(earlier, name, day)) is not None}


def _usual(earlier: Mapping[date, Figures], name: str, day: date) -> Usual | None:
    """The range of the same weekday where three are known, else where eight of ten of the last days lie."""
    known = {each: value for each, figures in earlier.items() if (value := getattr(figures, name)) is not None}
    alike = [value for each, value in known.items() if each.weekday() == day.weekday()]
    if len(alike) >= _ENOUGH:
        return Usual(min(alike), max(alike), len(alike), weekdays=True)
    last = [value for each, value in known.items() if each >= day - timedelta(days=_MONTH)]
    if len(last) < _ENOUGH:
        return None
    tenths = quantiles(last, n=10, method="inclusive")
    return Usual(tenths[0], tenths[-1], len(last), weekdays=False)


def _voices(con: duckdb.DuckDBPyConnection, day: date) -> list[Voice]:
    """The brands that were looked at in the last month; those that left the configuration are not waited for."""
    rows = con.execute(
        """
        with watched as (select distinct brand from v_daily where local_day between ? and ? and counted is not null)
        select watched.brand, counted, case when counted is not null then counted / nullif(sum(counted) over (), 0) end
        from watched
        left join v_daily on v_daily.brand = watched.brand and v_daily.local_day = ?
        order by counted desc nulls last, watched.brand
        """,
        [day - timedelta(days=_MONTH), day, day],
    ).fetchall()
    return [Voice(*row) for row in rows]


def _unscored_languages(con: duckdb.DuckDBPyConnection, brand: str, day_from: datetime, day_to: datetime) -> list[tuple[str | None, int]]:
    return con.execute(
        """
        select lang, count(*) from v_mentions
        where brand = ? and created_at >= ? and created_at < ? and counted and not scored
        group by lang
        order by count(*) desc, lang
        """,
        [brand, _naive(day_from), _naive(day_to)],
    ).fetchall()


def _sources(con: duckdb.DuckDBPyConnection, brand: str, day: date, missed: Iterable[Missed]) -> list[SourceDay]:
    """The day by source, the loudest first; those that were not looked at that day stand last."""
    rows = con.execute(
        """
        select source, mentions, counted, scored, negative, covered from v_series_day
        where brand = ? and local_day = ?
        order by counted desc nulls last, source
        """,
        [brand, day],
    ).fetchall()
    told = [SourceDay(*row) for row in rows]
    silent = sorted({gap.source for gap in missed if gap.kind != "never"} - {each.source for each in told})
    return told + [SourceDay(source, None, None, None, None, 0.0) for source in silent]


def _events(con: duckdb.DuckDBPyConnection, brand: str, day_from: datetime, day_to: datetime) -> list[tuple[str, datetime]]:
    rows = con.execute(
        "select name, happened_at from v_events where brand = ? and happened_at >= ? and happened_at < ? order by happened_at, name",
        [brand, _naive(day_from), _naive(day_to)],
    ).fetchall()
    return [(name, at.replace(tzinfo=UTC)) for name, at in rows]


def _on_the_day(con: duckdb.DuckDBPyConnection, incidents: Iterable[Incident], day_from: datetime, day_to: datetime) -> list[DayIncident]:
    """Those that had been noticed by the day's end and were not over at its beginning."""
    told = []
    for each in incidents:
        ended = each.resolved_at
        if each.noticed_at < day_to and (ended is None or ended >= day_from):
            known = con.execute(
                "select max(happened_at) from v_events where brand = ? and name = ? and happened_at <= ?",
                [each.brand, each.event, _naive(each.noticed_at)],
            ).fetchall()[0][0]
            told.append(
                DayIncident(
                    each,
                    event_at=known.replace(tzinfo=UTC) if known else None,
                    opened=each.noticed_at >= day_from,
                    resolved=ended is not None and ended < day_to,
                )
            )
    return told


def most_seen(con: duckdb.DuckDBPyConnection, brand: str, label: int, day_from: datetime, day_to: datetime, *, at_most: int) -> list[Seen]:
    """The mentions that are surely of one label with most reactions; without any known ones, the strongest. Aware times."""
    rows = con.execute(
        """
        select coalesce(text, title), source, channel, author_name, created_at, url, score, likes, views, why, brand_compound,
            concat_ws(chr(10), title, text), mention_id
        from v_mentions
        where brand = ? and created_at >= ? and created_at < ? and scored and label = ? and coalesce(text, title) is not null
            and brand_compound * label >= ?
        order by engagement desc nulls last, views desc nulls last, abs(brand_compound) desc nulls last, created_at, source, source_id
        limit ?
        """,
        [brand, _naive(day_from), _naive(day_to), label, min(KIND, -UNKIND), _LOOKED_AT],
    ).fetchall()
    sure = (row for row in rows if mood_of(row[11], label=label, compound=row[10], why=row[9]))
    return [
        Seen(
            text=one_line(text),
            where=place_words(source, channel),
            author=one_line(author, limit=40) or None,
            at=at.replace(tzinfo=UTC),
            reactions=_reactions(score, likes, views),
            link=safe_link(url),
            why=one_line(why, limit=300) if why else None,
            mention_id=mention_id,
        )
        for text, source, channel, author, at, url, score, likes, views, why, _, _, mention_id in islice(sure, at_most)
    ]


def _reactions(score: int | None, likes: int | None, views: int | None) -> str | None:
    for count, noun in ((score, "point"), (likes, "like"), (views, "view")):
        if count is not None:
            return count_of(count, noun)
    return None


def _missed(con: duckdb.DuckDBPyConnection, brand: str, day_from: datetime, seen_to: datetime) -> list[Missed]:
    """Where no source looked, over the sources that were looked at, or tried, in the last month."""
    since, until = _naive(day_from), _naive(seen_to)
    looks = defaultdict(list)
    for source, begin, end in con.execute(
        "select source, covered_from, covered_to from v_covered where brand = ? and covered_from < ? order by source, covered_from",
        [brand, until],
    ).fetchall():
        looks[source].append((begin, end))
    failed = con.execute(
        """
        select source, covered_from, covered_to, reason from v_looks
        where not complete and (len(brands) = 0 or list_contains(brands, ?)) and covered_from < ? and covered_to > ?
        order by pulled_at desc, covered_from, reason
        """,
        [brand, until, since - timedelta(days=_MONTH)],
    ).fetchall()
    watched = {source for source, stretches in looks.items() if stretches[-1][1] > since - timedelta(days=_MONTH)}
    told = []
    for source in sorted(watched | {row[0] for row in failed}):
        edges = [(since, since), *looks[source], (until, until)]
        for (_, gap_from), (gap_to, _) in pairwise(edges):
            begin, end = max(gap_from, since), min(gap_to, until)
            if end - begin >= _GAP:
                reason = next((row[3] for row in failed if row[0] == source and row[1] < end and row[2] > begin), None)
                kind: Literal["gap", "new", "never"] = "never" if source not in watched else "new" if looks[source][0][0] >= end else "gap"
                told.append(Missed(source, begin.replace(tzinfo=UTC), end.replace(tzinfo=UTC), kind, reason))
    return told


def _newest(con: duckdb.DuckDBPyConnection) -> datetime | None:
    at: datetime | None = con.execute("select max(covered_to) from v_looks where complete").fetchall()[0][0]
    return at.replace(tzinfo=UTC) if at else None


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
