"""How unusual a series is at this moment, judged by its own past alone."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from math import inf, isnan, nan, sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from monitor.detect.series import BINS_AN_HOUR

SCALES = (1, 3, 12)
WEEK = 7 * 24 * BINS_AN_HOUR
KNOWN_DAYS = 28
GRACE_DAYS = 3
# of the median: how much one extreme day can raise what is usual
CAP = 5.0
HALF_DAY = 12 * BINS_AN_HOUR
LONG = 12 * BINS_AN_HOUR
LONG_RISE = 1.4
# a day's strength from which on it says nothing of what is usual, and in how many of 28 days that may be
EXTREME, EXTREME_DAYS = 6.0, 7
LONG_SCALE = 1.5 / 4
PRIOR_DAYS, PRIOR_DISPERSION = 4, 1.5
SILENT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Reading:
    """What one bin says of its series.

    strength       1 is as unusual as the usual daily peak; NaN where it cannot be said: the bin was
                   not looked at, or the past is too short
    sudden         the same, of the last hour alone
    observed_hour  counted in the hour that ends with this bin; NaN where less than half of it was looked at
    pace           the last 15 minutes, as a count an hour
    expected_low, expected_high
                   what the same local hour, and the ones beside it, brought on 8 of 10 earlier days
    """

    strength: float
    sudden: float
    observed_hour: float
    pace: float
    expected_low: float
    expected_high: float

    @property
    def above(self) -> float:
        """By how many mentions an hour the hour, or its last quarter, lies above what is usual; below 0 where it does not."""
        return max(self.observed_hour, self.pace) - self.expected_high

    @property
    def is_high(self) -> bool:
        """Whether the hour or its last quarter lies above what is usual."""
        return self.above > 0


UNKNOWN = Reading(nan, nan, nan, nan, 0.0, inf)


@dataclass(slots=True)
class _Day:
    """One local day: its largest u at each scale, what was seen, its hours (local hour, fold) as [count, bins].

    stretches  by local hour: what the half day that ended with this hour had brought
    """

    largest: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    total: float = 0.0
    bins: int = 0
    hours: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    stretches: dict[int, float] = field(default_factory=dict)
    strongest: float = 0.0


class _Spread(NamedTuple):
    """What a stretch usually brings, and by how much the root of its count varies, in halves."""

    mean: float
    deviation: float


class Gauge:
    """The strength of one series, bin by bin, from this bin and earlier ones alone.

    For each scale w of 1, 3 and 12 bins: y = mean of the last w bins; u = max(0, (y - med) / (1.4826 MAD + 0.5)),
    med and MAD over the y of the 7 days before the last quarter of a UTC day began; P = the mean, over up to
    28 earlier local days, of each day's largest u, none taken for more than 5 times their median: one crisis
    does not hide the next; r = u / (P + 0.5). Strength is the geometric mean of the three r + 0.02. Bins that
    nobody looked at (NaN) count nowhere; a mean needs half of its bins.

    A day that reached a strength of 6 says nothing of what is usual and is left out of all of this, unless there are more
    than seven such days, for then they are the new usual.

    A slow rise shows at no scale up to an hour, so the last twelve hours are also taken as one count x and held against the
    same twelve hours of earlier days, m on average and D times as dispersed as chance: 2 (sqrt(x + 3/8) - sqrt(m + 3/8)) /
    sqrt(D (1 + 1/n)) standard deviations, of which 4 are a strength of 1.5, where x is at least 1.4 m and
    the last hour lies above its usual range. D is shrunk towards
    1.5 while days are few. The larger of the two strengths speaks.

    The past is known once three earlier local days were looked at for half their length or more, beginning with the
    day on which the series had brought `enough`, or had been watched for two weeks: a series whose collection has just begun is
    not unusual, one that was watched and silent is.

    source  robust z over several scales, divided by the typical daily peak: the three matter more than the
            choice of distribution (Lavin & Ahmad 2015, NAB realTweets, as measured for this project); square roots: Anscombe 1948
    """

    def __init__(self, zone: ZoneInfo, *, enough: int = 50) -> None:
        self.zone = zone
        self.enough = enough
        self._days: dict[date, _Day] = {}
        self._today: date | None = None
        self._last: deque[float] = deque([nan] * SCALES[-1], SCALES[-1])
        self._stretch: deque[float] = deque([nan] * LONG, LONG)
        self._stretch_sum = 0.0
        self._stretch_known = 0
        self._means = np.full((len(SCALES), WEEK), nan)
        self._day_of = np.zeros(WEEK, dtype=np.int64)
        self._at = 0
        self._quarter: tuple[date, int] | None = None
        self._centre: list[tuple[float, float]] | None = None
        self._peaks: list[float] | None = None
        self._known: int | None = None
        self._hour: tuple[int, int] | None = None
        self._band: tuple[float, float] | None = None
        self._usual_stretch: tuple[_Spread, _Spread] | None = None

    @property
    def known_days(self) -> int:
        """How many earlier local days say what is usual."""
        if self._known is None:
            self._known = len(self._known_days())
        return self._known

    def step(self, bin_start: datetime, value: float) -> Reading:
        """Take in the next bin.

        bin_start  naive UTC, five minutes after the last one
        value      its count; NaN where nobody looked
        """
        local = bin_start.replace(tzinfo=UTC).astimezone(self.zone)
        self._turn(bin_start, local)
        self._last.append(value)
        means = self._trailing()
        self._means[:, self._at] = means
        self._day_of[self._at] = local.toordinal()
        self._at = (self._at + 1) % WEEK
        self._lengthen(value)
        if isnan(value):
            return UNKNOWN
        day = self._days[local.date()]
        sudden = self._strength(means, day)
        day.strongest = max(day.strongest, sudden)
        if 2 * self._stretch_known >= LONG:
            day.stretches[local.hour] = self._stretch_sum * LONG / self._stretch_known
        day.total += value
        day.bins += 1
        hour = day.hours.setdefault((local.hour, local.fold), [0.0, 0.0])
        hour[0] += value
        hour[1] += 1
        low, high = self._usual()
        seen = Reading(sudden, sudden, means[2] * BINS_AN_HOUR, means[1] * BINS_AN_HOUR, low, high)
        slow = self._slow_strength(local) if seen.observed_hour > high else 0.0
        return replace(seen, strength=slow) if slow > sudden else seen

    def _turn(self, bin_start: datetime, local: datetime) -> None:
        """Start what begins with this bin: a local day, a local hour, a quarter of a UTC day."""
        today = local.date()
        if today != self._today:
            self._today = today
            self._days.setdefault(today, _Day())
            for day in [day for day in self._days if (today - day).days > KNOWN_DAYS]:
                del self._days[day]
            self._peaks = self._known = self._hour = None
        if (local.hour, local.fold) != self._hour:
            self._hour = (local.hour, local.fold)
            self._band = self._usual_stretch = None
        quarter = (bin_start.date(), bin_start.hour // 6)
        if quarter != self._quarter:
            self._quarter = quarter
            self._centre = self._centres()

    def _trailing(self) -> list[float]:
        last = list(self._last)
        means = []
        for scale in SCALES:
            known = [value for value in last[-scale:] if not isnan(value)]
            means.append(sum(known) / len(known) if 2 * len(known) >= scale else nan)
        return means

    def _centres(self) -> list[tuple[float, float]] | None:
        """Median and spread of the last week's means at each scale; None before there are six hours of them."""
        centres = []
        extreme = np.isin(self._day_of, [day.toordinal() for day in self._extreme_days()])
        for means in self._means:
            known: npt.NDArray[np.float64] = means[~(np.isnan(means) | extreme)]
            if len(known) < 6 * BINS_AN_HOUR:
                return None
            median = float(np.median(known))
            centres.append((median, 1.4826 * float(np.median(np.abs(known - median))) + 0.5))
        return centres

    def _strength(self, means: list[float], day: _Day) -> float:
        if self._centre is None or any(isnan(mean) for mean in means):
            return nan
        if self._peaks is None:
            self._peaks = self._typical_peaks()
        product = 1.0
        for scale, (median, spread) in enumerate(self._centre):
            unusual = max(0.0, (means[scale] - median) / spread)
            day.largest[scale] = max(day.largest[scale], unusual)
            if self._peaks:
                product *= unusual / (self._peaks[scale] + 0.5) + 0.02
        return float(product ** (1 / len(SCALES))) if self._peaks else nan

    def _lengthen(self, value: float) -> None:
        gone = self._stretch[0]
        self._stretch.append(value)
        if not isnan(gone):
            self._stretch_sum -= gone
            self._stretch_known -= 1
        if not isnan(value):
            self._stretch_sum += value
            self._stretch_known += 1

    def _slow_strength(self, local: datetime) -> float:
        """The strength of the last twelve hours as one count, against the same twelve hours of earlier days."""
        if 2 * self._stretch_known < LONG:
            return 0.0
        if self._usual_stretch is None:
            self._usual_stretch = self._stretches_at(-1), self._stretches_at(0)
        before, after = self._usual_stretch
        part = (local.minute + 5) / 60
        usual = _Spread(*(one + part * (other - one) for one, other in zip(before, after, strict=True)))
        observed = self._stretch_sum * LONG / self._stretch_known
        if isnan(usual.mean) or observed < LONG_RISE * usual.mean:
            return 0.0
        return LONG_SCALE * 2 * (sqrt(observed + 3 / 8) - sqrt(usual.mean + 3 / 8)) / usual.deviation

    def _stretches_at(self, step: int) -> "_Spread":
        """What the half day to the end of this local hour, or of the one before (-1), brought on earlier days."""
        assert self._hour is not None
        hour = (self._hour[0] + step) % 24
        return _spread([day.stretches[hour] for day in self._known_days() if hour in day.stretches])

    def _known_days(self) -> list[_Day]:
        """The earlier days that say what is usual; none while the past is too short."""
        total = 0.0
        extreme = self._extreme_days()
        begun: list[_Day] = []
        usual: list[_Day] = []
        covered = 0
        for day, seen in sorted(self._days.items()):
            if day == self._today:
                continue
            total += seen.total
            covered += seen.bins >= HALF_DAY
            if seen.bins >= HALF_DAY and (total >= self.enough or covered > SILENT_DAYS):
                begun.append(seen)
                if day not in extreme:
                    usual.append(seen)
        if len(begun) < GRACE_DAYS:
            return []
        return usual or begun

    def _extreme_days(self) -> frozenset[date]:
        """Days that reached four times the strength of an ordinary incident; none where they are many, for then they are the new usual."""
        extreme = frozenset(day for day, seen in self._days.items() if seen.strongest >= EXTREME)
        return extreme if len(extreme) <= EXTREME_DAYS else frozenset()

    def _typical_peaks(self) -> list[float]:
        days = self._known_days()
        return [_capped_mean([day.largest[scale] for day in days]) for scale in range(len(SCALES))] if days else []

    def _usual(self) -> tuple[float, float]:
        """The 10 % and 90 % quantile of this local hour and its neighbours, at least as wide as chance alone would have it.

        Chance is a Poisson count: median -+ 1.28 times its root. (0, inf) while the past is too short.
        """
        if self._band is None:
            assert self._hour is not None
            near = {(self._hour[0] + step) % 24 for step in (-1, 0, 1)}
            counts = [
                count * BINS_AN_HOUR / bins
                for day in self._known_days()
                for (hour, _), (count, bins) in day.hours.items()
                if hour in near and 2 * bins >= BINS_AN_HOUR
            ]
            self._band = _band(counts) if counts else (0.0, inf)
        return self._band


def _capped_mean(values: list[float]) -> float:
    cap = CAP * float(np.median(values))
    return sum(min(value, cap) for value in values) / len(values) if cap else 0.0


def _spread(counts: list[float]) -> _Spread:
    if len(counts) < GRACE_DAYS:
        return _Spread(nan, nan)
    cap = CAP * float(np.median(counts))
    capped = [min(count, cap) for count in counts]
    mean, more = sum(capped) / len(capped), len(capped) - 1
    dispersion = sum((count - mean) ** 2 for count in capped) / more / max(mean, 1.0)
    shrunk = (PRIOR_DAYS * PRIOR_DISPERSION + more * dispersion) / (PRIOR_DAYS + more)
    return _Spread(mean, sqrt(max(1.0, shrunk) * (1 + 1 / len(capped))))


def _band(counts: list[float]) -> tuple[float, float]:
    ordered = sorted(counts)
    low, middle, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.1, 0.5, 0.9))
    chance = 1.28 * middle**0.5
    return max(0.0, min(low, middle - chance)), max(high, middle + chance, 1.0)
