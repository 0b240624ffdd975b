import gzip
import importlib.util
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.disqus import DisqusConnector, DisqusSettings, Forum
from connectors.disqus_posts import mention_from_post, mentions_from_export, posts_of_export
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Place, Surroundings, Window
from monitor.errors import BadItem, ConfigError, CredentialsRefused, MonitorError, RetryLater, SourceChanged, StopUntil
from monitor.mention import Kind, State
from tests.loopback.replay import recorded
from tests.loopback.server import Answer, Loopback

spec = importlib.util.spec_from_file_location("disqus_stage", Path(__file__).parent / "stages" / "disqus.py")
stage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stage)

NOW = stage.NOW
LIST = "/posts/list.json"


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("DISQUS_API_KEY", stage.KEY)


@pytest.fixture
def no_key(monkeypatch):
    monkeypatch.delenv("DISQUS_API_KEY", raising=False)


class Told(NoMeter):
    def __init__(self):
        self.reserved = 0
        self.said = []

    def reserve(self, bucket, amount=1):
        assert (bucket.limit, bucket.span) == (1_000, timedelta(hours=1))
        self.reserved += amount

    def told(self, bucket, *, remaining, resets_at):
        self.said.append((remaining, resets_at))


def made_up(server):
    def handle(request):
        answer = stage.serve(request)
        return answer.status, answer.headers, answer.body

    server.add(handle)


def pages_of(one, cursor=None, *, now=NOW, window=Window(), meter=None, query=0):  # noqa: B008
    return list(one.pull(one.queries()[query], cursor, now=now, window=window, meter=meter or NoMeter()))


def post(**changes):
    return mention_from_post({**stage.post(10), **changes}, fetched_at=NOW)


# what the recorded export says


def test_the_recorded_export_is_read_without_addresses_of_people():
    export = recorded("disqus/export.xml").read_bytes()
    mentions, aside = mentions_from_export(export, fetched_at=NOW)
    top, reply, orphan = mentions
    assert (top.source_id, top.kind, top.conversation_id, top.channel) == ("4", Kind.COMMENT, "thread:2", "disqusdev")
    assert (top.url, top.author_name, top.author_id) == ("http://example.org/#comment-4", "peter", None)
    assert top.created_at == datetime(2013, 10, 10, 19, 20, 29, tzinfo=UTC)
    assert (reply.kind, reply.in_reply_to_id, reply.text, reply.author_id) == (Kind.REPLY, "4", "Hello, World.", "user")
    assert (orphan.conversation_id, orphan.url, orphan.channel, orphan.author_name) == ("thread:1337", None, "disqusdev", "where am I?")
    assert aside == []
    assert not any(private in repr(mentions) for private in ("@", "127.0.0.1"))
    assert not any(private in json.dumps(list(posts_of_export(BytesIO(export)))) for private in ("@", "127.0.0.1"))


# exports


def export_of(count: int) -> bytes:
    posts = "".join(
        f"<post dsq:id='{n}'><message>Streamly {n}</message><createdAt>2020-01-01T00:{n // 60 % 60:02}:{n % 60:02}Z</createdAt>"
        f"<isDeleted>{'true' if n % 1000 == 7 else 'false'}</isDeleted><isSpam>false</isSpam><author><name>A &amp; B</name></author>"
        "<thread dsq:id='2'/></post>"
        for n in range(1, count + 1)
    )
    head = (
        "<disqus xmlns='http://disqus.com' xmlns:dsq='http://disqus.com/disqus-internals'><category dsq:id='1'><forum>f</forum></category>"
    )
    return (
        f"<?xml version='1.0'?>{head}<thread dsq:id='2'><link>http://a.example/p</link><forum>f</forum></thread>{posts}</disqus>".encode()
    )


def exported(folder, name="export.xml", **around):
    return DisqusConnector(DisqusSettings(exports=[name]), Surroundings(folder=folder, clock=lambda: NOW, **around))


@pytest.mark.usefixtures("no_key")
def test_an_export_is_read_once_page_by_page_and_goes_on_where_it_stopped(tmp_path):
    (tmp_path / "export.xml").write_bytes(export_of(2500))
    one = exported(tmp_path)
    (query,) = one.queries()
    walk = one.pull(query, None, now=NOW, window=Window(), meter=NoMeter())
    first = next(walk)
    walk.close()
    rest = pages_of(one, first.cursor)
    assert [page.seen for page in [first, *rest]] == [1000, 1000, 500]
    assert [mention.source_id for page in [first, *rest] for mention in page.mentions] == [str(n) for n in range(1, 2501)]
    assert (first.mentions[6].state, first.mentions[6].text, first.mentions[6].author_name) == (State.DELETED, None, None)
    assert first.mentions[0].author_name == "A & B"
    assert not query.covers
    assert pages_of(one, rest[-1].cursor, now=NOW + timedelta(minutes=5)) == []
    (tmp_path / "export.xml").write_bytes(export_of(3))
    assert [page.seen for page in pages_of(one, rest[-1].cursor, now=NOW + timedelta(minutes=5))] == [3]


@pytest.mark.usefixtures("no_key")
def test_an_export_may_be_packed_and_read_for_a_window(tmp_path):
    (tmp_path / "export.xml.gz").write_bytes(gzip.compress(export_of(120)))
    window = Window(datetime(2020, 1, 1, 0, 1, tzinfo=UTC), datetime(2020, 1, 1, 0, 2, tzinfo=UTC))
    (page,) = pages_of(exported(tmp_path, "export.xml.gz"), window=window)
    assert [mention.source_id for mention in page.mentions] == [str(n) for n in range(60, 120)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(export_of(3)[:-30], "is no whole Disqus export", id="cut"),
        pytest.param(b"", "is no whole Disqus export", id="empty"),
        pytest.param(b"<rss><channel/></rss>", "is no Disqus export", id="another file"),
        pytest.param(gzip.compress(export_of(3))[:-20], "is no whole Disqus export", id="cut while packed"),
        pytest.param(
            b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><disqus><post>&b;</post></disqus>",
            "declares a document type",
            id="entities",
        ),
        pytest.param(
            "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><disqus>&a;</disqus>".encode("utf-16"),
            "declares a document type",
            id="a file as an entity",
        ),
    ],
)
@pytest.mark.usefixtures("no_key")
def test_a_file_that_is_no_export_is_told(tmp_path, body, told):
    (tmp_path / "export.xml").write_bytes(body)
    with pytest.raises(ConfigError, match=rf"^disqus: export\.xml {told}"):
        pages_of(exported(tmp_path))


@pytest.mark.usefixtures("no_key")
def test_a_missing_export_is_told(tmp_path):
    assert "no file" in exported(tmp_path).check()
    with pytest.raises(ConfigError, match="no file"):
        pages_of(exported(tmp_path))


# posts of the API


def test_a_post_has_thread_parent_author_and_votes():
    mention = post()
    assert (mention.source_id, mention.kind, mention.in_reply_to_id) == ("500010", Kind.REPLY, "500007")
    assert (mention.conversation_id, mention.channel) == ("thread:71", "madeup")
    assert mention.text == "Streamly was down & out 10 times."
    assert (mention.author_id, mention.author_name) == ("reader1", "Reader 1")
    assert (mention.engagement.likes, mention.engagement.score, mention.engagement_at) == (2, 1, NOW)
    assert mention.url == "http://made-up.example/1#comment-500010"
    assert mention.created_at == NOW - timedelta(minutes=721)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"isDeleted": True}, State.DELETED),
        ({"isSpam": True}, State.REMOVED),
        ({"isApproved": False}, State.REMOVED),
        ({"isEdited": True}, State.EDITED),
        ({}, State.LIVE),
    ],
    ids=str,
)
def test_flags_tell_what_became_of_a_post(change, state):
    mention = post(**change)
    assert mention.state == state
    assert (mention.text is None) == (state in (State.DELETED, State.REMOVED))


def test_a_post_whose_thread_is_an_id_alone_is_read():
    mention = post(thread="71", message="", parent=None)
    assert (mention.conversation_id, mention.url, mention.in_reply_to_id) == ("thread:71", None, "thread:71")
    assert mention.text == "Streamly was down & out 10 times."


ODD = [{"id": None}, {"id": "x"}, {"thread": None}, {"createdAt": "soon"}, {"message": "", "raw_message": " "}, {"parent": "top"}]


@pytest.mark.parametrize("change", ODD, ids=str)
def test_an_odd_post_is_set_aside(change):
    with pytest.raises(BadItem):
        post(**change)


@pytest.mark.usefixtures("key")
def test_pages_are_walked_oldest_first_and_a_walk_cut_short_goes_on():
    meter = Told()
    with Loopback() as server:
        made_up(server)
        one = stage.make(server.base)
        walk = one.pull(one.queries()[0], None, now=NOW, window=Window(), meter=meter)
        first = next(walk)
        walk.close()
        rest = pages_of(one, first.cursor, now=NOW + timedelta(hours=1), meter=meter)
        pages_of(one, rest[-1].cursor, now=NOW + timedelta(hours=1))
        asked = [(request.one("since"), request.one("cursor")) for request in server.seen()][:4]
    assert [mention.source_id for page in [first, *rest] for mention in page.mentions] == [one["id"] for one in stage.POSTS]
    since = str(int((NOW - timedelta(days=30)).timestamp()))
    assert asked == [(since, None), (since, "100:0:0"), (since, "200:0:0"), (str(int((NOW - timedelta(hours=6)).timestamp())), None)]
    assert meter.reserved == 3
    assert rest[-1].covered[0].until == NOW


@pytest.mark.usefixtures("key")
def test_a_backfill_stops_asking_once_it_is_past_its_window():
    window = Window(NOW - timedelta(hours=12), NOW - timedelta(hours=11))
    with Loopback() as server:
        made_up(server)
        pages = pages_of(stage.make(server.base), window=window)
        assert len(server.seen()) == 2
    assert len([mention for page in pages for mention in page.mentions]) == 20


@pytest.mark.usefixtures("key")
def test_posts_are_looked_at_again():
    known = [Known(f"50000{number}", NOW, "thread:70") for number in (1, 2, 3)] + [Known("sha256-1", NOW)]
    with Loopback() as server:
        made_up(server)
        seen = [mention for batch in stage.make(server.base).refresh(known, now=NOW, meter=NoMeter()) for mention in batch]
    assert [(mention.source_id, mention.state) for mention in seen] == [
        ("500001", State.DELETED),
        ("500002", State.LIVE),
        ("500003", State.UNAVAILABLE),
    ]
    assert seen[0].text is None


@pytest.mark.usefixtures("key")
def test_the_limit_that_the_api_tells_is_passed_on():
    meter = Told()
    headers = {"x-ratelimit-remaining": "17", "x-ratelimit-reset": str(int(NOW.timestamp()) + 600)}
    with Loopback(now=lambda: datetime.now(UTC)) as server:
        server.on("GET", LIST, lambda _request: (200, headers, {"code": 0, "cursor": {"hasNext": False}, "response": []}))
        pages_of(stage.make(server.base), meter=meter)
    assert [remaining for remaining, _ in meter.said] == [17.0]


# trouble


@pytest.mark.parametrize(
    ("status", "headers", "code", "trouble", "seconds"),
    [
        pytest.param(403, {}, 5, CredentialsRefused, None, id="invalid key"),
        pytest.param(400, {}, 12, CredentialsRefused, None, id="no right"),
        pytest.param(401, {}, None, CredentialsRefused, None, id="no code"),
        pytest.param(400, {}, 13, RetryLater, 3600, id="limit as 400"),
        pytest.param(400, {"retry-after": "60"}, 14, RetryLater, 60, id="limit with seconds"),
        pytest.param(400, {"x-ratelimit-reset": str(int(NOW.timestamp()) + 600)}, 13, StopUntil, None, id="limit with a time"),
        pytest.param(400, {}, 2, SourceChanged, None, id="argument"),
        pytest.param(404, {}, 8, SourceChanged, None, id="no forum"),
        pytest.param(503, {}, 20, RetryLater, None, id="maintenance"),
        pytest.param(400, {}, 16, RetryLater, None, id="timed out"),
    ],
)
@pytest.mark.usefixtures("key")
def test_errors_are_told_by_their_code_and_never_with_the_key(status, headers, code, trouble, seconds):
    with Loopback() as server:
        server.on("GET", LIST, lambda request: (status, headers, {"code": code, "response": f"Invalid: {request.one('api_key')}"}))
        with pytest.raises(MonitorError) as told:
            pages_of(stage.make(server.base))
        assert server.holding(stage.KEY)
    assert type(told.value) is trouble
    assert getattr(told.value, "seconds", None) == seconds
    assert stage.KEY not in str(told.value)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        pytest.param(Answer(body=b'{"code": 0, "response": [{"id'), RetryLater, id="cut"),
        pytest.param(Answer(body=b'{"code": 0, "response": {}}'), SourceChanged, id="another shape"),
        pytest.param(Answer(body=b"[]"), SourceChanged, id="a list"),
    ],
)
@pytest.mark.usefixtures("key")
def test_answers_in_another_shape_are_told(answer, trouble):
    with Loopback() as server:
        server.on("GET", LIST, answer)
        with pytest.raises(trouble):
            pages_of(stage.make(server.base))


# feeds: what one looks like was not recorded; made up after the items that Disqus shows in latest.rss

FEED = """<?xml version="1.0" encoding="utf-8"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
<title>madeup - Latest Comments</title><link>https://madeup.disqus.com/</link>
<item><title>Re: A page</title><link>http://made-up.example/1#comment-500011</link>
<description>&lt;p&gt;Streamly again.&lt;/p&gt;</description>
<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Reader 2</dc:creator><pubDate>Tue, 03 Nov 2026 09:00:00 -0000</pubDate></item>
</channel></rss>"""


@pytest.mark.usefixtures("no_key")
def test_without_a_key_the_feed_is_read_under_the_same_ids():
    with Loopback() as server:
        server.on("GET", "/madeup/latest.rss", Answer(body=FEED.encode()))
        settings = DisqusSettings(forums=[Forum(shortname="madeup", about="Streamly")], feed_url=server.base + "/{forum}/latest.rss")
        one = DisqusConnector(settings, Surroundings(clock=lambda: NOW))
        (page,) = pages_of(one)
        (again,) = pages_of(one, page.cursor, now=NOW + timedelta(minutes=5))
        (query,) = one.queries()
        assert one.check() is None
        assert list(one.refresh([Known("500011", NOW)], now=NOW, meter=NoMeter())) == []
    (mention,) = page.mentions
    assert (mention.source, mention.source_id, mention.kind, mention.channel) == ("disqus", "500011", Kind.COMMENT, "madeup")
    assert (mention.title, mention.text, mention.author_name) == (None, "Streamly again.", "Reader 2")
    assert mention.conversation_id == "http://made-up.example/1"
    assert mention.url == "http://made-up.example/1#comment-500011"
    assert again.mentions == []
    assert query.about == "Streamly"


def test_a_key_that_comes_later_begins_the_walk_anew(monkeypatch):
    one = stage.make("http://127.0.0.1:1")
    monkeypatch.delenv("DISQUS_API_KEY", raising=False)
    before = one.queries()[0]
    monkeypatch.setenv("DISQUS_API_KEY", stage.KEY)
    after = one.queries()[0]
    assert before.name == after.name
    assert before.asks != after.asks


# settings


def test_a_forum_about_a_brand_is_a_place():
    settings = DisqusSettings(forums=[{"shortname": "madeup", "about": "Streamly"}])
    assert settings.places == (Place(channel="madeup", about="Streamly"),)


def test_wrong_settings_are_told():
    with pytest.raises(ValidationError, match="stands there twice"):
        DisqusSettings(forums=[{"shortname": "madeup"}, {"shortname": "MadeUp"}])
    with pytest.raises(ValidationError, match="pattern"):
        DisqusSettings(forums=[{"shortname": "madeup.disqus.com/#"}])
    assert "no forums" in DisqusConnector(DisqusSettings(), Surroundings()).check()


@pytest.mark.usefixtures("key")
def test_posts_and_entries_come_back_from_quarantine():
    one = stage.make("http://127.0.0.1:1")
    (query,) = one.queries()
    assert one.read(json.dumps(stage.post(10)), query, now=NOW)[0].source_id == "500010"
    entry = {"link": "http://a.example/#comment-9", "summary": "fine", "published_parsed": [2026, 11, 3, 9, 0, 0, 0, 0, 0]}
    assert one.read(json.dumps(entry), query, now=NOW)[0].source_id == "9"
    for raw in ("[]", "{", '{"createdAt": null}'):
        with pytest.raises(BadItem):
            one.read(raw, query, now=NOW)
