"""Following threads: what is said under texts that name a brand, read whole, and again when more was said, until they fall quiet."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Connector, Cursor, Page, Query, Window
from monitor.errors import RetryLater, SourceChanged, StopUntil
from monitor.gather.enricher import Enricher
from monitor.gather.live import ROUND_SECONDS, Pulled, Puller, pull
from monitor.gather.threads import NO_OLDER, UNTIL_QUIET, Thread, Tree, known_of, query_of, still_heard, threads_of
from monitor.store.database import Store
from monitor.store.ledger import Run
from monitor.store.progress import read_cursors
from monitor.store.threads import read_roots
from monitor.store.write import Batch, Saved

log = logging.getLogger(__name__)

PAGES_A_ROUND = 50
"""Pages of threads read in one round of a source, all together; the others wait for the next."""
SHARE = 0.5
"""Of what a round may ask of its source, if all rounds asked for as much, what threads take at most."""

_FAILURES_IN_A_ROW = 2


class _Looks:
    """A connector as a source of what it counts now under the roots of threads."""

    def __init__(self, connector: Connector, threads: Sequence[Thread]) -> None:
        self.source, self.capabilities = connector.source, connector.capabilities
        self._connector, self._threads = connector, threads

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """A page for each request of the source."""
        known = [known_of(thread.root) for thread in self._threads]
        size = self.capabilities.refresh_batch
        for several in (known[first : first + size] for first in range(0, len(known), size)):
            mentions = [mention for answer in self._connector.refresh(several, now=now, meter=meter) for mention in answer]
            yield Page(mentions, None, seen=0)


class _Sparing:
    """A meter that lets one round's threads have their share of each allowance, and no more."""

    def __init__(self, meter: Meter, *, every: float, now: datetime) -> None:
        self._meter, self._every, self._now = meter, every, now
        self._taken: dict[str, float] = {}

    def reserve(self, bucket: Bucket, amount: float = 1) -> None:
        """As the meter behind.

        raises  StopUntil also where the share is used up
        """
        first, last = bucket.window(self._now)
        share = max(amount, bucket.limit * SHARE * min(1.0, self._every / (last - first).total_seconds()))
        taken = self._taken.get(bucket.name, 0.0) + amount
        if taken > share:
            raise StopUntil(f"{bucket.name}: threads have had their share of this round", at=self._now)
        self._meter.reserve(bucket, amount)
        self._taken[bucket.name] = taken

    def settle(self, bucket: Bucket, *, reserved: float, used: float) -> None:
        """As the meter behind."""
        self._meter.settle(bucket, reserved=reserved, used=used)

    def told(self, bucket: Bucket, *, remaining: float, resets_at: datetime) -> None:
        """As the meter behind."""
        self._meter.told(bucket, remaining=remaining, resets_at=resets_at)


@dataclass(slots=True)
class Follower:
    """What a live round does for the threads of one source, within its share of what may be asked.

    cursors    of every question, by source and name; up to date with what was stored
    every      seconds between rounds
    store_now  saves one page in a transaction of its own
    """

    connector: Connector
    store: Store
    run: Run
    brands: Collection[str]
    cursors: Mapping[tuple[str, str], Cursor]
    enricher: Enricher
    meter: Meter
    every: float
    store_now: Callable[[Batch], Saved]

    def round(self, *, now: datetime) -> Pulled:
        """Ask what was said under each root, then read what has grown, the hottest first; all of it is stored on the way.

        One tree's trouble lets the others go on; two in a row are the source's, and its allowance alone ends the round.
        """
        done = Pulled(query_of(self.connector))
        meter = _Sparing(self.meter, every=self.every, now=now)
        threads = self._threads(now)
        is_counted = self.connector.capabilities.refresh_batch > 1
        looks = [thread for thread in threads if thread.is_to_be_looked_at(now)] if is_counted else []
        if looks:
            done = self._pull(_Looks(self.connector, looks), done.query, None, meter, now)
            threads = self._threads(now)
        due = [thread for thread in threads if thread.is_to_be_read(now, is_counted=is_counted)]
        return _told(self._read(due, done, meter, now) if not done.error else done)

    def _threads(self, now: datetime) -> list[Thread]:
        source, quiet = self.connector.source, now - UNTIL_QUIET
        heard = still_heard(self.cursors, source, now=now)
        with self.store.opened() as con:
            roots = read_roots(con, source, brands=self.brands, since=now - NO_OLDER, new_since=quiet, besides=heard)
        return [thread for thread in threads_of(self.connector, roots, self.cursors) if thread.is_alive(now)]

    def _read(self, due: Sequence[Thread], done: Pulled, meter: Meter, now: datetime) -> Pulled:
        begun, left, failures = time.monotonic(), PAGES_A_ROUND, 0
        for thread in sorted(due, key=_heat, reverse=True):
            if left <= 0 or time.monotonic() - begun > ROUND_SECONDS:
                break
            tree = Tree(self.connector, thread.root, at_most=left)
            one = self._pull(tree, thread.query, thread.kept or None, meter, now)
            left -= tree.pages
            done = replace(done, seen=done.seen + one.seen, saved=done.saved + one.saved)
            if isinstance(one.error, RetryLater | SourceChanged):
                log.info("%s", one.error)
                self._note_failure(thread, now)
                failures += 1
                if failures < _FAILURES_IN_A_ROW:
                    continue
            if one.error:
                return replace(done, error=one.error)
            failures = 0
        return done

    def _pull(self, puller: Puller, query: Query, cursor: Cursor | None, meter: Meter, now: datetime) -> Pulled:
        one = pull(puller, query, cursor, run=self.run, enricher=self.enricher, meter=meter, now=now, store_now=self.store_now)
        saved = sum((self.store_now(batch) for batch in one.batches), one.saved)
        return replace(one, batches=(), saved=saved, cursor=None)

    def _note_failure(self, thread: Thread, now: datetime) -> None:
        """Let a thread that cannot be read rest, longer each time; what came before is stored, and it goes on from there."""
        before = self.cursors.get((thread.query.source, thread.query.name)) or {"v": 1, "root": thread.root.source_id, "whole": True}
        cursor = {**before, "at": now.isoformat(), "failed": before.get("failed", 0) + 1}
        self.store_now(self.enricher.batch(Page([], cursor, seen=0), query=thread.query, run=self.run))


class PastThreads:
    """The threads of an import: those that the import's other questions have found by the time that they are asked for.

    Each is read once, as far as it lies in the window, in the order of time; not those that live rounds have read whole.
    """

    def __init__(self, connector: Connector, store: Store, *, brands: Collection[str]) -> None:
        self.source: str = connector.source
        self.capabilities: Capabilities = connector.capabilities
        self._connector, self._store, self._brands = connector, store, brands

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """Every page of every thread. One that cannot be read is tried again when the others have been.

        The cursor is {"v": 1, "after": …, "at": …, "tree": …, "left": …}: the last thread that is done, the one that is being read and
        how far, and those that could not be read.

        raises  the trouble of two threads in a row, or of one that cannot be read at the end either
        """
        kept: dict[str, Any] = {"v": 1, "after": "", "at": None, "tree": None, "left": [], **(cursor or {})}
        threads = self._threads(window)
        failures = 0
        for place in [place for place in threads if place > kept["after"]]:
            try:
                yield from self._pages(threads[place], place, kept, now=now, window=window, meter=meter)
                failures = 0
            except (RetryLater, SourceChanged) as error:
                failures += 1
                if failures == _FAILURES_IN_A_ROW:
                    raise
                log.info("%s", error)
                kept |= {"after": place, "at": None, "tree": None, "left": [*kept["left"], place]}
                yield Page([], dict(kept), seen=0)
        for place in [place for place in kept["left"] if place in threads]:
            yield from self._pages(threads[place], place, kept, now=now, window=window, meter=meter)
        yield Page([], dict(kept), seen=0, is_last=True)

    def _threads(self, window: Window) -> dict[str, Thread]:
        """By their places in the order in which they are read."""
        with self._store.opened() as con:
            roots = read_roots(con, self.source, brands=self._brands, since=window.since, until=window.until)
            cursors = read_cursors(con, "live")
        threads = threads_of(self._connector, roots, cursors)
        wanted = [thread for thread in threads if thread.root.replies != 0 and not (thread.is_read_whole and not thread.grown)]
        return {f"{thread.root.created_at.isoformat()} {thread.root.source_id}": thread for thread in wanted}

    def _pages(self, thread: Thread, place: str, kept: dict[str, Any], *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        own = kept["tree"] if kept["at"] == place else None
        for page in self._connector.pull(thread.query, own, now=now, window=window, meter=meter):
            kept |= {"at": place, "tree": page.cursor}
            if page.is_last:
                left = [other for other in kept["left"] if other != place]
                kept |= {"after": max(place, kept["after"]), "at": None, "tree": None, "left": left}
            yield replace(page, cursor=dict(kept), covered=(), is_last=False)


def _heat(thread: Thread) -> tuple[bool, int, datetime]:
    """What is begun first, then what has grown most, then what is newest."""
    return thread.is_under_way, thread.grown or 0, thread.root.created_at


def _told(done: Pulled) -> Pulled:
    """An allowance that is used up ends the round, and is no trouble: the source's other questions tell of it where it is one."""
    if isinstance(done.error, StopUntil):
        log.info("%s", done.error)
        return replace(done, error=None)
    return done
