from datetime import UTC, datetime, timedelta

import pytest

from monitor.collect.connector import Looked, Query, Window
from monitor.enrich.table import naive
from monitor.store.database import sync_brands
from monitor.store.ledger import backfill_run
from monitor.store.progress import Outcome, read_cursors, read_outcomes, save_coverage, save_cursors, save_outcome
from monitor.store.write import save
from tests.builders import NOON, QUERY, after, batch, brand, mention

HIMAL = Query("x", "himal", brands=("Himal",))


def look(first, last, *, query=QUERY, run_id=1, seen=1, **changes):
    return query, Looked("x", after(first), after(last), **changes), run_id, seen


def rows(con, sql):
    return con.execute(sql).fetchall()


def stretches(con, table="coverage", where="true"):
    """Minutes after noon, from and to."""
    noon = f"timestamp '{naive(NOON)}'"
    minutes = ", ".join(f"(epoch({name}) - epoch({noon})) / 60" for name in ("covered_from", "covered_to"))
    return rows(con, f"select {minutes} from {table} where {where} order by all")


# cursors


def test_a_cursor_is_kept_by_source_query_and_direction(con):
    save_cursors(con, [(QUERY, "live", {"a": 1}), (QUERY, "7", {"a": 2}), (HIMAL, "live", {"a": 3})], now=NOON)
    save_cursors(con, [(QUERY, "live", {"a": 4}), (QUERY, "live", {"a": 5, "deep": {"é": [1]}})], now=after(1))
    save_cursors(con, [], now=NOON)
    assert read_cursors(con, "live") == {("x", "streamly"): {"a": 5, "deep": {"é": [1]}}, ("x", "himal"): {"a": 3}}
    assert read_cursors(con, "7") == {("x", "streamly"): {"a": 2}}


# coverage


def test_a_stretch_that_touches_the_last_one_prolongs_it(con):
    for first, last in ((0, 5), (5, 10), (8, 12)):
        save_coverage(con, [look(first, last)], now=after(last))
    assert stretches(con) == [(0, 12)]
    assert rows(con, "select count, pulled_at from coverage") == [(3, naive(after(12)))]


def test_stretches_of_one_round_that_touch_are_one(con):
    save_coverage(con, [look(0, 5)], now=NOON)
    save_coverage(con, [look(5, 10), look(4, 8), look(10, 12), look(20, 25)], now=NOON)
    assert stretches(con) == [(0, 12), (20, 25)]
    assert rows(con, "select sum(count) from coverage") == [(5,)]


def test_looking_again_at_the_same_stretch_adds_none(con):
    for _ in range(2):
        save_coverage(con, [look(0, 60), look(10, 20)], now=NOON)
    assert stretches(con) == [(0, 60)]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(look(6, 10), id="gap"),
        pytest.param(look(5, 10, run_id=2), id="other run"),
        pytest.param(look(5, 10, query=HIMAL), id="other query"),
        pytest.param(look(5, 10, complete=False, reason="limited"), id="not complete"),
    ],
)
def test_a_stretch_of_another_sort_stands_alone(con, other):
    save_coverage(con, [look(0, 5)], now=NOON)
    save_coverage(con, [other], now=NOON)
    assert len(stretches(con)) == 2


def test_covered_stretches_are_joined_over_the_runs_of_a_query(con):
    save_coverage(con, [look(0, 10), look(30, 40, run_id=2), look(10, 20, run_id=3), look(0, 60, complete=False, reason="x")], now=NOON)
    save_coverage(con, [look(35, 38, run_id=4)], now=NOON)
    assert stretches(con, "v_covered", "brand = 'Streamly'") == [(0, 20), (30, 40)]


def test_a_stretch_is_covered_once_every_query_asked_at_the_time_got_there(con):
    save_coverage(con, [look(0, 30), look(10, 20, query=HIMAL), look(20, 40, query=HIMAL, complete=False, reason="limited")], now=NOON)
    # the other query was not asked before 10; from 20 on it was, in vain
    assert stretches(con, "v_covered", "brand = 'Himal'") == [(0, 20)]
    assert stretches(con, "v_covered", "brand = 'Streamly'") == [(0, 30)]


def test_an_import_covers_what_live_rounds_missed(con):
    run = backfill_run(con, HIMAL, Window(), "import", now=NOON)
    live = [look(0, 30), look(10, 20, query=HIMAL), look(20, 40, query=HIMAL, complete=False, reason="limited")]
    save_coverage(con, [(query, looked, run.run_id + 1, seen) for query, looked, _, seen in live], now=NOON)
    save_coverage(con, [look(15, 25, query=HIMAL, run_id=run.run_id)], now=NOON)
    assert stretches(con, "v_covered", "brand = 'Himal'") == [(0, 25)]


def test_what_was_never_looked_at_has_no_stretch(con):
    assert rows(con, "from v_covered") == rows(con, "from v_series") == rows(con, "from v_covered_day") == []


# what is zero, and what is not known


def series(con, brand="Streamly"):
    noon = f"timestamp '{naive(NOON)}'"
    minute = f"(epoch(bin_start) - epoch({noon}))::integer // 60"
    return rows(con, f"select {minute}, covered, mentions, negative from v_series where brand = '{brand}' and facet = 'all' order by all")


def test_a_bin_is_zero_where_we_looked_and_unknown_where_we_did_not(con):
    save(con, [batch(mention("1", "streamly is awful", created_at=after(6)), mention("2", created_at=after(17)))], now=NOON)
    save_coverage(con, [look(0, 15), look(20, 30)], now=NOON)
    assert series(con) == [
        (0, True, 0, 0),
        (5, True, 1, 1),
        (10, True, 0, 0),
        (15, False, 1, 0),
        (20, True, 0, 0),
        (25, True, 0, 0),
    ]


def test_a_gap_is_unknown_and_the_ends_are_open(con):
    save_coverage(con, [look(0, 5), look(20, 25)], now=NOON)
    assert series(con) == [(0, True, 0, 0), (5, False, None, None), (10, False, None, None), (15, False, None, None), (20, True, 0, 0)]


@pytest.mark.parametrize(
    ("looks", "covered"),
    [
        pytest.param([(1, 9)], [], id="no whole bin"),
        pytest.param([(1, 14)], [5], id="only whole bins"),
        pytest.param([(0, 7), (8, 20)], [0, 10, 15], id="a gap within a bin"),
        pytest.param([(0, 5.01), (5.02, 5.03), (5.04, 5.05), (6, 20)], [0, 10, 15], id="many gaps within a bin"),
        pytest.param([(0, 5), (5 + 0.0001, 15)], [0, 10], id="a gap of milliseconds"),
    ],
)
def test_only_bins_that_were_seen_whole_are_covered_and_none_stands_twice(con, looks, covered):
    save_coverage(con, [look(first, last) for first, last in looks], now=NOON)
    save(con, [batch(mention(created_at=after(6)))], now=NOON)
    bins = series(con)
    assert [minute for minute, seen, *_ in bins if seen] == covered
    assert len({minute for minute, *_ in bins}) == len(bins)
    assert sum(mentions or 0 for _, _, mentions, _ in bins) == 1


def test_a_mention_outside_of_what_was_looked_at_is_shown(con):
    save(con, [batch(mention())], now=NOON)
    assert series(con) == [(0, False, 1, 0)]


# days, also of 23 and 25 hours

DAYS = [
    pytest.param("America/New_York", datetime(2026, 3, 8, 5), datetime(2026, 3, 9, 4), id="23 hours"),  # noqa: DTZ001
    pytest.param("America/New_York", datetime(2026, 11, 1, 4), datetime(2026, 11, 2, 5), id="25 hours"),  # noqa: DTZ001
    pytest.param("Asia/Kathmandu", datetime(2026, 7, 13, 18, 15), datetime(2026, 7, 14, 18, 15), id="5:45 ahead"),  # noqa: DTZ001
    pytest.param("Australia/Lord_Howe", datetime(2026, 4, 4, 13), datetime(2026, 4, 5, 13, 30), id="24.5 hours"),  # noqa: DTZ001
]


@pytest.mark.parametrize(("zone", "begin", "end"), DAYS)
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_the_covered_share_of_a_day_counts_the_hours_it_has(con, zone, begin, end, share):
    sync_brands(con, [brand(timezone=zone)])
    first, last = begin.replace(tzinfo=UTC), begin.replace(tzinfo=UTC) + (end - begin) * share
    save_coverage(con, [(QUERY, Looked("x", first, last), 1, 0)], now=NOON)
    day = (first + timedelta(hours=14)).date()
    assert rows(con, "select local_day, covered from v_covered_day where brand = 'Streamly'") == [(day, pytest.approx(share))]
    assert rows(con, "select local_day, mentions, covered from v_series_day where brand = 'Streamly'") == [(day, 0, pytest.approx(share))]


@pytest.mark.parametrize(("zone", "begin", "end"), DAYS)
def test_a_gap_takes_its_part_of_the_day(con, zone, begin, end):
    sync_brands(con, [brand(timezone=zone)])
    first, last = begin.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
    hour = timedelta(hours=1)
    save_coverage(
        con, [(QUERY, Looked("x", first - hour, first + hour), 1, 0), (QUERY, Looked("x", last - hour, last + hour), 1, 0)], now=NOON
    )
    covered = rows(con, "select covered from v_covered_day where brand = 'Streamly' order by local_day")
    assert covered[1] == (pytest.approx(2 * hour / (last - first)),)
    assert len(covered) == 3


def test_a_day_nobody_looked_at_is_not_a_quiet_one(con):
    save(con, [batch(mention(created_at=NOON - timedelta(days=3)))], now=NOON)
    save_coverage(con, [look(0, 60)], now=NOON)
    days = rows(con, "select local_day - date '2026-07-14', mentions, covered > 0 from v_series_day where brand = 'Streamly' order by all")
    assert days == [(-3, 1, False), (0, 0, True)]


# how asking ended


def test_the_last_outcome_of_a_query_is_kept_and_its_last_success(con):
    save_outcome(con, QUERY, now=after(0))
    save_outcome(con, QUERY, now=after(5), error="limited", not_before=after(20))
    assert read_outcomes(con) == [Outcome("x", "streamly", after(20), None, 1, after(0), "limited", after(5))]
    save_outcome(con, QUERY, now=after(21))
    assert read_outcomes(con) == [Outcome("x", "streamly", None, None, 0, after(21), None, after(5))]
