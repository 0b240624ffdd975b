"""Texts whose source tells another time at each sight: they keep the time of the first."""

from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from monitor.enrich.table import Enriched, naive
from monitor.mention import Mention


def settled(con: duckdb.DuckDBPyConnection, enriched: Enriched) -> Enriched:
    """The same page with the times under which its texts are stored.

    The whole source is looked through, since the bounds of the page's own times would miss them.
    """
    ids = [*enriched.mentions["source_id"].to_pylist(), *(mention.source_id for mention in enriched.gone)]
    if not ids:
        return enriched
    rows = con.execute(
        "select source, source_id, created_at from mention where source_id in (select unnest(?::varchar[]))", [ids]
    ).fetchall()
    known: dict[tuple[str, str], datetime] = {(source, source_id): created_at for source, source_id, created_at in rows}
    if not known:
        return enriched
    return Enriched(
        mentions=_with_times(enriched.mentions, known),
        brands=_with_times(enriched.brands, known),
        gone=[_as_known(mention, known) for mention in enriched.gone],
    )


def _with_times(table: pa.Table, known: dict[tuple[str, str], datetime]) -> pa.Table:
    columns = (table[name].to_pylist() for name in ("source", "source_id", "created_at"))
    times = [known.get((source, source_id), created_at) for source, source_id, created_at in zip(*columns, strict=True)]
    place = table.column_names.index("created_at")
    return table.set_column(place, table.schema.field(place), pa.array(times, pa.timestamp("us")))


def _as_known(mention: Mention, known: dict[tuple[str, str], datetime]) -> Mention:
    at = known.get(mention.key, naive(mention.created_at))
    return mention if at is None else replace(mention, created_at=at.replace(tzinfo=UTC))
