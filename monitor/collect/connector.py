"""What a connector is: settings in, pages of mentions and a cursor out; it never sees the store."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from monitor.collect.budget import Meter
from monitor.config.duration import Duration
from monitor.config.models import Brand, Thread
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
    asks    what is asked, in the source's own words; once that changes, a walk under way is begun
            again, from the old `high`
    about   the brand that everything it brings is about, by place, unless a text names another; or None
    covers  whether its walks say that its brands were looked at; False for threads and refreshes, which
            bring more of what others found
    """

    source: str
    name: str
    brands: tuple[str, ...] = ()
    asks: str = ""
    about: str | None = None
    covers: bool = True


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
    reason    None, or what is special about this look ("first pull")
    count     items seen in it; None: those of the round that tells of it
    """

    source: str
    since: datetime
    until: datetime
    complete: bool = True
    reason: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What arrived together, and where to resume once it is stored.

    mentions  as the source ordered them
    cursor    resumes after this page; its `high` has moved only if the walk is complete; None: stays as it was
    seen      items in the page, read or not
    covered   what may be called looked-at once this page is stored
    is_last   the walk ends here: nothing more is asked before the next round
    about     the brand of single texts, by source_id, where their place is known to be about it; goes before the query's
    """

    mentions: Sequence[Mention]
    cursor: Cursor | None
    seen: int
    set_aside: Sequence[SetAside] = ()
    covered: Sequence[Looked] = ()
    is_last: bool = False
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """A stored text that is to be looked at again."""

    source_id: str
    created_at: datetime
    conversation_id: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source can do, for `doctor`, for estimates and for the core.

    key                what it takes to be let in
    history            how far back it reaches, in words
    refresh_after      ages at which a text is looked at again, from when it was first seen; empty: never
    refresh_batch      texts that one refresh request looks at
    sees_deletions     whether a refresh tells that a text was taken back
    may_be_odd         share of a page's items, 0 to 1, that may be unreadable before the source counts as changed;
                       1.0 for files, where people make the rows
    stable_created_at  whether a text's time is the same at every sight
    reads_threads      whether it reads the whole thread under a text that it brought: it is a `ThreadReader`, and the core
                       then follows the threads whose root names a brand
    """

    key: Literal["none", "free", "approved", "paid"] = "none"
    history: str = "none"
    refresh_after: Sequence[timedelta] = ()
    refresh_batch: int = 100
    sees_deletions: bool = False
    may_be_odd: float = 0.2
    stable_created_at: bool = True
    reads_threads: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is given beside its own section of the configuration.

    folder   where the configuration lies: relative paths start there
    threads  the pages to follow, of every source; a connector takes those whose address it knows
    clock    the present, aware and UTC; tests have their own
    """

    folder: Path = Path()
    brands: Sequence[Brand] = ()
    threads: Sequence[Thread] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of source, as it stands in `connectors.CONNECTORS` or behind an entry point.

    settings  the keys of its section
    make      a connector from those settings and what surrounds them
    follows   whether it can follow the comments at an address, given its settings
    """

    settings: type[SourceSettings]
    make: "Callable[[Any, Surroundings], Connector]"
    follows: Callable[[Any, str], bool] = lambda _settings, _url: False


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
    """One source. It raises only the kinds of `errors` and waits at most a second by itself.

    Making one touches nothing: no network, no missing key is an error before `check` or `pull`.
    """

    source: str
    capabilities: Capabilities

    def queries(self) -> Sequence[Query]:
        """What to ask on every round."""
        ...

    def check(self) -> str | None:
        """A sentence about what is missing (a key, a file), or None where all is well; asks nobody."""
        ...

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """What pulling this window would bring and cost; may ask the source, which counts."""
        ...

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """What is new since the cursor, up to `now`, page by page; a None cursor starts afresh.

        An open `window` is a live round; a closed one is a backfill of that stretch.
        """
        ...

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """The same texts as they are now: engagement, edits, and a Mention without text for each that is gone.

        What cannot be said about a text is left out.
        """
        ...

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """The mentions of one item as quarantine kept it.

        raises  BadItem where it still cannot be read
        """
        ...


class ThreadReader(Connector, Protocol):
    """A source that reads the whole thread under a text, as its capabilities say by `reads_threads`."""

    def thread(self, root: Known) -> Query | None:
        """The question that brings the thread under this root, root and all; None where its texts come anyway.

        Its `covers` is False. `pull` answers it, whatever else is configured: from a cursor only what may be new. When to
        ask it, and until when, is the core's to say.
        """
        ...
