"""The detector at work, live: bin by bin, as they are completed, with what it says of them stored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import duckdb

from monitor.config.models import Brand, Rule, Sensitivity
from monitor.detect.book import Book
from monitor.detect.course import ENGAGEMENT, Course
from monitor.detect.desk import Desk, Desks, Happening, Known
from monitor.detect.explain import Reason
from monitor.detect.hindsight import hindsight
from monitor.detect.instruments import MEMORY
from monitor.detect.reasons import reason_of
from monitor.detect.records import (
    Change,
    Incident,
    course_of,
    incident_of,
    local_day,
    log_change,
    log_text,
    next_id,
    read_evidence,
    read_incident,
    read_incidents,
    with_what_was_said,
    write_incident,
)
from monitor.detect.series import bin_of, naive
from monitor.detect.verdict import Direction

__all__ = ["Change", "Incident", "Watch", "hindsight", "read_incident", "read_incidents"]

RECHECK = timedelta(hours=1)
DRIFT = 0.01


@dataclass(slots=True)
class _Written:
    """An open incident as last stored, at the end of which bin, and how many mentions it had when its texts were last read."""

    incident: Incident
    at: datetime
    explained: int


@dataclass(slots=True)
class _Checked:
    """Counted and negative mentions of [since, until) by brand, as they were when this was last looked at."""

    since: datetime
    until: datetime
    sums: dict[str, tuple[float, float]]


class Watch:
    """Live detection for some brands; keeps its place in memory, and finds it again in the store."""

    def __init__(self, brands: Sequence[Brand], *, sensitivity: Sensitivity, rules: Sequence[Rule] = ()) -> None:
        self._brands = list(brands)
        self._desks = Desks(brands, rules, sensitivity=sensitivity)
        self._written: dict[tuple[str, str], _Written] = {}
        self._checked: _Checked | None = None

    def judge(self, con: duckdb.DuckDBPyConnection, *, until: datetime, now: datetime) -> list[Change]:
        """Judge every bin of each brand that has not been judged and ends by `until`; called inside the caller's transaction.

        until  the bins before it are complete
        now    when incidents that open here were noticed

        A brand's first call only notes where judging starts: what lies before is warm-up and never alerts. Where
        the store's place differs from memory (a transaction was taken back, another process judged), or the past
        has changed by more than 1 % (a backfill, a new scoring), memory is built again from the store.
        """
        until, now = bin_of(until), naive(now)
        rows = con.execute("select brand, judged_to, judged_at from judged").fetchall()
        places: dict[str, datetime] = {brand: judged_to for brand, judged_to, _ in rows}
        behind = [brand.name for brand in self._brands if brand.name in places and places[brand.name] < until]
        changes: list[Change] = []
        if behind:
            self._forget_what_is_not_true(con, places, until)
            book = Book(con)
            seen_after = min(judged_at or judged_to for brand, judged_to, judged_at in rows if brand in behind)
            happened = self._desks.judge(
                book,
                places,
                until=until,
                seen=(seen_after, now),
                ledger=lambda brand, since: self._ledger(con, brand, since, places[brand.name]),
            )
            changes = [change for one in happened if (change := self._tell(con, one, now=now))]
            for name in behind:
                self._refresh(con, self._desks.open[name])
            con.execute("update judged set judged_to = ?, judged_at = ? where list_contains(?, brand)", [until, now, behind])
            con.execute("insert into judgement values (?, ?, ?)", [now, until, self._desks.unseen])
        for brand in self._brands:
            if brand.name not in places:
                con.execute("insert into judged values (?, ?, ?)", [brand.name, until, now])
        return changes

    def _ledger(self, con: duckdb.DuckDBPyConnection, brand: Brand, since: datetime, judged_to: datetime) -> list[Known]:
        """What the store knows of a brand's incidents; what is open there is from now on what is written."""
        stored = [one for one in read_incidents(con, brand=brand.name, since=since.replace(tzinfo=UTC)) if naive(one.onset_at) < judged_to]
        for key in [key for key in self._written if key[0] == brand.name]:
            del self._written[key]
        for one in stored:
            if one.resolved_at is None:
                self._written[brand.name, one.line] = _Written(one, judged_to, one.observed)
        return [Known(course_of(one), is_told=one.origin != "backfill") for one in stored]

    def _tell(self, con: duckdb.DuckDBPyConnection, happening: Happening, *, now: datetime) -> Change | None:
        """Store a step; None where nobody was ever told of the incident: found by a backfill, and over."""
        brand, step, course = happening.brand, happening.step, happening.course
        key = brand.name, course.line
        before = self._written.get(key)
        reason = _reason(con, brand, course, before.incident if before else None, until=course.resolved_at or happening.at)
        if before is None or (before.incident.origin == "backfill" and step != "resolved"):
            # an imported incident that still goes on is told as soon as it is seen live
            step = "opened"
            incident_id = before.incident.id if before else next_id(con, brand.slug, local_day(brand, now))
            incident = incident_of(brand, course, reason, incident_id=incident_id, origin="live", noticed_at=now)
        else:
            told = before.incident
            incident = incident_of(brand, course, reason, incident_id=told.id, origin=told.origin, noticed_at=naive(told.noticed_at))
        write_incident(con, incident)
        log_change(con, incident, step, at=now, text=log_text(incident, step, course))
        if step == "resolved":
            self._written.pop(key, None)
        else:
            self._written[key] = _Written(incident, happening.at, incident.evidence.counted)
        if incident.origin == "backfill":
            return None
        return Change(with_what_was_said(con, incident), step, happening.at.replace(tzinfo=UTC))

    def _refresh(self, con: duckdb.DuckDBPyConnection, desk: Desk) -> None:
        """Bring the stored figures of open incidents up to date, once an hour."""
        for course in desk.tracker.open():
            written = self._written.get((desk.brand.name, course.line))
            if written is not None and desk.judged_to - written.at >= RECHECK:
                self._write_again(con, desk, course, written)

    def _write_again(self, con: duckdb.DuckDBPyConnection, desk: Desk, course: Course, written: _Written) -> None:
        """Its texts are read again once it has twice as many."""
        incident = replace(
            written.incident,
            # as stored: a text that was taken back since is no example any more
            evidence=read_evidence(con, written.incident.id),
            series=course.series,
            peak=course.peak,
            peak_at=course.peak_at.replace(tzinfo=UTC),
            expected_low=course.expected_low,
            expected_high=course.expected_high,
            observed=course.observed,
            negative=course.negative,
            strength=course.strength,
        )
        explained = written.explained
        if course.observed >= 2 * max(1, explained):
            reason = _reason(con, desk.brand, course, incident, until=desk.judged_to)
            incident = replace(incident, direction=reason.direction, summary=reason.summary, evidence=reason.evidence)
            explained = course.observed
        if incident != written.incident:
            write_incident(con, incident)
        self._written[desk.brand.name, course.line] = _Written(incident, desk.judged_to, explained)

    def _forget_what_is_not_true(self, con: duckdb.DuckDBPyConnection, places: dict[str, datetime], until: datetime) -> None:
        """Where the past is no longer what a desk was built on, within 1 %, it is built again; looked at once an hour."""
        checked = self._checked
        if checked is not None:
            if until - checked.until < RECHECK:
                return
            now = _sums(con, checked.since, checked.until)
            for name, before in checked.sums.items():
                if any(abs(new - old) > max(20.0, DRIFT * old) for new, old in zip(now.get(name, (0.0, 0.0)), before, strict=True)):
                    self._desks.forget(name)
        since, judged_to = until - MEMORY, min(places.values())
        sums = _sums(con, since, judged_to)
        self._checked = _Checked(since, judged_to, {name: sums.get(name, (0.0, 0.0)) for name in places})


def _reason(con: duckdb.DuckDBPyConnection, brand: Brand, course: Course, told: Incident | None, *, until: datetime) -> Reason:
    """Why an incident is one; of a post that opened one before a restart, what was told of it stays."""
    reason = reason_of(con, brand, course, until=until)
    if told is None or course.loud is not None or course.series != (ENGAGEMENT,) or told.first_source is None:
        return reason
    first = told.first_source, told.first_source_id or ""
    direction = next(each for each in get_args(Direction) if each == told.direction)
    return replace(reason, direction=direction, summary=told.summary, first=first, spill=None)


def _sums(con: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> dict[str, tuple[float, float]]:
    rows = con.execute(
        "select brand, sum(counted)::double, sum(negative)::double from rollup_5m "
        "where facet = 'all' and bin_start >= ? and bin_start < ? group by brand",
        [since, until],
    ).fetchall()
    return {brand: (counted, negative) for brand, counted, negative in rows}
