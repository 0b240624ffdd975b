import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.reddit import follows, reddit
from connectors.reddit_api import RedditApi
from connectors.reddit_settings import RedditSettings
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Known, Place, Query, Surroundings, Window
from monitor.config.models import Brand, Thread
from monitor.errors import ConfigError, CredentialsRefused, RetryLater, SourceChanged, StopUntil
from monitor.mention import Kind, State
from tests.loopback import faults
from tests.loopback.replay import Replay, interactions_of, recorded
from tests.loopback.server import Answer, Loopback, json_answer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKEN = {"access_token": "marker-token", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
SECRETS = {"REDDIT_CLIENT_ID": "marker-id", "REDDIT_CLIENT_SECRET": "marker-secret"}
ACME = Brand(name="Acme", rule='acme OR "acme corp"')


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


class Told(NoMeter):
    """Remembers what it was told and refuses from `limit` requests on."""

    def __init__(self, limit=10**9):
        self.reserved = 0
        self.limit = limit
        self.remaining = []

    def reserve(self, bucket, amount=1):
        if self.reserved + amount > self.limit:
            raise StopUntil("no more", at=NOW + HOUR)
        self.reserved += amount

    def told(self, bucket, *, remaining, resets_at):
        self.remaining.append((remaining, resets_at))


def connector(server, *, brands=(), threads=(), clock=lambda: NOW, **settings):
    return RedditApi(RedditSettings(base_url=server.base, **settings), Surroundings(brands=brands, threads=threads, clock=clock))


def with_token(server):
    server.on("POST", "/api/v1/access_token", TOKEN)
    return server


def query_of(api, name) -> Query:
    return next(query for query in api.queries() if query.name == name)


def pages_of(api, name, cursor=None, *, now=NOW, window=Window(), meter=None):  # noqa: B008
    return list(api.pull(query_of(api, name), cursor, now=now, window=window, meter=meter or NoMeter()))


def ids_of(pages):
    return [mention.source_id for page in pages for mention in page.mentions]


def comment(number, *, at, body="tea", **fields):
    thing = {
        "name": f"t1_c{number:04}",
        "link_id": "t3_s1",
        "parent_id": "t3_s1",
        "author": "ann",
        "body": body,
        "edited": False,
        "score": 1,
    }
    return {"kind": "t1", "data": {**thing, "created_utc": at.timestamp(), "subreddit": "tea", "replies": "", **fields}}


def submission(number, *, at, title="tea", **fields):
    thing = {"name": f"t3_s{number:04}", "author": "ann", "title": title, "selftext": "", "is_self": True, "edited": False, "score": 1}
    return {"kind": "t3", "data": {**thing, "created_utc": at.timestamp(), "num_comments": 0, "subreddit": "tea", **fields}}


def listing(things, after=None):
    return {"kind": "Listing", "data": {"children": things, "after": after}}


def paged(things, *, cap=1_000):
    """A listing, newest first, as Reddit pages it."""

    def serve(request):
        assert request.one("before") is None
        names = [thing["data"]["name"] for thing in things]
        first = names.index(request.one("after")) + 1 if request.one("after") else 0
        last = min(first + int(request.one("limit", "25")), cap)
        page = things[first:last]
        return listing(page, page[-1]["data"]["name"] if page and last < min(len(things), cap) else None)

    return serve


def minutely(count, make=comment):
    return [make(count - number, at=NOW - timedelta(minutes=number + 1)) for number in range(count)]


# what is asked


def test_a_brand_is_searched_for_and_a_subreddit_is_read_whole():
    settings = {"subreddits": [{"name": "r/Tea", "about": "Acme"}, {"name": "coffee"}]}
    api = RedditApi(RedditSettings(**settings), Surroundings(brands=[ACME], threads=[Thread(url="https://redd.it/abc12", about="Acme")]))
    assert [(query.name, query.about, query.brands, query.covers) for query in api.queries()] == [
        ("search Acme", None, ("Acme",), True),
        ("new tea", "Acme", (), True),
        ("comments tea", "Acme", (), True),
        ("new coffee", None, (), True),
        ("comments coffee", None, (), True),
        ("thread abc12", "Acme", (), False),
    ]
    assert api.queries()[0].asks == 'acme OR "acme corp"'


def test_an_edited_rule_keeps_its_name_and_asks_anew():
    first, edited = (
        RedditApi(RedditSettings(), Surroundings(brands=[Brand(name="Acme", rule=rule)])).queries()[0] for rule in ("acme", "acme OR akme")
    )
    assert first.name == edited.name
    assert first.asks != edited.asks


def test_a_subreddit_with_a_brand_is_a_place():
    settings = RedditSettings(subreddits=[{"name": "tea", "about": "Acme"}, {"name": "coffee"}], places=[{"channel": "x", "about": "Acme"}])
    assert settings.places == (Place(channel="x", about="Acme"), Place(channel="tea", about="Acme"))
    assert RedditSettings.model_validate(settings.model_dump()).places == settings.places


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"subreddits": [{"name": "tea"}, {"name": "R/TEA".lower()}]}, "tea stands there twice", id="twice"),
        pytest.param({"subreddits": [{"name": "tea time"}]}, "name", id="space"),
        pytest.param({"route": "archive"}, "named subreddits only", id="archive of everything"),
        pytest.param({"user_agent": "x\ny: z ......"}, "user_agent", id="user agent of two lines"),
        pytest.param({"base_url": "http://a.example/path"}, "base_url", id="base_url with a path"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        RedditSettings(**settings)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.reddit.com/r/tea/comments/3hahrw/on_tea/", "thread 3hahrw"),
        ("https://old.reddit.com/r/tea/comments/3hahrw/on_tea/cu5u1vm/?context=3", "thread 3hahrw"),
        ("https://reddit.com/comments/3HAHRW", "thread 3hahrw"),
        ("https://www.reddit.com/user/ann/comments/3hahrw/x/", "thread 3hahrw"),
        ("https://www.reddit.com/gallery/3hahrw", "thread 3hahrw"),
        ("https://redd.it/3hahrw", "thread 3hahrw"),
        ("https://www.reddit.com/r/redditdev/s/nGnQE1QkLC", "thread nGnQE1QkLC"),
        ("https://www.reddit.com/r/tea/", None),
        ("https://reddit.com.evil.example/r/tea/comments/3hahrw/", None),
        ("https://news.example/comments/3hahrw/", None),
    ],
)
def test_addresses_of_threads_are_known(url, name):
    assert follows(RedditSettings(), url) == (name is not None)
    if name:
        assert [query.name for query in RedditApi(RedditSettings(), Surroundings(threads=[Thread(url=url, about="A")])).queries()] == [name]


def test_missing_keys_are_named_and_nothing_is_asked(monkeypatch):
    api = reddit(RedditSettings(subreddits=[{"name": "tea"}]), Surroundings())
    assert api.check() is None
    monkeypatch.delenv("REDDIT_CLIENT_SECRET")
    assert "REDDIT_CLIENT_SECRET" in api.check()
    with pytest.raises(CredentialsRefused, match="REDDIT_CLIENT_SECRET"):
        next(iter(api.pull(api.queries()[0], None, now=NOW, window=Window(), meter=NoMeter())))


def test_an_estimate_knows_only_that_it_is_free():
    api = RedditApi(RedditSettings(), Surroundings(brands=[ACME]))
    estimate = api.estimate(api.queries()[0], Window(), meter=NoMeter())
    assert (estimate.items, estimate.requests, estimate.minutes, estimate.usd) == (None, None, None, 0.0)


# listings


def test_a_first_walk_reaches_back_as_far_as_it_is_told():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(minutely(250)))
        api = connector(server, subreddits=[{"name": "tea"}], first_reach="2h")
        pages = pages_of(api, "comments tea")
        api.close()
    assert len(ids_of(pages)) == 120
    assert pages[-1].is_last
    assert [(looked.since, looked.until, looked.complete) for looked in pages[-1].covered] == [(NOW - 2 * HOUR, NOW, True)]
    assert len(server.seen("/r/.*")) == 2
    assert len(server.seen("/api/v1/access_token")) == 1


def test_the_next_walk_looks_an_hour_further_back_than_the_last_one_ended():
    things = minutely(600)
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(things))
        api = connector(server, subreddits=[{"name": "tea"}])
        done = {"v": 1, "high": (NOW - HOUR).isoformat(), "mark": None}
        pages = pages_of(api, "comments tea", done)
        api.close()
    assert len(ids_of(pages)) == 120
    assert pages[-1].cursor == {"v": 1, "high": NOW.isoformat(), "mark": None}


def test_a_walk_goes_on_at_the_next_page_wherever_it_was_cut():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(minutely(500)))
        whole = pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea")
        for cut in range(len(whole) - 1):
            asked = len(server.seen("/r/.*"))
            cursor = json.loads(json.dumps(whole[cut].cursor))
            rest = pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea", cursor, now=NOW + HOUR)
            assert ids_of(rest) == ids_of(whole[cut + 1 :])
            assert len(server.seen("/r/.*")) - asked == len(whole) - 1 - cut
    assert len(whole) == 5


def test_a_page_is_given_before_the_next_one_is_asked_for():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/new", paged(minutely(300, submission)))
        api = connector(server, subreddits=[{"name": "tea"}])
        pages = api.pull(query_of(api, "new tea"), None, now=NOW, window=Window(), meter=NoMeter())
        assert len(next(pages).mentions) == 100
        assert len(server.seen("/r/.*")) == 1
        pages.close()
        api.close()


def test_a_listing_that_ends_too_early_says_what_was_not_seen():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(minutely(1_500)))
        pages = pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea")
    gap, seen = pages[-1].covered
    assert len(ids_of(pages)) == 1_000
    assert len(pages) == 10
    oldest = NOW - timedelta(minutes=1_000)
    assert (gap.since, gap.until, gap.complete) == (NOW - timedelta(days=7), oldest, False)
    assert "1,000" in gap.reason
    assert (seen.since, seen.until, seen.complete) == (oldest, NOW, True)


def test_a_short_listing_shows_all_there_is():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/new", paged(minutely(30, submission)))
        (page,) = pages_of(connector(server, subreddits=[{"name": "tea"}]), "new tea")
    assert [looked.complete for looked in page.covered] == [True]


def test_a_listing_that_stops_in_the_middle_is_not_taken_for_whole():
    things = minutely(300)
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", lambda request: listing([]) if request.one("after") else listing(things[:100], "t1_gone"))
        pages = pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea")
    assert [looked.complete for looked in pages[-1].covered] == [False, True]


def test_a_listing_that_turns_in_circles_ends():
    things = minutely(300)
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", lambda request: listing(things[:100], "t1_c0201"))
        pages = pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea")
    assert len(pages) == 2


def test_a_backfill_brings_only_its_window():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(minutely(500)))
        api = connector(server, subreddits=[{"name": "tea"}])
        window = Window(NOW - 4 * HOUR, NOW - 3 * HOUR)
        pages = pages_of(api, "comments tea", window=window)
    assert len(ids_of(pages)) == 60
    assert [(looked.since, looked.until) for looked in pages[-1].covered] == [(window.since, window.until)]


def test_searches_of_one_brand_are_one_walk():
    rule = " OR ".join(f'"acme product number {number:03}"' for number in range(40))
    found = {}
    with with_token(Loopback()) as server:

        def search(request):
            text = request.one("q")
            found.setdefault(text, minutely(5 + len(found) * 120, submission))
            return paged(found[text])(request)

        server.on("GET", "/search", search)
        api = connector(server, brands=[Brand(name="Acme", rule=rule)])
        pages = pages_of(api, "search Acme")
        resumed = pages_of(connector(server, brands=[Brand(name="Acme", rule=rule)]), "search Acme", pages[1].cursor)
    assert len(found) == 3
    assert all(len(text) <= 512 for text in found)
    assert {request.one("sort") for request in server.seen("/search")} == {"new"}
    assert len(pages) == 1 + 2 + 3
    assert [page.is_last for page in pages] == [False] * 5 + [True]
    assert ids_of(resumed) == ids_of(pages[2:])
    # the third search was cut at its 245th, which lies before the first reach of seven days
    gap, _ = pages[-1].covered
    assert (gap.complete, gap.until) == (False, NOW - timedelta(minutes=245))


def test_a_page_of_a_hundred_costs_one_request_and_each_is_reserved():
    meter = Told()
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(minutely(1_000)))
        pages = pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea", meter=meter)
    assert len(ids_of(pages)) == 1_000
    assert meter.reserved == len(server.seen("/r/.*")) == 10


def test_an_odd_item_is_set_aside_and_read_later():
    things = [comment(1, at=NOW - HOUR), comment(2, at=NOW - HOUR, body=None)]
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", listing(things))
        api = connector(server, subreddits=[{"name": "tea"}])
        (page,) = pages_of(api, "comments tea")
    assert (len(page.mentions), page.seen, page.set_aside[0].reason) == (1, 2, "reddit: t1_c0002: no body")
    mended = page.set_aside[0].raw.replace('"body": null', '"body": "found"')
    assert api.read(mended, page_query(api), now=NOW)[0].text == "found"
    for raw in (page.set_aside[0].raw, mended[:-9], '"text"'):
        with pytest.raises(Exception, match="no "):
            api.read(raw, page_query(api), now=NOW)


def page_query(api):
    return api.queries()[0]


# troubles


def trouble_of(server, name="comments tea", *, brands=(), meter=None, **settings):
    api = connector(server, subreddits=[{"name": "tea"}], brands=brands, **settings)
    with pytest.raises(Exception) as error:  # noqa: PT011
        pages_of(api, name, meter=meter)
    api.close()
    assert not any(secret in str(error.value) + repr(error.value) for secret in (*SECRETS.values(), "marker-token"))
    return error.value


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("error_429_retry_after_html", RetryLater, "4 s"),
        ("error_503_three_times", RetryLater, "503"),
        ("error_200_truncated_json", RetryLater, "no whole JSON"),
        ("error_401_invalid_token", CredentialsRefused, "REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET"),
        ("error_403_forbidden", RetryLater, "r/tea"),
        ("error_quarantined_403", RetryLater, "r/tea"),
        ("error_404", RetryLater, "r/tea"),
        ("error_400_morechildren_html", SourceChanged, "400"),
    ],
)
def test_recorded_errors_are_the_right_trouble(name, kind, said):
    (last,) = interactions_of(recorded(f"reddit/{name}.json"))[-1:]
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", lambda _request: last.answer)
        error = trouble_of(server)
    assert isinstance(error, kind)
    assert said in str(error)
    # prawcore would ask again three times, and sleep between
    assert len(server.seen("/r/.*")) == 1
    if kind is RetryLater:
        assert error.seconds == (4.0 if "429" in name else 3_600.0 if said == "r/tea" else None)


def test_a_refusal_of_everything_is_the_keys_fault_and_of_a_subreddit_its_own():
    with with_token(Loopback()) as server:
        server.on("GET", "/search", json_answer({"message": "Forbidden", "error": 403}, 403))
        assert isinstance(trouble_of(server, "search Acme", brands=[ACME]), CredentialsRefused)


def test_a_subreddit_that_leads_elsewhere_is_misspelt():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", Answer(302, {"location": f"{server_free()}/subreddits/search?q=tea"}))
        assert "misspelt" in str(trouble_of(server))


def server_free():
    return "http://127.0.0.1"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        pytest.param(json_answer({"message": "Unauthorized", "error": 401}, 401), CredentialsRefused, "REDDIT_CLIENT_ID", id="401"),
        pytest.param(json_answer({"error": "invalid_grant"}), CredentialsRefused, "invalid_grant", id="200 with an error"),
        pytest.param(json_answer({"message": "Too Many Requests", "error": 429}, 429), RetryLater, "429", id="429 without a hint"),
        pytest.param(Answer(503), RetryLater, "503", id="503"),
        pytest.param(Answer(200, {"content-type": "text/html"}, b"<html>"), RetryLater, "no token", id="html"),
        pytest.param(json_answer({"access_token": "x"}), RetryLater, "no token", id="half a token"),
    ],
)
def test_a_refused_token_is_the_right_trouble(answer, kind, said):
    with Loopback() as server:
        server.on("POST", "/api/v1/access_token", lambda _request: answer)
        error = trouble_of(server)
    assert type(error) is kind
    assert said in str(error)
    if kind is RetryLater:
        assert error.seconds is None
    assert len(server.seen()) == 1


def test_recorded_tokens_are_read():
    refused = interactions_of(recorded("reddit/token_invalid_grant_status_200.json"))[0].answer
    with Loopback() as server:
        server.on("POST", "/api/v1/access_token", lambda _request: refused)
        assert "unauthorized_client" in str(trouble_of(server))
    with Loopback(Replay.of("reddit/token_read_only.json")) as server:
        server.on("GET", "/r/tea/new", listing([]))
        assert pages_of(connector(server, subreddits=[{"name": "tea"}]), "new tea")[0].is_last


def test_a_token_that_ran_out_early_is_renewed_once():
    with with_token(Loopback()) as server:
        server.fail(faults.ExpiringToken(good_for=2), times=None)
        server.on("GET", "/r/tea/comments", paged(minutely(500)))
        pages = pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea")
    assert len(ids_of(pages)) == 500
    assert len(server.seen("/api/v1/access_token")) == 3


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.dropped(), id="dropped"),
        pytest.param(faults.cut(), id="cut"),
        pytest.param(faults.cut_chunked(), id="cut, chunked"),
        pytest.param(faults.truncated(), id="truncated"),
        pytest.param(faults.wrong_type(), id="a login page"),
        pytest.param(faults.status(200), id="nothing at all"),
        pytest.param(faults.status(520), id="520"),
        pytest.param(faults.status(408), id="408"),
    ],
)
def test_what_breaks_is_asked_for_again_later_not_now(fault):
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(minutely(50)))
        server.fail(fault, path="/r/.*", times=None)
        assert isinstance(trouble_of(server), RetryLater)
    assert len(server.seen("/r/.*")) == 1


def test_too_many_requests_with_a_reset_stop_until_then():
    with with_token(Loopback()) as server:
        server.on(
            "GET", "/r/tea/comments", Answer(429, {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "90", "x-ratelimit-used": "600"})
        )
        error = trouble_of(server)
    assert isinstance(error, StopUntil)
    assert error.at == NOW + timedelta(seconds=90)


def test_the_last_request_of_a_window_is_followed_by_none():
    meter = Told()
    limits = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "600", "x-ratelimit-reset": "300"}
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", lambda request: (200, limits, paged(minutely(300))(request)))
        error = trouble_of(server, meter=meter)
    # prawcore would sleep for five minutes here
    assert isinstance(error, StopUntil)
    assert error.at == NOW + timedelta(minutes=5)
    assert meter.remaining == [(0.0, error.at)]
    assert len(server.seen("/r/.*")) == 1


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"x-ratelimit-remaining": "900.0", "x-ratelimit-used": "100", "x-ratelimit-reset": "598"}, id="a burst"),
        pytest.param({"x-ratelimit-remaining": "900.0", "x-ratelimit-used": "1e2", "x-ratelimit-reset": "598.5"}, id="other numbers"),
        pytest.param({"x-ratelimit-remaining": "soon"}, id="nonsense"),
    ],
)
def test_requests_are_not_spread_over_the_window(limits):
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", lambda request: (200, limits, paged(minutely(300))(request)))
        pages_of(connector(server, subreddits=[{"name": "tea"}]), "comments tea")
    times = [request.at for request in server.seen("/r/.*")]
    assert len(times) == 3
    assert times[-1] - times[0] < 1


def test_a_refused_reservation_asks_nothing():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", paged(minutely(300)))
        assert isinstance(trouble_of(server, meter=Told(limit=1)), StopUntil)
    assert len(server.seen("/r/.*")) == 1


def test_a_praw_ini_in_the_working_directory_redirects_nothing(tmp_path, monkeypatch):
    import praw.config

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(praw.config.Config, "CONFIG", None)
    for name, value in {"praw_site": "other", "praw_username": "u", "praw_password": "p", "praw_refresh_token": "r"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "praw.ini").write_text(
        "[DEFAULT]\noauth_url=http://127.0.0.1:9\nreddit_url=http://127.0.0.1:9\nclient_id=other\npassword=x\n"
    )
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/new", listing([]))
        assert pages_of(connector(server, subreddits=[{"name": "tea"}]), "new tea")
    (token,) = server.seen("/api/v1/access_token")
    assert token.form["grant_type"] == ["client_credentials"]
    (tmp_path / "praw.ini").write_text("no section\n")
    monkeypatch.setattr(praw.config.Config, "CONFIG", None)
    with with_token(Loopback()) as server:
        assert isinstance(trouble_of(server), ConfigError)


def test_another_shape_is_a_changed_source():
    with with_token(Loopback()) as server:
        server.on("GET", "/r/tea/comments", {"kind": "wiki"})
        assert isinstance(trouble_of(server), SourceChanged)


# recorded listings


@pytest.mark.parametrize(
    ("cassette", "path", "name", "count"),
    [
        pytest.param("listing_new_submissions", "/r/askreddit/new", "new tea", 100, id="new"),
        pytest.param("listing_popular_2026", "/r/popular/hot", "new tea", 100, id="today's fields"),
        pytest.param("listing_empty", "/user/spez", "new tea", 0, id="empty"),
        pytest.param("search_all_relevance", "/r/all/search", "search Acme", None, id="search"),
        pytest.param("edited_comments", "/r/reddit_api_test/about/edited", "comments tea", None, id="edited"),
    ],
)
def test_a_recorded_listing_is_read_whole(cassette, path, name, count):
    answers = [one.answer for one in interactions_of(recorded(f"reddit/{cassette}.json")) if one.path == path]
    with with_token(Loopback()) as server:
        server.on("GET", "/search|/r/tea/.*", lambda request: listing([]) if request.one("after") else answers[-1])
        api = connector(server, subreddits=[{"name": "tea"}], brands=[ACME], first_reach="3650d")
        pages = pages_of(api, name, now=datetime(2026, 11, 22, tzinfo=UTC), window=Window(datetime(2005, 1, 1, tzinfo=UTC), NOW))
    assert not any(page.set_aside for page in pages)
    assert count is None or len(set(ids_of(pages))) == count
    assert all(mention.fetched_at == NOW for page in pages for mention in page.mentions)


def test_the_recorded_end_of_a_listing_at_its_cap_is_an_end():
    answers = [one.answer for one in interactions_of(recorded("reddit/listing_exhaust_1000_cap.json")) if one.path == "/user/spez"]
    with with_token(Loopback()) as server:
        left = list(answers)
        server.on("GET", "/r/tea/new", lambda _request: left.pop(0))
        # these were sorted by score: every one lies in a window this wide
        pages = pages_of(connector(server, subreddits=[{"name": "tea"}]), "new tea", window=Window(datetime(2005, 1, 1, tzinfo=UTC), NOW))
    assert not left
    assert len(pages) == 4
    assert [looked.complete for looked in pages[-1].covered] == [False, True]


def test_overlapping_recorded_pages_bring_each_comment():
    answers = [one.answer for one in interactions_of(recorded("reddit/comment_stream_r_all.json")) if one.method == "GET"]
    with with_token(Loopback()) as server:
        left = list(answers)
        server.on("GET", "/r/tea/comments", lambda _request: left.pop(0))
        api = connector(server, subreddits=[{"name": "tea"}])
        found = []
        while left:
            query = query_of(api, "comments tea")
            pages = api.pull(query, None, now=NOW, window=Window(datetime(2016, 1, 1, tzinfo=UTC), NOW), meter=NoMeter())
            found += ids_of([next(pages)])
            pages.close()
        api.close()
    assert len(set(found)) == 196


# second looks


def test_a_second_look_brings_scores_edits_and_deletions():
    things = [
        comment(1, at=NOW - HOUR, score=7),
        comment(2, at=NOW - HOUR, body="[deleted]", author=None),
        submission(3, at=NOW, num_comments=4),
    ]
    known = [Known(name, NOW - HOUR) for name in ("t1_c0001", "t1_c0002", "t3_s0003", "t3_s0004", "t5_x")]
    with with_token(Loopback()) as server:
        server.on("GET", "/api/info", listing(things))
        api = connector(server)
        ((*found,),) = api.refresh(known, now=NOW, meter=NoMeter())
        api.close()
    assert server.seen("/api/info")[0].one("id") == "t1_c0001,t1_c0002,t3_s0003,t3_s0004,t5_x"
    assert [(mention.source_id, mention.state, mention.engagement.score) for mention in found] == [
        ("t1_c0001", State.LIVE, 7),
        ("t1_c0002", State.DELETED, 1),
        ("t3_s0003", State.LIVE, 1),
        ("t3_s0004", State.UNAVAILABLE, None),
    ]
    assert (found[3].kind, found[3].created_at, found[3].text) == (Kind.POST, NOW - HOUR, None)


def test_a_hundred_texts_are_looked_at_by_one_request_and_odd_ones_are_not_gone():
    known = [Known(f"t1_c{number:04}", NOW) for number in range(250)]
    with with_token(Loopback()) as server:

        def info(request):
            names = request.one("id").split(",")
            return listing([comment(int(name[-4:]), at=NOW, body=None if name.endswith("7") else "x") for name in names])

        server.on("GET", "/api/info", info)
        found = list(connector(server).refresh(known, now=NOW, meter=NoMeter()))
    assert [len(several) for several in found] == [90, 90, 45]
    assert all(mention.state == State.LIVE for several in found for mention in several)


def test_an_empty_answer_does_not_erase_a_hundred_texts():
    known = [Known(f"t1_c{number:04}", NOW) for number in range(100)]
    with with_token(Loopback()) as server:
        server.on("GET", "/api/info", listing([]))
        with pytest.raises(RetryLater):
            list(connector(server).refresh(known, now=NOW, meter=NoMeter()))
        assert [mention.state for mention in next(iter(connector(server).refresh(known[:3], now=NOW, meter=NoMeter())))] == [
            State.UNAVAILABLE
        ] * 3


@pytest.mark.parametrize(
    ("cassette", "found", "gone"),
    [
        pytest.param("info_batch_a", 67, 6, id="many"),
        pytest.param("comment_after_user_delete", 1, 1, id="deleted by its author"),
        pytest.param("comment_deleted_refresh", 1, None, id="gone since"),
    ],
)
def test_recorded_second_looks(cassette, found, gone):
    asked = next(one for one in interactions_of(recorded(f"reddit/{cassette}.json")) if one.path == "/api/info")
    names = next(value for key, value in asked.asked if key == "id").split(",")
    with with_token(Loopback(Replay.of(f"reddit/{cassette}.json"))) as server:
        (mentions,) = connector(server).refresh([Known(name, NOW) for name in names], now=NOW, meter=NoMeter())
    live = [mention for mention in mentions if mention.state not in (State.DELETED, State.REMOVED, State.UNAVAILABLE)]
    shown = [mention for mention in mentions if mention.state != State.UNAVAILABLE]
    assert len(shown) == found
    assert gone is None or len(shown) - len(live) == gone
