"""Simulated series, what a listener hears of them, and how soon a backlash is told."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from monitor.detect.listener import MUCH_WORSE, QUIET_BINS
from monitor.detect.spikes import Gauges

DAY, MONTH = 288, 8640
WARM = 30 * DAY
START = datetime.fromisoformat("2026-01-05")


def rates_of(kind, level, bins):
    """(bins, 1) mean counts: even, or with a day cycle of 0.3 to 1.7 times the level."""
    hours = np.arange(bins)[:, None] / DAY * 2 * np.pi
    return np.full((bins, 1), level) if kind == "Poisson" else level * (1 + 0.7 * np.cos(hours - 4.2))


def draw(kind, rates, rng, size):
    """Counts: Poisson, or negative binomial with variance mean + mean ** 2 / 2."""
    rates = np.broadcast_to(rates, (len(rates), size))
    return (rng.poisson(rates) if kind == "Poisson" else rng.negative_binomial(2, 2 / (2 + rates))).astype(float)


def strengths(counts):
    """What our gauges say of (bins, series)."""
    return Gauges(ZoneInfo("UTC"), enough=[50.0] * counts.shape[1]).feed(START, counts).strength


def alerts(column, level, *, sudden=None, worse=MUCH_WORSE):
    """Bins at which one listener is told, as `Listener` does; sudden: of the last hour, left out where there is but one figure."""
    hour = column if sudden is None else sudden
    told, until, worst = [], -1, 0.0
    for at in np.flatnonzero(np.nan_to_num(column) >= level):
        if at >= until or hour[at] >= worse * worst:
            told.append(int(at))
            until, worst = at + QUIET_BINS, column[at] if at >= until else hour[at]
    return told


def false_alarms(values, level, *, since=WARM):
    """Alerts a series-month after `since`."""
    total = sum(at >= since for column in values.T for at in alerts(column, level))
    return total * MONTH / ((len(values) - since) * values.shape[1])


def level_of_one(values, *, since=WARM):
    """The level at which a series brings one false alarm a month."""
    low, high = 0.0, float(np.nanmax(values[since:]))
    for _ in range(25):
        middle = (low + high) / 2
        low, high = (middle, high) if false_alarms(values, middle, since=since) > 1 else (low, middle)
    return high


def planted(kind, level, shift, *, size, seed, days=8):
    """A month of noise, then a rate `shift` times as high from a random bin of the next day on: counts, rates without it, and the bins."""
    rng = np.random.default_rng(seed)
    bins = WARM + days * DAY
    rates = rates_of(kind, level, bins)
    onset = WARM + rng.integers(0, DAY, size)
    return draw(kind, np.where(np.arange(bins)[:, None] >= onset, shift, 1.0) * rates, rng, size), rates, onset


def delays(values, level, onset):
    """Minutes from each onset to the end of the bin that reaches the level; to the end of the data where none does."""
    hit = (np.nan_to_num(values) >= level) & (np.arange(len(values))[:, None] >= onset)
    first = np.where(hit.any(0), hit.argmax(0), len(values) - 1)
    return 5.0 * (first - onset + 1)
