"""A brand's mentions as a row of five-minute counts by source, with the stretches in which a source was not looked at."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt

BIN = timedelta(minutes=5)
BINS_AN_HOUR = 12
BINS_A_DAY = 24 * BINS_AN_HOUR
# how far around a window looks are read, to know which queries were asked in it
REACH = timedelta(days=2)
Counts: TypeAlias = npt.NDArray[np.float64]
# counts of one source in one bin by series: those of ALL, and topic:NAME; what is not there is 0
Spoken: TypeAlias = Mapping[str, float]
# from and to a moment, within which a source was looked at
Stretch: TypeAlias = tuple[datetime, datetime]

NOTHING: Mapping[str, Spoken] = MappingProxyType({})
NO_PARTS: Mapping[int, Mapping[str, Spoken]] = MappingProxyType({})
ALL = ("counted", "scored", "negative", "churn")
_FIGURES = ", ".join(ALL)


@dataclass(frozen=True, slots=True)
class Bin:
    """Five minutes of one brand.

    start    naive UTC
    sources  counted mentions by source and series; a source that was not looked at is not there, one that was silent is, empty
    partly   what came all the same from sources that were not, or not wholly, looked at: for the record, not for comparison
    """

    start: datetime
    sources: Mapping[str, Spoken]
    partly: Mapping[str, Spoken] = field(default_factory=dict)

    def total(self, series: str) -> float:
        """The sum over all that is known."""
        return sum(spoken.get(series, 0.0) for several in (self.sources, self.partly) for spoken in several.values())


class Bins:
    """Consecutive bins of one brand."""

    def __init__(
        self, start: datetime, sources: Sequence[Mapping[str, Spoken]], partly: Mapping[int, Mapping[str, Spoken]] = NO_PARTS
    ) -> None:
        """As many bins as there are entries, the first of which starts at `start`, naive UTC; `partly` by number, where there is any."""
        self.start = start
        self._sources = sources
        self._partly = partly

    def __len__(self) -> int:
        return len(self._sources)

    def __iter__(self) -> Iterator[Bin]:
        for number, sources in enumerate(self._sources):
            yield Bin(self.start + number * BIN, sources, self._partly.get(number, NOTHING))

    @property
    def volume(self) -> Counts:
        """Counted mentions of all sources; NaN where none was looked at."""
        return self.counts("counted")

    def counts(self, series: str) -> Counts:
        """One series, all sources together; NaN where none was looked at."""
        return np.array([one.total(series) if one.sources else np.nan for one in self], dtype=np.float64)

    def between(self, since: datetime, until: datetime) -> "Bins":
        """Those that start in [since, until), as far as there are any."""
        first = max(0, (since - self.start) // BIN)
        partly = {number - first: parts for number, parts in self._partly.items() if number >= first}
        return Bins(self.start + first * BIN, self._sources[first : max(first, (until - self.start) // BIN)], partly)


def bin_of(moment: datetime) -> datetime:
    """The start of the bin that holds a moment, naive UTC."""
    plain = naive(moment)
    return plain - timedelta(minutes=plain.minute % 5, seconds=plain.second, microseconds=plain.microsecond)


def naive(moment: datetime) -> datetime:
    """A moment as the store keeps it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def read_bins(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> Bins:
    """The bins of one brand that start in [since, until), however many; both are whole bins, naive UTC."""
    return read_many(con, [brand], since, until)[brand]


def read_many(con: duckdb.DuckDBPyConnection, brands: Sequence[str], since: datetime, until: datetime) -> dict[str, Bins]:
    """The same bins of several brands, in one go: for a live round, in which every statement counts."""
    rows = con.execute(
        f"""
        select brand, source, facet, value, bin_start, {_FIGURES}
        from rollup_5m
        where facet in ('all', 'topic') and bin_start >= ? and bin_start < ? {_one(brands)}
        """,
        [since, until, *brands[:1]] if len(brands) == 1 else [since, until],
    ).fetchall()
    return bins_of(rows, covered(con, brands, since, until), since, until)


def _one(brands: Sequence[str]) -> str:
    # the others' few bins cost less than a filter on several names
    return "and brand = ?" if len(brands) == 1 else ""


def read_known(
    con: duckdb.DuckDBPyConnection, brands: Sequence[str], since: datetime, until: datetime, *, as_of: datetime
) -> dict[str, Bins]:
    """The same as it was known at a moment, naive UTC: of the texts that had been seen by then, with the labels of today."""
    rows = con.execute(
        """
        with known as (
            select
                brand, v_labels.source, topics, time_bucket(interval 5 minutes, v_labels.created_at) as bin_start, label, is_churn
            from v_labels
            join mention
                on mention.source = v_labels.source and mention.source_id = v_labels.source_id
                and mention.created_at = v_labels.created_at
            where counted and first_seen_at <= $as_of and list_contains($brands, brand)
                and v_labels.created_at >= $since and v_labels.created_at < $until
                and mention.created_at >= $since and mention.created_at < $until
        )
        select brand, source, 'all', '', bin_start, count(*)::double, count(label)::double, count(*) filter (where label = -1)::double,
            count(*) filter (where is_churn)::double
        from known group by brand, source, bin_start
        union all
        select brand, source, 'topic', topic, bin_start, count(*)::double, 0, 0, 0
        from (select *, unnest(list_distinct(topics)) as topic from known)
        group by brand, source, topic, bin_start
        """,
        {"brands": list(brands), "since": since, "until": until, "as_of": as_of},
    ).fetchall()
    return bins_of(rows, covered(con, brands, since, until, as_of=as_of), since, until)


def bins_of(
    rows: Iterable[tuple[Any, ...]], looked: Mapping[str, Mapping[str, Sequence[Stretch]]], since: datetime, until: datetime
) -> dict[str, Bins]:
    """Bins from rows of the rollup (brand, source, facet, value, bin_start, figures) and the stretches looked at, by brand and source.

    What a source brought to a bin that was not wholly looked at stands apart: how much is missing is not known.
    """
    size = max(0, (until - since) // BIN)
    read: dict[str, list[dict[str, dict[str, float]]]] = {brand: [{} for _ in range(size)] for brand in looked}
    partly: dict[str, dict[int, dict[str, dict[str, float]]]] = {brand: {} for brand in looked}
    for brand, sources in looked.items():
        for source, stretches in sources.items():
            for first, last in whole_bins(stretches):
                for number in range(max(0, (first - since) // BIN), min(size, max(0, (last - since) // BIN))):
                    read[brand][number][source] = {}
    for brand, source, facet, value, bin_start, *figures in rows:
        if brand not in read:
            continue
        number = (bin_start - since) // BIN
        spoken = read[brand][number].get(source)
        if spoken is None:
            spoken = partly[brand].setdefault(number, {}).setdefault(source, {})
        if facet == "all":
            spoken.update(zip(ALL, figures, strict=True))
        else:
            spoken[f"topic:{value}"] = figures[0]
    return {brand: Bins(since, bins, partly[brand]) for brand, bins in read.items()}


def covered_span(con: duckdb.DuckDBPyConnection, brand: str) -> Stretch | None:
    """The first and the end of the last bin in which the brand was looked at; None where it never was."""
    first, last = con.execute("select min(covered_from), max(covered_to) from v_covered where brand = ?", [brand]).fetchall()[0]
    return None if first is None else (bin_of(first), bin_of(last))


def whole_bins(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """The bins that lie whole within each stretch, as from the first one's start to the last one's end."""
    for first, last in stretches:
        yield bin_of(first + BIN - timedelta(microseconds=1)), bin_of(last)


def covered(
    con: duckdb.DuckDBPyConnection, brands: Sequence[str], since: datetime, until: datetime, *, as_of: datetime | None = None
) -> dict[str, dict[str, list[Stretch]]]:
    """By brand and source, the stretches of [since, until) in which the source was looked at; they may reach past both ends.

    The rule of `v_covered`, applied to this window alone, since the view joins all that was ever looked at: live rounds
    cover a moment once every query that was asked at the time got there; an import covers what it covers. A query is
    asked from the first to the last moment that any of its live looks speaks of, of those within two days of the window.

    as_of  leaves out what was looked at later, naive UTC; None: all that is known
    """
    rows = con.execute(
        """
        select source, query, brands, covered_from, covered_to, complete, run_id, pulled_at
        from coverage
        where covered_to > ? and covered_from < ?
        """,
        [since - REACH, until + REACH],
    ).fetchall()
    imports = {run_id for (run_id,) in con.execute("select run_id from run where kind = 'backfill'").fetchall()}
    spoken: dict[str, dict[str, _Looks]] = {brand: defaultdict(_Looks) for brand in brands}
    for source, query, named, first, last, is_complete, run_id, pulled_at in rows:
        is_import = run_id in imports
        if as_of is not None and (first > as_of or (is_import and pulled_at > as_of)):
            continue
        for brand in named or brands:
            if brand in spoken:
                spoken[brand][source].add(query, (first, last), is_complete=is_complete, is_import=is_import)
    return {
        brand: {source: stretches for source, looks in sources.items() if (stretches := looks.stretches())}
        for brand, sources in spoken.items()
    }


class _Looks:
    """What is known of one source for one brand: its queries' spans, what they were answered, what imports bring."""

    def __init__(self) -> None:
        self._asked: dict[str, Stretch] = {}
        self._answered: dict[str, list[Stretch]] = defaultdict(list)
        self._imported: list[Stretch] = []

    def add(self, query: str, stretch: Stretch, *, is_complete: bool, is_import: bool) -> None:
        if is_import:
            if is_complete:
                self._imported.append(stretch)
            return
        known = self._asked.get(query, stretch)
        self._asked[query] = min(known[0], stretch[0]), max(known[1], stretch[1])
        if is_complete:
            self._answered[query].append(stretch)

    def stretches(self) -> list[Stretch]:
        edges: dict[datetime, list[int]] = defaultdict(lambda: [0, 0])
        for place, stretches in (
            (0, self._asked.values()),
            (1, [one for several in self._answered.values() for one in _joined(several)]),
        ):
            for first, last in stretches:
                edges[first][place] += 1
                edges[last][place] -= 1
        looked = list(self._imported)
        asked = answered = 0
        moments = sorted(edges)
        for moment, following in pairwise(moments):
            asked += edges[moment][0]
            answered += edges[moment][1]
            if asked and answered == asked:
                looked.append((moment, following))
        return _joined(looked)


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches that touch as one, in order."""
    joined: list[Stretch] = []
    for first, last in sorted(stretches):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
