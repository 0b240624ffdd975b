"""How often the interval of `monitor impact` holds the truth, over many made brands whose change is known.

    python benchmarks/bench_impact.py [--cases 1000] [--seed 1] [--copy demo/published/analytics.duckdb]

Each case is five weeks of five-minute counts with a day cycle and an event at a random hour of the week, 48 hours looked at
before and after unless told otherwise. Noise: negative binomial (phi 0.5: variance mu + mu²/2 in each bin), comments in
clusters of thirty over hours, or a level that drifts by a third within half a day. Printed: in how many cases the 95 % interval
holds the true ratio of rates and the true difference of negative shares, the median estimates, the median half width, and
beside them what Poisson and binomial intervals without the brand's past would have held.

With --copy, instead: a demo's five quiet weeks, every twelve hours of which is taken for an event that changed nothing.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from monitor.detect.changes import BINS_A_DAY, WHOLE, Bins, Change, SourceBins, Spread, Windows, rate_change, share_change
from monitor.detect.impact import measure, share_against, volume_against
from monitor.detect.impact_data import read_impact
from monitor.store.events import Event
from monitor.tell.published import opened

DAY_CYCLE = 0.7


@dataclass(frozen=True)
class World:
    """A made brand: level in mentions per bin; `times` and `points` are what the event does to rate and negative share."""

    level: float = 5.0
    days: int = 37
    hours: int = 48
    phi: float = 0.5
    cluster: int = 0
    drift: float = 0.0
    weekend: float = 1.0
    negative: float = 0.3
    times: float = 1.0
    points: float = 0.0
    gaps: float = 0.0

    @property
    def width(self) -> int:
        """Bins before, and after."""
        return self.hours * 12

    @property
    def at(self) -> int:
        """The first bin after the event."""
        return self.days * BINS_A_DAY


WORLDS: Mapping[str, World] = {
    "nothing changes": World(),
    "rate x 0.5": World(times=0.5),
    "rate x 2": World(times=2.0),
    "share - 10 points": World(points=-0.1),
    "both, and quiet weekends": World(times=0.5, points=-0.1, weekend=0.6),
    "nothing, 6 h": World(hours=6),
    "nothing, 7 days": World(hours=168, days=70, level=1.0),
    "nothing, 3 an hour": World(level=0.25),
    "nothing, 16 days known": World(days=18),
    "nothing, a fifth unseen": World(gaps=0.2),
    "nothing, clusters": World(phi=0.0, cluster=30),
    "rate x 2, clusters": World(phi=0.0, cluster=30, times=2.0),
    "nothing, level drifts": World(drift=0.3),
}


def made(rng: np.random.Generator, world: World, common: np.ndarray | None = None) -> Bins:
    """One brand's bins; `common` multiplies its rate, as what moves a whole trade does."""
    size = world.at + world.width
    bins = np.arange(size) + rng.integers(0, 7 * BINS_A_DAY) if common is None else np.arange(size)
    rate = world.level * (1 + DAY_CYCLE * np.cos((bins / 12 - 16) / 24 * 2 * np.pi))
    rate = rate * np.where(bins // BINS_A_DAY % 7 >= 5, world.weekend, 1.0) * (1.0 if common is None else common)
    rate[world.at :] *= world.times
    if world.drift:
        rate = rate * np.exp(drifting(rng, size, world.drift))
    counts = rng.poisson(rate * rng.gamma(1 / world.phi, world.phi, size) if world.phi else rate * (0.8 if world.cluster else 1.0))
    if world.cluster:
        for root in np.flatnonzero(rng.random(size) < 0.2 * rate / world.cluster):
            late = root + rng.exponential(36, rng.poisson(world.cluster)).astype(int)
            np.add.at(counts, late[late < size], 1)
    share = np.where(np.arange(size) < world.at, world.negative, world.negative + world.points)
    seen = np.ones(size, dtype=np.bool_)
    if world.gaps:
        # a source that is not looked at for hours at a time
        seen = ~np.repeat(rng.random(size // 36 + 1) < world.gaps, 36)[:size]
    counted, negative = np.where(seen, counts, 0).astype(float), np.where(seen, rng.binomial(counts, share), 0).astype(float)
    figures = {"counted": counted, "scored": counted, "negative": negative, "churn": negative}
    return Bins((bins // 12 % 168).astype(np.int64), {"x": SourceBins(seen, {WHOLE: figures})})


def drifting(rng: np.random.Generator, size: int, spread: float) -> np.ndarray:
    """A level that wanders: autoregressive by the hour, its memory half a day."""
    keep = np.exp(-1 / 12)
    steps = rng.normal(0, spread * np.sqrt(1 - keep**2), size // 12 + 2)
    level = rng.normal(0, spread)
    walked = [level := keep * level + step for step in steps]
    return np.repeat(walked, 12)[:size]


def naive(change: Change, told: tuple[float, float] | None) -> Change:
    """The same by chance alone, as who does not look at the past would say it."""
    plain = Spread(1.0, 1.0, 1e9, np.inf)
    if told is None:
        return rate_change(change.before, change.after, usual=1.0, spread=plain)
    return share_change((change.before * told[0], change.after * told[1]), told, shift=0.0, spread=plain)


def holds(change: Change, truth: float) -> bool:
    """Whether the interval holds the truth."""
    return change.low <= truth <= change.high


def judged(world: World, cases: int, seed: int) -> str:
    """One line of the table."""
    rng = np.random.default_rng(seed)
    rates, shares, plain_rates, plain_shares = [], [], [], []
    for _ in range(cases):
        windows = Windows(made(rng, world), at=world.at, width=world.width)
        row = measure(windows).rows[0]
        assert row.volume
        assert row.share
        rates.append(row.volume)
        shares.append(row.share)
        plain_rates.append(naive(row.volume, None))
        plain_shares.append(naive(row.share, windows.sums("scored").last))
    rate, share, plain_rate, plain_share = (
        sum(holds(each, truth) for each in told) / cases
        for told, truth in ((rates, world.times), (shares, world.points), (plain_rates, world.times), (plain_shares, world.points))
    )
    return (
        f"{rate:6.1%} {median(each.value or 0 for each in rates):6.2f} x/÷{median((each.high / each.low) ** 0.5 for each in rates):5.2f}"
        f" {plain_rate:7.1%}   {share:6.1%} {100 * median(each.value or 0 for each in shares):+6.1f}"
        f" ±{50 * median(each.high - each.low for each in shares):4.1f} {plain_share:7.1%}"
    )


@dataclass(frozen=True)
class Beside:
    """In what part of the cases the interval beside competitors holds the truth, and the median half widths with and without them."""

    rate: float
    share: float
    width: float
    width_alone: float


def judged_against(cases: int, seed: int) -> Beside:
    """A trade whose level drifts for all alike, the brand's rate halved and its share 10 points lower: what competitors leave of it."""
    rng = np.random.default_rng(seed)
    world = replace(WORLDS["both, and quiet weekends"], weekend=1.0)
    calm = replace(world, times=1.0, points=0.0)
    held_rate = held_share = 0
    alone, beside = [], []
    for _ in range(cases):
        trade = np.exp(drifting(rng, world.at + world.width, 0.3))
        own, *others = (Windows(made(rng, each, trade), at=world.at, width=world.width) for each in (world, calm, calm))
        rivals = {str(number): each for number, each in enumerate(others)}
        volume, share, row = volume_against(own, rivals), share_against(own, rivals), measure(own).rows[0]
        assert volume
        assert share
        assert row.volume
        held_rate += volume.left.low <= world.times <= volume.left.high
        held_share += share.left.low <= world.points <= share.left.high
        alone.append((row.volume.high / row.volume.low) ** 0.5)
        beside.append((volume.left.high / volume.left.low) ** 0.5)
    return Beside(held_rate / cases, held_share / cases, median(beside), median(alone))


def quiet(copy: Path, hours: int) -> str:
    """How often the interval misses "no change" at moments of a demo's history at which nothing happened; the windows overlap."""
    window = timedelta(hours=hours)
    missed: dict[str, list[bool]] = {}
    with opened(copy) as con:
        brands = con.execute("select brand, min(covered_from) from v_covered group by brand order by brand").fetchall()
        (ends,) = con.execute("select min(happened_at) from v_events").fetchall()[0]
        for brand, begun in brands:
            at = begun.replace(tzinfo=UTC) + timedelta(days=10) + window
            while at + window <= ends.replace(tzinfo=UTC):
                told = read_impact(con, Event("nothing", brand, at), window=window, rivals=[name for name, _ in brands if name != brand])
                rows = told.measured.rows if told else []
                for name, change, none in [
                    *((f"{'whole' if row.facet == 'all' else 'parts'}: rate", row.volume, 1.0) for row in rows),
                    *((f"{'whole' if row.facet == 'all' else 'parts'}: share", row.share, 0.0) for row in rows),
                    *((f"{'whole' if row.facet == 'all' else 'parts'}: leavers", row.churn, 1.0) for row in rows),
                ]:
                    if change:
                        missed.setdefault(name, []).append(not holds(change, none))
                at += timedelta(hours=12)
    return "   ".join(f"{name} {sum(each)} of {len(each)} ({sum(each) / len(each):.1%})" for name, each in sorted(missed.items()))


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cases", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--copy", type=Path)
    asked = arguments.parse_args()
    if asked.copy:
        for hours in (48, 24):
            print(f"{hours} h, missed:   {quiet(asked.copy, hours)}", flush=True)
        return
    print(f"{asked.cases} cases each; the 95 % interval holds the truth in so many, and what a Poisson or binomial one would hold")
    print(f"{'':26} {'rate':>6} {'median':>6} {'width':>8} {'Poisson':>7}   {'share':>6} {'median':>6} {'width':>5} {'binomial':>8}")
    for name, world in WORLDS.items():
        print(f"{name:26} {judged(world, asked.cases, asked.seed)}", flush=True)
    told = judged_against(asked.cases, asked.seed)
    print("a trade that drifts as one, rate x 0.5, share - 10 points, beside two competitors that do not change:")
    print(f"  rate {told.rate:.1%}, share {told.share:.1%}; the rate within x/÷ {told.width:.2f}, without them x/÷ {told.width_alone:.2f}")


if __name__ == "__main__":
    main()
