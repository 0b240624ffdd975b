from datetime import timedelta
from itertools import pairwise
from math import nan
from zoneinfo import ZoneInfo

import pytest

from monitor.detect.course import severity_of
from monitor.detect.incidents import Tracker
from monitor.detect.instruments import Instruments
from tests.detect.conftest import DAY, START, bins, everyday, planted


def run(volume, negative, *, sensitivity="balanced"):
    series = bins(volume, negative)
    instruments = Instruments(ZoneInfo("America/New_York"), parts=[])
    tracker = Tracker(instruments.names, sensitivity=sensitivity)
    return [
        (step, number, course)
        for number, seen in enumerate(instruments.feed(series, history=series.between))
        for step, course in tracker.step(seen)
        if course.line == "main"
    ]


def names(steps):
    return [step for step, _, _ in steps]


@pytest.mark.parametrize("seed", range(4))
def test_everyday_noise_opens_nothing_above_info(seed):
    assert all(course.severity == "info" for _, _, course in run(*everyday(seed)))


@pytest.mark.parametrize("hour", [2, 9, 14, 20])
def test_a_backlash_of_three_days_is_one_incident(hour):
    at = 15 * DAY + hour * 12
    steps = [step for step in run(*planted(*everyday(hour, days=24), at=at, size=25_000)) if step[1] >= at]
    assert names(steps)[0] == "opened"
    assert names(steps).count("opened") == names(steps).count("resolved") == 1
    _, opened, course = steps[0]
    assert 0 <= opened - at <= 12
    assert abs(course.onset - (START + timedelta(minutes=5 * at))) <= timedelta(minutes=30)
    over = steps[-1][2]
    assert over.severity == "critical"
    # as long as its tail, of three days, lies above the usual hours
    assert timedelta(hours=50) < over.resolved_at - over.onset < timedelta(hours=120)
    assert 22_000 < over.observed < 28_000


def test_two_backlashes_a_week_apart_are_two_incidents():
    volume, negative = planted(*everyday(3), at=12 * DAY + 120, size=25_000)
    steps = run(*planted(volume, negative, at=19 * DAY + 120, size=8_000))
    assert [number // DAY for step, number, _ in steps if step == "opened" and number >= 12 * DAY] == [12, 19]


def test_negative_mentions_alone_open_an_incident():
    volume, negative = everyday(4, level=4)
    at = 20 * DAY + 16 * 12
    negative[at : at + 24] = volume[at : at + 24]
    opened = next(step for step in run(volume, negative) if step[1] >= at)
    assert opened[0] == "opened"
    assert set(opened[2].series) <= {"negative", "share"}


def test_a_lasting_rise_becomes_the_new_usual():
    volume, negative = everyday(5, days=42)
    more, _ = everyday(6, days=42, level=3)
    volume[20 * DAY :] += more[20 * DAY :]
    assert names(run(volume, negative))[-1] == "resolved"


def test_few_mentions_are_no_incident_however_rare():
    volume = [0.0] * 20 * DAY
    volume[19 * DAY : 19 * DAY + 9] = [1.0] * 9
    assert run(volume, [0.0] * len(volume)) == []
    volume[19 * DAY + 9] = 1.0
    assert names(run(volume, [0.0] * len(volume)))[0] == "opened"


def test_nobody_looking_neither_opens_nor_ends_an_incident():
    volume, negative = planted(*everyday(7, days=30), at=15 * DAY, size=3_000, days=1)
    volume[15 * DAY + 60 : 25 * DAY] = nan
    negative[15 * DAY + 60 : 25 * DAY] = nan
    steps = run(volume, negative)
    assert names(steps)[0] == "opened"
    assert not any(15 * DAY + 60 <= number < 25 * DAY for _, number, _ in steps)


def test_escalations_are_an_hour_apart_unless_the_severity_rises():
    steps = run(*planted(*everyday(8, days=20), at=15 * DAY + 100, size=60_000))
    told = [(number, course.severity) for step, number, course in steps if step != "resolved"]
    assert len(told) >= 3
    assert all(later - earlier >= 12 or severity != before for (earlier, before), (later, severity) in pairwise(told))


def test_eager_speaks_no_later_than_balanced_and_calm():
    series = planted(*everyday(9, days=20), at=15 * DAY, size=4_000)
    first = [
        next(number for step, number, _ in run(*series, sensitivity=name) if step == "opened" and number >= 15 * DAY)
        for name in ("calm", "balanced", "eager")
    ]
    assert first == sorted(first, reverse=True)


def test_severity_grows_with_distance_and_persistence():
    assert severity_of(distance=1, strong_bins=0, peak=100) == "info"
    assert severity_of(distance=1, strong_bins=72, peak=100) == "warning"
    assert severity_of(distance=4, strong_bins=1, peak=29) == "warning"
    assert severity_of(distance=4, strong_bins=1, peak=30) == "critical"


@pytest.mark.parametrize("seed", range(4))
def test_an_incident_ends_no_earlier_than_it_was_noticed(seed):
    over = [course for step, _, course in run(*everyday(seed, level=0.5, days=42), sensitivity="eager") if step == "resolved"]
    assert all(course.resolved_at >= course.alerted_at and course.observed >= 8 for course in over)
