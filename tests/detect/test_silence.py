import logging

import pytest

from tests.detect.world import DAY, HOUR, World, at, chatter, told

pytestmark = pytest.mark.usefixtures("short_memory")
NOW = 8 * DAY
BACK = NOW + 10 * HOUR


def world(**more):
    """Speaks until NOW and from BACK on."""
    made = World(chatter(0, NOW), chatter(BACK, NOW + 2 * DAY, seed=1), **more)
    made.live(NOW - 3, NOW)
    return made


def test_a_brand_that_falls_silent_while_it_is_looked_at_is_told_and_ends_when_it_speaks_again():
    changes = world().live(NOW + HOUR, NOW + 16 * HOUR, every=HOUR // 2)
    assert told(changes) == [("quiet", "opened"), ("quiet", "resolved")]
    first, last = (change.incident for change in changes)
    assert (first.direction, first.found_by, first.severity) == ("quiet", "detector", "warning")
    assert first.onset_at.replace(tzinfo=None) == at(NOW)
    # the stretch of three hours and the hour that closes it
    assert changes[0].at.replace(tzinfo=None) <= at(NOW + 4 * HOUR)
    assert first.peak == 0 < first.expected_low
    assert (last.state, last.direction) == ("resolved", "quiet")
    assert at(BACK) < last.resolved_at.replace(tzinfo=None) <= at(BACK + 4 * HOUR)


def test_a_gap_is_no_incident_and_is_said_once(caplog):
    made = world(cover=False)
    made.cover(0, NOW)
    made.cover(BACK, NOW + 2 * DAY)
    made.restart()
    with caplog.at_level(logging.INFO, logger="monitor.detect"):
        assert made.live(NOW, NOW + 16 * HOUR, every=HOUR) == []
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "Streamly: x was not looked at from 2026-06-09 00:00 UTC on; judged without it",
        "Streamly: x is looked at again from 2026-06-09 10:00 UTC on",
    ]


def test_a_gap_that_went_on_through_a_restart_is_said_once(caplog):
    made = World(chatter(0, NOW), cover=False)
    made.cover(0, NOW)
    made.live(NOW - 3, NOW + 3)
    made.restart()
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="monitor.detect"):
        assert made.live(NOW + HOUR, NOW + 5 * HOUR, every=HOUR) == []
    assert caplog.records == []


def test_a_restart_in_a_silence_tells_nobody_again():
    made = world()
    changes = made.live(NOW + HOUR, NOW + 6 * HOUR, every=HOUR)
    made.restart()
    changes += made.live(NOW + 7 * HOUR, NOW + 16 * HOUR, every=HOUR)
    assert told(changes) == [("quiet", "opened"), ("quiet", "resolved")]


def test_a_quiet_series_that_says_nothing_for_a_day_is_as_usual():
    made = World(chatter(0, NOW, level=0.05))
    made.live(NOW - 3, NOW)
    assert made.live(NOW + HOUR, NOW + DAY, every=HOUR) == []


def test_one_of_two_sources_that_falls_silent_is_told_by_its_name():
    made = World(chatter(0, NOW), chatter(0, NOW + DAY, seed=2, source="reddit"))
    made.cover(0, NOW + 2 * DAY, source="reddit")
    made.live(NOW - 3, NOW)
    (change, *_) = made.live(NOW + HOUR, NOW + 6 * HOUR, every=HOUR)
    assert (change.change, change.incident.line, change.incident.series) == ("opened", "quiet", ("source:x",))
    assert "on x" in change.incident.summary


def test_who_was_watched_for_less_than_a_week_has_no_silence():
    made = World(chatter(2 * DAY, NOW), cover=False)
    made.cover(2 * DAY, NOW + 2 * DAY)
    made.live(NOW - 3, NOW)
    assert made.live(NOW + HOUR, NOW + 10 * HOUR, every=HOUR) == []
