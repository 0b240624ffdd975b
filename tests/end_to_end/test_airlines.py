"""The airline example: what the program says equals what anybody can count."""

import json
import re
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

HANDLES = {
    "Virgin America": "virginamerica",
    "United": "united",
    "Southwest": "southwestair",
    "Delta": "jetblue",
    "US Airways": "usairways",
    "American": "americanair",
}


@pytest.fixture(scope="module")
def counted_by_hand(tweets):
    """Counts brand and local day: a regular expression for the handle, vaderSentiment, pandas."""
    rows = pd.DataFrame([json.loads(line) for line in tweets.read_text().splitlines()])
    plain = rows.text.str.replace("&lt;", "<").str.replace("&gt;", ">").str.replace("&amp;", "&")
    analyzer = SentimentIntensityAnalyzer()
    # one tweet holds a zero-width space, which is taken out of every text before it is scored
    rows["compound"] = [analyzer.polarity_scores(text.replace("\u200b", "").strip())["compound"] for text in plain]
    rows["day"] = pd.to_datetime(rows.ts, utc=True).dt.tz_convert(ZoneInfo("America/New_York")).dt.date
    rows["key"] = rows.id.str.removeprefix("airline:")

    def count(left_out):
        counted = []
        for brand, handle in HANDLES.items():
            named = rows[plain.str.contains(rf"(?<!\w)@{handle}(?!\w)", flags=re.I)]
            for day, those in named.groupby("day"):
                scored = those[~those.key.isin(left_out)]
                counted.append((brand, day, len(those), int((scored.compound <= -0.05).sum()), int((scored.compound >= 0.05).sum())))
        return sorted(counted)

    return count


def daily(place):
    return place.rows("select brand, local_day, mentions, negative, positive from v_daily order by all")


def test_daily_figures_equal_an_independent_recount(airlines, tweets, counted_by_hand):
    place = airlines()
    config = place.folder / "config.yaml"
    config.write_text(f"{config.read_text()}\nscoring: {{scorer: vader}}\n")
    place.run("backfill", str(tweets), "--map", "airline")
    left_out = {key for (key,) in place.rows("select source_id from v_mentions where not scored")}
    assert len(left_out) < 0.02 * 7_185
    assert daily(place) == counted_by_hand(left_out)
    # what is left out was said before, or is in another language
    assert place.rows("select count(*) from v_mentions where not scored and duplicate_of is null and coalesce(lang, 'en') = 'en'") == [(0,)]


def test_importing_again_adds_nothing_and_undoing_leaves_no_trace(airlines, tweets):
    place = airlines()
    place.run("doctor", check=False)
    place.run("backfill", str(tweets), "--map", "airline")
    once = place.contents()
    assert "read before as run 1" in place.run("backfill", str(tweets), "--map", "airline").stdout
    assert " 0 new mentions, 0 changed" in place.run("backfill", str(tweets), "--map", "airline", "--redo", "all").stdout
    assert place.contents() == once
    assert "7,185 mentions removed" in place.run("backfill", "--undo", "1").stdout
    emptied = place.contents()
    assert {table for table, rows in emptied.items() if rows} == {"brand"}


def test_parts_in_any_order_make_the_same_store(airlines, tweets, tmp_path):
    lines = tweets.read_text().splitlines(keepends=True)
    parts = [tmp_path / f"part{number}.jsonl" for number in range(3)]
    for number, part in enumerate(parts):
        part.write_text("".join(lines[number::3]))
    stores = []
    for name, order in (("forward", parts), ("backward", parts[::-1])):
        place = airlines(name)
        for part in order:
            place.run("backfill", str(part), "--map", "airline")
        place.run("backfill", *map(str, order), "--map", "airline", "--redo", "all")
        stores.append(
            {key: value for key, value in place.contents(without=["run_id"]).items() if key not in ("cursor", "coverage", "mention_run")}
        )
        assert place.rows("select brand, source, covered_from, covered_to from v_covered order by all") == stores[0].setdefault(
            "covered", place.rows("select brand, source, covered_from, covered_to from v_covered order by all")
        )
        stores[-1]["covered"] = stores[0]["covered"]
    assert stores[0] == stores[1]


def test_the_original_csv_and_the_jsonl_are_the_same_tweets(airlines, tweets, tmp_path):
    rows = [json.loads(line) for line in tweets.read_text().splitlines()]
    original = pd.DataFrame(
        {
            "tweet_id": [row["id"].removeprefix("airline:") for row in rows],
            "airline_sentiment": "neutral",
            "airline": [row["brand"] for row in rows],
            "name": [f"somebody {number}" for number in range(len(rows))],
            "retweet_count": [row["rts"] for row in rows],
            "text": [row["text"] for row in rows],
            "tweet_created": [pd.Timestamp(row["ts"]).tz_convert("Etc/GMT+8").strftime("%Y-%m-%d %H:%M:%S -0800") for row in rows],
            "user_timezone": "Eastern Time (US & Canada)",
        }
    )
    csv = tmp_path / "Tweets.csv"
    original.to_csv(csv, index=False)
    place = airlines()
    place.run("backfill", str(tweets), "--map", "airline")
    before = daily(place)
    assert " 0 new mentions" in place.run("backfill", str(csv), "--map", "airline-tweets-csv").stdout
    assert daily(place) == before


def test_the_storm_of_the_22nd_is_found_and_explained_by_cancelled_flights_and_waiting_on_hold(airlines, tweets):
    place = airlines()
    place.run("backfill", str(tweets), "--map", "airline")
    found = place.rows("""
        select brand, min(evidence)
        from v_incidents
        where timezone('America/New_York', timezone('UTC', onset_at))::date = date '2015-02-22'
            and timezone('America/New_York', timezone('UTC', coalesce(resolved_at, peak_at)))::date >= date '2015-02-22'
        group by brand
    """)
    terms = {brand: {term["term"] for term in json.loads(evidence)["terms"]} for brand, evidence in found}
    assert {"US Airways", "American", "Delta"} <= terms.keys()
    # the set's own rewriting of "flight"
    assert {"on hold", "cancelled flightled"} <= terms["US Airways"]
    assert "cancelled flightled" in terms["American"]
