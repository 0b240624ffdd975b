"""The records of a CSV or JSONL file, compressed or not, one after the other, each with the place where the next one starts."""

import codecs
import csv
import gzip
import hashlib
import json
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from connectors.zstd import open_zst
from monitor.errors import ConfigError

LONGEST_LINE = 1_000_000
"""Bytes of a line or CSV record; a longer one is set aside."""
KEPT = 65_536
_MOST_LINES = 1_000
_HEAD, _TAIL = 4_096, 1_024
_DELIMITERS = {"csv": ",", "tsv": "\t"}
_FORMATS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}

# Process-wide; the default of 131,072 would refuse texts that we only want to cut.
csv.field_size_limit(max(csv.field_size_limit(), 2 * LONGEST_LINE))


class Record(NamedTuple):
    """One record, read or not.

    row       its cells by column; None where it cannot be read, and `problem` says why
    raw       as it came, at most `KEPT` bytes where it cannot be read; b"" for Parquet
    line      of the file, or row, from 1
    end       where the next record starts: line and bytes, or rows, from the start of the file
    finished  False for the last one of a text file that has no end yet: it may still be growing
    """

    row: Mapping[str, Any] | None
    raw: bytes
    line: int
    end: tuple[int, int]
    problem: str = ""
    finished: bool = True


class _Line(NamedTuple):
    raw: bytes
    number: int
    end: int
    fits: bool
    finished: bool


class _Runaway(Exception):
    """A quoted field that goes on for too long."""


def format_of(path: Path) -> str | None:
    """csv, tsv, jsonl or parquet by the file's ending, .gz and .zst aside; None where it is none of them.

    A .zst without another ending is jsonl, as Reddit's dumps are.
    """
    suffix = path.suffix.lower()
    if suffix in (".gz", ".zst"):
        inner = Path(path.stem).suffix.lower()
        if suffix == ".zst" and inner not in _FORMATS:
            return "jsonl"
        return _FORMATS.get(inner) if inner != ".parquet" else None
    return _FORMATS.get(suffix)


class TextFile:
    """A CSV or JSONL file that is read from any record's end on."""

    def __init__(self, path: Path, *, encoding: str = "utf-8", delimiter: str | None = None) -> None:
        """Open the file.

        raises  ConfigError where it cannot be opened or is UTF-16
        """
        self.path = path
        self._format = format_of(path)
        self._encoding = "utf-8" if encoding.lower().replace("_", "-") in {"utf8", "utf-8-sig"} else encoding
        self._delimiter = delimiter or _DELIMITERS.get(self._format or "", ",")
        try:
            self._stream = _opened(path)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the path and its rights") from None
        try:
            self._head = self._read(_HEAD)
            more = self._read(1)
        except ConfigError:
            self.close()
            raise
        if self._head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self.close()
            raise ConfigError(f"{path.name}: is UTF-16; save it as UTF-8")
        self._start = len(codecs.BOM_UTF8) if self._head.startswith(codecs.BOM_UTF8) else 0
        self.is_empty = not self._head[self._start :].strip() and not more

    def close(self) -> None:
        """Give the file back."""
        self._stream.close()

    def columns(self) -> Sequence[str] | None:
        """The names in a CSV's first record; None for JSONL.

        raises  ConfigError where the header cannot be read
        """
        return None if self._format == "jsonl" else self._header()[0]

    def records(self, start: tuple[int, int] | None) -> Iterator[Record]:
        """Every record from that place on; None is the first.

        raises  ConfigError where a compressed file is damaged
        """
        if self._format == "jsonl":
            return self._json_records(start or (0, self._start))
        header, first = self._header()
        return self._csv_records(header, start or first)

    def count(self) -> int:
        """How many records it has, read or not."""
        if self._format == "jsonl":
            return sum(not line.raw.isspace() for line in self._lines((0, self._start)))
        return sum(1 for _ in self.records(None))

    def mark(self, offset: int, last: bytes) -> Mapping[str, Any]:
        """What tells whether a file is still the one that was read up to `offset`; `last` are the bytes before it."""
        tail = last[-_TAIL:] if len(last) < KEPT else b""
        return {"head": [min(offset, len(self._head)), digest(self._head[:offset])], "tail": [len(tail), digest(tail)]}

    def is_marked(self, offset: int, mark: Mapping[str, Any]) -> bool:
        """Whether the bytes before `offset` are those of the mark."""
        (head_length, head), (tail_length, tail) = mark["head"], mark["tail"]
        if digest(self._head[:head_length]) != head or len(self._head) < head_length:
            return False
        self._seek(offset - tail_length)
        found = self._read(tail_length)
        return len(found) == tail_length and bool(digest(found) == tail)

    def _header(self) -> tuple[Sequence[str], tuple[int, int]]:
        feed = _Feed(self._lines((0, self._start)), self._encoding)
        try:
            for names in csv.reader(feed, delimiter=self._delimiter, strict=True):
                if feed.problem:
                    raise ConfigError(f"{self.path.name}: the header cannot be read: {feed.problem}; set encoding: in the map")
                if names:
                    return [name.strip() for name in names], (feed.taken[-1].number, feed.taken[-1].end)
                feed.begin()
        except (_Runaway, csv.Error):
            raise ConfigError(f"{self.path.name}: the header cannot be read: it opens a quote and does not close it") from None
        raise ConfigError(f"{self.path.name}: has no header; the first line names the columns")

    def _json_records(self, start: tuple[int, int]) -> Iterator[Record]:
        decode = json.JSONDecoder(parse_constant=_nan, strict=False).decode
        encoding = self._encoding
        for raw, number, end, fits, finished in self._lines(start):
            row, problem = None, ""
            if not fits:
                problem = f"longer than {LONGEST_LINE:,} bytes"
            else:
                try:
                    text = raw.decode(encoding)
                    if text.isspace():
                        continue
                    row = decode(text)
                except UnicodeDecodeError as error:
                    problem = _undecodable(error, encoding)
                except (ValueError, RecursionError) as error:
                    problem = f"not JSON ({error})"
                if row is not None and not isinstance(row, dict):
                    row, problem = None, "not a JSON object"
                if row is None and not problem:
                    problem = "not a JSON object"
            yield Record(row, raw, number, (number, end), problem, finished)

    def _csv_records(self, header: Sequence[str], start: tuple[int, int]) -> Iterator[Record]:
        feed = _Feed(self._lines(start), self._encoding)
        reader = csv.reader(feed, delimiter=self._delimiter, strict=True)
        width = len(header)
        while True:
            feed.begin()
            cells: list[str] | None = None
            broken = ""
            try:
                cells = next(reader, None)
                if cells is None:
                    return
            except _Runaway:
                broken = "a quote is opened and not closed"
            except csv.Error as error:
                broken = f"not CSV ({error})"
            if cells is not None and not feed.problem:
                if not cells:
                    continue
                if len(cells) < width or any(cells[width:]):
                    broken = f"{len(cells)} cells, the header has {width}"
            finished = feed.taken[-1].finished and not feed.ran_out
            if broken:
                feed.keep_first()
            taken, problem = feed.taken, broken or feed.problem
            raw = taken[0].raw if len(taken) == 1 else b"".join(line.raw for line in taken)
            row = None if problem or cells is None else dict(zip(header, cells, strict=False))
            yield Record(row, raw, taken[0].number, (taken[-1].number, taken[-1].end), problem, finished)

    def _lines(self, start: tuple[int, int]) -> Iterator[_Line]:
        number, end = start
        self._seek(end)
        while raw := self._readline():
            number += 1
            end += len(raw)
            if len(raw) <= LONGEST_LINE:
                yield _Line(raw, number, end, True, raw.endswith(b"\n"))
                continue
            kept = raw[:KEPT]
            while raw and not raw.endswith(b"\n"):
                raw = self._readline()
                end += len(raw)
            yield _Line(kept, number, end, False, bool(raw))

    def _readline(self) -> bytes:
        try:
            return self._stream.readline(LONGEST_LINE + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._damaged(error) from None

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._damaged(error) from None

    def _seek(self, offset: int) -> None:
        try:
            self._stream.seek(offset)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> ConfigError:
        return ConfigError(f"{self.path.name}: is cut off or damaged ({error}); fetch it again")


def _opened(path: Path) -> BinaryIO:
    match path.suffix.lower():
        case ".gz":
            return cast(BinaryIO, gzip.open(path))
        case ".zst":
            return open_zst(path)
    return path.open("rb")


class _Feed:
    """Hands lines to the csv reader, remembers which ones a record took, and takes back those it should not have taken."""

    def __init__(self, lines: Iterator[_Line], encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding
        self._back: deque[_Line] = deque()
        self._size = 0
        self.taken: list[_Line] = []
        self.problem = ""
        self.ran_out = False

    def begin(self) -> None:
        """A new record starts."""
        self.taken, self.problem, self.ran_out, self._size = [], "", False, 0

    def keep_first(self) -> None:
        """Only the record's first line is its own: the others are read once more."""
        self._back.extendleft(reversed(self.taken[1:]))
        self.taken = self.taken[:1]

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines, None)
        if line is None:
            self.ran_out = bool(self.taken)
            raise StopIteration
        self._size += len(line.raw)
        if self.taken and (not line.fits or self._size > LONGEST_LINE or len(self.taken) >= _MOST_LINES):
            self._back.appendleft(line)
            raise _Runaway
        self.taken.append(line)
        if not line.fits:
            self.problem = f"longer than {LONGEST_LINE:,} bytes"
            return "\n"
        try:
            return line.raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            self.problem = self.problem or _undecodable(error, self._encoding)
            return line.raw.decode(self._encoding, "replace")


def digest(part: bytes) -> str:
    """What identifies a part of a file."""
    return hashlib.sha256(part).hexdigest()[:16]


def _undecodable(error: UnicodeDecodeError, encoding: str) -> str:
    return f"byte {error.start + 1} is not {encoding.upper()}"


def _nan(word: str) -> float:
    if word == "NaN":
        return float("nan")
    raise ValueError(f"{word} is no JSON")
