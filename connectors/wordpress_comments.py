"""One comment of a WordPress site as a mention."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.collect.connector import Known
from monitor.errors import BadItem
from monitor.mention import GONE, Kind, Mention, State
from monitor.text import plain_from_entities, text_and_links_from_html


def mention_from_comment(item: Mapping[str, Any], *, site: str, fetched_at: datetime) -> Mention:
    """One comment; its id is unique on its site only, so that the site's name stands before it.

    raises  BadItem where it has no id, time or words
    """
    if not isinstance(item, Mapping):
        raise BadItem("is no object")
    source_id = f"{site}:{_id(item.get('id'))}"
    post, parent = item.get("post"), item.get("parent")
    thread = f"{site}:post-{_id(post)}" if post else None
    above = f"{site}:{_id(parent)}" if parent else thread
    state = State.LIVE if item.get("status") in (None, "approved", "approve") else State.REMOVED
    content = item.get("content")
    written = content.get("rendered") if isinstance(content, Mapping) else None
    text, links = text_and_links_from_html(written) if isinstance(written, str) else ("", ())
    gone = state in GONE
    if not gone and not text:
        raise BadItem("no words")
    name, link, author = item.get("author_name"), item.get("link"), item.get("author")
    return Mention(
        source="wordpress",
        source_id=source_id,
        kind=Kind.REVIEW if item.get("type") == "review" else Kind.REPLY if parent else Kind.COMMENT,
        created_at=_time(item.get("date_gmt")),
        fetched_at=fetched_at,
        channel=site,
        url=link if isinstance(link, str) and link.startswith(("http://", "https://")) else None,
        text=None if gone else text,
        links=() if gone else links,
        author_id=f"{site}:{author}" if type(author) is int and author and not gone else None,
        author_name=plain_from_entities(name) or None if isinstance(name, str) and not gone else None,
        conversation_id=thread,
        in_reply_to_id=above,
        state=state,
    )


def mention_gone(known: Known, *, site: str, fetched_at: datetime) -> Mention:
    """A stored comment that its site shows no longer: deleted, or taken back for approval."""
    return Mention(
        source="wordpress",
        source_id=known.source_id,
        kind=Kind.COMMENT,
        created_at=known.created_at,
        fetched_at=fetched_at,
        channel=site,
        text=None,
        conversation_id=known.conversation_id,
        state=State.UNAVAILABLE,
    )


def _id(value: Any) -> int:
    if type(value) is not int or value <= 0:
        raise BadItem(f"{str(value)[:40]!r} is no id")
    return value


def _time(written: Any) -> datetime:
    """`date_gmt` is UTC without saying so."""
    if not isinstance(written, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)?", written):
        raise BadItem(f"date_gmt is {str(written)[:40]!r}, no time")
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise BadItem(f"date_gmt is {written!r}, no time") from None
    return at.replace(tzinfo=UTC)
