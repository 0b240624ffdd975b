import time
from pathlib import Path
from statistics import fmean

import pytest
import yaml

from monitor.config.models import Brand
from monitor.enrich.topics import Topics, names_in
from monitor.enrich.vocabulary import read
from tests.enrich.measures import DATA, MISSING, topic_agreement, topics_of

STARTERS = Path(__file__).parents[2] / "docs/examples/topics"


@pytest.mark.parametrize(
    ("rule", "text", "found"),
    [
        pytest.param('price OR "price hike"', "another Price hike", True, id="a word in any case"),
        pytest.param("price", "priceless", False, id="not inside a longer word"),
        pytest.param('"on hold" AND hours', "hours on  hold", True, id="both"),
        pytest.param('"on hold" AND hours', "on hold", False, id="one of both"),
        pytest.param("(show OR film) NOT outage", "the show was great", True, id="without"),
        pytest.param("(show OR film) NOT outage", "the show stopped in the outage", False, id="with what is left out"),
        pytest.param("can't", "I can’t pay", True, id="another apostrophe"),
        pytest.param("値上げ", "Streamlyが値上げした", True, id="a script without spaces"),
        pytest.param("価格 OR price", "価格が高い", True, id="two scripts"),
        pytest.param("author:ann", "anything", False, id="a field"),
        pytest.param("#CancelStreamly", "time to #CancelStreamly", True, id="a hashtag"),
    ],
)
def test_a_topic_is_found_by_its_rule(rule, text, found):
    assert topics_of(text, Topics({"it": rule})) == (["it"] if found else [])


def test_topics_come_in_the_order_of_the_configuration_each_once():
    topics = Topics({"b": "two OR zwei OR 2", "a": "one", "c": "three"})
    assert topics_of("one two 2 zwei", topics) == ["b", "a"]


def test_the_name_of_the_brand_itself_is_no_competitor():
    rules = {"competitor": 'netflix OR hulu OR "disney+"'}
    assert topics_of("Left Netflix for good", Topics(rules, ["Netflix"])) == []
    assert topics_of("Left Netflix for Hulu", Topics(rules, ["Netflix"])) == ["competitor"]


def test_a_rule_of_nothing_but_the_brands_name_finds_nothing():
    assert topics_of("Netflix", Topics({"us": "netflix"}, ["Netflix"])) == []


def test_without_topics_there_are_none():
    assert not Topics({})
    assert topics_of("price", Topics({})) == []


def test_a_long_text_that_repeats_a_word_of_a_rule_takes_little_time():
    topics = Topics({"support": " OR ".join(f'"desk{number} service"' for number in range(30))})
    text = "The food is good and the service is not very bad. " * 2000
    begun = time.process_time()
    assert list(topics.in_texts([text], ["en"], read([text.split()]))) == [[]]
    assert time.process_time() - begun < 0.2


def test_names_are_what_a_rule_finds_a_brand_by():
    assert names_in('streamly OR @StreamlyHelp OR "stream ly" NOT stables') == ("streamly", "streamlyhelp", "stream ly")


@pytest.mark.parametrize("path", sorted(STARTERS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_starter_set_can_be_used_as_it_is(path):
    brand = Brand(name="Acme", rule="acme", topics=yaml.safe_load(path.read_text(encoding="utf-8")))
    assert len(brand.topics) >= 5
    assert topics_of("nothing of interest, said acme", Topics(brand.topics, ["Acme"])) == []


@pytest.mark.skipif(not DATA.exists(), reason=MISSING)
def test_the_starter_sets_find_what_a_person_found():
    assert fmean(found.f1 for found in topic_agreement().values()) >= 0.84
