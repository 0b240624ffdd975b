"""The daily digest in words: subject, plain text, HTML mail, and figures for programs."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from math import sqrt

from jinja2 import Environment, StrictUndefined

from monitor.tell.alerts import incident_lines, story
from monitor.tell.day import compose as compose
from monitor.tell.figures import DayIncident, Digest, Missed, Seen, Usual
from monitor.tell.label_error import label_error_words
from monitor.tell.words import (
    clock,
    count_of,
    day_clock,
    day_words,
    labelled,
    language_words,
    number,
    one_line,
    percent,
    signed,
    source_words,
    weekday,
    weekday_clock,
    zone_words,
)

_BAR = 20
# of what made a score, the largest come first; cuts and sentences are no words
_WEIGHED = re.compile(r" [+-][\d.]+$")
_MOST_WORDS = 3
_TEMPLATE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined).from_string(
    (files("monitor.tell") / "templates" / "digest.html").read_text(encoding="utf-8")
)
Row = tuple[str, str, str]
"""A label, its figure, and what stands beside it."""


def subject(digest: Digest) -> str:
    """The verdict in one line."""
    head = f"{one_line(digest.brand)} {day_words(digest.day)}: {_verdict(digest)}"
    told, usual = digest.figures, digest.usual
    if told.mentions is None:
        return head
    mentions = count_of(told.mentions, "mention") + _in_brackets("mentions", usual, "usual ")
    share = f", {percent(told.negative_share)} negative{_in_brackets('negative_share', usual)}" if told.scored else ""
    return f"{head}. {mentions}{share}"


def as_text(digest: Digest, *, with_subject: bool = True) -> str:
    """The plain half of the mail, its subject above it unless the mail has one; no line holds a control character."""
    blocks = [[f"Subject: {subject(digest)}"]] if with_subject else []
    blocks += [[opening(digest)]]
    blocks += [_incident_block(each, digest) for each in digest.incidents]
    blocks += [[f"{label:<20} {value:>6}   {beside}" for label, value, beside in headline(digest)]]
    blocks += [[f"{label:<20} {bar:<{_BAR}} {told}" for label, bar, told in by_source(digest)]]
    blocks += [[*_seen_lines("Most seen, kind", digest.kind, digest), *_seen_lines("Most seen, unkind", digest.unkind, digest)]]
    blocks += [[line for label, told in _notes(digest) for line in labelled(label, told, label_width=20)]]
    blocks += [[_columns(row) for row in more_figures(digest)]]
    blocks += [[closing(digest)]]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def as_html(digest: Digest) -> str:
    """The mail: no images, no scripts, readable without colours and styles; strangers' words are escaped."""
    return _TEMPLATE.render(
        digest=digest,
        subject=subject(digest),
        opening=opening(digest),
        incidents=[(each, story(each.incident, zone=digest.zone, event_at=each.event_at)) for each in digest.incidents],
        headline=headline(digest),
        by_source=by_source(digest),
        most_seen=[("Most seen, kind", _quoted(digest.kind, digest)), ("Most seen, unkind", _quoted(digest.unkind, digest))],
        not_seen=not_seen(digest),
        events=events(digest),
        hand_labels=hand_labels(digest),
        more_figures=more_figures(digest),
        closing=closing(digest),
        day=f"{weekday(digest.day)}, {digest.day.day} {digest.day:%B %Y}",
    )


def figures(digest: Digest) -> str:
    """The figures for programs: one JSON object, unrounded, under the names of daily_figures."""
    told = {
        "brand": digest.brand,
        "local_day": digest.day.isoformat(),
        "timezone": digest.zone.key,
        "data_as_of": digest.data_as_of.isoformat() if digest.data_as_of else None,
        **{name: value for name, value in asdict(digest.figures).items() if name != "days"},
        "usual": {name: asdict(usual) for name, usual in digest.usual.items()},
        "day_before": asdict(digest.before),
        "last_7_days": asdict(digest.last_7),
        "last_30_days": asdict(digest.last_30),
        "share_of_voice": [asdict(voice) for voice in digest.voices],
        "by_source": [asdict(source) for source in digest.sources],
        "incidents": [each.in_short() for each in digest.incidents],
        "label_error": asdict(digest.label_error) if digest.label_error else None,
        "not_seen": [
            {"source": gap.source, "from": gap.missed_from.isoformat(), "to": gap.missed_to.isoformat(), "reason": gap.reason}
            for gap in digest.missed
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def opening(digest: Digest) -> str:
    """The first sentences: what happened, or that nothing did, and whether all of the day is told."""
    if digest.figures.mentions is None:
        return "Not collected: nobody looked at this day, so nothing is known of it. That is no silence." + _named(digest.incidents)
    told = []
    remarks = _remarks(digest)
    if large := _large(digest):
        told.append(f"{count_of(len(large), 'incident')}: {', '.join(_in_short(each, digest) for each in large)}.")
    else:
        told.append("No incident." if remarks else "Nothing unusual in what was seen." if digest.is_partial else "Nothing unusual.")
    if remarks and not large:
        told.append(f"{' and '.join(remarks).capitalize()} than {_other_days(digest)}.")
    if not large and not remarks and "mentions" in digest.usual:
        told.append(f"{weekday(digest.day)} looked like {_other_days(digest).removeprefix('on ')}.")
    if small := len(digest.incidents) - len(large):
        told.append(f"{count_of(small, 'small incident')} below.")
    if digest.seen_to < digest.day_to:
        told.append(f"The day is not over: this is what was seen up to {clock(digest.seen_to, digest.zone)}.")
    elif any(gap.kind == "gap" for gap in digest.missed):
        told.append("Part of the day was not seen, so the true figures may be higher.")
    return " ".join(told)


def headline(digest: Digest) -> list[Row]:
    """The day's figures, each with what is usual or with what it is made of."""
    told, usual = digest.figures, digest.usual
    if told.mentions is None:
        return [(label, "–", "not collected") for label in ("mentions", "negative", "say they leave")]
    rows = [("mentions", number(told.mentions), _beside("mentions", usual))]
    if told.counted != told.mentions:
        rows.append(("counted", number(told.counted), "without muted, own, spam and copied ones"))
    scored = f"{number(told.negative)} of {number(told.scored)} scored"
    rows += [
        ("negative", percent(told.negative_share), "; ".join(part for part in (_beside("negative_share", usual), scored) if part)),
        (
            "net sentiment",
            signed(told.net_sentiment),
            "; ".join(part for part in (_beside("net_sentiment", usual), "positive less negative, of 100") if part),
        ),
        ("say they leave", number(told.churn), _beside("churn", usual)),
    ]
    rows += _voice_row(digest)
    if told.counted:
        languages = [f"{language_words(lang)} {percent(count / told.counted)}" for lang, count in digest.unscored_languages[:3] if count]
        rows.append(("not scored", percent((told.unscored or 0) / told.counted), ", ".join(languages)))
    return rows


def by_source(digest: Digest) -> list[Row]:
    """A source, its bar and its figures; one that was not looked at has no bar."""
    top = max((source.counted or 0 for source in digest.sources), default=0)
    rows = []
    for source in digest.sources:
        if source.counted is None:
            rows.append((source_words(source.source), "", "not collected"))
            continue
        share = f", {percent(source.negative / source.scored)} negative" if source.scored and source.negative is not None else ""
        rows.append(
            (source_words(source.source), "█" * (-(-_BAR * source.counted // top) if top else 0), f"{number(source.counted)}{share}")
        )
    return rows


def not_seen(digest: Digest) -> str:
    """Where nobody looked, by source, in the brand's zone."""
    if not digest.missed:
        return (
            "every source was looked at all day"
            if any(source.covered for source in digest.sources)
            else "what was looked at is not recorded"
        )
    gaps: dict[str, list[str]] = defaultdict(list)
    for gap in digest.missed:
        gaps[gap.source].append(_gap_words(gap, digest))
    return " · ".join(f"{source_words(source)} {', '.join(told)}" for source, told in gaps.items())


def events(digest: Digest) -> list[str]:
    """The known events of the day."""
    return [f"{clock(at, digest.zone)} “{one_line(name)}”" for name, at in digest.events]


def hand_labels(digest: Digest) -> list[str]:
    """How far the negative share is off, where people labelled enough texts to say so."""
    return [label_error_words(digest.label_error)] if digest.label_error else []


def more_figures(digest: Digest) -> list[tuple[str, ...]]:
    """A small table, its first row the heads: the day, the day before, the last 7 and 30 days."""
    spans = [
        (day_words(digest.day), digest.figures, 1),
        ("day before", digest.before, 1),
        ("last 7 days", digest.last_7, 7),
        ("last 30 days", digest.last_30, 30),
    ]
    return [
        ("", *(head for head, _, _ in spans)),
        ("mentions", *(number(told.mentions) for _, told, _ in spans)),
        ("negative", *(percent(told.negative_share) for _, told, _ in spans)),
        ("net sentiment", *(signed(told.net_sentiment) for _, told, _ in spans)),
        ("say they leave", *(number(told.churn) for _, told, _ in spans)),
        ("days known", *(f"{told.days} of {days}" for _, told, days in spans)),
    ]


def closing(digest: Digest) -> str:
    """How fresh this is, and whose days these are."""
    fresh = f"Data as of {day_clock(digest.data_as_of, digest.zone)} {zone_words(digest.zone)}. " if digest.data_as_of else ""
    return f"{fresh}Days and times are those of {digest.zone.key}. Totals can still rise when mentions arrive late."


def _verdict(digest: Digest) -> str:
    large, remarks = _large(digest), _remarks(digest)
    if digest.figures.mentions is None:
        return "not collected" + (f", {count_of(len(large), 'incident')}" if large else "")
    if large:
        return f"{count_of(len(large), 'incident')}, {' and '.join(dict.fromkeys(each.incident.direction for each in large))}"
    return f"no incident, {' and '.join(remarks)} than usual" if remarks else "quiet, partly seen" if digest.is_partial else "quiet"


def _remarks(digest: Digest) -> list[str]:
    """What lies clearly outside its usual range: by a tenth, and by twice the spread that chance gives such a number."""
    told, remarks = digest.figures, []
    if (usual := digest.usual.get("mentions")) and told.mentions is not None:
        if told.mentions > max(usual.high * 1.1, usual.high + 2 * sqrt(usual.high)):
            remarks.append("more mentions")
        elif told.mentions < min(usual.low * 0.9, usual.low - 2 * sqrt(usual.low)):
            remarks.append("fewer mentions")
    if (usual := digest.usual.get("negative_share")) and told.negative_share is not None and told.scored:
        if told.negative_share > max(usual.high * 1.1, usual.high + 2 * sqrt(usual.high * (1 - usual.high) / told.scored)):
            remarks.append("more negative")
        elif told.negative_share < min(usual.low * 0.9, usual.low - 2 * sqrt(usual.low * (1 - usual.low) / told.scored)):
            remarks.append("less negative")
    return remarks


def _large(digest: Digest) -> list[DayIncident]:
    return [each for each in digest.incidents if each.incident.severity != "info"]


def _named(incidents: Iterable[DayIncident]) -> str:
    told = [f"{each.incident.direction} {each.status}" for each in incidents]
    return f" {count_of(len(told), 'incident')}: {', '.join(told)}." if told else ""


def _in_short(each: DayIncident, digest: Digest) -> str:
    incident, zone = each.incident, digest.zone
    ended = ", still going on"
    if incident.resolved_at:
        ended = f", over {(clock if each.resolved else weekday_clock)(incident.resolved_at, zone)}"
    begun = clock(incident.onset_at, zone) if incident.onset_at >= digest.day_from else day_clock(incident.onset_at, zone)
    return f"{incident.direction} since {begun}{ended}"


def _other_days(digest: Digest) -> str:
    usual = digest.usual.get("mentions") or digest.usual.get("negative_share")
    return f"on other {weekday(digest.day)}s" if usual and usual.weekdays else "on the days before"


def _in_brackets(name: str, usual: Mapping[str, Usual], lead: str = "") -> str:
    return f" ({lead}{_range(name, usual[name])})" if name in usual else ""


def _beside(name: str, usual: Mapping[str, Usual]) -> str:
    return f"usual {_range(name, usual[name])}" if name in usual else ""


def _range(name: str, usual: Usual) -> str:
    """From which to which; one figure where both read the same."""
    if name == "negative_share":
        low, high = percent(usual.low), percent(usual.high)
        return low if low == high else f"{low.removesuffix(' %')}–{high}"
    write = signed if name == "net_sentiment" else lambda value: number(round(value))
    low, high = write(usual.low), write(usual.high)
    return low if low == high else f"{low} to {high}" if name == "net_sentiment" else f"{low}–{high}"


def _voice_row(digest: Digest) -> list[Row]:
    shares = {voice.brand: voice.share for voice in digest.voices}
    others = [voice for voice in digest.voices if voice.brand != digest.brand]
    if not others or shares.get(digest.brand) is None:
        return []
    told = [f"{one_line(voice.brand, limit=40)} {percent(voice.share) if voice.share is not None else 'not collected'}" for voice in others]
    return [("share of voice", percent(shares[digest.brand]), ", ".join(told))]


def _incident_block(each: DayIncident, digest: Digest) -> list[str]:
    lines = incident_lines(each.incident, zone=digest.zone, event_at=each.event_at)
    lines[0] = f"{each.status.capitalize()}: {lines[0]}"
    if each.incident.severity == "info":
        return [lines[0], f"   {story(each.incident, zone=digest.zone).figures}"]
    return lines


def _seen_lines(label: str, seen: Sequence[Seen], digest: Digest) -> list[str]:
    lines = []
    for n, (said, where, link) in enumerate(_quoted(seen, digest)):
        lines += labelled("" if n else label, f"“{said}”  {where}", label_width=20)
        lines += labelled("", link, label_width=20) if link else []
    return lines


def _notes(digest: Digest) -> list[tuple[str, str]]:
    return [
        ("Not seen", not_seen(digest)),
        *(("Event", told) for told in events(digest)),
        *(("Hand labels", told) for told in hand_labels(digest)),
    ]


def _quoted(seen: Sequence[Seen], digest: Digest) -> list[tuple[str, str, str | None]]:
    return [(each.text, _where(each, digest), each.link) for each in seen]


def _where(seen: Seen, digest: Digest) -> str:
    """Where, by whom and when something was said, and the words that weighed most in its score."""
    where = ", ".join(part for part in (seen.where, seen.author, clock(seen.at, digest.zone), seen.reactions) if part)
    weighed = " · ".join([part for part in seen.why.split(" · ") if _WEIGHED.search(part)][:_MOST_WORDS]) if seen.why else ""
    return f"{where}; scored by {weighed}" if weighed else where


def _gap_words(gap: Missed, digest: Digest) -> str:
    why = "not watched before" if gap.kind == "new" else one_line(gap.reason, limit=80)
    if gap.kind == "never":
        return f"never yet ({why})" if why else "never yet"
    whole = gap.missed_from == digest.day_from and gap.missed_to == digest.day_to
    stretch = "all day" if whole else f"from {clock(gap.missed_from, digest.zone)} to {_end(gap, digest)}"
    return f"{stretch} ({why})" if why else stretch


def _end(gap: Missed, digest: Digest) -> str:
    return "24:00" if gap.missed_to == digest.day_to else clock(gap.missed_to, digest.zone)


def _columns(row: tuple[str, ...]) -> str:
    return f"{row[0]:<16}" + "".join(f"{cell:>14}" for cell in row[1:])
