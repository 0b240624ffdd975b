"""What sort of incident it is, and how it is said in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from monitor.detect.course import Course
from monitor.text import plain

Direction = Literal["backlash", "delight", "outage", "surge", "quiet"]
LINE = 70


@dataclass(frozen=True, slots=True)
class Mood:
    """How a set of counted mentions feels.

    scored   those with a label
    leaving, outage, praise  those with the intent to leave, of a report of a fault, of praise without complaint
    """

    counted: float
    scored: float
    negative: float
    positive: float
    leaving: float
    outage: float
    praise: float


def direction_of(now: Mood, usual: Mood, *, usual_counted: float) -> Direction:
    """What drives an incident, judged by change against the brand's own usual mood, since labels miss half of all complaints.

    now            of the incident
    usual          of a sample of the days before
    usual_counted  mentions that as long a stretch usually brings; the rest of the incident's is the excess

    backlash  those who leave are a tenth of the excess or more, and more than half as many as report a fault; or the negative share
              has risen; or two thirds of what is scored in the excess is negative: more of the usual complaints, too
    outage    those who report a fault are a quarter of the excess or more
    delight   the positive share has risen, and more than the negative one; or that of those who praise, and no more is
              negative than positive
    surge     none of these: more talk of the usual kind
    """
    excess = max(1.0, now.counted - usual_counted)
    per_mention = usual_counted / usual.counted if usual.counted else 0.0
    leaving = (now.leaving - usual.leaving * per_mention) / excess
    outage = (now.outage - usual.outage * per_mention) / excess
    if now.leaving >= 5 and leaving >= 0.1 and 2 * leaving > outage:
        return "backlash"
    if now.outage >= 5 and outage >= 0.25:
        return "outage"
    negative = share_rise(now.negative, now.scored, usual.negative, usual.scored)
    positive = share_rise(now.positive, now.scored, usual.positive, usual.scored)
    if negative and negative >= positive:
        return "backlash"
    praise = share_rise(now.praise, now.counted, usual.praise, usual.counted)
    if positive or (praise and now.positive >= now.negative):
        return "delight"
    scored = now.scored - usual.scored * per_mention
    return "backlash" if scored >= 10 and now.negative - usual.negative * per_mention >= 2 / 3 * scored else "surge"


def share_rise(part: float, whole: float, usual_part: float, usual_whole: float) -> float:
    """By how much a share has risen, 0 to 1; 0 where that may be chance or is too little to matter.

    Needs 10 in the whole and 6 in the part, 8 points more and 1.25 times the usual share, and three standard
    deviations of the plain two-proportion test with pooled variance.
    """
    if whole < 10 or part < 6 or usual_whole < 20:
        return 0.0
    share, usual = part / whole, usual_part / usual_whole
    pooled = (part + usual_part) / (whole + usual_whole)
    deviation = sqrt(pooled * (1 - pooled) * (1 / whole + 1 / usual_whole))
    rise = share - usual
    return rise if rise >= 0.08 and share >= 1.25 * usual and rise >= 3 * deviation else 0.0


def summary_of(brand: str, direction: Direction, course: Course, *, event: str | None, terms: Sequence[str]) -> str:
    """The incident in one line of at most 70 characters: cause first, then how many against the usual range of that hour."""
    name = " ".join(plain(brand).split())
    if "negative" in course.series and direction in ("backlash", "outage"):
        count, kind, low, high = course.negative_peak, "negative", course.negative_low, course.negative_high
    else:
        count, kind, low, high = course.peak, "mentions", course.expected_low, course.expected_high
    figures = [f"{count:,} {kind} in an hour, usual {low:,.0f}–{high:,.0f}", f"{count:,} {kind} in an hour"]
    causes = [" ".join(plain(cause).split()) for cause in (event, ", ".join(terms[:2]), *terms[:3]) if cause]
    lines = [f"{name} {direction}: {cause}. {told}" for told in figures for cause in causes]
    lines += [f"{name} {direction}: {told}" for told in figures]
    fitting = next((line for line in lines if len(line) <= LINE), None)
    return fitting or f"{name[: LINE - len(direction) - 2].rstrip()}… {direction}"


def quiet_summary(brand: str, course: Course) -> str:
    """A silence in one line: what fell silent, and what as long a stretch usually brings."""
    names = [name.removeprefix("source:") for name in course.series if name != "volume"]
    hours = f" in {course.lull.hours} h" if course.lull else ""
    where = "" if "volume" in course.series else f" on {', '.join(names)}"
    return line_of(brand, "quiet", f"{course.peak:,} mentions{where}{hours}, usual {course.expected_low:,.0f}–{course.expected_high:,.0f}")


def post_summary(brand: str, direction: Direction, *, engagement: int, usual: int) -> str:
    """One post in one line: how many reacted, and what the loudest usually reach."""
    return line_of(brand, direction, f"one post, {engagement:,} reactions, usual top {usual:,}")


def line_of(brand: str, direction: Direction, told: str) -> str:
    """Brand, direction and what is told, cut to one line of at most 70 characters."""
    name = " ".join(plain(brand).split())
    line = f"{name} {direction}: {' '.join(plain(told).split())}"
    return line if len(line) <= LINE else f"{line[: LINE - 1].rstrip()}…"
