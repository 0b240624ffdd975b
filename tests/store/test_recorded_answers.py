"""One recorded Reddit listing and one X search page go through their mapping functions into the store."""

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from connectors.reddit import mentions_from_listing
from connectors.x import mentions_from_search
from monitor.collect.connector import Query
from monitor.config.models import Brand
from monitor.enrich.match import Matcher
from monitor.enrich.sentiment import VaderScorer
from monitor.enrich.table import enrich
from monitor.store.database import sync_brands
from monitor.store.upgrade import upgrade
from monitor.store.write import Batch, save

ANSWERS = Path(__file__).parents[3] / "shared" / "data" / "api"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "mapping", "rule", "count"),
    [
        pytest.param("reddit/listing_new_submissions.json", mentions_from_listing, "link:reddit OR what OR you OR the", None, id="reddit"),
        pytest.param("x/search_all_to_brand.json", mentions_from_search, "@kfc", 206, id="x"),
    ],
)
def test_a_recorded_page_is_stored_once(name, mapping, rule, count):
    path = ANSWERS / name
    if not path.exists():
        pytest.skip(f"no recorded answer at {path}")
    body = json.loads(json.loads(path.read_text())["interactions"][-1 if "reddit" in name else 0]["response"]["body"])
    mentions, set_aside = mapping(body, NOW)
    brands = [Brand(name="Watched", rule=rule)]
    enriched = enrich(mentions, matcher=Matcher(brands), scorer=VaderScorer(), threads={})
    con = duckdb.connect(config={"threads": 1})
    con.execute("set timezone = 'UTC'")
    upgrade(con)
    sync_brands(con, brands)
    batch = Batch(enriched, Query("recorded", name), 1, "1", {}, len(mentions))
    first = save(con, [batch], now=NOW)
    again = save(con, [batch], now=NOW)
    assert not set_aside
    assert (first.new, again.new, again.changed) == (enriched.mentions.num_rows, 0, 0)
    assert first.new > 20
    assert count is None or len(mentions) == count
    assert con.execute("select sum(mentions) from rollup_day where facet = 'all'").fetchall()[0][0] == first.new
    con.close()
