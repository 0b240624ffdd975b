"""Orders are followed once, by whoever next uses the store, and none stands in another's way."""

import json
import signal
import subprocess
import sys

import pytest

from monitor.errors import ConfigError, StoreBusy
from monitor.store.database import Store
from monitor.store.events import read_events
from monitor.store.inbox import give, take_in, taken, waiting, withdraw
from monitor.store.labels import HandLabel
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention

SALE = {"name": "Sale", "brand": "Streamly", "at": NOON.isoformat(), "note": None}


def events(store):
    with store.opened() as con:
        return [event.name for event in read_events(con)]


def outcome(store, order_id):
    with store.opened() as con:
        return taken(con, order_id)


def test_an_order_is_followed_by_the_next_use_of_the_store(store):
    order = give(store.folder, "event", SALE, now=NOON)
    assert [path.stem for path in waiting(store.folder)] == [order]
    assert events(store) == ["Sale"]
    assert outcome(store, order).outcome is True
    assert waiting(store.folder) == []
    again = give(store.folder, "event", SALE, now=NOON)
    assert outcome(store, again).outcome is False


def test_a_store_that_stays_open_follows_them_too(store):
    assert events(store) == []
    give(store.folder, "event", SALE, now=NOON)
    with store.writing() as con:
        assert [event.name for event in read_events(con)] == ["Sale"]
    # one that was given within a use waits for the next one
    with store.writing() as con, store.opened():
        give(store.folder, "event", {**SALE, "name": "Later"}, now=NOON)
        with store.opened():
            assert len(read_events(con)) == 1
    assert events(store) == ["Later", "Sale"]


def test_an_order_that_comes_back_takes_no_effect_again(store):
    order = give(store.folder, "event", SALE, now=NOON)
    path = waiting(store.folder)[0]
    text = path.read_text()
    assert events(store) == ["Sale"]
    with store.writing() as con:
        con.execute("delete from event")
    # as after a kill between the transaction and the removal of the file
    path.write_text(text)
    assert events(store) == []
    assert waiting(store.folder) == []
    assert outcome(store, order).outcome is True


def test_what_the_caller_fails_at_does_not_undo_an_order(store):
    give(store.folder, "event", SALE, now=NOON)
    with pytest.raises(ZeroDivisionError), store.writing():
        raise ZeroDivisionError
    assert events(store) == ["Sale"]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param("{", "JSONDecodeError: ", id="no JSON"),
        pytest.param("[]", "TypeError: ", id="no order"),
        pytest.param(json.dumps({"kind": "fly", "ordered_at": NOON.isoformat(), "values": {}}), "KeyError: 'fly'", id="unknown kind"),
        pytest.param(json.dumps({"kind": "event", "ordered_at": NOON.isoformat(), "values": {}}), "KeyError: 'at'", id="nothing in it"),
        pytest.param(
            json.dumps({"kind": "event", "ordered_at": NOON.isoformat(), "values": {**SALE, "brand": None}}),
            "ConstraintException: ",
            id="what the store refuses",
        ),
        pytest.param(
            json.dumps({"kind": "event", "ordered_at": NOON.isoformat(), "values": {**SALE, "name": "\udcff"}}),
            "RuntimeError: ",
            id="no text",
        ),
    ],
)
def test_one_that_cannot_be_followed_is_noted_and_stops_no_other(store, text, trouble):
    give(store.folder, "event", SALE, now=NOON)
    bad = waiting(store.folder)[0].with_name("20200101T000000000000-bad.json")
    bad.write_text(text)
    assert events(store) == ["Sale"]
    assert outcome(store, bad.stem).trouble.startswith(trouble)
    assert waiting(store.folder) == []


def test_bytes_that_are_no_text_are_refused(store):
    with pytest.raises(ConfigError, match="bytes that are no text"):
        give(store.folder, "event", {**SALE, "name": "\udcff"}, now=NOON)
    assert waiting(store.folder) == []


def test_a_trouble_of_the_store_leaves_orders_for_later(store, caplog):
    give(store.folder, "event", SALE, now=NOON)
    # as a disk that is full would have it
    path = waiting(store.folder)[0]
    text = path.read_text()
    path.unlink()
    path.mkdir()
    assert events(store) == []
    assert "its orders wait" in caplog.text
    path.rmdir()
    path.write_text(text)
    assert events(store) == ["Sale"]


def test_orders_are_followed_in_the_order_in_which_they_were_given(store):
    with store.writing() as con:
        save(con, [batch(mention("1"), mention("2"))], now=NOON)
    for minute, label in ((2, -1), (1, 1), (3, 0)):
        give(store.folder, "labels", {"labels": [HandLabel("x:1", "streamly", label)]}, now=after(minute))
    with store.opened() as con:
        assert con.execute("select label, labelled_at from human_label").fetchall() == [(0, after(3).replace(tzinfo=None))]


def test_labels_tell_what_became_of_each(store):
    with store.writing() as con:
        save(con, [batch(mention("1"), mention("2"))], now=NOON)
    labels = [HandLabel("x:1", "Streamly", -1), HandLabel("x:9", "Streamly", 1), HandLabel("x:2", "Streamly", 0, "streamly is great", 2.5)]
    told = outcome(store, give(store.folder, "labels", {"labels": labels}, now=NOON)).outcome
    assert told == {"new": 2, "changed": 0, "known": 0, "refused": [[1, "no such mention of that brand is stored"]]}


def test_an_order_that_was_withdrawn_is_not_followed(store):
    withdraw(store.folder, give(store.folder, "event", SALE, now=NOON))
    assert events(store) == []
    withdraw(store.folder, "never given")


def test_a_half_written_order_is_not_seen(store):
    give(store.folder, "event", SALE, now=NOON)
    path = waiting(store.folder)[0]
    path.rename(path.with_name(f".{path.stem}.part"))
    assert events(store) == []


def test_the_inbox_is_nobody_elses(store):
    give(store.folder, "event", SALE, now=NOON)
    assert (store.folder / "inbox").stat().st_mode & 0o077 == 0


KILLED = """
import os, signal, sys
from pathlib import Path
import duckdb
import monitor.store.inbox as inbox
from monitor.store.database import Store
step, place = int(sys.argv[2]), 0

class Dying:
    def __init__(self, con):
        self._con = con
    def execute(self, *given):
        global place
        if place == step:
            os.kill(os.getpid(), signal.SIGKILL)
        place += 1
        return self._con.execute(*given)

with Store(Path(sys.argv[1]), command="killed") as store, store.opened() as con:
    inbox.give(store.folder, "event", {"name": "Sale", "brand": "Streamly", "at": "2026-07-14T12:00:00+00:00", "note": None},
        now=__import__("datetime").datetime(2026, 7, 14, tzinfo=__import__("datetime").UTC))
    inbox.take_in(Dying(con), store.folder)
print(place)
"""


def test_killed_between_any_two_statements_it_takes_effect_once(store, tmp_path):
    store.close()
    for step in range(20):
        done = subprocess.run([sys.executable, "-c", KILLED, store.folder, str(step)], capture_output=True, text=True, check=False)
        with Store(store.folder, command="after") as again, again.writing() as con:
            assert con.execute("select count(*) from event").fetchall() == [(1,)]
            assert con.execute("select count(*) from taken_order where trouble is null").fetchall() == [(1,)]
            con.execute("delete from event")
            con.execute("delete from taken_order")
        assert waiting(store.folder) == []
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert step > 4


def test_an_order_is_given_at_once_while_another_process_has_the_store(store):
    with store.writing():
        order = give(store.folder, "event", SALE, now=NOON)
        with Store(store.folder, command="other", wait_seconds=0) as other, pytest.raises(StoreBusy), other.opened():
            pass
        assert [path.stem for path in waiting(store.folder)] == [order]
    with store.opened() as con:
        take_in(con, store.folder)
        assert taken(con, order).outcome is True
    assert list((store.folder / "inbox").iterdir()) == []
