"""`linear`: the label that a fitted model gives, how sure it is, and why; in plain Python."""

from collections.abc import Sequence
from math import exp, sqrt

from monitor.config.models import Brand
from monitor.enrich.linear.features import READ, STYLE, Features, Looker
from monitor.enrich.linear.model import VERSION, Model
from monitor.enrich.linear.why import line_of
from monitor.enrich.sentiment import UNSCORED, Said, Verdict

_AT_ONCE = 256


class LinearScorer:
    """Scores texts towards brands by a fitted model; it remembers tokens, so keep one and give it many texts.

    name  version, and a hash of weights, lexicon and brands
    """

    def __init__(self, model: Model, brands: Sequence[Brand] = ()) -> None:
        self._looker = Looker(brands)
        self._cold = {word: pair[0] for word, pair in model.words.items()}
        self._warm = {word: pair[1] for word, pair in model.words.items()}
        self._known = frozenset(model.words)
        self._step = model.step
        self._start = model.start
        self._read = [model.read[name] for name in READ]
        self._style = [model.style[name] for name in STYLE]
        self.name = f"linear/{VERSION}+{model.hash}.{self._looker.name.rpartition('+')[2]}"

    def score(self, said: Sequence[Said], *, explain: bool = False) -> list[Verdict]:
        """A verdict for each, in order; with its `why` if that is asked for."""
        verdicts: list[Verdict] = []
        for first in range(0, len(said), _AT_ONCE):
            for features in self._looker.look(said[first : first + _AT_ONCE]):
                verdicts.append(UNSCORED if features is None else self._verdict(features, explain))
        return verdicts

    def logits(self, features: Features) -> tuple[float, float]:
        """The log odds of negative and of positive against neutral."""
        known = self._known.intersection(features.units)
        by = self._step / sqrt(len(features.units) or 1)
        cold = self._start[0] + by * sum(map(self._cold.__getitem__, known))
        warm = self._start[1] + by * sum(map(self._warm.__getitem__, known))
        for values, weights in ((features.read, self._read), (features.style, self._style)):
            for value, weight in zip(values, weights, strict=True):
                if value:
                    cold += value * weight[0]
                    warm += value * weight[1]
        return cold, warm

    def _verdict(self, features: Features, explain: bool) -> Verdict:
        cold, warm = self.logits(features)
        tilt, feeling = round(warm - cold, 2), round((warm + cold) / 2, 2)
        compound, label = verdict_of(tilt, feeling)
        return Verdict(compound, label, line_of(self._parts(features), tilt, feeling, label) if explain else None)

    def _parts(self, features: Features) -> list[tuple[str, float]]:
        """What each word and the rest add to the tilt."""
        by = self._step / sqrt(len(features.units) or 1)
        parts = [(word, by * (self._warm[word] - self._cold[word])) for word in self._known.intersection(features.units)]
        read = sum(value * (weight[1] - weight[0]) for value, weight in zip(features.read, self._read, strict=True))
        style = sum(value * (weight[1] - weight[0]) for value, weight in zip(features.style, self._style, strict=True))
        found = ", ".join(features.said[:3])
        parts.append((f"[{found}]" if found else "[no lexicon word]", read))
        parts.append(("[style]", style + self._start[1] - self._start[0]))
        return parts


def verdict_of(tilt: float, feeling: float) -> tuple[float, int]:
    """The score, p(positive) - p(negative) with four digits, and the likeliest label; neutral where two are as likely.

    tilt     log odds of positive against negative
    feeling  mean log odds of the two against neutral: how sure it is that there is any feeling

    >>> verdict_of(-2.0, 1.0)
    (-0.6973, -1)
    """
    cold, warm = feeling - tilt / 2, feeling + tilt / 2
    top = max(cold, warm, 0.0)
    odds = exp(cold - top), exp(-top), exp(warm - top)
    compound = round((odds[2] - odds[0]) / sum(odds), 4)
    label = 1 if warm > max(cold, 0.0) else -1 if cold > max(warm, 0.0) else 0
    return compound, label
