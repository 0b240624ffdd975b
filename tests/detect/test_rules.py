import pytest

from monitor.config.models import Rule
from monitor.detect.series import BIN
from tests.detect.world import DAY, HOUR, MINUTE, World, at, chatter, said, told

pytestmark = pytest.mark.usefixtures("short_memory")
NOW = 2 * DAY
SUED = Rule(name="sued", when="text contains 'lawsuit'", severity="critical")
OFTEN = Rule(name="often", when="text contains 'lawsuit'", at_least=3, within="1h")
LIKED = Rule(name="liked", when="likes >= 1000 and label = -1")


def world(*heard, rules=(SUED,)):
    made = World(chatter(0, NOW + 2 * DAY), *heard, rules=rules)
    made.live(NOW - 3, NOW)
    return made


def sued(*bins, **columns):
    return said(bins, labels=-1, text="a lawsuit against streamly", **columns)


def test_one_mention_that_a_rule_asks_for_opens_an_incident():
    (change,) = world(sued(NOW + 4)).live(NOW + 3, NOW + HOUR)
    one = change.incident
    assert (change.change, one.line, one.found_by, one.severity, one.direction) == ("opened", "rule:sued", "rule", "critical", "backlash")
    assert (one.observed, one.negative, one.series) == (1, 1, ("rule:sued",))
    assert one.onset_at.replace(tzinfo=None) == at(NOW + 4)
    assert one.evidence.examples[0].text == "a lawsuit against streamly"
    assert "sued" in one.summary


@pytest.mark.parametrize(
    ("bins", "opens"),
    [
        pytest.param([1, 5, 9], True, id="three within the hour"),
        pytest.param([1, 5], False, id="two"),
        pytest.param([1, 9, 17, 25], False, id="never three within an hour"),
        pytest.param([1, 20, 22, 24], True, id="the last three of four"),
        pytest.param([1, 1, 1], True, id="at once"),
    ],
)
def test_a_rule_waits_for_as_many_as_it_says_within_its_time(bins, opens):
    changes = world(sued(*(NOW + number for number in bins)), rules=[OFTEN]).live(NOW + 1, NOW + 3 * HOUR)
    assert told(changes) == [("rule:often", "opened")] * opens


def test_what_comes_after_belongs_to_the_open_incident_and_tells_nobody_again():
    made = world(sued(NOW + 4, NOW + 20, NOW + 21, NOW + 5 * HOUR))
    assert told(made.live(NOW + 3, NOW + 6 * HOUR)) == [("rule:sued", "opened")]
    assert [course.observed for course in made.watch._desks.open["Streamly"].tracker.open()] == [4]


def test_it_is_over_twelve_hours_after_the_last_hit():
    made = world(sued(NOW + 4, NOW + 2 * HOUR - 1))
    changes = made.live(NOW + HOUR, NOW + 15 * HOUR, every=HOUR)
    assert told(changes) == [("rule:sued", "opened"), ("rule:sued", "resolved")]
    over = changes[-1]
    assert over.incident.resolved_at.replace(tzinfo=None) == at(NOW + 2 * HOUR)
    assert over.at.replace(tzinfo=None) - at(NOW + 2 * HOUR) == 12 * HOUR * BIN
    assert (over.incident.state, over.incident.observed) == ("resolved", 2)


def test_a_hit_after_the_end_is_another_incident():
    made = world(sued(NOW + 4, NOW + 20 * HOUR))
    changes = made.live(NOW + HOUR, NOW + 21 * HOUR, every=HOUR)
    assert told(changes) == [("rule:sued", "opened"), ("rule:sued", "resolved"), ("rule:sued", "opened")]
    assert len({change.incident.id for change in changes}) == 2


def test_two_rules_have_a_line_each():
    made = world(sued(NOW + 4, NOW + 4, NOW + 5), rules=[SUED, OFTEN])
    assert sorted(told(made.live(NOW + 3, NOW + HOUR))) == [("rule:often", "opened"), ("rule:sued", "opened")]


def test_imported_mentions_are_no_news():
    assert world(sued(NOW + 4, run_id=2)).live(NOW + 3, NOW + HOUR) == []


def test_a_mention_that_was_said_long_ago_and_is_found_now_is_no_news():
    assert world(sued(NOW + 4 - 2 * DAY, late=2 * 24 * 60 + 30)).live(NOW + 3, NOW + 2 * HOUR) == []


def test_a_mention_found_hours_late_is_told_with_when_it_was_said():
    (change,) = world(sued(NOW + 4 - 2 * HOUR, late=150)).live(NOW + 3, NOW + 2 * HOUR)
    assert change.incident.onset_at.replace(tzinfo=None) == at(NOW + 4 - 2 * HOUR)


def test_a_rule_for_other_brands_is_silent():
    assert world(sued(NOW + 4), rules=[SUED.model_copy(update={"brands": ["Vuebox"]})]).live(NOW + 3, NOW + HOUR) == []


@pytest.mark.parametrize("restarts", [[NOW + 6], [NOW + 6, NOW + 9, NOW + 6 * HOUR]], ids=["one", "three"])
def test_no_second_alert_after_a_restart(restarts):
    made = world(sued(NOW + 4, NOW + 2 * HOUR, NOW + 7 * HOUR), rules=[SUED])
    changes, first = [], NOW + 3
    for last in (*restarts, NOW + 20 * HOUR):
        changes += made.live(first, last, every=3 if last < NOW + HOUR else HOUR)
        first = last + 3
        made.restart()
    assert told(changes) == [("rule:sued", "opened"), ("rule:sued", "resolved")]
    assert changes[-1].incident.observed == 3


def test_a_rule_that_was_halfway_there_still_knows_it_after_a_restart():
    made = world(sued(NOW + 2, NOW + 5, NOW + 8), rules=[OFTEN])
    assert made.live(NOW + 3, NOW + 6) == []
    made.restart()
    assert told(made.live(NOW + 9, NOW + 12)) == [("rule:often", "opened")]


def test_a_hit_that_was_seen_before_its_bin_was_judged_counts_once_after_a_restart():
    made = world(sued(NOW + 3))
    assert told(made.live(NOW + 3, NOW + 3)) == [("rule:sued", "opened")]
    made.restart()
    assert made.live(NOW + 6, NOW + 12) == []
    assert made.watch._desks.open["Streamly"].tracker.current("rule:sued").observed == 1


def test_a_mention_whose_likes_rose_later_is_met_when_they_have():
    made = world(said([NOW + 1], labels=-1, likes=3), rules=[LIKED])
    assert made.live(NOW + 3, NOW + 2 * HOUR) == []
    liked(made, 1_500, NOW + 2 * HOUR + 1)
    assert told(made.live(NOW + 2 * HOUR + 3, NOW + 4 * HOUR)) == [("rule:liked", "opened")]


def test_likes_that_go_on_rising_tell_nobody_again():
    made = world(said([NOW + 1], labels=-1, likes=3), rules=[LIKED])
    changes = made.live(NOW + 3, NOW + HOUR)
    for hours in (1, 2, 3):
        liked(made, 1_000 * hours, NOW + hours * HOUR + 1)
        changes += made.live(NOW + hours * HOUR + 3, NOW + (hours + 1) * HOUR)
    assert told(changes) == [("rule:liked", "opened")]
    assert made.watch._desks.open["Streamly"].tracker.current("rule:liked").observed == 1


def liked(made, likes, number):
    """The mention that has likes is looked at again."""
    made.con.execute("update mention set likes = ?, engagement_at = ? where likes is not null", [likes, at(number) + MINUTE])
