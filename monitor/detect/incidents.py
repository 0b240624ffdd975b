"""When an unusual moment begins, gets worse and ends: one state machine for live, replay and hindsight."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt

import numpy as np

from monitor.config.models import Sensitivity
from monitor.detect.course import (
    ENGAGEMENT,
    MAIN,
    QUIET,
    SEVERITIES,
    SILENT,
    Course,
    Loud,
    RuleHit,
    Severity,
    Step,
    counted,
    one_worse,
    opened,
    severity_of,
)
from monitor.detect.heard import Hear
from monitor.detect.instruments import SHARE, WHOLE, Seen
from monitor.detect.series import BIN, BINS_A_DAY, Counts
from monitor.detect.sidelines import Hits, Line, by_rule, of_loud, of_silence
from monitor.detect.spikes import signed_root
from monitor.detect.thresholds import Thresholds, thresholds

# of the last hours that must be calm, how many may lie above the usual range
QUIET_SHARE = 0.5
# part of the strength that opens, from which a bin is strong
STRONG = 0.8
AFTERMATH = timedelta(hours=16)
# the longest stretch that a strength speaks of
LONGEST = timedelta(days=1)
RETELL = timedelta(hours=1)
# how often it is asked how widely an incident is heard, in minutes
HEARD_EVERY = 15
DAYS_OF_A_WEEK = 7
# how many mentions of the last hours count of a series, when each author's third and later ones do not
Crowd = Callable[[str, datetime, datetime], float]
# whether an incident may open on a line
Armed = Callable[[str], bool]


def _always(_line: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Extras:
    """What a bin brings beside its counts.

    louds  posts that were seen above the brand's usual top engagement
    hits   mentions that a rule asks for, as first seen in this bin
    """

    louds: Sequence[Loud] = ()
    hits: Sequence[RuleHit] = ()


NOTHING = Extras()


class Tracker:
    """One brand's incidents, bin by bin. It has several lines, each with one open incident at most.

    main  all that is counted: volume, negative, churn, negative share, sources and topics; series that fire together are one
          incident, so that the brand's takes in its parts. A post above the usual top engagement opens one too
    quiet the brand, or one of its sources, fell silent
    rule:NAME  one line a rule of the configuration

    The main line
    opens      when a series reaches its threshold with its floor of mentions, and still has these mentions when
               nobody counts more than twice; within a day after an incident the last hour alone must say so, and within 16 hours it
               must also reach half of that one's strength
    escalates  when the strength reaches twice the told value, an hour or more after the last word, or when
               the severity rises, as it does by one step once it is heard far more widely than usual
    resolves   when of the last twelve hours that were looked at (four, where it never was more than info) no more than
               QUIET_SHARE lay above the usual range of their time of day, and none was strong. A night does not end it:
               nights are compared with nights. It ended where these hours began, never before it was noticed
    with less than a week of known days only a critical distance is more than info
    """

    def __init__(self, names: Sequence[str], *, sensitivity: Sensitivity) -> None:
        """names: of the series, as the instruments have them."""
        self.names = names
        self.thresholds: Thresholds = thresholds(names, sensitivity)
        self.lines: dict[str, Line] = {}
        self._seen: deque[Seen] = deque(maxlen=BINS_A_DAY)
        self._hits = Hits()
        # when few authors last made the hour of a series, by its place
        self._heavy: dict[int, datetime] = {}

    def copy(self) -> "Tracker":
        """As it stands; what one of the two takes in from now on, the other does not see."""
        twin = copy(self)
        twin.lines = {name: replace(line) for name, line in self.lines.items()}
        twin._seen, twin._hits, twin._heavy = self._seen.copy(), self._hits.copy(), dict(self._heavy)
        return twin

    def judged_again(self, other: "Tracker", told: Sequence[tuple[Step, Course]], *, since: "Tracker") -> list[tuple[Step, Course]]:
        """Take over what the main line looks like with late mentions in it; what of that is news.

        other, told  the same bins judged once more, and what was said of them then
        since        as it stood before these bins

        An incident that was told keeps its onset, its severity and its place; its counts are the new ones. Where the bins
        had shown nothing, all that they show now is told; nothing is told twice, and nothing is taken back.
        """
        mine, again = self._line(MAIN), other._line(MAIN)
        self._seen, self._heavy = other._seen, other._heavy
        if mine.current is not None:
            if again.current is not None and again.current.onset <= mine.current.alerted_at:
                mine.current = again.current.as_told(mine.current)
            return []
        if mine.ended != since._line(MAIN).ended:
            return []
        self.lines[MAIN] = again
        return list(told)

    def current(self, line: str = MAIN) -> Course | None:
        """What is open on a line."""
        return self.lines[line].current if line in self.lines else None

    def open(self) -> list[Course]:
        """All that is open."""
        return [line.current for line in self.lines.values() if line.current is not None]

    @property
    def last_day(self) -> float:
        """Mentions counted in the last 288 bins that were looked at."""
        return sum(seen.counts["counted"] for seen in self._seen if seen.counts is not None)

    def step(
        self, seen: Seen, extras: Extras = NOTHING, *, crowd: Crowd | None = None, hear: Hear | None = None, armed: Armed = _always
    ) -> list[tuple[Step, Course]]:
        """Judge the next bin; what opened, got worse or ended, each with its course as of now.

        crowd  asked before a series opens an incident; None: whoever speaks counts
        hear   asked as an incident opens, and every quarter of an hour while it lasts; None: how widely it is heard is not known
        armed  by line, False while warming up on bins that were judged before: nothing opens
        """
        told: list[tuple[Step, Course]] = []
        if seen.counts is not None:
            self._seen.append(seen)
            told += self._main(seen, extras.louds, crowd, hear, armed(MAIN))
        told += of_silence(self._line(SILENT), seen, armed=armed(SILENT))
        told += by_rule(self._line, self._hits, seen, extras.hits, armed=armed)
        return told

    def remember(self, line: str, *, resolved_at: datetime, strength: float) -> None:
        """Take note of the last incident of a line that is over."""
        self._line(line).ended = (resolved_at, strength)

    def adopt(self, course: Course) -> None:
        """Continue an incident that is open in the store."""
        self._line(course.line).current = course

    def _line(self, name: str) -> Line:
        return self.lines.setdefault(name, Line())

    def _main(
        self, seen: Seen, louds: Sequence[Loud], crowd: Crowd | None, hear: Hear | None, armed: bool
    ) -> Iterator[tuple[Step, Course]]:
        line = self._line(MAIN)
        since = None if line.ended is None else seen.start - line.ended[0]
        # the long stretches still hold what is over
        fired = self._fired(seen, self._trusted(seen) if since is None or since >= LONGEST else seen.sudden)
        if line.current is not None:
            yield from self._follow(line, line.current, seen, fired, louds, hear)
            return
        if not armed:
            return
        strength = max(fired.values(), default=0.0)
        if line.ended is not None and since is not None and since < AFTERMATH and strength < line.ended[1] / 2:
            fired = {}
        if fired and crowd is not None:
            fired = {name: value for name, value in fired.items() if self._is_crowd(name, value, seen, crowd)}
        if fired:
            yield self._open(line, seen, fired, hear)
        elif fresh := [one for one in louds if not line.knows(one.created_at)]:
            line.current = of_loud(MAIN, max(fresh, key=lambda one: one.ratio), seen, severity=self._capped("warning", seen))
            yield "opened", line.current

    def _fired(self, seen: Seen, strength: Counts) -> dict[str, float]:
        """The series that speak, each with how unusual it is in parts of what opens: strengths grow with the square of that."""
        ratio = strength / self.thresholds.values
        speaks = (ratio >= 1) & (seen.hour >= self.thresholds.floors)
        fired = {self.names[int(place)]: sqrt(ratio[place]) for place in speaks.nonzero()[0]}
        share = seen.share.strength / self.thresholds.share
        return fired | {SHARE: sqrt(share)} if share >= 1 else fired

    def _is_crowd(self, name: str, distance: float, seen: Seen, crowd: Crowd) -> bool:
        """Whether it would still speak, and the last hour stand out, when nobody counts more than twice.

        distance  of the series, in parts of what opens; it shrinks as the hour's own does without those who say much
        """
        end = seen.start + BIN
        if name == SHARE:
            since = end - seen.share.bins * BIN
            voices, negative = crowd("scored", since, end), crowd("negative", since, end)
            return seen.share.clears(negative, voices)
        place = self.names.index(name)
        voices = crowd(name, end - timedelta(hours=1), end)
        usual = (seen.low[place] + seen.high[place]) / 2
        of_voices, of_all = signed_root(np.array([voices, seen.hour[place]]), usual)
        if seen.hour[place] > seen.high[place] and distance * of_voices < of_all:
            self._heavy[place] = seen.start
            return False
        return voices >= float(self.thresholds.floors[place]) and voices > float(seen.high[place])

    def _trusted(self, seen: Seen) -> Counts:
        """The strength of each series; of the last hour alone for a day after few authors made it: the long stretches still hold theirs."""
        heavy = [place for place, at in self._heavy.items() if seen.start - at < LONGEST]
        if not heavy:
            return seen.strength
        strength = seen.strength.copy()
        strength[heavy] = seen.sudden[heavy]
        return strength

    def _open(self, line: Line, seen: Seen, fired: Mapping[str, float], hear: Hear | None) -> tuple[Step, Course]:
        rise = self._rise(seen, fired, line.ended)
        first = opened(MAIN, seen, series=tuple(fired), strength=max(fired.values()), severity="info", onset=rise[0].start)
        for earlier in rise:
            first = counted(first, earlier, is_strong=self._is_strong(earlier))
        first = self._heard(first, seen, hear)
        line.current = replace(first, severity=self._severity(first, seen))
        return "opened", line.current

    def _rise(self, now: Seen, fired: Mapping[str, float], ended: tuple[datetime, float] | None) -> list[Seen]:
        """The bins from the start of the rise to now: back over all that lie a fifth as far above the usual range, but for two in a row."""
        places = [self.names.index(name) for name in fired if name != SHARE]
        levels = {place: now.above(place) / 5 for place in places}
        window = self._share_rose(now) if SHARE in fired else now.start
        rise: list[Seen] = []
        pending: list[Seen] = []
        for seen in reversed(self._seen):
            if ended is not None and seen.start < ended[0]:
                break
            pending.append(seen)
            rises = any(seen.above(place) > max(0.0, level) for place, level in levels.items())
            if rises or seen.start >= window or not rise:
                rise.extend(pending)
                pending = []
            elif len(pending) > 2:
                break
        return rise[::-1]

    def _share_rose(self, now: Seen) -> datetime:
        """The bin from which on the speaking window is most surely of its own share and not of the usual one (Page 1954)."""
        between = (now.share.usual + now.share.observed) / 2
        most, excess, onset = 0.0, 0.0, now.start
        for seen in reversed(list(self._seen)[-now.share.bins :]):
            if seen.counts is not None:
                excess += seen.counts["negative"] - between * seen.counts["scored"]
                if excess > most:
                    most, onset = excess, seen.start
        return onset

    def _follow(
        self, line: Line, course: Course, seen: Seen, fired: Mapping[str, float], louds: Sequence[Loud], hear: Hear | None
    ) -> Iterator[tuple[Step, Course]]:
        strength = max(fired.values(), default=0.0)
        now = counted(course, seen, is_strong=self._is_strong(seen)).joined(fired, louds)
        end = seen.start + BIN
        if end.minute % HEARD_EVERY == 0:
            now = self._heard(now, seen, hear)
        severity = max(course.severity, self._severity(now, seen), key=SEVERITIES.index)
        if severity != course.severity or (strength >= 2 * course.told and end - course.told_at >= RETELL):
            line.current = now.escalated_to(severity, strength=strength, at=end)
            yield "escalated", line.current
            return
        line.current = now
        if (quiet := self._calm(now)) is not None:
            yield self._resolve(line, now.without(quiet), quiet[0].start)

    def _calm(self, course: Course) -> list[Seen] | None:
        """The hours that show that it is over; None while it is not."""
        length = QUIET[course.severity]
        window = list(self._seen)[-length:]
        if len(window) < length or window[0].start < course.alerted_at:
            return None
        parts = [self.names.index(name) for name in course.series if name in self.names[len(WHOLE) :]]
        watched = [0, 1] if set(course.series) & {*WHOLE, SHARE} else [0, 1, *parts]
        highs = sum(seen.share.is_high or bool(seen.is_above[watched].any()) for seen in window)
        return None if highs > QUIET_SHARE * length or any(self._is_strong(seen) for seen in window) else window

    def _resolve(self, line: Line, course: Course, at: datetime) -> tuple[Step, Course]:
        over = course.resolved(at)
        line.current = None
        line.ended = (at, over.strength)
        return "resolved", over

    def _is_strong(self, seen: Seen) -> bool:
        whole = slice(0, len(WHOLE))
        strong = seen.sudden[whole] >= STRONG * self.thresholds.values[whole]
        return (
            bool((strong & (seen.hour[whole] >= self.thresholds.floors[whole])).any())
            or seen.share.strength >= STRONG * self.thresholds.share
        )

    def _heard(self, course: Course, seen: Seen, hear: Hear | None) -> Course:
        """With its reach, where that is far above the usual and can still matter; of one post its reactions have told already."""
        if hear is None or course.heard or course.severity == "critical" or set(course.series) == {ENGAGEMENT}:
            return course
        return replace(course, heard=hear(course.onset, seen.start + BIN))

    def _severity(self, course: Course, seen: Seen) -> Severity:
        severity = severity_of(distance=course.strength, strong_bins=course.strong_bins, peak=course.peak)
        if course.heard:
            severity = one_worse(severity)
        if severity == "critical" and not set(course.series) & {*WHOLE, SHARE}:
            # a part alone moves no brand
            severity = "warning"
        return self._capped(severity, seen)

    def _capped(self, severity: Severity, seen: Seen) -> Severity:
        # weekends are unusual to whoever has only seen weekdays
        return "info" if severity == "warning" and seen.known_days < DAYS_OF_A_WEEK else severity
