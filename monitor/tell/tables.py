"""Chosen questions as CSV files and workbooks in a folder that others read, written anew with each published copy."""

import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from xlsxwriter.exceptions import XlsxWriterException

from monitor.config.models import Config
from monitor.config.tables import Table
from monitor.errors import MonitorError
from monitor.tell.formats import as_csv, notice
from monitor.tell.questions import run_question
from monitor.tell.workbook import write_workbook

log = logging.getLogger(__name__)

# beside the copies, in our own folder: the share may be away
_STATE = "tables.json"
_LEFT_BEHIND_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Written:
    """A table as it stands; times are UTC.

    told        rows, limits and freshness of what was last written; None where it never was
    written_at  when that was
    trouble     why the last try failed; None where it did not
    since       of the first failure in a row
    """

    file: str
    told: str | None = None
    written_at: datetime | None = None
    trouble: str | None = None
    since: datetime | None = None


def write_tables(config: Config, copy: Path, *, now: datetime) -> list[Written]:
    """Write every table of the configuration from a published copy; what became of each.

    A reader of the folder sees a whole file or the one before. A table that fails is logged, told by `read_tables`, and
    stops nothing; its old file stays.
    """
    if not config.publish.tables:
        return []
    known = {each.file: each for each in read_tables(config)}
    done = []
    for table in config.publish.tables:
        before = known[table.file]
        try:
            told = _write(config, table, copy)
        except (MonitorError, OSError, XlsxWriterException) as error:
            trouble = _words(error)
            if trouble != before.trouble:
                log.warning("table %s: %s; copies and collection go on", table.file, trouble)
            done.append(replace(before, trouble=trouble, since=before.since or now))
        else:
            done.append(Written(table.file, told, now))
    _keep(config, done)
    return done


def read_tables(config: Config) -> list[Written]:
    """How each table of the configuration stands; one that was never tried has nothing but its name."""
    try:
        rows = json.loads((config.published_folder / _STATE).read_text(encoding="utf-8"))
        known = {row["file"]: Written(row["file"], row["told"], _at(row["written_at"]), row["trouble"], _at(row["since"])) for row in rows}
    except (OSError, ValueError, TypeError, KeyError):
        known = {}
    return [known.get(table.file, Written(table.file)) for table in config.publish.tables]


def table_lines(config: Config) -> Iterator[str]:
    """A line a table: how much it holds and how fresh it is, or why it cannot be written."""
    for each in read_tables(config):
        path = config.tables_folder / each.file
        last = f"last written {each.written_at:%Y-%m-%d %H:%M} UTC" if each.written_at else "never written yet"
        if each.trouble:
            yield f"{path}: failed since {each.since:%Y-%m-%d %H:%M} UTC ({each.trouble}); {last}"
        else:
            yield f"{path}: {each.told}" if each.told else f"{path}: {last}"


def _write(config: Config, table: Table, copy: Path) -> str:
    params = {name: str(value) for name, value in table.params.items()}
    answer = run_question(copy, table.query, params, own=config.queries_folder)
    folder = config.tables_folder
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    _tidy(folder, table.file)
    part = folder / f".{table.file}.{os.getpid()}.part"
    try:
        if table.file.endswith(".xlsx"):
            told = write_workbook(answer, part)
        else:
            # the line ends are the format's own
            part.write_text(as_csv(answer), encoding="utf-8", newline="")
            told = notice(answer)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(folder / table.file)
    finally:
        part.unlink(missing_ok=True)
    return told


def _tidy(folder: Path, name: str) -> None:
    """Remove what a process that was killed left behind."""
    for left in folder.iterdir():
        if left.name.startswith(f".{name}.") and left.suffix == ".part" and time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
            left.unlink(missing_ok=True)


def _keep(config: Config, done: list[Written]) -> None:
    rows = [{key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(each).items()} for each in done]
    part = config.published_folder / f".{_STATE}.{os.getpid()}"
    try:
        part.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
        part.replace(config.published_folder / _STATE)
    except OSError as error:
        log.warning("published: %s cannot be written (%s)", _STATE, error.strerror)


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or 'cannot be written'}; check publish.tables_folder, its rights and free space"
    return str(error).splitlines()[0]
