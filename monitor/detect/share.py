"""Whether a larger part of what is said is negative than usual, however much is said."""

from collections import deque
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from math import exp, inf, isnan, lgamma, log, nan, sqrt
from statistics import NormalDist, median
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

# trailing bins that are taken as one sample: 30 minutes to four hours
WINDOWS = (6, 9, 12, 18, 24, 36, 48)
# in the window, without which no share speaks
SUPPORT, SUPPORT_NEGATIVE = 30, 10
# by how much the share must have risen, judged by its lower bound: in points, and as a ratio
POINTS, RATIO = 0.10, 1.5
LOWER = 1.645
# normal deviations that are a strength of 1; strength grows with their square, as that of counts does
DEVIATIONS = 3.2
KNOWN_DAYS, GAP_DAYS, GRACE_DAYS, ENOUGH = 28, 1, 3, 200
EXTREME_DAYS = 7
PRIOR_DISPERSION, PRIOR_PAIRS = 0.01, 200.0
# how much one hour can raise the dispersion: a squared residual of so many variances
CAP = 16.0
_LARGEST = 1_000_000


class Usual(NamedTuple):
    """The share of the earlier days, 0 to 1, and its intra-class correlation within an hour, 0 for plain chance."""

    share: float
    dispersion: float


@dataclass(frozen=True, slots=True)
class ShareReading:
    """What one bin says of the share.

    strength  square of the normal deviations over 3.2; 0 below support or effect floor; NaN where the past is too short
    observed  share of the window that speaks loudest, NaN where none has support
    bins      length of this window
    usual     share of the earlier days; NaN where the past is too short
    dispersion  intra-class correlation of the earlier days
    is_high   whether the lower bound of the share of the last four hours lies half the effect floor above the usual one
    """

    strength: float
    observed: float
    bins: int
    usual: float
    dispersion: float
    is_high: bool

    def clears(self, negative: float, scored: float) -> bool:
        """Whether as many of as many would clear the floors too."""
        return clears_floors(negative, scored, Usual(self.usual, self.dispersion))


_UNKNOWN = ShareReading(nan, nan, 0, nan, 0.0, False)


@dataclass(slots=True)
class _Day:
    """A local day's [negative, scored] by hour."""

    hours: dict[tuple[int, int], list[float]] = field(default_factory=dict)

    @property
    def total(self) -> tuple[float, float]:
        return sum(hour[0] for hour in self.hours.values()), sum(hour[1] for hour in self.hours.values())


class Share:
    """The negative share of one brand, bin by bin, against its own earlier days.

    k negative of n scored mentions in each trailing window are held against a beta-binomial of the baseline's
    share p and intra-class correlation rho: P(K >= k), as z normal deviations, is a strength of (z / 3.2)^2.
    p and rho are those of up to 28 earlier local days but yesterday, so that an outbreak does not enter its own
    baseline; rho by moments over hours, shrunk towards 0.01 while they are few:
    rho = (sum (k - n p)^2 / (n p (1 - p)) - hours + 200 * 0.01) / (sum (n - 1) + 200). A day whose share lies ten points and half above
    the median day is left out, unless more than seven do, for then they are the new usual.
    A window speaks with 30 scored and 10 negative mentions, where the lower bound of its share (Wilson, 95 % one-sided,
    n taken as n / (1 + (n - 1) rho)) lies ten points above p and at 1.5 p or more.

    The past is known from three such days with 200 scored mentions on.

    source  beta-binomial tail and effect floors as in outbreak detection (Noufaily et al. 2013: down-weighting, gap,
            minimum support); intervals: Wilson 1927
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.usual: Usual | None = None
        self._days: dict[date, _Day] = {}
        self._today: date | None = None
        self._last: deque[tuple[float, float, float]] = deque(maxlen=WINDOWS[-1])

    def copy(self) -> "Share":
        """As it stands; what one of the two takes in from now on, the other does not see."""
        twin = copy(self)
        twin._days, twin._last = dict(self._days), self._last.copy()
        if self._today in twin._days:
            twin._days[self._today] = _Day({hour: list(counts) for hour, counts in self._days[self._today].hours.items()})
        return twin

    def step(self, bin_start: datetime, negative: float, scored: float, *, seen: float | None = None) -> ShareReading:
        """Take in the next bin; counts are NaN where nobody looked.

        bin_start  naive UTC, five minutes after the last one
        seen       how many of the scored ones were seen, where others stand in for a source that was not looked at
        """
        local = bin_start.replace(tzinfo=UTC).astimezone(self.zone)
        if local.date() != self._today:
            self._today = local.date()
            for day in [day for day in self._days if (self._today - day).days > KNOWN_DAYS + GAP_DAYS]:
                del self._days[day]
            self.usual = usual_of([seen for day, seen in self._days.items() if (self._today - day).days > GAP_DAYS])
        self._last.append((negative, scored, scored if seen is None else seen))
        if isnan(scored):
            return _UNKNOWN
        hour = self._days.setdefault(local.date(), _Day()).hours.setdefault((local.hour, local.fold), [0.0, 0.0])
        hour[0] += negative
        hour[1] += scored
        return self._judge(self.usual) if self.usual is not None else _UNKNOWN

    def _judge(self, usual: Usual) -> ShareReading:
        best = ShareReading(0.0, nan, 0, usual.share, usual.dispersion, False)
        k = n = support = 0.0
        known = 0
        windows = list(WINDOWS)
        for bins, (negative, scored, seen) in enumerate(reversed(self._last), start=1):
            if not isnan(scored):
                k, n, support, known = k + negative, n + scored, support + seen, known + 1
            if bins == windows[0]:
                windows.pop(0)
                if 2 * known >= bins and support >= SUPPORT and (strength := strength_of(round(k), round(n), usual)) > best.strength:
                    best = ShareReading(strength, k / n, bins, usual.share, usual.dispersion, False)
        is_high = n >= SUPPORT and lower_bound(k, n, usual.dispersion) > usual.share + POINTS / 2
        return replace(best, is_high=is_high)


def strength_of(k: int, n: int, usual: Usual) -> float:
    """How unusual k negative of n scored mentions are; 0 below a floor.

    >>> round(strength_of(60, 120, Usual(0.2, 0.001)), 1)
    4.5
    >>> strength_of(9, 20, Usual(0.2, 0.001))
    0.0
    """
    if not clears_floors(k, n, usual):
        return 0.0
    return (max(0.0, _deviations(log_tail(k, n, usual))) / DEVIATIONS) ** 2


def clears_floors(k: float, n: float, usual: Usual) -> bool:
    """Whether k of n are enough to speak, and by the lower bound far enough above the usual share."""
    if n < SUPPORT or k < SUPPORT_NEGATIVE:
        return False
    lower = lower_bound(k, n, usual.dispersion)
    return lower >= usual.share + POINTS and lower >= RATIO * usual.share


def lower_bound(k: float, n: float, dispersion: float) -> float:
    """Wilson's lower bound of a share, 95 % one-sided, of as many independent mentions as n dispersed ones are worth."""
    worth = n / (1 + (n - 1) * dispersion)
    share, squared = k / n, LOWER * LOWER
    middle = share + squared / (2 * worth)
    return (middle - LOWER * sqrt(share * (1 - share) / worth + squared / (4 * worth * worth))) / (1 + squared / worth)


def log_tail(k: int, n: int, usual: Usual) -> float:
    """The natural logarithm of P(K >= k) for a beta-binomial K of n, by summing its terms.

    Counts above a million are scaled down to it, which understates how sure they are.
    """
    if n > _LARGEST:
        k, n = round(k * _LARGEST / n), _LARGEST
    share = min(max(usual.share, 0.5 / (n + 1)), 1 - 0.5 / (n + 1))
    rho = max(usual.dispersion, 1e-6)
    a, b = share * (1 / rho - 1), (1 - share) * (1 / rho - 1)
    first = (
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
        + lgamma(a + b) - lgamma(a) - lgamma(b)
    )  # fmt: skip
    each = np.arange(k, n)
    ratios = np.cumsum(np.log((n - each) / (each + 1) * (each + a) / (n - each - 1 + b)))
    largest = max(0.0, float(ratios.max(initial=0.0)))
    return min(0.0, first + largest + log(exp(-largest) + float(np.exp(ratios - largest).sum())))


def _deviations(log_probability: float) -> float:
    """Normal deviations with this upper tail; far out by its leading terms."""
    if log_probability > -600:
        probability = exp(log_probability)
        return -NormalDist().inv_cdf(probability) if probability < 1 else -inf
    squared = -2 * log_probability
    return sqrt(squared - log(2 * 3.141592653589793 * squared))


def usual_of(days: Sequence[_Day]) -> Usual | None:
    """Share and dispersion of earlier days; None where they are too few."""
    totals = [(day, *day.total) for day in days]
    totals = [one for one in totals if one[2] >= SUPPORT]
    if len(totals) < GRACE_DAYS or sum(n for _, _, n in totals) < ENOUGH:
        return None
    middle = median(k / n for _, k, n in totals)
    usual = [one for one in totals if one[1] / one[2] < max(middle + POINTS, RATIO * middle)]
    kept = usual if len(totals) - len(usual) <= EXTREME_DAYS and len(usual) >= GRACE_DAYS else totals
    share = sum(k for _, k, _ in kept) / sum(n for _, _, n in kept)
    spread = share * (1 - share)
    excess = pairs = 0.0
    for day, _, _ in kept:
        for k, n in day.hours.values():
            if n >= 2 and spread:
                excess += min((k - n * share) ** 2 / (n * spread), CAP) - 1
                pairs += n - 1
    return Usual(share, (max(0.0, excess) + PRIOR_PAIRS * PRIOR_DISPERSION) / (pairs + PRIOR_PAIRS))
