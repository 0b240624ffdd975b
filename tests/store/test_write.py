import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from monitor.enrich.table import naive
from monitor.mention import Engagement, State
from monitor.store.progress import read_cursors
from monitor.store.write import Saved, save
from tests.builders import NOON, QUERY, after, batch, brand, mention
from tests.store.recount import new_store, recounted, rollups

BRANDS = [brand(), brand("Himal")]
# each example stores a lot: a failing one is told as it was found
NO_SHRINKING = (Phase.explicit, Phase.generate)


def put(con, *mentions, now=NOON, run_id=1):
    """Store a page in a transaction of its own."""
    con.execute("begin")
    saved = save(con, [batch(*mentions, brands=BRANDS, run_id=run_id)], now=now)
    con.execute("commit")
    return saved


def rows(con, sql):
    return con.execute(sql).fetchall()


def row(con, *names):
    (only,) = rows(con, f"select {', '.join(names)} from v_mentions order by all")
    return only if len(names) > 1 else only[0]


def contents(con, *, without=()):
    """All that is stored, table by table."""
    tables = ("mention", "mention_brand", "mention_run", "engagement_history", "gone", "rollup_5m", "rollup_day", "cursor", "coverage")
    return {table: rows(con, f"from {table} order by all") for table in tables if table not in without}


# a page is stored once


def test_saving_a_page_twice_adds_nothing(con):
    page = [mention("1"), mention("2", "himal and streamly", engagement=Engagement(likes=2)), mention("3", None, state=State.DELETED)]
    assert put(con, *page) == Saved(new=2, changed=0)
    once = contents(con)
    assert put(con, *page, now=after(60)) == Saved(new=0, changed=0)
    assert contents(con, without=["cursor"]) == {table: kept for table, kept in once.items() if table != "cursor"}


def test_what_is_new_and_what_changed_is_counted(con):
    put(con, mention("1"), mention("2"))
    saved = put(con, mention("1"), mention("2", "streamly is awful", fetched_at=after(5)), mention("3"), mention("4", "nobody"))
    assert saved == Saved(new=1, changed=1)


def test_an_empty_page_moves_the_cursor(con):
    assert save(con, [batch(cursor={"resume": "7"})], now=NOON) == Saved(0, 0)
    assert read_cursors(con, "live") == {(QUERY.source, QUERY.name): {"resume": "7"}}
    assert save(con, [], now=NOON) == Saved(0, 0)


def test_the_last_cursor_of_a_round_counts(con):
    save(con, [batch(mention("1"), cursor={"page": 1}), batch(mention("2"), cursor={"page": 2})], now=NOON)
    save(con, [batch(mention("9"), cursor={"page": 9}, direction="7")], now=NOON)
    assert read_cursors(con, "live") == {(QUERY.source, QUERY.name): {"page": 2}}
    assert read_cursors(con, "7") == {(QUERY.source, QUERY.name): {"page": 9}}


def test_one_text_in_two_pages_of_a_round_is_stored_once(con):
    pages = [batch(mention("1"), mention("2")), batch(mention("2", "streamly is awful", fetched_at=after(3)), mention("3"), run_id=2)]
    assert save(con, pages, now=NOON) == Saved(new=3, changed=1)
    assert rows(con, "select source_id, run_id, text from mention order by all")[1] == ("2", 1, "streamly is awful")
    assert rows(con, "select source_id, run_id from mention_run") == [("2", 2)]


def test_one_id_at_two_sources_is_two_texts(con):
    assert put(con, mention("1"), mention("1", source="reddit")) == Saved(new=2, changed=0)


def test_runs_that_see_a_text_again_are_noted_once(con):
    put(con, mention())
    for _ in range(2):
        put(con, mention(), run_id=2)
    put(con, mention(), run_id=3)
    assert rows(con, "select run_id from mention") == [(1,)]
    assert rows(con, "select source_id, run_id, created_at from mention_run order by run_id") == [("1", run, naive(NOON)) for run in (2, 3)]


# newer and older observations


def test_a_newer_observation_replaces_the_text_and_what_follows_from_it(con):
    put(con, mention(text="streamly is great"))
    put(con, mention(text="streamly is awful", fetched_at=after(5)), now=after(5))
    assert row(con, "text", "label", "first_seen_at", "fetched_at") == ("streamly is awful", -1, naive(NOON), naive(after(5)))


def test_an_older_observation_changes_nothing(con):
    put(con, mention(text="streamly is great", fetched_at=after(5), engagement=Engagement(likes=9)))
    stored = contents(con)
    assert put(con, mention(text="streamly is awful", fetched_at=after(4), engagement=Engagement(likes=1)), now=after(9)) == Saved(0, 0)
    assert contents(con, without=["cursor"]) == {table: kept for table, kept in stored.items() if table != "cursor"}


def test_an_observation_between_two_equal_ones_changes_nothing(con):
    put(con, mention(text="streamly is great", fetched_at=after(1)))
    put(con, mention(text="streamly is great", fetched_at=after(5)))
    put(con, mention(text="streamly is awful", fetched_at=after(3)))
    assert row(con, "text", "fetched_at") == ("streamly is great", naive(after(5)))


def test_what_a_newer_observation_does_not_say_is_not_taken_back(con):
    put(con, mention(engagement=Engagement(likes=5, rating=4.5), engagement_at=after(1), author_followers=70, edited_at=after(0)))
    put(con, mention(fetched_at=after(5), engagement=Engagement(replies=2), author_name=None))
    assert row(con, "likes", "replies", "rating", "author_followers", "author_name", "edited_at", "engagement_at") == (
        5,
        2,
        4.5,
        70,
        "ann",
        naive(after(0)),
        naive(after(1)),
    )


def test_zero_is_known(con):
    put(con, mention(engagement=Engagement(likes=5)))
    put(con, mention(fetched_at=after(5), engagement=Engagement(likes=0)))
    assert row(con, "likes", "engagement") == (0, 0)


def test_the_time_of_a_text_is_fixed_at_first_sight(con):
    put(con, mention())
    put(con, mention(created_at=after(-30), fetched_at=after(5), text="streamly is awful"), mention("2", created_at=after(30)))
    stored = rows(con, "select source_id, created_at, label from v_mentions order by all")
    assert stored == [("1", naive(NOON), -1), ("2", naive(after(30)), 1)]
    assert rows(con, "select sum(mentions) from rollup_5m where bin_start = timestamp '2026-07-14 11:30'") == [(None,)]


def test_an_edited_text_changes_its_brands(con):
    put(con, mention(text="streamly is great"))
    put(con, mention(text="himal is great", state=State.EDITED, fetched_at=after(5)))
    assert row(con, "brand", "state", "matched_terms") == ("Himal", "edited", ["Himal"])
    put(con, mention(text="never mind", state=State.EDITED, fetched_at=after(6)))
    assert rows(con, "from v_mentions") == []
    assert rows(con, "select text from mention") == [("never mind",)]
    assert rollups(con) == recounted(con)


def test_engagement_that_changed_is_history(con):
    for minute, likes, score in ((1, 5, None), (2, 5, None), (3, 8, -2), (4, 9, -2)):
        seen = Engagement(likes=likes, score=score)
        put(con, mention(fetched_at=after(minute), engagement=seen, engagement_at=after(minute)))
    history = rows(con, "select source_id, key, counted_at, value from engagement_history order by counted_at")
    assert history == [("1", "likes", naive(after(2)), 5.0), ("1", "likes", naive(after(3)), 8.0)]
    assert row(con, "likes", "score", "engagement_at") == (9, -2, naive(after(4)))


# what a source takes back


def test_an_erased_text_is_quoted_by_no_incident_any_more(con):
    put(con, mention("1", "streamly is awful"), mention("2"))
    examples = [{"mention_id": f"{source}:1", "text": "streamly is awful"} for source in ("x", "reddit")]
    kept_thread, lost_thread = {"root": examples[1], "count": 2}, {"root": examples[0], "count": 2}
    stored = {
        "with": {"examples": examples},
        "without": {"examples": examples[1:]},
        "first": {"examples": [], "first": examples[0], "loudest": examples[1], "thread": None},
        "loudest": {"examples": [], "first": None, "loudest": examples[0], "thread": kept_thread},
        "thread": {"examples": [], "thread": lost_thread},
    }
    for incident_id, evidence in stored.items():
        con.execute(
            """
            insert into incident by name
            select ? as id, ? as evidence, 'Streamly' as brand, 'open' as state, 'backlash' as direction, 'info' as severity,
                'live' as origin,
                'detector' as found_by, ['volume'] as series, now()::timestamp as onset_at, now()::timestamp as noticed_at,
                now()::timestamp as peak_at, 1 as peak, 0 as expected_low, 0 as expected_high, 1 as observed, 1 as negative, 2 as strength,
                '' as summary
            """,
            [incident_id, json.dumps({"counted": 2, **evidence})],
        )
    put(con, mention("1", None, state=State.DELETED, fetched_at=after(5)))
    kept = {incident_id: json.loads(evidence) for incident_id, evidence in rows(con, "select id, evidence from incident")}
    assert kept == {
        "with": {"counted": 2, "examples": examples[1:]},
        "without": {"counted": 2, "examples": examples[1:]},
        "first": {"counted": 2, "examples": [], "first": None, "loudest": examples[1], "thread": None},
        "loudest": {"counted": 2, "examples": [], "first": None, "loudest": None, "thread": kept_thread},
        "thread": {"counted": 2, "examples": [], "thread": {"root": None, "count": 2}},
    }


STATES = [State.LIVE, State.EDITED, State.UNAVAILABLE, State.REMOVED, State.DELETED]


@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("second", STATES)
def test_states_only_advance(con, first, second):
    put(con, mention())
    for minute, state in ((2, first), (3, second)):
        put(con, mention(text="streamly" if state in STATES[:2] else None, state=state, fetched_at=after(minute)))
    assert row(con, "state") == max(first, second, key=STATES.index)


def test_a_deleted_text_is_erased_and_its_figures_stay(con):
    put(
        con,
        mention(
            text="streamly is awful", title="Hm", url="https://x.example/1", links=["https://a.example/"], author_id="7", author_followers=3
        ),
    )
    con.execute("update mention_brand set why = 'awful -2.0'")
    before = rollups(con)
    put(con, mention(text=None, state=State.DELETED, fetched_at=after(5)))
    erased = ("title", "text", "url", "author_id", "author_name", "author_followers", "why")
    assert row(con, *erased, "links", "matched_terms") == (None,) * len(erased) + ([], [])
    assert row(con, "state", "label", "counted", "brand", "created_at", "matched_by") == (
        "deleted",
        -1,
        True,
        "Streamly",
        naive(NOON),
        "text",
    )
    assert rollups(con) == before


@pytest.mark.parametrize("seen_at", [pytest.param(0, id="older"), pytest.param(9, id="newer")])
def test_a_deleted_text_does_not_come_back(con, seen_at):
    put(con, mention())
    put(con, mention(text=None, state=State.DELETED, fetched_at=after(5)))
    erased = contents(con)
    put(con, mention(fetched_at=after(seen_at), engagement=Engagement(likes=5)), now=after(60))
    assert contents(con, without=["cursor"]) == {table: kept for table, kept in erased.items() if table != "cursor"}


def test_a_text_that_was_deleted_before_it_came_is_erased_on_arrival(con):
    put(con, mention(text=None, state=State.REMOVED, fetched_at=after(5)))
    assert rows(con, "from mention") == []
    assert put(con, mention(), mention("2")) == Saved(new=2, changed=0)
    assert rows(con, "select source_id, text, author_name, state, label from v_mentions order by all") == [
        ("1", None, None, "removed", 1),
        ("2", "streamly is great", "ann", "live", 1),
    ]


def test_a_text_that_concerned_nobody_leaves_nothing_but_its_id_when_it_is_deleted(con):
    put(con, mention(text=None, state=State.DELETED, author_name="ann", url="https://x.example/1"))
    assert rows(con, "select source, source_id, state from gone") == [("x", "1", "deleted")]
    assert {table for table, kept in contents(con).items() if kept} == {"gone", "cursor"}


# the same observations, however they come

CREATED = {
    # about midnight in Kathmandu, and about the end of summer time in New York
    "a": NOON.replace(hour=18, minute=14, second=59),
    "b": NOON.replace(hour=18, minute=15),
    "c": NOON.replace(month=11, day=1, hour=5, minute=59, second=59),
    "d": NOON.replace(month=11, day=1, hour=6),
}
OBSERVATIONS = st.builds(
    lambda source_id, minute, text, state, likes, author, lang: mention(
        source_id,
        None if state in STATES[2:] else text,
        created_at=CREATED[source_id],
        fetched_at=after(minute),
        state=state,
        lang=lang,
        author_name=author,
        repost_of_id="0" if source_id == "d" else None,
        engagement=Engagement(likes=likes),
        engagement_at=after(minute),
    ),
    source_id=st.sampled_from(sorted(CREATED)),
    minute=st.integers(1, 9),
    text=st.sampled_from(["streamly is great", "Streamly is awful", "himal or streamly", "himal"]),
    state=st.sampled_from([*STATES[:2], *STATES[:2], *STATES]),
    likes=st.integers(0, 3),
    author=st.sampled_from(["ann", "bot", "team"]),
    lang=st.sampled_from(["en", "es", None]),
)
# none is gone, and each is edited at the same moment
STILL_THERE = OBSERVATIONS.map(
    lambda seen: replace(seen, text=seen.text or "streamly", state=State.EDITED if seen.fetched_at > after(5) else State.LIVE)
)
ZONED = [
    brand(timezone="America/New_York", mute={"authors": ["bot"]}, own_handles=["x:team"]),
    brand("Himal", timezone="Asia/Kathmandu", mute={"authors": ["team"]}),
]


@pytest.fixture(scope="module")
def stored():
    """What a store shows after these pages, saved at once or one after the other."""
    with new_store(ZONED) as con:

        def stored(pages, *, together=False):
            batches = [batch(*page, brands=ZONED) for page in pages]
            con.execute("begin")
            try:
                for part in [batches] if together else [[one] for one in batches]:
                    save(con, part, now=NOON)
                assert rollups(con) == recounted(con)
                assert rows(con, "select source, source_id from mention group by all having count(*) > 1") == []
                return rows(con, "from v_mentions order by brand, source_id"), rollups(con)
            finally:
                con.execute("rollback")

        yield stored


@settings(max_examples=20, phases=NO_SHRINKING)
@given(st.lists(OBSERVATIONS, min_size=1, max_size=10), st.sets(st.integers(1, 9)), st.booleans())
def test_pages_may_be_cut_anywhere(stored, observations, cuts, together):
    edges = [0, *sorted(cut for cut in cuts if cut < len(observations)), len(observations)]
    pages = [observations[first:last] for first, last in pairwise(edges)]
    assert stored(pages, together=together) == stored([observations])


@settings(max_examples=20, phases=NO_SHRINKING)
@given(st.lists(STILL_THERE, min_size=2, max_size=8, unique_by=lambda seen: seen.fetched_at), st.randoms())
def test_observations_may_come_in_any_order(stored, observations, random):
    turned = random.sample(observations, len(observations))
    assert stored([[seen] for seen in turned]) == stored([observations])


@settings(max_examples=8, phases=NO_SHRINKING)
@given(st.lists(OBSERVATIONS, min_size=2, max_size=8), st.randoms())
def test_what_is_gone_is_gone_in_any_order(stored, observations, random):
    turned = random.sample(observations, len(observations))
    gone = {seen.source_id for seen in observations if seen.state in STATES[2:]}
    kept = [{(seen[2], seen[0]): seen[7] for seen in stored([[one] for one in order])[0]} for order in (turned, observations)]
    assert {text for texts in kept for (source_id, _), text in texts.items() if source_id in gone} <= {None}


def test_a_straggler_is_stored_among_much_newer_texts(con):
    put(con, *[mention(str(n), created_at=NOON + timedelta(days=n)) for n in range(3)])
    put(
        con,
        mention("old", created_at=NOON - timedelta(days=4000)),
        mention("2", "streamly is awful", created_at=NOON + timedelta(days=2), fetched_at=after(5)),
    )
    assert rows(con, "select count(*), count(distinct source_id) from mention") == [(4, 4)]
    assert rollups(con) == recounted(con)


def test_a_source_that_dates_a_text_anew_does_not_make_it_two(con):
    first = batch(mention("1", created_at=NOON), mention("2", created_at=NOON))
    save(con, [first], now=after(1))
    again = mention("1", "streamly is bad", created_at=after(90), fetched_at=after(95), state=State.EDITED)
    gone = mention("2", None, created_at=after(90), fetched_at=after(95), state=State.DELETED)
    save(con, [batch(again, gone, is_settled=False)], now=after(95))
    assert con.execute("select source_id, text, created_at from mention order by all").fetchall() == [
        ("1", "streamly is bad", naive(NOON)),
        ("2", None, naive(NOON)),
    ]
    assert con.execute("select distinct bin_start from rollup_5m").fetchall() == [(naive(NOON),)]
