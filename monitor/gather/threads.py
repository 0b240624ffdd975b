"""Threads about a brand: how far each has been read, and when it is time to look at it, to read it, and to leave it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from monitor.collect.budget import Meter
from monitor.collect.connector import Connector, Cursor, Known, Page, Query, ThreadReader, Window
from monitor.gather.live import Puller
from monitor.mention import GONE
from monitor.store.threads import Root

UNTIL_QUIET = timedelta(hours=48)
"""A thread in which nothing was said for so long is followed no more."""
NO_OLDER = timedelta(days=30)
"""However much is said in it, a thread is followed no longer than this after it was opened."""

# a thread silent for an hour is asked after in a quarter of one
_PATIENCE = 4
# a large tree costs many requests each time: it rests a minute for each
_REST = timedelta(minutes=1)
_AFTER_FAILURE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Thread:
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
        """Whether its last walk is still to be ended."""
        return bool(self.kept.get("tree") and not self.kept["whole"])

    @property
    def is_read_whole(self) -> bool:
        """Whether it was read, and to its end."""
        return bool(self.kept.get("tree") and self.kept["whole"])

    @property
    def grown(self) -> int | None:
        """How many more replies the source counts than when it was last read; None where it does not say."""
        return None if self.root.replies is None else self.root.replies - (self.kept.get("replies") or 0)

    @property
    def heard_at(self) -> datetime:
        """When the newest thing was said in it, as far as it was read."""
        newest, read_at = _at(self.kept.get("newest")), _at(self.kept.get("at"))
        # a source's clock may run ahead of ours
        return min(newest, read_at) if newest and read_at else self.root.created_at

    @property
    def looked_at(self) -> datetime:
        """When its source was last asked, for its root or for all of it."""
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


class Tree:
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


def query_of(connector: Connector, brand: str | None = None) -> Query:
    """The name under which the troubles of a source's threads are told, and under which an import reads them.

    brand  the only one whose threads an import reads
    """
    return Query(connector.source, f"threads {brand}" if brand else "threads", brands=(brand,) if brand else (), covers=False)


def threads_of(connector: Connector, roots: Sequence[Root], cursors: Mapping[tuple[str, str], Cursor]) -> list[Thread]:
    """The threads under these roots that their source reads only when asked for them."""
    asks = [(root, cast(ThreadReader, connector).thread(known_of(root))) for root in roots]
    return [Thread(root, query, cursors.get((query.source, query.name)) or {}) for root, query in asks if query]


def known_of(root: Root) -> Known:
    """A root as its connector is told of it."""
    return Known(root.source_id, root.created_at, root.source_id, root.channel)


def still_heard(cursors: Mapping[tuple[str, str], Cursor], source: str, *, now: datetime) -> list[str]:
    """The ids of roots in whose threads something was said lately, or whose walk is still to be ended."""
    kept = _kept(cursors, source).values()
    return [one["root"] for one in kept if not one["whole"] or now - (_at(one.get("newest")) or now) < UNTIL_QUIET]


def are_over(cursors: Mapping[tuple[str, str], Cursor], source: str, *, now: datetime) -> list[str]:
    """The names of threads whose cursors are of no more use: last read so long ago that their roots have grown too old."""
    read_at = {name: _at(kept["at"]) for name, kept in _kept(cursors, source).items()}
    return [name for name, at in read_at.items() if at and now - at > NO_OLDER]


def _heard(known: Mapping[str, Any], page: Page, root: Root) -> dict[str, Any]:
    """What a page of a thread tells of it: when the newest thing was said, and what its source counts at the root."""
    said = [
        mention.created_at.isoformat() for mention in page.mentions if mention.state not in GONE and mention.source_id != root.source_id
    ]
    counted = [mention.engagement.replies for mention in page.mentions if mention.source_id == root.source_id]
    replies = next((count for count in counted if count is not None), known["replies"])
    return {"replies": replies, "newest": max([*said, *([known["newest"]] if known["newest"] else [])], default=None)}


def _kept(cursors: Mapping[tuple[str, str], Cursor], source: str) -> dict[str, Cursor]:
    """The cursors of a source's threads, by name; copied first, since other sources' rounds add theirs meanwhile."""
    return {name: cursor for (its, name), cursor in list(cursors.items()) if its == source and "root" in cursor}


def _at(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
