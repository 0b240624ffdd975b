"""A made-up Disqus forum behind the API. No answer of it was recorded: the shapes follow disqus.com/api/docs/posts/list."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.disqus import DisqusConnector, DisqusSettings, Forum
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.errors import CredentialsRefused, RetryLater, SourceChanged

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ITEMS = 250
KEY = "marker-key-of-disqus"


def post(number: int) -> dict[str, Any]:
    """The post of that number; the first is the oldest."""
    at = NOW - timedelta(minutes=3 * (ITEMS - number) + 1)
    thread = {"id": str(70 + number % 3), "forum": "madeup", "link": f"http://made-up.example/{number % 3}", "title": "A page"}
    return {
        "id": str(500_000 + number),
        "forum": "madeup",
        "thread": thread,
        "parent": 500_000 + number - 3 if number % 5 == 0 else None,
        "createdAt": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "message": f"<p>Streamly was down &amp; out {number} times.</p>",
        "raw_message": f"Streamly was down & out {number} times.",
        "isDeleted": False,
        "isSpam": False,
        "isApproved": True,
        "isEdited": False,
        "likes": number % 4,
        "dislikes": 1,
        "points": number % 4 - 1,
        "author": {"id": str(number % 9), "username": f"reader{number % 9}", "name": f"Reader {number % 9}", "isAnonymous": False},
    }


POSTS = [post(number) for number in range(1, ITEMS + 1)]


def error(status: int, code: int, words: str) -> Response:
    """An error as disqus.com/api/docs/errors lists them."""
    return Response(json.dumps({"code": code, "response": words}).encode(), status=status)


def serve(request: Request) -> Response:
    """The list of posts, oldest first, and single ones: of every ten one is deleted and one is missing."""
    if request.one("api_key") != KEY:
        return error(403, 5, f"Invalid API key: {request.one('api_key')}")
    if request.path == "/posts/details.json":
        number = request.one("post") or ""
        found = next((one for one in POSTS if one["id"] == number and not number.endswith("3")), None)
        if found is None:
            return error(404, 8, "A requested object was not found")
        return Response(json.dumps({"code": 0, "response": {**found, "isDeleted": number.endswith("1")}}).encode())
    if request.path != "/posts/list.json" or request.one("forum") != "madeup":
        return error(400, 2, f"Invalid argument, 'forum': Unable to find forum '{request.one('forum')}'")
    since = datetime.fromtimestamp(int(request.one("since") or 0), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    chosen = [one for one in POSTS if one["createdAt"] > since]
    start, size = int((request.one("cursor") or "0:0").split(":")[0]), int(request.one("limit") or 25)
    after = {"hasNext": start + size < len(chosen), "next": f"{start + size}:0:0", "hasPrev": start > 0, "more": start + size < len(chosen)}
    return Response(json.dumps({"cursor": after, "code": 0, "response": chosen[start : start + size]}).encode())


def changed(body: bytes, change: Any) -> bytes | None:
    """The body with each of its posts changed by its place; None where it has none."""
    answer = json.loads(body)
    if not isinstance(answer.get("response"), list) or not answer["response"]:
        return None
    answer["response"] = [change(place, one) for place, one in enumerate(answer["response"])]
    return json.dumps(answer).encode()


def spoil(body: bytes, place: int | None) -> bytes | None:
    """A post, or every one, without its id."""
    return changed(body, lambda at, one: {**one, "id": None} if place in (None, at) else one)


def extend(body: bytes) -> bytes:
    """Fields of a later day."""
    return changed(body, lambda _at, one: {**one, "mood": {"calm": [1, None]}, "moderationLabels": []}) or body


def strip(body: bytes) -> bytes:
    """Ids, times, threads and words alone."""
    lean = changed(body, lambda _at, one: {key: one[key] for key in ("id", "thread", "createdAt", "message")}) or body
    return re.sub(rb', "title": "[^"]*"', b"", lean)


def make(base: str) -> DisqusConnector:
    """The connector, the API on the local server."""
    return DisqusConnector(DisqusSettings(forums=[Forum(shortname="madeup")], base_url=base), Surroundings(clock=lambda: NOW))


STAGE = Stage(
    name="disqus",
    make=make,
    serve=serve,
    ids=frozenset(one["id"] for one in POSTS),
    now=NOW,
    environment={"DISQUS_API_KEY": KEY},
    spoil=spoil,
    extend=extend,
    strip=strip,
    troubles=[
        (error(400, 13, "You have exceeded the rate limit for this resource"), RetryLater),
        (error(403, 5, f"Invalid API key: {KEY}"), CredentialsRefused),
        (error(400, 2, "Invalid argument, 'forum'"), SourceChanged),
        (error(503, 20, "The API is currently undergoing maintenance"), RetryLater),
    ],
    requests_a_100=1,
    key_in_query=True,
)
