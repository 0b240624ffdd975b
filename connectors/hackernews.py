"""Hacker News: found by Algolia's search, looked at again in Firebase; both without a key."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field

from connectors.hackernews_items import mention_from_hit, mention_from_item, mention_from_tree
from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, SourceSettings, Surroundings, Window
from monitor.collect.dialect import HACKERNEWS
from monitor.collect.http import Http
from monitor.collect.items import read_items
from monitor.collect.search import searches
from monitor.collect.threads import heard, is_over, pages_to_follow, questions_of
from monitor.collect.walk import Walk, begin
from monitor.config.duration import Duration
from monitor.config.models import Brand
from monitor.errors import BadItem, SourceChanged
from monitor.mention import GONE, Mention
from monitor.rule import parse_rule

_BUCKET = Bucket("hackernews requests", 10_000, timedelta(hours=1))
# Algolia gives no more for one query, however many pages are asked for
_MOST_HITS = 1_000
# items show up in the search some minutes after they were written
_OVERLAP = timedelta(minutes=30)
_THREAD_REACH = timedelta(days=3650)
_ITEM = "https://news.ycombinator.com/item?id="
_TREE_OF = "tree "


class HackerNewsSettings(SourceSettings):
    """The `hackernews:` section."""

    base_url: str = Field(default="https://hn.algolia.com/api/v1", description="where the search is")
    firebase_url: str = Field(default="https://hacker-news.firebaseio.com/v0", description="where single items are")
    first_reach: Duration = Field(default=7 * 86_400, description="how far back the first pull goes")


class HackerNewsConnector:
    """Searches newest first, 1,000 hits a request; a fuller stretch of time is asked for in parts."""

    source = "hackernews"
    capabilities = Capabilities(
        history="all since 2006",
        refresh_after=(timedelta(hours=1), timedelta(hours=6), timedelta(hours=36), timedelta(days=7)),
        refresh_batch=1,
        sees_deletions=True,
        # a story that moderators give a second chance is dated anew
        stable_created_at=False,
        reads_threads=True,
    )

    def __init__(self, settings: HackerNewsSettings, around: Surroundings) -> None:
        self._settings = settings
        self._searches = {brand.name: _searches_for(brand) for brand in around.brands}
        self._threads = pages_to_follow(around.threads, partial(follows, settings))
        self._clock = around.clock

    def queries(self) -> Sequence[Query]:
        """One for each brand whose rule can be searched for, and one for each thread that is followed."""
        brands = [Query(self.source, name, brands=(name,), asks="\n".join(strings)) for name, strings in self._searches.items() if strings]
        return [*brands, *questions_of(self.source, self._threads)]

    def check(self) -> str | None:
        """What is missing: words to search for."""
        silent = next((name for name, strings in self._searches.items() if not strings), None)
        return f"hackernews: the rule of {silent} has no word to search for; add one to its rule" if silent else None

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """What the search counts in the window, before matching; one request for each of its strings."""
        now = self._clock()
        walk = begin(query, None, now=now, window=window, reach=timedelta(seconds=self._settings.first_reach))
        if query.name in self._threads:
            return Estimate(items=None, requests=1, minutes=None, usd=0.0)
        items = 0
        with closing(self._http()) as http:
            strings = query.asks.split("\n")
            for text in strings:
                items += self._hits(http, text, since=walk.since, until=_seconds(walk.until), most=1, meter=meter)[1]
        requests = len(strings) + ceil(items / _MOST_HITS)
        return Estimate(items=items, requests=requests, minutes=requests / 60, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """What the search found since the cursor, string by string and newest first; of a thread, all of it in one page.

        raises  the trouble that an answer is
        """
        thread = self._threads.get(query.name)
        if query.name.startswith(_TREE_OF):
            walk = begin(query, cursor, now=now, window=window, reach=_THREAD_REACH, overlap=_OVERLAP)
            yield self._thread_page(walk, query.asks, meter)
        elif thread is None:
            reach = timedelta(seconds=self._settings.first_reach)
            walk = begin(query, cursor, now=now, window=window, reach=reach, overlap=_OVERLAP)
            yield from self._found(walk, meter)
        elif not is_over(cursor, until_quiet=thread.until_quiet, now=now):
            walk = begin(query, cursor, now=now, window=window, reach=_THREAD_REACH, overlap=_OVERLAP)
            yield self._thread_page(walk, thread.url, meter)

    def thread(self, root: Known) -> Query | None:
        """The question that brings all that is said under a story; None for pages that are followed."""
        if any(_item_of(thread.url) == root.source_id for thread in self._threads.values()):
            return None
        return Query(self.source, f"{_TREE_OF}{root.source_id}", asks=f"{_ITEM}{root.source_id}", covers=False)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """The same texts in Firebase, one request each; it has no limit that is told."""
        with closing(Http(self.source, base_url=self._settings.firebase_url)) as http:
            for one in known:
                item = http.get_json(f"item/{one.source_id}.json")
                try:
                    mention = mention_from_item(item if isinstance(item, Mapping) else None, one, self._clock())
                except BadItem:
                    continue
                if mention is not None:
                    yield [mention]

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One hit, or one item of a thread, as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        try:
            item = json.loads(raw)
        except ValueError:
            item = None
        if not isinstance(item, dict):
            raise BadItem("is no whole item")
        return [(mention_from_hit if "objectID" in item else mention_from_tree)(item, now)]

    def _found(self, walk: Walk, meter: Meter) -> Iterator[Page]:
        strings = walk.query.asks.split("\n")
        resume = walk.resume or {"string": 0, "until": _seconds(walk.until)}
        with closing(self._http()) as http:
            while True:
                number, until = resume["string"], resume["until"]
                hits, count = self._hits(http, strings[number], since=walk.since, until=until, most=_MOST_HITS, meter=meter)
                mentions, aside = read_items(self.source, hits, partial(mention_from_hit, fetched_at=self._clock()), name=_name)
                below = _below(hits, until) if count > len(hits) else None
                if below is not None and below > _seconds(walk.since):
                    resume = {"string": number, "until": below}
                elif number + 1 < len(strings):
                    resume = {"string": number + 1, "until": _seconds(walk.until)}
                else:
                    yield walk.last(mentions, seen=len(hits), set_aside=aside)
                    return
                yield walk.page(mentions, resume=resume, seen=len(hits), set_aside=aside)

    def _hits(self, http: Http, text: str, *, since: datetime, until: int, most: int, meter: Meter) -> tuple[list[Any], int]:
        """The newest hits written before `until` (seconds since 1970), and how many there are in all."""
        asked = {
            "query": text,
            "tags": "(story,comment,poll)",
            "numericFilters": f"created_at_i>={_seconds(since)},created_at_i<{until}",
            "hitsPerPage": most,
        }
        body = self._ask(http, "search_by_date", asked, meter)
        if not isinstance(body, Mapping) or not isinstance(body.get("hits"), list) or not isinstance(body.get("nbHits"), int):
            raise SourceChanged("hackernews: search_by_date answers without hits and nbHits; update monitor")
        return body["hits"], body["nbHits"]

    def _thread_page(self, walk: Walk, url: str, meter: Meter) -> Page:
        with closing(self._http()) as http:
            tree = self._ask(http, f"items/{_item_of(url)}", {}, meter)
        if not isinstance(tree, Mapping):
            raise SourceChanged(f"hackernews: items/{_item_of(url)} answers with no item; update monitor")
        fetched_at = self._clock()
        items = [item for item in _flat(tree) if item.get("type") != "pollopt"]
        mentions, aside = read_items(self.source, items, lambda item: mention_from_tree(item, fetched_at), name=_name)
        spoken = [mention for mention in mentions if mention.state not in GONE]
        walk = walk.marked(heard(walk, spoken))
        fresh = [mention for mention in mentions if walk.since <= mention.created_at < walk.until]
        return walk.last(fresh, seen=len(items), set_aside=aside)

    def _ask(self, http: Http, path: str, params: Mapping[str, Any], meter: Meter) -> Any:
        meter.reserve(_BUCKET)
        answer = http.get_json(path, params)
        meter.settle(_BUCKET, reserved=1, used=1)
        return answer

    def _http(self) -> Http:
        return Http(self.source, base_url=self._settings.base_url)


def follows(settings: HackerNewsSettings, url: str) -> bool:
    """Whether a page is an item of Hacker News."""
    parts = urlsplit(url)
    return parts.hostname == "news.ycombinator.com" and parts.path == "/item" and _item_of(url).isdecimal()


def _searches_for(brand: Brand) -> list[str]:
    exclude = parse_rule(brand.exclude) if brand.exclude else None
    return searches(parse_rule(brand.rule), HACKERNEWS, exclude=exclude)


def _below(hits: Sequence[Any], until: int) -> int | None:
    """Where the search goes on: at the oldest hit's second, which may hold more. None where no hit tells its time."""
    times = [at for hit in hits if isinstance(hit, Mapping) and type(at := hit.get("created_at_i")) is int]
    if not times:
        return None
    return min(times) + 1 if min(times) + 1 < until else min(times)


def _flat(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every item of a tree, each without its children, a parent before its children; as deep as it goes."""
    found: list[Mapping[str, Any]] = []
    waiting: list[Any] = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            found.append({key: value for key, value in item.items() if key != "children"})
            children = item.get("children")
            waiting += reversed(children) if isinstance(children, list) else []
    return found


def _item_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("id", [""])[0]


def _name(item: Any) -> object:
    return (item.get("objectID") or item.get("id")) if isinstance(item, Mapping) else "an item"


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
