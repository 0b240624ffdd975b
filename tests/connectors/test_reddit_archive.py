import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.reddit_archive import RedditArchive
from connectors.reddit_settings import RedditSettings
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Surroundings, Window
from monitor.config.models import Thread
from monitor.errors import BadItem, ConfigError, RetryLater, SourceChanged, StopUntil
from monitor.mention import State
from tests.loopback import faults
from tests.loopback.server import Loopback, json_answer

# no answer of the archive's was recorded: these are made up after its README and what its users report
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMEOUT = json_answer({"data": None, "error": "Timeout. Maybe slow down a bit"}, 422)


def comment(number, *, at, **fields):
    seconds = int(at.timestamp())
    thing = {
        "id": f"c{number:04}",
        "link_id": "t3_s1",
        "parent_id": "t3_s1",
        "author": "ann",
        "body": "tea",
        "score": 1,
        "subreddit": "tea",
    }
    return {**thing, "created_utc": seconds, "retrieved_on": seconds + 20, **fields}


def archived(items, *, takes_in=False, auto=300):
    """Its search: items after a second (or from it on: `takes_in`) and before another, oldest first."""

    def serve(request):
        first, last = int(request.one("after")), int(request.one("before"))
        assert request.one("sort") == "asc"
        found = [one for one in items if first - takes_in < one["created_utc"] < last]
        limit = request.one("limit")
        return {"data": sorted(found, key=lambda one: one["created_utc"])[: auto if limit == "auto" else int(limit)]}

    return serve


def connector(server, *, threads=(), now=NOW, **settings):
    settings = {"subreddits": [{"name": "tea", "about": "Acme"}], **settings}
    return RedditArchive(
        RedditSettings(route="archive", base_url=server.base, **settings), Surroundings(threads=threads, clock=lambda: now)
    )


def pages_of(archive, name="archive comments tea", cursor=None, *, now=NOW, window=Window(), meter=None):  # noqa: B008
    query = next(query for query in archive.queries() if query.name == name)
    pages = []
    try:
        for page in archive.pull(query, cursor, now=now, window=window, meter=meter or NoMeter()):
            pages.append(page)
    except (RetryLater, StopUntil) as error:
        error.pages = pages
        raise
    finally:
        archive.close()
    return pages


def ids_of(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


def minutely(count):
    return [comment(number, at=NOW - timedelta(minutes=count - number)) for number in range(count)]


def test_each_subreddit_has_two_questions():
    archive = RedditArchive(
        RedditSettings(route="archive", subreddits=[{"name": "Tea", "about": "Acme"}]),
        Surroundings(threads=[Thread(url="https://redd.it/s1", about="Acme")]),
    )
    assert [(query.name, query.about, query.covers) for query in archive.queries()] == [
        ("archive posts tea", "Acme", True),
        ("archive comments tea", "Acme", True),
        ("archive thread s1", "Acme", False),
    ]
    assert archive.check() is None
    assert archive.estimate(archive.queries()[0], Window(), meter=NoMeter()).usd == 0.0


@pytest.mark.parametrize("takes_in", [False, True], ids=["after the second", "from the second on"])
def test_a_subreddit_is_read_to_the_end_and_nothing_twice(takes_in):
    items = minutely(950)
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(items, takes_in=takes_in))
        pages = pages_of(connector(server))
    assert ids_of(pages) == [f"t1_{one['id']}" for one in items]
    assert sum(page.seen for page in pages) == 950
    assert [request.one("limit") for request in server.seen()] == ["100", "auto", "auto", "auto", "auto"]
    assert {request.one("subreddit") for request in server.seen()} == {"tea"}
    assert [(looked.since, looked.until, looked.complete) for looked in pages[-1].covered] == [(NOW - timedelta(days=7), NOW, True)]


def test_many_comments_of_one_second_are_all_read():
    at = NOW - timedelta(hours=1)
    items = [comment(number, at=at + timedelta(seconds=number // 60)) for number in range(600)]
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(items, auto=150))
        pages = pages_of(connector(server))
    assert set(ids_of(pages)) == {f"t1_{one['id']}" for one in items}


def test_more_comments_of_one_second_than_a_page_holds_do_not_hold_it_up():
    items = [comment(1_000 + number, at=NOW - timedelta(hours=1)) for number in range(400)] + minutely(20)
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(items, auto=100))
        pages = pages_of(connector(server))
    assert pages[-1].is_last
    assert len(pages) < 10
    assert ids_of(pages)[-1] == f"t1_{items[-1]['id']}"


def test_a_walk_goes_on_wherever_it_was_cut():
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(minutely(1_500)))
        whole = pages_of(connector(server))
        for cut in range(len(whole) - 1):
            asked = len(server.seen())
            rest = pages_of(connector(server), cursor=json.loads(json.dumps(whole[cut].cursor)), now=NOW + timedelta(hours=1))
            assert ids_of(rest) == ids_of(whole[cut + 1 :])
            assert len(server.seen()) - asked == len(whole) - 1 - cut
    assert len(whole) >= 5


def test_the_next_walk_looks_two_hours_further_back():
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(minutely(600)))
        pages = pages_of(connector(server), cursor={"v": 1, "high": (NOW - timedelta(hours=1)).isoformat(), "mark": None})
    assert len(ids_of(pages)) == 180


def test_a_backfill_brings_its_window():
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(minutely(600)))
        window = Window(NOW - timedelta(hours=5), NOW - timedelta(hours=3))
        pages = pages_of(connector(server), window=window)
    assert len(ids_of(pages)) == 120
    assert [(looked.since, looked.until) for looked in pages[-1].covered] == [(window.since, window.until)]


def test_scores_are_unknown_until_they_settle():
    settled = comment(1, at=NOW - timedelta(days=3), score=7, _meta={"retrieved_2nd_on": (NOW - timedelta(days=1)).timestamp()})
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived([settled, comment(2, at=NOW - timedelta(hours=1))]))
        (page,) = pages_of(connector(server))
    assert [mention.engagement.score for mention in page.mentions] == [7, None]
    assert page.mentions[1].fetched_at == page.mentions[1].created_at + timedelta(seconds=20)


def test_an_overloaded_archive_is_asked_once_for_half_then_left_alone():
    items = minutely(90)
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(items))
        plan = server.fail(lambda request, proceed: TIMEOUT if int(request.one("limit")) > 25 else proceed(), times=None)
        with pytest.raises(RetryLater) as error:
            pages_of(connector(server))
        assert error.value.seconds == 300
        assert [request.one("limit") for request in server.seen()] == ["100", "50"]
        # by then the cursor says how much to ask for
        cursor = json.loads(json.dumps(error.value.pages[-1].cursor))
        pages = pages_of(connector(server), cursor=cursor)
    assert plan.struck
    assert ids_of(pages) == [f"t1_{one['id']}" for one in items]
    assert {request.one("limit") for request in server.seen()[2:]} == {"25"}
    assert len({request.one("after") for request in server.seen()[:3]}) == 1


def test_one_refusal_halves_and_goes_on():
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(minutely(400)))
        server.fail(lambda _request, _proceed: TIMEOUT, after=1)
        pages = pages_of(connector(server))
    assert len(set(ids_of(pages))) == 400
    assert [request.one("limit") for request in server.seen()] == ["100", "auto", "100", "100", "100", "100"]


def test_a_thread_is_followed_until_it_is_quiet():
    thread = Thread(url="https://www.reddit.com/r/tea/comments/s1/on_tea/", about="Acme", until_quiet="2h")
    items = [comment(1, at=NOW - timedelta(days=400)), comment(2, at=NOW - timedelta(hours=1))]
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived(items))
        (page,) = pages_of(connector(server, threads=[thread]), "archive thread s1")
        assert ids_of([page]) == ["t1_c0001", "t1_c0002"]
        assert server.seen()[0].one("link_id") == "t3_s1"
        (again,) = pages_of(connector(server, threads=[thread]), "archive thread s1", page.cursor, now=NOW + 30 * MINUTE)
        assert pages_of(connector(server, threads=[thread]), "archive thread s1", again.cursor, now=NOW + timedelta(hours=2)) == []
    assert len(server.seen()) == 2
    assert page.covered == ()


def test_a_second_look_brings_scores_and_deletions_and_says_nothing_of_what_it_lacks():
    known = [Known(f"t1_c{number:04}", NOW) for number in range(600)] + [Known("t3_s1", NOW), Known("t3_s2", NOW)]
    at = NOW - timedelta(days=3)
    with Loopback() as server:

        def looked_up(request):
            ids = request.one("ids").split(",")
            assert len(ids) <= 500
            later = {
                "retrieved_2nd_on": (NOW - timedelta(days=1)).timestamp(),
                "was_deleted_later": "c0001" in ids,
                "removal_type": "deleted",
            }
            return {"data": [comment(int(ids[0][1:]), at=at, score=4, _meta=later)]}

        server.on("GET", "/api/comments/ids", looked_up)
        server.on("GET", "/api/posts/ids", {"data": []})
        found = [mention for several in connector(server).refresh(known, now=NOW, meter=NoMeter()) for mention in several]
    assert [(mention.source_id, mention.state, mention.engagement.score) for mention in found] == [
        ("t1_c0000", State.DELETED, 4),
        ("t1_c0500", State.LIVE, 4),
    ]
    assert len(server.seen()) == 3


def test_an_odd_item_is_set_aside_and_read_later():
    with Loopback() as server:
        server.on("GET", "/api/comments/search", archived([comment(1, at=NOW - MINUTE), comment(2, at=NOW - MINUTE, body=None)]))
        archive = connector(server)
        (page,) = pages_of(archive)
    assert (len(page.mentions), page.seen, page.set_aside[0].reason) == (1, 2, "reddit: c0002: no body")
    query = archive.queries()[0]
    assert archive.read(page.set_aside[0].raw.replace("null", '"tea"'), query, now=NOW)[0].source_id == "t1_c0002"
    for raw in (page.set_aside[0].raw, page.set_aside[0].raw[:-3], "[]"):
        with pytest.raises(BadItem):
            archive.read(raw, query, now=NOW)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        pytest.param(faults.too_many({"retry-after": "30"}), RetryLater, "30 s", id="429 with seconds"),
        pytest.param(faults.too_many({"x-ratelimit-reset": "42"}), StopUntil, "until", id="429 with a reset"),
        pytest.param(faults.status(503), RetryLater, "503", id="503"),
        pytest.param(faults.truncated(keep=0.6), RetryLater, "no whole JSON", id="truncated"),
        pytest.param(
            faults.replaced(json_answer({"data": None, "error": "no such subreddit"}, 422)), SourceChanged, "422", id="another 422"
        ),
        pytest.param(faults.replaced(json_answer({"error": "x"})), SourceChanged, "no list", id="another shape"),
    ],
)
def test_troubles(fault, kind, said):
    with Loopback() as server:
        server.on("GET", "/.*", archived(minutely(5)))
        server.fail(fault, times=None)
        with pytest.raises(kind, match=said):
            pages_of(connector(server))
    assert len(server.seen()) == 1


@pytest.mark.parametrize("reset", [90, (NOW + timedelta(seconds=90)).timestamp()], ids=["seconds to go", "a time"])
def test_the_last_request_of_a_window_is_followed_by_none(reset):
    with Loopback() as server:
        serve = archived(minutely(300))
        limits = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
        server.on("GET", "/.*", lambda request: (200, limits, serve(request)))
        with pytest.raises(StopUntil) as error:
            pages_of(connector(server))
    assert abs(error.value.at - (NOW + timedelta(seconds=90))) < timedelta(days=1)
    assert len(server.seen()) == 1


def test_a_question_that_config_no_longer_asks_is_refused():
    with Loopback() as server:
        archive = connector(server)
        gone = type(archive.queries()[0])("reddit", "archive posts coffee")
        with pytest.raises(ConfigError):
            next(archive.pull(gone, None, now=NOW, window=Window(), meter=NoMeter()))
