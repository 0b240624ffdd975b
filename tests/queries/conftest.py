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
OUTAGE_AT = pd.Timestamp("2026-11-08 01:12")
DEVICES = ["Roku", "living-room stick", "Samsung TV", "PS5"]
REGIONS = ["Ohio", "New Jersey", "the east coast"]
LEAVING = [["cancel"], ["switch_to:Vuebox"], ["switch_to:Cinemata", "refund"], ["switch_to:Vuebox", "switch_to:Cinemata"]]
OTHERS = [[], ["question"], ["refund"], ["praise"], ["question", "praise"], ["outage_report"]]
TOPICS = [[], ["pricing"], ["playback"], ["pricing", "support"], ["catalogue"]]
LINKS = [f"https://{site}.example/{page}" for site in ("news", "www.blog", "video") for page in range(4)]


OCTOBER, NOVEMBER, DECEMBER, A_DAY, THE_NEXT, AN_HOUR, AND_ONE = (
    pd.Timestamp(f"2026-{at}").to_pydatetime() for at in ("10-01", "11-01", "12-01", "11-09", "11-10", "11-10 12:00", "11-10 13:00")
)
BUDGET = [
    ("x usd", "usd", OCTOBER, NOVEMBER, 150.0, 42.5, 10.0),
    ("x usd Streamly", "usd", OCTOBER, NOVEMBER, 60.0, 31.25, 10.0),
    ("x usd", "usd", NOVEMBER, DECEMBER, 150.0, 20.0, 0.0),
    ("x post reads", "units", A_DAY, THE_NEXT, None, 1800.0, 0.0),
    ("hackernews requests", "requests", AN_HOUR, AND_ONE, 1000.0, 12.0, 0.0),
]


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
    mentions = _with_more(pd.concat([*frames, _outage()], ignore_index=True))
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
    mentions["text"] = [
        f"text {i}, said of {brand}{more}" for i, (brand, more) in enumerate(zip(mentions.brand, mentions.more, strict=True))
    ]
    # some threads open with a text that we hold, the others elsewhere
    for thread in range(0, 40, 3):
        at = mentions.index[(mentions.thread == f"t{thread}") & (mentions.brand == "Streamly") & (mentions.source == "reddit")][0]
        mentions.loc[at, "source_id"] = f"t{thread}"
    mentions["reply_to"] = _answers(mentions)
    random = np.random.default_rng(8)
    mentions["brand_compound"] = mentions.label.fillna(0) / 2
    mentions["human"] = np.where(random.random(len(mentions)) < 0.05, random.integers(-1, 2, len(mentions)), None)
    mentions["weight"] = np.where(random.random(len(mentions)) < 0.8, random.integers(1, 40, len(mentions)), np.nan)
    mentions["stale"] = random.random(len(mentions)) < 0.1
    return mentions


def _outage() -> pd.DataFrame:
    """Forty reports in eighty minutes, each naming a device and a region."""
    minutes = pd.to_timedelta([2 * i for i in range(40)], unit="min")
    frame = pd.DataFrame({"brand": "Streamly", "created_at": (OUTAGE_AT + minutes).astype("datetime64[us]")})
    frame["source"] = ["x", "x", "reddit", "x"] * 10
    frame["label"], frame["booked"], frame["leaves"], frame["thread"] = -1.0, "counted", False, "outage"
    frame["author"] = [f"viewer{i % 25}" for i in range(40)]
    frame["likes"] = [float(i % 7) for i in range(40)]
    frame["more"] = [f" froze on the {DEVICES[i % 4]}, {REGIONS[i % 3]}" for i in range(40)]
    return frame


def _with_more(mentions: pd.DataFrame) -> pd.DataFrame:
    """Intents, topics, links, views, followers, channels and a word for some, drawn after all else."""
    random = np.random.default_rng(6)
    count = len(mentions)
    planted = mentions.more.notna()
    leaving, others, topics = (random.integers(0, len(kinds), count) for kinds in (LEAVING, OTHERS, TOPICS))
    mentions["intents"] = [
        ["outage_report"] if report else LEAVING[i] if leaves else OTHERS[j] if (j < 5 or k == 0) else []
        for report, leaves, i, j, k in zip(planted, mentions.leaves, leaving, others, random.integers(0, 20, count), strict=True)
    ]
    # pricing is spoken of more from the event on
    mentions["topics"] = [
        TOPICS[1] if late and i == 0 else TOPICS[i] for late, i in zip(mentions.created_at >= EVENT_AT, topics, strict=True)
    ]
    mentions["links"] = [
        [LINKS[i], LINKS[j]] if j < 6 else [LINKS[i]] if j < 12 else []
        for i, j in zip(random.integers(0, 12, count) // (1 + random.integers(0, 3, count)), random.integers(0, 60, count), strict=True)
    ]
    on_x = mentions.source == "x"
    mentions["views"] = np.where(on_x & (random.random(count) < 0.4), random.integers(0, 9000, count), np.nan)
    mentions["followers"] = np.where(on_x & (random.random(count) < 0.5), random.integers(0, 3000, count), np.nan)
    mentions["channel"] = np.where(on_x, None, random.choice(["r/streamly", "r/television"], count))
    mentions["more"] = mentions.more.fillna(pd.Series(np.where(random.random(count) < 0.1, " and the Captain's log", "")))
    return mentions


def _answers(mentions: pd.DataFrame) -> list[str | None]:
    """What own texts reply to: some text of the same source, mostly an earlier one, of the outage more often."""
    random = np.random.default_rng(7)
    found: list[str | None] = []
    for row in mentions.itertuples():
        same = mentions[(mentions.brand == row.brand) & (mentions.source == row.source)]
        near = same[
            (same.created_at > row.created_at - pd.Timedelta(hours=60)) & (same.created_at < row.created_at + pd.Timedelta(hours=3))
        ]
        found.append(near.source_id.iloc[random.integers(0, len(near))] if row.booked == "own" and random.random() < 0.9 else None)
    return found


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
                source, source_id, 'comment' as kind, channel, 'https://' || source || '.example/' || source_id as url,
                text, false as text_truncated, links, author as author_id, author as author_name,
                case when not isnan(followers) then followers::bigint end as author_followers,
                case when not isnan(views) then views::bigint end as views,
                reply_to as in_reply_to_id,
                thread as conversation_id, created_at, created_at as first_seen_at, created_at as fetched_at,
                case when not isnan(likes) then likes::bigint end as likes, 'live' as state, booked = 'spam' as is_spam, 1 as run_id
            from given
        """)
        con.execute("""
            insert into mention_brand by name
            select
                source, source_id, brand, created_at, 'text' as matched_by, [brand] as matched_terms,
                case when not isnan(label) then label::tinyint end as label,
                intents, topics, brand_compound,
                booked = 'own' as is_own, booked = 'muted' as is_muted, counted, case when booked = 'own' then reply_to end as own_reply_to,
                'vader' as scorer
            from given
        """)
        con.execute("insert into event values ('Prices rise 60 %', 'Streamly', ?, null)", [EVENT_AT.to_pydatetime()])
        con.executemany("insert into budget values (?, ?, ?, ?, ?, ?, ?)", BUDGET)
        con.execute("""
            insert into human_label by name
            select source, source_id, brand, created_at, human as label, timestamp '2026-11-10 10:00' as labelled_at,
                case when not isnan(weight) then weight end as weight,
                md5(chr(10) || case when stale then 'as it was' else text end) as text_hash
            from given where human is not null
        """)
        rebuild(con)
    return Seeded(path, mentions, looked)
