"""What many series usually bring: their level, day and week cycle, and the size of their daily peaks, from at most 28 days."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

# bins: 5 minutes to a day
SCALES = (1, 3, 12, 36, 96, 288)
DAY = 288
KNOWN_DAYS = 28
LEVEL_DAYS = 14
GRACE_DAYS = 3
SILENT_DAYS = 14
# the median of a day's largest |z| at each scale where counts are Poisson, simulated at 1 to 100 a bin
POISSON_PEAKS = np.array([3.0, 2.95, 2.75, 2.43, 2.05, 1.6])
# what a day's largest unusualness over all scales is taken for before any is known, and for no less afterwards
PRIOR_TOP, LEAST_TOP = 3.85, 2.5
PRIOR_DAYS = 3
# one day in eight is more unusual
HIGH = 7 / 8
LEVEL_CAP = 2.0
# a spread that is measured below this is chance: to take it for 1 at the least would make an even series dull
LEAST_SPREAD = 0.9
# a day whose top is this many times the median one is a crisis and says nothing of what is usual
CRISIS = 15.0


@dataclass(frozen=True, slots=True)
class Days:
    """Up to 28 whole local days of S series, oldest first.

    counts      (days, 24, S) mentions by local hour
    looked      (days, 24, S) bins that were looked at, by local hour
    dispersion  (days, S) variance of the bins within their hours over their mean; 1 for chance alone, NaN for an empty day
    swings      (days, scales, S) the day's largest |z|; NaN where nothing was judged
    tops        (days, S) the day's largest unusualness, as it was said then; NaN where nothing was judged
    weekdays    (days,) 0 is Monday
    """

    counts: Floats
    looked: Floats
    dispersion: Floats
    swings: Floats
    tops: Floats
    weekdays: npt.NDArray[np.int64]

    @classmethod
    def none(cls, size: int) -> "Days":
        """No days of `size` series."""
        scales = len(SCALES)
        return cls(
            np.empty((0, 24, size)),
            np.empty((0, 24, size)),
            np.empty((0, size)),
            np.empty((0, scales, size)),
            np.empty((0, size)),
            np.empty(0, dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.counts)

    def then(self, day: "Days") -> "Days":
        """These and the next one, the oldest forgotten."""
        return Days(
            *(
                np.concatenate((getattr(self, name), getattr(day, name)))[-KNOWN_DAYS:]
                for name in ("counts", "looked", "dispersion", "swings", "tops", "weekdays")
            )
        )


@dataclass(frozen=True, slots=True)
class Usual:
    """What the coming local day is judged by.

    known   (days, S) the earlier days that speak: looked at for half their length or more, three at the least
    calm    (days, S) those of them that are no crisis
    days    (S,) how many speak; 0 while fewer than three do
    level   (S,) mentions in a bin of a usual hour of this weekday; NaN while `days` is 0
    cycle   (24, S) by local hour, 1 on average
    spread  (scales, S) how much wider than by chance alone z varies, 0.9 or more
    high    (S,) the unusualness that one day in eight exceeds
    """

    known: Flags
    calm: Flags
    days: npt.NDArray[np.int64]
    level: Floats
    cycle: Floats
    spread: Floats
    high: Floats


def usual(days: Days, *, enough: Floats, weekday: int) -> Usual:
    """What the days before say of a day.

    enough   (S,) mentions for which days that brought fewer are taken, in the first two weeks
    weekday  of the day to come, 0 is Monday

    level   mean of the last 14 days' mentions a bin, none taken for more than twice their median
    cycle, weekday  by analysis of variance on square roots, shrunk by 1 - 1/F (James & Stein 1961): where hours, or
            weekdays, differ no more than days do, there is none
    spread  per scale the median of the days' largest |z|, over what it is for Poisson counts; with three days at the root
            of the dispersion within hours mixed in
    high    the seven-eighths quantile of the days' tops, with three days of 3.85 mixed in, on logarithms. A day whose top
            is fifteen times the median one is left out, unless more than a quarter are: one crisis does not hide the next
    """
    known = _known(days)
    count = known.sum(0)
    cycle = _cycle(days, known)
    rate = days.counts.sum(1) / np.maximum((days.looked * cycle).sum(1), 1e-9)
    level = _level(rate, known, _least(days, known, enough)) * _weekday(rate, known, days.weekdays, weekday)
    judged = known & ~np.isnan(days.tops)
    spread = _spread(days, known, judged)
    tops = np.maximum(days.tops, LEAST_TOP)
    crisis = judged & (tops >= CRISIS * quantile(tops, judged, 0.5))
    # more than a quarter of the days are the new usual
    crisis &= 4 * crisis.sum(0) <= count
    calm = known & ~crisis
    high = _high(tops, judged & calm)
    return Usual(known, calm, count, np.where(count > 0, level, np.nan), cycle, spread, high)


def quantile(values: Floats, mask: Flags, share: float) -> Floats:
    """The quantile along the first axis of the values under the mask, between neighbours in proportion; NaN where there are none."""
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(np.where(mask, values, np.inf), axis=0)
    place = share * np.maximum(mask.sum(0) - 1, 0)
    low = np.floor(place).astype(np.int64)
    below = np.take_along_axis(ordered, low[None], 0)[0]
    above = np.take_along_axis(ordered, np.ceil(place).astype(np.int64)[None], 0)[0]
    some = mask.any(0)
    below, above = np.where(some, below, np.nan), np.where(some, above, np.nan)
    result: Floats = below + (place - low) * (above - below)
    return result


def _known(days: Days) -> Flags:
    looked = 2 * days.looked.sum(1) >= DAY
    result: Flags = looked & (looked.sum(0) >= GRACE_DAYS)
    return result


def _least(days: Days, known: Flags, enough: Floats) -> Floats:
    """(S,) mentions that the known days are taken for at least.

    Half a mention is what a silent past of two weeks is taken for (Jeffreys' prior); a shorter one for as many as make a series known.
    """
    is_short = (known.sum(0) <= SILENT_DAYS) & ((days.counts.sum(1) * known).sum(0) < enough)
    result: Floats = np.where(is_short, enough, 0.5)
    return result


def _cycle(days: Days, known: Flags) -> Floats:
    """By local hour, 1 on average; all 1 where the hours of a day differ no more than the days do."""
    some = (2 * days.looked >= 12) & known[:, None]
    root = np.sqrt(12 * days.counts / np.maximum(days.looked, 1) + 3 / 8)
    day_mean = _mean(root, some, 1)
    apart = np.where(some, root - day_mean[:, None], 0.0)
    seen, total = some.sum(0), some.sum((0, 1))
    hour = apart.sum(0) / np.maximum(seen, 1)
    rest = (np.where(some, apart - hour, 0.0) ** 2).sum((0, 1)) / np.maximum(total - 24 - known.sum(0) + 1, 1)
    shown = (seen * hour**2).sum(0) / 23
    kept = np.where(total >= 24 * GRACE_DAYS, _credible(shown, rest), 0.0)
    level = np.where(some, root, 0.0).sum((0, 1)) / np.maximum(total, 1)
    profile = np.maximum(level + kept * hour, 1e-3) ** 2
    result: Floats = profile / profile.mean(0)
    return result


def _weekday(rate: Floats, known: Flags, weekdays: npt.NDArray[np.int64], weekday: int) -> Floats:
    """The level of one weekday over the average one's; 1 before there are two weeks."""
    root = np.sqrt(DAY * rate + 3 / 8)
    mean = _mean(root, known, 0)
    shown, rest, ours = np.zeros_like(mean), np.zeros_like(mean), np.zeros_like(mean)
    for each in range(7):
        same = known & (weekdays == each)[:, None]
        apart = _mean(root, same, 0) - np.where(same.any(0), mean, 0.0)
        shown += same.sum(0) * apart**2
        rest += (np.where(same, root - mean - apart, 0.0) ** 2).sum(0)
        if each == weekday:
            ours = apart
    count = known.sum(0)
    kept = np.where(count >= 2 * 7, _credible(shown / 6, rest / np.maximum(count - 7, 1)), 0.0)
    result: Floats = (1 + kept * ours / np.maximum(mean, 0.5)) ** 2
    return result


def _credible(shown: Floats, rest: Floats) -> Floats:
    """The part of a difference between groups to believe: 1 - 1/F, 0 where F is below 1."""
    return np.maximum(0.0, 1 - np.maximum(rest, 1e-9) / np.maximum(shown, 1e-9))


def _level(rate: Floats, known: Flags, least: Floats) -> Floats:
    recent = known & (np.cumsum(known[::-1], 0)[::-1] <= LEVEL_DAYS)
    capped = np.minimum(rate, LEVEL_CAP * np.nan_to_num(quantile(rate, recent, 0.5)))
    result: Floats = np.maximum(_mean(capped, recent, 0), least / (DAY * np.maximum(recent.sum(0), 1)))
    return result


def _spread(days: Days, known: Flags, judged: Flags) -> Floats:
    chance = POISSON_PEAKS[:, None]
    scattered = known & ~np.isnan(days.dispersion)
    prior = chance * np.sqrt(np.maximum(1.0, np.nan_to_num(quantile(days.dispersion, scattered, 0.5), nan=1.0)))
    own = np.nan_to_num(quantile(days.swings, judged[:, None] & np.ones_like(days.swings, dtype=np.bool_), 0.5))
    count = judged.sum(0)
    result: Floats = np.maximum(LEAST_SPREAD, (PRIOR_DAYS * prior + count * own) / (PRIOR_DAYS + count) / chance)
    return result


def _high(tops: Floats, judged: Flags) -> Floats:
    count = judged.sum(0)
    own = np.log(np.nan_to_num(quantile(tops, judged, HIGH), nan=PRIOR_TOP))
    result: Floats = np.exp((PRIOR_DAYS * np.log(PRIOR_TOP) + count * own) / (PRIOR_DAYS + count))
    return result


def _mean(values: Floats, mask: Flags, axis: int) -> Floats:
    """The mean under the mask; 0 where there is none."""
    result: Floats = np.where(mask, values, 0.0).sum(axis) / np.maximum(mask.sum(axis), 1)
    return result
