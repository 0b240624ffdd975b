"""An incident in words: what happened, how much, why, and how surely; the same story in terminal, mail and alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.detect.evidence import Evidence, Example
from monitor.detect.records import Incident
from monitor.tell.words import (
    clock,
    count_of,
    day_clock,
    duration,
    labelled,
    number,
    one_line,
    percent,
    place_words,
    safe_link,
    source_words,
    weekday_clock,
    zone_words,
)
from monitor.text import plain

_TERMS = 5
_EXAMPLES = 3
# a part of the mentions from which leaving, faults and praise are worth a word
_WORTH = 0.05


@dataclass(frozen=True, slots=True)
class Said:
    """One mention as it is quoted: text cut and on one line, link only where it is http or https."""

    text: str
    where: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """An incident in words, for text and HTML alike.

    title    direction and brand
    span     from when to when, in the reader's zone
    noticed  how soon, or that an import found it
    event    the known event it follows, with its time where that is known
    figures  how many, against what is usual
    facts    pairs of a label and what stands behind it; only what is known
    """

    title: str
    span: str
    severity: str
    noticed: str
    event: str | None
    figures: str
    facts: Sequence[tuple[str, str]]
    examples: Sequence[Said]
    query: str


def story(incident: Incident, *, zone: tzinfo = UTC, event_at: datetime | None = None) -> Story:
    """What there is to tell of an incident.

    zone      of the reader
    event_at  when the event it follows took place, where that is known
    """
    return Story(
        title=f"{incident.direction.upper()}  {one_line(incident.brand)}",
        span=_span(incident, zone),
        severity=incident.severity,
        noticed=_noticed(incident),
        event=_event(incident, zone, event_at),
        figures=_figures(incident, zone),
        facts=[(label, text) for label, text in _facts(incident) if text],
        examples=[_said(example, zone) for example in incident.evidence.examples[:_EXAMPLES]],
        query=incident.evidence.query,
    )


def incident_lines(incident: Incident, *, zone: tzinfo = UTC, event_at: datetime | None = None, with_query: bool = False) -> list[str]:
    """The plain-text block of an incident; no line holds a control character.

    with_query  add the SQL that proves it
    """
    told = story(incident, zone=zone, event_at=event_at)
    lines = [f"{told.title}   {told.span}      {told.severity}, {told.noticed}"]
    lines += [f"   {told.event}"] if told.event else []
    lines += [f"   {told.figures}"]
    for label, text in told.facts:
        lines += labelled(label, text, label_width=17, indent=3)
    for n, said in enumerate(told.examples):
        lines += labelled("" if n else "Said", f"“{said.text}” ({said.where})", label_width=17, indent=3)
        lines += labelled("", said.link, label_width=17, indent=3) if said.link else []
    if with_query:
        lines += ["   The query behind this", *(f"     {plain(line)}" for line in told.query.splitlines())]
    return lines


def _span(incident: Incident, zone: tzinfo) -> str:
    begun = day_clock(incident.onset_at, zone)
    if incident.resolved_at is None:
        return f"since {begun} {zone_words(zone)}, still going on"
    days = (incident.resolved_at.astimezone(zone).date() - incident.onset_at.astimezone(zone).date()).days
    ended = (clock if days == 0 else weekday_clock if days < 7 else day_clock)(incident.resolved_at, zone)
    return f"{begun} → {ended} {zone_words(zone)}"


def _noticed(incident: Incident) -> str:
    if incident.origin == "backfill":
        return "found in imported history, nobody was alerted"
    by = " by a rule" if incident.found_by == "rule" else ""
    return f"noticed{by} {duration(incident.noticed_at - incident.onset_at)} after the first post"


def _event(incident: Incident, zone: tzinfo, event_at: datetime | None) -> str | None:
    if incident.event is None:
        return None
    return f"“{one_line(incident.event)}” (event{f', {weekday_clock(event_at, zone)}' if event_at else ''})"


def _figures(incident: Incident, zone: tzinfo) -> str:
    since = "in all" if incident.resolved_at else "so far"
    height = clock(incident.peak_at + timedelta(minutes=5), zone)
    usual = f"{number(round(incident.expected_low))} to {number(round(incident.expected_high))}"
    return (
        f"{count_of(incident.peak, 'mention')} in the hour to {height}, which usually brings {usual}; "
        f"{number(incident.observed)} {since}, {number(incident.negative)} of them negative."
    )


def _facts(incident: Incident) -> list[tuple[str, str]]:
    evidence = incident.evidence
    return [
        ("What they say", _what(incident)),
        (
            "Where they go",
            " · ".join(f"{one_line(rival.name, limit=40)} {number(rival.count)}" for rival in evidence.rivals if rival.count),
        ),
        ("Where it spread", _spread(evidence)),
        ("Voices", _voices(evidence)),
        ("Seen", _seen(evidence.coverage)),
    ]


def _what(incident: Incident) -> str:
    evidence = incident.evidence
    parts = {"they leave": evidence.leaving, "something fails": evidence.outage, "thanks": evidence.thanks}
    heard = [
        f"{name} ({percent(count / evidence.counted)})"
        for name, count in sorted(parts.items(), key=lambda part: -part[1])
        if evidence.counted and count / evidence.counted >= _WORTH
    ]
    terms = [f"{one_line(term.term, limit=40)} {number(term.count)} (usually {number(term.usual)})" for term in evidence.terms[:_TERMS]]
    return " · ".join(heard + terms)


def _spread(evidence: Evidence) -> str:
    """Sources in the order in which the rise reached them, each with its delay after the first."""
    risen = [(source, source.lag_minutes) for source in evidence.sources if source.lag_minutes is not None]
    told = []
    for source, lag in risen:
        minutes = lag - risen[0][1]
        later = f" (+{minutes} min)" if 0 < minutes < 120 else f" (+{duration(timedelta(minutes=minutes))})" if minutes else ""
        told.append(f"{source_words(source.source)} {number(source.count)}{later}")
    return " → ".join(told)


def _voices(evidence: Evidence) -> str:
    if not evidence.authors:
        return ""
    share = evidence.top_author_share
    loudest = "" if share is None else "; no account above 1 %" if share <= 0.01 else f"; the loudest wrote {percent(share)}"
    return count_of(evidence.authors, "author") + loudest


def _seen(coverage: float | None) -> str:
    if coverage is None:
        return "unknown: it is not recorded what was looked at"
    return "" if coverage >= 0.995 else f"{percent(coverage)} of this time was looked at; there may be more"


def _said(example: Example, zone: tzinfo) -> Said:
    at = datetime.fromisoformat(example.created_at)
    when = day_clock(at if at.tzinfo else at.replace(tzinfo=UTC), zone)
    reactions = f", {count_of(example.engagement, 'reaction')}" if example.engagement is not None else ""
    return Said(one_line(example.text), f"{place_words(example.source, example.channel)}, {when}{reactions}", safe_link(example.url))
