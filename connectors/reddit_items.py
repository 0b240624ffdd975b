"""What Reddit's JSON means: pure functions from its answers and items to mentions, whatever route they came by."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.collect.connector import SetAside
from monitor.errors import BadItem, SourceChanged
from monitor.mention import GONE, Engagement, Kind, Mention, State
from monitor.text import canonical_link, plain, text_and_links_from_markdown

_SITE = "https://www.reddit.com"
_OWN_HOSTS = ("reddit.com", "redd.it")
_DELETED_BY = ("deleted", "author")
_REMOVED_TEXTS = frozenset({"[removed]", "[ removed by reddit ]", "[unavailable]"})
_KEPT = 65_536


def mentions_from_listing(body: Any, fetched_at: datetime) -> tuple[list[Mention], list[SetAside]]:
    """Every submission and comment in an answer: a listing, a submission with its tree, or a `morechildren` answer.

    Items of other kinds ("more", subreddits, accounts) are no mentions and are passed over.

    raises  SourceChanged where the answer is none of these
    """
    mentions: list[Mention] = []
    set_aside: list[SetAside] = []
    for thing in things_of(body):
        kind, item = thing.get("kind"), thing.get("data")
        if kind not in ("t1", "t3"):
            continue
        try:
            if not isinstance(item, Mapping):
                raise BadItem("no data")
            mentions.append((mention_from_comment if kind == "t1" else mention_from_submission)(item, fetched_at))
        except BadItem as error:
            name = item.get("name") if isinstance(item, Mapping) else kind
            bare = {**item, "replies": ""} if isinstance(item, Mapping) else item
            set_aside.append(SetAside(json.dumps(bare)[:_KEPT], f"reddit: {name}: {error}"))
    return mentions, set_aside


def mention_from_item(item: Any, fetched_at: datetime) -> Mention:
    """A submission or a comment, whichever it is: only comments stand in a thread.

    raises  BadItem where it is neither
    """
    if not isinstance(item, Mapping):
        raise BadItem("no JSON object")
    is_comment = "link_id" in item or "body" in item
    return (mention_from_comment if is_comment else mention_from_submission)(item, fetched_at)


def mention_of_missing(fullname: str, created_at: datetime, fetched_at: datetime) -> Mention | None:
    """What is said of a text that Reddit no longer shows when asked for by name; None where that is no name of a text."""
    kinds = {"t1": Kind.COMMENT, "t3": Kind.POST}
    kind = kinds.get(fullname.partition("_")[0])
    if kind is None:
        return None
    return Mention(
        source="reddit",
        source_id=fullname,
        kind=kind,
        created_at=created_at,
        fetched_at=fetched_at,
        text=None,
        state=State.UNAVAILABLE,
    )


def mention_from_submission(item: Mapping[str, Any], fetched_at: datetime) -> Mention:
    """One submission; without title, text and author where it is gone. A link or picture post has a title and no text.

    raises  BadItem where it has no name, time or title
    """
    name, created_at = _name(item, "t3_"), _time(item, "created_utc")
    state = _submission_state(item)
    facts: dict[str, Any] = {}
    if state not in GONE:
        title = plain(_text(item, "title"))
        if not title:
            raise BadItem("no title")
        text, links = text_and_links_from_markdown(_text(item, "selftext", optional=True))
        target = item.get("url_overridden_by_dest") or ("" if item.get("is_self") else item.get("url"))
        linked = canonical_link(target) if isinstance(target, str) and target else None
        facts = {"title": title, "text": text or None, "links": outbound((linked, *links)), **_author(item)}
    engagement = Engagement(
        score=None if item.get("hide_score") else _number(item, "score"),
        replies=_number(item, "num_comments"),
        upvote_ratio=_ratio(item, "upvote_ratio"),
    )
    return Mention(
        source="reddit",
        source_id=name,
        kind=Kind.POST,
        created_at=created_at,
        fetched_at=fetched_at,
        channel=_string(item, "subreddit"),
        url=_address(item, f"/comments/{name[3:]}/"),
        conversation_id=name,
        quoted_id=_string(item, "crosspost_parent"),
        edited_at=_edited_at(item),
        engagement=engagement,
        engagement_at=fetched_at if engagement != Engagement() else None,
        state=state,
        **{"text": None, **facts},
    )


def mention_from_comment(item: Mapping[str, Any], fetched_at: datetime) -> Mention:
    """One comment; without text and author where it is gone, and its state says by whom it was taken.

    raises  BadItem where it has no name, time, text or thread
    """
    name, created_at = _name(item, "t1_"), _time(item, "created_utc")
    thread = _string(item, "link_id")
    if thread is None:
        raise BadItem("no link_id")
    state = _state(item, _text(item, "body"))
    facts: dict[str, Any] = {}
    if state not in GONE:
        body = _text(item, "body")
        text, links = text_and_links_from_markdown(body)
        text = text or plain(body)
        if not text:
            raise BadItem("no text")
        facts = {"text": text, "links": outbound(links), **_author(item)}
    return Mention(
        source="reddit",
        source_id=name,
        kind=Kind.COMMENT,
        created_at=created_at,
        fetched_at=fetched_at,
        channel=_string(item, "subreddit"),
        url=_address(item, f"/comments/{thread[3:]}/_/{name[3:]}/"),
        conversation_id=thread,
        in_reply_to_id=_string(item, "parent_id"),
        edited_at=_edited_at(item),
        engagement=Engagement(score=None if item.get("score_hidden") else _number(item, "score")),
        engagement_at=None if item.get("score_hidden") or _number(item, "score") is None else fetched_at,
        state=state,
        **{"text": None, **facts},
    )


def state_of_text(text: str, *, is_nameless: bool, is_edited: bool) -> State:
    """What became of a text; one whose author's account is deleted goes with its author.

    is_nameless  Reddit shows no author where it always shows one
    """
    mark = text.strip().lower()
    if mark in _REMOVED_TEXTS:
        return State.REMOVED
    if mark == "[deleted]" or is_nameless:
        return State.DELETED
    return State.EDITED if is_edited else State.LIVE


def outbound(links: Iterable[str | None]) -> tuple[str, ...]:
    """Links that lead away from Reddit, each once."""
    return tuple(dict.fromkeys(link for link in links if link and not _is_own(link)))


def name_after(body: Any) -> str | None:
    """The name of the item after which a listing goes on; None at its end.

    raises  SourceChanged where the answer is no listing
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(data, Mapping):
        raise SourceChanged("reddit: this answer is no listing: no data")
    after = data.get("after")
    return after if isinstance(after, str) else None


def things_of(body: Any) -> Iterator[Mapping[str, Any]]:
    """Items of every kind in the order of the answer, each comment before its replies; as deep as the tree goes.

    raises  SourceChanged where the answer is no listing
    """
    waiting = [_children(listing) for listing in (reversed(body) if isinstance(body, list) else [body])]
    while waiting:
        thing = next(waiting[-1], None)
        if thing is None:
            waiting.pop()
        elif isinstance(thing, Mapping):
            yield thing
            data = thing.get("data")
            replies = data.get("replies") if isinstance(data, Mapping) else None
            if isinstance(replies, Mapping):
                waiting.append(_children(replies))
        else:
            yield {"kind": "t1", "data": thing}


def _children(listing: Any) -> Iterator[Any]:
    data = listing.get("data") if isinstance(listing, Mapping) else None
    if isinstance(listing, Mapping) and isinstance(listing.get("json"), Mapping):
        data = listing["json"].get("data")
        if not data and not listing["json"].get("errors"):
            return iter(())
    found = (data.get("children", data.get("things"))) if isinstance(data, Mapping) else None
    if not isinstance(found, list):
        raise SourceChanged("reddit: this answer is no listing: no data.children")
    return iter(found)


def _submission_state(item: Mapping[str, Any]) -> State:
    by = item.get("removed_by_category")
    if by:
        return State.DELETED if by in _DELETED_BY else State.REMOVED
    return _state(item, _text(item, "selftext", optional=True))


def _state(item: Mapping[str, Any], text: str) -> State:
    is_nameless = "author" in item and item["author"] in (None, "[deleted]")
    return state_of_text(text, is_nameless=is_nameless, is_edited=bool(item.get("edited")))


def _author(item: Mapping[str, Any]) -> dict[str, str | None]:
    return {"author_name": _string(item, "author"), "author_id": _string(item, "author_fullname")}


def _name(item: Mapping[str, Any], prefix: str) -> str:
    name = item.get("name") or (f"{prefix}{item['id']}" if item.get("id") else None)
    if not isinstance(name, str) or not name.startswith(prefix):
        raise BadItem(f"no name such as {prefix}abc")
    return name


def _text(item: Mapping[str, Any], key: str, *, optional: bool = False) -> str:
    value = item.get(key)
    if isinstance(value, str):
        return value
    if value is None and optional:
        return ""
    raise BadItem(f"no {key}")


def _string(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    return plain(value) or None if isinstance(value, str) else None


def _address(item: Mapping[str, Any], instead: str) -> str:
    """Where it stands; answers of 2016 give comments no permalink."""
    permalink = item.get("permalink")
    return _SITE + (permalink if isinstance(permalink, str) and permalink.startswith("/") else instead)


def _time(item: Mapping[str, Any], key: str) -> datetime:
    """A moment in UTC; a number, or in dumps of 2010 to 2015 a string."""
    value = item.get(key)
    try:
        if value is None or isinstance(value, bool):
            raise ValueError(value)
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise BadItem(f"no {key}" if value is None else f"{key} is {str(value)[:40]!r}, no time") from None


def _edited_at(item: Mapping[str, Any]) -> datetime | None:
    """When it was edited; None where it was not, or (before 2012) where Reddit only says that it was."""
    return None if item.get("edited") is None or isinstance(item["edited"], bool) else _time(item, "edited")


def _number(item: Mapping[str, Any], key: str) -> int | None:
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _ratio(item: Mapping[str, Any], key: str) -> float | None:
    value = item.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_own(link: str) -> bool:
    host = link.split("/")[2]
    return host in _OWN_HOSTS or host.endswith(tuple(f".{own}" for own in _OWN_HOSTS))
