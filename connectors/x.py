"""X: what the JSON of its API v2 means, in the words of before ("tweet") and after ("post") its renaming; nothing here fetches yet."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.collect.connector import SetAside
from monitor.errors import BadItem, SourceChanged
from monitor.mention import Engagement, Kind, Mention, State
from monitor.text import canonical_link, plain, plain_from_entities

_OWN_HOSTS = ("x.com", "twitter.com", "t.co")
_NO_LANGUAGE = frozenset({"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"})
_OLD_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi"}
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
_FIRST_SNOWFLAKE = 29_700_859_247
_KEPT = 65_536

Post = Mapping[str, Any]


def mentions_from_search(body: Any, fetched_at: datetime) -> tuple[list[Mention], list[SetAside]]:
    """The posts of one answer: a search, a lookup or a user's mentions.

    An answer without `data` holds none: an empty result, or nothing but `errors` (suspended accounts, missing ids),
    which may also stand beside posts and are about others than these.

    raises  SourceChanged where the answer is of another shape
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("data", []), list | Mapping):
        raise SourceChanged("x: this answer is no list of posts: no `data` and no `errors`")
    data = body.get("data", [])
    includes = _mapping(body, "includes")
    others = {str(post.get("id")): post for post in _mappings(_both(includes, "tweets", "posts"))}
    users = {str(user.get("id")): user for user in _mappings(includes.get("users"))}
    mentions: list[Mention] = []
    set_aside: list[SetAside] = []
    for item in [data] if isinstance(data, Mapping) else data:
        try:
            if not isinstance(item, Mapping):
                raise BadItem("no object")
            mentions.append(mention_from_post(item, fetched_at, others=others, users=users))
        except BadItem as error:
            name = item.get("id") if isinstance(item, Mapping) else "item"
            set_aside.append(SetAside(json.dumps(item)[:_KEPT], f"x: {name}: {error}"))
    return mentions, set_aside


def mention_from_post(item: Post, fetched_at: datetime, *, others: Mapping[str, Post], users: Mapping[str, Mapping[str, Any]]) -> Mention:
    """One post, keyed on the first id of its edits.

    others  posts that the answer holds beside it, by id: a repost's own text is cut, so the original's is taken
    users   the accounts in the answer, by id; empty where they were not asked for (they cost money)
    raises  BadItem where it has no id, time or text
    """
    newest = _id(item.get("id"))
    history = _both(item, "edit_history_tweet_ids", "edit_history_post_ids")
    edits = [_id(edit) for edit in history] if isinstance(history, list) and history else [newest]
    first = min(edits, key=int)
    is_edited = len(edits) > 1
    references = _references(item)
    reposted = references.get("retweeted") or references.get("reposted")
    original = others.get(reposted) if reposted else None
    text, links, is_cut = _text_of(original if original is not None else item)
    user = users.get(str(item.get("author_id")), {})
    author = _string(user, "username") or _string(item, "username")
    lang = _language(item.get("lang"))
    engagement = Engagement() if reposted else _engagement(_mapping(item, "public_metrics"))
    return Mention(
        source="x",
        source_id=first,
        kind=_kind(references, is_repost=reposted is not None),
        created_at=_created_at(None if is_edited else item.get("created_at"), first),
        fetched_at=fetched_at,
        url=f"https://x.com/{author or 'i'}/status/{newest}",
        text=text,
        text_truncated=is_cut,
        lang=lang,
        lang_origin="source" if lang else None,
        links=links,
        author_id=_string(item, "author_id"),
        author_name=author,
        author_followers=_number(_mapping(user, "public_metrics"), "followers_count"),
        conversation_id=_string(item, "conversation_id"),
        in_reply_to_id=references.get("replied_to"),
        quoted_id=references.get("quoted"),
        repost_of_id=reposted,
        edited_at=_created_at(item.get("created_at"), newest) if is_edited else None,
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
        state=State.EDITED if is_edited else State.LIVE,
    )


def _text_of(post: Post) -> tuple[str, tuple[str, ...], bool]:
    """The text without its t.co addresses, where these lead, and whether the end is missing.

    Entities count code points of the text as it came, so they are cut out before &amp; and the like are resolved.
    """
    note = _both(post, "note_tweet", "note_post")
    long = note if isinstance(note, Mapping) and isinstance(note.get("text"), str) else None
    written = (long or post).get("text")
    if not isinstance(written, str):
        raise BadItem("no text")
    urls = _mappings(_mapping(long or post, "entities").get("urls"))
    text = plain_from_entities(_without(written, urls)) or plain_from_entities(written)
    if not text:
        raise BadItem("no text")
    is_cut = long is None and written.startswith("RT @") and written.endswith("…")
    return text, _outbound(urls), is_cut


def _without(text: str, urls: Sequence[Mapping[str, Any]]) -> str:
    """The text with those addresses cut out that stand where their entity says."""
    spans = {
        (start, end)
        for url in urls
        if isinstance(start := url.get("start"), int) and isinstance(end := url.get("end"), int) and text[start:end] == url.get("url")
    }
    kept, position = "", 0
    for start, end in sorted(spans):
        kept = _joined(kept, text[position:start])
        position = end
    return _joined(kept, text[position:]) if spans else text


def _joined(left: str, right: str) -> str:
    return left + (right.removeprefix(" ") if not left or left[-1].isspace() else right)


def _outbound(urls: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Where links lead, pictures and posts on X itself left out."""
    targets = (url.get("unwound_url") or url.get("expanded_url") for url in urls)
    links = (canonical_link(target) for target in targets if isinstance(target, str))
    return tuple(dict.fromkeys(link for link in links if link and not _is_own(link)))


def _is_own(link: str) -> bool:
    host = link.split("/")[2]
    return host in _OWN_HOSTS or host.endswith(tuple(f".{own}" for own in _OWN_HOSTS))


def _references(item: Post) -> dict[str, str]:
    """The posts it answers, quotes or repeats: id by type."""
    found = _mappings(_both(item, "referenced_tweets", "referenced_posts"))
    return {str(other.get("type")): _id(other.get("id")) for other in found}


def _kind(references: Mapping[str, str], *, is_repost: bool) -> Kind:
    if is_repost:
        return Kind.REPOST
    if "replied_to" in references:
        return Kind.REPLY
    return Kind.QUOTE if "quoted" in references else Kind.POST


def _created_at(written: Any, post_id: str) -> datetime:
    """To the second, as X writes it; from the id where it is not written, since the first edit's time is only there."""
    if isinstance(written, str):
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            raise BadItem(f"created_at is {written[:40]!r}, no time") from None
        if at.tzinfo is None:
            raise BadItem(f"created_at is {written[:40]!r}, without a zone")
        return at.astimezone(UTC).replace(microsecond=0)
    if int(post_id) < _FIRST_SNOWFLAKE:
        raise BadItem("no created_at, and an id of before 2010 tells no time")
    try:
        return datetime.fromtimestamp(((int(post_id) >> 22) + _SNOWFLAKE_EPOCH_MS) // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadItem("no created_at, and the id tells no time") from None


def _language(code: Any) -> str | None:
    """The ISO 639-1 code; None where X knows none (und, and q.. for texts without words)."""
    if not isinstance(code, str) or code in _NO_LANGUAGE:
        return None
    short = code.lower().split("-")[0]
    return _OLD_LANGUAGES.get(short, short) or None


def _engagement(metrics: Mapping[str, Any]) -> Engagement:
    return Engagement(
        likes=_number(metrics, "like_count"),
        replies=_number(metrics, "reply_count"),
        reposts=_number(metrics, "retweet_count") if "retweet_count" in metrics else _number(metrics, "repost_count"),
        quotes=_number(metrics, "quote_count"),
        bookmarks=_number(metrics, "bookmark_count"),
        views=_number(metrics, "impression_count"),
    )


def _both(item: Mapping[str, Any], before: str, after: str) -> Any:
    """A value under its name of before or after the renaming."""
    return item[before] if item.get(before) is not None else item.get(after)


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal():
        raise BadItem(f"{str(value)[:40]!r} is no id of a post")
    return value


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _mapping(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def _string(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    return plain(value) or None if isinstance(value, str) else None


def _number(item: Mapping[str, Any], key: str) -> int | None:
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
