from datetime import timedelta

import numpy as np

from monitor.detect.series import read_bins, read_many
from tests.detect.conftest import START

HOUR = timedelta(hours=1)


def test_a_covered_silent_bin_is_zero_and_an_uncovered_one_unknown(store):
    brand = store.brand()
    store.cover(START, START + HOUR)
    store.counts(brand, [3, 0, 2], [1, 0, 0])
    bins = read_bins(store.con, brand.name, START - HOUR / 2, START + 2 * HOUR)
    assert np.isnan(bins.volume[:6]).all()
    assert bins.volume[6:18].tolist() == [3, 0, 2] + [0] * 9
    assert np.isnan(bins.volume[18:]).all()
    assert bins.counts("negative")[6:9].tolist() == [1, 0, 0]


def test_stretches_that_touch_cover_the_bin_between_them(store):
    brand = store.brand()
    store.cover(START, START + timedelta(minutes=7))
    store.cover(START + timedelta(minutes=7), START + timedelta(minutes=12))
    store.cover(START + timedelta(minutes=13), START + timedelta(minutes=20))
    volume = read_bins(store.con, brand.name, START, START + timedelta(minutes=20)).volume
    assert np.isnan(volume).tolist() == [False, False, True, False]


def test_sources_are_added_and_one_that_looked_is_enough(store):
    brand = store.brand()
    store.cover(START, START + HOUR)
    store.cover(START + HOUR, START + 2 * HOUR, source="reddit")
    store.counts(brand, [1] * 24, [0] * 24)
    store.counts(brand, [2] * 24, [2] * 24, source="reddit")
    bins = read_bins(store.con, brand.name, START, START + 2 * HOUR)
    assert bins.volume.tolist() == [3] * 24
    assert bins.counts("negative").tolist() == [2] * 24


def test_a_stretch_looked_at_for_one_brand_covers_no_other(store):
    one, other = store.brand("One"), store.brand("Other")
    store.cover(START, START + HOUR, brands=["One"])
    bins = read_many(store.con, [one.name, other.name], START, START + HOUR)
    assert not np.isnan(bins["One"].volume).any()
    assert np.isnan(bins["Other"].volume).all()


def test_the_rule_of_coverage_is_that_of_the_view(store):
    brand = store.brand()
    rng = np.random.default_rng(4)
    for _ in range(60):
        first = START + timedelta(seconds=int(rng.integers(0, 86400)))
        store.cover(first, first + timedelta(seconds=int(rng.integers(1, 3000))), source=str(rng.integers(3)))
    seen = read_bins(store.con, brand.name, START, START + timedelta(days=2))
    covered = {row[0] for row in store.con.execute("select distinct bin_start from v_series where covered").fetchall()}
    assert {one.start for one in seen if one.sources} == covered
