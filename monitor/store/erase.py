"""What sources took back: noted, whether it is stored or not, and emptied where it is."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from monitor.enrich.table import naive
from monitor.mention import Mention, State
from monitor.store.changed import note_changed
from monitor.store.duplicates import keep_marks
from monitor.store.quoted import erase_quotes

_FORGOTTEN = ("title", "text", "url", "author_id", "author_name", "author_followers")
_STATES = str([state.value for state in State])


def remember_gone(con: duckdb.DuckDBPyConnection, gone: Sequence[Mention]) -> None:
    """Note what sources took back, known here or not: an older copy that arrives later is erased too."""
    if not gone:
        return
    con.register("incoming_gone", _gone_table(gone))
    con.execute(f"""
        insert into gone select source, source_id, state, fetched_at from incoming_gone
        on conflict do update set state = excluded.state, told_at = excluded.told_at where {advances("excluded", "gone")}
    """)
    con.unregister("incoming_gone")


def erase(con: duckdb.DuckDBPyConnection, arrived: Sequence[pa.Table], gone: Sequence[Mention]) -> None:
    """Empty what a source took back; time, brands, label and flags stay, so told figures do not shrink."""
    touched = pa.concat_tables([*arrived, _gone_table(gone).select(["source", "source_id", "created_at"])])
    if not touched.num_rows:
        return
    con.register("touched", touched)
    within = bounds(touched)
    con.execute(f"""
        create or replace temp table erased as
        select mention.source, mention.source_id, mention.created_at, gone.state
        from mention
        join gone using (source, source_id)
        where {within} and (source, source_id) in (select source, source_id from touched) and {advances("gone", "mention")}
    """)
    con.unregister("touched")
    times = [at for (at,) in con.execute("select created_at from erased").fetchall()]
    if not times:
        return
    note_changed(con, times)
    keep_marks(con, "erased", within)
    con.execute(f"""
        update mention set {", ".join(f"{name} = null" for name in _FORGOTTEN)}, links = [], state = erased.state
        from erased
        where mention.source = erased.source and mention.source_id = erased.source_id
            and {of_mention(within)}
    """)
    con.execute(f"""
        update mention_brand set why = null, matched_terms = []
        where {within} and (source, source_id) in (select source, source_id from erased)
    """)
    for table in ("human_label", "labelled", "rescored"):
        con.execute(f"delete from {table} where (source, source_id) in (select source, source_id from erased)")
    erase_quotes(con)


def _gone_table(gone: Sequence[Mention]) -> pa.Table:
    return pa.table(
        {
            "source": pa.array([mention.source for mention in gone], pa.string()),
            "source_id": pa.array([mention.source_id for mention in gone], pa.string()),
            "state": pa.array([mention.state.value for mention in gone], pa.string()),
            "fetched_at": pa.array([naive(mention.fetched_at) for mention in gone], pa.timestamp("us")),
            "created_at": pa.array([naive(mention.created_at) for mention in gone], pa.timestamp("us")),
        }
    )


def advances(told: str, stored: str) -> str:
    """SQL: the told state lies further than the stored one, in the order of State."""
    return f"list_position({_STATES}, {told}.state) > list_position({_STATES}, {stored}.state)"


def bounds(table: pa.Table) -> str:
    """SQL: as old as these texts; literals, so that storage in order of time is pruned."""
    first, last = (pc.min_max(table["created_at"])[side].as_py() for side in ("min", "max"))
    return f"created_at between timestamp '{first}' and timestamp '{last}'"


def of_mention(bounds: str) -> str:
    """SQL: the same, of `mention` where it is joined with another table that has such a column."""
    return bounds.replace("created_at", "mention.created_at")
