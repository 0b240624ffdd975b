from threading import Thread

import pytest

from monitor.config.models import Brand
from monitor.enrich import vocabulary
from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.intent import intents
from monitor.enrich.language import language, languages
from monitor.enrich.remarks import Remarks
from monitor.enrich.sentiment import Said, plain_scores
from monitor.enrich.topics import starter_topics, tokens_of
from monitor.enrich.vocabulary import END, Facts, Words, read
from monitor.rule import Subject
from tests.enrich.measures import foreign_texts
from tests.enrich.odd_texts import built, mutated

PRAISE = ["I love Netflix, thank you guys!", "Hulu is better than Netflix", "", "Left Netflix for Hulu today", "caf\u00e9 " * 300]
ODD = list(built(seed=9, count=300))
TEXTS = [*PRAISE, *foreign_texts(), *ODD, *mutated(seed=9, count=600, texts=[*PRAISE, *foreign_texts(), *ODD]), *PRAISE]


def words_of(texts: list[str]) -> Words:
    return read([text.split() for text in texts])


def test_what_is_known_comes_in_the_order_of_the_tokens():
    lengths = Facts(lambda token: len(token) if token.isalpha() else None)
    words = words_of(["ab 1 cde", "", "2", "f ab"])
    assert lengths.among(words) == ([0, 2, 7, 8], [2, 3, 1, 2])
    assert lengths.in_texts(words) == [[2, 3], [], [], [1, 2]]


@pytest.mark.parametrize("tokens", [["5)", "\u2935"], ["\u2935", "5)"], ["=\xd8\x01\xde", "\ud83d\ude01"], ["a\x00\x00\x00", "a\x00", "a"]])
def test_tokens_of_the_same_bytes_have_numbers_of_their_own(tokens):
    together = words_of([" ".join(tokens)] * 2)
    alone = [words_of([token]).numbers[0] for token in tokens]
    assert together.numbers.tolist()[: len(tokens)] == alone
    assert len(set(alone)) == len(tokens)


def test_a_token_is_judged_once():
    judged: list[str] = []
    facts = Facts(judged.append)
    for _ in range(2):
        facts.among(words_of(["once and once", "and again"]))
    assert sorted(judged) == sorted({"once", "and", "again", END})


def test_some_of_the_texts_have_the_words_that_they_have_alone():
    part, alone = words_of(["a b", "", "c", "d e f"]).part([1, 3]), words_of(["", "d e f"])
    assert (part.tokens, part.split, part.starts.tolist()) == (alone.tokens, alone.split, alone.starts.tolist())
    assert part.numbers.tolist() == alone.numbers.tolist()


@pytest.mark.parametrize("limit", ["REMEMBERED", "MOST_CHARACTERS"])
def test_forgetting_changes_nothing(monkeypatch, limit):
    expected = languages(TEXTS, words_of(TEXTS))
    monkeypatch.setattr(vocabulary, limit, 10)
    assert [lang for text in TEXTS for lang in languages([text], words_of([text]))] == expected
    assert len(words_of(["a"]).vocabulary) < 500


def test_two_threads_find_the_same():
    expected = languages(TEXTS, words_of(TEXTS))
    found: dict[int, list[str | None]] = {}

    def find(place: int) -> None:
        found[place] = [lang for text in TEXTS for lang in languages([text], words_of([text]))]

    threads = [Thread(target=find, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [expected, expected]


def test_many_texts_at_once_are_in_the_language_of_each():
    assert languages(TEXTS, words_of(TEXTS)) == [language(text) if text else None for text in TEXTS]


def test_many_texts_at_once_have_the_plain_scores_of_each():
    assert plain_scores(TEXTS, words_of(TEXTS)) == plain_scores(TEXTS)


@pytest.mark.parametrize("brand", ["Netflix", "Peak"])
def test_many_texts_at_once_have_the_verdicts_of_each(brand):
    texts = [*TEXTS, f"great {END} awful", f"'{END}' good"]
    said = [Said(text, brand, lang="de" if place % 7 == 0 else None) for place, text in enumerate(texts)]
    scorer = BrandScorer([Brand(name="Netflix", rule="netflix", rivals=["Hulu"])])
    assert scorer.score(said, explain=True, words=words_of(texts)) == scorer.score(said, explain=True)


def test_many_texts_at_once_have_the_intents_and_topics_of_each():
    brand = Brand(name="Netflix", rule="netflix", rivals=["Hulu"], topics=dict(starter_topics()))
    remarks, words, brands = Remarks([brand]), words_of(TEXTS), ["Netflix", "Peak"] * (len(TEXTS) // 2)
    brands += ["Netflix"] * (len(TEXTS) - len(brands))
    names = {"Netflix": (["netflix"], {"Hulu": ()}), "Peak": (["peak"], ())}
    one_by_one = [[each.name for each in intents(text, *names[brand])] for text, brand in zip(TEXTS, brands, strict=True)]
    assert remarks.intents(TEXTS, brands, words) == one_by_one
    subjects = [Subject.of_text(text) for text in TEXTS]
    topics = [remarks.topics(subject, brand, tokens_of(subject)) for subject, brand in zip(subjects, brands, strict=True)]
    assert [list(found) for found in remarks.topics_in(TEXTS, [None] * len(TEXTS), brands, words)] == topics
