"""How a text feels: the scorer protocol, and vaderSentiment behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

CUT = 0.05
"""Compound from which a text is called positive, and below whose negative it is called negative:
the cut its authors recommend (Hutto & Gilbert 2014)."""

LONGEST = 10_000
MOST_EMOJI = 500
"""vaderSentiment's time grows with the square of a text's length; past these a text is left unscored."""


@dataclass(frozen=True, slots=True)
class Score:
    """What vaderSentiment 3.3.2 says of a text, to the digit.

    compound       -1 (hostile) to 1 (warm)
    pos, neu, neg  shares, adding up to 1; all 0 for a text without words
    """

    compound: float
    pos: float
    neu: float
    neg: float

    @property
    def label(self) -> int:
        """-1, 0 or 1 by the customary cut."""
        return (self.compound >= CUT) - (self.compound <= -CUT)


class Scorer(Protocol):
    """Gives texts their score; `name` and version are stored with every row that it made."""

    name: str

    def score(self, texts: Sequence[str]) -> list[Score | None]:
        """A score for each text, in order; None where it will not judge."""
        ...


class VaderScorer:
    """Plain vaderSentiment: no knowledge of brands."""

    name = "vader/3.3.2"

    def score(self, texts: Sequence[str]) -> list[Score | None]:
        """A score for each text; None for an empty one, and for one so long that it would stall."""
        return [_vader(text) if _is_scorable(text) else None for text in texts]


def _is_scorable(text: str) -> bool:
    if not text or len(text) > LONGEST:
        return False
    # all emoji that vaderSentiment knows lie at or above U+203C; a plain text never gets to the sum
    return text.isascii() or sum(character >= "\u203c" for character in text) <= MOST_EMOJI


def _vader(text: str) -> Score:
    found = _analyzer().polarity_scores(text)
    return Score(found["compound"], found["pos"], found["neu"], found["neg"])


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    return SentimentIntensityAnalyzer()
