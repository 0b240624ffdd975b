import csv
from collections import defaultdict
from hashlib import sha1
from pathlib import Path

import pytest

from monitor.config.models import Brand
from monitor.enrich.brand_sentiment.profile import Profile
from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.sentiment import Said

SCORER = BrandScorer()
LABELLED = Path(__file__).with_name("towards_brand.csv")


def labels(text, *brands, context=None):
    said = [Said(text, brand, tuple({"Netflix", "Hulu"} - {brand}), context) for brand in brands]
    return tuple(found.label for found in SCORER.score(said))


@pytest.mark.parametrize(
    ("text", "netflix", "hulu"),
    [
        pytest.param("Left Netflix for Hulu and love it", -1, 1, id="left for"),
        pytest.param("Switched from Netflix to Hulu last week", -1, 1, id="switched from to"),
        pytest.param("Hulu is so much better than Netflix", -1, 1, id="better than"),
        pytest.param("Netflix is worse than Hulu", -1, 0, id="worse than praises nobody"),
        pytest.param("Unlike Netflix, Hulu answers", -1, 1, id="unlike"),
        pytest.param("Hulu > Netflix", -1, 1, id="greater than"),
        pytest.param("I prefer Hulu to Netflix", -1, 1, id="prefer"),
        pytest.param("Netflix is terrible. Hulu is wonderful.", -1, 1, id="a sentence each"),
        pytest.param("Netflix keeps buffering while Hulu works great", -1, 1, id="a clause each"),
        pytest.param("Netflix and Hulu are both terrible", -1, -1, id="together"),
        pytest.param("Netflix or Hulu tonight?", 0, 0, id="a question"),
        pytest.param("@netflix rip off, moving to @hulu", -1, 1, id="handles"),
    ],
)
def test_feelings_go_to_the_brand_they_are_about(text, netflix, hulu):
    assert labels(text, "Netflix", "Hulu") == (netflix, hulu)


def test_with_one_brand_in_the_text_the_whole_text_counts():
    assert labels("the new season is awful, but I love Netflix", "Netflix") == labels("the new season is awful, but I love Netflix", None)


def test_a_brand_that_is_not_named_is_left_for_the_one_that_is():
    assert labels("switching to Hulu", "Netflix") == (-1,)


def test_what_is_said_of_a_rival_is_not_said_of_the_brand():
    assert labels("Netflix at nine? Hulu is awful", "Hulu") == (-1,)
    assert labels("Netflix at nine? Hulu is awful", "Netflix") == (0,)


@pytest.mark.parametrize("text", ["same here", "Same here, cancelled", "this", "+1", "Exactly!", "👆"])
def test_agreeing_takes_over_what_it_answers(text):
    assert labels(text, "Netflix", context="Netflix raised prices again, so greedy") == (-1,)


def test_answers_that_speak_for_themselves_take_nothing_over():
    assert labels("works great for me", "Netflix", context="Netflix is terrible") == (1,)
    assert labels("who?", "Netflix", context="Netflix is terrible") == (0,)


def test_rivals_and_the_other_brands_of_the_configuration_are_told_apart():
    netflix = Brand(name="Netflix", rule="netflix OR @nflx", rivals=["Disney+", "hulu"])
    hulu = Brand(name="Hulu", rule="hulu OR hulu_support")
    profile = Profile.of(netflix, [netflix, hulu])
    assert profile.others == {("hulu",): 1, ("hulu_support",): 1, ("disney",): 2}
    assert {("netflix",), ("nflx",)} <= set(profile.names)


def rows(half):
    with LABELLED.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["half"] == half]


def test_the_labelled_texts_are_split_by_their_hash():
    for half, odd in (("tune", 0), ("kept", 1)):
        assert {sha1(row["text"].encode()).digest()[0] % 2 for row in rows(half)} == {odd}
    assert len({row["text"] for half in ("tune", "kept") for row in rows(half)}) >= 300


def test_three_of_four_labels_are_right_on_texts_that_it_was_not_tuned_on():
    named = defaultdict(list)
    for row in rows("kept"):
        named[row["text"]].append(row["brand"])
    said = [Said(row["text"], row["brand"], tuple(other for other in named[row["text"]] if other != row["brand"])) for row in rows("kept")]
    right = [found.label == int(row["label"]) for found, row in zip(SCORER.score(said), rows("kept"), strict=True)]
    assert sum(right) / len(right) >= 0.75
