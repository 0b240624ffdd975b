"""How likely a text is in each language, by py3langid's model: the library's numbers, found for many texts at a time.

The library walks from state to state with each byte of a text. What a state is depends on the last few bytes alone, so that the walk
can begin anew at every byte: a few steps, each taken for all bytes of all texts at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_STEPS = 6
"""Bytes of the longest feature: no more of those before a byte make a difference to its state."""

_AT_ONCE = 64
_BETWEEN = b"\x00"
# no feature holds it: from every state it leads back to the first


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
        whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        whole.set_languages(languages)
        self._codes = list(map(str, whole.nb_classes))
        self._same = list(whole._alias_pairs)
        self._english = self._codes.index("en")
        self._moves = np.frombuffer(whole.tk_nextmove, np.uint32)
        self._rows = np.array(whole.tk_row, np.int64) << 8
        self._features = np.array(whole.tk_output, np.int64)
        # side by side in memory what belongs to a feature
        self._weights = np.ascontiguousarray(whole.nb_ptc, np.float32)
        self._before = np.asarray(whole.nb_pc, np.float32)

    def likely(self, texts: Sequence[str]) -> list[Likely]:
        """What it says of the words of each text, in lower case with a space between."""
        return [each for first in range(0, len(texts), _AT_ONCE) for each in self._likely(texts[first : first + _AT_ONCE])]

    def _likely(self, texts: Sequence[str]) -> list[Likely]:
        written = [LanguageIdentifier._encode(text) for text in texts]
        lengths = np.array(list(map(len, written)))
        scores = self._scores(written, lengths)
        # as the library does it
        scores /= np.sqrt(lengths, dtype=np.float32)[:, None]
        np.exp(scores - scores.max(axis=1, keepdims=True), out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        for first, other in self._same:
            scores[:, first] += scores[:, other]
            scores[:, other] = 0.0
        best = scores.argmax(axis=1)
        codes = [self._codes[place] for place in best.tolist()]
        return list(map(Likely, codes, scores[np.arange(len(texts)), best].tolist(), scores[:, self._english].tolist()))

    def _scores(self, written: Sequence[bytes], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """The logarithm of how likely each text is in each language, but for a constant; 0 where it has no feature."""
        features = self._features_at(_BETWEEN.join(written))
        (places,) = (features >= 0).nonzero()
        # text and feature as one number
        text_at = np.repeat(np.arange(len(written)) * len(self._weights), lengths + 1)
        met, times = np.unique(text_at[places] + features[places], return_counts=True)
        text, feature = np.divmod(met, len(self._weights))
        known, first = np.unique(text, return_index=True)
        scores = np.zeros((len(written), len(self._codes)), np.float32)
        if known.size:
            scores[known] = np.add.reduceat(self._weights[feature] * np.log1p(times, dtype=np.float32)[:, None], first) + self._before
        return scores

    def _features_at(self, written: bytes) -> NDArray[np.int64]:
        """The feature of the state after each byte, -1 for none."""
        letters = np.frombuffer(_BETWEEN * (_STEPS - 1) + written, np.uint8)
        states = np.zeros(len(written), np.uint32)
        for step in range(_STEPS):
            states = self._moves[self._rows[states] + letters[step : step + len(written)]]
        return self._features[states]
