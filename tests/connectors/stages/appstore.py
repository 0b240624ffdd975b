"""A made-up App Store: one hundred and twenty reviews of one app in one country, fifty a page."""

import json
from datetime import UTC, datetime, timedelta, timezone

from connectors.appstore import App, AppstoreConnector, AppstoreSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.errors import RetryLater, SourceChanged

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALIFORNIA = timezone(timedelta(hours=-7))
APP = 1234567890


def label(text):
    return {"label": text}


def review(number, at, **changes):
    given = {
        "author": {"uri": label(f"https://itunes.apple.com/us/reviews/id{500 + number}"), "name": label(f"reader{number}"), "label": ""},
        "updated": label(at.astimezone(CALIFORNIA).isoformat(timespec="seconds")),
        "im:rating": label(str(number % 5 + 1)),
        "im:version": label("3.1"),
        "id": label(str(9_000_000 - number)),
        "title": label("Streams, mostly"),
        "content": {"label": f"It froze again on day {number}", "attributes": {"type": "text"}},
        "link": {"attributes": {"rel": "related", "href": f"https://itunes.apple.com/us/review?id={APP}&type=Purple%20Software"}},
        "im:voteSum": label("2"),
        "im:voteCount": label("3"),
    }
    return {**given, **changes}


REVIEWS = [review(number, NOW - timedelta(hours=5 * number + 1)) for number in range(120)]


def feed(reviews):
    """As the feed writes it: a list, one object, or no entry at all."""
    entry = {"entry": reviews if len(reviews) > 1 else reviews[0]} if reviews else {}
    return {"feed": {"author": {"name": label("iTunes Store")}, **entry, "updated": label("2026-11-20T02:39:26-07:00")}}


def serve(request: Request) -> Response:
    number = int(request.path.partition("page=")[2].partition("/")[0])
    body = json.dumps(feed(REVIEWS[(number - 1) * 50 : number * 50])).encode()
    return Response(body, headers={"content-type": "text/javascript; charset=utf-8"})


def make(base_url: str) -> AppstoreConnector:
    settings = AppstoreSettings(base_url=base_url, apps=[App(id=APP, about="Streamly")])
    return AppstoreConnector(settings, Surroundings(clock=lambda: NOW))


def spoil(body: bytes, number: int | None) -> bytes | None:
    answer = json.loads(body)
    reviews = answer["feed"].get("entry")
    if not isinstance(reviews, list):
        return None
    for item in reviews if number is None else [reviews[number % len(reviews)]]:
        del item["im:rating"]
    return json.dumps(answer).encode()


def changed(body: bytes, change) -> bytes:
    answer = json.loads(body)
    answer["feed"]["entry"] = [change(one) for one in answer["feed"].get("entry", [])]
    return json.dumps(answer).encode()


def extend(body: bytes) -> bytes:
    return changed(body, lambda one: {**one, "im:newest": {"attributes": {"deep": [1]}}})


def strip(body: bytes) -> bytes:
    return changed(body, lambda one: {key: one[key] for key in ("id", "updated", "im:rating", "content")})


STAGE = Stage(
    name="appstore",
    make=make,
    serve=serve,
    ids=frozenset(one["id"]["label"] for one in REVIEWS),
    now=NOW,
    spoil=spoil,
    extend=extend,
    strip=strip,
    troubles=[(Response(b"", 403), RetryLater), (Response(b"[]", 400), SourceChanged), (Response(b'{"feed": []}'), SourceChanged)],
    requests_a_100=3,
)
