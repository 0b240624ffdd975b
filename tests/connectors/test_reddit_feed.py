from datetime import UTC, datetime, timedelta

import pytest

from connectors.entries import read_feed
from connectors.reddit import follows, reddit
from connectors.reddit_feed import RedditFeed, mention_from_entry
from connectors.reddit_settings import RedditSettings
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Surroundings, Window
from monitor.collect.http import Answer as HttpAnswer
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, CredentialsRefused, RetryLater, StopUntil
from monitor.mention import Kind, State
from tests.loopback import faults
from tests.loopback.replay import recorded
from tests.loopback.server import Answer, Loopback

# no Atom answer of Reddit's was recorded: these are made up after what several readers of such feeds describe
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ATOM = {"content-type": "application/atom+xml; charset=UTF-8"}
ACME = Brand(name="Acme", rule="acme")
TEA = [{"name": "tea", "about": "Acme"}, {"name": "coffee"}]


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post(number, *, at=NOW, html="<p>Acme tea &amp; <b>milk</b></p>", title="Tea &amp; Acme", author="<author><name>/u/ann</name></author>",
         link="", tail="", dates=None):  # fmt: skip
    name = f"s{number:04}"
    page = f"https://www.reddit.com/r/Tea/comments/{name}/tea/"
    body = f'<!-- SC_OFF --><div class="md">{html}</div><!-- SC_ON -->' if html else ""
    content = f'{body} &#32; submitted by &#32; <a href="https://www.reddit.com/user/ann"> /u/ann </a> <span><a href="{link or page}">[link]</a></span> &#32; <span><a href="{page}">[comments]</a></span>'  # noqa: E501
    dates = dates or f"<updated>{at.isoformat()}</updated><published>{at.isoformat()}</published>"
    return (
        f'<entry>{author}<category term="Tea" label="r/Tea"/><content type="html">{escaped(content)}</content><id>t3_{name}</id>'
        f'<link href="{page}"/>{dates}<title>{title}</title>{tail}</entry>'
    )


def comment(number, *, at=NOW, html="<p>Not for me</p>", author="<author><name>/u/bob</name></author>", link=None):
    name = f"c{number:04}"
    link = link or f"https://www.reddit.com/r/Tea/comments/s0001/tea/{name}/"
    content = f'<!-- SC_OFF --><div class="md">{html}</div><!-- SC_ON -->'
    return (
        f'<entry>{author}<category term="Tea" label="r/Tea"/><content type="html">{escaped(content)}</content><id>t1_{name}</id>'
        f'<link href="{link}"/><updated>{at.isoformat()}</updated><title>/u/bob on Tea &amp; Acme</title></entry>'
    )


def atom(*entries):
    head = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>newest</title>'
    return Answer(headers=ATOM, body=(head + "".join(entries) + "</feed>").encode())


def entry_of(text):
    return read_feed("reddit", HttpAnswer(200, ATOM, atom(text).whole(), "http://a.example/"), url="http://a.example/").entries[0]


def connector(server, *, brands=(), threads=(), now=NOW, **settings):
    settings = RedditSettings(route="feed", base_url=server.base, **settings)
    return RedditFeed(settings, Surroundings(brands=brands, threads=threads, clock=lambda: now))


def pages_of(feed, name, cursor=None, *, now=NOW, window=Window(), meter=None):  # noqa: B008
    query = next(query for query in feed.queries() if query.name == name)
    pages = list(feed.pull(query, cursor, now=now, window=window, meter=meter or NoMeter()))
    feed.close()
    return pages


def ids_of(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


# what an entry says


def test_a_submission_is_read_without_what_reddit_writes_below_it():
    mention = mention_from_entry(entry_of(post(1, link="https://news.example/a?utm_source=x&amp;b=2")), NOW)
    assert (mention.source, mention.source_id, mention.kind) == ("reddit", "t3_s0001", Kind.POST)
    assert (mention.title, mention.text) == ("Tea & Acme", "Acme tea & milk")
    assert (mention.author_name, mention.channel, mention.links) == ("ann", "Tea", ("https://news.example/a?b=2",))
    assert (mention.conversation_id, mention.is_root, mention.created_at) == ("t3_s0001", True, NOW)
    assert mention.url == "https://www.reddit.com/r/Tea/comments/s0001/tea/"
    assert (mention.engagement.score, mention.engagement_at, mention.state) == (None, None, State.LIVE)


def test_a_comment_stands_in_its_thread_and_has_no_title():
    mention = mention_from_entry(entry_of(comment(7)), NOW)
    assert (mention.source_id, mention.kind, mention.conversation_id) == ("t1_c0007", Kind.COMMENT, "t3_s0001")
    assert (mention.title, mention.text, mention.author_name) == (None, "Not for me", "bob")
    assert not mention.is_root


def test_a_link_post_has_a_title_and_its_link():
    mention = mention_from_entry(entry_of(post(1, html="", link="https://news.example/a")), NOW)
    assert (mention.title, mention.text, mention.links) == ("Tea & Acme", None, ("https://news.example/a",))


def test_a_submission_edited_later_says_so():
    dates = f"<published>{NOW.isoformat()}</published><updated>{(NOW + timedelta(hours=1)).isoformat()}</updated>"
    mention = mention_from_entry(entry_of(post(1, dates=dates)), NOW)
    assert (mention.created_at, mention.edited_at, mention.state) == (NOW, NOW + timedelta(hours=1), State.EDITED)


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        pytest.param(comment(1, html="<p>[deleted]</p>", author=""), State.DELETED, id="deleted"),
        pytest.param(comment(1, html="<p>[removed]</p>", author=""), State.REMOVED, id="removed"),
        pytest.param(comment(1, author="<author><name>/u/[deleted]</name></author>"), State.DELETED, id="account deleted"),
        pytest.param(post(1, author=""), State.DELETED, id="no author"),
        pytest.param(post(1, html="<p>[removed]</p>"), State.REMOVED, id="removed submission"),
    ],
)
def test_what_is_gone_is_erased(entry, state):
    mention = mention_from_entry(entry_of(entry), NOW)
    assert (mention.state, mention.text, mention.title, mention.author_name, mention.links) == (state, None, None, None, ())


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        pytest.param(comment(1).replace("<updated>", "<other>").replace("</updated>", "</other>"), "no time", id="time"),
        pytest.param(comment(1, html=""), "no words", id="words"),
        pytest.param(comment(1, link="https://www.reddit.com/r/Tea/"), "no thread", id="thread"),
        pytest.param(post(1).replace("t3_s0001", "t5_x").replace("/comments/", "/other/"), "no name", id="name"),
    ],
)
def test_an_odd_entry_is_set_aside(entry, reason):
    with pytest.raises(BadItem, match=reason):
        mention_from_entry(entry_of(entry), NOW)
    with Loopback() as server:
        server.on("GET", "/r/tea\\+coffee/new/.rss", atom(entry, post(2)))
        feed = connector(server, subreddits=TEA)
        (page,) = pages_of(feed, "feed new")
    assert (ids_of([page]), page.seen) == (["t3_s0002"], 2)
    assert reason in page.set_aside[0].reason
    with pytest.raises(BadItem, match=reason):
        feed.read(page.set_aside[0].raw, feed.queries()[0], now=NOW)
    with pytest.raises(BadItem, match="no whole JSON"):
        feed.read(page.set_aside[0].raw[:-1], feed.queries()[0], now=NOW)


def test_the_recorded_rss_of_the_front_page_is_read():
    body = recorded("feeds/reddit_front_page.rss").read_bytes()
    with Loopback() as server:
        server.on("GET", "/r/tea\\+coffee/new/.rss", Answer(headers={"content-type": "application/rss+xml"}, body=body))
        (page,) = pages_of(connector(server, subreddits=TEA), "feed new")
    assert not page.set_aside
    assert len(set(ids_of([page]))) == body.count(b"<item>") == 24
    first = page.mentions[0]
    assert (first.source_id, first.title, first.channel) == ("t3_42babr", "The Difficulties in Space", "space")
    assert first.created_at == datetime(2016, 1, 23, 15, 40, 37, tzinfo=UTC)


# what is asked


def test_subreddits_are_asked_together_and_a_brand_is_searched_for():
    with Loopback() as server:
        server.on("GET", "/r/tea\\+coffee/(new|comments)/.rss", atom())
        server.on("GET", "/search.rss", atom())
        feed = connector(server, subreddits=TEA, brands=[ACME])
        assert [(query.name, query.brands) for query in feed.queries()] == [
            ("feed search Acme", ("Acme",)),
            ("feed new", ()),
            ("feed comments", ()),
        ]
        for query in feed.queries():
            assert list(feed.pull(query, None, now=NOW, window=Window(), meter=NoMeter()))[-1].is_last
        feed.close()
    assert (server.seen("/search.rss")[0].one("q"), server.seen("/search.rss")[0].one("sort")) == ("acme", "new")
    assert feed.check() is None
    assert feed.estimate(feed.queries()[0], Window(), meter=NoMeter()).requests == 1


def test_those_that_waited_longest_are_asked_first():
    with Loopback() as server:
        server.on("GET", "/.*", atom())
        feed = connector(server, subreddits=TEA, brands=[ACME])
        for _round in range(4):
            query = feed.queries()[0]
            list(feed.pull(query, None, now=NOW + timedelta(minutes=_round), window=Window(), meter=NoMeter()))
        feed.close()
    assert [request.path for request in server.seen()] == [
        "/search.rss",
        "/r/tea+coffee/new/.rss",
        "/r/tea+coffee/comments/.rss",
        "/search.rss",
    ]


def newest(count, *, first=0, at=NOW):
    return atom(*(post(first + count - number, at=at - timedelta(minutes=number)) for number in range(count)))


def test_a_full_feed_at_the_first_look_covers_only_what_it_shows():
    with Loopback() as server:
        server.on("GET", "/.*", newest(25))
        (page,) = pages_of(connector(server, subreddits=TEA), "feed new")
    gap, seen = page.covered
    assert (gap.complete, gap.until) == (False, NOW - timedelta(minutes=24))
    assert "no longer showed" in gap.reason
    assert (seen.since, seen.until) == (NOW - timedelta(minutes=24), NOW)
    assert page.cursor["mark"] == {"newest": None, "ids": {"r/tea+coffee/new/.rss": "t3_s0025"}}


def test_a_short_feed_shows_all_there_is():
    with Loopback() as server:
        server.on("GET", "/.*", newest(24))
        (page,) = pages_of(connector(server, subreddits=TEA), "feed new")
    assert [looked.complete for looked in page.covered] == [True]


@pytest.mark.parametrize(
    ("first", "whole"),
    [pytest.param(10, True, id="overlapping"), pytest.param(25, False, id="a hole"), pytest.param(24, True, id="touching")],
)
def test_a_feed_that_no_longer_shows_the_newest_known_entry_has_a_hole(first, whole):
    later = NOW + timedelta(hours=1)
    with Loopback() as server:
        server.on("GET", "/.*", newest(25))
        (before,) = pages_of(connector(server, subreddits=TEA), "feed new")
        server.on("GET", "/.*", newest(25, first=first, at=later))
        (page,) = pages_of(connector(server, subreddits=TEA), "feed new", before.cursor, now=later)
    assert all(looked.complete for looked in page.covered) == whole
    assert page.covered[0].since == NOW
    assert len(page.mentions) == 25


def test_an_empty_feed_that_once_had_entries_covers_nothing():
    with Loopback() as server:
        server.on("GET", "/.*", newest(3))
        (before,) = pages_of(connector(server, subreddits=TEA), "feed new")
        server.on("GET", "/.*", atom())
        (page,) = pages_of(connector(server, subreddits=TEA), "feed new", before.cursor, now=NOW + timedelta(hours=1))
    assert [looked.complete for looked in page.covered] == [False]
    assert page.cursor["mark"] == before.cursor["mark"]


def test_searches_of_one_brand_are_one_walk_that_goes_on_where_it_was_cut():
    brand = Brand(name="Acme", rule=" OR ".join(f'"acme product number {number:03}"' for number in range(40)))
    with Loopback() as server:
        texts = []

        def search(request):
            texts.append(request.one("q"))
            return newest(25 if len(texts) == 2 else 3, first=100 * len(texts))

        server.on("GET", "/search.rss", search)
        pages = pages_of(connector(server, brands=[brand]), "feed search Acme")
        rest = pages_of(connector(server, brands=[brand]), "feed search Acme", pages[1].cursor)
    assert [len(page.mentions) for page in pages] == [3, 25, 3]
    assert texts[3:] == texts[2:3]
    assert len(rest) == 1
    assert [looked.complete for looked in pages[-1].covered] == [False, True]
    assert set(pages[-1].cursor["mark"]["ids"]) == set(texts)


def test_a_thread_is_followed_until_it_is_quiet():
    thread = Thread(url="https://www.reddit.com/r/Tea/comments/s0001/tea/", about="Acme", until_quiet="1h")
    with Loopback() as server:
        server.on("GET", "/comments/s0001/.rss", atom(post(1, at=NOW - timedelta(hours=3)), comment(2, at=NOW - timedelta(minutes=30))))
        feed = connector(server, threads=[thread])
        assert [(query.name, query.about, query.covers) for query in feed.queries()] == [("feed thread s0001", "Acme", False)]
        (page,) = pages_of(feed, "feed thread s0001")
        assert ids_of([page]) == ["t3_s0001", "t1_c0002"]
        assert page.covered == ()
        again = pages_of(connector(server, threads=[thread]), "feed thread s0001", page.cursor, now=NOW + timedelta(minutes=20))
        assert pages_of(connector(server, threads=[thread]), "feed thread s0001", again[0].cursor, now=NOW + timedelta(minutes=40)) == []
    assert len(server.seen()) == 2


def test_share_links_are_followed_by_the_api_only():
    shared = "https://www.reddit.com/r/tea/s/abc"
    routes = {"api": {}, "feed": {}, "archive": {"subreddits": TEA}}
    assert {route: follows(RedditSettings(route=route, **more), shared) for route, more in routes.items()} == {
        "api": True,
        "feed": False,
        "archive": False,
    }
    assert {route: type(reddit(RedditSettings(route=route, **more), Surroundings())).__name__ for route, more in routes.items()} == {
        "api": "RedditApi",
        "feed": "RedditFeed",
        "archive": "RedditArchive",
    }


def test_a_backfill_brings_its_window():
    with Loopback() as server:
        server.on("GET", "/.*", newest(10))
        window = Window(NOW - timedelta(minutes=5), NOW - timedelta(minutes=2))
        (page,) = pages_of(connector(server, subreddits=TEA), "feed new", window=window)
    assert len(page.mentions) == 3


# troubles


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        pytest.param(faults.too_many({"retry-after": "30"}), RetryLater, "30 s", id="429 with seconds"),
        pytest.param(faults.too_many({"x-ratelimit-reset": "42"}), StopUntil, "until", id="429 with a reset"),
        pytest.param(faults.too_many(), RetryLater, "429", id="429"),
        pytest.param(faults.status(503), RetryLater, "503", id="503"),
        pytest.param(faults.status(403), CredentialsRefused, "user_agent", id="403"),
        pytest.param(faults.status(404), RetryLater, "/r/tea+coffee/new/.rss", id="404"),
        pytest.param(faults.wrong_type(), RetryLater, "web page", id="a page of 200"),
        pytest.param(faults.truncated(keep=0.6), RetryLater, "cut off", id="truncated"),
        pytest.param(faults.cut(), RetryLater, "later", id="cut"),
    ],
)
def test_troubles(fault, kind, said):
    with Loopback() as server:
        server.on("GET", "/.*", newest(5))
        server.fail(fault, times=None)
        feed = connector(server, subreddits=TEA)
        with pytest.raises(kind, match=said.replace("+", "\\+")):
            pages_of(feed, "feed new")
        feed.close()
    assert len(server.seen()) == 1


def test_few_feeds_are_asked_a_minute():
    class Meter(NoMeter):
        def reserve(self, bucket, amount=1):
            assert (bucket.name, bucket.limit, bucket.span) == ("reddit feeds", 2, timedelta(minutes=1))
            raise StopUntil("no more", at=NOW)

    with Loopback() as server:
        feed = connector(server, subreddits=TEA, feeds_a_minute=2)
        with pytest.raises(StopUntil):
            pages_of(feed, "feed new", meter=Meter())
    assert not server.seen()
