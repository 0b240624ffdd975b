"""History: one question to one source, page by page, resumable, each page and its cursor in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.collect.budget import Meter
from monitor.collect.connector import Page, Query, Window
from monitor.errors import MonitorError
from monitor.gather.enricher import Enricher
from monitor.gather.live import Puller
from monitor.gather.pages import is_odd, odd_page, sober
from monitor.store.database import Store
from monitor.store.ledger import Run, backfill_run, count, finish, read_run, restart
from monitor.store.progress import read_cursors
from monitor.store.quarantine import keep
from monitor.store.write import save

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
    on_page: Callable[[Page], None] = lambda _page: None,
) -> Filled:
    """Ask a source for a stretch of its past; asked again, it goes on where it stopped.

    The lease is held only while a page is written. A source's trouble ends the run as failed, and
    what it brought before stays.

    raises  what the connector and the store raise
    """
    with store.writing() as con:
        run = backfill_run(con, query, window, enricher.fingerprint(query, window), now=now)
        if not _is_due(run, redo):
            return Filled(run, 0, 0, skipped=True)
        if redo == "all":
            restart(con, run)
        cursor = read_cursors(con, run.direction).get((query.source, query.name))
    new = changed = 0
    try:
        for page in sober(connector.source, connector.pull(query, cursor, now=now, window=window, meter=meter)):
            changed_source = None
            if is_odd(page, connector.capabilities):
                changed_source, page = odd_page(connector.source, page)  # noqa: PLW2901
            batch = enricher.batch(page, query=query, run=run, is_settled=connector.capabilities.stable_created_at)
            with store.writing() as con:
                saved = save(con, [batch], now=now)
                set_aside = keep(store.folder, con, page.set_aside, query=query, run_id=run.run_id, now=now)
                count(con, run, seen=page.seen, stored=saved.new, set_aside=set_aside)
            new, changed = new + saved.new, changed + saved.changed
            on_page(page)
            if changed_source:
                raise changed_source
    except MonitorError as error:
        with store.writing() as con:
            finish(con, run, state="failed", now=now, error=str(error))
        raise
    with store.writing() as con:
        finish(con, run, state="done", now=now)
        return Filled(read_run(con, run.run_id) or run, new, changed, skipped=False)


def _is_due(run: Run, redo: Redo) -> bool:
    return redo == "all" or run.state in ("running", "failed") if redo != "failed" else run.state == "failed"
