"""A made-up Reddit, by each of the three routes: its API, its Atom feeds, and the archive."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from connectors.reddit import reddit
from connectors.reddit_settings import RedditSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Connector, Surroundings
from monitor.config.models import Brand, Thread
from monitor.errors import CredentialsRefused, RetryLater, StopUntil

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEYS = {"REDDIT_CLIENT_ID": "made-up-client-id-51c7", "REDDIT_CLIENT_SECRET": "made-up-client-secret-88d2"}
TOKEN = "made-up-bearer-token-30aa"
BRAND = Brand(name="Streamly", rule="streamly")
THREAD = Thread(url="https://www.reddit.com/r/Streamly/comments/s9000/we_raise_our_prices/", about="Streamly", until_quiet="3650d")
SUBREDDITS = [{"name": "Streamly", "about": "Streamly"}]
REQUIRED = ("name", "id", "created_utc", "title", "body", "link_id", "parent_id", "replies", "after", "before", "retrieved_on")
KIND = {"t1": "body", "t3": "title"}

Thing = dict[str, Any]


def submission(number: int, at: datetime) -> Thing:
    """A submission as Reddit writes it."""
    return {
        "name": f"t3_s{number}",
        "id": f"s{number}",
        "title": f"Streamly stopped {number} times today",
        "selftext": "It *hangs*, see https://streamly.example/status" if number % 2 else "",
        "is_self": True,
        "created_utc": at.timestamp(),
        "edited": False,
        "author": f"viewer{number % 7}",
        "author_fullname": f"t2_v{number % 7}",
        "score": number % 50,
        "upvote_ratio": 0.9,
        "num_comments": 3,
        "subreddit": "Streamly",
        "permalink": f"/r/Streamly/comments/s{number}/it/",
    }


def comment(number: int, at: datetime, thread: str = "t3_s1", parent: str | None = None) -> Thing:
    """A comment as Reddit writes it."""
    return {
        "name": f"t1_c{number}",
        "id": f"c{number}",
        "body": f"It hangs for me too, {number}",
        "link_id": thread,
        "parent_id": parent or thread,
        "created_utc": at.timestamp(),
        "edited": at.timestamp() + 60 if number % 11 == 0 else False,
        "author": f"viewer{number % 7}",
        "author_fullname": f"t2_v{number % 7}",
        "score": 1 + number % 9,
        "subreddit": "Streamly",
        "permalink": f"/r/Streamly/comments/{thread[3:]}/it/c{number}/",
        "replies": "",
    }


NEW = [submission(1_000 + number, NOW - timedelta(minutes=150 - number)) for number in range(150)]
# a search finds them anywhere
FOUND = [{**submission(3_000 + number, NOW - timedelta(minutes=120 - number)), "subreddit": "cordcutters"} for number in range(120)]
SAID = [comment(1_000 + number, NOW - timedelta(seconds=20 * (230 - number))) for number in range(230)]
ROOT = {**submission(9_000, NOW - timedelta(hours=5)), "name": "t3_s9000", "num_comments": 160}
TREE = [comment(9_000 + number, NOW - timedelta(minutes=200 - number), "t3_s9000") for number in range(160)]
ANSWER = comment(9_500, NOW - timedelta(minutes=1), "t3_s9000", "t1_c9005")
EVERYTHING = {thing["name"]: thing for thing in (*NEW, *FOUND, *SAID, ROOT, *TREE, ANSWER)}


# the API


def listing(things: Sequence[Thing], after: str | None = None) -> Thing:
    """A listing as Reddit writes it."""
    children = [{"kind": thing["name"][:2], "data": thing} if "name" in thing else {"kind": "more", "data": thing} for thing in things]
    return {"kind": "Listing", "data": {"after": after, "children": children}}


def newest_first(things: Sequence[Thing], request: Request) -> Thing:
    """A page of things, after the one that the request names."""
    ordered = list(reversed(things))
    names = [thing["name"] for thing in ordered]
    after = request.one("after")
    start = names.index(after) + 1 if after else 0
    page = ordered[start : start + int(request.one("limit") or 25)]
    return listing(page, page[-1]["name"] if start + len(page) < len(ordered) else None)


def more(children: Sequence[Thing]) -> Thing:
    """What a tree leaves out."""
    return {"id": children[0]["id"], "parent_id": "t3_s9000", "count": len(children), "children": [child["id"] for child in children]}


def thread_of(id_: str) -> list[Thing]:
    """One of the submissions that a search found, and what was said under it."""
    said = [comment(10 * int(id_[1:]) + number, NOW - timedelta(seconds=9 - number), f"t3_{id_}") for number in range(3)]
    return [listing([EVERYTHING[f"t3_{id_}"]]), listing(said)]


def serve_api(request: Request) -> Response:
    """Reddit's API."""
    path = request.path.strip("/")
    if path == "api/v1/access_token":
        return as_json({"access_token": TOKEN, "token_type": "bearer", "expires_in": 3_600, "scope": "*"})
    if request.headers.get("authorization") != f"bearer {TOKEN}":
        return as_json({"message": "Unauthorized", "error": 401}, 401)
    if path == "api/info":
        return as_json(listing([EVERYTHING[name] for name in (request.one("id") or "").split(",") if name in EVERYTHING]))
    if path == "api/morechildren":
        asked = parse_qs(request.body.decode())["children"][0].split(",")
        things = [{"kind": "t1", "data": thing} for thing in TREE if thing["id"] in asked]
        branch = {"id": "_", "parent_id": "t1_c9005", "count": 0, "children": []}
        if "c9100" in asked:
            things.append({"kind": "more", "data": branch})
        return as_json({"json": {"errors": [], "data": {"things": things}}})
    if path.startswith("comments/s3"):
        return as_json(thread_of(path.removeprefix("comments/")))
    if path == "comments/s9000":
        return as_json([listing([ROOT]), listing([*TREE[:40], more(TREE[40:])])])
    if path == "comments/s9000/_/c9005":
        return as_json([listing([ROOT]), listing([{**TREE[5], "replies": listing([ANSWER])}])])
    things = {"r/Streamly/new": NEW, "r/Streamly/comments": SAID, "search": FOUND}.get(path)
    return as_json(newest_first(things, request)) if things is not None else as_json({"message": "Not Found", "error": 404}, 404)


def as_json(value: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(json.dumps(value).encode(), status)


# the archive


def archived(thing: Thing) -> Thing:
    """A thing as the archive keeps it, looked at a second time a moment ago."""
    kept = {key: value for key, value in thing.items() if key not in ("name", "replies")}
    return {**kept, "retrieved_on": NOW.timestamp(), "_meta": {"retrieved_2nd_on": NOW.timestamp()}}


def serve_archive(request: Request) -> Response:
    """Arctic Shift's API."""
    things = [archived(thing) for thing in (NEW if "/posts/" in request.path else [*SAID, *TREE, ANSWER])]
    if request.path.endswith("/ids"):
        asked = (request.one("ids") or "").split(",")
        return as_json({"data": [thing for thing in things if thing["id"] in asked]})
    after, before = int(request.one("after") or 0), int(request.one("before") or 0)
    thread = request.one("link_id")
    found = [thing for thing in things if after < thing["created_utc"] < before]
    found = [thing for thing in found if (thing["link_id"] == thread if thread else thing.get("link_id") != "t3_s9000")]
    limit = request.one("limit") or "25"
    return as_json({"data": sorted(found, key=lambda thing: thing["created_utc"])[: 120 if limit == "auto" else int(limit)]})


# what goes wrong with JSON


def things_in(part: Any) -> list[Thing]:
    """The submissions and comments of an answer, in order, wherever they stand."""
    if isinstance(part, list):
        return [thing for one in part for thing in things_in(one)]
    if not isinstance(part, dict):
        return []
    own = [part] if "created_utc" in part else []
    return own + [thing for key, value in part.items() if key != "_meta" for thing in things_in(value)]


def changed(body: bytes, change: Callable[[int, Thing], None]) -> bytes | None:
    """The body with each of its things changed; None where it has none."""
    answer = json.loads(body)
    things = things_in(answer)
    for number, thing in enumerate(things):
        change(number, thing)
    return json.dumps(answer).encode() if things else None


def spoil(body: bytes, place: int | None) -> bytes | None:
    """A thing, or every one, without the time at which it was written."""
    return changed(body, lambda number, thing: thing.pop("created_utc") if place in (None, number) else None)


def extend(body: bytes) -> bytes:
    """Fields of a later day."""
    return changed(body, lambda _number, thing: thing.update(mood="calm", badges=[{"kind": "t9"}])) or body


def strip(body: bytes) -> bytes:
    """Only what a thing cannot be without."""
    return changed(body, lambda _number, thing: [thing.pop(key) for key in list(thing) if key not in REQUIRED]) or body  # type: ignore[func-returns-value]


# the feeds


def entry(thing: Thing) -> str:
    """A thing as an entry of Atom."""
    at = datetime.fromtimestamp(thing["created_utc"], UTC).isoformat()
    words = thing.get("body") or thing.get("selftext")
    html = f'<!-- SC_OFF --><div class="md"><p>{words}</p></div><!-- SC_ON -->' if words else ""
    link = f"https://www.reddit.com{thing['permalink']}"
    below = f' submitted by <a href="https://www.reddit.com/user/x"> /u/x </a> <span><a href="{link}">[link]</a></span>'
    content = (html + below).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    title = thing.get("title") or f"/u/{thing['author']} on something"
    published = f"<published>{at}</published>" if "title" in thing else ""
    return (
        f'<entry><author><name>/u/{thing["author"]}</name></author><category term="Streamly" label="r/Streamly"/>'
        f'<content type="html">{content}</content><id>{thing["name"]}</id><link href="{link}"/><updated>{at}</updated>{published}'
        f"<title>{title}</title></entry>"
    )


FEEDS: Mapping[str, Sequence[Thing]] = {
    "/search.rss": FOUND[-25:],
    "/r/Streamly/new/.rss": NEW[-25:],
    "/r/Streamly/comments/.rss": SAID[-25:],
    "/comments/s9000/.rss": [ROOT, *TREE[-24:]],
}


def serve_feeds(request: Request) -> Response:
    """Reddit's feeds."""
    entries = "".join(map(entry, reversed(FEEDS[request.path])))
    body = f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>newest</title>{entries}</feed>'
    return Response(body.encode(), headers={"content-type": "application/atom+xml; charset=UTF-8"})


def spoil_feed(body: bytes, place: int | None) -> bytes | None:
    """An entry, or every one, without a time."""
    parts = re.split(rb"(?=<entry>)", body)
    for number in range(1, len(parts)):
        if place in (None, number - 1):
            parts[number] = re.sub(rb"<(updated|published)>.*?</\1>", b"", parts[number])
    return b"".join(parts) if len(parts) > 1 else None


def extend_feed(body: bytes) -> bytes:
    """Fields of a later day."""
    return body.replace(b"</entry>", b"<mood xmlns='http://made-up.example/ns'>calm</mood></entry>")


def strip_feed(body: bytes) -> bytes:
    """Without subreddit and, where another time is given, without the time of the last change."""
    return re.sub(rb"<category [^>]*/>|<updated>[^<]*</updated>(?=<published>)", b"", body)


def make(route: str) -> Callable[[str], Connector]:
    """The connector of a route, at the local server."""

    def made(base: str) -> Connector:
        settings = RedditSettings(route=route, base_url=base, subreddits=SUBREDDITS, feeds_a_minute=100)
        return reddit(settings, Surroundings(brands=[BRAND], threads=[THREAD], clock=lambda: NOW))

    return made


STAGES = [
    Stage(
        name="reddit",
        make=make("api"),
        serve=serve_api,
        ids=frozenset(EVERYTHING),
        now=NOW,
        environment=KEYS,
        spoil=spoil,
        extend=extend,
        strip=strip,
        troubles=(
            (Response(b"<!doctype html><title>Too Many Requests</title>", 429, {"retry-after": "4"}), RetryLater),
            (Response(b"", 429, {"x-ratelimit-reset": "60", "x-ratelimit-remaining": "0.0", "x-ratelimit-used": "1000"}), StopUntil),
            (Response(b'{"message": "Unauthorized", "error": 401}', 401, {"www-authenticate": 'Bearer error="odd"'}), CredentialsRefused),
        ),
        is_trouble_path=lambda request: not request.path.startswith("/api/v1/access_token"),
        requests_a_100=2,
    ),
    Stage(
        name="reddit feed",
        make=make("feed"),
        serve=serve_feeds,
        ids=frozenset(thing["name"] for things in FEEDS.values() for thing in things),
        now=NOW,
        spoil=spoil_feed,
        extend=extend_feed,
        strip=strip_feed,
        troubles=((Response(b"", 404), RetryLater), (Response(b"", 403), CredentialsRefused)),
        requests_a_100=1,
    ),
    Stage(
        name="reddit archive",
        make=make("archive"),
        serve=serve_archive,
        ids=frozenset(thing["name"] for thing in (*NEW, *SAID, *TREE, ANSWER)),
        now=NOW,
        spoil=spoil,
        extend=extend,
        strip=strip,
        troubles=((Response(b'{"data":null,"error":"Timeout. Maybe slow down a bit"}', 422), RetryLater),),
        requests_a_100=2,
    ),
]
