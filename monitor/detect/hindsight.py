"""The detector over all that is stored: what it would have told, given the data as it is known now."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import duckdb

from monitor.config.models import Brand, Sensitivity
from monitor.detect.explain import explain
from monitor.detect.incidents import Course, Step, Tracker
from monitor.detect.records import (
    Change,
    Incident,
    delete_incidents,
    incident_of,
    local_day,
    log_change,
    log_text,
    next_id,
    read_incidents,
    write_incident,
)
from monitor.detect.series import BIN, bin_of, covered_span, naive, read_bins


def hindsight(
    con: duckdb.DuckDBPyConnection, brands: Sequence[Brand], *, sensitivity: Sensitivity, run_id: int | None, now: datetime
) -> list[Change]:
    """Run the same detection over each brand's whole covered past as it is known now, as after a backfill; alerts nobody.

    What it finds is stored with origin "backfill", noticed at the end of the bin that would have alerted. An incident that
    overlaps a stored one keeps its id and gets new evidence; one that overlaps a live incident is the live one's; stored
    ones that the data no longer shows are deleted, live ones never touched. Doing it again changes nothing.

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
    found = [one for one in _found(con, brand, sensitivity, until=now) if not any(one.overlaps(incident) for incident in live)]
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
        reason = explain(con, brand, one.course, until=one.course.resolved_at or one.judged_to)
        incident = incident_of(brand, one.course, reason, incident_id=incident_id, origin="backfill", noticed_at=noticed_at)
        if number in kept and incident == kept[number]:
            continue
        write_incident(con, incident, run_id=run_id)
        con.execute("delete from incident_log where id = ?", [incident_id])
        for step, at, course in one.steps:
            log_change(con, replace(incident, severity=course.severity), step, at=at, text=log_text(incident, step, course))
        if number not in kept:
            changes.append(Change(incident, "opened", noticed_at.replace(tzinfo=UTC)))
    return changes


@dataclass(slots=True)
class _Found:
    """An incident of the past: its course to the end or as far as was judged, and its steps, each with the course as it was then."""

    course: Course
    judged_to: datetime
    steps: list[tuple[Step, datetime, Course]] = field(default_factory=list)

    def overlaps(self, incident: Incident) -> bool:
        """Whether both were going on at one time."""
        ends_before = self.course.resolved_at is not None and self.course.resolved_at <= naive(incident.onset_at)
        begins_after = incident.resolved_at is not None and naive(incident.resolved_at) <= self.course.onset
        return not ends_before and not begins_after


def _found(con: duckdb.DuckDBPyConnection, brand: Brand, sensitivity: Sensitivity, *, until: datetime) -> list[_Found]:
    span = covered_span(con, brand.name)
    if span is None:
        return []
    judged_to = min(span[1], bin_of(until))
    tracker = Tracker(brand.zone, sensitivity=sensitivity)
    found: list[_Found] = []
    for bin_start, volume, negative in read_bins(con, brand.name, span[0], judged_to):
        step = tracker.step(bin_start, volume, negative)
        course = tracker.last if step == "resolved" else tracker.current
        if course is None:
            continue
        if step == "opened":
            found.append(_Found(course, judged_to))
        found[-1].course = course
        if step is not None:
            found[-1].steps.append((step, bin_start + BIN, course))
    return found
