import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from connectors import CONNECTORS
from connectors.x_posts import id_at, time_of
from connectors.x_settings import XSettings
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Looked, Query, Surroundings, Window
from monitor.config.models import Brand, Thread
from monitor.errors import BadItem, CredentialsRefused, RetryLater, SourceChanged
from monitor.mention import Kind
from tests.connectors.stages.x import NOW, POSTS, REPLIES, ROOT, TOKEN, WORLD, MadeUpX, connector, post
from tests.loopback.replay import recorded
from tests.loopback.server import Answer, Loopback

DAY = timedelta(days=1)
SOON = timedelta(seconds=30)
LIVE = Window()
ACME = Query("x", "Acme", brands=("Acme",), asks="acme")


@pytest.fixture(autouse=True)
def _token(monkeypatch):
    monkeypatch.setenv("X_BEARER_TOKEN", TOKEN)


@contextmanager
def serving(x: MadeUpX) -> Iterator[Loopback]:
    def answer(request):
        response = x.serve(request)
        return Answer(response.status, dict(response.headers), response.body)

    with Loopback(answer, now=lambda: x.now) as server:
        yield server


def walked(x, cursor=None, *, query=ACME, now=NOW, window=LIVE, pages=99):
    """The pages of one pull, its generator closed after so many of them."""
    pulled = x.pull(query, cursor, now=now, window=window, meter=NoMeter())
    found = []
    for page in pulled:
        found.append(page)
        if len(found) == pages:
            break
    pulled.close()
    return found


def ids_of(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


def asked(server, name):
    return [request.one(name) for request in server.seen()]


def test_the_connector_is_registered_with_its_keys():
    source = CONNECTORS["x"]
    made = source.make(source.settings(), Surroundings(brands=[Brand(name="Acme", rule="acme")]))
    assert (made.source, made.capabilities.key, [query.name for query in made.queries()]) == ("x", "paid", ["Acme"])
    assert source.follows(source.settings(), "https://twitter.com/acme/status/20?s=1")
    assert not source.follows(source.settings(), "https://x.com/acme")


def test_a_first_pull_reads_a_day_newest_first_a_hundred_a_page():
    with serving(WORLD) as server:
        pages = walked(connector(server.base))
        assert [len(page.mentions) for page in pages] == [100, 100, 50]
        assert asked(server, "max_results") == ["100"] * 3
        assert set(asked(server, "start_time")) == {"2026-11-19T11:59:30Z"}
        assert set(asked(server, "end_time")) == {"2026-11-20T11:59:30Z"}
        assert set(asked(server, "expansions")) == {None}
    assert ids_of(pages) == [item["id"] for item in POSTS]
    assert [page.is_last for page in pages] == [False, False, True]
    assert pages[-1].cursor == {"v": 1, "high": "2026-11-20T11:59:30+00:00", "mark": {"id": POSTS[0]["id"]}}
    assert pages[-1].covered == (Looked("x", NOW - DAY - SOON, NOW - SOON, reason="first pull"),)


@pytest.mark.parametrize("pages_a_life", [1, 2])
def test_a_walk_cut_short_goes_on_with_the_next_page_and_asks_none_twice(pages_a_life):
    x = MadeUpX(POSTS, most=40)
    with serving(x) as server:
        cursor, ids = None, []
        while True:
            pages = walked(
                connector(server.base), json.loads(json.dumps(cursor)), pages=pages_a_life, now=NOW + timedelta(minutes=len(ids))
            )
            ids += ids_of(pages)
            cursor = pages[-1].cursor
            if pages[-1].is_last:
                break
            assert "walk" in cursor
            assert not any(page.covered for page in pages)
        tokens = asked(server, "next_token")
    assert ids == [item["id"] for item in POSTS]
    assert len(tokens) == len(set(tokens)) == 7
    assert cursor["mark"] == {"id": POSTS[0]["id"]}


def test_the_next_round_asks_for_what_is_newer_than_the_newest_post_of_the_first_page():
    x = MadeUpX(list(POSTS), most=100)
    with serving(x) as server:
        first = walked(connector(server.base))
        x.now = NOW + timedelta(minutes=5)
        later = [post(1_000 + number, NOW + timedelta(minutes=1, seconds=number), f"acme again {number}") for number in range(120)]
        x.posts += later
        server.log.clear()
        second = walked(connector(server.base, now=x.now), first[-1].cursor, now=x.now)
        assert asked(server, "since_id") == [POSTS[0]["id"]] * 2
        assert asked(server, "start_time") == [None] * 2
        assert second[0].cursor["mark"] == {"id": POSTS[0]["id"]}
    assert sorted(ids_of(second)) == sorted(item["id"] for item in later)
    assert second[-1].cursor["mark"] == {"id": later[-1]["id"]}


def test_a_quiet_brand_moves_its_mark_with_the_time():
    x = MadeUpX([])
    with serving(x) as server:
        pages = walked(connector(server.base))
        cursor = pages[-1].cursor
        assert [page.seen for page in pages] == [0]
        for days in range(1, 20):
            x.now = NOW + days * DAY
            cursor = walked(connector(server.base, now=x.now, archive=False), cursor, now=x.now)[-1].cursor
        assert set(asked(server, "start_time")[1:]) == {None}
    assert time_of(cursor["mark"]["id"]) == x.now - timedelta(minutes=2, seconds=30)


def test_an_edited_rule_begins_again_from_the_old_high():
    with serving(MadeUpX(POSTS, most=100)) as server:
        done = walked(connector(server.base))[-1].cursor
        under_way = walked(connector(server.base), {**done, "mark": {"id": POSTS[200]["id"]}}, pages=1)[-1].cursor
        server.log.clear()
        changed = Query("x", "Acme", brands=("Acme",), asks="acme OR kettles")
        walked(connector(server.base), under_way, query=changed)
        assert asked(server, "next_token")[0] is None
        assert set(asked(server, "since_id")) == {POSTS[200]["id"]}


def test_a_page_may_be_short_and_still_not_the_last():
    with serving(MadeUpX(POSTS, most=33)) as server:
        assert ids_of(walked(connector(server.base))) == [item["id"] for item in POSTS]


OLD = [post(number, NOW - 30 * DAY + timedelta(minutes=number), f"acme, long ago {number}") for number in range(30)]


def test_a_mark_older_than_seven_days_is_asked_of_the_full_archive():
    cursor = {"v": 1, "high": (NOW - 31 * DAY).isoformat(), "mark": {"id": id_at(NOW - 31 * DAY)}}
    sleeps = []
    with serving(MadeUpX([*OLD, *POSTS], most=100)) as server:
        pages = walked(connector(server.base, sleeps=sleeps), cursor)
        assert {request.path for request in server.seen()} == {"/2/tweets/search/all"}
        assert asked(server, "max_results")[0] == "500"
        assert set(asked(server, "since_id")) == {id_at(NOW - 31 * DAY)}
    assert sorted(ids_of(pages)) == sorted(item["id"] for item in [*OLD, *POSTS])
    assert all(looked.complete for looked in pages[-1].covered)
    # one request a second is what X allows there
    assert len(sleeps) == len(pages) - 1
    assert all(0 < seconds <= 1 for seconds in sleeps)


def test_without_the_archive_a_walk_starts_seven_days_ago_and_tells_of_the_gap():
    cursor = {"v": 1, "high": (NOW - 31 * DAY).isoformat(), "mark": {"id": id_at(NOW - 31 * DAY)}}
    with serving(MadeUpX([*OLD, *POSTS], archived=False)) as server:
        pages = walked(connector(server.base, archive=False), cursor)
        assert {request.path for request in server.seen()} == {"/2/tweets/search/recent"}
    assert ids_of(pages) == [item["id"] for item in POSTS]
    gap, seen = pages[-1].covered
    edge = NOW - 7 * DAY + timedelta(minutes=10)
    assert (gap.complete, gap.until, seen.complete, seen.since) == (False, edge, True, edge)
    assert "archive: true" in gap.reason


@pytest.mark.parametrize("archive", [True, False])
def test_a_walk_that_waited_for_weeks_goes_on_where_its_pages_ended(archive):
    x = MadeUpX(POSTS, most=100)
    with serving(x) as server:
        first = walked(connector(server.base), pages=1)
        x.now = NOW + 25 * DAY
        rest = walked(connector(server.base, now=x.now, archive=archive), first[-1].cursor, now=x.now)
        if archive:
            # the token was the other search's
            assert (server.seen()[1].path, asked(server, "next_token")[1]) == ("/2/tweets/search/all", None)
            assert asked(server, "end_time")[1] == (time_of(POSTS[99]["id"]) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            assert sorted({*ids_of(first), *ids_of(rest)}) == sorted(item["id"] for item in POSTS)
        else:
            assert len(server.seen()) == 1
            assert [looked.complete for looked in rest[-1].covered] == [False, True]
    assert rest[-1].is_last
    assert rest[-1].cursor["mark"] == {"id": POSTS[0]["id"]}


@pytest.mark.parametrize(
    ("window", "path"),
    [
        pytest.param(Window(NOW - DAY, NOW - DAY / 2), "/2/tweets/search/recent", id="within seven days"),
        pytest.param(Window(NOW - 31 * DAY, NOW - 29 * DAY), "/2/tweets/search/all", id="long ago"),
    ],
)
def test_a_backfill_asks_for_its_window_alone(window, path):
    with serving(MadeUpX([*OLD, *POSTS])) as server:
        pages = walked(connector(server.base), {"mark": {"id": POSTS[3]["id"]}}, window=window)
        assert {request.path for request in server.seen()} == {path}
        assert set(asked(server, "since_id")) == {None}
    wanted = [item for item in [*OLD, *POSTS] if window.holds(datetime.fromisoformat(item["created_at"]))]
    assert sorted(ids_of(pages)) == sorted(item["id"] for item in wanted)
    assert len(wanted) > 20
    assert pages[-1].covered == (Looked("x", window.since, window.until),)


def test_a_window_that_nothing_reaches_is_a_gap_and_costs_no_request():
    with serving(MadeUpX(OLD, archived=False)) as server:
        (page,) = walked(connector(server.base, archive=False), window=Window(NOW - 31 * DAY, NOW - 29 * DAY))
        assert not server.seen()
    assert (page.is_last, [looked.complete for looked in page.covered]) == (True, [False])


def test_a_search_that_gives_the_same_page_again_is_stopped():
    with Loopback() as server:
        server.on("GET", ".*", {"data": POSTS[:1], "meta": {"result_count": 1, "newest_id": POSTS[0]["id"], "next_token": "same"}})
        with pytest.raises(SourceChanged, match="same page"):
            walked(connector(server.base))
        assert len(server.seen()) == 2


def test_a_search_that_runs_past_its_start_is_ended():
    with Loopback() as server:
        server.on("GET", ".*", lambda _: {"data": OLD[:1], "meta": {"next_token": f"t{len(server.log)}"}})
        assert [page.is_last for page in walked(connector(server.base))] == [True]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({}, SourceChanged, id="nothing"),
        pytest.param({"meta": {"result_count": 3}}, SourceChanged, id="posts counted, none shown"),
        pytest.param([], SourceChanged, id="list"),
        pytest.param({"errors": [{"type": "https://api.x.com/2/problems/internal-error"}]}, RetryLater, id="X failed"),
    ],
)
def test_an_answer_that_cannot_be_believed_is_no_silence(body, error):
    with Loopback() as server:
        server.on("GET", ".*", (200, {}, body))
        with pytest.raises(error):
            walked(connector(server.base))


def test_a_followed_post_is_read_from_its_beginning_until_nobody_speaks():
    thread = Thread(url=f"https://x.com/acme/status/{ROOT['id']}?s=20", about="Acme", until_quiet="1h")
    x = MadeUpX([ROOT, *REPLIES, *POSTS])
    with serving(x) as server:
        made = connector(server.base, threads=[thread])
        query = made.queries()[1]
        assert (query.asks, query.about, query.covers) == (f"conversation_id:{ROOT['id']}", "Acme", False)
        pages = walked(made, query=query)
        assert sorted(ids_of(pages)) == sorted(item["id"] for item in [ROOT, *REPLIES])
        assert {mention.kind for page in pages for mention in page.mentions} == {Kind.POST, Kind.REPLY}
        assert not pages[-1].covered
        # the last reply is 19 hours old
        assert walked(made, pages[-1].cursor, query=query) == []
        assert len(walked(made, pages[-1].cursor, query=query, window=Window(NOW - DAY, NOW))) == 1


def test_names_of_queries_are_the_brands_and_survive_longer_rules():
    long_rule = " OR ".join(f'"a rather long product name {number}"' for number in range(40))
    short, long = (connector("http://127.0.0.1:1", rule=rule).queries() for rule in ("acme", long_rule))
    assert [query.name for query in short] == ["Acme"]
    assert [query.name for query in long] == ["Acme", *(f"Acme ({number})" for number in range(2, len(long) + 1))]
    assert len(long) > 1
    assert all(len(query.asks) <= 512 for query in long)
    assert all(any(f"name {number}" in query.asks for query in long) for number in range(40))


def test_what_a_rule_excludes_is_not_bought_unless_one_says_so():
    for skips, words in ((True, "-cartoon"), (False, "")):
        (query,) = connector("http://127.0.0.1:1", rule="acme -cartoon", skip_excluded=skips).queries()
        assert ("-cartoon" in query.asks) == bool(words)


def test_authors_are_asked_for_only_by_setting():
    with serving(WORLD) as server:
        with_authors = walked(connector(server.base, expand_authors=True), pages=1)[0].mentions[0]
        assert server.seen()[0].one("expansions") == "author_id"
        without = walked(connector(server.base), pages=1)[0].mentions[0]
    assert (with_authors.author_name, with_authors.author_followers) == (f"user{with_authors.author_id}", 7)
    assert (without.author_name, without.author_followers, without.author_id) == (None, None, with_authors.author_id)


def test_an_odd_post_is_set_aside_and_read_again_once_it_can_be():
    odd = {key: value for key, value in POSTS[0].items() if key != "text"}
    with serving(MadeUpX([{**odd, "text": "acme"}, *POSTS[1:5]])) as server:
        made = connector(server.base)
        server.on("GET", ".*", {"data": [odd, *POSTS[1:5]], "meta": {"result_count": 5}})
        (page,) = walked(made)
        assert (len(page.mentions), len(page.set_aside), page.seen) == (4, 1, 5)
        with pytest.raises(BadItem, match="no text"):
            made.read(page.set_aside[0].raw, ACME, now=NOW)
        (read,) = made.read(json.dumps(POSTS[0]), ACME, now=NOW)
        assert (read.source_id, read.fetched_at) == (POSTS[0]["id"], NOW)
        with pytest.raises(BadItem, match="whole JSON"):
            made.read('{"id": "1', ACME, now=NOW)


def test_a_missing_token_is_said_before_anything_is_asked(monkeypatch):
    monkeypatch.delenv("X_BEARER_TOKEN")
    with serving(WORLD) as server:
        made = connector(server.base)
        assert "X_BEARER_TOKEN" in made.check()
        with pytest.raises(CredentialsRefused, match="X_BEARER_TOKEN"):
            walked(made)
        assert not server.seen()


def test_a_budget_for_nobody_is_told():
    assert "'Acmee'" in connector("http://127.0.0.1:1", monthly_budget_usd_by_brand={"Acmee": 5}).check()
    assert connector("http://127.0.0.1:1", monthly_budget_usd_by_brand={"ACME": 5}).check() is None


@pytest.mark.parametrize(
    "wrong", [{"monthly_budget_usd": -1}, {"monthly_budget_usd": float("inf")}, {"base_url": "api.x.com"}, {"budget": 5}]
)
def test_settings_that_cannot_be_meant_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        XSettings(**wrong)


def test_a_walk_over_the_recorded_replies_to_a_brand_gives_each_once_however_often_it_is_killed():
    recording = json.loads(recorded("x/search_all_to_brand.json").read_text())["interactions"][0]
    body = json.loads(recording["response"]["body"])
    posts = body["data"]

    def page(request):
        start = int((request.one("next_token") or "t0").removeprefix("t"))
        meta = {"newest_id": posts[start]["id"], "result_count": len(posts[start : start + 30])}
        more = {"next_token": f"t{start + 30}"} if start + 30 < len(posts) else {}
        return {"data": posts[start : start + 30], "includes": body["includes"], "meta": {**meta, **more}}

    window = Window(datetime(2021, 6, 1, tzinfo=UTC), datetime(2021, 6, 5, tzinfo=UTC))
    query = Query("x", "kfc", brands=("Acme",), asks="(to:kfc)")
    with Loopback() as server:
        server.on("GET", "/2/tweets/search/all", page)
        cursor, found, lives = None, {}, 0
        while True:
            lives += 1
            # every second life ends before its page is saved
            (one,) = walked(connector(server.base), cursor, query=query, window=window, pages=1)
            if lives % 2:
                continue
            assert not found.keys() & set(ids_of([one]))
            found |= {mention.source_id: mention for mention in one.mentions}
            cursor = json.loads(json.dumps(one.cursor))
            if one.is_last:
                break
        first = server.seen()[0]
    assert len(found) == 206
    assert set(found) == {item["id"] for item in posts}
    assert (first.one("query"), first.one("start_time"), first.one("end_time")) == (
        "(to:kfc)",
        "2021-06-01T00:00:00Z",
        "2021-06-05T00:00:00Z",
    )


PARAMETERS = {"tweet.fields": "post.fields"}
FIELDS = {"referenced_tweets": "referenced_posts", "edit_history_tweet_ids": "edit_history_post_ids", "note_tweet": "note_post"}


def test_every_parameter_that_is_sent_stands_in_the_specification():
    api = json.loads(recorded("x/openapi_extract_v2_167.json").read_text())
    fields = set(api["components"]["schemas"]["Post"]["properties"])
    x = MadeUpX([*OLD, *POSTS], most=100)
    with serving(x) as server:
        made = connector(server.base, expand_authors=True)
        cursor = walked(made)[-1].cursor
        x.now = NOW + timedelta(minutes=1)
        walked(made, cursor, now=x.now)
        walked(made, window=Window(NOW - 31 * DAY, NOW))
        for window in (Window(NOW - 90 * DAY, NOW), Window(NOW - DAY, NOW)):
            made.estimate(ACME, window, meter=NoMeter())
        list(made.refresh([Known(POSTS[0]["id"], NOW)], now=NOW, meter=NoMeter()))
        sent = server.seen()
    for request in sent:
        named = [
            api["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]]["name"] if "$ref" in one else one["name"]
            for one in api["paths"][request.path]["get"]["parameters"]
        ]
        assert {PARAMETERS.get(name, name) for name in request.query} <= set(named)
        asked_fields = (request.one("tweet.fields") or "id").split(",")
        assert {FIELDS.get(name, name) for name in asked_fields} <= fields
        assert not {"since_id", "start_time"} <= set(request.query)
    assert len({request.path for request in sent}) == 5
