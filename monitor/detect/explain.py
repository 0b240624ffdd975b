"""Why an incident is one: what is said, where, by whom, against the days before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np

from monitor.config.models import Brand
from monitor.detect.course import Course
from monitor.detect.evidence import Evidence, Named, RisingTerm, SourceShare
from monitor.detect.examples import Said, examples_of
from monitor.detect.series import BIN, read_bins
from monitor.detect.signals import flags
from monitor.detect.spill import spill_from
from monitor.detect.terms import Rising, hidden_words, rising
from monitor.detect.verdict import Direction, Mood, direction_of, summary_of
from monitor.rule import And, Node, Not, Or, Term, parse_rule, term_for
from monitor.text import folded

BASELINE = timedelta(days=7)
EVENT_WITHIN = timedelta(hours=24)
# rows read of the incident, of the baseline, and texts of each that are taken apart into words
READ, READ_BEFORE, SAMPLE = 30_000, 6_000, 3_000


@dataclass(frozen=True, slots=True)
class Reason:
    """An incident's texts, as far as they tell what it is.

    first  source and source id of its first mention; None where there is none
    event  name of the known event it follows
    spill  the other brand whose story this really is
    """

    direction: Direction
    summary: str
    evidence: Evidence
    first: tuple[str, str] | None
    event: str | None
    spill: str | None


def explain(con: duckdb.DuckDBPyConnection, brand: Brand, course: Course, *, until: datetime) -> Reason:
    """The reason of an incident, read from the mentions of its time and of the seven days before.

    until  end of what is looked at, naive UTC: the incident's end, or as far as was judged

    Of more than 30,000 mentions a fixed sample is read and its counts are scaled up; `counted`, `negative`
    and `positive` are always whole. Words come from 3,000 texts of each side and are then counted in all that were read.
    Other incidents of the brand are no part of the days before.
    """
    totals, said = _read(con, brand.name, course.onset, until)
    counted = totals.counted
    usual = _usual(con, brand.name, course.onset)
    sources = _sources(con, brand.name, course.onset, until)
    scale = counted / len(said) if said else 0.0
    leaving, outage, thanks = (
        (round(scale * sum(flag)) for flag in zip(*((one.leaving, one.outage, one.thanks) for one in said), strict=True))
        if said
        else (0, 0, 0)
    )
    usual_counted = sum(source.usual for source in sources)
    direction = direction_of(_mood(said, scale), usual.mood, usual_counted=usual.alone * usual_counted)
    spill = spill_from(con, brand.name, course.onset, until, usual=usual_counted)
    found = rising([one.text for one in said if one.text][:SAMPLE], usual.texts, hidden=_hidden(brand))
    terms = [_term(term, said, usual.texts, scale) for term in found]
    authors = Counter(one.author for one in said if one.author)
    event = _event(con, brand.name, course)
    evidence = Evidence(
        counted=counted,
        negative=totals.negative,
        positive=totals.positive,
        terms=terms,
        sources=sources,
        rivals=_rivals(brand, said, scale),
        leaving=leaving,
        outage=outage,
        thanks=thanks,
        authors=round(len(authors) * scale) if scale > 1 else len(authors),
        top_author_share=max(authors.values()) / len(said) if authors else None,
        examples=examples_of(said, direction, found),
        coverage=_coverage(con, brand.name, course.onset, until),
        query=_query(brand.name, course.onset, until),
    )
    summary = summary_of(
        brand.name,
        direction,
        course,
        event=f"spill-over from {spill}" if spill else event,
        terms=[term.term for term in terms if 2 * term.count >= terms[0].count],
    )
    return Reason(direction, summary, evidence, totals.first, event, spill)


@dataclass(frozen=True, slots=True)
class _Usual:
    """The days before: mood and texts of a sample, and which part of it names no other brand."""

    mood: Mood
    alone: float
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Totals:
    counted: int
    negative: int
    positive: int
    first: tuple[str, str] | None


def _mood(said: Sequence[Said], scale: float) -> Mood:
    """The mood of the mentions that name this brand alone: of two brands, a label does not say which it blames."""
    alone = [one for one in said if not one.shared]
    return Mood(
        counted=scale * len(alone),
        scored=scale * sum(one.label is not None for one in alone),
        negative=scale * sum(one.label == -1 for one in alone),
        positive=scale * sum(one.label == 1 for one in alone),
        leaving=scale * sum(one.leaving for one in alone),
        outage=scale * sum(one.outage for one in alone),
        thanks=scale * sum(one.thanks for one in alone),
    )


def _read(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> tuple[_Totals, list[Said]]:
    totals = con.execute(
        """
        select count(*), count(*) filter (where label = -1), count(*) filter (where label = 1),
            min({'at': created_at, 'source': source, 'source_id': source_id})
        from mention_brand
        where brand = ? and counted and created_at >= ? and created_at < ?
        """,
        [brand, since, until],
    ).fetchall()[0]
    said = _said(con, brand, since, until, before=None, at_most=READ)
    counted, negative, positive, earliest = totals
    first = (earliest["source"], earliest["source_id"]) if earliest else None
    return _Totals(counted, negative, positive, first), said


def _usual(con: duckdb.DuckDBPyConnection, brand: str, onset: datetime) -> _Usual:
    said = _said(con, brand, onset - BASELINE, onset, before=onset, at_most=READ_BEFORE)
    alone = sum(not one.shared for one in said) / len(said) if said else 0.0
    return _Usual(_mood(said, 1.0), alone, [one.text for one in said if one.text][:SAMPLE])


def _said(
    con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime, *, before: datetime | None, at_most: int
) -> list[Said]:
    """Counted mentions of a stretch, a fixed sample where there are more; `before` leaves out incidents that began before it."""
    rows = con.execute(
        f"""
        with named as (
            select source, source_id, created_at, label
            from mention_brand
            where brand = $brand and counted and created_at >= $since and created_at < $until
                and not exists (
                    select 1 from incident
                    where incident.brand = $brand and incident.onset_at < $before
                        and created_at >= incident.onset_at and created_at < coalesce(incident.resolved_at, $until)
                )
            order by hash(source_id), source_id, source
            limit {at_most}
        ),
        others as (
            select distinct source, source_id
            from mention_brand
            where brand <> $brand and created_at >= $since and created_at < $until
        ),
        said as (
            select
                source, source_id, created_at, channel, coalesce(author_name, author_id) as author, title, text, url, named.label,
                case when coalesce(likes, replies, reposts, quotes, score) is not null
                    then coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) + coalesce(score, 0)
                end as engagement,
                others.source is not null as shared
            from named
            join mention using (source, source_id, created_at)
            left join others using (source, source_id)
            where created_at >= $since and created_at < $until
        )
        select source, source_id, created_at, channel, source || ':' || author, concat_ws(chr(10), title, text), url, label, engagement,
            leaving, outage, thanks, shared
        from (select *, {flags(brand)} from said)
        order by hash(source_id), source_id, source
        """,
        {"brand": brand, "since": since, "until": until, "before": before},
    ).fetchall()
    columns: list[list[Any]] = [[*row, folded(row[5])] for row in rows]
    return [Said(*values) for values in columns]


def _sources(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> list[SourceShare]:
    """The sources in the order in which the rise reached them.

    A source has risen in the first bin at which its last 15 minutes hold 3 mentions or more, and more than
    their usual number u by u + 2 sqrt(u).
    """
    rows = con.execute(
        """
        select source, bin_start, sum(counted)
        from rollup_5m
        where brand = ? and facet = 'all' and bin_start >= ? and bin_start < ?
        group by source, bin_start
        order by source, bin_start
        """,
        [brand, since - BASELINE, until],
    ).fetchall()
    size = max(1, (until - since) // BIN)
    shares = []
    for source in sorted({row[0] for row in rows}):
        own = [(bin_start, float(count)) for name, bin_start, count in rows if name == source]
        before = sum(count for bin_start, count in own if bin_start < since)
        known = min(BASELINE, since - own[0][0]) // BIN if own[0][0] < since else 0
        rate = before / known if known else 0.0
        counts = np.zeros(size)
        for bin_start, count in own:
            if bin_start >= since:
                counts[(bin_start - since) // BIN] = count
        if not counts.sum():
            continue
        quarter = np.convolve(counts, np.ones(3))[:size]
        risen = np.flatnonzero(quarter >= max(3.0, 6 * rate + 2 * (3 * rate) ** 0.5))
        lag = int(risen[0]) * 5 if len(risen) else None
        shares.append(SourceShare(source, int(counts.sum()), round(rate * size, 1), lag))
    return sorted(shares, key=lambda one: (one.lag_minutes is None, one.lag_minutes, -one.count, one.source))


def _term(term: Rising, said: Sequence[Said], usual: Sequence[str], scale: float) -> RisingTerm:
    pattern, word = term.pattern(), term.words[0]
    count = sum(1 for one in said if word in one.text and pattern.search(one.text))
    before = sum(1 for text in usual if word in text and pattern.search(text))
    return RisingTerm(term.term, round(count * scale), round(before / len(usual) * len(said) * scale, 1) if usual else 0.0)


def _rivals(brand: Brand, said: Sequence[Said], scale: float) -> list[Named]:
    complaints = [one.text for one in said if one.text and (one.label == -1 or one.leaving)]
    named = []
    for rival in brand.rivals:
        term = term_for(rival)
        count = sum(1 for text in complaints if term.needle in text and term.pattern.search(text))
        if count:
            named.append(Named(rival, round(count * scale)))
    return sorted(named, key=lambda one: (-one.count, one.name))


def _hidden(brand: Brand) -> frozenset[str]:
    handles = [handle.partition(":")[2] for handle in brand.own_handles]
    return hidden_words([brand.name, *brand.rivals, *handles, *_terms_of(parse_rule(brand.rule))])


def _terms_of(node: Node) -> list[str]:
    match node:
        case Term():
            return [node.written]
        case And() | Or():
            return [written for part in node.parts for written in _terms_of(part)]
        case Not():
            return []
        case _:
            return []


def _event(con: duckdb.DuckDBPyConnection, brand: str, course: Course) -> str | None:
    rows = con.execute(
        "select name from event where brand = ? and happened_at >= ? and happened_at <= ? order by happened_at desc, name limit 1",
        [brand, course.onset - EVENT_WITHIN, course.alerted_at],
    ).fetchall()
    return rows[0][0] if rows else None


def _coverage(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> float | None:
    bins = read_bins(con, brand, since, until)
    return round(float(np.mean(~np.isnan(bins.volume))), 4) if len(bins) else None


def _query(brand: str, since: datetime, until: datetime) -> str:
    return (
        "select count(*) as counted\nfrom v_mentions\n"
        f"where brand = '{brand.replace(chr(39), chr(39) * 2)}'\n    and counted\n"
        f"    and created_at >= timestamp '{since}'\n    and created_at < timestamp '{until}'"
    )
