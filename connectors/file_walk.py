"""How far a file has been read, and the page that is being filled with its records."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.records import KEPT, Record
from monitor.collect.connector import Cursor, Looked, Page, SetAside, Window
from monitor.errors import BadItem
from monitor.mention import Mention

_BIN = timedelta(minutes=5)


@dataclass(slots=True)
class FileWalk:
    """How far a file has been read.

    file      its size in bytes and when it was written, in ns
    end       where the next record starts (`Record.end`); None before the first
    rows      records read since the start of the file
    readable  of them those that gave a mention
    span      first and last time by the mention's source
    left      there is a last line without an end, which may still grow
    """

    file: list[int]
    end: tuple[int, int] | None = None
    rows: int = 0
    readable: int = 0
    span: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    done: bool = False
    left: bool = False

    @classmethod
    def resumed(cls, cursor: Cursor, *, file: list[int]) -> "FileWalk":
        """Where a cursor left off; `file` is as it is now."""
        span = {source: (datetime.fromisoformat(first), datetime.fromisoformat(last)) for source, (first, last) in cursor["span"].items()}
        end = tuple(cursor["end"]) if cursor["end"] else None
        return cls(file, end, cursor["rows"], cursor["readable"], span, cursor["done"])

    @property
    def offset(self) -> int:
        """Bytes or rows read."""
        return self.end[1] if self.end else 0

    def read(self, record: Record) -> None:
        """A record was read, or could not be."""
        self.end = record.end
        self.rows += 1

    def saw(self, mention: Mention) -> None:
        """A mention inside the window was found."""
        at = mention.created_at
        span = self.span.get(mention.source)
        if span is None:
            self.span[mention.source] = (at, at)
        elif at < span[0] or at > span[1]:
            self.span[mention.source] = (min(at, span[0]), max(at, span[1]))

    def cursor(self, mark: Mapping[str, Any]) -> Cursor:
        """Where to go on; `mark` tells whether the file is still the same."""
        return {
            "v": 1,
            "end": self.end and list(self.end),
            "rows": self.rows,
            "readable": self.readable,
            "span": {source: [first.isoformat(), last.isoformat()] for source, (first, last) in self.span.items()},
            "mark": mark,
            "file": self.file,
            "done": self.done,
            "left": self.left,
        }

    def covered(self, window: Window) -> list[Looked]:
        """The window, or where it is open the times found, for each source."""
        return [
            Looked(source, since=window.since or _floor(first), until=window.until or _floor(last) + _BIN)
            for source, (first, last) in sorted(self.span.items())
        ]


@dataclass(slots=True)
class Batch:
    """The page that is being filled."""

    mentions: list[Mention] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    outside: int = 0
    weight: int = 0

    @property
    def seen(self) -> int:
        """Records in the page."""
        return len(self.mentions) + len(self.set_aside) + self.outside

    def page(self, cursor: Cursor, covered: Sequence[Looked], *, is_last: bool = False) -> Page:
        """The page, full."""
        return Page(self.mentions, cursor, seen=self.seen, set_aside=self.set_aside, covered=covered, is_last=is_last)


def row_of(record: Record) -> Mapping[str, Any]:
    """Its cells.

    raises  BadItem where it cannot be read
    """
    if record.row is None:
        raise BadItem(record.problem)
    return record.row


def set_aside_of(record: Record, reason: str) -> SetAside:
    """The record for quarantine."""
    raw = record.raw or json.dumps(record.row, default=str, ensure_ascii=False).encode(errors="backslashreplace")
    return SetAside(raw[:KEPT].decode(errors="backslashreplace").rstrip("\r\n"), reason)


def _floor(at: datetime) -> datetime:
    """The start of the five minutes that hold a moment."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)
