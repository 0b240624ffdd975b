"""How likely a text is in each language, by py3langid's model: for plain letters the same numbers from a table of an eighth of the size.

The library walks from state to state with each byte, in a table of 39 MB that no processor keeps at hand. What plain letters can reach
of it fits into 5 MB.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_LETTERS = " 'abcdefghijklmnopqrstuvwxyz’".encode()
_ROOM, _FEATURE = 32, len(_LETTERS)
"""Places in a row of the table: one for the state to which each letter leads, then one for the feature of its own state."""


class Likely(NamedTuple):
    """What a model says of a text.

    code     ISO 639-1, of the likeliest language
    share    how likely that is, 0 to 1
    english  how likely English is
    """

    code: str
    share: float
    english: float


class LanguageModel:
    """py3langid's model for some languages; reading it takes half a second.

    languages  ISO 639-1 codes, English among them
    """

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._whole.set_languages(languages)
        self._english = self._whole.nb_classes.index("en")
        moves = np.frombuffer(self._whole.tk_nextmove, np.uint32)
        rows = np.array(self._whole.tk_row, np.int64) << 8
        features = np.array(self._whole.tk_output, np.int32)
        states, after = _reachable(moves, rows)
        # 0 is the one that there is in none
        kept, place = np.unique(np.append(features[states], -1), return_inverse=True)
        table = np.zeros((len(states), _ROOM), np.uint32)
        table[:, :_FEATURE] = after * _ROOM
        table[:, _FEATURE] = place[:-1]
        self._table = array("I", table.tobytes())
        self._numbers = bytes.maketrans(_LETTERS, bytes(range(_FEATURE)))
        # side by side in memory what belongs to a feature
        self._weights: NDArray[np.float32] = self._whole.nb_ptc[kept].astype(np.float32)

    def likely(self, texts: Sequence[str]) -> list[Likely]:
        """What it says of the words of each text, in lower case with a space between."""
        if not texts:
            return []
        # a step for all texts, then the next: half the time of text after text
        written = [self._whole._encode(text) for text in texts]
        found = [None if each.translate(None, _LETTERS) else self._features(each) for each in written]
        scores = np.stack([self._scores(some) if some else self._whole._raw_score(each) for some, each in zip(found, written, strict=True)])
        # as the library does it, to the last digit
        scores *= np.array([1.0 / sqrt(len(each)) for each in written], np.float32)[:, None]
        np.exp(scores - scores.max(axis=1, keepdims=True), out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        for first, other in self._whole._alias_pairs:
            scores[:, first] += scores[:, other]
            scores[:, other] = 0.0
        best = scores.argmax(axis=1)
        codes = [str(self._whole.nb_classes[place]) for place in best.tolist()]
        return list(map(Likely, codes, scores[np.arange(len(texts)), best].tolist(), scores[:, self._english].tolist()))

    def _features(self, written: bytes) -> Counter[int]:
        """How often a text of plain letters has each feature, in the order in which they come."""
        table, state = self._table, 0
        times = Counter([table[(state := table[state + number]) + _FEATURE] for number in written.translate(self._numbers)])
        times.pop(0, None)
        return times

    def _scores(self, times: Counter[int]) -> NDArray[np.float32]:
        rows = np.fromiter(times, np.intp, len(times))
        counts = np.fromiter(times.values(), np.float32, len(times))
        scores: NDArray[np.float32] = np.log1p(counts) @ self._weights[rows] + self._whole.nb_pc
        return scores


def _reachable(moves: NDArray[np.uint32], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The states that plain letters lead to, the first being 0, and for each the places of those to which each letter leads from it."""
    letters = np.frombuffer(_LETTERS, np.uint8).astype(np.int64)
    is_known = np.zeros(len(rows), bool)
    front = np.zeros(1, np.int64)
    while front.size:
        is_known[front] = True
        after = np.unique(moves[rows[front][:, None] + letters]).astype(np.int64)
        front = after[~is_known[after]]
    states = np.flatnonzero(is_known)
    places = np.cumsum(is_known) - 1
    return states, places[moves[rows[states][:, None] + letters]]
