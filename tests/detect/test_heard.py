from datetime import UTC

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect.heard import UsualDay, far_heard, usual_views
from monitor.detect.replay import as_known, in_hindsight
from monitor.store.upgrade import upgrade
from tests.detect.world import DAY, HOUR, MINUTE, START, World, at, chatter, told

pytestmark = pytest.mark.usefixtures("short_memory")
NOW = 12 * DAY
BURST = "awful price"


def world(views, *, usual=100, **columns):
    """Everyday talk of which each mention is viewed `usual` times, and a burst of which each is viewed `views` times."""
    made = World(
        chatter(0, NOW + DAY, level=1.0, views=usual),
        chatter(NOW + 20, NOW + 28, level=2.0, negative=0.8, seed=5, text=BURST, views=views, **columns),
    )
    made.live(NOW - 3, NOW)
    return made


def severities(changes):
    return [(one.change, one.incident.severity) for one in changes]


def noted(made):
    return [text for (text,) in made.con.execute("select text from incident_log order by changed_at").fetchall()]


def lived(made):
    return sorted((one.line, one.severity, one.noticed_at) for one in made.incidents())


def replayed(made):
    since, until = at(NOW - DAY).replace(tzinfo=UTC), at(NOW + 2 * DAY).replace(tzinfo=UTC)
    told_again = as_known(made.con, [made.brand], [], sensitivity="balanced", since=since, until=until)
    return sorted((one.course.line, one.course.severity, one.alerted_at) for one in told_again if one is not None)


@pytest.mark.parametrize(
    ("views", "usual", "severity"),
    [
        pytest.param(None, 100, "info", id="unknown reach lowers nothing"),
        pytest.param(100, 100, "info", id="usual reach"),
        pytest.param(0, 100, "info", id="no reach"),
        pytest.param(50_000, 100, "warning", id="far above"),
        pytest.param(400, 1, "info", id="few thousand views are few"),
        pytest.param(50_000, None, "info", id="nothing is known of other days"),
    ],
)
def test_a_reach_far_above_the_usual_raises_one_step_and_nothing_else_does(views, usual, severity):
    assert severities(world(views, usual=usual).live(NOW + 3, NOW + 4 * HOUR)) == [("opened", severity)]


def test_estimates_raise_nothing():
    made = world(None)
    assert severities(made.live(NOW + 3, NOW + 2 * HOUR + 3)) == [("opened", "info")]
    made.con.execute("update mention set author_followers = 1000000000 where text = ?", [BURST])
    assert made.live(NOW + 2 * HOUR + 6, NOW + 4 * HOUR) == []


def test_the_reach_is_told_where_it_raised():
    made = world(50_000)
    (change,) = made.live(NOW + 3, NOW + 4 * HOUR)
    heard = change.incident.evidence.heard
    assert heard is not None
    assert heard.usual == usual_views(made.con, "Streamly", at(NOW), as_of=None)
    assert heard.views > 5 * heard.usual
    assert noted(made)[0].endswith(f"; viewed {heard.views:,} times or more, on a usual day up to {heard.usual:,}")


def test_views_that_climb_escalate_once_also_after_a_restart():
    made = world(100)
    assert severities(made.live(NOW + 3, NOW + 3 * HOUR)) == [("opened", "info")]
    made.see_again(BURST, 50_000, at=at(NOW + 3 * HOUR) + 5 * MINUTE)
    assert severities(made.live(NOW + 3 * HOUR + 1, NOW + 4 * HOUR, every=1)) == [("escalated", "warning")]
    assert "now warning" in noted(made)[1]
    assert "; viewed" in noted(made)[1]
    made.restart()
    changes = made.live(NOW + 4 * HOUR + 6, NOW + 20 * HOUR, every=6)
    assert severities(changes) == [("resolved", "warning")]
    assert changes[0].incident.evidence.heard is not None


def test_a_replay_knows_no_views_before_they_were_seen():
    made = world(100)
    made.live(NOW + 3, NOW + 3 * HOUR)
    made.see_again(BURST, 50_000, at=at(NOW + 3 * HOUR) + 5 * MINUTE)
    made.live(NOW + 3 * HOUR + 1, NOW + 20 * HOUR)
    assert lived(made) == replayed(made)
    assert [severity for _, severity, _ in lived(made)] == ["warning"]


def test_what_was_viewed_once_it_was_over_raises_it_in_hindsight_alone():
    made = world(100)
    assert severities(made.live(NOW + 3, NOW + 20 * HOUR)) == [("opened", "info"), ("resolved", "info")]
    made.see_again(BURST, 50_000, at=at(NOW + 20 * HOUR) + 5 * MINUTE)
    made.live(NOW + 20 * HOUR + 3, NOW + 21 * HOUR)
    assert [severity for _, severity, _ in lived(made)] == ["info"]
    assert lived(made) == replayed(made)
    since, until = at(NOW).replace(tzinfo=UTC), at(NOW + DAY).replace(tzinfo=UTC)
    (found,) = in_hindsight(made.con, made.brand, [], sensitivity="balanced", since=since, until=until)
    assert found.course.severity == "warning"


def test_usual_is_what_was_known_at_midnight():
    made = world(None)
    before = usual_views(made.con, "Streamly", at(NOW), as_of=at(NOW))
    made.see_again("streamly tonight", 10_000, at=at(NOW) + MINUTE)
    assert usual_views(made.con, "Streamly", at(NOW), as_of=at(NOW)) == before
    assert usual_views(made.con, "Streamly", at(NOW), as_of=None) == 100 * before


@pytest.mark.parametrize(("days", "is_known"), [(6, False), (7, True)])
def test_usual_needs_seven_days_with_views(days, is_known):
    made = World(chatter(0, 9 * DAY, level=0.5), chatter(0, days * DAY, level=0.1, seed=1, views=7))
    made.store(at(9 * DAY))
    assert (usual_views(made.con, "Streamly", at(9 * DAY), as_of=None) is not None) == is_known


def test_nobody_asks_how_widely_a_quiet_brand_is_heard(monkeypatch):
    made = world(100)
    monkeypatch.setattr("monitor.detect.book.far_heard", lambda *_, **__: pytest.fail("asked"))
    assert told(made.live(NOW + 1, NOW + 19, every=1)) == []


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 1}) as con:
        upgrade(con)
        yield con


@given(
    looks=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(10_000, 10_002)), min_size=1, max_size=6),
    after=st.integers(0, 20),
)
def test_views_as_of_a_moment_are_those_of_the_last_look_before_it(con, looks, after):
    (_, likes, views), *later = looks
    moment, expected = START, views
    looked_at, replaced = START, []
    for minutes, new_likes, new_views in later:
        moment += minutes * MINUTE
        expected = new_views if moment <= START + after * MINUTE else expected
        # as the store keeps them: only what a newer look changes
        changed = [(key, old) for key, old, new in (("likes", likes, new_likes), ("views", views, new_views)) if old != new]
        replaced += [("x", "1", key, looked_at, old) for key, old in changed]
        looked_at = moment if changed else looked_at
        likes, views = new_likes, new_views
    con.execute("delete from mention; delete from mention_brand; delete from engagement_history")
    con.execute(
        """
        insert into mention by name
        select 'x' as source, '1' as source_id, 'post' as kind, false as text_truncated, [] as links, ? as created_at,
            created_at as first_seen_at, created_at as fetched_at, ? as likes, ? as views, ? as engagement_at, 'live' as state,
            false as is_spam, 1 as run_id
        """,
        [START, likes, views, looked_at],
    )
    con.execute(
        """
        insert into mention_brand by name
        select 'x' as source, '1' as source_id, 'Streamly' as brand, ? as created_at, 'text' as matched_by, [] as matched_terms,
            [] as intents, [] as topics, false as is_own, false as is_muted, true as counted, 'vader' as scorer
        """,
        [START],
    )
    if replaced:
        con.executemany("insert into engagement_history values (?, ?, ?, ?, ?)", replaced)
    usual = UsualDay(until=START, views=0)
    heard = far_heard(con, "Streamly", usual, START, at(1), as_of=START + after * MINUTE, is_past=False)
    assert heard is not None
    assert heard.views == expected
