"""Threads whose root a search found, by the real connector of Reddit, a real store and a server on this computer."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

import monitor.gather.follow
from connectors.hackernews import HackerNewsConnector, HackerNewsSettings
from connectors.reddit_api import RedditApi
from connectors.reddit_settings import RedditSettings
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Surroundings, Window
from monitor.config.models import Config, Thread
from monitor.errors import RetryLater
from monitor.gather.backfill import backfill
from monitor.gather.budget import Ledger
from monitor.gather.enricher import Enricher
from monitor.gather.follow import PastThreads
from monitor.gather.threads import query_of
from monitor.pipeline import Pipeline, prepare
from monitor.store.database import Store
from monitor.store.threads import read_threads
from tests.builders import NOON, after, brand
from tests.loopback.recorded_tree import RecordedTree, everything_recorded
from tests.loopback.server import Loopback, json_answer
from tests.loopback.shapes import REDDIT_TOKEN

TREES = r"/(comments|api/morechildren).*"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("REDDIT_CLIENT_ID", "made-up")
    monkeypatch.setenv("REDDIT_CLIENT_SECRET", "made-up")


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """A connector whose process dies when it asks for one more page of a tree than so many; None: it lives."""

    def __init__(self, inner, lives=None):
        self.inner, self.lives = inner, lives

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def pull(self, query, *args, **rest):
        for page in self.inner.pull(query, *args, **rest):
            if self.lives is not None and query.name.startswith("tree "):
                self.lives -= 1
                if self.lives < 0:
                    raise Killed
            yield page


class World:
    """A server, a clock and a store; each `process` is a new one on the same file."""

    def __init__(self, folder, server, *, brands, now, settings=None, threads=()):
        self.server, self.now = server, now
        self.settings, self.threads = settings or {"search": True}, threads
        self.config = Config(brands=brands, folder=folder)
        self.store = Store(self.config.store_folder, command="test", priority="live")
        self.pipeline = None

    def connector(self):
        around = Surroundings(brands=self.config.brands, threads=self.threads, clock=lambda: self.now)
        return RedditApi(RedditSettings(base_url=self.server.base, first_reach="20d", **self.settings), around)

    def process(self, *, lives=None, every=300):
        self.pipeline = Pipeline(self.config, self.store, [Mortal(self.connector(), lives)], now=self.now)
        self.pipeline._meter = Ledger(self.store, is_backfill=False, clock=lambda: self.now)
        self.pipeline._every = {"reddit": every}

    def round(self, *, minutes=5):
        """A round so many minutes after the one before; the trees that it asked for."""
        self.now += timedelta(minutes=minutes)
        if self.pipeline is None:
            self.process()
        asked = len(self.server.seen(TREES))
        self.did = self.pipeline.round(now=self.now)
        assert not self.did.failed, [str(one.error) for one in self.did.failed]
        return [request.path.split("/")[2] for request in self.server.seen(TREES)[asked:]]

    def rows(self, sql):
        with self.store.opened() as con:
            return con.execute(sql).fetchall()


@pytest.fixture
def world(tmp_path):
    made = []

    def make(server, **given):
        made.append(World(tmp_path, server, **given))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def listing(things):
    return {"kind": "Listing", "data": {"children": things, "after": None}}


# the recorded thread of 536 comments


class Recorded:
    """Reddit, where a search finds the recorded submission; more can be said in it than was recorded."""

    def __init__(self, server):
        self.tree, self.said = RecordedTree(), 537
        self.body = json.loads(self.tree.first.body)
        server.on("POST", "/api/v1/access_token", REDDIT_TOKEN)
        server.on("GET", "/search", lambda _request: listing([self.root()]))
        server.on("GET", "/api/info", lambda request: listing([self.thing(name) for name in request.one("id").split(",")]))
        server.on("GET", "/comments/3hahrw", self.first)
        server.on("POST", "/api/morechildren", self.tree.more)
        server.on("GET", "/comments/3hahrw/_/(?P<branch>[a-z0-9]+)", self.tree.branch)

    def root(self):
        thing = self.body[0]["data"]["children"][0]
        return {**thing, "data": {**thing["data"], "num_comments": self.said}}

    def thing(self, name):
        return self.root() if name == "t3_3hahrw" else self.tree.comments[name]

    def first(self, _request):
        return [listing([self.root()]), self.body[1]]


JOKE = brand("Drums", rule='"ba dum"')
READ = datetime(2015, 8, 19, 12, tzinfo=UTC)
STORED = "select source_id, matched_by from mention join mention_brand using (source, source_id, created_at) order by all"


TAKEN_BACK = 23
"""Comments of which only "[deleted]" or "[removed]" is left: remembered as that, and no mentions."""


def is_whole(here):
    """Whether the recorded thread is stored: each of its 536 comments once, as a mention or as taken back."""
    stored, gone = here.rows(STORED), here.rows("select source_id from gone")
    assert [row for row in stored if row[0] == "t3_3hahrw"] == [("t3_3hahrw", "text")]
    # nine comments say it themselves
    assert Counter(by for id_, by in stored if id_ != "t3_3hahrw") == {"thread": 504, "text": 9}
    assert len(stored) + len(gone) == 537
    assert len(gone) == TAKEN_BACK
    return {id_ for id_, *_ in (*stored, *gone)} == {"t3_3hahrw", *(f"t1_{name}" for name in everything_recorded())}


def test_a_search_finds_a_submission_and_its_tree_comes_out_whole_each_comment_once(world):
    with Loopback() as server:
        reddit = Recorded(server)
        here = world(server, brands=[JOKE], now=READ)
        assert here.round() == []
        asked = here.round()
        assert is_whole(here)
        # one for the submission, then the rest by a hundred; nothing was asked for twice
        assert len(asked) == 10
        assert len(reddit.tree.asked) == len(set(reddit.tree.asked))
        told = next(one for one in here.did.pulled if one.query.name == "threads")
        assert (told.seen, told.saved.new) == (549, 513)


def test_an_unchanged_tree_costs_no_request_and_a_grown_one_is_read_again_after_a_rest(world):
    with Loopback() as server:
        reddit = Recorded(server)
        here = world(server, brands=[JOKE], now=READ)
        here.round()
        first = here.round()
        assert [here.round() for _ in range(24)] == [[]] * 24
        # two hours: looks by age (10, 30, 60 min), six requests for 514 texts each; and by silence, one each
        looks = [request.one("id").count(",") + 1 for request in server.seen("/api/info")]
        assert sum(count > 1 for count in looks) == 3 * 6
        assert looks.count(1) <= 10
        reddit.said += 1
        reads = [here.round() for _ in range(120)]
        assert [len(read) for read in reads if read] == [len(first)]
        assert here.rows("select count(*), count(distinct source_id) from mention") == [(514, 514)]


@pytest.mark.parametrize("lives", range(10))
def test_killed_at_any_page_a_tree_goes_on_and_is_paid_once(world, lives):
    with Loopback() as server:
        reddit = Recorded(server)
        here = world(server, brands=[JOKE], now=READ)
        here.round()
        here.process(lives=lives)
        with pytest.raises(Killed):
            here.round()
        here.process()
        here.round()
        assert is_whole(here)
        # the page that was on its way is lost with the process
        assert len(server.seen(TREES)) == 11
        assert len(reddit.tree.asked) <= len(set(reddit.tree.asked)) + 100
        assert here.round() == []


def test_an_import_reads_the_trees_of_what_its_search_found(world):
    with Loopback() as server:
        reddit = Recorded(server)
        here = world(server, brands=[JOKE], now=READ)
        filled = imported(here, Window(datetime(2015, 8, 10, tzinfo=UTC)))
        assert [one.new for one in filled] == [1, 513]
        assert is_whole(here)
        assert [one.skipped for one in imported(here, Window(datetime(2015, 8, 10, tzinfo=UTC)))] == [True, True]
        assert len(server.seen(TREES)) == 10
        assert len(reddit.tree.asked) == len(set(reddit.tree.asked))


@pytest.mark.parametrize("lives", [0, 1, 6, 9])
def test_an_import_of_trees_goes_on_where_it_was_killed(world, lives):
    window = Window(datetime(2015, 8, 10, tzinfo=UTC))
    with Loopback() as server:
        Recorded(server)
        here = world(server, brands=[JOKE], now=READ)
        with pytest.raises(Killed):
            imported(here, window, lives=lives)
        imported(here, window)
        assert is_whole(here)
        assert len(server.seen(TREES)) == 11


def test_an_import_of_trees_keeps_to_its_window(world):
    window = Window(datetime(2015, 8, 17, tzinfo=UTC), datetime(2015, 8, 17, 20, tzinfo=UTC))
    with Loopback() as server:
        Recorded(server)
        here = world(server, brands=[JOKE], now=READ)
        imported(here, window)
        ((first, last, found),) = here.rows("select min(created_at), max(created_at), count(*) from mention")
        assert window.holds(first.replace(tzinfo=UTC))
        assert window.holds(last.replace(tzinfo=UTC))
        assert 1 < found < 537


def imported(here, window, *, lives=None, brand="Drums"):
    prepare(here.store, here.config)
    connector = Mortal(here.connector(), lives)
    enricher = Enricher.of(here.config)
    with here.store.opened() as con:
        enricher.threads.update(read_threads(con, since=window.since))

    past = PastThreads(connector, here.store, brands=[brand])
    asked = [(connector, query) for query in connector.queries()] + [(past, query_of(connector))]
    return [backfill(here.store, puller, query, window=window, enricher=enricher, meter=NoMeter(), now=here.now) for puller, query in asked]


# made-up threads of one page each


class Forum:
    """Reddit with threads of one answer each: a title, and what was said under it."""

    def __init__(self, server):
        self.threads, self.closed, self.broken = {}, set(), set()
        server.on("POST", "/api/v1/access_token", REDDIT_TOKEN)
        server.on("GET", "/search", lambda _request: listing([self.root(id_) for id_ in reversed(self.threads)]))
        server.on("GET", "/r/tea/(new|comments)", listing([]))
        server.on("GET", "/api/info", lambda request: listing([self.thing(name) for name in request.one("id").split(",")]))
        server.on("GET", "/comments/(?P<id>[a-z0-9]+)", self.tree)

    def open(self, id_, title, *said, at=NOON, subreddit="talk"):
        self.threads[id_] = (title, at, subreddit, [])
        self.say(id_, *said, at=at)

    def say(self, id_, *said, at):
        self.threads[id_][3].extend((text, at + timedelta(seconds=number)) for number, text in enumerate(said))

    def root(self, id_):
        title, at, subreddit, said = self.threads[id_]
        data = {"name": f"t3_{id_}", "title": title, "selftext": "", "author": "ann", "created_utc": at.timestamp(), "subreddit": subreddit}
        return {"kind": "t3", "data": {**data, "num_comments": len(said)}}

    def comment(self, id_, number):
        text, at = self.threads[id_][3][number]
        data = {"name": f"t1_{id_}{number}", "body": text, "author": "bob", "link_id": f"t3_{id_}", "parent_id": f"t3_{id_}"}
        return {"kind": "t1", "data": {**data, "created_utc": at.timestamp(), "subreddit": self.threads[id_][2]}}

    def thing(self, name):
        """A submission, or a comment of one whose id is a letter."""
        return self.root(name[3:]) if name.startswith("t3_") else self.comment(name[3], int(name[4:]))

    def tree(self, request):
        id_ = request.groups["id"]
        if id_ in self.closed:
            return json_answer({"error": 403}, 403)
        if id_ in self.broken:
            return json_answer({"error": 500}, 500)
        return [listing([self.root(id_)]), listing([self.comment(id_, number) for number in range(len(self.threads[id_][3]))])]


@pytest.fixture
def forum():
    with Loopback() as server:
        made = Forum(server)
        made.server = server
        yield made


STREAMLY = brand("Streamly", exclude='"streamly stables"')


def test_an_excluded_comment_and_one_that_names_another_brand_are_judged_by_their_text(world, forum):
    forum.open("a", "Streamly went down", "same here", "the streamly stables are lovely", "vuebox works", "streamly is back")
    here = world(forum.server, brands=[STREAMLY, brand("Vuebox")], now=NOON)
    here.round()
    assert here.round() == ["a"]
    assert here.rows("select source_id, brand, matched_by from mention_brand order by all") == [
        ("t1_a0", "Streamly", "thread"),
        ("t1_a2", "Vuebox", "text"),
        ("t1_a3", "Streamly", "text"),
        ("t3_a", "Streamly", "text"),
    ]


def test_only_what_nobody_reads_otherwise_is_followed(world, forum):
    forum.open("a", "Streamly in a subreddit that is read whole", "yes", subreddit="Tea")
    forum.open("b", "Streamly on a page that is followed", "yes")
    forum.open("c", "Streamly without an answer")
    forum.open("d", "Streamly stables, and nothing else", "yes")
    forum.open("e", "Streamly here", "yes")
    page = Thread(url="https://www.reddit.com/r/talk/comments/b/it/", about="Streamly")
    here = world(forum.server, brands=[STREAMLY], now=NOON, settings={"subreddits": [{"name": "tea"}]}, threads=[page])
    assert here.round() == ["b"]
    assert here.round() == ["b", "e"]


def test_the_hottest_are_read_first_and_no_more_pages_a_round_than_allowed(world, forum, monkeypatch):
    monkeypatch.setattr(monitor.gather.follow, "PAGES_A_ROUND", 3)
    for number, id_ in enumerate("abcdefgh", start=1):
        forum.open(id_, "Streamly again", *["yes"] * number)
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    here.round()
    assert here.round() == ["h", "g", "f"]
    forum.say("h", *["and so"] * 9, at=here.now)
    # a look tells that it has grown: it goes before those that never were read
    assert here.round() == ["h", "e", "d"]
    assert here.round() == ["c", "b", "a"]
    assert here.round() == []


def test_threads_leave_half_of_what_a_round_may_ask_to_the_others(world, forum):
    for number in range(30):
        forum.open(f"s{number}", "Streamly again", "yes")
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    # of 1,000 requests in ten minutes a quarter of a minute has 25, of which threads have 12
    here.process(every=15)
    here.round()
    assert len(here.round(minutes=0.25)) == 12
    assert len(here.round(minutes=0.25)) == 12
    assert len(here.round(minutes=0.25)) == 6
    assert here.rows("select used from budget where bucket = 'reddit requests'") == [(4 + 30,)]


def test_a_thread_is_followed_until_nobody_says_anything_more(world, forum):
    forum.open("a", "Streamly went down", "same here")
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    here.round()
    assert here.round() == ["a"]
    forum.say("a", "still down", at=NOON + 40 * HOUR)
    here.now = NOON + 40 * HOUR
    assert here.round() == ["a"]
    here.now = NOON + 80 * HOUR
    forum.say("a", "and up again", at=here.now)
    assert here.round() == ["a"]
    here.now = NOON + 140 * HOUR
    here.round()
    forum.say("a", "too late to be heard", at=here.now)
    looks = len(forum.server.seen("/api/info"))
    assert [here.round(minutes=60) for _ in range(10)] == [[]] * 10
    assert len(forum.server.seen("/api/info")) <= looks + 1
    assert here.rows("select count(*) from mention") == [(4,)]


def test_what_a_first_pull_brings_is_read_once_however_old(world, forum):
    forum.open("a", "Streamly went down", "same here", at=NOON - timedelta(days=12))
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    here.round()
    assert here.round() == ["a"]
    forum.say("a", "once more", at=here.now)
    assert [here.round() for _ in range(6)] == [[]] * 6


def test_a_tree_that_cannot_be_read_rests_and_the_others_go_on(world, forum):
    forum.open("a", "Streamly went down", *["yes"] * 5)
    forum.open("b", "Streamly is up", "yes")
    forum.open("c", "Streamly, hidden", *["yes"] * 3)
    forum.broken, forum.closed = {"a"}, {"c"}
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    here.round()
    assert here.round() == ["a", "c", "b"]
    assert here.round() == []
    assert here.round() == ["a"]
    forum.broken = set()
    assert [here.round() for _ in range(4)] == [[], [], [], ["a"]]
    assert here.rows("select count(*) from mention_brand where matched_by = 'thread'") == [(6,)]


def test_where_no_tree_can_be_read_it_is_said_and_the_other_questions_go_on(world, forum):
    for id_ in "abc":
        forum.open(id_, "Streamly went down", "yes")
    forum.broken = set("abc")
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    here.round()
    here.now += timedelta(minutes=5)
    (failed,) = here.pipeline.round(now=here.now).failed
    assert failed.query.name == "threads"
    assert "500" in str(failed.error)
    assert len(forum.server.seen(TREES)) == 2


def test_a_tree_that_cannot_be_read_does_not_stop_an_import(world, forum):
    for number, id_ in enumerate("abc"):
        forum.open(id_, "Streamly went down", "yes", at=NOON + number * timedelta(minutes=1))
    forum.broken = {"a"}
    here = world(forum.server, brands=[STREAMLY], now=NOON + HOUR)
    with pytest.raises(RetryLater, match="500"):
        imported(here, Window(NOON - HOUR), brand="Streamly")
    assert here.rows("select source_id from mention where kind = 'comment' order by all") == [("t1_b0",), ("t1_c0",)]
    asked = len(forum.server.seen(TREES))
    forum.broken = set()
    imported(here, Window(NOON - HOUR), brand="Streamly")
    assert [request.path for request in forum.server.seen(TREES)[asked:]] == ["/comments/a"]
    assert here.rows("select count(*) from mention") == [(6,)]


def test_an_import_leaves_out_what_live_rounds_have_read(world, forum):
    forum.open("a", "Streamly went down", "yes")
    forum.open("b", "Streamly is silent")
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    here.round()
    assert here.round() == ["a"]
    imported(here, Window(NOON - HOUR), brand="Streamly")
    assert len(forum.server.seen(TREES)) == 1


def test_cursors_of_threads_that_are_over_are_forgotten(world, forum):
    forum.open("a", "Streamly went down", "same here")
    here = world(forum.server, brands=[STREAMLY], now=NOON)
    here.round()
    here.round()
    assert here.rows("select query from cursor where query like 'tree%'") == [("tree a",)]
    here.now = NOON + timedelta(days=31)
    here.round()
    assert here.rows("select query from cursor where query like 'tree%'") == []
    assert here.round() == []


# Hacker News, which tells what was said only by the thread itself


def test_a_story_that_names_a_brand_is_followed_too(tmp_path):
    clock = [after(0)]
    said = []
    story = {"objectID": "17", "title": "Streamly raises prices", "author": "ann", "created_at_i": int(NOON.timestamp()), "points": 3}
    story |= {"_tags": ["story"], "num_comments": 0}

    def search(request):
        since = int(request.one("numericFilters").partition(",")[0].rpartition("=")[2])
        return {"hits": [story] if story["created_at_i"] >= since else [], "nbHits": 1}

    def tree(_request):
        children = [
            {"id": 100 + number, "type": "comment", "author": "bob", "text": text, "story_id": 17, "parent_id": 17, "created_at_i": at}
            for number, (text, at) in enumerate(said)
        ]
        root = {"id": 17, "type": "story", "title": story["title"], "author": "ann", "created_at_i": story["created_at_i"], "points": 3}
        return {**root, "children": children}

    with Loopback() as server, Store(tmp_path / "data", command="test", priority="live") as store:
        server.on("GET", "/search_by_date", search)
        server.on("GET", "/items/17", tree)
        server.on(
            "GET", r"/v0/item/17\.json", {"id": 17, "type": "story", "by": "ann", "title": story["title"], "time": story["created_at_i"]}
        )
        server.on("GET", "/v0/item/10.*", json_answer(None))
        settings = HackerNewsSettings(base_url=server.base, firebase_url=f"{server.base}/v0")
        connector = HackerNewsConnector(settings, Surroundings(brands=[STREAMLY], clock=lambda: clock[0]))
        pipeline = Pipeline(Config(brands=[STREAMLY], folder=tmp_path), store, [connector], now=clock[0])
        for number in range(12 * 12):
            clock[0] = after(5 * number + 1)
            if number in (1, 30, 100):
                said.append(("I left", int(clock[0].timestamp()) - 60))
            assert not pipeline.round(now=clock[0]).failed
        with store.opened() as con:
            rows = con.execute("select source_id, matched_by from mention_brand order by all").fetchall()
    assert rows == [("100", "thread"), ("101", "thread"), ("102", "thread"), ("17", "text")]
    # twelve hours of rounds: seldom where it is silent
    assert len(server.seen("/items/17")) <= 40
