from datetime import timedelta

import pytest

from monitor.collect.budget import NoMeter
from monitor.collect.connector import Capabilities, Query, Window
from monitor.collect.connector import Page as Pages
from monitor.config.models import Config
from monitor.gather.enricher import Enricher
from monitor.gather.refresh import query_of, refresher
from monitor.mention import State
from monitor.store.ledger import standing_runs
from monitor.store.write import save
from tests.builders import NOON, after, batch, brand, mention

STEPS = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=6))


class Source:
    """Knows what became of each text; remembers what it was asked."""

    source = "x"
    capabilities = Capabilities(refresh_after=STEPS, refresh_batch=2)

    def __init__(self):
        self.asked = []

    def refresh(self, known, *, now, meter):
        self.asked.append([one.source_id for one in known])
        yield [mention(one.source_id, "streamly, edited", created_at=one.created_at, fetched_at=now, state=State.EDITED) for one in known]


@pytest.fixture
def run(con):
    return standing_runs(con, ["x"], now=NOON)["x"]


def looked(con, run, source, cursor, *, minutes):
    """One round of second looks: what was asked, and the cursor after it."""
    looks = refresher(con, source, cursor, run=run, now=after(minutes))
    source.asked = []
    pages = list(looks.pull(query_of(source), cursor, now=after(minutes), window=Window(), meter=NoMeter()))
    return source.asked, pages[-1].cursor


def seen(con, run, *ids, minutes):
    save(con, [batch(*(mention(id_, created_at=after(minutes)) for id_ in ids), run_id=run.run_id)], now=after(minutes))


def test_a_text_is_looked_at_again_at_each_age_once(con, run):
    source, cursor = Source(), {"v": 1, "high": NOON.isoformat()}
    seen(con, run, "1", minutes=1)
    asked = {}
    for minutes in (5, 11, 16, 31, 36, 359, 361, 366):
        asked[minutes], cursor = looked(con, run, source, cursor, minutes=minutes)
    assert {minutes: several for minutes, several in asked.items() if several} == {11: [["1"]], 31: [["1"]], 361: [["1"]]}


def test_as_many_as_the_source_takes_go_into_one_request_in_the_order_due(con, run):
    source = Source()
    for id_, minutes in (("3", 3), ("1", 1), ("2", 2)):
        seen(con, run, id_, minutes=minutes)
    looks = refresher(con, source, {"v": 1, "high": NOON.isoformat()}, run=run, now=after(20))
    pages = list(looks.pull(query_of(source), None, now=after(20), window=Window(), meter=NoMeter()))
    assert source.asked == [["1", "2"], ["3"]]
    assert [page.cursor["high"][11:16] for page in pages] == ["12:12", "12:13", "12:20"]
    # stopped after the first page, the next round goes on with what is left
    assert looked(con, run, source, pages[0].cursor, minutes=21)[0] == [["3"]]


def test_after_a_pause_one_look_does_for_several(con, run):
    source = Source()
    seen(con, run, "1", minutes=1)
    assert looked(con, run, source, {"v": 1, "high": NOON.isoformat()}, minutes=600)[0] == [["1"]]


def test_the_first_round_has_nothing_to_look_at_and_marks_the_start(con, run):
    source = Source()
    seen(con, run, "1", minutes=1)
    asked, cursor = looked(con, run, source, None, minutes=120)
    assert (asked, cursor) == ([], {"v": 1, "high": after(120).isoformat()})


def test_what_an_import_brought_or_is_gone_is_not_looked_at(con, run):
    source = Source()
    save(con, [batch(mention("old"), run_id=run.run_id + 1)], now=after(1))
    seen(con, run, "gone", minutes=1)
    save(
        con, [batch(mention("gone", None, created_at=after(1), fetched_at=after(2), state=State.DELETED), run_id=run.run_id)], now=after(2)
    )
    assert looked(con, run, source, {"v": 1, "high": NOON.isoformat()}, minutes=20)[0] == []


def test_a_second_look_keeps_what_was_counted_by_its_page(con, run):
    class Page(Source):
        def refresh(self, known, *, now, meter):
            yield [
                mention(one.source_id, "so much worse now", created_at=one.created_at, fetched_at=now, state=State.EDITED) for one in known
            ]

    followed = Query("x", "thread", about="Streamly")
    enricher = Enricher.of(Config(brands=[brand()]))
    first = Pages([mention("1", "so good", created_at=after(1))], {}, seen=1)
    save(con, [enricher.batch(first, query=followed, run=run)], now=after(1))
    looks = refresher(con, Page(), {"v": 1, "high": NOON.isoformat()}, run=run, now=after(20))
    for page in looks.pull(query_of(looks), None, now=after(20), window=Window(), meter=NoMeter()):
        save(con, [enricher.batch(page, query=query_of(looks), run=run)], now=after(20))
    assert con.execute("select text, brand, matched_by from v_mentions").fetchall() == [("so much worse now", "Streamly", "place")]
