"""Which patterns are worth trying on a text: told by its words, each of which is looked up once and remembered."""

import re
from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import NamedTuple

from monitor.enrich.intent_names import lower
from monitor.enrich.intent_patterns import CHURN, LEAVING, Pattern
from monitor.enrich.intent_wishes import OUTAGE, PRAISE, REFUND
from monitor.enrich.vocabulary import Facts, Words

PATTERNS = (*CHURN, *REFUND, *OUTAGE, *PRAISE)


class ToTry(NamedTuple):
    """The patterns that could be found in a text.

    leaving  those about leaving, for which more must be known of the text than for the others
    """

    leaving: tuple[Pattern, ...]
    others: tuple[Pattern, ...]


NONE = ToTry((), ())

REMEMBERED = 65_536
"""Tokens remembered; past that all are forgotten."""

LONGEST_REMEMBERED = 40
"""Longer tokens are judged each time, so that the memory has a bound."""

_PUNCTUATION = ".,;:!?\"'()[]{}*#@&…“”‘—–-/\\|<>~_"
_BETWEEN = re.compile(r"[^\w'-]+")


class _Marks(dict[str, int]):
    """Token to a bit for each of the patterns' words that it is; most have none. Filled as tokens are met."""

    def __init__(self) -> None:
        super().__init__()
        listed = dict.fromkeys(word for pattern in PATTERNS for word in pattern.words.split() if word != "+")
        self.bits = {word: 1 << number for number, word in enumerate(listed)}
        self._beginnings = {word.removesuffix("*"): bit for word, bit in self.bits.items() if word.endswith("*")}
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})

    def __missing__(self, token: str) -> int:
        word = lower(token).strip(_PUNCTUATION).removesuffix("'s")
        marks = self.bits.get(word, 0)
        for length in self._lengths:
            marks |= self._beginnings.get(word[:length], 0)
        if not word.isalnum():
            parts = _BETWEEN.split(word)
            if len(parts) > 1:
                for part in parts:
                    marks |= self[part] if part else 0
        if len(token) <= LONGEST_REMEMBERED:
            if len(self) >= REMEMBERED:
                self.clear()
            self[token] = marks
        return marks


_marks = _Marks()
# the lists of words of each pattern as bits: there must be one of each list
_needed = tuple(
    (pattern, tuple(sum(_marks.bits[word] for word in set(part.split())) for part in pattern.words.split("+"))) for pattern in PATTERNS
)
# without one of the first lists there is nothing to try
_FIRST = reduce(or_, (needed[0] for _, needed in _needed))


_facts = Facts(_marks.__getitem__)


def to_try(tokens: Sequence[str]) -> ToTry:
    """The patterns that could be found in a text; NONE for most texts.

    tokens  what stands between its white space
    """
    return _patterns_of(reduce(or_, map(_marks.__getitem__, tokens), 0))


def to_try_in(words: Words, texts: Sequence[str], longest: int) -> list[ToTry]:
    """The same for each of several texts, of which the first so many characters are looked at.

    words  of these texts
    """
    return [
        to_try(text[:longest].split()) if len(text) > longest else _patterns_of(reduce(or_, marks)) if marks else NONE
        for text, marks in zip(texts, _facts.in_texts(words), strict=True)
    ]


def _patterns_of(marks: int) -> ToTry:
    return _patterns_with(marks) if marks & _FIRST else NONE


@lru_cache(maxsize=65_536)
def _patterns_with(marks: int) -> ToTry:
    found = [pattern for pattern, needed in _needed if all(marks & bits for bits in needed)]
    leaving = tuple(pattern for pattern in found if pattern.intent in LEAVING)
    return ToTry(leaving, tuple(found[len(leaving) :])) if found else NONE
