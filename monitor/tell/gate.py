"""The gate to the published copy: whatever SQL is asked, a child process runs it, and is killed at the deadline.

DuckDB's own limits leak: `length(repeat('x', 2000000000))` runs for half a minute in four gigabytes whatever they say.
So the operating system holds the child, and the parent takes no more from it than it said it would.
"""

import atexit
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time as clock
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from monitor.errors import ConfigError, StoreError
from monitor.tell.gate_worker import COLUMNS, DONE, FAILED, HEAD, ORDER, OUT_OF_MEMORY, READY, ROWS
from monitor.tell.published import followed

LONGEST_SQL = 100_000
_SURROGATE = re.compile("[\ud800-\udfff]")
# a list takes 3 bytes on the way and 64 in our memory
_LISTS = 500_000
_START_SECONDS = 60.0
# beyond the rows themselves: names of columns, heads of frames
_SLACK = 4 << 20
# what finding libraries takes, and nothing that could be a secret
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")

Value = str | int | float | date | datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may take.

    rows     at most; the answer says if more were there
    size     bytes of its rows as JSON, at most; likewise
    seconds  from the order to the last row; then the child is killed
    memory   bytes of address space, beyond those the child has when it starts
    """

    rows: int = 10_000
    size: int = 16 << 20
    seconds: float = 10.0
    memory: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows in the order of the query.

    types       DuckDB's names, one a column; times without a zone are UTC in our views
    data_as_of  when the copy was made; of a store, up to when the furthest source was looked at; None: nothing was looked at
    truncated   more rows were there; these are the first ones
    cut_at      the limit in bytes, where that and not the number of rows cut them
    """

    columns: Sequence[str]
    types: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    data_as_of: datetime | None
    truncated: bool
    cut_at: int | None = None


class Gate:
    """Children that wait for orders; each answers one at a time.

    workers  how many orders may run at once; the next one waits, up to its own deadline
    """

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = workers
        self._free = threading.BoundedSemaphore(workers)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._known: set[_Worker] = set()

    def ask(self, database: Path, sql: str, *, variables: Mapping[str, Value] | None = None, limits: Limits | None = None) -> Answer:
        """The answer to one SELECT.

        variables  given to the engine as values, read by `getvariable`; names are ours
        raises     ConfigError where it is not one SELECT, is wrong, reaches outside, or takes too much
                   StoreError where the published copy cannot be read
        """
        limits = limits or Limits()
        variables = variables or {}
        for text in (sql, *(value for value in variables.values() if isinstance(value, str))):
            if len(text) > LONGEST_SQL:
                raise ConfigError(f"query: {len(text):,} characters; give at most {LONGEST_SQL:,}")
            if "\0" in text or _SURROGATE.search(text):
                raise ConfigError("query: bytes that are no text, NUL or broken UTF-8; take them out")
        order = json.dumps(
            {
                "database": str(followed(database)),
                "sql": sql,
                "variables": {name: _typed(name, value) for name, value in variables.items()},
                **asdict(limits),
            }
        ).encode()
        with self._worker(limits) as worker:
            return worker.answer(order, limits)

    def warm(self) -> None:
        """Start a child, without waiting for it."""
        with self._lock:
            if not self._known:
                self._idle.append(self._started())

    def close(self) -> None:
        """End the children."""
        for worker in list(self._known):
            self._end(worker)
        with self._lock:
            self._idle.clear()

    @contextmanager
    def _worker(self, limits: Limits) -> Iterator["_Worker"]:
        if not self._free.acquire(timeout=limits.seconds):
            raise ConfigError(f"query: {self._workers} others are running; ask again in a moment")
        worker = None
        try:
            worker = self._rested() or self._started()
            yield worker
        finally:
            if worker and worker.rested:
                with self._lock:
                    self._idle.append(worker)
            elif worker:
                self._end(worker)
            self._free.release()

    def _rested(self) -> "_Worker | None":
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive():
                    return worker
                self._end(worker)
        return None

    def _started(self) -> "_Worker":
        # once, however often it is called
        atexit.unregister(self.close)
        atexit.register(self.close)
        worker = _Worker()
        self._known.add(worker)
        return worker

    def _end(self, worker: "_Worker") -> None:
        worker.kill()
        self._known.discard(worker)


class _Worker:
    """One child. It is `rested` when it waits for an order, and fit for one."""

    def __init__(self) -> None:
        paths = [str(Path(each or ".").absolute()) for each in sys.path]
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", "monitor.tell.gate_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"PYTHONPATH": os.pathsep.join(paths), "TZ": "UTC"},
            # an interrupt from the keyboard is the parent's to handle
            start_new_session=True,
        )
        assert self._child.stdin
        assert self._child.stdout
        self._orders, self._frames = self._child.stdin, self._child.stdout
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._frames, selectors.EVENT_READ)
        self._greeted = False
        self.rested = True

    def is_alive(self) -> bool:
        return self._child.poll() is None

    def kill(self) -> None:
        self.rested = False
        self._ready.close()
        self._child.kill()
        self._child.wait()
        self._frames.close()
        with suppress(BrokenPipeError):
            self._orders.close()

    def answer(self, order: bytes, limits: Limits) -> Answer:
        self.rested = False
        if not self._greeted:
            self._greet()
        deadline = clock.monotonic() + limits.seconds
        try:
            self._orders.write(HEAD.pack(ORDER, len(order)) + order)
            return self._received(deadline, limits)
        except _Late:
            raise ConfigError(_too_long(limits.seconds)) from None
        except (_Gone, BrokenPipeError):
            self.kill()
            if self._child.returncode == -signal.SIGXCPU:
                raise ConfigError(_too_long(limits.seconds)) from None
            if self._child.returncode > 0:
                raise ConfigError("query: the engine broke down over it; write it more simply, and please report it") from None
            raise ConfigError(OUT_OF_MEMORY) from None

    def _greet(self) -> None:
        try:
            kind, _ = self._frame(clock.monotonic() + _START_SECONDS, at_most=_SLACK)
        except (_Late, _Gone):
            kind = b""
        if kind != READY:
            raise StoreError("query: the process that runs SQL did not start; is there memory for it, and may programs be started?")
        self._greeted = True

    def _received(self, deadline: float, limits: Limits) -> Answer:
        left, lists, cut = limits.size + _SLACK, 0, None
        head: Mapping[str, Any] = {}
        rows: list[tuple[Any, ...]] = []
        while True:
            kind, payload = self._frame(deadline, at_most=left)
            left -= len(payload)
            lists += payload.count(b"[") + payload.count(b"{")
            if lists > _LISTS + limits.rows:
                raise ConfigError("query: stopped, its lists have too many parts; take fewer rows, or count with len(list)")
            content = json.loads(payload)
            if kind == COLUMNS:
                head = content
            elif kind == ROWS:
                rows += _revived(content["rows"], head["types"])
                cut = content["cut"]
            elif kind == FAILED:
                self.rested = not content["worn"]
                raise (StoreError if content["kind"] == "store" else ConfigError)(content["message"])
            elif kind == DONE:
                self.rested = not content["worn"]
                as_of = datetime.fromisoformat(head["as_of"]) if head["as_of"] else None
                return Answer(head["columns"], head["types"], rows, as_of, cut is not None, limits.size if cut == "size" else None)

    def _frame(self, deadline: float, *, at_most: int) -> tuple[bytes, bytes]:
        kind, length = HEAD.unpack(self._read(HEAD.size, deadline))
        if length > at_most:
            raise _Gone
        return kind, self._read(length, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        got = bytearray()
        while len(got) < size:
            if not self._ready.select(max(0.0, deadline - clock.monotonic())):
                raise _Late
            part = os.read(self._frames.fileno(), min(size - len(got), 1 << 20))
            if not part:
                raise _Gone
            got += part
        return bytes(got)


class _Late(Exception):
    """The deadline has passed."""


class _Gone(Exception):
    """The child has ended, or does not keep to what was agreed."""


def _typed(name: str, value: Value) -> tuple[str, str | int | float]:
    if not name.isidentifier():
        raise ConfigError(f"query: {name!r} cannot name a parameter; begin it with a letter, and use letters, digits and _")
    if isinstance(value, datetime):
        return "datetime", value.isoformat()
    return ("date", value.isoformat()) if isinstance(value, date) else ("plain", value)


_REVIVED: dict[str, Callable[[str], Any]] = {
    "DATE": date.fromisoformat,
    "TIME": time.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
    "TIMESTAMP_S": datetime.fromisoformat,
    "TIMESTAMP_MS": datetime.fromisoformat,
    "TIMESTAMP_NS": datetime.fromisoformat,
    "TIMESTAMP WITH TIME ZONE": lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
    "BLOB": bytes.fromhex,
}


def _revived(rows: Sequence[Sequence[Any]], types: Sequence[str]) -> list[tuple[Any, ...]]:
    made = [_REVIVED.get(kind, Decimal if kind.startswith("DECIMAL(") and kind.endswith(")") else None) for kind in types]
    if not any(made):
        return [tuple(row) for row in rows]
    try:
        return [tuple(make(value) if make and value is not None else value for make, value in zip(made, row, strict=True)) for row in rows]
    except ValueError:
        raise ConfigError("query: a time outside the years 1 to 9999; write cast(… as varchar) around it") from None


def _too_long(seconds: float) -> str:
    return f"query: stopped after {seconds:g} s. The question read too much; bound it by brand and day, or use `v_series_day`."
