"""Disqus: a forum's newest comments by its feed without a key, all of them by the API with one, its past by an export file."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BufferedIOBase
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.disqus_posts import mention_from_post, posts_of_export
from connectors.entries import Reading, mention_from_entry, written_at
from connectors.newest import newest_pages
from monitor.collect.budget import Bucket, Meter
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
from monitor.collect.http import Answer, Http, as_json, pause, reset_at
from monitor.collect.items import read_items
from monitor.collect.keys import needed, secret
from monitor.collect.places import add_places, told_apart
from monitor.collect.walk import Walk, begin
from monitor.config.duration import Duration
from monitor.errors import BadItem, ConfigError, CredentialsRefused, MonitorError, RetryLater, SourceChanged
from monitor.mention import Kind, Mention, State

_BUCKET = Bucket("disqus requests", 1_000, timedelta(hours=1))
_A_PAGE = 100
_EXPORT_PAGE = 1_000
# comments that waited for approval appear late
_OVERLAP = timedelta(hours=6)
_EXPORT_REACH = timedelta(days=36_500)
# answers whose `code` says what is wrong; their words may repeat the key, so that they are not shown
_TOLD = (400, 401, 403, 404, 429)
_TOO_MANY = frozenset({13, 14})
_REFUSED = frozenset({4, 5, 9, 11, 12, 17, 18, 22, 23})
_BUSY = frozenset({15, 16, 20, 21})
_NOT_FOUND = 8


class Forum(BaseModel):
    """One site's comments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shortname: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$", description="the forum's name in SHORTNAME.disqus.com")
    about: str | None = Field(default=None, description="the brand that every comment there is about, named or not")


class DisqusSettings(SourceSettings):
    """The `disqus:` section."""

    forums: Sequence[Forum] = Field(default=(), description="the forums to read")
    exports: Sequence[Path] = Field(default=(), description="export files, .xml or .xml.gz; relative to this file; each is read once")
    api_key_env: str = Field(default="DISQUS_API_KEY", description="the variable that holds the public API key; without it feeds are read")
    base_url: str = Field(default="https://disqus.com/api/3.0", description="where the API is")
    feed_url: str = Field(default="https://{forum}.disqus.com/latest.rss", description="where a forum's feed is")
    first_reach: Duration = Field(default=30 * 86_400, description="how far back the first pull goes")

    @model_validator(mode="after")
    def _forums_are_told_apart(self) -> "DisqusSettings":
        told_apart("forums", [forum.shortname.lower() for forum in self.forums])
        add_places(self, ((forum.shortname, forum.about) for forum in self.forums))
        return self


class DisqusConnector:
    """Reads a forum oldest first by the API, 100 posts a request, or else its feed of 25."""

    source = "disqus"
    capabilities = Capabilities(
        history="the newest 25 comments; all of them with a free key, or from an export file",
        refresh_after=(timedelta(hours=6), timedelta(hours=36), timedelta(days=7)),
        refresh_batch=1,
        sees_deletions=True,
        # a post may be met in the feed, in the API and in an export
        stable_created_at=False,
    )

    def __init__(self, settings: DisqusSettings, around: Surroundings) -> None:
        self._settings = settings
        self._forums = {forum.shortname: forum for forum in settings.forums}
        self._exports = {f"export {path.as_posix()}": around.folder / path for path in settings.exports}
        self._clock = around.clock

    def queries(self) -> Sequence[Query]:
        """One for each forum, and one for each export file."""
        way = "api" if self._has_key() else "feed"
        forums = [Query(self.source, name, asks=f"{name} by {way}", about=forum.about) for name, forum in self._forums.items()]
        return [*forums, *(Query(self.source, name, asks=str(path), covers=False) for name, path in self._exports.items())]

    def check(self) -> str | None:
        """What is missing: a forum, or an export file."""
        if not self._forums and not self._exports:
            return "disqus: no forums; give the shortnames of some under sources.disqus.forums"
        lost = next((path for path in self._exports.values() if not path.is_file()), None)
        return f"disqus: no file {lost}; check sources.disqus.exports" if lost else None

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Not known beforehand; free."""
        return Estimate(items=None, requests=0 if query.name in self._exports else None, minutes=None, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """A forum's comments since the cursor; of an export file all, once.

        raises  ConfigError where an export cannot be read, CredentialsRefused where the key is refused
        """
        if query.name in self._exports:
            yield from self._export_pages(query, cursor, now=now, window=window)
            return
        reach = timedelta(seconds=self._settings.first_reach)
        if query.asks.endswith(" by api"):
            walk = begin(query, cursor, now=now, window=window, reach=reach, overlap=_OVERLAP)
            yield from self._api_pages(walk, meter)
            return
        walk = begin(query, cursor, now=now, window=window, reach=reach)
        url = self._settings.feed_url.format(forum=query.name)
        with closing(Http(self.source, base_url=url)) as http:
            yield from newest_pages(http, url, walk, reading=_reading(query), window=window, clock=self._clock)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """The same posts as they are now, one request each; nothing without a key."""
        if not self._has_key():
            return
        with closing(self._http()) as http:
            for one in known:
                if not one.source_id.isdecimal():
                    continue
                answer = self._ask(http, "posts/details.json", {"post": one.source_id, "related": "thread"}, meter)
                fetched_at = self._clock()
                if answer is None:
                    yield [_lost(one, fetched_at)]
                    continue
                try:
                    mention = mention_from_post(answer["response"], fetched_at=fetched_at)
                except (BadItem, KeyError):
                    continue
                yield [mention]

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One post, or one entry of a feed, as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        try:
            item = json.loads(raw)
        except ValueError:
            item = None
        if not isinstance(item, dict):
            raise BadItem("is no whole post")
        if "createdAt" in item or "thread" in item:
            return [mention_from_post(item, fetched_at=now, forum=query.name if query.name in self._forums else None)]
        return [mention_from_entry(item, _reading(query), created_at=min(written_at(item) or now, now), fetched_at=now)]

    def _api_pages(self, walk: Walk, meter: Meter) -> Iterator[Page]:
        forum = walk.query.name
        resume = walk.resume
        with closing(self._http()) as http:
            while True:
                asked = {"forum": forum, "since": int(walk.since.timestamp()), "order": "asc", "limit": _A_PAGE, "related": "thread"}
                body = self._ask(http, "posts/list.json", {**asked, **({"cursor": resume} if resume else {})}, meter)
                if body is None:
                    raise SourceChanged(f"disqus: no forum {forum!r}; check its shortname under sources.disqus.forums")
                posts, after = body.get("response"), body.get("cursor")
                if not isinstance(posts, list) or not isinstance(after, Mapping):
                    raise SourceChanged("disqus: posts/list answers without response and cursor; update monitor")
                read = partial(mention_from_post, fetched_at=self._clock(), forum=forum)
                mentions, aside = read_items(self.source, posts, read, name=_name)
                fresh = [mention for mention in mentions if walk.since <= mention.created_at < walk.until]
                is_past = bool(mentions) and all(mention.created_at >= walk.until for mention in mentions)
                if not after.get("hasNext") or after.get("next") in (None, resume) or is_past:
                    yield walk.last(fresh, seen=len(posts), set_aside=aside)
                    return
                resume = after["next"]
                yield walk.page(fresh, resume=resume, seen=len(posts), set_aside=aside)

    def _ask(self, http: Http, path: str, params: Mapping[str, Any], meter: Meter) -> Mapping[str, Any] | None:
        """The answer as JSON; None where what was asked for does not exist."""
        # the API takes the key as a parameter only; Http shows addresses without theirs
        key = needed(self.source, self._settings.api_key_env)
        meter.reserve(_BUCKET)
        answer = http.get(path, {**params, "api_key": key}, accept=_TOLD)
        meter.settle(_BUCKET, reserved=1, used=1)
        now = self._clock()
        remaining, resets_at = answer.headers.get("x-ratelimit-remaining", ""), reset_at(answer, now=now)
        if remaining.isdecimal() and resets_at is not None:
            meter.told(_BUCKET, remaining=float(remaining), resets_at=resets_at)
        if answer.status in _TOLD:
            code = _code(answer)
            if code == _NOT_FOUND:
                return None
            raise _trouble(answer, code, env=self._settings.api_key_env, now=now)
        body = as_json(self.source, answer)
        if not isinstance(body, Mapping):
            raise SourceChanged(f"disqus: {answer.url} answers with no object; update monitor")
        return body

    def _export_pages(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window) -> Iterator[Page]:
        path = self._exports[query.name]
        if not path.is_file():
            raise ConfigError(f"disqus: no file {path}; check sources.disqus.exports")
        stat = path.stat()
        file = [stat.st_size, stat.st_mtime_ns]
        walk = begin(query, cursor, now=now, window=window, reach=_EXPORT_REACH)
        if walk.resume is None and walk.from_mark == {"file": file}:
            return
        done = walk.resume["posts"] if walk.resume and walk.resume["file"] == file else 0
        walk = replace(walk, to_mark={"file": file})
        read = partial(mention_from_post, fetched_at=datetime.fromtimestamp(stat.st_mtime, UTC))
        try:
            with _opened(path) as stream:
                posts = islice(posts_of_export(stream), done, None)
                some = list(islice(posts, _EXPORT_PAGE))
                while True:
                    more = list(islice(posts, _EXPORT_PAGE))
                    mentions, aside = read_items(self.source, some, read, name=_name)
                    fresh = [mention for mention in mentions if window.holds(mention.created_at)]
                    done += len(some)
                    if not more:
                        yield walk.last(fresh, seen=len(some), set_aside=aside)
                        return
                    yield walk.page(fresh, resume={"posts": done, "file": file}, seen=len(some), set_aside=aside)
                    some = more
        except ConfigError as error:
            raise ConfigError(f"disqus: {path.name} {error}") from None

    def _has_key(self) -> bool:
        return secret(self._settings.api_key_env) is not None

    def _http(self) -> Http:
        return Http(self.source, base_url=self._settings.base_url)


def _reading(query: Query) -> Reading:
    return Reading(source="disqus", channel=query.name, comments=True, numbered="{}")


def _trouble(answer: Answer, code: int | None, *, env: str, now: datetime) -> MonitorError:
    """What an error is, by its code; by its status where it has none."""
    said = f"disqus: {answer.status} (code {code}) from {answer.url}"
    if code in _TOO_MANY or answer.status == 429:
        wait = pause(said, answer, now=now)
        if isinstance(wait, RetryLater) and wait.seconds is None:
            return RetryLater(f"{said}: too many requests; asked again in an hour", seconds=3600)
        return wait
    if code in _REFUSED or answer.status in (401, 403):
        return CredentialsRefused(f"{said}: the key is refused; check {env}")
    if code in _BUSY:
        return RetryLater(f"{said}; asked again later")
    return SourceChanged(f"{said}: what was asked is refused; check the forum's shortname under sources.disqus.forums")


def _code(answer: Answer) -> int | None:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    code = body.get("code") if isinstance(body, Mapping) else None
    return code if type(code) is int else None


def _lost(known: Known, fetched_at: datetime) -> Mention:
    return Mention(
        source="disqus",
        source_id=known.source_id,
        kind=Kind.COMMENT,
        created_at=known.created_at,
        fetched_at=fetched_at,
        text=None,
        conversation_id=known.conversation_id,
        state=State.UNAVAILABLE,
    )


def _opened(path: Path) -> BufferedIOBase:
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_packed else path.open("rb")


def _name(post: Any) -> object:
    return post.get("id") if isinstance(post, Mapping) else "a post"
