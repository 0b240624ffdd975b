"""Incidents that counts alone do not open: one loud post, a silence, a rule of the configuration."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.detect.course import ENGAGEMENT, RULE, Course, Loud, RuleHit, Severity, Step, counted, of_lull, opened
from monitor.detect.instruments import Seen
from monitor.detect.series import BIN, bin_of

# without a further post, or a further hit, it is over
OVER_AFTER = timedelta(hours=12)
_HITS_KEPT = 1_000


@dataclass(slots=True)
class Line:
    """One line of a brand's incidents: what is open on it, the end and strength of what was last, and when its cause was last seen."""

    current: Course | None = None
    ended: tuple[datetime, float] | None = None
    stirred_at: datetime | None = None

    def knows(self, created_at: datetime) -> bool:
        """Whether a mention lies before the end of an incident that is over, and so was part of what is told."""
        return self.ended is not None and created_at < self.ended[0]

    def close(self, at: datetime) -> tuple[Step, Course]:
        """End what is open."""
        assert self.current is not None
        over = self.current.resolved(max(at, self.current.alerted_at))
        self.current, self.ended = None, (at, over.strength)
        return "resolved", over


@dataclass(slots=True)
class Hits:
    """What each rule met of late."""

    by_rule: dict[str, deque[tuple[datetime, RuleHit]]] = field(default_factory=dict)

    def copy(self) -> "Hits":
        """As they stand; what one of the two takes in from now on, the other does not see."""
        return Hits({rule: recent.copy() for rule, recent in self.by_rule.items()})

    def knows(self, hit: RuleHit) -> bool:
        """Whether it was met before: rounds look a little back, since sources are asked side by side."""
        return any(one.source_id == hit.source_id and one.source == hit.source for _, one in self.by_rule.get(hit.rule, ()))

    def add(self, at: datetime, hit: RuleHit) -> list[RuleHit]:
        """Take one in; those that lie together with it within the rule's time."""
        recent = self.by_rule.setdefault(hit.rule, deque(maxlen=max(_HITS_KEPT, hit.at_least)))
        recent.append((at, hit))
        while recent[0][0] <= at - max(hit.within, OVER_AFTER):
            recent.popleft()
        return [one for then, one in recent if then > at - hit.within]


def of_loud(line: str, loud: Loud, seen: Seen, *, severity: Severity) -> Course:
    """An incident that one post opens: it began with the post."""
    first = opened(line, seen, series=(ENGAGEMENT,), strength=loud.ratio, severity=severity, onset=min(bin_of(loud.created_at), seen.start))
    return counted(replace(first, loud=loud), seen)


def of_silence(line: Line, seen: Seen, *, armed: bool) -> Iterator[tuple[Step, Course]]:
    """A silence opens with the first series that falls silent, and is over once all of them speak again."""
    course = line.current
    if course is not None and not seen.lulls:
        yield line.close(seen.start)
    elif course is not None:
        fallen = tuple(lull.series for lull in seen.lulls if lull.series not in course.series)
        line.current = replace(counted_in_silence(course, seen), series=course.series + fallen)
    elif seen.lulls and armed:
        line.current = of_lull(max(seen.lulls, key=lambda lull: (lull.series == "volume", lull.least)), seen)
        yield "opened", line.current


def counted_in_silence(course: Course, seen: Seen) -> Course:
    """With what was said all the same; the stretch that shows it stays its peak."""
    if seen.counts is None:
        return course
    return replace(course, observed=course.observed + int(seen.counts["counted"]), negative=course.negative + int(seen.counts["negative"]))


def by_rule(
    line_of: Callable[[str], Line], hits: Hits, seen: Seen, met: Sequence[RuleHit], *, armed: Callable[[str], bool]
) -> Iterator[tuple[Step, Course]]:
    """An incident opens when a rule has met enough, takes in what it meets after that, and is over twelve hours after the last."""
    for hit in met:
        if hits.knows(hit):
            continue
        line = line_of(RULE + hit.rule)
        together = hits.add(seen.start, hit)
        if line.current is None and line.knows(hit.created_at):
            continue
        line.stirred_at = seen.start
        if line.current is not None:
            line.current = _with_hits(line.current, [hit], seen)
        elif armed(RULE + hit.rule) and len(together) >= hit.at_least:
            first = opened(
                RULE + hit.rule,
                seen,
                series=(RULE + hit.rule,),
                strength=1.0,
                severity=hit.severity,
                onset=min(bin_of(min(one.created_at for one in together)), seen.start),
            )
            line.current = _with_hits(replace(first, peak=0, negative_peak=0), together, seen)
            yield "opened", line.current
    for name in {RULE + rule for rule in hits.by_rule}:
        line = line_of(name)
        if line.current is not None and (line.stirred_at is None or seen.start - line.stirred_at >= OVER_AFTER):
            yield line.close((line.stirred_at or seen.start) + BIN)


def _with_hits(course: Course, hits: Sequence[RuleHit], seen: Seen) -> Course:
    kept = (*course.hits, *hits)[:_HITS_KEPT]
    negative = course.negative + sum(hit.label == -1 for hit in hits)
    observed = course.observed + len(hits)
    return replace(
        course,
        hits=kept,
        observed=observed,
        negative=negative,
        peak=max(course.peak, min(observed, len(hits))),
        peak_at=seen.start,
        onset=min(course.onset, bin_of(min(hit.created_at for hit in hits))),
    )
