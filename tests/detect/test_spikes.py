from datetime import datetime, timedelta
from itertools import pairwise
from math import nan
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detect.budget import threshold
from monitor.detect.series import BIN
from monitor.detect.spikes import Gauges
from tests.detect.conftest import DAY, START, everyday

NEW_YORK = ZoneInfo("America/New_York")
BALANCED = threshold(1.0)


def readings(values, *, zone=NEW_YORK, start=START, enough=50.0):
    values = np.asarray(values, dtype=float)
    values = values if values.ndim == 2 else values[:, None]
    return Gauges(zone, enough=[enough] * values.shape[1]).feed(start, values)


def strengths(values, **more):
    return readings(values, **more).strength[:, 0]


@pytest.mark.parametrize("value", [0, 1, 7, 10**9], ids=["silent", "one", "seven", "a billion"])
def test_a_flat_series_has_no_spike(value):
    assert np.nan_to_num(strengths([value] * 10 * DAY)).max() < 0.1


def test_what_is_said_of_a_prefix_is_what_is_said_of_the_whole():
    volume, _ = everyday(1, days=12)
    whole = strengths(volume)
    for cut in (DAY, 5 * DAY + 17, 11 * DAY):
        assert np.array_equal(strengths(volume[:cut]), whole[:cut], equal_nan=True)


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 7 * DAY - 1), min_size=1, max_size=8, unique=True),
    seed=st.integers(0, 2**32 - 1),
    gap=st.integers(0, 6 * DAY),
    level=st.sampled_from([0.0, 0.1, 3.0, 1e9]),
)
def test_bins_say_the_same_however_they_come(cuts, seed, gap, level):
    values = np.random.default_rng(seed).poisson(level, (7 * DAY, 2)).astype(float)
    values[gap : gap + 100, 0] = nan
    # over the night in which clocks go back
    start = datetime.fromisoformat("2026-10-29T13:20")
    whole = readings(values, start=start)
    gauges = Gauges(NEW_YORK, enough=[50.0, 50.0])
    edges = [0, *sorted(cuts), len(values)]
    parts = [gauges.feed(start + first * BIN, values[first:last]) for first, last in pairwise(edges)]
    assert np.array_equal(np.concatenate([part.strength for part in parts]), whole.strength, equal_nan=True)
    assert np.isnan(whole.strength[gap : gap + 100, 0]).all()
    assert (whole.strength[~np.isnan(whole.strength)] >= 0).all()


def test_series_side_by_side_do_not_see_each_other():
    volume, negative = everyday(2, days=10)
    both = readings(np.column_stack((volume, negative)))
    # sums of one column and of two are not rounded alike
    assert np.allclose(both.strength[:, 0], strengths(volume), equal_nan=True)
    assert np.allclose(both.strength[:, 1], strengths(negative), equal_nan=True)


def test_gauges_fed_86_days_read_like_ones_fed_all_their_life():
    volume, _ = everyday(2, days=100)
    assert np.array_equal(strengths(volume)[99 * DAY :], strengths(volume[13 * DAY :], start=START + timedelta(days=13))[86 * DAY :])


def test_what_is_kept_does_not_grow():
    gauges = Gauges(NEW_YORK, enough=[50.0])
    sizes = []
    for day in range(40):
        gauges.feed(START + timedelta(days=day), np.ones((DAY, 1)))
        sizes.append(sum(value.nbytes for value in vars(gauges).values() if isinstance(value, np.ndarray)) + gauges._days.counts.nbytes)
    assert sizes[30] == sizes[39]


def test_a_burst_is_far_above_everyday():
    volume, _ = everyday(3)
    volume[20 * DAY : 20 * DAY + 12] += 30
    seen = strengths(volume)
    assert np.nanmax(seen[: 20 * DAY]) < BALANCED * 1.5
    assert seen[20 * DAY : 20 * DAY + 12].max() > 4
    assert seen[20 * DAY + 1] > BALANCED


def test_half_again_as_many_all_day_is_strong_though_no_hour_is():
    rng = np.random.default_rng(5)
    volume = rng.poisson(5.0, 21 * DAY)
    volume[20 * DAY :] += rng.poisson(2.5, DAY)
    seen = readings(volume)
    assert seen.strength[20 * DAY :].max() > 2 * seen.sudden[20 * DAY :].max()


def test_nothing_is_said_before_three_known_days():
    volume, _ = everyday(6, days=6)
    values = strengths(volume, zone=ZoneInfo("UTC"), start=datetime.fromisoformat("2026-06-01"))
    assert np.isnan(values[: 3 * DAY]).all()
    assert not np.isnan(values[3 * DAY :]).any()


def nearly_silent(*, days, then):
    """Four mentions in five days, then so many a bin."""
    volume = np.zeros(days * DAY)
    volume[[100, 500, 900, 1200]] = 1
    volume[5 * DAY + 100 :] = np.random.default_rng(0).poisson(then, len(volume) - 5 * DAY - 100)
    return volume


def test_the_first_storm_of_a_nearly_silent_brand_is_found():
    assert np.nanmax(strengths(nearly_silent(days=6, then=4))[: 5 * DAY + 112]) > threshold(1.0)


def test_a_few_mentions_after_a_silent_start_are_no_spike():
    assert np.nanmax(strengths(nearly_silent(days=7, then=0.03))) < threshold(1.0)


def test_two_watched_and_silent_weeks_are_a_past():
    volume = np.zeros(20 * DAY)
    volume[19 * DAY :] = 5
    assert np.nanmax(strengths(volume)) > 10


def test_unknown_bins_are_left_out_and_never_zero():
    volume = np.random.default_rng(7).poisson(4.0, 20 * DAY).astype(float)
    gappy = volume.copy()
    gappy[9 * DAY : 11 * DAY + 60] = nan
    seen = strengths(gappy)
    assert np.isnan(seen[9 * DAY : 11 * DAY + 60]).all()
    assert not np.isnan(seen[11 * DAY + 60 :]).any()
    assert np.nanmax(seen[11 * DAY :]) < 2 * BALANCED


def test_an_empty_past_says_nothing():
    assert np.isnan(strengths([nan] * 20 * DAY)).all()
    assert readings(np.empty((0, 1))).strength.shape == (0, 1)


def test_a_crisis_does_not_hide_the_next():
    volume, _ = everyday(8)
    volume[10 * DAY : 13 * DAY] *= 30
    volume[20 * DAY : 20 * DAY + 36] += 25
    assert strengths(volume)[20 * DAY : 20 * DAY + 36].max() > BALANCED


@pytest.mark.parametrize(("amplitude", "shown"), [(0.0, False), (0.7, True)], ids=["even", "day cycle"])
def test_a_day_cycle_is_seen_where_there_is_one(amplitude, shown):
    rng = np.random.default_rng(9)
    rate = 3 * (1 + amplitude * np.cos(np.arange(21 * DAY) / DAY * 2 * np.pi))
    gauges = Gauges(ZoneInfo("UTC"), enough=[50.0])
    gauges.feed(datetime.fromisoformat("2026-06-01"), rng.poisson(rate)[:, None].astype(float))
    cycle = gauges._usual.cycle[:, 0]
    assert (cycle.max() / cycle.min() > 3) == shown
    assert shown or cycle.max() / cycle.min() < 1.1


def test_quiet_weekends_are_seen_after_two_weeks():
    rng = np.random.default_rng(10)
    weekday = (np.arange(28 * DAY) // DAY) % 7
    gauges = Gauges(ZoneInfo("UTC"), enough=[50.0])
    # from a Monday to a Sunday, so that the day to come is a Monday
    gauges.feed(datetime.fromisoformat("2026-06-01"), rng.poisson(np.where(weekday >= 5, 1.0, 4.0))[:, None].astype(float))
    gauges.feed(datetime.fromisoformat("2026-06-29"), np.array([[4.0]]))
    assert gauges._usual.level[0] == pytest.approx(4.0, rel=0.15)


def test_the_usual_range_follows_the_local_clock_over_a_change_of_clocks():
    # clocks in New York go back on 1 November 2026
    start = datetime.fromisoformat("2026-10-20T04:00")
    local = [(start + number * BIN).replace(tzinfo=ZoneInfo("UTC")).astimezone(NEW_YORK) for number in range(20 * DAY)]
    volume = np.array([[10.0 if moment.hour == 12 else 1.0] for moment in local])
    gauges = Gauges(NEW_YORK, enough=[50.0])
    seen = gauges.feed(start, volume)
    assert gauges.usual_range(12)[1][0] >= 120
    assert gauges.usual_range(3)[1][0] < 20
    assert np.nanmax(seen.strength[14 * DAY :]) < BALANCED


def test_the_usual_range_is_open_while_the_past_is_too_short():
    assert [side[0] for side in Gauges(NEW_YORK, enough=[50.0]).usual_range(4)] == [0.0, np.inf]
