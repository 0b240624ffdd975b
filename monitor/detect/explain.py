"""Why an incident is one: what is said, where, by whom, against the days before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import numpy as np

from monitor.config.models import Brand
from monitor.detect.evidence import Evidence, Named, RisingTerm, SourceShare
from monitor.detect.examples import Said, examples_of
from monitor.detect.incidents import Course
from monitor.detect.series import BIN, read_bins
from monitor.detect.signals import FLAGS
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
    """

    direction: Direction
    summary: str
    evidence: Evidence
    first: tuple[str, str] | None
    event: str | None


def explain(con: duckdb.DuckDBPyConnection, brand: Brand, course: Course, *, until: datetime) -> Reason:
    """The reason of an incident, read from the mentions of its time and of the seven days before.

    until  end of what is looked at, naive UTC: the incident's end, or as far as was judged

    Of more than 30,000 mentions a fixed sample is read and its counts are scaled up; `counted`, `negative`
    and `positive` are always whole. Words come from 3,000 texts of each side and are then counted in all that were read.
    Other incidents of the brand are no part of the days before.
    """
    totals, said = _read(con, brand.name, course.onset, until)
    counted, negative, positive, first = totals
    usual = _usual_mood(con, brand.name, course.onset)
    sources = _sources(con, brand.name, course.onset, until)
    scale = counted / len(said) if said else 0.0
    leaving, outage, thanks = (
        (round(scale * sum(flag)) for flag in zip(*((one.leaving, one.outage, one.thanks) for one in said), strict=True))
        if said
        else (0, 0, 0)
    )
    scored = sum(one.label is not None for one in said) * scale
    now = Mood(counted, scored, negative, positive, leaving, outage, thanks)
    direction = direction_of(now, usual.mood, usual_counted=sum(source.usual for source in sources))
    found = rising([one.text for one in said if one.text][:SAMPLE], usual.texts, hidden=_hidden(brand))
    terms = [_term(term, said, usual.texts, scale) for term in found]
    authors = Counter(one.author for one in said if one.author)
    event = _event(con, brand.name, course)
    evidence = Evidence(
        counted=counted,
        negative=negative,
        positive=positive,
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
        brand.name, direction, course, event=event, terms=[term.term for term in terms if 2 * term.count >= terms[0].count]
    )
    return Reason(direction, summary, evidence, first, event)


@dataclass(frozen=True, slots=True)
class _Usual:
    mood: Mood
    texts: Sequence[str]


def _read(
    con: duckdb.DuckDBPyConnection, brand: str, since: datetime, until: datetime
) -> tuple[tuple[int, int, int, tuple[str, str] | None], list[Said]]:
    rows = con.execute(
        f"""
        with said as (
            select
                source, source_id, created_at, channel, coalesce(author_name, author_id) as author, title, text, url,
                label, engagement
            from v_mentions
            where brand = ? and counted and created_at >= ? and created_at < ?
        ),
        totals as (
            select
                count(*) as counted,
                count(*) filter (where label = -1) as negative,
                count(*) filter (where label = 1) as positive,
                min((created_at, source, source_id)) as earliest
            from said
        ),
        part as (select * from said order by hash(source_id), source_id, source limit {READ})
        select totals.*, source, source_id, created_at, channel, author,
            concat_ws(chr(10), title, text), url, label, engagement, leaving, outage, thanks
        from (select *, {FLAGS} from part) cross join totals
        """,
        [brand, since, until],
    ).fetchall()
    if not rows:
        return (0, 0, 0, None), []
    counted, negative, positive, earliest = rows[0][:4]
    said = []
    for _, _, _, _, source, source_id, created_at, channel, author, text, url, label, engagement, *flags in rows:
        who = f"{source}:{author}" if author else None
        said.append(
            Said(
                source,
                source_id,
                created_at,
                channel,
                who,
                text or "",
                url,
                label,
                engagement,
                flags[0],
                flags[1],
                flags[2],
                folded(text or ""),
            )
        )
    _, source, source_id = earliest.values() if isinstance(earliest, dict) else earliest
    return (counted, negative, positive, (source, source_id)), said


def _usual_mood(con: duckdb.DuckDBPyConnection, brand: str, onset: datetime) -> _Usual:
    rows = con.execute(
        f"""
        with before as (
            select source, source_id, title, text, label
            from v_mentions
            where brand = ? and counted and created_at >= ? and created_at < ?
                and not exists (
                    select 1 from incident
                    where incident.brand = v_mentions.brand and incident.onset_at < ? and incident.resolved_at is not null
                        and v_mentions.created_at >= incident.onset_at and v_mentions.created_at < incident.resolved_at
                )
            order by hash(source_id), source_id, source
            limit {READ_BEFORE}
        )
        select label, leaving, outage, thanks, concat_ws(chr(10), title, text) from (select *, {FLAGS} from before)
        """,
        [brand, onset - BASELINE, onset, onset],
    ).fetchall()
    labels = Counter(label for label, *_ in rows)
    leaving, outage, thanks = (sum(flag) for flag in zip(*(row[1:4] for row in rows), strict=True)) if rows else (0, 0, 0)
    mood = Mood(len(rows), len(rows) - labels[None], labels[-1], labels[1], leaving, outage, thanks)
    return _Usual(mood, [folded(text) for *_, text in rows if text][:SAMPLE])


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
