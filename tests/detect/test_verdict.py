from datetime import timedelta

import pytest

from monitor.detect.course import Course
from monitor.detect.verdict import Mood, direction_of, share_rise, summary_of
from tests.detect.conftest import START

USUAL = Mood(counted=2000, scored=2000, negative=400, positive=600, leaving=20, outage=60, praise=200)
COURSE = Course(
    line="main",
    onset=START, alerted_at=START + timedelta(minutes=10), resolved_at=None, series=("volume", "negative"), peak=412, peak_at=START,
    expected_low=35, expected_high=60, negative_peak=312, negative_low=8, negative_high=21, observed=500, negative=330, strength=9,
    told=9, told_at=START, strong_bins=3, severity="critical",
)  # fmt: skip


@pytest.mark.parametrize(
    ("now", "direction"),
    [
        pytest.param(Mood(500, 500, 300, 50, 4, 8, 20), "backlash", id="negative share doubled"),
        pytest.param(Mood(500, 500, 120, 130, 200, 8, 20), "backlash", id="they leave in polite words"),
        pytest.param(Mood(500, 500, 300, 50, 10, 250, 20), "outage", id="faults"),
        pytest.param(Mood(500, 500, 300, 50, 160, 200, 20), "backlash", id="they leave over faults"),
        pytest.param(Mood(500, 500, 40, 350, 2, 5, 300), "delight", id="praise"),
        pytest.param(Mood(500, 500, 105, 150, 6, 15, 60), "surge", id="more of the usual"),
        pytest.param(Mood(500, 500, 40, 170, 2, 5, 200), "delight", id="praise in words that no label knows"),
        pytest.param(Mood(500, 500, 300, 50, 4, 8, 200), "backlash", id="thanks for nothing"),
        pytest.param(Mood(9, 9, 9, 0, 0, 0, 0), "surge", id="too few to say"),
    ],
)
def test_direction(now, direction):
    assert direction_of(now, USUAL, usual_counted=50) == direction


def test_much_more_of_the_usual_complaints_is_a_backlash():
    usual = Mood(counted=800, scored=800, negative=560, positive=60, leaving=5, outage=20, praise=20)
    assert direction_of(Mood(230, 230, 180, 10, 2, 6, 4), usual, usual_counted=90) == "backlash"


def test_a_share_rises_only_with_support_size_and_certainty():
    assert share_rise(60, 100, 400, 2000) == pytest.approx(0.4)
    assert share_rise(7, 19, 400, 2000) == 0
    assert share_rise(27, 100, 400, 2000) == 0
    assert share_rise(9, 25, 400, 2000) == 0
    assert share_rise(60, 100, 2, 10) == 0


@pytest.mark.parametrize(
    ("event", "terms", "summary"),
    [
        pytest.param(None, ["price hike", "two bills"], "Streamly backlash: price hike. 312 negative in an hour, usual 8–21", id="term"),
        pytest.param("Prices rise", [], "Streamly backlash: Prices rise. 312 negative in an hour, usual 8–21", id="event"),
        pytest.param(None, [], "Streamly backlash: 312 negative in an hour, usual 8–21", id="cause unknown"),
    ],
)
def test_summary_names_the_cause_and_the_usual_range(event, terms, summary):
    assert summary_of("Streamly", "backlash", COURSE, event=event, terms=terms) == summary


@pytest.mark.parametrize("brand", ["A", "Streamly", "A brand with quite a long name of its own", "x" * 200, "Stream\nly\x1b[31m"])
def test_summary_is_one_line_of_at_most_70_characters(brand):
    line = summary_of(brand, "backlash", COURSE, event="Plan prices rise 60 %, plans split in two", terms=["customer service", "y" * 60])
    assert len(line) <= 70
    assert line.isprintable()
