"""X: what the JSON of one post means, in the words of before ("tweet") and after ("post") the renaming of its API v2."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.errors import BadItem
from monitor.mention import Engagement, Kind, Mention, State
from monitor.text import canonical_link, plain, plain_from_entities

_OWN_HOSTS = ("x.com", "twitter.com", "t.co")
_NO_LANGUAGE = frozenset({"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"})
_OLD_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi"}
_SNOWFLAKE_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, UTC)
_FIRST_SNOWFLAKE = 29_700_859_247
_MILLISECOND = timedelta(milliseconds=1)

_POST_URL = re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/(?:i/web|\w+)/status/([0-9]{1,19})(?:[/?#].*)?", re.IGNORECASE)
_ID = re.compile("[0-9]{1,19}")
_LANGUAGE = re.compile("[a-z]{2,3}")

Post = Mapping[str, Any]


def mention_from_post(item: Post, fetched_at: datetime, *, others: Mapping[str, Post], users: Mapping[str, Mapping[str, Any]]) -> Mention:
    """One post, keyed on the first id of its edits.

    others  posts that the answer holds beside it, by id: a repost's own text is cut, so the original's is taken
    users   the accounts in the answer, by id; empty where they were not asked for (they cost money)
    raises  BadItem where it has no id, time or text
    """
    if not isinstance(item, Mapping):
        raise BadItem("no object")
    newest = id_of(item.get("id"))
    edits = edits_of(item) or [newest]
    first = min(edits, key=int)
    is_edited = len(set(edits)) > 1
    references = _references(item)
    reposted = references.get("retweeted") or references.get("reposted")
    original = others.get(reposted) if reposted else None
    text, links, is_cut = _text_of(original if original is not None else item)
    user = users.get(str(item.get("author_id")), {})
    author = string_at(user, "username") or string_at(item, "username")
    lang = _language(item.get("lang"))
    engagement = Engagement() if reposted else _engagement(object_at(item, "public_metrics"))
    return Mention(
        source="x",
        source_id=first,
        kind=_kind(references, is_repost=reposted is not None),
        created_at=written_at(None if is_edited else item.get("created_at"), first),
        fetched_at=fetched_at,
        url=_url(newest, author),
        text=text,
        text_truncated=is_cut,
        lang=lang,
        lang_origin="source" if lang else None,
        links=links,
        author_id=string_at(item, "author_id"),
        author_name=author,
        author_followers=number_at(object_at(user, "public_metrics"), "followers_count"),
        conversation_id=string_at(item, "conversation_id"),
        in_reply_to_id=references.get("replied_to"),
        quoted_id=references.get("quoted"),
        repost_of_id=reposted,
        edited_at=written_at(item.get("created_at"), newest) if is_edited else None,
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
        state=State.EDITED if is_edited else State.LIVE,
    )


def gone(post_id: str, *, created_at: datetime, state: State, fetched_at: datetime, conversation_id: str | None = None) -> Mention:
    """A post that is no longer shown: without text and author."""
    return Mention(
        source="x",
        source_id=post_id,
        kind=Kind.POST,
        created_at=created_at,
        fetched_at=fetched_at,
        url=_url(post_id, None),
        text=None,
        conversation_id=conversation_id,
        state=state,
    )


def edits_of(item: Post) -> list[str]:
    """The ids of all versions of a post; none where it does not say.

    raises  BadItem where one is no id
    """
    history = either(item, "edit_history_tweet_ids", "edit_history_post_ids")
    return [id_of(edit) for edit in history] if isinstance(history, list) else []


def written_at(written: Any, post_id: str) -> datetime:
    """A post's time to the second, as X writes it; from the id where it is not written: the first edit's time is only there.

    raises  BadItem where neither tells a time
    """
    if isinstance(written, str):
        try:
            at = datetime.fromisoformat(written)
            aware = at.astimezone(UTC)
        except (ValueError, OverflowError):
            raise BadItem(f"created_at is {written[:40]!r}, no time") from None
        if at.tzinfo is None:
            raise BadItem(f"created_at is {written[:40]!r}, without a zone")
        return aware.replace(microsecond=0)
    if int(post_id) < _FIRST_SNOWFLAKE:
        raise BadItem("no created_at, and an id of before 2010 tells no time")
    return time_of(post_id).replace(microsecond=0)


def id_of(value: Any) -> str:
    """The id of a post.

    raises  BadItem where it is none
    """
    if not is_id(value):
        raise BadItem(f"{str(value)[:40]!r} is no id of a post")
    return str(value)


def is_id(value: Any) -> bool:
    """Whether this is the id of a post, as X writes it: 1 to 19 digits in a text."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The JSON objects of a list; none where it is no list."""
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def object_at(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under a key; an empty one where there is none."""
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def string_at(item: Mapping[str, Any], key: str) -> str | None:
    """The text under a key; None where there is none, or an empty one."""
    value = item.get(key)
    return plain(value) or None if isinstance(value, str) else None


def number_at(item: Mapping[str, Any], key: str) -> int | None:
    """The whole number under a key; None where there is none."""
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def either(item: Mapping[str, Any], before: str, after: str) -> Any:
    """A value under its name of before or after the renaming; None where it has neither."""
    return item[before] if item.get(before) is not None else item.get(after)


def post_id_of(url: str) -> str | None:
    """The id in the address of a post's page; None where it is none."""
    found = _POST_URL.fullmatch(url)
    return found[1] if found else None


def time_of(post_id: str) -> datetime:
    """The moment, to the millisecond, that an id of after November 2010 tells; UTC."""
    return _SNOWFLAKE_EPOCH + (int(post_id) >> 22) * _MILLISECOND


def id_at(at: datetime) -> str:
    """The smallest id that a post of that moment can have."""
    return str(max(0, (at - _SNOWFLAKE_EPOCH) // _MILLISECOND) << 22)


def _text_of(post: Post) -> tuple[str, tuple[str, ...], bool]:
    """The text without its t.co addresses, where these lead, and whether the end is missing.

    Entities count code points of the text as it came, so they are cut out before &amp; and the like are resolved.
    """
    note = either(post, "note_tweet", "note_post")
    long = note if isinstance(note, Mapping) and isinstance(note.get("text"), str) else None
    written = (long or post).get("text")
    if not isinstance(written, str):
        raise BadItem("no text")
    urls = objects(object_at(long or post, "entities").get("urls"))
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


def _url(post_id: str, author: str | None) -> str:
    return f"https://x.com/{author or 'i'}/status/{post_id}"


def _references(item: Post) -> dict[str, str]:
    """The posts it answers, quotes or repeats: id by type."""
    found = objects(either(item, "referenced_tweets", "referenced_posts"))
    return {str(other.get("type")): id_of(other.get("id")) for other in found}


def _kind(references: Mapping[str, str], *, is_repost: bool) -> Kind:
    if is_repost:
        return Kind.REPOST
    if "replied_to" in references:
        return Kind.REPLY
    return Kind.QUOTE if "quoted" in references else Kind.POST


def _language(code: Any) -> str | None:
    """The ISO 639-1 code; None where X knows none (und, and q.. for texts without words)."""
    if not isinstance(code, str) or code in _NO_LANGUAGE:
        return None
    short = code.lower().split("-")[0]
    return _OLD_LANGUAGES.get(short, short) if _LANGUAGE.fullmatch(short) else None


def _engagement(metrics: Mapping[str, Any]) -> Engagement:
    return Engagement(
        likes=number_at(metrics, "like_count"),
        replies=number_at(metrics, "reply_count"),
        reposts=number_at(metrics, "retweet_count") if "retweet_count" in metrics else number_at(metrics, "repost_count"),
        quotes=number_at(metrics, "quote_count"),
        bookmarks=number_at(metrics, "bookmark_count"),
        views=number_at(metrics, "impression_count"),
    )
