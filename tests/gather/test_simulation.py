"""Sources that live, looked at by a program that dies: in the end it knows what an observer who never blinked knows.

A machine each for the ways in which sources are walked: by a token and the newest id (X), by a listing's ids (Reddit), as a tree
whenever it has grown (threads of Reddit), oldest first in numbered pages (WordPress), in windows of time with an end to what is
reached (Hacker News), and whole (a feed). Items come, come late, change and vanish, also between two pages; requests fail; the
process dies between pages and inside transactions.

What may be missing at the end is what the documents say, and nothing else:
    - what the source showed later after it was written than the connector's overlap reaches back
    - what was gone before a walk that could have met it was over
    - in a feed, what newer entries had pushed out before a look
"""

import re
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import monitor.gather.live
from connectors.feed import FeedConnector, FeedSettings
from connectors.hackernews import HackerNewsConnector, HackerNewsSettings
from connectors.reddit import reddit
from connectors.reddit_settings import RedditSettings
from connectors.wordpress import WordPressConnector, WordPressSettings
from connectors.x import XConnector
from connectors.x_settings import XSettings
from monitor.collect.budget import NoMeter
from monitor.collect.conformance.trial import environment
from monitor.collect.connector import Surroundings
from monitor.config.models import Config
from monitor.mention import GONE
from monitor.pipeline import Pipeline
from monitor.store.database import Store
from tests.builders import NOON, brand
from tests.loopback import faults, shapes
from tests.loopback.living import Living, Lookup, NewestFirst, OldestFirst, Windowed
from tests.loopback.replay import Document
from tests.loopback.server import Loopback, json_answer

BRAND = brand("Streamly", rule="streamly")
KEYS = {"X_BEARER_TOKEN": "made-up", "REDDIT_CLIENT_ID": "made-up", "REDDIT_CLIENT_SECRET": "made-up"}
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TROUBLES = {
    "500": faults.status(500),
    "dropped": faults.dropped(),
    "cut": faults.cut(),
    "truncated": faults.truncated(),
    "429": faults.too_many({"retry-after": "40"}),
    "401": faults.unauthorized(),
    "login page": faults.wrong_type(),
}


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """Counts the transactions of pages, and dies in the one that it is told."""

    def __init__(self):
        self.keep = monitor.gather.live.keep
        self.left = None

    def __call__(self, *args, **rest):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        return self.keep(*args, **rest)


class Mortal:
    """A connector whose process dies when it asks for one more page than so many; None: it lives."""

    def __init__(self, inner):
        self.inner, self.pages = inner, None
        # one transaction for many second looks
        self.capabilities = replace(inner.capabilities, refresh_batch=100)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def pull(self, *args, **rest):
        for page in self.inner.pull(*args, **rest):
            if self.pages is not None:
                self.pages -= 1
                if self.pages < 0:
                    raise Killed
            yield page


class Still:
    """No detection: it costs more than all the rest, and is not tried here."""

    def judge(self, *_args, **_rest):
        return []


class Simulation(RuleBasedStateMachine):
    """One source, one store, one process after another.

    overlap  how far before the end of the last complete walk the next one looks
    reach    how far a first walk goes back, at least
    certain  ids that a complete walk must have met: they stood in its stretch of time, and were shown all along
    """

    source: str
    query: str
    overlap: timedelta
    reach = 6 * DAY
    looks_again = True
    changes_in_place = True
    name = staticmethod(str)
    a_page = 3
    empty: Path

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="simulation-"))
        self.keys = environment(KEYS)
        self.keys.__enter__()
        self.living = Living(NOON, name=self.name, tick=SECOND)
        self.server = Loopback(now=lambda: self.living.now, strict=True)
        self.server.__enter__()
        self.routes(self.server)
        self.dying = monitor.gather.live.keep = Dying()
        self.config = Config(brands=[BRAND], folder=self.folder)
        self.config.store_folder.mkdir()
        shutil.copyfile(self.empty, self.config.store_folder / "monitor.duckdb")
        self.certain: set[str] = set()
        self.walk_began = None
        self.started = NOON
        self.store = self.pipeline = None
        self.start()

    def routes(self, server):
        raise NotImplementedError

    def connector(self, around):
        raise NotImplementedError

    def is_met(self, item, at):
        """Whether a walk at that time meets the item."""
        return item.shown

    # --- the program ---

    def start(self):
        if self.store:
            self.store.close()
        self.store = Store(self.config.store_folder, command="test", priority="live")
        around = Surroundings(brands=[BRAND], clock=lambda: self.living.now)
        self.mortal = Mortal(self.connector(around))
        self.pipeline = Pipeline(self.config, self.store, [self.mortal], now=self.living.now)
        self.pipeline._watch = Still()
        # the ledger has tests of its own, and two transactions a request
        self.pipeline._meter = NoMeter()

    def cursor(self):
        return self.pipeline._cursors.get((self.source, self.query)) or {}

    def round(self):
        """One round; what a walk that it completed must have met is certain from now on."""
        before = self.cursor()
        if not before.get("walk"):
            self.walk_began = self.living.now
        try:
            did = self.pipeline.round(now=self.living.now, by_hand=True)
        except Killed:
            did = None
            self.dying.left = None
            self.start()
        after = self.cursor()
        # a process that dies before a quiet round is written has looked in vain: `high` may go back
        if (after.get("high") or "") > (before.get("high") or "") and not after.get("walk"):
            self._met(before.get("high"), after["high"])
        return did

    def _met(self, since, until):
        since = shapes.datetime.fromisoformat(since) - self.overlap if since else NOON - self.reach
        until = shapes.datetime.fromisoformat(until).replace(microsecond=0)
        for item in self.living.items_at():
            if since <= item.created_at and item.created_at.replace(microsecond=0) < until and self._stood(item.id):
                self.certain.add(item.id)

    def _stood(self, id_):
        moments = [self.walk_began, self.living.now]
        moments += [event.at for event in self.living._events[id_] if self.walk_began <= event.at <= self.living.now]
        return all(self.is_met(self.living.item_at(id_, at), at) for at in moments)

    def rows(self, sql):
        with self.store.opened() as con:
            return con.execute(sql).fetchall()

    def stored(self):
        return {self.own_id(id_): (text, state) for id_, text, state in self.rows("select source_id, text, state from mention")}

    def own_id(self, source_id):
        return source_id

    # --- what happens ---

    @initialize(ages=st.lists(st.integers(1, 8_000), unique=True, max_size=16))
    def there_is_a_past(self, ages):
        for age in sorted(ages, reverse=True):
            at = NOON - age * MINUTE
            self.living.add(f"streamly is older, {age}", created_at=at, appears_at=at)

    @rule(ages=st.lists(st.integers(0, 50), unique=True, min_size=1, max_size=7))
    def several_are_said(self, ages):
        for age in sorted(ages, reverse=True):
            self._say(f"streamly, {len(self.living._born)}", age * SECOND)

    @rule(age=st.integers(2, 180), late=st.integers(1, 60))
    def one_will_come_late(self, age, late):
        at = self.living.now - age * SECOND
        self.living.add(f"streamly, late {len(self.living._born)}", created_at=at, appears_at=self.living.now + late * SECOND)

    def _say(self, text, age):
        at = self.living.now - age
        return self.living.add(text, created_at=at, appears_at=at if at > self.started else None)

    @precondition(lambda self: self.living.visible())
    @rule(which=st.integers(0, 1_000), word=st.sampled_from(["up", "down", "slow"]))
    def one_is_edited(self, which, word):
        if self.changes_in_place:
            self.living.edit(self._one(which), f"streamly is {word}, edited")

    @precondition(lambda self: self.living.visible())
    @rule(which=st.integers(0, 1_000))
    def one_is_deleted(self, which):
        self.living.delete(self._one(which))

    @precondition(lambda self: self.living.visible())
    @rule(which=st.integers(0, 1_000), pages=st.integers(0, 2))
    def one_is_deleted_between_two_pages(self, which, pages):
        id_ = self._one(which)
        self.living.between.extend([*([lambda: None] * pages), lambda: self.living.delete(id_)])

    @rule(pages=st.integers(0, 2))
    def one_is_said_between_two_pages(self, pages):
        self.living.between.extend([*([lambda: None] * pages), lambda: self._say(f"streamly, {len(self.living._born)}", 0 * SECOND)])

    def _one(self, which):
        shown = self.living.visible()
        return shown[which % len(shown)].id

    @rule(seconds=st.integers(20, 2_400))
    def time_goes_by(self, seconds):
        self.living.advance(seconds=seconds)

    @rule(seconds=st.integers(60, 600))
    def a_round(self, seconds):
        self.living.advance(seconds=seconds)
        self.round()

    @rule(trouble=st.sampled_from(sorted(TROUBLES)), after=st.integers(0, 3), seconds=st.integers(60, 600))
    def a_round_with_a_trouble(self, trouble, after, seconds):
        self.living.advance(seconds=seconds)
        # a site that answers 401 is read by its feed from then on, which shows less
        trouble = "500" if (self.source, trouble) == ("wordpress", "401") else trouble
        self.server.fail(TROUBLES[trouble], path=r"(?!.*access_token).*", after=after, times=1)
        self.round()
        self.server.mend()

    @rule(pages=st.integers(0, 3), seconds=st.integers(60, 600))
    def death_between_two_pages(self, pages, seconds):
        self.living.advance(seconds=seconds)
        self.mortal.pages = pages
        self.round()
        self.mortal.pages = None

    @rule(transactions=st.integers(0, 3), seconds=st.integers(60, 600))
    def death_inside_a_transaction(self, transactions, seconds):
        self.living.advance(seconds=seconds)
        self.dying.left = transactions
        self.round()
        self.dying.left = None

    @rule()
    def a_restart(self):
        self.start()

    # --- the end ---

    def teardown(self):
        try:
            self._finish()
        finally:
            self.close()

    def close(self):
        """Everything put back as it was."""
        monitor.gather.live.keep = self.dying.keep
        self.store.close()
        getattr(self.mortal.inner, "close", lambda: None)()
        self.keys.__exit__(None, None, None)
        shutil.rmtree(self.folder)
        self.server.__exit__(None, None, None)

    def _finish(self):
        """The source is well again: the last walk is done, and with time every text is looked at again."""
        self.living.between.clear()
        self.living.advance(minutes=20)
        for _ in range(3):
            did = self.round()
            self.living.advance(minutes=20)
        assert not did.failed, did.failed
        assert not self.cursor().get("walk")
        if self.looks_again:
            for _ in range(2):
                self.living.advance(days=4)
                self.round()
        self.pipeline.flush(now=self.living.now)
        stored = self.stored()
        witnessed = self.living.witnessed()
        assert set(stored) <= set(witnessed), "it knows of what was never shown"
        assert self.certain - set(stored) == set(), "it missed what its walks must have met"
        for id_, (text, state) in stored.items():
            truth = witnessed[id_]
            if self.looks_again:
                assert (text is None) == (truth.text is None), (id_, state, truth)
                assert state in GONE or text == truth.text, (id_, text, truth.text)
            else:
                assert text in {self.living.item_at(id_, event.at).text for event in self.living._events[id_]} | {truth.text}
        assert self.rows("select count(*) - count(distinct (source, source_id)) from mention") == [(0,)]
        assert self.rows("select sum(mentions) from rollup_5m where facet = 'all'") == self.rows(
            "select nullif(count(*), 0) from mention_brand"
        )


class X(Simulation):
    source, query, overlap, reach = "x", "Streamly", SECOND, 23 * HOUR
    # an edit of X's has an id of its own, which is another story
    changes_in_place = False

    def routes(self, server):
        search = NewestFirst(
            self.living, shapes.x_search, size="max_results", token="next_token", since="since_id", start="start_time", end="end_time",
            most=self.a_page,
        )  # fmt: skip
        server.on("GET", "/2/tweets/search/recent", search)
        server.on("GET", "/2/tweets", Lookup(self.living, shapes.x_search, ids="ids"))

    def connector(self, around):
        return XConnector(XSettings(base_url=self.server.base, monthly_budget_usd=10_000, archive=False, refresh=["1h", "3d"]), around)


class Reddit(Simulation):
    source, query, overlap, a_page = "reddit", "comments tea", HOUR, 6
    name = staticmethod(shapes.comment_name)

    def routes(self, server):
        nothing = {"kind": "Listing", "data": {"after": None, "before": None, "dist": 0, "children": []}}
        server.on("POST", "/api/v1/access_token", shapes.REDDIT_TOKEN)
        server.on("GET", "/r/[Tt]ea/new/?", nothing)
        server.on("GET", "/r/[Tt]ea/comments/?", NewestFirst(self.living, shapes.reddit_listing, most=self.a_page))
        server.on("GET", "/api/info/?", Lookup(self.living, shapes.reddit_listing, ids="id", deleted=True))

    def connector(self, around):
        settings = RedditSettings(route="api", base_url=self.server.base, search=False, subreddits=[{"name": "tea", "about": "Streamly"}])
        return reddit(settings, around)


class Threads(Simulation):
    """A thread of Reddit that a search found: its tree is read whole, in pages, whenever it has grown."""

    source, query, overlap, a_page = "reddit", "tree s1", 365 * DAY, 6
    name = staticmethod(shapes.comment_name)

    def routes(self, server):
        self.looked_up = Lookup(self.living, shapes.reddit_listing, ids="id", deleted=True)
        server.on("POST", "/api/v1/access_token", shapes.REDDIT_TOKEN)
        server.on("GET", "/search", lambda _request: self._listing([self._root()]))
        server.on("GET", "/api/info/?", self._info)
        server.on("GET", "/comments/s1", self._first)
        server.on("POST", "/api/morechildren", self._more)

    def _listing(self, things):
        return {"kind": "Listing", "data": {"children": things, "after": None}}

    def _root(self):
        # what was deleted still counts
        data = {"name": "t3_s1", "title": "Streamly", "selftext": "", "author": "ann", "created_utc": (NOON - DAY).timestamp()}
        return {"kind": "t3", "data": {**data, "subreddit": "tea", "num_comments": len(self.living.witnessed())}}

    def _info(self, request):
        listing = self.looked_up(request)
        listing["data"]["children"] += [self._root()] if "t3_s1" in request.one("id").split(",") else []
        return listing

    def _first(self, _request):
        items = self.living.visible()
        shown = [shapes.reddit_thing(item) for item in items[: self.a_page]]
        rest = [item.id[3:] for item in items[self.a_page :]]
        more = [{"kind": "more", "data": {"id": rest[0], "parent_id": "t3_s1", "count": len(rest), "children": rest}}] if rest else []
        answer = [self._listing([self._root()]), self._listing([*shown, *more])]
        self.living.answered()
        return answer

    def _more(self, request):
        asked = request.form["children"][0].split(",")
        things = [shapes.reddit_thing(item) for item in self.living.visible() if item.id[3:] in asked[: self.a_page]]
        rest = asked[self.a_page :]
        more = [{"kind": "more", "data": {"id": rest[0], "parent_id": "t3_s1", "count": len(rest), "children": rest}}] if rest else []
        self.living.answered()
        return {"json": {"errors": [], "data": {"things": [*things, *more]}}}

    def connector(self, around):
        return reddit(RedditSettings(route="api", base_url=self.server.base), around)

    def cursor(self):
        return super().cursor().get("tree") or {}

    def stored(self):
        return {id_: one for id_, one in super().stored().items() if id_ != "t3_s1"}


class HackerNews(Simulation):
    source, query, overlap, a_page = "hackernews", "Streamly", 30 * MINUTE, 6

    def routes(self, server):
        server.on("GET", "/search_by_date", Windowed(self.living, shapes.hacker_news, most=self.a_page, reach=self.a_page))
        server.on("GET", r"/v0/item/(?P<id>\d+)\.json", lambda request: self._item(request.groups["id"]))

    def _item(self, id_):
        item = self.living.item_at(id_)
        body = {"id": int(id_), "type": "comment", "time": int(item.created_at.timestamp()), "parent": 1}
        body |= {"deleted": True} if item.deleted_at else {"by": "ann", "text": item.text}
        self.living.answered()
        return json_answer(body)

    def _say(self, text, age):
        # the search counts in seconds, and pages of three could not tell four of one second apart
        at = self.living.now.replace(microsecond=0) - age
        if any(item.created_at == at for item in self.living._born.values()):
            return None
        return self.living.add(text, created_at=at, appears_at=at if at > self.started else None)

    def connector(self, around):
        settings = HackerNewsSettings(base_url=self.server.base, firebase_url=f"{self.server.base}/v0")
        return HackerNewsConnector(settings, around)


class WordPress(Simulation):
    source, overlap, a_page = "wordpress", 26 * HOUR, 8

    @property
    def query(self):
        return self.mortal.queries()[0].name

    def own_id(self, source_id):
        return source_id.rpartition(":")[2]

    def routes(self, server):
        comments = OldestFirst(self.living, shapes.wordpress, size="per_page", most=self.a_page)
        known = Lookup(self.living, shapes.wordpress, ids="include")
        server.on("GET", "/wp-json/wp/v2/comments", lambda request: (known if request.one("include") else comments)(request))

    def connector(self, around):
        return WordPressConnector(WordPressSettings(sites=[{"url": self.server.base, "about": "Streamly"}]), around)


class Feed(Simulation):
    source, overlap = "feed", 365 * DAY
    looks_again = False
    holds = 12

    @property
    def query(self):
        return f"{self.server.base}/feed"

    def is_met(self, item, at):
        return item.shown and item.id in {one.id for one in self.living.visible(at)[: self.holds]}

    def own_id(self, source_id):
        return re.fullmatch(r"tag:feed\.example,2026:(\d+)", source_id)[1]

    def routes(self, server):
        server.on("GET", "/feed", self._feed)

    def _feed(self, request):
        entries = "".join(
            f"<entry><id>tag:feed.example,2026:{item.id}</id><published>{shapes.iso(item.created_at)}</published>"
            f"<updated>{shapes.iso(item.edited_at or item.created_at)}</updated><title>A word</title>"
            f"<content type='text'>{escape(item.text)}</content><link href='https://feed.example/{item.id}'/></entry>"
            for item in self.living.visible()[: self.holds]
        )
        body = f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>F</title><id>f</id>{entries}</feed>"
        answer = Document(body.encode(), "application/atom+xml", dated=False)(request)
        self.living.answered()
        return answer

    @precondition(lambda self: self.living.visible())
    @rule(which=st.integers(0, 1_000))
    def one_is_brought_to_the_top(self, which):
        self.living.bump(self._one(which))

    def connector(self, around):
        return FeedConnector(FeedSettings(feeds=[{"url": f"{self.server.base}/feed", "about": "Streamly"}]), around)


@pytest.fixture(autouse=True, scope="module")
def _empty(tmp_path_factory):
    """An empty store: copying it is quicker than making it."""
    folder = tmp_path_factory.mktemp("empty")
    with Store(folder, command="test") as store:
        Pipeline(Config(brands=[BRAND], folder=folder), store, [], now=NOON)
    Simulation.empty = folder / "monitor.duckdb"
    with pytest.MonkeyPatch.context() as patched:
        # this connector counts by the size of page that it asks for
        patched.setattr("connectors.wordpress._A_PAGE", WordPress.a_page)
        patched.setattr("connectors.wordpress._AGAIN", 2)
        # a tree that could not be read rests longer than these rounds last
        patched.setattr("monitor.gather.threads._AFTER_FAILURE", SECOND)
        yield


@pytest.mark.parametrize("machine", [X, Reddit, Threads, HackerNews, WordPress], ids=lambda machine: machine.__name__.lower())
@pytest.mark.parametrize("which", [0, 7, -7, -1])
def test_what_vanishes_between_two_pages_of_a_first_walk_takes_nothing_else_with_it(machine, which):
    state = machine()
    state.there_is_a_past([*range(1, 9), *range(1_000, 1_022)])
    shown = [item.id for item in state.living.visible()]
    state.living.between.extend([lambda: None, lambda: state.living.delete(shown[which])])
    state.a_round(60)
    state.a_round(600)
    found = state.stored()
    state.close()
    assert len(state.certain) == 29
    assert state.certain <= set(found)


@pytest.mark.parametrize(
    ("machine", "late", "is_found"),
    [
        pytest.param(X, timedelta(seconds=25), True, id="x within its delay"),
        pytest.param(X, timedelta(minutes=11), False, id="x later than its delay"),
        pytest.param(Reddit, timedelta(minutes=50), True, id="reddit within the overlap"),
        pytest.param(Reddit, timedelta(minutes=75), False, id="reddit later than the overlap"),
        pytest.param(HackerNews, timedelta(minutes=25), True, id="hackernews within the overlap"),
        pytest.param(HackerNews, timedelta(minutes=45), False, id="hackernews later than the overlap"),
        pytest.param(WordPress, timedelta(hours=25), True, id="wordpress within the overlap"),
        pytest.param(WordPress, timedelta(hours=27), False, id="wordpress later than the overlap"),
        pytest.param(Feed, timedelta(hours=240), True, id="feed however late"),
    ],
)
def test_what_comes_late_is_found_within_the_overlap_and_missed_beyond_it(machine, late, is_found):
    state = machine()
    state.living.advance(minutes=1)
    id_ = state.living.add("streamly, in a queue", appears_at=state.living.now + late)
    # a walk before it, one right before it can be seen, and one after
    before = 30 if late > timedelta(minutes=1) else 2  # each request takes the clock a second on
    for seconds in (1, late.total_seconds() - before, 60):
        state.living.add(f"streamly, {seconds}")
        state.living.advance(seconds=seconds)
        state.round()
    found = state.stored()
    state.close()
    assert (id_ in found) is is_found


STEPS = settings(
    max_examples=5,
    stateful_step_count=18,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    # a failure prints its steps; finding a shorter one would take minutes
    phases=[Phase.generate],
)
for machine in (X, Reddit, Threads, HackerNews, WordPress, Feed):
    machine.TestCase.settings = STEPS
TestX, TestReddit, TestThreads = X.TestCase, Reddit.TestCase, Threads.TestCase
TestHackerNews, TestWordPress, TestFeed = HackerNews.TestCase, WordPress.TestCase, Feed.TestCase
