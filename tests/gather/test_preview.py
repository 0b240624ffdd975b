from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

import monitor.gather.preview as previewing
from connectors.hackernews import HackerNewsConnector, HackerNewsSettings
from monitor.collect.budget import Bucket, NoMeter
from monitor.collect.connector import Capabilities, Estimate, Looked, Page, Query, SourceSettings, Surroundings, Window
from monitor.config.models import Config, Mute
from monitor.enrich.match import Matcher
from monitor.errors import OutOfMoney, RetryLater, StopUntil
from monitor.gather.budget import Ledger
from monitor.gather.preview import Month, Previewed, Unseen, days_until, month_of, preview, preview_stored, queries_for, varied
from monitor.gather.rematch import Judge
from monitor.gather.spending import Spending
from monitor.mention import State
from tests.builders import NOON, after, brand, mention
from tests.connectors.stages import hackernews as news
from tests.connectors.stages import x as posts
from tests.gather.test_rematch import put
from tests.loopback.server import Answer, Loopback

DAY = timedelta(days=1)
WINDOW = Window(NOON - 6 * DAY, NOON)
ASKED = Query("x", "Streamly")
NEW_YORK = brand(timezone="America/New_York")


class Source:
    """Gives the pages that were put into it; a trouble among them is raised."""

    def __init__(self, *pages, key="none", queries=(ASKED,)):
        self.source = "x"
        self.capabilities = Capabilities(key=key)
        self.pages = pages
        self.asked = []
        self.given = queries

    def queries(self):
        return self.given

    def pull(self, query, cursor, *, now, window, meter):
        assert cursor is None
        for number, page in enumerate(self.pages):
            self.asked.append((query.name, number))
            if isinstance(page, Exception):
                raise page
            yield page


def page(*mentions, is_last=False, covered=()):
    return Page(mentions, {"resume": 1}, seen=len(mentions), is_last=is_last, covered=covered)


def said(number, text="streamly is great", *, days=0.0):
    return mention(str(number), text, created_at=NOON - days * DAY - timedelta(seconds=1))


def tried(source, watched=None, *, window=WINDOW, others=()):
    watched = watched or brand()
    matcher = Matcher([watched, *others])
    return preview(source, source.queries(), watched, matcher=matcher, window=window, now=NOON, meter=NoMeter(), name="x")


def figures(found):
    return {day.day: (each.seen, each.matched) for day, each in found.days.items()}


# what is shown


def test_texts_are_counted_by_the_days_of_the_brand():
    night = mention("1", created_at=datetime(2026, 7, 14, 2, tzinfo=UTC))
    morning = mention("2", "nothing", created_at=datetime(2026, 7, 14, 9, tzinfo=UTC))
    found = tried(Source(page(morning, night, is_last=True)), NEW_YORK)
    assert list(found.days) == [date(2026, 7, 13), date(2026, 7, 14)]
    assert (found.seen, found.matched) == (2, 1)
    assert figures(found) == {13: (1, 1), 14: (1, 0)}


def test_a_text_that_two_questions_find_counts_once():
    source = Source(page(said(1), said(2), is_last=True), queries=[Query("x", "one"), Query("x", "two")])
    assert tried(source).seen == 2
    assert [name for name, _ in source.asked] == ["one", "two"]


def test_what_is_outside_of_the_days_or_gone_is_left_out():
    texts = [said(1), said(2, days=30), mention("3", None, state=State.DELETED), mention("4", created_at=NOON)]
    assert tried(Source(page(*texts, is_last=True))).seen == 1


def test_examples_say_what_the_rule_found_and_what_it_nearly_found():
    watched = brand(rule="(streamly OR stream-ly) NOT stables", exclude="hay", mute=Mute(authors=["ann"]))
    texts = ["streamly!", "stream-ly!", "streamlys", "streamly stables", "streamly hay", "nothing at all", "vuebox"]
    found = tried(Source(page(*(said(n, text) for n, text in enumerate(texts)), is_last=True)), watched, others=[brand("Vuebox")])
    assert [(each.mention.text, each.why) for each in found.matches] == [("streamly!", "streamly"), ("stream-ly!", "stream-ly")]
    assert [each.why for each in found.near] == [
        "streamly inside streamlys",
        "streamly is there, but so is stables after NOT",
        "streamly is there, but exclude finds hay",
    ]


def test_examples_are_of_every_sort_and_no_more_than_twenty():
    texts = [said(number) for number in range(90)] + [said(100 + number, "streamly tv") for number in range(90)]
    found = tried(Source(page(*texts, is_last=True)), brand(rule="streamly OR tv"))
    assert [each.why for each in found.matches] == ["streamly", "streamly, tv"] * 10
    assert len(varied([found.matches, found.matches[:3]])) == 20


def test_a_place_and_a_thread_are_told_as_the_reason():
    root, reply = (
        mention("1", conversation_id="1", created_at=after(-9)),
        mention("2", "same", conversation_id="1", in_reply_to_id="1", created_at=after(-8)),
    )
    assert [each.why for each in tried(Source(page(reply, root, is_last=True))).matches] == ["by its thread", "Streamly"]
    found = tried(Source(page(said(1, "it froze"), is_last=True), queries=[Query("x", "page", about="Streamly")]))
    assert [each.why for each in found.matches] == ["by its place"]


# what was looked at


def test_a_walk_that_ends_has_seen_everything():
    assert tried(Source(page(said(1)), page(said(2, days=3)))).unseen == []
    assert tried(Source(page(said(1), is_last=True), page(said(2)))).seen == 1


def test_a_walk_is_cut_off_and_says_how_far_back_it_came(monkeypatch):
    monkeypatch.setattr(previewing, "PAGES", 2)
    found = tried(Source(*(page(said(number, days=number)) for number in range(5))))
    assert found.seen == 2
    assert found.unseen == [Unseen(WINDOW.since, NOON - DAY - timedelta(seconds=1), "cut off after 2 pages")]
    assert tried(Source(*(page(said(number, days=number)) for number in range(2)))).unseen == []


def test_of_a_walk_that_goes_forward_nothing_is_certain_before_its_end(monkeypatch):
    monkeypatch.setattr(previewing, "PAGES", 2)
    found = tried(Source(*(page(said(number, days=5 - number)) for number in range(5))))
    assert found.unseen == [Unseen(WINDOW.since, NOON, "cut off after 2 pages")]


def test_a_source_that_costs_is_read_for_few_pages_and_not_asked_for_one_more():
    source = Source(*(page(said(number, days=number / 10)) for number in range(9)), key="paid")
    assert tried(source).unseen[0].reason == "cut off after 3 pages"
    assert len(source.asked) == 3


@pytest.mark.parametrize(
    "trouble", [RetryLater("x: too slow"), StopUntil("x: used up", at=NOON), OutOfMoney("x: no money"), ValueError("broken")], ids=str
)
def test_what_came_before_a_trouble_counts_and_the_rest_is_told(trouble):
    found = tried(Source(page(said(1), said(2, days=2)), trouble))
    assert found.seen == 2
    (gap,) = found.unseen
    assert gap.until == NOON - 2 * DAY - timedelta(seconds=1)
    assert str(trouble) in gap.reason or "fault of the program" in gap.reason


def test_what_a_source_does_not_show_is_told():
    gap = Looked("x", WINDOW.since, NOON - 2 * DAY, complete=False, reason="the source shows no more")
    found = tried(Source(page(said(1), is_last=True, covered=[gap, Looked("x", gap.until, NOON)])))
    assert found.unseen == [Unseen(WINDOW.since, gap.until, "the source shows no more")]


def test_the_days_are_whole_ones_of_the_brand_up_to_now():
    assert days_until(NOON, days=7, brand=NEW_YORK) == Window(datetime(2026, 7, 8, 4, tzinfo=UTC), NOON)
    # the night when the clocks went forward
    spring = datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert days_until(spring, days=2, brand=NEW_YORK).since == datetime(2026, 3, 8, 5, tzinfo=UTC)


def test_only_what_can_find_the_brand_is_asked():
    given = [
        Query("x", "a", brands=("streamly",)),
        Query("x", "b", brands=("Vuebox",)),
        Query("x", "c"),
        Query("x", "d", about="STREAMLY"),
        Query("x", "e", about="Vuebox"),
    ]
    assert [query.name for query in queries_for(Source(queries=given), brand())] == ["a", "c", "d"]


# money


def estimate(items, usd):
    return Estimate(items=items, requests=1, minutes=1.0, usd=usd)


def test_a_month_is_reckoned_by_the_sources_own_estimate():
    week = Window(NOON - 7 * DAY, NOON)
    month = month_of([estimate(600, 3.0), estimate(100, 0.5)], Previewed("x"), week, spent=9.0)
    assert month == Month(pytest.approx(15.0), "100.0 texts a day × 30 × $0.0050 each, by 700 in 7.0 days")
    assert month_of([estimate(0, 0.0)], Previewed("x"), week, spent=0.0) == Month(0.0, "nothing was said in 7.0 days")


def test_where_the_source_cannot_tell_a_month_is_reckoned_by_what_was_read():
    found = tried(Source(*(page(*(said(n * 9 + k, days=n) for k in range(5))) for n in range(2)), RetryLater("x: slow")))
    assert found.unseen[0].until == NOON - DAY - timedelta(seconds=1)
    month = month_of([estimate(None, None)], found, WINDOW, spent=0.1)
    assert month.usd == pytest.approx(0.1 * 30, rel=0.01)
    assert month_of([estimate(None, None)], Previewed("x"), WINDOW, spent=0.0) is None


def test_a_command_stops_at_its_own_limit_and_counts_money_once():
    whole, own = Bucket("x usd", 100, "utc month", "usd"), Bucket("x usd Streamly", 50, "utc month", "usd")
    meter = Spending(NoMeter(), max_usd=1.0)
    for _ in range(2):
        for bucket in (whole, own):
            meter.reserve(bucket, 0.5)
        for bucket in (whole, own):
            meter.settle(bucket, reserved=0.5, used=0.3)
    assert meter.spent("x") == pytest.approx(0.6)
    with pytest.raises(OutOfMoney, match=r"beyond the \$1.00 allowed"):
        meter.reserve(Bucket("other usd", 9, "utc month", "usd"), 0.5)
    meter.reserve(Bucket("x requests", 9, DAY), 5)
    assert Spending(NoMeter()).spent("x") == 0.0


# real connectors


@contextmanager
def serving(serve):
    def answer(request):
        response = serve(request)
        return Answer(response.status, dict(response.headers), response.body)

    with Loopback(answer) as server:
        yield server


def test_hacker_news_is_tried_and_nothing_of_it_is_stored(store):
    with serving(news.serve) as server:
        settings = HackerNewsSettings(base_url=server.base, firebase_url=f"{server.base}/v0")
        source = HackerNewsConnector(settings, Surroundings(brands=[brand()], clock=lambda: news.NOW))
        window = days_until(news.NOW, days=3, brand=brand())
        before = contents(store)
        meter = Spending(Ledger(store, is_backfill=True, clock=lambda: news.NOW))
        found = preview(
            source, source.queries(), brand(), matcher=Matcher([brand()]), window=window, now=news.NOW, meter=meter, name="hackernews"
        )
        assert (found.seen, found.matched, found.unseen) == (len(news.STAGE.ids), len(news.STAGE.ids), [])
        assert contents(store) == before
        with store.opened() as con:
            assert con.execute("select bucket, used from budget").fetchall() == [("hackernews requests", len(server.seen()))]


def test_x_is_read_for_three_pages_and_its_month_is_reckoned_from_its_counts(store, monkeypatch):
    monkeypatch.setenv("X_BEARER_TOKEN", posts.TOKEN)
    acme = brand("Acme", rule="acme")
    with serving(posts.MadeUpX(list(posts.POSTS), most=40).serve) as server:
        source = posts.connector(server.base)
        window = days_until(posts.NOW, days=2, brand=acme)
        meter = Spending(Ledger(store, is_backfill=True, clock=lambda: posts.NOW), max_usd=5.0)
        estimates = [source.estimate(query, window, meter=meter) for query in source.queries()]
        counted = meter.spent("x")
        found = preview(source, source.queries(), acme, matcher=Matcher([acme]), window=window, now=posts.NOW, meter=meter, name="x")
    assert (found.seen, found.matched) == (120, 120)
    assert found.unseen[-1].reason == "cut off after 3 pages"
    assert meter.spent("x") - counted == pytest.approx(120 * 0.005)
    month = month_of(estimates, found, window, spent=meter.spent("x") - counted)
    assert month.usd == pytest.approx(250 / 1.5 * 30 * 0.005 * 1.1)


def contents(store):
    with store.opened() as con:
        tables = ("mention", "mention_brand", "cursor", "coverage", "run", "source_state", "quarantine", "rollup_5m")
        return {table: con.execute(f"from {table}").fetchall() for table in tables}


# what is stored


def test_stored_texts_are_judged_by_the_rule_of_today(store):
    old = Config(brands=[brand(), brand("Himal")], sources={"x": SourceSettings()})
    put(
        store,
        old,
        said(1),
        said(2, "himal and streamly", days=1),
        said(3, "streamlys himal", days=2),
        said(4, days=30),
        mention("5", "himal streamly", source="reddit", created_at=after(-9)),
        mention("6", created_at=after(-7)),
    )
    put(store, old, mention("6", None, state=State.DELETED, created_at=after(-7), fetched_at=after(3)))
    new = Config(brands=[brand(rule="streamly NOT great"), brand("Himal")], sources={"x": SourceSettings()})
    with store.opened() as con:
        found = preview_stored(con, new.brands[0], Judge.of(new, ()), window=WINDOW)
    assert [(one.name, one.seen, one.matched) for one in found] == [("reddit", 1, 1), ("x", 3, 1)]
    assert [each.why for each in found[1].near] == ["streamly is there, but so is great after NOT", "streamly inside streamlys"]


def test_stored_texts_without_end_are_judged_from_the_newest_on(store, monkeypatch):
    monkeypatch.setattr(previewing, "STORED", 3)
    rules = Config(brands=[brand()], sources={})
    put(store, rules, *(said(number, days=number) for number in range(5)))
    monkeypatch.setattr(previewing, "_BATCH", 1)
    with store.opened() as con:
        (found,) = preview_stored(con, brand(), Judge.of(rules, ()), window=WINDOW)
    assert (found.seen, len(found.unseen)) == (3, 1)
    assert found.unseen[0].reason == "cut off after 3 texts"
    assert NOON - 4 * DAY < found.unseen[0].until <= NOON - 3 * DAY + timedelta(minutes=5)
