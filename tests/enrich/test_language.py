import csv
import json
from pathlib import Path

import pytest

from monitor.enrich.language import language

AIRLINES = Path(__file__).parents[3] / "shared/data/sentiment/airline.jsonl"
FOREIGN = [
    (row["lang"], row["text"])
    for row in csv.DictReader((Path(__file__).parent / "other_languages.csv").read_text(encoding="utf-8").splitlines())
    if len(row["text"]) > 20
]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        pytest.param("the app has crashed twice since the update", "en", id="plain English"),
        pytest.param("THE APP HAS CRASHED TWICE", "en", id="capitals"),
        pytest.param("Netflixが朝からずっとつながらないんだけど", "ja", id="a Latin name in Japanese"),
        pytest.param("Seit heute Morgen geht bei Vodafone gar nichts mehr", "de", id="German"),
        pytest.param("Bei @netflix #down nichts geht mehr https://example.com/the-and-you", "de", id="addresses are no words"),
        pytest.param("lol ok", None, id="too short"),
        pytest.param("Cancelled.", None, id="one word"),
        pytest.param("@united @delta #flights https://example.com/a", None, id="nothing but handles"),
        pytest.param("", None, id="empty"),
        pytest.param("😂😂😂😂😂😂😂😂", None, id="emoji"),
        pytest.param("Grand Budapest Hotel", None, id="only names"),
    ],
)
def test_a_language_is_told_where_it_is_clear(text, lang):
    assert language(text) == lang


def test_other_languages_are_told_from_english():
    flagged = [language(text) not in ("en", None) for _, text in FOREIGN]
    assert len(FOREIGN) >= 300
    assert len({lang for lang, _ in FOREIGN}) >= 8
    assert sum(flagged) / len(flagged) >= 0.95


@pytest.mark.skipif(not AIRLINES.exists(), reason="the labelled data lies outside this repository")
def test_english_texts_are_kept():
    texts = [json.loads(line)["text"] for line in AIRLINES.read_text(encoding="utf-8").splitlines()]
    told = [language(text) for text in texts if len(text) > 20]
    assert told.count("en") / len(told) >= 0.97
    assert sum(lang in ("en", None) for lang in told) / len(told) >= 0.999


def test_a_huge_text_is_judged_by_its_beginning():
    assert language("les sous-titres sont décalés sur toutes les séries " * 5_000) == "fr"
