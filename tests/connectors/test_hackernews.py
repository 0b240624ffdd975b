import importlib.util
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.hackernews import HackerNewsConnector, HackerNewsSettings, follows
from connectors.hackernews_items import mention_from_hit, mention_from_item, mention_from_tree
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Surroundings, Window
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, RetryLater, SourceChanged
from monitor.mention import Kind, State
from tests.loopback.replay import Replay, recorded
from tests.loopback.server import Answer, Loopback

spec = importlib.util.spec_from_file_location("hackernews_stage", Path(__file__).parent / "stages" / "hackernews.py")
stage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stage)

NOW = stage.NOW
APPLE = Brand(name="Apple", rule="apple")


class Counting(NoMeter):
    def __init__(self):
        self.reserved = self.used = 0

    def reserve(self, bucket, amount=1):
        assert (bucket.limit, bucket.span) == (10_000, timedelta(hours=1))
        self.reserved += amount

    def settle(self, bucket, *, reserved, used):
        self.used += used


def connector(server, *brands, threads=(), **settings):
    given = HackerNewsSettings(base_url=f"{server.base}/api/v1", firebase_url=f"{server.base}/v0", **settings)
    return HackerNewsConnector(given, Surroundings(brands=brands or (APPLE,), threads=threads, clock=lambda: NOW))


def pages_of(one, cursor=None, *, now=NOW, window=Window(), meter=None):  # noqa: B008
    return [page for query in one.queries() for page in one.pull(query, cursor, now=now, window=window, meter=meter or NoMeter())]


def hits(name):
    return [hit for part in json.loads(recorded(name).read_text())["interactions"] for hit in json.loads(part["response"]["body"])["hits"]]


def made_up(server):
    server.add(lambda request: (answer := stage.serve(request)) and (answer.status, answer.headers, answer.body))


# what the recorded answers say


def test_a_recorded_comment_is_a_reply_with_its_thread():
    top, reply, *_ = (mention_from_hit(hit, NOW) for hit in hits("hackernews/algolia_search_apple.json"))
    assert (top.source_id, top.kind, top.conversation_id, top.in_reply_to_id) == ("6651926", Kind.COMMENT, "6651704", "6651704")
    assert top.text.startswith("It's a little early to say for sure")
    assert "\nApple used to be careful" in top.text
    assert (top.title, top.author_name, top.engagement.score) == (None, "pg", 293)
    assert top.url == "https://news.ycombinator.com/item?id=6651926"
    assert (reply.kind, reply.conversation_id, reply.in_reply_to_id) == (Kind.REPLY, "7918547", "7919290")
    assert "Starbucks/Wal-Mart" in reply.text
    assert reply.created_at == datetime(2014, 6, 20, 3, 32, 34, tzinfo=UTC)


def test_recorded_stories_and_polls_have_titles_and_points():
    _, _, poll, _, story, *_ = (mention_from_hit(hit, NOW) for hit in hits("hackernews/algolia_search_apple.json"))
    assert (poll.kind, poll.title) == (Kind.POST, "Poll: App rejected. Is this offensive? Seriously Apple?")
    assert poll.text.startswith("Our second attempt")
    assert (story.title, story.text, story.conversation_id) == ("Steve Jobs Resigns as CEO of Apple", None, "2922756")
    assert (story.engagement.score, story.engagement.replies, story.engagement_at) == (1638, 308, NOW)
    assert story.links == ("http://finance.yahoo.com/news/Steve-Jobs-Resigns-as-CEO-of-bw-19285464.html?x=0&.v=1",)


def test_the_recorded_search_is_read_over_http():
    with Loopback(Replay.of("hackernews/algolia_search_apple.json")) as server:
        page = next(iter(connector(server).pull(connector(server).queries()[0], None, now=NOW, window=Window(), meter=NoMeter())))
        (request,) = server.seen()
    assert [mention.source for mention in page.mentions] == ["hackernews"]
    assert request.path == "/api/v1/search_by_date"
    assert request.one("query") == "apple"
    assert request.one("numericFilters") == f"created_at_i>={int(NOW.timestamp()) - 7 * 86_400},created_at_i<{int(NOW.timestamp())}"
    assert (request.one("hitsPerPage"), request.one("tags")) == ("1000", "(story,comment,poll)")


def test_a_recorded_thread_comes_whole_in_one_request():
    thread = Thread(url="https://news.ycombinator.com/item?id=17", about="Apple", until_quiet="3650d")
    with Loopback(Replay.of("hackernews/algolia_item_tree_17.json")) as server:
        one = connector(server, APPLE, threads=(thread,))
        query = one.queries()[1]
        now = datetime(2009, 2, 1, tzinfo=UTC)
        (page,) = one.pull(query, None, now=now, window=Window(), meter=NoMeter())
        (later,) = one.pull(query, page.cursor, now=now + timedelta(days=1), window=Window(), meter=NoMeter())
        assert list(one.pull(query, page.cursor, now=now + timedelta(days=3650), window=Window(), meter=NoMeter())) == []
    assert (query.about, query.covers, page.covered) == ("Apple", False, ())
    assert [(mention.source_id, mention.kind, mention.in_reply_to_id) for mention in page.mentions] == [
        ("17", Kind.REPLY, "15"),
        ("1079", Kind.REPLY, "17"),
        ("454426", Kind.REPLY, "17"),
    ]
    assert {mention.conversation_id for mention in page.mentions} == {"1"}
    assert page.cursor["mark"] == {"newest": "2009-01-28T20:32:27+00:00"}
    assert (later.mentions, later.seen) == ([], 3)


def test_recorded_items_are_looked_at_again():
    known = [
        Known("21500569", NOW - timedelta(days=7), "21500569"),
        Known("21500829", NOW - timedelta(days=7), "21500569"),
        Known("21500985", NOW - timedelta(days=7), "21500569"),
        Known("21501055", NOW - timedelta(days=7), "21500569"),
        Known("3000", NOW - timedelta(days=7), "2999"),
    ]
    with Loopback(Replay.of("hackernews/firebase_thread_with_deleted.json")) as server:
        seen = [mention for batch in connector(server).refresh(known, now=NOW, meter=NoMeter()) for mention in batch]
        assert len(server.seen("/v0/item/.*")) == 5
    story, comment, reply, deleted, missing = seen
    assert (story.state, story.engagement.score, story.engagement.replies) == (State.LIVE, 21, 3)
    assert (comment.kind, comment.conversation_id, comment.author_name) == (Kind.COMMENT, "21500569", "vanniv")
    assert (reply.kind, reply.in_reply_to_id) == (Kind.REPLY, "21500829")
    assert reply.text.count("\n") == 2
    assert (deleted.state, deleted.text, deleted.author_name, deleted.source_id) == (State.DELETED, None, None, "21501055")
    assert (missing.state, missing.source_id, missing.text) == (State.UNAVAILABLE, "3000", None)


def test_the_recorded_updates_and_highest_item_are_no_items():
    for part in json.loads(recorded("hackernews/firebase_updates_maxitem.json").read_text())["interactions"]:
        body = json.loads(part["response"]["body"])
        with pytest.raises(BadItem):
            mention_from_item(body if isinstance(body, dict) else {"id": body}, Known("1", NOW), NOW)


# items


def test_a_flagged_item_is_removed_and_keeps_nothing():
    dead = {"id": 8, "type": "comment", "by": "spam", "text": "[flagged]", "time": 1_762_000_000, "dead": True, "parent": 7}
    mention = mention_from_item(dead, Known("8", NOW, "7"), NOW)
    assert (mention.state, mention.text, mention.author_name, mention.links) == (State.REMOVED, None, None, ())


def test_a_missing_item_that_is_young_is_left_out():
    assert mention_from_item(None, Known("8", NOW - timedelta(minutes=59), "7"), NOW) is None


def test_a_deleted_comment_of_a_thread_is_told_as_deleted():
    item = {"id": 9, "type": "comment", "author": None, "text": None, "created_at_i": 1_762_000_000, "parent_id": 8, "story_id": 8}
    assert mention_from_tree(item, NOW).state == State.DELETED


@pytest.mark.parametrize(
    "change",
    [{"objectID": None}, {"objectID": "x"}, {"created_at_i": None}, {"created_at_i": "soon"}, {"comment_text": " "}, {"parent_id": "top"}],
    ids=str,
)
def test_an_odd_hit_is_set_aside(change):
    with pytest.raises(BadItem):
        mention_from_hit({**stage.hit(5), **change}, NOW)


# walks


def test_more_than_one_answer_holds_is_asked_for_in_stretches_of_time():
    meter = Counting()
    with Loopback() as server:
        made_up(server)
        pages = pages_of(stage.make(server.base), meter=meter)
    found = [mention.source_id for page in pages for mention in page.mentions]
    assert set(found) == stage.STAGE.ids
    assert len(found) - len(set(found)) <= len(pages)
    assert [page.is_last for page in pages] == [False, False, True]
    assert meter.reserved == meter.used == 3
    (looked,) = pages[-1].covered
    assert (looked.since, looked.until, looked.complete) == (NOW - timedelta(days=7), NOW, True)


def test_a_walk_cut_short_goes_on_with_the_next_page():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base)
        walk = one.pull(one.queries()[0], None, now=NOW, window=Window(), meter=NoMeter())
        first = next(walk)
        walk.close()
        rest = pages_of(one, first.cursor, now=NOW + timedelta(hours=1))
        asked = [request.one("numericFilters") for request in server.seen()]
    assert {mention.source_id for page in [first, *rest] for mention in page.mentions} == stage.STAGE.ids
    assert len(set(asked)) == 3
    assert rest[-1].cursor["high"] == NOW.isoformat()


def test_the_next_walk_overlaps_by_half_an_hour():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base)
        cursor = pages_of(one)[-1].cursor
        pages_of(one, cursor, now=NOW + timedelta(minutes=5))
        last = server.seen()[-1]
    assert last.one("numericFilters").startswith(f"created_at_i>={int(NOW.timestamp()) - 1800},")


def test_each_string_of_a_rule_is_asked_for_and_all_belong_to_its_brand():
    brands = (Brand(name="Acme", rule='"acme corp" OR globex OR acme-app', exclude="stables"), Brand(name="Apple", rule="apple"))
    with Loopback() as server:
        server.on("GET", "/api/v1/search_by_date", {"hits": [], "nbHits": 0})
        one = connector(server, *brands)
        acme, apple = one.queries()
        pages = list(one.pull(acme, None, now=NOW, window=Window(), meter=NoMeter()))
        asked = [request.one("query") for request in server.seen()]
    assert (acme.brands, apple.brands) == (("Acme",), ("Apple",))
    assert asked == acme.asks.split("\n")
    assert len(asked) >= 3
    assert [len(page.covered) for page in pages] == [0] * (len(asked) - 1) + [1]


def test_a_changed_rule_begins_the_walk_again_from_the_old_high():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base)
        walk = one.pull(one.queries()[0], None, now=NOW, window=Window(), meter=NoMeter())
        cursor = next(walk).cursor
        walk.close()
        other = HackerNewsConnector(
            HackerNewsSettings(base_url=server.base), Surroundings(brands=(Brand(name="Streamly", rule="streamlyapp"),), clock=lambda: NOW)
        )
        pages_of(other, cursor, now=NOW)
        assert server.seen()[1].one("numericFilters") == server.seen()[0].one("numericFilters")


def test_a_second_with_more_hits_than_an_answer_holds_does_not_stop_the_walk():
    at = int(NOW.timestamp()) - 100

    def crowded(request):
        bounds = request.one("numericFilters")
        is_first = bounds.endswith(f"<{int(NOW.timestamp())}")
        same = [{**stage.hit(5), "objectID": str(n), "created_at_i": at} for n in range(10)]
        return {"hits": same if is_first or bounds.endswith(f"<{at + 1}") else [{**stage.hit(6), "created_at_i": at - 9}], "nbHits": 11 if
                is_first or bounds.endswith(f"<{at + 1}") else 1}  # fmt: skip

    with Loopback() as server:
        server.on("GET", "/api/v1/search_by_date", crowded)
        pages = pages_of(connector(server))
    assert [len(page.mentions) for page in pages] == [10, 10, 1]


def test_a_backfill_asks_for_its_window():
    window = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC))
    with Loopback() as server:
        server.on("GET", "/api/v1/search_by_date", {"hits": [], "nbHits": 2500})
        one = connector(server)
        (page,) = pages_of(one, window=window)
        estimate = one.estimate(one.queries()[0], window, meter=NoMeter())
        assert {request.one("numericFilters") for request in server.seen()} == {"created_at_i>=1577836800,created_at_i<1580515200"}
    assert page.covered[0].since == window.since
    assert (estimate.items, estimate.requests, estimate.usd) == (2500, 4, 0.0)


def test_check_tells_of_a_rule_without_words():
    with Loopback() as server:
        one = connector(server, Brand(name="Quiet", rule="author:bob"))
        assert one.check() == "hackernews: the rule of Quiet has no word to search for; add one to its rule"
        assert one.queries() == []
        assert connector(server).check() is None


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://news.ycombinator.com/item?id=17", True),
        ("https://news.ycombinator.com/item?id=17&p=2", True),
        ("https://news.ycombinator.com/user?id=pg", False),
        ("https://news.ycombinator.com/item?id=../search", False),
        ("https://other.example/item?id=17", False),
    ],
)
def test_items_are_what_can_be_followed(url, followed):
    assert follows(HackerNewsSettings(), url) is followed


# trouble


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        pytest.param(Answer(400, body=b'{"message": "invalid numericFilters"}'), SourceChanged, id="400"),
        pytest.param(Answer(429, headers={"retry-after": "60"}), RetryLater, id="429"),
        pytest.param(Answer(body=b'{"hits": [{"objectID": "1"'), RetryLater, id="cut"),
        pytest.param(Answer(body=b'{"results": []}'), SourceChanged, id="another shape"),
        pytest.param(Answer(body=b"[]"), SourceChanged, id="a list"),
    ],
)
def test_trouble_is_told(answer, trouble):
    with Loopback() as server:
        server.on("GET", "/api/v1/search_by_date", answer)
        with pytest.raises(trouble):
            pages_of(connector(server))


def test_a_thread_that_is_not_there_is_told():
    with Loopback() as server:
        server.on("GET", "/api/v1/items/17", Answer(404, body=b'{"error": "Not Found"}'))
        one = connector(server, APPLE, threads=(Thread(url="https://news.ycombinator.com/item?id=17", about="Apple"),))
        with pytest.raises(SourceChanged, match="check config"):
            list(one.pull(one.queries()[1], None, now=NOW, window=Window(), meter=NoMeter()))


def test_items_come_back_from_quarantine():
    with Loopback() as server:
        one = connector(server)
        (query,) = one.queries()
        (hit,) = one.read(json.dumps(stage.hit(5)), query, now=NOW)
        (item,) = one.read(json.dumps(stage.tree(9010)["children"][0]), query, now=NOW)
        assert (hit.source_id, item.conversation_id) == ("9005", "9010")
        for raw in ("[]", "{", '{"objectID": "x"}'):
            with pytest.raises(BadItem):
                one.read(raw, query, now=NOW)
