"""YouTube: videos found by search or on a channel, and what people say under them; by the Data API v3, over plain HTTP."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from connectors.youtube_items import (
    comments_of,
    gone,
    inline_answers,
    knowing,
    mention_from,
    name_of,
    next_page,
    refusal,
    video_id,
    video_of_upload,
    zulu,
)
from monitor.collect.budget import Bucket, Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, SetAside, SourceSettings, Surroundings, Window
from monitor.collect.dialect import YOUTUBE
from monitor.collect.http import Http, as_json
from monitor.collect.items import read_items
from monitor.collect.keys import missing, needed
from monitor.collect.search import searches
from monitor.collect.threads import heard, is_over
from monitor.collect.walk import Walk, begin
from monitor.config.duration import Duration
from monitor.errors import BadItem, SourceChanged, StopUntil
from monitor.mention import Kind, Mention
from monitor.rule import parse_rule

log = logging.getLogger(__name__)

_OVERLAP = timedelta(hours=24)
_MOST_SEARCHED = 10
_COMMENTS = {"maxResults": 100, "textFormat": "plainText"}

Step = Mapping[str, Any]


class Channel(BaseModel):
    """A channel whose uploads and comments are read, old videos' comments too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^UC[\w-]{22}$", description="UC and 22 more characters; the address of the channel or its source text has it")
    about: str | None = Field(default=None, description="the brand that everything on it is about, named or not")


class YoutubeSettings(SourceSettings):
    """The section `youtube`."""

    every: Duration = Field(default=1800, description="time between rounds")
    base_url: str = Field(default="https://www.googleapis.com", description="where the API is")
    key_env: str = Field(default="YOUTUBE_API_KEY", description="environment variable that holds the API key")
    search: bool = Field(default=True, description="whether videos are looked for by the brands' rules")
    search_every: Duration = Field(default=7200, description="time between searches for one brand: a key has 100 a day")
    channels: Sequence[Channel] = Field(default=(), description="channels to read whole, such as the brand's own")
    watch: Duration = Field(default=604_800, description="how long after its upload the comments under a found video are read")
    most_pages: int = Field(default=50, ge=1, description="pages of 100 comments read under a found video in one round")
    first_reach: Duration = Field(default=604_800, description="how far back the first pull goes")
    searches_a_day: int = Field(default=100, ge=1, description="searches that the key allows a day")
    units_a_day: int = Field(default=10_000, ge=1, description="units that the key allows a day for all the rest")


@dataclass(frozen=True, slots=True)
class _Found:
    """What one request brought, and what to ask next because of it, before all else."""

    mentions: Sequence[Mention] = ()
    set_aside: Sequence[SetAside] = ()
    seen: int = 0
    then: Sequence[Step] = ()


class YoutubeConnector:
    """One query a brand (search), a channel and a followed video.

    A walk is a list of steps, one request each, kept in the cursor: find videos; look at those watched; read the comments
    of those that have more than before; fetch the answers that a thread does not carry. `high` moves with the search.
    """

    source = "youtube"
    capabilities = Capabilities(
        key="free",
        history="all videos and comments",
        refresh_after=(timedelta(hours=1), timedelta(hours=6), timedelta(hours=36), timedelta(days=7), timedelta(days=29)),
        refresh_batch=50,
        sees_deletions=True,
    )

    def __init__(self, settings: YoutubeSettings, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._http = Http("youtube", base_url=settings.base_url)
        self._searches = Bucket("youtube searches", settings.searches_a_day, "pacific day", "requests")
        self._units = Bucket("youtube units", settings.units_a_day, "pacific day", "units")
        self._threads = {video: thread for thread in around.threads if (video := video_id(thread.url))}

    def queries(self) -> Sequence[Query]:
        """A search for each brand whose rule can be searched for, each channel, each followed video."""
        found = []
        for brand in self._around.brands if self._settings.search else ():
            exclude = parse_rule(brand.exclude) if brand.exclude else None
            if asks := searches(parse_rule(brand.rule), YOUTUBE, exclude=exclude):
                found.append(Query("youtube", f"search {brand.name}", (brand.name,), asks="\n".join(asks)))
        for channel in self._settings.channels:
            brands = (channel.about,) if channel.about else ()
            found.append(Query("youtube", f"channel {channel.id}", brands, asks=channel.id, about=channel.about))
        for video, thread in self._threads.items():
            found.append(Query("youtube", f"thread {video}", (thread.about,), asks=video, about=thread.about, covers=False))
        return found

    def check(self) -> str | None:
        """What is missing, or None."""
        return missing("youtube", self._settings.key_env)

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Free of charge; how much there is cannot be known beforehand (the API's own totals are guesses)."""
        return Estimate(items=None, requests=None, minutes=None, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """The steps of a walk, one request and page each."""
        thread = self._threads.get(query.asks) if query.name.startswith("thread ") else None
        if thread and is_over(cursor, until_quiet=thread.until_quiet, now=now):
            return
        reach = timedelta(seconds=self._settings.first_reach)
        walk = begin(query, cursor, now=now, window=window, reach=reach, overlap=_OVERLAP)
        state = deepcopy(walk.resume["state"]) if walk.resume else self._watched(walk)
        work = _reached(walk.resume["work"] if walk.resume else self._plan(walk, state), state)
        if not work:
            yield _last(walk, state, _Found())
        while work:
            step, *work = work
            try:
                found = self._do(step, state, walk, meter)
            except StopUntil as refused:
                if step["do"] != "search" or walk.high is None:
                    raise
                log.warning("%s; comments are read all the same", refused)
                found, work, state["searched"] = _Found(), [left for left in work if left["do"] != "search"], None
            kept = [mention for mention in found.mentions if window.holds(mention.created_at)]
            _hear(state, walk, kept)
            work = _reached([*found.then, *work], state)
            if work:
                resume = {"state": deepcopy(state), "work": work}
                yield walk.page(kept, resume=resume, seen=found.seen, set_aside=found.set_aside)
            else:
                yield _last(walk, state, replace(found, mentions=kept))

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Videos and comments by id, 50 a request; what is no longer there is unavailable."""
        by_id = {one.source_id: one for one in known}
        videos = [name for name in by_id if by_id[name].conversation_id == name]
        comments = [name for name in by_id if by_id[name].conversation_id != name]
        for path, part, ids in [
            *(("videos", {"part": "snippet,statistics"}, several) for several in _fifties(videos)),
            *(("comments", {"part": "snippet", "textFormat": "plainText"}, several) for several in _fifties(comments)),
        ]:
            items = self._ask(path, {**part, "id": ",".join(ids)}, self._units, meter)["items"]
            there = {name: item for item in items if (name := name_of(item)) in by_id}
            mentions, _ = self._read([knowing(item, {"videoId": by_id[name].conversation_id}) for name, item in there.items()])
            yield [*mentions, *(gone(by_id[name], self._around.clock()) for name in ids if name not in there)]

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """The mentions of one item as quarantine kept it: several where it is a thread."""
        try:
            item = json.loads(raw)
        except ValueError:
            raise BadItem("no JSON") from None
        return [mention_from(one, now) for one in comments_of(video_of_upload(item))]

    def _watched(self, walk: Walk) -> dict[str, Any]:
        """What the last walk left: videos that are still young enough, and how many answers their threads had."""
        mark = walk.from_mark or {}
        since = (walk.until - timedelta(seconds=self._settings.watch)).isoformat()
        answered = {name: one for name, one in mark.get("answered", {}).items() if one["at"] >= (walk.until - 2 * _OVERLAP).isoformat()}
        videos = {name: dict(one) for name, one in mark.get("videos", {}).items() if one["at"] >= since}
        return {"videos": videos, "answered": answered, "searched": mark.get("searched"), "newest": mark.get("newest")}

    def _plan(self, walk: Walk, state: dict[str, Any]) -> list[Step]:
        kind, _, subject = walk.query.name.partition(" ")
        if kind == "thread":
            known = (walk.from_mark or {}).get("videos", {}).get(subject, {"at": walk.since.isoformat()})
            state["videos"] = {subject: dict(known)}
            return [{"do": "watch"}]
        if kind == "channel":
            return [{"do": "uploads"}, {"do": "watch"}, {"do": "threads", "channel": subject, "since": walk.since.isoformat()}]
        last = state["searched"] and datetime.fromisoformat(state["searched"])
        is_due = not last or walk.until - last >= timedelta(seconds=self._settings.search_every) - timedelta(minutes=1)
        asks = walk.query.asks.split("\n") if is_due else []
        return [*({"do": "search", "q": q, "is_last": q == asks[-1]} for q in asks), {"do": "watch"}]

    def _do(self, step: Step, state: dict[str, Any], walk: Walk, meter: Meter) -> _Found:
        doing = {
            "search": self._search,
            "uploads": self._uploads,
            "videos": self._videos,
            "threads": self._comments,
            "answers": self._answers,
        }
        return doing[step["do"]](step, state, walk, meter)

    def _search(self, step: Step, state: dict[str, Any], walk: Walk, meter: Meter) -> _Found:
        """Videos uploaded since the last search; they become mentions when they are looked at, whole and with their counts."""
        asked = {"part": "snippet", "type": "video", "order": "date", "maxResults": 50, "q": step["q"], "pageToken": step.get("token")}
        between = {"publishedAfter": zulu(walk.since), "publishedBefore": zulu(walk.until)}
        body = self._ask("search", {**asked, **between}, self._searches, meter)
        mentions, odd = self._read(body["items"])
        for mention in mentions:
            state["videos"].setdefault(mention.source_id, {"at": mention.created_at.isoformat()})
        more = next_page(step, body)
        if not more and mentions and step.get("page", 1) >= _MOST_SEARCHED:
            state["reached"] = max(state.get("reached") or "", mentions[-1].created_at.isoformat())
        if not more and step["is_last"]:
            state["searched"] = walk.until.isoformat()
        return _Found((), odd, len(body["items"]), more)

    def _uploads(self, step: Step, state: dict[str, Any], walk: Walk, meter: Meter) -> _Found:
        # a channel's uploads are the playlist of its id with UU for UC
        asked = {
            "part": "snippet,contentDetails",
            "playlistId": f"UU{walk.query.asks[2:]}",
            "maxResults": 50,
            "pageToken": step.get("token"),
        }
        body = self._ask("playlistItems", asked, self._units, meter)
        mentions, odd = self._read([video_of_upload(item) for item in body["items"]])
        new = [mention for mention in mentions if mention.created_at >= walk.since]
        state["videos"] |= {mention.source_id: {"at": mention.created_at.isoformat()} for mention in new}
        return _Found((), odd, len(body["items"]), next_page(step, body) if len(new) == len(mentions) else ())

    def _videos(self, step: Step, state: dict[str, Any], walk: Walk, meter: Meter) -> _Found:
        """Those watched: new ones become mentions, and the comments of those that have more than before are read."""
        items = self._ask("videos", {"part": "snippet,statistics", "id": ",".join(step["ids"])}, self._units, meter)["items"]
        mentions, odd = self._read(items)
        there = {mention.source_id: mention for mention in mentions}
        new: list[Mention] = []
        then: list[Step] = []
        for name in step["ids"]:
            if name not in there:
                state["videos"].pop(name, None)
                continue
            video, count = state["videos"][name], there[name].engagement.replies
            new += [there[name]] if "count" not in video else []
            if not walk.query.name.startswith("channel ") and (count is None or count != video.get("count", 0)):
                since = datetime.fromisoformat(video["read"]) - _OVERLAP if video.get("read") else None
                then.append({"do": "threads", "video": name, "since": since and since.isoformat()})
            video["count"] = count
        return _Found(new, odd, len(items), then)

    def _comments(self, step: Step, state: dict[str, Any], walk: Walk, meter: Meter) -> _Found:
        """A page of threads, newest first by their first comment; on to the next until they are older than the last reading."""
        about = {"videoId": step["video"]} if "video" in step else {"allThreadsRelatedToChannelId": step["channel"]}
        asked = {"part": "snippet,replies", "order": "time", **_COMMENTS, "pageToken": step.get("token")}
        body = self._ask("commentThreads", {**asked, **about}, self._units, meter)
        comments = [comment for thread in body["items"] for comment in comments_of(thread, step.get("video"))]
        mentions, odd = self._read(comments)
        first = {mention.source_id: mention for mention in mentions if mention.kind is Kind.COMMENT}
        young = [one for one in first.values() if step["since"] is None or one.created_at >= datetime.fromisoformat(step["since"])]
        carried = {name_of(thread): len(inline_answers(thread)) for thread in body["items"] if isinstance(thread, Mapping)}
        then: list[Step] = []
        for one in young:
            count = one.engagement.replies or 0
            if count > carried.get(one.source_id, 0) and count != state["answered"].get(one.source_id, {}).get("count"):
                then.append({"do": "answers", "thread": one.source_id, "video": one.conversation_id})
                state["answered"][one.source_id] = {"count": count, "at": one.created_at.isoformat()}
        more = next_page(step, body) if len(young) == len(first) else ()
        if more and walk.query.name.startswith("search ") and more[0]["page"] > self._settings.most_pages:
            log.warning("youtube: %s has too many new comments; those beyond %s pages are left out", step["video"], step.get("page", 1))
            more = ()
        if not more and step.get("video") in state["videos"]:
            state["videos"][step["video"]]["read"] = walk.until.isoformat()
        return _Found(mentions, odd, len(comments), [*then, *more])

    def _answers(self, step: Step, _state: dict[str, Any], _walk: Walk, meter: Meter) -> _Found:
        asked = {"part": "snippet", "parentId": step["thread"], **_COMMENTS, "pageToken": step.get("token")}
        body = self._ask("comments", asked, self._units, meter)
        mentions, odd = self._read([knowing(item, {"videoId": step["video"]}) for item in body["items"]])
        return _Found(mentions, odd, len(body["items"]), next_page(step, body))

    def _ask(self, path: str, params: Mapping[str, Any], bucket: Bucket, meter: Meter) -> Mapping[str, Any]:
        """One request; an answer without items where what it asks for is gone or closed."""
        key = {"X-Goog-Api-Key": needed("youtube", self._settings.key_env)}
        meter.reserve(bucket)
        answer = self._http.get(f"youtube/v3/{path}", params, headers=key, accept=(400, 403, 404))
        if answer.status >= 400:
            trouble = refusal(answer, now=self._around.clock())
            if isinstance(trouble, StopUntil):
                meter.told(bucket, remaining=0, resets_at=trouble.at)
            if trouble:
                raise trouble
            log.info("youtube: %s from %s: gone or closed, passed over", answer.status, answer.url)
            return {"items": []}
        body = as_json("youtube", answer)
        if not isinstance(body, Mapping) or not isinstance(body.get("items", []), list):
            raise SourceChanged(f"youtube: the answer of {answer.url} has no list of items; update monitor")
        return {"items": [], **body}

    def _read(self, items: Sequence[Any]) -> tuple[list[Mention], list[SetAside]]:
        at = self._around.clock()
        return read_items("youtube", items, lambda item: mention_from(item, at), name=name_of)


def _reached(work: Sequence[Step], state: Mapping[str, Any]) -> list[Step]:
    """The steps; the one of looking at all that is watched is made into requests once it is reached."""
    if not work or work[0]["do"] != "watch":
        return list(work)
    return _reached([*({"do": "videos", "ids": ids} for ids in _fifties(list(state["videos"]))), *work[1:]], state)


def _hear(state: dict[str, Any], walk: Walk, mentions: Sequence[Mention]) -> None:
    """Keep in mind when the newest comment was written: a followed video is followed until they end."""
    said = [mention for mention in mentions if mention.kind is not Kind.POST]
    if said or not state["newest"]:
        state["newest"] = heard(replace(walk, from_mark=state), said)["newest"]


def _last(walk: Walk, state: Mapping[str, Any], found: _Found) -> Page:
    """The last page; where no search was due, `high` stays, and a search that showed all it does leaves a gap before its oldest video."""
    kind = walk.query.name.partition(" ")[0]
    until = walk.until if kind != "search" or walk.high is None or state["searched"] == walk.until.isoformat() else walk.high
    mark = {**state, "videos": {} if kind == "channel" else state["videos"], "reached": None}
    reached = datetime.fromisoformat(state["reached"]) if state.get("reached") else None
    ended = replace(walk, until=until, to_mark=mark)
    why = "YouTube's search shows about 500 videos"
    return ended.last(found.mentions, seen=found.seen, set_aside=found.set_aside, reached=reached, why=why)


def _fifties(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[first : first + 50] for first in range(0, len(ids), 50)]


def follows(_settings: YoutubeSettings, url: str) -> bool:
    """Whether an address shows a video."""
    return video_id(url) is not None
