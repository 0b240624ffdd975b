"""What would have fired: history lived through again, with another sensitivity or other rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from monitor.config.models import Brand, Rule, Sensitivity
from monitor.detect.book import Book
from monitor.detect.course import SEVERITIES, Course
from monitor.detect.desk import Desks, Known
from monitor.detect.hindsight import past_of
from monitor.detect.records import course_of, read_incidents
from monitor.detect.series import naive


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident as it would have been told.

    alerted_at  aware, UTC: as it was known, when the round spoke; in hindsight, end of the bin that opened it
    course      to its end, or as far as was judged
    """

    brand: str
    alerted_at: datetime
    course: Course

    def is_the_same(self, other: "Alert") -> bool:
        """Whether two replays speak of one incident: the same line, at one time."""
        mine, theirs = self.course, other.course
        ends_before = mine.resolved_at is not None and mine.resolved_at <= theirs.onset
        begins_after = theirs.resolved_at is not None and theirs.resolved_at <= mine.onset
        return (self.brand, mine.line) == (other.brand, theirs.line) and not ends_before and not begins_after


@dataclass(frozen=True, slots=True)
class Difference:
    """Alerts of one replay beside those of another.

    gained, lost  those that only the other, or only the present one has
    kept          pairs of present and other
    """

    gained: Sequence[Alert]
    lost: Sequence[Alert]
    kept: Sequence[tuple[Alert, Alert]]


def difference(present: Sequence[Alert], other: Sequence[Alert]) -> Difference:
    """What another setting would gain and lose; two incidents that one spans are kept as one pair and a gain, or a loss."""
    kept: list[tuple[Alert, Alert]] = []
    left = list(other)
    lost = []
    for one in present:
        match = next((each for each in left if one.is_the_same(each)), None)
        if match is None:
            lost.append(one)
        else:
            left.remove(match)
            kept.append((one, match))
    return Difference(left, lost, kept)


def as_known(
    con: duckdb.DuckDBPyConnection,
    brands: Sequence[Brand],
    rules: Sequence[Rule],
    *,
    sensitivity: Sensitivity,
    since: datetime,
    until: datetime,
) -> Iterator[Alert | None]:
    """The alerts of [since, until), as live rounds would have told them: round by round, with what had been seen by then.

    yields  None after each round, so that a caller can say how far it is; then every alert

    Texts have the labels and rules of today. A round is one that live detection noted; where there was none, there is nothing
    to live through again: see `in_hindsight`. What live detection had told before the first round is taken as told, whatever the
    sensitivity: an incident that was going on, or just over, is not told anew.
    """
    rounds = con.execute(
        "select judged_at, judged_to, unseen from judgement where judged_to > ? and judged_to <= ? order by judged_to",
        [naive(since), naive(until)],
    ).fetchall()
    desks = Desks(brands, rules, sensitivity=sensitivity)
    told = {brand.name: _told_by(con, brand.name, rounds[0][0]) if rounds else [] for brand in brands}
    before: tuple[datetime, datetime] | None = None
    for judged_at, judged_to, unseen in rounds:
        if before is not None:
            book = Book(con, as_of=judged_at, unseen=unseen, unseen_from=before[1])
            places = {brand.name: before[1] for brand in brands}
            happened = desks.judge(
                book,
                places,
                until=judged_to,
                seen=(before[0], judged_at),
                ledger=lambda brand, _: [Known(one.course) for one in told[brand.name]],
            )
            for one in happened:
                if one.step == "opened":
                    told[one.brand.name].append(_Told(judged_at.replace(tzinfo=UTC), one.course))
                    continue
                current = next(each for each in reversed(told[one.brand.name]) if each.course.line == one.course.line)
                current.course = one.course
        before = judged_at, judged_to
        yield None
    for name, alerts in told.items():
        yield from (Alert(name, one.alerted_at, one.course) for one in alerts if one.alerted_at > since)


def _told_by(con: duckdb.DuckDBPyConnection, brand: str, at: datetime) -> list["_Told"]:
    """What live detection had told of a brand by a moment, naive UTC; over is what had been told to be over."""
    rows = con.execute("select id from v_incident_log where change = 'resolved' and changed_at <= ?", [at]).fetchall()
    over = {incident_id for (incident_id,) in rows}
    return [
        _Told(one.noticed_at, course_of(one if one.id in over else replace(one, resolved_at=None)))
        for one in read_incidents(con, brand=brand)
        if one.origin == "live" and naive(one.noticed_at) <= at
    ]


def in_hindsight(
    con: duckdb.DuckDBPyConnection,
    brand: Brand,
    rules: Sequence[Rule],
    *,
    sensitivity: Sensitivity,
    since: datetime,
    until: datetime,
) -> list[Alert]:
    """The incidents that opened in [since, until), given all that is known today: of what was imported too."""
    found = past_of(con, brand, sensitivity, until=until, rules=rules)
    return [
        Alert(brand.name, one.course.alerted_at.replace(tzinfo=UTC), one.course)
        for one in found
        if naive(since) <= one.course.alerted_at < naive(until)
    ]


def counts(alerts: Sequence[Alert]) -> Mapping[str, int]:
    """How many of each severity, the least first."""
    return {severity: sum(one.course.severity == severity for one in alerts) for severity in SEVERITIES}


@dataclass(slots=True)
class _Told:
    alerted_at: datetime
    course: Course
