"""What X costs: set aside before each request, settled to what came, and never beyond the budget."""

from datetime import datetime, timedelta

import pytest

from connectors.x_posts import id_at
from monitor.collect.connector import Known, Query, Window
from monitor.config.models import Thread
from monitor.errors import OutOfMoney, RetryLater, StopUntil
from monitor.mention import State
from tests.connectors.stages.x import NOW, POSTS, REPLIES, ROOT, TOKEN, MadeUpX, connector, post
from tests.loopback import faults
from tests.loopback.replay import Replay
from tests.loopback.server import Answer, Loopback

ACME = Query("x", "Acme", brands=("Acme",), asks="acme")
DAY = timedelta(days=1)


class Books:
    """A meter in memory that refuses what goes beyond a limit."""

    def __init__(self):
        self.used, self.most, self.units = {}, {}, {}

    def reserve(self, bucket, amount=1):
        held = self.used.get(bucket.name, 0.0) + amount
        if held > bucket.limit + 1e-9:
            message = f"x: {bucket.name!r} is used up"
            raise OutOfMoney(message) if bucket.unit == "usd" else StopUntil(message, at=bucket.window(NOW)[1])
        self.used[bucket.name] = held
        self.most[bucket.name] = max(held, self.most.get(bucket.name, 0.0))
        self.units[bucket.name] = bucket.unit, bucket.span

    def settle(self, bucket, *, reserved, used):
        self.used[bucket.name] += used - reserved

    def told(self, bucket, *, remaining, resets_at):
        pass


@pytest.fixture(autouse=True)
def _token(monkeypatch):
    monkeypatch.setenv("X_BEARER_TOKEN", TOKEN)


def serving(x):
    def answer(request):
        response = x.serve(request)
        return Answer(response.status, dict(response.headers), response.body)

    return Loopback(answer, now=lambda: x.now)


def pull(made, books, *, window=None, cursor=None):
    return list(made.pull(ACME, cursor, now=NOW, window=window or Window(), meter=books))


def test_a_page_sets_its_full_price_aside_and_keeps_that_of_the_posts_that_came():
    books = Books()
    with serving(MadeUpX(POSTS[:7])) as server:
        pull(connector(server.base), books)
    assert books.most["x usd"] == pytest.approx(0.5)
    assert books.used["x usd"] == pytest.approx(0.035)
    assert (books.used["x post reads"], books.units["x post reads"]) == (7, ("units", "utc day"))
    assert (books.used["x posts a month"], books.units["x posts a month"]) == (7, ("units", "utc month"))
    assert books.used["x recent search requests"] == 1
    assert books.units["x usd"] == ("usd", "utc month")


def test_a_page_of_the_archive_sets_five_hundred_posts_aside():
    books = Books()
    with serving(MadeUpX(POSTS)) as server:
        pull(connector(server.base), books, window=Window(NOW - 20 * DAY, NOW))
    assert (books.most["x usd"], books.used["x usd"]) == (pytest.approx(2.5), pytest.approx(1.25))
    assert books.used["x archive search requests"] == 1


def test_a_silent_round_costs_nothing():
    books = Books()
    with serving(MadeUpX([])) as server:
        pull(connector(server.base), books)
    assert (books.used["x usd"], books.used["x post reads"]) == (0.0, 0.0)


def test_authors_cost_beside_their_posts():
    books = Books()
    with serving(MadeUpX(POSTS[:20])) as server:
        pull(connector(server.base, expand_authors=True), books)
    # 17 accounts wrote the 20 posts
    assert books.used["x usd"] == pytest.approx(20 * 0.005 + 17 * 0.01)
    assert books.most["x usd"] == pytest.approx(100 * 0.015)


def test_the_walk_stops_before_the_budget_is_passed_and_goes_on_next_month():
    books, pages = Books(), []
    with serving(MadeUpX(POSTS)) as server:
        made = connector(server.base, monthly_budget_usd=0.7)
        with pytest.raises(OutOfMoney, match="x usd"):
            pages.extend(made.pull(ACME, None, now=NOW, window=Window(), meter=books))
        assert books.most["x usd"] <= 0.7 + 1e-9
        # a budget is used up to a twentieth
        assert books.used["x usd"] >= 0.65
        asked = len(server.seen())
        pages += made.pull(ACME, pages[-1].cursor, now=NOW, window=Window(), meter=_Endless())
        assert len(server.seen()) > asked
    assert [mention.source_id for page in pages for mention in page.mentions] == [item["id"] for item in POSTS]


class _Endless(Books):
    def reserve(self, bucket, amount=1):
        self.used[bucket.name] = self.used.get(bucket.name, 0.0) + amount


def test_a_brand_has_its_own_budget_and_the_whole_is_given_back_when_it_refuses():
    books = Books()
    with serving(MadeUpX(POSTS)) as server, pytest.raises(OutOfMoney, match="x usd Acme"):
        pull(connector(server.base, monthly_budget_usd_by_brand={"acme": 0.3}), books)
    assert books.most["x usd Acme"] <= 0.3 + 1e-9
    assert books.used["x usd"] == pytest.approx(books.used["x usd Acme"])


def test_replies_to_a_followed_post_count_towards_its_brand():
    books = Books()
    threads = [Thread(url=f"https://x.com/acme/status/{ROOT['id']}", about="ACME")]
    with serving(MadeUpX([ROOT, *REPLIES])) as server:
        made = connector(server.base, threads=threads, monthly_budget_usd_by_brand={"acme": 5})
        list(made.pull(made.queries()[1], None, now=NOW, window=Window(), meter=books))
    assert books.used["x usd Acme"] == books.used["x usd"] == pytest.approx(4 * 0.005)


def test_no_budget_buys_nothing():
    with serving(MadeUpX(POSTS)) as server:
        with pytest.raises(OutOfMoney):
            pull(connector(server.base, monthly_budget_usd=0.0), Books())
        assert not server.seen()


def test_without_a_word_about_money_ten_dollars_a_month_are_the_most():
    made = connector("http://127.0.0.1:1")
    assert type(made._settings).model_fields["monthly_budget_usd"].default == 10.0


def test_the_monthly_cap_of_x_stops_until_the_next_month():
    with serving(MadeUpX(POSTS)) as server, pytest.raises(StopUntil) as raised:
        pull(connector(server.base, monthly_post_cap=150), Books())
    assert raised.value.at == datetime(2026, 12, 1, tzinfo=NOW.tzinfo)


@pytest.mark.parametrize("fault", [faults.status(503), faults.cut(), faults.dropped(), faults.truncated()])
def test_a_request_that_failed_gives_its_money_back(fault):
    books = Books()
    with serving(MadeUpX(POSTS)) as server:
        server.fail(fault)
        with pytest.raises(RetryLater):
            pull(connector(server.base), books)
    assert (books.used["x usd"], books.used["x post reads"], books.used["x recent search requests"]) == (0.0, 0.0, 1)


def test_a_full_window_of_requests_gives_the_money_back():
    books = Books()
    books.used["x recent search requests"] = 450
    with serving(MadeUpX(POSTS)) as server:
        with pytest.raises(StopUntil):
            pull(connector(server.base), books)
        assert not server.seen()
    assert books.used["x usd"] == 0.0


def test_an_estimate_counts_by_day_newest_page_first_and_pays_for_it():
    books = Books()
    long_ago = [post(number, NOW - timedelta(days=number, hours=1), "acme") for number in range(8, 98)]
    with serving(MadeUpX([*POSTS, *long_ago])) as server:
        estimate = connector(server.base).estimate(ACME, Window(NOW - 100 * DAY, NOW), meter=books)
        assert {request.path for request in server.seen()} == {"/2/tweets/counts/all"}
        assert [request.one("granularity") for request in server.seen()] == ["day"] * 4
    assert (estimate.items, estimate.requests) == (340, 1)
    assert estimate.usd == pytest.approx(340 * 0.005 * 1.1)
    assert estimate.minutes == pytest.approx(0.025)
    assert (books.used["x usd"], books.used["x archive count requests"]) == (pytest.approx(0.04), 4)


def test_an_estimate_of_the_last_days_asks_once_for_half_the_price():
    books = Books()
    with serving(MadeUpX(POSTS)) as server:
        estimate = connector(server.base).estimate(ACME, Window(NOW - DAY, None), meter=books)
        assert {request.path for request in server.seen()} == {"/2/tweets/counts/recent"}
    assert (estimate.items, estimate.requests, books.used["x usd"]) == (250, 3, pytest.approx(0.005))


def test_an_estimate_over_the_recorded_chain_adds_its_four_pages_up():
    replay = Replay.of("x/counts_all_four_pages.json", exact=("next_token",))
    with Loopback(replay) as server:
        window = Window(datetime(2021, 3, 1, tzinfo=NOW.tzinfo), datetime(2021, 6, 5, tzinfo=NOW.tzinfo))
        query = Query("x", "Acme", brands=("Acme",), asks="#commtwitter")
        estimate = connector(server.base).estimate(query, window, meter=Books())
        assert (len(server.seen()), replay.left) == (4, [])
    assert (estimate.items, estimate.requests, estimate.usd) == (149 + 131 + 116 + 48, 1, pytest.approx(444 * 0.005 * 1.1))


def test_an_estimate_reads_the_recorded_hours_too():
    with Loopback(Replay.of("x/tweepy_counts_recent.json")) as server:
        assert connector(server.base).estimate(ACME, Window(), meter=Books()).items == 411


def test_a_year_of_a_busy_brand_takes_the_hours_that_the_windows_ask_for():
    body = {"data": [{"start": "", "end": "", "post_count": 365_000}], "meta": {"total_post_count": 365_000}}
    with Loopback() as server:
        server.on("GET", ".*", body)
        estimate = connector(server.base).estimate(ACME, Window(NOW - 365 * DAY, NOW), meter=Books())
    assert (estimate.items, estimate.requests) == (365_000, 730)
    assert estimate.usd == pytest.approx(1_825 * 1.1)
    # half of 300 requests each quarter of an hour
    assert 60 <= estimate.minutes <= 75


def test_nothing_is_asked_for_a_window_without_a_second():
    books = Books()
    assert connector("http://127.0.0.1:1").estimate(ACME, Window(NOW, NOW), meter=books).items == 0
    assert books.used == {}


def known(item, **changes):
    return Known(**{"source_id": item["id"], "created_at": datetime.fromisoformat(item["created_at"]), **changes})


def refresh(made, posts, books=None):
    return list(made.refresh(posts, now=NOW, meter=books or Books()))


def test_a_look_again_tells_counts_deletions_and_what_is_hidden():
    books = Books()
    x = MadeUpX(POSTS[:3], hidden={POSTS[1]["id"]: "Not Found Error", POSTS[2]["id"]: "Forbidden"})
    with serving(x) as server:
        ((live, deleted, hidden),) = refresh(connector(server.base), [known(item, conversation_id="9") for item in POSTS[:3]], books)
    assert (live.source_id, live.state, live.engagement.likes) == (POSTS[0]["id"], State.LIVE, POSTS[0]["public_metrics"]["like_count"])
    assert (deleted.state, deleted.text, deleted.author_id, deleted.conversation_id) == (State.DELETED, None, None, "9")
    assert deleted.created_at == datetime.fromisoformat(POSTS[1]["created_at"])
    assert hidden.state == State.UNAVAILABLE
    # only what was found is paid for
    assert (books.most["x usd"], books.used["x usd"], books.used["x post reads"]) == (pytest.approx(0.015), pytest.approx(0.005), 1)
    assert books.used["x lookup requests"] == 1


def test_a_look_again_takes_a_hundred_at_once():
    with serving(MadeUpX(POSTS)) as server:
        answers = refresh(connector(server.base), [known(item) for item in POSTS])
        assert [len(answer) for answer in answers] == [100, 100, 50]
        assert len(server.seen()) == 3
        assert refresh(connector(server.base), []) == []


def test_an_edited_post_shown_in_its_old_version_is_asked_for_in_its_new_one():
    first, second = POSTS[0]["id"], id_at(NOW - timedelta(minutes=1))
    history = {"edit_history_tweet_ids": [first, second]}
    old = {**POSTS[0], **history}
    new = {**POSTS[0], **history, "id": second, "text": "acme, better said", "created_at": "2026-11-20T11:59:00.000Z"}
    with serving(MadeUpX([old, new])) as server:
        ((seen,),) = refresh(connector(server.base), [known(POSTS[0])])
        assert [request.one("ids") for request in server.seen()] == [first, second]
    assert (seen.source_id, seen.text, seen.state) == (first, "acme, better said", State.EDITED)
    assert seen.created_at == datetime.fromisoformat(POSTS[0]["created_at"])


def test_what_x_could_not_show_just_now_is_left_out():
    error = {"resource_id": POSTS[0]["id"], "title": "Internal Error", "type": "https://api.x.com/2/problems/resource-unavailable"}
    with Loopback() as server:
        server.on("GET", ".*", {"data": [POSTS[1]], "errors": [error]})
        ((seen,),) = refresh(connector(server.base), [known(POSTS[0]), known(POSTS[1])])
    assert seen.source_id == POSTS[1]["id"]


@pytest.mark.parametrize(
    ("name", "found", "gone"),
    [pytest.param("lookup_mixed_missing", 6, 9, id="mixed"), pytest.param("lookup_all_missing", 0, 15, id="none")],
)
def test_a_recorded_lookup_tells_which_posts_are_gone(name, found, gone):
    (interaction,) = Replay.of(f"x/{name}.json").interactions
    (ids,) = (value for key, value in interaction.asked if key == "ids")
    with Loopback(Replay([interaction])) as server:
        (answer,) = refresh(connector(server.base), [Known(post_id, NOW - DAY) for post_id in ids.split(",")])
    states = [mention.state for mention in answer]
    assert (states.count(State.LIVE), states.count(State.DELETED)) == (found, gone)


def test_looking_again_is_off_unless_asked_for():
    assert connector("http://127.0.0.1:1").capabilities.refresh_after == []
    assert connector("http://127.0.0.1:1", refresh=["1h", "1d"]).capabilities.refresh_after == [timedelta(hours=1), DAY]
