"""Whether a series has fallen silent though it was looked at all the time."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC

from monitor.detect.members import Sums
from monitor.detect.series import BINS_AN_HOUR, Bin

# hours that are taken as one stretch
STRETCHES = (3, 12, 24)
KNOWN_DAYS, GRACE_DAYS = 28, 7
# mentions that the calmest of the earlier days brought to the stretch, and the part of them below which it is silent
LEAST, SILENT, SPOKEN = 10.0, 0.1, 0.5


@dataclass(frozen=True, slots=True)
class Lull:
    """A series that has fallen silent, or that still is.

    series    volume, or source:NAME
    hours     length of the stretch
    count     mentions in it
    least     what as long a stretch of the same hours brought on the calmest of the earlier days
    most      and on the liveliest
    """

    series: str
    hours: int
    count: float
    least: float
    most: float


@dataclass(slots=True)
class _Series:
    """Mentions by hour of UTC since 1970, of hours that were looked at from end to end; and what it is, if silent."""

    hours: dict[int, float] = field(default_factory=dict)
    lull: Lull | None = None


class Silence:
    """Watches a brand's volume and each of its sources.

    At the end of each hour the last 3, 12 and 24 hours, looked at from end to end by every source that the sums are made of,
    are held against the same hours of up to 28 earlier days, seven at the least. A series is silent where it brought a
    tenth, or less, of what the calmest of these days did, and that was ten mentions or more. It speaks again once the last
    three hours bring half of their calmest day's.

    The calmest day stands for chance, day cycle and week cycle in one, without a model of any of them.
    """

    def __init__(self, parts: Sequence[str]) -> None:
        """parts: the sources to watch beside the volume, as "source:x"."""
        self._series = {name: _Series() for name in ("volume", *parts)}
        self._now: dict[str, tuple[int, float]] = {}
        self._hour: int | None = None

    def copy(self) -> "Silence":
        """As it stands; what one of the two takes in from now on, the other does not see."""
        twin = copy(self)
        twin._series = {name: _Series(dict(series.hours), series.lull) for name, series in self._series.items()}
        twin._now = dict(self._now)
        return twin

    def step(self, one: Bin, sums: Sums) -> list[Lull]:
        """Take in the next bin; the series that are silent as of the last hour's end."""
        hour = int(one.start.replace(tzinfo=UTC).timestamp()) // 3600
        if hour != self._hour:
            if self._hour is not None:
                self._close(self._hour)
            self._hour, self._now = hour, {}
        for name in self._series:
            count = _count(name, one, sums)
            if count is not None:
                bins, total = self._now.get(name, (0, 0.0))
                self._now[name] = bins + 1, total + count
        return [series.lull for series in self._series.values() if series.lull]

    def _close(self, hour: int) -> None:
        for name, series in self._series.items():
            bins, total = self._now.get(name, (0, 0.0))
            if bins == BINS_AN_HOUR:
                series.hours[hour] = total
            for old in [each for each in series.hours if hour - each > 24 * (KNOWN_DAYS + 2)]:
                del series.hours[old]
            series.lull = self._lull(name, series, hour)

    def _lull(self, name: str, series: _Series, hour: int) -> Lull | None:
        if series.lull is not None and not _speaks(series.hours, hour):
            return series.lull
        for hours in STRETCHES:
            count = _sum(series.hours, hour, hours)
            if count is None:
                continue
            before = _before(series.hours, hour, hours, at_least=max(LEAST, count / SILENT))
            if len(before) >= GRACE_DAYS:
                return Lull(name, hours, count, min(before), max(before))
        return None


def _speaks(hours: dict[int, float], last: int) -> bool:
    """Whether the last three hours brought half, or more, of what their calmest day did."""
    count = _sum(hours, last, STRETCHES[0])
    before = _before(hours, last, STRETCHES[0], at_least=0.0)
    return count is not None and (not before or count >= SPOKEN * min(before))


def _before(hours: dict[int, float], last: int, length: int, *, at_least: float) -> list[float]:
    """What the stretch that ends with an hour brought on earlier days, where it is known; none where one of them brought less."""
    before = []
    for day in range(1, KNOWN_DAYS + 1):
        count = _sum(hours, last - 24 * day, length)
        if count is not None:
            if count < at_least:
                return []
            before.append(count)
    return before


def _sum(hours: dict[int, float], last: int, length: int) -> float | None:
    total = 0.0
    for hour in range(last - length + 1, last + 1):
        count = hours.get(hour)
        if count is None:
            return None
        total += count
    return total


def _count(name: str, one: Bin, sums: Sums) -> float | None:
    """What a bin brought to a series; None where it is not known for sure."""
    if name == "volume":
        return None if sums.filled is None or sums.missing else sums.seen["counted"]
    spoken = one.sources.get(name.partition(":")[2])
    return None if spoken is None else spoken.get("counted", 0.0)
