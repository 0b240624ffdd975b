from zoneinfo import ZoneInfo

import numpy as np
import pytest

from monitor.detect.incidents import Tracker
from monitor.detect.instruments import Instruments, parts_of
from monitor.detect.series import Bins
from tests.detect.world import DAY, START

DAYS = 16
UTC = ZoneInfo("UTC")


def spoken(*, level, seed, since=0, dead=(0, 0)):
    """One source's bins: from a day on, but for some."""
    counts = np.random.default_rng(seed).poisson(level, DAYS * DAY)
    looked = [number >= since and not dead[0] <= number < dead[1] for number in range(len(counts))]
    return [one if is_looked else None for one, is_looked in zip(counts, looked, strict=True)]


def together(**sources):
    """Bins of several sources."""
    return Bins(
        START,
        [
            {
                source: {"counted": float(one), "scored": float(one), "negative": float(one // 4)}
                for source, one in zip(sources, column, strict=True)
                if one is not None
            }
            for column in zip(*sources.values(), strict=True)
        ],
    )


def lived(bins):
    """What was seen, and the steps that were told."""
    instruments = Instruments(UTC, parts=sorted(parts_of(bins)))
    tracker = Tracker(instruments.names, sensitivity="calm")
    seen = list(instruments.feed(bins, history=bins.between))
    return seen, [(course.line, step, course.series) for one in seen for step, course in tracker.step(one)]


X = spoken(level=3.0, seed=1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(spoken(level=12.0, seed=2, since=9 * DAY), id="a new source"),
        pytest.param(spoken(level=12.0, seed=2, since=9 * DAY + 100), id="a new source at noon"),
        pytest.param(spoken(level=12.0, seed=2, dead=(9 * DAY + 50, DAYS * DAY)), id="a source that dies"),
        pytest.param(spoken(level=12.0, seed=2, dead=(9 * DAY + 50, 10 * DAY)), id="a source that comes back"),
        pytest.param(spoken(level=12.0, seed=2, dead=(9 * DAY + 50, 9 * DAY + 53)), id="a source that is away for a moment"),
        pytest.param(spoken(level=12.0, seed=2, dead=(6 * DAY, 14 * DAY)), id="a source that comes back after a week"),
    ],
)
def test_a_source_that_comes_or_goes_makes_neither_rise_nor_silence(other):
    _, steps = lived(together(x=X, reddit=other))
    assert steps == []


def test_a_dead_source_is_named_and_its_usual_stands_in_for_it():
    seen, _ = lived(together(x=X, reddit=spoken(level=12.0, seed=2, dead=(9 * DAY, 10 * DAY))))
    missing = seen[9 * DAY + 100]
    assert missing.missing == {"reddit"}
    assert missing.counts["counted"] == X[9 * DAY + 100]
    assert missing.hour[0] == pytest.approx(12 * 15, rel=0.2)
    assert seen[10 * DAY + 1].missing == frozenset()


def test_a_rise_on_the_source_that_is_left_is_seen_while_the_other_is_dead():
    loud = list(X)
    loud[9 * DAY + 100 : 9 * DAY + 112] = [60] * 12
    _, steps = lived(together(x=loud, reddit=spoken(level=3.0, seed=2, dead=(9 * DAY, 10 * DAY))))
    assert steps[0][:2] == ("main", "opened")
    assert "volume" in steps[0][2]


def test_a_new_source_is_a_member_once_three_days_of_it_are_known():
    seen, _ = lived(together(x=X, reddit=spoken(level=12.0, seed=2, since=9 * DAY)))
    assert seen[12 * DAY - 20].hour[0] < 60
    assert seen[12 * DAY + 20].hour[0] > 120


def test_a_rise_after_a_new_source_became_a_member_is_held_against_both():
    other = spoken(level=12.0, seed=2, since=9 * DAY)
    other[14 * DAY : 14 * DAY + 12] = [80] * 12
    seen, steps = lived(together(x=X, reddit=other))
    assert steps[0][:2] == ("main", "opened")
    assert seen[14 * DAY + 11].high[0] > 150
