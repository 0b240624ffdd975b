"""The way of the data, stage after stage: collect, enrich, store, detect, publish."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.collect.connector import Connector, Cursor, Query
from monitor.config.models import Config
from monitor.detect.watch import Change, Watch, hindsight
from monitor.gather.enricher import Enricher
from monitor.gather.live import Pulled, pull, resume_at, store_round
from monitor.store.database import Store, sync_brands
from monitor.store.ledger import standing_runs
from monitor.store.progress import read_cursors, read_outcomes
from monitor.store.publish import Published, publish
from monitor.store.rollup import rebuild
from monitor.store.threads import read_threads

log = logging.getLogger(__name__)

_BIN = timedelta(minutes=5)
_PENDING_AT_MOST = timedelta(minutes=10)
_THREADS_LIVE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Round:
    """What one live round did.

    new, changed  mentions that came to the store, and stored ones that changed
    changes       incidents that opened, got worse or ended
    """

    pulled: Sequence[Pulled]
    new: int
    changed: int
    changes: Sequence[Change]

    @property
    def failed(self) -> Sequence[Pulled]:
        """The queries that could not be asked."""
        return [one for one in self.pulled if one.error]


class Pipeline:
    """One process's live collection: brands, sources, store and detection together.

    A round that brings nothing writes nothing: its cursors and coverage wait for the next round
    that does, ten minutes at most.
    """

    def __init__(self, config: Config, store: Store, connectors: Sequence[Connector], *, now: datetime) -> None:
        self._config = config
        self._store = store
        self._connectors = list(connectors)
        self._enricher = Enricher.of(config)
        self._watch = Watch(config.brands, sensitivity=config.detect.sensitivity)
        self._pending: list[Pulled] = []
        self._written_at = now
        self._looked_until: dict[tuple[str, str], datetime] = {}
        prepare(store, config)
        with store.writing() as con:
            self._runs = standing_runs(con, {connector.source for connector in self._connectors}, now=now)
            self._cursors: dict[tuple[str, str], Cursor] = dict(read_cursors(con, "live"))
            self._troubles = {(one.source, one.query): one.not_before for one in read_outcomes(con) if one.error}
            self._enricher.threads.update(read_threads(con, since=now - _THREADS_LIVE))

    def round(self, *, now: datetime, sources: Sequence[str] | None = None) -> Round:
        """Ask the sources (all, or the named ones) for what is new, store it, judge the bins that are complete.

        raises  StoreError; a source's own trouble is in the result
        """
        asked = [
            (connector, query)
            for connector in self._connectors
            for query in connector.queries()
            if sources is None or connector.source in sources
        ]
        pulled = [
            pull(
                connector,
                query,
                self._cursors.get(_key(query)),
                run=self._runs[query.source],
                enricher=self._enricher,
                now=now,
                waiting=self._troubles.get(_key(query)),
            )
            for connector, query in asked
        ]
        recovered = {one.query for one in pulled if not one.error and not one.waiting and _key(one.query) in self._troubles}
        for one in pulled:
            self._note(one, now)
        self._pending.extend(pulled)
        if all(one.brings_nothing for one in self._pending) and not recovered and now - self._written_at < _PENDING_AT_MOST:
            return Round(pulled, 0, 0, ())
        return self._write(pulled, recovered, now)

    def due(self, source: str, *, now: datetime) -> datetime:
        """When a source is to be asked next: its interval after it was last asked, at once where that is past."""
        with self._store.opened() as con:
            run_id = self._runs[source].run_id if source in self._runs else None
            rows = con.execute("select max(pulled_at) from coverage where run_id = ?", [run_id]).fetchall()
        last = rows[0][0]
        return max(now, last.replace(tzinfo=UTC) + timedelta(seconds=self._config.sources[source].every)) if last else now

    def flush(self, *, now: datetime) -> Sequence[Change]:
        """Write what quiet rounds left waiting; before publishing and before the process ends."""
        return self._write((), set(), now).changes if self._pending else ()

    def publish(self, *, now: datetime) -> Published:
        """Give the analysts a new copy."""
        self.flush(now=now)
        return publish(self._store, self._config.published_folder, now=now)

    def _write(self, pulled: Sequence[Pulled], recovered: set[Query], now: datetime) -> Round:
        with self._store.writing() as con:
            saved = store_round(con, self._store, self._pending, runs=self._runs, recovered=recovered, now=now)
            changes = self._watch.judge(con, until=self._judgeable_until(now), now=now)
        self._pending, self._written_at = [], now
        for change in changes:
            level = logging.INFO if change.incident.severity == "info" else logging.WARNING
            log.log(level, "%s %s: %s", change.incident.id, change.change, change.incident.summary)
        return Round(pulled, saved.new, saved.changed, changes)

    def _note(self, one: Pulled, now: datetime) -> None:
        key = _key(one.query)
        if one.batches:
            self._cursors[key] = one.batches[-1].cursor
        if one.until:
            self._looked_until[key] = one.until
        if one.error:
            self._troubles[key] = resume_at(one.error, now)
        elif not one.waiting:
            self._troubles.pop(key, None)

    def _judgeable_until(self, now: datetime) -> datetime:
        """The end of the bins that every source has been pulled past, or that have waited long enough."""
        waited = now - timedelta(seconds=self._config.detect.lateness)
        looked = min(
            (self._looked_until.get(_key(query), waited) for connector in self._connectors for query in connector.queries()), default=waited
        )
        until = min(max(looked, waited), now)
        return until - (until - datetime(1970, 1, 1, tzinfo=UTC)) % _BIN


def prepare(store: Store, config: Config) -> None:
    """Tell the store which brands there are; a brand whose zone changed has its days counted again."""
    with store.writing() as con:
        if sync_brands(con, config.brands):
            log.info("a brand's time zone changed: its days are counted again")
            rebuild(con)


def find_past_incidents(store: Store, config: Config, *, now: datetime) -> Sequence[Change]:
    """Run detection over all that is stored, as after a backfill; it tells nobody, and doing it again changes nothing."""
    with store.writing() as con:
        runs = con.execute("select max(run_id) from run where kind = 'backfill' and state <> 'undone'").fetchall()
        return hindsight(con, config.brands, sensitivity=config.detect.sensitivity, run_id=runs[0][0], now=now)


def _key(query: Query) -> tuple[str, str]:
    return query.source, query.name
