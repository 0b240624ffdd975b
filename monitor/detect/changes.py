"""How much a rate or a share changed at a moment, with an interval that knows the brand's usual changes.

The same change is measured at many earlier moments of the brand. How far those scatter beyond chance goes into the interval,
so that a brand whose mentions come in bursts gets a wide one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, sqrt
from statistics import NormalDist
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.int64]
# facet and value as in v_series; ("all", "") is the whole
Part: TypeAlias = tuple[str, str]
Figure: TypeAlias = Literal["counted", "scored", "negative", "churn"]

WHOLE: Part = ("all", "")
BINS_A_DAY = 288
# what must be known of the usual: days, and earlier moments by how many independent ones they are worth
FEWEST_DAYS, FEWEST_MOMENTS = 7, 4.0
_DAYS_FOR_WEEKDAYS = 21
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class SourceBins:
    """One source's five-minute bins of one brand, from the past to the end of "after".

    known    whether the source was looked at and, in the past, no incident was going on
    figures  one float a bin, by part; a part that is missing was never met
    """

    known: Flags
    figures: Mapping[Part, Mapping[Figure, Numbers]]


@dataclass(frozen=True, slots=True)
class Bins:
    """A brand's bins, source by source.

    hours  of the local week that each bin lies in, 0 (Monday, 0 h) to 167
    """

    hours: Places
    sources: Mapping[str, SourceBins]


@dataclass(frozen=True, slots=True)
class Sums:
    """What lies before and after each moment, over the stretches known on both sides; the moment asked about comes last."""

    before: Numbers
    after: Numbers

    @property
    def last(self) -> tuple[float, float]:
        """At the moment asked about: before, after."""
        return float(self.before[-1]), float(self.after[-1])


@dataclass(frozen=True, slots=True)
class Moments:
    """The change at each earlier moment, and its variance by chance; NaN where it cannot be said.

    changes  log ratios (in their first order) or differences of shares, less what the hours usually bring
    """

    changes: Numbers
    chances: Numbers


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the changes at earlier moments scatter.

    dispersion  their variance as a multiple of that by chance, 1 or more
    chance      their typical variance by chance
    freedom     degrees of freedom with which this is known
    periods     weeks, or days, from which the usual hours are known; infinite where nothing of them was taken off
    """

    dispersion: float
    chance: float
    freedom: float
    periods: float

    @property
    def reach(self) -> float:
        """Standard errors on each side of a 95 % interval."""
        return t_quantile(0.5 + _CONFIDENCE / 2, self.freedom)

    @property
    def usual(self) -> float:
        """Half the width of the stretch in which 95 % of the usual changes lie."""
        return self.reach * sqrt(self.dispersion * self.chance)

    def variance(self, chance: float) -> float:
        """Variance of a change whose variance by chance is this one.

        formula  (v + (D - 1) max(v, c)) (1 + 1/k), with v and c the chance here and usually, D the dispersion. Counts that come in
                 clusters scatter in proportion to chance (quasi-Poisson, D v); those that scatter as a negative binomial keep
                 their part beyond chance at any level (v + (D - 1) c); the larger one counts. 1/k: the usual hours are known
                 from k weeks only
        source   on the two variance functions Ver Hoef and Boveng (2007), Ecology 88: 2766
        """
        return (chance + (self.dispersion - 1) * max(chance, self.chance)) * (1 + 1 / self.periods)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after.

    before, after  mentions, or a share of 0 to 1, over the stretches known on both sides
    value          ratio of rates (1: none), or difference of shares (0: none), less what these hours usually bring; None: a
                   ratio to nothing
    low, high      its 95 % interval
    usual          95 % of the usual changes lie within: times or divided by so much, or plus or minus so much
    """

    before: float
    after: float
    value: float | None
    low: float
    high: float
    usual: float


class Windows:
    """A brand's bins cut into what lies before and after a moment, and before and after each earlier one.

    days      that are known of the past, those of the source that was watched shortest; 0: of none for long enough
    weekly    whether the usual hours are those of the week; else those of the day
    periods   weeks, or days, from which they are known
    left_out  sources that were not watched for long enough to know what is usual
    covered   part of the two windows that is known on both sides, 0 to 1, the mean over the sources
    """

    def __init__(self, bins: Bins, *, at: int, width: int) -> None:
        """Cut.

        at     number of the first bin after the moment
        width  bins before, and after; `at + width` bins are given
        """
        past = at - width
        days = {name: float(one.known[:past].sum()) / BINS_A_DAY for name, one in bins.sources.items()}
        self.left_out = sorted(name for name in days if days[name] < FEWEST_DAYS)
        self.days = min((each for name, each in days.items() if name not in self.left_out), default=0.0)
        self.weekly = self.days >= _DAYS_FOR_WEEKDAYS
        self.periods = self.days / 7 if self.weekly else self.days
        self._step = max(1, width // 4)
        self._width = width
        self._starts = np.array([*reversed(range(past - 2 * width, -1, -self._step)), past], dtype=np.int64)
        self._sources = {name: one for name, one in bins.sources.items() if name not in self.left_out}
        self._hours = bins.hours if self.weekly else bins.hours % 24
        self._pairs: dict[str, Flags] = {}
        for name, one in self._sources.items():
            met = np.bincount(self._hours[:past][one.known[:past]], minlength=168) > 0
            known = one.known & met[self._hours]
            self._pairs[name] = known[:-width] & known[width:]
        self.covered = float(np.mean([pair[past:at].mean() for pair in self._pairs.values()])) if self._pairs else 0.0

    @property
    def parts(self) -> list[Part]:
        """Every part that was met, the whole first."""
        return sorted({part for one in self._sources.values() for part in one.figures} | {WHOLE}, key=lambda part: (part != WHOLE, part))

    @property
    def sources(self) -> list[str]:
        """The sources that are compared."""
        return sorted(self._sources)

    def sums(self, figure: Figure, part: Part = WHOLE, *, source: str | None = None) -> Sums:
        """A figure before and after each moment, over all sources or one."""
        return self._cut(
            {name: one.figures[part][figure] for name, one in self._sources.items() if part in one.figures and source in (None, name)}
        )

    def usual(self, figure: Figure, *, source: str | None = None) -> Sums:
        """What the same hours of the week (or the day) of the past brought on average, over the same stretches."""
        return self._cut(
            {name: self._hourly(one, figure) for name, one in self._sources.items() if WHOLE in one.figures and source in (None, name)}
        )

    def shift(self, *, source: str | None = None) -> Numbers | None:
        """By how much the negative share of the hours after usually lies above that of the hours before, one a moment.

        None for windows of whole days: every hour of the day is in both.
        """
        if not self._width % BINS_A_DAY:
            return None
        negative, scored = self.usual("negative", source=source), self.usual("scored", source=source)
        return np.nan_to_num(_ratio(negative.after, scored.after) - _ratio(negative.before, scored.before))

    def spread(self, moments: Moments, *, periods: float) -> Spread | None:
        """How far earlier changes scatter; None where too few are known.

        periods  k, weeks or days from which the usual that was taken off is known; infinite where nothing was
        formula  D = k/(k-1) sum(u²/v²) / sum(1/v), with u the changes and v their chances: for counts that is Pearson's statistic over
                 its degrees of freedom. k/(k-1): the usual hours were taken from the same k weeks
        freedom  of n overlapping moments n / sum(r²), r the correlation of two of them so many steps apart, were the bins
                 independent; less what the usual hours took
        source   McCullagh and Nelder (1989), Generalized Linear Models, 4.5; Bayley and Hammersley (1946), JRSS Suppl. 8: 184
        """
        is_known = np.isfinite(moments.changes) & np.isfinite(moments.chances)
        changes, chances = moments.changes[is_known], moments.chances[is_known]
        if periods <= 1 or not len(changes):
            return None
        lags = np.arange(1, 2 * self._width // self._step + 1) * self._step / self._width
        alike = np.where(lags < 1, 1 - 1.5 * lags, -0.5 * (2 - lags).clip(0))
        freedom = len(changes) / (1 + 2 * float((alike**2).sum())) * (1 - 1 / periods)
        if freedom < FEWEST_MOMENTS:
            return None
        dispersion = float(((changes / chances) ** 2).sum() / (1 / chances).sum()) / (1 - 1 / periods)
        return Spread(max(1.0, dispersion), float(1 / np.mean(1 / chances)), freedom, periods)

    def _cut(self, bins: Mapping[str, Numbers]) -> Sums:
        sides = []
        for offset in (0, self._width):
            total = np.zeros(len(self._hours) - self._width + 1)
            for name, each in bins.items():
                pair = self._pairs[name]
                total[1:] += np.cumsum(np.where(pair, each[offset : offset + len(pair)], 0.0))
            sides.append(total[self._starts + self._width] - total[self._starts])
        return Sums(*sides)

    def _hourly(self, one: SourceBins, figure: Figure) -> Numbers:
        past = self._starts[-1]
        seen, hours = one.known[:past], self._hours[:past]
        times = np.bincount(hours[seen], minlength=168)
        brought = np.bincount(hours[seen], one.figures[WHOLE][figure][:past][seen], minlength=168)
        return (brought / np.maximum(times, 1))[self._hours]


def rate_moments(sums: Sums, usual: Sums) -> Moments:
    """Changes of a rate at the earlier moments.

    formula  of N mentions, A of them after: u = (A - N p) / (N p (1 - p)), v = 1 / (N p (1 - p)), p the part that the hours after
             usually have. u is the log of the ratio of rates in its first order
    """
    share = _ratio(usual.after, usual.before + usual.after)[:-1]
    both = (sums.before + sums.after)[:-1]
    information = np.where(both > 0, both * share * (1 - share), np.nan)
    information[~(information > 0)] = np.nan
    return Moments((sums.after[:-1] - both * share) / information, 1 / information)


def share_moments(negative: Sums, scored: Sums, shift: Numbers | None) -> Moments:
    """Changes of a share at the earlier moments.

    shift  what the hours usually bring, one a moment; None: nothing
    """
    changes = _ratio(negative.after, scored.after) - _ratio(negative.before, scored.before) - (0.0 if shift is None else shift)
    pairs = zip(negative.before, negative.after, scored.before, scored.after, strict=True)
    chances = [share_chance((n, m), (of_n, of_m)) if of_n and of_m else np.nan for n, m, of_n, of_m in pairs]
    return Moments(changes[:-1], np.array(chances)[:-1])


def rate_change(before: float, after: float, *, usual: float, spread: Spread) -> Change:
    """The ratio of two rates.

    usual    what lies after over what lies before in a usual week, more than 0
    formula  given N = before + after, `after` is binomial with p = R usual / (1 + R usual), R the ratio sought. Wilson's interval
             of p for N / F mentions, where F is the variance as a multiple of that by chance
    source   Przyborowski and Wilenski (1940), Biometrika 31: 313 (conditioning); Wilson (1927), JASA 22: 209

    >>> plain = Spread(dispersion=1.0, chance=0.02, freedom=1e9, periods=1e9)
    >>> told = rate_change(100, 50, usual=1.0, spread=plain)
    >>> told.value, round(told.low, 3), round(told.high, 3)
    (0.5, 0.356, 0.701)
    """
    chance = 1 / (before + 0.5) + 1 / (after + 0.5)
    size = (before + after) * chance / spread.variance(chance)
    low, high = wilson(after / (before + after), size, spread.reach)
    ratio = after / before / usual if before else None
    return Change(before, after, ratio, low / (1 - low) / usual, high / (1 - high) / usual if before else inf, exp(spread.usual))


def share_change(negative: tuple[float, float], scored: tuple[float, float], *, shift: float, spread: Spread) -> Change:
    """The difference of two shares, after less before.

    shift    what these hours usually bring, taken off
    formula  d - sqrt((p2 - l2)² + (u1 - p1)²) to d + sqrt((u2 - p2)² + (p1 - l1)²), l and u Wilson's limits for n / F texts, where
             F is the variance as a multiple of that by chance
    source   Newcombe (1998), Statistics in Medicine 17: 873, method 10

    >>> plain = Spread(dispersion=1.0, chance=0.002, freedom=1e9, periods=1e9)
    >>> told = share_change((50, 30), (100, 100), shift=0.0, spread=plain)
    >>> round(told.value, 2), round(told.low, 4), round(told.high, 4)
    (-0.2, -0.3265, -0.0642)
    """
    first, second = negative[0] / scored[0], negative[1] / scored[1]
    chance = share_chance(negative, scored)
    deflated = chance / spread.variance(chance)
    low1, high1 = wilson(first, scored[0] * deflated, spread.reach)
    low2, high2 = wilson(second, scored[1] * deflated, spread.reach)
    change = second - first
    low, high = change - sqrt((second - low2) ** 2 + (high1 - first) ** 2), change + sqrt((high2 - second) ** 2 + (first - low1) ** 2)
    return Change(first, second, change - shift, low - shift, high - shift, spread.usual)


def share_chance(negative: tuple[float, float], scored: tuple[float, float]) -> float:
    """Variance of a difference of shares by chance alone, were they the same: p (1 - p) (1/n + 1/m), p = (negative + 1) / (n + m + 2)."""
    either = (sum(negative) + 1) / (sum(scored) + 2)
    return either * (1 - either) * (1 / scored[0] + 1 / scored[1])


def wilson(share: float, size: float, reach: float) -> tuple[float, float]:
    """The score interval of a share; `size` need not be whole, `reach` is in standard errors.

    source  Wilson (1927), JASA 22: 209

    >>> [round(limit, 4) for limit in wilson(0.3, 100, 1.959964)]
    [0.2189, 0.3958]
    """
    middle = (share + reach**2 / (2 * size)) / (1 + reach**2 / size)
    half = reach / (1 + reach**2 / size) * sqrt(share * (1 - share) / size + reach**2 / (4 * size**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def t_quantile(probability: float, freedom: float) -> float:
    """Student's t, for 3 degrees of freedom or more within 0.004.

    source  Abramowitz and Stegun (1964), 26.7.5

    >>> round(t_quantile(0.975, 10), 3)
    2.228
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))


def _ratio(above: Numbers, below: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)
