"""When an unusual moment begins, gets worse and ends: one state machine for live, replay and hindsight."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isnan
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.config.models import Sensitivity
from monitor.detect.series import BIN, BINS_AN_HOUR
from monitor.detect.spikes import Gauge, Reading

Severity = Literal["info", "warning", "critical"]
Step = Literal["opened", "escalated", "resolved"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
# the strength that opens an incident; each name's measured rate of false alerts comes with the budgets
THRESHOLDS: MappingProxyType[Sensitivity, float] = MappingProxyType({"calm": 2.2, "balanced": 1.5, "eager": 1.15})
# mentions in the trailing hour without which no series speaks: below, three excited people are a crisis
FLOORS = MappingProxyType({"volume": 10, "negative": 8})
# how many bins must be calm before it is over: a crisis sleeps at night and is the same one in the morning
QUIET: MappingProxyType[Severity, int] = MappingProxyType(
    {"info": 4 * BINS_AN_HOUR, "warning": 12 * BINS_AN_HOUR, "critical": 12 * BINS_AN_HOUR}
)
QUIET_SHARE = 0.5
STRONG = 1.25
AFTERMATH = timedelta(hours=16)
RETELL = timedelta(hours=1)
DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Course:
    """An incident as counted: all that is known of it without reading a text.

    onset            start of its first bin, naive UTC
    alerted_at       end of the bin that opened it
    resolved_at      end of its last bin; None while it lasts
    series           which fired: volume, negative
    peak, peak_at    mentions in its largest hour, and the start of the bin that ends this hour
    expected_low, expected_high   what that hour usually brings
    negative_peak, negative_low, negative_high   the same of the negative mentions
    observed, negative   mentions since the onset
    strength         the largest
    told, told_at    strength and time of the last opening or escalation
    strong_bins      bins since the onset that were as unusual as a usual daily peak, or more
    severity         never falls
    """

    onset: datetime
    alerted_at: datetime
    resolved_at: datetime | None
    series: tuple[str, ...]
    peak: int
    peak_at: datetime
    expected_low: float
    expected_high: float
    negative_peak: int
    negative_low: float
    negative_high: float
    observed: int
    negative: int
    strength: float
    told: float
    told_at: datetime
    strong_bins: int
    severity: Severity
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """One judged bin, kept for a day: to walk back to an onset, and to see quiet."""

    start: datetime
    volume: float
    negative: float
    volume_reading: Reading
    negative_reading: Reading

    def reading(self, name: str) -> Reading:
        return self.volume_reading if name == "volume" else self.negative_reading

    @property
    def is_high(self) -> bool:
        return self.volume_reading.is_high or self.negative_reading.is_high

    @property
    def is_strong(self) -> bool:
        return any(
            reading.sudden >= STRONG and reading.observed_hour >= floor
            for reading, floor in ((self.volume_reading, FLOORS["volume"]), (self.negative_reading, FLOORS["negative"]))
        )


def severity_of(*, strength: float, threshold: float, strong_bins: int, peak: int) -> Severity:
    """How much an incident matters: distance times persistence.

    weight = strength / threshold * (1 + strong hours, at most 6, / 6), a strong hour being one of
    strength 1.25 or more: 1 for a burst that just opens, twice its distance for one that has
    lasted six hours. warning from 1.5 on, critical from 4 on where its largest hour held 30 mentions or more.

    >>> severity_of(strength=1.6, threshold=1.5, strong_bins=3, peak=14)
    'info'
    >>> severity_of(strength=1.6, threshold=1.5, strong_bins=40, peak=40)
    'warning'
    >>> severity_of(strength=9, threshold=1.5, strong_bins=1, peak=50)
    'critical'
    """
    weight = strength / threshold * (1 + min(strong_bins / BINS_AN_HOUR, 6) / 6)
    if weight >= 4 and peak >= 30:
        return "critical"
    return "warning" if weight >= 1.5 else "info"


class Tracker:
    """One brand's incidents, bin by bin; at most one is open at a time.

    opens      when volume or negative count reaches the threshold with its floor of mentions; within a day
               after an incident only where it also reaches half of that one's strength
    escalates  when the strength reaches twice the told value, an hour or more after the last word, or when
               the severity rises
    resolves   when of the last twelve hours that were looked at (four, where it never was more than info) no more than
               QUIET_SHARE lay above the usual range of their time of day, and none was strong. A night does not end it:
               nights are compared with nights. It ended where these hours began, never before it was noticed
    with less than a week of known days only a critical distance is more than info
    """

    def __init__(self, zone: ZoneInfo, *, sensitivity: Sensitivity) -> None:
        self.threshold = THRESHOLDS[sensitivity]
        self.volume = Gauge(zone, enough=50)
        self.negative = Gauge(zone, enough=15)
        self.current: Course | None = None
        self.last: Course | None = None
        self._ended: tuple[datetime, float] | None = None
        self._seen: deque[_Seen] = deque(maxlen=24 * BINS_AN_HOUR)

    def step(self, bin_start: datetime, volume: float, negative: float, *, armed: bool = True) -> Step | None:
        """Judge the next bin; what changed, to be read from `current`, or from `last` after "resolved".

        bin_start  naive UTC, five minutes after the last one
        volume, negative  counts; NaN where nobody looked
        armed      False while warming up on bins that were judged before: nothing opens
        """
        readings = {"volume": self.volume.step(bin_start, volume), "negative": self.negative.step(bin_start, negative)}
        if isnan(volume):
            return None
        seen = _Seen(bin_start, volume, negative, readings["volume"], readings["negative"])
        self._seen.append(seen)
        strength, fired = self._fired(readings)
        if self.current is None:
            return self._open(seen, strength, fired) if fired and armed else None
        return self._follow(self.current, seen, strength, fired)

    def remember(self, *, resolved_at: datetime, strength: float) -> None:
        """Take note of the last incident that is over."""
        self._ended = (resolved_at, strength)

    def adopt(self, course: Course, *, told: bool) -> None:
        """Continue an incident that is open in the store.

        told  False where nobody was told of it: the next bin that fires escalates it
        """
        self.current = course if told else replace(course, told=0.0, told_at=course.onset - RETELL)

    def _fired(self, readings: dict[str, Reading]) -> tuple[float, tuple[str, ...]]:
        strong = {name: reading.strength for name, reading in readings.items() if reading.observed_hour >= FLOORS[name]}
        return (
            max((value for value in strong.values() if not isnan(value)), default=0.0),
            tuple(name for name, value in strong.items() if value >= self.threshold),
        )

    def _open(self, seen: _Seen, strength: float, fired: tuple[str, ...]) -> Step | None:
        if self._ended is not None and seen.start - self._ended[0] < AFTERMATH and strength < self._ended[1] / 2:
            return None
        rise = self._rise(fired)
        first = Course(
            onset=rise[0].start,
            alerted_at=seen.start + BIN,
            resolved_at=None,
            series=fired,
            peak=-1,
            peak_at=seen.start,
            expected_low=0.0,
            expected_high=0.0,
            negative_peak=-1,
            negative_low=0.0,
            negative_high=0.0,
            observed=0,
            negative=0,
            strength=strength,
            told=strength,
            told_at=seen.start + BIN,
            strong_bins=0,
            severity="info",
        )
        for earlier in rise:
            first = _counted(first, earlier)
        self.current = replace(first, severity=self._severity(first))
        return "opened"

    def _rise(self, fired: tuple[str, ...]) -> list[_Seen]:
        """The bins from the start of the rise to now: back over all that lie a fifth as far above the usual range, but for two in a row."""
        levels = {name: self._seen[-1].reading(name).above / 5 for name in fired}
        rise: list[_Seen] = []
        pending: list[_Seen] = []
        for seen in reversed(self._seen):
            if self._ended is not None and seen.start < self._ended[0]:
                break
            pending.append(seen)
            if any(seen.reading(name).above > max(0.0, level) for name, level in levels.items()) or not rise:
                rise.extend(pending)
                pending = []
            elif len(pending) > 2:
                break
        return rise[::-1]

    def _follow(self, course: Course, seen: _Seen, strength: float, fired: tuple[str, ...]) -> Step | None:
        now = _counted(course, seen)
        now = replace(
            now, strength=max(course.strength, strength), series=course.series + tuple(name for name in fired if name not in course.series)
        )
        severity = max(course.severity, self._severity(now), key=SEVERITIES.index)
        end = seen.start + BIN
        worse = severity != course.severity or (bool(fired) and strength >= 2 * course.told and end - course.told_at >= RETELL)
        if worse:
            self.current = replace(now, severity=severity, told=max(strength, course.told), told_at=end, escalated=True)
            return "escalated"
        self.current = now
        return self._resolve(now) if self._is_quiet(now) else None

    def _is_quiet(self, course: Course) -> bool:
        quiet = QUIET[course.severity]
        window = list(self._seen)[-quiet:]
        if len(window) < quiet or window[0].start < course.alerted_at:
            return False
        if sum(seen.is_high for seen in window) > QUIET_SHARE * quiet:
            return False
        return not any(seen.is_strong for seen in window)

    def _resolve(self, course: Course) -> Step:
        quiet = list(self._seen)[-QUIET[course.severity] :]
        ended_at = quiet[0].start
        over = replace(
            course,
            resolved_at=ended_at,
            observed=course.observed - int(sum(seen.volume for seen in quiet)),
            negative=course.negative - int(sum(seen.negative for seen in quiet)),
        )
        self.current, self.last = None, over
        self.remember(resolved_at=ended_at, strength=over.strength)
        return "resolved"

    def _severity(self, course: Course) -> Severity:
        severity = severity_of(strength=course.strength, threshold=self.threshold, strong_bins=course.strong_bins, peak=course.peak)
        # weekends are unusual to whoever has only seen weekdays
        return "info" if severity == "warning" and self.volume.known_days < DAYS_OF_A_WEEK else severity


def warm(tracker: Tracker, bins: Iterable[tuple[datetime, float, float]], *, armed_from: datetime) -> None:
    """Show a tracker bins that were judged before; an incident may open again from `armed_from` on."""
    for bin_start, volume, negative in bins:
        tracker.step(bin_start, volume, negative, armed=bin_start >= armed_from)


def _counted(course: Course, seen: _Seen) -> Course:
    volume, negative = seen.volume_reading, seen.negative_reading
    now = replace(
        course,
        observed=course.observed + int(seen.volume),
        negative=course.negative + int(seen.negative),
        strong_bins=course.strong_bins + seen.is_strong,
    )
    if volume.observed_hour > now.peak:
        now = replace(
            now, peak=round(volume.observed_hour), peak_at=seen.start, expected_low=volume.expected_low, expected_high=volume.expected_high
        )
    if negative.observed_hour > now.negative_peak:
        now = replace(
            now,
            negative_peak=round(negative.observed_hour),
            negative_low=negative.expected_low,
            negative_high=negative.expected_high,
        )
    return now
