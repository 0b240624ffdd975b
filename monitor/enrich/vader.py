"""VADER's rules, to the digit as vaderSentiment 3.3.2 applies them, in time that grows with the text's length.

vaderSentiment looks at every word many times and reads the whole text again for each word that it knows. Here a token is
judged once and remembered (`vader_tokens`); only words with a valence look at the three words before them. All sums
are taken in the original's order, because the last digit depends on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import compress
from math import sqrt
from typing import NamedTuple

from monitor.enrich.vader_lexicon import Lexicon
from monitor.enrich.vader_tokens import BUT, EMOJI, PHRASE, RULED, SILENT, UPPER, Hit, Hits, Role, Roles, expanded, joined

CUT = 0.05
"""Compound from which a text is called positive, and below whose negative it is called negative:
the cut its authors recommend (Hutto & Gilbert 2014)."""

_NEGATED = -0.74
_IN_CAPITALS = 0.733
_CALLS = tuple(count * 0.292 for count in range(5))
_QUESTIONS = (0, 0, 2 * 0.18, 3 * 0.18, 0.96)
_EMPHASIS = [[calls + questions for questions in _QUESTIONS] for calls in _CALLS]
_MANY = 40


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


_NO_WORDS = Score(0.0, 0.0, 0.0, 0.0)
_NO_VALENCE = Score(0.0, 0.0, 1.0, 0.0)


class Vader:
    """Scores texts by a lexicon; remembers the tokens it has seen, so keep one and give it many texts."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._hits = Hits(lexicon)
        self._roles = Roles(lexicon)

    def score(self, texts: Sequence[str]) -> list[Score]:
        """A score for each text, in order."""
        found = self._hits.__getitem__
        scores = []
        for text in texts:
            tokens = text.split()
            at = list(compress(range(len(tokens)), map(found, tokens)))
            scores.append(self._judged(text, tokens, at) if at else _NO_VALENCE if tokens else _NO_WORDS)
        return scores

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
                one, two, three = (self._roles[tokens[i - back]] if i >= back else None for back in (1, 2, 3))
                valence = self._ruled(tokens, i, hit, one, two, three, differs, notes)
                found.append((i, hit, valence, notes))
        valences = [valence for _, _, valence, _ in found]
        if before_but is not None:
            _weigh_but(valences, before_but)
        contributions = []
        for (i, hit, valence, notes), weighed in zip(found, valences, strict=True):
            rules = (*notes, "but") if weighed != valence else tuple(notes)
            contributions.append(Contribution(i, hit[2], hit[0], weighed, rules))
        return Explained(_score([valence for valence in valences if valence], len(tokens), text), contributions, _emphasis(text))

    def _judged(self, text: str, tokens: list[str], at: list[int], ready: bool = False) -> Score:
        """The score of a text with hits at these positions; `ready` once emoji are spelt out and phrases joined."""
        hits, roles = self._hits, self._roles
        valences: list[float] = []
        before_but: int | None = None
        differs: bool | None = None
        for i in at:
            hit = hits[tokens[i]]
            assert hit is not None
            valence, flags, _ = hit
            if flags > UPPER + RULED:
                if flags & (PHRASE | EMOJI) and not ready:
                    return self._judged_anew(text, tokens)
                if flags & BUT and before_but is None:
                    before_but = len(valences)
                if flags & SILENT:
                    continue
            if i > 2:
                one, two, three = roles[tokens[i - 1]], roles[tokens[i - 2]], roles[tokens[i - 3]]
            else:
                one = roles[tokens[i - 1]] if i else None
                two = roles[tokens[0]] if i == 2 else None
                three = None
            if one or two or three or flags:
                if differs is None:
                    differs = not all(map(str.isupper, tokens))
                valence = self._ruled(tokens, i, hit, one, two, three, differs)
            if valence:
                valences.append(valence)
        if before_but is not None:
            _weigh_but(valences, before_but)
        return _score(valences, len(tokens), text)

    def _judged_anew(self, text: str, tokens: list[str]) -> Score:
        """The score after emoji are spelt out and phrases joined."""
        text, tokens = self._spelt(text, tokens)
        at = list(compress(range(len(tokens)), map(self._hits.__getitem__, tokens)))
        return self._judged(text, tokens, at, ready=True)

    def _spelt(self, text: str, tokens: list[str]) -> tuple[str, list[str]]:
        tokens = expanded(tokens, self._hits, self.lexicon)
        return " ".join(tokens), joined(tokens, self.lexicon) if self.lexicon.phrases else tokens

    def _ruled(
        self,
        tokens: list[str],
        i: int,
        hit: Hit,
        one: Role | None,
        two: Role | None,
        three: Role | None,
        differs: bool,
        notes: list[str] | None = None,
    ) -> float:
        """The valence of the hit at `i` after the rules on the words around it.

        one, two, three  roles of the words that many before it
        differs          the text is not all in capitals
        notes            gets the names of the rules that were applied
        """
        lexicon = self.lexicon
        valence, flags, word = hit
        if flags & RULED and i + 1 < len(tokens):
            following = lexicon.word(tokens[i + 1])
            if word == "kind" and following == "of":
                return _noted(notes, "kind of", "", 0.0)
            if word == "no" and following in lexicon.words:
                valence = _noted(notes, "no as negation", "", 0.0)
        first = one.word if one else ""
        second = two.word if two else ""
        third = three.word if three else ""
        if first == "no" or second == "no" or (third == "no" and lexicon.word(tokens[i - 1]) in ("or", "nor")):
            valence = _noted(notes, "no before it", "", hit[0] * _NEGATED)
        if flags & UPPER and differs:
            valence = _noted(notes, "caps", "", valence + (_IN_CAPITALS if valence > 0 else -_IN_CAPITALS))

        if one and not one.is_known:
            if one.boost:
                valence = _noted(notes, "booster", first, valence + _boost(one, valence, differs))
            if one.negates:
                valence = _noted(notes, "negation", first, valence * _NEGATED)
        if two and not two.is_known:
            if two.boost:
                valence = _noted(notes, "booster", second, valence + _boost(two, valence, differs) * 0.95)
            if two.negates:
                if second == "never" and first in ("so", "this"):
                    valence = _noted(notes, "never so", "", valence * 1.25)
                elif second == "without" and first == "doubt":
                    _noted(notes, "without doubt", "", valence)
                else:
                    valence = _noted(notes, "negation", second, valence * _NEGATED)
        if i > 2 and not (three.is_known if three else self._is_known(tokens[i - 3])):
            if three and three.boost:
                valence = _noted(notes, "booster", third, valence + _boost(three, valence, differs) * 0.9)
            if first in ("so", "this") or (third == "never" and second in ("so", "this")):
                valence = _noted(notes, "never so", "", valence * 1.25)
            elif three and three.negates:
                if third == "without" and "doubt" in (second, first):
                    _noted(notes, "without doubt", "", valence)
                else:
                    valence = _noted(notes, "negation", third, valence * _NEGATED)
            if flags & RULED or (one and one.in_idiom) or (two and two.in_idiom) or (three and three.in_idiom):
                valence = self._idiom(valence, tokens, i, notes)
        if first == "least" and one and not one.is_known and (i == 1 or lexicon.word(tokens[i - 2]) not in ("at", "very")):
            valence = _noted(notes, "least", "", valence * _NEGATED)
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
                valence = _noted(notes, "idiom", phrase, idioms[phrase])
                break
        for end in range(1, len(after) + 1):
            phrase = " ".join([here, *after[:end]])
            if phrase in idioms:
                valence = _noted(notes, "idiom", phrase, idioms[phrase])
        for phrase in before:
            if phrase in boosters:
                valence = _noted(notes, "booster", phrase, valence + boosters[phrase])
        return valence


def _noted(notes: list[str] | None, rule: str, word: str, valence: float) -> float:
    if notes is not None:
        notes.append(f"{rule}: {word}" if word else rule)
    return valence


def _boost(role: Role, valence: float, differs: bool) -> float:
    """What a booster adds to the word right after it."""
    boost = -role.boost if valence < 0 else role.boost
    if role.is_upper and differs:
        boost += _IN_CAPITALS if valence > 0 else -_IN_CAPITALS
    return boost


def _weigh_but(valences: list[float], before: int) -> None:
    """Halve what stands before the first `but` and raise what comes after by half; the first `before` ones are before it.

    As in vaderSentiment, each step takes the value at its place but changes the first place with an equal value,
    so equal values are changed twice or never.
    """
    if len(valences) <= _MANY:
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


def _score(valences: list[float], words: int, text: str) -> Score:
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
        emphasis = _emphasis(text)
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
    return Score(
        _rounded(compound, 10_000) if compound >= 0 else -_rounded(-compound, 10_000),
        _rounded(pos / size, 1_000) if pos else 0.0,
        _rounded(neutral / size, 1_000),
        _rounded(-neg / size, 1_000) if neg else 0.0,
    )


def _emphasis(text: str) -> float:
    """What exclamation and question marks add to the sum, away from 0."""
    return _EMPHASIS[min(text.count("!"), 4)][min(text.count("?"), 4)]


def _rounded(share: float, steps: int) -> float:
    """`round` to 3 or 4 digits for a share of 0 to 1, in a third of the time: only what lies near the middle between two steps needs it."""
    scaled = share * steps + 0.5
    step = int(scaled)
    if 1e-6 < scaled - step < 1 - 1e-6:
        return step / steps
    return round(share, 3 if steps == 1_000 else 4)
