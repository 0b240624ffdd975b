import pytest

from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.brand_sentiment.why import LONGEST, NOTHING, compound_in
from monitor.enrich.sentiment import Said

SCORER = BrandScorer()


def verdict(text, *asked):
    (found,) = SCORER.score([Said(text, *asked)], explain=True)
    return found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("so fed up with this", "fed up -2.79 · cut -0.25", id="raised by very"),
        pytest.param("Not good at all!", "not good -2.5 · at all -1.5 · ! -0.29 · cut -0.25", id="phrase and emphasis"),
        pytest.param("on the table", NOTHING, id="nothing"),
        pytest.param("good", "good +2 · cut +0.35", id="praise"),
        pytest.param("still", "still -0.6 · cuts -0.25 +0.35", id="too little"),
    ],
)
def test_reasons_name_words_and_rules(text, why):
    assert verdict(text).why == why


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Great flight but they lost my bag and nobody answers the phone, so fed up!!", id="many words"),
        pytest.param("good " * 300, id="one word many times"),
        pytest.param("The service was awful. I waited for hours. " * 30, id="mean of sentences"),
        pytest.param(" ".join(f"#terrible{number}awful horrible.bad-{number}" for number in range(200)), id="more than fits"),
        pytest.param("bad·bad·good " + "🤬" * 500, id="the mark between reasons"),
    ],
)
def test_reasons_add_up_to_the_score(text):
    found = verdict(text)
    assert compound_in(found.why) == found.brand_compound
    assert len(found.why) <= LONGEST


def test_what_does_not_fit_is_the_rest():
    words = (
        "terrible awful horrible useless pathetic garbage rubbish greedy scammed crashed delayed stranded stuck overpriced fuming livid "
        "nightmare ridiculous unacceptable disgraceful outrageous shameful clueless appalling dreadful atrocious"
    )
    found = verdict(words)
    assert " · rest -" in found.why
    assert compound_in(found.why) == found.brand_compound


def test_comparisons_are_reasons():
    found = verdict("Left Netflix for Hulu and love it", "Hulu", ("Netflix",))
    assert found.why == "love it +3 · left one for the other +2 · cut +0.35"
