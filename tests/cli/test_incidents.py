"""What people say of an incident is taken in at once, and shown with the next published copy."""

import json
import re

import pytest

from monitor.errors import StoreError
from monitor.store.database import Store
from tests.store.test_incidents import ID, add_incident


@pytest.fixture
def known(here):
    """A store with one incident that goes on."""
    here.configure(rule="streamly")
    here.run("backfill", "rows.jsonl")
    with Store(here.folder / "data", command="test") as store, store.writing() as con:
        add_incident(con)
    return here


@pytest.fixture
def shown(known, monkeypatch):
    """What a command that reads the published copy prints, once there is a new one."""

    def run(*args):
        known.run("backfill", "rows.jsonl", "--redo", "all", "--yes")
        return known.run(*args).stdout

    return run


def test_ack_says_who_is_on_it(known):
    assert known.run("incidents", "ack", ID, "--by", "ann").stdout == "ann is on it\n"
    assert known.run("incidents", "ack", ID, "--by", " ann ").stdout == "ann is on it already\n"
    assert json.loads(known.run("incidents", "ack", ID, "--by", "bob", "--json").stdout) == {"outcome": "done"}


def test_silence_lasts_as_long_as_it_is_told_to(known):
    assert known.run("incidents", "silence", ID).stdout == "silenced until it is over\n"
    assert re.fullmatch(r"silenced until \w{3} \d\d \w{3} \d\d:\d\d UTC\n", known.run("incidents", "silence", ID, "--for", "4h").stdout)
    assert known.run("incidents", "silence", ID, "--lift").stdout == "told of again\n"
    assert known.run("incidents", "silence", ID, "--lift").stdout == "it is not silenced\n"


@pytest.mark.parametrize("word", ["ack", "silence"])
def test_an_unknown_incident_is_refused(known, word):
    with pytest.raises(StoreError, match="no incident 'acme-1'; `monitor incidents list` shows those there are"):
        known.run("incidents", word, "acme-1", "--by", "ann")


@pytest.mark.parametrize(
    ("args", "trouble"),
    [
        (["silence", ID, "--for", "soon"], "is no duration"),
        (["silence", ID, "--for", "1h", "--lift"], "give one of them"),
        (["ack", ID, "--by", " "], "who are you"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(known, args, trouble):
    assert trouble in " ".join(re.sub(r"[│\n]", " ", known.run("incidents", *args, code=2).stderr).split())


def test_who_is_on_it_and_that_it_is_silenced_is_shown(known, shown):
    known.run("incidents", "ack", ID, "--by", "ann\x1b[31m")
    known.run("incidents", "silence", ID, "--by", "bob")
    assert "Streamly backlash (ann[31m is on it, silenced)\n" in shown("incidents", "list")
