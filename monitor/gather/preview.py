"""Tries a brand's rule on what sources show, on files or on what is stored, and keeps nothing of it."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import duckdb

from monitor.collect.budget import Meter
from monitor.collect.connector import Connector, Estimate, Page, Query, Window
from monitor.config.models import Brand
from monitor.enrich.match import Match, Matcher, Threads, match_all
from monitor.enrich.near_miss import near_misses
from monitor.errors import MonitorError
from monitor.gather.pages import sober
from monitor.gather.rematch import Judge
from monitor.mention import GONE, Mention
from monitor.rule import Subject, parse_rule
from monitor.store.rematch import Stored, read_stretch, stretches

PAGES, PAID_PAGES = 30, 3
"""Pages read of one source, shared out to its questions; of one that costs money."""
SECONDS = 60.0
STORED = 100_000
EXAMPLES = 20
_BATCH = 5_000
_DAYS_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Example:
    """A text that counts, or nearly does.

    why  what the rule found in it, or how it got there; what is missing
    """

    mention: Mention
    why: str


@dataclass(slots=True)
class Day:
    """One of the brand's own days: texts shown, and those of them that count for it."""

    seen: int = 0
    matched: int = 0


@dataclass(frozen=True, slots=True)
class Unseen:
    """A stretch of time that was not looked at, or not whole; UTC."""

    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Month:
    """What reading a source for a month would cost, estimated.

    formula  how it was reckoned, for people
    """

    usd: float
    formula: str


@dataclass(slots=True)
class Previewed:
    """What was tried on one source or file.

    is_asked  a source, asked for a stretch of time; otherwise a file, or what is stored
    days      those with texts, in the brand's zone
    unseen    what was not looked at; all of the time where the source could not be asked at all
    month     None where it is free of charge, or nothing can be said
    """

    name: str
    is_asked: bool = False
    days: dict[date, Day] = field(default_factory=dict)
    unseen: list[Unseen] = field(default_factory=list)
    matches: list[Example] = field(default_factory=list)
    near: list[Example] = field(default_factory=list)
    month: Month | None = None

    @property
    def seen(self) -> int:
        """Texts shown."""
        return sum(day.seen for day in self.days.values())

    @property
    def matched(self) -> int:
        """Texts that count."""
        return sum(day.matched for day in self.days.values())


def days_until(now: datetime, *, days: int, brand: Brand) -> Window:
    """So many of the brand's own days: today up to now, and those before."""
    today = now.astimezone(brand.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return Window((today - timedelta(days=days - 1)).replace(tzinfo=brand.zone).astimezone(UTC), now)


def queries_for(connector: Connector, brand: Brand) -> list[Query]:
    """What a source is asked that can find a brand.

    raises  what the connector raises
    """
    name = brand.name.casefold()
    return [
        query
        for query in connector.queries()
        if (not query.brands or name in {one.casefold() for one in query.brands}) and (query.about or name).casefold() == name
    ]


def preview(
    connector: Connector,
    queries: Sequence[Query],
    brand: Brand,
    *,
    matcher: Matcher,
    window: Window,
    now: datetime,
    meter: Meter,
    name: str,
) -> Previewed:
    """Ask a source for a stretch of its past as a backfill does, and judge what it shows; nothing is stored, no cursor moves.

    Requests and money count. What the source refuses is among what was not seen.
    """
    look = _Look(name, brand)
    is_paid = connector.capabilities.key == "paid"
    most = max(1, (PAID_PAGES if is_paid else PAGES) // max(1, len(queries)))
    bounds = _Bounds(now, most, time.monotonic() + SECONDS, may_peek=not is_paid)
    for query in queries:
        look.found.is_asked |= window != Window()
        look.found.unseen += _walk(connector, query, look, matcher, window=window, meter=meter, bounds=bounds)
    return look.done()


def preview_stored(con: duckdb.DuckDBPyConnection, brand: Brand, judge: Judge, *, window: Window) -> list[Previewed]:
    """Judge what is stored of a stretch of time, newest first, one answer a source; erased texts have no words to judge.

    window  its start is taken
    """
    looks: dict[str, _Look] = {}
    left = STORED
    for first, last, count in reversed(stretches(con, since=window.since, most=_BATCH)):
        if left < count:
            for look in looks.values():
                gap = Unseen(window.since or first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), f"cut off after {STORED:,} texts")
                look.found.unseen.append(gap)
            break
        left -= count
        batch = [one for one in _stored(con, first, last) if one.mention.state not in GONE and window.holds(one.mention.created_at)]
        threads = judge.threads(con, batch)
        for stored in reversed(batch):
            look = looks.setdefault(stored.mention.source, _Look(stored.mention.source, brand))
            look.take(stored.mention, judge.matches(stored, threads))
    return [looks[source].done() for source in sorted(looks)]


def month_of(estimates: Sequence[Estimate], previewed: Previewed, window: Window, *, spent: float) -> Month | None:
    """What a month of a source would cost: by its own estimate of the window, else by what the texts read have cost.

    spent  US dollars for the texts of `previewed`
    """
    assert window.since is not None
    assert window.until is not None
    days = (window.until - window.since) / timedelta(days=1)
    costs, items = [estimate.usd for estimate in estimates], [estimate.items for estimate in estimates]
    if estimates and None not in costs and None not in items:
        usd, count = sum(cost or 0.0 for cost in costs), sum(item or 0 for item in items)
    elif spent and previewed.seen:
        usd, count = spent, previewed.seen
        # only the days that were read count; a walk that was cut off has not seen the others
        days = max(1.0, days - sum((gap.until - gap.since) / timedelta(days=1) for gap in _joined(previewed.unseen)))
    else:
        return None
    if not count:
        return Month(0.0, f"nothing was said in {days:.1f} days")
    price = usd / count
    return Month(
        usd / days * _DAYS_A_MONTH,
        f"{count / days:,.1f} texts a day × {_DAYS_A_MONTH} × ${price:.4f} each, by {count:,} in {days:.1f} days",
    )


def varied(examples: Iterable[Sequence[Example]], most: int = EXAMPLES) -> list[Example]:
    """So many examples, one of each source in turn."""
    waiting = [list(several) for several in examples]
    taken: list[Example] = []
    while any(waiting) and len(taken) < most:
        taken += [several.pop(0) for several in waiting if several]
    return taken[:most]


class _Look:
    """What has been seen of one source, text by text; each text counts once, however many questions find it."""

    def __init__(self, name: str, brand: Brand) -> None:
        self.found = Previewed(name)
        self._brand = brand
        self._rule = parse_rule(brand.rule)
        self._exclude = parse_rule(brand.exclude) if brand.exclude else None
        self._known: set[tuple[str, str]] = set()
        self._matches: dict[str, list[Example]] = {}
        self._near: dict[str, list[Example]] = {}

    def take(self, mention: Mention, matches: Sequence[Match]) -> None:
        """Count one text, and keep it as an example where few like it are known."""
        if mention.key in self._known:
            return
        self._known.add(mention.key)
        day = self.found.days.setdefault(mention.created_at.astimezone(self._brand.zone).date(), Day())
        day.seen += 1
        match = next((match for match in matches if match.brand == self._brand.name), None)
        if match is not None:
            day.matched += 1
            _keep(self._matches, ", ".join(match.terms) if match.by == "text" else f"by its {match.by}", mention)
            return
        for reason in near_misses(self._rule, Subject.of(mention), exclude=self._exclude)[:1]:
            _keep(self._near, reason, mention)

    def done(self) -> Previewed:
        """What was seen, with examples of every sort."""
        self.found.matches = varied(self._matches.values())
        self.found.near = varied(self._near.values())
        self.found.days = dict(sorted(self.found.days.items()))
        return self.found


def _keep(kept: dict[str, list[Example]], why: str, mention: Mention) -> None:
    alike = kept.setdefault(why, []) if len(kept) < EXAMPLES or why in kept else []
    if len(alike) < EXAMPLES:
        alike.append(Example(mention, why))


def _walk(
    connector: Connector, query: Query, look: _Look, matcher: Matcher, *, window: Window, meter: Meter, bounds: "_Bounds"
) -> list[Unseen]:
    """Judge a question's pages; what of the window was not seen."""
    threads: Threads = {}
    unseen: list[Unseen] = []
    back = _Back(window.since or datetime(1970, 1, 1, tzinfo=UTC), window.until or bounds.now)
    pages = sober(connector.source, connector.pull(query, None, now=bounds.now, window=window, meter=meter))
    try:
        for number, page in enumerate(pages, start=1):
            if number > bounds.most:
                unseen.append(back.cut_off(bounds.reason))
                break
            for mention, matches in match_all(page.mentions, matcher, threads, query.about):
                if mention.state not in GONE and window.holds(mention.created_at):
                    look.take(mention, matches)
            unseen += [Unseen(one.since, one.until, one.reason or "not shown") for one in page.covered if not one.complete]
            back.saw(page)
            if page.is_last:
                break
            if number == bounds.most and not bounds.may_peek:
                unseen.append(back.cut_off(bounds.reason))
                break
            if time.monotonic() > bounds.deadline:
                unseen.append(back.cut_off(f"cut off after {SECONDS:.0f} seconds"))
                break
    except MonitorError as error:
        unseen.append(back.cut_off(str(error)))
    finally:
        pages.close()
    return unseen


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where a walk ends that would go on: after so many pages, or at a time of the monotonic clock.

    may_peek  whether a page more may be asked for, which tells that there was one
    """

    now: datetime
    most: int
    deadline: float
    may_peek: bool

    @property
    def reason(self) -> str:
        """Why it ends after its pages."""
        return f"cut off after {self.most} pages" if self.most > 1 else "cut off after the first page"


class _Back:
    """How far a walk has come, where it goes back in time; of one that does not, nothing is certain before its end."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self._since, self._until = since, until
        self._reached = until
        self._goes_back = True

    def saw(self, page: Page) -> None:
        """Take note of a page."""
        times = [mention.created_at for mention in page.mentions]
        self._goes_back &= all(later >= earlier for later, earlier in pairwise([self._reached, *times[:1], *times[-1:]]))
        self._reached = min([self._reached, *times])

    def cut_off(self, reason: str) -> Unseen:
        """What is not seen if it ends here."""
        return Unseen(self._since, max(self._since, self._reached) if self._goes_back else self._until, reason)


def _joined(gaps: Sequence[Unseen]) -> Iterator[Unseen]:
    """The same time, none of it twice."""
    reached: datetime | None = None
    for gap in sorted(gaps, key=lambda gap: gap.since):
        since = max(gap.since, reached) if reached else gap.since
        if gap.until > since:
            yield Unseen(since, gap.until, gap.reason)
            reached = gap.until


def _stored(con: duckdb.DuckDBPyConnection, first: datetime, last: datetime) -> Iterator[Stored]:
    after: Stored | None = None
    while True:
        batch = read_stretch(con, first, last, after=after, most=_BATCH)
        yield from batch
        if len(batch) < _BATCH:
            return
        after = batch[-1]
