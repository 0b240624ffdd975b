"""A made-up WordPress site with 250 comments."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.wordpress import Site, WordPressConnector, WordPressSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.config.models import Thread
from monitor.errors import SourceChanged

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ITEMS = 250


def comment(number: int) -> dict[str, Any]:
    """The comment of that number; the first is the oldest."""
    at = NOW - timedelta(minutes=3 * (ITEMS - number) + 1)
    return {
        "id": number,
        "post": 1000 + number % 3,
        "parent": number - 3 if number % 5 == 0 else 0,
        "author": 4 if number % 7 == 0 else 0,
        "author_name": f"Reader &amp; {number % 11}",
        "author_url": "",
        "date": (at + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_gmt": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "content": {"rendered": f"<p>Streamly let me down {number} times.</p>\n"},
        "link": f"http://blog.made-up.example/post-{number % 3}/#comment-{number}",
        "status": "approved",
        "type": "comment",
    }


COMMENTS = [comment(number) for number in range(1, ITEMS + 1)]


def serve(request: Request) -> Response:
    """The list of comments, oldest first, and the posts by their slug."""
    if request.path == "/wp-json/wp/v2/posts":
        slug = request.one("slug") or ""
        found = [{"id": 1000 + int(slug[-1]), "slug": slug, "link": f"http://blog.made-up.example/{slug}/"}] if slug[:5] == "post-" else []
        return Response(json.dumps(found).encode())
    if request.path != "/wp-json/wp/v2/comments":
        return Response(b"[]", status=200 if request.path == "/wp-json/wp/v2/pages" else 404)
    chosen = COMMENTS
    if request.one("include"):
        wanted = {int(number) for number in (request.one("include") or "").split(",")}
        chosen = [one for one in chosen if one["id"] in wanted and one["id"] % 10 != 3]
    if request.one("post"):
        chosen = [one for one in chosen if str(one["post"]) == request.one("post")]
    # on this site's own clock, two hours ahead
    chosen = [one for one in chosen if one["date"] > (request.one("after") or "") and one["date"] < (request.one("before") or "3")]
    size, offset = int(request.one("per_page") or 10), int(request.one("offset") or 0)
    headers = {
        "content-type": "application/json; charset=UTF-8",
        "x-wp-total": str(len(chosen)),
        "x-wp-totalpages": str(-(-len(chosen) // size)),
    }
    return Response(json.dumps(chosen[offset : offset + size]).encode(), headers=headers)


def changed(body: bytes, change: Any) -> bytes | None:
    """The body with each of its comments changed by its place; None where it has none."""
    items = json.loads(body)
    if not isinstance(items, list) or not items or "date_gmt" not in items[0]:
        return None
    return json.dumps([change(place, one) for place, one in enumerate(items)]).encode()


def spoil(body: bytes, place: int | None) -> bytes | None:
    """A comment, or every one, without its id."""
    return changed(body, lambda at, one: {**one, "id": None} if place in (None, at) else one)


def extend(body: bytes) -> bytes:
    """Fields of a later day."""
    return changed(body, lambda _at, one: {**one, "mood": {"calm": [1, None]}, "meta": []}) or body


def strip(body: bytes) -> bytes:
    """Ids, times and words alone."""
    return changed(body, lambda _at, one: {key: one[key] for key in ("id", "date_gmt", "content")}) or body


def make(base: str, threads: tuple[Thread, ...] = ()) -> WordPressConnector:
    """The connector, its site on the local server."""
    return WordPressConnector(WordPressSettings(sites=[Site(url=base)]), Surroundings(threads=threads, clock=lambda: NOW))


STAGE = Stage(
    name="wordpress",
    make=make,
    serve=serve,
    ids=frozenset(f"127.0.0.1:{one['id']}" for one in COMMENTS),
    now=NOW,
    spoil=spoil,
    extend=extend,
    strip=strip,
    troubles=[
        (Response(b'{"code": "rest_invalid_param", "message": "Invalid parameter(s): after"}', status=400), SourceChanged),
        (Response(b'{"code": "rest_no_route"}', status=404), SourceChanged),
    ],
    requests_a_100=1,
)
