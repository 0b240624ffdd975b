"""Looking again: what became of texts since they were first seen, at the ages that their source asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from monitor.collect.budget import Meter
from monitor.collect.connector import Connector, Cursor, Known, Page, Query, Window
from monitor.enrich.table import naive
from monitor.mention import GONE
from monitor.store.ledger import Run

AT_MOST = 2_000
"""Texts looked at again in one round; the rest waits for the next."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A look that is due. `about` is the brand that the text was counted for by its place alone, or None."""

    known: Known
    at: datetime
    about: str | None


class Refresher:
    """A connector seen as a source of second looks: its pages are the same texts as they are now.

    The cursor {"v": 1, "high": time} means: every look that was due before `high` has been made.
    """

    def __init__(self, connector: Connector, due: Sequence[_Due]) -> None:
        self._connector = connector
        self._due = due
        self.source = connector.source
        self.capabilities = connector.capabilities

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """A page for each request of the source, in the order in which the looks were due."""
        size = self.capabilities.refresh_batch
        for several in (self._due[first : first + size] for first in range(0, len(self._due), size)):
            mentions = [
                mention for answer in self._connector.refresh([due.known for due in several], now=now, meter=meter) for mention in answer
            ]
            about = {due.known.source_id: due.about for due in several if due.about}
            yield Page(mentions, {"v": 1, "high": several[-1].at.isoformat()}, seen=len(several), about=about)
        if len(self._due) < AT_MOST:
            yield Page([], {"v": 1, "high": now.isoformat()}, seen=0, is_last=True)


def query_of(connector: Connector) -> Query:
    """The name under which a source's second looks keep their cursor."""
    return Query(connector.source, "refresh", covers=False)


def refresher(con: duckdb.DuckDBPyConnection, connector: Connector, cursor: Cursor | None, *, run: Run, now: datetime) -> Refresher:
    """What is due by now. Only texts that live rounds brought: an import of years is not looked at again by itself.

    The first time nothing is due: the looks are counted from then on.
    """
    since = datetime.fromisoformat(cursor["high"]) if cursor else now
    due = _due(con, connector.source, connector.capabilities.refresh_after, run=run, since=since, until=now)
    return Refresher(connector, due)


def _due(
    con: duckdb.DuckDBPyConnection, source: str, steps: Sequence[timedelta], *, run: Run, since: datetime, until: datetime
) -> list[_Due]:
    rows = [row for step in steps for row in _seen_between(con, source, run, since - step, until - step, step)]
    # after a pause several looks at one text are due: one will do
    latest = {row[0]: row for row in sorted(rows, key=lambda row: row[-1])}
    ordered = sorted(latest.values(), key=lambda row: row[-1])[:AT_MOST]
    return [
        _Due(Known(source_id, created_at.replace(tzinfo=UTC), conversation_id), at.replace(tzinfo=UTC), about)
        for source_id, created_at, conversation_id, about, at in ordered
    ]


def _seen_between(
    con: duckdb.DuckDBPyConnection, source: str, run: Run, first: datetime, last: datetime, step: timedelta
) -> list[tuple[str, datetime, str | None, str | None, datetime]]:
    rows = con.execute(
        f"""
        select source_id, created_at, conversation_id, first_seen_at, min(brand) filter (matched_by <> 'text')
        from mention
        join mention_brand using (source, source_id, created_at)
        where first_seen_at > ? and first_seen_at <= ? and source = ? and run_id = ?
            and state not in ({", ".join(f"'{state.value}'" for state in sorted(GONE))})
        group by all
        """,
        [naive(first), naive(last), source, run.run_id],
    ).fetchall()
    return [(source_id, created_at, conversation, about, seen_at + step) for source_id, created_at, conversation, seen_at, about in rows]
