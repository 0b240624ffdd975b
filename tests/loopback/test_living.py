from datetime import UTC, datetime, timedelta

import praw
import pytest
import requests
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connectors.reddit import mentions_from_listing
from connectors.x import mentions_from_search
from monitor.mention import State
from tests.loopback import shapes
from tests.loopback.living import Living, Lookup, NewestFirst, OldestFirst, Windowed, time_of
from tests.loopback.server import Loopback

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def living():
    return Living(NOON)


def texts(items):
    return [item.text for item in items]


def filled(living, number, apart=MINUTE):
    return [living.add(f"item {index}", created_at=NOON - index * apart) for index in range(number)]


def test_numbers_grow_with_the_time_of_creation_and_tell_items_of_one_moment_apart(living):
    ids = [living.add("a"), living.add("b"), living.add("old", created_at=NOON - MINUTE), living.add("c")]
    assert sorted(ids, key=int) == [ids[2], ids[0], ids[1], ids[3]]
    assert texts(living.visible()) == ["c", "b", "a", "old"]


def test_a_late_item_is_there_before_it_is_shown(living):
    living.add("late", created_at=NOON - MINUTE, appears_at=NOON + MINUTE)
    living.add("new")
    assert (texts(living.items_at()), texts(living.visible()), list(living.witnessed())) == (
        ["new", "late"],
        ["new"],
        [living.visible()[0].id],
    )
    living.advance(minutes=1)
    assert texts(living.visible()) == ["new", "late"]
    assert len(living.witnessed()) == 2


def test_planned_events_happen_in_the_order_of_their_time(living):
    item = living.add("first")
    living.delete(item, NOON + 3 * MINUTE)
    living.edit(item, "third", NOON + 2 * MINUTE)
    living.edit(item, "second", NOON + MINUTE)
    living.edit(item, "never", NOON + 4 * MINUTE)
    assert [living.item_at(item, NOON + n * MINUTE).text for n in range(5)] == ["first", "second", "third", None, None]
    assert living.item_at(item, NOON + 2 * MINUTE).edits == (NOON + MINUTE, NOON + 2 * MINUTE)
    assert living.visible(NOON + 3 * MINUTE) == []


def test_an_observer_who_never_blinked_knows_what_was_shown_for_a_moment(living):
    short, hidden, never = living.add("short"), living.add("hidden"), living.add("never", appears_at=NOON + 9 * MINUTE)
    living.delete(short, NOON + MINUTE)
    living.hide(hidden, NOON + MINUTE)
    living.edit(hidden, "unseen", NOON + 2 * MINUTE)
    living.advance(minutes=3)
    known = living.witnessed()
    assert (known[short].deleted_at, known[hidden].text, never in known) == (NOON + MINUTE, "hidden", False)
    assert living.witnessed(since=NOON + MINUTE) == {}
    living.show(hidden)
    assert living.witnessed(since=NOON + MINUTE)[hidden].text == "unseen"


def test_a_tombstone_is_listed_and_cannot_be_brought_back(living):
    gone, tomb = living.add("gone"), living.add("tomb")
    living.delete(gone)
    living.delete(tomb, tombstone=True)
    living.show(gone)
    assert [(item.id, item.text) for item in living.visible()] == [(tomb, None)]


def test_a_bump_changes_places(living):
    old = living.add("old", created_at=NOON - MINUTE)
    living.add("new")
    living.bump(old, NOON + MINUTE)
    assert texts(living.visible()) == ["new", "old"]
    assert texts(living.visible(NOON + MINUTE)) == ["old", "new"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1795348800", NOON),
        ("1795348800000", NOON),
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T12:00:00", NOON),
        ("2026-11-22T13:00:00+01:00", NOON),
    ],
)
def test_times_are_read_as_sources_take_them(text, at):
    assert time_of(text) == at


def walk(session, url, params, *, token="after"):
    pages = []
    while not pages or pages[-1]["next"]:
        asked = {**params, **({token: pages[-1]["next"]} if pages else {})}
        pages.append(session.get(url, params=asked, timeout=5).json())
    return pages


def test_newest_first_is_walked_by_its_token(loopback, session, living):
    filled(living, 7)
    loopback.on("GET", "/new", NewestFirst(living, shapes.plain, reach=5))
    pages = walk(session, f"{loopback.base}/new", {"limit": 2})
    assert [[item["text"] for item in page["items"]] for page in pages] == [["item 0", "item 1"], ["item 2", "item 3"], ["item 4"]]


def test_newest_first_is_bounded_by_ids_and_times(loopback, session, living):
    ids = filled(living, 7)
    loopback.on("GET", "/new", NewestFirst(living, shapes.plain))

    def got(**params):
        return [item["text"][-1] for item in session.get(f"{loopback.base}/new", params=params, timeout=5).json()["items"]]

    assert got(since_id=ids[2]) == ["0", "1"]
    assert got(since_id=ids[5], limit=2) == ["0", "1"]
    assert got(before=ids[5], limit=2) == ["3", "4"]
    assert got(start_time=(NOON - 3 * MINUTE).isoformat(), end_time=shapes.iso(NOON - MINUTE)) == ["2", "3"]


@pytest.mark.parametrize(("lost_anchor", "found"), [("nearest", ["item 0"]), ("empty", [])])
def test_the_anchor_may_be_lost(loopback, session, living, lost_anchor, found):
    ids = filled(living, 3)
    living.delete(ids[1])
    loopback.on("GET", "/new", NewestFirst(living, shapes.plain, lost_anchor=lost_anchor))
    page = session.get(f"{loopback.base}/new", params={"before": ids[1]}, timeout=5).json()
    assert [item["text"] for item in page["items"]] == found


def test_things_happen_between_two_pages(session):
    living = Living(NOON, tick=timedelta(seconds=1))
    ids = filled(living, 4)
    living.between.extend([lambda: living.delete(ids[2]), lambda: living.edit(ids[3], "edited")])
    with Loopback(now=lambda: living.now) as server:
        server.on("GET", "/new", NewestFirst(living, shapes.plain))
        pages = walk(session, f"{server.base}/new", {"limit": 1})
        assert session.get(f"{server.base}/new", timeout=5).headers["date"] == "Sun, 22 Nov 2026 12:00:03 GMT"
    assert [page["items"][0]["text"] for page in pages] == ["item 0", "item 1", "edited"]
    assert pages[2]["items"][0]["edited"] == "2026-11-22T12:00:02.000Z"


def test_oldest_first_goes_on_after_a_time_an_id_or_a_page(loopback, session, living):
    ids = filled(living, 5)
    loopback.on("GET", "/old", OldestFirst(living, shapes.plain))

    def got(**params):
        return [item["text"][-1] for item in session.get(f"{loopback.base}/old", params=params, timeout=5).json()["items"]]

    assert got(limit=2) == ["4", "3"]
    assert got(after=ids[3]) == ["2", "1", "0"]
    assert got(after=int((NOON - 2 * MINUTE).timestamp())) == ["1", "0"]
    assert got(after=shapes.iso(NOON - 4 * MINUTE), before=shapes.iso(NOON - MINUTE)) == ["3", "2"]
    assert got(limit=2, page=3) == ["0"]
    assert "".join(item["text"][-1] for page in walk(session, f"{loopback.base}/old", {"limit": 2}) for item in page["items"]) == "43210"


def test_a_source_may_compare_whole_seconds_and_take_the_bound_in(loopback, session, living):
    for milliseconds in (0, 400, 800, 1200):
        living.add(str(milliseconds), created_at=NOON + timedelta(milliseconds=milliseconds))
    living.advance(seconds=5)
    for name, handler in {
        "fine": OldestFirst(living, shapes.plain),
        "whole": OldestFirst(living, shapes.plain, whole_seconds=True),
        "both": OldestFirst(living, shapes.plain, whole_seconds=True, inclusive=True),
    }.items():
        loopback.on("GET", f"/{name}", handler)

    def got(name):
        page = session.get(f"{loopback.base}/{name}", params={"after": shapes.iso(NOON)}, timeout=5).json()
        return [item["text"] for item in page["items"]]

    assert [got("fine"), got("whole"), got("both")] == [["400", "800", "1200"], ["1200"], ["0", "400", "800", "1200"]]


def test_a_window_ends_after_a_thousand(loopback, session, living):
    filled(living, 1_005, apart=timedelta(seconds=1))
    loopback.on("GET", "/search", Windowed(living, shapes.hacker_news))

    def get(**params):
        return session.get(f"{loopback.base}/search", params=params, timeout=5).json()

    pages = [get(hitsPerPage=400, page=page) for page in range(4)]
    assert [len(page["hits"]) for page in pages] == [400, 400, 200, 0]
    assert (pages[0]["nbHits"], pages[0]["nbPages"]) == (1_005, 3)
    oldest = pages[2]["hits"][-1]["created_at_i"]
    rest = get(numericFilters=f"created_at_i<{oldest},created_at_i>={oldest - 3}", hitsPerPage=1000)
    assert [hit["created_at_i"] for hit in rest["hits"]] == [oldest - 1, oldest - 2, oldest - 3]


def test_reddit_listings_are_read_as_mentions(loopback, session):
    living = Living(NOON, name=shapes.comment_name)
    kept, edited, gone = (living.add(text) for text in ("kept", "before", "gone"))
    living.edit(edited, "after", NOON + MINUTE)
    living.delete(gone, NOON + MINUTE, tombstone=True)
    living.advance(minutes=1)
    loopback.on("GET", "/r/tea/comments/?", NewestFirst(living, shapes.reddit_listing))
    loopback.on("GET", "/api/info/?", Lookup(living, shapes.reddit_listing, ids="id", deleted=True))
    found, odd = mentions_from_listing(session.get(f"{loopback.base}/r/tea/comments", timeout=5).json(), living.now)
    assert not odd
    assert [(m.source_id, m.text, m.state) for m in found] == [
        (gone, None, State.DELETED), (edited, "after", State.EDITED), (kept, "kept", State.LIVE)
    ]  # fmt: skip
    info = session.get(f"{loopback.base}/api/info", params={"id": f"{gone},t1_zzz"}, timeout=5).json()
    assert [m.state for m in mentions_from_listing(info, living.now)[0]] == [State.DELETED]


def test_praw_walks_a_living_listing(loopback):
    living = Living(NOON, name=shapes.comment_name)
    ids = filled(living, 250)
    loopback.on("POST", "/api/v1/access_token", shapes.REDDIT_TOKEN)
    loopback.on("GET", "/r/tea/comments/?", NewestFirst(living, shapes.reddit_listing))
    living.between.append(lambda: living.delete(ids[150]))
    with praw.Reddit(
        client_id="id", client_secret="s3cret", user_agent="test", reddit_url=loopback.base, oauth_url=loopback.base,
        check_for_updates=False,
    ) as client:  # fmt: skip
        found = [comment.fullname for comment in client.subreddit("tea").comments(limit=None)]
    assert found == [id for id in ids if id != ids[150]]
    assert [request.one("after") for request in loopback.seen("/r/.*")] == [None, ids[99], ids[200]]


def test_x_searches_are_read_as_mentions(loopback, session, living):
    first, second = living.add("first"), living.add("second")
    living.edit(first, "edited", NOON + MINUTE)
    living.advance(minutes=1)
    search = NewestFirst(living, shapes.x_search, size="max_results", token="next_token")
    loopback.on("GET", "/2/tweets/search/recent", search)
    loopback.on("GET", "/2/tweets", Lookup(living, shapes.x_search))
    body = session.get(f"{loopback.base}/2/tweets/search/recent", timeout=5).json()
    found, odd = mentions_from_search(body, living.now)
    assert not odd
    assert [(m.source_id, m.text, m.edited_at) for m in found] == [(second, "second", None), (first, "edited", NOON + MINUTE)]
    assert session.get(f"{loopback.base}/2/tweets/search/recent?start_time=2027-01-01T00:00:00Z", timeout=5).json() == {
        "meta": {"result_count": 0}
    }
    lookup = session.get(f"{loopback.base}/2/tweets", params={"ids": f"{second},1"}, timeout=5).json()
    assert ([post["id"] for post in lookup["data"]], [error["value"] for error in lookup["errors"]]) == ([second], ["1"])


def test_mastodon_pages_forward_by_min_id_and_back_by_link(loopback, session, living):
    ids = filled(living, 5)
    timeline = NewestFirst(living, shapes.mastodon, token="max_id", above="min_id")
    loopback.on("GET", "/api/v1/timelines/tag/tea", timeline)
    url = f"{loopback.base}/api/v1/timelines/tag/tea"
    first = session.get(url, params={"limit": 2}, timeout=5)
    second = session.get(first.links["next"]["url"], timeout=5)
    assert [status["id"] for status in first.json() + second.json()] == ids
    assert "next" not in second.links
    assert [status["id"] for status in session.get(url, params={"min_id": ids[4], "limit": 2}, timeout=5).json()] == ids[2:4]


def test_wordpress_counts_its_pages_and_refuses_the_one_after(loopback, session, living):
    filled(living, 3)
    loopback.on("GET", "/wp-json/wp/v2/comments", OldestFirst(living, shapes.wordpress, size="per_page"))
    answers = [session.get(f"{loopback.base}/wp-json/wp/v2/comments?per_page=2&page={page}", timeout=5) for page in (1, 2, 3)]
    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert (answers[0].headers["x-wp-total"], answers[0].headers["x-wp-totalpages"], len(answers[1].json())) == ("3", "2", 1)
    assert answers[2].json()["code"] == "rest_comment_invalid_page_number"


class Watched(RuleBasedStateMachine):
    """An observer who looks after every event knows what `witnessed` says."""

    def __init__(self):
        super().__init__()
        self.living = Living(NOON)
        self.ids = []
        self.seen = {}

    @rule(minutes_ago=st.integers(0, 5))
    def add(self, minutes_ago):
        self.ids.append(self.living.add("text", created_at=self.living.now - minutes_ago * MINUTE, appears_at=self.living.now))

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), what=st.sampled_from(["edit", "delete", "hide", "show", "bump"]), tombstone=st.booleans())
    def happen(self, data, what, tombstone):
        id = data.draw(st.sampled_from(self.ids))
        if what == "edit":
            self.living.edit(id, f"edit {self.living.now}")
        elif what == "delete":
            self.living.delete(id, tombstone=tombstone)
        else:
            getattr(self.living, what)(id)

    @invariant()
    def what_was_seen_is_what_is_known(self):
        self.seen.update({item.id: item for item in self.living.visible()})
        known = self.living.witnessed()
        assert known.keys() == self.seen.keys()
        for id, item in known.items():
            assert item.deleted_at or item.text == self.seen[id].text
        assert {item.id for item in self.living.items_at()} == set(self.ids)
        self.living.advance(seconds=1)


TestWatched = Watched.TestCase
TestWatched.settings = settings(max_examples=40, stateful_step_count=15)
