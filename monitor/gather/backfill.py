"""History: one question to one source, page by page, resumable, each page and its cursor in one transaction."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa

from monitor.collect.budget import Meter
from monitor.collect.connector import Capabilities, Page, Query, Window
from monitor.enrich.table import Matched
from monitor.enrich.workers import score_all
from monitor.errors import MonitorError, SourceChanged
from monitor.gather.enricher import Enricher
from monitor.gather.live import Puller
from monitor.gather.pages import is_odd, odd_page, sober
from monitor.store.database import Store
from monitor.store.ledger import Run, backfill_run, count, finish, read_run, restart
from monitor.store.progress import read_cursors
from monitor.store.quarantine import keep
from monitor.store.write import Batch, Saved, save

AT_ONCE = 100_000
"""Mentions that a backfill of many stores at once: in batches of 20,000 each costs twice as much."""

Redo = Literal["missing", "failed", "all"]
"""Which questions are asked again: those without an answer, those that failed, every one."""


@dataclass(frozen=True, slots=True)
class Filled:
    """How a backfill of one query ended.

    run      as the ledger has it
    new      mentions that this call added
    changed  stored mentions that this call changed
    skipped  the question was answered before, nothing was read
    """

    run: Run
    new: int
    changed: int
    skipped: bool


def backfill(
    store: Store,
    connector: Puller,
    query: Query,
    *,
    window: Window,
    enricher: Enricher,
    meter: Meter,
    now: datetime,
    redo: Redo = "missing",
    processes: int | None = 1,
    on_page: Callable[[Page], None] = lambda _page: None,
) -> Filled:
    """Ask a source for a stretch of its past; asked again, it goes on where it stopped.

    The lease is held only while a page is written. A source's trouble ends the run as failed, and
    what it brought before stays.

    processes  that score texts, None for one a core: pages are then read ahead of what is stored, and stored several at once, so only
               where they cost nothing
    raises     what the connector and the store raise
    """
    with store.writing() as con:
        run = backfill_run(con, query, window, enricher.fingerprint(query, window), now=now)
        if not _is_due(run, redo):
            return Filled(run, 0, 0, skipped=True)
        if redo == "all":
            restart(con, run)
        cursor = read_cursors(con, run.direction).get((query.source, query.name))
    total = Saved(0, 0)
    waiting: list[tuple[Page, Batch]] = []

    def write() -> None:
        nonlocal total
        with store.writing() as con:
            saved = save(con, [batch for _, batch in waiting], now=now)
            set_aside = sum(keep(store.folder, con, page.set_aside, query=query, run_id=run.run_id, now=now) for page, _ in waiting)
            count(con, run, seen=sum(page.seen for page, _ in waiting), stored=saved.new, set_aside=set_aside)
        total += saved
        for page, _ in waiting:
            on_page(page)
        waiting.clear()

    try:
        try:
            pages = sober(connector.source, connector.pull(query, cursor, now=now, window=window, meter=meter))
            for page, changed_source, scored in _scored(pages, connector.capabilities, enricher, query, processes):
                batch = enricher.batch(page, query=query, run=run, is_settled=connector.capabilities.stable_created_at, scored=scored)
                waiting.append((page, batch))
                if processes == 1 or sum(each.enriched.mentions.num_rows for _, each in waiting) >= AT_ONCE:
                    write()
                if changed_source:
                    raise changed_source
        finally:
            # what came before a trouble stays
            if waiting:
                write()
    except MonitorError as error:
        with store.writing() as con:
            finish(con, run, state="failed", now=now, error=str(error))
        raise
    with store.writing() as con:
        finish(con, run, state="done", now=now)
        return Filled(read_run(con, run.run_id) or run, total.new, total.changed, skipped=False)


def _scored(
    pages: Iterator[Page], capabilities: Capabilities, enricher: Enricher, query: Query, processes: int | None
) -> Iterator[tuple[Page, SourceChanged | None, tuple[Matched, pa.Table]]]:
    """The pages in their order, each with what it says, and the trouble that it is if it is odd: it is the last one then."""

    def asked() -> Iterator[tuple[tuple[Page, SourceChanged | None, Matched], pa.Table]]:
        for page in pages:
            trouble, taken = odd_page(query.source, page) if is_odd(page, capabilities) else (None, page)
            found = enricher.matched(taken, query)
            yield (taken, trouble, found), found.asked
            if trouble is not None:
                return

    tools = enricher.tools if processes != 1 else lambda: (enricher.scorer, enricher.matcher.remarks)
    for (page, trouble, found), scored in score_all(asked(), tools, processes=processes):
        yield page, trouble, (found, scored)


def _is_due(run: Run, redo: Redo) -> bool:
    return redo == "all" or run.state in ("running", "failed") if redo != "failed" else run.state == "failed"
