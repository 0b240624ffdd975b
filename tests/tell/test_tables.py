"""Answers as files in a share: whole or not at all, and a trouble of one is nobody else's."""

import csv
import logging
import os
import stat
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from pydantic import ValidationError

from monitor.config.models import Config
from monitor.config.tables import Table
from monitor.doctor import examine
from monitor.tell.tables import read_tables, table_lines, write_tables
from tests.builders import brand

NOW = datetime(2026, 11, 14, 12, 5, tzinfo=UTC)
DAILY = {"query": "daily_figures", "params": {"brand": "streamly", "since": date(2026, 11, 1)}, "file": "daily.xlsx"}
HOSTILE = {"query": "texts", "file": "texts.csv"}


@pytest.fixture
def config(tmp_path):
    """Makes a configuration with these tables; its own questions are one that reads texts and one that is wrong."""
    queries = tmp_path / "queries"
    queries.mkdir()
    (queries / "texts.sql").write_text(
        "-- What was said?\n\nselect '=cmd()' as text, count(*) as n from v_mentions union all select 'b', 2 order by 1"
    )
    (queries / "many.sql").write_text("-- All?\n\nselect a.range as n from range(200) a, range(200) b")
    (queries / "wrong.sql").write_text("-- What?\n\nselect nothing from v_mentions")
    (tmp_path / "published").mkdir()

    def make(*tables, **more):
        publish = {"tables": tables, "tables_folder": "share", **more}
        return Config(brands=[brand()], folder=tmp_path, queries="queries", publish=publish)

    return make


def test_a_table_is_the_answer_of_the_question(config, published, tmp_path):
    done = write_tables(config(DAILY, HOSTILE), published, now=NOW)
    assert [each.trouble for each in done] == [None, None]
    assert sorted(path.name for path in (tmp_path / "share").iterdir()) == ["daily.xlsx", "texts.csv"]
    rows = list(openpyxl.load_workbook(tmp_path / "share" / "daily.xlsx")["answer"].iter_rows(values_only=True))
    assert rows[0][:2] == ("brand", "local_day")
    assert {row[0] for row in rows[1:]} == {"Streamly"}
    assert rows[1][1] == datetime.fromisoformat("2026-11-01")
    with (tmp_path / "share" / "texts.csv").open(newline="", encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)] == ["text", "'=cmd()", "b"]


def test_the_file_follows_the_umask_so_that_others_can_read_it(config, published, tmp_path):
    before = os.umask(0o027)
    try:
        write_tables(config(HOSTILE), published, now=NOW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "share" / "texts.csv").stat().st_mode) == 0o640


def test_a_limit_that_cut_it_is_told(config, published):
    settings = config({"query": "many", "file": "many.csv"})
    write_tables(settings, published, now=NOW)
    assert next(table_lines(settings)).endswith("many.csv: the first 10,000 rows; there are more; data as of 2026-11-14 12:00 UTC")


def test_one_that_fails_keeps_its_old_file_and_stops_no_other(config, published, tmp_path, caplog):
    settings = config({"query": "wrong", "file": "a.csv"}, {"query": "no_such", "file": "b.csv"}, HOSTILE)
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "a.csv").write_text("as it was")
    with caplog.at_level(logging.WARNING):
        done = write_tables(settings, published, now=NOW)
        write_tables(settings, published, now=NOW + timedelta(minutes=5))
    assert (tmp_path / "share" / "a.csv").read_text() == "as it was"
    assert [bool(each.trouble) for each in done] == [True, True, False]
    # told once, not with each copy
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("table a.csv: query: ")
    wrong, missing, well = table_lines(settings)
    assert "a.csv: failed since 2026-11-14 12:05 UTC (query: " in wrong
    assert wrong.endswith("never written yet")
    assert "no question 'no_such'" in missing
    assert well.endswith("texts.csv: 2 rows; data as of 2026-11-14 12:00 UTC")
    troubled = [finding.text for finding in examine(settings, [], now=NOW) if finding.what == "tables"]
    assert [text[:12] for text in troubled] == ["a.csv: query", "publish.tabl"]


def test_a_share_that_is_away_is_said_and_found_again(config, published, tmp_path):
    (tmp_path / "share").write_text("a file where a folder should be")
    settings = config(HOSTILE)
    (failed,) = write_tables(settings, published, now=NOW)
    assert "check publish.tables_folder" in failed.trouble
    (tmp_path / "share").unlink()
    (done,) = write_tables(settings, published, now=NOW + timedelta(minutes=5))
    assert (done.trouble, done.since, done.written_at) == (None, None, NOW + timedelta(minutes=5))
    assert read_tables(settings) == [done]


def test_what_a_killed_process_left_behind_goes(config, published, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    old, new, other = share / ".texts.csv.1.part", share / ".texts.csv.2.part", share / ".else.csv.1.part"
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (1, 1))
    write_tables(config(HOSTILE), published, now=NOW)
    assert sorted(path.name for path in share.iterdir()) == [".else.csv.1.part", ".texts.csv.2.part", "texts.csv"]


def test_without_tables_nothing_is_written(config, published, tmp_path):
    assert write_tables(config(), published, now=NOW) == []
    assert not (tmp_path / "share").exists()
    assert list(table_lines(config())) == []


@pytest.mark.parametrize("name", ["../daily.xlsx", "/etc/daily.csv", ".daily.csv", "a\\b.csv", "daily.pdf", "daily"])
def test_a_file_name_cannot_leave_the_folder(name):
    with pytest.raises(ValidationError, match="file"):
        Table(query="daily_figures", file=name)


def test_the_file_is_called_like_the_question_unless_it_is_named():
    assert Table(query="daily_figures").file == "daily_figures.xlsx"


def test_two_tables_of_one_file_are_refused(config):
    with pytest.raises(ValidationError, match=r"two of them are written to 'daily.xlsx'; give one another `file`"):
        config(DAILY, {**DAILY, "file": "Daily.xlsx"})
