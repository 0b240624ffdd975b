import numpy as np
import pytest

from monitor.detect.watch import read_incident
from tests.detect.world import DAY, HOUR, World, at, chatter, said, told

pytestmark = pytest.mark.usefixtures("short_memory")
NOW = 5 * DAY
RAGE = NOW + 6


def rage(*, seed=0, level=25, hours=1, first=RAGE, **columns):
    """A backlash of some hours."""
    return chatter(first, first + hours * HOUR, level=level, negative=0.8, seed=seed + 5, text="awful price hike", **columns)


def world(*heard):
    made = World(chatter(0, NOW + 2 * DAY), *heard)
    made.live(NOW - 3, NOW)
    return made


def counted(made, incident):
    """What the store holds of an incident's time."""
    return made.con.execute(
        "select sum(counted)::int, sum(negative)::int from rollup_5m where bin_start >= ? and bin_start < ?",
        [one.replace(tzinfo=None) for one in (incident.onset_at, incident.resolved_at)],
    ).fetchone()


@pytest.mark.parametrize("restart", [False, True], ids=["undisturbed", "with a restart in between"])
def test_a_backlash_that_arrives_forty_minutes_late_is_told_once(restart):
    made = world(rage(late=40))
    changes = made.live(NOW + 3, RAGE + 6)
    assert changes == []
    if restart:
        made.restart()
    changes = made.live(RAGE + 9, NOW + 4 * HOUR) + made.live(NOW + 5 * HOUR, NOW + 20 * HOUR, every=HOUR)
    assert [step for _, step in told(changes) if step != "escalated"] == ["opened", "resolved"]
    first = changes[0]
    assert first.incident.direction == "backlash"
    assert first.at.replace(tzinfo=None) <= at(RAGE + 8 + 6 + 6)
    assert abs(first.incident.onset_at.replace(tzinfo=None) - at(RAGE)) <= at(HOUR) - at(0)
    over = changes[-1].incident
    assert (over.observed, over.negative) == counted(made, over)


@pytest.mark.parametrize("restart", [False, True], ids=["undisturbed", "with a restart in between"])
def test_late_mentions_of_an_open_incident_correct_its_counts_and_tell_nobody_again(restart):
    made = world(rage(), rage(seed=1, level=15, late=150))
    changes = made.live(NOW + 3, RAGE + 2 * HOUR, every=6)
    opened = changes[0].incident
    before = read_incident(made.con, opened.id).observed
    if restart:
        made.restart()
    later = made.live(RAGE + 2 * HOUR + 3, RAGE + 6 * HOUR, every=6)
    assert later == []
    now = read_incident(made.con, opened.id)
    assert now.observed > before + 100
    assert (now.id, now.onset_at, now.noticed_at) == (opened.id, opened.onset_at, opened.noticed_at)
    last = made.live(RAGE + 7 * HOUR, RAGE + 20 * HOUR, every=HOUR)
    assert told(last) == [("main", "resolved")]
    over = last[0].incident
    assert (over.id, over.onset_at, over.noticed_at) == (opened.id, opened.onset_at, opened.noticed_at)
    assert (over.observed, over.negative) == counted(made, over)


def test_a_few_stragglers_change_nothing():
    stragglers = said(np.arange(RAGE + 1, RAGE + 6), labels=-1, late=70)
    plain, late = (world(rage(), *more) for more in ((), (stragglers,)))
    changes = [made.live(NOW + 3, RAGE + 3 * HOUR) for made in (plain, late)]
    assert next([(one.incident.id, one.change, one.at) for one in each] for each in changes) == [
        (one.incident.id, one.change, one.at) for one in changes[1]
    ]


def test_everyday_mentions_that_come_late_tell_nothing():
    made = World(chatter(0, NOW), chatter(NOW, NOW + DAY, seed=4, late=180))
    made.live(NOW - 3, NOW)
    assert [step for step in told(made.live(NOW + 6, NOW + 10 * HOUR, every=6)) if step[0] == "main"] == []


def test_mentions_that_come_days_late_open_nothing():
    made = world(rage(first=NOW - 3 * DAY, late=3 * 24 * 60 + 60))
    assert made.live(NOW + 3, NOW + 3 * HOUR) == []
