"""Short orders return at once while another process has the store, and take effect when it next uses it."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

# has the store in the middle of a long write, as an import does, and uses it once more when told to
BUSY = """
import sys
from pathlib import Path
from monitor.store.database import Store
with Store(Path(sys.argv[1]), command="monitor backfill") as store:
    with store.writing() as con:
        print("busy", flush=True)
        sys.stdin.readline()
    with store.opened():
        print("done", flush=True)
"""


@contextmanager
def busy(folder):
    with subprocess.Popen(
        [sys.executable, "-c", BUSY, folder / "data"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        assert child.stdout.readline() == "busy\n"
        yield child
        child.stdin.close()


@pytest.fixture
def filled(here):
    here.run("backfill", "rows.jsonl")
    (here.folder / "labels.csv").write_text("mention_id,brand,label\nx:1,Acme,-1\nx:2,Acme,1\nx:77,Acme,1\n,,?\n")
    return here


def test_an_event_is_noted_at_once_and_stands_on_the_timeline_later(filled):
    with busy(filled.folder) as other:
        begun = time.monotonic()
        told = filled.run("event", "add", "Sale", "--brand", "acme", "--at", "2026-07-11").stdout
        assert time.monotonic() - begun < 5
        assert told == "noted: another process has the store, and takes this in when it next uses it\n"
        values = filled.run("event", "add", "Sale", "--brand", "acme", "--at", "2026-07-11", "--json").stdout
        assert json.loads(values) == {"added": None}
        other.stdin.write("\n")
        assert other.stdout.readline() == "done\n"
    assert "Acme             Sale\n1 event" in filled.run("event", "list").stdout
    assert filled.run("event", "add", "Sale", "--brand", "acme", "--at", "2026-07-11").stdout == "it stands there already\n"


def test_labels_are_noted_at_once_and_taken_in_later(filled):
    with busy(filled.folder):
        assert filled.run("label", "import", "labels.csv").stdout.endswith("when it next uses it: 3 labels\n")
    told = filled.run("label", "import", "labels.csv")
    assert told.stdout.startswith("0 new, 0 changed, 2 known before, 1 left open")
    assert "line 4: no such mention of that brand is stored" in told.stderr


def test_who_is_on_an_incident_is_noted_at_once(filled):
    with busy(filled.folder):
        for word in ("ack", "silence"):
            told = filled.run("incidents", word, "acme-20260710-1", "--by", "ann").stdout
            assert told == "noted: another process has the store, and takes this in when it next uses it\n"
