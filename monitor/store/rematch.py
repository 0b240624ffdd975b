"""Reads stored texts to judge them again, and writes what a changed rule changes of their brands."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from monitor.enrich.duplicates import NOTHING, fingerprint
from monitor.enrich.table import BRAND_COLUMNS, ENGAGEMENT, naive
from monitor.mention import GONE, Engagement, Kind, Mention, State
from monitor.store.duplicates import Copies, remark, write_copies
from monitor.store.rollup import recompute
from monitor.text import folded

Key = tuple[str, str]
"""Source and the source's own id."""

BIN = timedelta(minutes=5)
_TIMES = ("created_at", "edited_at", "fetched_at", "engagement_at")
_PLAIN = (
    *("source", "source_id", "channel", "url", "title", "text", "text_truncated", "lang", "lang_origin", "author_id", "author_name"),
    *("author_followers", "conversation_id", "in_reply_to_id", "quoted_id", "repost_of_id"),
)
_COLUMNS = (*_PLAIN, *_TIMES, *ENGAGEMENT, "kind", "state", "links")
_UPDATED = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "source_id", "brand", "matched_by")),
        ("matched_terms", pa.list_(pa.string())),
        *((name, pa.bool_()) for name in ("is_own", "is_muted", "counted")),
        ("own_reply_to", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class BrandRow:
    """What a rule, a place and the lists of accounts decided about a stored text and one brand."""

    matched_by: str
    terms: tuple[str, ...]
    is_own: bool
    is_muted: bool
    counted: bool
    own_reply_to: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored text as it is known now, and its brands.

    is_left_out  spam or a duplicate: counted for no brand
    rows         by the brand's name; empty where it belongs to nobody any more
    """

    mention: Mention
    is_left_out: bool
    rows: Mapping[str, BrandRow]


@dataclass(frozen=True, slots=True)
class Change:
    """A row of a text and brand, as it is to be; `row` is None where it goes."""

    key: Key
    brand: str
    created_at: datetime
    row: BrandRow | None


def stretches(con: duckdb.DuckDBPyConnection, *, since: datetime | None = None, most: int) -> list[tuple[datetime, datetime, int]]:
    """Stretches of time, naive UTC, end exclusive, that together hold every stored text, and how many each holds.

    since  only texts from then on; None: all
    most   texts in one stretch, unless five minutes alone hold more
    """
    rows = con.execute(
        "select time_bucket(interval 5 minutes, created_at) as bin, count(*) from mention where created_at >= coalesce(?, created_at) "
        "group by bin order by bin",
        [naive(since)],
    ).fetchall()
    found: list[tuple[datetime, datetime, int]] = []
    for start, count in rows:
        if found and found[-1][2] + count <= most:
            found[-1] = (found[-1][0], start + BIN, found[-1][2] + count)
        else:
            found.append((start, start + BIN, count))
    return found


def read_stretch(con: duckdb.DuckDBPyConnection, first: datetime, last: datetime, *, after: Stored | None, most: int) -> list[Stored]:
    """The texts of a stretch in the order of time, from the one that follows `after` on, at most so many."""
    where = f"created_at >= timestamp '{first}' and created_at < timestamp '{last}'"
    values: list[object] = []
    if after is not None:
        where += " and (created_at, source, source_id) > (?::timestamp, ?, ?)"
        values = [naive(after.mention.created_at), *after.mention.key]
    return _read(con, f"{where} order by created_at, source, source_id limit {most}", values)


def read_texts(con: duckdb.DuckDBPyConnection, keys: Collection[Key], *, said: Collection[datetime] = ()) -> dict[Key, Stored]:
    """The stored ones among some texts, wherever in time they stand.

    said  times, naive UTC, between the first and last of which they were said, where that is known: then only these are looked through
    """
    if not keys:
        return {}
    bounds = f"created_at between timestamp '{min(said)}' and timestamp '{max(said)}' and " if said else ""
    ordered = sorted(keys)
    asked = [[source for source, _ in ordered], [source_id for _, source_id in ordered]]
    found = _read(con, f"{bounds}(source, source_id) in (select unnest(?::varchar[]), unnest(?::varchar[]))", asked)
    return {stored.mention.key: stored for stored in found}


def write_changes(con: duckdb.DuckDBPyConnection, changes: Sequence[Change], added: pa.Table, *, now: datetime) -> None:
    """Write changed rows and count their bins again, inside the caller's transaction.

    A text whose last row goes stays: the rule may come back. Live detection goes on for these brands with the next
    bin that begins: its memory of the past is built again by then, and what changed in the past alerts nobody.

    changes  rows that go or become otherwise
    added    rows that come, columns BRAND_COLUMNS
    """
    touched = [change.created_at.replace(tzinfo=None) for change in changes] + added["created_at"].to_pylist()
    if not touched:
        return
    bounds = f"created_at between timestamp '{min(touched)}' and timestamp '{max(touched)}'"
    _delete(con, [change for change in changes if change.row is None], bounds)
    _update(con, [(change, change.row) for change in changes if change.row is not None], bounds)
    if added.num_rows:
        names = ", ".join(BRAND_COLUMNS.names)
        con.register("added_row", added)
        con.execute(f"insert into mention_brand ({names}) select {names} from added_row order by created_at")
        con.unregister("added_row")
    came_or_went = {change.key for change in changes if change.row is None} | set(
        zip(*(added[name].to_pylist() for name in ("source", "source_id")), strict=True)
    )
    copies = _elect_again(con, came_or_went, bounds)
    recompute(con, [*touched, *copies.created_at])
    forget_past(con, {change.brand for change in changes} | set(added["brand"].to_pylist()), now=now)


def forget_past(con: duckdb.DuckDBPyConnection, brands: Iterable[str], *, now: datetime) -> None:
    """Let live detection go on for these brands with the next bin that begins: what changed before that alerts nobody."""
    plain = now.astimezone(UTC).replace(tzinfo=None, second=0, microsecond=0)
    next_bin = plain - timedelta(minutes=plain.minute % 5) + BIN
    con.execute("update judged set judged_to = greatest(judged_to, ?) where list_contains(?, brand)", [next_bin, sorted(brands)])


def _elect_again(con: duckdb.DuckDBPyConnection, keys: Collection[Key], bounds: str) -> Copies:
    """Settle what is a copy of what: a text that concerns nobody any more is no original, one that came back is one again."""
    if not keys:
        return Copies({}, [])
    asked = [list(column) for column in zip(*sorted(keys), strict=True)]
    stored = _read(con, f"{bounds} and (source, source_id) in (select unnest(?::varchar[]), unnest(?::varchar[]))", asked)
    copies = remark(
        con,
        {
            one.mention.key: fingerprint(folded(one.mention.whole_text), source=one.mention.source, author=one.mention.author)
            if one.rows
            else NOTHING
            for one in stored
            if one.mention.state not in GONE
        },
        bounds,
    )
    write_copies(con, copies)
    return copies


def _delete(con: duckdb.DuckDBPyConnection, gone: Sequence[Change], bounds: str) -> None:
    if gone:
        keys = [(*change.key, change.brand) for change in gone]
        con.execute(
            f"delete from mention_brand where {bounds} "
            "and (source, source_id, brand) in (select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[]))",
            [list(column) for column in zip(*keys, strict=True)],
        )


def _update(con: duckdb.DuckDBPyConnection, changed: Sequence[tuple[Change, BrandRow]], bounds: str) -> None:
    if not changed:
        return
    rows = [
        (*change.key, change.brand, row.matched_by, list(row.terms), row.is_own, row.is_muted, row.counted, row.own_reply_to)
        for change, row in changed
    ]
    table = pa.table([pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), _UPDATED, strict=True)], _UPDATED)
    con.register("updated_row", table)
    con.execute(f"""
        update mention_brand set {", ".join(f"{name} = updated_row.{name}" for name in _UPDATED.names[3:])}
        from updated_row
        where mention_brand.source = updated_row.source and mention_brand.source_id = updated_row.source_id
            and mention_brand.brand = updated_row.brand and {bounds.replace("created_at", "mention_brand.created_at")}
    """)
    con.unregister("updated_row")


def _read(con: duckdb.DuckDBPyConnection, where: str, values: Sequence[object]) -> list[Stored]:
    rows = con.execute(f"select {', '.join(_COLUMNS)}, is_spam or duplicate_of is not null from mention where {where}", values).fetchall()
    mentions = [(_mention(dict(zip(_COLUMNS, row, strict=False))), bool(row[-1])) for row in rows]
    brands = _brand_rows(con, [mention for mention, _ in mentions])
    return [Stored(mention, is_left_out, brands.get(mention.key, {})) for mention, is_left_out in mentions]


def _brand_rows(con: duckdb.DuckDBPyConnection, mentions: Sequence[Mention]) -> dict[Key, dict[str, BrandRow]]:
    if not mentions:
        return {}
    times = [naive(mention.created_at) for mention in mentions]
    wanted = {mention.key for mention in mentions}
    rows = con.execute(
        f"""
        select source, source_id, brand, matched_by, matched_terms, is_own, is_muted, counted, own_reply_to
        from mention_brand
        where created_at between timestamp '{min(time for time in times if time)}' and timestamp '{max(time for time in times if time)}'
            and (source, source_id) in (select unnest(?::varchar[]), unnest(?::varchar[]))
        order by brand
        """,
        [list(column) for column in zip(*wanted, strict=True)],
    ).fetchall()
    found: dict[Key, dict[str, BrandRow]] = {}
    for source, source_id, brand, matched_by, terms, *others in rows:
        found.setdefault((source, source_id), {})[brand] = BrandRow(matched_by, tuple(terms), *others)
    return found


def _mention(row: Mapping[str, Any]) -> Mention:
    given: dict[str, Any] = {name: row[name] for name in _PLAIN}
    given |= {name: row[name].replace(tzinfo=UTC) if row[name] else None for name in _TIMES}
    return Mention(
        **given,
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        links=tuple(row["links"]),
        engagement=Engagement(**{name: row[name] for name in ENGAGEMENT}),
    )


def earliest_looks(con: duckdb.DuckDBPyConnection, brands: Iterable[str]) -> list[tuple[str, str, datetime]]:
    """Who was asked for these brands, by what question, and from what time on texts were seen; UTC.

    A question names a brand, a page or, for an imported file, the file.
    """
    rows = con.execute(
        """
        select coalesce(run.source, coverage.source) as asked, coverage.query, min(covered_from)
        from coverage
        left join run on run.run_id = coverage.run_id
        where complete and (len(brands) = 0 or list_has_any(brands, ?))
        group by all
        order by asked, query
        """,
        [list(brands)],
    ).fetchall()
    return [(source, query, since.replace(tzinfo=UTC)) for source, query, since in rows]
