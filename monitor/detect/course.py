"""An incident as counted: all that is known of it without reading a text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from monitor.detect.evidence import Heard
from monitor.detect.instruments import Seen
from monitor.detect.series import BIN, BINS_AN_HOUR
from monitor.detect.silence import Lull

Severity = Literal["info", "warning", "critical"]
Step = Literal["opened", "escalated", "resolved"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
MAIN, SILENT, RULE = "main", "quiet", "rule:"
ENGAGEMENT = "engagement"
WARNING, CRITICAL, CRITICAL_PEAK = 1.5, 4.0, 30
# how many bins must be calm before it is over: a crisis sleeps at night and is the same one in the morning
QUIET: MappingProxyType[Severity, int] = MappingProxyType(
    {"info": 4 * BINS_AN_HOUR, "warning": 12 * BINS_AN_HOUR, "critical": 12 * BINS_AN_HOUR}
)
_SILENT_LEAST = 50


@dataclass(frozen=True, slots=True)
class Loud:
    """A post that was seen above the usual top engagement of its brand and source.

    label      -1, 0 or 1; None where unscored
    engagement reactions when it was seen, at seen_at; usual_top, the most of the days before
    """

    source: str
    source_id: str
    created_at: datetime
    label: int | None
    engagement: int
    usual_top: int
    seen_at: datetime

    @property
    def ratio(self) -> float:
        """How many times the usual top."""
        return self.engagement / max(1, self.usual_top)


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A mention that a rule of the configuration asks for.

    rule, severity, at_least, within  of the rule; `within` hours, minutes and so on
    """

    rule: str
    severity: Severity
    at_least: int
    within: timedelta
    source: str
    source_id: str
    created_at: datetime
    label: int | None


@dataclass(frozen=True, slots=True)
class Course:
    """An incident as counted.

    line             main, quiet or rule:NAME; a line has one open incident at most
    onset            start of its first bin, naive UTC
    alerted_at       end of the bin that opened it
    resolved_at      end of its last bin; None while it lasts
    series           which fired: volume, negative, churn, share, engagement, source:NAME, topic:NAME
    peak, peak_at    mentions in its largest hour, and the start of the bin that ends this hour
    expected_low, expected_high   what that hour usually brings
    negative_peak, negative_low, negative_high   the same of the negative mentions
    observed, negative   mentions since the onset; of a rule, those that it asks for
    strength         how unusual it was at most, in parts of what opens an incident: the root of strength over threshold
    told, told_at    strength and time of the last opening or escalation
    strong_bins      bins since the onset that were nearly as unusual as what opens an incident, or more
    severity         never falls
    partial          whether a source could not be looked at when it opened
    loud, lull       the post that opened it, or the silence; None elsewhere
    heard            its reach, once that was far above the usual: one step of its severity
    hits             what its rule asks for, the first 1,000
    """

    line: str
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
    partial: bool = False
    escalated: bool = False
    loud: Loud | None = None
    lull: Lull | None = None
    heard: Heard | None = None
    hits: tuple[RuleHit, ...] = ()

    def joined(self, fired: Mapping[str, float], louds: Sequence[Loud]) -> "Course":
        """With the series that fire now."""
        names = [*fired, *([ENGAGEMENT] if louds else [])]
        return replace(
            self,
            strength=max([self.strength, *fired.values()]),
            series=self.series + tuple(name for name in names if name not in self.series),
        )

    def escalated_to(self, severity: Severity, *, strength: float, at: datetime) -> "Course":
        """Worse, as told now."""
        return replace(self, severity=severity, told=max(strength, self.told), told_at=at, escalated=True)

    def as_told(self, before: "Course") -> "Course":
        """The same incident, counted again: what was told of its beginning and its severity stays."""
        return replace(
            self,
            onset=before.onset,
            alerted_at=before.alerted_at,
            series=before.series + tuple(name for name in self.series if name not in before.series),
            told=before.told,
            told_at=before.told_at,
            severity=before.severity,
            escalated=before.escalated,
            partial=before.partial,
            loud=before.loud,
            heard=before.heard,
        )

    def without(self, quiet: Iterable[Seen]) -> "Course":
        """Less the hours that only showed that it was over."""
        seen = [one.counts for one in quiet if one.counts is not None]
        return replace(
            self,
            observed=self.observed - int(sum(counts["counted"] for counts in seen)),
            negative=self.negative - int(sum(counts["negative"] for counts in seen)),
        )

    def resolved(self, at: datetime) -> "Course":
        """Over."""
        return replace(self, resolved_at=at)


def severity_of(*, distance: float, strong_bins: int, peak: int) -> Severity:
    """How much an incident matters: distance times persistence.

    distance  how unusual it is, in parts of what opens an incident

    weight = distance * (1 + strong hours, at most 6, / 6): 1 for a burst that just opens, twice its distance for one that has
    lasted six hours. warning from 1.5 on, critical from 4 on where its largest hour held 30 mentions or more.

    >>> severity_of(distance=1.1, strong_bins=3, peak=14)
    'info'
    >>> severity_of(distance=1.3, strong_bins=48, peak=40)
    'warning'
    >>> severity_of(distance=9, strong_bins=1, peak=50)
    'critical'
    """
    weight = distance * (1 + min(strong_bins / BINS_AN_HOUR, 6) / 6)
    if weight >= CRITICAL and peak >= CRITICAL_PEAK:
        return "critical"
    return "warning" if weight >= WARNING else "info"


def one_worse(severity: Severity) -> Severity:
    """The next severity; the last stays."""
    return SEVERITIES[min(SEVERITIES.index(severity) + 1, len(SEVERITIES) - 1)]


def opened(line: str, seen: Seen, *, series: tuple[str, ...], strength: float, severity: Severity, onset: datetime | None = None) -> Course:
    """An incident that opens with a bin, nothing counted yet."""
    end = seen.start + BIN
    return Course(
        line=line,
        onset=seen.start if onset is None else onset,
        alerted_at=end,
        resolved_at=None,
        series=series,
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
        told_at=end,
        strong_bins=0,
        severity=severity,
        partial=bool(seen.missing),
    )


def counted(course: Course, seen: Seen, *, is_strong: bool = False) -> Course:
    """With one more bin; as it was where nobody looked."""
    if seen.counts is None:
        return course
    now = replace(
        course,
        observed=course.observed + int(seen.counts["counted"]),
        negative=course.negative + int(seen.counts["negative"]),
        strong_bins=course.strong_bins + is_strong,
    )
    if seen.hour[0] > now.peak:
        now = replace(
            now, peak=round(seen.hour[0]), peak_at=seen.start, expected_low=float(seen.low[0]), expected_high=_finite(seen.high[0])
        )
    if seen.hour[1] > now.negative_peak:
        now = replace(now, negative_peak=round(seen.hour[1]), negative_low=float(seen.low[1]), negative_high=_finite(seen.high[1]))
    return now


def of_lull(lull: Lull, seen: Seen) -> Course:
    """An incident of silence: it began with the stretch that shows it, and its hour is this stretch."""
    end = seen.start + BIN
    is_whole = lull.series == "volume" and not lull.count and lull.least >= _SILENT_LEAST
    first = opened(SILENT, seen, series=(lull.series,), strength=lull.least / (lull.count + 1), severity="warning" if is_whole else "info")
    return replace(
        first,
        onset=seen.start - timedelta(hours=lull.hours),
        alerted_at=end,
        peak=round(lull.count),
        expected_low=lull.least,
        expected_high=lull.most,
        negative_peak=0,
        lull=lull,
    )


def _finite(value: float) -> float:
    return float(value) if value != float("inf") else 0.0
