"""Why an incident is one: what is said, where, by whom, against the days before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import numpy as np

from monitor.config.models import Brand
from monitor.detect.beside import beside
from monitor.detect.counts import Counts, count
from monitor.detect.course import Course
from monitor.detect.evidence import ONE_ACCOUNT, Evidence, Example, Named, Outage, RisingTerm
from monitor.detect.examples import examples_of
from monitor.detect.outage import outage_of
from monitor.detect.said import BASELINE, READ, READ_BEFORE, Said, read_earliest, read_said
from monitor.detect.series import read_bins
from monitor.detect.spill import spill_from
from monitor.detect.spread import first_of, loudest_of, reach_of, thread_of
from monitor.detect.terms import Rising, causes_of, hidden_words, rising
from monitor.detect.verdict import Direction, Mood, direction_of, summary_of
from monitor.rule import And, Node, Not, Or, Term, parse_rule, term_for

EVENT_WITHIN = timedelta(hours=24)
# texts of each side that are taken apart into words
SAMPLE = 3_000
# among which the first one that says it is looked for, where not all are read
EARLY = 1_000
CAUSES = 5
# from this part of the mentions on, one account is the story
LOUD_ALONE = 1 / 3


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

    Numbers of mentions, intents, topics, sources, threads, authors and reach are whole. Terms, names and rivals are those of
    at most 10,000 mentions, a fixed sample scaled up; words come from 3,000 texts of each side and are then counted in all
    that were read. Other incidents of the brand are no part of the days before.
    """
    since = course.onset
    counts = count(con, brand.name, since, until)
    said = read_said(con, brand.name, since, until, at_most=READ, out_of=counts.counted)
    before = read_said(con, brand.name, since - BASELINE, since, before=since, at_most=READ_BEFORE, out_of=counts.before)
    early = said if counts.counted <= READ else read_earliest(con, brand.name, since, until, at_most=EARLY)
    scale = counts.counted / len(said) if said else 0.0
    direction = _direction(said, before, counts, scale)
    spill = spill_from(con, brand.name, since, until, usual=counts.usual)
    event, event_at = _event(con, brand.name, course)
    usual = [one.text for one in before if one.text][:SAMPLE]
    found = rising([one.text for one in said if one.text][:SAMPLE], usual, hidden=_hidden(brand))
    terms = [_term(term, said, usual, scale=scale, usual_counted=counts.usual) for term in found]
    with_brand, rule = beside(brand, said[:SAMPLE], before[:SAMPLE], scale=counts.counted / min(len(said), SAMPLE) if said else 0.0)
    reach, authors = reach_of(con, brand.name, since, until)
    top_author_share, loudest = loudest_of(said)
    evidence = Evidence(
        counted=counts.counted,
        negative=counts.negative,
        positive=counts.positive,
        terms=terms,
        sources=list(counts.sources),
        rivals=_rivals(brand, said, scale),
        authors=authors,
        top_author_share=top_author_share,
        examples=examples_of(said, direction, found),
        coverage=_coverage(con, brand.name, since, until),
        query=_query(brand.name, since, until),
        causes=_causes(terms, loudest, top_author_share),
        intents=list(counts.intents),
        topics=list(counts.topics),
        beside=with_brand,
        rule=rule,
        outage_window=_outage(con, brand.name, course, until, said, counts) if direction == "outage" else None,
        first=first_of(early, [term.pattern() for term in found]),
        thread=thread_of(con, brand.name, since, until, said, counted=counts.counted),
        loudest=loudest,
        copies=counts.copies,
        reach=reach,
        heard=None if spill else course.heard,
        event_at=event_at,
    )
    summary = summary_of(
        brand.name,
        direction,
        course,
        event=f"spill-over from {spill}" if spill else event,
        terms=evidence.causes,
    )
    return Reason(direction, summary, evidence, counts.first, event, spill)


def _direction(said: Sequence[Said], before: Sequence[Said], counts: Counts, scale: float) -> Direction:
    """The direction, by the mentions that name this brand alone."""
    alone = sum(not one.is_shared for one in before) / len(before) if before else 0.0
    return direction_of(_mood(said, scale), _mood(before, 1.0), usual_counted=alone * counts.usual)


def _mood(said: Sequence[Said], scale: float) -> Mood:
    """The mood of the mentions that name this brand alone: of two brands, a label does not say which it blames."""
    alone = [one for one in said if not one.is_shared]
    return Mood(
        counted=scale * len(alone),
        scored=scale * sum(one.label is not None for one in alone),
        negative=scale * sum(one.label == -1 for one in alone),
        positive=scale * sum(one.label == 1 for one in alone),
        leaving=scale * sum(one.is_leaving for one in alone),
        outage=scale * sum(one.is_outage for one in alone),
        praise=scale * sum(one.is_praise for one in alone),
    )


def _outage(
    con: duckdb.DuckDBPyConnection, brand: str, course: Course, until: datetime, said: Sequence[Said], counts: Counts
) -> Outage | None:
    usual = next((one.usual for one in counts.intents if one.name == "outage_report"), 0.0)
    return outage_of(con, brand, course.onset, until, said, usual=usual, is_over=course.resolved_at is not None)


def _term(term: Rising, said: Sequence[Said], usual: Sequence[str], *, scale: float, usual_counted: float) -> RisingTerm:
    pattern, word = term.pattern(), term.words[0]
    count = sum(1 for one in said if word in one.text and pattern.search(one.text))
    before = sum(1 for text in usual if word in text and pattern.search(text))
    return RisingTerm(term.term, round(count * scale), round(before / len(usual) * usual_counted, 1) if usual else 0.0)


def _causes(terms: Sequence[RisingTerm], loudest: Example | None, share: float | None) -> list[str]:
    """What it is about: one account where it wrote a third or more, then the terms that are said a third as often as the first, or more."""
    told = causes_of(term.term for term in terms if 3 * term.count >= terms[0].count)
    if loudest and share is not None and share >= LOUD_ALONE:
        # without its name, which is erased with its texts
        told.insert(0, ONE_ACCOUNT)
    return told[:CAUSES]


def _rivals(brand: Brand, said: Sequence[Said], scale: float) -> list[Named]:
    """Who is named by those who leave: where they say they go, and configured rivals beside it; of others three leavers or more."""
    leavers = [one for one in said if one.is_leaving]
    known = {rival: term_for(rival) for rival in brand.rivals}
    counts: Counter[str] = Counter()
    for one in leavers:
        named = {intent.removeprefix("switch_to:") for intent in one.intents if intent.startswith("switch_to:")}
        named |= {rival for rival, term in known.items() if term.needle in one.text and term.pattern.search(one.text)}
        counts.update(named)
    told = [Named(name, round(count * scale)) for name, count in counts.items() if name in known or count >= 3]
    return sorted(told, key=lambda one: (-one.count, one.name))


def _hidden(brand: Brand) -> frozenset[str]:
    handles = [handle.partition(":")[2] for handle in brand.own_handles]
    return hidden_words([brand.name, *handles, *_terms_of(parse_rule(brand.rule))])


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


def _event(con: duckdb.DuckDBPyConnection, brand: str, course: Course) -> tuple[str | None, str | None]:
    """The newest known event before it was noticed, and when that was."""
    rows = con.execute(
        "select name, happened_at from event where brand = ? and happened_at >= ? and happened_at <= ? "
        "order by happened_at desc, name limit 1",
        [brand, course.onset - EVENT_WITHIN, course.alerted_at],
    ).fetchall()
    return (rows[0][0], rows[0][1].isoformat() + "Z") if rows else (None, None)


def _coverage(con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime) -> float | None:
    bins = read_bins(con, brand, since, until)
    return round(float(np.mean(~np.isnan(bins.volume))), 4) if len(bins) else None


def _query(brand: str, since: datetime, until: datetime) -> str:
    return (
        "select count(*) as counted\nfrom v_mentions\n"
        f"where brand = '{brand.replace(chr(39), chr(39) * 2)}'\n    and counted\n"
        f"    and created_at >= timestamp '{since}'\n    and created_at < timestamp '{until}'"
    )
