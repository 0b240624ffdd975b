"""A drop folder in which one file lies: what the kit answers is what somebody writes there before each look."""

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import connectors.file
from connectors.file import FileConnector, FileSettings
from monitor.collect.budget import Meter
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Cursor, Page, Query, Window
from monitor.collect.http import Http

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAME = "mentions.jsonl"
REQUIRED = ("source", "source_id", "created_at", "text", "state")
A_PAGE = 40

Row = dict[str, Any]


def row(number: int) -> Row:
    """A row of the native map; every eleventh was taken back."""
    said: Row = {
        "source": "file",
        "source_id": f"f{number}",
        "created_at": (NOW - timedelta(minutes=200 - number)).isoformat(),
        "text": f"Streamly hangs, {number}",
        "kind": "comment",
        "channel": "helpdesk",
        "author_name": f"viewer{number % 7}",
        "likes": number % 5,
        "lang": "en",
    }
    return {**said, "text": None, "state": "deleted", "author_name": None, "likes": None} if number % 11 == 10 else said


ROWS = [row(number) for number in range(150)]


class DropFolder(FileConnector):
    """The connector, in a folder of its own; its clock says NOW, and so does the file's time."""

    def __init__(self, base: str) -> None:
        self._own = Path(tempfile.mkdtemp(prefix="drop-"))
        self._base = base
        weakref.finalize(self, shutil.rmtree, self._own)
        super().__init__(FileSettings(paths=["*.jsonl"]), folder=self._own)
        self._write(as_lines(ROWS))

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """A look, once the file is as the kit wants it."""
        with closing(Http("file", base_url=self._base)) as http:
            self._write(http.get(NAME).body)
        with patch.object(connectors.file, "_PAGE_RECORDS", A_PAGE):
            yield from super().pull(query, cursor, now=now, window=window, meter=meter)

    def _write(self, body: bytes) -> None:
        path = self._own / NAME
        path.write_bytes(body)
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def as_lines(rows: list[Row]) -> bytes:
    """Rows as JSONL."""
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


def changed(body: bytes, change: Callable[[int, Row], Row]) -> bytes:
    """The file with each of its rows changed."""
    return as_lines([change(number, json.loads(line)) for number, line in enumerate(body.splitlines())])


def serve(_request: Request) -> Response:
    """The file as it is."""
    return Response(as_lines(ROWS), headers={"content-type": "application/jsonl"})


STAGE = Stage(
    name="file",
    make=DropFolder,
    serve=serve,
    ids=frozenset(one["source_id"] for one in ROWS),
    now=NOW,
    spoil=lambda body, place: changed(body, lambda number, one: {**one, "created_at": None} if place in (None, number) else one),
    extend=lambda body: changed(body, lambda _number, one: {**one, "mood": "calm", "badges": [{"kind": "t9"}]}),
    strip=lambda body: changed(body, lambda _number, one: {key: one[key] for key in REQUIRED if one.get(key)}),
)
