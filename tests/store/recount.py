"""Counts everything again in pandas, straight from the two tables: what the rollups must equal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pandas as pd

from monitor.config.models import Brand
from monitor.store.database import sync_brands
from monitor.store.upgrade import upgrade

FIGURES = [
    "mentions",
    "counted",
    "scored",
    "negative",
    "neutral",
    "positive",
    "muted",
    "own",
    "spam",
    "duplicates",
    "churn",
    "engagement",
]
KEY = ["brand", "source", "facet", "value"]


@contextmanager
def new_store(brands: Sequence[Brand]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        # so little data is counted sooner by one thread than shared out to several
        con.execute("set timezone = 'UTC'; set threads = 1")
        upgrade(con)
        sync_brands(con, brands)
        yield con


def rollups(con: duckdb.DuckDBPyConnection) -> tuple[list[tuple], list[tuple]]:
    """The stored counts: five-minute bins, and local days."""
    bins = f"select {', '.join(KEY)}, bin_start, local_day, local_hour, {', '.join(FIGURES)} from rollup_5m order by all"
    days = f"select {', '.join(KEY)}, local_day, {', '.join(FIGURES)} from rollup_day order by all"
    return con.execute(bins).fetchall(), con.execute(days).fetchall()


def recounted(con: duckdb.DuckDBPyConnection) -> tuple[list[tuple], list[tuple]]:
    """The same from the texts themselves."""
    mentions = con.execute("select source, source_id, likes, replies, reposts, quotes, score, is_spam from mention").df()
    frame = con.execute("from mention_brand").df().merge(mentions, on=["source", "source_id"], validate="many_to_one")
    if frame.empty:
        return [], []
    zones = dict(con.execute("select brand, timezone from brand").fetchall())
    local = [at.tz_localize("UTC").tz_convert(zones[brand]) for at, brand in zip(frame.created_at, frame.brand, strict=True)]
    frame["local_day"] = [at.date() for at in local]
    frame["local_hour"] = [at.hour for at in local]
    frame["bin_start"] = [at.to_pydatetime() for at in frame.created_at.dt.floor("5min")]
    reacted = frame[["likes", "replies", "reposts", "quotes", "score"]].astype("Float64")
    counted = frame.counted
    scored = counted & frame.label.notna()
    intents = frame.intents.map(list)
    left_out = [("muted", frame.is_muted), ("own", frame.is_own), ("spam", frame.is_spam), ("duplicates", pd.Series(True, frame.index))]
    booked = pd.Series("counted", frame.index)
    for name, holds in reversed(left_out):
        booked[~counted & holds] = name
    figures = {
        "mentions": True,
        "counted": counted,
        "scored": scored,
        "negative": scored & (frame.label == -1),
        "neutral": scored & (frame.label == 0),
        "positive": scored & (frame.label == 1),
        **{name: booked == name for name, _ in left_out},
        "churn": counted & intents.map(lambda said: any(each == "cancel" or each.startswith("switch_to:") for each in said)),
    }
    for name, holds in figures.items():
        frame[name] = pd.Series(holds, frame.index).astype(int)
    frame["engagement"] = reacted.sum(axis=1, min_count=1).where(counted)
    facets = [
        [("all", ""), *(("topic", topic) for topic in set(topics)), *(("intent", intent) for intent in set(said))]
        for topics, said in zip(frame.topics, intents, strict=True)
    ]
    frame = frame.assign(facets=facets).explode("facets", ignore_index=True)
    frame["facet"], frame["value"] = frame.facets.str[0], frame.facets.str[1]
    return _summed(frame, [*KEY, "bin_start", "local_day", "local_hour"]), _summed(frame, [*KEY, "local_day"])


def _summed(frame: pd.DataFrame, by: list[str]) -> list[tuple]:
    sums = frame.groupby(by, dropna=False)[FIGURES].sum(min_count=1).reset_index()
    rows = []
    for each in sums.to_dict("records"):
        key = [each[name].to_pydatetime() if isinstance(each[name], pd.Timestamp) else each[name] for name in by]
        rows.append((*key, *(None if pd.isna(each[name]) else int(each[name]) for name in FIGURES)))
    return sorted(rows)
