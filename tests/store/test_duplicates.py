"""Copies: which text each is a copy of does not depend on the order in which they arrive, nor on how they are cut into pages."""

from collections.abc import Sequence
from datetime import timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.collect.connector import Query, Window
from monitor.enrich.duplicates import Fingerprint
from monitor.mention import Engagement, Kind, Mention, State
from monitor.store.ledger import backfill_run
from monitor.store.similar import Text, similar
from monitor.store.undo import undo
from monitor.store.write import save
from tests.builders import NOON, after, batch, brand, mention
from tests.store.recount import new_store, recounted, rollups

LONG = "streamly raised my price again by sixty percent and I really cannot believe how greedy they have become this year"
HOUR = 60
IMPORT = Query("x", "file")


def said(source_id: str, text: str = LONG, *, at: float = 0, author: str | None = None, **changes: object) -> Mention:
    """A text so many minutes after noon, by an author of its own."""
    return mention(source_id, text, created_at=after(at), fetched_at=after(at + 1), author_name=author or f"by {source_id}", **changes)


def copies(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The originals of those that have one, by source_id."""
    return dict(con.execute("select source_id, duplicate_of from mention where duplicate_of is not null").fetchall())


def counted(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {source_id for (source_id,) in con.execute("select source_id from mention_brand where counted").fetchall()}


def stored(con: duckdb.DuckDBPyConnection, *pages: Sequence[Mention]) -> None:
    for page in pages:
        save(con, [batch(*page)], now=NOON)
    assert rollups(con) == recounted(con)


@pytest.mark.parametrize(
    ("text", "is_copy"),
    [
        pytest.param(LONG, True, id="the same words"),
        pytest.param(LONG.upper() + "!!! 😡", True, id="other case and marks"),
        pytest.param(f"RT @ann: {LONG} https://example.com/1", True, id="with handle and address"),
        pytest.param(LONG + " indeed", True, id="a word more"),
        pytest.param(LONG.replace("greedy", "shameless").replace("sixty", "seventy"), False, id="words in the middle changed"),
        pytest.param("streamly raised my price, what a shame, I am leaving for good now", False, id="the same beginning"),
    ],
)
def test_a_copy_has_nearly_the_same_words(con, text, is_copy):
    stored(con, [said("1")], [said("2", text, at=5)])
    assert copies(con) == ({"2": "x:1"} if is_copy else {})
    assert counted(con) == ({"1"} if is_copy else {"1", "2"})


def test_what_five_hundred_people_say_in_a_word_is_said_five_hundred_times(con):
    stored(con, [said(str(number), "Cancelled streamly.", at=number / 10) for number in range(500)])
    assert copies(con) == {}


def test_a_short_text_is_a_copy_of_the_same_author_alone(con):
    stored(
        con,
        [
            said("1", "Cancelled streamly.", author="ann"),
            said("2", "cancelled Streamly!", author="ann", at=1),
            said("3", "Cancelled streamly.", at=2),
        ],
    )
    assert copies(con) == {"2": "x:1"}


def test_a_short_text_of_nobody_known_is_no_copy(con):
    stored(con, [said(number, "Cancelled streamly.") for number in "12"])
    con.execute("delete from mention; delete from mention_brand; delete from rollup_5m; delete from rollup_day")
    stored(con, [mention(number, "Cancelled streamly.", author_name=None) for number in "12"])
    assert copies(con) == {}


def test_a_copy_of_another_source_is_one(con):
    stored(con, [said("1")], [said("2", at=1, source="reddit")])
    assert copies(con) == {"2": "x:1"}


@pytest.mark.parametrize(("hours", "is_copy"), [(71.9, True), (72, True), (72.1, False), (24 * 30, False)])
def test_after_three_days_it_is_news_again(con, hours, is_copy):
    stored(con, [said("1"), said("2", at=hours * HOUR)])
    assert copies(con) == ({"2": "x:1"} if is_copy else {})


def test_a_copy_is_one_of_the_earliest_that_it_matches_within_three_days(con):
    stored(con, [said(str(number), at=number * 40 * HOUR) for number in range(4)])
    assert copies(con) == {"1": "x:0", "2": "x:1", "3": "x:2"}


def test_a_late_earlier_text_becomes_the_original_and_the_bins_are_counted_again(con):
    stored(con, [said("2", at=60), said("3", at=120)])
    assert copies(con) == {"3": "x:2"}
    stored(con, [said("1", at=0)])
    assert copies(con) == {"2": "x:1", "3": "x:1"}
    assert counted(con) == {"1"}


def test_a_chain_ends_where_texts_no_longer_match_each_other(con):
    middle = "raised my price again by sixty percent and I cannot believe how greedy"
    stored(con, [said("0", f"streamly {middle} they became")])
    stored(con, [said("1", f"streamly {middle} they are", at=1)])
    stored(con, [said("2", f"streamly just {middle} they are", at=2)])
    # the third is like the second, and too unlike the first
    assert copies(con) == {"1": "x:0", "2": "x:1"}


def test_the_engagement_of_a_copy_stays_its_own_and_is_booked_as_one(con):
    stored(con, [said("1"), said("2", at=1, engagement=Engagement(likes=7))])
    row = con.execute("select counted, duplicates, engagement from rollup_day where facet = 'all'").fetchone()
    assert row == (1, 1, None)
    assert con.execute("select likes from mention where source_id = '2'").fetchone() == (7,)


def test_a_repost_is_one_of_what_its_source_says(con):
    stored(con, [said("1"), said("2", f"RT @ann: {LONG}", at=1, kind=Kind.REPOST, repost_of_id="0"), said("3", at=2)])
    assert copies(con) == {"2": "x:0", "3": "x:1"}


def test_seen_again_a_copy_stays_one(con):
    stored(con, [said("1"), said("2", at=1)])
    again = said("2", at=1, author_followers=5)
    stored(con, [again], [mention("2", LONG, created_at=after(1), fetched_at=after(90), author_followers=9)])
    assert copies(con) == {"2": "x:1"}
    assert counted(con) == {"1"}


def test_an_edited_original_lets_its_copies_go_and_an_edited_copy_is_none(con):
    stored(con, [said("1"), said("2", at=1), said("3", at=2)])
    other = "streamly turned everything back and I am quite happy with what they did in the end, all in all"
    stored(con, [mention("1", other, created_at=after(0), fetched_at=after(100), edited_at=after(99), state=State.EDITED)])
    assert copies(con) == {"3": "x:2"}
    assert counted(con) == {"1", "2"}
    stored(con, [mention("3", other, created_at=after(2), fetched_at=after(100), edited_at=after(99), state=State.EDITED)])
    assert copies(con) == {"3": "x:1"}


def test_a_deleted_original_stays_the_original_of_what_came_and_of_what_comes(con):
    stored(con, [said("1"), said("2", at=1)])
    stored(con, [mention("1", None, created_at=after(0), fetched_at=after(50), state=State.DELETED)])
    stored(con, [said("3", at=60)])
    assert copies(con) == {"2": "x:1", "3": "x:1"}
    assert con.execute(
        "select text, counted from mention join mention_brand using (source, source_id) where source_id = '1'"
    ).fetchone() == (None, True)


def test_taking_an_import_back_elects_another_original(con):
    save(con, [batch(said("2", at=1), said("3", at=2), run_id=99)], now=NOON)
    run = backfill_run(con, IMPORT, Window(), "of the question", now=NOON)
    save(con, [batch(said("1"), run_id=run.run_id)], now=NOON)
    assert copies(con) == {"2": "x:1", "3": "x:1"}
    undo(con, run)
    assert copies(con) == {"3": "x:2"}
    assert counted(con) == {"2"}
    assert rollups(con) == recounted(con)


def test_copies_of_ours_and_of_spam_are_booked_under_the_first_reason(con):
    ours = brand(own_handles=["x:help"])
    page = [said("1", author="help"), said("2", at=1)]
    save(con, [batch(*page, brands=[ours])], now=NOON)
    assert con.execute("select mentions, counted, own, duplicates from rollup_day where facet = 'all'").fetchone() == (2, 0, 1, 1)


@st.composite
def pages_of_copies(draw: st.DrawFn) -> tuple[list[Mention], list[list[Mention]]]:
    """Some texts, many of them alike, and the same ones in another order and cut into pages."""
    words = LONG.split()
    number = draw(st.integers(2, 14))
    texts = []
    for place in range(number):
        start, at = draw(st.integers(0, 5)), draw(st.sampled_from([0, 1, 3, 30, 71, 72, 73, 100, 144, 150])) * HOUR
        text = draw(st.sampled_from([" ".join((words * 2)[start : start + 17]), "streamly, never again", "streamly " * 12]))
        of = draw(st.sampled_from([None, None, None, "0"]))
        texts.append(said(str(place), f"streamly {text}", at=at, author=draw(st.sampled_from(["ann", "bob"])), repost_of_id=of))
    order = draw(st.permutations(texts))
    cuts = sorted(draw(st.sets(st.integers(1, number - 1), max_size=number - 1)))
    return texts, [list(order[first:last]) for first, last in zip([0, *cuts], [*cuts, number], strict=True)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pages_of_copies())
def test_neither_order_nor_pages_change_what_is_a_copy_of_what(told):
    texts, pages = told
    with new_store([brand()]) as at_once, new_store([brand()]) as in_pages:
        stored(at_once, texts)
        stored(in_pages, *pages)
        assert copies(in_pages) == copies(at_once)
        assert counted(in_pages) == counted(at_once)
        assert rollups(in_pages) == rollups(at_once)
        # seen again, everything stays as it is
        stored(in_pages, *pages)
        assert copies(in_pages) == copies(at_once)


def test_of_thousands_of_equal_texts_only_the_first_is_read(con):
    save(con, [batch(*(said(str(number), at=number / 60) for number in range(300)))], now=NOON)
    keys = con.execute("select copy_key_1, copy_key_2, copy_key_3 from mention limit 1").fetchone()
    later = (NOON + timedelta(hours=20)).replace(tzinfo=None)
    new = Text(later, "x", "new", Fingerprint((), keys), is_repost=False, duplicate_of=None)
    assert [text.source_id for text in similar(con, [new])] == ["0"]
