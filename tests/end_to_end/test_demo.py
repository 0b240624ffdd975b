"""The demo, lived through once as `make demo` does it: it finds what was planted, and the README shows what it prints."""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from monitor.store.database import Store
from monitor.store.publish import publish
from monitor.tell.gate import Limits
from monitor.tell.questions import questions, run_question
from tests.end_to_end.conftest import REPOSITORY


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The demo's folder and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run([sys.executable, "-m", "monitor", "demo"], capture_output=True, text=True, cwd=folder, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


# the whole story is lived through, beside other tests, on whatever machine this is
pytestmark = pytest.mark.timeout(1_000)


def without_seconds(text):
    """How long it took differs from machine to machine, and how the program was called."""
    return re.sub(
        r"\s+\d+ s\b",
        " N s",
        re.sub(r"\.venv/bin/monitor|monitor query", "monitor query", text).replace("monitor query query", "monitor query"),
    ).strip()


def test_the_readme_shows_what_the_demo_prints(lived):
    shown = re.search(r"<!-- demo output -->\n```\n(.*?)```\n<!-- end of demo output -->", (REPOSITORY / "README.md").read_text(), re.S)
    assert shown
    assert without_seconds(shown[1]) == without_seconds(lived[1])


def test_what_was_planted_was_found_and_nothing_else(lived):
    assert "Planted 3, found 3, nothing else above “info”." in lived[1]
    truth = json.loads((lived[0] / "demo" / "truth.json").read_text())
    assert [planted["direction"] for planted in truth] == ["backlash", "delight", "outage"]


def test_the_price_rise_is_noticed_within_fifteen_minutes(lived):
    minutes = re.search(r"backlash .* noticed (\d+) minutes after the first of them", lived[1])
    assert minutes
    assert int(minutes[1]) <= 15


def test_the_commands_it_suggests_work(lived):
    command = re.search(r"monitor (query before_after_event .*)", lived[1])
    assert command
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *command[1].split()], capture_output=True, text=True, cwd=lived[0], timeout=60, check=True
    )
    assert "before" in done.stdout


def test_what_the_price_rise_changed_is_told(lived):
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "impact", "--event", "price", "--json"],
        capture_output=True,
        text=True,
        cwd=lived[0],
        timeout=60,
        check=True,
    )
    (told,) = json.loads(done.stdout)
    whole = told["measured"]["rows"][0]
    assert told["unknown"] is None
    assert whole["share"]["low"] > 0.3
    assert whole["volume"]["low"] > 5
    # the backlash is its effect, and no other cause
    assert [one["is_of_it"] for one in told["beside"] if one["brand"] == "Streamly"] == [True]


def test_every_question_is_answered_alike_by_a_file_and_beside_a_lake(lived, tmp_path):
    shutil.copytree(lived[0] / "demo" / "data", tmp_path / "data")
    with Store(tmp_path / "data", command="test") as store:
        alone, beside = (publish(store, tmp_path / name, now=datetime.now(UTC), lake=name == "lake").path for name in ("file", "lake"))
    for asked in questions():
        takes_a_brand = any(parameter.name == "brand" for parameter in asked.parameters)
        for given in ({}, {"brand": "Streamly"}) if takes_a_brand else ({},):
            one, other = (run_question(copy, asked.name, given, limits=Limits(seconds=60)) for copy in (alone, beside))
            assert (other.columns, other.types, rounded(other.rows)) == (one.columns, one.types, rounded(one.rows)), asked.name


def rounded(rows):
    """Sums of fractions differ in their last digits with the order in which they are added."""
    return [tuple(round(value, 9) if isinstance(value, float) else value for value in row) for row in rows]
