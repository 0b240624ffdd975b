"""Mastodon: what a status means as an instance shows it, as pure functions."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from monitor.collect.connector import Known
from monitor.collect.items import id_in, mapping_in, string_in, time_in
from monitor.errors import BadItem
from monitor.mention import Engagement, Kind, Mention, State
from monitor.text import text_and_links_from_html

_POST = re.compile(r"https://(?P<host>[\w.-]+)/(?:@[\w.@-]+|users/[\w.-]+/statuses)/(?P<id>\d{5,25})/?(?:[?#].*)?", re.ASCII)
_URI = re.compile(r"https?://(?P<host>[^/]+)/(?:users|ap/users)/[^/]+/statuses/(?P<id>\d+)", re.ASCII)
_TAG_OR_ACCOUNT = re.compile(r"/(?:tags?|hashtags?)/[^/]+/?|/(?:@[^/]+|users/[^/]+|u/[^/]+)/?")

Status = Mapping[str, Any]


def mention_from(item: Any, fetched_at: datetime, **facts: Any) -> Mention:
    """One status, whatever came in its place being odd; `facts` as in `mention_from_status`.

    raises  BadItem
    """
    if not isinstance(item, Mapping):
        raise BadItem("no object")
    return mention_from_status(item, fetched_at, **facts)


def mention_from_status(
    item: Status,
    fetched_at: datetime,
    *,
    host: str,
    channel: str | None = None,
    uris: Mapping[str, str] | None = None,
    conversation_id: str | None = None,
) -> Mention:
    """One status as an instance shows it, keyed on its `uri`, since `id` is that instance's own; counts are what it has seen.

    host  the instance that was asked
    uris  the uri of each status in the same answer, by id; a parent that is not among them is named as host/id
    raises  BadItem where it has no uri, time or text
    """
    boosted = item.get("reblog")
    told = boosted if isinstance(boosted, Mapping) else item
    if not isinstance(told.get("content"), str):
        raise BadItem("no content")
    text, links = text_and_links_from_html(told["content"])
    title = string_in(told, "spoiler_text")
    if not text and not title:
        raise BadItem("no text")
    parent, edited_at = item.get("in_reply_to_id"), item.get("edited_at")
    quoted = mapping_in(mapping_in(item, "quote"), "quoted_status").get("uri")
    engagement = Engagement() if told is not item else _engagement(item)
    lang = (string_in(told, "language") or "").split("-")[0].lower() or None
    return Mention(
        source="mastodon",
        source_id=id_in(item, "uri"),
        kind=Kind.REPOST if told is not item else Kind.REPLY if parent else Kind.QUOTE if quoted else Kind.POST,
        created_at=time_in(item, "created_at"),
        fetched_at=fetched_at,
        channel=channel,
        url=string_in(item, "url") or id_in(item, "uri"),
        title=title,
        text=text or None,
        lang=lang,
        lang_origin="source" if lang else None,
        links=tuple(link for link in links if not _TAG_OR_ACCOUNT.fullmatch(urlsplit(link).path)),
        conversation_id=conversation_id,
        in_reply_to_id=(uris or {}).get(str(parent), f"{host}/{parent}") if parent else None,
        quoted_id=quoted if isinstance(quoted, str) else None,
        repost_of_id=id_in(told, "uri") if told is not item else None,
        edited_at=time_in(item, "edited_at") if edited_at else None,
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
        state=State.EDITED if edited_at else State.LIVE,
        **_author(mapping_in(item, "account"), host),
    )


def has_words(item: Any) -> bool:
    """Whether a status says anything; one with nothing but a picture is no mention."""
    if not isinstance(item, Mapping) or isinstance(item.get("reblog"), Mapping) or not isinstance(item.get("content"), str):
        return True
    return bool(string_in(item, "spoiler_text") or text_and_links_from_html(item["content"])[0])


def place_of(url: str) -> tuple[str, str] | None:
    """The instance and the id there of the post that an address shows; None where it shows none.

    >>> place_of("https://mastodon.social/@ann/114856169736898681")
    ('mastodon.social', '114856169736898681')
    """
    found = _POST.fullmatch(url)
    return (found["host"], found["id"]) if found else None


def local_id(uri: str) -> tuple[str, str] | None:
    """The instance on which a status was written and its id there; None where its uri does not say."""
    found = _URI.fullmatch(uri)
    return (found["host"], found["id"]) if found else None


def gone(known: Known, at: datetime) -> Mention:
    """A status that a second look no longer finds."""
    return Mention(
        source="mastodon",
        source_id=known.source_id,
        kind=Kind.POST,
        created_at=known.created_at,
        fetched_at=at,
        text=None,
        conversation_id=known.conversation_id,
        state=State.UNAVAILABLE,
    )


def name_of(item: Any) -> object:
    """What a status is called in messages."""
    return item.get("uri") or item.get("id") if isinstance(item, Mapping) else "item"


def ids_of(statuses: Sequence[Any]) -> list[str]:
    """The ids that the instance gave to statuses, in their order."""
    return [str(one["id"]) for one in statuses if isinstance(one, Mapping) and one.get("id")]


def _engagement(item: Status) -> Engagement:
    counts = {"likes": "favourites_count", "replies": "replies_count", "reposts": "reblogs_count", "quotes": "quotes_count"}
    return Engagement(**{ours: item[theirs] for ours, theirs in counts.items() if type(item.get(theirs)) is int})


def _author(account: Status, host: str) -> dict[str, Any]:
    """Who wrote it: user@instance, also where the instance that was asked writes its own users short."""
    acct = string_in(account, "acct")
    followers = account.get("followers_count")
    return {
        "author_id": string_in(account, "uri") or string_in(account, "url"),
        "author_name": acct and (acct if "@" in acct else f"{acct}@{host}"),
        "author_followers": followers if type(followers) is int and followers >= 0 else None,
    }
