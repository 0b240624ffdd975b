"""How unusual series are at this moment, judged by their own past alone."""

from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import inf, nan
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from monitor.detect.series import BIN, BINS_AN_HOUR
from monitor.detect.usual import DAY, SCALES, Days, Flags, Floats, Usual, quantile, usual

# mentions in a stretch below which it does not speak, however rare they are
SUPPORT = 3
# of the scales, those within the last hour
SUDDEN = 3
_SCALES = np.array(SCALES)[:, None, None]


@dataclass(frozen=True, slots=True)
class Readings:
    """What N bins say of S series; each (N, S).

    strength       1 is as unusual as the one day in eight that is most unusual; NaN where it cannot be said: the bin was
                   not looked at, or the past is too short
    sudden         the same, of the last hour alone
    observed_hour  counted in the hour that ends with this bin; NaN where less than half of it was looked at
    pace           the last 15 minutes, as a count an hour
    """

    strength: Floats
    sudden: Floats
    observed_hour: Floats
    pace: Floats


class Gauges:
    """The strength of S series that share a clock, bin by bin, from each bin and earlier ones alone.

    Six stretches end with a bin: the last 5, 15 and 60 minutes, 3 hours, 8 hours and a day. Each holds x mentions where
    m are usual (level * week * cycle, between the hours in proportion), as of the days before:

        z = sign(x - m) * sqrt(2 * (x ln(x/m) - (x - m))) / sqrt(1 + stretch / known days)
        unusual = mean of the two largest z / spread of the six, of those that hold 4 mentions or more
        strength = (unusual / high) ** 2

    z is the signed root of the Poisson deviance, so near a standard normal number where counts are chance alone; its divisor
    is the doubt about m. `spread` and `high` (see `usual`) say how the series' own days vary, so that a
    strength means as much for a bursty series as for an even one. Bins nobody looked at (NaN) count nowhere; a stretch
    needs half of its bins.

    Nothing is said until three earlier local days speak. What is kept does not grow: 28 days by the hour and the last two
    bin by bin. What is said depends on at most 86 days.

    source  several stretches beside each other come close to the best possible delay at every size of shift (window-limited likelihood
            ratios, Lai 1998); dividing by the series' own daily peaks matters more than the distribution (measured on NAB's realTweets)
    """

    def __init__(self, zone: ZoneInfo, *, enough: list[float]) -> None:
        """enough: for each series, how many mentions its first days are taken for at least, until it has been watched for two weeks."""
        self.zone = zone
        self.size = len(enough)
        self._enough = np.array(enough, dtype=np.float64)
        self._days = Days.none(self.size)
        self._today: date | None = None
        self._usual = usual(self._days, enough=self._enough, weekday=0)
        # the last day's bins and today's, which may have 25 hours and a half
        self._rows = DAY
        self._counts = np.zeros((2 * DAY + 20, self.size))
        self._looked = np.zeros(self._counts.shape, dtype=np.bool_)
        self._judged = np.zeros(self._counts.shape, dtype=np.bool_)
        self._expected = np.zeros(self._counts.shape)
        self._hours = np.zeros(len(self._counts), dtype=np.int64)
        # running sums of counts, of what of them is judged, of what is expected there, of bins looked at, of bins judged
        self._sums = np.zeros((5, len(self._counts) + 1, self.size))
        self._swings = np.full((len(SCALES), self.size), nan)
        self._top = np.full(self.size, nan)
        self._band: tuple[int, Floats, Floats] | None = None

    def copy(self) -> "Gauges":
        """As they stand; what one of the two takes in from now on, the other does not see."""
        twin = copy(self)
        for name in ("_counts", "_looked", "_judged", "_expected", "_hours", "_sums", "_swings", "_top"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    @property
    def known_days(self) -> npt.NDArray[np.int64]:
        """(S,) how many earlier local days say what is usual."""
        return self._usual.days

    def feed(self, start: datetime, values: Floats) -> Readings:
        """Take in the next bins.

        start   of the first of them, naive UTC, five minutes after the last one
        values  (N, S) counts; NaN where nobody looked
        """
        if not len(values):
            return Readings(*(np.empty((0, self.size)) for _ in range(4)))
        local = [(start + number * BIN).replace(tzinfo=UTC).astimezone(self.zone) for number in range(len(values))]
        parts: list[Readings] = []
        first = 0
        while first < len(values):
            day = local[first].date()
            last = next((number for number in range(first + 1, len(values)) if local[number].date() != day), len(values))
            if day != self._today:
                self._turn(day)
            hours = np.array([moment.hour for moment in local[first:last]])
            minutes = np.array([moment.minute for moment in local[first:last]])
            parts.append(self._judge(hours, minutes, values[first:last]))
            first = last
        return parts[0] if len(parts) == 1 else Readings(*(np.concatenate(each) for each in zip(*map(_arrays, parts), strict=True)))

    def usual_range(self, hour: int) -> tuple[Floats, Floats]:
        """(S,) and (S,): the 10 % and 90 % quantile of this local hour and its neighbours, at least as wide as chance alone would have it.

        Chance is a Poisson count: median -+ 1.28 times its root. 0 and infinity while the past is too short.
        """
        if self._band is None or self._band[0] != hour:
            self._band = (hour, *_band(self._days, self._usual.calm, hour))
        return self._band[1:]

    def _turn(self, day: date) -> None:
        """Close the day that was, and say what is usual for the one that begins."""
        if self._today is not None:
            self._days = self._days.then(self._closed(self._today))
        self._today = day
        self._usual = usual(self._days, enough=self._enough, weekday=day.weekday())
        kept = slice(self._rows - DAY, self._rows)
        for rows in (self._counts, self._looked, self._judged, self._expected):
            rows[:DAY] = rows[kept].copy()
        self._rows = DAY
        self._sums[:, 0] = 0.0
        self._sum_up(0, DAY)
        self._swings[:] = self._top[:] = nan
        self._band = None

    def _closed(self, day: date) -> Days:
        """Today as one of the days."""
        rows = slice(DAY, self._rows)
        counts, looked, hours = self._counts[rows], self._looked[rows], self._hours[rows]
        by_hour, seen, scatter = np.zeros((24, self.size)), np.zeros((24, self.size)), np.zeros(self.size)
        for hour in np.unique(hours):
            same = hours == hour
            by_hour[hour], seen[hour] = counts[same].sum(0), looked[same].sum(0)
            scatter += (counts[same] ** 2).sum(0) - by_hour[hour] ** 2 / np.maximum(seen[hour], 1)
        mean = by_hour.sum(0) / np.maximum(seen.sum(0), 1)
        variance = scatter / np.maximum(seen.sum(0) - (seen > 0).sum(0), 1)
        dispersion = np.where(mean > 0, variance / np.where(mean > 0, mean, 1.0), nan)
        return Days(
            by_hour[None], seen[None], dispersion[None], self._swings[None].copy(), self._top[None].copy(), np.array([day.weekday()])
        )

    def _judge(self, hours: npt.NDArray[np.int64], minutes: npt.NDArray[np.int64], values: Floats) -> Readings:
        """Bins of one local day."""
        now = self._usual
        first, last = self._rows, self._rows + len(values)
        looked = ~np.isnan(values)
        judged = looked & (now.days > 0)
        self._counts[first:last] = np.where(looked, values, 0.0)
        self._looked[first:last], self._judged[first:last] = looked, judged
        self._expected[first:last] = np.where(judged, _expected(now, hours, minutes), 0.0)
        self._hours[first:last] = hours
        self._rows = last
        self._sum_up(first, last)
        ends = np.arange(first + 1, last + 1)
        # (5, scales, N, S)
        within = self._sums[:, None, ends] - self._sums[:, np.maximum(ends - np.array(SCALES)[:, None], 0)]
        return self._read(within, looked, judged)

    def _read(self, within: Floats, looked: Flags, judged: Flags) -> Readings:
        seen, counted, expected, bins, judged_bins = within
        speaks = judged & (2 * judged_bins >= _SCALES)
        # each bin's stretch in days, over the days that say what is usual
        doubt = np.sqrt(1 + _SCALES / DAY / np.maximum(self._usual.days, 1))
        z = np.where(speaks, signed_root(counted, expected) / doubt, nan)
        self._swings = np.fmax(self._swings, np.fmax.reduce(np.abs(z), axis=1))
        ratio = np.nan_to_num(np.maximum(z, 0.0)) / self._usual.spread[:, None]
        unusual = np.where(judged, _two_largest(ratio), nan)
        self._top = np.fmax(self._top, np.fmax.reduce(unusual, axis=0))
        ratio = np.where(counted >= SUPPORT, ratio, 0.0)
        strength = np.where(judged, (_two_largest(ratio) / self._usual.high) ** 2, nan)
        sudden = np.where(judged, (_two_largest(ratio[:SUDDEN]) / self._usual.high) ** 2, nan)
        hour = np.where(looked & (2 * bins[2] >= SCALES[2]), seen[2] / np.maximum(bins[2], 1) * BINS_AN_HOUR, nan)
        pace = np.where(looked & (2 * bins[1] >= SCALES[1]), seen[1] / np.maximum(bins[1], 1) * BINS_AN_HOUR, nan)
        return Readings(strength, sudden, hour, pace)

    def _sum_up(self, first: int, last: int) -> None:
        """Carry the running sums on over rows; bin by bin or many at once they are the same to the last digit."""
        judged = self._judged[first:last]
        parts = (self._counts[first:last], self._counts[first:last] * judged, self._expected[first:last], self._looked[first:last], judged)
        for sums, part in zip(self._sums, parts, strict=True):
            sums[first + 1 : last + 1] = part
            np.cumsum(sums[first : last + 1], axis=0, out=sums[first : last + 1])


def signed_root(observed: Floats, expected: Floats) -> Floats:
    """How far counts lie above what is expected, in standard deviations of a Poisson count; below 0 where they lie below.

    observed  0 or more
    expected  0 or more; where it is 0 the answer is 0
    source    signed root of the deviance, McCullagh & Nelder 1989, 2.4

    >>> signed_root(np.array([30.0, 9.0, 0.0]), np.array([9.0, 9.0, 9.0])).round(1).tolist()
    [5.5, 0.0, -4.2]
    """
    some = expected > 0
    mean = np.where(some, expected, 1.0)
    deviance = observed * np.log(np.where(observed > 0, observed, 1.0) / mean) - (observed - mean)
    result: Floats = np.where(some, np.sign(observed - mean) * np.sqrt(2 * np.maximum(deviance, 0.0)), 0.0)
    return result


def _two_largest(ratio: Floats) -> Floats:
    """The mean of the two largest along the first axis: what shows in one stretch alone is half believed."""
    result: Floats = np.partition(ratio, -2, axis=0)[-2:].mean(0)
    return result


def _expected(now: Usual, hours: npt.NDArray[np.int64], minutes: npt.NDArray[np.int64]) -> Floats:
    """(N, S) the usual count of bins: their hour's, between the middles of two hours in proportion."""
    place = (minutes + 2.5) / 60 - 0.5
    other = np.where(place < 0, hours - 1, hours + 1) % 24
    part = np.abs(place)[:, None]
    result: Floats = now.level * ((1 - part) * now.cycle[hours] + part * now.cycle[other])
    return result


def _band(days: Days, calm: Flags, hour: int) -> tuple[Floats, Floats]:
    near = [(hour + step) % 24 for step in (-1, 0, 1)]
    looked = days.looked[:, near].reshape(3 * len(days), calm.shape[1])
    counts = BINS_AN_HOUR * days.counts[:, near].reshape(looked.shape) / np.maximum(looked, 1)
    mask = np.repeat(calm, 3, axis=0) & (2 * looked >= BINS_AN_HOUR)
    low, middle, high = (quantile(counts, mask, share) for share in (0.1, 0.5, 0.9))
    chance = 1.28 * np.sqrt(middle)
    some = mask.any(0)
    return (
        np.where(some, np.maximum(0.0, np.minimum(low, middle - chance)), 0.0),
        np.where(some, np.maximum(np.maximum(high, middle + chance), 1.0), inf),
    )


def _arrays(readings: Readings) -> tuple[Floats, ...]:
    return readings.strength, readings.sudden, readings.observed_hour, readings.pace
