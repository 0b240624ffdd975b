"""How well a model does on labels that it has not seen, beside VADER and `vader-brand` on the same texts."""

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import NamedTuple

from monitor.config.models import Brand
from monitor.enrich.linear.features import Features, Looker
from monitor.enrich.linear.fit import LABELS, check_labels, fit, learner
from monitor.enrich.linear.model import Model
from monitor.enrich.linear.scorer import LinearScorer, verdict_of
from monitor.enrich.sentiment import Said, plain_scores

FOLDS = 5
BANDS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_PLAIN = re.compile(r"https?:\S+|@\w+|[^\w]+")


class Labelled(NamedTuple):
    """A text, and what a person says of it: -1, 0 or 1."""

    said: Said
    label: int


class Band(NamedTuple):
    """Texts to which the model gave about the same chance of being negative.

    predicted, seen  mean chance, and the share that is
    """

    low: float
    high: float
    texts: int
    predicted: float
    seen: float


class Move(NamedTuple):
    """A text to which the model, without having seen it, gives another label than `vader-brand`."""

    said: Said
    label: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Trained:
    """A model of all labels, and how models of four fifths of them did on the fifth that each had not seen.

    left_out   how many texts the scorer does not judge: empty ones, and those known to be in another language
    macro_f1   by scorer, over the same texts
    recall     share of the negative ones that are called so, by scorer
    bands      chance of negative against what was
    moves      texts that would get another label than `vader-brand` gives
    """

    model: Model
    left_out: int
    macro_f1: dict[str, float]
    recall: dict[str, float]
    bands: Sequence[Band]
    moves: Sequence[Move]


def train(labelled: Sequence[Labelled], *, brands: Sequence[Brand] = ()) -> Trained:
    """Fit a model and say what to expect of it; the same labels in the same order give the same.

    raises  ConfigError where scikit-learn is missing, or labels are too few
    """
    learner()
    looked = list(Looker(brands).look([one.said for one in labelled]))
    judged = [(one, features) for one, features in zip(labelled, looked, strict=True) if features is not None]
    rows = [one for one, _ in judged]
    seen = [features for _, features in judged]
    labels = [one.label for one in rows]
    # copies of one text teach no more than one of them
    check_labels(list(_first_labels(rows).values()))
    logits, lean = _unseen(rows, seen, labels)
    ours = [verdict_of(round(warm - cold, 2), round((warm + cold) / 2, 2))[1] for cold, warm in logits]
    plain = [score.label if score else 0 for score in plain_scores([one.said.text for one in rows])]
    before = [features.verdict.label or 0 for features in seen]
    called = {"linear": ours, "vader-brand": before, "vader": plain}
    macro = {name: macro_f1(labels, each) for name, each in called.items()}
    return Trained(
        model=fit(seen, labels, macro_f1=macro["linear"]),
        left_out=len(labelled) - len(judged),
        macro_f1=macro,
        recall={name: _recall(labels, each, -1) for name, each in called.items()},
        bands=_bands([_chance(pair, by) for pair, by in zip(logits, lean, strict=True)], labels),
        moves=[
            Move(one.said, one.label, old, new) for one, old, new in zip(rows, before, ours, strict=True) if old != new
        ],
    )  # fmt: skip


def macro_f1(labels: Sequence[int], called: Sequence[int]) -> float:
    """The mean of F1 over negative, neutral and positive; 0 for one that neither people nor the scorer gave.

    >>> round(macro_f1([-1, -1, 0, 1], [-1, 0, 0, 1]), 3)
    0.778
    """
    right = Counter(label for label, call in zip(labels, called, strict=True) if label == call)
    given, made = Counter(labels), Counter(called)
    return sum(2 * right[label] / ((given[label] + made[label]) or 1) for label in LABELS) / len(LABELS)


def same_words(text: str) -> str:
    """What copies of a text have in common, such as its retweets: its words without addresses, handles and marks.

    >>> same_words("RT: Late AGAIN @acme https://t.co/x") == same_words("late again!")
    True
    """
    return _PLAIN.sub(" ", text.lower()).removeprefix("rt ").strip() or text


def _unseen(
    rows: Sequence[Labelled], looked: Sequence[Features], labels: Sequence[int]
) -> tuple[list[tuple[float, float]], list[Sequence[float]]]:
    """The log odds that each text gets from a model that has not seen it, and that model's lean."""
    folds = _dealt(rows)
    logits: list[tuple[float, float]] = [(0.0, 0.0)] * len(rows)
    lean: list[Sequence[float]] = [(0.0, 0.0)] * len(rows)
    for fold in range(FOLDS):
        known = [at for at, there in enumerate(folds) if there != fold]
        model = fit([looked[at] for at in known], [labels[at] for at in known])
        scorer = LinearScorer(model)
        for at, there in enumerate(folds):
            if there == fold:
                logits[at], lean[at] = scorer.logits(looked[at]), model.lean
    return logits, lean


def _dealt(rows: Sequence[Labelled]) -> list[int]:
    """A fold for each text: each label is spread evenly, and copies stay together."""
    first = _first_labels(rows)
    order = sorted(first, key=lambda key: (first[key], hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()))
    dealt = {key: at % FOLDS for at, key in enumerate(order)}
    return [dealt[same_words(one.said.text)] for one in rows]


def _first_labels(rows: Sequence[Labelled]) -> dict[str, int]:
    """Each different text with its first label."""
    first: dict[str, int] = {}
    for one in rows:
        first.setdefault(same_words(one.said.text), one.label)
    return first


def _chance(logits: tuple[float, float], lean: Sequence[float]) -> float:
    """The chance of negative where labels are as frequent as those that were given."""
    cold, warm = (value - by for value, by in zip(logits, lean, strict=True))
    top = max(cold, warm, 0.0)
    odds = exp(cold - top), exp(-top), exp(warm - top)
    return odds[0] / sum(odds)


def _bands(chances: Sequence[float], labels: Sequence[int]) -> list[Band]:
    bands = []
    for low, high in itertools.pairwise(BANDS):
        there = [
            (chance, label == -1) for chance, label in zip(chances, labels, strict=True) if low <= chance < high or chance == high == 1
        ]
        if there:
            bands.append(
                Band(low, high, len(there), sum(each for each, _ in there) / len(there), sum(hit for _, hit in there) / len(there))
            )
    return bands


def _recall(labels: Sequence[int], called: Sequence[int], label: int) -> float:
    given = [call for each, call in zip(labels, called, strict=True) if each == label]
    return given.count(label) / (len(given) or 1)
