import pytest

from monitor.detect.terms import hidden_words, rising, tokens
from monitor.text import folded

USUAL = ["the show was great tonight", "what should I watch this weekend", "streamly has a nice app", "love the new season"] * 50


def terms(now, usual=USUAL, **more):
    return [one.term for one in rising([folded(text) for text in now], usual, hidden=more.get("hidden", frozenset()))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("don't go, well-known fact", ["don't", "go", "well-known", "fact"], id="inner marks"),
        pytest.param("see https://x.example/a?b=c now", ["see", "now"], id="link"),
        pytest.param("#bye @streamly", ["#bye", "@streamly"], id="signs"),
        pytest.param("値上げ反対", ["値上", "上げ", "げ反", "反対"], id="no spaces"),
        pytest.param("", [], id="empty"),
    ],
)
def test_tokens(text, words):
    assert tokens(text) == words


def test_a_phrase_takes_the_place_of_its_words():
    found = terms(["this price hike is too much"] * 30 + ["the app works"] * 10)
    assert found[0] == "price hike"
    assert not {"price", "hike"} & set(found)


def test_what_is_always_said_does_not_rise():
    assert terms(USUAL) == []


def test_two_texts_are_no_term():
    assert terms(["zebra crossing ahead"] * 2 + USUAL[:40]) == []


def test_the_brands_own_names_are_hidden():
    found = terms(["streamly @streamly #streamly streamly's price hike"] * 20, hidden=hidden_words(["Streamly"]))
    assert found == ["price hike"]


def test_terms_are_found_in_any_language():
    assert terms(["値上げ"] * 20) == ["値上げ"]
    assert terms(["доброе утро подорожание"] * 20)


def test_without_a_past_or_texts_nothing_breaks():
    assert terms([], []) == []
    assert isinstance(terms(["hello world"] * 10, []), list)


def test_a_pattern_finds_its_term_and_no_longer_word():
    (one, *_) = rising(["price hike, really"] * 20, USUAL, hidden=frozenset())
    assert one.pattern().search("a price-hike!") or one.pattern().search("a price hike!")
    assert not one.pattern().search("price hikers")


def test_a_crowd_that_says_one_word_and_nothing_before_it_is_told_by_that_word():
    assert [one.term for one in rising(["frozen"] * 240, [], hidden=frozenset())] == ["frozen"]
