"""Bluesky: what a post means as the network's view shows it, as pure functions."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.collect.connector import Known
from monitor.collect.items import mapping_in, string_in, time_in
from monitor.errors import BadItem
from monitor.mention import Engagement, Kind, Mention, State
from monitor.text import canonical_link, plain

_POST = re.compile(r"https?://bsky\.app/profile/(?P<actor>[\w.:%-]+)/post/(?P<key>[\w.~-]+)/?(?:[?#].*)?", re.ASCII)

Item = Mapping[str, Any]


def mention_from_post(item: Any, fetched_at: datetime) -> Mention:
    """One post as the network's view shows it, keyed on its at:// address.

    Its time is when the network first saw it: `createdAt` is whatever the writing program put there.

    raises  BadItem where it has no address, time or text
    """
    if not isinstance(item, Mapping):
        raise BadItem("no object")
    uri, record, author = _id(item, "uri"), mapping_in(item, "record"), mapping_in(item, "author")
    text = string_in(record, "text")
    if not text:
        raise BadItem("no text")
    reply = mapping_in(record, "reply")
    parent, quoted = string_in(mapping_in(reply, "parent"), "uri"), _quoted(mapping_in(record, "embed"))
    did, handle = string_in(author, "did"), string_in(author, "handle")
    engagement = _engagement(item)
    lang = next((code.split("-")[0].lower() for code in _list(record, "langs") if isinstance(code, str)), None)
    return Mention(
        source="bluesky",
        source_id=uri,
        kind=Kind.REPLY if parent else Kind.QUOTE if quoted else Kind.POST,
        created_at=time_in(item, "indexedAt"),
        fetched_at=fetched_at,
        url=f"https://bsky.app/profile/{did or handle}/post/{uri.rpartition('/')[2]}" if did or handle else None,
        text=text,
        lang=lang or None,
        lang_origin="source" if lang else None,
        links=_links(record),
        author_id=did,
        author_name=handle if handle != "handle.invalid" else None,
        conversation_id=string_in(mapping_in(reply, "root"), "uri") or parent or uri,
        in_reply_to_id=parent,
        quoted_id=quoted,
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
    )


def has_words(item: Any) -> bool:
    """Whether a post says anything; one with nothing but a picture or a link's card is no mention."""
    record = item.get("record") if isinstance(item, Mapping) else None
    return not (isinstance(record, Mapping) and isinstance(record.get("text"), str)) or bool(plain(record["text"]))


def posts_of_thread(node: Any) -> list[Any]:
    """Every post of a thread's tree, each before its answers; those deleted or blocked are no posts."""
    waiting, found = [node], []
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping) and "post" in one:
            found.append(one["post"])
            waiting += reversed(_list(one, "replies"))
    return found


def address_of(url: str) -> str | None:
    """The at:// address of the post that a page shows; None where it shows none.

    >>> address_of("https://bsky.app/profile/ann.example/post/3lt4t5vltz22t")
    'at://ann.example/app.bsky.feed.post/3lt4t5vltz22t'
    """
    found = _POST.fullmatch(url)
    return f"at://{found['actor'].replace('%3A', ':')}/app.bsky.feed.post/{found['key']}" if found else None


def sorted_at(post: Any) -> datetime | None:
    """The time by which the search orders and cuts: what the writer said, but not later than when it was seen."""
    if not isinstance(post, Mapping):
        return None
    try:
        return min(time_in(post, "indexedAt"), time_in(mapping_in(post, "record"), "createdAt"))
    except BadItem:
        return None


def gone(known: Known, at: datetime) -> Mention:
    """A post that a second look no longer finds."""
    return Mention(
        source="bluesky",
        source_id=known.source_id,
        kind=Kind.POST if known.conversation_id in (None, known.source_id) else Kind.REPLY,
        created_at=known.created_at,
        fetched_at=at,
        text=None,
        conversation_id=known.conversation_id,
        state=State.UNAVAILABLE,
    )


def name_of(item: Any) -> object:
    """What a post is called in messages."""
    return item.get("uri") if isinstance(item, Mapping) else "item"


def _quoted(embed: Item) -> str | None:
    """The post that another one shows within it, alone or beside pictures; lists and feeds are no posts."""
    record = mapping_in(embed, "record")
    uri = string_in(record, "uri") or string_in(mapping_in(record, "record"), "uri")
    return uri if uri and "/app.bsky.feed.post/" in uri else None


def _links(record: Item) -> tuple[str, ...]:
    """Where its words and its card lead: the text shows addresses cut short."""
    features = [part for facet in _list(record, "facets") if isinstance(facet, Mapping) for part in _list(facet, "features")]
    found = [part.get("uri") for part in features if isinstance(part, Mapping)]
    embed = mapping_in(record, "embed")
    found += [mapping_in(part, "external").get("uri") for part in (embed, mapping_in(embed, "media"))]
    links = (canonical_link(uri) for uri in found if isinstance(uri, str))
    return tuple(dict.fromkeys(link for link in links if link))


def _engagement(item: Item) -> Engagement:
    counts = {"likes": "likeCount", "replies": "replyCount", "reposts": "repostCount", "quotes": "quoteCount", "bookmarks": "bookmarkCount"}
    return Engagement(**{ours: item[theirs] for ours, theirs in counts.items() if type(item.get(theirs)) is int})


def _id(item: Item, key: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value.startswith("at://"):
        raise BadItem(f"no {key}")
    return value


def _list(item: Item, key: str) -> list[Any]:
    value = item.get(key)
    return value if isinstance(value, list) else []
