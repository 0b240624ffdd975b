"""From words to what they add up to: which of them count, after the words around them."""

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import TypeAlias

from monitor.enrich.brand_sentiment.hits import ANY, BARE, BOOSTER, FIXED, LAST, NEGATED, NEGATOR, OTHER, TURN, Beside, Hit, Hits, Phrase
from monitor.enrich.brand_sentiment.normalise import MARKS
from monitor.enrich.brand_sentiment.profile import Profile
from monitor.enrich.vocabulary import Facts, Words

_REACH = 3
_FURTHER = 0.05
_NOWHERE = -10
_ENDS = frozenset(".!?;:,)\x00")
_BEFORE_BUT, _AFTER_BUT = 0.5, 1.5


Part: TypeAlias = tuple[int, float, str]
"""What a word or phrase adds: the position of its first word, its valence after the words around it, and the word as it
is shown, with what turned it ("not good"). Plain, since there are millions of them."""

Reading: TypeAlias = tuple[list[Part], bool]
"""What counts in one text, with positions among all tokens, and whether it may name one of the other brands."""


class Reader:
    """Reads texts for one brand; remembers tokens, so keep one and give it many texts.

    names  of the brand (0) and of others (1 and up), the longest first
    """

    def __init__(self, profile: Profile) -> None:
        self.names = sorted([*((name, 0) for name in profile.names), *profile.others.items()], key=lambda named: -len(named[0]))
        self._hits = Hits(profile)
        self._facts = Facts(self._hits.__getitem__)

    def remember(self, most: int) -> None:
        """Remember no more tokens than that."""
        self._hits.most = most

    def read(self, tokens: list[str]) -> list[Reading]:
        """What counts in each text.

        tokens  of all texts, with END after each
        """
        hits = list(map(self._hits.__getitem__, tokens))
        return self._readings(tokens, zip(compress(range(len(tokens)), hits), filter(None, hits), strict=False))

    def read_words(self, words: Words) -> list[Reading]:
        """The same for texts that have been read."""
        return self._readings(words.tokens, zip(*self._facts.among(words), strict=True))

    def _readings(self, tokens: list[str], found: Iterable[tuple[int, Hit]]) -> list[Reading]:
        """What counts in each text.

        tokens  of all texts, with END after each
        found   the hits among them, and where they stand
        """
        bare = BARE
        readings: list[Reading] = []
        parts: list[Part] = []
        negators: list[Part] = []
        used: set[int] = set()
        start = done = seen = 0
        turn = negated_at = boosted_at = _NOWHERE
        boost = 0.0
        for i, hit in found:
            valence, flags, word, after, before, wild = hit
            if flags:
                seen |= flags
                if flags >= LAST:
                    if negators:
                        parts += [part for part in negators if part[0] not in used]
                        negators, used = [], set()
                    if turn >= 0:
                        parts = [(at, size * (_BEFORE_BUT if at < turn else _AFTER_BUT), shown) for at, size, shown in parts]
                        turn = _NOWHERE
                    readings.append((parts, seen & OTHER != 0))
                    parts, start, seen = [], i + 1, 0
                    negated_at = boosted_at = _NOWHERE
                    continue
            at = i
            if (after is not None and bare[tokens[i + 1]] in after) or (before is not None and bare[tokens[i - 1]] in before) or wild:
                phrase = self._phrase_at(tokens, i, after, before, wild, max(start, done))
                if phrase is not None:
                    first, size, _, valence, flags, shown = phrase
                    at = i - first
                    done = at + size
                    word = shown or " ".join([bare[token] for token in tokens[at:done]])
                    while parts and parts[-1][0] >= at:
                        parts.pop()
                    while negators and negators[-1][0] >= at:
                        negators.pop()
                    negated_at = negated_at if negated_at < at else _NOWHERE
                    boosted_at = boosted_at if boosted_at < at else _NOWHERE
                elif i < done:
                    continue
            elif i < done:
                continue
            if flags > FIXED:
                if flags & NEGATOR:
                    negated_at = i
                    if valence:
                        negators.append((i, valence, word))
                    continue
                if flags & BOOSTER:
                    boosted_at, boost = i, valence
                    continue
                if flags & TURN and turn < 0:
                    turn = i
            if not valence:
                continue
            if not flags & FIXED:
                if at - boosted_at <= _REACH and _are_joined(tokens[boosted_at:at]):
                    further = 1 - _FURTHER * (at - boosted_at - 1)
                    valence += boost * further if valence > 0 else -boost * further
                if at - negated_at <= _REACH and _are_joined(tokens[negated_at:at]):
                    if valence < 0:
                        continue
                    used.add(negated_at)
                    valence, word = valence * NEGATED, f"{bare[tokens[negated_at]]} {word}"
            parts.append((at, valence, word))
        return readings

    def _phrase_at(self, tokens: list[str], i: int, after: Beside, before: Beside, wild: Sequence[Phrase], low: int) -> Phrase | None:
        """The longest phrase that token `i` is part of, and that does not start before `low`."""
        bare = BARE
        best: Phrase | None = None
        longest = 0
        for phrases in (
            after.get(bare[tokens[i + 1]], ()) if after is not None else (),
            before.get(bare[tokens[i - 1]], ()) if before is not None else (),
            wild,
        ):
            for phrase in phrases:
                start, size, wanted, _, _, shown = phrase
                first = i - start
                if size <= longest:
                    break
                if first < low:
                    continue
                # of two words both are known to be there
                if (size > 2 or shown is None) and not _fits(wanted, [bare[token] for token in tokens[first : first + size]]):
                    continue
                best, longest = phrase, size
                break
        return best


def _are_joined(tokens: Sequence[str]) -> bool:
    """Whether no mark stands behind any of the tokens."""
    for token in tokens:  # noqa: SIM110  half the time of all()
        if token[-1] in _ENDS:
            return False
    return True


def _fits(phrase: Sequence[str], words: Sequence[str]) -> bool:
    return phrase == words or (
        ANY in phrase
        and len(phrase) == len(words)
        and all(want == word or (want == ANY and word not in MARKS) for want, word in zip(phrase, words, strict=True))
    )
