"""`monitor query` writes what was asked for where it was asked for, and says how much there is."""

import csv
import json
import re

import openpyxl
import pyarrow.parquet as pq
import pytest
from typer import BadParameter

import monitor
from monitor.errors import ConfigError, StoreError

ASK = ("query", "--sql", "select source_id, created_at, text from v_mentions order by source_id")
HOSTILE = {"source": "x", "source_id": "9", "text": "=acme()", "created_at": "2026-07-12T12:00:00Z"}


@pytest.fixture(params=[pytest.param("", id="file"), pytest.param("publish: {lake: true}", id="lake")])
def filled(here, request):
    here.configure(more=request.param)
    here.write("rows.jsonl", [HOSTILE])
    here.run("backfill", "rows.jsonl")
    return here


def test_a_file_is_written_by_its_ending(filled):
    for name in ("a.csv", "a.json", "a.parquet", "a.xlsx", "a.txt", "A.CSV"):
        done = filled.run(*ASK, "--out", name)
        assert done.stdout == ""
        assert re.fullmatch(r"1 row; data as of .* UTC\n", done.stderr)
    with (filled.folder / "a.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["source_id", "created_at", "text"], ["9", "2026-07-12 12:00:00", "'=acme()"]]
    assert json.loads((filled.folder / "a.json").read_text())[0]["text"] == "=acme()"
    assert pq.read_table(filled.folder / "a.parquet").to_pylist()[0]["source_id"] == "9"
    cells = openpyxl.load_workbook(filled.folder / "a.xlsx")["answer"][2]
    assert [(cell.data_type, cell.is_date) for cell in cells] == [("s", False), ("d", True), ("s", False)]
    assert (filled.folder / "a.txt").read_text().startswith("source_id  created_at")
    assert (filled.folder / "A.CSV").read_bytes() == (filled.folder / "a.csv").read_bytes()


def test_a_format_that_is_given_counts_more_than_the_ending(filled):
    filled.run(*ASK, "--out", "a.dat", "--format", "json")
    assert json.loads((filled.folder / "a.dat").read_text())[0]["source_id"] == "9"
    filled.run(*ASK, "--out", "b.txt", "--json")
    assert json.loads((filled.folder / "b.txt").read_text())[0]["source_id"] == "9"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param(["--out", "a.dat"], "of which format", id="unknown ending"),
        pytest.param(["--format", "xlsx"], "needs --out", id="xlsx to the screen"),
        pytest.param(["--format", "parquet"], "needs --out", id="parquet to the screen"),
        pytest.param(["--format", "csv", "--json"], "contradict", id="two formats"),
    ],
)
def test_a_format_that_cannot_be_is_wrong_usage(filled, more, said):
    assert said in filled.run(*ASK, *more, code=2).stderr
    assert BadParameter.exit_code == 2


def test_a_notebook_connects_to_the_newest_copy_for_reading(filled):
    with monitor.connect() as con:
        assert con.sql("select text from v_mentions").fetchall() == [("=acme()",)]
        with pytest.raises(Exception, match="read-only"):
            con.execute("delete from event")
        filled.write("more.jsonl", [{**HOSTILE, "source_id": "10"}])
        filled.run("backfill", "more.jsonl")
        assert con.sql("select count(*) from v_mentions").fetchall() == [(1,)]
    with monitor.connect("config.yaml") as con:
        frame = con.sql("select brand, created_at, count(*) over () as n from v_mentions").df()
        assert frame["n"].tolist() == [2, 2]
        assert str(frame["created_at"].dtype).startswith("datetime64")
        assert con.sql("select current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_a_notebook_is_told_what_is_missing(here, monkeypatch):
    with pytest.raises(StoreError, match=r"no copy in .*monitor run --once"):
        monitor.connect()
    with pytest.raises(ConfigError, match=r"no configuration at nowhere.yaml; `monitor init` writes one"):
        monitor.connect("nowhere.yaml")
    monkeypatch.setenv("MONITOR_CONFIG", "elsewhere.yaml")
    with pytest.raises(ConfigError, match=r"no configuration at elsewhere\.yaml"):
        monitor.connect()
