"""Any RSS or Atom feed, comment feeds first of all, and the comment feed of a page that is followed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.entries import Reading, channel_of, comment_feed_of, is_feed, mention_from_entry, written_at
from connectors.newest import newest_pages
from monitor.collect.budget import Meter
from monitor.collect.connector import (
    Capabilities,
    Cursor,
    Estimate,
    Known,
    Page,
    Query,
    SourceSettings,
    Surroundings,
    Window,
)
from monitor.collect.http import Http
from monitor.collect.places import add_places, told_apart
from monitor.collect.threads import is_over, pages_to_follow, questions_of
from monitor.collect.walk import begin
from monitor.config.duration import Duration
from monitor.errors import BadItem, SourceChanged
from monitor.mention import Mention
from monitor.text import host_of

_THREAD_REACH = timedelta(days=3650)
# their pages have no comment feed; each is a source of its own
_OTHER_SOURCES = ("youtube.com", "youtu.be", "x.com", "twitter.com", "reddit.com", "redd.it", "news.ycombinator.com", "bsky.app")


class FeedAt(BaseModel):
    """One feed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://[^\s@]+$", max_length=2000, description="the feed's address, as a feed reader takes it")
    about: str | None = Field(default=None, description="the brand that everything in it is about, named or not")
    channel: str | None = Field(default=None, description="what its mentions name as their channel; the host unless given")

    @property
    def place(self) -> str:
        """The channel of its mentions."""
        return self.channel or channel_of(self.url)


class FeedSettings(SourceSettings):
    """The `feed:` section."""

    feeds: Sequence[FeedAt] = Field(default=(), description="the feeds to read")
    first_reach: Duration = Field(default=30 * 86_400, description="how far back the first pull goes, where a feed has older pages")

    @model_validator(mode="after")
    def _feeds_are_told_apart(self) -> "FeedSettings":
        told_apart("feeds", [feed.url for feed in self.feeds])
        about = {feed.place: feed.about for feed in self.feeds}
        mixed = next((feed for feed in self.feeds if feed.about != about[feed.place]), None)
        if mixed:
            raise ValueError(
                f"feeds: {mixed.url} has the channel {mixed.place!r} of another feed, yet another `about`; give it a `channel`"
            )
        add_places(self, ((feed.place, feed.about) for feed in self.feeds))
        return self


class FeedConnector:
    """Reads feeds whole on every round; what was seen is known by the mark, so that only news is passed on."""

    source = "feed"
    # entries without a time are dated by their first sight, which a second import does not share
    capabilities = Capabilities(history="the newest 10 to 25 entries; more where a feed has older pages", stable_created_at=False)

    def __init__(self, settings: FeedSettings, around: Surroundings) -> None:
        self._settings = settings
        self._feeds = {feed.url: feed for feed in settings.feeds}
        self._threads = pages_to_follow(around.threads, partial(follows, settings))
        self._clock = around.clock

    def queries(self) -> Sequence[Query]:
        """One for each feed, and one for each page that is followed."""
        feeds = [Query(self.source, feed.url, asks=feed.url, about=feed.about) for feed in self._settings.feeds]
        return [*feeds, *questions_of(self.source, self._threads)]

    def check(self) -> str | None:
        """What is missing: a feed to read."""
        return None if self._feeds or self._threads else "feed: no feeds; give the addresses of some under sources.feed.feeds"

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """One request, or a few where the feed has older pages; how many entries it holds shows only then."""
        return Estimate(items=None, requests=None, minutes=None, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """What a feed shows that is new or changed.

        raises  SourceChanged where there is no feed at the address, RetryLater where its end is missing
        """
        thread = self._threads.get(query.name)
        if thread and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        reach = _THREAD_REACH if thread else timedelta(seconds=self._settings.first_reach)
        walk = begin(query, cursor, now=now, window=window, reach=reach)
        with closing(self._http(query.asks)) as http:
            known = (walk.to_mark or walk.from_mark or {}).get("feed")
            url = query.asks if thread is None else known or _feed_of_page(http, thread.url)
            yield from newest_pages(
                http, url, walk, reading=self._reading(query), window=window, clock=self._clock, beside={"feed": url} if thread else None
            )

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Nothing: an entry that has left a feed cannot be asked for."""
        yield from ()

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One entry as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        try:
            entry = json.loads(raw)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise BadItem("is no whole entry")
        return [mention_from_entry(entry, self._reading(query), created_at=min(written_at(entry) or now, now), fetched_at=now)]

    def _reading(self, query: Query) -> Reading:
        feed = self._feeds.get(query.asks)
        is_thread = query.name in self._threads
        comments = is_thread or "comment" in urlsplit(query.asks).path.lower()
        return Reading(source=self.source, channel=feed.place if feed and not is_thread else channel_of(query.asks), comments=comments)

    def _http(self, url: str) -> Http:
        return Http(self.source, base_url=url)


def follows(settings: FeedSettings, url: str) -> bool:
    """Whether a page may have a comment feed: any may that is no other source's. To be asked after all other sources."""
    host = host_of(url)
    return bool(host) and not any(f".{host}".endswith(f".{other}") for other in _OTHER_SOURCES)


def _feed_of_page(http: Http, url: str) -> str:
    """Where the comments under a page are found as a feed: there, by its <link>, or in WordPress's way under it.

    raises  SourceChanged where there is none
    """
    answer = http.get(url)
    if is_feed(answer):
        return url
    named = comment_feed_of(answer.text, url)
    if named:
        return named
    parts = urlsplit(url)
    guess = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/feed/", query="", fragment=""))
    guessed = http.get(guess, accept=(400, 401, 403, 404, 410))
    if guessed.status == 200 and is_feed(guessed) and parts.path.strip("/"):
        return guess
    raise SourceChanged(f"feed: {answer.url} names no feed of its comments; give that feed's own address under threads, if there is one")
