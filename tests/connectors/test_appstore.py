import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.appstore import App, AppstoreConnector, AppstoreSettings, mention_from_review, reviews_of
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Surroundings, Window
from monitor.errors import BadItem, RetryLater, SourceChanged
from monitor.mention import Kind
from tests.connectors.stages.appstore import APP, NOW, REVIEWS, STAGE, feed, label, review
from tests.loopback import faults
from tests.loopback.replay import Replay, interactions_of, recorded
from tests.loopback.server import Answer as Sent
from tests.loopback.server import Loopback, json_answer

HOUR = timedelta(hours=1)
RECORDED = "appstore/customer_reviews_2026_09.json"


def staged(request):
    answer = STAGE.serve(request)
    return Sent(answer.status, answer.headers, answer.body)


def connector(server, *, now=NOW, apps=None, **settings):
    apps = [App(id=APP, about="Streamly")] if apps is None else apps
    return AppstoreConnector(AppstoreSettings(base_url=server.base, apps=apps, **settings), Surroundings(clock=lambda: now))


def pulled(source, cursor=None, *, now=NOW, window=Window()):  # noqa: B008
    (query,) = source.queries()
    return list(source.pull(query, cursor, now=now, window=window, meter=NoMeter()))


def ids(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


def test_recorded_reviews_have_stars_votes_text_and_time():
    (one,) = interactions_of(recorded(RECORDED))
    first, second = (mention_from_review(item, NOW, app="1592550875") for item in reviews_of(json.loads(one.answer.body)))
    assert (first.source_id, first.kind, first.channel) == ("14548543799", Kind.REVIEW, "1592550875")
    assert first.created_at == datetime(2026, 9, 14, 11, 24, 23, tzinfo=UTC)
    assert (first.title, first.text) == ("Airdopes app so good", "This app can order and connect to devices like airdopes I feel so good")
    assert (first.author_name, first.author_id) == ("Fatluga", "1605206013")
    assert (first.engagement.rating, first.engagement.score, first.engagement_at) == (5.0, 3, NOW)
    assert first.url == "https://itunes.apple.com/in/review?id=1592550875&type=Purple%20Software"
    assert (second.engagement.rating, second.engagement.score, second.lang) == (1.0, 0, None)
    assert second.text == "It takes an eternity to load and show the features."


def test_the_recorded_feed_is_read_by_the_real_client():
    now = datetime(2026, 9, 20, 12, tzinfo=UTC)
    replay = Replay.of(RECORDED)
    with Loopback() as server:
        server.on("GET", r"/in/rss/customerreviews/page=1/id=1592550875/sortBy=mostRecent/json", lambda _: replay.interactions[0].answer)
        server.on("GET", r"/in/rss/customerreviews/page=2/.*", lambda _: json_answer(feed([])))
        pages = pulled(connector(server, now=now, apps=[App(id=1592550875, about="Airdopes", countries=["in"])]), now=now)
    assert (ids(pages), pages[-1].covered[0].complete) == (["14548543799", "14545746087"], True)


def test_each_app_is_asked_in_each_of_its_countries_about_its_brand():
    source = AppstoreConnector(AppstoreSettings(apps=[App(id=APP, about="Streamly", countries=["us", "de"])]), Surroundings())
    assert [(query.name, query.about, query.brands) for query in source.queries()] == [
        (f"{APP} us", "Streamly", ("Streamly",)),
        (f"{APP} de", "Streamly", ("Streamly",)),
    ]
    assert source.check() is None
    assert "apps" in AppstoreConnector(AppstoreSettings(), Surroundings()).check()


def test_a_walk_reads_pages_of_fifty_until_there_are_no_more():
    with Loopback(staged) as server:
        pages = pulled(connector(server))
        assert [len(page.mentions) for page in pages] == [50, 50, 20, 0]
        assert pages[-1].covered[0].complete
        assert set(ids(pages)) == STAGE.ids
        assert server.seen()[1].path == f"/us/rss/customerreviews/page=2/id={APP}/sortBy=mostRecent/json"
        later = pulled(connector(server), pages[-1].cursor, now=NOW + HOUR)
        assert len(later) == 1, "the first page is older than the last look at its end"
        assert set(ids(later)) == {one["id"]["label"] for one in REVIEWS[:10]}


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_walk_cut_short_goes_on_with_the_next_page(cut):
    with Loopback(staged) as server:
        source = connector(server)
        pages = source.pull(source.queries()[0], None, now=NOW, window=Window(), meter=NoMeter())
        begun = [next(pages) for _ in range(cut)]
        pages.close()
        rest = pulled(connector(server), json.loads(json.dumps(begun[-1].cursor)), now=NOW + HOUR)
        assert ids(begun) + ids(rest) == [one["id"]["label"] for one in REVIEWS]
        assert len(server.seen()) == 4


def test_after_ten_full_pages_the_time_before_is_not_called_looked_at():
    many = [review(number, NOW - timedelta(minutes=number)) for number in range(600)]

    def serve(request):
        number = int(request.path.partition("page=")[2].partition("/")[0])
        return json_answer(feed(many[(number - 1) * 50 : number * 50]))

    with Loopback(serve) as server:
        pages = pulled(connector(server))
        assert (len(pages), len(ids(pages))) == (10, 500)
    gap, seen = pages[-1].covered
    assert (gap.complete, gap.since, gap.until) == (False, NOW - timedelta(days=30), NOW - timedelta(minutes=499))
    assert "500" in gap.reason
    assert (seen.complete, seen.until) == (True, NOW)


def test_a_feed_without_entries_is_suspect_and_not_called_looked_at():
    with Loopback(lambda _: json_answer(feed([]))) as server:
        (first,) = pulled(connector(server))
        (gap,) = first.covered
        assert (gap.complete, gap.until, first.is_last, first.seen) == (False, NOW, True, 0)
        assert "no entries" in gap.reason
        (second,) = pulled(connector(server), first.cursor, now=NOW + HOUR)
        assert second.covered[0].complete, "it had none before either"


def test_entries_that_vanish_are_suspect_however_often():
    with Loopback(staged) as server:
        cursor = pulled(connector(server))[-1].cursor
        server.add(lambda _: json_answer(feed([])))
        for hours in (1, 2):
            (page,) = pulled(connector(server), cursor, now=NOW + hours * HOUR)
            cursor = page.cursor
            assert not page.covered[0].complete


def test_entries_that_end_after_a_full_page_leave_a_gap_before_it():
    def serve(request):
        return json_answer(feed(REVIEWS[:50] if "page=1/" in request.path else []))

    with Loopback(serve) as server:
        pages = pulled(connector(server))
    gap, seen = pages[-1].covered
    assert (gap.complete, seen.complete) == (False, True)
    assert gap.until == NOW - timedelta(hours=5 * 49 + 1)
    assert "page 2" in gap.reason


def test_one_review_stands_alone_and_the_app_itself_is_none():
    assert len(reviews_of(feed(REVIEWS[:1]))) == 1
    app = {"im:name": label("Streamly"), "id": label("x")}
    assert reviews_of({"feed": {"entry": [app, REVIEWS[0]]}}) == [REVIEWS[0]]
    assert reviews_of(feed([])) is None
    with pytest.raises(SourceChanged):
        reviews_of({"error": 1})


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"id": {}}, id="no id"),
        pytest.param({"updated": label("yesterday")}, id="no time"),
        pytest.param({"updated": label("2026-11-20T01:00:00")}, id="no zone"),
        pytest.param({"im:rating": label("0")}, id="no star"),
        pytest.param({"im:rating": "5"}, id="rating without its wrapping"),
        pytest.param({"content": {}, "title": {}}, id="no text"),
    ],
)
def test_a_review_without_what_it_must_have_is_odd_and_the_others_come(changes):
    entries = [REVIEWS[0], review(1, NOW, **changes)]
    with Loopback(lambda request: json_answer(feed(entries if "page=1/" in request.path else []))) as server:
        source = connector(server)
        page, _ = pulled(source)
        assert (len(page.mentions), len(page.set_aside)) == (1, 1)
        with pytest.raises(BadItem):
            source.read(page.set_aside[0].raw, source.queries()[0], now=NOW)
        assert source.read(json.dumps(REVIEWS[2]), source.queries()[0], now=NOW)[0].channel == str(APP)


def test_a_backfill_brings_what_lies_in_its_window():
    window = Window(NOW - timedelta(days=10), NOW - timedelta(days=5))
    with Loopback(staged) as server:
        found = pulled(connector(server), window=window)
    assert set(ids(found)) == {one["id"]["label"] for number, one in enumerate(REVIEWS) if 120 < 5 * number + 1 <= 240}


def test_an_edited_review_comes_again_with_its_new_time():
    with Loopback(staged) as server:
        cursor = pulled(connector(server))[-1].cursor
        edited = review(100, NOW + HOUR, content={"label": "Fixed, thank you"})
        server.add(lambda _: json_answer(feed([edited, *REVIEWS[:49]])))
        (page,) = pulled(connector(server), cursor, now=NOW + 2 * HOUR)
    assert (page.mentions[0].source_id, page.mentions[0].text) == (REVIEWS[100]["id"]["label"], "Fixed, thank you")
    assert not AppstoreConnector.capabilities.stable_created_at


def test_apple_turning_us_away_is_no_question_of_keys():
    with Loopback(staged) as server:
        server.fail(faults.status(403))
        with pytest.raises(RetryLater, match="no key"):
            pulled(connector(server))
        server.fail(faults.truncated())
        with pytest.raises(RetryLater):
            pulled(connector(server))
