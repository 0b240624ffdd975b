"""A brand's mentions as a row of five-minute counts, with the stretches in which nobody looked."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt

BIN = timedelta(minutes=5)
BINS_AN_HOUR = 12
Counts: TypeAlias = npt.NDArray[np.float64]
# from and to a bin's start, within which a source was looked at
Stretch: TypeAlias = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Bins:
    """Consecutive five-minute bins of one brand, all sources together; counted mentions only.

    start   of the first bin, naive UTC
    others  one float a bin, NaN where no source was looked at; `scored` are those with a label
    """

    start: datetime
    volume: Counts
    scored: Counts
    negative: Counts
    positive: Counts

    def __len__(self) -> int:
        return len(self.volume)

    def __iter__(self) -> Iterator[tuple[datetime, float, float]]:
        """Start, volume and negative count of each bin in turn."""
        for number, (volume, negative) in enumerate(zip(self.volume.tolist(), self.negative.tolist(), strict=True)):
            yield self.start + number * BIN, volume, negative


def bin_of(moment: datetime) -> datetime:
    """The start of the bin that holds a moment, naive UTC."""
    plain = naive(moment)
    return plain - timedelta(minutes=plain.minute % 5, seconds=plain.second, microseconds=plain.microsecond)


def naive(moment: datetime) -> datetime:
    """A moment as the store keeps it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def read_bins(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> Bins:
    """The bins of one brand that start in [since, until), however many; both are whole bins, naive UTC."""
    rows = con.execute(
        """
        select brand, bin_start, sum(counted)::double, sum(scored)::double, sum(negative)::double, sum(positive)::double
        from rollup_5m
        where brand = ? and facet = 'all' and bin_start >= ? and bin_start < ?
        group by brand, bin_start
        """,
        [brand, since, until],
    ).fetchall()
    return _bins(con, rows, [brand], since, until)[brand]


def read_many(con: duckdb.DuckDBPyConnection, brands: Sequence[str], since: datetime, until: datetime) -> dict[str, Bins]:
    """The same few bins of several brands, in one go: for a live round, in which every statement counts."""
    rows = con.execute(
        """
        select brand, bin_start, counted, scored, negative, positive
        from rollup_5m
        where facet = 'all' and bin_start >= ? and bin_start < ?
        """,
        [since, until],
    ).fetchall()
    return _bins(con, rows, brands, since, until)


def _bins(
    con: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]], brands: Sequence[str], since: datetime, until: datetime
) -> dict[str, Bins]:
    size = max(0, (until - since) // BIN)
    read = {name: np.zeros((4, size)) for name in brands}
    for brand, bin_start, *counts in rows:
        if brand in read:
            read[brand][:, (bin_start - since) // BIN] += counts
    for name, stretches in _covered(con, brands, since, until).items():
        blind = np.ones(size, dtype=np.bool_)
        for first, last in stretches:
            blind[max(0, (first - since) // BIN) : max(0, (last - since) // BIN)] = False
        read[name][:, blind] = np.nan
    return {name: Bins(since, *counts) for name, counts in read.items()}


def covered_span(con: duckdb.DuckDBPyConnection, brand: str) -> Stretch | None:
    """The first and the end of the last bin in which the brand was looked at; None where it never was."""
    first, last = con.execute("select min(covered_from), max(covered_to) from v_covered where brand = ?", [brand]).fetchall()[0]
    return None if first is None else (bin_of(first), bin_of(last))


def _covered(con: duckdb.DuckDBPyConnection, brands: Sequence[str], since: datetime, until: datetime) -> dict[str, list[Stretch]]:
    """The bins of each brand that lie whole within one source's stretches, joined where they touch.

    One question of a source that got there is enough here. `v_covered` is stricter: it wants every question that was asked at the
    time, so a source with several may be judged in a bin that the view leaves open.
    """
    rows = con.execute(
        "select covered_from, covered_to, source, brands from coverage where complete and covered_to > ? and covered_from < ?",
        [since, until],
    ).fetchall()
    joined: dict[str, dict[str, list[Stretch]]] = {name: defaultdict(list) for name in brands}
    for covered_from, covered_to, source, named in sorted(rows, key=lambda row: row[:2]):
        for name in named or brands:
            if name not in joined:
                continue
            stretches = joined[name][source]
            if stretches and covered_from <= stretches[-1][1]:
                stretches[-1] = (stretches[-1][0], max(covered_to, stretches[-1][1]))
            else:
                stretches.append((covered_from, covered_to))
    return {
        name: [
            (bin_of(first + BIN - timedelta(microseconds=1)), bin_of(last)) for stretches in sources.values() for first, last in stretches
        ]
        for name, sources in joined.items()
    }
