"""From the valences of a text's words to its score, in vaderSentiment's order of adding, on which the last digit depends."""

from heapq import heappop, heappush
from math import sqrt
from typing import NamedTuple

CUT = 0.05
"""Compound from which a text is called positive, and below whose negative it is called negative:
the cut its authors recommend (Hutto & Gilbert 2014)."""

_FEW = 40
_CALLS = tuple(count * 0.292 for count in range(5))
_QUESTIONS = (0, 0, 2 * 0.18, 3 * 0.18, 0.96)
_EMPHASIS = [[calls + questions for questions in _QUESTIONS] for calls in _CALLS]


class Score(NamedTuple):
    """What VADER says of a text; with the plain lexicon, what vaderSentiment 3.3.2 says, to the digit.

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


_NO_WORDS = Score(0.0, 0.0, 0.0, 0.0)
_NO_VALENCE = Score(0.0, 0.0, 1.0, 0.0)


def score_of(valences: list[float], words: int, text: str) -> Score:
    """The score of a text of so many words, whose valences other than 0 are these."""
    if not valences:
        return _NO_VALENCE if words else _NO_WORDS
    total = sum(valences)
    pos = neg = 0.0
    for valence in valences:
        # a neutral word counts 1, so a word with a valence counts one more than that
        if valence > 0:
            pos += valence + 1
        else:
            neg += valence - 1
    if "!" in text or "?" in text:
        emphasis = emphasis_of(text)
        if total > 0:
            total += emphasis
        elif total < 0:
            total -= emphasis
        if pos > -neg:
            pos += emphasis
        elif pos < -neg:
            neg -= emphasis
    neutral = words - len(valences)
    size = pos - neg + neutral
    compound = total / sqrt(total * total + 15)
    scores = (
        _rounded(compound, 10_000) if compound >= 0 else -_rounded(-compound, 10_000),
        _rounded(pos / size, 1_000) if pos else 0.0,
        _rounded(neutral / size, 1_000),
        _rounded(-neg / size, 1_000) if neg else 0.0,
    )
    # half the time of Score(...)
    return tuple.__new__(Score, scores)


def emphasis_of(text: str) -> float:
    """What exclamation and question marks add to the sum, away from 0."""
    return _EMPHASIS[min(text.count("!"), 4)][min(text.count("?"), 4)]


def weigh_but(valences: list[float], before: int) -> None:
    """Halve what stands before the first `but` and raise what comes after by half; the first `before` ones are before it.

    As in vaderSentiment, each step takes the value at its place but changes the first place with an equal value,
    so equal values are changed twice or never.
    """
    if len(valences) <= _FEW:
        for place in range(len(valences)):
            first = valences.index(valences[place])
            valences[first] *= 0.5 if first < before else 1.5
        return
    places: dict[float, list[int]] = {}
    for place, valence in enumerate(valences):
        places.setdefault(valence, []).append(place)
    for place in range(len(valences)):
        first = heappop(places[valences[place]])
        valences[first] *= 0.5 if first < before else 1.5
        heappush(places.setdefault(valences[first], []), first)


def _rounded(share: float, steps: int) -> float:
    """`round` to 3 or 4 digits for a share of 0 to 1, in a third of the time: only what lies near the middle between two steps needs it."""
    scaled = share * steps + 0.5
    step = int(scaled)
    if 1e-6 < scaled - step < 1 - 1e-6:
        return step / steps
    return round(share, 3 if steps == 1_000 else 4)
