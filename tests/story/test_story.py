"""The made story: the same every time, with cycles, threads, later observations and a truth that holds."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.collect.budget import NoMeter
from monitor.collect.connector import Window
from monitor.config.models import Config
from monitor.mention import GONE, Kind, State
from monitor.rule import Subject, parse_rule
from monitor.story.configuration import CONFIG
from monitor.story.connector import PAGE_SIZE, StoryConnector
from monitor.story.history import row_of, write_history
from monitor.story.plots import plots
from monitor.story.press import SOURCES, author
from monitor.story.story import LIVE_FROM, days_of, make_story
from monitor.story.truth import truth_from_json, truth_to_json

OPEN = Window()
NAMES = re.compile(r"\b(streamly|vuebox|cinemata)", re.I)
# names that must not occur as words: a sample of companies, devices and networks that people would think of
REAL = " ".join(
    [
        "netflix hulu disney hbo max peacock paramount amazon prime apple google youtube roku chromecast firestick",
        "samsung sony xbox playstation nintendo twitter facebook instagram tiktok reddit discord comcast verizon",
        "spotify qwikster blockbuster redbox dish starz showtime crunchyroll tubi vudu plex sling fubo espn bbc itv sky",
        "canal movistar globoplay telekom vodafone microsoft lg vizio whatsapp wikipedia walmart starbucks walgreens",
        "costco visa mastercard paypal zelle uber lyft",
    ]
).split()


@pytest.fixture(scope="module")
def story():
    return make_story(seed=3, scale=0.1, days=21)


@pytest.fixture(scope="module")
def first(story):
    seen = {}
    for mention in story.observations:
        seen.setdefault(mention.key, mention)
    return seen


def _digest(story):
    return hashlib.sha256("\n".join(map(repr, story.observations)).encode()).hexdigest()


def test_the_same_seed_tells_the_same_story_in_another_process():
    program = (
        "import hashlib; from monitor.story.story import make_story\n"
        "print(hashlib.sha256('\\n'.join(map(repr, make_story(seed=5, scale=0.02, days=8).observations)).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for hashing in ("1", "2")
    }
    assert told == {_digest(make_story(seed=5, scale=0.02, days=8))}


def test_another_seed_tells_another_story():
    assert _digest(make_story(seed=5, scale=0.02, days=8)) != _digest(make_story(seed=6, scale=0.02, days=8))


def test_a_day_does_not_depend_on_the_days_before():
    long, short = ([list(day) for day in days_of(seed=2, scale=0.02, days=days)] for days in (10, 8))
    assert long[2:] == short


def test_a_story_without_its_live_week_is_refused():
    with pytest.raises(ValueError, match="live week"):
        make_story(days=6)


def test_observations_are_in_order_and_within_the_story(story):
    seen_at = [seen.fetched_at for seen in story.observations]
    assert seen_at == sorted(seen_at)
    assert all(story.starts_at <= seen.created_at <= seen.fetched_at < story.ends_at for seen in story.observations)
    assert (story.live_from - story.starts_at, story.ends_at - story.live_from) == (timedelta(days=14), timedelta(days=7))
    assert story.live_from.weekday() == 0


def test_scale_makes_more_of_everything(story):
    double = make_story(seed=3, scale=0.2, days=21)
    assert 1.85 < len(double.observations) / len(story.observations) < 2.15
    assert [round(planted.total / 2) for planted in double.truth] == pytest.approx([planted.total for planted in story.truth], abs=6)


def test_three_things_are_planted_in_the_live_week(story):
    assert [(planted.direction, planted.onset_at.strftime("%a %H")) for planted in story.truth] in (
        [("backlash", f"Mon {price}"), ("delight", f"Wed {delight}"), ("outage", f"Sat {outage}")]
        for price in (13, 14)
        for delight in (23,)
        for outage in (20, 21)
    )
    assert [event.brand for event in story.events] == ["Streamly"]
    assert timedelta(0) < story.truth[0].onset_at - story.events[0].at < timedelta(minutes=30)
    assert [set(planted.mentions) for planted in story.truth] == [set(SOURCES)] * 3


def test_the_truth_counts_the_mentions_that_were_planted(story, first):
    for plot in plots(seed=3, scale=0.1, live_from=LIVE_FROM):
        keys = {seen.key for seen in plot.observations if seen.author_name != "streamlynewsroom"}
        told = [first[key] for key in keys if first[key].author_name != "streamlynewsroom"]
        planted = next(planted for planted in story.truth if planted.name == plot.planted.name)
        assert Counter(mention.source for mention in told) == planted.mentions
        assert (min(mention.created_at for mention in told), max(mention.created_at for mention in told)) == (
            planted.onset_at,
            planted.end_at,
        )


def test_the_truth_survives_json(story):
    assert truth_from_json(truth_to_json(story.truth)) == list(story.truth)


def test_the_evening_is_louder_than_the_night_and_the_weekend_than_the_week(story, first):
    history = [mention.created_at for mention in first.values() if mention.created_at < story.live_from]
    hours = Counter(at.hour for at in history)
    assert sum(hours[hour] for hour in (1, 2, 3)) > 2.5 * sum(hours[hour] for hour in (9, 10, 11))
    days = Counter((at - timedelta(hours=6)).weekday() for at in history)
    assert (days[5] + days[6]) / 2 > 1.1 * (days[0] + days[1] + days[2]) / 3


def test_no_everyday_hour_is_as_loud_as_an_event(story, first):
    hours = Counter(mention.created_at.replace(minute=0, second=0) for mention in first.values() if mention.created_at < story.live_from)
    event = Counter(mention.created_at.replace(minute=0, second=0) for mention in first.values() if mention.created_at >= story.live_from)
    assert max(event.values()) > 4 * max(hours.values())


def test_answers_stand_below_roots_that_came_before(first):
    answers = [mention for mention in first.values() if mention.kind in (Kind.COMMENT, Kind.REPLY)]
    for mention in answers:
        root = first[mention.source, mention.conversation_id]
        assert root.created_at <= mention.created_at
        assert (mention.source, mention.in_reply_to_id) in first
        assert not mention.is_root


def test_many_answers_do_not_name_the_brand_but_their_thread_or_place_does(first):
    bare = [mention for mention in first.values() if not NAMES.search(mention.whole_text)]
    assert len(bare) > 0.25 * len(first)
    unplaced = [mention for mention in bare if mention.kind not in (Kind.COMMENT, Kind.REPLY)]
    assert all(mention.channel == "streamly" for mention in unplaced)


def test_reposts_repeat_their_original(first):
    reposts = [mention for mention in first.values() if mention.kind is Kind.REPOST]
    assert reposts
    for mention in reposts:
        original = first[mention.source, mention.repost_of_id]
        assert mention.text == f"RT @{original.author_name}: {original.text}"


def test_what_is_gone_has_no_text_and_does_not_return(story):
    state = {}
    for seen in story.observations:
        assert (seen.text is None) == (seen.state in GONE)
        assert state.get(seen.key) not in GONE
        assert not (state.get(seen.key) is State.EDITED and seen.state is State.LIVE)
        state[seen.key] = seen.state
    assert {State.LIVE, State.EDITED, State.DELETED, State.REMOVED} <= set(state.values())


def test_the_captains_log_climbs(story):
    root = next(seen for seen in story.observations if seen.title and "captain's log" in seen.title and seen.source == "reddit")
    scores = [seen.engagement.score for seen in story.observations if seen.key == root.key]
    assert len(scores) > 8
    assert scores[0] < 5
    assert scores[-1] > 15_000


def test_reactions_are_unknown_where_the_source_does_not_tell(first):
    assert all(mention.engagement.views is None for mention in first.values() if mention.source != "x")
    assert all(mention.author_followers is None for mention in first.values() if mention.source != "x")
    likes = {mention.channel: mention.engagement.likes for mention in first.values() if mention.source == "comments"}
    assert likes["screenpost.example"] is None
    assert likes["thedailyreel.example"] is not None


def test_only_x_says_in_which_language(first):
    languages = Counter(mention.lang for mention in first.values() if mention.source == "x")
    assert {"en", "es", "de", "pt", "fr"} <= set(languages)
    assert all(mention.lang is None for mention in first.values() if mention.source != "x")


def test_nobody_dominates_the_price_rise():
    (price, *_) = plots(seed=1, scale=0.2, live_from=LIVE_FROM)
    authors = Counter((seen.source, seen.author_id) for seen in price.observations if seen.fetched_at == seen.created_at)
    assert len(authors) > 0.6 * price.planted.total
    assert max(authors.values()) < 0.01 * price.planted.total


def test_account_names_are_each_others_own():
    names = [author("x", index).name.lower() for index in range(50_000)]
    assert len(set(names)) == len(names)


def test_no_real_company_occurs(first):
    words = {word.strip(".,!?:;\"'()#@").lower() for mention in first.values() for word in mention.whole_text.split()}
    assert sorted(words & set(REAL)) == []
    assert all(mention.url.split("/")[2].endswith(".example") for mention in first.values())


def test_the_configuration_is_valid_and_its_rules_find_what_was_said(first):
    raw = yaml.safe_load(CONFIG)
    places = raw.pop("sources")["file"]["places"]
    config = Config(**raw)
    assert {place["about"] for place in places} <= {brand.name for brand in config.brands}
    for brand in config.brands:
        rule, exclude = parse_rule(brand.rule), parse_rule(brand.exclude) if brand.exclude else None
        named = [Subject.of(mention) for mention in first.values() if re.search(rf"\b{brand.name}\b", mention.whole_text, re.I)]
        assert all(rule.find(subject) for subject in named)
        assert exclude is None or 0 < sum(exclude.find(subject) is not None for subject in named) < 0.02 * len(named)


def test_the_history_holds_what_was_known_before_the_live_week(story, tmp_path):
    paths = write_history(story, tmp_path / "made")
    assert [path.name for path in paths] == ["history-comments.jsonl", "history-reddit.jsonl", "history-x.jsonl"]
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    known = {seen.key: seen for seen in story.observations if seen.fetched_at < story.live_from}
    assert {(row["source"], row["source_id"]): row for row in rows} == {
        key: json.loads(json.dumps(row_of(seen))) for key, seen in known.items()
    }
    assert len(rows) == len(known)
    assert not any(value in (None, []) for row in rows for value in row.values())
    assert all(row["created_at"].endswith("Z") for row in rows)


def test_a_history_file_has_roots_before_answers(story, tmp_path):
    for path in write_history(story, tmp_path):
        seen = set()
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            assert row["conversation_id"] in seen | {row["source_id"]}
            seen.add(row["source_id"])


def _rounds(connector, moments, cursor=None):
    (query,) = connector.queries()
    pages = []
    for now in moments:
        for page in connector.pull(query, cursor, now=now, window=OPEN, meter=NoMeter()):
            pages.append(page)
            cursor = json.loads(json.dumps(page.cursor))
    return pages


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waits=st.lists(st.integers(0, 200_000), min_size=1, max_size=12), delay=st.integers(0, 900))
def test_rounds_at_any_time_leave_no_gap_and_nothing_twice(story, waits, delay):
    moments = [story.live_from + timedelta(seconds=sum(waits[: index + 1])) for index in range(len(waits))]
    connector = StoryConnector(story, "x", delay=delay)
    pages = _rounds(connector, moments)
    until = max(story.live_from, moments[-1] - timedelta(seconds=delay))
    expected = [seen for seen in story.observations if seen.source == "x" and story.live_from <= seen.fetched_at < until]
    offered = [seen for page in pages for seen in page.mentions]
    assert [(seen.key, seen.fetched_at - timedelta(seconds=delay)) for seen in offered] == [
        (seen.key, seen.fetched_at) for seen in expected
    ]
    covered = [looked for page in pages for looked in page.covered]
    assert covered[0].since == story.live_from
    assert covered[-1].until == until
    assert all(before.until == after.since for before, after in pairwise(covered))


def test_a_large_round_comes_in_pages_and_goes_on_after_a_stop(story):
    connector = StoryConnector(story, "comments", delay=0)
    (query,) = connector.queries()
    whole = list(connector.pull(query, None, now=story.ends_at, window=OPEN, meter=NoMeter()))
    assert len(whole) > 2
    assert all(len(page.mentions) == page.seen <= PAGE_SIZE for page in whole)
    assert [len(page.covered) for page in whole] == [0] * (len(whole) - 1) + [1]
    rest = list(connector.pull(query, whole[0].cursor, now=story.ends_at, window=OPEN, meter=NoMeter()))
    assert [seen.key for page in rest for seen in page.mentions] == [seen.key for page in whole[1:] for seen in page.mentions]
    assert rest[-1].covered == whole[-1].covered


def test_a_round_with_nothing_new_still_says_that_it_looked(story):
    connector = StoryConnector(story, "reddit", delay=30)
    now = story.ends_at + timedelta(hours=1)
    (page,) = _rounds(connector, [now, now + timedelta(minutes=5)])[-1:]
    assert page.mentions == []
    assert (page.covered[0].since, page.covered[0].until) == (now - timedelta(seconds=30), now + timedelta(minutes=5, seconds=-30))
    assert datetime.fromisoformat(page.cursor["high"]) == now + timedelta(minutes=5)


def test_a_closed_window_offers_that_stretch(story):
    connector = StoryConnector(story, "x", delay=60)
    (query,) = connector.queries()
    window = Window(story.live_from - timedelta(days=2), story.live_from - timedelta(days=1))
    pages = list(connector.pull(query, None, now=story.ends_at, window=window, meter=NoMeter()))
    assert sum(page.seen for page in pages) == connector.estimate(query, window, meter=NoMeter()).items > 0
    assert (pages[-1].covered[0].since, pages[-1].covered[0].until) == (window.since, window.until)
