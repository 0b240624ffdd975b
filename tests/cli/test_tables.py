"""Every command that publishes writes the tables of the configuration, and `monitor status` says how they stand."""

import csv
import json

import pytest

TABLES = "publish: {tables_folder: share, tables: [{query: share_of_voice, file: voice.csv}, {query: share_of_voces, file: b.csv}]}"
IN_A_LAKE = TABLES.replace("publish: {", "publish: {lake: true, ")


@pytest.mark.parametrize("tables", [pytest.param(TABLES, id="file"), pytest.param(IN_A_LAKE, id="lake")])
def test_tables_come_with_the_copy_and_one_that_fails_is_told(here, tables):
    here.configure(more=tables)
    here.run("backfill", "rows.jsonl")
    with (here.folder / "share" / "voice.csv").open(newline="") as file:
        assert {row["brand"] for row in csv.DictReader(file)} == {"Acme", "Globex"}
    table, failed = here.run("status").stdout.splitlines()[-2:]
    assert table.startswith(f"table  {here.folder}/share/voice.csv: ")
    assert "failed since" in failed
    assert "no question 'share_of_voces'; did you mean share_of_voice?" in failed
    findings = json.loads(here.run("doctor", "--json", code=1).stdout)
    assert ["b.csv" in one["text"] for one in findings if one["what"] == "tables"] == [True]


def test_a_round_by_hand_writes_them_too(here):
    here.configure(more=TABLES)
    here.run("run", "--once")
    assert (here.folder / "share" / "voice.csv").exists()
