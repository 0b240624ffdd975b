"""One item of Hacker News as a mention: as the search shows it, as part of a thread, and as Firebase has it now."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.collect.connector import Known
from monitor.errors import BadItem
from monitor.mention import GONE, Engagement, Kind, Mention, State
from monitor.text import canonical_link, plain, text_and_links_from_html

_SITE = "https://news.ycombinator.com/item?id="
# younger than this, Firebase may simply not have it yet
_SETTLED = timedelta(hours=1)


def mention_from_hit(hit: Mapping[str, Any], fetched_at: datetime) -> Mention:
    """One hit of Algolia's search. `updated_at` is when it was indexed again, no edit.

    raises  BadItem where it has no id, time or words
    """
    if not isinstance(hit, Mapping):
        raise BadItem("is no object")
    tags = hit.get("_tags")
    is_comment = isinstance(hit.get("comment_text"), str) or (isinstance(tags, list) and "comment" in tags)
    return _mention(
        {**hit, "id": hit.get("objectID"), "text": hit.get("comment_text" if is_comment else "story_text")},
        is_comment=is_comment,
        thread=hit.get("story_id"),
        parent=hit.get("parent_id"),
        at=hit.get("created_at_i"),
        counts=(hit.get("points"), hit.get("num_comments")),
        fetched_at=fetched_at,
    )


def mention_from_tree(item: Mapping[str, Any], fetched_at: datetime) -> Mention:
    """One item of a thread as Algolia gives it whole; without author and words it was deleted.

    raises  BadItem where it has no id or time
    """
    is_comment = item.get("type") == "comment"
    is_deleted = is_comment and item.get("author") is None and not item.get("text")
    return _mention(
        item,
        is_comment=is_comment,
        thread=item.get("story_id"),
        parent=item.get("parent_id"),
        at=item.get("created_at_i"),
        counts=(item.get("points"), None),
        fetched_at=fetched_at,
        state=State.DELETED if is_deleted else State.LIVE,
    )


def mention_from_item(item: Mapping[str, Any] | None, known: Known, fetched_at: datetime) -> Mention | None:
    """A stored text as Firebase shows it now; None where that says nothing about it.

    A missing item is `null`. A deleted one has neither author nor words; a dead one was flagged away. The time stays the known one.

    raises  BadItem where it has no words though it is live
    """
    if item is None:
        if fetched_at - known.created_at < _SETTLED:
            return None
        item = {"id": known.source_id, "type": "comment" if _is_under(known) else "story"}
        state = State.UNAVAILABLE
    else:
        state = State.DELETED if item.get("deleted") else State.REMOVED if item.get("dead") else State.LIVE
    is_comment = item.get("type") == "comment"
    return _mention(
        {**item, "author": item.get("by")},
        is_comment=is_comment,
        thread=known.conversation_id,
        parent=item.get("parent"),
        at=known.created_at.timestamp(),
        counts=(item.get("score"), item.get("descendants")),
        fetched_at=fetched_at,
        state=state,
    )


def _mention(
    item: Mapping[str, Any],
    *,
    is_comment: bool,
    thread: Any,
    parent: Any,
    at: Any,
    counts: tuple[Any, Any],
    fetched_at: datetime,
    state: State = State.LIVE,
) -> Mention:
    """One item under the names that Algolia and Firebase share.

    at      seconds since 1970
    counts  points and comments
    """
    item_id = _id(item.get("id"))
    root = (_id(thread) if thread is not None else None) if is_comment else item_id
    above = _id(parent) if is_comment and parent is not None else None
    text, links = text_and_links_from_html(_string(item, "text"))
    title = plain(_string(item, "title")) or None if not is_comment else None
    if state not in GONE and not text and not title:
        raise BadItem("no words")
    linked = canonical_link(_string(item, "url")) if not is_comment else None
    gone = state in GONE
    engagement = Engagement() if gone else Engagement(score=_number(counts[0]), replies=_number(counts[1]) if not is_comment else None)
    return Mention(
        source="hackernews",
        source_id=item_id,
        kind=(Kind.COMMENT if above in (None, root) else Kind.REPLY) if is_comment else Kind.POST,
        created_at=_time(at),
        fetched_at=fetched_at,
        url=_SITE + item_id,
        title=None if gone else title,
        text=None if gone else text or None,
        links=() if gone else tuple(dict.fromkeys([*([linked] if linked else []), *links])),
        author_id=None if gone else _string(item, "author") or None,
        author_name=None if gone else _string(item, "author") or None,
        conversation_id=root,
        in_reply_to_id=above,
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
        state=state,
    )


def _is_under(known: Known) -> bool:
    return known.conversation_id not in (None, known.source_id)


def _id(value: Any) -> str:
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal():
        raise BadItem(f"{str(value)[:40]!r} is no id")
    return text


def _time(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise BadItem(f"{str(seconds)[:40]!r} is no time") from None


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
