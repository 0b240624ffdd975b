"""Small parts of benchmarks/bench_spikes.py that every change must pass."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from monitor.detect.budget import BUDGETS, threshold
from monitor.detect.listener import Listener
from monitor.detect.spikes import Gauges

DAY = 288
BALANCED = threshold(1.0)


def strengths(counts):
    gauges = Gauges(ZoneInfo("UTC"), enough=[50.0] * counts.shape[1])
    return gauges.feed(datetime.fromisoformat("2026-01-05"), counts.astype(float)).strength


def alerts(column):
    listener = Listener()
    return [at for at, strength in enumerate(column) if listener.hear(float(strength), float(strength)) >= 0.5]


def noise(kind, level, *, days, size, seed=0):
    rng = np.random.default_rng(seed)
    rate = np.broadcast_to(level * (1 + 0.7 * np.cos(np.arange(days * DAY) / DAY * 2 * np.pi))[:, None], (days * DAY, size))
    return rng.poisson(level, rate.shape) if kind == "poisson" else rng.negative_binomial(2, 2 / (2 + rate))


@pytest.mark.parametrize("kind", ["poisson", "bursty"])
@pytest.mark.parametrize("level", [0.1, 10.0])
def test_noise_alerts_about_as_often_as_the_budget_says(kind, level):
    values = strengths(noise(kind, level, days=60, size=40))
    told = sum(at >= 30 * DAY for column in values.T for at in alerts(column)) / 40
    # 40 series-months and one a month: a Poisson count of 40, and a factor of two
    assert 0.25 < told < 2.5


@pytest.mark.parametrize(("level", "rise", "minutes"), [(0.1, 5, 200), (1.0, 3, 60), (10.0, 3, 12), (100.0, 2, 6)])
def test_a_lasting_rise_is_noticed_in_time(level, rise, minutes):
    counts = noise("poisson", level, days=33, size=40, seed=1)
    counts[31 * DAY :] = np.random.default_rng(2).poisson(rise * level, (2 * DAY, 40))
    hit = strengths(counts)[31 * DAY :] >= BALANCED
    assert hit.any(0).all()
    assert 5 * (hit.argmax(0) + 1).mean() <= minutes


def test_two_backlashes_a_week_apart_are_two_alerts():
    counts = noise("bursty", 10.0, days=45, size=20, seed=3)
    for day in (35, 42):
        counts[day * DAY : day * DAY + 144] *= 8
    for column in strengths(counts).T:
        told = alerts(column)
        assert [sum(day * DAY <= at < day * DAY + 72 for at in told) >= 1 for day in (35, 42)] == [True, True]


def test_a_listener_is_told_once_unless_it_becomes_much_worse():
    listener = Listener()
    heard = [
        listener.hear(strength, sudden) for strength, sudden in ((0.0, 0.0), (2.0, 1.0), (9.0, 3.9), (9.0, 4.1), (20.0, 8.1), (9.0, 9.0))
    ]
    assert [score >= 0.5 for score in heard] == [False, True, False, True, False, True]
    assert heard[2] == heard[4] == 0.0
    assert listener.hear(2.0, 0.0, bins=DAY) >= 0.5


def test_a_larger_budget_listens_closer():
    assert threshold(BUDGETS["calm"]) > threshold(BUDGETS["balanced"]) > threshold(BUDGETS["eager"])
