"""Files of labels: what a spreadsheet is given, and what comes back from it."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from connectors.parquet import ParquetFile
from connectors.records import TextFile, format_of
from monitor.errors import BadItem, ConfigError
from monitor.tell.formats import FORMULA

LONGEST_CELL = 30_000
"""Characters of a text that a spreadsheet keeps whole."""

_QUOTE = "'"
_WORDS: Mapping[str, int] = {
    **dict.fromkeys(("-1", "-1.0", "\u22121", "n", "neg", "negative"), -1),
    **dict.fromkeys(("0", "0.0", "-0", "neu", "neutral"), 0),
    **dict.fromkeys(("1", "1.0", "+1", "p", "pos", "positive"), 1),
}
_UNSURE = frozenset({"", "?"})


class Row(NamedTuple):
    """A row with its place, from 1 in the file."""

    line: int
    cells: Mapping[str, Any]


class Bad(NamedTuple):
    """A row that cannot be used, and why."""

    line: int
    reason: str


def read_rows(path: Path, needed: Sequence[str], *, also: Sequence[str] = ()) -> Iterator[Row | Bad]:
    """The rows of a CSV, JSONL or Parquet file.

    also    columns that it may have
    raises  ConfigError where it cannot be read, or lacks one of the needed columns
    """
    form = format_of(path)
    if form is None:
        raise ConfigError(f"{path.name}: ends in none of .csv, .tsv, .jsonl and .parquet")
    file = ParquetFile(path, wanted=[*needed, *also]) if form == "parquet" else TextFile(path, delimiter=_delimiter(path, form))
    try:
        columns = file.columns()
        if columns is not None and (missing := [name for name in needed if name not in columns]):
            raise ConfigError(f"{path.name}: no column {missing[0]!r}; there are {', '.join(columns)[:200]}")
        for record in file.records(None):
            if record.row is None:
                yield Bad(record.line, record.problem)
            else:
                yield Row(record.line, record.row)
    finally:
        file.close()


def label_of(cell: Any) -> int | None:
    """The label that a person wrote; None where the cell is empty or a question mark.

    raises  BadItem where it is none

    >>> label_of("Negative"), label_of(1.0), label_of("?")
    (-1, 1, None)
    """
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    written = str(cell).strip().lower().removeprefix(_QUOTE)
    if written in _UNSURE:
        return None
    if isinstance(cell, bool) or written not in _WORDS:
        raise BadItem(f"label {written[:30]!r} is none of -1, 0, 1, negative, neutral, positive")
    return _WORDS[written]


def weight_of(cell: Any) -> float | None:
    """How many texts a drawn one stands for; None where the cell is empty.

    raises  BadItem where it is no number of at least 1
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        weight = float(str(cell).strip().replace(",", "."))
    except ValueError:
        weight = math.nan
    if not 1 <= weight < 1e12:
        raise BadItem(f"weight {str(cell)[:30]!r} is no number of at least 1; leave the column as it was drawn")
    return weight


def text_of(cell: Any) -> str | None:
    """A text without what disarmed it; None for an empty cell."""
    return None if cell is None or cell == "" else armed(cell) if isinstance(cell, str) else str(cell)


def as_sheet(columns: Sequence[str], rows: Sequence[Sequence[str | int | float | None]]) -> str:
    """CSV that a spreadsheet opens as it is: no text of a stranger begins a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([disarmed(cell[:LONGEST_CELL]) if isinstance(cell, str) else "" if cell is None else cell for cell in row])
    # the mark by which spreadsheets know UTF-8
    return "\ufeff" + file.getvalue()


def write_sheet(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str | int | float | None]]) -> None:
    """Write a sheet to a file that is not there yet: a filled-in one is hours of somebody's work.

    raises  ConfigError where it is
    """
    try:
        with path.open("x", encoding="utf-8", errors="replace", newline="") as file:
            file.write(as_sheet(columns, rows))
    except FileExistsError:
        raise ConfigError(f"{path}: is there already and may hold labels; name another file with --out") from None


def disarmed(text: str) -> str:
    """The text with a ' before it where a spreadsheet would take it for a formula, or where it has one already.

    >>> disarmed("=1+1"), disarmed("'quoted'"), disarmed("fine")
    ("'=1+1", "''quoted'", 'fine')
    """
    return _QUOTE + text if text.startswith((*FORMULA, _QUOTE)) else text


def armed(text: str) -> str:
    """The text before it was disarmed; what is not disarmed stays.

    >>> armed(disarmed("=1+1")), armed("'tis late")
    ('=1+1', "'tis late")
    """
    return text[1:] if text.startswith(_QUOTE) and text[1:].startswith((*FORMULA, _QUOTE)) else text


def _delimiter(path: Path, form: str) -> str | None:
    """A semicolon where the first line has more of them than of commas, as spreadsheets write it in half of Europe."""
    if form != "csv" or path.suffix.lower() != ".csv":
        return None
    with path.open("rb") as file:
        head = file.readline(10_000)
    return max(",;\t", key=lambda mark: head.count(mark.encode()))
