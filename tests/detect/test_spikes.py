from datetime import datetime, timedelta
from math import inf, isnan, nan
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from monitor.detect.spikes import Gauge
from tests.detect.conftest import DAY, START, everyday

NEW_YORK = ZoneInfo("America/New_York")


def readings(values, *, zone=NEW_YORK, start=START, gauge=None):
    gauge = gauge or Gauge(zone)
    return [gauge.step(start + timedelta(minutes=5 * number), float(value)) for number, value in enumerate(values)]


def strengths(values, **more):
    return np.array([reading.strength for reading in readings(values, **more)])


@pytest.mark.parametrize("value", [0, 1, 7], ids=["silent", "one", "seven"])
def test_a_flat_series_has_no_spike(value):
    assert np.nan_to_num(strengths([value] * 10 * DAY)).max() < 0.1


def test_readings_of_a_prefix_are_those_of_the_whole():
    volume, _ = everyday(1, days=12)
    whole = readings(volume)
    for cut in (DAY, 5 * DAY + 17, 11 * DAY):
        assert repr(readings(volume[:cut])) == repr(whole[:cut])


def test_a_gauge_fed_37_days_reads_like_one_fed_all_its_life():
    volume, _ = everyday(2, days=50)
    whole = readings(volume)
    late = readings(volume[12 * DAY :], start=START + timedelta(days=12))
    assert repr(late[37 * DAY :]) == repr(whole[49 * DAY :])


def test_a_burst_is_far_above_everyday():
    volume, _ = everyday(3)
    before = np.nanmax(strengths(volume))
    volume[20 * DAY : 20 * DAY + 12] += 30
    after = strengths(volume)
    assert before < 1.5
    assert after[20 * DAY : 20 * DAY + 12].max() > 3
    assert after[20 * DAY + 1] > 1.5


def test_half_again_as_many_all_day_is_strong_though_no_hour_is():
    volume, _ = everyday(5, level=5)
    more = np.random.default_rng(5).binomial(volume[20 * DAY : 21 * DAY].astype(int), 0.6)
    volume[20 * DAY : 21 * DAY] += more
    seen = readings(volume)[20 * DAY : 21 * DAY]
    assert max(reading.strength for reading in seen) > 1.5 > max(reading.sudden for reading in seen)


def test_nothing_is_said_before_three_known_days():
    volume, _ = everyday(6, days=6)
    values = strengths(volume, zone=ZoneInfo("UTC"), start=datetime.fromisoformat("2026-06-01"))
    assert np.isnan(values[: 3 * DAY]).all()
    assert not np.isnan(values[3 * DAY + 12 :]).any()


def test_a_collection_that_has_just_begun_is_no_spike():
    volume = np.zeros(8 * DAY)
    volume[[100, 500, 900, 1200]] = 1
    volume[5 * DAY + 100 :] = np.random.default_rng(0).poisson(4, len(volume) - 5 * DAY - 100)
    assert np.isnan(strengths(volume[: 7 * DAY])).all()


def test_two_watched_and_silent_weeks_are_a_past():
    volume = np.zeros(20 * DAY)
    volume[19 * DAY :] = 5
    assert np.nanmax(strengths(volume)) > 10


def test_unknown_bins_are_left_out():
    volume, _ = everyday(7, days=12)
    gappy = volume.copy()
    gappy[9 * DAY : 9 * DAY + 60] = nan
    seen = readings(gappy)
    assert all(isnan(reading.strength) and reading.expected_high == inf for reading in seen[9 * DAY : 9 * DAY + 60])
    assert not any(isnan(reading.strength) for reading in seen[9 * DAY + 66 :])
    assert np.nanmax([reading.strength for reading in seen]) < 1.5


def test_a_crisis_does_not_hide_the_next():
    volume, _ = everyday(8)
    volume[10 * DAY : 13 * DAY] *= 30
    volume[20 * DAY : 20 * DAY + 36] += 25
    assert strengths(volume)[20 * DAY : 20 * DAY + 36].max() > 1.5


def test_the_usual_range_follows_the_local_clock_over_a_change_of_clocks():
    # clocks in New York go back on 1 November 2026
    start = datetime.fromisoformat("2026-10-20T04:00")
    zone = ZoneInfo("America/New_York")
    hours = [(start + timedelta(minutes=5 * number)).replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).hour for number in range(20 * DAY)]
    volume = np.array([10.0 if hour == 12 else 1.0 for hour in hours])
    seen = readings(volume, zone=zone, start=start)
    noon = [reading for reading, hour in zip(seen[14 * DAY :], hours[14 * DAY :], strict=True) if hour == 12]
    night = [reading for reading, hour in zip(seen[14 * DAY :], hours[14 * DAY :], strict=True) if hour == 3]
    assert all(reading.expected_high >= 120 for reading in noon)
    assert all(reading.expected_high < 20 for reading in night)
    assert max(reading.strength for reading in seen[14 * DAY :]) < 1.5
