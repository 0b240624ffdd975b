"""The remembered copy keys: they save queries, and never change an answer."""

from datetime import timedelta

import pytest

from monitor.store import recent
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention

LONG = "streamly raised my price again by sixty percent and I really cannot believe how greedy they have become this year"
PLAIN = NOON.replace(tzinfo=None)


def said(source_id, *, at=0, text=LONG):
    return mention(source_id, text, created_at=after(at), fetched_at=after(at + 1), author_name=f"by {source_id}")


def stored(con, *mentions):
    save(con, [batch(*mentions)], now=NOON)


def copies(con):
    return dict(con.execute("select source_id, duplicate_of from mention where duplicate_of is not null").fetchall())


def test_a_text_that_was_taken_back_with_its_transaction_is_no_original(con):
    stored(con, said("other", text="streamly is down"))
    con.execute("begin")
    stored(con, said("1", at=1))
    con.execute("rollback")
    stored(con, said("2", at=2))
    assert copies(con) == {}
    stored(con, said("3", at=3))
    assert copies(con) == {"3": "x:2"}


def test_a_text_that_was_deleted_is_no_original(con):
    stored(con, said("1"))
    for table in ("mention", "mention_brand"):
        con.execute(f"delete from {table}")
    stored(con, said("2", at=1))
    assert copies(con) == {}


def test_a_text_older_than_what_is_remembered_finds_its_copies(con):
    week = 7 * 24 * 60
    stored(con, said("1"))
    stored(con, said("much later", at=week))
    stored(con, said("2", at=2))
    stored(con, said("0", at=-1))
    assert copies(con) == {"1": "x:0", "2": "x:0"}


@pytest.mark.parametrize("most", [0, 1, 3])
def test_with_more_texts_than_are_remembered_the_store_is_asked(con, monkeypatch, most):
    monkeypatch.setattr(recent, "_MOST", most)
    for number in range(6):
        stored(con, said(str(number), at=number))
    assert copies(con) == {str(number): "x:0" for number in range(1, 6)}


def test_what_is_remembered_is_read_again_when_it_has_grown_old(con):
    stored(con, said("1"))
    assert recent.times_of(con, [], PLAIN, PLAIN) == set()
    later = PLAIN + timedelta(days=10)
    assert recent.times_of(con, [], later, later) == set()
    # what is older is not remembered any more
    assert recent.times_of(con, [], PLAIN, PLAIN) is None


@pytest.mark.parametrize("new", [1, 4, 5])
def test_what_came_since_is_put_among_the_others(con, monkeypatch, new):
    monkeypatch.setattr(recent, "_NEW", new)
    for number in range(6):
        words = " ".join(f"word{number}{place}" for place in range(12))
        stored(con, said(str(number), at=number))
        stored(con, said(f"other {number}", at=number, text=f"streamly {words}"))
    assert copies(con) == {str(number): "x:0" for number in range(1, 6)}
