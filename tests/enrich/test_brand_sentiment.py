import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.models import Brand
from monitor.enrich.brand_sentiment.lexicon import GREATEST, entries_of, shipped
from monitor.enrich.brand_sentiment.normalise import words_of
from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.brand_sentiment.why import LONGEST, compound_in
from monitor.enrich.sentiment import Said

SCORER = BrandScorer()


def verdict(text, brand=None, *, scorer=SCORER, **more):
    (found,) = scorer.score([Said(text, brand, **more)], explain=True)
    return found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param("Just cancelled my subscription after 8 years", -1, id="leaves"),
        pytest.param("just canceled my account", -1, id="leaves, US spelling"),
        pytest.param("Another price hike", -1, id="price"),
        pytest.param("60% price increase overnight", -1, id="increase is no praise"),
        pytest.param("What a rip-off", -1, id="with a hyphen"),
        pytest.param("On hold for 3 hours", -1, id="on hold"),
        pytest.param("it keeps buffering", -1, id="keeps buffering"),
        pytest.param("can’t log in since the update", -1, id="curly apostrophe"),
        pytest.param("cant log in", -1, id="no apostrophe"),
        pytest.param("so fed up", -1, id="phrase that VADER never finds"),
        pytest.param("canâ€™t log in", -1, id="mojibake"),
        pytest.param("#WorstService", -1, id="hashtag, capitals"),
        pytest.param("#worstservice", -1, id="hashtag, no capitals"),
        pytest.param("😡", -1, id="emoji that VADER does not know"),
        pytest.param("❤️", 1, id="emoji with a variation selector"),
        pytest.param("I &lt;3 it", 1, id="entity"),
        pytest.param("Not good", -1, id="negated praise"),
        pytest.param("it never crashed", 0, id="negated complaints are no praise"),
        pytest.param("Great job @united, another 4 hour delay", -1, id="irony beside a hard complaint"),
        pytest.param("I love it", 1, id="praise"),
        pytest.param("couldn't be happier", 1, id="praise with a not in it"),
        pytest.param("hardly a great experience", -1, id="hardly"),
        pytest.param("Please help with my ticket number", 0, id="courtesy"),
        pytest.param("shares rise 3% after earnings", 0, id="business"),
        pytest.param("it is a table", 0, id="neither"),
    ],
)
def test_complaint_language_is_understood(text, label):
    assert verdict(text, "United").label == label


def test_the_name_of_a_brand_is_no_praise():
    assert verdict("United United @united #united united's", "United").brand_compound == 0.0


@pytest.mark.parametrize("name", ["Best Buy", "Champion", "Joy", "Breaking Bad", "Killing Eve", "Booking.com", "Yahoo!"])
def test_names_by_themselves_say_nothing(name):
    assert verdict(f"Is {name} open today? {name}", name).brand_compound == 0.0


def test_titles_and_rivals_are_silent_too():
    brand = Brand(name="Netflix", rule="netflix", titles=["Breaking Bad", "You"], rivals=["Best Buy"])
    assert verdict("Breaking Bad, Best Buy", "Netflix", scorer=BrandScorer([brand])).brand_compound == 0.0


def test_words_beside_the_name_in_a_rule_keep_their_meaning():
    brand = Brand(name="Delta", rule='delta (flight OR terrible OR "best")')
    assert verdict("terrible flight with delta", "Delta", scorer=BrandScorer([brand])).label == -1


def test_users_add_words_and_phrases_of_their_own():
    brand = Brand(name="Peak", rule="peak", lexicon=[{"say": "route/line closed", "means": -2.5}, {"say": "sick", "means": 2.5}])
    scorer = BrandScorer([brand])
    assert [verdict(text, "peak", scorer=scorer).label for text in ("route closed", "LINE closed!", "sick run", "sick run at Peak")] == [
        -1,
        -1,
        1,
        1,
    ]
    assert verdict("route closed").label == 0


def test_what_users_say_goes_before_what_is_shipped():
    brand = Brand(name="Peak", rule="peak", lexicon=[{"say": "terrible", "means": 0}])
    assert verdict("terrible", "Peak", scorer=BrandScorer([brand])).label == 0


@pytest.mark.parametrize("lang", ["de", "es-MX", "ja"])
def test_other_languages_are_not_judged(lang):
    assert verdict("die Familie", "United", lang=lang) == (None, None, None)


@pytest.mark.parametrize("lang", [None, "en", "en-GB", "EN"])
def test_english_and_unknown_languages_are_judged(lang):
    assert verdict("terrible", "United", lang=lang).label == -1


def test_an_empty_text_is_not_judged():
    assert verdict("", "United") == (None, None, None)


def test_verdicts_come_in_the_order_of_the_texts_whatever_their_brand():
    texts = ["terrible", "", "I love it", "on hold", "a table"] * 40
    asked = [("United", ()), (None, ()), ("Delta", ("United",))]
    said = [Said(text, *asked[place % 3]) for place, text in enumerate(texts)]
    assert [found.label for found in SCORER.score(said)] == [-1, None, 1, -1, 0] * 40


def test_one_text_does_not_colour_the_next():
    apart = [SCORER.score([Said(text)])[0] for text in ("not", "good", "price", "hike", "so", "bad but", "great")]
    assert SCORER.score([Said(text) for text in ("not", "good", "price", "hike", "so", "bad but", "great")]) == apart


def test_with_and_without_reasons_the_score_is_the_same():
    said = [Said("so fed up, not good!!", "United"), Said("love it", "United")]
    with_reasons = SCORER.score(said, explain=True)
    assert [found[:2] for found in SCORER.score(said)] == [found[:2] for found in with_reasons]


def test_long_texts_count_by_the_sentence():
    once = "The driver was late and the app crashed."
    twelve, twenty = verdict(" ".join([once] * 12)), verdict(" ".join([once] * 20))
    assert twelve.brand_compound == twenty.brand_compound
    assert "mean of 12 sentences" in twelve.why


def test_the_name_tells_one_configuration_from_another():
    plain, other = Brand(name="Peak", rule="peak"), Brand(name="Peak", rule="peak", titles=["Joy"])
    names = [BrandScorer([brand]).name for brand in (plain, other, plain)]
    assert names[0] == names[2] != names[1]
    assert names[0].startswith("vader-brand/")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_any_text_has_a_verdict_that_its_reasons_add_up_to(text):
    found = verdict(text, "a", others=("b", "c d"))
    if text:
        assert -1 <= found.brand_compound <= 1
        assert compound_in(found.why) == found.brand_compound
        assert len(found.why) <= LONGEST


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("😡" * 50_000, id="emoji"),
        pytest.param("It was a good day but not for the price hike. " * 2_200, id="prose"),
        pytest.param("not good " * 11_000, id="negations"),
        pytest.param("Hulu is better than Netflix " * 3_600, id="names"),
        pytest.param("left Hulu for Netflix " * 20 + "y " * 49_000, id="a few names and much else"),
        pytest.param("#" + "a" * 100_000, id="one hashtag"),
        pytest.param("?" * 100_000, id="question marks"),
        pytest.param(":(" * 50_000, id="faces"),
        pytest.param("â€™" * 33_000, id="mojibake"),
        pytest.param("bad-" * 25_000, id="one word of many"),
    ],
)
def test_no_text_stalls_it(text):
    begun = time.process_time()
    verdict(text, "Netflix", others=("Hulu",))
    assert time.process_time() - begun < 1


def test_the_shipped_lexicon_is_within_its_bounds():
    assert len(shipped()) > 7_000
    assert all(abs(entry.valence) <= GREATEST for entry in shipped().values())


def test_a_line_of_a_lexicon_that_is_none_is_named():
    with pytest.raises(ValueError, match="line 2: `price hike`"):
        list(entries_of("-2 rip off\nprice hike"))


def test_texts_become_plain_words():
    assert words_of(["It’s (so) GOOD!! #SoGood :) AT&amp;T @acme\x00 https://t.co/x?y=1"]) == [
        *("it's", ",", "so", ",", "good", ".", ".", "so", "good", "☺", "at&t", "@acme", "\x00")
    ]
