"""Made rows for the benchmarks of the store: the story's texts, said again by others of twenty brands, as many as are wanted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import yaml

from monitor.config.models import Brand, Config
from monitor.enrich.duplicates import KEYS, MOST
from monitor.enrich.table import BRAND_COLUMNS, MENTION_COLUMNS, Enriched, enrich
from monitor.gather.enricher import Enricher
from monitor.story.configuration import CONFIG
from monitor.story.story import make_story

DAYS = 90
UNTIL = datetime(2026, 6, 30, tzinfo=UTC).replace(tzinfo=None)
CHUNK = 100_000
BRANDS = 20


class Rows:
    """Texts of the made story with one brand each, resampled over the days before `UNTIL`; every one is a text of its own.

    Brands are spoken of by Zipf's law: the first of twenty in 28 of 100 texts, the second in half as many.
    """

    def __init__(self, *, seed: int = 1, scale: float = 0.3, days: int = DAYS) -> None:
        self.days = days
        self.config = Config.model_validate({**yaml.safe_load(CONFIG), "sources": {}})
        enricher = Enricher.of(self.config)
        told = [seen for seen in make_story(seed=seed, scale=scale).observations if seen.text]
        page = enrich(told, matcher=enricher.matcher, scorer=enricher.scorer, threads={})
        brands = dict(zip(page.brands["source_id"].to_pylist(), range(page.brands.num_rows), strict=True))
        ids = page.mentions["source_id"].to_pylist()
        several = page.brands["source_id"].value_counts().to_pylist()
        single = {each["values"] for each in several if each["counts"] == 1}
        places = [(place, brands[name]) for place, name in enumerate(ids) if name in single]
        self._mentions = page.mentions.take([place for place, _ in places]).combine_chunks()
        self._brands = page.brands.take([place for _, place in places]).combine_chunks()
        self._random = np.random.default_rng(seed)
        known = self.config.brands
        self.brands = [*known, *(Brand(name=f"Brand {number}", rule=f'"brand {number}"') for number in range(len(known) + 1, BRANDS + 1))]
        self._names = np.array([brand.name for brand in self.brands])
        self._shares = 1 / np.arange(1, BRANDS + 1) / (1 / np.arange(1, BRANDS + 1)).sum()

    def chunks(self, count: int) -> Iterator[Enriched]:
        """So many texts in the order of time, at most `CHUNK` at once."""
        step = timedelta(days=self.days) / count
        for first in range(0, count, CHUNK):
            yield self.page(first, min(CHUNK, count - first), UNTIL - timedelta(days=self.days) + first * step, step)

    def page(self, first: int, size: int, since: datetime, step: timedelta) -> Enriched:
        """Texts numbered from `first`, said one after the other."""
        taken = self._random.integers(0, self._mentions.num_rows, size)
        ids = pa.array([f"n{number}" for number in range(first, first + size)])
        start, gap = np.datetime64(since, "us"), np.timedelta64(round(step.total_seconds() * 1e6), "us")
        times = pa.array(start + np.arange(size) * gap, pa.timestamp("us"))
        marks = np.sort(self._random.integers(0, 1 << 16, (size, MOST), dtype=np.uint16), axis=1)
        put: dict[str, pa.Array] = {"source_id": ids, "created_at": times, "fetched_at": times, "engagement_at": times}
        put["marks"] = pa.ListArray.from_arrays(np.arange(0, size * MOST + 1, MOST, dtype=np.int32), marks.ravel())
        put |= {key: pa.array(self._random.integers(0, 1 << 32, size, dtype=np.uint32)) for key in KEYS}
        mentions = _with(self._mentions.take(taken), put, MENTION_COLUMNS)
        named = {"source_id": ids, "created_at": times, "brand": pa.array(self._random.choice(self._names, size, p=self._shares))}
        return Enriched(mentions, _with(self._brands.take(taken), named, BRAND_COLUMNS), ())


def _with(table: pa.Table, columns: dict[str, pa.Array], schema: pa.Schema) -> pa.Table:
    return pa.table([columns.get(name, table[name]) for name in schema.names], schema=schema)
