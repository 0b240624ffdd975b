import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.bluesky import BlueskyConnector, BlueskySettings
from connectors.bluesky_items import address_of, has_words, mention_from_post, posts_of_thread
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Surroundings, Window
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, CredentialsRefused, RetryLater, SourceChanged, StopUntil
from monitor.mention import Engagement, Kind, State
from tests.connectors.stages.bluesky import AUTHOR, HANDLE, NOW, PASSWORD, POSTS, SESSION, STAGE, TOKEN, found, post, refused
from tests.loopback import faults
from tests.loopback.replay import Replay, interactions_of, recorded
from tests.loopback.server import Answer as Sent
from tests.loopback.server import Loopback, json_answer

HOUR = timedelta(hours=1)
SEARCH = "/xrpc/app.bsky.feed.searchPosts"
THREAD = "https://bsky.app/profile/did:plc:ntd53albt5ffa4rgervvgibd/post/3kbi55xm6u62v"


@pytest.fixture(autouse=True)
def account(monkeypatch):
    monkeypatch.setenv("BLUESKY_HANDLE", HANDLE)
    monkeypatch.setenv("BLUESKY_APP_PASSWORD", PASSWORD)


def answer(name):
    (one,) = interactions_of(recorded(f"bluesky/{name}.json"))
    return json.loads(one.answer.body)


def staged(request):
    response = STAGE.serve(request)
    return Sent(response.status, response.headers, response.body)


def signed_in(server):
    server.on("POST", SESSION, lambda _: json_answer({"accessJwt": TOKEN}))


def connector(server, *, now=NOW, threads=(), brands=None):
    brands = [Brand(name="Streamly", rule="streamly")] if brands is None else brands
    return BlueskyConnector(BlueskySettings(base_url=server.base), Surroundings(brands=brands, threads=threads, clock=lambda: now))


def pulled(source, cursor=None, *, now=NOW, meter=None, window=Window()):  # noqa: B008
    (query,) = source.queries()
    return list(source.pull(query, cursor, now=now, window=window, meter=meter or NoMeter()))


def ids(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


def read(item):
    return mention_from_post(item, NOW)


def test_recorded_search_results_become_mentions_by_the_time_they_were_seen():
    posts = answer("search_posts_rstats_100")["posts"]
    mentions = [read(item) for item in posts]
    assert len({one.source_id for one in mentions}) == 100
    assert mentions[0].created_at == datetime(2025, 7, 4, 8, 28, 36, 202000, tzinfo=UTC)
    assert mentions[0].text == "Using #rstats for the plots."
    assert (mentions[0].kind, mentions[0].quoted_id) == (
        Kind.REPLY,
        "at://did:plc:xxppgquw2duy3v2qh6mg5oiv/app.bsky.feed.post/3lj3q6dngdk2w",
    )
    assert mentions[0].in_reply_to_id == mentions[0].conversation_id
    assert mentions[0].url == "https://bsky.app/profile/did:plc:xxppgquw2duy3v2qh6mg5oiv/post/3lt4t5vltz22t"
    assert (mentions[0].author_name, mentions[0].author_id) == ("karlpettersson.bsky.social", "did:plc:xxppgquw2duy3v2qh6mg5oiv")
    assert [sum(one.kind is kind for one in mentions) for kind in (Kind.REPLY, Kind.QUOTE)] == [10, 4]
    assert sum(one.lang is not None for one in mentions) == sum(bool(item["record"].get("langs")) for item in posts) == 66
    assert all(one.created_at.tzinfo is UTC and one.engagement.likes is not None for one in mentions)


def test_recorded_links_are_whole_though_the_text_shows_them_cut():
    mentions = [read(item) for item in answer("search_posts_rstats_100")["posts"]]
    assert mentions[4].links == ("https://bigbookofr.com/chapters/economics.html",)
    assert all(link.startswith("http") for one in mentions for link in one.links)


@pytest.mark.parametrize("name", ["list_feed_page1", "list_feed_page2"])
def test_recorded_feeds_hold_the_same_kind_of_post(name):
    feed = answer(name)["feed"]
    mentions = [read(item["post"]) for item in feed if has_words(item["post"])]
    assert mentions
    replies = [one for one in mentions if one.kind is Kind.REPLY]
    assert all(one.conversation_id and one.in_reply_to_id for one in replies)
    assert all(one.conversation_id == one.source_id for one in mentions if one.kind is not Kind.REPLY)


def test_the_recorded_thread_is_read_whole_in_one_request():
    with Loopback(Replay.of("bluesky/post_thread.json", reset_in=100)) as server:
        signed_in(server)
        source = connector(server, brands=[], threads=[Thread(url=THREAD, about="Streamly")])
        (page,) = pulled(source)
        assert len(server.seen("/xrpc/app.bsky.feed.*")) == 1
        assert (page.seen, page.is_last, page.covered) == (4, True, ())
        root = page.mentions[0].source_id
        assert root == "at://did:plc:ntd53albt5ffa4rgervvgibd/app.bsky.feed.post/3kbi55xm6u62v"
        assert {one.conversation_id for one in page.mentions} == {root}
        assert [one.in_reply_to_id for one in page.mentions][1:] == [one.source_id for one in page.mentions][:-1]
        assert pulled(source, page.cursor, now=NOW + 1000 * HOUR) == []


def test_a_tree_as_deep_as_can_be_is_walked_without_its_blocked_parts():
    node = {"notFound": True, "uri": "at://x"}
    for number in range(3000):
        node = {"post": post(f"{number}", NOW), "replies": [node, {"blocked": True}]}
    assert len(posts_of_thread(node)) == 3000
    assert posts_of_thread(None) == []


def test_a_followed_post_that_is_gone_ends_quietly():
    with Loopback() as server:
        signed_in(server)
        server.on("GET", ".*getPostThread", lambda _: json_answer({"error": "NotFound", "message": "gone"}, 400))
        (page,) = pulled(connector(server, brands=[], threads=[Thread(url=THREAD, about="Streamly")]))
        assert (page.is_last, page.mentions) == (True, [])


def test_one_walk_pages_through_the_search_between_two_fixed_moments():
    with Loopback(staged) as server:
        pages = pulled(connector(server))
        assert set(ids(pages)) == STAGE.ids
        assert [len(page.mentions) for page in pages] == [100, 100, 50, 0, 0]
        asked = server.seen(SEARCH)[:3]
        assert [request.one("q") for request in server.seen(SEARCH)[2:]] == ["streamly", '"streamly\'s"', '"streamly’s"']
        assert [request.one("cursor") for request in asked] == [None, "100", "200"]
        assert {(request.one("since"), request.one("until"), request.one("sort"), request.one("limit")) for request in asked} == {
            ("2026-11-13T12:00:00.000Z", "2026-11-20T12:00:00.000Z", "latest", "100")
        }
        assert len(server.seen(SESSION)) == 1
        assert not [request for request in server.seen() if TOKEN in request.target or PASSWORD in request.target]
        later = pulled(connector(server), pages[-1].cursor, now=NOW + HOUR)
        assert server.seen(SEARCH)[-1].one("since") == "2026-11-20T10:00:00.000Z"
        assert set(ids(later)) == {one["uri"] for one in POSTS[:4]}
    (looked,) = pages[-1].covered
    assert (looked.since, looked.until, looked.complete) == (NOW - timedelta(days=7), NOW, True)


@pytest.mark.parametrize("cut", [1, 2])
def test_a_walk_cut_short_goes_on_with_the_next_page(cut):
    with Loopback(staged) as server:
        source = connector(server)
        (query,) = source.queries()
        pages = source.pull(query, None, now=NOW, window=Window(), meter=NoMeter())
        begun = [next(pages) for _ in range(cut)]
        pages.close()
        rest = pulled(connector(server), json.loads(json.dumps(begun[-1].cursor)), now=NOW + HOUR)
        assert ids(begun) + ids(rest) == [one["uri"] for one in POSTS]
        assert len(server.seen(SEARCH)) == 5


def test_several_searches_are_one_walk():
    posts = [post(f"3k{number}", NOW - number * HOUR, text=("Globex fell", "Streamly fell")[number % 2]) for number in range(1, 50)]
    with Loopback() as server:
        signed_in(server)
        server.on("GET", SEARCH, lambda request: json_answer(found(posts, request)))
        source = connector(server, brands=[Brand(name="Streamly", rule="streamly OR globex")])
        pages = pulled(source)
        assert sorted(ids(pages)) == sorted(one["uri"] for one in posts)
        assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
        assert [request.one("q") for request in server.seen(SEARCH)] == source.queries()[0].asks.split("\n")


def test_a_search_that_tires_after_full_pages_goes_on_before_its_oldest_post():
    def tired(request):
        page = found(POSTS, request)
        return json_answer({"posts": page["posts"]} if request.one("cursor") else page)

    with Loopback() as server:
        signed_in(server)
        server.on("GET", SEARCH, tired)
        pages = pulled(connector(server))
        assert set(ids(pages)) == STAGE.ids
        assert pages[-1].covered[0].complete


def test_an_expired_session_is_opened_once_more_in_mid_walk():
    expiring = faults.ExpiringToken(good_for=1, renewed_by=SESSION)
    with Loopback(staged) as server:
        server.fail(expiring, times=None)
        assert set(ids(pulled(connector(server)))) == STAGE.ids
        assert expiring.renewals == 5
    with Loopback(staged) as server:
        response = refused(400, "ExpiredToken")
        server.fail(faults.status(400, body=response.body), path=SEARCH, after=1)
        assert set(ids(pulled(connector(server)))) == STAGE.ids
        assert len(server.seen(SESSION)) == 2


@pytest.mark.parametrize(("response", "kind"), STAGE.troubles)
def test_a_refusal_that_a_new_session_does_not_mend_is_told(response, kind):
    with Loopback(staged) as server:
        server.fail(faults.status(response.status, body=response.body), path=SEARCH, times=None)
        with pytest.raises(kind) as error:
            pulled(connector(server))
        assert len(server.seen(SEARCH)) <= 2
        assert not [secret for secret in (PASSWORD, TOKEN) if secret in str(error.value)]


def test_a_wrong_password_is_told_with_the_names_of_the_variables(monkeypatch):
    monkeypatch.setenv("BLUESKY_APP_PASSWORD", "wrong")
    with Loopback(staged) as server, pytest.raises(CredentialsRefused, match="BLUESKY_APP_PASSWORD"):
        pulled(connector(server))


def test_missing_secrets_are_told_before_anything_is_asked(monkeypatch):
    monkeypatch.delenv("BLUESKY_APP_PASSWORD")
    with Loopback() as server:
        assert "BLUESKY_APP_PASSWORD" in connector(server).check()
        with pytest.raises(CredentialsRefused):
            pulled(connector(server))


def test_too_many_requests_wait_for_the_reset_in_seconds_since_1970():
    reset = int(datetime.now(UTC).timestamp()) + 120
    with Loopback(staged) as server:
        server.fail(faults.too_many({"ratelimit-reset": str(reset)}), path=SEARCH)
        with pytest.raises(StopUntil) as stop:
            pulled(connector(server))
    assert abs(stop.value.at.timestamp() - reset) < 5


def test_a_broken_answer_is_asked_for_again_later():
    with Loopback(staged) as server:
        for fault in (faults.truncated(), faults.status(502), faults.dropped()):
            server.fail(fault, path=SEARCH)
            with pytest.raises(RetryLater):
                pulled(connector(server))


def test_an_answer_without_posts_is_a_changed_source():
    with Loopback() as server:
        signed_in(server)
        server.on("GET", SEARCH, lambda _: json_answer({"results": []}))
        with pytest.raises(SourceChanged):
            pulled(connector(server))


def test_a_quote_beside_a_picture_is_a_quote_and_a_list_is_none():
    quoted = "at://did:plc:bob/app.bsky.feed.post/3kq"
    embed = {
        "$type": "app.bsky.embed.recordWithMedia",
        "record": {"record": {"uri": quoted}},
        "media": {"external": {"uri": "https://a.example/x"}},
    }
    one = read(post("3k", NOW, embed=embed))
    assert (one.kind, one.quoted_id, one.links) == (Kind.QUOTE, quoted, ("https://a.example/x",))
    other = {"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:bob/app.bsky.graph.list/3kq"}}
    assert read(post("3k", NOW, embed=other)).kind is Kind.POST


def test_counts_that_are_not_told_are_unknown():
    one = read({key: value for key, value in post("3k", NOW).items() if not key.endswith("Count")})
    assert (one.engagement, one.engagement_at) == (Engagement(), None)
    assert read(post("3k", NOW)).engagement == Engagement(likes=3, replies=1, reposts=2, quotes=4)


def test_a_post_of_nothing_but_a_picture_is_no_mention():
    with Loopback() as server:
        signed_in(server)
        server.on("GET", SEARCH, lambda _: json_answer({"posts": [post("3k1", NOW, text=""), post("3k2", NOW)]}))
        page, *_ = pulled(connector(server))
        assert (len(page.mentions), page.seen, page.set_aside) == (1, 2, [])


@pytest.mark.parametrize("gone", ["uri", "indexedAt", "record"])
def test_a_post_without_what_it_must_have_is_odd_and_the_others_come(gone):
    odd = {key: value for key, value in post("3k1", NOW).items() if key != gone}
    with Loopback() as server:
        signed_in(server)
        server.on("GET", SEARCH, lambda _: json_answer({"posts": [post("3k2", NOW), odd]}))
        source = connector(server)
        page, *_ = pulled(source)
        assert (len(page.mentions), len(page.set_aside)) == (1, 1)
        with pytest.raises(BadItem):
            source.read(page.set_aside[0].raw, source.queries()[0], now=NOW)
        assert source.read(json.dumps(post("3k3", NOW)), source.queries()[0], now=NOW)[0].author_id == AUTHOR["did"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://bsky.app/profile/ann.example/post/3lt4", "at://ann.example/app.bsky.feed.post/3lt4"),
        ("https://bsky.app/profile/did:plc:abc/post/3lt4?x=1", "at://did:plc:abc/app.bsky.feed.post/3lt4"),
        ("https://bsky.app/profile/ann.example", None),
        ("https://evil.example/profile/ann.example/post/3lt4", None),
    ],
)
def test_a_post_is_known_by_its_address(url, expected):
    assert address_of(url) == expected


def test_a_second_look_asks_for_25_at_once_and_tells_what_is_gone():
    known = [Known(one["uri"], NOW, one["uri"]) for one in POSTS[:30]]
    with Loopback() as server:
        signed_in(server)
        there = {one["uri"]: one for one in POSTS[1:]}
        server.on(
            "GET", ".*getPosts", lambda request: json_answer({"posts": [there[uri] for uri in request.query["uris"] if uri in there]})
        )
        looked = list(connector(server).refresh(known, now=NOW, meter=NoMeter()))
        assert [len(request.query["uris"]) for request in server.seen(".*getPosts")] == [25, 5]
    states = {one.source_id: one.state for several in looked for one in several}
    assert states.pop(POSTS[0]["uri"]) is State.UNAVAILABLE
    assert (len(states), set(states.values())) == (29, {State.LIVE})


def test_the_meter_hears_the_recorded_window():
    class Listening(NoMeter):
        heard = ()

        def told(self, bucket, *, remaining, resets_at):
            self.heard = (bucket.name, remaining, resets_at)

    meter = Listening()
    with Loopback(Replay.of("bluesky/search_posts_rstats_100.json", reset_in=120, now=lambda: datetime.now(UTC))) as server:
        signed_in(server)
        source = connector(server, now=datetime.now(UTC), brands=[Brand(name="R", rule="rstats")])
        (query,) = source.queries()
        next(source.pull(query, None, now=NOW, window=Window(), meter=meter))
    assert meter.heard[:2] == ("bluesky requests", 2985)
    assert abs(meter.heard[2] - datetime.now(UTC) - timedelta(seconds=120)) < timedelta(seconds=10)
