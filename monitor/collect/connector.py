"""What a connector is: settings in, pages of mentions and a cursor out; it never sees the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from monitor.config.duration import Duration
from monitor.mention import Mention

Cursor: TypeAlias = Mapping[str, Any]
"""Where to resume, as JSON that only its connector reads. `resume` moves with each page,
`high` only when a walk is complete."""


class Place(BaseModel):
    """A place that is about a brand: what is said there counts for it, unless it names another.

    source   the mention's source, where the section serves several ("file"); None: the section's own
    channel  the mention's channel, compared without case
    about    the brand's name
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str | None = None
    channel: str
    about: str


class SourceSettings(BaseModel):
    """The keys that every source's section of the configuration has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    every: Duration = Field(default=300, description="seconds between rounds; written 5m")
    places: Sequence[Place] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """One thing that is asked of a source again and again; its name keys cursor and coverage.

    brands  names of the brands it can find; empty: every brand
    """

    source: str
    name: str
    brands: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, start inclusive, end exclusive, UTC; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies inside."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class SetAside:
    """An item that could not be read, kept for a later replay.

    raw     the item as it came, cut at 64 KB
    reason  one line: where, what was seen
    """

    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A stretch of time in which a source was asked for a query: coverage, beside counts.

    source    the source of the mentions it speaks of
    since     inclusive, until exclusive; UTC
    complete  False where the walk stopped half-way; then `reason` says why
    """

    source: str
    since: datetime
    until: datetime
    complete: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What arrived together, and where to resume once it is stored.

    mentions  as the source ordered them
    cursor    resumes after this page; its `high` has moved only if the walk is complete
    seen      items in the page, read or not
    covered   what may be called looked-at once this page is stored
    """

    mentions: Sequence[Mention]
    cursor: Cursor
    seen: int
    set_aside: Sequence[SetAside] = ()
    covered: Sequence[Looked] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pull will bring and cost; each None where it cannot be known beforehand.

    items     mentions offered by the source before matching
    minutes   of fetching
    usd       money; 0.0 where the source is free
    """

    items: int | None
    requests: int | None
    minutes: float | None
    usd: float | None


class Connector(Protocol):
    """One source. It raises only the kinds of `errors` and waits at most a second by itself."""

    source: str

    def queries(self) -> Sequence[Query]:
        """What to ask on every round."""
        ...

    def check(self) -> str | None:
        """A sentence about what is missing (a key, a file), or None where all is well."""
        ...

    def estimate(self, query: Query, window: Window) -> Estimate:
        """What pulling this window would bring and cost."""
        ...

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window) -> Iterator[Page]:
        """What is new since the cursor, up to `now`, page by page; a None cursor starts afresh.

        An open `window` is a live round; a closed one is a backfill of that stretch.
        """
        ...
