"""A made-up YouTube: two videos about Streamly, found on two pages, with comments and answers on several."""

import json
from datetime import UTC, datetime

from connectors.youtube import YoutubeConnector, YoutubeSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.config.models import Brand
from monitor.errors import CredentialsRefused, RetryLater, StopUntil

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "marker-youtube-key"
OPTIONAL = ("statistics", "likeCount", "updatedAt", "authorDisplayName", "authorChannelId", "description", "channelTitle", "textOriginal")


def video(name, hour, comments):
    snippet = {
        "publishedAt": f"2026-11-18T{hour:02}:00:00Z",
        "channelId": "UCaaaaaaaaaaaaaaaaaaaaaa",
        "channelTitle": "Gadget Desk",
        "title": f"Streamly after a month, part {hour}",
        "description": "Our test of the app.",
    }
    counts = {"viewCount": "900", "likeCount": "31", "commentCount": str(comments)}
    return {"kind": "youtube#video", "id": name, "snippet": snippet, "statistics": counts}


def found(name, hour):
    one = video(name, hour, 0)
    return {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": name}, "snippet": one["snippet"]}


def comment(name, minute, text, parent=None):
    snippet = {
        "textDisplay": text,
        "textOriginal": text,
        "authorDisplayName": "@ann",
        "authorChannelId": {"value": "UCbbbbbbbbbbbbbbbbbbbbbb"},
        "likeCount": minute,
        "publishedAt": f"2026-11-19T10:{minute:02}:00Z",
        "updatedAt": f"2026-11-19T10:{minute:02}:00Z",
    }
    return {"kind": "youtube#comment", "id": name, "snippet": snippet | ({"parentId": parent} if parent else {})}


def thread(name, minute, text, answers=0, carried=()):
    snippet = {"videoId": "vidstreaml1", "topLevelComment": comment(name, minute, text), "totalReplyCount": answers}
    return {"kind": "youtube#commentThread", "id": name, "snippet": snippet, "replies": {"comments": list(carried)}}


ANSWERS = [comment(f"Ugc.r{n}", n, f"Same here, number {n}", "Ugc") for n in range(3)]
PAGES = {
    ("search", None): ([found("vidstreaml1", 9)], "s2"),
    ("search", "s2"): ([found("vidstreaml2", 8)], None),
    ("videos", None): ([video("vidstreaml1", 9, 7), video("vidstreaml2", 8, 0)], None),
    ("commentThreads", None): ([thread("Uga", 50, "Streamly keeps buffering"), thread("Ugb", 40, "Works for me")], "t2"),
    ("commentThreads", "t2"): ([thread("Ugc", 30, "Who else lost sound?", 3, ANSWERS[:1]), thread("Ugd", 20, "Love it")], None),
    ("comments", None): (ANSWERS[:2], "c2"),
    ("comments", "c2"): (ANSWERS[2:], None),
}
THREADS = [*PAGES["commentThreads", None][0], *PAGES["commentThreads", "t2"][0]]
COMMENTS = [*(one["snippet"]["topLevelComment"] for one in THREADS), *ANSWERS]


def serve(request: Request) -> Response:
    if request.headers.get("x-goog-api-key") != KEY:
        return refused(400, "badRequest", details=[{"reason": "API_KEY_INVALID"}])
    asked = request.path.rpartition("/")[2]
    items, token = PAGES[asked, request.one("pageToken")]
    if asked == "comments" and (ids := request.one("id")):
        items, token = [one for one in COMMENTS if one["id"] in ids.split(",")], None
    return Response(json.dumps({"items": items} | ({"nextPageToken": token} if token else {})).encode())


def refused(status: int, reason: str, **more) -> Response:
    return Response(json.dumps({"error": {"code": status, "errors": [{"reason": reason}], **more}}).encode(), status)


def make(base_url: str) -> YoutubeConnector:
    around = Surroundings(brands=[Brand(name="Streamly", rule="streamly")], clock=lambda: NOW)
    return YoutubeConnector(YoutubeSettings(base_url=base_url), around)


def spoil(body: bytes, number: int | None) -> bytes | None:
    answer = json.loads(body)
    items = answer.get("items", [])
    if not items or items[0]["kind"] not in ("youtube#commentThread", "youtube#comment"):
        return None
    for item in items if number is None else [items[number % len(items)]]:
        del item["snippet"]
    return json.dumps(answer).encode()


def extend(body: bytes) -> bytes:
    answer = json.loads(body)
    for item in answer.get("items", []):
        item["newest"] = {"deep": [1]}
        item["snippet"]["unheardOf"] = None
    return json.dumps(answer).encode()


def strip(body: bytes) -> bytes:
    def bare(part):
        if isinstance(part, dict):
            return {key: bare(value) for key, value in part.items() if key not in OPTIONAL}
        return [bare(value) for value in part] if isinstance(part, list) else part

    return json.dumps(bare(json.loads(body))).encode()


STAGE = Stage(
    name="youtube",
    make=make,
    serve=serve,
    ids=frozenset({"vidstreaml1", "vidstreaml2", "Uga", "Ugb", "Ugc", "Ugd", "Ugc.r0", "Ugc.r1", "Ugc.r2"}),
    now=NOW,
    environment={"YOUTUBE_API_KEY": KEY},
    spoil=spoil,
    extend=extend,
    strip=strip,
    troubles=[
        (refused(403, "quotaExceeded"), StopUntil),
        (refused(403, "dailyLimitExceeded"), StopUntil),
        (refused(403, "rateLimitExceeded"), RetryLater),
        (refused(400, "keyInvalid"), CredentialsRefused),
        (refused(403, "forbidden"), CredentialsRefused),
    ],
)
