"""The intervals of an impact: their formulas against others', and how often they hold the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.bench_impact import WORLDS, holds, judged_against, made, naive
from monitor.detect.changes import BINS_A_DAY, WHOLE, Bins, SourceBins, Spread, Windows, rate_change, share_change, t_quantile, wilson
from monitor.detect.impact import measure

PLAIN = Spread(dispersion=1.0, chance=1.0, freedom=1e9, periods=math.inf)
WEEK = 7 * BINS_A_DAY


@pytest.mark.parametrize("freedom", [3, 5, 10, 30, 1000])
def test_students_t_is_that_of_scipy(freedom):
    assert t_quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=0.004)


@pytest.mark.parametrize(("successes", "size"), [(0, 10), (3, 10), (50, 200), (200, 200)])
def test_the_interval_of_a_share_is_that_of_scipy(successes, size):
    theirs = stats.binomtest(successes, size).proportion_ci(method="wilson")
    assert wilson(successes / size, size, stats.norm.ppf(0.975)) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_difference_of_shares_is_newcombes_own_example():
    # Newcombe (1998), table II, contrast (a): 56/70 - 48/80, method 10
    told = share_change((48, 56), (80, 70), shift=0.0, spread=PLAIN)
    assert told.value == pytest.approx(0.2)
    assert (told.low, told.high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


@pytest.mark.parametrize(("before", "after"), [(40, 25), (300, 330), (12, 40)])
def test_the_ratio_of_rates_agrees_with_the_exact_interval(before, after):
    told = rate_change(before, after, usual=1.0, spread=PLAIN)
    exact = stats.binomtest(after, before + after).proportion_ci(method="exact")
    low, high = (limit / (1 - limit) for limit in exact)
    # the exact one is never narrower than 95 %, and by how much is known
    assert low * 0.98 < told.low < low * 1.15
    assert high / 1.15 < told.high < high * 1.02


def test_a_rise_from_nothing_has_no_ratio_but_a_lower_limit():
    told = rate_change(0, 30, usual=1.0, spread=PLAIN)
    assert told.value is None
    assert told.low > 5
    assert told.high == math.inf


def test_what_these_hours_usually_bring_is_taken_off():
    assert rate_change(100, 300, usual=3.0, spread=PLAIN).value == 1.0
    assert share_change((20, 40), (100, 100), shift=0.2, spread=PLAIN).value == pytest.approx(0.0)


def test_dispersion_widens_and_never_narrows():
    for dispersion in (1.0, 2.0, 9.0):
        wide = rate_change(100, 100, usual=1.0, spread=Spread(dispersion, 0.02, 1e9, math.inf))
        assert math.log(wide.high) == pytest.approx(math.sqrt(dispersion) * 0.277, rel=0.06)


# fewer cases than in benchmarks/bench_impact.py, so the bound is lower
@pytest.mark.parametrize("name", WORLDS)
def test_the_interval_holds_the_truth_nineteen_times_of_twenty(name):
    world, rng, cases = WORLDS[name], np.random.default_rng(3), 150
    rows = [measure(Windows(made(rng, world), at=world.at, width=world.width)).rows[0] for _ in range(cases)]
    assert sum(holds(row.volume, world.times) for row in rows) / cases >= 0.9
    assert sum(holds(row.share, world.points) for row in rows) / cases >= 0.9
    assert np.median([row.volume.value for row in rows]) == pytest.approx(world.times, rel=0.1)
    assert np.median([row.share.value for row in rows]) == pytest.approx(world.points, abs=0.02)


@pytest.mark.parametrize(("name", "moves"), [("rate x 0.5", "volume"), ("share - 10 points", "share")])
def test_a_planted_change_is_called_one(name, moves):
    world, rng = WORLDS[name], np.random.default_rng(4)
    for _ in range(20):
        row = measure(Windows(made(rng, world), at=world.at, width=world.width)).rows[0]
        assert getattr(row, moves).high < {"volume": 1.0, "share": 0.0}[moves]


def test_chance_alone_would_call_bursts_changes():
    world, rng = WORLDS["nothing, clusters"], np.random.default_rng(5)
    rows = [measure(Windows(made(rng, world), at=world.at, width=world.width)).rows[0] for _ in range(60)]
    assert sum(holds(naive(row.volume, None), 1.0) for row in rows) < 50 < sum(holds(row.volume, 1.0) for row in rows)


def test_competitors_take_off_what_moves_the_whole_trade():
    told = judged_against(120, 6)
    assert min(told.rate, told.share) >= 0.9
    assert told.width < 0.8 * told.width_alone


def bins(size, *, counted, known=None, hours=None):
    """One source whose mentions are all scored and half of them negative."""
    counted = np.broadcast_to(np.asarray(counted, dtype=float), size).copy()
    figures = {"counted": counted, "scored": counted, "negative": counted / 2, "churn": counted / 2}
    known = np.ones(size, dtype=bool) if known is None else known
    return SourceBins(known, {WHOLE: figures}), np.arange(size) // 12 % 168 if hours is None else hours


def test_only_what_was_looked_at_on_both_sides_is_compared():
    size, at, width = 5 * WEEK, 4 * WEEK, WEEK // 7 * 2
    known = np.ones(size, dtype=bool)
    # half of the first day after: the same half of the first day before goes too
    known[at : at + 144] = False
    source, hours = bins(size, counted=1.0, known=known)
    windows = Windows(Bins(hours, {"x": source}), at=at, width=width)
    assert windows.sums("counted").last == (width - 144, width - 144)
    assert windows.covered == 0.75


def test_a_source_that_died_is_no_fall():
    size, at, width = 5 * WEEK, 4 * WEEK, WEEK // 7 * 2
    alive = np.ones(size, dtype=bool)
    dead = alive & (np.arange(size) < at)
    (one, hours), (other, _) = bins(size, counted=1.0), bins(size, counted=3.0, known=dead)
    row = measure(Windows(Bins(hours, {"x": one, "reddit": other}), at=at, width=width)).rows[0]
    assert (row.before, row.after) == (width, width)
    assert row.volume.value == pytest.approx(1.0)


def test_a_source_that_was_watched_too_short_is_named_and_left_out():
    size, at, width = 5 * WEEK, 4 * WEEK, WEEK // 7 * 2
    young = np.arange(size) > at - width - 6 * BINS_A_DAY
    (one, hours), (other, _) = bins(size, counted=1.0), bins(size, counted=50.0, known=young)
    told = measure(Windows(Bins(hours, {"x": one, "reddit": other}), at=at, width=width))
    assert told.left_out == ["reddit"]
    assert told.rows[0].volume.value == pytest.approx(1.0)


def test_quiet_weekends_are_no_fall():
    size, at, width = 5 * WEEK, 4 * WEEK + 5 * BINS_A_DAY, WEEK // 7 * 2
    weekend = np.arange(size) // BINS_A_DAY % 7 >= 5
    source, hours = bins(size, counted=np.where(weekend, 1.0, 4.0))
    row = measure(Windows(Bins(hours, {"x": source}), at=at, width=width)).rows[0]
    assert row.after * 4 == row.before
    assert row.volume.value == pytest.approx(1.0)


def test_too_little_past_or_nobody_says_nothing():
    source, hours = bins(2 * WEEK, counted=1.0)
    short = measure(Windows(Bins(hours, {"x": source}), at=8 * BINS_A_DAY, width=2 * BINS_A_DAY))
    assert (short.days, short.rows[0].volume, short.rows[0].share, short.left_out) == (0.0, None, None, ["x"])
    nobody = measure(Windows(Bins(hours, {}), at=WEEK, width=BINS_A_DAY))
    assert (nobody.covered, nobody.rows[0].volume) == (0.0, None)
    silent, _ = bins(5 * WEEK, counted=0.0)
    quiet = measure(Windows(Bins(np.arange(5 * WEEK) // 12 % 168, {"x": silent}), at=4 * WEEK, width=BINS_A_DAY))
    assert (quiet.covered, quiet.rows[0].before, quiet.rows[0].volume, quiet.silent) == (1.0, 0, None, True)
