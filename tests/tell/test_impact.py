"""The words of an impact: the answer first, and "cannot tell" where nobody can."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

import pytest

from monitor.detect.changes import Change
from monitor.detect.impact import Against, Beside, Impact, Interval, Measured, Row
from monitor.tell.impact import impact_lines, impact_values

AT = datetime(2026, 7, 14, 13, 56, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
FELL = Change(0.34, 0.25, -0.09, -0.13, -0.05, 0.04)
HALVED = Change(1204, 620, 0.52, 0.43, 0.63, 1.3)
WHOLE = Row("all", "", 1204, 620, HALVED, FELL, Change(120, 40, 0.33, 0.2, 0.5, 1.6))
STILL = Interval(1.02, 0.9, 1.15)
IMPACT = Impact(
    "Streamly",
    "We are sorry",
    AT,
    asked=timedelta(hours=48),
    width=timedelta(hours=48),
    measured=Measured([WHOLE], covered=0.96, days=35.0, weekly=True, moments=64, silent=False, left_out=[]),
    volume_against=Against(["Vuebox"], STILL, Interval(0.51, 0.42, 0.62)),
    share_against=Against(["Vuebox"], Interval(0.01, -0.03, 0.05), Interval(-0.1, -0.15, -0.05)),
    beside=[],
)


def lines(**changes):
    return impact_lines(replace(IMPACT, **changes), zone=BERLIN)


def measured(**changes):
    return replace(IMPACT.measured, **changes)


def beside(**changes):
    one = Beside("Streamly", "incident", "streamly-20260713-1", "backlash", AT - timedelta(hours=20), None, is_of_it=False)
    return replace(one, **changes)


def test_the_first_line_is_the_answer():
    assert lines()[0] == (
        "Negative share fell 9 points (95 %: 5 to 13), from 34 % to 25 %, in the 48 h after “We are sorry”; "
        "usually it moves by up to 4 points; competitors did not move."
    )
    assert lines()[1] == (
        "Mentions fell to 0.52 times (95 %: 0.43 to 0.63), like hours compared; usually between 0.77 and 1.30; competitors did not move."
    )


def test_no_change_is_said_with_its_interval():
    flat = replace(WHOLE, share=Change(0.3, 0.31, 0.01, -0.03, 0.05, 0.04), volume=Change(100, 104, 1.04, 0.8, 1.3, 1.3))
    first, second, *_ = lines(measured=measured(rows=[flat]))
    assert first.startswith("Negative share did not change measurably: +1 points (95 %: -3 to +5), from 30 % to 31 %,")
    assert second.startswith("Mentions did not change measurably: 1.04 times")


@pytest.mark.parametrize(
    ("others", "said"),
    [
        pytest.param(
            [beside()],
            "; cannot tell whether that was its doing: the backlash streamly-20260713-1 had begun 20 h before.",
            id="incident under way",
        ),
        pytest.param([beside(ended_at=AT - timedelta(hours=2))], "streamly-20260713-1 had ended 2 h before.", id="incident just over"),
        pytest.param([beside(begun_at=AT + timedelta(hours=3))], "streamly-20260713-1 began 3 h after.", id="incident after it"),
        pytest.param(
            [beside(kind="event", name="Outage credits", what=None, begun_at=AT + timedelta(hours=3))],
            "its doing: “Outage credits” was Tue 14 Jul 18:56.",
            id="another event",
        ),
    ],
)
def test_what_else_may_have_done_it_stands_in_the_first_line(others, said):
    assert lines(beside=others)[0].endswith(said)


def test_what_followed_from_the_event_is_no_other_cause():
    told = lines(beside=[beside(begun_at=AT + timedelta(minutes=9), is_of_it=True)])
    assert "cannot tell" not in told[0]
    assert "followed   the backlash streamly-20260713-1 began 9 minutes after" in told


def test_competitors_that_moved_alike_are_said_to():
    against = Against(["Vuebox"], Interval(-0.08, -0.12, -0.04), Interval(-0.01, -0.06, 0.04))
    assert lines(share_against=against)[0].endswith("competitors fell 8 points, so the event need not be the reason.")


def test_a_competitor_with_news_of_its_own_is_named_as_left_out():
    told = lines(beside=[beside(brand="Vuebox", name="vuebox-20260713-1")], volume_against=None, share_against=None)
    assert "left out   Vuebox: the backlash vuebox-20260713-1 had begun 20 h before" in told
    assert "rivals     none that can be compared with" in told
    assert "competitors" not in told[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            {"days": 0.0}, "no source of Streamly was watched for 7 days before it, which it takes to know what is usual", id="young"
        ),
        pytest.param({"covered": 0.31}, "only 31 % of that time and the same time before was looked at on both sides", id="gap"),
        pytest.param(
            {"rows": [Row("all", "", 3, 4, None, None, None)]}, "7 mentions before and after it together, at least 20 are needed", id="few"
        ),
        pytest.param(
            {"rows": [replace(WHOLE, volume=None)], "silent": True},
            "nobody spoke in these hours of the 35 days before it, so what is usual is not known",
            id="silent past",
        ),
        pytest.param(
            {"rows": [replace(WHOLE, volume=None, share=None)], "days": 9.6},
            "the 9.6 days known before it are too few for windows of 48 h; ask for less with --hours",
            id="too long",
        ),
    ],
)
def test_cannot_tell_is_the_first_line(changes, said):
    assert lines(measured=measured(**changes))[0] == f"Cannot tell what changed in the 48 h after “We are sorry”: {said}."


def test_the_parts_stand_in_a_table():
    new = Row("intent", "switch_to:\x1b[31mVuebox", 0, 30, Change(0, 30, None, 6.2, inf, 3.0), None, None)
    few = Row("topic", "parking", 2, 3, None, None, None)
    told = lines(measured=measured(rows=[WHOLE, Row("source", "hackernews", 900, 420, HALVED, None, None), new, few]))
    assert told[4:8] == [
        "                             before  after  mentions                      negative  points            leaving",
        "all                           1,204    620  ↓ ×0.52 (0.43 to 0.63)     34 % → 25 %  ↓ -9 (-13 to -5)  ↓ ×0.33 (0.20 to 0.50)",
        "source Hacker News              900    420  ↓ ×0.52 (0.43 to 0.63)               –  –                 –",
        "intent switch_to:[31mVuebox       0     30  ↑ from none (6.2 or more)            –  –                 –",
    ]
    assert "not shown  1 part with fewer than 20 mentions, 10 leavers and 30 scored ones a side" in told


def test_what_was_asked_and_what_is_known_are_both_said():
    told = "\n".join(lines(asked=timedelta(days=7)))
    assert "7 days were asked for; no more is known so far" in told
    assert "48 h from Tue 14 Jul 15:56 Berlin with the 48 h before; 96 % of it was looked at on both sides" in told
    assert "hours of the day" in "\n".join(lines(measured=measured(weekly=False)))
    assert "left out   X: watched for less than 7 days before" in lines(measured=measured(left_out=["x"]))


def test_the_values_are_raw_and_valid_json():
    unbounded = replace(WHOLE, volume=Change(0, 30, None, 6.2, inf, 3.0))
    told = json.loads(json.dumps(impact_values(replace(IMPACT, measured=measured(rows=[unbounded]), beside=[beside()])), allow_nan=False))
    assert told["measured"]["rows"][0]["volume"] == {"before": 0, "after": 30, "value": None, "low": 6.2, "high": None, "usual": 3.0}
    assert (told["event_at"], told["hours"], told["asked_hours"], told["unknown"]) == ("2026-07-14T13:56:00+00:00", 48.0, 48.0, None)
    assert told["beside"][0]["begun_at"] == "2026-07-13T17:56:00+00:00"
