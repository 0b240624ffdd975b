from datetime import datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from monitor.config.models import Brand
from monitor.detect.series import Bins
from monitor.enrich.intent import intents
from monitor.store.upgrade import upgrade

START = datetime.fromisoformat("2026-06-01T04:00")
DAY = 288


def everyday(seed, *, level=2.0, days=28):
    """A day cycle with small clusters: volume and negative counts of five-minute bins."""
    rng = np.random.default_rng(seed)
    bins = np.arange(days * DAY)
    rate = level * (1 + 0.7 * np.cos((bins / 12 - 16) / 24 * 2 * np.pi))
    volume = rng.poisson(0.8 * rate).astype(float)
    for at in rng.integers(0, len(bins) - 24, size=int(level * len(bins) * 0.2 / 10)):
        np.add.at(volume, at + rng.integers(0, 24, size=10), 1)
    return volume, rng.binomial(volume.astype(int), 0.2).astype(float)


def planted(volume, negative, *, at, size, days=3, seed=0):
    """The same with a backlash added: rises within an hour, decays over days, quieter by night."""
    rng = np.random.default_rng(seed)
    since = np.arange(len(volume)) - at
    cycle = 1 + 0.7 * np.cos((np.arange(len(volume)) / 12 - 16) / 24 * 2 * np.pi)
    shape = np.where(since >= 0, (1 - np.exp(-np.maximum(since, 0) / 6)) * np.exp(-np.maximum(since, 0) / (days * 72)), 0) * cycle
    more = rng.poisson(size * shape / shape.sum())
    return volume + more, negative + rng.binomial(more, 0.6)


def bins(volume, negative, *, start=START, source="x"):
    """The same as bins of one source, all of it scored; NaN where nobody looked."""
    return Bins(
        start,
        [
            {} if np.isnan(one) else {source: {"counted": float(one), "scored": float(one), "negative": float(other)}}
            for one, other in zip(volume, negative, strict=True)
        ],
    )


class Store:
    """A database in memory and what the tests put into it."""

    def __init__(self):
        self.con = duckdb.connect()
        upgrade(self.con)

    def brand(self, name="Streamly", *, timezone="America/New_York", **more):
        brand = Brand(name=name, rule=f'"{name}"', timezone=timezone, **more)
        self.con.execute("insert into brand values (?, ?, ?)", [brand.name, brand.slug, brand.timezone])
        return brand

    def cover(self, since, until, *, source="x", brands=()):
        self.con.execute("insert into coverage values (?, 'q', ?, ?, ?, ?, true, 1, null, 1)", [source, list(brands), since, until, until])

    def counts(self, brand, volume, negative, *, start=START, source="x"):
        frame = pd.DataFrame(
            {
                "brand": brand.name,
                "source": source,
                "bin_start": [start + timedelta(minutes=5 * number) for number in range(len(volume))],
                "counted": np.asarray(volume).astype(int),
                "negative": np.asarray(negative).astype(int),
            }
        )
        self.con.register("frame", frame[frame.counted > 0])
        self.con.execute(
            """
            insert into rollup_5m by name
            select *, 'all' as facet, '' as value, bin_start::date as local_day, 0 as local_hour, counted as mentions, counted as scored,
                0 as neutral, counted - negative as positive, 0 as muted, 0 as own, 0 as spam, 0 as duplicates, 0 as churn
            from frame
            """
        )
        self.con.unregister("frame")

    def say(self, brand, texts):
        """Mentions as (created_at, text, label), or with a dict of further columns."""
        rows = [
            {
                "source": "x",
                "likes": None,
                "author_name": f"a{number}",
                "created_at": at,
                "text": text,
                "label": label,
                "intents": [found.name for found in intents(text, [brand.name.lower()], brand.rivals)],
                **dict(*more),
            }
            for number, (at, text, label, *more) in enumerate(texts)
        ]
        known = self.con.execute("select count(*) from mention").fetchall()[0][0]
        frame = pd.DataFrame(rows)
        frame["source_id"] = [str(known + number) for number in range(len(rows))]
        frame["likes"] = frame["likes"].astype("Int64")
        self.con.register("frame", frame)
        self.con.execute(
            """
            insert into mention by name
            select source, source_id, 'post' as kind, text, false as text_truncated, []::varchar[] as links, author_name, created_at,
                created_at as first_seen_at, created_at as fetched_at, likes, 'live' as state, false as is_spam, 1 as run_id
            from frame
            """
        )
        self.con.execute(
            """
            insert into mention_brand by name
            select source, source_id, ? as brand, created_at, 'text' as matched_by, []::varchar[] as matched_terms, label,
                intents::varchar[] as intents, []::varchar[] as topics, false as is_own, false as is_muted, true as counted,
                'vader' as scorer
            from frame
            """,
            [brand.name],
        )
        self.con.unregister("frame")


@pytest.fixture
def store():
    return Store()


@pytest.fixture(scope="module")
def short_memory(request):
    """Of two days more than a story's past, which ends at its module's NOW: to look back on nothing takes time."""
    with pytest.MonkeyPatch.context() as patched:
        for module in ("desk", "instruments"):
            patched.setattr(f"monitor.detect.{module}.MEMORY", timedelta(days=request.module.NOW // DAY + 2))
        yield
