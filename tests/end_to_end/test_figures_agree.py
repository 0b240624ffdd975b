"""One number, five ways to it: command, CSV, plain DuckDB shell, pandas, digest."""

import csv
import io
import json
import random
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from tests.end_to_end.conftest import REPOSITORY, write_rows

CONFIG = """
brands:
  - {name: Yeti Tea, rule: yeti, timezone: Asia/Kathmandu}
  - {name: Acme, rule: acme, timezone: America/New_York}
sources: {file: {}}
"""
# too few for one text to be a copy of another
WORDS = ["great", "awful", "broken", "fine", "love it", "refund now", "hello", "long queue", "worst ever", "thanks"]


@pytest.fixture
def filled(place):
    """Two brands in awkward zones over the night when New York's clocks went forward (8 March 2026)."""
    here = place(CONFIG)
    chance = random.Random(5)
    begun = datetime(2026, 3, 5, tzinfo=UTC)
    rows = [
        {
            "source": chance.choice(["x", "reddit"]),
            "source_id": str(number),
            "kind": "post",
            "created_at": (begun + timedelta(seconds=chance.randrange(6 * 86400))).isoformat(),
            "text": f"{chance.choice(['yeti', 'acme', 'yeti and acme'])} {chance.choice(WORDS)} {chance.choice(WORDS)}",
            "lang": chance.choice(["en", "en", "en", "es"]),
        }
        for number in range(3_000)
    ]
    here.run("backfill", str(write_rows(here.folder / "rows.jsonl", rows)))
    return here


def by_command(here):
    return json.loads(here.run("query", "daily_figures", "--json").stdout)


def test_the_command_the_csv_a_plain_shell_and_pandas_agree_to_the_digit(filled):
    told = by_command(filled)
    assert len({row["local_day"] for row in told}) >= 6
    from_csv = list(csv.DictReader(io.StringIO(filled.run("query", "daily_figures", "--format", "csv").stdout)))
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in told] == from_csv
    shell = subprocess.run(
        [str(Path(sys.executable).parent / "duckdb"), "-readonly", "-json", "published/analytics.duckdb"],
        input=(REPOSITORY / "queries" / "daily_figures.sql").read_text(),
        capture_output=True,
        text=True,
        cwd=filled.folder,
        check=True,
    )
    assert json.loads(shell.stdout) == told
    with duckdb.connect(str(filled.folder / "published" / "analytics.duckdb"), read_only=True) as con:
        frame = con.sql((REPOSITORY / "queries" / "daily_figures.sql").read_text()).df()
    frame["local_day"] = frame.local_day.dt.date.astype(str)
    assert json.loads(json.dumps(frame.astype(object).where(frame.notna(), None).to_dict("records"), default=str)) == told


def test_the_figures_equal_a_recount_in_the_brands_own_days(filled):
    rows = [json.loads(line) for line in (filled.folder / "rows.jsonl").read_text().splitlines()]
    frame = pd.DataFrame(rows)
    told = {(row["brand"], row["local_day"]): row for row in by_command(filled)}
    for brand, word, zone in (("Yeti Tea", "yeti", "Asia/Kathmandu"), ("Acme", "acme", "America/New_York")):
        named = frame[frame.text.str.contains(word)]
        days = pd.to_datetime(named.created_at, utc=True).dt.tz_convert(ZoneInfo(zone)).dt.date
        for day, those in named.groupby(days):
            row = told[brand, str(day)]
            assert (row["mentions"], row["unscored"]) == (len(those), int((those.lang == "es").sum()))
            assert row["scored"] == row["negative"] + row["neutral"] + row["positive"] == len(those) - row["unscored"]


@pytest.mark.parametrize(("brand", "day"), [("Yeti Tea", date(2026, 3, 7)), ("Acme", date(2026, 3, 8))])
def test_the_digest_says_the_same(filled, brand, day):
    told = next(row for row in by_command(filled) if (row["brand"], row["local_day"]) == (brand, str(day)))
    digest = json.loads(filled.run("digest", "--brand", brand, "--date", str(day), "--json").stdout)
    figures = digest.get("figures", digest)
    shared = ("mentions", "counted", "scored", "negative", "neutral", "positive", "unscored", "negative_share", "net_sentiment")
    assert {key: figures[key] for key in shared} == {key: told[key] for key in shared}
