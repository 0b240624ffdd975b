"""Reddit by its Atom feeds: no key, few requests, the newest entries only, no scores and no second looks."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors.entries import Entry, read_feed, written_at
from connectors.reddit_client import CLOSED_SECONDS
from connectors.reddit_items import outbound, state_of_text
from connectors.reddit_settings import RedditSettings
from connectors.reddit_tree import thread_of
from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, Surroundings, Window
from monitor.collect.dialect import REDDIT
from monitor.collect.http import Answer, Http, trouble
from monitor.collect.items import read_items
from monitor.collect.search import searches
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import Walk, begin
from monitor.config.models import Thread
from monitor.errors import BadItem, ConfigError, CredentialsRefused, RetryLater
from monitor.mention import GONE, Kind, Mention
from monitor.rule import parse_rule
from monitor.text import canonical_link, plain, text_and_links_from_html

SOURCE = "reddit"
_SITE = "https://www.reddit.com"
_LONGEST_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# a feed of fewer entries shows all there is
_FULL = 25
_EDITED_AFTER = timedelta(minutes=1)
_COMMENT_IN = re.compile(r"/comments/[a-z0-9]+/[^/]*/([a-z0-9]+)/?$", re.IGNORECASE)
_NAME = re.compile(r"t[13]_[a-z0-9]+")
_BODY = re.compile(r"<!-- SC_OFF -->(.*)<!-- SC_ON -->", re.DOTALL)
_BARE_BODY = re.compile(r'<div class="md">.*</div>', re.DOTALL)
_TARGET = re.compile(r'<a href="([^"]{1,2000})">\s*\[link\]\s*</a>')
_SUBREDDIT = re.compile(r"/r/(\w+)/")


@dataclass(frozen=True, slots=True)
class _Feeds:
    """Feeds that are asked one after the other for one question; path and parameters of each."""

    parts: Sequence[tuple[str, Mapping[str, str]]]
    thread: Thread | None = None


class RedditFeed:
    """Reddit's public feeds. What is said between two looks and falls out of a feed is lost, and told."""

    source = SOURCE
    # a comment's entry may give the time of its last edit only
    capabilities = Capabilities(history="the newest 25 to 100 entries", stable_created_at=False)

    def __init__(self, settings: RedditSettings, around: Surroundings) -> None:
        self._clock = around.clock
        self._reach = timedelta(seconds=settings.first_reach)
        self._bucket = Bucket("reddit feeds", limit=settings.feeds_a_minute, span=timedelta(minutes=1))
        self._http = Http(SOURCE, base_url=settings.host(_SITE), headers={"User-Agent": settings.user_agent})
        self._feeds: dict[Query, _Feeds] = {}
        self._asked_at: dict[str, datetime] = {}
        for brand in around.brands if settings.search else ():
            texts = searches(parse_rule(brand.rule), REDDIT, exclude=parse_rule(brand.exclude) if brand.exclude else None)
            if texts:
                query = Query(SOURCE, f"feed search {brand.name}", brands=(brand.name,), asks="\n".join(texts))
                self._feeds[query] = _Feeds([("search.rss", {"q": text, "sort": "new", "type": "link"}) for text in texts])
        together = "+".join(subreddit.name for subreddit in settings.subreddits)
        for name in ("new", "comments") if together else ():
            self._feeds[Query(SOURCE, f"feed {name}", asks=together)] = _Feeds([(f"r/{together}/{name}/.rss", {})])
        for thread in around.threads:
            query = Query(SOURCE, f"feed thread {thread_of(thread.url)}", about=thread.about, covers=False)
            self._feeds[query] = _Feeds([(f"comments/{thread_of(thread.url)}/.rss", {"sort": "new"})], thread)

    def queries(self) -> Sequence[Query]:
        """Searches, subreddits (all in one) and threads; those that waited longest first, as few may be asked a minute."""
        return sorted(self._feeds, key=lambda query: self._asked_at.get(query.name, _LONGEST_AGO))

    def check(self) -> str | None:
        """Nothing can be missing: it takes no key."""
        return None

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Free, and one request a feed, whatever the window: a feed shows its newest entries only."""
        feeds = next((feeds for known, feeds in self._feeds.items() if known.name == query.name), None)
        return Estimate(items=None, requests=len(feeds.parts) if feeds else None, minutes=None, usd=0.0)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """All that each feed shows now."""
        feeds = next((feeds for known, feeds in self._feeds.items() if known.name == query.name), None)
        if feeds is None:
            raise ConfigError(f"reddit: {query.name!r} is no longer asked, as config.yaml has it")
        thread, is_live = feeds.thread, window == Window() and not (cursor or {}).get("walk")
        if thread and is_live and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        self._asked_at[query.name] = now
        walk = begin(query, cursor, now=now, window=window, reach=self._reach)
        yield from self._walk(feeds, walk, window=window, meter=meter)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Nothing: a feed cannot be asked for one text."""
        yield from ()

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One entry as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        try:
            entry = json.loads(raw)
        except ValueError:
            raise BadItem("is no whole JSON; it was too long to be kept") from None
        return [mention_from_entry(entry, now)]

    def _walk(self, feeds: _Feeds, walk: Walk, *, window: Window, meter: Meter) -> Iterator[Page]:
        resume = walk.resume or {"part": 0, "short": None, "newest": (walk.from_mark or {}).get("newest"), "ids": {}}
        ids = (walk.from_mark or {}).get("ids", {})
        while True:
            path, params = feeds.parts[resume["part"]]
            entries = self._entries(path, {"limit": "100", **params}, meter=meter)
            fetched_at = self._clock()
            mentions, set_aside = read_items(SOURCE, entries, partial(mention_from_entry, fetched_at=fetched_at), name=_id_of)
            kept = [mention for mention in mentions if window.holds(mention.created_at)]
            feed = params.get("q", path)
            short = _seen_since(mentions, ids.get(feed), until=walk.until)
            resume = {
                "part": resume["part"] + 1,
                "short": max(filter(None, (resume["short"], short and short.isoformat())), default=None),
                "newest": heard(walk, mentions)["newest"] if feeds.thread else None,
                "ids": {**resume["ids"], feed: _newest(mentions, ids.get(feed))},
            }
            if resume["part"] == len(feeds.parts):
                break
            yield walk.page(kept, resume=resume, seen=len(entries), set_aside=set_aside)
        reached = datetime.fromisoformat(resume["short"]) if resume["short"] else None
        mark = {"newest": resume["newest"], "ids": resume["ids"]}
        why = "the feed no longer showed what was said before"
        yield walk.marked(mark).last(kept, seen=len(entries), set_aside=set_aside, reached=reached, why=why)

    def _entries(self, path: str, params: Mapping[str, str], *, meter: Meter) -> Sequence[Entry]:
        meter.reserve(self._bucket)
        answer = self._http.get(path, params, accept=(403, 404))
        if answer.status == 404:
            said = f"reddit: 404 from /{path}: it is private, banned or misspelt; correct it in config.yaml; asked again in an hour"
            raise RetryLater(said, seconds=CLOSED_SECONDS)
        if answer.status == 403:
            raise CredentialsRefused(
                f"reddit: 403 from /{path}: Reddit shows no feeds to this network or this user_agent, or the place is private; set "
                "user_agent, or use route: api with an approved key"
            )
        return _entries_of(answer)


def mention_from_entry(entry: Any, fetched_at: datetime) -> Mention:
    """One entry of a feed of Reddit's: a submission, or a comment (whose title is the page's, and is dropped).

    raises  BadItem where it has no id, time, thread or words
    """
    if not isinstance(entry, Mapping):
        raise BadItem("no entry")
    link = _string(entry, "link")
    thread = thread_of(link)
    name = _fullname(entry, thread)
    created_at = written_at(entry)
    if created_at is None:
        raise BadItem("no time")
    is_comment = name.startswith("t1_")
    if is_comment and thread is None:
        raise BadItem("no thread in its link")
    author = plain(_string(entry, "author")).removeprefix("/u/") or None
    content = next((_string(part, "value") for part in entry.get("content") or () if isinstance(part, Mapping)), _string(entry, "summary"))
    body = _BODY.search(content) or _BARE_BODY.search(content)
    text, links = text_and_links_from_html(body[0] if body else "")
    # a deleted account's entry is shown without an author; RSS never shows one
    is_nameless = author == "[deleted]" or (author is None and _own_name(entry) is not None)
    edited_at = _edited_at(entry, created_at)
    state = state_of_text(text, is_nameless=is_nameless, is_edited=edited_at is not None)
    title = None if is_comment else plain(_string(entry, "title")) or None
    facts: dict[str, Any] = {}
    if state not in GONE:
        if not text and not title:
            raise BadItem("no words")
        target = _TARGET.search(content)
        linked = canonical_link(plain(target[1].replace("&amp;", "&"))) if target else None
        facts = {"title": title, "text": text or None, "links": outbound((linked, *links)), "author_name": author}
    return Mention(
        source=SOURCE,
        source_id=name,
        kind=Kind.COMMENT if is_comment else Kind.POST,
        created_at=created_at,
        fetched_at=fetched_at,
        channel=_channel(entry, link),
        url=link if canonical_link(link) else None,
        conversation_id=f"t3_{thread}" if thread else name,
        edited_at=edited_at,
        state=state,
        **{"text": None, **facts},
    )


def _entries_of(answer: Answer) -> Sequence[Entry]:
    start = answer.body[:2_000].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise RetryLater(
            f"reddit: {answer.url} answered with a web page in place of a feed, as it does when it is asked too often; asked again later"
        )
    if not 200 <= answer.status < 300:
        raise trouble(SOURCE, answer)
    return read_feed(SOURCE, answer, url=answer.url).entries


def _seen_since(mentions: Sequence[Mention], newest_before: str | None, *, until: datetime) -> datetime | None:
    """Since when everything was seen, where a feed does not reach back to the last look; None where it does.

    Names grow with time, so the last look is reached where an entry is no newer than its newest.
    """
    if newest_before is None:
        return min(mention.created_at for mention in mentions) if len(mentions) >= _FULL else None
    if not mentions:
        return until
    oldest = min(mentions, key=lambda mention: _number(mention.source_id))
    return oldest.created_at if _number(oldest.source_id) > _number(newest_before) else None


def _newest(mentions: Sequence[Mention], before: str | None) -> str | None:
    return max([*(mention.source_id for mention in mentions), *([before] if before else [])], key=_number, default=None)


def _number(name: str) -> int:
    return int(name[3:], 36)


def _fullname(entry: Entry, thread: str | None) -> str:
    """Its name; Atom gives it, RSS only shows it in the link."""
    own = _own_name(entry)
    if own:
        return own
    comment = _COMMENT_IN.search(_string(entry, "link"))
    if comment:
        return f"t1_{comment[1].lower()}"
    if thread is None:
        raise BadItem("no name such as t3_abc, and no thread in its link")
    return f"t3_{thread}"


def _own_name(entry: Entry) -> str | None:
    # feedparser takes the name for an address, relative to the feed's
    name = _string(entry, "id").rpartition("/")[2]
    return name if _NAME.fullmatch(name) else None


def _channel(entry: Entry, link: str) -> str | None:
    tags = entry.get("tags") or ()
    term = next((_string(tag, "term") for tag in tags if isinstance(tag, Mapping)), "")
    found = _SUBREDDIT.search(link)
    return plain(term) or (found[1] if found else None)


def _edited_at(entry: Entry, created_at: datetime) -> datetime | None:
    updated = written_at({"updated_parsed": entry.get("updated_parsed")})
    return updated if updated and updated - created_at > _EDITED_AFTER else None


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _id_of(entry: Any) -> object:
    return entry.get("id") if isinstance(entry, Mapping) else None
