"""An answer as an Excel workbook: one sheet of rows, and one that says how many there are and how fresh."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from monitor.errors import ConfigError
from monitor.tell.formats import FORMULA, json_value, notice
from monitor.tell.gate import Answer
from monitor.tell.words import count_of

# Excel's own limits
LONGEST_TEXT = 32_767
_COLUMNS = 16_384
_DIGITS = 15
_FIRST_YEAR = 1900

_WIDEST = 60
_LOOKED_AT = 200
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "name": {"bold": True, "bottom": 1},
    # shown as it is, and still text once somebody edits the cell: Excel goes by the first, LibreOffice by the second
    "text": {"quote_prefix": True, "num_format": "@"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "day": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "hh:mm:ss"},
}


def write_workbook(answer: Answer, path: Path) -> str:
    """One file; what is told beside it: rows, limits, freshness.

    Times are dates of Excel, in UTC; lists are JSON. Numbers of more than 15 digits are texts, since Excel would round
    them, and no text is a formula. A text longer than Excel can hold is cut, and that is told.

    raises  ConfigError where there are more columns than a sheet has
    """
    if len(answer.columns) > _COLUMNS:
        raise ConfigError(f"query: {len(answer.columns):,} columns; a sheet has {_COLUMNS:,}, write CSV or Parquet instead")
    cut = sum(len(_text(value)) > LONGEST_TEXT for row in answer.rows for value in row if isinstance(value, str | list | dict))
    told = notice(answer) + (f"; {count_of(cut, 'text')} cut at {LONGEST_TEXT:,} characters, which is all a cell holds" if cut else "")
    # opened by us, so that a folder that is not there is told as for every other file
    with path.open("wb") as file, xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": answer.data_as_of} if answer.data_as_of else {})
        formats = {name: book.add_format(dict(properties)) for name, properties in _FORMATS.items()}
        sheet = book.add_worksheet("answer")
        for column, name in enumerate(answer.columns):
            sheet.write_string(0, column, name, formats["name"])
            sheet.set_column(column, column, _width(answer, column))
        for number, row in enumerate(answer.rows, 1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value, formats)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(answer.rows), len(answer.columns) - 1)
        about = book.add_worksheet("about")
        for number, part in enumerate(told.split("; ")):
            about.write_string(number, 0, part)
        about.set_column(0, 0, _WIDEST)
    return told


def _write(sheet: Any, row: int, column: int, value: Any, formats: Mapping[str, Any]) -> None:
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(row, column, value)
        case float() if math.isnan(value):
            pass
        case float() if math.isfinite(value):
            sheet.write_number(row, column, value)
        case int() if abs(value) < 10**_DIGITS:
            sheet.write_number(row, column, value)
        case Decimal() if len(value.as_tuple().digits) <= _DIGITS:
            sheet.write_number(row, column, value)
        case datetime() if value.year >= _FIRST_YEAR:
            naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            sheet.write_datetime(row, column, naive, formats["moment"])
        case date() if not isinstance(value, datetime) and value.year >= _FIRST_YEAR:
            sheet.write_datetime(row, column, value, formats["day"])
        case time():
            sheet.write_datetime(row, column, value, formats["time"])
        case _:
            text = _text(value)
            sheet.write_string(row, column, text[:LONGEST_TEXT], formats["text"] if text.startswith(FORMULA) else None)


def _text(value: Any) -> str:
    return json.dumps(json_value(value), ensure_ascii=False) if isinstance(value, list | dict | tuple) else str(value)


def _width(answer: Answer, column: int) -> float:
    """In characters, by the first rows."""
    values = [row[column] for row in answer.rows[:_LOOKED_AT]]
    shown = [f"{value:.4f}" if isinstance(value, float) else _text(value)[:_WIDEST] for value in values if value is not None]
    return min(_WIDEST, max(map(len, [answer.columns[column], *shown])) + 3)
