"""An incident in words: what happened, how much, why, and how surely; the same story in terminal, mail and alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from monitor.detect.evidence import ONE_ACCOUNT, Evidence, Example, FacetShare, Named
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
_RIVALS = 4
# a part of the excess from which an intent or a topic is worth a word
_WORTH = 0.05
_MEANT = {
    "churn": "they leave",
    "refund": "want their money back",
    "outage_report": "something fails",
    "praise": "praise",
    "question": "ask",
}


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
    cause    the known event it follows, with its time where that is known, and what it is about; None where neither is known
    figures  how many, against what is usual
    facts    pairs of a label and what stands behind it; only what is known
    more     the same, for whoever looks closer
    rule     the line of config.yaml that would collect what is not in the brand's rule
    """

    title: str
    span: str
    severity: str
    noticed: str
    cause: str | None
    figures: str
    facts: Sequence[tuple[str, str]]
    more: Sequence[tuple[str, str]]
    examples: Sequence[Said]
    rule: str | None
    query: str


def story(incident: Incident, *, zone: tzinfo = UTC, event_at: datetime | None = None) -> Story:
    """What there is to tell of an incident.

    zone      of the reader
    event_at  when the event it follows took place, where the evidence does not say
    """
    evidence = incident.evidence
    return Story(
        title=f"{incident.direction.upper()}  {one_line(incident.brand)}",
        span=_span(incident, zone),
        severity=incident.severity,
        noticed=_noticed(incident),
        cause=_cause(incident, zone, event_at),
        figures=_figures(incident, zone),
        facts=[(label, text) for label, text in [*_facts(evidence, zone), *_said_of_it(incident, zone)] if text],
        more=[(label, text) for label, text in _more(evidence, zone) if text],
        examples=[_said(example, zone) for example in evidence.examples[:_EXAMPLES]],
        rule=plain(evidence.rule) if evidence.rule else None,
        query=evidence.query,
    )


def incident_lines(incident: Incident, *, zone: tzinfo = UTC, event_at: datetime | None = None, with_query: bool = False) -> list[str]:
    """The plain-text block of an incident, its cause in the first two lines; no line holds a control character.

    with_query  tell all that is known, and add the SQL that proves it
    """
    told = story(incident, zone=zone, event_at=event_at)
    lines = [f"{told.title}   {told.span}      {told.severity}, {told.noticed}"]
    lines += labelled("", told.cause, label_width=2) if told.cause else []
    lines += [f"   {told.figures}"]
    for label, text in [*told.facts, *(told.more if with_query else ())]:
        lines += labelled(label, text, label_width=17, indent=3)
    for n, said in enumerate(told.examples):
        lines += labelled("" if n else "Said", f"“{said.text}” ({said.where})", label_width=17, indent=3)
        lines += labelled("", said.link, label_width=17, indent=3) if said.link else []
    if with_query:
        lines += ["   To collect that, too: in config.yaml", f"     {told.rule}"] if told.rule else []
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


def _cause(incident: Incident, zone: tzinfo, event_at: datetime | None) -> str | None:
    """The known event and how long before the rise it was, and what they speak of."""
    evidence = incident.evidence
    about = [one_line(cause, limit=40) for cause in evidence.causes]
    if about[:1] == [ONE_ACCOUNT] and evidence.loudest and evidence.loudest.author:
        about[0] = f"{ONE_ACCOUNT} ({one_line(evidence.loudest.author, limit=40)})"
    if evidence.outage_window:
        named = [one_line(one.name, limit=40) for one in [*evidence.outage_window.devices[:2], *evidence.outage_window.regions[:2]]]
        about += [name for name in named if not any(cause.casefold() in name.casefold() for cause in about)]
    if evidence.rivals and evidence.rivals[0].count >= _WORTH * evidence.counted:
        about.append(f"leaving for {one_line(evidence.rivals[0].name, limit=40)}")
    told = ", ".join(about)
    if incident.event is None:
        return told or None
    at = datetime.fromisoformat(evidence.event_at) if evidence.event_at else event_at
    when = f", {weekday_clock(at, zone)}{_delay(incident.onset_at - at)}" if at else ""
    return f"“{one_line(incident.event)}” (event{when}){f': {told}' if told else ''}"


def _delay(span: timedelta) -> str:
    return f", {duration(span)} before" if span >= timedelta(minutes=1) else ""


def _figures(incident: Incident, zone: tzinfo) -> str:
    since = "in all" if incident.resolved_at else "so far"
    height = clock(incident.peak_at + timedelta(minutes=5), zone)
    usual = f"{number(round(incident.expected_low))} to {number(round(incident.expected_high))}"
    return (
        f"{count_of(incident.peak, 'mention')} in the hour to {height}, which usually brings {usual}; "
        f"{number(incident.observed)} {since}, {number(incident.negative)} of them negative."
    )


def _facts(evidence: Evidence, zone: tzinfo) -> list[tuple[str, str]]:
    return [
        ("What they say", _what(evidence)),
        ("Where they go", _rivals(evidence)),
        ("When it failed", _outage(evidence, zone)),
        ("Where it began", _began(evidence)),
        ("Where it spread", _spread(evidence)),
        ("Voices", _voices(evidence)),
        ("Widely heard", _heard(evidence)),
        ("Seen", _seen(evidence.coverage)),
    ]


def _said_of_it(incident: Incident, zone: tzinfo) -> list[tuple[str, str]]:
    """Who is on it, and from when to when nobody is told of it."""
    told = []
    if incident.acknowledged_at and incident.acknowledged_by:
        told.append(("On it", f"{one_line(incident.acknowledged_by, limit=40)} since {day_clock(incident.acknowledged_at, zone)}"))
    if incident.silenced_at and incident.silenced_by:
        until = day_clock(incident.silenced_until, zone) if incident.silenced_until else "its end"
        told.append(("Silenced", f"by {one_line(incident.silenced_by, limit=40)}, {day_clock(incident.silenced_at, zone)} to {until}"))
    return told


def _more(evidence: Evidence, zone: tzinfo) -> list[tuple[str, str]]:
    return [
        ("Topics", " · ".join(_shares(evidence.topics))),
        ("Said first", _first(evidence, zone)),
        ("Heard", _reach(evidence)),
        (
            "Not in your rule",
            " · ".join(f"{_rule_term(one.name)} {number(one.count)} (usually {number(one.usual)})" for one in evidence.beside),
        ),
    ]


def _what(evidence: Evidence) -> str:
    meant = [f"{_MEANT.get(told, told)} ({share})" for told, share in _large(evidence.intents)]
    terms = [f"{one_line(term.term, limit=40)} {number(term.count)} (usually {number(term.usual)})" for term in evidence.terms[:_TERMS]]
    return " · ".join(meant + terms)


def _large(shares: Sequence[FacetShare]) -> list[tuple[str, str]]:
    """Names of intents or topics, and their part of the excess in words; how and for whom they leave is told elsewhere."""
    large = [one for one in shares if one.share is not None and one.share >= _WORTH]
    known = [one for one in large if one.name != "cancel" and not one.name.startswith("switch_to:")]
    return [
        (one_line(one.name, limit=40), f"{percent(one.share)} of the excess" if n == 0 else percent(one.share))
        for n, one in enumerate(known)
    ]


def _shares(shares: Sequence[FacetShare]) -> list[str]:
    return [f"{name} ({share})" for name, share in _large(shares)]


def _rivals(evidence: Evidence) -> str:
    """Whom those name who leave, where those are more than a few."""
    most = max((rival.count for rival in evidence.rivals), default=0)
    if most < max(3.0, 0.01 * evidence.counted):
        return ""
    return " · ".join(_counted(rival) for rival in evidence.rivals[:_RIVALS] if 10 * rival.count >= most)


def _counted(named: Named) -> str:
    return f"{one_line(named.name, limit=40)} {number(named.count)}"


def _outage(evidence: Evidence, zone: tzinfo) -> str:
    outage = evidence.outage_window
    if outage is None:
        return ""
    began, ended = datetime.fromisoformat(outage.began), outage.ended and datetime.fromisoformat(outage.ended)
    window = (
        f"{weekday_clock(began, zone)} → {clock(ended, zone)} {zone_words(zone)}"
        if ended
        else f"since {weekday_clock(began, zone)}, still on"
    )
    parts = [f"{window}: {count_of(outage.reports, 'report')} (usually {number(outage.usual)})"]
    parts += [f"{where} {', '.join(map(_counted, named))}" for where, named in (("on", outage.devices), ("in", outage.regions)) if named]
    return "; ".join(parts)


def _began(evidence: Evidence) -> str:
    thread = evidence.thread
    if thread is None or thread.root is None or thread.share < _WORTH:
        return ""
    root = thread.root
    begins = one_line(root.text.partition("\n")[0], limit=90)
    where = " ".join(part for part in (place_words(root.source, root.channel), safe_link(root.url)) if part)
    return f"“{begins}” ({where}): {percent(thread.share)} of the mentions"


def _first(evidence: Evidence, zone: tzinfo) -> str:
    if evidence.first is None:
        return ""
    said = _said(evidence.first, zone)
    return f"“{said.text}” ({said.where})"


def _reach(evidence: Evidence) -> str:
    """What was observed, and apart from it what is only estimated, with its formula."""
    reach = evidence.reach
    if reach is None or not reach.mentions:
        return ""
    parts = [count_of(reach.engagement, "reaction") if reach.engagement is not None else "reactions unknown"]
    if reach.views is not None:
        parts.append(f"{count_of(reach.views, 'view')} of {count_of(reach.views_known, 'mention')}")
    if reach.reach_estimate is not None:
        parts.append(
            f"ESTIMATED reach of {count_of(reach.estimated, 'other mention')}: {number(reach.reach_estimate)} "
            "(of each a tenth of its author's followers, or its largest count of reactions, whichever is more)"
        )
    if reach.unknown:
        parts.append(f"of {number(reach.unknown)} nothing is known")
    return "; ".join(parts)


def _heard(evidence: Evidence) -> str:
    heard = evidence.heard
    return f"{count_of(heard.views, 'view')} within a day; a usual day of the brand has up to {number(heard.usual)}" if heard else ""


def _rule_term(name: str) -> str:
    return one_line(name.removeprefix("link:").strip('"'), limit=80)


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
    name = f" ({one_line(evidence.loudest.author, limit=40)})" if evidence.loudest and evidence.loudest.author else ""
    copies = f"; {count_of(evidence.copies, 'copy or repost', 'copies and reposts')} more" if evidence.copies else ""
    return count_of(evidence.authors, "author") + loudest + name + copies


def _seen(coverage: float | None) -> str:
    if coverage is None:
        return "unknown: it is not recorded what was looked at"
    return "" if coverage >= 0.995 else f"{percent(coverage)} of this time was looked at; there may be more"


def _said(example: Example, zone: tzinfo) -> Said:
    at = datetime.fromisoformat(example.created_at)
    when = day_clock(at if at.tzinfo else at.replace(tzinfo=UTC), zone)
    reactions = f", {count_of(example.engagement, 'reaction')}" if example.engagement is not None else ""
    where = f"{place_words(example.source, example.channel)}, {when}{reactions}{f', {example.mood}' if example.mood else ''}"
    return Said(one_line(example.text), where, safe_link(example.url))
