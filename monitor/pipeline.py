"""The way of the data, stage after stage: collect, enrich, store, detect, publish."""

import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitor.collect.connector import Connector, Cursor, Query
from monitor.config.models import Config
from monitor.detect.watch import Change, Watch, hindsight
from monitor.errors import CredentialsRefused, MonitorError, OutOfMoney, StopUntil
from monitor.gather.budget import Ledger
from monitor.gather.enricher import Enricher
from monitor.gather.follow import Follower
from monitor.gather.live import NOTHING, Pulled, Puller, pull, store_page, store_round
from monitor.gather.outcome import is_stopped, may_have_new_key
from monitor.gather.refresh import query_of, refresher
from monitor.gather.threads import NO_OLDER, are_over
from monitor.gather.threads import query_of as query_of_threads
from monitor.store.compact import compact_if_due
from monitor.store.database import Store, sync_brands
from monitor.store.ledger import Run, standing_runs
from monitor.store.progress import drop_cursors, read_cursors, read_outcomes, read_spoken_until
from monitor.store.publish import Published, publish
from monitor.store.rollup import rebuild
from monitor.store.threads import read_threads
from monitor.store.write import Batch, Saved
from monitor.tell.tables import write_tables

log = logging.getLogger(__name__)

_BIN = timedelta(minutes=5)
_PENDING_AT_MOST = timedelta(minutes=10)
_SIDE_BY_SIDE = 8


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

    Sources are asked side by side, each in a thread of its own; what they bring is written by one at a time. A round
    that brings nothing writes nothing: its cursors and coverage wait for the next round that does, ten minutes at most.
    """

    def __init__(
        self, config: Config, store: Store, connectors: Sequence[Connector], *, now: datetime, side_by_side: int = _SIDE_BY_SIDE
    ) -> None:
        """Take up where an earlier process stopped.

        side_by_side  sources asked at the same time; 1 for made-up ones, which nobody waits for
        raises        StoreError
        """
        self._config = config
        self._store = store
        self._connectors = list(connectors)
        self._enricher = Enricher.of(config)
        self._meter = Ledger(store, is_backfill=False)
        self._side_by_side = side_by_side
        self._watch = Watch(config.brands, sensitivity=config.detect.sensitivity, rules=config.rules)
        self._every = {name: float(section.every) for name, section in config.sources.items()}
        self._pending: list[Pulled] = []
        self._written_at = now
        self._looked_until: dict[tuple[str, str], datetime] = {}
        self._writing = threading.RLock()
        prepare(store, config)
        with store.writing() as con:
            self._runs = standing_runs(con, {connector.source for connector in self._connectors}, now=now)
            self._cursors: dict[tuple[str, str], Cursor] = dict(read_cursors(con, "live"))
            # another process may have been given another key
            self._outcomes = {
                (one.source, one.query): replace(one, not_before=None) if may_have_new_key(one) else one for one in read_outcomes(con)
            }
            self._spoken_until = read_spoken_until(con, [run.run_id for run in self._runs.values()])
            self._enricher.threads.update(read_threads(con, since=now - NO_OLDER))
            self._stored_cursors: Mapping[tuple[str, str], Cursor] = dict(self._cursors)
        self._openings = store.openings

    def round(self, *, now: datetime, sources: Sequence[str] | None = None, by_hand: bool = False) -> Round:
        """Ask the sources (all, or the named ones) for what is new, store it, judge the bins that are complete.

        by_hand  somebody asks: sources that were stopped until somebody acts are asked again
        raises   StoreError; a source's own trouble is in the result
        """
        self._catch_up()
        asked = [connector for connector in self._connectors if sources is None or connector.source in sources]
        if len(asked) == 1 or self._side_by_side == 1:
            answers = [self._ask(connector, now, by_hand) for connector in asked]
        else:
            with ThreadPoolExecutor(self._side_by_side) as pool:
                answers = list(pool.map(lambda connector: self._ask(connector, now, by_hand), asked))
        pulled = [one for several in answers for one in several]
        with self._writing:
            for one in pulled:
                self._note(one)
            self._pending.extend(pulled)
            recovered = any(self._failed_before(one.query) and not one.error and not one.waiting for one in pulled)
            if all(one.brings_nothing for one in self._pending) and not recovered and now - self._written_at < _PENDING_AT_MOST:
                did = Round(pulled, 0, 0, ())
            else:
                did = self._write(pulled, now)
        on_the_way = sum((one.saved for one in pulled), NOTHING)
        return replace(did, new=did.new + on_the_way.new, changed=did.changed + on_the_way.changed)

    def due(self, source: str, *, now: datetime) -> datetime:
        """When a source is to be asked next: its interval after it was last asked, at once where that is past."""
        with self._store.opened() as con:
            run_id = self._runs[source].run_id if source in self._runs else None
            rows = con.execute("select max(pulled_at) from coverage where run_id = ?", [run_id]).fetchall()
        last = rows[0][0]
        return max(now, last.replace(tzinfo=UTC) + timedelta(seconds=self._config.sources[source].every)) if last else now

    def flush(self, *, now: datetime) -> Sequence[Change]:
        """Write what quiet rounds left waiting; before publishing and before the process ends."""
        with self._writing:
            return self._write((), now).changes if self._pending else ()

    def publish(self, *, now: datetime) -> Published:
        """Give the analysts a new copy."""
        self.flush(now=now)
        return hand_out(self._store, self._config, now=now)

    def _catch_up(self) -> None:
        """Take over how far another process came meanwhile (`monitor pull`), so that nothing is bought twice."""
        with self._writing, self._store.opened() as con:
            if self._store.openings == self._openings:
                return
            stored = read_cursors(con, "live")
            moved = {key for key, cursor in stored.items() if cursor != self._stored_cursors.get(key)}
            self._cursors.update({key: stored[key] for key in moved})
            # what waits here to be written is older than that
            self._pending = [_without_cursor(one) if _key(one.query) in moved else one for one in self._pending]
            self._stored_cursors = stored
            self._outcomes = {(one.source, one.query): one for one in read_outcomes(con)}
            self._openings = self._store.openings

    def _ask(self, connector: Connector, now: datetime, by_hand: bool) -> list[Pulled]:
        """Every query of one source, then the second looks that are due, then threads; a refused key is tried once, not once a query."""
        pulled: list[Pulled] = []
        shared: MonitorError | None = None
        try:
            queries = connector.queries()
        except MonitorError as error:
            return [Pulled(Query(connector.source, ""), error=error)]
        if not queries:
            return [Pulled(Query(connector.source, ""), waiting=connector.check() or f"{connector.source}: nothing to ask for yet")]
        for query in queries:
            waiting = self._waits(query, now, by_hand)
            if waiting:
                pulled.append(Pulled(query, waiting=waiting))
                continue
            one = Pulled(query, error=shared) if shared else self._pull(connector, query, now)
            pulled.append(one)
            shared = shared or (one.error if one.error and _is_of_the_key(connector, one.error) else None)
        again = query_of(connector)
        if connector.capabilities.refresh_after and not shared and not self._waits(again, now, by_hand):
            with self._store.opened() as con:
                looks = refresher(con, connector, self._cursors.get(_key(again)), run=self._runs[connector.source], now=now)
            pulled.append(self._pull(looks, again, now))
        is_well = not any(one.error for one in pulled)
        if connector.capabilities.reads_threads and is_well and not self._waits(query_of_threads(connector), now, by_hand):
            pulled.append(self._follow(connector, now))
        return pulled

    def _pull(self, connector: Puller, query: Query, now: datetime) -> Pulled:
        run = self._runs[query.source]
        return pull(
            connector,
            query,
            self._cursors.get(_key(query)),
            run=run,
            enricher=self._enricher,
            meter=self._meter,
            now=now,
            store_now=lambda batch: self._store_page(batch, run, now),
        )

    def _follow(self, connector: Connector, now: datetime) -> Pulled:
        run = self._runs[connector.source]
        if over := are_over(self._cursors, connector.source, now=now):
            with self._writing, self._store.writing() as con:
                drop_cursors(con, connector.source, over)
                for name in over:
                    del self._cursors[connector.source, name]
        return Follower(
            connector,
            self._store,
            run,
            brands=[brand.name for brand in self._config.brands],
            cursors=self._cursors,
            enricher=self._enricher,
            meter=self._meter,
            every=self._every.get(connector.source, 300),
            store_now=lambda batch: self._store_page(batch, run, now),
        ).round(now=now)

    def _store_page(self, batch: Batch, run: Run, now: datetime) -> Saved:
        with self._writing:
            saved = store_page(self._store, batch, run=run, now=now)
            if batch.cursor is not None:
                key = _key(batch.query)
                self._cursors[key] = batch.cursor
                # what a quiet round left waiting is older, and must not be written over it
                self._pending = [_without_cursor(one) if _key(one.query) == key else one for one in self._pending]
        return saved

    def _waits(self, query: Query, now: datetime, by_hand: bool) -> str | None:
        """Why a query is not asked now; None where it is."""
        known = self._outcomes.get(_key(query))
        if known is None or not known.error or (by_hand and may_have_new_key(known)):
            return None
        if is_stopped(known) and not by_hand:
            return f"stopped: {known.error}"
        return f"until {known.not_before:%Y-%m-%d %H:%M} UTC: {known.error}" if known.not_before and known.not_before > now else None

    def _write(self, pulled: Sequence[Pulled], now: datetime) -> Round:
        troubled = any(one.error or self._failed_before(one.query) for one in self._pending)
        with self._store.writing() as con:
            saved = store_round(
                con,
                self._store,
                self._pending,
                runs=self._runs,
                outcomes=self._outcomes,
                spoken_until=self._spoken_until,
                every=self._every,
                now=now,
            )
            changes = self._watch.judge(con, until=self._judgeable_until(now), now=now)
            outcomes = {(one.source, one.query): one for one in read_outcomes(con)} if troubled else self._outcomes
        self._stored_cursors = {**self._stored_cursors, **self._cursors}
        self._pending, self._written_at, self._outcomes = [], now, outcomes
        for change in changes:
            level = logging.WARNING if change.is_alert(now) else logging.INFO
            log.log(level, "%s %s: %s", change.incident.id, change.change, change.incident.summary)
        return Round(pulled, saved.new, saved.changed, changes)

    def _failed_before(self, query: Query) -> bool:
        known = self._outcomes.get(_key(query))
        return known is not None and known.error is not None

    def _note(self, one: Pulled) -> None:
        key = _key(one.query)
        if one.cursor is not None:
            self._cursors[key] = one.cursor
        if one.until:
            self._looked_until[key] = self._spoken_until[key] = one.until

    def _judgeable_until(self, now: datetime) -> datetime:
        """The end of the bins that every source has been pulled past, or that have waited long enough."""
        waited = now - timedelta(seconds=self._config.detect.lateness)
        asked = [query for connector in self._connectors for query in _queries(connector) if query.covers]
        looked = min((self._looked_until.get(_key(query), waited) for query in asked), default=waited)
        until = min(max(looked, waited), now)
        return until - (until - datetime(1970, 1, 1, tzinfo=UTC)) % _BIN


def prepare(store: Store, config: Config) -> None:
    """Tell the store which brands there are; a brand whose zone changed has its days counted again."""
    with store.writing() as con:
        if sync_brands(con, config.brands):
            log.info("a brand's time zone changed: its days are counted again")
            rebuild(con)


def hand_out(store: Store, config: Config, *, now: datetime) -> Published:
    """Give the analysts a new copy, and the tables that are written with it; once a day of a file written anew."""
    compact_if_due(store, now=now)
    copied = publish(store, config.published_folder, now=now, lake=config.publish.lake)
    write_tables(config, copied.path, now=now)
    return copied


def find_past_incidents(store: Store, config: Config, *, now: datetime) -> Sequence[Change]:
    """Run detection over all that is stored, as after a backfill; it tells nobody, and doing it again changes nothing."""
    with store.writing() as con:
        runs = con.execute("select max(run_id) from run where kind = 'backfill' and state <> 'undone'").fetchall()
        return hindsight(con, config.brands, sensitivity=config.detect.sensitivity, run_id=runs[0][0], now=now)


def _key(query: Query) -> tuple[str, str]:
    return query.source, query.name


def _is_of_the_key(connector: Connector, error: MonitorError) -> bool:
    """Whether a trouble is that of the one key that all of a source's queries share."""
    return connector.capabilities.key != "none" and isinstance(error, CredentialsRefused | OutOfMoney | StopUntil)


def _queries(connector: Connector) -> Sequence[Query]:
    try:
        return connector.queries()
    except MonitorError:
        return ()


def _without_cursor(one: Pulled) -> Pulled:
    return replace(one, cursor=None, batches=[replace(batch, cursor=None) for batch in one.batches])
