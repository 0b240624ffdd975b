"""What an event changed, read from a store that was filled as pages are."""

from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pytest

from monitor.collect.connector import Looked
from monitor.detect.impact_data import find_events, read_impact, shortened
from monitor.errors import StoreError
from monitor.store.database import sync_brands
from monitor.store.events import add_event
from monitor.store.upgrade import upgrade
from monitor.store.write import save
from tests.builders import batch, brand, mention

# Sunday 1 November 2026 has 25 hours in New York
START, END = datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 11, 6, tzinfo=UTC)
EVENT = datetime(2026, 11, 3, 15, 2, tzinfo=UTC)
BRANDS = [
    brand(timezone="America/New_York", topics={"pricing": "price"}, rivals=["Vuebox"]),
    brand("Vuebox", timezone="Asia/Kathmandu"),
]
NAMES = ["Streamly", "Vuebox"]
SAID = {-1: "{} is terrible", 1: "{} is great", 0: "{} it is"}
TWO_DAYS = timedelta(days=2)


def story(name, rng, *, source, level=3, negative=0.3, negative_after=None, times_after=1.0, hours=()):
    """A brand's mentions by the hour, fewer at night where it lives, each with its label's words; `hours` are silent."""
    zone = next(each for each in BRANDS if each.name == name).zone
    said = []
    for hour in range(int((END - START) / timedelta(hours=1))):
        at = START + timedelta(hours=hour)
        after = at >= EVENT - timedelta(minutes=2)
        rate = level * (1.7 if 9 <= at.astimezone(zone).hour < 22 else 0.4) * (times_after if after else 1.0)
        if at in hours:
            continue
        for _ in range(rng.poisson(rate)):
            share = negative if negative_after is None or not after else negative_after
            label = -1 if rng.random() < share else int(rng.integers(0, 2))
            words = (
                SAID[label].format(name)
                + (", the price" if rng.random() < 0.3 else "")
                + (", cancelled" if label < 0 and rng.random() < 0.4 else "")
            )
            number = len(said)
            said.append(
                mention(
                    f"{name}-{number}",
                    words,
                    source=source,
                    created_at=at + timedelta(minutes=int(rng.integers(0, 60))),
                    author_name=f"{source}{number}",
                )
            )
    return said


@pytest.fixture(scope="module")
def filled():
    """Streamly apologises on 3 November: half of the mentions, 30 % of them negative in place of 60; Reddit is dark for a day."""
    rng = np.random.default_rng(1)
    dark = {END - timedelta(hours=number) for number in range(1, 25)}
    said = [
        *story("Streamly", rng, source="x", negative=0.6, negative_after=0.3, times_after=0.5),
        *story("Streamly", rng, source="reddit", negative=0.6, negative_after=0.3, times_after=0.5, hours=dark),
        *story("Vuebox", rng, source="x"),
    ]
    looked = [Looked("x", START, END), Looked("reddit", START, END - timedelta(days=1))]
    con = duckdb.connect(config={"threads": 1})
    con.execute("set timezone = 'UTC'")
    upgrade(con)
    sync_brands(con, BRANDS)
    for at in range(0, len(said), 4000):
        save(con, [batch(*said[at : at + 4000], brands=BRANDS, covered=looked)], now=END)
    add_event(con, name="We are sorry", brand="Streamly", at=EVENT)
    return con


@pytest.fixture
def con(filled):
    """The same store; what a test adds is gone after it."""
    filled.execute("begin")
    yield filled
    filled.execute("rollback")


def told(con, *, name="we are sorry", window=TWO_DAYS, rivals=("Vuebox",)):
    return read_impact(con, find_events(con, name, brands=NAMES)[0], window=window, rivals=list(rivals))


def test_an_apology_that_helped_is_told_with_its_parts(con):
    impact = told(con)
    whole = impact.measured.rows[0]
    assert whole.share.high < 0
    assert whole.share.low <= -0.3 <= whole.share.high
    assert whole.volume.low <= 0.5 <= whole.volume.high < 1
    # leavers are four in ten of the negative ones: half the mentions, half of them negative
    assert whole.churn.low <= 0.25 <= whole.churn.high < 1
    assert {(row.facet, row.value) for row in impact.measured.rows} >= {("source", "x"), ("topic", "pricing"), ("intent", "cancel")}
    assert impact.unknown is None
    assert impact.confounders == []


def test_competitors_did_not_move(con):
    impact = told(con)
    assert impact.volume_against.brands == ["Vuebox"]
    assert impact.volume_against.control.low < 1 < impact.volume_against.control.high
    assert impact.volume_against.left.low <= 0.5 <= impact.volume_against.left.high
    assert impact.share_against.control.low < 0 < impact.share_against.control.high
    assert told(con, rivals=()).volume_against is None


def test_figures_are_those_of_the_store_where_both_sides_were_looked_at(con):
    whole, *_ = told(con).measured.rows
    (counted,) = con.execute(
        """
        select count(*) filter (created_at >= timestamp '2026-11-03 15:00' and created_at < timestamp '2026-11-05 00:00'
            or source = 'x' and created_at >= timestamp '2026-11-05 00:00' and created_at < timestamp '2026-11-05 15:00')
        from v_mentions where brand = 'Streamly' and counted
        """
    ).fetchall()[0]
    assert whole.after == counted
    assert told(con).measured.covered == pytest.approx((1 + 33 / 48) / 2)


def test_a_window_that_is_not_over_is_shortened_and_said(con):
    impact = told(con, window=timedelta(days=5))
    assert (impact.asked, impact.width) == (timedelta(days=5), timedelta(days=2))
    add_event(con, name="Just now", brand="Streamly", at=END - timedelta(minutes=30))
    assert told(con, name="just now") is None
    add_event(con, name="Tomorrow", brand="Streamly", at=END + timedelta(days=1))
    assert told(con, name="tomorrow") is None


def test_too_little_is_said_plainly(con):
    add_event(con, name="Early", brand="Streamly", at=START + timedelta(days=5))
    assert told(con, name="early").unknown == "young"
    add_event(con, name="Half-way", brand="Streamly", at=START + timedelta(days=14))
    assert told(con, name="half-way", window=timedelta(days=6)).unknown == "too long"
    add_event(con, name="At night", brand="Streamly", at=datetime(2026, 10, 28, 8, tzinfo=UTC))
    assert told(con, name="at night", window=timedelta(hours=1)).unknown == "few mentions"
    con.execute("delete from coverage where source = 'x'")
    con.execute("update coverage set covered_to = timestamp '2026-11-03 20:00'")
    assert told(con).width == timedelta(hours=5)
    stretch = "timestamp '2026-11-05 12:00' as covered_from, timestamp '2026-11-06' as covered_to"
    con.execute(f"insert into coverage select * replace ({stretch}) from coverage")
    assert told(con).unknown == "not looked at"


def test_what_else_was_going_on_is_named(con):
    add_event(con, name="Outage credits", brand="Streamly", at=EVENT + timedelta(hours=5))
    add_event(con, name="Long ago", brand="Streamly", at=EVENT - timedelta(days=5))
    add_event(con, name="Vuebox sale", brand="Vuebox", at=EVENT - timedelta(hours=5))
    incident(con, "streamly-20261102-1", onset_at=EVENT - timedelta(hours=30))
    incident(con, "streamly-20261103-1", onset_at=EVENT + timedelta(minutes=10), event="We are sorry")
    incident(con, "streamly-20261104-1", onset_at=EVENT + timedelta(hours=20), severity="info")
    impact = told(con)
    assert [one.name for one in impact.confounders] == ["streamly-20261102-1", "Outage credits"]
    assert [one.name for one in impact.beside if one.is_of_it] == ["streamly-20261103-1"]
    # a competitor with news of its own is no control
    assert impact.volume_against is None


def test_an_incident_of_the_past_is_not_what_is_usual(con):
    plain = told(con).measured.rows[0].volume
    con.execute(
        "update rollup_5m set counted = counted + 20 where brand = 'Streamly' and facet = 'all' and bin_start::date = date '2026-10-20'"
    )
    burst = told(con).measured.rows[0].volume
    incident(con, "streamly-20261020-1", onset_at=datetime(2026, 10, 20, tzinfo=UTC), lasts=timedelta(hours=24))
    known = told(con).measured.rows[0].volume
    assert burst.usual > 2 * plain.usual
    assert known.usual == pytest.approx(plain.usual, rel=0.1)


def test_the_days_when_clocks_change_are_compared_by_local_hours(store):
    new_york = store.brand()
    start = datetime.fromisoformat("2026-09-28T00:00")
    bins = [(start + timedelta(minutes=5 * number)).replace(tzinfo=UTC).astimezone(new_york.zone) for number in range(36 * 288)]
    store.counts(new_york, [12 if at.hour == 9 else 3 for at in bins], [1] * len(bins), start=start)
    store.cover(start, start + timedelta(days=36))
    # nine o'clock had been 13:00 UTC until the day before, and is 14:00 now
    add_event(store.con, name="Clock", brand="Streamly", at=datetime(2026, 11, 2, 14, tzinfo=UTC))
    row = told(store.con, name="clock", window=timedelta(hours=1), rivals=()).measured.rows[0]
    assert (row.before, row.after) == (36, 144)
    assert row.volume.value == pytest.approx(1.0)


def test_an_event_is_found_by_its_name_or_a_part_of_it(con):
    add_event(con, name="We are sorry, again", brand="Streamly", at=EVENT + timedelta(hours=9))
    add_event(con, name="So sorry", brand="Vuebox", at=EVENT)
    assert [(one.name, one.brand) for one in find_events(con, "WE ARE SORRY", brands=NAMES)] == [("We are sorry", "Streamly")]
    assert [one.name for one in find_events(con, "sorry", brands=NAMES)] == ["We are sorry, again", "So sorry"]
    assert [one.name for one in find_events(con, "sorry", brands=["Vuebox"])] == ["So sorry"]
    with pytest.raises(StoreError, match="no event 'merger' of Streamly"):
        find_events(con, "merger", brands=["Streamly"])


@pytest.mark.parametrize(("known", "kept"), [(0, 0), (0.7, 0), (5.5, 5), (30, 24), (100, 48), (-3, -3)])
def test_as_much_of_a_window_is_taken_as_is_known(known, kept):
    assert shortened(TWO_DAYS, timedelta(hours=known)) == timedelta(hours=kept)


def incident(con, name, *, onset_at, lasts=timedelta(hours=12), severity="critical", event=None):
    """An incident of Streamly's."""
    onset = onset_at.astimezone(UTC).replace(tzinfo=None)
    con.execute(
        """
        insert into incident by name
        select ? as id, 'Streamly' as brand, 'resolved' as state, 'backlash' as direction, ? as severity, 'live' as origin,
            'detector' as found_by, ['volume'] as series, ?::timestamp as onset_at, ?::timestamp as noticed_at, ?::timestamp as resolved_at,
            ?::timestamp as peak_at, 100 as peak, 1.0 as expected_low, 9.0 as expected_high, 300 as observed, 200 as negative,
            5.0 as strength, ? as event, 'Backlash' as summary, '{}' as evidence
        """,
        [name, severity, onset, onset, onset + lasts, onset, event],
    )
