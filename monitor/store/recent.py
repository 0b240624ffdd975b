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
import numpy as np
import numpy.typing as npt

from monitor.enrich.duplicates import KEYS

Keys = Sequence[int | None]
"""The copy keys of a text."""

_MOST = 1_000_000
"""Texts of which more are not remembered; they take 36 bytes each."""

_NEW = 20_000
"""Of so many that came since, those are put among the others."""

_SLACK = timedelta(days=1)
"""How much more than needed is read, and then kept, so that it is not read again for every text that comes late."""


class _Recent:
    """The times of the texts said at `since` or later, naive UTC, by their keys; how many they are.

    keys, times  of each key that a stored text has, in any order
    """

    def __init__(self, since: datetime, keys: npt.NDArray[np.uint32], times: npt.NDArray[np.datetime64], *, size: int) -> None:
        self.since = since
        self.size = size
        self._put(keys, times)

    def add(self, at: datetime, keys: Keys) -> None:
        if at >= self.since:
            self.size += 1
            for key in keys:
                if key is not None:
                    self._new.setdefault(key, []).append(at)
            if len(self._new) >= _NEW:
                new = [(key, time) for key, times in self._new.items() for time in times]
                self._put(
                    np.concatenate([self._keys, np.array([key for key, _ in new], np.uint32)]),
                    np.concatenate([self._times, np.array([time for _, time in new], "datetime64[us]")]),
                )

    def times(self, keys: Sequence[int], first: datetime, last: datetime) -> set[datetime]:
        wanted = np.array(keys, np.uint32)
        begin, end = (np.searchsorted(self._keys, wanted, side) for side in ("left", "right"))
        known = (
            at for low, high in zip(*(ends[end > begin] for ends in (begin, end)), strict=True) for at in self._times[low:high].tolist()
        )
        new = (at for key in keys for at in self._new.get(key, ()))
        return {at for some in (known, new) for at in some if first <= at <= last}

    def _put(self, keys: npt.NDArray[np.uint32], times: npt.NDArray[np.datetime64]) -> None:
        order = np.argsort(keys)
        self._keys, self._times = keys[order], times[order]
        self._new: dict[int, list[datetime]] = {}


_remembered: WeakKeyDictionary[duckdb.DuckDBPyConnection, _Recent] = WeakKeyDictionary()


def times_of(con: duckdb.DuckDBPyConnection, keys: Sequence[int], first: datetime, last: datetime) -> set[datetime] | None:
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
    found = con.sql(
        f"select created_at, {', '.join(KEYS)} from mention where created_at >= $since and copy_key_1 is not null limit {_MOST + 1}",
        params={"since": since},
    ).to_arrow_table()
    times = found["created_at"].to_numpy()
    columns = [(found[name].combine_chunks(), found[name].is_valid().to_numpy()) for name in KEYS]
    keys = np.concatenate([column.drop_null().to_numpy() for column, _ in columns])
    return _Recent(since, keys, np.concatenate([times[is_there] for _, is_there in columns]), size=found.num_rows)
