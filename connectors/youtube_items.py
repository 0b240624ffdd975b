"""YouTube: what the JSON of its Data API v3 means, as pure functions."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from monitor.collect.budget import Bucket
from monitor.collect.connector import Known
from monitor.collect.http import Answer, as_json, trouble
from monitor.collect.items import id_in, mapping_in, string_in, time_in
from monitor.errors import BadItem, CredentialsRefused, MonitorError, RetryLater, StopUntil
from monitor.mention import Engagement, Kind, Mention, State
from monitor.text import canonical_link, plain, plain_from_entities

_HOSTS = ("youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com")
_VIDEO = re.compile(r"[\w-]{11}", re.ASCII)
_LINK = re.compile(r"https?://\S+")
_SKIPPED = frozenset(
    {"commentsDisabled", "videoNotFound", "playlistNotFound", "channelNotFound", "commentNotFound", "notFound", "invalidPageToken"}
)
_USED_UP = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "processingFailure", "backendError"})

Item = Mapping[str, Any]


def video_id(url: str) -> str | None:
    """The video that an address shows; None where it shows none.

    >>> video_id("https://youtu.be/abcdefghijk?t=5")
    'abcdefghijk'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = parts.path.strip("/").split("/")
    found = ""
    if parts.hostname == "youtu.be":
        found = path[0]
    elif parts.hostname in _HOSTS and path == ["watch"]:
        found = parse_qs(parts.query).get("v", [""])[0]
    elif parts.hostname in _HOSTS and len(path) == 2 and path[0] in ("shorts", "live", "embed"):
        found = path[1]
    return found if _VIDEO.fullmatch(found) else None


def mention_from_video(item: Item, fetched_at: datetime) -> Mention:
    """One video, from a lookup or (its description cut, without counts) a search: title and description.

    raises  BadItem where it has no id, time or title
    """
    named = item.get("id")
    is_found = isinstance(named, Mapping)
    video = id_in(named, "videoId") if isinstance(named, Mapping) else id_in(item, "id")
    snippet = mapping_in(item, "snippet")
    title = _text(snippet, "title", is_escaped=is_found)
    if not title:
        raise BadItem("no title")
    text = _text(snippet, "description", is_escaped=is_found)
    counts = mapping_in(item, "statistics")
    engagement = Engagement(views=_number(counts, "viewCount"), likes=_number(counts, "likeCount"), replies=_number(counts, "commentCount"))
    lang = (string_in(snippet, "defaultLanguage") or "").split("-")[0].lower() or None
    return Mention(
        source="youtube",
        source_id=video,
        kind=Kind.POST,
        created_at=time_in(snippet, "publishedAt"),
        fetched_at=fetched_at,
        channel=string_in(snippet, "channelTitle"),
        url=f"https://www.youtube.com/watch?v={video}",
        title=title,
        text=text or None,
        text_truncated=is_found and text.endswith("..."),
        lang=lang,
        lang_origin="source" if lang else None,
        links=_links(text),
        author_id=string_in(snippet, "channelId"),
        author_name=string_in(snippet, "channelTitle"),
        conversation_id=video,
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
    )


def mention_from_comment(item: Item, fetched_at: datetime) -> Mention:
    """One comment, or an answer to one (its id is then that comment's, a dot and its own); asked for as plain text.

    raises  BadItem where it has no id, time or text
    """
    comment, snippet = id_in(item, "id"), mapping_in(item, "snippet")
    # textOriginal is what was written, and not promised to others than its author
    text = string_in(snippet, "textOriginal") or string_in(snippet, "textDisplay")
    if not text:
        raise BadItem("no text")
    parent = string_in(snippet, "parentId") or (comment.rpartition(".")[0] or None)
    video = string_in(snippet, "videoId")
    created_at = time_in(snippet, "publishedAt")
    updated_at = time_in(snippet, "updatedAt") if snippet.get("updatedAt") else created_at
    engagement = Engagement(likes=_number(snippet, "likeCount"), replies=_number(snippet, "totalReplyCount"))
    return Mention(
        source="youtube",
        source_id=comment,
        kind=Kind.REPLY if parent else Kind.COMMENT,
        created_at=created_at,
        fetched_at=fetched_at,
        channel=video,
        url=f"https://www.youtube.com/watch?v={video}&lc={comment}" if video else None,
        text=text,
        links=_links(text),
        author_id=string_in(mapping_in(snippet, "authorChannelId"), "value"),
        author_name=(string_in(snippet, "authorDisplayName") or "").removeprefix("@") or None,
        conversation_id=video or parent,
        in_reply_to_id=parent or video,
        edited_at=updated_at if updated_at > created_at else None,
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
        state=State.EDITED if updated_at > created_at else State.LIVE,
    )


def comments_of(thread: Any, video: str | None = None) -> list[Any]:
    """The comments that a thread carries, its first one before the answers, each knowing its video; the thread itself where it is odd."""
    snippet = thread.get("snippet") if isinstance(thread, Mapping) else None
    top = snippet.get("topLevelComment") if isinstance(snippet, Mapping) else None
    if not isinstance(snippet, Mapping) or not isinstance(top, Mapping):
        return [thread]
    about = {"videoId": snippet.get("videoId") or video}
    return [
        knowing(top, {**about, "totalReplyCount": snippet.get("totalReplyCount")}),
        *(knowing(one, about) for one in inline_answers(thread)),
    ]


def refusal(answer: Answer, *, now: datetime) -> MonitorError | None:
    """What a 400, 403 or 404 means by the reason in it; None where what was asked for is gone, closed or at its end."""
    try:
        body = as_json("youtube", answer)
    except RetryLater:
        body = None
    error = mapping_in(body, "error") if isinstance(body, Mapping) else {}
    reasons = {str(one.get("reason")) for key in ("errors", "details") for one in error.get(key) or () if isinstance(one, Mapping)}
    if reasons & _SKIPPED:
        return None
    if reasons & _USED_UP:
        _, midnight = Bucket("youtube units", 1, "pacific day").window(now)
        return StopUntil(f"youtube: the day's quota is used up; nothing more until {midnight:%Y-%m-%d %H:%M} UTC", at=midnight)
    if reasons & _TOO_FAST:
        return RetryLater(f"youtube: {answer.status} {', '.join(sorted(reasons))} from {answer.url}; asked again later")
    if reasons & {"keyInvalid", "API_KEY_INVALID"}:
        return CredentialsRefused("youtube: the API key is not valid; check YOUTUBE_API_KEY, docs/sources.md says how to get one")
    return trouble("youtube", answer, now=now)


def mention_from(item: Any, fetched_at: datetime) -> Mention:
    """One video, search result or comment, told apart by its kind; of a thread its first comment.

    raises  BadItem where it is none of these, or lacks what they must have
    """
    if not isinstance(item, Mapping):
        raise BadItem("no object")
    if item.get("kind") in ("youtube#video", "youtube#searchResult", "youtube#playlistItem"):
        return mention_from_video(item, fetched_at)
    if item.get("kind") == "youtube#commentThread":
        raise BadItem("no first comment")
    return mention_from_comment(item, fetched_at)


def gone(known: Known, at: datetime) -> Mention:
    """A text that a second look no longer finds."""
    is_video = known.conversation_id == known.source_id
    kind = Kind.POST if is_video else Kind.REPLY if "." in known.source_id else Kind.COMMENT
    return Mention(
        source="youtube",
        source_id=known.source_id,
        kind=kind,
        created_at=known.created_at,
        fetched_at=at,
        text=None,
        conversation_id=known.conversation_id,
        state=State.UNAVAILABLE,
    )


def name_of(item: Any) -> str:
    """The id of a video, search result, thread or comment, for messages; "None" where it has none."""
    found = item.get("id") if isinstance(item, Mapping) else None
    return str(found.get("videoId") if isinstance(found, Mapping) else found)


def video_of_upload(item: Any) -> Any:
    """An entry of a playlist of uploads in the shape of a video; as it is where it is odd."""
    content = item.get("contentDetails") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(content, Mapping):
        return item
    snippet = mapping_in(item, "snippet")
    # the snippet's own time is that of the entry
    at = content.get("videoPublishedAt") or snippet.get("publishedAt")
    return {**item, "id": content.get("videoId"), "snippet": {**snippet, "publishedAt": at}}


def next_page(step: Item, body: Item) -> list[Item]:
    """The same step of a walk on the next page of its answer, or nothing."""
    token = body.get("nextPageToken")
    return [{**step, "token": token, "page": step.get("page", 1) + 1}] if token and body["items"] else []


def zulu(at: datetime) -> str:
    """A moment as the API wants it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def inline_answers(thread: Item) -> list[Any]:
    """The answers that a thread carries: some of them, or all."""
    found = mapping_in(thread, "replies").get("comments")
    return list(found) if isinstance(found, list) else []


def knowing(comment: Any, facts: Mapping[str, Any]) -> Any:
    """A comment with facts in its snippet that only its surroundings tell; as it is where it is odd."""
    if not isinstance(comment, Mapping) or not isinstance(comment.get("snippet"), Mapping):
        return comment
    return {**comment, "snippet": {**{name: value for name, value in facts.items() if value is not None}, **comment["snippet"]}}


def _links(text: str) -> tuple[str, ...]:
    found = (canonical_link(link.rstrip(".,;:!?)]}>\"'")) for link in _LINK.findall(text))
    return tuple(dict.fromkeys(link for link in found if link))


def _text(item: Item, key: str, *, is_escaped: bool) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        return ""
    return plain_from_entities(value) if is_escaped else plain(value)


def _number(item: Item, key: str) -> int | None:
    """A count; the API writes those of videos as text."""
    value = item.get(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
