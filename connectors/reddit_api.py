"""Reddit by its own API: searches, subreddits, whole threads, and second looks at what is stored."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.reddit_client import Closed, RedditClient
from connectors.reddit_items import mention_from_item, mention_of_missing, mentions_from_listing, name_after, things_of
from connectors.reddit_settings import RedditSettings
from connectors.reddit_tree import Missing, comment_count, missing_in, thread_of
from monitor.collect.budget import Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, Surroundings, Window
from monitor.collect.dialect import REDDIT
from monitor.collect.keys import missing
from monitor.collect.search import searches
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import Walk, begin
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, ConfigError, RetryLater, SourceChanged
from monitor.mention import Mention
from monitor.rule import parse_rule

SOURCE = "reddit"
_PAGE = 100
_TREE = 500
_OVERLAP = timedelta(minutes=60)
# a listing ends at about 1,000 items and a search at about 245; one that ends before shows all it has
_CUT_FROM = 200
_SUSPICIOUS = 20
_EVER = timedelta(days=365 * 30)
_TREE_OF = "tree "


@dataclass(frozen=True, slots=True)
class _Listing:
    """One or more listings, newest first, asked one after the other: path and parameters of each."""

    parts: Sequence[tuple[str, Mapping[str, str]]]
    place: str | None = None


@dataclass(frozen=True, slots=True)
class _Along:
    """How far a walk through listings has come.

    part    which of them
    after   the name of the item after which to go on
    seen    items of this part so far
    oldest  the oldest of them
    short   since when everything was seen, where a part ended too early; None where none did
    """

    part: int = 0
    after: str | None = None
    seen: int = 0
    oldest: datetime | None = None
    short: datetime | None = None

    def as_json(self) -> Mapping[str, Any]:
        times = {"oldest": self.oldest and self.oldest.isoformat(), "short": self.short and self.short.isoformat()}
        return {"part": self.part, "after": self.after, "seen": self.seen, **times}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "_Along":
        oldest, short = (datetime.fromisoformat(kept[key]) if kept[key] else None for key in ("oldest", "short"))
        return cls(kept["part"], kept["after"], kept["seen"], oldest, short)


class RedditApi:
    """Reddit's own API, for those who hold an approved key."""

    source = SOURCE
    capabilities = Capabilities(
        key="approved",
        history="the newest 1,000 of a subreddit, the newest 250 of a search; threads whole",
        refresh_after=tuple(timedelta(minutes=minutes) for minutes in (10, 30, 60, 360, 2_160, 10_080)),
        refresh_batch=_PAGE,
        sees_deletions=True,
        reads_threads=True,
    )

    def __init__(self, settings: RedditSettings, around: Surroundings) -> None:
        self._settings = settings
        self._clock = around.clock
        self._client = RedditClient(settings, clock=around.clock)
        self._reach = timedelta(seconds=settings.first_reach)
        self._listings: dict[Query, _Listing] = {}
        self._threads: dict[Query, Thread] = {query_of_thread(thread): thread for thread in around.threads}
        if settings.search:
            self._listings.update(dict(found for brand in around.brands if (found := _search(brand))))
        self._read_whole = frozenset(subreddit.name.lower() for subreddit in settings.subreddits)
        for subreddit in settings.subreddits:
            for name, path in (("new", "new"), ("comments", "comments")):
                query = Query(SOURCE, f"{name} {subreddit.name.lower()}", asks=f"r/{subreddit.name}/{path}", about=subreddit.about)
                self._listings[query] = _Listing([(f"r/{subreddit.name}/{path}", {})], place=f"r/{subreddit.name}")

    def queries(self) -> Sequence[Query]:
        """A search for each brand, two listings for each subreddit, and each followed thread."""
        return [*self._listings, *self._threads]

    def check(self) -> str | None:
        """Whether the app's id and secret are there."""
        return missing(SOURCE, self._settings.client_id_env, self._settings.client_secret_env)

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Free; how much there is, Reddit does not say beforehand."""
        return Estimate(items=None, requests=None, minutes=None, usd=0.0)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """What is new, newest first; of a thread all of its comments, if their number changed."""
        if query.name.startswith(_TREE_OF):
            walk = begin(query, cursor, now=now, window=window, reach=_EVER)
            try:
                yield from self._tree(query.asks, walk, place=f"the thread {query.asks}", window=window, meter=meter)
            except Closed:
                # nobody named it in the configuration: it is no trouble of theirs, and there is no more of it
                yield walk.last([], seen=0)
            return
        thread = next((thread for known, thread in self._threads.items() if known.name == query.name), None)
        if thread is not None:
            is_live = window == Window() and not (cursor or {}).get("walk")
            if is_live and is_over(cursor, until_quiet=thread.until_quiet, now=now):
                return
            walk = begin(query, cursor, now=now, window=window, reach=_EVER)
            place = f"the thread {thread.url}"
            id_ = (walk.resume or {}).get("id") or (walk.from_mark or {}).get("id") or self._id_of(thread, place=place, meter=meter)
            yield from self._tree(id_, walk, place=place, window=window, meter=meter)
            return
        listing = next((listing for known, listing in self._listings.items() if known.name == query.name), None)
        if listing is None:
            raise ConfigError(f"reddit: {query.name!r} is no longer asked, as config.yaml has it")
        walk = begin(query, cursor, now=now, window=window, reach=self._reach, overlap=_OVERLAP)
        yield from self._walk(listing, walk, meter=meter)

    def thread(self, root: Known) -> Query | None:
        """The question that brings a submission's tree; None in subreddits that are read whole, and for pages that are followed."""
        id_ = root.source_id.removeprefix("t3_")
        if (root.channel or "").lower() in self._read_whole or any(query.asks == id_ for query in self._threads):
            return None
        return Query(SOURCE, f"{_TREE_OF}{id_}", asks=id_, covers=False)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Scores, edits and deletions, 100 texts a request; a text that Reddit leaves out is unavailable."""
        for several in (known[first : first + _PAGE] for first in range(0, len(known), _PAGE)):
            body = self._client.get("api/info", {"id": ",".join(one.source_id for one in several)}, meter=meter)
            name_after(body)
            fetched_at = self._clock()
            mentions, _ = mentions_from_listing(body, fetched_at)
            shown = {thing["data"].get("name") for thing in things_of(body) if isinstance(thing.get("data"), Mapping)}
            gone = [one for one in several if one.source_id not in shown]
            if len(gone) == len(several) >= _SUSPICIOUS:
                # texts once erased do not come back: an empty answer must not erase a hundred
                raise RetryLater(f"reddit: api/info shows none of {len(several)} known texts, which is unlikely; asked again later")
            found = [mention_of_missing(one.source_id, one.created_at, fetched_at) for one in gone]
            yield [*mentions, *(mention for mention in found if mention)]

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One item as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        return [read_raw(raw, now)]

    def _walk(self, listing: _Listing, walk: Walk, *, meter: Meter) -> Iterator[Page]:
        along = _Along.from_json(walk.resume) if walk.resume else _Along()
        while True:
            path, params = listing.parts[along.part]
            asked: dict[str, str | int] = {"limit": _PAGE, **params, **({"after": along.after} if along.after else {})}
            body = self._client.get(path, asked, meter=meter, place=listing.place)
            after = name_after(body)
            mentions, set_aside = mentions_from_listing(body, self._clock())
            seen = len(mentions) + len(set_aside)
            kept = [mention for mention in mentions if walk.since <= mention.created_at < walk.until]
            along, ended = _step(along, mentions, seen=seen, after=after, since=walk.since)
            if ended and along.part == len(listing.parts):
                break
            yield walk.page(kept, resume=along.as_json(), seen=seen, set_aside=set_aside)
        why = "Reddit's listings end after about 1,000 items, its searches after 250"
        yield walk.last(kept, seen=seen, set_aside=set_aside, reached=along.short, why=why)

    def _tree(self, id_: str, walk: Walk, *, place: str, window: Window, meter: Meter) -> Iterator[Page]:
        """The submission and all of its comments; after the first page, what it left out, one request after the other."""
        kept = walk.resume or {}
        left = Missing.from_json(kept["left"]) if kept else None
        mark: dict[str, Any] = kept.get("mark", {})
        while True:
            # a branch shows its submission and its first comment again
            known: set[str] = set()
            if left is None:
                body = self._client.get(f"comments/{id_}", {"limit": _TREE, "sort": "new"}, meter=meter, place=place)
                count = comment_count(body)
                if not isinstance(body, list) or len(body) < 2:
                    raise SourceChanged(f"reddit: comments/{id_} answers with no submission and its comments; update monitor")
                before = walk.from_mark or {}
                left = missing_in(body) if count is None or count != before.get("comments") else Missing()
                mark = {**before, "id": id_, "comments": count}
            elif left.batch:
                form = {"link_id": f"t3_{id_}", "children": ",".join(left.batch), "sort": "new", "limit_children": "false"}
                body = self._client.post("api/morechildren", form, meter=meter, place=place)
                brought = any(thing.get("kind") == "t1" for thing in things_of(body))
                left = left.after_batch(missing_in(body), brought=brought)
            else:
                branch = left.branches[0]
                known = {f"t3_{id_}", f"t1_{branch}"}
                body = self._client.get(f"comments/{id_}/_/{branch}", {"limit": _TREE, "sort": "new"}, meter=meter, place=place)
                left = left.after_branch(missing_in(body))
            mentions, set_aside = mentions_from_listing(body, self._clock())
            seen = len(mentions) + len(set_aside)
            mentions = [mention for mention in mentions if mention.source_id not in known]
            mark = {**mark, **heard(replace(walk, from_mark=mark), mentions)}
            inside = [mention for mention in mentions if window.holds(mention.created_at)]
            if not left:
                break
            yield walk.page(inside, resume={"id": id_, "left": left.as_json(), "mark": mark}, seen=seen, set_aside=set_aside)
        yield walk.marked(mark).last(inside, seen=seen, set_aside=set_aside)

    def _id_of(self, thread: Thread, *, place: str, meter: Meter) -> str:
        found = thread_of(thread.url)
        if found is None:
            leads_to = self._client.redirect_of(thread.url, meter=meter, place=place)
            found = thread_of(f"https://www.reddit.com{urlsplit(leads_to).path}")
        if found is None:
            raise ConfigError(f"reddit: {thread.url} leads to no thread; give the address of the thread itself")
        return found


def query_of_thread(thread: Thread) -> Query:
    """The question that follows a thread; it brings more of what others found."""
    name = thread_of(thread.url) or thread.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return Query(SOURCE, f"thread {name}", asks=name, about=thread.about, covers=False)


def read_raw(raw: str, fetched_at: datetime) -> Mention:
    """One item of Reddit's JSON as quarantine kept it.

    raises  BadItem where it still cannot be read
    """
    try:
        item = json.loads(raw)
    except ValueError:
        raise BadItem("is no whole JSON; it was too long to be kept") from None
    return mention_from_item(item, fetched_at)


def _search(brand: Brand) -> tuple[Query, _Listing] | None:
    """One question for each brand, however many searches its rule takes: its name stays when the rule is edited."""
    texts = searches(parse_rule(brand.rule), REDDIT, exclude=parse_rule(brand.exclude) if brand.exclude else None)
    if not texts:
        return None
    query = Query(SOURCE, f"search {brand.name}", brands=(brand.name,), asks="\n".join(texts))
    return query, _Listing([("search", {"q": text, "sort": "new", "t": "all", "type": "link"}) for text in texts])


def _step(along: _Along, mentions: Sequence[Mention], *, seen: int, after: str | None, since: datetime) -> tuple[_Along, bool]:
    """Where to go on after a page, and whether it ended a listing; a part beyond the last one means that all are done."""
    times = [mention.created_at for mention in mentions]
    oldest = min([*times, *([along.oldest] if along.oldest else [])], default=None)
    total = along.seen + seen
    reached = bool(times) and times[-1] < since
    stuck = not seen or after == along.after
    if not reached and not stuck and after is not None:
        return replace(along, after=after, seen=total, oldest=oldest), False
    short = along.short
    is_cut = total >= _CUT_FROM or bool(along.after and not seen)
    if not reached and is_cut and oldest and (short is None or oldest > short):
        short = oldest
    return _Along(part=along.part + 1, short=short), True
