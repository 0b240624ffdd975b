"""Questions that read texts: leaving, spreading, reach, outages, answers, labels, links; each against pandas."""

import json
import re
import subprocess
import sysconfig
from pathlib import Path

import pandas as pd
import pytest

from monitor.tell.questions import Answer, questions, run_question

SINCE, UNTIL = pd.Timestamp("2026-10-27 06:00"), pd.Timestamp("2026-11-09 18:00")
PERIOD = {"since": "2026-10-27T06:00", "until": "2026-11-09T18:00"}
BRANDS = ("Himal", "Streamly")
NAMES = [question.name for question in questions()]


def frame_of(answer: Answer) -> pd.DataFrame:
    return pd.DataFrame(answer.rows, columns=answer.columns).astype(object)


def within(rows: pd.DataFrame, since=SINCE, until=UNTIL) -> pd.DataFrame:
    return rows[(rows.created_at >= since) & (rows.created_at < until)]


def counted(seeded, brand: str, since=SINCE, until=UNTIL) -> pd.DataFrame:
    return within(seeded.mentions[seeded.mentions.counted & (seeded.mentions.brand == brand)], since, until)


def unknown(value):
    """None for what pandas writes as NaN."""
    return None if pd.isna(value) else value


def looked_at(seeded, brand: str, source: str, since=SINCE, until=UNTIL) -> float:
    seen = sum(max((min(b, until) - max(a, since)).total_seconds(), 0) for a, b in seeded.looked[brand, source])
    return seen / (until - since).total_seconds()


def over_both(seeded, brand: str, since=SINCE, until=UNTIL) -> float:
    return (looked_at(seeded, brand, "reddit", since, until) + looked_at(seeded, brand, "x", since, until)) / 2


def best_of(rows: pd.DataFrame) -> pd.Series:
    return rows.sort_values(["likes", "created_at", "source_id"], na_position="first").iloc[-1]


def url_of(row) -> str:
    return f"https://{row.source}.example/{row.source_id}"


def negative_share(rows: pd.DataFrame) -> float | None:
    scored = rows[rows.scored]
    return (scored.label == -1).mean() if len(scored) else None


def asks(row) -> bool:
    return "question" in row.intents


def complains(row) -> bool:
    return row.label == -1 or row.leaves or bool({"refund", "outage_report"} & set(row.intents))


def asking(seeded, brand: str, since=SINCE, until=UNTIL) -> pd.DataFrame:
    """What calls for an answer, with the time of the first one."""
    rows = counted(seeded, brand, since, until)
    rows = rows[[asks(row) or complains(row) for row in rows.itertuples()]].copy()
    own = seeded.mentions[(seeded.mentions.booked == "own") & (seeded.mentions.brand == brand)]
    rows["answered_at"] = [
        own[(own.source == row.source) & (own.reply_to == row.source_id) & (own.created_at >= row.created_at)].created_at.min()
        for row in rows.itertuples()
    ]
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_each_file_runs_as_it_is_in_the_duckdb_program(seeded, name):
    program = Path(sysconfig.get_path("scripts")) / "duckdb"
    if not program.exists():
        pytest.skip("no duckdb program here; pip install duckdb-cli")
    file = Path(__file__).parents[2] / "queries" / f"{name}.sql"
    run = subprocess.run(
        [program, "-readonly", "-json", str(seeded.path)],
        input=f"set variable brand = 'Streamly';\n.read {file}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.stderr == ""
    assert len(json.loads(run.stdout)) == len(run_question(seeded.path, name, {"brand": "Streamly"}).rows)


def test_loudest_fans_are_those_with_most_positive_mentions(seeded):
    answer = run_question(seeded.path, "loudest_fans", {**PERIOD, "top": "7"})
    expected = []
    for brand in BRANDS:
        found = []
        for (source, author), own in counted(seeded, brand).groupby(["source", "author"]):
            kind = own[own.scored & (own.label == 1)]
            if len(kind):
                likes = unknown(kind.likes.sum(min_count=1))
                found.append((brand, source, author, len(kind), len(own), likes, kind.created_at.max(), best_of(kind).text))
        expected += sorted(found, key=lambda row: (-row[3], -(-1 if row[5] is None else row[5]), row[1], row[2]))[:7]
    assert [(*row[:5], row[6], row[7], row[8]) for row in answer.rows] == expected


def test_why_they_leave_sets_what_leavers_speak_of_against_what_all_do(seeded):
    answer = frame_of(run_question(seeded.path, "why_they_leave", PERIOD))
    before_from = SINCE - (UNTIL - SINCE)
    for brand in BRANDS:
        rows, earlier = counted(seeded, brand), counted(seeded, brand, before_from, SINCE)
        expected = []
        for kind, column in (("topic", "topics"), ("intent", "intents")):
            for reason in {name for names in rows[column] for name in names if name != "cancel" and not name.startswith("switch_to:")}:
                holds, held = (part[[reason in names for names in part[column]]] for part in (rows, earlier))
                leavers = holds[holds.leaves]
                if len(leavers):
                    share, usual = len(leavers) / rows.leaves.sum(), len(holds) / len(rows)
                    best = best_of(leavers)
                    expected.append((kind, reason, len(leavers), share, usual, share / usual, held.leaves.sum(), best.text, url_of(best)))
        expected.sort(key=lambda row: (-row[2], row[0] == "intent", row[1]))
        given = answer[answer.brand == brand]
        wanted = ["kind", "reason", "leavers", "share", "usual_share", "times_usual", "before", "example", "url"]
        assert [tuple(row) for row in given[wanted].itertuples(index=False)] == expected
        assert given.covered.iloc[0] == pytest.approx(over_both(seeded, brand), abs=1e-3)
        assert given.covered_before.iloc[0] == pytest.approx(over_both(seeded, brand, before_from, SINCE), abs=1e-3)
    assert {"refund", "pricing"} <= set(answer.reason)


def test_where_they_go_counts_each_destination_and_those_who_name_none(seeded):
    answer = frame_of(run_question(seeded.path, "where_they_go", PERIOD))
    before_from = SINCE - (UNTIL - SINCE)
    for brand in BRANDS:
        given = answer[answer.brand == brand]
        given = given.set_index(given.goes_to.fillna("unsaid"))
        leavers, earlier = (part[part.leaves] for part in (counted(seeded, brand), counted(seeded, brand, before_from, SINCE)))
        for rival in ("Vuebox", "Cinemata"):
            to, to_before = (part[[f"switch_to:{rival}" in names for names in part.intents]] for part in (leavers, earlier))
            row = given.loc[rival]
            assert (row.leavers, row.share, row.before) == (len(to), len(to) / len(leavers), len(to_before))
            assert (row.example, row.url) == (best_of(to).text, url_of(best_of(to)))
        assert given.leavers["unsaid"] == sum(names == ["cancel"] for names in leavers.intents)
        assert len(given) == 3
        assert given.covered.iloc[0] == pytest.approx(over_both(seeded, brand), abs=1e-3)
    assert list(answer[answer.brand == "Streamly"].leavers) == sorted(answer[answer.brand == "Streamly"].leavers, reverse=True)


def test_rising_topics_are_measured_against_the_hours_looked_at_before(seeded):
    period = {"since": "2026-10-29T14:00", "until": "2026-11-03", "weeks": "1"}
    since, until = pd.Timestamp("2026-10-29 14:00"), pd.Timestamp("2026-11-03")
    answer = frame_of(run_question(seeded.path, "rising_topics", period))
    assert answer[answer.brand == "Streamly"].topic.iloc[0] == "pricing"
    for brand in BRANDS:
        rows, earlier = counted(seeded, brand, since, until), counted(seeded, brand, since - pd.Timedelta(days=7), since)
        hours, hours_before = (
            over_both(seeded, brand, a, b) * (b - a).total_seconds() for a, b in ((since, until), (since - pd.Timedelta(days=7), since))
        )
        given = answer[answer.brand == brand].set_index("topic")
        assert set(given.index) == {topic for topics in rows.topics for topic in topics}
        for topic, row in given.iterrows():
            holds, held = (part[[topic in topics for topics in part.topics]] for part in (rows, earlier))
            usual = len(held) / hours_before * hours
            assert (row.counted, row.churn, row.share) == (len(holds), holds.leaves.sum(), len(holds) / len(rows))
            assert row.negative_share == negative_share(holds)
            assert row.usual == pytest.approx(usual, rel=1e-9)
            assert row.times_usual == pytest.approx(len(holds) / usual)
            assert row.surprise == pytest.approx(2 * ((len(holds) + 0.375) ** 0.5 - (usual + 0.375) ** 0.5))
        assert list(given.surprise) == sorted(given.surprise, reverse=True)


def test_how_it_spread_tells_the_places_in_the_order_in_which_they_rose(seeded):
    since, until = pd.Timestamp("2026-11-07 22:00"), pd.Timestamp("2026-11-08 06:00")
    answer = frame_of(run_question(seeded.path, "how_it_spread", {"brand": "Streamly", "since": str(since), "until": str(until)}))
    rows = counted(seeded, "Streamly", since - pd.Timedelta(days=7), until)
    expected = []
    for (source, channel), said in rows.fillna({"channel": ""}).groupby(["source", "channel"]):
        now, before = said[said.created_at >= since], said[said.created_at < since]
        whole, by_hour = len(before) / 672, before.created_at.dt.hour.value_counts() / 28
        bins = now.groupby(now.created_at.dt.floor("5min")).size().resample("5min").sum()
        sums = {at: bins[at - pd.Timedelta(minutes=10) : at].sum() for at in bins.index if bins[at]}
        high = [at for at, n in sums.items() if n >= 5 and n > (usual := max(whole, by_hour.get(at.hour, 0))) + 4 * usual**0.5]
        rose = min(high) if high else pd.NaT
        first = now.sort_values(["created_at", "source_id"]).iloc[0]
        expected.append(
            (source, channel or None, rose, len(now), len(before) * (8 / 168), negative_share(now), now.author.nunique(), first.created_at)
        )
    expected.sort(key=lambda row: (row[2] if pd.notna(row[2]) else pd.Timestamp.max, row[7]))
    wanted = ["source", "channel", "rose_at", "counted", "usual", "negative_share", "authors", "first_at"]
    for row, right in zip(answer[wanted].itertuples(index=False), expected, strict=True):
        assert [unknown(value) for value in row] == [unknown(value) for value in right]
    assert list(answer.place) == [1, 2, 3]
    assert answer.minutes_after[0] == 0
    assert answer.source[0] == "x"
    assert answer.rose_at[0] in (pd.Timestamp("2026-11-08 01:15"), pd.Timestamp("2026-11-08 01:20"))


def test_how_it_spread_follows_words_alone(seeded):
    answer = frame_of(run_question(seeded.path, "how_it_spread", {**PERIOD, "brand": "Streamly", "term": "CAPTAIN'S LOG"}))
    rows = counted(seeded, "Streamly")
    assert answer.counted.sum() == rows.text.str.contains("Captain's log").sum() > 100
    assert run_question(seeded.path, "how_it_spread", {"incident": "no-such-1"}).rows == []


@pytest.mark.parametrize("mood", [None, 1])
def test_reach_keeps_what_was_observed_apart_from_what_is_estimated(seeded, mood):
    params = {**PERIOD, "term": "captain's", **({"mood": str(mood)} if mood else {})}
    answer = frame_of(run_question(seeded.path, "reach_of_story", params))
    rows = within(seeded.mentions[seeded.mentions.booked.isin(["counted", "duplicate"])])
    rows = rows[rows.text.str.contains("Captain's") & ((rows.label == mood) | (mood is None))]
    for brand in BRANDS:
        for source in (None, "reddit", "x"):
            part = rows[(rows.brand == brand) & ((rows.source == source) | (source is None))]
            [row] = answer[(answer.brand == brand) & (answer.source.isna() if source is None else answer.source == source)].to_dict(
                "records"
            )
            not_seen = part[part.views.isna()]
            estimates = pd.concat([not_seen.followers // 10, not_seen.likes], axis=1).max(axis=1)
            assert row["mentions"] == len(part)
            assert row["copies"] == (part.booked == "duplicate").sum()
            assert row["authors"] == part.groupby(["source", "author"]).ngroups
            assert (row["views_known"], unknown(row["views"])) == (part.views.notna().sum(), unknown(part.views.sum(min_count=1)))
            assert (row["estimated"], row["reach_estimate"]) == (estimates.notna().sum(), unknown(estimates.sum(min_count=1)))
            assert row["unknown"] == len(part) - row["views_known"] - row["estimated"] > 0
            assert unknown(row["engagement"]) == unknown(part.likes.sum(min_count=1))
            assert row["covered"] == pytest.approx(over_both(seeded, brand) if source is None else looked_at(seeded, brand, source))
    assert answer[answer.source == "reddit"].views.isna().all()


def test_the_outage_window_is_the_planted_one_with_its_devices_regions_and_people(seeded):
    answer = frame_of(run_question(seeded.path, "outage_window", {**PERIOD, "brand": "Streamly", "top": "60"}))
    [window] = answer[answer.part == "window"].to_dict("records")
    # reports from 01:12 to 02:30
    assert (window["reported_from"], window["reported_to"]) == (pd.Timestamp("2026-11-08 01:10"), pd.Timestamp("2026-11-08 02:35"))
    rows = counted(seeded, "Streamly", window["reported_from"], window["reported_to"])
    reports = rows[["outage_report" in names for names in rows.intents]]
    assert window["reports"] == len(reports) >= 40
    assert window["usual"] < 1
    assert window["covered"] == 1
    devices = answer[answer.part == "device"].set_index("what")
    for told, written in (("Roku", "Roku"), ("streaming stick", "stick"), ("smart TV", "Samsung TV"), ("PlayStation", "PS5")):
        holds = reports[reports.text.str.contains(written)]
        assert (devices.reports[told], devices.reported_from[told]) == (len(holds), holds.created_at.min())
    assert len(devices) == 4
    regions = answer[answer.part == "region"].set_index("what")
    assert dict(regions.reports) == {
        name: reports.text.str.contains(name.removeprefix("the ")).sum() for name in ("Ohio", "New Jersey", "east coast")
    }
    answered = asking(seeded, "Streamly").set_index(["source", "source_id"]).answered_at
    people = answer[answer.part == "person"]
    groups = [
        (author, len(own), sum(pd.notna(answered[row.source, row.source_id]) for row in own.itertuples()))
        for (_, author), own in reports.groupby(["source", "author"])
    ]
    assert sorted(zip(people.what, people.reports, people.answered, strict=True)) == sorted(groups)
    done = list(people.answered == people.reports)
    assert done == sorted(done)


def test_a_quiet_period_has_no_outage_window(seeded):
    assert run_question(seeded.path, "outage_window", {"brand": "Himal", "since": "2026-10-30", "until": "2026-11-02"}).rows == []


def test_waiting_for_answer_lists_what_no_own_handle_answered_most_seen_first(seeded):
    answer = frame_of(run_question(seeded.path, "waiting_for_answer", {**PERIOD, "top": "40"}))
    for brand in BRANDS:
        rows = asking(seeded, brand)
        rows = rows[rows.answered_at.isna()].copy()
        rows["seen"] = rows.views.fillna(pd.concat([rows.followers // 10, rows.likes], axis=1).max(axis=1))
        rows["engagement"] = rows.likes
        for column in ("seen", "engagement"):
            rows[f"no_{column}"] = -rows[column].fillna(-1)
        rows = rows.sort_values(["no_seen", "no_engagement", "created_at", "source", "source_id"]).head(40)
        given = answer[answer.brand == brand]
        assert list(given.url) == [url_of(row) for row in rows.itertuples()]
        assert [unknown(value) for value in given.seen] == [unknown(value) for value in rows.seen]
        assert list(given.kind) == [" and ".join(["question"] * asks(row) + ["complaint"] * complains(row)) for row in rows.itertuples()]
        assert [unknown(value) for value in given.seen_by] == [
            None if pd.isna(row.seen) else "views" if pd.notna(row.views) else "estimate" for row in rows.itertuples()
        ]
        assert list(given.waits_hours) == [(UNTIL - at).total_seconds() / 3600 for at in rows.created_at]


@pytest.mark.parametrize("step", ["week", "all"])
def test_answer_times_are_those_of_the_first_own_reply(seeded, step):
    answer = frame_of(run_question(seeded.path, "answer_times", {**PERIOD, "step": step}))
    some = 0
    for brand in BRANDS:
        rows = asking(seeded, brand)
        rows["period"] = SINCE if step == "all" else rows.created_at.dt.to_period("W").dt.start_time
        rows["minutes"] = (rows.answered_at - rows.created_at).dt.total_seconds() / 60
        for period, of_period in rows.groupby("period"):
            for source in (None, "reddit", "x"):
                part = of_period[(of_period.source == source) | (source is None)]
                mask = (
                    (answer.brand == brand)
                    & (answer.period == period)
                    & (answer.source.isna() if source is None else answer.source == source)
                )
                [row] = answer[mask].to_dict("records")
                assert (row["asked"], row["answered"]) == (len(part), part.minutes.notna().sum())
                assert row["answered_share"] == part.minutes.notna().mean()
                assert row["within_hour"] == (part.minutes <= 60).sum()
                for column, quantile in (("minutes_median", 0.5), ("minutes_p90", 0.9)):
                    assert unknown(row[column]) == (pytest.approx(part.minutes.quantile(quantile)) if row["answered"] else None)
                first, last = max(period, SINCE), min(UNTIL if step == "all" else period + pd.Timedelta(days=7), UNTIL)
                assert row["covered"] == pytest.approx(
                    over_both(seeded, brand, first, last) if source is None else looked_at(seeded, brand, source, first, last)
                )
                some += row["answered"]
    assert some > 20


def test_label_disagreements_leave_out_edited_texts_and_unscored_ones(seeded):
    answer = frame_of(run_question(seeded.path, "label_disagreements", {}))
    rows = seeded.mentions[seeded.mentions.human.notna() & ~seeded.mentions.stale & seeded.mentions.label.notna()]
    for brand in BRANDS:
        own = rows[rows.brand == brand]
        apart = own[own.human != own.label].copy()
        apart["far"] = (apart.human - apart.label).abs()
        given = answer[answer.brand == brand]
        assert set(given.mention_id) == set(apart.source + ":" + apart.source_id)
        assert set(given.of_labelled) == {len(own)}
        assert set(given.disagree) == {len(apart)}
        far = apart.set_index(apart.source + ":" + apart.source_id).far
        assert list(given.apart) == [far[mention] for mention in given.mention_id]
        assert list(given.apart) == sorted(given.apart, reverse=True)
        assert list(given.text) == [own.text[own.source_id == mention.partition(":")[2]].iloc[0] for mention in given.mention_id]


def test_most_shared_links_count_sharers_and_tell_copies_apart(seeded):
    answer = frame_of(run_question(seeded.path, "most_shared_links", {**PERIOD, "top": "5"}))
    for brand in BRANDS:
        rows = within(seeded.mentions[(seeded.mentions.brand == brand) & seeded.mentions.booked.isin(["counted", "duplicate"])])
        found = []
        for link in {link for links in rows.links for link in links}:
            holds = rows[[link in links for links in rows.links]]
            own = holds[holds.counted]
            if len(own):
                shares = own.source.value_counts()
                found.append(
                    (
                        link,
                        re.sub(r"^https://(www\.)?|/.*", "", link),
                        len(own),
                        len(holds) - len(own),
                        own.groupby(["source", "author"]).ngroups,
                        ", ".join(sorted(shares.index, key=lambda name, shares=shares: (-shares[name], name))),
                        negative_share(own),
                        unknown(own.likes.sum(min_count=1)),
                        own.created_at.min(),
                    )
                )
        found.sort(key=lambda row: (-row[2], -row[4], row[8], row[0]))
        given = answer[answer.brand == brand].drop(columns=["brand", "example"])
        assert [tuple(row) for row in given.itertuples(index=False)] == found[:5]


def test_what_it_cost_tells_money_first_and_what_came_for_it(seeded):
    answer = run_question(seeded.path, "what_it_cost", {})
    on_x = seeded.mentions[seeded.mentions.source == "x"]
    october, november = (on_x[on_x.created_at.dt.month == month] for month in (10, 11))
    told = [(row[0], row[1], row[2], row[6], row[9], row[10], row[11]) for row in answer.rows]
    streamly = (october.brand == "Streamly").sum()
    day = november[november.created_at.dt.day == 9]
    assert told == [
        (None, "x", "usd", 20.0, 20 / 150, len(november), 20_000 / len(november)),
        (None, "x", "usd", 42.5, 42.5 / 150, len(october), 42_500 / len(october)),
        ("Streamly", "x", "usd", 31.25, 31.25 / 60, streamly, 31_250 / streamly),
        (None, "x", "units", 1800.0, None, len(day), 1_800_000 / len(day)),
        (None, "hackernews", "requests", 12.0, 12 / 1000, None, None),
    ]
    assert [row[3] for row in run_question(seeded.path, "what_it_cost", {"until": "2026-11-01"}).rows] == ["x usd", "x usd Streamly"]
