import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from monitor.config.models import Brand
from monitor.enrich.topics import Topics, names_in, tokens_of
from monitor.mention import Kind, Mention
from monitor.rule import Subject

NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
STARTERS = Path(__file__).parents[2] / "docs/examples/topics"
LABELLED = Path(__file__).parents[3] / "shared/data/intent/dev.jsonl"
JUDGED = ("pricing", "quality", "support", "content", "billing", "competitor")


def topics_of(text: str, topics: Topics) -> list[str]:
    subject = Subject.of(Mention(source="x", source_id="1", kind=Kind.POST, created_at=NOW, fetched_at=NOW, text=text))
    return list(topics.of(subject, tokens_of(subject)))


def starter(*names: str) -> Mapping[str, str]:
    """The topics of several starter sets as one: a topic of two of them has the words of both."""
    merged: dict[str, str] = {}
    for name in names:
        for topic, rule in yaml.safe_load((STARTERS / f"{name}.yaml").read_text(encoding="utf-8")).items():
            merged[topic] = f"({merged[topic]}) OR ({rule})" if topic in merged else rule
    return merged


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


def test_names_are_what_a_rule_finds_a_brand_by():
    assert names_in('streamly OR @StreamlyHelp OR "stream ly" NOT stables') == ("streamly", "streamlyhelp", "stream ly")


@pytest.mark.parametrize("path", sorted(STARTERS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_starter_set_can_be_used_as_it_is(path):
    brand = Brand(name="Acme", rule="acme", topics=yaml.safe_load(path.read_text(encoding="utf-8")))
    assert len(brand.topics) >= 5
    assert topics_of("nothing of interest, said acme", Topics(brand.topics, ["Acme"])) == []


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled data lies outside this repository")
def test_the_starter_sets_find_what_a_person_found():
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    rules = starter("streaming", "telecom")
    told = [
        (set(topics_of(row["text"], Topics(rules, [row["brand"], row["brand"].removesuffix("+")]))), set(row["topics"])) for row in rows
    ]
    f1 = [
        2 * sum(name in found and name in truth for found, truth in told) / sum((name in found) + (name in truth) for found, truth in told)
        for name in JUDGED
    ]
    assert sum(f1) / len(f1) >= 0.84
