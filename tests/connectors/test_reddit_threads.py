import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.reddit_api import RedditApi
from connectors.reddit_settings import RedditSettings
from connectors.reddit_tree import Missing, missing_in
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Surroundings, Window
from monitor.config.models import Thread
from monitor.errors import ConfigError, RetryLater, StopUntil
from monitor.mention import Kind
from tests.loopback.recorded_tree import RecordedTree, everything_recorded
from tests.loopback.replay import Replay, interactions_of, recorded
from tests.loopback.server import Loopback, json_answer

NOW = datetime(2020, 11, 22, 12, tzinfo=UTC)
TOKEN = {"access_token": "marker-token", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
URL = "https://www.reddit.com/r/tea/comments/3hahrw/on_tea/"


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("REDDIT_CLIENT_ID", "marker-id")
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", "marker-secret")


def connector(server, *urls, until_quiet="3650d", now=NOW):
    threads = [Thread(url=url, about="Acme", until_quiet=until_quiet) for url in urls or [URL]]
    return RedditApi(RedditSettings(base_url=server.base), Surroundings(threads=threads, clock=lambda: now))


def pages_of(api, cursor=None, *, now=NOW, window=Window(), meter=None):  # noqa: B008
    pages = list(api.pull(api.queries()[0], cursor, now=now, window=window, meter=meter or NoMeter()))
    api.close()
    return pages


def ids_of(pages, kind=Kind.COMMENT):
    return [mention.source_id for page in pages for mention in page.mentions if mention.kind == kind]


def serving(server, tree):
    server.on("POST", "/api/v1/access_token", TOKEN)
    server.on("GET", "/comments/3hahrw", lambda _request: tree.first)
    server.on("POST", "/api/morechildren", tree.more)
    server.on("GET", "/comments/3hahrw/_/(?P<branch>[a-z0-9]+)", tree.branch)
    return server


def test_the_recorded_thread_comes_out_whole():
    tree = RecordedTree()
    with serving(Loopback(), tree) as server:
        pages = pages_of(connector(server))
    expected = {f"t1_{name}" for name in everything_recorded()}
    assert set(ids_of(pages)) == expected
    assert len(expected) == 536
    assert set(ids_of(pages, Kind.POST)) == {"t3_3hahrw"}
    assert len(tree.asked) == len(set(tree.asked))
    assert {request.one("limit") for request in server.seen("/comments/.*")} == {"500"}
    assert not any(page.set_aside or page.covered for page in pages)
    newest = max(mention.created_at for page in pages for mention in page.mentions)
    assert pages[-1].cursor["mark"] == {"id": "3hahrw", "comments": 537, "newest": newest.isoformat()}
    assert "walk" not in pages[-1].cursor


def test_a_thread_goes_on_wherever_it_was_cut_and_asks_nothing_twice():
    with serving(Loopback(), RecordedTree()) as server:
        whole = pages_of(connector(server))
        for cut in range(len(whole) - 1):
            tree = RecordedTree()
            before = len(server.seen("/(comments|api/more).*"))
            serving(server, tree)
            cursor = json.loads(json.dumps(whole[cut].cursor))
            rest = pages_of(connector(server), cursor, now=NOW + timedelta(hours=1))
            assert ids_of(rest) == ids_of(whole[cut + 1 :])
            assert len(server.seen("/(comments|api/more).*")) - before == len(whole) - 1 - cut
            assert rest[-1].cursor["mark"] == whole[-1].cursor["mark"]
    # 51 requests as recorded; children of several comments may be asked for together
    assert 8 <= len(whole) <= 16


def test_a_thread_whose_count_did_not_change_costs_one_request():
    tree = RecordedTree()
    with serving(Loopback(), tree) as server:
        whole = pages_of(connector(server))
        asked = len(server.seen())
        (page,) = pages_of(connector(server), whole[-1].cursor, now=NOW + timedelta(minutes=5))
        assert len(server.seen()) - asked == 2
        changed = json.loads(tree.first.body)
        changed[0]["data"]["children"][0]["data"]["num_comments"] += 1
        server.on("GET", "/comments/3hahrw", changed)
        assert len(pages_of(connector(server), whole[-1].cursor)) == len(whole)
    assert page.is_last
    assert page.cursor["mark"] == whole[-1].cursor["mark"]


def test_a_quiet_thread_is_no_longer_asked_for_in_live_rounds():
    with serving(Loopback(), RecordedTree()) as server:
        done = pages_of(connector(server))[-1].cursor
        asked = len(server.seen("/comments/.*"))
        assert pages_of(connector(server, until_quiet="48h"), done) == []
        assert len(server.seen("/comments/.*")) == asked
        backfill = pages_of(connector(server, until_quiet="48h"), done, window=Window(datetime(2015, 8, 17, tzinfo=UTC)))
    assert backfill


def test_a_backfill_of_a_thread_brings_its_window():
    window = Window(datetime(2015, 8, 17, 20, tzinfo=UTC), datetime(2015, 8, 17, 23, tzinfo=UTC))
    with serving(Loopback(), RecordedTree()) as server:
        pages = pages_of(connector(server), window=window)
    found = [mention for page in pages for mention in page.mentions]
    assert found
    assert all(window.holds(mention.created_at) for mention in found)


def test_a_budget_that_runs_out_in_the_middle_of_a_tree_loses_nothing():
    class Few(NoMeter):
        def __init__(self):
            self.left = 3

        def reserve(self, bucket, amount=1):
            self.left -= amount
            if self.left < 0:
                raise StopUntil("no more", at=NOW)

    found, cursor = [], None
    with serving(Loopback(), RecordedTree()) as server:
        for _round in range(20):
            api = connector(server)
            try:
                for page in api.pull(api.queries()[0], cursor, now=NOW, window=Window(), meter=Few()):
                    found += ids_of([page])
                    cursor = json.loads(json.dumps(page.cursor))
            except StopUntil:
                continue
            finally:
                api.close()
            break
    assert len(set(found)) == 536


@pytest.mark.parametrize("things", [[], ["more"]], ids=["nothing", "the same again"])
def test_comments_that_never_come_end_the_walk(things):
    more = {"kind": "more", "data": {"count": 2, "children": ["c1", "c2"], "parent_id": "t3_3hahrw", "id": "c1"}}
    root = {"kind": "t3", "data": {"name": "t3_3hahrw", "title": "Tea", "selftext": "", "created_utc": NOW.timestamp(), "num_comments": 2}}
    with Loopback() as server:
        server.on("POST", "/api/v1/access_token", TOKEN)
        server.on("GET", "/comments/3hahrw", [listing([root]), listing([more])])
        server.on("POST", "/api/morechildren", {"json": {"errors": [], "data": {"things": [more for _ in things]}}})
        pages = pages_of(connector(server))
    assert len(pages) == 2
    assert pages[-1].is_last


def listing(things):
    return {"kind": "Listing", "data": {"children": things, "after": None}}


def test_more_comments_in_a_branch_are_asked_for():
    branch = {"kind": "more", "data": {"count": 0, "children": [], "parent_id": "t1_c9", "id": "_"}}
    assert missing_in(listing([branch])) == Missing((), ("c9",))
    assert Missing((), ("c9",)).after_branch(missing_in(listing([branch]))) == Missing()
    assert missing_in(listing([{"kind": "more", "data": {"children": ["ok", "no,good", 5], "parent_id": "t3_x"}}])) == Missing(("ok",))
    assert missing_in(listing([{"kind": "more", "data": {"children": [], "parent_id": "t3_x"}}, {"kind": "more"}])) == Missing()


@pytest.mark.parametrize(("status", "seconds"), [(404, 3_600.0), (403, 3_600.0), (503, None)], ids=["no such thread", "closed", "trouble"])
def test_a_thread_that_cannot_be_seen_is_named(status, seconds):
    with Loopback() as server:
        server.on("POST", "/api/v1/access_token", TOKEN)
        server.on("GET", "/comments/3hahrw", json_answer({"error": status}, status))
        with pytest.raises(RetryLater, match=URL if seconds else str(status)) as error:
            pages_of(connector(server))
    assert error.value.seconds == seconds


def test_too_many_requests_for_more_children_says_how_long():
    tree = RecordedTree()
    with serving(Loopback(), tree) as server:
        server.on("POST", "/api/morechildren", {"json": {"ratelimit": 7.5, "errors": [["RATELIMIT", "try again", "ratelimit"]]}})
        with pytest.raises(RetryLater) as error:
            pages_of(connector(server))
    assert error.value.seconds == 7.5


def test_a_share_link_leads_to_its_thread():
    shared = "https://www.reddit.com/r/redditdev/s/nGnQE1QkLC"
    with Loopback(Replay.of("reddit/share_url_redirect.json")) as server:
        root = {"kind": "t3", "data": {"name": "t3_2gmzqe", "title": "Tea", "created_utc": NOW.timestamp(), "num_comments": 0}}
        server.on("GET", "/comments/2gmzqe", [listing([root]), listing([])])
        (page,) = pages_of(connector(server, shared))
        assert [mention.source_id for mention in page.mentions] == ["t3_2gmzqe"]
        pages_of(connector(server, shared), page.cursor)
    assert len(server.seen("/r/redditdev/s/.*")) == 1
    assert len(server.seen("/comments/.*")) == 2


def test_a_share_link_that_leads_nowhere_is_named():
    with Loopback() as server:
        server.on("POST", "/api/v1/access_token", TOKEN)
        server.on("GET", "/r/tea/s/abc", {"kind": "Listing", "data": {"children": []}})
        with pytest.raises(ConfigError, match="leads to no thread"):
            pages_of(connector(server, "https://www.reddit.com/r/tea/s/abc"))


@pytest.mark.parametrize(
    ("cassette", "path"),
    [("submission_after_user_delete", "/comments/4b1tfm"), ("comment_deleted_refresh", "/comments/52o2fl/_/d7ltvl0")],
)
def test_recorded_small_trees_are_read(cassette, path):
    answer = next(one.answer for one in interactions_of(recorded(f"reddit/{cassette}.json")) if one.path == path)
    with Loopback() as server:
        server.on("POST", "/api/v1/access_token", TOKEN)
        server.on("GET", "/comments/3hahrw", lambda _request: answer)
        pages = pages_of(connector(server))
    assert pages[-1].is_last
    assert pages[0].mentions


def test_recorded_chains_of_parents_are_branches():
    answers = [one.answer for one in interactions_of(recorded("reddit/comment_parent_chain.json")) if "/_/" in one.path]
    assert len(answers) == 5
    for answer in answers:
        assert isinstance(missing_in(json.loads(answer.body)), Missing)
