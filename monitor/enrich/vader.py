"""VADER's rules, to the digit as vaderSentiment 3.3.2 applies them, in time that grows with the text's length.

vaderSentiment looks at every word many times and reads the whole text again for each word that it knows. Here a token is
judged once and remembered (`vader_tokens`); only words with a valence look at the three words before them. All sums
are taken in the original's order, because the last digit depends on it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

import numpy as np

from monitor.enrich.vader_lexicon import Lexicon
from monitor.enrich.vader_score import CUT, Score, emphasis_of, score_of, weigh_but
from monitor.enrich.vader_tokens import BUT, EMOJI, PHRASE, RULED, SILENT, UPPER, Hit, Hits, Role, Roles, expanded, joined
from monitor.enrich.vocabulary import Facts, Words

__all__ = ["CUT", "Contribution", "Explained", "Score", "Vader"]

_NEGATED = -0.74
_IN_CAPITALS = 0.733


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one word adds to a text's score.

    position  of its token, from 0, after emoji were spelt out and phrases joined
    word      in lower case, without punctuation
    base      its valence in the lexicon
    valence   after all rules
    rules     that changed it, in the order they did: "caps", "booster: very", "negation: not", "never so", "without doubt",
              "no before it", "no as negation", "kind of", "idiom: the bomb", "least", "but"
    """

    position: int
    word: str
    base: float
    valence: float
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A score and where it comes from.

    contributions  of every word with a valence, in the order of the text; their sum, moved away from 0
                   by `emphasis`, is what `compound` is made of
    emphasis       of exclamation and question marks, 0 or more
    """

    score: Score
    contributions: Sequence[Contribution]
    emphasis: float


class Vader:
    """Scores texts by a lexicon; remembers the tokens it has seen, so keep one and give it many texts."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._hits = Hits(lexicon)
        self._roles = Roles(lexicon)
        self._hit_facts = Facts(self._hits.__getitem__)
        self._role_facts = Facts(self._roles.__getitem__)

    def score(self, texts: Sequence[str]) -> list[Score]:
        """A score for each text, in order."""
        scores = []
        for text in texts:
            tokens = text.split()
            valences = self._valences(tokens, self._places(tokens))
            scores.append(self._spelt_score(text, tokens) if valences is None else score_of(valences, len(tokens), text))
        return scores

    def score_words(self, texts: Sequence[str], words: Words) -> list[Score]:
        """The same for texts whose words have been read."""
        scores = []
        for text, tokens, valences in zip(texts, words.split, self._valences_in(words), strict=True):
            scores.append(self._spelt_score(text, tokens) if valences is None else score_of(valences, len(tokens), text))
        return scores

    def _spelt_score(self, text: str, tokens: list[str]) -> Score:
        """The score of a text in which emoji must be spelt out or phrases joined."""
        text, tokens = self._spelt(text, tokens)
        return score_of(self._valences(tokens, self._places(tokens), ready=True) or [], len(tokens), text)

    def _places(self, tokens: list[str]) -> Iterable[int]:
        """Where the hits of a text are."""
        return compress(range(len(tokens)), map(self._hits.__getitem__, tokens))

    def _valences_in(self, words: Words) -> Iterator[list[float] | None]:
        """What `_valences` gives for each text; most short ones have no rules."""
        places, hits = self._hit_facts.among(words)
        roles, _ = self._role_facts.codes(words)
        near = roles.copy()
        for far in (1, 2, 3):
            near[far:] |= roles[:-far]
        valences = [hit[0] for hit in hits]
        is_ruled = [near or hit[1] or not hit[0] for near, hit in zip(near[places].tolist(), hits, strict=True)]
        edges = [*np.searchsorted(places, words.starts).tolist(), len(places)]
        for tokens, start, (low, high) in zip(words.split, words.starts.tolist(), pairwise(edges), strict=True):
            if any(is_ruled[low:high]):
                yield self._valences(tokens, [place - start for place in places[low:high]])
            else:
                yield valences[low:high]

    def explain(self, text: str) -> Explained:
        """The same score as `score` gives, with what each word adds to it; about twice as slow."""
        text, tokens = self._spelt(text, text.split())
        differs = not all(map(str.isupper, tokens))
        found: list[tuple[int, Hit, float, list[str]]] = []
        before_but: int | None = None
        for i, hit in enumerate(map(self._hits.__getitem__, tokens)):
            if hit and hit[1] & BUT and before_but is None:
                before_but = len(found)
            if hit and not hit[1] & SILENT:
                notes: list[str] = []
                valence = self._ruled(tokens, i, hit, differs, notes)
                found.append((i, hit, valence, notes))
        valences = [valence for _, _, valence, _ in found]
        if before_but is not None:
            weigh_but(valences, before_but)
        contributions = []
        for (i, hit, valence, notes), weighed in zip(found, valences, strict=True):
            rules = (*notes, "but") if weighed != valence else tuple(notes)
            contributions.append(Contribution(i, hit[2], hit[0], weighed, rules))
        return Explained(score_of([valence for valence in valences if valence], len(tokens), text), contributions, emphasis_of(text))

    def _valences(self, tokens: list[str], places: Iterable[int], ready: bool = False) -> list[float] | None:
        """Those other than 0, in the order of the text; None where emoji must be spelt out or phrases joined before, if not `ready`.

        places  of the hits among the tokens
        """
        hits, roles = self._hits, self._roles
        valences: list[float] = []
        before_but: int | None = None
        differs: bool | None = None
        for i in places:
            hit = hits[tokens[i]]
            assert hit is not None
            valence, flags, _ = hit
            if flags > UPPER + RULED:
                if flags & (PHRASE | EMOJI) and not ready:
                    return None
                if flags & BUT and before_but is None:
                    before_but = len(valences)
                if flags & SILENT:
                    continue
            if flags or (i and roles[tokens[i - 1]]) or (i > 1 and roles[tokens[i - 2]]) or (i > 2 and roles[tokens[i - 3]]):
                if differs is None:
                    differs = not all(map(str.isupper, tokens))
                valence = self._ruled(tokens, i, hit, differs)
            if valence:
                valences.append(valence)
        if before_but is not None:
            weigh_but(valences, before_but)
        return valences

    def _spelt(self, text: str, tokens: list[str]) -> tuple[str, list[str]]:
        tokens = expanded(tokens, self._hits, self.lexicon)
        return " ".join(tokens), joined(tokens, self.lexicon) if self.lexicon.phrases else tokens

    def _ruled(self, tokens: list[str], i: int, hit: Hit, differs: bool, notes: list[str] | None = None) -> float:
        """The valence of the hit at `i` after the rules on the words around it.

        differs  the text is not all in capitals
        notes    gets the names of the rules that were applied
        """
        roles = self._roles
        valence, flags, word = hit
        one = roles[tokens[i - 1]] if i else None
        two = roles[tokens[i - 2]] if i > 1 else None
        three = roles[tokens[i - 3]] if i > 2 else None
        first = one.word if one else ""
        second = two.word if two else ""
        third = three.word if three else ""

        if flags & RULED and i + 1 < len(tokens):
            following = self.lexicon.word(tokens[i + 1])
            if word == "kind" and following == "of":
                return _noted(notes, "kind of", 0.0)
            if word == "no" and following in self.lexicon.words:
                valence = _noted(notes, "no as negation", 0.0)
        if first == "no" or second == "no" or (third == "no" and self.lexicon.word(tokens[i - 1]) in ("or", "nor")):
            valence = _noted(notes, "no before it", hit[0] * _NEGATED)
        if flags & UPPER and differs:
            valence = _noted(notes, "caps", valence + (_IN_CAPITALS if valence > 0 else -_IN_CAPITALS))

        if one and not one.is_known:
            if one.boost:
                valence += _boost(one, valence, differs, notes)
            if one.negates:
                valence = _negated(one, valence, notes)
        if two and not two.is_known:
            if two.boost:
                valence += _boost(two, valence, differs, notes) * 0.95
            if two.negates:
                if second == "never" and first in ("so", "this"):
                    valence = _noted(notes, "never so", valence * 1.25)
                elif second == "without" and first == "doubt":
                    _noted(notes, "without doubt", valence)
                else:
                    valence = _negated(two, valence, notes)
        if i > 2 and not (three.is_known if three else self._is_known(tokens[i - 3])):
            if three and three.boost:
                valence += _boost(three, valence, differs, notes) * 0.9
            if first in ("so", "this") or (third == "never" and second in ("so", "this")):
                valence = _noted(notes, "never so", valence * 1.25)
            elif three and three.negates:
                if third == "without" and "doubt" in (second, first):
                    _noted(notes, "without doubt", valence)
                else:
                    valence = _negated(three, valence, notes)
            if flags & RULED or (one and one.in_idiom) or (two and two.in_idiom) or (three and three.in_idiom):
                valence = self._idiom(valence, tokens, i, notes)
        if first == "least" and one and not one.is_known and (i == 1 or self.lexicon.word(tokens[i - 2]) not in ("at", "very")):
            valence = _noted(notes, "least", valence * _NEGATED)
        return valence

    def _is_known(self, token: str) -> bool:
        hit = self._hits[token]
        return hit is not None and not hit[1] & SILENT

    def _idiom(self, valence: float, tokens: list[str], i: int, notes: list[str] | None) -> float:
        """The valence where an idiom stands within three words before to two words after position `i`."""
        idioms, boosters = self.lexicon.idioms, self.lexicon.boosters
        three, two, one, here, *after = (self.lexicon.word(token) for token in tokens[i - 3 : i + 3])
        before = (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}")
        for phrase in (f"{one} {here}", f"{two} {one} {here}", before[2], before[0], before[1]):
            if phrase in idioms:
                valence = _noted(notes, f"idiom: {phrase}", idioms[phrase])
                break
        for end in range(1, len(after) + 1):
            phrase = " ".join([here, *after[:end]])
            if phrase in idioms:
                valence = _noted(notes, f"idiom: {phrase}", idioms[phrase])
        for phrase in before:
            if phrase in boosters:
                valence = _noted(notes, f"booster: {phrase}", valence + boosters[phrase])
        return valence


def _noted(notes: list[str] | None, rule: str, valence: float) -> float:
    if notes is not None:
        notes.append(rule)
    return valence


def _negated(role: Role, valence: float, notes: list[str] | None) -> float:
    if notes is not None:
        notes.append(f"negation: {role.word}")
    return valence * _NEGATED


def _boost(role: Role, valence: float, differs: bool, notes: list[str] | None) -> float:
    """What a booster adds to the word right after it."""
    if notes is not None:
        notes.append(f"booster: {role.word}")
    boost = -role.boost if valence < 0 else role.boost
    if role.is_upper and differs:
        boost += _IN_CAPITALS if valence > 0 else -_IN_CAPITALS
    return boost
