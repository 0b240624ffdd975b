"""Live rounds: what is new at each source since its cursor; a source in trouble does not stop the others."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import duckdb

from monitor.collect.connector import Connector, Cursor, Looked, Page, Query, Window
from monitor.errors import MonitorError, RetryLater, StopUntil
from monitor.gather.enricher import Enricher
from monitor.store.database import Store
from monitor.store.ledger import Run, count
from monitor.store.progress import save_coverage, save_outcome
from monitor.store.quarantine import keep
from monitor.store.write import Batch, Saved, save

log = logging.getLogger(__name__)

PAGES_A_ROUND = 50
"""A walk longer than this goes on in the next round, so that one busy source does not hold up the others."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """How asking one query went.

    until    end of what was looked at, UTC; None where the walk did not get there
    waiting  it was not asked, since its source asked for a pause until then
    """

    query: Query
    batches: Sequence[Batch] = ()
    error: MonitorError | None = None
    waiting: datetime | None = None

    @property
    def seen(self) -> int:
        """Items that the source offered."""
        return sum(batch.seen for batch in self.batches)

    @property
    def until(self) -> datetime | None:
        """The end of what was looked at."""
        return max((looked.until for batch in self.batches for looked in batch.covered), default=None)

    @property
    def brings_nothing(self) -> bool:
        """Whether only its cursor and coverage moved."""
        return self.error is None and not any(
            batch.enriched.mentions.num_rows or batch.enriched.gone or batch.set_aside for batch in self.batches
        )


def pull(
    connector: Connector, query: Query, cursor: Cursor | None, *, run: Run, enricher: Enricher, now: datetime, waiting: datetime | None
) -> Pulled:
    """Ask one query for what is new; its trouble is returned, with the pages that came before it.

    waiting  a pause that its source asked for, or None
    """
    if waiting and waiting > now:
        return Pulled(query, waiting=waiting)
    pages: list[Page] = []
    error: MonitorError | None = None
    try:
        for page in islice(connector.pull(query, cursor, now=now, window=Window()), PAGES_A_ROUND):
            pages.append(page)
    except MonitorError as trouble:
        error = trouble
        log.warning("%s", trouble)
    return Pulled(query, [enricher.batch(page, query=query, run=run) for page in pages], error)


def store_round(
    con: duckdb.DuckDBPyConnection, store: Store, pulled: Sequence[Pulled], *, runs: Mapping[str, Run], recovered: set[Query], now: datetime
) -> Saved:
    """Save a round inside the caller's transaction: every page, every cursor, every trouble.

    recovered  queries whose last try failed and that went well now
    """
    saved = save(con, [batch for one in pulled for batch in one.batches], now=now)
    for one in pulled:
        run = runs[one.query.source]
        set_aside = sum(keep(store.folder, con, batch.set_aside, query=one.query, run_id=run.run_id, now=now) for batch in one.batches)
        if set_aside:
            count(con, run, seen=0, stored=0, set_aside=set_aside)
        if one.error:
            _store_trouble(con, one, run, one.error, now=now)
        elif one.query in recovered:
            save_outcome(con, one.query, now=now)
    return saved


def resume_at(error: MonitorError, now: datetime) -> datetime | None:
    """When a source that made this trouble may be asked again; None for the next round."""
    if isinstance(error, RetryLater):
        return now + timedelta(seconds=error.seconds)
    return error.at if isinstance(error, StopUntil) else None


def _store_trouble(con: duckdb.DuckDBPyConnection, one: Pulled, run: Run, error: MonitorError, *, now: datetime) -> None:
    save_outcome(con, one.query, now=now, error=str(error), not_before=resume_at(error, now))
    gap = Looked(one.query.source, since=now, until=now, complete=False, reason=str(error))
    save_coverage(con, [(one.query, gap, run.run_id, 0)], now=now)
