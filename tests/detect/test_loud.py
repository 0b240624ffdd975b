import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect.loud import loud_from, usual_tops
from tests.detect.world import DAY, HOUR, MINUTE, World, at, chatter, said, told

pytestmark = pytest.mark.usefixtures("short_memory")
NOW = 10 * DAY
SENSITIVITIES = ["calm", "balanced", "eager"]


def liked(days, *, top=60, seed=7):
    """Posts with reactions, ten a day, of so many days before now."""
    rng = np.random.default_rng(seed)
    bins = np.sort(rng.integers(NOW - days * DAY, NOW, 10 * days))
    return said(bins, labels=0, likes=np.minimum(top, rng.pareto(1.5, len(bins)) * 5).astype(int))


def world(label, *, days=10, likes=50_000, first=None):
    made = World(chatter((10 - days) * DAY, NOW + DAY, level=1.0), liked(days), said([NOW + 4], labels=label, likes=likes, text="so it is"))
    made.live(NOW - 3, NOW)
    return made


@pytest.mark.parametrize(("label", "direction"), [(-1, "backlash"), (1, "delight")])
def test_a_post_far_above_the_usual_top_opens_an_incident_at_flat_volume(label, direction):
    (change,) = world(label).live(NOW + 3, NOW + HOUR)
    one = change.incident
    assert (change.change, one.line, one.series, one.direction, one.severity) == ("opened", "main", ("engagement",), direction, "warning")
    assert one.onset_at.replace(tzinfo=None) == at(NOW + 4)
    assert "50,000 reactions" in one.summary
    assert one.evidence.examples[0].text == "so it is"


def test_a_post_that_climbs_later_is_seen_when_it_has():
    made = world(1, likes=10)
    assert made.live(NOW + 3, NOW + HOUR) == []
    again = at(NOW + 2 * HOUR + 1) + MINUTE
    made.con.execute("update mention set likes = 50000, engagement_at = ? where text = 'so it is'", [again])
    assert told(made.live(NOW + 2 * HOUR + 3, NOW + 3 * HOUR)) == [("main", "opened")]


def test_a_post_that_says_neither_good_nor_bad_opens_nothing():
    assert world(0).live(NOW + 3, NOW + HOUR) == []


def test_a_post_as_loud_as_the_usual_top_opens_nothing():
    assert world(-1, likes=60).live(NOW + 3, NOW + HOUR) == []


def test_fewer_than_seven_known_days_say_nothing():
    assert world(-1, days=7).live(NOW + 3, NOW + HOUR) == []


def test_it_is_told_once_and_ends_as_what_it_was_after_a_restart():
    made = world(1)
    changes = made.live(NOW + 3, NOW + HOUR)
    made.restart()
    changes += made.live(NOW + HOUR + 3, NOW + 16 * HOUR, every=HOUR)
    assert told(changes) == [("main", "opened"), ("main", "resolved")]
    assert [change.incident.direction for change in changes] == ["delight", "delight"]


def test_the_calmer_the_louder_a_post_must_be():
    made = world(0)
    made.store(at(NOW))
    loud = [usual_tops(made.con, ["Streamly"], at(NOW), sensitivity=each)["Streamly", "x"] for each in SENSITIVITIES]
    assert loud[0].loud > loud[1].loud > loud[2].loud >= loud[2].usual == 60


TOPS = st.lists(st.integers(1, 10**9), min_size=7, max_size=28)


@given(tops=TOPS, few=st.floats(0.01, 1), more=st.floats(1, 100))
def test_the_more_false_alerts_may_be_the_lower_it_lies_and_never_below_the_top(tops, few, more):
    assert loud_from(tops, false_alerts=few) >= loud_from(tops, false_alerts=few * more) >= max(tops)


@given(tops=TOPS, times=st.integers(1, 1_000), budget=st.floats(0.01, 4))
def test_a_louder_top_day_never_lowers_it(tops, times, budget):
    raised = [*sorted(tops)[:-1], max(tops) * times]
    assert loud_from(raised, false_alerts=budget) >= loud_from(tops, false_alerts=budget)


@given(tops=TOPS, times=st.integers(1, 1_000), budget=st.floats(0.01, 4))
def test_a_source_that_counts_in_thousands_is_judged_like_one_that_counts_in_ones(tops, times, budget):
    raised = [top * times for top in tops]
    assert loud_from(raised, false_alerts=budget) == pytest.approx(times * loud_from(tops, false_alerts=budget))
