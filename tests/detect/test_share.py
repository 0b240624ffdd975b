from fractions import Fraction
from itertools import pairwise
from math import comb, exp, log, prod
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detect.share import Share, Usual, clears_floors, log_tail, lower_bound, strength_of
from monitor.detect.thresholds import thresholds
from tests.detect.world import DAY, HOUR, World, at, chatter, said, told

UTC = ZoneInfo("UTC")
OPENS = thresholds(["volume"], "balanced").share
NOW = 5 * DAY


def counts(share, *, level=10.0, seed=0):
    """Negative and scored mentions of bins with these shares."""
    rng = np.random.default_rng(seed)
    scored = rng.poisson(level, len(share))
    return rng.binomial(scored, share), scored


def read(negative, scored, *, first=0):
    """What is said of each bin from `first` on."""
    share = Share(UTC)
    seen = [share.step(at(number), float(k), float(n)) for number, (k, n) in enumerate(zip(negative, scored, strict=True))]
    return seen[first:]


def test_a_share_that_doubles_is_noticed_in_about_an_hour():
    minutes = []
    for seed in range(9):
        seen = read(*counts(np.where(np.arange(5 * DAY) < 4 * DAY + 150, 0.2, 0.4), seed=seed), first=4 * DAY)
        alerts = [number - 149 for number, one in enumerate(seen) if one.strength >= OPENS]
        minutes.append(5 * alerts[0])
    assert min(minutes) > 0
    assert median(minutes) <= 75
    assert max(minutes) <= 150


@pytest.mark.parametrize("seed", range(3))
def test_five_times_as_many_of_the_same_mind_are_no_rise(seed):
    level = np.where(np.arange(6 * DAY) < 4 * DAY, 10.0, 50.0)
    seen = read(*counts(np.full(6 * DAY, 0.2), level=level, seed=seed), first=4 * DAY)
    assert max(one.strength for one in seen) < OPENS
    assert not any(one.is_high for one in seen)


@given(k=st.integers(0, 400), n=st.integers(1, 400), share=st.floats(0, 0.9), dispersion=st.floats(0, 0.5))
def test_nothing_is_said_below_a_floor(k, n, share, dispersion):
    k, usual = min(k, n), Usual(share, dispersion)
    strength = strength_of(k, n, usual)
    assert strength >= 0
    if n < 30 or k < 10 or k / n < share + 0.1 or k / n < 1.5 * share:
        assert not clears_floors(k, n, usual)
        assert strength == 0


@pytest.mark.parametrize("level", [0.1, 0.5])
def test_a_few_angry_ones_are_no_share(level):
    share = np.where(np.arange(20 * DAY) < 19 * DAY, 0.2, 1.0)
    assert all(one.strength == 0 for one in read(*counts(share, level=level), first=19 * DAY) if one.observed != one.observed)


def exact_tail(k, n, share, rho):
    """P(K >= k) of a beta-binomial in whole numbers and fractions."""
    a, b = share * (1 / rho - 1), (1 - share) * (1 / rho - 1)

    def rising(start, steps):
        return prod((start + step for step in range(steps)), start=Fraction(1))

    whole = rising(a + b, n)
    return sum(comb(n, each) * rising(a, each) * rising(b, n - each) for each in range(k, n + 1)) / whole


@pytest.mark.parametrize("share", [Fraction(1, 5), Fraction(1, 50), Fraction(3, 4)])
@pytest.mark.parametrize("rho", [Fraction(1, 2), Fraction(1, 100), Fraction(1, 10_000)])
@pytest.mark.parametrize(("k", "n"), [(0, 30), (10, 30), (30, 30), (29, 60), (60, 60)])
def test_the_tail_is_the_exact_one(k, n, share, rho):
    exact = exact_tail(k, n, share, rho)
    assert log_tail(k, n, Usual(float(share), float(rho))) == pytest.approx(
        log(exact.numerator) - log(exact.denominator), rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize(("share", "rho"), [(0.0, 0.0), (1.0, 0.0), (0.2, 0.0), (0.0, 0.9)])
@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (300_000_000, 10**9), (10**9, 10**9)])
def test_a_tail_is_a_chance_even_at_the_edges(k, n, share, rho):
    assert 0 <= exp(log_tail(k, n, Usual(share, rho))) <= 1


@given(n=st.integers(1, 300), share=st.floats(0.01, 0.99), rho=st.floats(0, 0.9))
def test_more_of_them_are_never_more_likely(n, share, rho):
    tails = [log_tail(k, n, Usual(share, rho)) for k in range(0, n + 1, max(1, n // 10))]
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(tails))
    assert tails[0] == pytest.approx(0, abs=1e-6)


@given(n=st.integers(1, 10_000), part=st.floats(0, 1), rho=st.floats(0, 0.9))
def test_the_lower_bound_lies_below_the_share(n, part, rho):
    k = round(part * n)
    assert -1e-9 <= lower_bound(k, n, rho) <= k / n + 1e-9


def test_an_outbreak_does_not_enter_its_own_baseline():
    share = np.where((np.arange(12 * DAY) >= 9 * DAY) & (np.arange(12 * DAY) < 11 * DAY), 0.6, 0.2)
    seen = read(*counts(share, level=3.0), first=9 * DAY)
    assert max(abs(one.usual - 0.2) for one in seen) < 0.03
    # it is as unusual on its second day as on its first
    assert min(one.strength for one in seen[DAY + HOUR * 4 : 2 * DAY]) >= OPENS


def test_a_share_that_stays_is_the_new_usual_after_two_weeks():
    share = np.where(np.arange(28 * DAY) < 8 * DAY, 0.2, 0.5)
    assert read(*counts(share, level=1.0), first=27 * DAY)[-1].usual > 0.35


def test_nothing_is_known_before_three_days_with_enough_mentions():
    assert all(np.isnan(one.strength) for one in read(*counts(np.full(4 * DAY, 0.2)))[: 4 * DAY])
    assert not any(np.isnan(one.strength) for one in read(*counts(np.full(5 * DAY, 0.2)), first=4 * DAY))
    assert all(np.isnan(one.strength) for one in read(*counts(np.full(6 * DAY, 0.2), level=0.05)))


@settings(max_examples=10)
@given(gap=st.integers(0, 5 * DAY), length=st.integers(1, DAY), seed=st.integers(0, 99))
def test_what_nobody_looked_at_raises_nothing(gap, length, seed):
    negative, scored = (each.astype(float) for each in counts(np.full(5 * DAY, 0.2), level=3.0, seed=seed))
    negative[gap : gap + length] = scored[gap : gap + length] = np.nan
    seen = read(negative, scored)
    assert all(np.isnan(one.strength) for one in seen[gap : gap + length])
    assert not any(one.strength >= OPENS for one in seen)


@pytest.mark.parametrize(
    ("authors", "opens"),
    [
        pytest.param("one", False, id="one loud account"),
        pytest.param("many", True, id="as many people"),
        pytest.param("unknown", True, id="whose authors are not known"),
    ],
)
@pytest.mark.usefixtures("short_memory")
def test_copies_by_one_author_are_no_crowd(authors, opens):
    names = {"one": ["ann"] * 200, "unknown": [None] * 200}
    bins = np.repeat(np.arange(NOW + 3, NOW + 13), 20)
    named = {"author_name": names[authors]} if authors in names else {}
    made = World(chatter(0, NOW + DAY), said(bins, labels=-1, text="awful price hike", **named))
    if authors == "unknown":
        made.con.execute("update future set author_name = null where text = 'awful price hike'")
    made.live(NOW - 3, NOW)
    steps = told(made.live(NOW + 3, NOW + HOUR + 3))
    assert steps[:1] == [("main", "opened")] * opens
