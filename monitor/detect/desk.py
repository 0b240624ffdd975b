"""Detection of several brands, round by round; the same for what happens now and for what is lived through again."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from monitor.config.models import Brand, Rule, Sensitivity
from monitor.detect.book import OVERLAP, Book, unseen_of
from monitor.detect.course import MAIN, RULE, Course, Loud, RuleHit, Step
from monitor.detect.heard import Hear, UsualDay
from monitor.detect.incidents import NOTHING, RETELL, Armed, Extras, Tracker
from monitor.detect.instruments import MEMORY, History, Instruments, parts_of
from monitor.detect.loud import Top
from monitor.detect.series import BIN, Bin, Bins, bin_of
from monitor.detect.thresholds import FLOORS

log = logging.getLogger(__name__)

# how long ago a bin may lie that late mentions open again
REOPENED = timedelta(hours=24)
LATE_SHARE, MOST = 0.01, 0.9
# how often posts and late mentions are looked for
QUARTER = timedelta(minutes=15)
# where judging can begin again: at every hour of the last four, and every eighth of the last day
HOUR, HOURLY, APART = timedelta(hours=1), timedelta(hours=4), timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Known:
    """An incident that was told, or stored by an import.

    course   as far as is known; resolved_at None while it lasts
    is_told  False where an import found it: what goes on is then told as soon as it is seen live
    """

    course: Course
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Happening:
    """What became of an incident of a brand.

    at  end of the bin that brought it, naive UTC
    """

    brand: Brand
    step: Step
    course: Course
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Instruments and tracker as they stood before the bin that starts at `at`, naive UTC."""

    at: datetime
    instruments: Instruments
    tracker: Tracker


@dataclass(slots=True)
class Desk:
    """One brand's place: every bin before `judged_to` has been judged.

    late       mentions by hour that came for bins judged before, since these were last judged
    places     where judging can begin again, oldest first
    missing    sources that were not looked at in the last bin
    usual_day  how widely the brand is usually heard
    """

    brand: Brand
    instruments: Instruments
    tracker: Tracker
    judged_to: datetime
    places: list[Place]
    missing: frozenset[str] = frozenset()
    late: Counter[datetime] = field(default_factory=Counter)
    usual_day: UsualDay = field(default_factory=UsualDay)

    def keep_place(self) -> None:
        """Remember where judging stands, once an hour, and forget what is no longer needed."""
        if self.places and self.judged_to - self.places[-1].at < HOUR:
            return
        self.places.append(Place(self.judged_to, self.instruments.copy(), self.tracker.copy()))
        kept: list[Place] = []
        for place in reversed(self.places):
            if not kept or self.judged_to - place.at <= HOURLY or kept[-1].at - place.at >= APART:
                kept.append(place)
            if self.judged_to - place.at >= REOPENED:
                break
        self.places = kept[::-1]


# the incidents of a brand that lasted at a moment or later, oldest first
Ledger = Callable[[Brand, datetime], Sequence[Known]]


class Desks:
    """The brands' desks; each is built from the book, and built again where what it holds is no longer true."""

    def __init__(self, brands: Sequence[Brand], rules: Sequence[Rule], *, sensitivity: Sensitivity) -> None:
        self.brands = list(brands)
        self.rules = list(rules)
        self.sensitivity: Sensitivity = sensitivity
        self.open: dict[str, Desk] = {}
        self.unseen: list[str] = []
        self._tops: dict[tuple[str, str], Top] = {}
        self._tops_of: datetime | None = None

    def judge(
        self, book: Book, places: Mapping[str, datetime], *, until: datetime, seen: tuple[datetime, datetime], ledger: Ledger
    ) -> list[Happening]:
        """Judge every bin from each brand's place up to `until`.

        places  where judging stopped, by brand, naive UTC
        seen    what was first seen in this stretch of time, (after, to], has come since the last round
        """
        behind = [brand for brand in self.brands if brand.name in places and places[brand.name] < until]
        if not behind:
            return []
        happened: list[Happening] = []
        for brand in behind:
            self._desk(book, brand, places[brand.name], ledger, seen[0])
        first = min(places[brand.name] for brand in behind)
        names = [brand.name for brand in behind]
        bins = book.bins(names, first, until)
        extras = self._extras(book, names, first, until, seen)
        reopened = self._late(book, first, until, seen)
        self.unseen = []
        for brand in behind:
            desk = self.open[brand.name]
            new = [one for one in bins[brand.name] if one.start >= desk.judged_to]
            if not parts_of(new) <= desk.instruments.parts:
                late, desk = desk.late, self._build(book, brand, desk.judged_to, ledger, seen[0], found=parts_of(new))
                desk.late = late
                self.open[brand.name] = desk
            if brand.name in reopened:
                happened += _reopen(book, desk)
            desk.keep_place()
            happened += self._step(book, desk, new, extras.get(brand.name, NOTHING))
            self.unseen += unseen_of(brand.name, new, desk.instruments.members)
            desk.judged_to = until
        return sorted(happened, key=lambda one: one.at)

    def forget(self, brand: str) -> None:
        """Build a brand's desk anew when it is next needed."""
        self.open.pop(brand, None)

    def _step(self, book: Book, desk: Desk, bins: Sequence[Bin], extras: Extras) -> list[Happening]:
        happened = []
        crowd, hear = book.crowd(desk.brand.name), book.hear(desk.brand.name, desk.usual_day)
        for seen in desk.instruments.feed(bins, history=_history(book, desk.brand)):
            last = seen.start == bins[-1].start
            told = desk.tracker.step(seen, extras if last else NOTHING, crowd=crowd, hear=hear)
            happened += [Happening(desk.brand, step, course, seen.start + BIN) for step, course in told]
            self._note_missing(desk, seen.missing, seen.start)
        return happened

    def _note_missing(self, desk: Desk, missing: frozenset[str], start: datetime) -> None:
        """A gap is the operators' matter: said once, never an incident."""
        for source in sorted(missing - desk.missing):
            log.warning("%s: %s was not looked at from %s UTC on; judged without it", desk.brand.name, source, f"{start:%Y-%m-%d %H:%M}")
        for source in sorted(desk.missing - missing):
            log.info("%s: %s is looked at again from %s UTC on", desk.brand.name, source, f"{start:%Y-%m-%d %H:%M}")
        desk.missing = missing

    def _extras(
        self, book: Book, names: Sequence[str], first: datetime, until: datetime, seen: tuple[datetime, datetime]
    ) -> dict[str, Extras]:
        after = max(seen[0] - OVERLAP, first - REOPENED)
        met = book.hits(self.rules, names, after, seen[1])
        louds: dict[str, list[Loud]] = {}
        if _quarter(first) != _quarter(until):
            day = until.replace(hour=0, minute=0)
            if self._tops_of != day:
                self._tops, self._tops_of = book.tops([brand.name for brand in self.brands], day, sensitivity=self.sensitivity), day
            louds = book.louds(self._tops, after - QUARTER, seen[1])
        return {name: Extras(louds.get(name, []), met.get(name, [])) for name in names if name in louds or name in met}

    def _late(self, book: Book, first: datetime, until: datetime, seen: tuple[datetime, datetime]) -> set[str]:
        """The brands for which so much came late that its bins are judged again."""
        if _quarter(first) == _quarter(until):
            return set()
        names = list(self.open)
        came = book.late(names, first - REOPENED, first, seen=(max(seen[0] - QUARTER, first - REOPENED), seen[1]))
        reopened = set()
        for name, hours in came.items():
            desk = self.open[name]
            desk.late.update(hours)
            if desk.late.total() >= max(FLOORS["negative"], LATE_SHARE * desk.tracker.last_day):
                reopened.add(name)
        return reopened

    def _desk(self, book: Book, brand: Brand, judged_to: datetime, ledger: Ledger, seen_to: datetime) -> Desk:
        desk = self.open.get(brand.name)
        if desk is None or desk.judged_to != judged_to:
            desk = self.open[brand.name] = self._build(book, brand, judged_to, ledger, seen_to)
        return desk

    def _build(
        self,
        book: Book,
        brand: Brand,
        judged_to: datetime,
        ledger: Ledger,
        seen_to: datetime,
        *,
        found: frozenset[str] | set[str] = frozenset(),
    ) -> Desk:
        """A desk as an undisturbed process would have it: the gauges fed again, open incidents lived through again from their onset."""
        since = judged_to - MEMORY
        known = ledger(brand, since)
        bins = book.bins([brand.name], since, judged_to)[brand.name]
        instruments = Instruments(brand.zone, parts=sorted(parts_of(bins) | found))
        tracker = Tracker(instruments.names, sensitivity=self.sensitivity)
        lasting = {one.course.line: one for one in known if one.course.resolved_at is None}
        for one in known:
            if one.course.resolved_at is not None:
                tracker.remember(one.course.line, resolved_at=one.course.resolved_at, strength=one.course.strength)
        armed_from = {line: one.course.onset for line, one in lasting.items()}
        extras = self._relived(book, brand, judged_to, armed_from, seen_to)
        crowd, hear = book.crowd(brand.name), _as_told(lasting.get(MAIN))
        desk = Desk(brand, instruments, tracker, since, [])
        for edge in (judged_to - REOPENED, judged_to - REOPENED + APART, judged_to - APART, judged_to):
            for seen in instruments.feed(bins.between(desk.judged_to, edge), history=_history(book, brand)):
                met = extras.get(seen.start, NOTHING)
                tracker.step(seen, met, crowd=crowd, hear=hear, armed=_armed(seen.start, armed_from))
                desk.missing = seen.missing
            desk.judged_to = edge
            if edge < judged_to:
                desk.keep_place()
        for line, one in lasting.items():
            tracker.adopt(_adopted(one, tracker.current(line)))
        return desk

    def _relived(
        self, book: Book, brand: Brand, judged_to: datetime, armed_from: Mapping[str, datetime], seen_to: datetime
    ) -> dict[datetime, Extras]:
        """What rules met since their open incident began, or within the time in which they count, by bin; up to the last round."""
        since = [start for line, start in armed_from.items() if line.startswith(RULE)]
        since += [judged_to - timedelta(seconds=rule.within) for rule in self.rules if rule.at_least > 1]
        if not since:
            return {}
        by_bin: dict[datetime, list[RuleHit]] = {}
        for hit in book.hits(self.rules, [brand.name], min(since), seen_to).get(brand.name, []):
            # a round is told what was seen by then with its last bin, though it may have been said a little later
            by_bin.setdefault(min(bin_of(hit.created_at), judged_to - BIN), []).append(hit)
        return {start: Extras(hits=found) for start, found in by_bin.items()}


def _reopen(book: Book, desk: Desk) -> list[Happening]:
    """Judge again from the hours that most late mentions belong to; what is shown and was never told is told now."""
    since = _begin_of_most(desk.late)
    place = next((one for one in reversed(desk.places) if one.at <= since), desk.places[0])
    before = [one for one in desk.places if one.at <= place.at]
    again = Desk(desk.brand, place.instruments.copy(), place.tracker.copy(), place.at, before)
    bins = book.bins([desk.brand.name], place.at, desk.judged_to)[desk.brand.name]
    crowd, hear = book.crowd(desk.brand.name), book.hear(desk.brand.name, desk.usual_day)
    told: list[tuple[Step, Course]] = []
    while again.judged_to < desk.judged_to:
        edge = min(again.judged_to + HOUR, desk.judged_to)
        for seen in again.instruments.feed(bins.between(again.judged_to, edge), history=_history(book, desk.brand)):
            steps = again.tracker.step(seen, crowd=crowd, hear=hear, armed=lambda line: line == MAIN)
            told += [one for one in steps if one[1].line == MAIN]
        again.judged_to = edge
        again.keep_place()
    desk.instruments, desk.places = again.instruments, again.places
    desk.late.clear()
    news = desk.tracker.judged_again(again.tracker, told, since=place.tracker)
    return [Happening(desk.brand, step, course, desk.judged_to) for step, course in news]


def _begin_of_most(hours: Counter[datetime]) -> datetime:
    """The hour from which on nine tenths were said, or more: a few stragglers change no judgement."""
    said = sorted(hours.elements(), reverse=True)
    return said[ceil(MOST * len(said)) - 1]


def _armed(start: datetime, armed_from: Mapping[str, datetime]) -> Armed:
    return lambda line: line in armed_from and start >= armed_from[line]


def _as_told(known: Known | None) -> Hear:
    """How widely an incident was heard, as it was told: views of then are not read again."""
    return lambda _onset, _until: known.course.heard if known else None


def _adopted(known: Known, relived: Course | None) -> Course:
    """The course of an open incident: as lived through again, or as it was where the data no longer opens it."""
    course = known.course
    if relived is not None:
        same = relived.severity == course.severity
        # a severity that only late mentions show was never told
        course = replace(relived, onset=course.onset, escalated=course.escalated or relived.escalated) if same else relived.as_told(course)
    return course if known.is_told else replace(course, told=0.0, told_at=course.onset - RETELL)


def _history(book: Book, brand: Brand) -> History:
    def read(since: datetime, until: datetime) -> Bins:
        return book.bins([brand.name], since, until)[brand.name]

    return read


def _quarter(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp() // QUARTER.total_seconds())
