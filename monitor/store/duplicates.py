"""Which text each copy is a copy of: the earliest earlier one within 72 hours that it matches directly, in whatever order they arrive.

A text that was copied by a copy of a copy is no original of what it does not match itself. What a source calls a repost is one
of what the source says, and stays it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from monitor.enrich.duplicates import KEYS, WINDOW, Fingerprint, are_copies
from monitor.store.company import in_company
from monitor.store.recent import forget, remember
from monitor.store.similar import Key, Text, keys_of, marks_of, read_texts, similar

_A_PAGE = 2_000
"""Of more texts than that those are set aside first that share no key with any other."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What is to be changed: the original of texts whose stored one is another.

    texts  with their new original; None where they are copies no more
    """

    texts: Mapping[Key, str | None]
    created_at: Sequence[datetime]

    def __bool__(self) -> bool:
        return bool(self.texts)


def elect(con: duckdb.DuckDBPyConnection, mentions: pa.Table, brands: pa.Table) -> tuple[pa.Table, pa.Table, Copies]:
    """The rows of texts that are new to the store with their originals, copies not counted; and what changes of stored texts.

    mentions  columns MENTION_COLUMNS; those without a row in `brands` are not going to be stored
    """
    asked, concerned, is_import = mentions, brands, mentions.num_rows > _A_PAGE
    if is_import:
        asked = in_company(con, mentions, within=WINDOW)
        concerned = brands.filter(pc.is_in(brands["source_id"], asked["source_id"].combine_chunks()))
    stored = set(_rows(concerned, ("source", "source_id")))
    new = [
        Text(at, source, source_id, Fingerprint(marks, keys), repost_of is not None, of)
        for marks, (at, source, source_id, *keys, repost_of, of) in zip(
            _marks(asked), _rows(asked, ("created_at", "source", "source_id", *KEYS, "repost_of_id", "duplicate_of")), strict=True
        )
        if (source, source_id) in stored
    ]
    elected = _elected(con, new, is_import=is_import)
    if is_import:
        forget(con)
    else:
        remember(con, ((text.created_at, text.print.keys) for text in new))
    keys = {text.key for text in new}
    copied = {key: original for key, original in elected.texts.items() if key in keys}
    if copied:
        mentions = _with(mentions, "duplicate_of", copied)
        brands = _with(brands, "counted", dict.fromkeys(copied, False))
    later = [(key, original, at) for (key, original), at in zip(elected.texts.items(), elected.created_at, strict=True) if key not in keys]
    return mentions, brands, Copies({key: original for key, original, _ in later}, [at for *_, at in later])


def elect_merged(con: duckdb.DuckDBPyConnection, actions: pa.Table, mentions: pa.Table) -> Copies:
    """What changes when some texts are stored beside, or instead of, what the temporary table `known` held of them before.

    actions   source, source_id and created_at of what was stored
    mentions  what it was stored from, columns MENTION_COLUMNS
    """
    said = ("title", "text", *KEYS)
    known = {
        (source, source_id): (was, of)
        for source, source_id, of, *was in con.execute(f"select source, source_id, duplicate_of, {', '.join(said)} from known").fetchall()
    }
    stored_at = {(source, source_id): at for source, source_id, at in _rows(actions, ("source", "source_id", "created_at"))}
    changed: list[Text] = []
    edited: list[Text] = []
    for source, source_id, marks, repost_of, *now in _rows(mentions, ("source", "source_id", "marks", "repost_of_id", *said)):
        key = source, source_id
        had = known.get(key)
        if key not in stored_at:
            continue
        _, _, *keys = now
        remember(con, [(stored_at[key], keys)])
        if had and had[0] == now:
            continue
        changed.append(Text(stored_at[key], source, source_id, Fingerprint(marks, keys), repost_of is not None, had[1] if had else None))
        edited += changed[-1:] if had else []
    ids = [text.mention_id for text in edited]
    return _elected(con, changed, pointing=_pointing(con, "unnest(?::varchar[])", edited, [ids]) if edited else ())


def remark(con: duckdb.DuckDBPyConnection, prints: Mapping[Key, Fingerprint], bounds: str) -> Copies:
    """Give stored texts other fingerprints, and say what changes by that; those that have them already are left as they are.

    bounds  SQL: the time in which they were said
    """
    asked = [list(column) for column in zip(*prints, strict=True)] if prints else []
    known = (
        read_texts(con, f"where {bounds} and (source, source_id) in (select unnest(?::varchar[]), unnest(?::varchar[]))", asked)
        if prints
        else []
    )
    had = [text for text in known if list(text.print.keys) != list(prints[text.key].keys)]
    if not had:
        return Copies({}, [])
    table = {
        "source": pa.array([text.source for text in had], pa.string()),
        "source_id": pa.array([text.source_id for text in had], pa.string()),
        **{name: pa.array([prints[text.key].keys[place] for text in had], pa.uint32()) for place, name in enumerate(KEYS)},
    }
    con.register("remarked", pa.table(table))
    con.execute(f"""
        update mention set {", ".join(f"{name} = remarked.{name}" for name in KEYS)}
        from remarked
        where mention.source = remarked.source and mention.source_id = remarked.source_id and mention.{bounds}
    """)
    con.unregister("remarked")
    remember(con, ((text.created_at, prints[text.key].keys) for text in had))
    pointing = _pointing(con, "unnest(?::varchar[])", had, [[text.mention_id for text in had]])
    return _elected(con, [replace(text, print=prints[text.key]) for text in had], pointing=pointing)


def elect_orphans(con: duckdb.DuckDBPyConnection, gone: str) -> Copies:
    """What changes when the texts of the temporary table of that name, of source, source_id and created_at, have gone."""
    first, last = con.execute(f"select min(created_at), max(created_at) from {gone}").fetchall()[0]
    if first is None:
        return Copies({}, [])
    return _elected(con, (), pointing=_pointing(con, f"source || ':' || source_id from {gone}", (first, last), []))


def _pointing(
    con: duckdb.DuckDBPyConnection, ids: str, between: Sequence[Text] | tuple[datetime, datetime], values: list[object]
) -> list[Text]:
    """Stored texts whose original is one of these; at what times the originals were said."""
    times = [one.created_at if isinstance(one, Text) else one for one in between]
    return read_texts(
        con,
        f"where created_at between timestamp '{min(times)}' and timestamp '{max(times) + WINDOW}' and repost_of_id is null "
        f"and duplicate_of in (select {ids})",
        values,
    )


def write_copies(con: duckdb.DuckDBPyConnection, copies: Copies) -> None:
    """Note the new originals, and count what is a copy no more; the bins are the caller's to count again."""
    if not copies:
        return
    first, last = min(copies.created_at), max(copies.created_at)
    bounds = f"created_at between timestamp '{first}' and timestamp '{last}'"
    con.register(
        "copied",
        pa.table(
            {
                "source": pa.array([source for source, _ in copies.texts], pa.string()),
                "source_id": pa.array([source_id for _, source_id in copies.texts], pa.string()),
                "original": pa.array(list(copies.texts.values()), pa.string()),
            }
        ),
    )
    con.execute(f"""
        update mention set duplicate_of = copied.original
        from copied
        where mention.source = copied.source and mention.source_id = copied.source_id and mention.{bounds}
    """)
    con.execute(f"""
        update mention_brand set counted = not (is_own or is_muted or told.is_left_out)
        from (
            select source, source_id, is_spam or copied.original is not null as is_left_out
            from mention join copied using (source, source_id) where {bounds}
        ) as told
        where mention_brand.source = told.source and mention_brand.source_id = told.source_id and mention_brand.{bounds}
    """)
    con.unregister("copied")


def keep_marks(con: duckdb.DuckDBPyConnection, which: str, bounds: str) -> None:
    """Keep the marks of texts that are about to be emptied, so that later copies of them are still told.

    which   a temporary table of their source and source_id
    bounds  SQL: the time in which they were said
    """
    rows = con.execute(f"""
        select source, source_id, title, text, coalesce(author_id, author_name) from mention
        where {bounds} and marks is null and copy_key_1 is not null and (source, source_id) in (select source, source_id from {which})
    """).fetchall()
    if not rows:
        return
    kept = {
        "source": pa.array([source for source, *_ in rows], pa.string()),
        "source_id": pa.array([source_id for _, source_id, *_ in rows], pa.string()),
        "marks": pa.array([marks_of(source, *said) for source, _, *said in rows], pa.list_(pa.uint16())),
    }
    con.register("kept", pa.table(kept))
    con.execute(f"""
        update mention set marks = kept.marks from kept
        where mention.source = kept.source and mention.source_id = kept.source_id and mention.{bounds}
    """)
    con.unregister("kept")


def _elected(con: duckdb.DuckDBPyConnection, changed: Sequence[Text], *, pointing: Sequence[Text] = (), is_import: bool = False) -> Copies:
    """The texts whose original is another than the one that stands beside them.

    changed    new texts, stored or not, and those that now say something else
    pointing   stored texts whose original went or says something else
    is_import  whether the page after this one is of other days, so that nothing is worth remembering
    """
    judged = {text.key: text for text in (*pointing, *changed)}
    near = [text for text in similar(con, list(judged.values()), is_import=is_import) if text.key not in judged]
    # a stored text that came later may have its original among the changed ones
    later = list(_originals(near, changed)) if changed and near and max(near) > min(changed) else []
    if later:
        judged |= {text.key: text for text in near if text.key in later}
        known = {text.key for text in (*judged.values(), *near)}
        near += [text for text in similar(con, [judged[key] for key in later], is_import=is_import) if text.key not in known]
    originals = _originals(list(judged.values()), [*judged.values(), *near])
    found: dict[Key, str | None] = {}
    times: list[datetime] = []
    for text in judged.values():
        if text.is_repost:
            continue
        original = originals.get(text.key)
        name = original.mention_id if original else None
        if name != text.duplicate_of:
            found[text.key] = name
            times.append(text.created_at)
    return Copies(found, times)


def _originals(texts: Sequence[Text], among: Iterable[Text]) -> dict[Key, Text]:
    """Of each text that is a copy of one of some others the earliest earlier one within the window; by the copy's key."""
    by_key: dict[int, list[Text]] = {}
    for text in texts:
        for key in keys_of(text):
            by_key.setdefault(key, []).append(text)
    found: dict[Key, Text] = {}
    for other in sorted({text.key: text for text in among}.values(), key=_place):
        until = other.created_at + WINDOW
        for key in keys_of(other):
            for text in by_key.get(key, ()):
                if other < text and text.created_at <= until and text.key not in found and are_copies(other.print, text.print):
                    found[text.key] = other
    return found


def _place(text: Text) -> tuple[datetime, str, str]:
    return text.created_at, text.source, text.source_id


def _with(table: pa.Table, name: str, values: Mapping[Key, object]) -> pa.Table:
    """The table with other values in one column, for some texts."""
    place = table.schema.get_field_index(name)
    column = [values.get((source, source_id), now) for source, source_id, now in _rows(table, ("source", "source_id", name))]
    return table.set_column(place, table.schema.field(place), pa.array(column, table.schema.field(place).type))


def _marks(texts: pa.Table) -> Iterable[Sequence[int]]:
    """The marks of each text; parts of one array, since few of them are ever looked at."""
    column = texts["marks"].combine_chunks()
    marks = memoryview(column.values.to_numpy())
    return (marks[first:end] for first, end in pairwise(column.offsets.to_pylist()))


def _rows(table: pa.Table, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in columns), strict=True)
