"""A published copy of three brands over the end of summer time, and the same rows as pandas frames."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from monitor.store.rollup import rebuild
from monitor.store.upgrade import upgrade

ZONES = {"Streamly": "America/New_York", "Himal": "Asia/Kathmandu", "Quiet": "UTC"}
START, END = pd.Timestamp("2026-10-20"), pd.Timestamp("2026-11-10 12:25")
X_START = pd.Timestamp("2026-10-22 09:00")
GAP = (pd.Timestamp("2026-10-28 02:10"), pd.Timestamp("2026-10-28 05:35"))
DEAD_DAYS = (pd.Timestamp("2026-11-03 00:00"), pd.Timestamp("2026-11-06 12:00"))
EVENT_AT = pd.Timestamp("2026-10-29 13:56")


@dataclass(frozen=True)
class Seeded:
    path: Path
    mentions: pd.DataFrame
    looked: dict[tuple[str, str], list[tuple[pd.Timestamp, pd.Timestamp]]]


def _mentions() -> pd.DataFrame:
    random = np.random.default_rng(20261122)
    frames = []
    for brand, count in (("Streamly", 3000), ("Himal", 900)):
        created = START + pd.to_timedelta(random.integers(0, int((END - START).total_seconds()), count), unit="s")
        frame = pd.DataFrame({"brand": brand, "created_at": created.astype("datetime64[us]")})
        frame["source"] = random.choice(["reddit", "x"], count, p=[0.6, 0.4])
        frame["label"] = random.choice([-1, 0, 1, np.nan], count, p=[0.25, 0.35, 0.3, 0.1])
        frame["booked"] = random.choice(["counted", "muted", "own", "spam", "duplicate"], count, p=[0.9, 0.03, 0.03, 0.02, 0.02])
        frame["leaves"] = random.random(count) < 0.05
        frame["author"] = random.choice([f"user{i}" for i in range(60)], count)
        frame["likes"] = np.where(random.random(count) < 0.7, random.integers(0, 50, count), np.nan)
        frame["thread"] = random.choice([f"t{i}" for i in range(40)], count)
        frames.append(frame)
    mentions = pd.concat(frames, ignore_index=True)
    dark = (mentions.source == "x") & (
        (mentions.created_at < X_START)
        | mentions.created_at.between(*GAP, inclusive="left")
        | mentions.created_at.between(*DEAD_DAYS, inclusive="left")
    )
    dark |= (mentions.source == "reddit") & mentions.created_at.between(*DEAD_DAYS, inclusive="left")
    mentions = mentions[~dark].reset_index(drop=True)
    mentions["source_id"] = [f"{source}{i}" for i, source in enumerate(mentions.source)]
    mentions["counted"] = mentions.booked == "counted"
    mentions["scored"] = mentions.counted & mentions.label.notna()
    mentions["text"] = [f"text {i}, said of {brand}" for i, brand in enumerate(mentions.brand)]
    # some threads open with a text that we hold, the others elsewhere
    for thread in range(0, 40, 3):
        at = mentions.index[(mentions.thread == f"t{thread}") & (mentions.brand == "Streamly") & (mentions.source == "reddit")][0]
        mentions.loc[at, "source_id"] = f"t{thread}"
    return mentions


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    path = tmp_path_factory.mktemp("published") / "analytics.duckdb"
    mentions = _mentions()
    looked = {}
    with duckdb.connect(str(path), config={"python_enable_replacements": False}) as con:
        upgrade(con)
        con.executemany("insert into brand values (?, ?, ?)", [(name, name.lower(), zone) for name, zone in ZONES.items()])
        stretches = [
            ("reddit", START, DEAD_DAYS[0]),
            ("reddit", DEAD_DAYS[1], END),
            ("x", X_START, GAP[0]),
            ("x", GAP[1], DEAD_DAYS[0]),
            ("x", DEAD_DAYS[1], END - pd.Timedelta(minutes=4)),
        ]
        rows = [(source, "all", [], since, until, until, True, 1, None, 1) for source, since, until in stretches]
        rows += [
            ("x", "all", [], GAP[0], GAP[1], GAP[1], False, 0, "rate limited", 1),
            ("disqus", "all", ["Himal"], START, END, END, False, 0, "no key", 1),
        ]
        con.executemany("insert into coverage values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        for brand in ZONES:
            for source in ("reddit", "x"):
                looked[brand, source] = [(since, until) for name, since, until in stretches if name == source]
        con.register("given", mentions)
        con.execute("""
            insert into mention by name
            select
                source, source_id, 'comment' as kind, null as channel, 'https://' || source || '.example/' || source_id as url,
                text, false as text_truncated, []::varchar[] as links, author as author_id, author as author_name,
                thread as conversation_id, created_at, created_at as first_seen_at, created_at as fetched_at,
                case when not isnan(likes) then likes::bigint end as likes, 'live' as state, booked = 'spam' as is_spam, 1 as run_id
            from given
        """)
        con.execute("""
            insert into mention_brand by name
            select
                source, source_id, brand, created_at, 'text' as matched_by, [brand] as matched_terms,
                case when not isnan(label) then label::tinyint end as label,
                case when leaves then ['cancel'] else [] end as intents, []::varchar[] as topics,
                booked = 'own' as is_own, booked = 'muted' as is_muted, counted, 'vader' as scorer
            from given
        """)
        con.execute("insert into event values ('Prices rise 60 %', 'Streamly', ?, null)", [EVENT_AT.to_pydatetime()])
        rebuild(con)
    return Seeded(path, mentions, looked)
