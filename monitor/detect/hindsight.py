"""The detector over all that is stored: what it would have told, given the data as it is known now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import duckdb

from monitor.config.models import Brand, Rule, Sensitivity
from monitor.detect.book import Book
from monitor.detect.course import Course, Loud, RuleHit, Step
from monitor.detect.heard import UsualDay
from monitor.detect.incidents import Extras, Tracker
from monitor.detect.instruments import Instruments, parts_of
from monitor.detect.reasons import reason_of
from monitor.detect.records import (
    Change,
    Incident,
    delete_incidents,
    forget_steps,
    incident_of,
    local_day,
    log_change,
    log_text,
    next_id,
    read_incidents,
    with_what_was_said,
    write_incident,
)
from monitor.detect.series import BIN, bin_of, covered_span, naive

_DAY = timedelta(days=1)


def hindsight(
    con: duckdb.DuckDBPyConnection,
    brands: Sequence[Brand],
    *,
    sensitivity: Sensitivity,
    run_id: int | None,
    now: datetime,
) -> list[Change]:
    """Run the same detection over each brand's whole covered past as it is known now, as after a backfill; alerts nobody.

    What it finds is stored with origin "backfill", noticed at the end of the bin that would have alerted. An incident that
    overlaps a stored one of its line keeps its id and gets new evidence; one that overlaps a live incident is the live one's; stored
    ones that the data no longer shows are deleted, live ones never touched. Doing it again changes nothing.
    The rules of the configuration are for what is said from now on, so they are left out.

    returns  one "opened" for each incident that was not stored before
    """
    changes: list[Change] = []
    for brand in brands:
        changes += _hindsight(con, brand, sensitivity, run_id=run_id, now=naive(now))
    return changes


def _hindsight(
    con: duckdb.DuckDBPyConnection, brand: Brand, sensitivity: Sensitivity, *, run_id: int | None, now: datetime
) -> list[Change]:
    stored = read_incidents(con, brand=brand.name)
    live = [incident for incident in stored if incident.origin != "backfill"]
    past = [incident for incident in stored if incident.origin == "backfill"]
    found = [one for one in past_of(con, brand, sensitivity, until=now) if not any(one.overlaps(incident) for incident in live)]
    kept: dict[int, Incident] = {}
    for number, one in enumerate(found):
        match = next((incident for incident in past if incident not in kept.values() and one.overlaps(incident)), None)
        if match is not None:
            kept[number] = match
    ids = {incident.id for incident in kept.values()}
    delete_incidents(con, [incident.id for incident in past if incident.id not in ids])
    changes = []
    for number, one in enumerate(found):
        noticed_at = one.course.alerted_at
        incident_id = kept[number].id if number in kept else next_id(con, brand.slug, local_day(brand, noticed_at))
        reason = reason_of(con, brand, one.course, until=one.course.resolved_at or one.judged_to)
        incident = incident_of(brand, one.course, reason, incident_id=incident_id, origin="backfill", noticed_at=noticed_at)
        if number in kept and with_what_was_said(con, incident) == kept[number]:
            continue
        write_incident(con, incident, run_id=run_id)
        forget_steps(con, incident_id)
        for step, at, course in one.steps:
            log_change(con, replace(incident, severity=course.severity), step, at=at, text=log_text(incident, step, course))
        if number not in kept:
            changes.append(Change(incident, "opened", noticed_at.replace(tzinfo=UTC)))
    return changes


@dataclass(slots=True)
class Found:
    """An incident of the past: its course to the end or as far as was judged, and its steps, each with the course as it was then."""

    course: Course
    judged_to: datetime
    steps: list[tuple[Step, datetime, Course]] = field(default_factory=list)

    def overlaps(self, incident: Incident) -> bool:
        """Whether both were going on at one time, on one line."""
        ends_before = self.course.resolved_at is not None and self.course.resolved_at <= naive(incident.onset_at)
        begins_after = incident.resolved_at is not None and naive(incident.resolved_at) <= self.course.onset
        return self.course.line == incident.line and not ends_before and not begins_after


def past_of(
    con: duckdb.DuckDBPyConnection, brand: Brand, sensitivity: Sensitivity, *, until: datetime, rules: Sequence[Rule] = ()
) -> list[Found]:
    """Every incident of a brand's covered past, in the order of their opening, naive UTC.

    rules  of the configuration, as they would have met each mention when it was said
    """
    span = covered_span(con, brand.name)
    if span is None:
        return []
    book = Book(con)
    judged_to = min(span[1], bin_of(until))
    bins = book.bins([brand.name], span[0], judged_to)[brand.name]
    instruments = Instruments(brand.zone, parts=sorted(parts_of(bins)))
    tracker = Tracker(instruments.names, sensitivity=sensitivity)
    extras = _Extras(book, brand, rules, sensitivity)
    found: list[Found] = []
    open_: dict[str, Found] = {}
    crowd, hear = book.crowd(brand.name), book.hear(brand.name, UsualDay(), is_past=True)
    for seen in instruments.feed(bins, history=bins.between):
        for step, course in tracker.step(seen, extras.at(seen.start), crowd=crowd, hear=hear):
            if step == "opened":
                open_[course.line] = Found(course, judged_to)
                found.append(open_[course.line])
            open_[course.line].course = course
            open_[course.line].steps.append((step, seen.start + BIN, course))
    for course in tracker.open():
        open_[course.line].course = course
    return found


class _Extras:
    """Posts and rule hits of the past by the bin in which they were seen; read a UTC day at a time."""

    def __init__(self, book: Book, brand: Brand, rules: Sequence[Rule], sensitivity: Sensitivity) -> None:
        self._book, self._brand, self._rules = book, brand, rules
        self._sensitivity: Sensitivity = sensitivity
        self._day: datetime | None = None
        self._louds: dict[datetime, list[Loud]] = {}
        self._hits: dict[datetime, list[RuleHit]] = {}

    def at(self, start: datetime) -> Extras:
        """Those of one bin."""
        day = start.replace(hour=0, minute=0)
        if day != self._day:
            self._day = day
            self._read(day)
        return Extras(self._louds.get(start, ()), self._hits.get(start, ()))

    def _read(self, day: datetime) -> None:
        names = [self._brand.name]
        louds = self._book.louds(self._book.tops(names, day, sensitivity=self._sensitivity), day, day + _DAY, with_history=True)
        self._louds = defaultdict(list)
        for loud in louds.get(self._brand.name, []):
            self._louds[bin_of(loud.seen_at)].append(loud)
        self._hits = defaultdict(list)
        for hit in self._book.hits(self._rules, names, day, day + _DAY, in_hindsight=True).get(self._brand.name, []):
            self._hits[bin_of(hit.created_at)].append(hit)
