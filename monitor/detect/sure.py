"""Which labels are sure enough to call a mention kind or unkind."""

import re

from monitor.detect.evidence import Mood

# of a score from -1 to 1: kind words are often meant otherwise, complaints hardly ever
KIND, UNKIND = 0.7, -0.65
# which part of what made a score may speak against it
MIXED = 0.2
# what stands in a line of reasons and is no word of the text
_NO_WORDS = frozenset(("cut", "rest", "feeling", "[style]"))
_PIECE = re.compile(r"(.+) ([+-][\d.]+)")
# who wishes, asks, or sets conditions does not praise
_OPEN = re.compile(
    r"\b(?:would|wouldn't|could|couldn't|should|shouldn't|wish|if|but|however|though|how|can|can't|hope\w*|why|when|until|"
    r"please|pls|plz|need|needs|maybe|instead|yet|unless)\b|https?://|\.\.\.|…",
    re.IGNORECASE,
)


def mood_of(text: str, *, label: int | None, compound: float | None, why: str | None) -> Mood | None:
    """Kind or unkind, where that is sure: a strong score, no word that speaks against it, no question; of the kind ones no wish either.

    compound  the score on which the label rests, -1 to 1
    why       the reason for the label, as stored; None where the scorer gives none

    >>> mood_of("What a great crew, thank you!", label=1, compound=0.8, why=None)
    'kind'
    >>> mood_of("Would love a great seat", label=1, compound=0.8, why=None)
    >>> mood_of("Worst delay ever", label=-1, compound=-0.7, why="worst -3.1 · delay -1.8 · cut -0.25")
    'unkind'
    """
    if not label or compound is None or "?" in text or _against(why, label) > MIXED:
        return None
    if label > 0:
        return "kind" if compound >= KIND and not _OPEN.search(text) else None
    return "unkind" if compound <= UNKIND else None


def _against(why: str | None, label: int) -> float:
    """Which part of what made the score speaks against the label, 0 to 1."""
    pieces = [piece.groups() for part in (why or "").split(" · ") if (piece := _PIECE.fullmatch(part))]
    values = [float(value) * label for word, value in pieces if word not in _NO_WORDS]
    whole = sum(abs(value) for value in values)
    return sum(-value for value in values if value < 0) / whole if whole else 0.0
