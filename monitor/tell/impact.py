"""An event's impact in words: the answer first, then a table of the parts, then what it rests on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from monitor.detect.changes import FEWEST_DAYS, Change
from monitor.detect.impact import FEWEST_LEAVING, FEWEST_MENTIONS, FEWEST_SCORED, Against, Beside, Impact, Interval, Row
from monitor.tell.words import UNKNOWN, count_of, day_clock, duration, labelled, number, one_line, percent, source_words, zone_words

_LABEL = 28


def impact_lines(impact: Impact, *, zone: ZoneInfo) -> list[str]:
    """The answer, the table and the notes; times in the brand's zone."""
    return [*_answer(impact, zone), "", *_table(impact.measured.rows), "", *_notes(impact, zone)]


def impact_values(impact: Impact) -> dict[str, Any]:
    """For programs: raw numbers, times in ISO 8601, windows in hours, null where nothing can be said or no upper limit is known."""
    values = asdict(impact)
    return {
        **_plain(values),
        "asked_hours": impact.asked / timedelta(hours=1),
        "hours": impact.width / timedelta(hours=1),
        "unknown": impact.unknown,
    }


def span_words(span: timedelta) -> str:
    """A window's length: hours up to three days, then days.

    >>> span_words(timedelta(hours=48)), span_words(timedelta(days=7)), span_words(timedelta(hours=80))
    ('48 h', '7 days', '80 h')
    """
    hours = span // timedelta(hours=1)
    return f"{hours} h" if hours <= 72 or hours % 24 else f"{hours // 24} days"


def _answer(impact: Impact, zone: ZoneInfo) -> list[str]:
    of = f"“{one_line(impact.event, limit=80)}”"
    after = f"in the {span_words(impact.width)} after {of}"
    if impact.unknown:
        return [f"Cannot tell what changed {after}: {_why_not(impact)}."]
    whole = impact.measured.rows[0]
    told = []
    if whole.share:
        told.append(f"Negative share {_share_words(whole.share)} {after}{_beside_points(whole.share, impact.share_against)}")
    else:
        told.append(f"Too few scored mentions to speak of negative share {after}")
    if whole.volume:
        told.append(f"Mentions {_rate_words(whole.volume)}{_beside_times(whole.volume, impact.volume_against)}")
    if whole.churn:
        told.append(f"People who say they leave {_rate_words(whole.churn)}")
    if impact.confounders:
        others = " and ".join(_beside_words(one, impact.event_at, zone) for one in impact.confounders)
        told[0] += f"; cannot tell whether that was its doing: {others}"
    return [f"{each}." for each in told]


def _why_not(impact: Impact) -> str:
    measured = impact.measured
    match impact.unknown:
        case "young":
            return (
                f"no source of {one_line(impact.brand)} was watched for {FEWEST_DAYS} days before it, which it takes to know what is usual"
            )
        case "not looked at":
            return f"only {percent(measured.covered)} of that time and the same time before was looked at on both sides"
        case "few mentions":
            seen = measured.rows[0].before + measured.rows[0].after
            return f"{count_of(seen, 'mention')} before and after it together, at least {FEWEST_MENTIONS} are needed"
        case "silent past":
            return f"nobody spoke in these hours of the {number(measured.days)} days before it, so what is usual is not known"
    return (
        f"the {number(measured.days)} days known before it are too few for windows of {span_words(impact.width)}; ask for less with --hours"
    )


def _share_words(change: Change) -> str:
    """Fell 9 points (95 %: 5 to 13), from 34 % to 25 %."""
    value, low, high = (100 * each for each in (change.value or 0.0, change.low, change.high))
    sides = f"from {percent(change.before)} to {percent(change.after)}"
    if low <= 0 <= high:
        return f"did not change measurably: {_signed(value)} points (95 %: {_signed(low)} to {_signed(high)}), {sides},"
    if low > 0:
        return f"rose {_points(value)} points (95 %: {_points(low)} to {_points(high)}), {sides},"
    return f"fell {_points(-value)} points (95 %: {_points(-high)} to {_points(-low)}), {sides},"


def _rate_words(change: Change) -> str:
    if change.value is None:
        return f"came up: {number(change.after)} after, none before (95 %: {_times(change.low)} times or more)"
    span = f"{_times(change.value)} times (95 %: {_times(change.low)} to {_times(change.high)}), like hours compared"
    if change.low <= 1 <= change.high:
        return f"did not change measurably: {span}"
    return f"{'rose' if change.low > 1 else 'fell'} to {span}"


def _beside_points(change: Change, against: Against | None) -> str:
    usual = f"; usually it moves by up to {_points(100 * change.usual)} points"
    if against is None:
        return usual
    control = against.control
    if control.low <= 0 <= control.high:
        return f"{usual}; competitors did not move"
    moved = f"competitors {'rose' if control.value > 0 else 'fell'} {_points(abs(100 * control.value))} points"
    return f"{usual}; {moved}{_alike(change, against.left, none=0)}"


def _beside_times(change: Change, against: Against | None) -> str:
    usual = f"; usually between {_times(1 / change.usual)} and {_times(change.usual)}"
    if against is None:
        return usual
    control = against.control
    if control.low <= 1 <= control.high:
        return f"{usual}; competitors did not move"
    return f"{usual}; competitors {_times(control.value)} times{_alike(change, against.left, none=1)}"


def _alike(change: Change, left: Interval, *, none: float) -> str:
    """What is to be said where the competitors moved as far as the brand did."""
    moved = not change.low <= none <= change.high
    return ", so the event need not be the reason" if moved and left.low <= none <= left.high else ""


def _beside_words(one: Beside, at: datetime, zone: ZoneInfo) -> str:
    if one.kind == "event":
        return f"“{one_line(one.name, limit=80)}” was {'at the same time' if one.begun_at == at else day_clock(one.begun_at, zone)}"
    if one.begun_at <= at:
        if one.ended_at is not None and one.ended_at <= at:
            return f"the {one.what} {one.name} had ended {duration(at - one.ended_at)} before"
        began = "began with it" if one.begun_at == at else f"had begun {duration(at - one.begun_at)} before"
        return f"the {one.what} {one.name} {began}"
    return f"the {one.what} {one.name} began {duration(one.begun_at - at)} after"


def _table(rows: Sequence[Row]) -> list[str]:
    shown = [row for row in rows if _is_told(row)]
    cells = [("", "before", "after", "mentions", "negative", "points", "leaving")]
    cells += [
        (
            _label(row),
            number(row.before),
            number(row.after),
            _cell(row.volume, 1, _times, "×"),
            f"{percent(row.share.before)} → {percent(row.share.after)}" if row.share else UNKNOWN,
            _cell(row.share, 0, lambda value: _signed(100 * value), ""),
            _cell(row.churn, 1, _times, "×"),
        )
        for row in shown
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    sides = ("<", ">", ">", "<", ">", "<", "<")
    return ["  ".join(map(_padded, row, widths, sides)).rstrip() for row in cells]


def _padded(cell: str, width: int, side: str) -> str:
    return f"{cell:{side}{width}}"


def _label(row: Row) -> str:
    if row.facet == "all":
        return "all"
    return f"{row.facet} {source_words(row.value) if row.facet == 'source' else one_line(row.value, limit=_LABEL)}"


def _cell(change: Change | None, none: float, words: Callable[[float], str], sign: str) -> str:
    if change is None:
        return UNKNOWN
    arrow = "↑ " if change.low > none else "↓ " if change.high < none else "  "
    if change.value is None:
        return f"{arrow}from none ({words(change.low)} or more)"
    return f"{arrow}{sign}{words(change.value)} ({words(change.low)} to {words(change.high)})"


def _notes(impact: Impact, zone: ZoneInfo) -> list[str]:
    notes = [*_basis(impact, zone), *_rivals(impact), *_others(impact, zone)]
    rows = impact.measured.rows
    if hidden := sum(not _is_told(row) for row in rows):
        few = f"fewer than {FEWEST_MENTIONS} mentions, {FEWEST_LEAVING} leavers and {FEWEST_SCORED} scored ones a side"
        notes.append(("not shown", f"{count_of(hidden, 'part')} with {few}"))
    if told := sum(change is not None for row in rows for change in (row.volume, row.share, row.churn)):
        missed = f"of these {told} about {max(1, round(told / 20))} would miss the truth"
        notes.append(("intervals", f"95 %: {missed}; ↑ and ↓ stand where “no change” lies outside"))
    return [line for label, text in notes for line in labelled(label, text, label_width=10)]


def _basis(impact: Impact, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    measured, span = impact.measured, span_words(impact.width)
    begun = f"{day_clock(impact.event_at, zone)} {zone_words(zone)}"
    seen = f"{percent(measured.covered)} of it was looked at on both sides, and only that is counted"
    yield "compared", f"{span} from {begun} with the {span} before; {seen}"
    if impact.width < impact.asked:
        yield "", f"{span_words(impact.asked)} were asked for; no more is known so far"
    if measured.moments:
        like = "hours of the week" if measured.weekly else "hours of the day (those of the week take three weeks)"
        where = f"{number(measured.moments)} earlier moments of the {number(measured.days)} days before"
        yield "usual", f"the same measured at {where}; {like} are compared with their like"
    for name in measured.left_out:
        yield "left out", f"{source_words(name)}: watched for less than {FEWEST_DAYS} days before"


def _rivals(impact: Impact) -> Iterator[tuple[str, str]]:
    if impact.volume_against is None and impact.share_against is None:
        yield "rivals", "none that can be compared with"
    for against, what in ((impact.volume_against, "mentions"), (impact.share_against, "points")):
        if against:
            left = f"left of {one_line(impact.brand)}'s change {_span(against.left, what)}"
            yield "rivals", f"{', '.join(map(one_line, against.brands))}: {what} {_span(against.control, what)}; {left}"


def _others(impact: Impact, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    for one in impact.beside:
        if one.brand != impact.brand:
            yield "left out", f"{one_line(one.brand)}: {_beside_words(one, impact.event_at, zone)}"
        elif one.is_of_it:
            yield "followed", _beside_words(one, impact.event_at, zone)


def _is_told(row: Row) -> bool:
    return row.facet == "all" or bool(row.volume or row.share or row.churn)


def _span(interval: Interval, what: str) -> str:
    if what == "points":
        return f"{_signed(100 * interval.value)} ({_signed(100 * interval.low)} to {_signed(100 * interval.high)})"
    return f"×{_times(interval.value)} ({_times(interval.low)} to {_times(interval.high)})"


def _times(ratio: float) -> str:
    """A ratio: two digits below 3, one below 10."""
    if not isfinite(ratio):
        return "any number"
    return f"{ratio:.2f}" if ratio < 3 else f"{ratio:.1f}" if ratio < 10 else number(ratio)


def _points(points: float) -> str:
    return f"{points:.1f}" if abs(points) < 1 else f"{points:.0f}"


def _signed(points: float) -> str:
    return f"{points:+.1f}" if abs(points) < 1 else f"{points:+.0f}"


def _plain(value: Any) -> Any:
    match value:
        case float():
            return value if isfinite(value) else None
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return value / timedelta(hours=1)
        case dict():
            return {key: _plain(each) for key, each in value.items() if key not in ("asked", "width")}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
