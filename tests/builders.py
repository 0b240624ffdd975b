"""Mentions, brands and batches with everything filled in: a test names only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.collect.connector import Cursor, Query
from monitor.config.models import Brand
from monitor.enrich.linear.features import READ, STYLE
from monitor.enrich.linear.model import Model
from monitor.enrich.match import Matcher
from monitor.enrich.sentiment import VaderScorer
from monitor.enrich.table import enrich
from monitor.mention import Kind, Mention
from monitor.store.write import Batch

NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)
QUERY = Query("x", "streamly")


def after(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def mention(source_id: str = "1", text: str | None = "streamly is great", **changes: Any) -> Mention:
    """A post on X at noon, seen a minute later."""
    given: dict[str, Any] = {"source": "x", "kind": Kind.POST, "created_at": NOON, "fetched_at": after(1), "author_name": "ann"}
    return Mention(source_id=source_id, text=text, **{**given, **changes})


def brand(name: str = "Streamly", **changes: Any) -> Brand:
    """A brand whose rule is its name."""
    return Brand(**{"name": name, "rule": f'"{name}"', **changes})


def model(**changes: Any) -> Model:
    """A model that knows three words and goes by what `vader-brand` reads."""
    given: dict[str, Any] = {
        "rows": 60,
        "macro_f1": 0.7,
        "step": 0.05,
        "start": [-1.0, -1.0],
        "lean": [0.5, -0.5],
        "read": {name: [0.0, 0.0] for name in READ} | {"compound": [-3.0, 3.0]},
        "style": {name: [0.0, 0.0] for name in STYLE},
        "words": {"late": [100, -40], "late again": [60, -20], "smooth": [-30, 110]},
    }
    return Model(**given | changes)


def batch(
    *mentions: Mention, brands: Sequence[Brand] = (), run_id: int = 1, cursor: Cursor | None = None, query: Query = QUERY, **changes: Any
) -> Batch:
    """One page as it comes to the store, matched and scored."""
    given: dict[str, Any] = {"direction": "live", "seen": len(mentions)}
    enriched = enrich(mentions, matcher=Matcher(brands or [brand()]), scorer=VaderScorer(), threads={})
    return Batch(enriched=enriched, query=query, run_id=run_id, cursor=cursor or {}, **{**given, **changes})
