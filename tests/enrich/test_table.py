from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.config.models import Mute
from monitor.enrich.match import Matcher
from monitor.enrich.sentiment import VaderScorer
from monitor.enrich.table import BRAND_COLUMNS, MENTION_COLUMNS, enrich, naive
from monitor.mention import Engagement, Kind, State
from tests.builders import after, brand, mention

STREAMLY = brand(own_handles=["x:streamly"], mute=Mute(authors=["bot"]))


def enriched(*mentions):
    return enrich(mentions, matcher=Matcher([STREAMLY, brand("Vuebox")]), scorer=VaderScorer(), threads={})


def only(table, *names):
    (row,) = table.select(names).to_pylist()
    return tuple(row.values()) if len(names) > 1 else row[names[0]]


def test_texts_that_concern_nobody_are_left_out():
    page = enriched(mention("1", "streamly"), mention("2", "nobody"))
    assert (page.mentions["source_id"].to_pylist(), page.brands["source_id"].to_pylist()) == (["1"], ["1"])


def test_a_text_about_two_brands_is_one_mention_and_two_rows():
    page = enriched(mention(text="streamly and vuebox"))
    assert (page.mentions.num_rows, page.brands["brand"].to_pylist()) == (1, ["Streamly", "Vuebox"])


def test_an_edited_text_that_concerns_nobody_any_more_stays_in():
    page = enriched(mention(text="never mind", state=State.EDITED))
    assert (page.mentions.num_rows, page.brands.num_rows) == (1, 0)


def test_the_newest_observation_in_a_page_wins_wherever_it_stands():
    new = mention(text="streamly, second", fetched_at=after(9))
    old = mention(text="streamly, first", fetched_at=after(5))
    assert [only(enriched(*page).mentions, "text") for page in ([old, new], [new, old])] == ["streamly, second"] * 2


def test_what_a_newer_observation_in_the_page_does_not_say_is_not_taken_back():
    known = mention(
        engagement=Engagement(likes=5, replies=2), engagement_at=after(1), author_followers=70, state=State.EDITED, edited_at=after(0)
    )
    newer = mention(fetched_at=after(2), engagement=Engagement(likes=6), author_name=None)
    assert only(enriched(known, newer).mentions, "likes", "replies", "author_followers", "author_name", "state", "edited_at") == (
        6,
        2,
        70,
        "ann",
        "edited",
        naive(after(0)),
    )


def test_what_is_gone_comes_apart():
    page = enriched(mention("1", "streamly"), mention("1", None, state=State.DELETED), mention("2", None, state=State.REMOVED))
    assert page.mentions["source_id"].to_pylist() == ["1"]
    assert [(gone.source_id, gone.state) for gone in page.gone] == [("1", State.DELETED), ("2", State.REMOVED)]


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_gone_in_two_ways_is_gone_for_good(turned):
    both = [mention(text=None, state=State.DELETED, fetched_at=after(1)), mention(text=None, state=State.UNAVAILABLE, fetched_at=after(5))]
    assert [gone.state for gone in enriched(*(reversed(both) if turned else both)).gone] == [State.DELETED]


@pytest.mark.parametrize(
    ("lang", "label"),
    [
        pytest.param("en", 1, id="English"),
        pytest.param("EN-gb", 1, id="British"),
        pytest.param(None, 1, id="unknown"),
        pytest.param("es", None, id="Spanish"),
        pytest.param("eng", None, id="another code"),
    ],
)
def test_only_english_is_scored(lang, label):
    page = enriched(mention(text="streamly is great", lang=lang))
    assert only(page.brands, "label") == label
    assert (only(page.mentions, "compound") is None, only(page.brands, "brand_compound") is None) == (label is None, label is None)


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        pytest.param({}, (False, False, True), id="counted"),
        pytest.param({"author_name": "streamly"}, (True, False, False), id="own"),
        pytest.param({"author_name": "bot"}, (False, True, False), id="muted"),
        pytest.param({"kind": Kind.REPOST, "repost_of_id": "0"}, (False, False, False), id="repost"),
    ],
)
def test_what_is_own_muted_or_a_repost_is_not_counted(changes, flags):
    page = enriched(mention(**changes))
    assert only(page.brands, "is_own", "is_muted", "counted") == flags
    assert only(page.mentions, "duplicate_of") == ("x:0" if "repost_of_id" in changes else None)


def test_title_and_text_are_judged_as_one():
    page = enriched(mention(text="I hate it", title="Streamly"))
    assert only(page.brands, "matched_terms", "label") == (["Streamly"], -1)


def test_times_are_stored_as_utc_without_a_zone():
    west = timezone(timedelta(hours=-7))
    page = enriched(mention(created_at=datetime(2026, 7, 14, 5, tzinfo=west), engagement=Engagement(likes=1), engagement_at=after(1)))
    assert only(page.mentions, "created_at", "engagement_at") == (datetime(2026, 7, 14, 12), naive(after(1)))  # noqa: DTZ001
    assert naive(None) is None
    assert naive(datetime(2026, 1, 1, tzinfo=UTC)).tzinfo is None


def test_every_field_of_a_mention_has_its_column():
    full = mention(
        text="streamly raised its prices again and told nobody about it",
        title="t",
        channel="c",
        url="https://a.example/",
        lang="en",
        lang_origin="source",
        links=("https://b.example/",),
        author_id="7",
        author_followers=3,
        conversation_id="1",
        in_reply_to_id="0",
        quoted_id="q",
        edited_at=after(0),
        text_truncated=True,
        engagement=Engagement(1, 2, 3, 4, 5, 6, -7, 0.5, 4.5),
        engagement_at=after(1),
    )
    (row,) = enriched(full).mentions.to_pylist()
    empty = {"repost_of_id", "duplicate_of", "spam_reason"}
    assert {name for name, value in row.items() if value is None} == empty
    assert (row["likes"], row["score"], row["rating"], row["links"]) == (1, -7, 4.5, ["https://b.example/"])


def test_an_empty_page_has_the_same_columns():
    page = enriched()
    assert (page.mentions.schema, page.brands.schema, page.gone) == (MENTION_COLUMNS, BRAND_COLUMNS, [])
