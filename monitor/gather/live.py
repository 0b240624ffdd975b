"""Live rounds: what is new at each source since its cursor; a source in trouble does not stop the others."""

import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import duckdb

from monitor.collect.budget import Meter
from monitor.collect.connector import Capabilities, Cursor, Looked, Page, Query, Window
from monitor.errors import MonitorError
from monitor.gather.enricher import Enricher
from monitor.gather.outcome import pause_after
from monitor.gather.pages import is_odd, odd_page, sober
from monitor.store.database import Store
from monitor.store.ledger import Run, count
from monitor.store.progress import Outcome, save_coverage, save_outcome
from monitor.store.quarantine import keep
from monitor.store.write import Batch, Saved, save

NOTHING = Saved(0, 0)

PAGES_A_ROUND = 50
ROUND_SECONDS = 120.0
"""A walk longer than either goes on in the next round, so that one busy source does not hold up the others."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """How asking one query went.

    batches  pages that are still to be stored: at most the last one
    seen     items that the source offered
    until    end of what was looked at, UTC; None where the walk did not get there
    saved    what the pages stored on the way brought
    cursor   where the query resumes; None where it stays as it was
    waiting  why it was not asked; None where it was
    """

    query: Query
    batches: Sequence[Batch] = ()
    error: MonitorError | None = None
    seen: int = 0
    until: datetime | None = None
    saved: Saved = NOTHING
    cursor: Cursor | None = None
    waiting: str | None = None

    @property
    def brings_nothing(self) -> bool:
        """Whether only its cursor and coverage moved."""
        return (
            self.error is None
            and self.saved == NOTHING
            and not any(batch.enriched.mentions.num_rows or batch.enriched.gone or batch.set_aside for batch in self.batches)
        )


class Puller(Protocol):
    """What pages come from: a connector, or its second looks."""

    source: str
    capabilities: Capabilities

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """As a connector's."""
        ...


def pull(
    connector: Puller,
    query: Query,
    cursor: Cursor | None,
    *,
    run: Run,
    enricher: Enricher,
    meter: Meter,
    now: datetime,
    store_now: Callable[[Batch], Saved],
) -> Pulled:
    """Ask one query for what is new; its trouble is returned, with what came before it.

    A page is stored before the next one is asked for, so that nothing is paid for twice; the last one is left to
    the caller, whose transaction joins it with the other queries'.

    store_now  saves one page in a transaction of its own
    """
    held: Batch | None = None
    saved = NOTHING
    until: datetime | None = None
    seen = 0
    error: MonitorError | None = None
    begun = time.monotonic()
    pages = sober(connector.source, connector.pull(query, cursor, now=now, window=Window(), meter=meter))
    for number in range(PAGES_A_ROUND):
        if held is not None:
            saved += store_now(held)
            held = None
        if number and time.monotonic() - begun > ROUND_SECONDS:
            break
        try:
            page = next(pages, None)
        except MonitorError as trouble:
            error = trouble
            break
        if page is None:
            break
        seen += page.seen
        if is_odd(page, connector.capabilities):
            error, page = odd_page(connector.source, page)
        held = enricher.batch(page, query=query, run=run, is_settled=connector.capabilities.stable_created_at)
        cursor = page.cursor if page.cursor is not None else cursor
        if page.covered:
            held = replace(held, seen=seen)
        until = max((looked.until for looked in page.covered if looked.complete), default=until)
        if error or page.is_last:
            break
    pages.close()
    return Pulled(query, [held] if held else [], error, seen, until, saved, cursor)


def store_round(
    con: duckdb.DuckDBPyConnection,
    store: Store,
    pulled: Sequence[Pulled],
    *,
    runs: Mapping[str, Run],
    outcomes: Mapping[tuple[str, str], Outcome],
    spoken_until: MutableMapping[tuple[str, str], datetime],
    every: Mapping[str, float],
    now: datetime,
) -> Saved:
    """Save a round inside the caller's transaction: every page, every cursor, every trouble.

    outcomes      how asking ended before
    spoken_until  up to where coverage says something of each query; a trouble's gap goes on from there
    every         seconds between the rounds of each source
    """
    saved = save(con, [batch for one in pulled for batch in one.batches], now=now)
    for one in pulled:
        run = runs[one.query.source]
        set_aside = sum(keep(store.folder, con, batch.set_aside, query=one.query, run_id=run.run_id, now=now) for batch in one.batches)
        # what was seen on the way to an end that this round did not reach stands with no stretch: it is counted for the run
        count(con, run, seen=0 if one.until else one.seen, stored=0, set_aside=set_aside)
        known = outcomes.get((one.query.source, one.query.name))
        if one.error:
            pause = pause_after(one.error, now=now, failures=known.failures if known else 0, every=every.get(one.query.source, 300))
            save_outcome(con, one.query, now=now, error=str(one.error), not_before=pause.until, stopped=pause.stopped)
            if one.query.covers:
                since = min(spoken_until.get((one.query.source, one.query.name), now), now)
                gap = Looked(one.query.source, since=since, until=now, complete=False, reason=str(one.error))
                save_coverage(con, [(one.query, gap, run.run_id, 0)], now=now)
                spoken_until[one.query.source, one.query.name] = now
        elif known and known.error and not one.waiting:
            save_outcome(con, one.query, now=now)
    return saved


def store_page(store: Store, batch: Batch, *, run: Run, now: datetime) -> Saved:
    """Save one page of a walk that goes on, in a transaction of its own."""
    with store.writing() as con:
        saved = save(con, [batch], now=now)
        set_aside = keep(store.folder, con, batch.set_aside, query=batch.query, run_id=run.run_id, now=now)
        count(con, run, seen=0, stored=0, set_aside=set_aside)
    return saved
