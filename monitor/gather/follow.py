"""Following threads: what is said under texts that name a brand, read whole, and again when more was said, until they fall quiet."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Connector, Cursor, Known, Page, Query, ThreadReader, Window
from monitor.errors import RetryLater, SourceChanged, StopUntil
from monitor.gather.enricher import Enricher
from monitor.gather.live import ROUND_SECONDS, Pulled, Puller, pull
from monitor.mention import GONE
from monitor.store.database import Store
from monitor.store.ledger import Run
from monitor.store.progress import read_cursors
from monitor.store.threads import Root, read_roots
from monitor.store.write import Batch, Saved

log = logging.getLogger(__name__)

UNTIL_QUIET = timedelta(hours=48)
"""A thread in which nothing was said for so long is followed no more."""
NO_OLDER = timedelta(days=30)
"""However much is said in it, a thread is followed no longer than this after it was opened."""
PAGES_A_ROUND = 50
"""Pages of threads read in one round of a source, all together; the others wait for the next."""
SHARE = 0.5
"""Of what a round may ask of its source, if all rounds asked for as much, what threads take at most."""

# a thread silent for an hour is asked after in a quarter of one
_PATIENCE = 4
# a large tree costs many requests each time: it rests a minute for each
_REST = timedelta(minutes=1)
_AFTER_FAILURE = timedelta(minutes=5)
_FAILURES_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class _Thread:
    """A thread, and how far it has been read: `kept` is its cursor, empty where it never was.

    The cursor is {"v": 1, "root": …, "whole": …, "replies": …, "newest": …, "pages": …, "at": …, "failed": …, "tree": …}: whether the
    last walk came to its end, what the source then counted, when the newest thing was said, how many pages it took, when that
    was, tries in a row that failed since; and the connector's own cursor.
    """

    root: Root
    query: Query
    kept: Cursor

    @property
    def is_under_way(self) -> bool:
        return bool(self.kept.get("tree") and not self.kept["whole"])

    @property
    def grown(self) -> int | None:
        """How many more replies the source counts than when it was last read; None where it does not say."""
        return None if self.root.replies is None else self.root.replies - (self.kept.get("replies") or 0)

    @property
    def heard_at(self) -> datetime:
        newest, read_at = _at(self.kept.get("newest")), _at(self.kept.get("at"))
        # a source's clock may run ahead of ours
        return min(newest, read_at) if newest and read_at else self.root.created_at

    @property
    def looked_at(self) -> datetime:
        return max(self.root.seen_at, _at(self.kept.get("at")) or self.root.seen_at)

    def is_alive(self, now: datetime) -> bool:
        """Whether it is followed: until it was silent for long. What a first pull brings, however old, is read once."""
        if self.is_under_way:
            return True
        is_new = self.root.is_live and not self.kept.get("tree") and now - self.root.first_seen_at <= UNTIL_QUIET
        return is_new or now - self.heard_at <= UNTIL_QUIET

    def is_to_be_looked_at(self, now: datetime) -> bool:
        """Whether it is time to ask what its source counts now."""
        return now - self.looked_at >= (now - self.heard_at) / _PATIENCE

    def is_to_be_read(self, now: datetime, *, is_counted: bool) -> bool:
        """Whether it is time to read it: more was said, or its source tells so only by being asked for it.

        is_counted  looks tell cheaply what the source counts
        """
        since = now - (_at(self.kept.get("at")) or self.root.first_seen_at)
        failed: int = self.kept.get("failed", 0)
        pages: int = self.kept.get("pages", 0)
        if failed:
            return since / _AFTER_FAILURE >= 2.0**failed
        if self.is_under_way:
            return True
        if self.grown:
            return since >= _REST * pages
        if self.grown is None and not self.kept.get("tree"):
            return True
        return not is_counted and self.is_to_be_looked_at(now)


class _Tree:
    """A thread as a source of pages: the connector's, with a cursor that also tells what the core must know.

    pages  how many have come
    """

    def __init__(self, connector: Puller, root: Root, *, at_most: int | None = None) -> None:
        self.source, self.capabilities = connector.source, connector.capabilities
        self.pages = 0
        self._connector, self._root, self._at_most = connector, root, at_most

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """As a connector's."""
        before = cursor or {}
        known: dict[str, Any] = {"replies": self._root.replies, "newest": before.get("newest"), "pages": 0}
        if before.get("tree") and not before["whole"]:
            known |= {key: before[key] for key in known}
        for page in self._connector.pull(query, before.get("tree"), now=now, window=window, meter=meter):
            self.pages += 1
            known = {**_heard(known, page, self._root), "pages": known["pages"] + 1}
            kept = {"v": 1, "root": self._root.source_id, "whole": page.is_last, "at": now.isoformat(), "failed": 0, "tree": page.cursor}
            yield replace(page, cursor={**kept, **known}, covered=())
            if self._at_most is not None and self.pages >= self._at_most:
                return


class _Looks:
    """A connector as a source of what it counts now under the roots of threads."""

    def __init__(self, connector: Connector, threads: Sequence[_Thread]) -> None:
        self.source, self.capabilities = connector.source, connector.capabilities
        self._connector, self._threads = connector, threads

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """A page for each request of the source."""
        known = [_known(thread.root) for thread in self._threads]
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

    def _threads(self, now: datetime) -> list[_Thread]:
        with self.store.opened() as con:
            roots = read_roots(con, self.connector.source, brands=self.brands, since=now - NO_OLDER)
        return [thread for thread in _threads_of(self.connector, roots, self.cursors) if thread.is_alive(now)]

    def _read(self, due: Sequence[_Thread], done: Pulled, meter: Meter, now: datetime) -> Pulled:
        begun, left, failures = time.monotonic(), PAGES_A_ROUND, 0
        for thread in sorted(due, key=_heat, reverse=True):
            if left <= 0 or time.monotonic() - begun > ROUND_SECONDS:
                break
            tree = _Tree(self.connector, thread.root, at_most=left)
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

    def _note_failure(self, thread: _Thread, now: datetime) -> None:
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
        """Every page of every thread; the cursor tells which one it is, and how far that has been read."""
        kept = cursor or {"after": ""}
        with self._store.opened() as con:
            roots = read_roots(con, self.source, brands=self._brands, since=window.since, until=window.until)
            cursors = read_cursors(con, "live")
        for thread in _threads_of(self._connector, roots, cursors):
            place = f"{thread.root.created_at.isoformat()} {thread.root.source_id}"
            is_read_live = thread.kept.get("whole") and thread.kept.get("tree") and not thread.grown
            if place <= kept["after"] or thread.root.replies == 0 or is_read_live:
                continue
            own = kept.get("tree") if place == kept.get("at") else None
            for page in self._connector.pull(thread.query, own, now=now, window=window, meter=meter):
                kept = {"after": place} if page.is_last else {"after": kept["after"], "at": place, "tree": page.cursor}
                yield replace(page, cursor={"v": 1, **kept}, covered=(), is_last=False)
        yield Page([], {"v": 1, **kept}, seen=0, is_last=True)


def query_of(connector: Connector, brand: str | None = None) -> Query:
    """The name under which the troubles of a source's threads are told, and under which an import reads them.

    brand  the only one whose threads an import reads
    """
    return Query(connector.source, f"threads {brand}" if brand else "threads", brands=(brand,) if brand else (), covers=False)


def are_over(cursors: Mapping[tuple[str, str], Cursor], source: str, *, now: datetime) -> list[str]:
    """The names of threads whose cursors are of no more use: last read so long ago that their roots have grown too old."""
    read_at = {name: _at(cursor["at"]) for (its, name), cursor in cursors.items() if its == source and "root" in cursor}
    return [name for name, at in read_at.items() if at and now - at > NO_OLDER]


def _threads_of(connector: Connector, roots: Sequence[Root], cursors: Mapping[tuple[str, str], Cursor]) -> list[_Thread]:
    asks = [(root, cast(ThreadReader, connector).thread(_known(root))) for root in roots]
    return [_Thread(root, query, cursors.get((query.source, query.name)) or {}) for root, query in asks if query]


def _known(root: Root) -> Known:
    return Known(root.source_id, root.created_at, root.source_id, root.channel)


def _heat(thread: _Thread) -> tuple[bool, int, datetime]:
    """What is begun first, then what has grown most, then what is newest."""
    return thread.is_under_way, thread.grown or 0, thread.root.created_at


def _heard(known: Mapping[str, Any], page: Page, root: Root) -> dict[str, Any]:
    """What a page of a thread tells of it: when the newest thing was said, and what its source counts at the root."""
    said = [
        mention.created_at.isoformat() for mention in page.mentions if mention.state not in GONE and mention.source_id != root.source_id
    ]
    counted = [mention.engagement.replies for mention in page.mentions if mention.source_id == root.source_id]
    replies = next((count for count in counted if count is not None), known["replies"])
    return {"replies": replies, "newest": max([*said, *([known["newest"]] if known["newest"] else [])], default=None)}


def _told(done: Pulled) -> Pulled:
    """An allowance that is used up ends the round, and is no trouble: the source's other questions tell of it where it is one."""
    if isinstance(done.error, StopUntil):
        log.info("%s", done.error)
        return replace(done, error=None)
    return done


def _at(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
