"""How much of what an incident brought, against the days before: whole, whatever its size: from narrow columns and the rollups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

import duckdb
import numpy as np

from monitor.detect.evidence import FacetShare, SourceShare
from monitor.detect.said import BASELINE
from monitor.detect.series import BIN

# other incidents of the brand are no part of the days before; $since, $until, $begin are bins
_STRETCH = """
    from rollup_5m
    where brand = $brand and bin_start >= $begin and bin_start < $until
        and (
            bin_start >= $since
            or not exists (
                select 1 from incident
                where incident.brand = $brand and incident.onset_at < $since
                    and bin_start >= incident.onset_at and bin_start < coalesce(incident.resolved_at, $until)
            )
        )
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures of an incident and of as long a stretch of the seven days before it.

    counted, negative, positive  mentions of the incident
    first    source and source id of the earliest; None where there is none
    before   counted ones of the days before
    usual    counted ones that as long a stretch usually brings
    copies   mentions that repeat an earlier text, which do not count
    sources  in the order in which the rise reached them
    intents, topics  the largest part of the excess first; only those that are more than usual
    """

    counted: int
    negative: int
    positive: int
    first: tuple[str, str] | None
    before: int
    usual: float
    copies: int
    sources: Sequence[SourceShare]
    intents: Sequence[FacetShare]
    topics: Sequence[FacetShare]


def count(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> Counts:
    """The figures of [since, until), whole bins, naive UTC."""
    values = {"brand": brand, "begin": since - BASELINE, "since": since, "until": until}
    [(counted, negative, positive, earliest)] = con.execute(
        """
        select count(*), count(*) filter (where label = -1), count(*) filter (where label = 1),
            min({'at': created_at, 'source': source, 'source_id': source_id})
        from mention_brand
        where brand = ? and counted and created_at >= ? and created_at < ?
        """,
        [brand, since, until],
    ).fetchall()
    bins = con.execute(
        f"""
        select source, case when bin_start >= $since then bin_start end as bin_now, sum(counted), sum(duplicates)
        {_STRETCH} and facet = 'all'
        group by all
        order by source, bin_now nulls first
        """,
        values,
    ).fetchall()
    known = _known_bins(con, brand, since)
    size = max(1, (until - since) // BIN)
    part = size / known if known else 0.0
    copies = int(sum(row[3] for row in bins if row[1] is not None))
    before = int(sum(row[2] for row in bins if row[1] is None))
    usual = part * before
    intents, topics = _facets(con, values, part=part, excess=counted - usual)
    first = (earliest["source"], earliest["source_id"]) if earliest else None
    return Counts(counted, negative, positive, first, before, usual, copies, _sources(bins, since, size, part), intents, topics)


def _known_bins(con: duckdb.DuckDBPyConnection, brand: str, since: datetime) -> int:
    """How many five-minute bins of the days before say what is usual: from the first mention on, without other incidents."""
    values = {"brand": brand, "begin": since - BASELINE, "since": since}
    [(first,)] = con.execute(
        "select min(bin_start) from rollup_5m where brand = $brand and facet = 'all' and bin_start >= $begin and bin_start < $since", values
    ).fetchall()
    if first is None:
        return 0
    others = con.execute(
        """
        select greatest(onset_at, $first), least(coalesce(resolved_at, $since), $since) from incident
        where brand = $brand and onset_at < $since and coalesce(resolved_at, $since) > $first
        """,
        {"brand": brand, "first": first, "since": since},
    ).fetchall()
    taken = sum(((end - begin) for begin, end in others), start=timedelta(0))
    return int(max(timedelta(0), since - first - taken) // BIN)


def _facets(
    con: duckdb.DuckDBPyConnection, values: dict[str, Any], *, part: float, excess: float
) -> tuple[list[FacetShare], list[FacetShare]]:
    """Intents and topics; thanks in a complaint are no praise."""
    rows = con.execute(
        f"""
        with spoken as (
            select
                case facet when 'all' then 'intent' else facet end as facet,
                case facet when 'all' then 'churn' else value end as value,
                bin_start >= $since as is_now,
                case
                    when facet = 'all' then churn
                    when facet = 'intent' and value = 'praise' then counted - negative
                    else counted
                end as said
            {_STRETCH}
        )
        select facet, value, coalesce(sum(said) filter (where is_now), 0), coalesce(sum(said) filter (where not is_now), 0)
        from spoken
        group by facet, value
        having count(*) filter (where is_now) > 0
        """,
        values,
    ).fetchall()
    found: dict[str, list[FacetShare]] = {"intent": [], "topic": []}
    for facet, value, said, before in rows:
        usual = part * before
        if said > usual:
            share = round((said - usual) / excess, 4) if excess >= 1 else None
            found[facet].append(FacetShare(value, int(said), round(usual, 1), share))
    for shares in found.values():
        shares.sort(key=lambda one: (one.usual - one.count, one.name))
    return found["intent"], found["topic"]


def _sources(bins: Sequence[tuple[Any, ...]], since: datetime, size: int, part: float) -> list[SourceShare]:
    """The sources in the order in which the rise reached them.

    A source has risen in the first bin at which its last 15 minutes hold 3 mentions or more, and more than
    their usual number u by u + 2 sqrt(u).
    """
    shares = []
    for source in sorted({row[0] for row in bins}):
        own = [(row[1], float(row[2])) for row in bins if row[0] == source]
        counts = np.zeros(size)
        for bin_start, counted in own:
            if bin_start is not None:
                counts[(bin_start - since) // BIN] = counted
        if not counts.sum():
            continue
        usual = part * sum(counted for bin_start, counted in own if bin_start is None)
        rate = usual / size
        quarter = np.convolve(counts, np.ones(3))[:size]
        risen = np.flatnonzero(quarter >= max(3.0, 6 * rate + 2 * sqrt(3 * rate)))
        shares.append(SourceShare(source, int(counts.sum()), round(usual, 1), int(risen[0]) * 5 if len(risen) else None))
    return sorted(shares, key=lambda one: (one.lag_minutes is None, one.lag_minutes, -one.count, one.source))
