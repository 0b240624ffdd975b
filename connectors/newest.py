"""Feeds hold only what is newest: what was seen is remembered in the cursor, and a hole between two looks is told."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from connectors.entries import Entry, Feed, Reading, entry_id, mention_from_entry, read_feed, written_at
from monitor.collect.connector import Page, SetAside, Window
from monitor.collect.http import Answer, Http
from monitor.collect.items import read_items
from monitor.collect.walk import Walk
from monitor.errors import BadItem
from monitor.mention import Mention

# the smallest number of entries at which a feed may have dropped older ones
_FULL = 10
_REMEMBERED = 500
_MOST_REMEMBERED = 5_000
_FARTHEST = 50_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a feed between two looks, as the mark of the walk.

    etag, modified  sent back, so that an unchanged feed is not sent again
    entries         by a hash of its id: created_at in seconds since 1970, and a hash of what it said; odd ones by their content,
                    since they are set aside once
    most            entries that one answer ever held
    newest          created_at of the newest entry so far, or the first look's where there was none
    """

    etag: str | None = None
    modified: str | None = None
    entries: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    most: int = 0
    newest: str | None = None

    @classmethod
    def of(cls, mark: Any) -> "Seen":
        """What a mark says; nothing where there is none."""
        if not mark or "entries" not in mark:
            return cls()
        entries = {key: (int(at), str(said)) for key, (at, said) in mark["entries"].items()}
        return cls(mark.get("etag"), mark.get("modified"), entries, mark["most"], mark.get("newest"))

    def as_mark(self, **beside: Any) -> dict[str, Any]:
        """As JSON for the cursor; `beside` is what the connector keeps there too."""
        return {
            "etag": self.etag,
            "modified": self.modified,
            "entries": {key: list(value) for key, value in self.entries.items()},
            "most": self.most,
            "newest": self.newest,
            **beside,
        }

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the feed only if it changed."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}


@dataclass(slots=True)
class _Look:
    """One answer read: what in it is new or changed, and what is known of its entries afterwards."""

    mentions: list[Mention]
    set_aside: list[SetAside]
    entries: dict[str, tuple[int, str]]
    oldest: datetime | None
    newest: datetime | None
    meets: bool


def newest_pages(
    http: Http,
    url: str,
    walk: Walk,
    *,
    reading: Reading,
    window: Window,
    clock: Callable[[], datetime],
    beside: Mapping[str, Any] | None = None,
) -> Iterator[Page]:
    """What a feed shows that was not seen before, or says something else now; older pages of it where it offers them.

    In a live round no entry is dropped for its age: what waited for approval appears late.

    beside  what the connector keeps in the mark too
    raises  as Http and `read_feed` do
    """
    before = Seen.of(walk.from_mark)
    seen = Seen.of(walk.to_mark) if walk.resume else Seen()
    address = walk.resume or url
    while True:
        answer = http.get(
            address,
            headers={"Accept": "application/atom+xml, application/rss+xml, */*;q=0.5", **({} if walk.resume else before.conditions)},
            accept=(304,),
        )
        if answer.status == 304:
            yield walk.last((), seen=0)
            return
        feed = read_feed(reading.source, answer, url=address)
        look = _look(feed, reading, before=before, fetched_at=clock())
        is_news = not look.entries.keys() <= seen.entries.keys()
        first = address == url
        seen = _remembered(seen, before, look, answer if first else None, size=len(feed.entries), otherwise=walk.until)
        walk = replace(walk, to_mark=seen.as_mark(**(beside or {})))
        mentions = [mention for mention in look.mentions if window.holds(mention.created_at)]
        is_met = look.meets or (look.oldest is not None and look.oldest <= walk.since)
        if feed.next_url and is_news and not is_met and len(seen.entries) < _FARTHEST:
            walk = replace(walk, resume=feed.next_url)
            yield walk.page(mentions, resume=feed.next_url, seen=len(feed.entries), set_aside=look.set_aside)
            address = feed.next_url
            continue
        is_full = first and not feed.is_whole and len(feed.entries) >= max(before.most, _FULL)
        hole_until = look.oldest if (is_full or feed.next_url) and not is_met else None
        yield walk.last(
            mentions,
            seen=len(feed.entries),
            set_aside=look.set_aside,
            reached=hole_until,
            why="the feed holds only its newest entries; ask it more often",
        )
        return


def _look(feed: Feed, reading: Reading, *, before: Seen, fetched_at: datetime) -> _Look:
    entries: dict[str, tuple[int, str]] = {}
    times: dict[str, datetime] = {}

    def read(entry: Entry) -> Mention:
        key = _short(entry_id(entry, reading))
        mention = mention_from_entry(
            entry, reading, created_at=_created_at(entry, feed, before.entries.get(key), fetched_at), fetched_at=fetched_at
        )
        times[key] = mention.created_at
        entries.setdefault(key, (int(mention.created_at.timestamp()), _said(mention)))
        return mention

    mentions, set_aside = read_items(reading.source, feed.entries, read, name=lambda entry: _name(entry, reading))
    fresh = [mention for mention in mentions if before.entries.get(_short(mention.source_id)) != entries[_short(mention.source_id)]]
    odd = {_short(f"odd {aside.raw}"): aside for aside in set_aside}
    entries |= dict.fromkeys(odd, (0, ""))
    oldest = min(times, key=lambda key: times[key], default=None)
    return _Look(
        list({mention.source_id: mention for mention in reversed(fresh)}.values())[::-1],
        [aside for key, aside in odd.items() if key not in before.entries],
        entries,
        oldest=times[oldest] if oldest else None,
        newest=max(times.values(), default=None),
        meets=oldest in before.entries,
    )


def _remembered(seen: Seen, before: Seen, look: _Look, answer: Answer | None, *, size: int, otherwise: datetime) -> Seen:
    """What is known after one more answer; `answer` where it is the first page, which alone is asked for again."""
    current = {**seen.entries, **look.entries}
    most = max(_REMEMBERED, min(len(current), _MOST_REMEMBERED))
    times = [time for time in (seen.newest or before.newest, look.newest and look.newest.isoformat()) if time]
    return Seen(
        etag=answer.headers.get("etag") if answer else seen.etag,
        modified=answer.headers.get("last-modified") if answer else seen.modified,
        entries=dict(islice({**current, **{key: value for key, value in before.entries.items() if key not in current}}.items(), most)),
        most=max(before.most, seen.most, size),
        newest=max(times, default=otherwise.isoformat()),
    )


def _created_at(entry: Entry, feed: Feed, known: tuple[int, str] | None, fetched_at: datetime) -> datetime:
    """As at first sight; else what the entry says, else the feed, else now. Never in the future."""
    if known:
        return datetime.fromtimestamp(known[0], UTC)
    return min(written_at(entry) or feed.updated_at or fetched_at, fetched_at).replace(microsecond=0)


def _said(mention: Mention) -> str:
    """A hash of what a reader would see of it."""
    shown = (mention.title, mention.text, mention.url, mention.author_name, mention.edited_at, mention.engagement)
    return hashlib.sha256(repr(shown).encode(errors="replace")).hexdigest()[:12]


def _short(source_id: str) -> str:
    return hashlib.sha256(source_id.encode(errors="replace")).hexdigest()[:16]


def _name(entry: Entry, reading: Reading) -> str:
    try:
        return entry_id(entry, reading)
    except BadItem:
        return "an entry"
