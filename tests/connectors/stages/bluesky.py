"""A made-up Bluesky: two hundred and fifty posts that name Streamly, a hundred a page, behind a session."""

import json
from datetime import UTC, datetime, timedelta

from connectors.bluesky import BlueskyConnector, BlueskySettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.config.models import Brand
from monitor.errors import CredentialsRefused, SourceChanged

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HANDLE, PASSWORD, TOKEN = "marker.bsky.example", "marker-app-password", "marker-access-token"
SESSION = "/xrpc/com.atproto.server.createSession"
AUTHOR = {"did": "did:plc:annannannannannannannann", "handle": "ann.bsky.example", "displayName": "Ann"}


def written(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def post(key, at, text="Streamly stutters again", **record):
    return {
        "uri": f"at://{AUTHOR['did']}/app.bsky.feed.post/{key}",
        "cid": f"bafy{key}",
        "author": AUTHOR,
        "record": {"$type": "app.bsky.feed.post", "text": text, "createdAt": written(at), "langs": ["en"], **record},
        "replyCount": 1,
        "repostCount": 2,
        "likeCount": 3,
        "quoteCount": 4,
        "indexedAt": written(at + timedelta(seconds=1)),
        "labels": [],
    }


POSTS = [post(f"3k{number:03}", NOW - timedelta(minutes=30 * number + 5)) for number in range(250)]


def found(posts, request):
    """A page of a search: newest first, since inclusive, until exclusive; the cursor is an offset."""
    since, until, asked = request.one("since") or "", request.one("until") or "9", (request.one("q") or "").strip('"')
    every = [one for one in posts if since <= one["record"]["createdAt"] < until and asked in one["record"]["text"].lower().split()]
    every.sort(key=lambda one: one["record"]["createdAt"], reverse=True)
    start, limit = int(request.one("cursor") or 0), int(request.one("limit") or 25)
    more = {"cursor": str(start + limit)} if start + limit < len(every) else {}
    return {"posts": every[start : start + limit], **more}


def serve(request: Request) -> Response:
    if request.path == SESSION:
        account = json.loads(request.body)
        if account != {"identifier": HANDLE, "password": PASSWORD}:
            return refused(401, "AuthenticationRequired")
        return Response(json.dumps({"accessJwt": TOKEN, "refreshJwt": "r", "did": AUTHOR["did"], "handle": HANDLE}).encode())
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return refused(401, "AuthMissing")
    headers = {"content-type": "application/json; charset=utf-8", "ratelimit-limit": "3000", "ratelimit-remaining": "2900"}
    asked = request.query.get("uris")
    answer = {"posts": [one for one in POSTS if one["uri"] in asked]} if asked else found(POSTS, request)
    return Response(json.dumps(answer).encode(), headers=headers)


def refused(status: int, error: str) -> Response:
    return Response(json.dumps({"error": error, "message": "no"}).encode(), status)


def make(base_url: str) -> BlueskyConnector:
    around = Surroundings(brands=[Brand(name="Streamly", rule="streamly")], clock=lambda: NOW)
    return BlueskyConnector(BlueskySettings(base_url=base_url), around)


def spoil(body: bytes, number: int | None) -> bytes | None:
    answer = json.loads(body)
    if not answer.get("posts"):
        return None
    for item in answer["posts"] if number is None else [answer["posts"][number % len(answer["posts"])]]:
        del item["indexedAt"]
    return json.dumps(answer).encode()


def extend(body: bytes) -> bytes:
    answer = json.loads(body)
    for item in answer.get("posts", []):
        item["newest"] = {"deep": [1]}
        item["record"]["unheardOf"] = None
    return json.dumps(answer).encode()


def strip(body: bytes) -> bytes:
    answer = json.loads(body)
    if "posts" in answer:
        bare = ({"uri": one["uri"], "indexedAt": one["indexedAt"], "record": {"text": one["record"]["text"]}} for one in answer["posts"])
        answer["posts"] = list(bare)
    return json.dumps(answer).encode()


STAGE = Stage(
    name="bluesky",
    make=make,
    serve=serve,
    ids=frozenset(one["uri"] for one in POSTS),
    now=NOW,
    environment={"BLUESKY_HANDLE": HANDLE, "BLUESKY_APP_PASSWORD": PASSWORD},
    spoil=spoil,
    extend=extend,
    strip=strip,
    troubles=[
        (refused(400, "ExpiredToken"), CredentialsRefused),
        (refused(401, "InvalidToken"), CredentialsRefused),
        (refused(400, "InvalidRequest"), SourceChanged),
    ],
    is_trouble_path=lambda request: request.path != SESSION,
)
