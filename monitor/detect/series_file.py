"""Series in files: `timestamp,value` in, the same rows with a score and a strength out."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isnan, nan
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np

from monitor.detect.listener import Listener
from monitor.detect.series import BIN, naive
from monitor.detect.spikes import Gauges
from monitor.errors import ConfigError

# mentions after which a series has begun
ENOUGH = 50.0
# after so long nothing that was known counts, so a longer gap is not filled any further
FORGOTTEN = timedelta(days=90)
# bins that are judged together
AT_ONCE = 100_000
# how many intervals say how far apart the rows are
LOOK_AT = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: its number there, its time as it is written and as naive UTC, its count (NaN: not known)."""

    line: int
    written: str
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores and strengths, one a row, and what had to be said of the rows.

    scores     0 to 1, 0.5 or more is an alert, 0 in the quiet after one and where nothing is known
    strengths  as `Readings.strength`; NaN where it cannot be said
    notes      sentences
    """

    scores: Sequence[float]
    strengths: Sequence[float]
    notes: Sequence[str]


def read_series(file: Path) -> list[Row]:
    """The rows of a CSV file with the columns timestamp and value, in their order.

    A time without an offset is UTC; an empty value is not known, which is not zero.

    raises  ConfigError where a column is missing, or a row has no time or no count of 0 or more
    """
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        try:
            if missing := [name for name in ("timestamp", "value") if name not in (reader.fieldnames or ())]:
                raise ConfigError(f"{file}:1: no column {' and no column '.join(missing)}; the first line must be timestamp,value")
            return [_row(file, reader.line_num, row["timestamp"], row["value"]) for row in reader]
        except (UnicodeDecodeError, csv.Error) as error:
            raise ConfigError(f"{file}:{reader.line_num + 1}: cannot be read as UTF-8 CSV ({error}); save it as such") from None


def score_series(rows: Sequence[Row], *, zone: ZoneInfo) -> Scored:
    """Judge each row by itself and the earlier ones alone.

    Rows stand five minutes apart, or a multiple of it: a count of an hour is then taken as twelve equal ones. Five minutes without a
    row are not known. A row whose time has been judged already (repeated, or not in order) is left out.

    zone    whose days and hours are the series' own
    raises  ConfigError where rows stand closer than five minutes, or at no multiple of it
    """
    if not rows:
        return Scored([], [], [])
    width = _width(rows)
    steps = list(_steps(rows, width))
    scores, strengths = [0.0] * len(rows), [nan] * len(rows)
    gauges, listener = Gauges(zone, enough=[ENOUGH]), Listener()
    for run in _runs(rows, steps, width):
        seen = gauges.feed(run.start, np.array(run.values)[:, None])
        for place, number in run.judged:
            strengths[place] = float(seen.strength[number, 0])
            scores[place] = listener.hear(strengths[place], float(seen.sudden[number, 0]), bins=steps[place][1])
    skipped = sum(step == 0 for _, step in steps)
    gaps = sum(step > width for _, step in steps[1:])
    unknown = sum(isnan(row.value) for row in rows)
    notes = [
        f"{count} {words}"
        for count, words in (
            (skipped, "rows repeat a time or go back in time; they are left out and score 0"),
            (gaps, "gaps; what is not there is not known, and not taken for zero"),
            (unknown, "rows without a value; they are not known, and not taken for zero"),
        )
        if count
    ]
    return Scored(scores, strengths, notes)


def write_scores(file: Path, rows: Sequence[Row], scored: Scored) -> None:
    """Write timestamp,score,strength, one row a row; a strength that cannot be said is left empty."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(("timestamp", "score", "strength"))
        for row, score, strength in zip(rows, scored.scores, scored.strengths, strict=True):
            # digits enough that no score of less than half is written as half
            writer.writerow((row.written, f"{score:.9g}", "" if isnan(strength) else f"{strength:.6g}"))


def _row(file: Path, line: int, written: str | None, value: str | None) -> Row:
    try:
        at = naive(datetime.fromisoformat((written or "").strip()))
    except (ValueError, OverflowError):
        raise ConfigError(f"{file}:{line}: timestamp {written!r} is no time; write it as 2026-02-10 14:05:00") from None
    text = (value or "").strip()
    try:
        count = float(text) if text else nan
    except ValueError:
        count = -1.0
    if not (isnan(count) or 0 <= count <= 1e15):
        raise ConfigError(f"{file}:{line}: value {text!r} is no count; give a number of 0 or more, or nothing where it is not known")
    return Row(line, written or "", at, count)


def _width(rows: Sequence[Row]) -> int:
    """How many bins a row stands for, by the first rows."""
    apart = [later.at - row.at for row, later in pairwise(rows[: LOOK_AT + 1]) if later.at > row.at]
    if not apart:
        return 1
    usual = timedelta(seconds=median(each.total_seconds() for each in apart))
    width = round(usual / BIN)
    if width < 1 or abs(usual - width * BIN) > BIN / 10:
        raise ConfigError(
            f"line {rows[0].line}: rows are {usual.total_seconds() / 60:g} minutes apart; give counts of five minutes, or of a multiple"
        )
    return width


@dataclass(slots=True)
class _Run:
    """Bins that follow each other: the start of the first, their counts, and the places of rows with the number of their last bin."""

    start: datetime
    values: list[float]
    judged: list[tuple[int, int]]


def _runs(rows: Sequence[Row], steps: Sequence[tuple[int, int]], width: int) -> Iterator[_Run]:
    """The bins of all rows, with unknown ones where there is no row; a new run after a gap in which everything is forgotten."""
    run = _Run(rows[0].at + (1 - width) * BIN, [], [])
    for place, (row, (end, step)) in enumerate(zip(rows, steps, strict=True)):
        if step == 0:
            continue
        blind = min(step - width, FORGOTTEN // BIN)
        if len(run.values) >= AT_ONCE or blind < step - width:
            yield run
            run = _Run(rows[0].at + (end + 1 - width - blind) * BIN, [], [])
        run.values += [nan] * blind + [row.value / width] * width
        run.judged.append((place, len(run.values) - 1))
    yield run


def _steps(rows: Sequence[Row], width: int) -> Iterator[tuple[int, int]]:
    """For each row its last bin, counted from the first row's, and how many bins after the last judged row that is.

    Times are taken to the nearest bin. A row closer to the last one than its width repeats it: 0.
    """
    last = -width
    for row in rows:
        now = round((row.at - rows[0].at) / BIN)
        step = now - last
        if step < width:
            yield now, 0
            continue
        yield now, step
        last = now
