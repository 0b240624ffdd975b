"""What a digest holds: plain values, raw and unrounded; how they are told is said elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.detect.records import Incident
from monitor.tell.label_error import LabelError

# part of a day that must have been looked at for its counts to be compared with other days


WHOLE = 0.9


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a stretch of days, as daily_figures has them; None: nobody looked.

    days     how many of them are known
    covered  of a day, as in v_daily; of more days, the mean
    """

    mentions: int | None
    counted: int | None
    scored: int | None
    negative: int | None
    neutral: int | None
    positive: int | None
    unscored: int | None
    churn: int | None
    negative_share: float | None
    net_sentiment: float | None
    covered: float
    days: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What other days bring.

    low, high  lowest and highest of the same weekday, or from which to which eight of ten days lie
    weekdays   whether the same weekday was known three times; else these are the last days
    """

    low: float
    high: float
    days: int
    weekdays: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """A brand's part of what was said of all watched brands; `share` None: nothing was said, or nobody looked."""

    brand: str
    counted: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class SourceDay:
    """One source's day; None: not collected."""

    source: str
    mentions: int | None
    counted: int | None
    scored: int | None
    negative: int | None
    covered: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A mention that many saw.

    reactions   in the source's own terms; None: it does not say
    why         the words and rules that made its score; None: its scorer does not say
    mention_id  source:source_id
    """

    text: str
    where: str
    author: str | None
    at: datetime
    reactions: str | None
    link: str | None
    why: str | None
    mention_id: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A stretch of the day in which a source was not looked at.

    kind    new: it had not been looked at before; never: nor since; else a gap
    reason  why the last try failed; None: not known
    """

    source: str
    missed_from: datetime
    missed_to: datetime
    kind: Literal["gap", "new", "never"]
    reason: str | None


@dataclass(frozen=True, slots=True)
class DayIncident:
    """An incident that touched the day: opened on it, resolved on it, both, or neither."""

    incident: Incident
    event_at: datetime | None
    opened: bool
    resolved: bool

    @property
    def status(self) -> str:
        """What the day did to it."""
        if self.opened and self.resolved:
            return "opened and over"
        return "opened" if self.opened else "over" if self.resolved else "going on"

    def in_short(self) -> dict[str, str | None]:
        """For programs."""
        one = self.incident
        return {"id": one.id, "severity": one.severity, "status": self.status, "acknowledged_by": one.acknowledged_by}


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything a digest says, unrounded; words come with the rendering.

    day_from, day_to  of the brand's local day, UTC
    seen_to           the end of what is told: the day's, or the newest data of a day that is not over
    usual             by figure; a figure is missing where fewer than three comparable days are known
    label_error       how far the negative share is off by hand labels; None where there are too few
    """

    brand: str
    zone: ZoneInfo
    day: date
    day_from: datetime
    day_to: datetime
    seen_to: datetime
    data_as_of: datetime | None
    figures: Figures
    before: Figures
    last_7: Figures
    last_30: Figures
    usual: Mapping[str, Usual]
    voices: Sequence[Voice]
    unscored_languages: Sequence[tuple[str | None, int]]
    sources: Sequence[SourceDay]
    events: Sequence[tuple[str, datetime]]
    incidents: Sequence[DayIncident]
    kind: Sequence[Seen]
    unkind: Sequence[Seen]
    missed: Sequence[Missed]
    label_error: LabelError | None

    @property
    def is_partial(self) -> bool:
        """Whether a source that is watched was not looked at for a tenth of the day or more."""
        return has_holes(self.missed, self.day_to - self.day_from)


def has_holes(missed: Iterable[Missed], length: timedelta) -> bool:
    """Whether one source was not looked at for a tenth of a stretch or more."""
    lost: dict[str, timedelta] = defaultdict(timedelta)
    for gap in missed:
        if gap.kind == "gap":
            lost[gap.source] += gap.missed_to - gap.missed_from
    return any(each > (1 - WHOLE) * length for each in lost.values())
