"""What an event changed for a brand: the whole and its parts before and after it, beside competitors as control."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, inf, log, sqrt
from typing import Literal, TypeAlias

import numpy as np

from monitor.detect.changes import (
    WHOLE,
    Change,
    Moments,
    Numbers,
    Part,
    Sums,
    Windows,
    rate_change,
    rate_moments,
    share_chance,
    share_change,
    share_moments,
)

# below these nothing is said: mentions, or leavers, of both sides together; scored mentions of each side
FEWEST_MENTIONS, FEWEST_LEAVING, FEWEST_SCORED = 20, 10, 30
# part of the two windows below which they are not compared
FEWEST_COVERED = 0.5

# young: no source was watched for long enough before; too long: the windows, for the past that is known
Unknown: TypeAlias = Literal["young", "not looked at", "few mentions", "silent past", "too long"]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one part; a change is None where there is too little to say.

    facet          all, source, topic or intent
    before, after  counted mentions over the stretches known on both sides
    """

    facet: str
    value: str
    before: int
    after: int
    volume: Change | None
    share: Change | None
    churn: Change | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One brand at one moment.

    rows      the whole first, then sources, topics and intents, each by how many mentions they have
    covered   part of the two windows known on both sides, 0 to 1, the mean over the sources
    days      from which the usual is known, those of the source that was watched shortest; 0: of none for long enough
    weekly    whether hours are compared with those of the week; else with those of the day
    moments   earlier moments at which the same was measured
    silent    nobody spoke in the same hours of the past
    left_out  sources that were not watched for long enough
    """

    rows: Sequence[Row]
    covered: float
    days: float
    weekly: bool
    moments: int
    silent: bool
    left_out: Sequence[str]


@dataclass(frozen=True, slots=True)
class Interval:
    """A ratio, or a difference of shares, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Against:
    """A brand's change beside that of its competitors.

    brands   the competitors of whom enough is known
    control  their own change, the mean over them: a ratio, or a difference of shares
    left     what is left of the brand's change: a ratio of ratios, or a difference of differences
    """

    brands: Sequence[str]
    control: Interval
    left: Interval


@dataclass(frozen=True, slots=True)
class Beside:
    """Something else that was going on within the two windows.

    kind      event, or incident (above "info")
    name      of the event, or the incident's id
    what      the incident's direction
    is_of_it  an incident that follows the event which is asked about
    """

    brand: str
    kind: Literal["event", "incident"]
    name: str
    what: str | None
    begun_at: datetime
    ended_at: datetime | None
    is_of_it: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything that is said of an event; times are aware and UTC.

    asked   how long to look before and after
    width   how long was compared: less, where the data ends sooner
    *_against  beside the competitors with nothing of their own going on; None where there is too little to say
    """

    brand: str
    event: str
    event_at: datetime
    asked: timedelta
    width: timedelta
    measured: Measured
    volume_against: Against | None
    share_against: Against | None
    beside: Sequence[Beside]

    @property
    def unknown(self) -> Unknown | None:
        """Why nothing can be said of the whole; None where something can."""
        whole = self.measured.rows[0]
        if not self.measured.days:
            return "young"
        if self.measured.covered < FEWEST_COVERED:
            return "not looked at"
        if whole.before + whole.after < FEWEST_MENTIONS:
            return "few mentions"
        if self.measured.silent:
            return "silent past"
        return None if whole.volume else "too long"

    @property
    def confounders(self) -> list[Beside]:
        """What else may have moved the brand's figures."""
        return [one for one in self.beside if one.brand == self.brand and not one.is_of_it]


def measure(windows: Windows) -> Measured:
    """Hold what lies after against what lies before, part by part."""
    rows = [_row(windows, *WHOLE)]
    rows += sorted((_row(windows, "source", name) for name in windows.sources if len(windows.sources) > 1), key=_by_size)
    for facet in ("topic", "intent"):
        rows += sorted((_row(windows, *part) for part in windows.parts if part[0] == facet), key=_by_size)
    usual = windows.usual("counted")
    known = np.isfinite(rate_moments(windows.sums("counted"), usual).changes)
    return Measured(rows, windows.covered, windows.days, windows.weekly, int(known.sum()), not all(usual.last), windows.left_out)


def volume_against(own: Windows, rivals: Mapping[str, Windows]) -> Against | None:
    """The change of the rate beside that of the competitors' rates; None where there are too few mentions or too little past.

    formula  difference in differences of log ratios: ln R - mean(ln R_i). Its spread is measured on the same difference at the
             earlier moments, so that what moves the whole trade alike does not count as chance
    source   Card and Krueger (1994), American Economic Review 84: 772, on the design
    """
    told = _against(own, _log_ratio(own), {name: _log_ratio(each) for name, each in rivals.items()}, periods=own.periods)
    if told is None:
        return None
    control, left = (Interval(exp(each.value), exp(each.low), exp(each.high)) for each in (told.control, told.left))
    return Against(told.brands, control, left)


def share_against(own: Windows, rivals: Mapping[str, Windows]) -> Against | None:
    """The change of the negative share beside that of the competitors' shares; None as for the rate."""
    found = {name: _share_difference(each) for name, each in rivals.items()}
    return _against(own, _share_difference(own), found, periods=_periods(own, own.shift()))


@dataclass(frozen=True, slots=True)
class _Estimate:
    value: float
    chance: float
    moments: Moments


def _against(own: Windows, first: _Estimate | None, found: Mapping[str, _Estimate | None], *, periods: float) -> Against | None:
    others = {name: each for name, each in found.items() if each is not None}
    if first is None or not others:
        return None
    control = _weighed(own, [(1 / len(others), each) for each in others.values()], periods)
    left = _weighed(own, [(1.0, first), *((-1 / len(others), each) for each in others.values())], periods)
    return Against(list(others), control, left) if control and left else None


def _weighed(windows: Windows, parts: Sequence[tuple[float, _Estimate]], periods: float) -> Interval | None:
    """A weighed sum of changes; how far it scatters is measured on the same sum at the earlier moments."""
    moments = Moments(
        np.sum([weight * each.moments.changes for weight, each in parts], axis=0),
        np.sum([weight**2 * each.moments.chances for weight, each in parts], axis=0),
    )
    spread = windows.spread(moments, periods=periods)
    if spread is None:
        return None
    value = float(sum(weight * each.value for weight, each in parts))
    reach = spread.reach * sqrt(spread.variance(sum(weight**2 * each.chance for weight, each in parts)))
    return Interval(value, value - reach, value + reach)


def _log_ratio(windows: Windows) -> _Estimate | None:
    sums, usual = windows.sums("counted"), windows.usual("counted")
    (before, after), (usual_before, usual_after) = sums.last, usual.last
    if before + after < FEWEST_MENTIONS or not (usual_before and usual_after):
        return None
    value = log((after + 0.5) / (before + 0.5)) - log(usual_after / usual_before)
    return _Estimate(value, 1 / (before + 0.5) + 1 / (after + 0.5), rate_moments(sums, usual))


def _share_difference(windows: Windows) -> _Estimate | None:
    negative, scored = windows.sums("negative"), windows.sums("scored")
    if min(scored.before[-1], scored.after[-1]) < FEWEST_SCORED:
        return None
    shift = windows.shift()
    value = float(negative.after[-1] / scored.after[-1] - negative.before[-1] / scored.before[-1] - _last(shift))
    return _Estimate(value, share_chance(negative.last, scored.last), share_moments(negative, scored, shift))


def _row(windows: Windows, facet: str, value: str) -> Row:
    part, source = (WHOLE, value) if facet == "source" else ((facet, value), None)
    counted = windows.sums("counted", part, source=source)
    before, after = counted.last
    usual = windows.usual("counted", source=source)
    return Row(
        facet,
        value,
        round(before),
        round(after),
        volume=_rate(windows, counted, usual, fewest=FEWEST_MENTIONS),
        share=_share(windows, part, source),
        churn=_rate(windows, windows.sums("churn", part, source=source), usual, fewest=FEWEST_LEAVING),
    )


def _rate(windows: Windows, sums: Sums, usual: Sums, *, fewest: int) -> Change | None:
    (before, after), (usual_before, usual_after) = sums.last, usual.last
    if before + after < fewest or not (usual_before and usual_after):
        return None
    spread = windows.spread(rate_moments(sums, usual), periods=windows.periods)
    return rate_change(before, after, usual=usual_after / usual_before, spread=spread) if spread else None


def _share(windows: Windows, part: Part, source: str | None) -> Change | None:
    negative, scored = windows.sums("negative", part, source=source), windows.sums("scored", part, source=source)
    if min(scored.last) < FEWEST_SCORED:
        return None
    shift = windows.shift(source=source)
    spread = windows.spread(share_moments(negative, scored, shift), periods=_periods(windows, shift))
    return share_change(negative.last, scored.last, shift=_last(shift), spread=spread) if spread else None


def _last(shift: Numbers | None) -> float:
    return 0.0 if shift is None else float(shift[-1])


def _periods(windows: Windows, shift: Numbers | None) -> float:
    return inf if shift is None else windows.periods


def _by_size(row: Row) -> tuple[int, str]:
    return -(row.before + row.after), row.value
