"""How a text feels: the scorer protocol, and plain VADER behind it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from monitor.enrich.vader import CUT, Score, Vader
from monitor.enrich.vader_lexicon import plain

__all__ = ["CUT", "Score", "Scorer", "VaderScorer"]


class Scorer(Protocol):
    """Gives texts their score; `name` and version are stored with every row that it made."""

    name: str

    def score(self, texts: Sequence[str]) -> list[Score | None]:
        """A score for each text, in order; None where it will not judge."""
        ...


class VaderScorer:
    """vaderSentiment 3.3.2 to the digit, with no knowledge of brands."""

    name = "vader/3.3.2"

    def score(self, texts: Sequence[str]) -> list[Score | None]:
        """A score for each text; None for an empty one."""
        return [score if text else None for text, score in zip(texts, _vader().score(texts), strict=True)]


@lru_cache(maxsize=1)
def _vader() -> Vader:
    return Vader(plain())
