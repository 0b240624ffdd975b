"""Reads what an event's impact is measured on: the bins around it and before, and what else was going on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd

from monitor.detect.changes import WHOLE, Bins, Figure, Flags, Numbers, Part, SourceBins, Windows
from monitor.detect.impact import Beside, Impact, measure, share_against, volume_against
from monitor.detect.series import BIN, bin_of, naive
from monitor.errors import StoreError
from monitor.store.events import Event

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
# the past from which the usual is known: eight weeks, or eight windows
_PAST, _PAST_WINDOWS = timedelta(weeks=8), 8
_FIGURES: Sequence[Figure] = ("counted", "scored", "negative", "churn")


def find_events(con: duckdb.DuckDBPyConnection, name: str, *, brands: Sequence[str]) -> list[Event]:
    """Each of these brands' newest event of that name; where none is called so, the newest whose name holds it. Case does not count.

    raises  StoreError where there is none
    """
    rows = con.execute(
        """
        select name, brand, happened_at from v_events
        where brand in (select unnest(?::varchar[])) and contains(lower(name), lower(?))
        qualify row_number() over (partition by brand order by lower(name) = lower(?) desc, happened_at desc, name) = 1
        order by lower(name) = lower(?) desc, brand
        """,
        [brands, name, name, name],
    ).fetchall()
    exact = [row for row in rows if row[0].casefold() == name.casefold()]
    if not rows:
        of = f" of {brands[0]}" if len(brands) == 1 else ""
        raise StoreError(f"impact: no event {name!r}{of} in the published copy; `monitor event list` shows those there are")
    return [Event(each, owner, at.replace(tzinfo=UTC)) for each, owner, at in exact or rows]


def read_impact(con: duckdb.DuckDBPyConnection, event: Event, *, window: timedelta, rivals: Sequence[str]) -> Impact | None:
    """What an event changed; None where nothing is known of the time after it.

    window  how long to look before and after; an hour or more
    rivals  brands to compare with
    """
    start = bin_of(event.at)
    seen_to = con.execute("select max(covered_to) from v_covered where brand = ?", [event.brand]).fetchall()[0][0]
    width = shortened(window, seen_to - start if seen_to else timedelta(0))
    if width < _HOUR:
        return None
    since = start - width - max(_PAST, _PAST_WINDOWS * width)
    beside = _read_beside(con, event, [event.brand, *rivals], start - width, start + width)
    busy = {one.brand for one in beside}
    windows = {
        brand: Windows(_read_bins(con, brand, since, start, width), at=(start - since) // BIN, width=width // BIN)
        for brand in (event.brand, *(name for name in rivals if name not in busy))
    }
    own = windows.pop(event.brand)
    return Impact(
        event.brand,
        event.name,
        event.at,
        asked=window,
        width=width,
        measured=measure(own),
        volume_against=volume_against(own, windows),
        share_against=share_against(own, windows),
        beside=beside,
    )


def shortened(window: timedelta, known: timedelta) -> timedelta:
    """As much of a window as is known: whole days of it, or whole hours of less than a day.

    >>> str(shortened(timedelta(days=2), timedelta(hours=31))), str(shortened(timedelta(days=2), timedelta(hours=5, minutes=20)))
    ('1 day, 0:00:00', '5:00:00')
    """
    if known >= window:
        return window
    return known - known % (_DAY if known >= _DAY else _HOUR)


def _read_bins(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, start: datetime, width: timedelta) -> Bins:
    """The bins from `since` to the end of the window; of the parts only those that were met in the two windows."""
    until, past = start + width, start - width
    size = (until - since) // BIN
    zone = con.execute("select timezone from v_brands where brand = ?", [brand]).fetchall()[0][0]
    local = pd.date_range(since, periods=size, freq=BIN, tz="UTC").tz_convert(zone)
    seen = _read_known(con, brand, since, until)
    usual = np.ones(size, dtype=np.bool_)
    incidents = con.execute(
        "select onset_at, coalesce(resolved_at, ?) from v_incidents where brand = ? and severity <> 'info' and onset_at < ?",
        [past, brand, past],
    ).fetchall()
    for onset_at, resolved_at in incidents:
        usual[max(0, (onset_at - since) // BIN) : max(0, (min(resolved_at, past) - since) // BIN + 1)] = False
    usual[(past - since) // BIN :] = True
    rows = con.execute(
        f"""
        with met as (
            select distinct facet, value from rollup_5m where brand = $brand and bin_start >= $past and bin_start < $until
        )
        select
            source, facet, value, {", ".join(_FIGURES)},
            (epoch(bin_start) - epoch($since::timestamp)) // {BIN.total_seconds():.0f} as place
        from rollup_5m
        where brand = $brand and bin_start >= $since and bin_start < $until
            and (facet = 'all' or (facet, value) in (select (facet, value) from met))
        """,
        {"brand": brand, "past": past, "since": since, "until": until},
    ).df()
    sources = {}
    for source, known in seen.items():
        of_source = rows[rows.source == source]
        figures: dict[Part, dict[Figure, Numbers]] = {WHOLE: {figure: np.zeros(size) for figure in _FIGURES}}
        for (facet, value), part in of_source.groupby(["facet", "value"]):
            figures[str(facet), str(value)] = {figure: _placed(part["place"], part[figure], size) for figure in _FIGURES}
        sources[source] = SourceBins(known & usual, figures)
    return Bins(np.asarray(local.day_of_week * 24 + local.hour, dtype=np.int64), sources)


def _placed(places: "pd.Series[int]", counts: "pd.Series[int]", size: int) -> Numbers:
    bins = np.zeros(size)
    bins[places.to_numpy(dtype=np.int64)] = counts
    return bins


def _read_known(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> dict[str, Flags]:
    """The bins that lie whole within a source's covered stretches."""
    known: dict[str, Flags] = {}
    for source, covered_from, covered_to in con.execute(
        "select source, covered_from, covered_to from v_covered where brand = ? and covered_to > ? and covered_from < ? order by source",
        [brand, since, until],
    ).fetchall():
        first, last = -((since - covered_from) // BIN), (covered_to - since) // BIN
        known.setdefault(source, np.zeros((until - since) // BIN, dtype=np.bool_))[max(0, first) : max(0, last)] = True
    return known


def _read_beside(con: duckdb.DuckDBPyConnection, event: Event, brands: Sequence[str], since: datetime, until: datetime) -> list[Beside]:
    """Other events and incidents of these brands within the two windows, in their order."""
    events = con.execute(
        """
        select brand, 'event', name, null, happened_at, null, false from v_events
        where brand in (select unnest(?::varchar[])) and happened_at >= ? and happened_at < ?
            and not (brand = ? and name = ? and happened_at = ?)
        """,
        [brands, since, until, event.brand, event.name, naive(event.at)],
    ).fetchall()
    incidents = con.execute(
        """
        select brand, 'incident', id, direction, onset_at, resolved_at, brand = ? and onset_at >= ? and event is not distinct from ?
        from v_incidents
        where brand in (select unnest(?::varchar[])) and severity <> 'info' and onset_at < ? and coalesce(resolved_at, 'infinity') > ?
        """,
        [event.brand, bin_of(event.at), event.name, brands, until, since],
    ).fetchall()
    found = [
        Beside(brand, kind, name, what, begun.replace(tzinfo=UTC), ended and ended.replace(tzinfo=UTC), is_of_it)
        for brand, kind, name, what, begun, ended, is_of_it in events + incidents
    ]
    return sorted(found, key=lambda one: (one.begun_at, one.brand, one.name))
