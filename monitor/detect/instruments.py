"""All that is measured of one brand, bin by bin: the gauges of its counts, its negative share, whether it has fallen silent."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf, nan
from zoneinfo import ZoneInfo

import numpy as np

from monitor.detect.members import Members, Sums
from monitor.detect.series import ALL, Bin, Bins, Counts, Spoken
from monitor.detect.share import Share, ShareReading
from monitor.detect.silence import Lull, Silence
from monitor.detect.spikes import Gauges, Readings
from monitor.detect.usual import Flags

# the series every brand has; behind them stand its parts, source:NAME and topic:NAME
WHOLE = ("volume", "negative", "churn")
SHARE = "share"
_COUNTED = {"volume": "counted", "negative": "negative", "churn": "churn"}
# mentions that a series must have brought before its days speak
_ENOUGH = {"volume": 50.0, "negative": 15.0, "churn": 15.0}
_ENOUGH_OF_A_PART = 50.0
# the gauges look back 86 days; two for the change of clocks and the day that has begun
MEMORY = timedelta(days=88)
# the bins of [since, until), as they are known now
History = Callable[[datetime, datetime], Bins]


@dataclass(frozen=True, slots=True)
class Seen:
    """One judged bin. The arrays go by `names`, as in `Reading` of `spikes`; NaN where nobody looked.

    start       naive UTC
    counts      what was counted, over all sources; None where no source that the brand's sums are made of was looked at
    missing     sources that the usual stands in for
    low, high   the usual range of this hour
    is_above    whether the last hour lies above it
    share       the negative share; lulls, the series that have fallen silent
    known_days  how many earlier days say what is usual
    """

    start: datetime
    names: Sequence[str]
    counts: Spoken | None
    missing: frozenset[str]
    strength: Counts
    sudden: Counts
    hour: Counts
    pace: Counts
    low: Counts
    high: Counts
    is_above: Flags
    share: ShareReading
    lulls: Sequence[Lull]
    known_days: int

    def above(self, place: int) -> float:
        """By how many mentions an hour the last hour, or its last quarter, lies above what is usual."""
        return float(max(self.hour[place], self.pace[place]) - self.high[place])


class Instruments:
    """The series of one brand, fed together.

    parts  series of sources and topics, as "source:x" and "topic:pricing"
    """

    def __init__(self, zone: ZoneInfo, *, parts: Sequence[str]) -> None:
        self.zone = zone
        self.parts = frozenset(parts)
        # one source alone is the whole
        alone = sum(name.startswith("source:") for name in parts) == 1
        parts = [name for name in parts if not (alone and name.startswith("source:"))]
        self.names = (*WHOLE, *parts)
        self._members = Members(zone)
        self._silence = Silence([name for name in parts if name.startswith("source:")])
        self._begin()

    def _begin(self) -> None:
        self._gauges = Gauges(self.zone, enough=[_ENOUGH.get(name, _ENOUGH_OF_A_PART) for name in self.names])
        self._share = Share(self.zone)
        self._unknown = np.zeros(len(self.names)), np.full(len(self.names), inf)

    def copy(self) -> "Instruments":
        """As they stand; what one of the two takes in from now on, the other does not see."""
        twin = copy(self)
        twin._members, twin._silence = self._members.copy(), self._silence.copy()
        twin._gauges, twin._share = self._gauges.copy(), self._share.copy()
        return twin

    @property
    def members(self) -> frozenset[str]:
        """The sources that the brand's sums are made of; none before they are known."""
        return self._members.names

    def feed(self, bins: Iterable[Bin], *, history: History) -> Iterator[Seen]:
        """Take in the next bins, in order.

        history  asked for the past where the brand's sums are from now on made of other sources than before: what is
                 usual is then learned again from it
        """
        waiting: list[tuple[Bin, Sums]] = []
        for one in bins:
            begins = self._members.is_new_day(one.start)
            if begins:
                yield from self._judge(waiting)
                waiting = []
                if self._members.turn(one.start):
                    self._learn(history(one.start - MEMORY, one.start))
            self._members.note(one)
            waiting.append((one, self._members.sums(one)))
        yield from self._judge(waiting)

    def _learn(self, past: Bins) -> None:
        self._begin()
        for _ in self._measured([(one, self._members.sums(one)) for one in past]):
            pass

    def _judge(self, waiting: Sequence[tuple[Bin, Sums]]) -> Iterator[Seen]:
        """Bins of one local day."""
        for (one, sums), (readings, number, share) in zip(waiting, self._measured(waiting), strict=True):
            hour = one.start.replace(tzinfo=UTC).astimezone(self.zone).hour
            low, high = self._gauges.usual_range(hour) if self._gauges.known_days.any() else self._unknown
            hour_count, pace = readings.observed_hour[number], readings.pace[number]
            yield Seen(
                start=one.start,
                names=self.names,
                counts=sums.seen if sums.filled is not None else None,
                missing=sums.missing,
                strength=readings.strength[number],
                sudden=readings.sudden[number],
                hour=hour_count,
                pace=pace,
                low=low,
                high=high,
                is_above=hour_count > high,
                share=share,
                lulls=self._silence.step(one, sums),
                known_days=int(self._gauges.known_days[0]),
            )

    def _measured(self, waiting: Sequence[tuple[Bin, Sums]]) -> Iterator[tuple[Readings, int, ShareReading]]:
        if not waiting:
            return
        values = np.array([self._values(one, sums) for one, sums in waiting], dtype=np.float64)
        readings = self._gauges.feed(waiting[0][0].start, values)
        for number, (one, sums) in enumerate(waiting):
            filled = sums.filled
            if filled is None:
                share = self._share.step(one.start, nan, nan)
            else:
                share = self._share.step(one.start, filled["negative"], filled["scored"], seen=sums.seen["scored"])
            yield readings, number, share

    def _values(self, one: Bin, sums: Sums) -> list[float]:
        whole = [nan if sums.filled is None else sums.filled[_COUNTED[name]] for name in WHOLE]
        return whole + [_of_part(one, name) for name in self.names[len(WHOLE) :]]


def parts_of(bins: Iterable[Bin]) -> set[str]:
    """The series of sources and topics that bins speak of, as they are measured beside the whole."""
    named: set[str] = set()
    for one in bins:
        for source, spoken in one.sources.items():
            named.add(f"source:{source}")
            if len(spoken) > len(ALL):
                named.update(name for name in spoken if name.startswith("topic:"))
    return named


def _of_part(one: Bin, name: str) -> float:
    """A part's count; NaN where its source, or every source, was not looked at."""
    kind, _, value = name.partition(":")
    if kind == "source":
        spoken = one.sources.get(value)
        return nan if spoken is None else spoken.get("counted", 0.0)
    return one.total(name) if one.sources else nan
