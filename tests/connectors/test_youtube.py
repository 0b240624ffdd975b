import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.youtube import Channel, YoutubeConnector, YoutubeSettings
from connectors.youtube_items import comments_of, mention_from, mention_from_comment, mention_from_video, refusal, video_id
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Query, Surroundings, Window
from monitor.collect.http import Answer
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, CredentialsRefused, RetryLater, SourceChanged, StopUntil
from monitor.mention import Kind, State
from tests.connectors.stages.youtube import KEY, NOW, STAGE, comment, found, refused, thread, video
from tests.loopback import faults
from tests.loopback.replay import Replay, interactions_of, recorded
from tests.loopback.server import Answer as Sent
from tests.loopback.server import Loopback, json_answer

HOUR = timedelta(hours=1)
CHANNEL = "UCaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("YOUTUBE_API_KEY", KEY)


class Counting(NoMeter):
    """Notes what was reserved; a bucket in `empty` is used up."""

    def __init__(self, *empty):
        self.empty = empty
        self.reserved = []
        self.heard = []

    def reserve(self, bucket, amount=1):
        self.reserved.append(bucket.name)
        if bucket.name in self.empty:
            raise StopUntil("used up", at=NOW + HOUR)

    def told(self, bucket, *, remaining, resets_at):
        self.heard.append((bucket.name, remaining, resets_at))


def staged(request):
    answer = STAGE.serve(request)
    return Sent(answer.status, answer.headers, answer.body)


def answers(name):
    return [json.loads(one.answer.body) for one in interactions_of(recorded(f"youtube/{name}.json"))]


def connector(server, *, now=NOW, threads=(), brands=None, **settings):
    brands = [Brand(name="Streamly", rule="streamly")] if brands is None else brands
    around = Surroundings(brands=brands, threads=threads, clock=lambda: now)
    return YoutubeConnector(YoutubeSettings(base_url=server.base, **settings), around)


def pulled(source, cursor=None, *, now=NOW, meter=None, window=Window(), query=None):  # noqa: B008
    query = query or source.queries()[0]
    return list(source.pull(query, cursor, now=now, window=window, meter=meter or NoMeter()))


def ids(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


def body(**facts):
    return json_answer({"items": [], **facts})


def test_recorded_comment_threads_become_comments_of_their_video():
    for answer in answers("comment_threads_by_video_paged"):
        found = [mention_from_comment(one, NOW) for one in answer["items"] for one in comments_of(one)]
        assert len(found) == 5
        assert {(one.kind, one.channel, one.conversation_id, one.in_reply_to_id) for one in found} == {(Kind.COMMENT, *["F1UP7wRCPH8"] * 3)}
        assert (found[0].source_id, found[0].text) == ("UgyZ1jqkHKYvi1-ruOZ4AaABAg", "Google.com")
        assert found[0].created_at == datetime(2019, 11, 26, 15, 51, 44, tzinfo=UTC)
        assert (found[0].author_name, found[0].author_id) == ("himani agarwal", "UCzj-CjKYmGlZ7vTL-vOe57A")
        assert [one.engagement.replies for one in found] == [0, 0, 0, 0, 2]
        assert found[0].url == "https://www.youtube.com/watch?v=F1UP7wRCPH8&lc=UgyZ1jqkHKYvi1-ruOZ4AaABAg"


def test_recorded_answers_know_the_comment_they_answer():
    found = [mention_from_comment(one, NOW) for answer in answers("comments_by_parent_paged") for one in answer["items"]]
    assert [one.text for one in found] == ["this is the third reply!", "this is the second reply!", "hey, this is the replay"]
    assert {(one.kind, one.in_reply_to_id) for one in found} == {(Kind.REPLY, "Ugw5zYU6n9pmIgAZWvN4AaABAg")}
    assert all(one.source_id.startswith("Ugw5zYU6n9pmIgAZWvN4AaABAg.") and one.state is State.LIVE for one in found)


def test_recorded_search_results_are_videos_with_their_entities_resolved():
    found = [mention_from_video(one, NOW) for answer in answers("search_by_keywords_two_pages") for one in answer["items"]]
    assert (len(found), len({one.source_id for one in found})) == (50, 49)
    assert found[1].title == "SURFING PERFECT PIPE & BACKDOOR || SUNRISE SHACK!"
    assert found[1].text_truncated
    assert found[0].created_at == datetime(2019, 12, 5, 19, 0, 10, tzinfo=UTC)
    assert found[0].url == "https://www.youtube.com/watch?v=gQ_1zX-F_No"


def test_recorded_videos_have_title_description_links_and_language():
    first, second = (mention_from(one, NOW) for one in answers("videos_info_multi")[0]["items"])
    assert (first.source_id, first.kind, first.is_root) == ("D-lhorsDlUQ", Kind.POST, True)
    assert first.title == "What are Actions on Google (Assistant on Air)"
    assert first.links == ("http://bit.ly/2YabdS5", "https://goo.gle/2X0nBqG", "https://bit.ly/googledevs")
    assert (first.lang, first.lang_origin, first.channel) == ("en", "source", "Google Developers")
    assert (second.source_id, second.engagement_at) == ("ovdbrdCIP7U", None)


def test_the_recorded_refusal_asks_for_another_key():
    source_id = "UC_x5XG1OV2P6uZZ5FSM9Ttw"
    work = [{"do": "threads", "channel": source_id, "since": NOW.isoformat()}]
    resume = {"state": {"videos": {}, "answered": {}, "searched": None, "newest": None}, "work": work}
    walk = {"since": NOW.isoformat(), "until": NOW.isoformat(), "resume": resume, "to_mark": None, "is_first": True, "asks": source_id}
    with Loopback(Replay.of("youtube/error_403_permission.json")) as server:
        source = connector(server, brands=[], channels=[Channel(id=source_id)])
        with pytest.raises(CredentialsRefused, match="403"):
            pulled(source, {"v": 1, "high": None, "mark": None, "walk": walk})


def test_counts_written_as_text_are_numbers_and_missing_ones_unknown():
    one = mention_from(video("vidstreaml1", 9, 7), NOW)
    assert (one.engagement.views, one.engagement.likes, one.engagement.replies, one.engagement_at) == (900, 31, 7, NOW)
    assert mention_from({**video("vidstreaml1", 9, 7), "statistics": {}}, NOW).engagement.views is None


def test_an_edited_comment_says_when():
    edited = comment("Ugz", 5, "was better before")
    edited["snippet"]["updatedAt"] = "2026-11-19T11:00:00.123Z"
    one = mention_from_comment(edited, NOW)
    assert (one.state, one.edited_at) == (State.EDITED, datetime(2026, 11, 19, 11, 0, 0, 123000, tzinfo=UTC))


def test_the_text_as_written_is_preferred_to_the_one_displayed():
    written = comment("Ugz", 5, "a < b")
    written["snippet"]["textDisplay"] = "shown"
    assert mention_from_comment(written, NOW).text == "a < b"
    del written["snippet"]["textOriginal"]
    assert mention_from_comment(written, NOW).text == "shown"


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"id": "Ugz"}, id="no snippet"),
        pytest.param({"snippet": comment("Ugz", 1, "x")["snippet"]}, id="no id"),
        pytest.param({"id": "Ugz", "snippet": {"textDisplay": "x", "publishedAt": "yesterday"}}, id="no time"),
        pytest.param({"id": "Ugz", "snippet": {"textDisplay": "x", "publishedAt": "2026-01-01T00:00:00"}}, id="no zone"),
        pytest.param({"kind": "youtube#video", "id": "v", "snippet": {}}, id="no title"),
        pytest.param("words", id="no object"),
    ],
)
def test_an_item_without_what_it_must_have_is_odd(odd):
    with pytest.raises(BadItem):
        mention_from(odd, NOW)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.youtube.com/watch?v=abcdefghijk&t=5s", "abcdefghijk"),
        ("https://youtu.be/abcdefghijk?si=x", "abcdefghijk"),
        ("https://m.youtube.com/shorts/abcdefghijk", "abcdefghijk"),
        ("https://www.youtube.com/@acme", None),
        ("https://www.youtube.com/watch?v=short", None),
        ("https://evil.example/watch?v=abcdefghijk", None),
    ],
)
def test_a_video_is_known_by_its_address(url, expected):
    assert video_id(url) == expected


def test_one_walk_finds_videos_comments_and_every_answer():
    meter = Counting()
    with Loopback(staged) as server:
        pages = pulled(connector(server), meter=meter)
        assert set(ids(pages)) == STAGE.ids
        assert [request.path.rpartition("/")[2] for request in server.seen()] == [
            *["search"] * 2,
            "videos",
            "commentThreads",
            "commentThreads",
            "comments",
            "comments",
        ]
        assert len(pages) == 7
        assert meter.reserved == [*["youtube searches"] * 2, *["youtube units"] * 5]
        assert not [request for request in server.seen() if KEY in request.target]
        first = server.seen()[0]
        assert (first.one("publishedAfter"), first.one("publishedBefore")) == ("2026-11-13T12:00:00Z", "2026-11-20T12:00:00Z")
    (looked,) = pages[-1].covered
    assert (looked.since, looked.until, looked.complete) == (NOW - timedelta(days=7), NOW, True)
    answer = next(mention for page in pages for mention in page.mentions if mention.source_id == "Ugc.r2")
    assert (answer.conversation_id, answer.in_reply_to_id, answer.kind) == ("vidstreaml1", "Ugc", Kind.REPLY)


def test_a_walk_cut_short_after_any_page_goes_on_with_the_next_request():
    with Loopback(staged) as server:
        whole = ids(pulled(connector(server)))
        asked = len(server.seen())
        for cut in range(1, 7):
            source = connector(server)
            (query,) = source.queries()
            pages = source.pull(query, None, now=NOW, window=Window(), meter=NoMeter())
            first = [next(pages) for _ in range(cut)]
            pages.close()
            cursor = json.loads(json.dumps(first[-1].cursor))
            before = len(server.seen())
            rest = pulled(connector(server), cursor, now=NOW + HOUR)
            assert ids(first) + ids(rest) == whole
            assert len(server.seen()) - before == asked - cut


def test_between_searches_only_videos_with_more_comments_are_read():
    with Loopback(staged) as server:
        cursor = pulled(connector(server))[-1].cursor
        before = len(server.seen())
        later = pulled(connector(server), cursor, now=NOW + HOUR)
        assert [request.path.rpartition("/")[2] for request in server.seen()[before:]] == ["videos"]
        assert ids(later) == []
        assert later[-1].cursor["high"] == cursor["high"], "no search, so nothing more was looked at"
        server.on("GET", ".*/videos", lambda _: body(items=[video("vidstreaml1", 9, 8), video("vidstreaml2", 8, 0)]))
        newer = thread("Uge", 59, "Still no sound")
        server.on("GET", ".*/commentThreads", lambda _: body(items=[newer, thread("Uga", 50, "Streamly keeps buffering")]))
        latest = pulled(connector(server), later[-1].cursor, now=NOW + HOUR)
        assert ids(latest) == ["Uge", "Uga"]


def test_answers_are_fetched_again_only_where_a_thread_has_more():
    begun = datetime(2026, 11, 19, 11, tzinfo=UTC)
    with Loopback(staged) as server:
        cursor = pulled(connector(server), now=begun)[-1].cursor
        server.on("GET", ".*/videos", lambda _: body(items=[video("vidstreaml1", 9, 9)]))
        server.on("GET", ".*/commentThreads", lambda _: body(items=[thread("Ugc", 30, "Who else lost sound?", 3)]))
        before = len(server.seen())
        later = pulled(connector(server), cursor, now=begun + HOUR)
        assert not [request for request in server.seen()[before:] if request.path.endswith("/comments")]
        server.on("GET", ".*/videos", lambda _: body(items=[video("vidstreaml1", 9, 10)]))
        server.on("GET", ".*/commentThreads", lambda _: body(items=[thread("Ugc", 30, "Who else lost sound?", 4)]))
        latest = pulled(connector(server), later[-1].cursor, now=begun + HOUR)
        assert {"Ugc", "Ugc.r0", "Ugc.r1", "Ugc.r2"} == set(ids(latest))


def test_comments_are_read_though_the_days_searches_are_used_up():
    with Loopback(staged) as server:
        cursor = pulled(connector(server))[-1].cursor
        with pytest.raises(StopUntil):
            pulled(connector(server), meter=Counting("youtube searches"))
        server.on("GET", ".*/videos", lambda _: body(items=[video("vidstreaml1", 9, 8)]))
        pages = pulled(connector(server), cursor, now=NOW + 3 * HOUR, meter=Counting("youtube searches"))
        assert "Uga" in ids(pages)
        assert pages[-1].cursor["high"] == cursor["high"]
        assert pulled(connector(server), pages[-1].cursor, now=NOW + 3 * HOUR)[-1].cursor["high"] == (NOW + 3 * HOUR).isoformat()


def test_a_search_that_showed_all_it_does_leaves_a_gap_before_its_oldest_video():
    def search(request):
        number = int(request.one("pageToken") or 1)
        return body(items=[found(f"vidstrea{number:03}", 23 - number)], **({"nextPageToken": str(number + 1)} if number < 10 else {}))

    with Loopback() as server:
        server.on("GET", ".*/search", search)
        server.on("GET", ".*/videos", lambda request: body(items=[video(name, 9, 0) for name in request.one("id").split(",")]))
        pages = pulled(connector(server))
        gap, seen = pages[-1].covered
        assert (gap.complete, gap.until, seen.complete) == (False, datetime(2026, 11, 18, 13, tzinfo=UTC), True)
        assert "500" in gap.reason
        assert pages[-1].cursor["mark"]["reached"] is None


def test_a_video_without_comments_is_passed_over_and_the_walk_completes():
    with Loopback(staged) as server:
        server.on("GET", ".*/commentThreads", lambda _: json_answer({"error": {"errors": [{"reason": "commentsDisabled"}]}}, 403))
        pages = pulled(connector(server))
        assert ids(pages) == ["vidstreaml1", "vidstreaml2"]
        assert pages[-1].is_last


def test_a_used_up_quota_waits_for_midnight_in_california_and_the_meter_is_told():
    meter = Counting()
    with Loopback(staged) as server:
        refusal = refused(403, "quotaExceeded")
        server.on("GET", ".*/commentThreads", lambda _: Sent(403, refusal.headers, refusal.body))
        with pytest.raises(StopUntil) as stop:
            pulled(connector(server), meter=meter)
    assert stop.value.at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert meter.heard == [("youtube units", 0, stop.value.at)]


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        pytest.param(datetime(2026, 3, 8, 9, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC), id="spring: a day of 23 hours"),
        pytest.param(datetime(2026, 11, 1, 9, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC), id="autumn: a day of 25 hours"),
    ],
)
def test_midnight_is_right_where_the_clocks_change(now, midnight):
    trouble = refusal(Answer(403, {}, refused(403, "quotaExceeded").body, "u"), now=now)
    assert trouble.at == midnight


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(response, kind) for response, kind in STAGE.troubles]
    + [(refused(400, "processingFailure"), RetryLater), (refused(400, "invalidFilters"), SourceChanged)],
)
def test_a_refusal_is_the_trouble_that_its_reason_says(answer, kind):
    assert isinstance(refusal(Answer(answer.status, {}, answer.body, "u"), now=NOW), kind)


def test_a_refusal_that_is_no_json_is_what_its_status_says():
    assert isinstance(refusal(Answer(403, {}, b"<html>", "u"), now=NOW), CredentialsRefused)


def test_a_missing_key_is_told_before_anything_is_asked(monkeypatch):
    monkeypatch.delenv("YOUTUBE_API_KEY")
    with Loopback() as server:
        source = connector(server)
        assert "YOUTUBE_API_KEY" in source.check()
        with pytest.raises(CredentialsRefused):
            pulled(source)


def test_no_error_shows_the_key():
    with Loopback(staged) as server:
        for fault in (faults.status(500), faults.too_many({"retry-after": "4"}), faults.truncated(), faults.dropped()):
            server.fail(fault)
            with pytest.raises(RetryLater) as error:
                pulled(connector(server))
            assert KEY not in str(error.value) + repr(connector(server))


def test_a_channel_is_read_by_its_uploads_and_one_stream_of_comments():
    def uploads(request):
        entries = {None: (("vidchannel1", 18), ("vidchannel2", 16)), "u2": (("vidchannel3", 10),)}[request.one("pageToken")]
        items = [
            {
                "snippet": {"title": "New", "publishedAt": "2026-11-19T00:00:00Z"},
                "contentDetails": {"videoId": name, "videoPublishedAt": at},
            }
            | {"kind": "youtube#playlistItem", "id": "x"}
            for name, day in entries
            for at in [f"2026-11-{day}T00:00:00Z"]
        ]
        return body(items=items, **({"nextPageToken": "u2"} if not request.one("pageToken") else {}))

    with Loopback() as server:
        server.on("GET", ".*/playlistItems", uploads)
        server.on("GET", ".*/videos", lambda request: body(items=[video(name, 9, 3) for name in request.one("id").split(",")]))
        server.on("GET", ".*/commentThreads", lambda _: body(items=[thread("Uga", 50, "Nice"), thread("Ugb", 40, "Not nice")]))
        source = connector(server, brands=[], channels=[Channel(id=CHANNEL, about="Streamly")])
        (query,) = source.queries()
        assert (query.about, query.brands) == ("Streamly", ("Streamly",))
        pages = pulled(source)
        assert ids(pages) == ["vidchannel1", "vidchannel2", "Uga", "Ugb"]
        assert server.seen(".*/playlistItems")[0].one("playlistId") == "UU" + CHANNEL[2:]
        assert server.seen(".*/commentThreads")[0].one("allThreadsRelatedToChannelId") == CHANNEL
        assert pages[-1].cursor["mark"]["videos"] == {}


def test_a_followed_video_is_read_whole_until_it_is_quiet():
    followed = Thread(url="https://youtu.be/vidstreaml1", about="Streamly", until_quiet="2d")
    with Loopback(staged) as server:
        source = connector(server, threads=[followed], search=False)
        (query,) = source.queries()
        assert (query.about, query.covers) == ("Streamly", False)
        pages = pulled(source)
        assert {"vidstreaml1", "Uga", "Ugc.r2"} <= set(ids(pages))
        assert pages[-1].covered == ()
        assert pulled(source, pages[-1].cursor, now=NOW + timedelta(days=3)) == []


def test_a_backfill_brings_what_was_said_in_its_window():
    window = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 19, 10, 35, tzinfo=UTC))
    with Loopback(staged) as server:
        assert "Uga" not in ids(pages := pulled(connector(server), window=window))
        assert {"Ugc", "vidstreaml1"} <= set(ids(pages))
        assert server.seen(".*/search")[0].one("publishedBefore") == "2026-11-19T10:35:00Z"


def test_a_video_with_endless_comments_is_left_after_so_many_pages():
    with Loopback(staged) as server:
        server.on("GET", ".*/commentThreads", lambda _: body(items=[thread("Uga", 50, "spam")], nextPageToken="on"))
        pages = pulled(connector(server, most_pages=3))
        assert len(server.seen(".*/commentThreads")) == 3
        assert pages[-1].is_last


def test_a_second_look_tells_what_is_gone():
    known = [Known(name, NOW, "vidstreaml1") for name in ("vidstreaml1", "Uga", "Ugx", "Ugx.r1")] + [
        Known("vidgone0000", NOW, "vidgone0000")
    ]
    with Loopback() as server:
        server.on("GET", ".*/videos", lambda _: body(items=[video("vidstreaml1", 9, 7)]))
        server.on("GET", ".*/comments", lambda _: body(items=[comment("Uga", 50, "Streamly keeps buffering")]))
        looked = [mention for page in connector(server).refresh(known, now=NOW, meter=NoMeter()) for mention in page]
        assert len(server.seen()) == 2
    states = {one.source_id: (one.kind, one.state) for one in looked}
    assert states == {
        "vidstreaml1": (Kind.POST, State.LIVE),
        "vidgone0000": (Kind.POST, State.UNAVAILABLE),
        "Uga": (Kind.COMMENT, State.LIVE),
        "Ugx": (Kind.COMMENT, State.UNAVAILABLE),
        "Ugx.r1": (Kind.REPLY, State.UNAVAILABLE),
    }
    assert next(one for one in looked if one.source_id == "Uga").conversation_id == "vidstreaml1"


def test_an_odd_thread_is_set_aside_and_can_be_read_again():
    with Loopback(staged) as server:
        server.on(
            "GET", ".*/commentThreads", lambda _: body(items=[{"kind": "youtube#commentThread", "id": "odd"}, thread("Uga", 50, "ok")])
        )
        source = connector(server)
        pages = pulled(source)
        (odd,) = [one for page in pages for one in page.set_aside]
        assert "odd" in odd.reason
        with pytest.raises(BadItem):
            source.read(odd.raw, Query("youtube", "x"), now=NOW)
        mended = json.dumps(thread("Ugq", 1, "fine", 1, [comment("Ugq.1", 2, "too", "Ugq")]))
        assert [one.source_id for one in source.read(mended, Query("youtube", "x"), now=NOW)] == ["Ugq", "Ugq.1"]
        assert source.read(json.dumps(found("vidstreaml9", 3)), Query("youtube", "x"), now=NOW)[0].source_id == "vidstreaml9"
