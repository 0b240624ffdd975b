"""The Numenta Anomaly Benchmark's standard score of an online detector, and what a person on call would ask.

source  Lavin & Ahmad 2015 and the benchmark's own sweeper: in a window the best flag counts, by where it
        lies; a window without one costs 1, each flag outside 0.11; the first 15 %
        (at most 750 rows) are not scored; silence is 0, perfection 100
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from noise import alerts

from monitor.detect import listener, usual
from monitor.detect.budget import threshold
from monitor.detect.series_file import Row, read_series
from monitor.detect.spikes import Gauges

TWO_HOURS = timedelta(hours=2)


def worth(place):
    """1 at a window's first row (-1), 0 just past its end (0), towards -1 beyond."""
    value = 2 / (1 + np.exp(5 * min(place, 10.0))) - 1
    return value / (2 / (1 + np.exp(-5.0)) - 1) if place <= 0 else value


class Labelled:
    """One series with its windows as row numbers, and its events."""

    def __init__(self, rows: list[Row], labels: dict[str, list]):
        self.rows = rows
        self.times = [row.at for row in rows]
        place = {at: number for number, at in enumerate(self.times)}
        self.probation = int(np.ceil(min(np.floor(0.15 * len(rows)), 750)))
        self.windows = [tuple(place[datetime.fromisoformat(edge)] for edge in window) for window in labels["windows"]]
        self.events = [at for at in map(datetime.fromisoformat, labels["labels"]) if at >= self.times[self.probation]]
        self.weeks = (len(rows) - self.probation) / 2016
        self.values = np.array([row.value for row in rows])

    def judged(self, told):
        """Raw score, windows, prompt events, false alerts of alerts at these rows."""
        told = [at for at in told if at >= self.probation]
        raw, false = 0.0, []
        for first, last in self.windows:
            inside = [worth((at - last - 1) / (last - first + 1)) for at in told if first <= at <= last]
            raw += max(inside) if inside else -1.0
        for at in told:
            if any(first <= at <= last for first, last in self.windows):
                continue
            before = [window for window in self.windows if window[1] < at]
            raw += 0.11 * (worth((at - before[-1][1]) / (before[-1][1] - before[-1][0])) if before else -1.0)
            if not false or self.times[at] - self.times[false[-1]] > timedelta(hours=1):
                false.append(at)
        prompt = sum(any(abs(self.times[at] - event) <= TWO_HOURS for at in told) for event in self.events)
        return raw, len(self.windows), prompt, len(false)


def readings_of(series):
    """Strengths of one series, of all and of the last hour alone; UTC days."""
    seen = Gauges(ZoneInfo("UTC"), enough=[50.0]).feed(series.times[0], series.values[:, None])
    return seen.strength[:, 0], seen.sudden[:, 0]


def told_of(readings, *, factor=1.0, worse=listener.MUCH_WORSE):
    """The rows at which a listener is told, at a multiple of the balanced threshold."""
    return alerts(readings[0], factor * threshold(1.0), sudden=readings[1], worse=worse)


def score(judged):
    """Of 100."""
    raw, windows = sum(each[0] for each in judged), sum(each[1] for each in judged)
    return 100 * (raw + windows) / (2 * windows)


def report(folder: Path):
    """Print the score of every series, of all, and with settings chosen on the others."""
    labels = json.loads((folder / "labels.json").read_text())
    series = {name: Labelled(read_series(folder / f"{name}.csv"), labels[name]) for name in sorted(labels)}
    print(f"\nNAB realTweets, {len(series)} series, balanced: standard score, events told within 2 h, false alerts a series-week")
    judged = {name: one.judged(told_of(readings_of(one))) for name, one in series.items()}
    for name, one in series.items():
        print(f"{name:<9}{score([judged[name]]):>7.1f}   {judged[name][2]}/{len(one.events)}   {judged[name][3] / one.weeks:.2f}")
    events, weeks = sum(len(one.events) for one in series.values()), sum(one.weeks for one in series.values())
    found, false = (sum(each[place] for each in judged.values()) for place in (2, 3))
    print(f"{'all':<9}{score(list(judged.values())):>7.1f}   {found}/{events}   {false / weeks:.2f}")
    alone = [setting for setting in SETTINGS if setting[1:] == (usual.HIGH, listener.MUCH_WORSE)]
    print(f"chosen on the other series: the threshold, of {len(alone)}, {left_out(series, alone):.1f}", end="; ")
    print(f"the threshold, the high day and when to tell again, of {len(SETTINGS)}, {left_out(series, SETTINGS):.1f}")


# what one might have chosen: factor on the threshold, which day's peak is the high one, when an alert is told again
SETTINGS = [(factor, high, worse) for factor in (0.8, 0.9, 1.0, 1.1, 1.2) for high in (0.85, 0.875, 0.9) for worse in (2.0, 4.0)]


def left_out(series, settings):
    """The score of each series judged with the setting that is best on the others."""
    table = {}
    kept = usual.HIGH
    for high in sorted({setting[1] for setting in settings}):
        usual.HIGH = high
        values = {name: readings_of(one) for name, one in series.items()}
        for setting in [one for one in settings if one[1] == high]:
            table[setting] = {name: one.judged(told_of(values[name], factor=setting[0], worse=setting[2])) for name, one in series.items()}
    usual.HIGH = kept
    judged = []
    for name in series:
        others = {setting: score([each for other, each in table[setting].items() if other != name]) for setting in settings}
        best = max(others, key=others.__getitem__)
        judged.append(table[best][name])
    return score(judged)
