import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlsplit

import praw
import prawcore
import pytest
import requests
import tweepy
from requests.adapters import HTTPAdapter

from tests.loopback.replay import RECORDED, Document, Replay, recorded
from tests.loopback.server import Loopback

UNHURRIED = {"x-ratelimit-remaining": None}  # prawcore sleeps by it
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded answers at {RECORDED}")


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def reddit(server):
    return praw.Reddit(
        client_id="id", client_secret="s3cret", user_agent="test:loopback:1 (by /u/test)", reddit_url=server.base, oauth_url=server.base,
        check_for_updates=False,
    )  # fmt: skip


class ToLoopback(HTTPAdapter):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def send(self, request, timeout=None, **others):
        url = urlsplit(request.url)
        request.url = f"{self.base}{url.path}?{url.query}"
        return super().send(request, timeout=timeout or 20, **others)


def x_client(server, **options):
    client = tweepy.Client(bearer_token="t0ken", **options)
    client.session.trust_env = False
    client.session.mount("https://api.twitter.com", ToLoopback(server.base))
    return client


def as_sent(name):
    return json.loads(recorded(name).read_text())["interactions"]


@pytest.mark.parametrize(
    "name", sorted(str(file.relative_to(RECORDED)) for file in RECORDED.glob("*/*.json") if '"interactions"' in file.read_text())
)
def test_every_recording_comes_back_byte_for_byte(name, session):
    interactions = as_sent(name)
    replay = Replay.of(name)
    with Loopback(replay) as server:
        for interaction in interactions:
            request, response = interaction["request"], interaction["response"]
            url = urlsplit(request["url"])
            answer = session.request(
                request["method"],
                f"{server.base}{url.path}?{url.query}",
                data=dict(parse_qsl(request["body"] or "")) or None,
                allow_redirects=False,
                timeout=5,
            )
            assert (answer.status_code, answer.content) == (response["status"], response["body"].encode())
            for header, value in response["headers"].items():
                assert answer.headers[header] == value or header in {"link", "location"}
    assert replay.left == []


def test_praw_reads_a_whole_recorded_tree():
    replay = Replay.of("reddit/submission_tree_more.json")
    with Loopback(replay) as server, reddit(server) as client:
        submission = client.submission("3hahrw")
        submission.comment_limit = 10
        submission.comments.replace_more(limit=None, threshold=0)
        assert len(submission.comments.list()) == 536
        assert len(server.seen(r"/api/morechildren/?", "POST")) + len(server.seen("/comments/.*")) == 51
        assert server.holding("s3cret") == []
    assert replay.left == []


def test_praw_walks_a_recorded_listing_to_its_end():
    with Loopback(Replay.of("reddit/listing_exhaust_1000_cap.json")) as server, reddit(server) as client:
        items = list(client.redditor("spez").top(limit=None))
        # the second page leads to one that was not kept: the next that was is given
        assert [request.one("after") for request in server.seen("/user/.*")] == [None, "t1_ct5snit", "t1_cvqa8g8", "t1_c02bvo5"]
    assert len({item.fullname for item in items}) == 301


def test_praw_hears_of_a_recorded_refusal():
    with (
        Loopback(Replay.of("reddit/error_429_retry_after_html.json", changes=UNHURRIED)) as server,
        reddit(server) as client,
        pytest.raises(prawcore.TooManyRequests) as caught,
    ):
        client.request(method="GET", path="api/v1/me")
    assert caught.value.retry_after == "4"


def test_tweepy_pages_through_the_recorded_counts():
    with Loopback(Replay.of("x/counts_all_four_pages.json")) as server:
        client = x_client(server)
        with client.session:
            pages = list(
                tweepy.Paginator(
                    client.get_all_tweets_count, "#commtwitter", start_time="2021-03-01T00:00:00Z", end_time="2021-06-05T00:00:00Z"
                )
            )
        assert len(pages) == 4
        assert len(server.holding("t0ken")) == 4


def test_tweepy_hears_of_a_reset_in_the_future():
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with Loopback(Replay.of("x/quoted_429_rate_limited.json", reset_in=90, now=lambda: now)) as server:
        client = x_client(server, return_type=requests.Response)
        with client.session, pytest.raises(tweepy.TooManyRequests) as caught:
            client.search_recent_tweets("brand")
    headers = caught.value.response.headers
    assert int(headers["x-rate-limit-reset"]) == now.timestamp() + 90
    assert parsedate_to_datetime(headers["date"]) == now


@pytest.mark.parametrize(
    ("name", "path", "header", "value"),
    [
        pytest.param("mastodon/error_404_status.json", "/api/v1/statuses/0", "x-ratelimit-reset", "2026-11-22T12:01:30.000000Z", id="ISO"),
        pytest.param("bluesky/post_thread.json", "/xrpc/app.bsky.feed.getPostThread", "ratelimit-reset", "1795348890", id="epoch"),
        pytest.param("reddit/error_404.json", "/r/reddit_api_test/wiki/invalid", "x-ratelimit-reset", "103", id="seconds to go stay"),
    ],
)
def test_absolute_reset_times_move_to_now(session, name, path, header, value):
    with Loopback(Replay.of(name, reset_in=90, now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))) as server:
        assert session.get(server.base + path, timeout=5).headers[header] == value


def test_links_stay_on_this_computer(session):
    with Loopback(Replay.of("mastodon/hashtag_paged_mastodon_social.json")) as server:
        first = session.get(f"{server.base}/api/v1/timelines/tag/ichbinhanna?limit=40", timeout=5)
        second = session.get(first.links["next"]["url"], timeout=5)
        assert second.url.startswith(server.base)
        assert len({status["id"] for status in first.json() + second.json()}) == 80


def test_the_best_match_is_given_and_the_last_repeats(session):
    first, second = (part["response"]["body"] for part in as_sent("youtube/search_by_keywords_two_pages.json"))
    with Loopback(Replay.of("youtube/search_by_keywords_two_pages.json")) as server:
        url = f"{server.base}/youtube/v3/search"
        asked = [{"q": "surfing", "pageToken": "P2"}, {"q": "surfing", "key": "k"}, {"q": "surfing"}, {"q": "surfing", "pageToken": "P2"}]
        assert [session.get(url, params=params, timeout=5).text for params in asked] == [second, first, first, second]
    with Loopback(Replay.of("youtube/search_by_keywords_two_pages.json", exact=("pageToken",)), strict=False) as server:
        assert session.get(url := f"{server.base}/youtube/v3/search", params={"pageToken": "made up"}, timeout=5).status_code == 501
        assert session.get(url, timeout=5).text == first


def test_more_children_are_those_asked_for(session):
    name = "reddit/submission_tree_more.json"
    asked = as_sent(name)[4]
    with Loopback(Replay.of(name), strict=False) as server:
        url = f"{server.base}/api/morechildren"
        children = dict(parse_qsl(asked["request"]["body"]))["children"].split(",")
        body = session.post(url, data={"children": ",".join(reversed(children)), "link_id": "t3_3hahrw"}, timeout=5).text
        assert body == asked["response"]["body"]
        assert session.post(url, data={"children": children[0], "link_id": "t3_3hahrw"}, timeout=5).status_code == 501


def test_a_file_is_sent_until_the_client_has_its_version(loopback, session):
    feed = Document.of("feeds/latin1_declared.rss", "application/rss+xml")
    loopback.on("GET", "/feed", feed)

    def get(**headers):
        return session.get(f"{loopback.base}/feed", headers={name.replace("_", "-"): text for name, text in headers.items()}, timeout=5)

    first = get()
    assert (first.content, first.headers["content-type"]) == (recorded("feeds/latin1_declared.rss").read_bytes(), "application/rss+xml")
    tag, date = first.headers["etag"], first.headers["last-modified"]
    assert [get(if_none_match=tag).status_code, get(if_none_match=f'"x", W/{tag}').status_code] == [304, 304]
    assert get(if_modified_since=date).status_code == 304
    assert get(if_none_match='"x"', if_modified_since=date).status_code == 200
    feed.change(b"<rss/>", datetime(2026, 11, 2, tzinfo=UTC))
    assert [get(if_none_match=tag).status_code, get(if_modified_since=date).content] == [200, b"<rss/>"]
