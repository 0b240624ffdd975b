"""Apple's App Store: reviews of apps, country by country, from its public feed; no key."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, SourceSettings, Surroundings, Window
from monitor.collect.http import Http, as_json
from monitor.collect.items import read_items
from monitor.collect.walk import Walk, begin
from monitor.config.duration import Duration
from monitor.errors import BadItem, RetryLater, SourceChanged
from monitor.mention import Engagement, Kind, Mention
from monitor.text import canonical_link, plain

_PAGES = 10
_A_PAGE = 50
# a review shows up hours after the time it carries
_OVERLAP = timedelta(days=2)
_REQUESTS = Bucket("appstore requests", 20, timedelta(minutes=1))

Item = Mapping[str, Any]


class App(BaseModel):
    """An app whose reviews are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int = Field(gt=0, description="the number after `id` in the app's App Store address")
    about: str = Field(description="the brand that its reviews are about, named or not")
    countries: Sequence[Annotated[str, Field(pattern=r"^[a-z]{2}$")]] = Field(default=("us",), min_length=1, description="store countries")


class AppstoreSettings(SourceSettings):
    """The section `appstore`."""

    every: Duration = Field(default=3600, description="time between rounds")
    base_url: str = Field(default="https://itunes.apple.com", description="where the feeds are")
    apps: Sequence[App] = Field(default=(), description="apps to read the reviews of")
    first_reach: Duration = Field(default=30 * 86_400, description="how far back the first pull goes, within the newest 500 of a country")


def mention_from_review(item: Any, fetched_at: datetime, *, app: str) -> Mention:
    """One review; its time is that of its last change, since the feed tells no other.

    app     the app's id
    raises  BadItem where it has no id, time, text or rating of 1 to 5 stars
    """
    if not isinstance(item, Mapping):
        raise BadItem("no object")
    review, text, title = _label(item, "id"), _label(item, "content"), _label(item, "title")
    if not review:
        raise BadItem("no id")
    if not text and not title:
        raise BadItem("no text")
    author = _mapping(item, "author")
    return Mention(
        source="appstore",
        source_id=review,
        kind=Kind.REVIEW,
        created_at=_time(_label(item, "updated")),
        fetched_at=fetched_at,
        channel=app,
        url=_address(item),
        title=title,
        text=text,
        author_id=(_label(author, "uri") or "").rpartition("/id")[2] or None,
        author_name=_label(author, "name"),
        engagement=Engagement(rating=_stars(_label(item, "im:rating")), score=_number(_label(item, "im:voteSum"))),
        engagement_at=fetched_at,
    )


def reviews_of(body: Any) -> list[Any] | None:
    """The reviews of one answer; None where it has no entry at all, which is no proof that there are none.

    One review stands alone instead of in a list, and old answers begin with the app itself, which has a name and no rating.

    raises  SourceChanged where the answer is no feed
    """
    feed = body.get("feed") if isinstance(body, Mapping) else None
    if not isinstance(feed, Mapping):
        raise SourceChanged("appstore: this answer is no feed of reviews; update monitor")
    entry = feed.get("entry")
    if entry is None:
        return None
    entries = entry if isinstance(entry, list) else [entry]
    return [one for one in entries if not (isinstance(one, Mapping) and "im:name" in one and "im:rating" not in one)]


class AppstoreConnector:
    """One query an app and country, newest first, ten pages at most."""

    source = "appstore"
    capabilities = Capabilities(key="none", history="the newest 500 reviews of a country", stable_created_at=False)

    def __init__(self, settings: AppstoreSettings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._http = Http("appstore", base_url=settings.base_url)

    def queries(self) -> Sequence[Query]:
        """Each app in each of its countries."""
        return [
            Query("appstore", f"{app.id} {country}", (app.about,), asks=f"{app.id} {country}", about=app.about)
            for app in self._settings.apps
            for country in app.countries
        ]

    def check(self) -> str | None:
        """What is missing: apps."""
        return None if self._settings.apps else "appstore: no app is named; add `apps: [{id: …, about: …}]` to its section of config.yaml"

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """At most what the feed shows, free of charge."""
        return Estimate(items=_PAGES * _A_PAGE, requests=_PAGES, minutes=_PAGES / _REQUESTS.limit, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """Pages of fifty reviews until they are older than the last look, or there are no more."""
        reach = timedelta(seconds=self._settings.first_reach)
        walk = begin(query, cursor, now=now, window=window, reach=reach, overlap=_OVERLAP)
        app, country = query.asks.split(" ")
        before = walk.resume or {"page": 0, "count": 0, "oldest": None}
        while True:
            number = before["page"] + 1
            reviews = self._page(app, country, number, meter)
            if not reviews:
                yield _nothing(walk, before)
                return
            at = self._around.clock()
            mentions, odd = read_items("appstore", reviews, partial(mention_from_review, fetched_at=at, app=app), name=_name)
            kept = [one for one in mentions if one.created_at >= walk.since and window.holds(one.created_at)]
            oldest = mentions[-1].created_at if mentions else walk.until
            before = {"page": number, "count": len(reviews), "oldest": oldest.isoformat()}
            walk = walk.marked({"reviews": True})
            if oldest < walk.since or number == _PAGES:
                why = "Apple shows the newest 500 reviews of a country only"
                yield walk.last(kept, seen=len(reviews), set_aside=odd, reached=oldest, why=why)
                return
            yield walk.page(kept, resume=before, seen=len(reviews), set_aside=odd)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Nothing: a review cannot be asked for."""
        return iter(())

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """The mention of one review as quarantine kept it."""
        try:
            item = json.loads(raw)
        except ValueError:
            raise BadItem("no JSON") from None
        return [mention_from_review(item, now, app=query.asks.partition(" ")[0])]

    def _page(self, app: str, country: str, number: int, meter: Meter) -> list[Any] | None:
        meter.reserve(_REQUESTS)
        answer = self._http.get(f"{country}/rss/customerreviews/page={number}/id={app}/sortBy=mostRecent/json", accept=(403,))
        if answer.status == 403:
            raise RetryLater(f"appstore: 403 from {answer.url}: Apple turns us away for now, there is no key to check; asked again later")
        return reviews_of(as_json("appstore", answer))


def _nothing(walk: Walk, before: Mapping[str, Any]) -> Page:
    """The last page where there was no entry: believed after a page that was not full, or of an app that had none before.

    before  the page read before it: its number, how many reviews it had, the time of its last
    """
    if before["page"]:
        is_end = before["count"] < _A_PAGE
        why = f"Apple's feed had no entries on page {before['page'] + 1}, after a full one"
        return walk.last([], seen=0, reached=None if is_end else datetime.fromisoformat(before["oldest"]), why=why)
    if walk.from_mark == {"reviews": False}:
        return walk.last([], seen=0)
    why = "Apple's feed had no entries, which it also shows for apps that have reviews"
    return walk.marked(walk.from_mark or {"reviews": False}).last([], seen=0, reached=walk.until, why=why)


def _label(item: Item, key: str) -> str | None:
    """The text of a scalar, which the feed wraps as {"label": …}; None where there is none."""
    value = _mapping(item, key).get("label")
    return plain(value) or None if isinstance(value, str) else None


def _mapping(item: Item, key: str) -> Item:
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def _address(item: Item) -> str | None:
    """The page of the app's reviews: a review has none of its own. One link, or a list of them."""
    links = item.get("link")
    first = links[0] if isinstance(links, list) and links else links
    href = _mapping(first, "attributes").get("href") if isinstance(first, Mapping) else None
    return canonical_link(href) if isinstance(href, str) else None


def _time(text: str | None) -> datetime:
    """A moment in UTC; the feed writes California's."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadItem(f"updated is {text[:40]!r}, no time" if text else "no updated")
    return at.astimezone(UTC)


def _stars(text: str | None) -> float:
    if text not in ("1", "2", "3", "4", "5"):
        raise BadItem(f"im:rating is {str(text)[:40]!r}, not 1 to 5")
    return float(text)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.removeprefix("-").isdecimal() else None


def _name(item: Any) -> object:
    return _label(item, "id") if isinstance(item, Mapping) else "item"
