"""Stored texts that may be copies or originals of others: those that have a copy key in common with them, not far off in time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import duckdb
import pyarrow as pa

from monitor.enrich.duplicates import KEYS, WINDOW, Fingerprint, fingerprint
from monitor.mention import whole_text
from monitor.store.recent import times_of
from monitor.text import folded

Key = tuple[str, str]
"""Source and the source's own id."""

_FEW = 200
"""Up to so many keys, and times, are looked for one by one: planning a join takes longer."""

_MANY = 3_000
"""With so many keys it pays to ask the store: the page of an import."""

_REMEMBERED = 10_000
"""Stored texts whose marks are remembered: while copies of a text come, it is read again in every round."""

_WORDS = r"regexp_replace(text, 'https?://\S+', ' ', 'g')"
_COLUMNS = f"""
    source, source_id, created_at, title, text, coalesce(author_id, author_name), marks,
    [{", ".join(KEYS)}], repost_of_id is not null, duplicate_of
"""


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A text as far as copies go, in the order in which one can be the original of another.

    is_repost     by what its source says
    duplicate_of  as stored
    """

    created_at: datetime
    source: str
    source_id: str
    print: Fingerprint = field(compare=False)
    is_repost: bool = field(compare=False)
    duplicate_of: str | None = field(compare=False)

    @property
    def key(self) -> Key:
        """Source and the source's own id."""
        return self.source, self.source_id

    @property
    def mention_id(self) -> str:
        """As it stands in `duplicate_of`."""
        return f"{self.source}:{self.source_id}"


def keys_of(text: Text) -> list[int]:
    """The copy keys that it has."""
    return [key for key in text.print.keys if key is not None]


def similar(con: duckdb.DuckDBPyConnection, texts: Sequence[Text], *, is_import: bool = False) -> list[Text]:
    """Stored texts that have a key in common with one of these, from 72 hours before the first to 72 hours after the last.

    Of equal texts long before, which nothing but the first of them can be the original for, only that one.
    """
    keys = sorted({key for text in texts for key in keys_of(text)})
    if not keys:
        return []
    first, last = min(text.created_at for text in texts), max(text.created_at for text in texts)
    times = times_of(con, keys, first - WINDOW, last + WINDOW) if len(keys) <= _MANY and not is_import else None
    if times is not None and len(times) <= _FEW:
        return _said_at(con, times, {*keys})
    if len(keys) <= _FEW:
        return read_texts(con, _sought(", ".join(map(str, keys)), first, last))
    con.register("sought", pa.table({"key": pa.array(keys, pa.uint32())}))
    found = read_texts(con, _sought("from sought", first, last))
    con.unregister("sought")
    return found


def _said_at(con: duckdb.DuckDBPyConnection, times: Collection[datetime], keys: Collection[int]) -> list[Text]:
    """Stored texts of these times that have one of these keys."""
    if not times:
        return []
    listed = ", ".join(f"timestamp '{at}'" for at in times)
    return read_texts(
        con, f"where created_at between timestamp '{min(times)}' and timestamp '{max(times)}' and created_at in ({listed})", keys=keys
    )


def _sought(keys: str, first: datetime, last: datetime) -> str:
    # the same words, addresses aside, have the same marks
    by_words = f"partition by {', '.join(KEYS)}, title, {_WORDS}, marks, created_at < timestamp '{last - WINDOW}'"
    return f"""
        where created_at between timestamp '{first - WINDOW}' and timestamp '{last + WINDOW}'
            and (copy_key_1 in ({keys}) or copy_key_2 in ({keys}) or copy_key_3 in ({keys}))
        qualify created_at < timestamp '{last - WINDOW}' or created_at >= timestamp '{first}'
            or row_number() over ({by_words} order by created_at, source, source_id) = 1
    """


def read_texts(
    con: duckdb.DuckDBPyConnection, which: str, values: Sequence[object] = (), *, keys: Collection[int] | None = None
) -> list[Text]:
    """Stored texts; of those that are found only the ones that have one of some keys."""
    rows = con.execute(f"select {_COLUMNS} from mention {which}", list(values)).fetchall()
    return [
        Text(at, source, source_id, Fingerprint(marks or marks_of(source, *said), its_keys), is_repost, of)
        for source, source_id, at, *said, marks, its_keys, is_repost, of in rows
        if keys is None or any(key in keys for key in its_keys)
    ]


@lru_cache(maxsize=_REMEMBERED)
def marks_of(source: str, title: str | None, text: str | None, author: str | None) -> Sequence[int]:
    """The marks of a stored text, which are not kept while it is there."""
    return fingerprint(folded(whole_text(title, text)), source=source, author=author).marks
