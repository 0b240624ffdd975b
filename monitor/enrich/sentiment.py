"""How a text feels: the protocol of those who give it a label, and plain VADER, whose numbers every text has."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from monitor.enrich.vader import CUT, Score, Vader
from monitor.enrich.vader_lexicon import plain
from monitor.enrich.vocabulary import Words

__all__ = ["CUT", "UNSCORED", "Said", "Score", "Scorer", "VaderScorer", "Verdict", "is_english", "is_judged", "plain_scores"]


class Said(NamedTuple):
    """One text, and about whom it is asked.

    text     as it is stored
    brand    the name of a brand; None where it is asked about nobody: then the whole text counts
    others   names of other brands that the text may be about; those of the configuration are known without
    context  the text that it answers or quotes, where that is known
    lang     ISO 639-1 code, None where unknown
    """

    text: str
    brand: str | None = None
    others: tuple[str, ...] = ()
    context: str | None = None
    lang: str | None = None


class Verdict(NamedTuple):
    """How a text feels towards a brand.

    brand_compound  -1 (hostile) to 1 (warm); None where it was not judged: no text, or another language
    label           -1, 0 or 1; None likewise
    why             what made the score, in one line; None where that was not asked for, or the scorer cannot say
    """

    brand_compound: float | None
    label: int | None
    why: str | None = None


UNSCORED = Verdict(None, None)


class Scorer(Protocol):
    """Gives texts their label.

    name  version, and a hash of all that its scores depend on: stored with every row that it made
    """

    name: str

    def score(self, said: Sequence[Said], *, explain: bool = False) -> list[Verdict]:
        """A verdict for each, in order; with its `why` if that is asked for."""
        ...


class VaderScorer:
    """vaderSentiment 3.3.2: the whole text, whatever it is about."""

    name = "vader/3.3.2"

    def score(self, said: Sequence[Said], *, explain: bool = False) -> list[Verdict]:
        """A verdict for each, in order, by the customary cut; it says no why."""
        scores = plain_scores([one.text if is_judged(one) else "" for one in said])
        return [Verdict(score.compound, score.label) if score else UNSCORED for score in scores]


def plain_scores(texts: Sequence[str], words: Words | None = None) -> list[Score | None]:
    """What vaderSentiment 3.3.2 says of texts, to the digit; None for an empty one.

    words  of these texts, where they have been read
    """
    scores = _vader().score_words(texts, words) if words else _vader().score(texts)
    return [score if text else None for text, score in zip(texts, scores, strict=True)]


def is_judged(said: Said) -> bool:
    """Whether there is a text, in English or in a language that nobody can tell."""
    # by place, which is quicker than by name
    return bool(said[0]) and is_english(said[4])


def is_english(lang: str | None) -> bool:
    """Whether a text of this language can be scored: English, or one that nobody can tell."""
    return lang is None or lang == "en" or lang.lower().split("-")[0] == "en"


@lru_cache(maxsize=1)
def _vader() -> Vader:
    return Vader(plain())
