"""What is known of tokens: found once for each, then looked up by number for all tokens of many texts at a time."""

from collections.abc import Callable, Sequence
from itertools import chain, compress, pairwise
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

END = "\x00"
"""Stands behind the tokens of each text; stored texts hold no such character."""

REMEMBERED = 131_072
"""Tokens that have a number, about 18 MB; past that all are forgotten, and the frequent ones are soon back."""

MOST_CHARACTERS = 4_000_000
"""The same for their characters, since nothing bounds the length of a token."""

Fact = TypeVar("Fact")
Numbers = NDArray[np.int32]

_UNKNOWN, _NOTHING = -1, 0
_AT_LEAST = 4_096
_PLACES = 1 << 18


class _Vocabulary(dict[str, int]):
    """Token to its number, from 0; filled as they are met.

    Before it stands a table of the tokens met last, by their hashes: numpy looks all tokens of many texts up in it at once, where a
    dict waits for memory at each. Two tokens taken for one would have to share 64 bits, which are keyed anew with each start.
    """

    def __init__(self) -> None:
        super().__init__()
        self.characters = 0
        self._hashes = np.zeros(_PLACES, np.int64)
        self._numbers = np.zeros(_PLACES, np.int32)

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        self.characters += len(token)
        return number

    def numbers_of(self, tokens: list[str]) -> Numbers:
        """The number of each token."""
        # a hash is that of the bytes in memory, and "⤵" has those of "5)": not the same number of characters
        hashes = np.fromiter(map(hash, tokens), np.int64, len(tokens)) ^ np.fromiter(map(len, tokens), np.int64, len(tokens))
        places = hashes & (_PLACES - 1)
        numbers: Numbers = self._numbers[places]
        (missed,) = (self._hashes[places] != hashes).nonzero()
        if missed.size:
            numbers[missed] = [self[tokens[place]] for place in missed.tolist()]
            self._hashes[places[missed]] = hashes[missed]
            self._numbers[places[missed]] = numbers[missed]
        return numbers


class Words(NamedTuple):
    """The tokens of some texts.

    split    what stands between the white space of each
    tokens   the same of all texts, with END after each
    numbers  of the tokens, in a vocabulary of so many
    starts   places of the first tokens; where a text has none, of its END
    """

    split: Sequence[list[str]]
    tokens: list[str]
    numbers: Numbers
    starts: Numbers
    vocabulary: _Vocabulary
    size: int

    def part(self, texts: Sequence[int]) -> "Words":
        """The words of some of the texts, in ascending order."""
        if len(texts) == len(self.split):
            return self
        split = [self.split[text] for text in texts]
        is_wanted = np.zeros(len(self.split), bool)
        is_wanted[texts] = True
        of_wanted = np.repeat(is_wanted, np.diff(self.starts, append=len(self.tokens)))
        tokens = list(compress(self.tokens, of_wanted.tolist()))
        return self._replace(split=split, tokens=tokens, numbers=self.numbers[of_wanted], starts=_starts(split))


def _starts(split: Sequence[list[str]]) -> Numbers:
    return np.cumsum([0, *(len(each) + 1 for each in split)], dtype=np.int32)[:-1]


_reading = Lock()
_vocabularies = [_Vocabulary()]


def read(split: Sequence[list[str]]) -> Words:
    """The words of texts, of each of which is given what stands between its white space."""
    end = [END]
    tokens = list(chain.from_iterable(chain.from_iterable(zip(split, [end] * len(split), strict=True))))
    with _reading:
        vocabulary = _vocabularies[0]
        if len(vocabulary) >= REMEMBERED or vocabulary.characters >= MOST_CHARACTERS:
            vocabulary = _vocabularies[0] = _Vocabulary()
        numbers = vocabulary.numbers_of(tokens)
        return Words(split, tokens, numbers, _starts(split), vocabulary, len(vocabulary))


class Facts(Generic[Fact]):
    """What is known of each token, found when it is first met; of most it is nothing.

    fact_of  what is known of a token; None, 0 or empty for nothing
    first    facts whose codes are 1, 2 and so on; the others come as they are found
    """

    def __init__(self, fact_of: Callable[[str], Fact | None], first: Sequence[Fact] = ()) -> None:
        self._fact_of = fact_of
        self._first = first
        self._turn = Lock()
        self._begin(None)

    def _begin(self, vocabulary: _Vocabulary | None) -> None:
        self._vocabulary = vocabulary
        self._codes: Numbers = np.empty(0, np.int32)
        self._facts: list[Any] = [None, *self._first]
        self._code_by_id = {id(fact): code for code, fact in enumerate(self._facts)}

    def codes(self, words: Words) -> tuple[Numbers, Sequence[Fact]]:
        """A code for each token, 0 for nothing, and the facts by their codes; one and the same object has one code."""
        with self._turn:
            if self._vocabulary is not words.vocabulary:
                self._begin(words.vocabulary)
            if (more := words.size - len(self._codes)) > 0:
                self._codes = np.concatenate([self._codes, np.full(max(more, _AT_LEAST), _UNKNOWN, np.int32)])
            codes = self._codes[words.numbers]
            if (unknown := (codes == _UNKNOWN).nonzero()[0]).size:
                for place in unknown.tolist():
                    number = words.numbers[place]
                    if self._codes[number] == _UNKNOWN:
                        self._codes[number] = self._code_of(words.tokens[place])
                codes = self._codes[words.numbers]
            return codes, self._facts

    def _code_of(self, token: str) -> int:
        fact = self._fact_of(token)
        if not fact:
            return _NOTHING
        code = self._code_by_id.setdefault(id(fact), len(self._facts))
        if code == len(self._facts):
            self._facts.append(fact)
        return code

    def among(self, words: Words) -> tuple[list[int], list[Fact]]:
        """Where something is known among the tokens of all texts, in their order, and what."""
        codes, facts = self.codes(words)
        (places,) = codes.nonzero()
        return places.tolist(), [facts[code] for code in codes[places].tolist()]

    def in_texts(self, words: Words) -> list[list[Fact]]:
        """What is known among the tokens of each text, in their order."""
        codes, facts = self.codes(words)
        (places,) = codes.nonzero()
        found = [facts[code] for code in codes[places].tolist()]
        edges = [*places.searchsorted(words.starts).tolist(), len(found)]
        return [found[low:high] for low, high in pairwise(edges)]
