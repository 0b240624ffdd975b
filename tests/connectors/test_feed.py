import contextlib
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.entries import Reading, comment_feed_of, entry_id, mention_from_entry, read_feed, written_at
from connectors.feed import FeedAt, FeedConnector, FeedSettings, follows
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Place, Surroundings, Window
from monitor.collect.http import Answer as HttpAnswer
from monitor.config.models import Thread
from monitor.errors import BadItem, CredentialsRefused, RetryLater, SourceChanged
from monitor.mention import Kind, State
from tests.loopback.replay import Document, recorded
from tests.loopback.server import Answer, Loopback

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HEAD = "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>Made up</title>"
TAIL = "</channel></rss>"
RSS = {"content-type": "application/rss+xml; charset=utf-8"}


def rss(*items: str, head: str = HEAD) -> Answer:
    return Answer(headers=RSS, body=(head + "".join(items) + TAIL).encode())


def item(number: int, *, at: datetime | None = NOW, text: str = "fine", guid: str | None = None, link: str | None = None) -> str:
    date = f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>" if at else ""
    key = f"<guid isPermaLink='false'>{guid or f'urn:c:{number}'}</guid>" if guid != "" else ""
    return f"<item>{key}<link>{link or f'http://made-up.example/{number}'}</link><description>{text}</description>{date}</item>"


def connector(*feeds: FeedAt, threads: tuple[Thread, ...] = (), now: datetime = NOW) -> FeedConnector:
    return FeedConnector(FeedSettings(feeds=feeds), Surroundings(threads=threads, clock=lambda: now))


def pages_of(feed: FeedConnector, cursor=None, *, now: datetime = NOW, window: Window = Window(), query: int = 0):  # noqa: B008
    return list(feed.pull(feed.queries()[query], cursor, now=now, window=window, meter=NoMeter()))


def look(server: Loopback, cursor=None, *, now: datetime = NOW, path: str = "/feed", **about):
    (page,) = pages_of(connector(FeedAt(url=server.base + path, **about), now=now), cursor, now=now)
    return page


def read_document(name: str, content_type: str, path: str = "/feed"):
    with Loopback() as server:
        server.on("GET", path, Document.of(f"feeds/{name}", content_type))
        return look(server, path=path)


def entries_of(body: bytes, content_type: str = "application/xml"):
    return read_feed("feed", HttpAnswer(200, {"content-type": content_type}, body, "http://a.example/"), url="http://a.example/").entries


# what the recorded feeds say


def test_blogger_comments_have_thread_author_and_no_title_of_their_own():
    with Loopback(strict=False) as server:
        server.on("GET", "/feeds/9/comments/default", Document.of("feeds/blogger_comments_thr.atom", "application/atom+xml"))
        feed = connector(FeedAt(url=server.base + "/feeds/9/comments/default"))
        page = next(iter(feed.pull(feed.queries()[0], None, now=NOW, window=Window(), meter=NoMeter())))
    (mention,) = page.mentions
    assert mention.source_id == "tag:blogger.com,1999:blog-893591374313312737.post-4788628857625737701"
    assert mention.kind == Kind.COMMENT
    assert mention.conversation_id == mention.in_reply_to_id == "tag:blogger.com,1999:blog-893591374313312737.post-3861663258538857954"
    assert mention.created_at == datetime(2009, 12, 9, 0, 59, 2, tzinfo=UTC)
    assert (mention.title, mention.text) == (None, "bloffo bliff by te...")
    assert mention.author_name == "John"
    assert mention.url == "http://salmon-test.blogspot.com/2009/10/test-post.html?showComment=1260320342544#c4788628857625737701"
    assert mention.state == State.LIVE


def test_blogger_pages_are_asked_for_on_the_feeds_own_host():
    body = recorded("feeds/blogger_comments_thr.atom").read_bytes()
    answer = HttpAnswer(200, {"content-type": "application/atom+xml"}, body, "http://blog.example/c")
    feed = read_feed("feed", answer, url="http://blog.example/c?alt=atom")
    assert feed.next_url == "http://blog.example/c?alt=atom&start-index=26&max-results=25"
    assert not feed.is_whole


def test_whole_texts_are_preferred_to_summaries():
    page = read_document("content_encoded.rss", "application/rss+xml")
    assert len(page.mentions) == page.seen == 7
    first = page.mentions[0]
    assert first.source_id == "https://medium.com/p/125af37d838f"
    assert first.title == "THE CREATIVE FORAGER"
    assert first.text.startswith("Using Wild Ingredients in the Kitchen\nHEY, YOU! YES, YOU WITH THE EYEBALLS!")
    assert first.author_name == "Jeremy Puma"
    assert (first.state, first.edited_at) == (State.EDITED, datetime(2018, 4, 9, 19, 39, 12, tzinfo=UTC))
    assert first.kind == Kind.POST


def test_legacy_encodings_and_entries_without_an_id_are_read():
    page = read_document("latin1_declared.rss", "application/rss+xml; charset=ISO-8859-1")
    assert len(page.mentions) == 40
    first = page.mentions[0]
    assert first.title == "Mãe de utente é a nova presidente da Raríssimas"
    assert first.text.startswith("Sónia Laygue, profissional na área")
    assert first.url == "https://www.jn.pt/nacional/interior/sonia-laig-e-a-nova-presidente-da-rarissimas-9021600.html"
    assert first.source_id.startswith("sha256-")
    assert len({mention.source_id for mention in page.mentions}) == 40
    assert first.created_at == datetime(2018, 1, 3, 13, 47, tzinfo=UTC)


def test_windows_1252_by_the_header_alone_is_read():
    body = (HEAD.replace(" encoding='UTF-8'", "") + item(1, text="Streamly’s “café”") + TAIL).encode("windows-1252")
    with Loopback() as server:
        server.on("GET", "/feed", Answer(headers={"content-type": "text/xml; charset=windows-1252"}, body=body))
        page = look(server)
    assert page.mentions[0].text == "Streamly’s “café”"


def test_reddit_and_rdf_feeds_are_read():
    reddit = read_document("reddit_front_page.rss", "application/rss+xml")
    assert len(reddit.mentions) == 24
    assert reddit.mentions[0].source_id == "https://www.reddit.com/r/space/comments/42babr/the_difficulties_in_space/"
    assert reddit.mentions[0].engagement.replies is None
    rdf = read_document("rss1_rdf.rss", "application/rdf+xml")
    assert len(rdf.mentions) == 69
    assert rdf.mentions[0].title == "Food for fungi"
    assert rdf.mentions[0].created_at == datetime(2017, 6, 15, 17, 29, 47, tzinfo=UTC)


def test_an_entry_that_says_nothing_is_set_aside():
    page = read_document("incomplete_entry.atom", "application/atom+xml")
    assert (page.mentions, page.seen, page.is_last) == ([], 1, True)
    assert page.set_aside[0].reason == "feed: an entry: neither id nor address nor words"


# looking again


def test_an_unchanged_feed_is_neither_sent_nor_read_again_and_stays_covered():
    document = Document.of("feeds/content_encoded.rss", "application/rss+xml")
    with Loopback() as server:
        server.on("GET", "/feed", document)
        first = look(server)
        later = NOW + timedelta(minutes=5)
        second = look(server, first.cursor, now=later)
        third = look(server, second.cursor, now=later + timedelta(minutes=5))
    assert server.statuses == [200, 304, 304]
    assert second.mentions == ()
    assert [(one.since, one.until, one.complete) for one in second.covered] == [(NOW, later, True)]
    assert third.cursor["mark"] == second.cursor["mark"] == first.cursor["mark"]


def test_only_what_is_new_or_changed_is_passed_on():
    with Loopback() as server:
        server.on("GET", "/feed", rss(item(1), item(2)))
        first = look(server)
        server.on("GET", "/feed", rss(item(3), item(1, text="fine after all"), item(2)))
        second = look(server, first.cursor, now=NOW + timedelta(minutes=5))
    assert [mention.source_id for mention in first.mentions] == ["urn:c:1", "urn:c:2"]
    assert [mention.source_id for mention in second.mentions] == ["urn:c:3", "urn:c:1"]
    assert second.seen == 3


def test_an_odd_entry_is_set_aside_once():
    with Loopback() as server:
        server.on("GET", "/feed", rss(item(1, text=""), item(2)))
        first = look(server)
        server.on("GET", "/feed", rss(item(3), item(1, text=""), item(2)))
        second = look(server, first.cursor, now=NOW + timedelta(minutes=5))
    assert [len(page.set_aside) for page in (first, second)] == [1, 0]
    assert second.seen == 3


def test_an_entry_without_a_time_keeps_that_of_its_first_sight():
    with Loopback() as server:
        server.on("GET", "/feed", rss(item(1, at=None)))
        first = look(server)
        server.on("GET", "/feed", rss(item(1, at=None, text="other words")))
        second = look(server, first.cursor, now=NOW + timedelta(hours=5))
    assert first.mentions[0].created_at == second.mentions[0].created_at == NOW
    assert second.mentions[0].text == "other words"
    assert second.mentions[0].fetched_at == NOW + timedelta(hours=5)


def test_a_time_in_the_future_is_no_later_than_its_first_sight():
    with Loopback() as server:
        server.on("GET", "/feed", rss(item(1, at=NOW + timedelta(days=2))))
        assert look(server).mentions[0].created_at == NOW


def test_a_feed_without_times_of_entries_lends_its_own():
    with Loopback() as server:
        server.on("GET", "/feed", rss(item(1, at=None), head=HEAD + "<lastBuildDate>Mon, 02 Nov 2026 08:00:00 GMT</lastBuildDate>"))
        assert look(server).mentions[0].created_at == datetime(2026, 11, 2, 8, tzinfo=UTC)


def hourly(count: int, *, newest: int) -> list[str]:
    return [item(number, at=NOW - timedelta(hours=100 - number)) for number in range(newest, newest - count, -1)]


def test_a_hole_between_two_looks_is_told():
    with Loopback() as server:
        server.on("GET", "/feed", rss(*hourly(10, newest=20)))
        first = look(server, now=NOW - timedelta(hours=80))
        server.on("GET", "/feed", rss(*hourly(10, newest=40)))
        second = look(server, first.cursor, now=NOW - timedelta(hours=60))
    gap, seen = second.covered
    assert (gap.since, gap.until, gap.complete) == (NOW - timedelta(hours=80), NOW - timedelta(hours=69), False)
    assert "newest entries" in gap.reason
    assert (seen.since, seen.until, seen.complete) == (NOW - timedelta(hours=69), NOW - timedelta(hours=60), True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(hourly(10, newest=20), hourly(10, newest=29), id="the oldest entry is known"),
        pytest.param(hourly(3, newest=3), hourly(5, newest=5), id="a young feed that holds all"),
        pytest.param([], hourly(2, newest=25), id="the first words after silence"),
    ],
)
def test_no_hole_is_told_where_there_is_none(before, after):
    with Loopback() as server:
        server.on("GET", "/feed", rss(*before))
        first = look(server, now=NOW - timedelta(hours=80))
        server.on("GET", "/feed", rss(*after))
        second = look(server, first.cursor, now=NOW - timedelta(hours=60))
    assert [one.complete for one in second.covered] == [True]


def test_a_first_look_covers_from_the_oldest_entry_on():
    with Loopback() as server:
        server.on("GET", "/feed", rss(*hourly(10, newest=20)))
        page = look(server, now=NOW - timedelta(hours=80))
    assert [(one.complete, one.until) for one in page.covered] == [
        (False, NOW - timedelta(hours=89)),
        (True, NOW - timedelta(hours=80)),
    ]


def test_a_backfill_brings_what_lies_in_its_window_only():
    with Loopback() as server:
        server.on("GET", "/feed", rss(*hourly(10, newest=20)))
        window = Window(NOW - timedelta(hours=85), NOW - timedelta(hours=82))
        (page,) = pages_of(connector(FeedAt(url=server.base + "/feed")), window=window)
    assert [mention.source_id for mention in page.mentions] == ["urn:c:17", "urn:c:16", "urn:c:15"]


def test_the_memory_of_a_feed_is_bounded():
    with Loopback() as server:
        cursor = None
        for turn in range(1, 9):
            server.on("GET", "/feed", rss(*hourly(100, newest=turn * 100)))
            cursor = look(server, cursor).cursor
    assert len(cursor["mark"]["entries"]) == 500


# paging


def atom_pages(total: int, size: int):
    def handle(request):
        start = int(request.one("start-index", "1"))
        numbers = range(total - start + 1, max(total - start + 1 - size, 0), -1)
        after = start + size
        older = f"<link rel='next' href='{request.base}/feed?start-index={after}'/>" if after <= total else ""
        entries = "".join(
            f"<entry><id>tag:x,2026:{n}</id><published>{(NOW - timedelta(hours=total - n)).isoformat()}</published><title>word {n}</title>"
            "</entry>"
            for n in numbers
        )
        return Answer(
            headers={"content-type": "application/atom+xml"},
            body=f"<feed xmlns='http://www.w3.org/2005/Atom'>{older}{entries}</feed>".encode(),
        )

    return handle


def test_a_walk_cut_short_goes_on_with_the_next_page():
    with Loopback() as server:
        server.on("GET", "/feed", atom_pages(70, 25))
        feed = connector(FeedAt(url=server.base + "/feed"))
        walk = feed.pull(feed.queries()[0], None, now=NOW, window=Window(), meter=NoMeter())
        first = next(walk)
        walk.close()
        rest = pages_of(feed, first.cursor, now=NOW + timedelta(minutes=1))
    assert [request.one("start-index") for request in server.seen()] == [None, "26", "51"]
    found = [mention.source_id for page in [first, *rest] for mention in page.mentions]
    assert sorted(found) == sorted(f"tag:x,2026:{number}" for number in range(1, 71))
    assert rest[-1].cursor["high"] == NOW.isoformat()
    assert len(rest[-1].cursor["mark"]["entries"]) == 70


def test_later_walks_stop_at_what_is_known():
    with Loopback() as server:
        server.on("GET", "/feed", atom_pages(70, 25))
        feed = connector(FeedAt(url=server.base + "/feed"))
        cursor = pages_of(feed)[-1].cursor
        pages = pages_of(feed, cursor, now=NOW + timedelta(minutes=5))
    assert [len(page.mentions) for page in pages] == [0]
    assert len(server.seen()) == 4


def test_a_feed_that_repeats_its_page_forever_is_left():
    with Loopback() as server:
        entry = f"<entry><id>tag:x:1</id><updated>{NOW.isoformat()}</updated><title>a</title></entry>"
        again = f"<feed xmlns='http://www.w3.org/2005/Atom'><link rel='next' href='{server.base}/feed?p=2'/>{entry}</feed>"
        server.on("GET", "/feed", Answer(body=again.encode()))
        pages = pages_of(connector(FeedAt(url=server.base + "/feed")))
    assert [page.is_last for page in pages] == [False, True]
    assert not pages[-1].covered[0].complete


# pages that are followed


PAGE = """<!doctype html><html><head>
<link rel="alternate" type="application/rss+xml" title="Site &raquo; Feed" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Site &raquo; Comments Feed" href="/comments/feed/">
<link rel="alternate" type="application/rss+xml" title="Site &raquo; Launch Comments Feed" href="/2026/launch/feed/">
</head><body>hello</body></html>"""


@pytest.mark.parametrize(
    ("page", "found"),
    [
        pytest.param(PAGE, "https://site.example/2026/launch/feed/", id="WordPress"),
        pytest.param(PAGE.replace("Launch Comments", "Kommentar-"), "https://site.example/2026/launch/feed/", id="WordPress in German"),
        pytest.param(
            "<link rel='alternate' type='application/atom+xml' title='A - Atom' href='https://site.example/feeds/77/comments/default' />",
            "https://site.example/feeds/77/comments/default",
            id="Blogger",
        ),
        pytest.param("<link rel='alternate' type='application/atom+xml' href='/feeds/comments/default'>", None, id="of the whole site"),
        pytest.param("<link rel=alternate type='application/rss+xml' title=Comments href='javascript:alert(1)'>", None, id="a script"),
        pytest.param("<link rel=alternate type='application/rss+xml' title=Comments href='http://10.0.0.1/feed'>", None, id="another host"),
        pytest.param("<link rel=alternate type='application/rss+xml' title=Comments href='file:///etc/passwd'>", None, id="a file"),
        pytest.param("<link " * 100_000, None, id="never closed"),
    ],
)
def test_the_comment_feed_of_a_page_is_found(page, found):
    assert comment_feed_of(page, "https://site.example/2026/launch/") == found


def thread(server: Loopback, path: str, until_quiet: str = "48h") -> Thread:
    return Thread(url=server.base + path, about="Streamly", until_quiet=until_quiet)


def test_a_followed_page_is_read_by_its_comment_feed_and_found_once():
    with Loopback() as server:
        server.on("GET", "/2026/launch/", Answer(headers={"content-type": "text/html"}, body=PAGE.encode()))
        server.on("GET", "/2026/launch/feed/", rss(item(1, link="http://a.example/2026/launch/#comment-9"), item(2)))
        feed = connector(threads=(thread(server, "/2026/launch/"),))
        (query,) = feed.queries()
        (page,) = pages_of(feed)
        (again,) = pages_of(feed, page.cursor, now=NOW + timedelta(minutes=5))
    assert (query.about, query.covers) == ("Streamly", False)
    first = page.mentions[0]
    assert (first.kind, first.conversation_id, first.title) == (Kind.COMMENT, "http://a.example/2026/launch/", None)
    assert first.channel == "127.0.0.1"
    assert page.covered == ()
    assert [request.path for request in server.seen()] == ["/2026/launch/", "/2026/launch/feed/", "/2026/launch/feed/"]
    assert again.mentions == []


def test_a_page_without_a_link_is_tried_in_wordpress_way():
    with Loopback() as server:
        server.on("GET", "/2026/launch", Answer(headers={"content-type": "text/html"}, body=b"<html>no link</html>"))
        server.on("GET", "/2026/launch/feed/", rss(item(1)))
        assert len(pages_of(connector(threads=(thread(server, "/2026/launch?x=1"),)))[0].mentions) == 1


def test_a_page_without_a_comment_feed_is_told():
    with Loopback() as server:
        server.on("GET", "/about", Answer(headers={"content-type": "text/html"}, body=b"<html>no link</html>"))
        server.on("GET", "/about/feed/", Answer(404, body=b"no"))
        with pytest.raises(SourceChanged, match="names no feed of its comments; give that feed's own address"):
            pages_of(connector(threads=(thread(server, "/about"),)))


def test_a_feed_can_be_followed_itself_until_it_is_quiet():
    with Loopback() as server:
        server.on("GET", "/c.rss", rss(item(1, at=NOW - timedelta(hours=1))))
        feed = connector(threads=(thread(server, "/c.rss", "2h"),))
        (page,) = pages_of(feed)
        assert page.cursor["mark"]["newest"] == (NOW - timedelta(hours=1)).isoformat()
        assert len(pages_of(feed, page.cursor, now=NOW + timedelta(minutes=59))) == 1
        assert pages_of(feed, page.cursor, now=NOW + timedelta(minutes=61)) == []


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://blog.example/launch", True),
        ("https://www.youtube.com/watch?v=1", False),
        ("https://old.reddit.com/r/a/comments/1", False),
        ("https://notx.com/a", True),
    ],
)
def test_pages_of_other_sources_are_left_to_them(url, followed):
    assert follows(FeedSettings(), url) is followed


# settings


def test_a_feed_about_a_brand_is_a_place_and_says_so_in_its_query():
    settings = FeedSettings(feeds=[{"url": "https://www.fans.example/feed", "about": "Streamly"}, {"url": "https://b.example/feed"}])
    assert settings.places == (Place(channel="fans.example", about="Streamly"),)
    assert FeedSettings.model_validate(settings.model_dump()).places == settings.places
    assert [query.about for query in FeedConnector(settings, Surroundings()).queries()] == ["Streamly", None]


@pytest.mark.parametrize(
    ("feeds", "told"),
    [
        pytest.param([{"url": "https://a.example/f"}, {"url": "https://a.example/f"}], "stands there twice", id="twice"),
        pytest.param(
            [{"url": "https://a.example/f", "about": "A"}, {"url": "https://a.example/g"}], "give it a `channel`", id="one channel"
        ),
        pytest.param([{"url": "file:///etc/passwd"}], "pattern", id="a file"),
        pytest.param([{"url": "https://user:secret@a.example/f"}], "pattern", id="a password"),
    ],
)
def test_wrong_settings_are_told(feeds, told):
    with pytest.raises(ValidationError, match=told):
        FeedSettings(feeds=feeds)


def test_check_misses_feeds():
    assert "no feeds" in connector().check()
    assert connector(FeedAt(url="http://a.example/f")).check() is None


# trouble and malice


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        pytest.param(Answer(401), CredentialsRefused, id="401"),
        pytest.param(Answer(404), SourceChanged, id="gone"),
        pytest.param(Answer(503), RetryLater, id="503"),
        pytest.param(Answer(body=b"<!doctype html><html><body>Please enable cookies"), SourceChanged, id="a page"),
        pytest.param(Answer(body=b'{"version": "https://jsonfeed.org/version/1"}'), SourceChanged, id="JSON"),
        pytest.param(Answer(body=b""), RetryLater, id="nothing"),
        pytest.param(Answer(body=b"<?xml version='1.0'?><rs"), RetryLater, id="cut in its root"),
        pytest.param(Answer(body=(HEAD + item(1) + item(2)[:40]).encode()), RetryLater, id="cut in an entry"),
        pytest.param(Answer(302, headers={"location": "file:///etc/passwd"}), SourceChanged, id="sent to a file"),
        pytest.param(Answer(302, headers={"location": "/feed"}), SourceChanged, id="in circles"),
    ],
)
def test_trouble_is_told(answer, trouble):
    with Loopback() as server:
        server.on("GET", "/feed", answer)
        with pytest.raises(trouble):
            look(server)


def test_a_feed_that_is_merely_untidy_is_read():
    with Loopback() as server:
        server.on("GET", "/feed", rss(item(1, text="Fish & chips <br> now"), "<item><guid>urn:c:2</guid><title>a & b</title></item>"))
        assert [mention.whole_text for mention in look(server).mentions] == ["Fish & chips\nnow", "a & b"]


def test_entities_do_not_grow():
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10 if n else 'lol' * 10}'>" for n in range(12))
    bomb = f"<?xml version='1.0'?><!DOCTYPE x [{entities}]><rss version='2.0'><channel><item><guid>urn:a</guid><title>&l11;</title></item>"
    (entry,) = entries_of((bomb + TAIL).encode())
    assert len(str(entry)) < 10_000


def test_no_file_is_read_for_a_feed():
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_text(HEAD + item(1, text="private words") + TAIL)
        external = f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file://{file.name}'>]><rss version='2.0'><channel>"
        (entry,) = entries_of(f"{external}<item><title>&a;</title></item>{TAIL}".encode())
        assert "private" not in str(entry)
        with pytest.raises(SourceChanged, match="no RSS or Atom"):
            entries_of(file.name.encode())


def test_links_that_are_scripts_are_dropped():
    with Loopback() as server:
        text = "&lt;a href='javascript:alert(1)'&gt;look&lt;/a&gt;&lt;script&gt;alert(2)&lt;/script&gt;"
        server.on("GET", "/feed", rss(item(1, text=text, link="javascript:alert(3)")))
        (mention,) = look(server).mentions
    assert (mention.url, mention.links, mention.text) == (None, (), "look")


LONG = 2_000_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("<author>" + "a." * (LONG // 2) + "@" + "a." * (LONG // 2) + "</author>", id="an endless address of mail"),
        pytest.param("<title>" + "encoding='" * (LONG // 10) + "</title>", id="a thousand encodings"),
        pytest.param("<description>" + "&lt;" * (LONG // 4) + "</description>", id="signs alone"),
        pytest.param("<description>" + "&lt;a href=" * (LONG // 20) + "</description>", id="tags that never close"),
        pytest.param("<title>" + "<b " * (LONG // 20), id="tags in a title"),
        pytest.param("<pubDate>" + "1" * LONG + "</pubDate>", id="an endless number for a date"),
    ],
)
def test_hostile_entries_take_no_minutes(inside):
    entries = entries_of((HEAD + "<item><guid>urn:a</guid>" + inside + "</item>" + TAIL).encode())
    assert len(entries) == 1
    with contextlib.suppress(BadItem):
        mention_from_entry(entries[0], Reading(source="feed", channel="a"), created_at=NOW, fetched_at=NOW)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "ahead",
    [
        pytest.param("\n" * LONG, id="lines"),
        pytest.param("\n<!ENTITY" * (LONG // 20), id="entities"),
        pytest.param("\n<!DOCTYPE" * (LONG // 20), id="document types"),
        pytest.param("encoding='" * (LONG // 10), id="encodings"),
    ],
)
def test_a_hostile_head_takes_no_minutes(ahead):
    with contextlib.suppress(RetryLater, SourceChanged):
        entries_of(("<?xml version='1.0'?>" + ahead + HEAD.partition("?>")[2] + item(1) + TAIL).encode())
    with contextlib.suppress(RetryLater, SourceChanged):
        entries_of(("<?xml version='1.0' " + ahead + HEAD.partition("?>")[2] + item(1) + TAIL).encode("utf-16"))


def test_a_huge_feed_is_refused():
    with pytest.raises(SourceChanged, match="more than 8 MB"):
        entries_of(b"<rss>" + b" " * 8_000_001)


def test_addresses_of_mail_are_not_kept():
    author = "<author>ann@made-up.example</author>"
    (entry,) = entries_of((HEAD + item(1).replace("</item>", author + "</item>") + TAIL).encode())
    mention = mention_from_entry(entry, Reading(source="feed", channel="a"), created_at=NOW, fetched_at=NOW)
    assert (mention.author_id, mention.author_name) == (None, None)


def test_ids_that_are_not_worldwide_are_told_apart_by_channel():
    (entry,) = entries_of((HEAD + item(1, guid="77") + TAIL).encode())
    assert entry_id(entry, Reading(source="feed", channel="a.example")) == "a.example:77"


def test_times_that_cannot_be_are_unknown():
    (entry,) = entries_of((HEAD + item(1).replace("2026", "0001") + TAIL).encode())
    assert written_at(entry) is None


def test_an_entry_comes_back_from_quarantine():
    with Loopback() as server:
        server.on("GET", "/feed", rss(item(1), item(2, text="")))
        feed = connector(FeedAt(url=server.base + "/feed"))
        (page,) = pages_of(feed)
        (aside,) = page.set_aside
        (query,) = feed.queries()
    assert aside.reason == "feed: urn:c:2: no words"
    mended = aside.raw.replace('"summary": ""', '"summary": "mended"').replace('"value": ""', '"value": "mended"')
    (mention,) = feed.read(mended, query, now=NOW)
    assert (mention.source_id, mention.text, mention.created_at) == ("urn:c:2", "mended", NOW)
    for raw in (aside.raw, "[]", '{"id": "cut o'):
        with pytest.raises(BadItem):
            feed.read(raw, query, now=NOW)
