"""What must hold of any series whatever."""

from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from math import nan
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detect.incidents import Tracker
from monitor.detect.instruments import Instruments
from monitor.detect.series import BIN, Bins
from monitor.detect.share import Share
from monitor.detect.spikes import Gauges
from tests.detect.world import DAY, START

DAYS = 5
NEW_YORK = ZoneInfo("America/New_York")
UTC = ZoneInfo("UTC")
FEW = settings(max_examples=4)
PARTS = ["source:reddit", "source:x", "topic:pricing"]


def series(seed, *, level=3.0, days=DAYS, gaps=()):
    """Counted and negative mentions of two sources by bin; None where nobody looked."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(days * DAY):
        one = {}
        for place, source in enumerate(("reddit", "x")):
            counted = float(rng.poisson(level))
            if not any(first <= number < last and place in places for first, last, places in gaps):
                spoken = {"counted": counted, "scored": counted, "negative": counted // 3, "churn": counted // 5}
                one[source] = spoken | {"topic:pricing": counted // 2}
        made.append(one)
    return made


GAP = st.tuples(st.integers(0, DAYS * DAY), st.integers(1, 2 * DAY), st.sampled_from([{0}, {1}, {0, 1}]))
GAPS = st.lists(GAP.map(lambda gap: (gap[0], gap[0] + gap[1], gap[2])), max_size=3)


def instruments(zone=UTC):
    return Instruments(zone, parts=PARTS)


def fed(made, bins, edges):
    """All that is seen of bins that come in parts."""
    return [
        one
        for first, last in pairwise(edges)
        for one in made.feed(bins.between(*(bins.start + edge * BIN for edge in (first, last))), history=bins.between)
    ]


def plain(seen):
    """As something that can be compared, NaN too."""
    arrays = [getattr(seen, name).tolist() for name in ("strength", "sudden", "hour", "pace", "low", "high", "is_above")]
    return repr((seen.start, seen.counts, seen.missing, seen.lulls, seen.known_days, seen.share, arrays))


@FEW
@given(seed=st.integers(0, 99), cut=st.integers(1, DAYS * DAY), gaps=GAPS)
def test_instruments_read_a_prefix_as_they_read_the_whole(seed, cut, gaps):
    bins = Bins(START, series(seed, gaps=gaps))
    whole, part = fed(instruments(), bins, [0, DAYS * DAY]), fed(instruments(), bins, [0, cut])
    assert [plain(one) for one in whole[:cut]] == [plain(one) for one in part]


@FEW
@given(seed=st.integers(0, 99), cuts=st.lists(st.integers(1, DAYS * DAY - 1), max_size=6, unique=True), gaps=GAPS)
def test_bins_that_come_one_by_one_read_like_many_at_once(seed, cuts, gaps):
    bins = Bins(START, series(seed, gaps=gaps))
    parts = fed(instruments(), bins, [0, *sorted(cuts), DAYS * DAY])
    assert [plain(one) for one in parts] == [plain(one) for one in fed(instruments(), bins, [0, DAYS * DAY])]


@FEW
@given(seed=st.integers(0, 99), cut=st.integers(3 * DAY, DAYS * DAY - 1), gaps=GAPS)
def test_a_copy_and_its_original_go_their_own_ways(seed, cut, gaps):
    bins, other = Bins(START, series(seed, gaps=gaps)), Bins(START, series(seed + 1, level=30.0))
    undisturbed, tracker = instruments(), Tracker(instruments().names, sensitivity="eager")
    expected = [(plain(one), tracker.step(one)) for one in fed(undisturbed, bins, [0, DAYS * DAY])][cut:]
    first, second = instruments(), Tracker(instruments().names, sensitivity="eager")
    for one in fed(first, bins, [0, cut]):
        second.step(one)
    twins = first.copy(), second.copy()
    # what one of them lives through, the other does not see
    disturbed = [(plain(one), second.step(one)) for one in fed(first, other, [cut, DAYS * DAY])]
    assert [(plain(one), twins[1].step(one)) for one in fed(twins[0], bins, [cut, DAYS * DAY])] == expected
    assert disturbed != expected


@FEW
@given(seed=st.integers(0, 99), cut=st.integers(3 * DAY, DAYS * DAY), burst=st.integers(3 * DAY, DAYS * DAY - 12))
def test_what_a_tracker_tells_of_a_prefix_it_tells_of_the_whole(seed, cut, burst):
    made = series(seed)
    made[burst : burst + 12] = series(seed, level=60.0, days=1)[:12]
    seen = fed(instruments(), Bins(START, made), [0, DAYS * DAY])
    told = []
    for some in (seen, seen[:cut]):
        tracker = Tracker(instruments().names, sensitivity="eager")
        told.append([(one.start, step) for one in some for step in tracker.step(one)])
    assert told[1] == [one for one in told[0] if one[0] < START + cut * BIN]


@settings(max_examples=6)
@given(
    cuts=st.lists(st.integers(1, DAYS * DAY - 1), max_size=5, unique=True),
    gap=st.integers(0, DAYS * DAY),
    seed=st.integers(0, 99),
    level=st.sampled_from([0.0, 0.2, 5.0, 1e9]),
)
def test_share_reads_the_same_however_it_is_copied(cuts, gap, seed, level):
    rng = np.random.default_rng(seed)
    scored = rng.poisson(level, DAYS * DAY).astype(float)
    negative = rng.binomial(scored.astype(np.int64), 0.3).astype(float)
    scored[gap : gap + 200] = negative[gap : gap + 200] = nan
    whole, parted, readings = Share(NEW_YORK), Share(NEW_YORK), []
    for number in range(DAYS * DAY):
        if number in cuts:
            left, parted = parted, parted.copy()
            left.step(START + number * BIN, 50.0, 50.0)
        readings.append([repr(one.step(START + number * BIN, negative[number], scored[number])) for one in (whole, parted)])
    assert all(one == other for one, other in readings)


@FEW
@given(cut=st.integers(1, DAYS * DAY - 1), seed=st.integers(0, 99))
def test_a_copy_of_gauges_reads_what_they_read(cut, seed):
    values = np.random.default_rng(seed).poisson(4.0, (DAYS * DAY, 2)).astype(float)
    one = Gauges(UTC, enough=[50.0, 50.0])
    one.feed(START, values[:cut])
    twin = one.copy()
    one.feed(START + cut * BIN, values[cut:] * 20)
    whole = Gauges(UTC, enough=[50.0, 50.0]).feed(START, values)
    assert np.array_equal(twin.feed(START + cut * BIN, values[cut:]).strength, whole.strength[cut:], equal_nan=True)


def lived(counts, *, start=START, zone=UTC):
    """What is told of one source's counts."""
    made = [{} if np.isnan(one) else {"x": {"counted": one, "scored": one, "negative": one // 3}} for one in map(float, counts)]
    bins = Bins(start, made)
    measured = Instruments(zone, parts=["source:x"])
    tracker = Tracker(measured.names, sensitivity="eager")
    return [(course.line, step) for one in measured.feed(bins, history=bins.between) for step, course in tracker.step(one)]


@pytest.mark.parametrize("value", [0, 1, 7, 10**9, nan], ids=["silent", "one", "seven", "a billion", "never looked at"])
def test_a_series_that_never_changes_tells_nothing(value):
    assert lived([value] * 9 * DAY) == []


def test_no_bins_are_no_trouble():
    assert lived([]) == []


@settings(max_examples=5)
@given(seed=st.integers(0, 99), first=st.integers(0, 9 * DAY), length=st.integers(1, 3 * DAY))
def test_a_gap_anywhere_tells_nothing(seed, first, length):
    counts = np.random.default_rng(seed).poisson(10.0, 9 * DAY).astype(float)
    counts[first : first + length] = nan
    assert [step for line, step in lived(counts) if line == "quiet"] == []


def test_a_billion_mentions_are_counted_to_the_last_and_told_once():
    counts = np.random.default_rng(0).poisson(5.0, 10 * DAY).astype(float)
    counts[8 * DAY : 8 * DAY + 3] = 10**9
    bins = Bins(START, [{"x": {"counted": one, "scored": one, "negative": one}} for one in counts])
    measured = Instruments(UTC, parts=["source:x"])
    tracker = Tracker(measured.names, sensitivity="balanced")
    steps = [step for one in measured.feed(bins, history=bins.between) for step in tracker.step(one)]
    # a day is the longest stretch that is judged, and still holds it when it is long over
    assert [step for step, _ in steps if step != "escalated"] == ["opened", "resolved"]
    over = steps[-1][1]
    assert over.onset <= START + 8 * DAY * BIN < over.alerted_at
    assert over.peak >= 3 * 10**9
    assert over.observed == sum(counts[(over.onset - START) // BIN : (over.resolved_at - START) // BIN])


@pytest.mark.parametrize(
    ("day", "hours"),
    [pytest.param("2026-03-08", 23, id="clocks go forward"), pytest.param("2026-11-01", 25, id="clocks go back")],
)
def test_a_change_of_clocks_tells_nothing_and_loses_nothing(day, hours):
    # from local midnight, seven days before the change, to nine days after
    begin = (datetime.fromisoformat(day) - timedelta(days=7)).replace(tzinfo=NEW_YORK).astimezone(UTC).replace(tzinfo=None)
    length = (7 + 9) * DAY + (hours - 24) * 12
    local = [(begin + number * BIN).replace(tzinfo=UTC).astimezone(NEW_YORK) for number in range(length)]
    rate = np.array([2.0 + 8.0 * (8 <= one.hour < 23) for one in local])
    counts = np.random.default_rng(1).poisson(rate).astype(float)
    assert sum(one.date().isoformat() == day for one in local) == 12 * hours
    # by the brand's own clock there is no rise; the clock of UTC is another on each side
    assert lived(counts, start=begin, zone=NEW_YORK) == []


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"])
def test_every_bin_is_read_once_over_a_change_of_clocks(zone):
    made = partial(Gauges, ZoneInfo(zone), enough=[50.0])
    for start in ("2026-03-05T00:00", "2026-03-30T00:00", "2026-10-01T00:00", "2026-10-28T00:00"):
        values = np.random.default_rng(2).poisson(4.0, (8 * DAY, 1)).astype(float)
        read = made().feed(datetime.fromisoformat(start), values)
        assert read.observed_hour[12:, 0] == pytest.approx(np.convolve(values[:, 0], np.ones(12))[12 : 8 * DAY])
