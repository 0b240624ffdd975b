"""When texts with which copy keys were said, of the last days, remembered for as long as the store is open.

A live round has a few new texts to be held against those of three days: looking them up here takes a tenth of the time that a
query takes. What is remembered is at least what is stored. What a transaction took back or somebody deleted may still be in it, so
that what it names is read from the store before it is used; what another process wrote is met with the next opening, which
remembers nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import duckdb

from monitor.enrich.duplicates import KEYS

Keys = Sequence[int | None]
"""The copy keys of a text."""

_MOST = 50_000
"""Texts of which more are not remembered: a source of many a minute brings so many at once that a query pays."""

_SLACK = timedelta(days=1)
"""How much more than needed is read, and then kept, so that it is not read again for every text that comes late."""


class _Recent:
    """The times of the texts said at `since` or later, naive UTC, by their keys; how many they are."""

    def __init__(self, since: datetime, texts: Iterable[tuple[datetime, Keys]]) -> None:
        self.since = since
        self.size = 0
        self._times: dict[int, list[datetime]] = {}
        for at, keys in texts:
            self.add(at, keys)

    def add(self, at: datetime, keys: Keys) -> None:
        if at >= self.since:
            self.size += 1
            for key in keys:
                if key is not None:
                    self._times.setdefault(key, []).append(at)

    def times(self, keys: Iterable[int], first: datetime, last: datetime) -> set[datetime]:
        return {at for key in keys for at in self._times.get(key, ()) if first <= at <= last}


_remembered: WeakKeyDictionary[duckdb.DuckDBPyConnection, _Recent] = WeakKeyDictionary()


def times_of(con: duckdb.DuckDBPyConnection, keys: Iterable[int], first: datetime, last: datetime) -> set[datetime] | None:
    """When the stored texts that have one of these keys were said, and perhaps some more; None where that is not remembered.

    first, last  between these times alone, naive UTC
    """
    recent = _remembered.get(con)
    if recent is None or recent.since < first - 2 * _SLACK:
        recent = _remembered[con] = _read(con, first - _SLACK)
    return recent.times(keys, first, last) if recent.since <= first and recent.size <= _MOST else None


def remember(con: duckdb.DuckDBPyConnection, texts: Iterable[tuple[datetime, Keys]]) -> None:
    """Note the keys of texts that are about to be stored, or to be given other ones."""
    recent = _remembered.get(con)
    if recent is not None and recent.size <= _MOST:
        for at, keys in texts:
            recent.add(at, keys)


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """Remember nothing: so many texts are about to be stored that the store is asked for what is needed of them."""
    _remembered.pop(con, None)


def _read(con: duckdb.DuckDBPyConnection, since: datetime) -> _Recent:
    rows = con.execute(
        f"select created_at, {', '.join(KEYS)} from mention where created_at >= ? and copy_key_1 is not null limit {_MOST + 1}", [since]
    ).fetchall()
    return _Recent(since, ((at, keys) for at, *keys in rows))
