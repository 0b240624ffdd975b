"""A made-up feed in Blogger's manner: comments with a page that says where the older ones are."""

import re
from datetime import UTC, datetime, timedelta

from connectors.feed import FeedAt, FeedConnector, FeedSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.config.models import Thread

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ITEMS = 250
A_PAGE = 100
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
    'xmlns:openSearch="http://a9.com/-/spec/opensearchrss/1.0/" xmlns:thr="http://purl.org/syndication/thread/1.0">'
    "<title>Comments</title>"
)


def entry(number: int) -> str:
    """The comment of that number; the first is the oldest."""
    at = (NOW - timedelta(minutes=ITEMS - number + 1)).isoformat()
    return (
        f"<entry><id>tag:made-up.example,2026:comment-{number}</id><published>{at}</published><updated>{at}</updated>"
        f"<title>A word</title><content type='html'>&lt;p&gt;Streamly stopped {number} times today.&lt;/p&gt;</content>"
        f"<link rel='alternate' type='text/html' href='http://made-up.example/post?showComment={number}#c{number}'/>"
        f"<author><name>Viewer {number % 7}</name><uri>http://made-up.example/people/{number % 7}</uri></author>"
        "<thr:in-reply-to ref='tag:made-up.example,2026:post-1' href='http://made-up.example/post'/></entry>"
    )


def serve(request: Request) -> Response:
    """A page of the feed by `start-index`, the newest comment first."""
    start = int(request.one("start-index") or 1)
    numbers = range(ITEMS - start + 1, max(ITEMS - start + 1 - A_PAGE, 0), -1)
    after = start + A_PAGE
    older = (
        f"<link rel='next' href='http://elsewhere.example/feed?start-index={after}&amp;max-results={A_PAGE}'/>" if after <= ITEMS else ""
    )
    totals = f"<openSearch:totalResults>{ITEMS}</openSearch:totalResults><openSearch:startIndex>{start}</openSearch:startIndex>"
    body = HEAD + totals + older + "".join(map(entry, numbers)) + "</feed>"
    return Response(body.encode(), headers={"content-type": "application/atom+xml; charset=utf-8"})


def spoil(body: bytes, place: int | None) -> bytes | None:
    """An entry, or every one, with neither words nor title."""
    parts = re.split(rb"(?=<entry>)", body)
    if len(parts) == 1:
        return None
    for number in range(1, len(parts)):
        if place is None or number == place + 1:
            parts[number] = re.sub(rb"<(title|content).*?</\1>", b"", parts[number])
    return b"".join(parts)


def extend(body: bytes) -> bytes:
    """Fields of a later day."""
    return body.replace(b"</entry>", b"<mood xmlns='http://made-up.example/ns'>calm</mood></entry>")


def strip(body: bytes) -> bytes:
    """Ids, times and words alone."""
    return re.sub(rb"<author>.*?</author>|<updated>[^<]*</updated>(?=<title>)|<thr:in-reply-to[^>]*/>", b"", body)


def make(base: str, threads: tuple[Thread, ...] = ()) -> FeedConnector:
    """The connector, its feed on the local server."""
    settings = FeedSettings(feeds=[FeedAt(url=f"{base}/comments/default", channel="made-up")])
    return FeedConnector(settings, Surroundings(threads=threads, clock=lambda: NOW))


STAGE = Stage(
    name="feed",
    make=make,
    serve=serve,
    ids=frozenset(f"tag:made-up.example,2026:comment-{number}" for number in range(1, ITEMS + 1)),
    now=NOW,
    spoil=spoil,
    extend=extend,
    strip=strip,
    requests_a_100=1,
)
