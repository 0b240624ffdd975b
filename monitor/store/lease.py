"""The right to open the private file: one process at a time, freed by the kernel when its holder dies."""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from monitor.errors import StoreBusy

log = logging.getLogger(__name__)

Priority = Literal["live", "other"]
_POLL_SECONDS = 0.01
_SAY_AFTER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the lease; `since` is seconds since 1970."""

    command: str
    process: int
    since: float

    def __str__(self) -> str:
        return f"`{self.command}` (process {self.process}, for {max(0, round(time.time() - self.since))} s)"


class Lease:
    """A lock file beside the store, and one file for each sort of waiter.

    A waiter shows itself by a shared lock on its wait file, so a holder can see without talking to
    anyone whether somebody waits; `live` goes before `other`.
    """

    def __init__(self, folder: Path, *, command: str, priority: Priority) -> None:
        self._lock = folder / "lease.lock"
        self._waits: dict[Priority, Path] = {"live": folder / "lease.wait-live", "other": folder / "lease.wait-other"}
        self._command = command
        self._priority: Priority = priority
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process has it."""
        return self._descriptor is not None

    def acquire(self, *, seconds: float) -> None:
        """Wait for the lease, at most so long.

        raises  StoreBusy naming the holder
        """
        descriptor = _open(self._lock)
        begun = time.monotonic()
        said = False
        with self._waiting():
            while not self._try(descriptor):
                waited = time.monotonic() - begun
                if waited > seconds:
                    holder = self.holder()
                    os.close(descriptor)
                    raise StoreBusy(
                        f"store: held by {holder or 'another process'}; gave up after {round(waited)} s, try again when it is done"
                    )
                if waited > _SAY_AFTER_SECONDS and not said:
                    log.info("store: held by %s; waiting, at most %d s", self.holder() or "another process", seconds)
                    said = True
                time.sleep(_POLL_SECONDS)
        self._descriptor = descriptor
        self.tell("")

    def tell(self, doing: str) -> None:
        """Let those who wait know what takes so long."""
        if self._descriptor is not None:
            command = f"{self._command}, {doing}" if doing else self._command
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"command": command, "process": os.getpid(), "since": time.time()}).encode(), 0)

    def release(self) -> None:
        """Let the next one in."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def is_wanted(self) -> bool:
        """Whether anybody waits for it."""
        return any(_is_locked(path) for path in self._waits.values())

    def holder(self) -> Holder | None:
        """Who has it, as written by the holder; None where nobody has."""
        # one that was killed has left its name behind
        if not _is_locked(self._lock):
            return None
        try:
            return Holder(**json.loads(self._lock.read_text()))
        except (OSError, ValueError):
            return None

    def _try(self, descriptor: int) -> bool:
        if self._priority == "other" and _is_locked(self._waits["live"]):
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        descriptor = _open(self._waits[self._priority])
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _is_locked(path: Path) -> bool:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
