"""Reads again what was set aside, once the program or a column map can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.collect.connector import Connector, Page, Query
from monitor.errors import BadItem
from monitor.gather.enricher import Enricher
from monitor.mention import Mention
from monitor.store.database import Store
from monitor.store.ledger import count, read_run
from monitor.store.progress import release
from monitor.store.quarantine import Kept, mark_replayed, raw_of, read_quarantine
from monitor.store.write import save


@dataclass(frozen=True, slots=True)
class Replayed:
    """What replaying did.

    read       items that could be read now
    new        mentions that they brought
    still_odd  number and reason of those that still cannot be read
    """

    read: int
    new: int
    still_odd: Sequence[tuple[int, str]]


def replay(
    store: Store, connectors: Mapping[str, Connector], enricher: Enricher, *, run_id: int | None, now: datetime, dry_run: bool
) -> Replayed:
    """Try every item in quarantine again; those that are read now leave it, and count for the run that met them.

    A source that was stopped because its answers had changed is asked again once none of its items is left.
    """
    with store.opened() as con:
        kept = read_quarantine(con, run_id)
    read = new = 0
    still_odd: list[tuple[int, str]] = []
    for one in kept:
        connector = connectors.get(one.source)
        if connector is None:
            still_odd.append((one.id, f"{one.source} is not in the configuration"))
            continue
        query = next((query for query in connector.queries() if query.name == one.query), Query(one.source, one.query))
        try:
            mentions = connector.read(raw_of(store.folder, one), query, now=now)
        except BadItem as error:
            still_odd.append((one.id, str(error)))
            continue
        read += 1
        if not dry_run:
            new += _store(store, enricher, one, query, mentions, now=now)
    if not dry_run:
        _release(store, {one.source for one in kept} - {one.source for one in kept if one.id in {id_ for id_, _ in still_odd}})
    return Replayed(read, new, still_odd)


def _store(store: Store, enricher: Enricher, kept: Kept, query: Query, mentions: Sequence[Mention], *, now: datetime) -> int:
    with store.writing() as con:
        run = read_run(con, kept.run_id)
        assert run is not None
        # its page's cursor and coverage were settled long ago
        saved = save(con, [enricher.batch(Page(mentions, None, seen=0), query=query, run=run)], now=now)
        mark_replayed(con, kept, now=now)
        count(con, run, seen=0, stored=saved.new, set_aside=-1)
    return saved.new


def _release(store: Store, sources: set[str]) -> None:
    with store.writing() as con:
        for source in sources:
            release(con, source)
