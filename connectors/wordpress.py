"""Comments on WordPress sites, by the site's own JSON or, where that is closed, by its comment feed; without a key."""

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.entries import Reading, channel_of, mention_from_entry, written_at
from connectors.newest import newest_pages
from connectors.wordpress_comments import mention_from_comment, mention_gone
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
from monitor.collect.http import Answer, Http, as_json, trouble
from monitor.collect.items import read_items
from monitor.collect.places import add_places, told_apart
from monitor.collect.threads import heard, is_over, pages_to_follow, questions_of
from monitor.collect.walk import Walk, begin
from monitor.config.duration import Duration
from monitor.config.models import Thread
from monitor.errors import BadItem, SourceChanged
from monitor.mention import Mention

_COMMENTS = "wp-json/wp/v2/comments"
_A_PAGE = 100
# comments that a page shares with the one before
_AGAIN = 5
_CLOSED = (401, 403, 404)
# comments that waited for approval appear late, under the time they were written
_OVERLAP = timedelta(hours=26)
# `after` is read on the site's own clock, which may be so far from UTC
_ZONES = timedelta(hours=14)
_ASK_AGAIN = timedelta(days=1)
_THREAD_REACH = timedelta(days=3650)
# so many known comments that none comes back: the site hides them all rather than having lost each
_TOO_MANY_GONE = 5


@dataclass(frozen=True, slots=True)
class _Along:
    """How far a walk has come in the list of comments, of which some may be taken back meanwhile: then those behind move up.

    Each page begins with the end of the one before. Where that is not met, the walk steps back.

    offset   where the next page begins
    last     time and id of the last comment so far, as the list is ordered; None at its start
    is_sure  the page before held the last comment and none behind it: what follows has not moved
    """

    offset: int = 0
    last: list[Any] | None = None
    is_sure: bool = False

    def has_slipped(self, items: Sequence[Any]) -> bool:
        """Whether a page may begin behind comments that were not seen."""
        return self.last is not None and self.offset > 0 and not self.is_sure and not any(map(self.knows, items))

    def knows(self, item: Any) -> bool:
        """Whether a comment comes no later than the last one."""
        place = _place(item)
        return place is not None and self.last is not None and place <= self.last

    def back(self) -> "_Along":
        """A page before."""
        return replace(self, offset=max(0, self.offset - _A_PAGE))

    def after(self, items: Sequence[Any]) -> "_Along":
        """Behind a page that held these that were new."""
        places = [place for place in map(_place, items) if place is not None]
        # what the site does not show (its list has holes) must not bring the walk back again and again
        return _Along(self.offset + _A_PAGE - _AGAIN, max(places, default=self.last), is_sure=not places)


class Site(BaseModel):
    """One site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://[^\s@?#{}]+$", description="the site's address, such as https://blog.example")
    about: str | None = Field(default=None, description="the brand that every comment there is about, named or not")

    @property
    def name(self) -> str:
        """Host and folder: the channel of its mentions and the start of their ids."""
        return channel_of(self.url) + urlsplit(self.url).path.rstrip("/")


class WordPressSettings(SourceSettings):
    """The `wordpress:` section."""

    sites: Sequence[Site] = Field(default=(), description="the sites to read")
    first_reach: Duration = Field(default=30 * 86_400, description="how far back the first pull goes")

    @model_validator(mode="after")
    def _sites_are_told_apart(self) -> "WordPressSettings":
        told_apart("sites", [site.name for site in self.sites])
        add_places(self, ((site.name, site.about) for site in self.sites))
        return self


class WordPressConnector:
    """Reads oldest first, 100 comments a request."""

    source = "wordpress"
    capabilities = Capabilities(
        history="all; on sites that close their JSON the newest 10",
        refresh_after=(timedelta(hours=6), timedelta(hours=36), timedelta(days=7)),
        refresh_batch=_A_PAGE,
        sees_deletions=True,
        # where a site is read by its feed, which may date a comment otherwise
        stable_created_at=False,
    )

    def __init__(self, settings: WordPressSettings, around: Surroundings) -> None:
        self._settings = settings
        self._sites = {site.name: site for site in settings.sites}
        self._threads = pages_to_follow(around.threads, partial(follows, settings))
        self._clock = around.clock

    def queries(self) -> Sequence[Query]:
        """One for each site, and one for each post that is followed."""
        sites = [Query(self.source, name, asks=site.url, about=site.about) for name, site in self._sites.items()]
        return [*sites, *questions_of(self.source, self._threads)]

    def check(self) -> str | None:
        """What is missing: a site to read."""
        return None if self._sites else "wordpress: no sites; give the addresses of some under sources.wordpress.sites"

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """The comments that the site counts in the window, those it does not show among them; None where it is closed."""
        walk = begin(query, None, now=self._clock(), window=window, reach=timedelta(seconds=self._settings.first_reach))
        site = self._site_of(query)
        if query.name in self._threads:
            return Estimate(items=None, requests=None, minutes=None, usd=0.0)
        with closing(self._http(site)) as http:
            answer = http.get(_COMMENTS, {"per_page": 1, **_bounds(walk, window)}, accept=_CLOSED)
        total = _header(answer, "x-wp-total")
        if answer.status in _CLOSED or total is None:
            return Estimate(items=None, requests=1, minutes=None, usd=0.0)
        return Estimate(items=total, requests=total // _A_PAGE + 1, minutes=(total // _A_PAGE + 1) / 60, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """Comments since the cursor, oldest first; by the comment feed where the site closes its JSON.

        raises  SourceChanged where there is no WordPress at the address, or not that post
        """
        thread = self._threads.get(query.name)
        if thread and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        reach = _THREAD_REACH if thread else timedelta(seconds=self._settings.first_reach)
        walk = begin(query, cursor, now=now, window=window, reach=reach, overlap=_OVERLAP)
        site = self._site_of(query)
        with closing(self._http(site)) as http:
            closed_at = _closed_at(walk)
            is_closed = closed_at is not None and now - closed_at < _ASK_AGAIN
            if not is_closed and not isinstance(walk.resume, str):
                is_closed = not (yield from self._by_json(http, walk, site, thread, window))
                closed_at = now
            if is_closed or isinstance(walk.resume, str):
                feed = f"{(thread.url.split('?')[0] if thread else site.url).rstrip('/')}/{'feed/' if thread else 'comments/feed/'}"
                walk = walk if isinstance(walk.resume, str) else replace(walk, resume=None, to_mark=None)
                beside = {"closed": closed_at and closed_at.isoformat()}
                yield from newest_pages(http, feed, walk, reading=_reading(site), window=window, clock=self._clock, beside=beside)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """The same comments as they are now, 100 a request; one that the site no longer shows is unavailable."""
        of_sites = groupby(sorted(known, key=_site_name), key=_site_name)
        for name, group in of_sites:
            site = self._sites.get(name)
            if site is None:
                continue
            with closing(self._http(site)) as http:
                ones = list(group)
                for start in range(0, len(ones), _A_PAGE):
                    some = ones[start : start + _A_PAGE]
                    numbers = ",".join(one.source_id.rpartition(":")[2] for one in some)
                    answer = http.get(_COMMENTS, {"include": numbers, "per_page": _A_PAGE}, accept=_CLOSED)
                    if answer.status in _CLOSED:
                        break
                    yield self._seen_again(_items(answer), some, site)

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One comment, or one entry of a comment feed, as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        try:
            item = json.loads(raw)
        except ValueError:
            item = None
        if not isinstance(item, dict):
            raise BadItem("is no whole comment")
        site = self._site_of(query)
        if "date_gmt" in item or isinstance(item.get("content"), dict):
            return [mention_from_comment(item, site=site.name, fetched_at=now)]
        return [mention_from_entry(item, _reading(site), created_at=min(written_at(item) or now, now), fetched_at=now)]

    def _by_json(self, http: Http, walk: Walk, site: Site, thread: Thread | None, window: Window) -> Generator[Page, None, bool]:
        """The walk's pages; gives False, and no page, where the site closes its JSON."""
        post = (walk.to_mark or walk.from_mark or {}).get("post") if thread else None
        if thread and post is None:
            post = self._post_of(http, thread.url)
            if post is None:
                return False
        along = _Along(**(walk.resume or {}))
        while True:
            asked = {"per_page": _A_PAGE, "order": "asc", "orderby": "date_gmt", "offset": along.offset, **_bounds(walk, window)}
            answer = http.get(_COMMENTS, {**asked, **({"post": post} if thread else {})}, accept=(400, *_CLOSED))
            if answer.status in _CLOSED:
                return False
            if answer.status == 400 and b"rest_comment_invalid_page_number" not in answer.body:
                raise trouble(self.source, answer)
            items = [] if answer.status == 400 else _items(answer)
            if along.has_slipped(items):
                along = along.back()
                continue
            items = [item for item in items if not along.knows(item)]
            mentions, aside = read_items(
                self.source, items, partial(mention_from_comment, site=site.name, fetched_at=self._clock()), name=_name
            )
            mark = {"post": post, "newest": max(heard(walk, mentions)["newest"], (walk.to_mark or {}).get("newest", ""))} if thread else {}
            walk = replace(walk, to_mark={"closed": None, **mark})
            fresh = [mention for mention in mentions if walk.since <= mention.created_at < walk.until]
            total = _header(answer, "x-wp-total")
            if along.offset + _A_PAGE >= total if total is not None else not items:
                yield walk.last(fresh, seen=len(items), set_aside=aside)
                return True
            along = along.after(items)
            yield walk.page(fresh, resume=asdict(along), seen=len(items), set_aside=aside)

    def _post_of(self, http: Http, url: str) -> int | None:
        """The id of the post, or else the page, at an address; None where the site closes its JSON.

        raises  SourceChanged where the site knows neither
        """
        parts = urlsplit(url)
        plain = parse_qs(parts.query)
        given = next((plain[key][0] for key in ("p", "page_id") if key in plain), "")
        if given.isdecimal():
            return int(given)
        slug = unquote(parts.path.rstrip("/").rpartition("/")[2])
        for kind in ("posts", "pages"):
            answer = http.get(f"wp-json/wp/v2/{kind}", {"slug": slug}, accept=_CLOSED)
            if answer.status in _CLOSED:
                return None
            found = [item for item in _items(answer) if isinstance(item, Mapping) and type(item.get("id")) is int]
            if found:
                post: int = next((item["id"] for item in found if _path(item.get("link")) == _path(url)), found[0]["id"])
                return post
        raise SourceChanged(f"wordpress: no post {slug!r} at {parts.scheme}://{parts.hostname}; check the address under threads")

    def _seen_again(self, items: Sequence[Any], asked: Sequence[Known], site: Site) -> Sequence[Mention]:
        fetched_at = self._clock()
        mentions, odd = read_items(self.source, items, partial(mention_from_comment, site=site.name, fetched_at=fetched_at), name=_name)
        there = {mention.source_id for mention in mentions}
        if odd or (not there and len(asked) >= _TOO_MANY_GONE):
            return mentions
        return [*mentions, *(mention_gone(one, site=site.name, fetched_at=fetched_at) for one in asked if one.source_id not in there)]

    def _site_of(self, query: Query) -> Site:
        return self._sites[query.name] if query.name in self._sites else _site_at(self._settings, query.asks) or self._settings.sites[0]

    def _http(self, site: Site) -> Http:
        return Http(self.source, base_url=site.url)


def follows(settings: WordPressSettings, url: str) -> bool:
    """Whether a page stands on one of the sites."""
    site = _site_at(settings, url)
    return site is not None and url.rstrip("/") != site.url.rstrip("/")


def _site_at(settings: WordPressSettings, url: str) -> Site | None:
    """The site that an address is on: the one with the longest folder, where several share a host."""
    name = channel_of(url) + urlsplit(url).path
    fitting = [site for site in settings.sites if f"{name.rstrip('/')}/".startswith(f"{site.name}/")]
    return max(fitting, key=lambda site: len(site.name), default=None)


def _reading(site: Site) -> Reading:
    return Reading(source="wordpress", channel=site.name, comments=True, numbered=site.name + ":{}")


def _bounds(walk: Walk, window: Window) -> dict[str, str]:
    """The stretch to ask for, widened by what a site's clock may be off; what is too much is dropped by its UTC time."""
    bounds = {"after": (walk.since - _ZONES).strftime("%Y-%m-%dT%H:%M:%S")}
    return bounds | ({"before": (walk.until + _ZONES).strftime("%Y-%m-%dT%H:%M:%S")} if window.until else {})


def _closed_at(walk: Walk) -> datetime | None:
    at = (walk.to_mark or walk.from_mark or {}).get("closed")
    return datetime.fromisoformat(at) if at else None


def _items(answer: Answer) -> list[Any]:
    body = as_json("wordpress", answer)
    if not isinstance(body, list):
        raise SourceChanged(f"wordpress: {answer.url} answers with no list; check the site's address")
    return body


def _place(item: Any) -> list[Any] | None:
    """Where a comment stands in the list; None for one that cannot be read."""
    if not isinstance(item, Mapping) or type(item.get("id")) is not int or not isinstance(item.get("date_gmt"), str):
        return None
    return [item["date_gmt"], item["id"]]


def _header(answer: Answer, name: str) -> int | None:
    value = answer.headers.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() else None


def _name(item: Any) -> object:
    return item.get("id") if isinstance(item, Mapping) else "an item"


def _site_name(known: Known) -> str:
    return known.source_id.rpartition(":")[0]


def _path(url: Any) -> str:
    return unquote(urlsplit(url).path).rstrip("/") if isinstance(url, str) else ""
