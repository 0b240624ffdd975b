from datetime import timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from monitor.detect.course import Course
from monitor.detect.evidence import Evidence
from monitor.detect.explain import explain
from monitor.store.rollup import rebuild
from tests.detect.conftest import START

NOW = START + timedelta(days=20)
END = NOW + timedelta(hours=6)
EVERYDAY = [
    "what to watch on streamly tonight?",
    "streamly has a new show",
    "I love streamly",
    "streamly app is fine",
    "the show is boring",
]
ANGRY = [
    "Streamly price hike is outrageous",
    "this price hike! cancelling, going to Vuebox",
    "price hike and two logins, I am done with streamly",
]


def course(**more):
    values = dict(  # noqa: C408
        onset=NOW, alerted_at=NOW + timedelta(minutes=10), resolved_at=None, series=("negative",), peak=40, peak_at=NOW, expected_low=1,
        expected_high=6, negative_peak=30, negative_low=0, negative_high=3, observed=90, negative=60, strength=4.0, told=4.0, told_at=NOW,
        line="main", strong_bins=5, severity="warning",
    )  # fmt: skip
    return Course(**values | more)


def fill(store, brand, *, count=120):
    rng = np.random.default_rng(1)
    store.cover(START, END)
    usual = [(NOW - timedelta(minutes=int(rng.integers(1, 10_000))), EVERYDAY[n % 5], [0, 0, 1, 0, -1][n % 5]) for n in range(600)]
    upset = [
        (
            NOW + timedelta(minutes=int(rng.integers(0, 300))),
            ANGRY[n % 3] + " " * (n % 3) + f"({n})",
            -1,
            {"source": "comments" if n % 2 else "x", "likes": n},
        )
        for n in range(count)
    ]
    store.say(brand, usual + upset)
    rebuild(store.con)


@pytest.fixture
def brand(store):
    return store.brand(rivals=["Vuebox", "Cinemata"])


def test_the_planted_phrase_rival_and_source_are_found(store, brand):
    fill(store, brand)
    reason = explain(store.con, brand, course(), until=END)
    evidence = reason.evidence
    assert reason.direction == "backlash"
    assert reason.summary == "Streamly backlash: price hike. 30 negative in an hour, usual 0–3"
    assert evidence.terms[0].term == "price hike"
    assert evidence.terms[0].count == 120
    assert evidence.terms[0].usual == 0
    assert [(rival.name, rival.count) for rival in evidence.rivals] == [("Vuebox", 40)]
    assert {share.source: share.count for share in evidence.sources} == {"comments": 60, "x": 60}
    assert evidence.sources[0].lag_minutes <= 20
    assert {one.name: (one.count, one.usual) for one in evidence.intents} == {
        "churn": (80, 0),
        "cancel": (80, 0),
        "switch_to:Vuebox": (40, 0),
    }
    assert evidence.intents[0].share == pytest.approx(0.81, abs=0.02)
    assert (evidence.counted, evidence.negative) == (120, 120)
    assert evidence.authors == 120
    assert evidence.coverage == 1


def test_examples_are_heard_varied_and_agree(store, brand):
    fill(store, brand)
    examples = explain(store.con, brand, course(), until=END).evidence.examples
    assert 3 <= len(examples) <= 5
    assert len({example.author for example in examples}) == len(examples)
    assert {example.source for example in examples} == {"comments", "x"}
    assert all(example.label == -1 for example in examples)
    assert max(example.engagement for example in examples) >= 110


def test_the_query_counts_the_same_again(store, brand):
    fill(store, brand)
    evidence = explain(store.con, brand, course(), until=END).evidence
    assert store.con.execute(evidence.query).fetchall() == [(evidence.counted,)]


def test_erased_texts_still_count(store, brand):
    fill(store, brand)
    store.con.execute("update mention set text = null, title = null, author_name = null, state = 'deleted'")
    reason = explain(store.con, brand, course(), until=END)
    assert (reason.evidence.counted, reason.evidence.authors, reason.evidence.top_author_share) == (120, 0, None)
    assert list(reason.evidence.terms) == list(reason.evidence.examples) == []


def test_nothing_said_is_explained_by_nothing(store, brand):
    reason = explain(store.con, brand, course(), until=END)
    assert (reason.direction, reason.first, reason.evidence.counted) == ("surge", None, 0)


def test_the_first_mention_and_the_event_are_named(store, brand):
    fill(store, brand)
    for hours, name in ((-30, "too old"), (-5, "older"), (-0.2, "Prices rise"), (3, "later")):
        store.con.execute("insert into event values (?, 'Streamly', ?, null)", [name, NOW + timedelta(hours=hours)])
    reason = explain(store.con, brand, course(), until=END)
    first = store.con.execute("select source, source_id from mention where created_at >= ? order by created_at, 1, 2", [NOW]).fetchone()
    assert reason.first == first
    assert reason.event == "Prices rise"
    assert "Prices rise" in reason.summary


@pytest.mark.parametrize(
    ("text", "leaving", "outage"),
    [
        pytest.param("Cancelled.", 1, 0, id="one word"),
        pytest.param("my flight was cancelled again", 0, 0, id="a cancelled flight is no fault"),
        pytest.param("they cancelled my favourite show", 0, 0, id="cancelled show"),
        pytest.param("I'm unsubscribing", 1, 0, id="unsubscribe"),
        pytest.param("is it down? nothing loads", 0, 1, id="down"),
        pytest.param("Cancelled theirs, signed up with Streamly", 0, 0, id="who comes does not leave"),
        pytest.param("switching to Vuebox", 1, 0, id="switching to another"),
        pytest.param("downtown was fun", 0, 0, id="longer word"),
    ],
)
def test_who_leaves_and_who_reports_a_fault(store, brand, text, leaving, outage):
    store.say(brand, [(NOW, text, 0)])
    rebuild(store.con)
    counts = {one.name: one.count for one in explain(store.con, brand, course(), until=END).evidence.intents}
    assert (counts.get("churn", 0), counts.get("outage_report", 0)) == (leaving, outage)


def test_thanks_in_a_complaint_are_no_praise(store, brand):
    texts = [("Thanks for nothing, streamly, thank you so much", -1), ("Thank you so much streamly, I love it", 1)]
    store.say(brand, [(NOW, text, label, {"intents": ["praise"]}) for text, label in texts for _ in range(5)])
    rebuild(store.con)
    evidence = explain(store.con, brand, course(), until=END).evidence
    assert [(one.name, one.count) for one in evidence.intents] == [("praise", 5)]


def test_the_thread_that_holds_most_is_told_with_its_first_text(store, brand):
    fill(store, brand)
    store.con.execute("update mention set conversation_id = '600' where source = 'x' and created_at >= ?", [NOW])
    thread = explain(store.con, brand, course(), until=END).evidence.thread
    assert (thread.count, thread.share, thread.root.mention_id) == (60, 0.5, "x:600")


def test_a_single_loud_account_is_the_cause_and_told_by_what_it_wrote(store, brand):
    fill(store, brand)
    loud = [(NOW + timedelta(minutes=n), f"streamly ruined evening {n} of mine", -1, {"author_name": "grumbler"}) for n in range(80)]
    store.say(brand, loud)
    rebuild(store.con)
    evidence = explain(store.con, brand, course(), until=END).evidence
    assert evidence.top_author_share == pytest.approx(0.4)
    assert evidence.loudest.author == "grumbler"
    assert evidence.causes[0] == "one account"


def test_reach_is_that_of_the_query_and_unknown_is_none(store, brand):
    fill(store, brand)
    store.con.execute("update mention set likes = null where source = 'x'")
    store.con.execute("update mention set views = 1000 where source = 'x' and created_at >= ? and source_id < '650'", [NOW])
    reach = explain(store.con, brand, course(), until=END).evidence.reach
    for name, value in {"brand": "Streamly", "since": NOW, "until": END}.items():
        store.con.execute(f"set variable {name} = '{value}'")
    sql = (Path(__file__).parents[2] / "queries" / "reach_of_story.sql").read_text(encoding="utf-8")
    told = store.con.sql(sql).df().iloc[0]
    names = ("mentions", "engagement", "views_known", "views", "estimated", "reach_estimate", "unknown")
    assert [getattr(reach, name) for name in names] == [told[name] for name in names]
    store.con.execute("update mention set likes = null, views = null")
    reach = explain(store.con, brand, course(), until=END).evidence.reach
    assert (reach.engagement, reach.views, reach.reach_estimate, reach.unknown) == (None, None, None, 120)


def test_other_incidents_are_no_part_of_the_days_before(store, brand):
    fill(store, brand)
    before = explain(store.con, brand, course(), until=END).evidence
    last_week = NOW - timedelta(days=3)
    store.say(brand, [(last_week + timedelta(minutes=n), f"price hike {n}", -1) for n in range(200)])
    rebuild(store.con)
    store.con.execute(
        """
        insert into incident by name
        select 'i' as id, 'Streamly' as brand, 'resolved' as state, 'backlash' as direction, 'info' as severity, 'live' as origin,
            'detector' as found_by, [] as series, ?::timestamp as onset_at, onset_at as noticed_at, onset_at as peak_at,
            onset_at + interval 4 hours as resolved_at, 1 as peak, 0 as expected_low, 0 as expected_high, 1 as observed, 1 as negative,
            2 as strength, '' as summary, '{}' as evidence
        """,
        [last_week],
    )
    after = explain(store.con, brand, course(), until=END).evidence
    assert after.terms[0] == before.terms[0]
    assert after.sources[0].usual == pytest.approx(before.sources[0].usual, rel=0.1)


def test_evidence_of_an_earlier_version_can_still_be_read():
    old = (
        '{"counted": 2, "negative": 1, "positive": 0, "terms": [], "sources": [], "rivals": [], "leaving": 1, "outage": 0, "thanks": 0, '
        '"authors": 2, "top_author_share": 0.5, "examples": [], "coverage": 1.0, "query": "select 1"}'
    )
    evidence = Evidence.from_json(old)
    assert (evidence.counted, evidence.intents, evidence.reach) == (2, [], None)


def test_evidence_survives_being_stored(store, brand):
    fill(store, brand)
    evidence = explain(store.con, brand, course(), until=END).evidence
    assert Evidence.from_json(evidence.to_json()) == evidence


def test_a_large_incident_is_explained_in_bounded_time(store, brand):
    fill(store, brand, count=40_000)
    started = perf_counter()
    evidence = explain(store.con, brand, course(), until=END).evidence
    assert perf_counter() - started < 5
    assert evidence.counted == 40_000
    assert evidence.terms[0].count == pytest.approx(40_000, rel=0.01)
