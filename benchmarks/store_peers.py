"""The same three questions of what others keep: DuckDB with a PRIMARY KEY and no rollups, SQLite with indexes, pandas on Parquet."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
from store_batches import BRAND, p50, seconds

from monitor.tell.questions import question

_ROWS = """
    select brand, mention_brand.created_at, counted, label, text, url,
        coalesce(likes, 0) + coalesce(replies, 0) + coalesce(reposts, 0) + coalesce(quotes, 0) + coalesce(score, 0) as engagement
    from mention_brand join mention using (source, source_id, created_at)
"""
# ours, a question's name or SQL, and what is asked of rows: SQL with a place for the function that cuts a time
ASKED = {
    "share of voice by week": (
        "share_of_voice",
        "select {week} as week, brand, sum(counted) from rows group by 1, 2",
    ),
    "a brand's days": (
        "daily_figures",
        """
        select {day} as day, sum(counted), sum(counted and label is not null), sum(counted and label = -1), sum(counted and label = 1)
        from rows where brand = '{brand}' group by 1
        """,
    ),
    "a brand's most noticed complaints of a week": (
        """
        select text, url, engagement from v_mentions
        where brand = '{brand}' and scored and label = -1 and created_at >= '{since}' order by engagement desc nulls last limit 20
        """,
        """
        select text, url, engagement from rows
        where brand = '{brand}' and counted and label = -1 and created_at >= '{since}' order by engagement desc limit 20
        """,
    ),
}
_DUCKDB = {"week": "date_trunc('week', created_at)", "day": "created_at::date"}
_SQLITE = {"week": "strftime('%Y-%W', created_at)", "day": "date(created_at)"}


def beside_peers(copy: Path, folder: Path, *, since: str, rounds: int) -> None:
    """Print a line a question and peer: p50 in ms, and how many times ours that is."""
    parquet, naive = folder / "rows.parquet", folder / "naive.duckdb"
    with duckdb.connect(str(copy), read_only=True, config={"threads": 1}) as con:
        con.execute(f"copy ({_ROWS}) to '{parquet}'")
        con.execute("set timezone = 'UTC'")
        ours = {name: _ours(con, asked, since, rounds) for name, (asked, _) in ASKED.items()}
    with duckdb.connect(str(naive), config={"threads": 1}) as con:
        con.execute(f"create table rows as select *, row_number() over () as id from '{parquet}'; alter table rows add primary key (id)")
        in_duckdb = {name: _times(con, sql, _DUCKDB, since, rounds) for name, (_, sql) in ASKED.items()}
    lite = sqlite3.connect(folder / "peer.sqlite")
    for frame in _pieces(parquet):
        frame.assign(created_at=frame.created_at.astype(str)).to_sql("rows", lite, index=False, if_exists="append")
    lite.execute("create index by_brand on rows (brand, created_at)")
    in_sqlite = {name: _times(lite, sql, _SQLITE, since, rounds) for name, (_, sql) in ASKED.items()}
    lite.close()
    in_pandas = {name: p50(seconds(lambda ask=ask: ask(parquet, since), rounds=rounds)) for name, ask in _PANDAS.items()}
    for name, taken in ours.items():
        print(f"peers     {taken:8.1f} ms p50    1.0 x  {name}: ours", flush=True)
        for peer, theirs in (("DuckDB, no rollups", in_duckdb), ("SQLite, indexed", in_sqlite), ("pandas on Parquet", in_pandas)):
            print(f"peers     {theirs[name]:8.1f} ms p50 {theirs[name] / taken:6.1f} x  {name}: {peer}", flush=True)


def _ours(con: duckdb.DuckDBPyConnection, asked: str, since: str, rounds: int) -> float:
    con.execute("reset variable brand")
    if asked != "share_of_voice":
        con.execute(f"set variable brand = '{BRAND}'")
    sql = asked.format(brand=BRAND, since=since) if "select" in asked else question(asked).sql
    return p50(seconds(lambda: con.execute(sql).fetchall(), rounds=rounds))


def _times(con: duckdb.DuckDBPyConnection | sqlite3.Connection, sql: str, cuts: dict[str, str], since: str, rounds: int) -> float:
    asked = sql.format(**cuts, brand=BRAND, since=since)
    return p50(seconds(lambda: con.execute(asked).fetchall(), rounds=rounds))


def _pieces(parquet: Path) -> Iterator[pd.DataFrame]:
    import pyarrow.parquet as pq

    return (batch.to_pandas() for batch in pq.ParquetFile(parquet).iter_batches(500_000))


def _voice(parquet: Path, since: str) -> object:
    frame = pd.read_parquet(parquet, columns=["brand", "created_at", "counted"])
    return frame[frame.counted].groupby([frame.created_at.dt.to_period("W"), "brand"]).size()


def _days(parquet: Path, since: str) -> object:
    frame = pd.read_parquet(
        parquet, columns=["brand", "created_at", "counted", "label"], filters=[("brand", "==", BRAND), ("counted", "==", True)]
    )
    return frame.groupby([frame.created_at.dt.date, "label"], dropna=False).size()


def _critics(parquet: Path, since: str) -> object:
    filters = [("brand", "==", BRAND), ("counted", "==", True), ("label", "==", -1), ("created_at", ">=", pd.Timestamp(since))]
    return pd.read_parquet(parquet, columns=["text", "url", "engagement"], filters=filters).nlargest(20, "engagement")


_PANDAS = dict(zip(ASKED, (_voice, _days, _critics), strict=True))
