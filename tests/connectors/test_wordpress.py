import importlib.util
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.wordpress import Site, WordPressConnector, WordPressSettings, follows
from connectors.wordpress_comments import mention_from_comment
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Place, Surroundings, Window
from monitor.config.models import Thread
from monitor.errors import BadItem, CredentialsRefused, RetryLater, SourceChanged
from monitor.mention import Kind, State
from tests.loopback.replay import Replay, recorded
from tests.loopback.server import Answer, Loopback

spec = importlib.util.spec_from_file_location("wordpress_stage", Path(__file__).parent / "stages" / "wordpress.py")
stage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stage)

NOW = stage.NOW
COMMENTS = "/wp-json/wp/v2/comments"


def made_up(server):
    def handle(request):
        answer = stage.serve(request)
        return answer.status, answer.headers, answer.body

    server.add(handle)


def connector(base, *, folder="", threads=(), **settings):
    given = WordPressSettings(sites=[Site(url=base + folder)], **settings)
    return WordPressConnector(given, Surroundings(threads=threads, clock=lambda: NOW))


def pages_of(one, cursor=None, *, now=NOW, window=Window(), query=0):  # noqa: B008
    return list(one.pull(one.queries()[query], cursor, now=now, window=window, meter=NoMeter()))


def comment(**changes):
    return mention_from_comment({**stage.comment(10), **changes}, site="blog.example", fetched_at=NOW)


# what the recorded answers say


def test_the_recorded_list_is_read_to_its_end():
    replay = Replay.of("wordpress/comments_collection.json")
    with Loopback(replay) as server:
        (page,) = pages_of(connector(server.base, first_reach="3650d"))
        (request,) = server.seen()
    (mention,) = page.mentions
    assert (mention.source_id, mention.kind) == ("127.0.0.1:2", Kind.COMMENT)
    assert (mention.conversation_id, mention.in_reply_to_id) == ("127.0.0.1:post-4", "127.0.0.1:post-4")
    assert mention.created_at == datetime(2017, 2, 14, tzinfo=UTC)
    assert (mention.text, mention.author_name, mention.author_id) == ("This is a comment", "Internet of something or other", None)
    assert (mention.url, mention.channel) == ("http://example.org/?p=4#comment-2", "127.0.0.1")
    assert (request.one("per_page"), request.one("order"), request.one("offset")) == ("100", "asc", "0")
    assert page.is_last


def test_the_recorded_refusal_of_a_page_past_the_end_is_the_end():
    bodies = [part["response"]["body"] for part in json.loads(recorded("wordpress/comments_collection.json").read_text())["interactions"]]
    with Loopback() as server:
        server.on("GET", COMMENTS, lambda request: (200, {}, bodies[0]) if request.one("offset") == "0" else (400, {}, bodies[1]))
        first, last = pages_of(connector(server.base, first_reach="3650d"))
    assert (len(first.mentions), first.is_last) == (1, False)
    assert (last.mentions, last.seen, last.is_last) == ([], 0, True)
    assert last.covered[0].until == NOW


# items


def test_replies_name_their_parent_and_members_their_number():
    mention = comment(author=4)
    assert (mention.kind, mention.in_reply_to_id, mention.conversation_id) == (Kind.REPLY, "blog.example:7", "blog.example:post-1001")
    assert (mention.author_id, mention.author_name) == ("blog.example:4", "Reader & 10")


def test_a_review_in_a_shop_is_a_review():
    assert comment(type="review").kind == Kind.REVIEW


def test_a_comment_that_is_no_longer_approved_is_removed():
    mention = comment(status="spam")
    assert (mention.state, mention.text, mention.author_name) == (State.REMOVED, None, None)


def test_links_that_are_scripts_are_dropped():
    mention = comment(link="javascript:alert(1)", content={"rendered": "<a href='javascript:alert(2)'>here</a>"})
    assert (mention.url, mention.links, mention.text) == (None, (), "here")


@pytest.mark.parametrize(
    "change",
    [{"id": None}, {"id": "2"}, {"id": True}, {"date_gmt": None}, {"date_gmt": "2026-13-01T00:00:00"}, {"content": {"rendered": " "}},
     {"content": "text"}, {"parent": -1}],
    ids=str,
)  # fmt: skip
def test_an_odd_comment_is_set_aside(change):
    with pytest.raises(BadItem):
        comment(**change)


# walks


def test_pages_are_walked_oldest_first_and_a_walk_cut_short_goes_on():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base)
        walk = one.pull(one.queries()[0], None, now=NOW, window=Window(), meter=NoMeter())
        first = next(walk)
        walk.close()
        rest = pages_of(one, first.cursor, now=NOW + timedelta(hours=1))
        asked = [request.one("offset") for request in server.seen()]
    found = [mention.source_id for page in [first, *rest] for mention in page.mentions]
    assert found == [f"127.0.0.1:{number}" for number in range(1, 251)]
    # each page begins with the end of the one before
    assert asked == ["0", "95", "190"]
    assert rest[-1].cursor["high"] == NOW.isoformat()


def test_the_next_walk_looks_back_over_a_day_and_over_the_sites_clock():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base)
        cursor = pages_of(one)[-1].cursor
        pages_of(one, cursor, now=NOW + timedelta(minutes=5))
        assert server.seen()[-1].one("after") == (NOW - timedelta(hours=40)).strftime("%Y-%m-%dT%H:%M:%S")
        assert server.seen()[-1].one("before") is None


def test_a_backfill_brings_its_window_by_utc_though_the_sites_clock_is_another():
    window = Window(NOW - timedelta(hours=3), NOW - timedelta(hours=2))
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base)
        mentions = [mention for page in pages_of(one, window=window) for mention in page.mentions]
        estimate = one.estimate(one.queries()[0], window, meter=NoMeter())
    assert len(mentions) == 20
    assert all(window.holds(mention.created_at) for mention in mentions)
    assert estimate.items >= 20


def test_without_a_count_of_pages_the_walk_goes_on_until_a_page_is_empty():
    with Loopback() as server:
        server.on("GET", COMMENTS, lambda request: listed(stage.COMMENTS, request))
        pages = pages_of(connector(server.base))
    assert [page.seen for page in pages] == [100, 95, 55, 0]


def listed(comments, request):
    """A page of a list, without a count."""
    start = int(request.one("offset"))
    return comments[start : start + 100]


@pytest.mark.parametrize("taken", [1, 5, 40, 130])
def test_what_is_taken_back_on_a_page_already_read_hides_nothing_on_the_next(taken):
    left = list(stage.COMMENTS)
    with Loopback() as server:
        server.on("GET", COMMENTS, lambda request: (200, {"x-wp-total": str(len(left))}, json.dumps(listed(left, request)).encode()))
        walk = connector(server.base).pull(connector(server.base).queries()[0], None, now=NOW, window=Window(), meter=NoMeter())
        found = [*next(walk).mentions, *next(walk).mentions]
        del left[:taken]
        found += [mention for page in walk for mention in page.mentions]
    assert {mention.source_id for mention in found} == {f"127.0.0.1:{one['id']}" for one in stage.COMMENTS}


def test_a_list_with_holes_is_walked_to_its_end():
    """Sites leave comments out of their pages that they count, such as those on private posts."""
    hidden = set(range(60, 240))
    with Loopback() as server:
        total = {"x-wp-total": str(len(stage.COMMENTS))}

        def page(request):
            shown = [one for one in listed(stage.COMMENTS, request) if one["id"] not in hidden]
            return 200, total, json.dumps(shown).encode()

        server.on("GET", COMMENTS, page)
        found = {mention.source_id for page in pages_of(connector(server.base)) for mention in page.mentions}
        assert len(server.seen()) <= 6
    assert found == {f"127.0.0.1:{one['id']}" for one in stage.COMMENTS if one["id"] not in hidden}


# sites that close their JSON


FEED = """<?xml version='1.0'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>
<item><title>By: Ann</title><link>http://blog.example/launch/#comment-12</link><dc:creator>Ann</dc:creator>
<pubDate>Tue, 03 Nov 2026 09:00:00 +0000</pubDate><guid isPermaLink='false'>http://blog.example/?p=7#comment-12</guid>
<description>&lt;p&gt;Streamly again&lt;/p&gt;</description></item></channel></rss>"""


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_closed_site_is_read_by_its_comment_feed(status):
    with Loopback() as server:
        server.on("GET", COMMENTS, Answer(status, body=b'{"code": "rest_forbidden"}'))
        server.on("GET", "/comments/feed/", Answer(body=FEED.encode()))
        one = connector(server.base)
        (page,) = pages_of(one)
        soon = pages_of(one, page.cursor, now=NOW + timedelta(hours=1))
        server.on("GET", COMMENTS, [])
        opened = pages_of(one, soon[-1].cursor, now=NOW + timedelta(hours=25))
        paths = [request.path for request in server.seen()]
    (mention,) = page.mentions
    assert (mention.source, mention.source_id, mention.kind) == ("wordpress", "127.0.0.1:12", Kind.COMMENT)
    assert (mention.conversation_id, mention.title, mention.author_name) == ("127.0.0.1:post-7", None, "Ann")
    assert page.covered[0].complete
    assert soon[0].mentions == []
    assert paths == [COMMENTS, "/comments/feed/", "/comments/feed/", COMMENTS]
    assert opened[0].cursor["mark"] == {"closed": None}


def test_a_site_closed_altogether_is_told():
    with Loopback() as server:
        server.on("GET", ".*", Answer(401))
        with pytest.raises(CredentialsRefused):
            pages_of(connector(server.base))


# posts that are followed


def test_the_comments_of_a_followed_post_are_found_by_its_slug_once():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base, (Thread(url=server.base + "/2026/post-2/?utm_source=x", about="Streamly", until_quiet="2h"),))
        query = one.queries()[1]
        (page,) = pages_of(one, query=1)
        pages_of(one, page.cursor, now=NOW + timedelta(minutes=5), query=1)
        assert pages_of(one, page.cursor, now=NOW + timedelta(hours=3), query=1) == []
        asked = [(request.path, request.one("slug"), request.one("post")) for request in server.seen()]
    assert (query.about, query.covers, page.covered) == ("Streamly", False, ())
    assert {mention.conversation_id for mention in page.mentions} == {"127.0.0.1:post-1002"}
    assert len(page.mentions) == 83
    assert asked == [("/wp-json/wp/v2/posts", "post-2", None), (COMMENTS, None, "1002"), (COMMENTS, None, "1002")]
    assert page.cursor["mark"]["newest"] == page.mentions[-1].created_at.isoformat()


def test_a_followed_post_may_be_named_by_its_number():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base, (Thread(url=server.base + "/?p=1000", about="Streamly"),))
        assert len(pages_of(one, query=1)[0].mentions) == 83


def test_a_post_that_is_not_there_is_told():
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base, (Thread(url=server.base + "/launch", about="Streamly"),))
        with pytest.raises(SourceChanged, match="no post 'launch'"):
            pages_of(one, query=1)


def test_a_followed_post_on_a_closed_site_is_read_by_its_feed():
    with Loopback() as server:
        server.on("GET", "/wp-json/.*", Answer(403))
        server.on("GET", "/launch/feed/", Answer(body=FEED.encode()))
        one = connector(server.base, threads=(Thread(url=server.base + "/launch/", about="Streamly", until_quiet="2h"),))
        (page,) = pages_of(one, query=1)
        assert [mention.source_id for mention in page.mentions] == ["127.0.0.1:12"]
        assert pages_of(one, page.cursor, query=1, now=NOW) == []


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://www.blog.example/launch", True),
        ("https://blog.example/", False),
        ("https://shop.example/news/launch", True),
        ("https://shop.example/newsletter", False),
        ("https://other.example/launch", False),
    ],
)
def test_pages_of_the_sites_can_be_followed(url, followed):
    settings = WordPressSettings(sites=[{"url": "https://blog.example/"}, {"url": "https://shop.example/news"}])
    assert follows(settings, url) is followed


# looking again


def test_comments_are_looked_at_again_a_hundred_at_a_time():
    known = [Known(f"127.0.0.1:{number}", NOW, "127.0.0.1:post-1") for number in range(1, 121)] + [Known("gone.example:5", NOW)]
    with Loopback() as server:
        made_up(server)
        batches = list(stage.make(server.base).refresh(known, now=NOW, meter=NoMeter()))
        assert len(server.seen()) == 2
    seen = {mention.source_id: mention for batch in batches for mention in batch}
    assert len(seen) == 120
    assert seen["127.0.0.1:1"].state == State.LIVE
    assert {name for name, mention in seen.items() if mention.state == State.UNAVAILABLE} == {f"127.0.0.1:{n}" for n in range(3, 121, 10)}
    assert seen["127.0.0.1:3"].text is None


@pytest.mark.parametrize("answer", [Answer(403), []], ids=["closed", "hides all"])
def test_a_site_that_closes_has_not_lost_its_comments(answer):
    with Loopback() as server:
        server.on("GET", COMMENTS, answer)
        known = [Known(f"127.0.0.1:{number}", NOW) for number in range(1, 20)]
        assert [mention for batch in connector(server.base).refresh(known, now=NOW, meter=NoMeter()) for mention in batch] == []


# settings and trouble


def test_a_site_about_a_brand_is_a_place_and_a_folder_is_a_site_of_its_own():
    settings = WordPressSettings(sites=[{"url": "https://www.a.example", "about": "Streamly"}, {"url": "https://a.example/blog/"}])
    assert settings.places == (Place(channel="a.example", about="Streamly"),)
    assert [query.name for query in WordPressConnector(settings, Surroundings()).queries()] == ["a.example", "a.example/blog"]


def test_wrong_settings_are_told():
    with pytest.raises(ValidationError, match="stands there twice"):
        WordPressSettings(sites=[{"url": "https://www.a.example"}, {"url": "http://a.example/"}])
    with pytest.raises(ValidationError, match="pattern"):
        WordPressSettings(sites=[{"url": "https://user:secret@a.example"}])
    assert "no sites" in WordPressConnector(WordPressSettings(), Surroundings()).check()


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        pytest.param(Answer(400, body=b'{"code": "rest_invalid_param"}'), SourceChanged, id="400"),
        pytest.param(Answer(429, headers={"retry-after": "60"}), RetryLater, id="429"),
        pytest.param(Answer(body=b'[{"id": 1, "da'), RetryLater, id="cut"),
        pytest.param(Answer(body=b'{"name": "My site"}'), SourceChanged, id="another shape"),
    ],
)
def test_trouble_is_told(answer, trouble):
    with Loopback() as server:
        server.on("GET", COMMENTS, answer)
        with pytest.raises(trouble):
            pages_of(connector(server.base))


def test_comments_and_entries_come_back_from_quarantine():
    with Loopback() as server:
        one = connector(server.base)
        (query,) = one.queries()
        assert one.read(json.dumps(stage.comment(10)), query, now=NOW)[0].source_id == "127.0.0.1:10"
        entry = {"id": "http://blog.example/?p=7#comment-12", "summary": "fine", "published_parsed": [2026, 11, 3, 9, 0, 0, 0, 0, 0]}
        (mention,) = one.read(json.dumps(entry), query, now=NOW)
        assert (mention.source_id, mention.created_at.hour) == ("127.0.0.1:12", 9)
        for raw in ("[]", "{", '{"date_gmt": null}'):
            with pytest.raises(BadItem):
                one.read(raw, query, now=NOW)
