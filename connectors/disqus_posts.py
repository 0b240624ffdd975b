"""Disqus posts as mentions: as the API gives them, and as an export file holds them, in one shape."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BufferedIOBase, BytesIO
from typing import Any
from xml.etree import ElementTree

from monitor.collect.connector import SetAside
from monitor.collect.items import read_items
from monitor.errors import BadItem, ConfigError
from monitor.mention import GONE, Engagement, Kind, Mention, State
from monitor.text import canonical_link, plain_from_entities, text_and_links_from_html

_CHUNK = 65_536
_NAMES = "{http://disqus.com}"
_ID = "{http://disqus.com/disqus-internals}id"
_DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_FIRST_ELEMENT = re.compile(rb"<[A-Za-z]")


def mention_from_post(post: Mapping[str, Any], *, fetched_at: datetime, forum: str | None = None) -> Mention:
    """One post; without words where it was deleted, or taken down as spam.

    post    as the API gives it, its thread as an id or as an object
    forum   where the post itself does not say
    raises  BadItem where it has no id, time, thread or words
    """
    if not isinstance(post, Mapping):
        raise BadItem("is no object")
    source_id = _id(post.get("id"), "id")
    thread = post.get("thread")
    page = thread if isinstance(thread, Mapping) else {"id": thread}
    root = f"thread:{_id(page.get('id'), 'thread')}"
    parent = post.get("parent")
    state = _state(post)
    text, links = text_and_links_from_html(_string(post, "message") or _string(post, "raw_message"))
    gone = state in GONE
    if not gone and not text:
        raise BadItem("no words")
    author = post.get("author")
    who = author if isinstance(author, Mapping) and not gone else {}
    link = canonical_link(_string(page, "link"))
    engagement = Engagement() if gone else Engagement(likes=_number(post.get("likes")), score=_number(post.get("points")))
    return Mention(
        source="disqus",
        source_id=source_id,
        kind=Kind.COMMENT if parent in (None, "") else Kind.REPLY,
        created_at=_time(post.get("createdAt")),
        fetched_at=fetched_at,
        channel=_string(post, "forum") or _string(page, "forum") or forum,
        url=f"{link}#comment-{source_id}" if link else None,
        text=None if gone else text,
        links=() if gone else links,
        author_id=_string(who, "username") or None,
        author_name=plain_from_entities(_string(who, "name")) or None,
        conversation_id=root,
        in_reply_to_id=root if parent in (None, "") else _id(parent, "parent"),
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
        state=state,
    )


def mentions_from_export(export: bytes, *, fetched_at: datetime) -> tuple[list[Mention], list[SetAside]]:
    """The posts of an export file, and those that cannot be read.

    raises  ConfigError where it is no whole export
    """
    return read_items(
        "disqus",
        posts_of_export(BytesIO(export)),
        lambda post: mention_from_post(post, fetched_at=fetched_at),
        name=lambda post: post["id"],
    )


def posts_of_export(stream: BufferedIOBase) -> Iterator[dict[str, Any]]:
    """The posts of an export in the API's shape, one at a time; addresses of mail and of computers stay behind.

    raises  ConfigError where it is no whole export, or declares entities of its own, which no export does
    """
    threads: dict[str, dict[str, str]] = {}
    forum = ""
    for element in _children(stream):
        kind = element.tag.removeprefix(_NAMES)
        if kind == "category":
            forum = forum or _inner(element, "forum")
        elif kind == "thread":
            threads[element.get(_ID, "")] = {"link": _inner(element, "link"), "forum": _inner(element, "forum")}
        elif kind == "post":
            thread = _inner_id(element, "thread")
            yield {
                "id": element.get(_ID),
                "forum": forum,
                "thread": {"id": thread, **threads.get(thread or "", {})},
                "parent": _inner_id(element, "parent"),
                "createdAt": _inner(element, "createdAt"),
                "message": _inner(element, "message"),
                "isDeleted": _inner(element, "isDeleted") == "true",
                "isSpam": _inner(element, "isSpam") == "true",
                "author": {"name": _inner(element, "author", "name"), "username": _inner(element, "author", "username")},
            }


def _children(stream: BufferedIOBase) -> Iterator[ElementTree.Element]:
    """What stands right below the root, one after the other; each is forgotten once it was looked at."""
    # no entities are let in, and expat itself bounds what they could grow to
    parser: Any = ElementTree.XMLPullParser(("start", "end"))
    root: ElementTree.Element | None = None
    depth = 0
    head = b""
    try:
        while chunk := stream.read(_CHUNK):
            if root is None:
                head += chunk.replace(b"\0", b"")
                _refuse_entities(head)
            parser.feed(chunk)
            for event, element in parser.read_events():
                if root is None:
                    root = element
                    if not element.tag.endswith("disqus"):
                        raise ConfigError("is no Disqus export; its root is no <disqus>")
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 1:
                    yield element
                    root.clear()
        parser.close()
    except (ElementTree.ParseError, EOFError, OSError) as error:
        raise ConfigError(f"is no whole Disqus export ({error}); export it again") from None


def _refuse_entities(head: bytes) -> None:
    first = _FIRST_ELEMENT.search(head)
    if _DOCTYPE.search(head[: first.start()] if first else head):
        raise ConfigError("declares a document type, as no Disqus export does; it is not read")


def _state(post: Mapping[str, Any]) -> State:
    if post.get("isDeleted"):
        return State.DELETED
    if post.get("isSpam") or post.get("isApproved") is False:
        return State.REMOVED
    return State.EDITED if post.get("isEdited") else State.LIVE


def _inner(element: ElementTree.Element, *path: str) -> str:
    return (element.findtext("/".join(_NAMES + name for name in path)) or "").strip()


def _inner_id(element: ElementTree.Element, name: str) -> str | None:
    found = element.find(_NAMES + name)
    return found.get(_ID) if found is not None else None


def _id(value: Any, key: str) -> str:
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal():
        raise BadItem(f"{key} is {str(value)[:40]!r}, no id")
    return text


def _time(written: Any) -> datetime:
    """UTC, whether it says so (exports) or not (the API)."""
    try:
        at = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise BadItem(f"createdAt is {str(written)[:40]!r}, no time") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _number(value: Any) -> int | None:
    return value if type(value) is int else None


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
