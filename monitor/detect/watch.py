"""The detector at work, live: bin by bin, as they are completed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import duckdb

from monitor.config.models import Brand, Sensitivity
from monitor.detect.explain import explain
from monitor.detect.hindsight import hindsight
from monitor.detect.incidents import SEVERITIES, Course, Step, Tracker, warm
from monitor.detect.records import (
    Change,
    Incident,
    incident_of,
    local_day,
    log_change,
    log_text,
    next_id,
    read_evidence,
    read_incident,
    read_incidents,
    write_incident,
)
from monitor.detect.series import BIN, Bins, bin_of, naive, read_bins, read_many

__all__ = ["Change", "Incident", "Watch", "hindsight", "read_incident", "read_incidents"]

# the baseline of 28 local days, each judged against the week before it, and a day for the change of clocks
MEMORY = timedelta(days=37)
RECHECK = timedelta(hours=1)
DRIFT = 0.01


@dataclass(slots=True)
class _Desk:
    """One brand's place in live detection.

    judged_to  every bin before it has been judged
    checked    counted and negative mentions of [checked_from, checked_to), as they were when the tracker saw them
    written, written_at  the open incident as last stored, and the end of the bin then judged
    explained  how many mentions it had when its texts were last read
    """

    brand: Brand
    tracker: Tracker
    judged_to: datetime
    checked_from: datetime
    checked_to: datetime
    checked: tuple[float, float]
    written: Incident | None
    written_at: datetime
    explained: int


class Watch:
    """Live detection for some brands; keeps its place in memory, and finds it again in the store."""

    def __init__(self, brands: Sequence[Brand], *, sensitivity: Sensitivity) -> None:
        self._brands = list(brands)
        self._sensitivity: Sensitivity = sensitivity
        self._desks: dict[str, _Desk] = {}

    def judge(self, con: duckdb.DuckDBPyConnection, *, until: datetime, now: datetime) -> list[Change]:
        """Judge every bin of each brand that has not been judged and ends by `until`; called inside the caller's transaction.

        until  the bins before it are complete
        now    when incidents that open here were noticed

        A brand's first call only notes where judging starts: what lies before is warm-up and never alerts. Where
        the store's place differs from memory (a transaction was taken back, another process judged), or the past
        has changed by more than 1 % (a backfill, a new scoring), memory is built again from the store.
        """
        until, now = bin_of(until), naive(now)
        places: dict[str, datetime] = dict(con.execute("select brand, judged_to from judged").fetchall())
        new = [brand for brand in self._brands if brand.name not in places]
        behind = [brand for brand in self._brands if brand.name in places and places[brand.name] < until]
        desks = [self._desk(con, brand, places[brand.name]) for brand in behind]
        changes: list[Change] = []
        if desks:
            bins = read_many(con, [desk.brand.name for desk in desks], min(desk.judged_to for desk in desks), until)
            for desk in desks:
                changes += self._judge(con, desk, bins[desk.brand.name], now=now)
                desk.judged_to = until
        if behind:
            con.execute("update judged set judged_to = ? where list_contains(?, brand)", [until, [brand.name for brand in behind]])
        for brand in new:
            con.execute("insert into judged values (?, ?)", [brand.name, until])
        return sorted(changes, key=lambda change: change.at)

    def _desk(self, con: duckdb.DuckDBPyConnection, brand: Brand, judged_to: datetime) -> _Desk:
        desk = self._desks.get(brand.name)
        if desk is None or desk.judged_to != judged_to or not _still_true(con, desk):
            desk = self._desks[brand.name] = _desk_from_store(con, brand, judged_to, self._sensitivity)
        return desk

    def _judge(self, con: duckdb.DuckDBPyConnection, desk: _Desk, bins: Bins, *, now: datetime) -> list[Change]:
        changes = []
        for bin_start, volume, negative in bins:
            if bin_start < desk.judged_to:
                continue
            step = desk.tracker.step(bin_start, volume, negative)
            end = bin_start + BIN
            if step is not None and (change := _tell(con, desk, step, end=end, now=now)):
                changes.append(change)
            elif desk.tracker.current is not None and end - desk.written_at >= RECHECK:
                _refresh(con, desk, desk.tracker.current, end=end)
        return changes


def _tell(con: duckdb.DuckDBPyConnection, desk: _Desk, step: Step, *, end: datetime, now: datetime) -> Change | None:
    """Store a step of the open incident; None where nobody was ever told of it: found by a backfill, and over."""
    course = desk.tracker.last if step == "resolved" else desk.tracker.current
    assert course is not None
    before = desk.written
    reason = explain(con, desk.brand, course, until=course.resolved_at or end)
    if before is None or (before.origin == "backfill" and step != "resolved"):
        # an imported incident that still goes on is told as soon as it is seen live
        step = "opened"
        incident_id = before.id if before else next_id(con, desk.brand.slug, local_day(desk.brand, now))
        incident = incident_of(desk.brand, course, reason, incident_id=incident_id, origin="live", noticed_at=now)
    else:
        incident = incident_of(desk.brand, course, reason, incident_id=before.id, origin=before.origin, noticed_at=naive(before.noticed_at))
    write_incident(con, incident)
    log_change(con, incident, step, at=now, text=log_text(incident, step, course))
    desk.written, desk.written_at, desk.explained = (None if step == "resolved" else incident), end, incident.evidence.counted
    return None if incident.origin == "backfill" else Change(incident, step, end.replace(tzinfo=UTC))


def _refresh(con: duckdb.DuckDBPyConnection, desk: _Desk, course: Course, *, end: datetime) -> None:
    """Bring the stored figures of an open incident up to date; its texts are read again once it has twice as many."""
    assert desk.written is not None
    incident = replace(
        desk.written,
        # as stored: a text that was taken back since is no example any more
        evidence=read_evidence(con, desk.written.id),
        series=course.series,
        peak=course.peak,
        peak_at=course.peak_at.replace(tzinfo=UTC),
        expected_low=course.expected_low,
        expected_high=course.expected_high,
        observed=course.observed,
        negative=course.negative,
        strength=course.strength,
    )
    if course.observed >= 2 * desk.explained:
        reason = explain(con, desk.brand, course, until=end)
        incident = replace(incident, direction=reason.direction, summary=reason.summary, evidence=reason.evidence)
        desk.explained = course.observed
    if incident != desk.written:
        write_incident(con, incident)
    desk.written, desk.written_at = incident, end


def _desk_from_store(con: duckdb.DuckDBPyConnection, brand: Brand, judged_to: datetime, sensitivity: Sensitivity) -> _Desk:
    """A place as an undisturbed process would have it: the gauges fed again, the open incident lived through again from its onset."""
    since = judged_to - MEMORY
    tracker = Tracker(brand.zone, sensitivity=sensitivity)
    stored = [one for one in read_incidents(con, brand=brand.name, since=since.replace(tzinfo=UTC)) if naive(one.onset_at) < judged_to]
    current = next((one for one in reversed(stored) if one.resolved_at is None), None)
    over = [one for one in stored if one.resolved_at is not None]
    if over:
        last = max(over, key=lambda one: one.resolved_at or one.onset_at)
        assert last.resolved_at is not None
        tracker.remember(resolved_at=naive(last.resolved_at), strength=last.strength)
    bins = read_bins(con, brand.name, since, judged_to)
    armed_from = naive(current.onset_at) if current else judged_to
    warm(tracker, bins, armed_from=armed_from)
    if current is not None:
        tracker.adopt(_course(current, tracker.current), told=current.origin != "backfill")
    return _Desk(
        brand,
        tracker,
        judged_to,
        since,
        judged_to,
        _checksum(con, brand.name, since, judged_to),
        current,
        judged_to,
        current.observed if current else 0,
    )


def _course(incident: Incident, relived: Course | None) -> Course:
    """The course of a stored open incident: as lived through again, or as stored where the data no longer opens it."""
    if relived is not None:
        return replace(relived, onset=naive(incident.onset_at))
    onset, noticed_at = naive(incident.onset_at), naive(incident.noticed_at)
    severity = next(name for name in SEVERITIES if name == incident.severity)
    return Course(
        onset=onset,
        alerted_at=noticed_at,
        resolved_at=None,
        series=tuple(incident.series),
        peak=incident.peak,
        peak_at=naive(incident.peak_at),
        expected_low=incident.expected_low,
        expected_high=incident.expected_high,
        negative_peak=0,
        negative_low=0.0,
        negative_high=0.0,
        observed=incident.observed,
        negative=incident.negative,
        strength=incident.strength,
        told=incident.strength,
        told_at=noticed_at,
        strong_bins=0,
        severity=severity,
        escalated=incident.state == "escalated",
    )


def _still_true(con: duckdb.DuckDBPyConnection, desk: _Desk) -> bool:
    """Whether the past still is what the tracker saw, within 1 %; looked at once an hour."""
    if desk.judged_to - desk.checked_to < RECHECK:
        return True
    now = _checksum(con, desk.brand.name, desk.checked_from, desk.checked_to)
    if any(abs(new - old) > max(20.0, DRIFT * old) for new, old in zip(now, desk.checked, strict=True)):
        return False
    desk.checked_from, desk.checked_to = desk.judged_to - MEMORY, desk.judged_to
    desk.checked = _checksum(con, desk.brand.name, desk.checked_from, desk.checked_to)
    return True


def _checksum(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> tuple[float, float]:
    rows = con.execute(
        "select coalesce(sum(counted), 0)::double, coalesce(sum(negative), 0)::double from rollup_5m "
        "where brand = ? and facet = 'all' and bin_start >= ? and bin_start < ?",
        [brand, since, until],
    ).fetchall()
    return rows[0][0], rows[0][1]
