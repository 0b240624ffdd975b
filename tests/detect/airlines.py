"""The airline set as a store, and whom the digest would quote of it; the set lies beside the repository and is no part of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from pathlib import Path

import duckdb

from monitor.collect.connector import Looked, Query
from monitor.config.models import Brand
from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.match import Matcher
from monitor.enrich.table import enrich
from monitor.mention import Engagement, Kind, Mention
from monitor.store.database import sync_brands
from monitor.store.upgrade import upgrade
from monitor.store.write import Batch, save
from monitor.tell.day import most_seen

AIRLINES = Path(__file__).parents[3] / "shared" / "data" / "sentiment" / "airline.jsonl"
FIRST, LAST = date(2015, 2, 17), date(2015, 2, 24)


@contextmanager
def airline_store(brands: Sequence[Brand]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A store in memory with all tweets of the set, each id without its prefix."""
    mentions = [_mention(json.loads(line)) for line in AIRLINES.read_text(encoding="utf-8").splitlines()]
    span = Looked("x", datetime.combine(FIRST, time(), UTC), datetime.combine(LAST + timedelta(days=2), time(), UTC))
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("set timezone = 'UTC'")
        upgrade(con)
        sync_brands(con, brands)
        enriched = enrich(mentions, matcher=Matcher(brands), scorer=BrandScorer(brands), threads={})
        save(con, [Batch(enriched, Query("x", "all"), 1, "1", {}, len(mentions), [span])], now=span.until)
        yield con


def airline_days(con: duckdb.DuckDBPyConnection, brands: Sequence[Brand], label: int, *, at_most: int = 5) -> Iterator[list[str]]:
    """The ids of what the digest would quote of each brand and local day as kind (1) or unkind (-1)."""
    for brand in brands:
        for offset in range((LAST - FIRST).days + 1):
            begin = datetime.combine(FIRST + timedelta(days=offset), time(), brand.zone).astimezone(UTC)
            shown = most_seen(con, brand.name, label, begin, begin + timedelta(days=1), at_most=at_most)
            yield [one.mention_id.partition(":")[2] for one in shown]


def _mention(row: dict) -> Mention:
    at = datetime.fromisoformat(row["ts"])
    return Mention(
        source="x",
        source_id=row["id"].removeprefix("airline:"),
        kind=Kind.POST,
        created_at=at,
        fetched_at=at,
        text=unescape(row["text"]),
        engagement=Engagement(reposts=row["rts"]),
    )
