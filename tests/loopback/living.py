"""A source that lives: items appear, change, vanish, come late and change places along a clock that the test moves.

    living = Living(NOON)
    old = living.add("streamly is down")                                    # created and shown now
    living.add("streamly!", created_at=NOON - HOUR, appears_at=NOON + HOUR)  # from a spam queue, with an old id
    living.edit(old, "streamly is up", at=NOON + HOUR)                      # `at` may lie ahead; without it, now
    living.delete(old, at=NOON + 2 * HOUR)
    living.advance(hours=3)
    assert living.witnessed()[old].deleted_at == NOON + 2 * HOUR            # what an observer who never blinked knows

Handlers serve it the way sources do, `write` being the shape (`shapes.py` has Reddit's, X's and others):

    NewestFirst  newest first, paged by a token: Reddit, X, Mastodon
    OldestFirst  oldest first after a time or id, paged by that or by number: Arctic Shift, WordPress, Disqus
    Windowed     newest first in a time window by page number, with an end to what can be reached: Hacker News
    Lookup       items by id: api/info, tweets?ids=

Two things happen once an answer is written: the clock moves by `living.tick`, and the first function waiting in
`living.between` runs. So a page can find other items than the one before it, the same ones in every run.

    with Loopback(now=lambda: living.now) as server:
        server.on("GET", "/r/all/comments/?", NewestFirst(living, write=shapes.reddit_listing))

A page token or anchor that the source never gave is a mistake of the client, and fails the test.
"""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.loopback.server import Request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SNOWFLAKES_FROM_MS = 1_288_834_974_657
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Item:
    """One item at one time.

    number      grows with the time of creation, so an item that comes late has an old one
    text        None once deleted
    edits       when it was edited, oldest first
    deleted_at  None: not
    rank_at     by this time the source lists it: created_at unless bumped
    shown       whether the source lists it (a deleted item only if it leaves a tombstone)
    fields      whatever else the test gave it
    """

    number: int
    id: str
    created_at: datetime
    text: str | None
    rank_at: datetime
    shown: bool = False
    edits: tuple[datetime, ...] = ()
    deleted_at: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[datetime, int]:
        return self.rank_at, self.number

    @property
    def edited_at(self) -> datetime | None:
        """When it got its present text; None: never edited."""
        return self.edits[-1] if self.edits else None


@dataclass(frozen=True, slots=True)
class Event:
    """What happens to an item; `order` settles which of two at one time was first."""

    at: datetime
    order: int
    change: Callable[[Item, datetime], Item]


def snowflake(created_at: datetime, serial: int) -> int:
    """X's way to make a number of a time: milliseconds since November 2010 above 22 bits; `serial` tells those of one millisecond apart."""
    return ((created_at - EPOCH) // MILLISECOND - SNOWFLAKES_FROM_MS << 22) + serial


class Living:
    """The items, their events, and the clock.

    now   the present; only `advance` and `tick` move it
    name  makes the id of a number: str, or `lambda number: "t1_" + base36(number)`
    tick  how far the clock moves after each answer
    """

    def __init__(self, now: datetime, *, name: Callable[[int], str] = str, tick: timedelta = timedelta(0)) -> None:
        self.now, self.name, self.tick = now, name, tick
        self.between: deque[Callable[[], Any]] = deque()
        self._born: dict[str, Item] = {}
        self._events: dict[str, list[Event]] = {}
        self._serials: dict[int, int] = {}
        self._order = 0

    def advance(self, **by: float) -> datetime:
        """Move the clock on by `timedelta(**by)`."""
        self.now += timedelta(**by)
        return self.now

    def answered(self) -> None:
        """What happens between two answers."""
        self.now += self.tick
        if self.between:
            self.between.popleft()()

    def add(self, text: str, *, created_at: datetime | None = None, appears_at: datetime | None = None, **fields: Any) -> str:
        """A new item; its id. Created now and shown from then on, unless said otherwise."""
        created_at = created_at or self.now
        number = snowflake(created_at, 0)
        self._serials[number] = serial = self._serials.get(number, -1) + 1
        item = Item(number + serial, self.name(number + serial), created_at, text, created_at, fields=fields)
        self._born[item.id], self._events[item.id] = item, []
        self._happens(item.id, appears_at or created_at, lambda item, _: replace(item, shown=True))
        return item.id

    def edit(self, id: str, text: str, at: datetime | None = None) -> None:
        """Another text, unless it is deleted by then."""
        self._happens(id, at, lambda item, at: item if item.deleted_at else replace(item, text=text, edits=(*item.edits, at)))

    def change(self, id: str, at: datetime | None = None, **fields: Any) -> None:
        """Other fields, such as a score, without a trace of the change."""
        self._happens(id, at, lambda item, _: replace(item, fields={**item.fields, **fields}))

    def delete(self, id: str, at: datetime | None = None, *, tombstone: bool = False) -> None:
        """Its text is gone for good; with a tombstone it is still listed, without it is not."""

        def gone(item: Item, at: datetime) -> Item:
            return item if item.deleted_at else replace(item, text=None, deleted_at=at, shown=tombstone and item.shown)

        self._happens(id, at, gone)

    def hide(self, id: str, at: datetime | None = None) -> None:
        """Not listed for now, as in a moderator's queue."""
        self._happens(id, at, lambda item, _: replace(item, shown=False))

    def show(self, id: str, at: datetime | None = None) -> None:
        """Listed again, if it was not deleted."""
        self._happens(id, at, lambda item, _: item if item.deleted_at else replace(item, shown=True))

    def bump(self, id: str, at: datetime | None = None, *, to: datetime | None = None) -> None:
        """Listed in another place: as if created at `to`; without it, at the time of the bump."""
        self._happens(id, at, lambda item, at: replace(item, rank_at=to or at))

    def _happens(self, id: str, at: datetime | None, change: Callable[[Item, datetime], Item]) -> None:
        self._order += 1
        events = self._events[id]
        event = Event(at or self.now, self._order, change)
        events.insert(bisect_right(events, (event.at, event.order), key=lambda other: (other.at, other.order)), event)

    def knows(self, id: str) -> bool:
        """Whether there is or will be such an item."""
        return id in self._born

    def item_at(self, id: str, now: datetime | None = None) -> Item:
        """One item as it is at a time, listed or not; KeyError if there never was one."""
        item = self._born[id]
        for event in self._events[id]:
            if event.at <= (now or self.now):
                item = event.change(item, event.at)
        return item

    def items_at(self, now: datetime | None = None) -> list[Item]:
        """Every item created by then as it truly is, the hidden and the deleted ones too; newest first."""
        now = now or self.now
        there = [self.item_at(id, now) for id, born in self._born.items() if born.created_at <= now]
        return sorted(there, key=lambda item: item.rank, reverse=True)

    def visible(self, now: datetime | None = None) -> list[Item]:
        """What the source shows then, newest first."""
        return [item for item in self.items_at(now) if item.shown]

    def witnessed(self, until: datetime | None = None, *, since: datetime | None = None) -> dict[str, Item]:
        """What an observer who never blinked from `since` (None: the beginning) to `until` knows, by id.

        Items shown at any moment between, with the last text shown; a deletion is known even where it leaves no trace.
        """
        until = until or self.now
        known: dict[str, Item] = {}
        for id in self._born:
            moments = [at for at in [since, *(event.at for event in self._events[id])] if at and (since or at) <= at <= until]
            seen = [item for item in (self.item_at(id, at) for at in moments) if item.shown]
            if seen:
                last = self.item_at(id, until)
                known[id] = last if last.deleted_at or last.shown else seen[-1]
        return known


@dataclass(frozen=True, slots=True)
class Page:
    """What one request found.

    token    asks for the next page; None on the last
    total    how many there are in all, within what was asked for
    missing  ids asked for that are not to be had
    """

    items: Sequence[Item]
    token: str | None
    total: int
    now: datetime
    request: Request
    size: int = 0
    missing: Sequence[str] = ()


Write = Callable[[Page], Any]


@dataclass
class NewestFirst:
    """Newest first, paged by a token.

    size, token, since, above, start, end  names of the parameters: page size, next page, lowest id (not included; the newest page
                 is given), lowest id (not included; the page right above it is given), earliest time, latest time (not included)
    most         the largest page
    reach        how many items can be reached at all, as Reddit's 1,000; None: no end
    lost_anchor  what a token or `above` whose item is shown no more gives: the page it would have given, or an empty one
    """

    living: Living
    write: Write
    size: str = "limit"
    token: str = "after"
    since: str = "since_id"
    above: str = "before"
    start: str = "start_time"
    end: str = "end_time"
    usual: int = 25
    most: int = 100
    reach: int | None = None
    lost_anchor: Literal["nearest", "empty"] = "nearest"

    def __call__(self, request: Request) -> Any:
        size = _size(request, self.size, self.usual, self.most)
        items = self.living.visible()[: self.reach]
        shown = {item.id for item in items}
        for name in (self.token, self.above):
            if self.lost_anchor == "empty" and request.one(name) and request.one(name) not in shown:
                items = []
        if since := request.one(self.since):
            items = [item for item in items if item.number > _number(self.living, since)]
        if start := request.one(self.start):
            items = [item for item in items if item.created_at >= time_of(start)]
        if end := request.one(self.end):
            items = [item for item in items if item.created_at < time_of(end)]
        total = len(items)
        if token := request.one(self.token):
            items = [item for item in items if item.rank < self.living.item_at(token).rank]
        if above := request.one(self.above):
            items = [item for item in items if item.rank > self.living.item_at(above).rank][-size:]
        page = items[:size]
        written = self.write(Page(page, page[-1].id if len(items) > size else None, total, self.living.now, request, size))
        self.living.answered()
        return written


@dataclass
class OldestFirst:
    """Oldest first, after a time or an id.

    size, since, until, page, offset  names of the parameters: page size, time or id after which (the token of a page is the id of its
                   last item), time before which, number of the page from 1 or how many items to leave out before it
    inclusive      items of the very time given are given too
    whole_seconds  the source compares seconds, not what is finer
    """

    living: Living
    write: Write
    size: str = "limit"
    since: str = "after"
    until: str = "before"
    page: str = "page"
    offset: str = "offset"
    usual: int = 25
    most: int = 100
    inclusive: bool = False
    whole_seconds: bool = False

    def __call__(self, request: Request) -> Any:
        size = _size(request, self.size, self.usual, self.most)
        items = self.living.visible()[::-1]
        since, until = request.one(self.since), request.one(self.until)
        if since and self.living.knows(since):
            items = [item for item in items if item.rank > self.living.item_at(since).rank]
        elif since:
            at = self._compared(time_of(since))
            items = [i for i in items if self._compared(i.rank_at) > at or (self.inclusive and self._compared(i.rank_at) == at)]
        if until:
            items = [item for item in items if self._compared(item.rank_at) < self._compared(time_of(until))]
        start = int(request.one(self.offset) or size * (int(request.one(self.page) or 1) - 1))
        page = items[start : start + size]
        token = page[-1].id if len(items) > start + size else None
        written = self.write(Page(page, token, len(items), self.living.now, request, size))
        self.living.answered()
        return written

    def _compared(self, at: datetime) -> datetime:
        return at.replace(microsecond=0) if self.whole_seconds else at


@dataclass
class Windowed:
    """Newest first in a window of time, by number of the page from 0; nothing after the first `reach`.

    size, page, window  names of the parameters; the window is Algolia's, such as created_at_i>=1700000000,created_at_i<1700003600
    """

    living: Living
    write: Write
    size: str = "hitsPerPage"
    page: str = "page"
    window: str = "numericFilters"
    usual: int = 20
    most: int = 1000
    reach: int = 1000

    def __call__(self, request: Request) -> Any:
        size = _size(request, self.size, self.usual, self.most)
        items = [item for item in self.living.visible() if _within(int(item.created_at.timestamp()), request.one(self.window) or "")]
        start = size * int(request.one(self.page) or 0)
        reached = items[: self.reach]
        token = str(start // size + 1) if len(reached) > start + size else None
        written = self.write(Page(reached[start : start + size], token, len(items), self.living.now, request, size))
        self.living.answered()
        return written


@dataclass
class Lookup:
    """Items by id, a comma between them; a deleted one is given only if `deleted`, else it is missing, as are hidden ones."""

    living: Living
    write: Write
    ids: str = "ids"
    deleted: bool = False

    def __call__(self, request: Request) -> Any:
        ids = [id for id in (request.one(self.ids) or "").split(",") if id]
        known = {id: self.living.item_at(id) for id in ids if self.living.knows(id)}
        given = [item for item in known.values() if item.shown or (self.deleted and item.deleted_at)]
        missing = [id for id in ids if id not in {item.id for item in given}]
        written = self.write(Page(given, None, len(given), self.living.now, request, len(ids), missing))
        self.living.answered()
        return written


def time_of(text: str) -> datetime:
    """A time of ISO 8601 (UTC where it does not say), or of seconds or milliseconds since 1970."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _size(request: Request, name: str, usual: int, most: int) -> int:
    return max(1, min(most, int(request.one(name) or usual)))


def _number(living: Living, id: str) -> int:
    return living.item_at(id).number if living.knows(id) else int(id)


def _within(created_at_s: int, window: str) -> bool:
    for bound in filter(None, window.split(",")):
        found = re.fullmatch(r"created_at_i(<=|>=|<|>|=)(\d+)", bound)
        assert found, f"no such filter: {bound}"
        limit = int(found[2])
        holds = {"<": created_at_s < limit, "<=": created_at_s <= limit, ">": created_at_s > limit, ">=": created_at_s >= limit}
        if not holds.get(found[1], created_at_s == limit):
            return False
    return True
