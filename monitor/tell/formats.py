"""An answer as a table for people, CSV for spreadsheets, JSON for programs, Parquet for notebooks."""

import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.tell.gate import Answer
from monitor.tell.words import UNKNOWN, count_of, one_line

_CELL = 60
# a spreadsheet takes these for the start of a formula, the wide forms and line ends included
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
_ARROW: dict[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "UTINYINT": pa.uint8(),
    "USMALLINT": pa.uint16(),
    "UINTEGER": pa.uint32(),
    "UBIGINT": pa.uint64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "BLOB": pa.binary(),
}
# within a list these come as text
_TEXT_WITHIN = {"DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BLOB"}


def as_table(answer: Answer) -> str:
    """Aligned columns, and below them how many rows and how fresh; strangers' texts cannot move the cursor."""
    names = [one_line(name, limit=_CELL) for name in answer.columns]
    cells = [[_cell(value) for value in row] for row in answer.rows]
    widths = [max([_width(name), *(_width(row[i]) for row in cells)]) for i, name in enumerate(names)]
    right = [
        any(isinstance(row[i], int | float | Decimal) and not isinstance(row[i], bool) for row in answer.rows) for i in range(len(names))
    ]
    lines = [_line(names, widths, right), _line(["─" * width for width in widths], widths, right)]
    lines += [_line(row, widths, right) for row in cells]
    return "\n".join([*lines, "", notice(answer), ""])


def notice(answer: Answer) -> str:
    """What stands under a table, and on stderr beside a file: rows, whether more were there, how fresh."""
    size = f", {answer.cut_at >> 20} MB" if answer.cut_at else ""
    first = f"the first {count_of(len(answer.rows), 'row')}{size}; there are more"
    rows = first if answer.truncated else count_of(len(answer.rows), "row")
    fresh = f"data as of {answer.data_as_of:%Y-%m-%d %H:%M} UTC" if answer.data_as_of else "nothing was looked at yet"
    return f"{rows}; {fresh}"


def as_csv(answer: Answer) -> str:
    """RFC 4180 with a header line; NULL is empty, numbers are exact, lists are JSON, no text runs as a formula."""
    out = io.StringIO()
    # line ends of the standard: with "\n" alone the writer leaves a lone "\r" in a text unquoted, and the row breaks there
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_disarmed(name) for name in answer.columns])
    writer.writerows([csv_value(value) for value in row] for row in answer.rows)
    return out.getvalue()


def as_json(answer: Answer) -> str:
    """A list of objects, times in ISO 8601; what is no number is null."""
    rows = [dict(zip(answer.columns, map(json_value, row), strict=True)) for row in answer.rows]
    return json.dumps(rows, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def write_parquet(answer: Answer, path: Path) -> str:
    """One file; what is told beside it. Columns keep their types, an unusual type becomes JSON text."""
    columns = [_arrow_column(kind, [row[i] for row in answer.rows]) for i, kind in enumerate(answer.types)]
    pq.write_table(pa.table(columns, names=list(answer.columns)), path, compression="zstd")
    return notice(answer)


def _cell(value: Any) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return one_line(value, limit=_CELL)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, float):
        return f"{value:.3g}" if 0 < abs(value) < 0.0001 else f"{value:.4f}".rstrip("0").rstrip(".")
    return one_line(csv_value(value), limit=_CELL)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        " " * (width - _width(cell)) + cell if to_right else cell + " " * (width - _width(cell))
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Places on a terminal: none for a combining mark, two for a wide character."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def csv_value(value: Any) -> str:
    """A cell of a CSV file: NULL is empty, numbers are exact, lists are JSON, no text runs as a formula."""
    match value:
        case None:
            return ""
        case str():
            return _disarmed(value)
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case list() | dict() | tuple():
            return json.dumps(json_value(value), ensure_ascii=False)
        case _:
            return str(value)


def _disarmed(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def json_value(value: Any) -> Any:
    """The value as JSON has it: times in ISO 8601, what is no number is null."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case list() | tuple():
            return [json_value(each) for each in value]
        case dict():
            return {str(key): json_value(each) for key, each in value.items()}
        case _:
            return str(value)


def _arrow_column(kind: str, values: list[Any]) -> pa.Array:
    if kind in _ARROW:
        return pa.array(values, _ARROW[kind])
    if kind.endswith("[]") and kind[:-2] in _ARROW and kind[:-2] not in _TEXT_WITHIN:
        return pa.array(values, pa.list_(_ARROW[kind[:-2]]))
    if found := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind):
        return pa.array(values, pa.decimal128(int(found[1]), int(found[2])))
    if kind in ("HUGEINT", "UHUGEINT"):
        fits = all(value is None or -(2**63) <= value < 2**63 for value in values)
        return (
            pa.array(values, pa.int64()) if fits else pa.array([None if value is None else float(value) for value in values], pa.float64())
        )
    texts = [value if value is None or isinstance(value, str) else _json_text(value) for value in values]
    return pa.array(texts, pa.string())


def _json_text(value: Any) -> str:
    return json.dumps(json_value(value), ensure_ascii=False) if isinstance(value, list | dict | tuple) else str(value)
