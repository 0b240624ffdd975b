"""Bluesky: posts found by search with an app password, and the answers to followed posts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from connectors.bluesky_items import address_of, gone, has_words, mention_from_post, name_of, posts_of_thread, sorted_at
from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, SetAside, SourceSettings, Surroundings, Window
from monitor.collect.dialect import BLUESKY
from monitor.collect.http import Answer, Http, as_json, reset_at, trouble
from monitor.collect.items import read_items
from monitor.collect.keys import missing, needed
from monitor.collect.search import searches
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import Walk, begin
from monitor.config.duration import Duration
from monitor.errors import BadItem, CredentialsRefused, MonitorError, RetryLater, SourceChanged
from monitor.mention import Mention
from monitor.rule import parse_rule

_A_PAGE = 100
_OVERLAP = timedelta(hours=2)
_REQUESTS = Bucket("bluesky requests", 3000, timedelta(minutes=5))
_OF_A_SESSION = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})


class BlueskySettings(SourceSettings):
    """The section `bluesky`."""

    base_url: str = Field(default="https://bsky.social", description="the server that holds the account")
    handle_env: str = Field(default="BLUESKY_HANDLE", description="environment variable that holds the account's handle")
    password_env: str = Field(default="BLUESKY_APP_PASSWORD", description="environment variable that holds an app password")
    first_reach: Duration = Field(default=604_800, description="how far back the first pull goes")


class BlueskyConnector:
    """One query a brand, its searches one after the other and newest first, and one a followed post.

    A session is opened when the first request needs one, and once more where it has run out.
    """

    source = "bluesky"
    capabilities = Capabilities(
        key="free",
        history="as far as the search reaches",
        refresh_after=(timedelta(hours=1), timedelta(hours=6), timedelta(hours=36), timedelta(days=7)),
        refresh_batch=25,
        sees_deletions=True,
    )

    def __init__(self, settings: BlueskySettings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._http = Http("bluesky", base_url=settings.base_url)
        self._token: str | None = None
        self._threads = {address: thread for thread in around.threads if (address := address_of(thread.url))}

    def queries(self) -> Sequence[Query]:
        """Each brand whose rule can be searched for, each followed post."""
        found = []
        for brand in self._around.brands:
            exclude = parse_rule(brand.exclude) if brand.exclude else None
            if asks := searches(parse_rule(brand.rule), BLUESKY, exclude=exclude):
                found.append(Query("bluesky", f"search {brand.name}", (brand.name,), asks="\n".join(asks)))
        threads = [
            Query("bluesky", f"thread {address}", (thread.about,), asks=address, about=thread.about, covers=False)
            for address, thread in self._threads.items()
        ]
        return [*found, *threads]

    def check(self) -> str | None:
        """What is missing, or None."""
        return missing("bluesky", self._settings.handle_env, self._settings.password_env)

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Free of charge; the search does not say how much it would find."""
        return Estimate(items=None, requests=None, minutes=None, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """Pages of a hundred posts; of a followed post one page with all of its answers."""
        thread = self._threads.get(query.asks) if query.name.startswith("thread ") else None
        if thread and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        reach = timedelta(seconds=self._settings.first_reach)
        walk = begin(query, cursor, now=now, window=window, reach=reach, overlap=_OVERLAP)
        yield from self._thread(walk, meter) if thread else self._search(walk, window, meter)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Posts by address, 25 a request; what is no longer shown is unavailable."""
        for first in range(0, len(known), 25):
            several = known[first : first + 25]
            answer = self._ask("app.bsky.feed.getPosts", {"uris": [one.source_id for one in several]}, meter)
            posts = _body(answer)["posts"]
            mentions, _ = self._read(posts)
            there = {post.get("uri") for post in posts if isinstance(post, Mapping)}
            yield [*mentions, *(gone(one, self._around.clock()) for one in several if one.source_id not in there)]

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """The mention of one post as quarantine kept it."""
        try:
            item = json.loads(raw)
        except ValueError:
            raise BadItem("no JSON") from None
        return [mention_from_post(item, now)] if has_words(item) else []

    def _search(self, walk: Walk, window: Window, meter: Meter) -> Iterator[Page]:
        """Each search newest first between two fixed moments, so that what is said meanwhile does not shift its pages.

        Where the pages end with a full one, the search may only have tired of counting: it goes on before its oldest post.
        """
        asks = walk.query.asks.split("\n")
        # the search cuts by when a post was written, we by when it was seen
        since = _zulu(walk.since - (_OVERLAP if window.since else timedelta(0)))
        at = walk.resume or {"n": 0, "cursor": None, "until": _zulu(walk.until)}
        while True:
            params = {"q": asks[at["n"]], "sort": "latest", "limit": _A_PAGE, "since": since, "until": at["until"]}
            answer = self._ask("app.bsky.feed.searchPosts", {**params, "cursor": at["cursor"]}, meter)
            body = _body(answer)
            posts = body["posts"]
            mentions, odd = self._read(posts)
            at = _next(at, body.get("cursor"), posts, since=since, until=_zulu(walk.until))
            kept = [one for one in mentions if window.holds(one.created_at)]
            if at["n"] == len(asks):
                yield walk.last(kept, seen=len(posts), set_aside=odd)
                return
            yield walk.page(kept, resume=at, seen=len(posts), set_aside=odd)

    def _thread(self, walk: Walk, meter: Meter) -> Iterator[Page]:
        params = {"uri": walk.query.asks, "depth": 1000, "parentHeight": 0}
        answer = self._ask("app.bsky.feed.getPostThread", params, meter, tolerated="NotFound")
        body = as_json("bluesky", answer)
        posts = posts_of_thread(body.get("thread")) if isinstance(body, Mapping) else []
        mentions, odd = self._read(posts)
        yield replace(walk, to_mark=heard(walk, mentions)).last(mentions, seen=len(posts), set_aside=odd)

    def _ask(self, method: str, params: Mapping[str, Any], meter: Meter, *, tolerated: str | None = None) -> Answer:
        """One request, and once more with a new session where the old one has run out.

        tolerated  an error that the caller deals with
        """
        answer = self._get(method, params, self._token or self._session(meter), meter)
        if _error(answer) in _OF_A_SESSION or answer.status == 401:
            answer = self._get(method, params, self._session(meter), meter)
        if answer.status >= 400 and (tolerated is None or _error(answer) != tolerated):
            raise _trouble(answer)
        return answer

    def _get(self, method: str, params: Mapping[str, Any], token: str, meter: Meter) -> Answer:
        meter.reserve(_REQUESTS)
        answer = self._http.get(f"xrpc/{method}", params, headers={"Authorization": f"Bearer {token}"}, accept=(400, 401))
        left, resets_at = answer.headers.get("ratelimit-remaining", ""), reset_at(answer, now=self._around.clock())
        if left.isdecimal() and resets_at:
            meter.told(_REQUESTS, remaining=int(left), resets_at=resets_at)
        return answer

    def _session(self, meter: Meter) -> str:
        """A new access token; the old one is forgotten first."""
        self._token = None
        account = {
            "identifier": needed("bluesky", self._settings.handle_env),
            "password": needed("bluesky", self._settings.password_env),
        }
        meter.reserve(_REQUESTS)
        answer = self._http.post("xrpc/com.atproto.server.createSession", body=account, accept=(400, 401))
        if answer.status >= 400:
            raise CredentialsRefused(
                f"bluesky: {answer.status} {_error(answer)} from {answer.url}; check {self._settings.handle_env} and "
                f"{self._settings.password_env} (an app password, not the account's own)"
            )
        body = as_json("bluesky", answer)
        token = body.get("accessJwt") if isinstance(body, Mapping) else None
        if not isinstance(token, str) or not token:
            raise SourceChanged(f"bluesky: {answer.url} gave no accessJwt; update monitor")
        self._token = token
        return token

    def _read(self, posts: Sequence[Any]) -> tuple[list[Mention], list[SetAside]]:
        at = self._around.clock()
        return read_items("bluesky", filter(has_words, posts), lambda item: mention_from_post(item, at), name=name_of)


def follows(_settings: BlueskySettings, url: str) -> bool:
    """Whether an address shows a post."""
    return address_of(url) is not None


def _next(at: Mapping[str, Any], cursor: Any, posts: Sequence[Any], *, since: str, until: str) -> dict[str, Any]:
    """Where the search goes on: its next page, the time before what it showed, or the next search."""
    if posts and isinstance(cursor, str) and cursor != at["cursor"]:
        return {**at, "cursor": cursor}
    times = [time for post in posts if (time := sorted_at(post))]
    if len(posts) == _A_PAGE and times and since < (oldest := _zulu(min(times) + timedelta(milliseconds=1))) < at["until"]:
        return {**at, "cursor": None, "until": oldest}
    return {"n": at["n"] + 1, "cursor": None, "until": until}


def _trouble(answer: Answer) -> MonitorError:
    if _error(answer) in _OF_A_SESSION:
        return CredentialsRefused(f"bluesky: {answer.status} {_error(answer)} from {answer.url}, with a new session too; check the account")
    return trouble("bluesky", answer)


def _error(answer: Answer) -> str | None:
    """The name of the error in a refusal; None where it is none, or says nothing."""
    if answer.status < 400:
        return None
    try:
        body = as_json("bluesky", answer)
    except RetryLater:
        return None
    return str(body.get("error")) if isinstance(body, Mapping) else None


def _body(answer: Answer) -> Mapping[str, Any]:
    """An answer with a list of posts."""
    body = as_json("bluesky", answer)
    if not isinstance(body, Mapping) or not isinstance(body.get("posts"), list):
        raise SourceChanged(f"bluesky: the answer of {answer.url} has no list of posts; update monitor")
    return body


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
