"""Saves pages: both tables, engagement, rollups, cursor and coverage, in one transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import le

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from monitor.collect.connector import Cursor, Looked, Query, SetAside
from monitor.enrich.duplicates import KEYS
from monitor.enrich.table import BRAND_COLUMNS, ENGAGEMENT, MENTION_COLUMNS, Enriched, naive
from monitor.mention import State
from monitor.store.changed import note_changed
from monitor.store.duplicates import elect, elect_merged, write_copies
from monitor.store.erase import advances, bounds, erase, of_mention, remember_gone
from monitor.store.progress import save_coverage, save_cursors
from monitor.store.rollup import add, recompute
from monitor.store.settle import settled

# a newer observation may change these; the rest is fixed at first sight
_CHANGING = (
    "title",
    "text",
    "text_truncated",
    "lang",
    "lang_origin",
    "links",
    "compound",
    "pos",
    "neu",
    "neg",
    *KEYS,
    "is_spam",
    "spam_reason",
)
# what a newer observation does not say, it does not take back
_ADDING = (*ENGAGEMENT, "author_name", "author_followers", "edited_at")
# the marks of a text that is there are worked out from it where they are wanted: they would take a quarter of the room that texts do
_WRITTEN = ", ".join([*(name for name in MENTION_COLUMNS.names if name != "marks"), "first_seen_at", "run_id"])
_BRAND = ", ".join(BRAND_COLUMNS.names)
_GONE = "('deleted', 'removed', 'unavailable')"
_FEW = 2_000
_LISTED = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """One page, enriched, and what is stored beside it.

    run_id     the run that brought it
    direction  "live", or the number of the backfill run: whose cursor it is
    cursor     None where it stays as it is
    is_settled  whether its source tells the same time of a text at every sight
    """

    enriched: Enriched
    query: Query
    run_id: int
    direction: str
    cursor: Cursor | None
    seen: int
    covered: Sequence[Looked] = ()
    set_aside: Sequence[SetAside] = ()
    is_settled: bool = True


@dataclass(frozen=True, slots=True)
class Saved:
    """What a batch did: mentions new to the store, and stored ones that changed."""

    new: int
    changed: int

    def __add__(self, other: "Saved") -> "Saved":
        """Both together."""
        return Saved(self.new + other.new, self.changed + other.changed)


def save(con: duckdb.DuckDBPyConnection, batches: Sequence[Batch], *, now: datetime) -> Saved:
    """Store batches inside the caller's transaction; storing them again changes nothing."""
    batches = [batch if batch.is_settled else replace(batch, enriched=settled(con, batch.enriched)) for batch in batches]
    parts = [batches] if _are_apart(batches) else [[batch] for batch in batches]
    saved = [_save_part(con, part, now=now) for part in parts]
    save_cursors(con, [(batch.query, batch.direction, batch.cursor) for batch in batches], now=now)
    looks = [(batch, looked, batch.seen if looked.count is None else looked.count) for batch in batches for looked in batch.covered]
    save_coverage(con, [(batch.query, looked, batch.run_id, seen) for batch, looked, seen in looks], now=now)
    return Saved(sum(one.new for one in saved), sum(one.changed for one in saved))


def _are_apart(batches: Sequence[Batch]) -> bool:
    """Whether no text stands in two of them: then it does not matter which is stored first."""
    if len(batches) < 2:
        return True
    gone = [[mention.key for mention in batch.enriched.gone] for batch in batches]
    if sum(batch.enriched.mentions.num_rows for batch in batches) > _FEW and not any(gone):
        keys = pa.concat_tables(batch.enriched.mentions.select(["source", "source_id"]) for batch in batches)
        return bool(keys.group_by(["source", "source_id"]).aggregate([]).num_rows == keys.num_rows)
    seen = [{*_keys(batch.enriched.mentions), *keys} for batch, keys in zip(batches, gone, strict=True)]
    return len(set().union(*seen)) == sum(len(one) for one in seen)


def _keys(table: pa.Table) -> Iterable[tuple[str, str]]:
    return zip(table["source"].to_pylist(), table["source_id"].to_pylist(), strict=True)


def _save_part(con: duckdb.DuckDBPyConnection, part: Sequence[Batch], *, now: datetime) -> Saved:
    group = [(batch.enriched.mentions, batch.enriched.brands, batch.run_id) for batch in part if batch.enriched.mentions.num_rows]
    gone = [mention for batch in part for mention in batch.enriched.gone]
    saved, met_gone = _save_mentions(con, group, now=now) if group else (Saved(0, 0), False)
    remember_gone(con, gone)
    if gone or met_gone:
        erase(con, [mentions.select(["source", "source_id", "created_at"]) for mentions, _, _ in group], gone)
    return saved


def _save_mentions(con: duckdb.DuckDBPyConnection, group: Sequence[tuple[pa.Table, pa.Table, int]], *, now: datetime) -> tuple[Saved, bool]:
    """Store texts and their brands, and bring the rollups of the bins they touch up to date; whether one of them was taken back before.

    An observation that is no newer, or says nothing new, writes nothing. Only rows as old as the
    batch are looked at: the bounds are literals, so that time-ordered storage is pruned.
    """
    first_seen = pa.scalar(naive(now), pa.timestamp("us"))
    incoming = pa.concat_tables(
        mentions.append_column("first_seen_at", pa.repeat(first_seen, mentions.num_rows)).append_column(
            "run_id", pa.repeat(run_id, mentions.num_rows)
        )
        for mentions, _, run_id in group
    )
    incoming = _in_time_order(incoming)
    brands = _in_time_order(pa.concat_tables(brands for _, brands, _ in group))
    within = bounds(incoming)
    known, met_gone = _met(con, incoming, within)
    return _merge(con, incoming, brands, within) if known else _append(con, incoming, brands), met_gone


def _in_time_order(table: pa.Table) -> pa.Table:
    # a live round's few are in order most of the time, and sorting takes longer than looking
    times = table["created_at"].to_pylist() if table.num_rows <= _FEW else ()
    return table if times and all(map(le, times, times[1:])) else table.sort_by("created_at")


def _met(con: duckdb.DuckDBPyConnection, incoming: pa.Table, within: str) -> tuple[bool, bool]:
    """Whether one of these texts is stored, and whether one was taken back before.

    A live round's few neighbours are compared here: planning a join takes longer.
    """
    few = incoming.num_rows <= _LISTED
    is_one = "list_contains(?, source_id)" if few else "source_id in (select source_id from incoming)"
    neighbours = con.execute(
        f"""
        (select source, source_id, false from mention where {within} limit {_FEW + 1})
        union all
        select source, source_id, true from gone where {is_one}
        """,
        [incoming["source_id"].to_pylist()] if few else [],
    ).fetchall()
    stored = [(source, source_id) for source, source_id, is_gone in neighbours if not is_gone]
    gone = any(is_gone for *_, is_gone in neighbours)
    if len(stored) <= _FEW:
        return bool(stored) and not set(_keys(incoming)).isdisjoint(stored), gone
    known = con.execute(f"select count(*) from mention where {within} and (source, source_id) in (select source, source_id from incoming)")
    return bool(known.fetchall()[0][0]), gone


def _append(con: duckdb.DuckDBPyConnection, incoming: pa.Table, brands: pa.Table) -> Saved:
    """The common case: nothing of the batch is stored yet."""
    if not brands.num_rows:
        return Saved(0, 0)
    incoming, brands, copies = elect(con, incoming, brands)
    incoming = _with_brands(incoming, brands)
    _insert(con, "mention", _WRITTEN, incoming.combine_chunks().to_reader())
    _insert(con, "mention_brand", _BRAND, brands.combine_chunks().to_reader())
    if brands.num_rows <= _FEW:
        add(con, incoming, brands)
    else:
        recompute(con, pc.unique(pc.floor_temporal(brands["created_at"], 5, unit="minute")).to_pylist(), facets=_has_facets(brands))
    if copies:
        write_copies(con, copies)
        recompute(con, copies.created_at)
    return Saved(incoming.num_rows, 0)


def _with_brands(incoming: pa.Table, brands: pa.Table) -> pa.Table:
    """Those that concern a brand: only an edit may have lost its brands."""
    edited = incoming.filter(pc.equal(incoming["state"], State.EDITED.value))
    if not edited.num_rows:
        return incoming
    named = set(_keys(brands.filter(pc.is_in(brands["source_id"], edited["source_id"].combine_chunks()))))
    lost = {key for key in _keys(edited) if key not in named}
    return incoming.filter(pa.array([key not in lost for key in _keys(incoming)])) if lost else incoming


def _insert(con: duckdb.DuckDBPyConnection, table: str, columns: str, rows: pa.RecordBatchReader) -> None:
    """Insert rows, which DuckDB reads by their name here; a stream of one batch costs a quarter less than a table."""
    con.execute(f"insert into {table} ({columns}) select {columns} from rows")


def _has_facets(brands: pa.Table) -> bool:
    return any(pc.sum(pc.list_value_length(brands[column])).as_py() for column in ("topics", "intents"))


def _merge(con: duckdb.DuckDBPyConnection, incoming: pa.Table, brands: pa.Table, within: str) -> Saved:
    """The careful case: some of the batch was seen before."""
    con.register("incoming", incoming)
    con.register("incoming_brand", brands)
    try:
        known = con.execute(f"""
            select source, source_id, {_differs("mention")}, incoming.run_id <> mention.run_id
            from mention
            join incoming using (source, source_id)
            where {of_mention(within)}
        """).fetchall()
        if any(has_other_run for *_, has_other_run in known):
            _note_runs(con, within)
        if not any(says_new for _, _, says_new, _ in known):
            _outdate(con, within)
            keys = {(source, source_id) for source, source_id, *_ in known}
            return _append(con, _without(incoming, keys), _without(brands, keys))
        con.execute(f"""
            create or replace temp table known as
            select * from mention where {within} and (source, source_id) in (select source, source_id from incoming)
        """)
        actions = _merge_texts(con, within)
        _outdate(con, within)
        con.execute(f"delete from mention_brand where {within} and (source, source_id) in (select source, source_id from actions)")
        # a row keeps the created_at of first sight, whatever a later observation says; a copy stays one unless it is elected anew
        con.execute(f"""
            insert into mention_brand ({_BRAND})
            select incoming_brand.* replace (
                actions.created_at as created_at, incoming_brand.counted and known.duplicate_of is null as counted
            )
            from incoming_brand
            join actions using (source, source_id)
            left join known using (source, source_id)
            order by actions.created_at
        """)
        copies = elect_merged(con, actions, incoming)
        write_copies(con, copies)
    finally:
        con.unregister("incoming")
        con.unregister("incoming_brand")
    recompute(con, [*actions["created_at"].to_pylist(), *copies.created_at], facets=_has_facets(brands) or bool(copies))
    new = actions["merge_action"].to_pylist().count("INSERT")
    return Saved(new, actions.num_rows - new)


def _without(table: pa.Table, known: Collection[tuple[str, str]]) -> pa.Table:
    return table.filter(pa.array([key not in known for key in _keys(table)], pa.bool_()))


def _note_runs(con: duckdb.DuckDBPyConnection, within: str) -> None:
    """A text names the run that first stored it; other runs that saw it stand in mention_run."""
    con.execute(f"""
        insert into mention_run
        select mention.source, mention.source_id, incoming.run_id, mention.created_at
        from mention
        join incoming using (source, source_id)
        where {of_mention(within)}
            and incoming.run_id <> mention.run_id
            and (mention.source, mention.source_id, incoming.run_id) not in (
                select (source, source_id, run_id) from mention_run where {within}
            )
    """)


def _outdate(con: duckdb.DuckDBPyConnection, within: str) -> None:
    """An observation that says nothing new still settles that what is older is out of date."""
    newer = con.execute(f"""
        update mention set fetched_at = incoming.fetched_at, engagement_at = coalesce(incoming.engagement_at, mention.engagement_at)
        from incoming
        where mention.source = incoming.source and mention.source_id = incoming.source_id
            and {of_mention(within)}
            and incoming.fetched_at > mention.fetched_at and mention.state not in {_GONE}
        returning mention.created_at
    """).fetchall()
    note_changed(con, (at for (at,) in newer))


def _merge_texts(con: duckdb.DuckDBPyConnection, within: str) -> pa.Table:
    """Bring `mention` and its history up to date with `incoming`; which rows were inserted or updated."""
    _keep_history(con)
    return con.execute(f"""
        merge into mention using (
            select incoming.*, exists (
                from incoming_brand where incoming_brand.source = incoming.source and incoming_brand.source_id = incoming.source_id
            ) as has_brand
            from incoming
        ) as incoming
        on mention.source = incoming.source and mention.source_id = incoming.source_id
            and {of_mention(within)}
        when matched and {_differs("mention")} then update set
            {", ".join(f"{name} = incoming.{name}" for name in _CHANGING)},
            {", ".join(f"{name} = coalesce(incoming.{name}, mention.{name})" for name in _ADDING)},
            state = case when {advances("incoming", "mention")} then incoming.state else mention.state end,
            engagement_at = coalesce(incoming.engagement_at, mention.engagement_at),
            fetched_at = incoming.fetched_at
        when not matched and incoming.has_brand then insert ({_WRITTEN})
            values ({", ".join(f"incoming.{name}" for name in _WRITTEN.split(", "))})
        returning merge_action, source, source_id, created_at
    """).to_arrow_table()


def _keep_history(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the counts that a newer observation is about to replace."""
    con.execute(f"""
        insert into engagement_history by name
        select * from (unpivot (
            select known.source, known.source_id, coalesce(known.engagement_at, known.fetched_at) as counted_at,
                {", ".join(f"case when incoming.{key} <> known.{key} then known.{key}::double end as {key}" for key in ENGAGEMENT)}
            from known
            join incoming using (source, source_id)
            where {_differs("known")}
        )
        on {", ".join(ENGAGEMENT)} into name key value value)
    """)


def _differs(stored: str) -> str:
    """SQL: the incoming row is a newer observation of a text that is still there, and says something new."""
    changed = [f"incoming.{name} is distinct from {stored}.{name}" for name in _CHANGING]
    added = [f"(incoming.{name} is not null and incoming.{name} is distinct from {stored}.{name})" for name in _ADDING]
    says_new = " or ".join([*changed, *added, advances("incoming", stored)])
    return f"incoming.fetched_at >= {stored}.fetched_at and {stored}.state not in {_GONE} and ({says_new})"
