"""`monitor backfill` of a source with threads, by the real commands against a Reddit on this computer."""

import json

import pytest
from typer.testing import CliRunner

from monitor.cli.app import app
from tests.gather.test_follow import Forum
from tests.loopback import faults
from tests.loopback.server import Loopback


@pytest.fixture
def forum(monkeypatch):
    monkeypatch.setenv("REDDIT_CLIENT_ID", "made-up")
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", "made-up")
    with Loopback() as server:
        made = Forum(server)
        made.server = server
        yield made


@pytest.fixture
def monitor(tmp_path, forum):
    config = tmp_path / "config.yaml"
    config.write_text(
        "brands:\n  - {name: Streamly, rule: streamly}\n  - {name: Vuebox, rule: vuebox}\n"
        f"sources:\n  reddit: {{base_url: '{forum.server.base}'}}\n"
    )

    def run(*arguments, code=0):
        done = CliRunner().invoke(app, [*arguments, "--config", str(config)])
        assert done.exit_code == code, done.output
        return done.output.splitlines()

    return run


def test_an_import_brings_the_threads_of_what_its_searches_found(forum, monitor):
    forum.open("a", "Streamly went down", "same here", "and here")
    forum.open("b", "Vuebox works", "it does")
    assert monitor("backfill", "reddit", "--since", "2026-07-01", "--dry-run")[2:] == [
        "reddit threads: an unknown number of items, free of charge, not read before",
        "nothing was read",
    ]
    lines = monitor("backfill", "reddit", "--since", "2026-07-01")
    assert lines[2] == "reddit threads: run 3, 5 rows, 3 new mentions, 0 changed"
    assert monitor("backfill", "reddit", "--since", "2026-07-01")[2].startswith("reddit threads: read before as run 3")
    assert monitor("backfill", "--undo", "3") == ["run 3 taken back: 3 mentions removed, 0 kept since another run saw them"]


def test_an_import_of_one_brand_reads_its_threads_alone(forum, monitor):
    forum.open("a", "Streamly went down", "same here")
    forum.open("b", "Vuebox works", "it does")
    lines = monitor("backfill", "reddit", "--since", "2026-07-01", "--brand", "vuebox")
    assert lines[1] == "reddit threads Vuebox: run 2, 2 rows, 1 new mention, 0 changed"


def test_threads_wait_until_all_is_found_under_which_they_stand(forum, monitor):
    forum.open("a", "Streamly went down", "same here")
    forum.server.fail(faults.status(500), path="/search")
    lines = monitor("backfill", "reddit", "--since", "2026-07-01", code=1)
    assert any(line.startswith("reddit threads: not read") for line in lines)
    assert monitor("backfill", "reddit", "--since", "2026-07-01")[2].endswith("1 new mention, 0 changed")


def test_what_is_said_of_an_import_can_be_read_by_programs(forum, monitor):
    forum.open("a", "Streamly went down", "same here")
    asked = ["backfill", "reddit", "--since", "2026-07-01", "--brand", "streamly"]
    nothing = {"items": None, "requests": None, "minutes": None, "usd": 0.0}
    assert [json.loads(line) for line in monitor(*asked, "--dry-run", "--json")] == [
        {"target": "reddit search Streamly", **nothing, "run": None, "state": None},
        {"target": "reddit threads Streamly", **nothing, "run": None, "state": None},
    ]
    assert [json.loads(line)["new"] for line in monitor(*asked, "--json")] == [1, 1]
    assert [json.loads(line)["run"] for line in monitor(*asked, "--dry-run", "--json")] == [1, 2]
    undone = {"run": 2, "removed": 1, "kept": 0}
    assert [json.loads(line) for line in monitor("backfill", "--undo", "2", "--dry-run", "--json")] == [{**undone, "done": False}]
    assert [json.loads(line) for line in monitor("backfill", "--undo", "2", "--json")] == [{**undone, "done": True}]
