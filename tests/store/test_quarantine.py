import json
import stat

from monitor.collect.connector import SetAside
from monitor.store.quarantine import Kept, discard, keep, read_quarantine
from tests.builders import NOON, QUERY, after

ITEMS = [SetAside('{"a": "Zürich\n"}', "no date"), SetAside("\ud800\x00", "not JSON")]


def kept_files(folder):
    return sorted((folder / "quarantine").glob("*")) if (folder / "quarantine").exists() else []


def test_bad_items_are_kept_raw_in_a_file_and_by_reason_in_the_store(con, tmp_path):
    assert keep(tmp_path, con, ITEMS, query=QUERY, run_id=7, now=NOON) == 2
    (file,) = kept_files(tmp_path)
    assert read_quarantine(con) == [
        Kept(1, 7, "x", "streamly", "no date", NOON, file.name, 1),
        Kept(2, 7, "x", "streamly", "not JSON", NOON, file.name, 2),
    ]
    assert con.execute("select file, line from quarantine order by id").fetchall() == [(file.name, 1), (file.name, 2)]
    assert [json.loads(line)["raw"] for line in file.read_text().splitlines()] == [item.raw for item in ITEMS]
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_same_page_is_kept_once_a_run(con, tmp_path):
    assert [keep(tmp_path, con, ITEMS, query=QUERY, run_id=run, now=after(run)) for run in (7, 7, 8)] == [2, 0, 2]
    assert [kept.run_id for kept in read_quarantine(con)] == [7, 7, 8, 8]
    assert [kept.run_id for kept in read_quarantine(con, 8)] == [8, 8]


def test_nothing_bad_leaves_nothing(con, tmp_path):
    assert keep(tmp_path, con, [], query=QUERY, run_id=7, now=NOON) == 0
    assert (read_quarantine(con), kept_files(tmp_path)) == ([], [])


def test_a_page_whose_transaction_fails_is_kept_by_the_next_try(con, tmp_path):
    con.execute("begin")
    keep(tmp_path, con, ITEMS, query=QUERY, run_id=7, now=NOON)
    con.execute("rollback")
    assert (read_quarantine(con), len(kept_files(tmp_path))) == ([], 1)
    assert keep(tmp_path, con, ITEMS, query=QUERY, run_id=7, now=NOON) == 2
    assert (len(read_quarantine(con)), len(kept_files(tmp_path))) == (2, 1)


def test_the_files_of_a_run_that_was_taken_back_go_and_those_of_others_stay(con, tmp_path):
    for run_id in (7, 70):
        keep(tmp_path, con, ITEMS, query=QUERY, run_id=run_id, now=NOON)
    discard(tmp_path, 7)
    assert [file.name.split("-")[1] for file in kept_files(tmp_path)] == ["70"]
    discard(tmp_path, 8)
