"""Mastodon: public posts by hashtag, and the answers to followed posts; no key, from any instance."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field
from requests.utils import parse_header_links

from connectors.mastodon_items import gone, has_words, ids_of, local_id, mention_from, name_of, place_of
from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, SetAside, SourceSettings, Surroundings, Window
from monitor.collect.dialect import MASTODON_TAGS
from monitor.collect.http import Answer, Http, as_json, reset_at
from monitor.collect.items import read_items
from monitor.collect.search import searches
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import Walk, begin
from monitor.config.duration import Duration
from monitor.config.models import Thread
from monitor.errors import BadItem, CredentialsRefused, SourceChanged
from monitor.mention import Mention
from monitor.rule import parse_rule

_A_PAGE = 40
# posts of other instances arrive late, with an id by the time they were written
_REREAD = 40
_OVERLAP = timedelta(hours=1)
_FIVE_MINUTES = timedelta(minutes=5)


def _host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text):
        raise ValueError(f"{text!r} is no instance; write its host name, such as mastodon.social")
    return text


def _tag(text: str) -> str:
    tag = text.removeprefix("#").lower()
    if not re.fullmatch(r"\w+", tag):
        raise ValueError(f"{text!r} is no hashtag; letters, digits and _ only")
    return tag


class MastodonSettings(SourceSettings):
    """The section `mastodon`."""

    base_url: str = Field(default="https://{instance}", description="where an instance is asked; {instance} stands for its name")
    instances: Sequence[Annotated[str, AfterValidator(_host)]] = Field(default=("mastodon.social",), description="instances to ask")
    tags: Sequence[Annotated[str, AfterValidator(_tag)]] = Field(default=(), description="hashtags to read beside those of the rules")
    first_reach: Duration = Field(default=604_800, description="how far back the first pull goes")


class MastodonConnector:
    """One query an instance and hashtag, and one a followed post.

    A first walk pages back from the newest; each later one pages forward by `min_id` from 40 posts before the newest it knows.
    """

    source = "mastodon"
    capabilities = Capabilities(
        key="none",
        history="weeks, as far as the instance knows the tag",
        refresh_after=(timedelta(hours=1), timedelta(hours=6), timedelta(hours=36), timedelta(days=7)),
        refresh_batch=1,
        sees_deletions=True,
    )

    def __init__(self, settings: MastodonSettings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._https: dict[str, Http] = {}
        self._threads: dict[tuple[str, str], Thread] = {place: each for each in around.threads if (place := place_of(each.url))}

    def queries(self) -> Sequence[Query]:
        """Each tag at each instance, with the brands that ask for it; each followed post."""
        asked: dict[str, tuple[str, ...]] = {}
        for brand in self._around.brands:
            for tag in searches(parse_rule(brand.rule), MASTODON_TAGS):
                asked[tag.lower()] = (*asked.get(tag.lower(), ()), brand.name)
        asked |= dict.fromkeys(self._settings.tags, ())
        tags = [
            Query("mastodon", f"{host} #{tag}", brands, asks=f"{host} {tag}")
            for host in self._settings.instances
            for tag, brands in asked.items()
        ]
        threads = [
            Query("mastodon", f"thread {host}/{name}", (thread.about,), asks=f"{host} {name}", about=thread.about, covers=False)
            for (host, name), thread in self._threads.items()
        ]
        return [*tags, *threads]

    def check(self) -> str | None:
        """Nothing can be missing."""
        return None

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Free of charge; a tag does not say how much it holds."""
        return Estimate(items=None, requests=None, minutes=None, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """A tag's posts, 40 a page; or a followed post and, on a second page, its answers."""
        host, subject = query.asks.split(" ")
        thread = self._threads.get((host, subject)) if query.name.startswith("thread ") else None
        if thread and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        reach = timedelta(seconds=self._settings.first_reach)
        walk = begin(query, cursor, now=now, window=window, reach=reach, overlap=_OVERLAP)
        if thread:
            yield from self._thread(walk, host, subject, meter)
        elif walk.from_mark is None or window != Window():
            yield from self._back(walk, host, subject, window, meter)
        else:
            yield from self._forward(walk, host, subject, meter)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Posts written on one of our instances, one a request: of others the id there is not known."""
        for one in known:
            host, name = local_id(one.source_id) or ("", "")
            if host not in self._settings.instances:
                continue
            answer = self._ask(host, f"api/v1/statuses/{name}", {}, meter, accept=(404, 410))
            at = self._around.clock()
            if answer.status >= 400:
                yield [gone(one, at)]
                continue
            mentions, _ = self._read([as_json("mastodon", answer)], at, host=host, conversation_id=one.conversation_id)
            yield [mention for mention in mentions if mention.source_id == one.source_id]

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """The mention of one status as quarantine kept it."""
        try:
            item = json.loads(raw)
        except ValueError:
            raise BadItem("no JSON") from None
        host, _, subject = query.asks.partition(" ")
        is_thread = query.name.startswith("thread ")
        return [mention_from(item, now, host=host, channel=None if is_thread else subject)] if has_words(item) else []

    def _back(self, walk: Walk, host: str, tag: str, window: Window, meter: Meter) -> Iterator[Page]:
        """From the newest, or the end of the window, to what is older than the walk; ids start with the milliseconds since 1970."""
        older = walk.resume or (str(int(window.until.timestamp() * 1000) << 16) if window.until else None)
        while True:
            answer = self._ask(host, f"api/v1/timelines/tag/{tag}", {"limit": _A_PAGE, "max_id": older}, meter)
            statuses = _statuses(answer)
            mentions, odd = self._read(statuses, self._around.clock(), host=host, channel=tag)
            walk = walk.marked({"recent": recent} if (recent := ids_of(statuses)[:_REREAD]) else None)
            kept = [one for one in mentions if one.created_at >= walk.since and window.holds(one.created_at)]
            older = _linked(answer, "next", "max_id") or next(iter(reversed(ids_of(statuses))), None)
            if not statuses or older is None or (mentions and all(one.created_at < walk.since for one in mentions)):
                yield walk.last(kept, seen=len(statuses), set_aside=odd)
                return
            yield walk.page(kept, resume=older, seen=len(statuses), set_aside=odd)

    def _forward(self, walk: Walk, host: str, tag: str, meter: Meter) -> Iterator[Page]:
        """From 40 posts before the newest known, oldest page first, until a page is empty; what was seen before is seen again."""
        recent = (walk.resume or walk.from_mark or {})["recent"]
        newer = (walk.resume or {}).get("newer") or recent[-1]
        while True:
            answer = self._ask(host, f"api/v1/timelines/tag/{tag}", {"limit": _A_PAGE, "min_id": newer}, meter)
            statuses = _statuses(answer)
            mentions, odd = self._read(statuses, self._around.clock(), host=host, channel=tag)
            recent = list(dict.fromkeys([*ids_of(statuses), *recent]))[:_REREAD]
            newest = _linked(answer, "prev", "min_id") or next(iter(ids_of(statuses)), None)
            if not statuses or newest in (None, newer) or (mentions and all(one.created_at >= walk.until for one in mentions)):
                yield replace(walk, to_mark={"recent": recent}).last(mentions, seen=len(statuses), set_aside=odd)
                return
            newer = newest
            yield walk.page(mentions, resume={"recent": recent, "newer": newer}, seen=len(statuses), set_aside=odd)

    def _thread(self, walk: Walk, host: str, name: str, meter: Meter) -> Iterator[Page]:
        root = walk.resume
        if root is None:
            answer = self._ask(host, f"api/v1/statuses/{name}", {}, meter, accept=(404, 410))
            if answer.status >= 400:
                yield replace(walk, to_mark=heard(walk, ())).last([], seen=0)
                return
            status = as_json("mastodon", answer)
            root = status.get("uri") if isinstance(status, Mapping) else None
            mentions, odd = self._read([status], self._around.clock(), host=host, conversation_id=root)
            yield walk.page(mentions, resume=root, seen=1, set_aside=odd)
        answer = self._ask(host, f"api/v1/statuses/{name}/context", {}, meter, accept=(404, 410))
        answers = _statuses(answer, "descendants") if answer.status < 400 else []
        uris = {name: root} | {str(one["id"]): one["uri"] for one in answers if isinstance(one, Mapping) and "id" in one and "uri" in one}
        mentions, odd = self._read(answers, self._around.clock(), host=host, uris=uris, conversation_id=root)
        yield replace(walk, to_mark=heard(walk, mentions)).last(mentions, seen=len(answers), set_aside=odd)

    def _ask(self, host: str, path: str, params: Mapping[str, Any], meter: Meter, accept: Sequence[int] = ()) -> Answer:
        bucket = Bucket(f"mastodon {host}", 300, _FIVE_MINUTES)
        meter.reserve(bucket)
        if host not in self._https:
            self._https[host] = Http("mastodon", base_url=self._settings.base_url.replace("{instance}", host))
        answer = self._https[host].get(path, params, accept=(401, 403, 422, *accept))
        if answer.status in (401, 403, 422):
            raise CredentialsRefused(
                f"mastodon: {answer.status} from {answer.url}: {host} shows this to its members only; name other instances in config.yaml"
            )
        left, resets_at = answer.headers.get("x-ratelimit-remaining", ""), reset_at(answer, now=self._around.clock())
        if left.isdecimal() and resets_at:
            meter.told(bucket, remaining=int(left), resets_at=resets_at)
        return answer

    def _read(self, statuses: Sequence[Any], at: datetime, **facts: Any) -> tuple[list[Mention], list[SetAside]]:
        worded = [status for status in statuses if has_words(status)]
        return read_items("mastodon", worded, lambda item: mention_from(item, at, **facts), name=name_of)


def follows(_settings: MastodonSettings, url: str) -> bool:
    """Whether an address shows a post on an instance."""
    return place_of(url) is not None


def _statuses(answer: Answer, key: str | None = None) -> list[Any]:
    """The list that an answer is, or holds under a key."""
    body = as_json("mastodon", answer)
    found = body.get(key) if key and isinstance(body, Mapping) else body
    if not isinstance(found, list):
        raise SourceChanged(f"mastodon: the answer of {answer.url} is no list of posts; is it a Mastodon instance?")
    return found


def _linked(answer: Answer, rel: str, parameter: str) -> str | None:
    """A parameter of the address that the Link header names for the page before or after."""
    links = parse_header_links(answer.headers.get("link", ""))
    url = next((link["url"] for link in links if link.get("rel") == rel), "")
    return next(iter(parse_qs(urlsplit(url).query).get(parameter, ())), None)
