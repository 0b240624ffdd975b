"""An outage as those tell it who report it: when it was, on what and where."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from math import sqrt

import duckdb
import numpy as np

from monitor.detect.evidence import Named, Outage
from monitor.detect.said import Said
from monitor.detect.series import BIN, Counts

MOST = 5
# two rises that lie no further apart are one
_JOINED = timedelta(hours=1)


def outage_of(
    con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime, said: Sequence[Said], *, usual: float, is_over: bool
) -> Outage | None:
    """The window of the reports in [since, until), naive UTC, and what they name; None where reports never rose.

    usual    reports that as long a stretch usually brings
    is_over  whether the incident has ended; else an outage that lasted to the last hour goes on

    A quarter of an hour is high with three reports or more, and more than its usual number u by 2 sqrt(u). The window begins
    with the first report of a high quarter and ends with the last high quarter, where not more than an hour lies between two of
    them; of several the one with most reports. So says `monitor query outage_window`, too.
    """
    size = max(1, (until - since) // BIN)
    counts = np.zeros(size)
    for bin_start, reports in con.execute(
        """
        select bin_start, sum(counted) from rollup_5m
        where brand = ? and facet = 'intent' and value = 'outage_report' and bin_start >= ? and bin_start < ?
        group by bin_start
        """,
        [brand, since, until],
    ).fetchall():
        counts[(bin_start - since) // BIN] = reports
    quarter = np.convolve(counts, np.ones(3))[:size]
    rate = 3 * usual / size
    high = np.flatnonzero((quarter >= 3) & (quarter > rate + 2 * sqrt(rate)) & (counts > 0))
    if not len(high):
        return None
    windows = np.split(high, np.flatnonzero(np.diff(high) * BIN > _JOINED) + 1)
    first, last = max(
        ((_begin(counts, window[0]), int(window[-1])) for window in windows), key=lambda ends: counts[ends[0] : ends[1] + 1].sum()
    )
    began, ended = since + first * BIN, since + (last + 1) * BIN
    reports = int(counts[first : last + 1].sum())
    texts = [one.shown for one in said if one.is_outage and one.shown and began <= one.created_at < ended]
    scale = max(1.0, reports / len(texts)) if texts else 0.0
    lasts = not is_over and until - ended <= _JOINED
    return Outage(
        began=began.isoformat() + "Z",
        ended=None if lasts else ended.isoformat() + "Z",
        reports=reports,
        usual=round(usual * (last + 1 - first) / size, 1),
        devices=_named(texts, _devices_in, scale=scale),
        regions=_named(texts, _regions_in, scale=scale),
    )


def is_place(name: str) -> bool:
    """Whether a name is that of a region or a device, in any case: of no use as a search for a brand."""
    return name in _folded_regions() or bool(_devices_in(name))


@lru_cache(maxsize=1)
def _folded_regions() -> frozenset[str]:
    return frozenset(region.lower().removeprefix("the ") for region in _lines("regions.txt"))


def _begin(counts: Counts, high: int) -> int:
    """The first bin with a report of the quarter of an hour that ends here."""
    return int(next(at for at in range(max(0, high - 2), high + 1) if counts[at]))


def _named(texts: Sequence[str], names_in: Callable[[str], set[str]], *, scale: float) -> list[Named]:
    found = Counter(name for text in texts for name in names_in(text))
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Named(name, round(count * scale)) for name, count in ordered[:MOST]]


def _devices_in(text: str) -> set[str]:
    return {name for name, pattern in _devices() if pattern.search(text)}


def _regions_in(text: str) -> set[str]:
    return set(_regions().findall(text))


@lru_cache(maxsize=1)
def _devices() -> Sequence[tuple[str, re.Pattern[str]]]:
    """Each device's name and how it is written."""
    pairs = (line.split(": ", 1) for line in _lines("devices.txt"))
    return [(name, re.compile(rf"\b(?:{pattern})s?\b", re.IGNORECASE)) for name, pattern in pairs]


@lru_cache(maxsize=1)
def _regions() -> re.Pattern[str]:
    names = sorted(_lines("regions.txt"), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")


def _lines(name: str) -> list[str]:
    text = (files("monitor.detect") / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
