"""Live rounds with made-up sources and a real store."""

import json
from datetime import timedelta

import pytest

from monitor.collect.budget import Bucket
from monitor.collect.connector import Capabilities, Query, SetAside, Window
from monitor.collect.walk import begin
from monitor.config.models import Config
from monitor.errors import CredentialsRefused, OutOfMoney, RetryLater, StopUntil
from monitor.pipeline import Pipeline
from monitor.store.database import Store
from tests.builders import NOON, after, brand, mention

REQUESTS = Bucket("x requests", 100, timedelta(hours=1))


class Source:
    """Gives the pages that were put into it, newest walk first; counts what it was asked."""

    def __init__(self, source="x", *, queries=("streamly",), key="none", **capabilities):
        self.source = source
        self.capabilities = Capabilities(key=key, **capabilities)
        self.names = queries
        self.pages = []
        self.troubles = []
        self.asked = []

    def queries(self):
        return [Query(self.source, name) for name in self.names]

    def check(self):
        return None

    def pull(self, query, cursor, *, now, window, meter):
        walk = begin(query, cursor, now=now, window=window, reach=timedelta(hours=1))
        for number in range(walk.resume or 0, max(1, len(self.pages))):
            meter.reserve(REQUESTS)
            self.asked.append((query.name, number))
            if self.troubles and (trouble := self.troubles.pop(0)):
                raise trouble
            mentions, odd = self.pages[number] if self.pages else ([], [])
            seen = len(mentions) + len(odd)
            if number + 1 < len(self.pages):
                yield walk.page(mentions, resume=number + 1, seen=seen, set_aside=odd)
            else:
                yield walk.last(mentions, seen=seen, set_aside=odd)

    def refresh(self, known, *, now, meter):
        yield []

    def read(self, raw, query, *, now):
        return [mention(raw)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def opened(folder, *connectors, now=NOON):
    store = Store(folder / "data", command="test", priority="live")
    return store, Pipeline(Config(brands=[brand()], folder=folder), store, connectors, now=now)


def stored(store, sql="select source_id from mention order by all"):
    with store.opened() as con:
        return con.execute(sql).fetchall()


def three_pages():
    return [([mention(str(page * 10 + number)) for number in range(2)], []) for page in range(3)]


def test_a_page_is_stored_before_the_next_one_is_asked_for(folder):
    source = Source()
    source.pages, source.troubles = three_pages(), [None, None, RetryLater("x: too slow", seconds=60)]
    store, pipeline = opened(folder, source)
    with store:
        did = pipeline.round(now=NOON)
        assert (did.new, [str(one.error) for one in did.failed]) == (4, ["x: too slow"])
        assert len(stored(store)) == 4
    # another process goes on with the third page, once the pause is over
    store, pipeline = opened(folder, source, now=after(1))
    with store:
        assert pipeline.round(now=after(0.5)).pulled[0].waiting == "until 2026-07-14 12:01 UTC: x: too slow"
        source.asked = []
        assert pipeline.round(now=after(2)).new == 2
        assert source.asked == [("streamly", 2)]
        assert len(stored(store)) == 6
        assert stored(store, "select not_before, failures, last_error from source_state") == [(None, 0, None)]


def test_a_trouble_is_a_gap_in_coverage_that_grows_until_it_is_over_and_is_filled_by_the_next_walk(folder):
    source = Source()
    store, pipeline = opened(folder, source)
    gap = "select covered_from, covered_to, reason from coverage where not complete"
    with store:
        pipeline.round(now=NOON)
        for minutes in (5, 10, 15):
            source.troubles = [StopUntil("x: no reads left", at=after(minutes + 1))]
            pipeline.round(now=after(minutes))
        ((since, until, reason),) = stored(store, gap)
        assert (since.minute, until.minute, reason) == (0, 15, "x: no reads left")
        pipeline.round(now=after(20))
        pipeline.flush(now=after(20))
        assert [row[0].minute for row in stored(store, "select covered_to from v_covered")] == [20]


def test_a_gap_is_stored_even_where_a_source_never_answered(folder):
    source = Source()
    for minutes in (0, 5):
        source.troubles = [CredentialsRefused("x: needs X_BEARER_TOKEN")]
        store, pipeline = opened(folder, source, now=after(minutes))
        with store:
            pipeline.round(now=after(minutes), by_hand=True)
            pipeline.flush(now=after(minutes))
    with store:
        ((source_name, reason, complete),) = stored(store, "select source, reason, complete from coverage")
    assert (source_name, reason, complete) == ("x", "x: needs X_BEARER_TOKEN", False)


def test_a_refused_key_is_tried_once_a_round_whatever_the_number_of_questions(folder):
    source = Source(queries=("a", "b", "c"), key="approved")
    source.troubles = [CredentialsRefused("x: 401")]
    store, pipeline = opened(folder, source)
    with store:
        did = pipeline.round(now=NOON)
        assert source.asked == [("a", 0)]
        assert [str(one.error) for one in did.pulled] == ["x: 401"] * 3


def test_a_source_without_a_key_asks_its_other_questions(folder):
    source = Source(queries=("a", "b"))
    source.troubles = [CredentialsRefused("feed: 403 from a"), None]
    store, pipeline = opened(folder, source)
    with store:
        did = pipeline.round(now=NOON)
    assert [bool(one.error) for one in did.pulled] == [True, False]


def test_a_source_that_asks_for_money_is_asked_again_only_by_hand(folder):
    source = Source(key="paid")
    source.troubles = [OutOfMoney("x: 402, no credit left")]
    store, pipeline = opened(folder, source)
    with store:
        pipeline.round(now=NOON)
    store, pipeline = opened(folder, source, now=after(60 * 24))
    with store:
        (one,) = pipeline.round(now=after(60 * 24)).pulled
        assert one.waiting == "stopped: x: 402, no credit left"
        assert len(source.asked) == 1
        assert not pipeline.round(now=after(60 * 24), by_hand=True).failed
        assert not pipeline.round(now=after(60 * 24 + 5)).pulled[0].waiting


def odd_pages(odd, good):
    return [([mention(str(number)) for number in range(good)], [SetAside(f"raw {number}", f"x: {number}: no id") for number in range(odd)])]


@pytest.mark.parametrize(
    ("odd", "good", "changed"),
    [
        pytest.param(1, 9, False, id="one of ten"),
        pytest.param(2, 8, False, id="a fifth"),
        pytest.param(3, 7, True, id="more than a fifth"),
        pytest.param(1, 0, False, id="a single one"),
        pytest.param(2, 0, True, id="all of two"),
        pytest.param(1, 1, False, id="one of two"),
    ],
)
def test_many_odd_items_mean_that_the_source_has_changed(folder, odd, good, changed):
    source = Source()
    source.pages = odd_pages(odd, good)
    store, pipeline = opened(folder, source)
    with store:
        did = pipeline.round(now=NOON)
        assert bool(did.failed) is changed
        assert len(stored(store)) == good
        assert stored(store, "select count(*) from quarantine") == [(odd,)]
        assert len(stored(store, "from cursor")) == (0 if changed else 1)
        (one,) = pipeline.round(now=after(5)).pulled
        assert bool(one.waiting) is changed


def test_a_fault_of_a_connector_is_its_sources_trouble_and_not_the_rounds(folder):
    broken, sound = Source("x"), Source("reddit")
    broken.troubles = [ZeroDivisionError()]
    sound.pages = [([mention("1", source="reddit")], [])]
    store, pipeline = opened(folder, broken, sound)
    with store:
        did = pipeline.round(now=NOON)
        assert [one.query.source for one in did.failed] == ["x"]
        assert "ZeroDivisionError in its connector" in str(did.failed[0].error)
        assert did.new == 1


def test_a_first_pull_brings_the_past_and_alerts_nobody(folder):
    source = Source()
    source.pages = [([mention(str(n), "streamly is down, awful", created_at=after(-30) + timedelta(seconds=n)) for n in range(300)], [])]
    store, pipeline = opened(folder, source)
    with store:
        assert (pipeline.round(now=NOON).new, list(pipeline.round(now=after(20)).changes)) == (300, [])
        assert stored(store, "select count(*) from incident") == [(0,)]
        assert ("first pull",) in stored(store, "select reason from coverage")


def test_a_delay_is_kept_for_what_live_rounds_brought_and_not_for_the_first_pull(folder):
    source = Source()
    source.pages = [([mention("old", created_at=after(-50))], [])]
    store, pipeline = opened(folder, source)
    with store:
        pipeline.round(now=NOON)
        source.pages = [([mention("1", created_at=after(1)), mention("2", created_at=after(2)), mention("3", created_at=after(4))], [])]
        pipeline.round(now=after(5))
        assert stored(store, "select reason, delay_median, delay_p90 from v_coverage order by covered_to") == [
            ("first pull", None, None),
            (None, 180.0, 228.0),
        ]


def test_what_is_asked_of_a_source_is_counted_in_the_ledger(folder):
    source = Source()
    source.pages = three_pages()
    store, pipeline = opened(folder, source)
    with store:
        pipeline.round(now=NOON)
        assert stored(store, "select bucket, used from v_budget") == [("x requests", 3.0)]


def test_a_cursor_is_json_that_survives_a_new_process(folder):
    source = Source()
    store, pipeline = opened(folder, source)
    with store:
        pipeline.round(now=NOON)
        pipeline.flush(now=NOON)
        ((cursor,),) = stored(store, "select cursor from cursor")
        assert begin(Query("x", "streamly"), json.loads(cursor), now=after(5), window=Window(), reach=timedelta(hours=1)).since == NOON


def test_what_another_process_pulled_meanwhile_is_not_asked_for_again(folder):
    source = Source()
    store, pipeline = opened(folder, source)
    with store:
        pipeline.round(now=NOON)
        store.close()
        other_store, other = opened(folder, Source(), now=after(7))
        with other_store:
            other.round(now=after(7), by_hand=True)
            other.flush(now=after(7))
        seen = []
        source.pull = lambda query, cursor, **given: seen.append(cursor["high"]) or iter(())
        pipeline.round(now=after(10))
    assert seen == [after(7).isoformat()]


def test_a_source_refused_for_its_key_is_asked_at_once_by_a_new_process_and_by_hand(folder):
    source = Source(key="paid")
    source.troubles = [CredentialsRefused("x: needs X_BEARER_TOKEN")]
    store, pipeline = opened(folder, source)
    with store:
        pipeline.round(now=NOON)
        assert pipeline.round(now=after(1)).pulled[0].waiting
        assert not pipeline.round(now=after(1), by_hand=True).pulled[0].waiting
        source.troubles = [CredentialsRefused("x: needs X_BEARER_TOKEN")]
        pipeline.round(now=after(2))
    store, pipeline = opened(folder, source, now=after(3))
    with store:
        assert not pipeline.round(now=after(3)).pulled[0].waiting


def test_a_source_with_nothing_to_ask_for_says_so(folder):
    store, pipeline = opened(folder, Source(queries=()))
    with store:
        (one,) = pipeline.round(now=NOON).pulled
    assert one.waiting == "x: nothing to ask for yet"


def test_the_items_of_all_pages_of_a_walk_are_counted_with_its_stretch(folder):
    source = Source()
    source.pages = three_pages()
    store, pipeline = opened(folder, source)
    with store:
        pipeline.round(now=NOON)
        assert stored(store, "select count from coverage") == [(6,)]
        assert stored(store, "select seen, stored from v_runs") == [(6, 6)]


def test_a_page_stored_on_the_way_goes_before_what_a_quiet_round_left_waiting(folder):
    source = Source()
    store, pipeline = opened(folder, source)
    with store:
        source.pages = three_pages()
        pipeline.round(now=NOON)
        # nothing new: its cursor waits to be written with the next round that brings something
        source.pages = []
        pipeline.round(now=after(5))
        source.pages, source.troubles = three_pages(), [None, None, RetryLater("x: too slow", seconds=60)]
        pipeline.round(now=after(8))
        source.asked = []
    # the process dies here; another one goes on with the third page, and asks for no other again
    store, pipeline = opened(folder, source, now=after(10))
    with store:
        pipeline.round(now=after(10))
    assert source.asked == [("streamly", 2)]
