"""Every question of queries/, its header, and its answer against the same figures counted with pandas."""

import re
from datetime import UTC, timedelta
from io import StringIO

import duckdb
import pandas as pd
import pytest

from monitor.store.database import Store, sync_brands
from monitor.store.publish import publish
from monitor.store.upgrade import upgrade
from monitor.store.write import save
from monitor.tell.formats import as_csv
from monitor.tell.gate import Answer
from monitor.tell.questions import questions, run_question
from tests.builders import NOON, batch, mention
from tests.builders import brand as a_brand

ZONES = {"Himal": "Asia/Kathmandu", "Quiet": "UTC", "Streamly": "America/New_York"}
END = pd.Timestamp("2026-11-10 12:25")
EVENT_AT = pd.Timestamp("2026-10-29 13:55")
NAMES = [question.name for question in questions()]


def frame_of(answer: Answer) -> pd.DataFrame:
    return pd.DataFrame(answer.rows, columns=answer.columns)


def local(times: pd.Series, brand: str) -> pd.Series:
    return times.dt.tz_localize("UTC").dt.tz_convert(ZONES[brand])


def covered_on(looked, brand: str, source: str, day) -> float:
    """Part of a local day, clock changes included."""
    since = pd.Timestamp(day).tz_localize(ZONES[brand]).tz_convert("UTC").tz_localize(None)
    until = (pd.Timestamp(day) + pd.Timedelta(days=1)).tz_localize(ZONES[brand]).tz_convert("UTC").tz_localize(None)
    seen = sum(max((min(b, until) - max(a, since)).total_seconds(), 0) for a, b in looked[brand, source])
    return seen / (until - since).total_seconds()


def was_in_use(looked, brand: str, source: str, day) -> bool:
    """Whether a day lies between a source's first look and its last."""
    stretches = looked[brand, source]
    if not stretches:
        return False
    first, last = (pd.Timestamp(at).tz_localize("UTC").tz_convert(ZONES[brand]) for at in (min(stretches)[0], max(b for _, b in stretches)))
    return first.date() <= day <= (last - pd.Timedelta(microseconds=1)).date()


def sums(rows: pd.DataFrame) -> dict:
    """The figures of some mentions, counted one by one."""
    scored = int(rows.scored.sum())
    negative, positive = int((rows.scored & (rows.label == -1)).sum()), int((rows.scored & (rows.label == 1)).sum())
    return {
        "mentions": len(rows),
        "counted": int(rows.counted.sum()),
        "scored": scored,
        "negative": negative,
        "neutral": scored - negative - positive,
        "positive": positive,
        "unscored": int(rows.counted.sum()) - scored,
        "negative_share": negative / scored if scored else None,
        "net_sentiment": (positive - negative) / scored if scored else None,
        "churn": int((rows.counted & rows.leaves).sum()),
    }


def daily(seeded) -> list[tuple]:
    """The whole feed, by brand and local day."""
    rows = []
    for brand in sorted(ZONES):
        of_brand = seeded.mentions[seeded.mentions.brand == brand]
        days = local(of_brand.created_at, brand).dt.date if len(of_brand) else pd.Series(dtype=object)
        first = pd.Timestamp("2026-10-20").tz_localize("UTC").tz_convert(ZONES[brand]).date()
        last = END.tz_localize("UTC").tz_convert(ZONES[brand]).date()
        for day in pd.date_range(first, last).date:
            shares = [
                covered_on(seeded.looked, brand, source, day) for source in ("reddit", "x") if was_in_use(seeded.looked, brand, source, day)
            ]
            figures = sums(of_brand[days == day]) if any(shares) else dict.fromkeys(sums(of_brand))
            rows.append((brand, day, *figures.values(), sum(sorted(shares)) / len(shares) if shares else 0))
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_the_header_names_the_columns_that_come_out(seeded, name):
    [question] = [each for each in questions() if each.name == name]
    assert list(question.columns) == list(run_question(seeded.path, name, {}).columns)
    assert question.asks.rstrip(")").endswith(("?", "tables"))


@pytest.mark.parametrize("name", NAMES)
def test_the_header_names_the_parameters_that_are_used(name):
    [question] = [each for each in questions() if each.name == name]
    used = set(re.findall(r"getvariable\('(\w+)'\)", question.sql))
    assert used == {parameter.name for parameter in question.parameters}
    casts = dict(re.findall(r"getvariable\('(\w+)'\)::(\w+)", question.sql))
    assert casts == {parameter.name: parameter.type for parameter in question.parameters}


@pytest.mark.parametrize("name", NAMES)
def test_each_file_runs_as_it_is_in_a_plain_shell_with_any_zone(seeded, name):
    [question] = [each for each in questions() if each.name == name]
    with duckdb.connect(str(seeded.path), read_only=True) as con:
        con.execute("set timezone = 'Asia/Kathmandu'")
        shell = con.execute(question.sql).fetchall()
    assert shell == list(run_question(seeded.path, name, {}).rows)


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_the_same_twice_and_for_a_brand_named_without_case(seeded, name):
    once = run_question(seeded.path, name, {"brand": "streamly"})
    assert once == run_question(seeded.path, name, {"brand": "Streamly"})
    assert once.rows
    assert {row[once.columns.index("brand")] for row in once.rows} == {"Streamly"}


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_store_gives_no_figures_and_no_error(tmp_path, name):
    path = tmp_path / "empty.duckdb"
    with duckdb.connect(str(path)) as con:
        upgrade(con)
    assert run_question(path, name, {}).rows == []


def test_daily_figures_equal_a_count_of_the_mentions(seeded):
    answer = run_question(seeded.path, "daily_figures", {})
    assert list(answer.rows) == daily(seeded)


def test_daily_figures_of_a_day_nobody_looked_are_null_and_of_a_silent_day_zero(seeded):
    rows = {
        (row[0], str(row[1])): row
        for row in run_question(seeded.path, "daily_figures", {"since": "2026-11-02", "until": "2026-11-06"}).rows
    }
    assert rows["Streamly", "2026-11-04"][2:] == (None,) * 10 + (0,)
    assert rows["Quiet", "2026-11-02"][2:] == (0, 0, 0, 0, 0, 0, 0, None, None, 0, 1)
    assert {day for _, day in rows} == {"2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"}


def test_daily_figures_in_csv_are_to_the_digit_what_duckdb_gives_pandas(seeded):
    answer = run_question(seeded.path, "daily_figures", {})
    with duckdb.connect(str(seeded.path), read_only=True) as con:
        [question] = [each for each in questions() if each.name == "daily_figures"]
        direct = con.execute(question.sql).df()
    read = pd.read_csv(StringIO(as_csv(answer)), parse_dates=["local_day"])
    pd.testing.assert_frame_equal(read, direct, check_exact=True, check_dtype=False)


def test_before_and_after_an_event(seeded):
    answer = frame_of(run_question(seeded.path, "before_after_event", {"event": "prices", "hours": "36"}))
    of_brand = seeded.mentions[seeded.mentions.brand == "Streamly"]
    span = pd.Timedelta(hours=36)
    starts = {"week before": EVENT_AT - pd.Timedelta(days=7), "before": EVENT_AT - span, "after": EVENT_AT}
    assert list(answer.period) == list(starts)
    for row, (_, since) in zip(answer.itertuples(), starts.items(), strict=True):
        expected = sums(of_brand[(of_brand.created_at >= since) & (of_brand.created_at < since + span)])
        assert (row.period_from, row.period_to) == (since, since + span)
        for column in ("mentions", "counted", "scored", "negative", "negative_share", "net_sentiment", "churn"):
            assert getattr(row, column) == expected[column]
        seen = sum(
            max((min(b, since + span) - max(a, since)).total_seconds(), 0)
            for source in ("reddit", "x")
            for a, b in seeded.looked["Streamly", source]
        )
        assert row.covered == pytest.approx(seen / span.total_seconds() / 2)
    assert answer.times_before[1] == 1
    assert answer.times_before[2] == answer.counted[2] / answer.counted[1]


def test_before_and_after_a_moment_holds_for_every_brand_and_nobody_looking_is_null(seeded):
    answer = frame_of(run_question(seeded.path, "before_after_event", {"moment": "2026-11-05T12:00+05:45", "hours": "6"}))
    assert list(answer.brand.unique()) == sorted(ZONES)
    assert answer.event.isna().all()
    after = answer[answer.period == "after"]
    assert list(after.period_from.unique()) == [pd.Timestamp("2026-11-05 06:15")]
    assert after[["mentions", "counted", "negative", "negative_share", "churn"]].isna().all(axis=None)
    assert (after.covered == 0).all()


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_share_of_voice_adds_up(seeded, by):
    answer = run_question(seeded.path, "share_of_voice", {"step": by})
    feed = pd.DataFrame(daily(seeded), columns=run_question(seeded.path, "daily_figures", {}).columns)
    stamps = pd.to_datetime(feed.local_day)
    start = {
        "day": stamps,
        "week": stamps - pd.to_timedelta(stamps.dt.day_of_week, unit="D"),
        "month": stamps.dt.to_period("M").dt.start_time,
    }
    feed["period"] = start[by].dt.date
    expected = {
        key: (None, None)
        if of_period.counted.isna().all()
        else (of_period.counted.sum(), of_period.negative.sum() / of_period.scored.sum() if of_period.scored.sum() else None)
        for key, of_period in feed.groupby(["period", "brand"])
    }
    totals = feed.groupby("period").counted.sum()
    given = {(row[0], row[1]): row for row in answer.rows if (row[0], row[1]) in expected}
    assert given.keys() == expected.keys()
    for (period, brand), (counted, negative_share) in expected.items():
        row = dict(zip(answer.columns, given[period, brand], strict=True))
        assert (row["counted"], row["negative_share"]) == (counted, negative_share)
        assert row["share"] == (None if counted is None else counted / totals[period])
    known = [row for row in answer.rows if row[3] is not None]
    assert all(sum(row[3] for row in known if row[0] == period) == pytest.approx(1) for period, *_ in known)


def test_share_of_voice_of_one_brand_is_still_of_all(seeded):
    every = [row for row in run_question(seeded.path, "share_of_voice", {}).rows if row[1] == "Himal"]
    assert list(run_question(seeded.path, "share_of_voice", {"brand": "himal"}).rows) == every


def test_loudest_critics_are_those_with_most_negative_mentions(seeded):
    answer = run_question(seeded.path, "loudest_critics", {"since": "2026-10-21", "until": "2026-11-08", "top": "7"})
    rows = seeded.mentions[
        seeded.mentions.counted & (seeded.mentions.created_at >= "2026-10-21") & (seeded.mentions.created_at < "2026-11-08")
    ]
    expected = []
    for brand in ("Himal", "Streamly"):
        found = []
        for (source, author), own in rows[rows.brand == brand].groupby(["source", "author"]):
            against = own[own.scored & (own.label == -1)]
            if len(against):
                best = against.sort_values(["likes", "created_at", "source_id"], na_position="first").iloc[-1]
                found.append(
                    (brand, source, author, len(against), len(own), against.likes.sum(min_count=1), against.created_at.max(), best.text)
                )
        expected += sorted(found, key=lambda row: (-row[3], -(row[5] if row[5] == row[5] else -1), row[1], row[2]))[:7]
    given = [(*row[:5], row[6], row[7], row[8]) for row in answer.rows]
    assert given == expected


def test_the_thread_that_drove_a_period_comes_first(seeded):
    answer = run_question(seeded.path, "which_thread", {"brand": "Streamly", "since": "2026-10-25", "until": "2026-11-01", "top": "12"})
    rows = seeded.mentions[
        seeded.mentions.counted
        & (seeded.mentions.brand == "Streamly")
        & (seeded.mentions.created_at >= "2026-10-25")
        & (seeded.mentions.created_at < "2026-11-01")
    ]
    roots = seeded.mentions[seeded.mentions.brand == "Streamly"].set_index(["source", "source_id"]).text
    found = []
    for (source, thread), said in rows.groupby(["source", "thread"]):
        first = said.sort_values(["created_at", "source_id"]).iloc[0]
        figures = sums(said)
        found.append(
            (
                source,
                thread,
                roots.get((source, thread), first.text),
                len(said),
                len(said) / len(rows),
                figures["negative"],
                figures["negative_share"],
                said.author.nunique(),
                said.created_at.min(),
                said.created_at.max(),
            )
        )
    expected = sorted(found, key=lambda row: (-row[3], row[8], row[0], row[1]))[:12]
    assert [(row[1], row[3], row[4], *row[6:]) for row in answer.rows] == expected
    assert {row[5] for row in answer.rows} <= set("https://" + seeded.mentions.source + ".example/" + seeded.mentions.source_id)


@pytest.mark.parametrize("brand", ["Streamly", "Himal"])
def test_busiest_hours_are_local_and_only_over_the_hours_looked_at(seeded, brand):
    params = {"brand": brand, "since": "2026-10-26", "until": "2026-11-04"}
    answer = frame_of(run_question(seeded.path, "busiest_hours", params)).set_index("local_hour")
    rows = seeded.mentions[(seeded.mentions.brand == brand)].copy()
    rows["at"] = local(rows.created_at, brand)
    rows = rows[(rows["at"] >= "2026-10-26") & (rows["at"] < "2026-11-04")]
    bins = pd.Series(pd.date_range("2026-10-25", "2026-11-05", freq="5min"))
    there = local(bins, brand)
    in_range = (there >= "2026-10-26") & (there < "2026-11-04")
    for hour in range(24):
        said = rows[rows["at"].dt.hour == hour]
        assert answer.counted[hour] == said.counted.sum()
        assert answer.negative[hour] == sums(said)["negative"]
        expected = 0.0
        for source in ("reddit", "x"):
            of_hour = bins[in_range & (there.dt.hour == hour)]
            # the seed's stretches begin and end at whole five minutes
            looked = sum(any(a <= at and at + timedelta(minutes=5) <= b for a, b in seeded.looked[brand, source]) for at in of_hour)
            expected += said[said.source == source].counted.sum() / (looked / 12)
        assert answer.per_hour[hour] == pytest.approx(expected)
    assert list(answer.per_hour) == sorted(answer.per_hour, reverse=True)
    assert answer["rank"].iloc[0] == 1


def test_what_we_missed_names_every_stretch_and_why(seeded):
    answer = run_question(seeded.path, "what_we_missed", {"brand": "Himal", "since": "2026-10-22", "until": "2026-11-10T12:25"})
    given = [(row[1], str(row[2]), str(row[3]), row[4], row[5], row[6]) for row in answer.rows]
    assert given == [
        ("disqus", "2026-10-22 00:00:00", "2026-11-10 12:25:00", 19 * 1440 + 745, "never", "no key"),
        ("x", "2026-10-22 00:00:00", "2026-10-22 09:00:00", 540, "not yet", None),
        ("x", "2026-10-28 02:10:00", "2026-10-28 05:35:00", 205, "gap", "rate limited"),
        ("reddit", "2026-11-03 00:00:00", "2026-11-06 12:00:00", 84 * 60, "gap", None),
        ("x", "2026-11-03 00:00:00", "2026-11-06 12:00:00", 84 * 60, "gap", None),
    ]
    shorter = run_question(seeded.path, "what_we_missed", {"brand": "Himal", "since": "2026-11-10", "minutes": "1"})
    assert [(row[1], row[4], row[5]) for row in shorter.rows] == [("disqus", 745, "never"), ("x", 4, "since")]
    streamly = run_question(seeded.path, "what_we_missed", {"brand": "Streamly"})
    assert "disqus" not in {row[1] for row in streamly.rows}


def test_the_answer_says_how_fresh_it_is(seeded):
    assert run_question(seeded.path, "share_of_voice", {}).data_as_of == END.to_pydatetime().replace(tzinfo=UTC)


@pytest.mark.parametrize(("days", "title"), [(180, "streamly raises prices"), (190, "streamly answers all of us")])
def test_which_thread_looks_half_a_year_back_for_the_first_text(tmp_path, days, title):
    since = NOON - timedelta(hours=1)
    first = mention("first", "streamly raises prices", created_at=since - timedelta(days=days), fetched_at=NOON)
    reply = mention("reply", "streamly answers all of us", conversation_id="first")
    with Store(tmp_path / "data", command="test") as store:
        with store.writing() as con:
            sync_brands(con, [a_brand()])
            save(con, [batch(first, reply)], now=NOON)
        copy = publish(store, tmp_path / "published", now=NOON).path
    answer = run_question(copy, "which_thread", {"since": since.isoformat(), "until": (NOON + timedelta(hours=1)).isoformat()})
    assert [(row[answer.columns.index("thread")], row[answer.columns.index("title")]) for row in answer.rows] == [("first", title)]
