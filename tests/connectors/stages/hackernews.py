"""A made-up Hacker News: stories and comments, of which the search gives a hundred at a time."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.hackernews import HackerNewsConnector, HackerNewsSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.config.models import Brand, Thread

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ITEMS = 250
MOST = 100


def hit(number: int) -> dict[str, Any]:
    """A story, or a comment under the story of the same ten; the first is the oldest."""
    at = NOW - timedelta(minutes=2 * (ITEMS - number) + 1)
    story = number - number % 10
    shared = {
        "objectID": str(9000 + number),
        "created_at_i": int(at.timestamp()),
        "created_at": at.isoformat(),
        "author": f"user{number % 7}",
    }
    if number == story:
        return {**shared, "title": f"Streamly raises prices again ({number})", "url": "https://news.made-up.example/a", "points": number,
                "num_comments": 9, "story_text": None, "comment_text": None, "_tags": ["story"]}  # fmt: skip
    return {**shared, "comment_text": f"Streamly was fine until it wasn&#x27;t.<p>{number} times.", "story_id": 9000 + story,
            "parent_id": 9000 + number - 1, "points": None, "story_title": "Streamly raises prices", "_tags": ["comment"]}  # fmt: skip


HITS = [hit(number) for number in range(ITEMS, 0, -1)]


def serve(request: Request) -> Response:
    """The search by time, newest first, and single items."""
    found = re.fullmatch(r"/v0/item/(\d+)\.json", request.path)
    if found:
        return Response(json.dumps(item(int(found[1]))).encode())
    if request.path.startswith("/items/"):
        return Response(json.dumps(tree(int(request.path.rpartition("/")[2]))).encode())
    bounds = dict(re.findall(r"created_at_i(>=|<)(\d+)", request.one("numericFilters") or ""))
    inside = [one for one in HITS if int(bounds[">="]) <= one["created_at_i"] < int(bounds["<"])]
    body = {"hits": inside[: min(int(request.one("hitsPerPage") or 20), MOST)], "nbHits": len(inside), "page": 0}
    return Response(json.dumps(body).encode())


def item(number: int) -> dict[str, Any] | None:
    """As Firebase has it: of every ten, one is deleted, one dead and one missing."""
    one = next((one for one in HITS if one["objectID"] == str(number)), None)
    if one is None or number % 10 == 3:
        return None
    kind = {"id": number, "time": one["created_at_i"], "type": one["_tags"][0], "parent": one.get("parent_id")}
    if number % 10 == 1:
        return {**kind, "deleted": True}
    return {**kind, "by": one["author"], "text": one["comment_text"], "title": one.get("title"), "score": one["points"],
            "dead": number % 10 == 2}  # fmt: skip


def tree(number: int) -> dict[str, Any]:
    """A story and what hangs below it."""
    story = next(one for one in HITS if one["objectID"] == str(number))
    below = [one for one in HITS if one.get("story_id") == number]
    children = [
        {"id": int(one["objectID"]), "type": "comment", "author": one["author"], "text": one["comment_text"], "children": [],
         "created_at_i": one["created_at_i"], "parent_id": one["parent_id"], "story_id": number} for one in below
    ]  # fmt: skip
    return {"id": number, "type": "story", "author": story["author"], "title": story["title"], "text": None, "points": story["points"],
            "created_at_i": story["created_at_i"], "parent_id": None, "story_id": number, "children": children}  # fmt: skip


def changed(body: bytes, change: Any) -> bytes | None:
    """The body with each of its hits changed by its place; None where it has none."""
    answer = json.loads(body)
    if not isinstance(answer, dict) or not answer.get("hits"):
        return None
    answer["hits"] = [change(place, one) for place, one in enumerate(answer["hits"])]
    return json.dumps(answer).encode()


def spoil(body: bytes, place: int | None) -> bytes | None:
    """A hit, or every one, without its id."""
    return changed(body, lambda at, one: {**one, "objectID": None} if place in (None, at) else one)


def extend(body: bytes) -> bytes:
    """Fields of a later day."""
    return changed(body, lambda _at, one: {**one, "mood": {"calm": [1, None]}, "updated_at": "2026-11-03T12:00:00Z"}) or body


def strip(body: bytes) -> bytes:
    """Ids, times, kinds and words alone."""
    kept = ("objectID", "created_at_i", "comment_text", "title", "_tags")
    return changed(body, lambda _at, one: {key: one[key] for key in kept if key in one}) or body


def make(base: str, threads: tuple[Thread, ...] = ()) -> HackerNewsConnector:
    """The connector, both of its sources on the local server."""
    settings = HackerNewsSettings(base_url=base, firebase_url=f"{base}/v0")
    brands = (Brand(name="Streamly", rule="streamly"),)
    return HackerNewsConnector(settings, Surroundings(brands=brands, threads=threads, clock=lambda: NOW))


STAGE = Stage(
    name="hackernews",
    make=make,
    serve=serve,
    ids=frozenset(one["objectID"] for one in HITS),
    now=NOW,
    spoil=spoil,
    extend=extend,
    strip=strip,
    requests_a_100=1,
)
