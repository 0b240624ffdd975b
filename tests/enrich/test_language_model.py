import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from monitor.enrich.language import LANGUAGES
from monitor.enrich.language_model import LanguageModel
from tests.enrich.measures import foreign_texts
from tests.enrich.odd_texts import built


@pytest.fixture(scope="module")
def theirs():
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def test_the_numbers_are_those_of_the_library(theirs):
    written = [*built(seed=4, count=500), *foreign_texts(), "can’t", "x", "’", "cafe\u0301 na\u00efve"]
    texts = [" ".join(words) for text in written if (words := [word for word in text.lower().split() if word.replace("’", "").isalpha()])]
    found = LanguageModel(LANGUAGES).likely(texts)
    ranked = [theirs.rank(text) for text in texts]
    assert [likely.code for likely in found] == [ranks[0][0] for ranks in ranked]
    # sums are taken in another order
    assert [likely.share for likely in found] == pytest.approx([ranks[0][1] for ranks in ranked], abs=1e-5)
    assert [likely.english for likely in found] == pytest.approx([dict(ranks)["en"] for ranks in ranked], abs=1e-5)


def test_of_no_text_nothing_is_said():
    assert LanguageModel(LANGUAGES).likely([]) == []
