"""What another scorer says of stored texts: kept beside what is told of them until all of it is there, then put in its place at once."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import duckdb
import pyarrow as pa

from monitor.mention import GONE
from monitor.store.changed import note_changed
from monitor.store.rematch import BIN, Key, forget_past
from monitor.store.rollup import recompute

FLIPPED_AT_ONCE = 50_000
"""Rows that take their place in one statement, all statements being of one transaction: what memory is bounded by."""

EXAMPLES = 3
"""Texts that are shown of each brand: those whose score moved furthest."""

RESCORED = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "source_id", "brand")),
        ("created_at", pa.timestamp("us")),
        ("text_hash", pa.string()),
        ("brand_compound", pa.float64()),
        ("label", pa.int8()),
        ("why", pa.string()),
        ("intents", pa.list_(pa.string())),
        ("topics", pa.list_(pa.string())),
        ("scorer", pa.string()),
    ]
)
_WRITTEN = ("brand_compound", "label", "why", "intents", "topics", "scorer")
_HASH = "md5(coalesce(mention.title, '') || chr(10) || coalesce(mention.text, ''))"
# rows that the scorer $scorer has yet to score; what was taken back, and what has no words, stays as it was told
_DUE = f"""
    mention_brand.scorer <> $scorer
    and list_contains($brands, mention_brand.brand)
    and mention.state not in ({", ".join(f"'{state.value}'" for state in sorted(GONE))})
    and coalesce(mention.title, '') || coalesce(mention.text, '') <> ''
"""
_TEXTS = """
    join mention
        on mention.source = mention_brand.source
        and mention.source_id = mention_brand.source_id
        and mention.created_at = mention_brand.created_at
"""
_SAME = " and ".join(f"rescored.{name} = mention_brand.{name}" for name in ("source", "source_id", "brand", "created_at"))

RowKey = tuple[str, str, str]
"""Source, the source's own id, and the brand."""


class Labels(NamedTuple):
    """The rows that one scorer scored.

    due   of them are to be scored by another one
    told  of them stay as they are though it was another one: their texts were taken back
    """

    scorer: str
    rows: int
    due: int
    told: int


class Example(NamedTuple):
    """A text whose label moved, and its scores."""

    text: str
    label_before: int
    label_after: int
    before: float
    after: float


@dataclass(slots=True)
class Moved:
    """What moved for one brand.

    labels                  rows by their label before and after; None: unscored
    scored_…, negative_…    of all that is counted of the brand
    """

    rows: int = 0
    labels: Counter[tuple[int | None, int | None]] = field(default_factory=Counter)
    scored_before: int = 0
    negative_before: int = 0
    scored_after: int = 0
    negative_after: int = 0
    examples: list[Example] = field(default_factory=list)

    @property
    def share_before(self) -> float | None:
        """Negative among scored; None where nothing is scored."""
        return self.negative_before / self.scored_before if self.scored_before else None

    @property
    def share_after(self) -> float | None:
        """The same once the new scores are in place."""
        return self.negative_after / self.scored_after if self.scored_after else None


def count_labels(con: duckdb.DuckDBPyConnection, *, scorer: str, brands: Collection[str]) -> list[Labels]:
    """Rows of these brands by the scorer that scored them, the most first."""
    names = sorted(brands)
    rows = con.execute(
        "select scorer, count(*) as rows from mention_brand where list_contains(?, brand) group by scorer order by rows desc, scorer",
        [names],
    ).fetchall()
    if all(name == scorer for name, _ in rows):
        return [Labels(name, count, 0, 0) for name, count in rows]
    due = dict(
        con.execute(
            f"select mention_brand.scorer, count(*) from mention_brand {_TEXTS} where {_DUE} group by all",
            {"scorer": scorer, "brands": names},
        ).fetchall()
    )
    return [Labels(name, count, due.get(name, 0), 0 if name == scorer else count - due.get(name, 0)) for name, count in rows]


def drop_others(con: duckdb.DuckDBPyConnection, *, scorer: str) -> int:
    """Forget what other scorers than this one were about to say; how many rows of this one are there already."""
    con.execute("delete from rescored where scorer <> ?", [scorer])
    return int(con.execute("select count(*) from rescored").fetchall()[0][0])


def read_due(con: duckdb.DuckDBPyConnection, first: datetime, last: datetime, *, scorer: str, brands: Collection[str]) -> dict[RowKey, str]:
    """The rows of a stretch of time, naive UTC, end exclusive, that this scorer has yet to score, each with the hash of its text.

    One that it scored already is due again where its text was edited since.
    """
    stretch = "{0}.created_at >= timestamp '" + str(first) + "' and {0}.created_at < timestamp '" + str(last) + "'"
    rows = con.execute(
        f"""
        select mention_brand.source, mention_brand.source_id, mention_brand.brand, {_HASH} as text_hash
        from mention_brand {_TEXTS}
        where {stretch.format("mention_brand")} and {stretch.format("mention")} and {_DUE}
            and not exists (
                from rescored where {_SAME} and {stretch.format("rescored")} and rescored.scorer = $scorer and rescored.text_hash = {_HASH}
            )
        """,
        {"scorer": scorer, "brands": sorted(brands)},
    ).fetchall()
    return {(source, source_id, brand): text_hash for source, source_id, brand, text_hash in rows}


def read_answered(con: duckdb.DuckDBPyConnection, first: datetime, last: datetime) -> dict[Key, datetime]:
    """The stored texts that those of a stretch of time, naive UTC, end exclusive, quote or answer, and when they were said.

    All texts are looked through: better asked once for many.
    """
    rows = con.execute(f"""
        select source, source_id, created_at
        from mention
        where (source, source_id) in (
            select source, unnest([quoted_id, in_reply_to_id])
            from mention
            where created_at >= timestamp '{first}' and created_at < timestamp '{last}'
                and (quoted_id is not null or in_reply_to_id is not null)
        )
    """).fetchall()
    return {(source, source_id): created_at for source, source_id, created_at in rows}


def write_beside(con: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    """Keep new scores, columns RESCORED, beside the old ones, inside the caller's transaction."""
    if not rows.num_rows:
        return
    first, last = min(rows["created_at"].to_pylist()), max(rows["created_at"].to_pylist())
    con.register("scored_row", rows)
    con.execute(f"""
        delete from rescored
        where created_at between timestamp '{first}' and timestamp '{last}'
            and (source, source_id, brand) in (select source, source_id, brand from scored_row)
    """)
    con.execute(
        f"insert into rescored ({', '.join(RESCORED.names)}) select {', '.join(RESCORED.names)} from scored_row order by created_at"
    )
    con.unregister("scored_row")


def flip(con: duckdb.DuckDBPyConnection, *, scorer: str, brands: Collection[str], now: datetime) -> Mapping[str, Moved]:
    """Put the new scores in the place of the old ones and count anew, inside the caller's transaction; what moved, by brand.

    A row that meanwhile got another text, or was scored by this scorer, keeps what it has. Who is counted does not change.
    Live detection alerts nobody about what moves.
    """
    moved = {brand: Moved() for brand in sorted(brands)}
    for brand, scored, negative in _counted(con):
        if brand in moved:
            moved[brand].scored_before, moved[brand].negative_before = scored, negative
    for first, last in _stretches(con):
        _flip_stretch(con, first, last, {"scorer": scorer, "brands": sorted(brands)}, moved)
    con.execute("delete from rescored")
    for brand, scored, negative in _counted(con):
        if brand in moved:
            moved[brand].scored_after, moved[brand].negative_after = scored, negative
    forget_past(con, [brand for brand, one in moved.items() if one.rows], now=now)
    return {brand: one for brand, one in moved.items() if one.rows}


def _counted(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """Scored and negative mentions of each brand."""
    return con.execute(
        "select brand, sum(scored)::bigint, sum(negative)::bigint from rollup_day where facet = 'all' group by brand"
    ).fetchall()


def _stretches(con: duckdb.DuckDBPyConnection) -> list[tuple[datetime, datetime]]:
    """Stretches of time, end exclusive, that hold all new scores, so many at a time."""
    found: list[tuple[datetime, datetime, int]] = []
    rows = con.execute(
        "select time_bucket(interval 5 minutes, created_at) as bin, count(*) from rescored group by bin order by bin"
    ).fetchall()
    for start, count in rows:
        if found and found[-1][2] + count <= FLIPPED_AT_ONCE:
            found[-1] = (found[-1][0], start + BIN, found[-1][2] + count)
        else:
            found.append((start, start + BIN, count))
    return [(first, last) for first, last, _ in found]


def _flip_stretch(
    con: duckdb.DuckDBPyConnection, first: datetime, last: datetime, target: Mapping[str, object], moved: Mapping[str, Moved]
) -> None:
    stretch = "{0}.created_at >= timestamp '" + str(first) + "' and {0}.created_at < timestamp '" + str(last) + "'"
    con.execute(
        f"""
        create or replace temp table flipped as
        select
            rescored.* exclude (text_hash),
            mention_brand.label as old_label,
            mention_brand.brand_compound as old_compound,
            mention_brand.counted,
            mention_brand.label is distinct from rescored.label
                or mention_brand.intents <> rescored.intents
                or mention_brand.topics <> rescored.topics as is_counted_otherwise
        from mention_brand {_TEXTS}
        join rescored on {_SAME}
        where {stretch.format("mention_brand")} and {stretch.format("mention")} and {stretch.format("rescored")} and {_DUE}
            and rescored.scorer = $scorer and rescored.text_hash = {_HASH}
        """,
        dict(target),
    )
    for brand, before, after, count in con.execute(
        "select brand, old_label, label, count(*) from flipped group by all order by all"
    ).fetchall():
        moved[brand].rows += count
        moved[brand].labels[before, after] += count
    for brand, example in _examples(con, stretch.format("mention")):
        shown = [*moved[brand].examples, example]
        moved[brand].examples = sorted(shown, key=lambda one: -abs(one.after - one.before))[:EXAMPLES]
    con.execute(f"""
        update mention_brand set {", ".join(f"{name} = flipped.{name}" for name in _WRITTEN)}
        from flipped
        where mention_brand.source = flipped.source and mention_brand.source_id = flipped.source_id
            and mention_brand.brand = flipped.brand and {stretch.format("mention_brand")}
    """)
    days = con.execute("select distinct time_bucket(interval 1 day, created_at) from flipped").fetchall()
    note_changed(con, (start for (start,) in days))
    bins = con.execute("select distinct time_bucket(interval 5 minutes, created_at) from flipped where is_counted_otherwise").fetchall()
    recompute(con, (start for (start,) in bins))
    con.execute("drop table flipped")


def _examples(con: duckdb.DuckDBPyConnection, stretch: str) -> list[tuple[str, Example]]:
    """Of each brand the counted texts of other labels whose score moves furthest; of equal ones the earliest."""
    rows = con.execute(f"""
        with furthest as (
            from flipped
            where counted and label <> old_label
            qualify row_number() over (
                partition by brand order by abs(brand_compound - old_compound) desc, created_at, source, source_id
            ) <= {EXAMPLES}
        )
        select brand, concat_ws(chr(10), nullif(title, ''), nullif(text, '')), old_label, label, old_compound, brand_compound
        from furthest
        join mention using (source, source_id, created_at)
        where {stretch}
        order by brand, abs(brand_compound - old_compound) desc, created_at, source, source_id
    """).fetchall()
    return [(brand, Example(*rest)) for brand, *rest in rows]
