"""X: what its API's answers hold beside posts, and which posts they say are gone."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.x_posts import either, gone, id_of, is_id, mention_from_post, number_at, object_at, objects, string_at, written_at
from monitor.collect.connector import SetAside
from monitor.collect.items import read_items
from monitor.errors import BadItem, RetryLater, SourceChanged
from monitor.mention import Mention, State


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search.

    newest_id, oldest_id  of the posts in it; None where it has none
    next_token            of the page with older posts; None on the last
    users                 accounts that came along
    """

    mentions: Sequence[Mention]
    set_aside: Sequence[SetAside]
    newest_id: str | None
    oldest_id: str | None
    next_token: str | None
    users: int

    @property
    def seen(self) -> int:
        """Posts in it, read or not."""
        return len(self.mentions) + len(self.set_aside)


def page_of_search(body: Any, fetched_at: datetime) -> Found:
    """One page of a search, with what it says of the pages around it.

    raises  SourceChanged where it is no page of posts, RetryLater where X could not look
    """
    mentions, set_aside = mentions_from_search(body, fetched_at)
    if not body.keys() & {"data", "meta", "errors"}:
        raise SourceChanged("x: a search answered without `data`, `meta` and `errors`; update monitor")
    items = body.get("data", [])
    meta = object_at(body, "meta")
    if not items and number_at(meta, "result_count"):
        raise SourceChanged(f"x: a search says that it found {meta['result_count']} posts and shows none; update monitor")
    if "data" not in body and "meta" not in body and any(_failed(error) for error in objects(body["errors"])):
        raise RetryLater("x: a search answered with an internal error and no posts; asked again later")
    ids = sorted((item["id"] for item in objects(items) if is_id(item.get("id"))), key=int)
    newest = meta.get("newest_id")
    return Found(
        mentions,
        set_aside,
        newest_id=newest if is_id(newest) else ids[-1] if ids else None,
        oldest_id=ids[0] if ids else None,
        next_token=string_at(meta, "next_token"),
        users=len(objects(object_at(body, "includes").get("users"))),
    )


def mentions_from_search(body: Any, fetched_at: datetime) -> tuple[list[Mention], list[SetAside]]:
    """The posts of one answer: a search, a lookup or a user's mentions.

    An answer without `data` holds none: an empty result, or nothing but `errors` (suspended accounts, missing ids),
    which may also stand beside posts and are about others than these.

    raises  SourceChanged where the answer is of another shape
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("data", []), list | Mapping):
        raise SourceChanged("x: this answer is no list of posts: no `data` and no `errors`; update monitor")
    data = body.get("data", [])
    includes = object_at(body, "includes")
    others = {str(post.get("id")): post for post in objects(either(includes, "tweets", "posts"))}
    users = {str(user.get("id")): user for user in objects(includes.get("users"))}
    return read_items(
        "x",
        [data] if isinstance(data, Mapping) else data,
        lambda item: mention_from_post(item, fetched_at, others=others, users=users),
        name=lambda item: item.get("id") if isinstance(item, Mapping) else "item",
    )


def gone_from_lookup(body: Mapping[str, Any]) -> dict[str, State]:
    """Which of the posts that were looked up are not shown, by id; those that X merely could not show now are left out.

    Not found is deleted. Behind a suspended or protected account it is unavailable: that may come back.
    """
    gone: dict[str, State] = {}
    for error in objects(body.get("errors")):
        post_id = error.get("resource_id") or error.get("value")
        if not is_id(post_id) or error.get("resource_type") not in (None, "tweet", "post"):
            continue
        kind = f"{error.get('title')} {error.get('type')} {error.get('detail')}".lower()
        if any(word in kind for word in ("forbidden", "authoriz", "suspended", "protected", "disallowed")):
            gone[str(post_id)] = State.UNAVAILABLE
        elif "not found" in kind or "not-found" in kind:
            gone[str(post_id)] = State.DELETED
    return gone


def later_versions(body: Mapping[str, Any]) -> dict[str, str]:
    """The edited posts that an answer shows in an older version: their newest ids, by their first."""
    found: dict[str, str] = {}
    for item in objects(body.get("data")):
        history = either(item, "edit_history_tweet_ids", "edit_history_post_ids")
        edits = sorted((edit for edit in history if is_id(edit)), key=int) if isinstance(history, list) else []
        if edits and edits[-1] != item.get("id"):
            found[edits[0]] = edits[-1]
    return found


def gone_from_compliance(body: str, fetched_at: datetime) -> Iterator[Mention]:
    """The posts that a batch compliance job names as gone: one JSON object a line, blank lines between some.

    raises  SourceChanged where a line is none
    """
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            post_id = id_of(item["id"])
            if item["action"] != "delete":
                continue
            state = State.DELETED if item["reason"] == "deleted" else State.UNAVAILABLE
            created_at = written_at(item.get("created_at"), post_id)
        except (ValueError, KeyError, TypeError, BadItem):
            raise SourceChanged(f"x: {line[:80]!r} is no line of a compliance job; update monitor") from None
        yield gone(post_id, created_at=created_at, state=state, fetched_at=fetched_at)


def count_of(body: Any) -> tuple[int, str | None]:
    """How many posts one answer of a count speaks of, and the token of the page with older ones.

    raises  SourceChanged where it is no count
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("data"), list):
        raise SourceChanged("x: this answer is no count of posts; update monitor")
    counts = [number_at(bin_, "tweet_count") if "tweet_count" in bin_ else number_at(bin_, "post_count") for bin_ in objects(body["data"])]
    if None in counts:
        raise SourceChanged("x: a count of posts has neither `tweet_count` nor `post_count`; update monitor")
    return sum(count for count in counts if count is not None), string_at(object_at(body, "meta"), "next_token")


def _failed(error: Mapping[str, Any]) -> bool:
    return str(error.get("type")).endswith(("/internal-error", "/resource-unavailable"))
