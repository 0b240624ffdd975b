"""When people speak: the day, the week, and the restlessness that no cycle explains."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

import numpy as np
from numpy.typing import NDArray

BIN = timedelta(minutes=5)
BINS_A_DAY = 288

# how much is said in each local hour, the day's mean being 1: a trough before dawn, a peak on the sofa
_HOURS = np.array(
    [
        0.95,
        0.6,
        0.38,
        0.26,
        0.22,
        0.24,
        0.34,
        0.5,
        0.66,
        0.76,
        0.82,
        0.88,
        0.98,
        0.98,
        0.96,
        1.0,
        1.08,
        1.2,
        1.42,
        1.72,
        2.02,
        2.14,
        1.9,
        1.4,
    ]
)
_WEEKDAYS = np.array([0.93, 0.91, 0.92, 0.95, 1.04, 1.13, 1.15])
# standard deviations of the logarithm, and the shape of the gamma that moves each bin
_DAY_UNREST, _HOUR_UNREST, _BIN_SHAPE = 0.05, 0.1, 2.4


def dice(*of: object) -> Random:
    """Chance that is the same in every run for the same words and numbers."""
    return Random(" ".join(map(str, of)))  # noqa: S311 - a story, not a secret


def usual_shape(day: datetime, *, hours_from_utc: Sequence[tuple[int, float]]) -> NDArray[np.float64]:
    """How much is said in each of the day's bins, 1 being an average bin of an average day.

    day             its midnight, UTC
    hours_from_utc  where the audience lives: offset and share
    """
    shape = np.zeros(BINS_A_DAY)
    minutes = np.arange(BINS_A_DAY) * 5.0
    for offset, share in hours_from_utc:
        local = (minutes / 60 + offset) % 24
        hourly = np.interp(local, np.arange(25) + 0.5, np.append(_HOURS, _HOURS[0]), period=24)
        weekday = (day.weekday() + np.floor((minutes / 60 + offset) / 24).astype(int)) % 7
        shape += share * hourly / _HOURS.mean() * _WEEKDAYS[weekday]
    return shape


def restless_counts(expected: NDArray[np.float64], rng: np.random.Generator) -> list[int]:
    """Counts a bin around the expected ones, spread wider than chance alone would: days, hours and bins have moods."""
    by_day = np.exp(rng.normal(0, _DAY_UNREST))
    by_hour = np.repeat(np.exp(rng.normal(0, _HOUR_UNREST, len(expected) // 12)), 12)
    by_bin = rng.gamma(_BIN_SHAPE, 1 / _BIN_SHAPE, len(expected))
    counts: list[int] = rng.poisson(expected * by_day * by_hour * by_bin).tolist()
    return counts


def times(rng: Random, *, start: datetime, minutes: int, number: int, rate: Callable[[float], float]) -> list[datetime]:
    """So many moments after `start`, in order, as dense as `rate` (of the minutes since) says, with some unrest."""
    steps = range(0, minutes, 5)
    weights = list(accumulate(rate(step + 2.5) * rng.gammavariate(12, 1 / 12) for step in steps))
    chosen = rng.choices(steps, cum_weights=weights, k=number)
    return sorted(start + timedelta(seconds=int(60 * step + 300 * rng.random())) for step in chosen)
