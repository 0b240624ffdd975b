from datetime import UTC, datetime, timedelta

import pytest

from monitor.collect.budget import Bucket
from monitor.errors import OutOfMoney, StopUntil
from monitor.gather.budget import Ledger
from monitor.store.database import Store
from tests.builders import NOON

WINDOW = Bucket("x requests", 10, timedelta(minutes=15))
MONEY = Bucket("x usd", 5, "utc month", "usd")
READS = Bucket("x reads", float("inf"), "utc day", "units")


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path, command="test") as opened:
        yield opened


def ledger(store, clock, **changes):
    return Ledger(store, **{"is_backfill": False, "clock": clock, **changes})


def used(store):
    with store.opened() as con:
        return con.execute("select bucket, used, used_by_backfill from budget order by bucket, window_from").fetchall()


def test_a_window_gives_what_it_holds_and_is_full_again_after_it(store, clock):
    live = ledger(store, clock)
    for _ in range(10):
        live.reserve(WINDOW)
    with pytest.raises(StopUntil) as refused:
        live.reserve(WINDOW)
    assert refused.value.at == NOON + timedelta(minutes=15)
    clock.now += timedelta(minutes=15)
    live.reserve(WINDOW)


def test_a_backfill_leaves_live_rounds_half_of_each_window(store, clock):
    backfill, live = ledger(store, clock, is_backfill=True), ledger(store, clock)
    for _ in range(5):
        backfill.reserve(WINDOW)
    with pytest.raises(StopUntil, match="this import's half of 'x requests'"):
        backfill.reserve(WINDOW)
    for _ in range(5):
        live.reserve(WINDOW)
    assert used(store) == [("x requests", 10, 5)]


def test_a_backfill_takes_no_more_than_live_rounds_left(store, clock):
    backfill, live = ledger(store, clock, is_backfill=True), ledger(store, clock)
    live.reserve(WINDOW, 8)
    backfill.reserve(WINDOW, 2)
    with pytest.raises(StopUntil):
        backfill.reserve(WINDOW)


def test_money_is_refused_before_it_is_spent_and_says_when_there_is_more(store, clock):
    live = ledger(store, clock)
    live.reserve(MONEY, 4.5)
    with pytest.raises(
        OutOfMoney, match=r"\$0.50 of \$5.00 left and the next request may cost \$0.60; nothing more until 2026-08-01"
    ) as refused:
        live.reserve(MONEY, 0.6)
    assert refused.value.resets_at == datetime(2026, 8, 1, tzinfo=UTC)
    live.reserve(MONEY, 0.5)


def test_money_reserved_counts_as_spent_until_it_is_settled(store, clock):
    ledger(store, clock).reserve(MONEY, 0.5)
    # the process dies here; another one goes on
    later = ledger(store, clock)
    later.reserve(MONEY, 0.5)
    later.settle(MONEY, reserved=0.5, used=0.015)
    assert used(store) == [("x usd", 0.515, 0)]


def test_a_raised_budget_counts_at_once(store, clock):
    live = ledger(store, clock)
    live.reserve(MONEY, 5)
    live.reserve(Bucket("x usd", 6, "utc month", "usd"), 1)
    with pytest.raises(OutOfMoney):
        live.reserve(MONEY, 0.01)


def test_an_import_spends_no_more_than_its_user_allowed(store, clock):
    backfill = ledger(store, clock, is_backfill=True, max_usd=1.0)
    backfill.reserve(MONEY, 0.5)
    backfill.settle(MONEY, reserved=0.5, used=0.4)
    backfill.reserve(MONEY, 0.5)
    with pytest.raises(OutOfMoney, match=r"beyond the \$1.00 you allowed"):
        backfill.reserve(MONEY, 0.2)
    ledger(store, clock).reserve(MONEY, 0.2)


def test_what_the_source_says_of_its_window_goes_before_our_count(store, clock):
    live = ledger(store, clock)
    live.reserve(WINDOW)
    live.told(WINDOW, remaining=1, resets_at=NOON + timedelta(minutes=3))
    live.reserve(WINDOW)
    with pytest.raises(StopUntil) as refused:
        live.reserve(WINDOW)
    assert refused.value.at == NOON + timedelta(minutes=3)
    live.told(WINDOW, remaining=400, resets_at=NOON - timedelta(minutes=3))
    with pytest.raises(StopUntil):
        live.reserve(WINDOW)


def test_readings_without_a_limit_are_counted_by_day_and_kept(store, clock):
    live = ledger(store, clock)
    live.reserve(READS, 100)
    clock.now += timedelta(days=40)
    live.reserve(READS, 30)
    live.settle(READS, reserved=30, used=12)
    assert used(store) == [("x reads", 100, 0), ("x reads", 12, 0)]


def test_windows_of_requests_are_forgotten_once_they_cannot_matter(store, clock):
    live = ledger(store, clock)
    live.reserve(WINDOW, 3)
    clock.now += timedelta(days=4)
    live.reserve(WINDOW, 2)
    assert used(store) == [("x requests", 2, 0)]


@pytest.mark.parametrize(
    ("span", "at", "window"),
    [
        pytest.param("utc day", "2026-12-31T23:30", ("2026-12-31T00:00", "2027-01-01T00:00"), id="utc day"),
        pytest.param("utc month", "2026-12-31T23:30", ("2026-12-01T00:00", "2027-01-01T00:00"), id="utc month"),
        pytest.param("pacific day", "2026-03-08T12:00", ("2026-03-08T08:00", "2026-03-09T07:00"), id="clocks go forward"),
        pytest.param("pacific day", "2026-11-01T12:00", ("2026-11-01T07:00", "2026-11-02T08:00"), id="clocks go back"),
        pytest.param("pacific day", "2026-07-01T05:00", ("2026-06-30T07:00", "2026-07-01T07:00"), id="still yesterday there"),
    ],
)
def test_calendar_windows_are_those_of_their_zone(span, at, window):
    first, last = Bucket("b", 1, span).window(datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert (f"{first:%Y-%m-%dT%H:%M}", f"{last:%Y-%m-%dT%H:%M}") == window
    assert first.utcoffset() == last.utcoffset() == timedelta(0)


def test_what_is_left_is_that_of_the_tightest_open_budget(store, clock):
    live = ledger(store, clock)
    assert live.left("x") is None
    live.reserve(MONEY, 1)
    live.reserve(Bucket("x usd Acme", 2, "utc month", "usd"), 1.5)
    assert (live.left("x"), live.left("reddit")) == (0.5, None)
