"""vaderSentiment is the judge: every number is compared with its own, sign of zero included."""

import json
import random
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from monitor.enrich import vader_tokens
from monitor.enrich.vader import Score, Vader
from monitor.enrich.vader_lexicon import plain
from monitor.story.story import make_story
from tests.enrich.odd_texts import built, mutated, ruled

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sentiment"
THEIRS = SentimentIntensityAnalyzer()
OURS = Vader(plain())


def differing(texts):
    """The shortest texts that get other numbers than from vaderSentiment; empty when all agree."""
    texts = list(texts)
    wrong = [
        (text, score)
        for text, score in zip(texts, OURS.score(texts), strict=True)
        if repr(tuple(score)) != repr(tuple(THEIRS.polarity_scores(text)[name] for name in Score._fields))
    ]
    return sorted(wrong, key=lambda each: len(each[0]))[:3]


def told(seed):
    return [seen.text for seen in make_story(seed=seed, scale=0.05, days=7).observations if seen.text]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected texts lie beside the repository, in ../shared/data/sentiment")
def test_collected_texts_are_scored_to_the_digit():
    for file in sorted(SHARED.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            assert differing(json.loads(line)["text"] for line in islice(lines, 1200)) == [], file.name


@pytest.mark.parametrize("seed", [1, 2])
def test_the_made_story_is_scored_to_the_digit(seed):
    assert differing(told(seed)[:5000]) == []


def test_texts_of_words_with_rules_are_scored_to_the_digit():
    assert differing(built(seed=1, count=12_000)) == []


def test_texts_of_phrases_with_rules_are_scored_to_the_digit():
    assert differing(ruled(seed=1, count=20_000)) == []


def test_real_texts_with_something_put_in_are_scored_to_the_digit():
    assert differing(mutated(seed=1, count=12_000, texts=told(3))) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n\u2003", id="only spaces"),
        pytest.param("so good this bad", id="so is no booster of this"),
        pytest.param("it is a so good day but a so bad night", id="so among three words before"),
        pytest.param("good but good but good bad good", id="equal values around but"),
        pytest.param("BUT good", id="but in capitals"),
        pytest.param("a without doubt excellent, without a doubt excellent", id="without doubt"),
        pytest.param("never so good, never this good, he never was so good", id="never so"),
        pytest.param("with no bad or good, no really bad nor good", id="no and nor"),
        pytest.param("no", id="no alone"),
        pytest.param("no no no good no", id="no many times"),
        pytest.param("kind of kind of good", id="kind of"),
        pytest.param("he is a really just enough good man", id="a booster of two words"),
        pytest.param("it is the shit and the bomb and bad ass", id="idioms"),
        pytest.param("a b c kiss of death to die for yeah right beating heart bus stop badass good good", id="more idioms"),
        pytest.param("the bomb it good", id="an idiom too near the beginning"),
        pytest.param("at least good, very least good, the least good, least good", id="least"),
        pytest.param("GREAT", id="all capitals"),
        pytest.param("a REALLY great day, a REALLY GREAT day, REALLY BAD", id="capitals"),
        pytest.param("great! great!! ??? ?????? !!!!!!", id="marks"),
        pytest.param(":) :D :P (: <3 </3 o.O ok ok! :)) (:", id="emoticons"),
        pytest.param("😀stuff 😀😀 good😂, 🔛 🆙 ❤ ❤️ 👍🏽 👨‍👩‍👧", id="emoji"),
        pytest.param("good\x1cbad\x85great\xa0awful\u3000nice\u200bnice", id="odd spaces"),
        pytest.param("İGOOD ſo GOOD good\ud83d ﬁne GOODSS goodß", id="odd cases"),
    ],
)
def test_odd_corners_are_those_of_vader(text):
    assert differing([text]) == []


@pytest.mark.parametrize("count", [30, 41, 200, 700])
def test_many_equal_values_around_but(count):
    rng = random.Random(count)
    texts = [" ".join(rng.choices(["good", "bad", "great", "but", "very", "table"], k=count)) for _ in range(6)]
    assert differing(texts) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The food is good and the service is not very bad. " * 2000, id="prose"),
        pytest.param("good bad but great " * 5300, id="but"),
        pytest.param("GREAT AWFUL " * 8300 + "ok", id="capitals"),
        pytest.param("no good " * 12_500, id="no"),
        pytest.param("the shit so this never " * 4500, id="idioms"),
        pytest.param("😂" * 100_000, id="emoji"),
        pytest.param("😂 ❤️ " * 20_000, id="emoji apart"),
        pytest.param("x" * 100_000, id="one token"),
        pytest.param("!" * 100_000, id="only marks"),
        pytest.param("".join(f"{each:x}😀 " for each in range(15_000)), id="no token twice"),
    ],
)
def test_a_hundred_thousand_characters_take_no_time(text):
    begun = time.process_time()
    OURS.score([text])
    # a quarter of a second where nothing else runs
    assert time.process_time() - begun < 1


def test_forgetting_tokens_changes_nothing(monkeypatch):
    texts = list(built(seed=2, count=500))
    monkeypatch.setattr(vader_tokens, "REMEMBERED", 3)
    small = Vader(plain())
    assert small.score(texts) == OURS.score(texts)
    assert all(len(table) <= 3 for table in (small._hits, small._roles))


def test_long_tokens_are_not_remembered():
    vader = Vader(plain())
    vader.score(["a" * 1000 + " great"])
    assert list(vader._hits) == ["great"]


def test_scores_come_in_the_order_of_the_texts():
    assert [score.label for score in OURS.score(["I love it", "", "I hate it"])] == [1, 0, -1]


def test_an_explanation_has_the_same_score():
    texts = [*built(seed=3, count=3000), *mutated(seed=3, count=500, texts=told(1))]
    assert [OURS.explain(text).score for text in texts] == OURS.score(texts)


def test_an_explanation_adds_up():
    found = OURS.explain("The food is NOT very good, but the service was GREAT!")
    assert [(each.position, each.word, each.base, each.rules) for each in found.contributions] == [
        (5, "good", 1.9, ("booster: very", "negation: not", "but")),
        (10, "great", 3.1, ("caps", "but")),
    ]
    total = sum(each.valence for each in found.contributions) + found.emphasis
    assert round(total / (total * total + 15) ** 0.5, 4) == found.score.compound


@pytest.mark.parametrize(
    ("text", "word", "rule"),
    [
        pytest.param("not good", "good", "negation: not", id="negation"),
        pytest.param("it is the bomb", "bomb", "idiom: the bomb", id="idiom"),
        pytest.param("never so good", "good", "never so", id="never so"),
        pytest.param("without doubt good", "good", "without doubt", id="without doubt"),
        pytest.param("kind of you", "kind", "kind of", id="kind of"),
        pytest.param("no good", "good", "no before it", id="no before"),
        pytest.param("no good", "no", "no as negation", id="no as negation"),
        pytest.param("this is sort of good", "good", "booster: sort of", id="booster of two words"),
        pytest.param("the least good", "good", "least", id="least"),
    ],
)
def test_an_explanation_names_the_rules(text, word, rule):
    (rules,) = [each.rules for each in OURS.explain(text).contributions if each.word == word]
    assert rule in rules


BRAND = replace(
    plain(),
    words={**plain().words, "angryface": -3.0},
    emoji={**dict.fromkeys(plain().emoji_characters, ""), "😡": "angryface "},
    phrases={"rip off": -2.5, "price hike": -2.0, "don't look up": None, "breaking bad": None},
    inert=frozenset({"joy", "never"}),
    inert_marks=("@",),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Rip off!", {"rip off": -2.5}, id="a phrase is one word"),
        pytest.param("not a rip off", {"rip off": 1.85}, id="a phrase is negated"),
        pytest.param("what a RIP OFF", {"rip off": -3.233}, id="a phrase in capitals"),
        pytest.param("rip it off", {}, id="words apart are no phrase"),
        pytest.param("rip price hike", {"price hike": -2.0}, id="another phrase"),
        pytest.param("Breaking Bad is good", {"good": 1.9}, id="a title means nothing"),
        pytest.param("Don't look up: good", {"good": 1.9}, id="a title with a negation negates nothing"),
        pytest.param("Joy @love never good #joy", {"good": 1.9}, id="names and handles mean nothing"),
        pytest.param("good😡stuff 😂good", {"good": 1.9, "angryface": -3.0}, id="emoji as one likes"),
        pytest.param("😂", {}, id="silent emoji"),
    ],
)
def test_another_lexicon_reads_otherwise(text, words):
    brand = Vader(BRAND)
    found = brand.explain(text)
    assert {each.word: round(each.valence, 4) for each in found.contributions if each.valence} == words
    assert brand.score([text]) == [found.score]


def test_the_emoji_of_the_plain_lexicon_are_spelt_without_emoji():
    assert not any(set(spelt) & plain().emoji_characters for spelt in plain().emoji.values())
    assert not any(character.isspace() for character in plain().emoji_characters)
