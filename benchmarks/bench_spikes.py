"""How well spikes of single series are found: simulated noise and backlashes, published series, other detectors, cost.

    python benchmarks/bench_spikes.py [noise] [delay] [week] [peers] [nab] [cost] [--months 200] [--nab DIR]

All parts without an argument; `nab` needs a folder with NAME.csv (timestamp,value) and labels.json, as made from
https://github.com/numenta/NAB (data/realTweets; windows from combined_windows.json, labels from combined_labels.json).
`peers` needs `pip install -e '.[bench]'` and says which are missing. Seeds are fixed: two runs print the same, but for
the seconds.

noise   false alerts a series-month at the three budgets, days 31 to 60, and in the first four weeks at balanced
delay   mean minutes from the onset of a lasting rise to the alert, and that over the best possible
week    a backlash of a day, and one of half its size a week later: how many listeners are told of both
peers   the same noise and rises for other detectors, each at its own one false alert a month
nab     standard score and what a person on call would ask
cost    seconds of CPU for a tick over 1,000 series of 28 days, and a tick over 250
"""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from nab import report
from noise import (
    DAY,
    START,
    WARM,
    alerts,
    delays,
    draw,
    false_alarms,
    level_of_one,
    planted,
    rates_of,
    strengths,
)
from optimum import best_delay, known_cusum
from peers import compare

from monitor.detect.budget import BUDGETS, threshold
from monitor.detect.series import BIN
from monitor.detect.spikes import Gauges

KINDS = ("Poisson", "bursty")
LEVELS = (0.1, 1.0, 10.0, 100.0)
RISES = ((0.1, 3), (0.1, 5), (0.1, 10), (1.0, 2), (1.0, 3), (1.0, 5), (10.0, 2), (10.0, 3), (100.0, 2))


def quiet(kind, level, months, *, seed=1):
    """A month to warm up and a month to count, of so many series."""
    rates = rates_of(kind, level, 2 * WARM)
    return draw(kind, rates, np.random.default_rng(seed), months), rates


def noise(months):
    """Print false alerts a series-month beside the budgets."""
    print(f"\nfalse alerts a series-month, {months} series-months each ('bursty': negative binomial, phi 0.5, day cycle)")
    columns = [f"{name} {budget:g}" for name, budget in BUDGETS.items()]
    print(f"{'noise':<9}{'a bin':>7}" + "".join(f"{column:>14}" for column in columns) + f"{'first 28 days':>16}")
    for kind in KINDS:
        for level in LEVELS:
            values = strengths(quiet(kind, level, months)[0])
            told = [false_alarms(values, threshold(budget)) for budget in BUDGETS.values()]
            early = false_alarms(values[: 28 * DAY], threshold(1.0), since=0)
            print(f"{kind:<9}{level:>7g}" + "".join(f"{each:>14.2f}" for each in told) + f"{early:>16.2f}", flush=True)


def delay(months):
    """Print mean delays and their ratio to the best possible."""
    print("\nmean delay in minutes; 'best': CUSUM that knows rates and rise; both at one false alert a month; in brackets at balanced")
    for kind in KINDS:
        for level in LEVELS:
            rises = [rise for rise in RISES if rise[0] == level]
            counts, rates = quiet(kind, level, months)
            at_one = level_of_one(strengths(counts))
            for _, shift in rises:
                rising, known, onset = planted(kind, level, shift, size=months, seed=2)
                values = strengths(rising)
                ours, as_set = (delays(values, each, onset).mean() for each in (at_one, threshold(1.0)))
                best = _best(kind, level, shift, counts, rates, rising, known, onset)
                told = f"best {best:>6.1f}   ours {ours:>6.1f} = {ours / best:.2f} ({as_set / best:.2f})"
                print(f"{kind:<9}{level:>7g} x {shift:<4} {told}", flush=True)


def _best(kind, level, shift, counts, rates, rising, known, onset):
    if kind == "Poisson":
        return best_delay(level, shift)
    # with a day cycle there is no chain to solve: the same chart, simulated, started anew at the onset
    at_one = level_of_one(known_cusum(counts, rates, shift, dispersion=0.5))
    since = np.arange(len(rising))[:, None] >= onset
    return delays(known_cusum(np.where(since, rising, 0.0), known, shift, dispersion=0.5), at_one, onset).mean()


def week(months):
    """Print how many listeners are told of two backlashes a week apart."""
    print("\ntwo backlashes a week apart, the second half as large: told of the first, of the second (alerts within 6 hours)")
    for kind in KINDS:
        for level in (1.0, 10.0):
            counts, _ = quiet(kind, level, months, seed=3)
            rng = np.random.default_rng(4)
            for day, shift in ((35, 10), (42, 5)):
                counts[day * DAY : (day + 1) * DAY] += draw(kind, (shift - 1) * rates_of(kind, level, DAY), rng, months)
            told = [alerts(column, threshold(1.0)) for column in strengths(counts).T]
            first, second = (np.mean([any(0 <= at - day * DAY < 72 for at in each) for each in told]) for day in (35, 42))
            print(f"{kind:<9}{level:>7g}   first {first:.0%}   second {second:.0%}", flush=True)


def cost(_):
    """Print the CPU time of a tick."""
    print("\nCPU seconds of one tick, series of 28 days")
    for size in (250, 1000):
        counts = np.random.default_rng(0).poisson(1.0, (28 * DAY + 50, size)).astype(float)
        gauges = Gauges(ZoneInfo("UTC"), enough=[50.0] * size)
        gauges.feed(START, counts[: 28 * DAY])
        ticks = []
        for number in range(28 * DAY, len(counts)):
            began = time.process_time()
            gauges.feed(START + number * BIN, counts[number : number + 1])
            ticks.append(time.process_time() - began)
        print(f"{size:>6} series   usual {np.median(ticks):.4f}   largest, where a day begins {max(ticks):.4f}")


def main():
    """Print the parts that were asked for."""
    parts = {"noise": noise, "delay": delay, "week": week, "peers": lambda _: compare(), "cost": cost}
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("parts", nargs="*", choices=[*parts, "nab", []])
    arguments.add_argument("--months", type=int, default=200)
    arguments.add_argument("--nab", type=Path)
    given = arguments.parse_args()
    print(f"spikes, {datetime.now(UTC):%Y-%m-%d}")
    for name, part in parts.items():
        if not given.parts or name in given.parts:
            part(given.months)
    if given.nab and (not given.parts or "nab" in given.parts):
        report(given.nab)


if __name__ == "__main__":
    main()
