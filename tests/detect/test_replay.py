from datetime import UTC

import pytest

from monitor.config.models import Rule
from monitor.detect.replay import as_known, counts, difference, in_hindsight
from tests.detect.world import DAY, HOUR, World, at, chatter, said, told

pytestmark = pytest.mark.usefixtures("short_memory")
NOW = 5 * DAY
SUED = Rule(name="sued", when="text contains 'lawsuit'", at_least=2, within="2h", severity="critical")


def rage(first, *, late=1, level=20, **columns):
    return chatter(first, first + HOUR, level=level, negative=0.8, seed=first, text="awful price hike", late=late, **columns)


def aware(number):
    return at(number).replace(tzinfo=UTC)


def replayed(made, **changes):
    """What a replay tells, with these settings instead of those of the rounds."""
    asked = {"sensitivity": made.sensitivity, "since": aware(NOW - DAY), "until": aware(NOW + 2 * DAY)} | changes
    rules = asked.pop("rules", made.rules)
    return [one for one in as_known(made.con, [made.brand], rules, **asked) if one is not None]


def summed(alerts):
    return sorted((one.course.line, one.course.severity, one.alerted_at) for one in alerts)


def lived(made):
    """The same of what live detection told."""
    return sorted((one.line, one.severity, one.noticed_at) for one in made.incidents())


def told_of_everything(**more):
    """A backlash, one that comes late, two lawsuits, and a source that is not looked at for a while."""
    made = World(
        chatter(0, NOW + 2 * DAY),
        chatter(0, NOW + 2 * DAY, seed=1, source="reddit"),
        rage(NOW + 20),
        rage(NOW + 22 * HOUR, late=45),
        said([NOW + 30, NOW + 40], labels=-1, text="a lawsuit"),
        rules=[SUED],
        cover=False,
        **more,
    )
    made.cover(0, 100 * DAY)
    made.cover(0, NOW + 3 * HOUR, source="reddit")
    made.live(NOW - 6, NOW + 5 * HOUR, every=6)
    # it is asked again, and all of it is there
    made.cover(NOW + 3 * HOUR, 100 * DAY, source="reddit")
    made.live(NOW + 5 * HOUR + 6, NOW + 6 * HOUR, every=6)
    made.live(NOW + 7 * HOUR, NOW + 22 * HOUR, every=HOUR)
    made.live(NOW + 22 * HOUR + 6, NOW + 25 * HOUR, every=6)
    return made


@pytest.fixture(scope="module")
def made(short_memory):
    return told_of_everything()


@pytest.fixture(scope="module")
def present(made):
    return replayed(made)


def test_replay_as_known_tells_what_live_told(made, present):
    assert {line for line, _, _ in lived(made)} == {"main", "rule:sued"}
    assert len(lived(made)) >= 3
    assert summed(present) == lived(made)


def test_a_replay_that_begins_after_an_incident_does_not_tell_it_anew(made):
    since = aware(NOW + 8 * HOUR)
    assert summed(replayed(made, since=since)) == [one for one in lived(made) if one[2] > since]


def test_replay_of_the_same_settings_gains_and_loses_nothing(present):
    same = difference(present, present)
    assert (same.gained, same.lost, len(same.kept)) == ([], [], len(present))


def test_gained_lost_and_kept_add_up(made, present):
    other = replayed(made, sensitivity="eager")
    told = difference(present, other)
    assert len(present) == len(told.lost) + len(told.kept)
    assert len(other) == len(told.gained) + len(told.kept)
    assert sum(counts(other).values()) == len(other)


def test_a_rule_that_is_tried_gains_its_incident_and_one_left_out_loses_it(made, present):
    without = replayed(made, rules=[])
    told = difference(present, without)
    assert [one.course.line for one in told.lost] == ["rule:sued"]
    assert told.gained == []
    assert [one.course.line for one in difference(without, present).gained] == ["rule:sued"]


def test_hindsight_sees_the_late_one_when_it_was_said(made):
    found = in_hindsight(made.con, made.brand, [SUED], sensitivity="balanced", since=aware(NOW), until=aware(NOW + 25 * HOUR))
    starts = [one.alerted_at for one in found if one.course.line == "main"]
    assert any(aware(NOW + 20) < one <= aware(NOW + 32) for one in starts)
    assert any(one.course.line == "rule:sued" and one.course.observed == 2 for one in found)


def test_hindsight_of_another_time_is_silent(made):
    assert in_hindsight(made.con, made.brand, [SUED], sensitivity="balanced", since=aware(NOW - DAY), until=aware(NOW)) == []


def test_replay_of_a_restarted_process_is_that_of_an_undisturbed_one():
    made = World(chatter(0, NOW + DAY), rage(NOW + 20), rage(NOW + 3 * HOUR, late=30, level=30))
    changes = []
    for hours in range(5):
        changes += made.live(NOW + hours * HOUR, NOW + (hours + 1) * HOUR - 3)
        if hours in (1, 3):
            made.restart()
    assert told(changes)[0] == ("main", "opened")
    assert summed(replayed(made)) == lived(made)
