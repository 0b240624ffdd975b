"""A made-up Mastodon instance: ninety posts with one hashtag, forty a page."""

import json
from datetime import UTC, datetime, timedelta

from connectors.mastodon import MastodonConnector, MastodonSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.config.models import Brand

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOST = "mastodon.social"
NEEDED = ("id", "uri", "created_at", "content")


def snowflake(at):
    return str(int(at.timestamp() * 1000) << 16)


def status(number, at, **changes):
    name = snowflake(at)
    given = {
        "id": name,
        "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "in_reply_to_id": None,
        "spoiler_text": "",
        "language": "en",
        "uri": f"https://tooting.example/users/ann/statuses/{number}",
        "url": f"https://tooting.example/@ann/{number}",
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        "edited_at": None,
        "reblog": None,
        "content": f'<p>Sound gone again, number {number} <a href="https://{HOST}/tags/streamly">#<span>streamly</span></a></p>',
        "account": {"acct": "ann@tooting.example", "url": "https://tooting.example/@ann", "followers_count": 12},
    }
    return {**given, **changes}


def local(at):
    return {"uri": f"https://{HOST}/users/bob/statuses/{snowflake(at)}", "account": {"acct": "bob", "url": f"https://{HOST}/@bob"}}


TIMES = [NOW - timedelta(hours=number + 1) for number in range(90)]
STATUSES = [status(number, at, **(local(at) if number % 3 == 0 else {})) for number, at in enumerate(TIMES)]


def paged(statuses, request):
    """A page of a timeline, newest first: before max_id, or the oldest after min_id; and its Link header."""
    limit = int(request.one("limit") or 20)
    older, newer = request.one("max_id"), request.one("min_id")
    ordered = sorted(statuses, key=lambda one: int(one["id"]), reverse=True)
    if newer:
        page = [one for one in ordered if int(one["id"]) > int(newer)][-limit:]
    else:
        page = [one for one in ordered if not older or int(one["id"]) < int(older)][:limit]
    if not page:
        return page, {}
    at = f"https://{HOST}{request.path}?limit={limit}"
    return page, {"link": f'<{at}&max_id={page[-1]["id"]}>; rel="next", <{at}&min_id={page[0]["id"]}>; rel="prev"'}


def serve(request: Request) -> Response:
    if not request.path.startswith("/api/v1/timelines/tag/streamly"):
        found = [one for one in STATUSES if one["id"] == request.path.rpartition("/")[2]]
        return Response(json.dumps(found[0] if found else {"error": "Record not found"}).encode(), 200 if found else 404)
    page, link = paged(STATUSES, request)
    headers = {"content-type": "application/json; charset=utf-8", "x-ratelimit-remaining": "250", **link}
    headers["x-ratelimit-reset"] = (NOW + timedelta(minutes=4)).strftime("%Y-%m-%dT%H:%M:%S.400976Z")
    return Response(json.dumps(page).encode(), headers=headers)


def make(base_url: str) -> MastodonConnector:
    around = Surroundings(brands=[Brand(name="Streamly", rule="streamly")], clock=lambda: NOW)
    return MastodonConnector(MastodonSettings(base_url=base_url), around)


def spoil(body: bytes, number: int | None) -> bytes | None:
    page = json.loads(body)
    if not isinstance(page, list) or not page:
        return None
    for item in page if number is None else [page[number % len(page)]]:
        del item["uri"]
    return json.dumps(page).encode()


def changed(body: bytes, change) -> bytes:
    answer = json.loads(body)
    return json.dumps([change(one) for one in answer] if isinstance(answer, list) else change(answer)).encode()


def extend(body: bytes) -> bytes:
    return changed(body, lambda one: {**one, "newest": {"deep": [1]}, "bookmarked": None})


def strip(body: bytes) -> bytes:
    return changed(body, lambda one: {key: one[key] for key in NEEDED if key in one})


STAGE = Stage(
    name="mastodon",
    make=make,
    serve=serve,
    ids=frozenset(one["uri"] for one in STATUSES),
    now=NOW,
    spoil=spoil,
    extend=extend,
    strip=strip,
    requests_a_100=4,
)
