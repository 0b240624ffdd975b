"""`publish: {lake: true}` and nothing else changes what a copy is made of; every command tells the same of it."""

import json
import os

import duckdb
import pytest

LAKE = "publish: {lake: true}"
VIEWS = ("v_mentions", "v_texts", "v_series", "v_daily", "v_runs", "v_coverage", "v_incidents", "v_human_labels")
OLDER = {"source": "x", "source_id": "5", "text": "acme again", "created_at": "2026-03-01T10:00:00Z"}


def shown(path):
    with duckdb.connect(str(path), read_only=True) as con:
        return {view: con.execute(f"select * from {view} order by all").fetchall() for view in VIEWS}


def is_as_stored(here):
    copy = (here.folder / "published" / "analytics.duckdb").resolve()
    return shown(copy) == shown(here.folder / "data" / "monitor.duckdb")


@pytest.fixture
def filled(here):
    here.configure(more=LAKE)
    here.run("backfill", "rows.jsonl")
    return here


def test_whatever_a_command_changes_the_next_copy_has(filled):
    assert is_as_stored(filled)
    filled.write("more.jsonl", [OLDER])
    filled.run("backfill", "more.jsonl")
    assert is_as_stored(filled)
    filled.configure("acme NOT poetry", more=LAKE)
    assert "1 went" in filled.run("rematch").stdout
    assert is_as_stored(filled)
    filled.configure("acme NOT poetry", more=f"{LAKE}\nscoring: {{scorer: vader}}")
    assert "labels scored again" in filled.run("rescore", "--yes").stdout
    assert is_as_stored(filled)
    assert "taken back" in filled.run("backfill", "--undo", "2", "--yes").stdout
    assert is_as_stored(filled)
    filled.configure("globex", more=LAKE.replace("true", "false"))
    filled.run("rematch")
    assert is_as_stored(filled)


def test_a_copy_answers_from_wherever_it_is_asked(filled, tmp_path_factory, monkeypatch):
    asked = "select source_id from v_mentions order by source_id"
    from_here = json.loads(filled.run("query", "--sql", asked, "--json").stdout)
    assert [row["source_id"] for row in from_here] == ["1", "2", "4", "t1_3"]
    link = filled.folder / "published" / "analytics.duckdb"
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with duckdb.connect(str(link), read_only=True) as con:
        assert len(con.execute(asked).fetchall()) == 4
    assert json.loads(filled.run("query", "--config", str(filled.folder / "config.yaml"), "--sql", asked, "--json").stdout) == from_here


def test_status_and_doctor_say_how_fresh_it_is(filled):
    assert "data as of" in filled.run("status").stdout
    [published] = [one for one in json.loads(filled.run("doctor", "--json").stdout) if one["what"] == "published"]
    assert (published["state"], published["text"][:10]) == ("ok", "data as of")


def copying(here, code=0):
    return [one["text"] for one in json.loads(here.run("doctor", "--json", code=code).stdout) if one["what"] == "copying"]


def test_doctor_recommends_a_lake_where_copies_are_large(here):
    here.configure(more="publish: {every: 1m}")
    here.run("backfill", "rows.jsonl")
    assert copying(here) == []
    # as large as it says, and as empty as it was
    os.truncate(here.folder / "data" / "monitor.duckdb", 700_000_000)
    assert copying(here, code=1) == ["700 MB are copied every 1 minute; set `publish: {lake: true}`, or a longer publish.every"]
    for better in ("publish: {every: 2m}", "publish: {every: 1m, lake: true}"):
        here.configure(more=better)
        assert copying(here) == []
