"""X: posts found by each brand's rule, newest first, up to seven days back or from the full archive; each post read costs money."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from connectors.x_answers import Found, count_of, gone_from_lookup, later_versions, page_of_search
from connectors.x_answers import mentions_from_search as mentions_from_search
from connectors.x_budget import ARCHIVE, ARCHIVE_COUNTS, LOOKUP, RECENT, RECENT_COUNTS, Bought, Budget, told
from connectors.x_client import Client, client
from connectors.x_posts import gone, id_at, mention_from_post, post_id_of, time_of
from connectors.x_settings import XSettings
from connectors.x_stretch import Stretch
from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, Surroundings, Window
from monitor.collect.dialect import X_RECENT
from monitor.collect.http import as_json
from monitor.collect.keys import missing
from monitor.collect.search import searches
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import Walk, begin
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, SourceChanged
from monitor.mention import Mention
from monitor.rule import parse_rule

FIELDS = [
    *("id", "text", "created_at", "author_id", "conversation_id", "in_reply_to_user_id", "referenced_tweets"),
    *("public_metrics", "lang", "entities", "edit_history_tweet_ids", "note_tweet"),
]
# X refuses an end within the last ten seconds
DELAY = timedelta(seconds=30)
OVERLAP = timedelta(minutes=2)
RECENT_PAGE, ARCHIVE_PAGE, LOOKUP_PAGE = 100, 500, 100
DRIFT = 1.1
_SECONDS_A_REQUEST = 1.5
_WINDOW_MINUTES = 15
_EARLIER = "X's search reaches back seven days without its full archive (`archive: true`)"


def follows(settings: XSettings, url: str) -> bool:
    """Whether an address is that of a post."""
    return post_id_of(url) is not None


class XConnector:
    """Reads X by tweepy. The one wait is up to a second between two pages of the full archive, as X demands."""

    source = "x"

    def __init__(self, settings: XSettings, around: Surroundings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings, self._around, self._sleep = settings, around, sleep
        self._archive_free_at = 0.0
        self._threads: dict[str, Thread] = {}
        for thread in around.threads:
            if (root := post_id_of(thread.url)) is not None:
                self._threads[f"thread {root}"] = thread
        self._budget = Budget(
            monthly_usd=settings.monthly_budget_usd,
            by_brand=settings.monthly_budget_usd_by_brand,
            usd_per_post=settings.usd_per_post,
            usd_per_user=settings.usd_per_user if settings.expand_authors else 0.0,
            posts_a_month=settings.monthly_post_cap,
        )
        self.capabilities = Capabilities(
            key="paid",
            history="from 2006" if settings.archive else "7 days",
            refresh_after=[timedelta(seconds=age) for age in settings.refresh],
            refresh_batch=LOOKUP_PAGE,
            sees_deletions=True,
        )

    def queries(self) -> Sequence[Query]:
        """One for each brand, more where its rule is longer than X takes; one for each followed post.

        The first of a brand has the brand's name, so that an edited rule goes on from where the old one was.
        """
        found: list[Query] = []
        for brand in self._around.brands:
            for number, asks in enumerate(self._searches(brand), start=1):
                name = brand.name if number == 1 else f"{brand.name} ({number})"
                found.append(Query("x", name, brands=(brand.name,), asks=asks))
        for name, thread in self._threads.items():
            found.append(Query("x", name, asks=f"conversation_id:{post_id_of(thread.url)}", about=thread.about, covers=False))
        return found

    def check(self) -> str | None:
        """Whether the token is missing, or a budget is for nobody."""
        brands = {brand.name.casefold() for brand in self._around.brands}
        unknown = [name for name in self._settings.monthly_budget_usd_by_brand if name.casefold() not in brands]
        if unknown:
            return f"x: monthly_budget_usd_by_brand has {unknown[0]!r}, which is no brand of the configuration; correct the name"
        return missing("x", self._settings.token_env)

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """By X's own counts, which cost too; a tenth is added to the money, since counts and searches differ."""
        now = self._around.clock()
        until = min(window.until or now, now - DELAY)
        stretch = self._within(Stretch(False, None, window.since or until - self._reach(query, now), until), now)
        if stretch.is_empty:
            return Estimate(items=0, requests=0, minutes=0.0, usd=0.0)
        posts = 0
        with self._client(meter) as x:
            while True:
                more, token = self._count(x, query, stretch, meter)
                posts += more
                if token is None:
                    break
                if token == stretch.token:
                    raise SourceChanged("x: a count gives the same page again; update monitor")
                stretch = replace(stretch, token=token)
        bought = Bought(posts=posts, users=posts if self._settings.expand_authors else 0)
        requests = max(1, ceil(posts / self._page_size(query, stretch)))
        return Estimate(posts, requests, _minutes(requests, ARCHIVE if stretch.archive else RECENT), self._budget.price(bought) * DRIFT)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """Posts since the newest one seen, newest first; a first pull and a backfill go by time instead."""
        live = window == Window()
        thread = self._threads.get(query.name)
        if thread and live and not (cursor or {}).get("walk") and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        walk = begin(query, cursor, now=now, window=window, reach=self._reach(query, now), overlap=_overlap(now), delay=DELAY)
        stretch = self._within(_stretch(walk, live=live), now)
        if stretch.is_empty:
            yield walk.last([], seen=0, reached=stretch.reached, why=_EARLIER)
            return
        with self._client(meter) as x:
            while True:
                found = self._search(x, query, stretch, meter)
                walk = walk.marked(self._mark(walk, found))
                if found.next_token is None or stretch.is_before(found.newest_id):
                    yield walk.last(found.mentions, seen=found.seen, set_aside=found.set_aside, reached=stretch.reached, why=_EARLIER)
                    return
                if found.next_token == stretch.token:
                    raise SourceChanged("x: a search gives the same page again; update monitor")
                stretch = replace(stretch, token=found.next_token, oldest=found.oldest_id or stretch.oldest)
                yield walk.page(found.mentions, resume=stretch.as_resume(), seen=found.seen, set_aside=found.set_aside)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Looks posts up again, a hundred a request; each one found costs as much as at first sight."""
        with self._client(meter) as x:
            for first in range(0, len(known), LOOKUP_PAGE):
                yield self._looked_up(x, known[first : first + LOOKUP_PAGE], meter)

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One post as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        try:
            item = json.loads(raw)
        except (ValueError, RecursionError):
            raise BadItem("is no whole JSON") from None
        return [mention_from_post(item, now, others={}, users={})]

    def _searches(self, brand: Brand) -> Sequence[str]:
        exclude = parse_rule(brand.exclude) if brand.exclude else None
        # the archive takes twice as long ones, but a walk may pass from one search to the other
        return searches(parse_rule(brand.rule), X_RECENT, exclude=exclude, thrifty=self._settings.skip_excluded)

    def _reach(self, query: Query, now: datetime) -> timedelta:
        """How far back a first pull goes: a followed post is read from its beginning."""
        thread = self._threads.get(query.name)
        root = post_id_of(thread.url) if thread else None
        return max(now - DELAY - time_of(root), timedelta(0)) if root else timedelta(seconds=self._settings.first_reach)

    def _within(self, stretch: Stretch, now: datetime) -> Stretch:
        return stretch.within(now, may_use_archive=self._settings.archive)

    def _mark(self, walk: Walk, found: Found) -> dict[str, Any]:
        """The newest id, never behind the one before; where there is none an id made of the time: it must not grow a week old."""
        ids = [found.newest_id or id_at(walk.until - OVERLAP), (walk.from_mark or {}).get("id")]
        newest = max((post_id for post_id in ids if post_id), key=int)
        return {"id": newest, **(heard(walk, found.mentions) if walk.query.name in self._threads else {})}

    def _payers(self, query: Query) -> tuple[str, ...]:
        """The brands whose budgets a query counts towards."""
        about = (query.about or "").casefold()
        return query.brands or tuple(brand.name for brand in self._around.brands if brand.name.casefold() == about)

    def _client(self, meter: Meter) -> AbstractContextManager[Client]:
        clock = self._around.clock
        return client(
            self._settings.base_url,
            token_env=self._settings.token_env,
            clock=clock,
            heard=lambda answer: told(meter, answer, now=clock()),
        )

    def _page_size(self, query: Query, stretch: Stretch) -> int:
        return self._budget.page_size(self._payers(query), ARCHIVE_PAGE if stretch.archive else RECENT_PAGE)

    def _fields(self) -> dict[str, Any]:
        if not self._settings.expand_authors:
            return {"tweet_fields": FIELDS}
        return {"tweet_fields": FIELDS, "expansions": ["author_id"], "user_fields": ["id", "username", "public_metrics"]}

    def _search(self, x: Client, query: Query, stretch: Stretch, meter: Meter) -> Found:
        most = self._page_size(query, stretch)
        at_most = Bought(posts=most, users=most if self._settings.expand_authors else 0)
        with self._budget.spending(meter, self._payers(query), at_most=at_most) as bought:
            meter.reserve(ARCHIVE if stretch.archive else RECENT)
            if stretch.archive:
                self._keep_a_second_apart()
            search = x.search_all_tweets if stretch.archive else x.search_recent_tweets
            answer = search(query.asks, max_results=most, **stretch.params(), **self._fields()).answer
            found = page_of_search(as_json("x", answer), self._around.clock())
            bought.posts, bought.users = found.seen, found.users
        return found

    def _count(self, x: Client, query: Query, stretch: Stretch, meter: Meter) -> tuple[int, str | None]:
        price = self._settings.usd_per_archive_count if stretch.archive else self._settings.usd_per_recent_count
        with self._budget.spending(meter, self._payers(query), at_most=Bought(usd=price)) as bought:
            meter.reserve(ARCHIVE_COUNTS if stretch.archive else RECENT_COUNTS)
            count = x.get_all_tweets_count if stretch.archive else x.get_recent_tweets_count
            answer = count(query.asks, granularity="day", **stretch.params()).answer
            bought.usd = price
        return count_of(as_json("x", answer))

    def _looked_up(self, x: Client, known: Sequence[Known], meter: Meter) -> Sequence[Mention]:
        body, seen = self._lookup(x, [one.source_id for one in known], meter)
        if later := later_versions(body):
            for first in later:
                seen.pop(first, None)
            seen |= self._lookup(x, list(later.values()), meter)[1]
        states = gone_from_lookup(body)
        at = self._around.clock()
        looked: list[Mention] = []
        for one in known:
            if one.source_id in seen:
                looked.append(seen[one.source_id])
            elif state := states.get(one.source_id):
                looked.append(
                    gone(one.source_id, created_at=one.created_at, state=state, fetched_at=at, conversation_id=one.conversation_id)
                )
        return looked

    def _lookup(self, x: Client, ids: list[str], meter: Meter) -> tuple[Any, dict[str, Mention]]:
        at_most = Bought(posts=len(ids), users=len(ids) if self._settings.expand_authors else 0)
        with self._budget.spending(meter, (), at_most=at_most) as bought:
            meter.reserve(LOOKUP)
            body = as_json("x", x.get_tweets(ids, **self._fields()).answer)
            found = page_of_search(body, self._around.clock())
            bought.posts, bought.users = found.seen, found.users
        return body, {mention.source_id: mention for mention in found.mentions}

    def _keep_a_second_apart(self) -> None:
        left = self._archive_free_at - time.monotonic()
        if left > 0:
            self._sleep(min(left, 1.0))
        self._archive_free_at = time.monotonic() + 1.0


def _stretch(walk: Walk, *, live: bool) -> Stretch:
    """What a walk asks for: where it was cut short, else what is newer than the newest id so far, else its time."""
    if walk.resume:
        return Stretch.from_resume(walk.resume)
    newest = (walk.from_mark or {}).get("id") if live else None
    return Stretch(False, newest, time_of(newest) if newest else walk.since, walk.until)


def _overlap(now: datetime) -> timedelta:
    """Two minutes, but never across midnight UTC: until then X charges nobody twice for a post."""
    return min(OVERLAP, now - now.replace(hour=0, minute=0, second=0, microsecond=0))


def _minutes(requests: int, bucket: Bucket) -> float:
    """How long so many requests take a backfill, which may use half of each window."""
    a_window = bucket.limit / 2
    full = (requests - 1) // a_window
    return full * _WINDOW_MINUTES + (requests - full * a_window) * _SECONDS_A_REQUEST / 60
