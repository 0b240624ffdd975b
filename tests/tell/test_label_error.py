"""How far the share is off: the formula against a simulation of what it promises."""

import random
from math import floor

import pytest

from monitor.store.labels import allotted
from monitor.tell.label_error import LabelError, label_error, label_error_words


def test_weights_undo_what_was_drawn_more_often():
    # a hundred texts that we call negative stand for themselves, ten others for ninety each
    told = label_error([(n < 80, True, 1.0) for n in range(100)] + [(n < 1, False, 90.0) for n in range(10)])
    assert (told.human, told.ours) == (pytest.approx(0.17), pytest.approx(0.1))


def test_nobody_disagreeing_is_no_proof():
    told = label_error([(n % 2 == 0, n % 2 == 0, 1.0) for n in range(40)])
    assert told.off == 0
    assert -0.08 < told.low < -0.02
    assert told.low == pytest.approx(-told.high)


def drawn(population, count, rng):
    """A sample as `label sample` draws it."""
    groups = [[one for one in population if one[1] == ours] for ours in (True, False)]
    rows = []
    for group, n in zip(groups, allotted([len(group) for group in groups], count), strict=True):
        step = len(group) / n
        start = rng.random() * step
        rows += [(*group[floor(start + at * step)], step) for at in range(n)]
    return rows


@pytest.mark.parametrize(
    ("count", "misses", "false_alarms", "negative"),
    [
        pytest.param(60, 0.5, 0.05, 0.3, id="few labels"),
        pytest.param(200, 0.4, 0.1, 0.4, id="the usual"),
        pytest.param(200, 0.02, 0.02, 0.15, id="nearly always right"),
        pytest.param(400, 0.6, 0.02, 0.05, id="rare"),
    ],
)
def test_the_interval_holds_the_truth_nineteen_times_of_twenty(count, misses, false_alarms, negative):
    rng = random.Random(7)
    population = []
    for _ in range(20_000):
        human = rng.random() < negative
        population.append((human, rng.random() < (1 - misses if human else false_alarms)))
    truth = (sum(human for human, _ in population) - sum(ours for _, ours in population)) / len(population)
    told = [label_error(drawn(population, count, rng)) for _ in range(500)]
    assert sum(one.low <= truth <= one.high for one in told) / len(told) >= 0.93
    # what is told in one number is right on the average
    assert sum(one.off for one in told) / len(told) == pytest.approx(truth, abs=0.006)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (LabelError(120, 0.41, 0.36, 0.013, 0.087), "we are off by 5 points (95 %: 1 to 9), too low"),
        (LabelError(120, 0.30, 0.36, -0.10, -0.02), "we are off by 6 points (95 %: -10 to -2), too high"),
        (LabelError(40, 0.41, 0.36, -0.04, 0.13), "we are not surely off (95 %: -4 to 13)"),
    ],
)
def test_the_line_says_by_how_much_and_to_which_side(told, words):
    assert label_error_words(told).endswith(words)
