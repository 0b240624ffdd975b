"""From labelled texts to a model: logistic regression over words, pairs of words and what `vader-brand` reads.

Only this needs scikit-learn. The labels weigh alike however rare they are, so that the likeliest label is a fair guess where
most texts are of one kind; `lean` keeps by how much, and without it the odds are those of the labels given. Of the words the
4,000 that move most are kept, and the model is fitted anew on these.
"""

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from itertools import chain
from math import log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.enrich.linear.features import READ, STYLE, Features
from monitor.enrich.linear.model import GREATEST, Model
from monitor.errors import ConfigError

LABELS = (-1, 0, 1)
FEWEST = 30
FEWEST_EACH = 5
MOST_WORDS = 4_000

_FEWEST_TEXTS = 2
_LONGEST_WORD = 80
_STRENGTH = 1.0
_WORDS_BY = 1 / 6
_ROUNDS = 2_000

Floats = npt.NDArray[np.float64]


def fit(looked: Sequence[Features], labels: Sequence[int], *, macro_f1: float | None = None) -> Model:
    """The model of these texts; the same texts in the same order give the same one.

    labels    -1, 0 and 1, each at least once
    macro_f1  told in the file
    raises    ConfigError where scikit-learn is missing
    """
    words = _words_of(looked)
    weights, start = _regression(_matrix(looked, words), labels)
    strength = np.abs(weights[:, : len(words)]).max(axis=0)
    kept = sorted(words[at] for at in np.argsort(-strength, kind="stable")[:MOST_WORDS])
    weights, start = _regression(_matrix(looked, kept), labels)
    scales = _scales(looked, kept)
    of_words = weights[:, : len(kept)] * scales
    step = float(f"{max(float(np.abs(of_words).max(initial=0.0)), 1e-6) / GREATEST:.6g}")
    small = np.clip(np.rint(of_words / step), -GREATEST, GREATEST).astype(int)
    others = np.round(weights[:, len(kept) :], 4)
    shares = Counter(labels)
    return Model(
        rows=len(labels),
        macro_f1=macro_f1 if macro_f1 is None else round(macro_f1, 4),
        step=step,
        start=[round(float(each), 4) for each in start],
        # each label weighs by total / its count: undone by the log of the ratio of counts
        lean=[round(log(shares[0] / shares[label]), 4) for label in (-1, 1)],
        read={name: [float(others[0, at]), float(others[1, at])] for at, name in enumerate(READ)},
        style={name: [float(others[0, at]), float(others[1, at])] for at, name in enumerate(STYLE, len(READ))},
        words={word: [int(small[0, at]), int(small[1, at])] for at, word in enumerate(kept) if small[:, at].any()},
    )


def check_labels(labels: Sequence[int]) -> None:
    """Whether a model can be made of them.

    raises  ConfigError where they are too few, or nearly all of one kind
    """
    counts = Counter(labels)
    if len(labels) < FEWEST or any(counts[label] < FEWEST_EACH for label in LABELS):
        told = f"{counts[-1]} negative, {counts[0]} neutral, {counts[1]} positive"
        raise ConfigError(
            f"fit: {told}, copies once; it needs at least {FEWEST} labels and {FEWEST_EACH} of each kind: "
            "label more, `monitor label sample` draws some"
        )


def learner() -> Any:
    """scikit-learn's part that fits.

    raises  ConfigError where it is not installed
    """
    try:
        return import_module("sklearn.linear_model")
    except ImportError as error:
        raise ConfigError(
            "fit: needs scikit-learn, which is not installed; `pip install 'brand-monitor[fit]'` brings it (scoring does not need it)"
        ) from error


def _words_of(looked: Sequence[Features]) -> list[str]:
    """Words and pairs that stand in two texts or more, as far as they can be shown."""
    texts = Counter(chain.from_iterable(features.units for features in looked))
    return sorted(
        word
        for word, count in texts.items()
        if count >= _FEWEST_TEXTS and len(word) <= _LONGEST_WORD and word.isprintable() and "·" not in word
    )


def _scales(looked: Sequence[Features], words: Sequence[str]) -> Floats:
    """What each word's weight is learnt against: rare words move more by one text (inverse document frequency)."""
    texts = Counter(chain.from_iterable(features.units for features in looked))
    return np.array([(log((1 + len(looked)) / (1 + texts[word])) + 1) * _WORDS_BY for word in words])


def _matrix(looked: Sequence[Features], words: Sequence[str]) -> Any:
    """A row a text: its words, then what is read in it and how it is written."""
    sparse = import_module("scipy.sparse")
    places = {word: at for at, word in enumerate(words)}
    scales = _scales(looked, words)
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for features in looked:
        there = sorted(places[word] for word in features.units if word in places)
        by = 1 / sqrt(len(features.units) or 1)
        columns += there
        values += [float(scales[at]) * by for at in there]
        ends.append(len(columns))
    of_words = sparse.csr_matrix((values, columns, ends), shape=(len(looked), len(words)))
    others = np.array([[*features.read, *features.style] for features in looked], dtype=float)
    return sparse.hstack([of_words, sparse.csr_matrix(others)]).tocsr()


def _regression(matrix: Any, labels: Sequence[int]) -> tuple[Floats, Floats]:
    """Weights and start of negative and of positive, against neutral."""
    fitted = learner().LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=_ROUNDS).fit(matrix, np.array(labels))
    weights, start = fitted.coef_, fitted.intercept_
    return weights[[0, 2]] - weights[1], start[[0, 2]] - start[1]
