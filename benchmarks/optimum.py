"""The best possible delay: CUSUM that knows the rate and the shift (Moustakides 1986), solved as a Markov chain (Brook & Evans 1972)."""

from math import log

import numpy as np

A_MONTH = 8640.0


def poisson(rate, size):
    """Probabilities of 0 to size - 1."""
    counts = np.arange(size)
    factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, size)))))
    return np.exp(counts * log(rate) - rate - factorials)


def run_length(rate, *, level, shift, barrier, states=400):
    """Mean bins to the alarm from a fresh start; counts have `rate`, the chart expects a shift from level to shift * level."""
    size = int(max(rate, level * shift) + 12 * max(rate, level * shift) ** 0.5 + 30)
    chances = poisson(rate, size)
    steps = np.arange(size) * log(shift) - level * (shift - 1)
    middles = (np.arange(states) + 0.5) * barrier / states
    middles[0] = 0.0
    onward = np.zeros((states, states))
    for state, value in enumerate(middles):
        place = np.maximum(0, np.floor((value + steps) / barrier * states)).astype(int)
        inside = place < states
        np.add.at(onward[state], place[inside], chances[inside])
    return float(np.linalg.solve(np.eye(states) - onward, np.ones(states))[0])


def best_delay(level, shift, *, between=A_MONTH):
    """Minutes from the change to the end of the alarming bin, at one false alarm in `between` bins."""
    low, high = 0.1, 30.0
    for _ in range(30):
        barrier = (low + high) / 2
        low, high = (barrier, high) if run_length(level, level=level, shift=shift, barrier=barrier) < between else (low, barrier)
    return 5 * run_length(level * shift, level=level, shift=shift, barrier=high)


def known_cusum(counts, rates, shift, *, dispersion=0.0):
    """The same chart on simulated counts (bins, series) of known rates; dispersion: of negative-binomial noise, 0 for Poisson."""
    if dispersion:
        size = 1 / dispersion
        steps = counts * log(shift) - (counts + size) * np.log((size + shift * rates) / (size + rates))
    else:
        steps = counts * log(shift) - rates * (shift - 1)
    value, values = np.zeros(counts.shape[1]), np.empty(counts.shape)
    for number, step in enumerate(steps):
        value = np.maximum(0.0, value + step)
        values[number] = value
    return values
