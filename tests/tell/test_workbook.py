"""A workbook that Excel and its kin read: texts are texts, times are dates, and what was cut is told."""

import re
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Decimal

import openpyxl
import pytest

from monitor.errors import ConfigError
from monitor.tell.formats import FORMULA
from monitor.tell.gate import Answer
from monitor.tell.questions import run_question, run_sql
from monitor.tell.workbook import LONGEST_TEXT, write_workbook

AS_OF = datetime(2026, 11, 14, 12, 25, tzinfo=UTC)
AT = datetime(2026, 7, 15, 12, 5, 6, tzinfo=UTC)


def written(tmp_path, values, **changes):
    """The cells of one row, and what is told."""
    path = tmp_path / "answer.xlsx"
    told = write_workbook(
        Answer([f"c{i}" for i in range(len(values))], ["?"] * len(values), [tuple(values)], AS_OF, **{"truncated": False, **changes}), path
    )
    book = openpyxl.load_workbook(path)
    return book["answer"][2], told, [row[0].value for row in book["about"]]


def shown(cell):
    """The text as Excel shows it: letters that XML cannot hold stand there by their numbers."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell.value)


@pytest.mark.parametrize("first", [*FORMULA, "=cmd|' /C calc'!A0"])
def test_no_text_is_a_formula_or_becomes_one_when_edited(tmp_path, first):
    [cell], _, _ = written(tmp_path, [f"{first}1+1"])
    assert cell.data_type == "s"
    assert cell.quotePrefix
    assert cell.number_format == "@"
    assert shown(cell) == f"{first}1+1"


def test_links_and_numbers_in_texts_stay_texts(tmp_path):
    cells, _, _ = written(tmp_path, ["https://example.org/a", "0012", "mailto:a@example.org", "1e5", "TRUE", ""])
    assert [cell.value for cell in cells] == ["https://example.org/a", "0012", "mailto:a@example.org", "1e5", "TRUE", ""]
    assert [cell.hyperlink for cell in cells] == [None] * 6


def test_times_are_dates_and_numbers_are_numbers(tmp_path):
    naive = AT.replace(tzinfo=None)
    values = [AT, naive, date(2026, 7, 15), time(9, 5), 3, -0.25, Decimal("1.50"), True, None, float("nan")]
    cells, _, _ = written(tmp_path, values)
    assert [cell.value for cell in cells] == [naive, naive, datetime(2026, 7, 15), time(9, 5), 3, -0.25, 1.5, True, None, None]  # noqa: DTZ001
    assert [cell.is_date for cell in cells[:4]] == [True] * 4
    assert cells[1].number_format == "yyyy-mm-dd hh:mm:ss"


def test_what_excel_would_change_is_text(tmp_path):
    values = [1_900_053_687_359_652_283, date(1815, 6, 18), float("inf"), Decimal("12345678901234567.89"), ["=a", None, 1], {"k": AT}]
    cells, _, _ = written(tmp_path, values)
    assert [cell.value for cell in cells] == [
        "1900053687359652283",
        "1815-06-18",
        "inf",
        "12345678901234567.89",
        '["=a", null, 1]',
        '{"k": "2026-07-15T12:05:06+00:00"}',
    ]


@pytest.mark.parametrize("text", ["a\x1b[31mb", "\x00\x0b\x1f", "\ufffe\uffff", "<b>&amp;\"'", "two\nlines\ttab", "東京 🙂", "  x "])
def test_any_text_leaves_a_file_that_can_be_read(tmp_path, text):
    [cell], _, _ = written(tmp_path, [text])
    assert shown(cell) == text


def test_a_text_that_looks_like_the_number_of_a_letter_stays_one(tmp_path):
    written(tmp_path, ["_x0041_"])
    # read as it lies there: openpyxl takes the first escape away
    assert b">_x005F_x0041_<" in zipfile.ZipFile(tmp_path / "answer.xlsx").read("xl/sharedStrings.xml")


def test_rows_limits_and_freshness_are_told_in_the_file_and_beside_it(tmp_path):
    [cell], told, about = written(tmp_path, ["x" * 40_000], truncated=True, cut_at=16 << 20)
    assert len(cell.value) == LONGEST_TEXT
    assert told.startswith("the first 1 row, 16 MB; there are more; data as of 2026-11-14 12:25 UTC; ")
    assert told.endswith("1 text cut at 32,767 characters, which is all a cell holds")
    assert "; ".join(about) == told


def test_more_columns_than_a_sheet_has_are_told(tmp_path):
    with pytest.raises(ConfigError, match=r"16,385 columns; a sheet has 16,384"):
        written(tmp_path, [None] * 16_385)


def test_questions_and_views_are_written_whole(published, tmp_path):
    for number, answer in enumerate(
        [run_question(published, "daily_figures", {}), run_sql(published, "from v_mentions"), run_sql(published, "select 1 limit 0")]
    ):
        write_workbook(answer, tmp_path / f"{number}.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / f"{number}.xlsx")["answer"]
        assert [cell.value for cell in sheet[1]] == list(answer.columns)
        assert sheet.max_row == len(answer.rows) + 1
        assert sheet.freeze_panes == "A2"
