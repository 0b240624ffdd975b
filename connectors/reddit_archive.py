"""Reddit by Arctic Shift, a public archive: named subreddits, oldest first, no key; it promises nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.reddit_archived import SETTLED_AFTER, mention_from_archived
from connectors.reddit_settings import RedditSettings
from connectors.reddit_tree import thread_of
from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, Surroundings, Window
from monitor.collect.http import Answer, Http, as_json, reset_at, trouble
from monitor.collect.items import read_items
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import Walk, begin
from monitor.config.models import Thread
from monitor.errors import BadItem, ConfigError, RetryLater, SourceChanged, StopUntil
from monitor.mention import Mention

SOURCE = "reddit"
_SITE = "https://arctic-shift.photon-reddit.com"
# it publishes no limit: this is what we allow ourselves
_REQUESTS = Bucket("reddit archive requests", limit=3_000, span=timedelta(hours=1))
_OVERLAP = timedelta(hours=2)
_EVER = timedelta(days=365 * 30)
_IDS = 500
_PAGE = 100
# one page to begin with, then 100 to 1,000 at once as the archive pleases; after each refusal the next one down
_LIMITS: tuple[int | str, ...] = (100, "auto", 100, 50, 25, 10)
_AFTER_FIRST = 3
# measured by users: after a quarter of that it still refuses
_REST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class _Along:
    """How far a walk has come.

    after   the second from which to go on, since 1970
    seen    names of the items already seen that lie no earlier
    effort  which of _LIMITS to ask with
    newest  when the newest thing was said, in a thread
    """

    after: int
    seen: frozenset[str] = frozenset()
    effort: int = 0
    newest: str | None = None

    def as_json(self) -> Mapping[str, Any]:
        return {"after": self.after, "seen": " ".join(sorted(self.seen)), "effort": self.effort, "newest": self.newest}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "_Along":
        return cls(kept["after"], frozenset(kept["seen"].split()), kept["effort"], kept["newest"])


class RedditArchive:
    """Arctic Shift's API, for those without a key, and for history."""

    source = SOURCE
    capabilities = Capabilities(
        history="since 2005, of named subreddits",
        # the archive looks a second time after 36 hours, and takes a while for it
        refresh_after=(SETTLED_AFTER + timedelta(hours=6), timedelta(days=7)),
        refresh_batch=_IDS,
        sees_deletions=True,
    )

    def __init__(self, settings: RedditSettings, around: Surroundings) -> None:
        self._clock = around.clock
        self._reach = timedelta(seconds=settings.first_reach)
        self._http = Http(SOURCE, base_url=settings.host(_SITE), headers={"User-Agent": settings.user_agent})
        self._used_up_until: datetime | None = None
        self._asked: dict[Query, tuple[str, Mapping[str, str]]] = {}
        self._threads: dict[str, Thread] = {}
        for subreddit in settings.subreddits:
            for kind in ("posts", "comments"):
                query = Query(
                    SOURCE, f"archive {kind} {subreddit.name.lower()}", asks=f"{kind} of r/{subreddit.name}", about=subreddit.about
                )
                self._asked[query] = (f"api/{kind}/search", {"subreddit": subreddit.name})
        for thread in around.threads:
            id_ = thread_of(thread.url) or ""
            query = Query(SOURCE, f"archive thread {id_}", asks=id_, about=thread.about, covers=False)
            self._asked[query] = ("api/comments/search", {"link_id": f"t3_{id_}"})
            self._threads[query.name] = thread

    def queries(self) -> Sequence[Query]:
        """Submissions and comments of each subreddit, and the comments of each followed thread."""
        return list(self._asked)

    def check(self) -> str | None:
        """Nothing can be missing: it takes no key."""
        return None

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Free; how much there is, is known only once it is read."""
        return Estimate(items=None, requests=None, minutes=None, usd=0.0)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """What was said since, oldest first, to the end; where the archive is overloaded, in smaller and smaller pages."""
        asked = next((asked for known, asked in self._asked.items() if known.name == query.name), None)
        if asked is None:
            raise ConfigError(f"reddit: {query.name!r} is no longer asked, as config.yaml has it")
        thread = self._threads.get(query.name)
        is_live = window == Window() and not (cursor or {}).get("walk")
        if thread and is_live and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        walk = begin(query, cursor, now=now, window=window, reach=_EVER if thread else self._reach, overlap=_OVERLAP)
        yield from self._walk(*asked, walk, meter=meter, is_thread=thread is not None)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """The archive's second look. What it lacks may still stand at Reddit, so nothing is said of that."""
        for kind, prefix in (("posts", "t3_"), ("comments", "t1_")):
            names = [one.source_id for one in known if one.source_id.startswith(prefix)]
            for several in (names[first : first + _IDS] for first in range(0, len(names), _IDS)):
                answer = self._ask(f"api/{kind}/ids", {"ids": ",".join(name[3:] for name in several)}, meter=meter)
                mentions, _ = read_items(SOURCE, _items(answer), self._read_one, name=_name_of)
                yield mentions

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One item as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        try:
            item = json.loads(raw)
        except ValueError:
            raise BadItem("is no whole JSON; it was too long to be kept") from None
        return [mention_from_archived(item, now=now)]

    def _walk(self, path: str, params: Mapping[str, str], walk: Walk, *, meter: Meter, is_thread: bool) -> Iterator[Page]:
        along = _Along.from_json(walk.resume) if walk.resume else _Along(int(walk.since.timestamp()) - 1)
        before = int(walk.until.timestamp()) + 1
        has_rested = True
        while True:
            limit = _LIMITS[along.effort]
            # "after" may or may not take in the second itself: asked from the one before, nothing is lost either way
            asked = {**params, "after": along.after, "before": before, "sort": "asc", "limit": limit}
            answer = self._ask(path, asked, meter=meter)
            if answer.status == 422:
                smaller = min(along.effort + 1, len(_LIMITS) - 1) if along.effort else _AFTER_FIRST
                along = _Along(along.after, along.seen, smaller, along.newest)
                yield walk.page([], resume=along.as_json(), seen=0)
                if not has_rested:
                    raise RetryLater("reddit: the archive is overloaded; asked again in 5 minutes, for less", seconds=_REST_SECONDS)
                has_rested = False
                continue
            has_rested = True
            items = _items(answer)
            mentions, set_aside = read_items(SOURCE, items, self._read_one, name=_name_of)
            new = [mention for mention in mentions if mention.source_id not in along.seen]
            kept = [mention for mention in new if walk.since <= mention.created_at < walk.until]
            is_end = len(items) < (_PAGE if limit == "auto" else int(limit))
            along = _next(along, mentions, brought=bool(new), newest=heard(walk, new)["newest"] if is_thread else None)
            seen = len(items) - (len(mentions) - len(new))
            if is_end or along.after >= before:
                break
            yield walk.page(kept, resume=along.as_json(), seen=seen, set_aside=set_aside)
        mark = {"newest": along.newest} if is_thread else None
        yield walk.marked(mark).last(kept, seen=seen, set_aside=set_aside)

    def _ask(self, path: str, params: Mapping[str, Any], *, meter: Meter) -> Answer:
        if self._used_up_until and self._clock() < self._used_up_until:
            raise StopUntil(f"reddit: the archive allows no more until {self._used_up_until:%H:%M} UTC", at=self._used_up_until)
        meter.reserve(_REQUESTS)
        answer = self._http.get(path, params, accept=(422,))
        self._note_limits(answer)
        if answer.status == 422 and b"slow down" not in answer.body.lower() and b"timeout" not in answer.body.lower():
            raise trouble(SOURCE, answer, now=self._clock())
        return answer

    def _note_limits(self, answer: Answer) -> None:
        try:
            is_used_up = float(answer.headers.get("x-ratelimit-remaining", "1")) < 1
        except ValueError:
            return
        self._used_up_until = reset_at(answer, now=self._clock()) if is_used_up else None

    def _read_one(self, item: Any) -> Mention:
        return mention_from_archived(item, now=self._clock())


def _next(along: _Along, mentions: Sequence[Mention], *, brought: bool, newest: str | None) -> _Along:
    """Where to go on: from the second before the last item's, knowing what was seen from there on."""
    effort = max(along.effort, 1)
    heard_at = max(filter(None, (along.newest, newest)), default=None)
    if not mentions:
        return _Along(along.after + 1, along.seen, effort, heard_at)
    last = max(mention.created_at for mention in mentions)
    after = int(last.timestamp()) - 1
    if not brought or after <= along.after:
        # a hundred things said within a second or two: on, rather than in circles
        after = max(along.after + 1, after)
    near = datetime.fromtimestamp(after, UTC)
    seen = frozenset(mention.source_id for mention in mentions if mention.created_at >= near)
    return _Along(after, seen | (along.seen if after <= along.after + 1 else frozenset()), effort, heard_at)


def _items(answer: Answer) -> list[Any]:
    """The items of an answer.

    raises  SourceChanged where it has another shape, RetryLater where it is cut off
    """
    body = as_json(SOURCE, answer)
    items = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(items, list):
        raise SourceChanged(f"reddit: {answer.url} answers with no list of items under `data`; update monitor")
    return items


def _name_of(item: Any) -> object:
    return item.get("name") or item.get("id") if isinstance(item, Mapping) else "an item"
