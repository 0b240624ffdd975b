"""The demo's texts: made by rule, hardly ever the same, and about nobody who exists."""

from random import Random

import pytest

from monitor.story import voices
from monitor.story.grammar import Grammar, in_manner, joined
from monitor.story.phrases import EVERYDAY
from monitor.story.phrases_abroad import ABROAD
from monitor.story.phrases_events import EVENTS
from monitor.story.phrases_posts import POSTS

RULES = (EVERYDAY, POSTS, EVENTS, ABROAD)


def _distinct(texts):
    return len(set(texts)) / len(texts)


def test_a_template_fills_slots_choices_and_names():
    grammar = Grammar({"line": "[I like|I love] {thing} on {B}[, not {R}|]", "thing": "a\nb"})
    said = {grammar.say("line", Random(seed).random, names=("One", "Two")) for seed in range(60)}
    assert said == {f"I {verb} {thing} on One{end}" for verb in ("like", "love") for thing in "ab" for end in (", not Two", "")}


def test_an_unclosed_choice_is_named():
    with pytest.raises(ValueError, match="misses a closing"):
        Grammar({"line": "so [a|b"})


def test_every_rule_can_be_said():
    rules = {name: block for rules in RULES for name, block in rules.items()}
    grammar = Grammar(rules)
    names = ("Streamly", "Vuebox", "Goose Hour", "autoplay", "tablet")
    for rule in rules:
        for seed in range(40):
            text = grammar.say(rule, Random(seed).random, names=names)
            assert text
            assert not set("[]{}") & set(text), text


def test_no_rule_is_defined_twice():
    assert len({name for rules in RULES for name in rules}) == sum(map(len, RULES))


def test_sentences_get_a_capital_and_an_end():
    assert joined(["well", "is it on?", "yes"], lambda: 0.5) == "Well. Is it on? Yes."


def test_a_calm_writer_is_left_alone():
    assert in_manner("It works.", Random(1), hasty=0) == "It works."


@pytest.mark.parametrize("brand", ["Streamly", "Vuebox", "Cinemata"])
@pytest.mark.parametrize("source", ["reddit", "x", "comments"])
def test_a_text_that_must_name_the_brand_does(brand, source):
    rng = Random(4)
    texts = [voices.everyday(rng, brand, source=source, named=True).text for _ in range(400)]
    texts += [voices.price(rng, brand, source=source, named=True).text for _ in range(400)]
    texts += [voices.outage(rng, brand, source=source, named=True, over=over) for over in (True, False) for _ in range(100)]
    texts += [voices.delight(rng, brand, source=source, named=True) for _ in range(200)]
    assert [text for text in texts if brand.lower() not in text.lower()] == []


def test_a_leaver_names_the_rival():
    rng = Random(5)
    texts = [voices.price(rng, "Streamly", source="comments", named=False, rival="Vuebox").text for _ in range(200)]
    assert all("vuebox" in text.lower() for text in texts)


def test_price_comments_hardly_repeat():
    rng = Random(6)
    assert _distinct([voices.price(rng, "Streamly", source="comments", named=rng.random() < 0.14).text for _ in range(25_000)]) >= 0.97


def test_everyday_texts_hardly_repeat():
    rng = Random(7)
    assert _distinct([voices.everyday(rng, "Streamly", source="reddit", named=rng.random() < 0.5).text for _ in range(20_000)]) >= 0.95
