"""Incidents as the store keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import duckdb

from monitor.config.models import Brand
from monitor.detect.course import RULE, SEVERITIES, Course, Step
from monitor.detect.evidence import Evidence
from monitor.detect.explain import Reason
from monitor.detect.series import naive
from monitor.errors import StoreError


@dataclass(frozen=True, slots=True)
class Incident:
    """A row of `v_incidents`; times are aware and UTC.

    line            main, side, quiet or rule:NAME; a brand has one open incident at most on each
    peak            mentions in its largest hour, which ends with the bin that starts at peak_at; of silence, in the stretch that shows it
    expected_low, expected_high   what that hour usually brings
    observed, negative            mentions from the onset to the end, or as far as was judged
    resolved_at     when it ended, twelve hours before that could be known; None while it lasts
    strength        how unusual it was at most, in parts of what opens an incident
    partial         whether a source could not be looked at when it opened
    acknowledged_*  who last said that they are on it, and when; None: nobody
    silenced_*      from when on nobody is told of it, who said so, and until when; silenced_until None: until it is over
    """

    id: str
    brand: str
    state: str
    direction: str
    severity: str
    origin: str
    found_by: str
    line: str
    series: Sequence[str]
    onset_at: datetime
    noticed_at: datetime
    resolved_at: datetime | None
    peak_at: datetime
    peak: int
    expected_low: float
    expected_high: float
    observed: int
    negative: int
    strength: float
    partial: bool
    first_source: str | None
    first_source_id: str | None
    event: str | None
    summary: str
    evidence: Evidence
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    silenced_at: datetime | None = None
    silenced_by: str | None = None
    silenced_until: datetime | None = None

    def is_silenced(self, at: datetime) -> bool:
        """Whether nobody is to be told of it at a moment, aware."""
        return self.silenced_at is not None and (self.silenced_until is None or at < self.silenced_until)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an incident.

    change  opened, escalated or resolved
    at      end of the bin that brought it, UTC
    """

    incident: Incident
    change: Step
    at: datetime

    def is_alert(self, now: datetime) -> bool:
        """Whether people are to be told of it: it is more than info, and not silenced."""
        return self.incident.severity != "info" and not self.incident.is_silenced(now)


# what people say of it; the rest is what detection says, and writes
_SAID = ("acknowledged_at", "acknowledged_by", "silenced_at", "silenced_by", "silenced_until")
_READ = tuple(field.name for field in fields(Incident))
_COLUMNS = tuple(name for name in _READ if name not in _SAID)


def read_incidents(
    con: duckdb.DuckDBPyConnection, *, brand: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[Incident]:
    """Incidents that were going on in [since, until), oldest first; None: no bound, every brand."""
    rows = con.execute(
        f"""
        select {", ".join(_READ)} from v_incidents
        where (? is null or lower(brand) = lower(?)) and (?::timestamp is null or coalesce(resolved_at, 'infinity') > ?::timestamp)
            and (?::timestamp is null or onset_at < ?::timestamp)
        order by onset_at, id
        """,
        [brand, brand, *[since and naive(since)] * 2, *[until and naive(until)] * 2],
    ).fetchall()
    return [_incident(row) for row in rows]


def read_incident(con: duckdb.DuckDBPyConnection, incident_id: str) -> Incident:
    """One incident.

    raises  StoreError where there is none of that id
    """
    rows = con.execute(f"select {', '.join(_READ)} from v_incidents where id = ?", [incident_id]).fetchall()
    if not rows:
        raise StoreError(f"no incident {incident_id!r}; `monitor incidents list` shows those there are")
    return _incident(rows[0])


def read_evidence(con: duckdb.DuckDBPyConnection, incident_id: str) -> Evidence:
    """What a stored incident is explained with."""
    return Evidence.from_json(con.execute("select evidence from incident where id = ?", [incident_id]).fetchall()[0][0])


def with_what_was_said(con: duckdb.DuckDBPyConnection, incident: Incident) -> Incident:
    """An incident with what people have said of the stored one of its id, where there is one."""
    rows = con.execute(f"select {', '.join(_SAID)} from incident where id = ?", [incident.id]).fetchall()
    return replace(incident, **{name: _aware(value) for name, value in zip(_SAID, rows[0], strict=True)}) if rows else incident


def write_incident(con: duckdb.DuckDBPyConnection, incident: Incident, *, run_id: int | None = None) -> None:
    """Store an incident, in the place of the one that has its id; what people said of that one stays.

    run_id  the backfill that found it; None keeps what is stored
    """
    values = [_stored(getattr(incident, name)) for name in _COLUMNS]
    con.execute(
        f"""
        insert into incident ({", ".join(_COLUMNS)}, run_id) values ({", ".join("?" * len(_COLUMNS))}, ?)
        on conflict (id) do update set
            {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])}, run_id = coalesce(excluded.run_id, run_id)
        """,
        [*values, run_id],
    )


def log_change(con: duckdb.DuckDBPyConnection, incident: Incident, change: str, *, at: datetime, text: str) -> None:
    """Note what became of an incident, and how it was said."""
    con.execute("insert into incident_log values (?, ?, ?, ?, ?)", [incident.id, naive(at), change, incident.severity, text])


def forget_steps(con: duckdb.DuckDBPyConnection, incident_id: str) -> None:
    """Take back what was noted of an incident's course; what people said of it stays."""
    con.execute("delete from incident_log where id = ? and list_contains(?, change)", [incident_id, list(get_args(Step))])


def delete_incidents(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> None:
    """Take incidents back, with what was noted of them."""
    if ids:
        con.execute("delete from incident where list_contains(?, id)", [list(ids)])
        con.execute("delete from incident_log where list_contains(?, id)", [list(ids)])


def next_id(con: duckdb.DuckDBPyConnection, slug: str, day: date) -> str:
    """The id of the next incident that opens on a local day."""
    stem = f"{slug}-{day:%Y%m%d}-"
    rows = con.execute("select id from incident where starts_with(id, ?)", [stem]).fetchall()
    return f"{stem}{1 + max((int(row[0].removeprefix(stem)) for row in rows), default=0)}"


def incident_of(brand: Brand, course: Course, reason: Reason, *, incident_id: str, origin: str, noticed_at: datetime) -> Incident:
    """The record of a course and its reason; noticed_at naive UTC."""
    source, source_id = reason.first or (None, None)
    return Incident(
        id=incident_id,
        brand=brand.name,
        state="resolved" if course.resolved_at else "escalated" if course.escalated else "open",
        direction=reason.direction,
        # what spills over from another brand is that brand's alarm
        severity="info" if reason.spill else course.severity,
        origin=origin,
        found_by="rule" if course.line.startswith(RULE) else "detector",
        line=course.line,
        series=course.series,
        onset_at=course.onset.replace(tzinfo=UTC),
        noticed_at=noticed_at.replace(tzinfo=UTC),
        resolved_at=course.resolved_at and course.resolved_at.replace(tzinfo=UTC),
        peak_at=course.peak_at.replace(tzinfo=UTC),
        peak=course.peak,
        expected_low=course.expected_low,
        expected_high=course.expected_high,
        observed=course.observed,
        negative=course.negative,
        strength=course.strength,
        partial=course.partial,
        first_source=source,
        first_source_id=source_id,
        event=reason.event,
        summary=reason.summary,
        evidence=reason.evidence,
    )


def course_of(incident: Incident) -> Course:
    """The course of a stored incident, as far as it is stored."""
    onset, noticed_at = naive(incident.onset_at), naive(incident.noticed_at)
    return Course(
        line=incident.line,
        onset=onset,
        alerted_at=noticed_at,
        resolved_at=incident.resolved_at and naive(incident.resolved_at),
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
        severity=next(name for name in SEVERITIES if name == incident.severity),
        partial=incident.partial,
        escalated=incident.state == "escalated",
        heard=incident.evidence.heard,
    )


def log_text(incident: Incident, step: Step, course: Course) -> str:
    """A step in a sentence, as it is noted."""
    # as of this step; of what spills over another brand tells
    reach = course.heard if incident.evidence.heard else None
    heard = f"; viewed {reach.views:,} times or more, on a usual day up to {reach.usual:,}" if reach else ""
    match step:
        case "opened":
            return incident.summary + heard
        case "escalated":
            return (
                f"{incident.brand} {incident.direction}, now {course.severity}: "
                f"{course.observed:,} mentions so far, {course.negative:,} negative{heard}"
            )
        case "resolved":
            hours = round(((course.resolved_at or course.onset) - course.onset) / timedelta(hours=1))
            return (
                f"{incident.brand} {incident.direction} over after {hours} h: {course.observed:,} mentions, "
                f"{course.negative:,} negative, {course.peak:,} in the largest hour"
            )


def local_day(brand: Brand, moment: datetime) -> date:
    """The brand's day at a moment, naive UTC."""
    return moment.replace(tzinfo=UTC).astimezone(brand.zone).date()


def _incident(row: Sequence[Any]) -> Incident:
    values: dict[str, Any] = {name: _aware(value) for name, value in zip(_READ, row, strict=True)}
    return Incident(**values | {"series": tuple(values["series"]), "evidence": Evidence.from_json(values["evidence"])})


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _stored(value: Any) -> Any:
    if isinstance(value, Evidence):
        return value.to_json()
    if isinstance(value, datetime):
        return naive(value)
    return list(value) if isinstance(value, tuple) else value
