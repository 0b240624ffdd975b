from datetime import timedelta

import pytest

from monitor.collect.connector import Looked, Query, Window
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import begin
from tests.builders import NOON, QUERY, after, mention

WEEK = timedelta(days=7)
OPEN = Window()


def walk(cursor=None, *, minutes=0, query=QUERY, window=OPEN, **changes):
    return begin(query, cursor, now=after(minutes), window=window, **{"reach": WEEK, **changes})


def test_a_first_walk_reaches_back_as_far_as_it_is_told_and_says_that_it_is_the_first():
    first = walk()
    assert (first.since, first.until, first.is_first) == (NOON - WEEK, NOON, True)
    assert first.last([], seen=0).covered == (Looked("x", NOON - WEEK, NOON, reason="first pull"),)


def test_the_next_walk_starts_where_the_last_one_ended_less_the_overlap():
    done = walk().marked("105").last([], seen=3)
    assert done.is_last
    assert done.cursor == {"v": 1, "high": NOON.isoformat(), "mark": "105"}
    second = walk(done.cursor, minutes=5, overlap=timedelta(minutes=2))
    assert (second.since, second.until, second.from_mark, second.is_first) == (after(-2), after(5), "105", False)


def test_a_walk_cut_short_goes_on_between_its_old_bounds():
    done = walk().marked("105").last([], seen=1)
    under_way = walk(done.cursor, minutes=5).marked("120").marked("110").page([], resume="token", seen=100)
    assert (under_way.cursor["high"], under_way.cursor["mark"], under_way.is_last, list(under_way.covered)) == (
        NOON.isoformat(),
        "105",
        False,
        [],
    )
    again = walk(under_way.cursor, minutes=60)
    assert (again.since, again.until, again.resume, again.from_mark, again.to_mark) == (NOON, after(5), "token", "105", "120")
    assert again.last([], seen=1).cursor == {"v": 1, "high": after(5).isoformat(), "mark": "120"}


def test_a_walk_without_news_keeps_its_mark():
    done = walk().marked("105").last([], seen=1)
    assert walk(done.cursor, minutes=5).last([], seen=0).cursor["mark"] == "105"


def test_an_edited_question_is_asked_anew_from_the_old_end():
    done = walk(query=Query("x", "a", asks="acme")).last([], seen=0)
    cut = walk(done.cursor, minutes=5, query=Query("x", "a", asks="acme")).page([], resume="token", seen=1)
    edited = walk(cut.cursor, minutes=10, query=Query("x", "a", asks="acme OR globex"))
    assert (edited.since, edited.until, edited.resume) == (NOON, after(10), None)


def test_a_walk_ends_before_what_a_source_may_still_be_missing():
    assert walk(delay=timedelta(seconds=30)).until == NOON - timedelta(seconds=30)


@pytest.mark.parametrize(
    ("window", "bounds"),
    [
        pytest.param(Window(after(-60), after(-30)), (after(-60), after(-30)), id="closed"),
        pytest.param(Window(after(-60)), (after(-60), NOON), id="up to now"),
        pytest.param(Window(None, after(-30)), (after(-30) - WEEK, after(-30)), id="as far back as it reaches"),
        pytest.param(Window(after(5), after(10)), (NOON, NOON), id="still to come"),
    ],
)
def test_a_backfill_walks_its_window(window, bounds):
    asked = walk(window=window)
    assert (asked.since, asked.until) == bounds
    assert not asked.is_first


def test_where_a_source_ends_early_the_rest_is_a_gap():
    page = walk().last([], seen=1000, reached=after(-90), why="x shows no more than 1,000")
    assert list(page.covered) == [
        Looked("x", NOON - WEEK, after(-90), complete=False, reason="x shows no more than 1,000", count=0),
        Looked("x", after(-90), NOON, reason="first pull"),
    ]
    nothing = walk().last([], seen=0, reached=after(60))
    assert list(nothing.covered) == [Looked("x", NOON - WEEK, NOON, complete=False, reason="the source shows no more", count=0)]


def test_a_query_that_brings_more_of_the_same_covers_nothing():
    assert walk(query=Query("x", "thread", covers=False)).last([], seen=5).covered == ()


def test_a_followed_page_is_left_alone_once_nobody_speaks_there():
    first = walk()
    quiet = first.marked(heard(first, [])).last([], seen=0).cursor
    assert not is_over(quiet, until_quiet=3600, now=after(59))
    assert is_over(quiet, until_quiet=3600, now=after(61))
    spoken = walk(quiet, minutes=30)
    cursor = spoken.marked(heard(spoken, [mention(created_at=after(20)), mention("2", created_at=after(10))])).last([], seen=2).cursor
    assert not is_over(cursor, until_quiet=3600, now=after(79))
    assert is_over(cursor, until_quiet=3600, now=after(81))
    assert not is_over(None, until_quiet=3600, now=NOON)
