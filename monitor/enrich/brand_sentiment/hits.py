"""What each token of a text is to one brand: judged once, then one look-up."""

import html
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from string import punctuation
from typing import NamedTuple, TypeVar

from monitor.enrich.brand_sentiment.lexicon import GREATEST, Entry, shipped
from monitor.enrich.brand_sentiment.normalise import CURLY, END, words_of
from monitor.enrich.brand_sentiment.profile import Profile
from monitor.enrich.vader_lexicon import plain

FIXED, BOOSTER, NEGATOR, TURN, OTHER, LAST = 1, 2, 4, 8, 16, 32
"""What is special about a word: counts as it stands · raises the next by its valence · negates what follows, and counts
by itself only where it turns no praise · `but` · may open the name of another brand · ends a text."""

NEGATED = -0.74
"""Praise that is negated turns, as in VADER; a complaint that is negated says nothing: "no delay" is no praise."""

T = TypeVar("T")

_REMEMBERED = 65_536
_LONGEST_REMEMBERED = 40

ANY = "*"
"""Stands for any one word in a phrase."""

_NEGATORS = plain().negations | {"no", "nobody", "hardly", "barely"}
_TURNS = ("but", "however")
# seldom what makes a phrase: looked for by its other words
_FREQUENT_WORDS = """
    a an the to of in on at for and or is are was it i you we they me my our your this that these be been have has had do does did
    so very really too what how why who with all not no more just up out off get got going go like good would will can can't don't
    doesn't didn't won't never still them their its his her us time one even any other over than then now please great thanks thank love
"""
_FREQUENT = frozenset(_FREQUENT_WORDS.split())


class Phrase(NamedTuple):
    """Several words that count as one.

    before  how many words stand before the one by which it is found
    """

    before: int
    words: list[str]
    valence: float
    flags: int


class Hit(NamedTuple):
    """A token that may count.

    valence  -4 to 4
    flags    FIXED and the like
    word     as it is shown
    phrases  that it may be part of, the longest first, by the word after it, or by the one before; ANY where that may be
             any; None where there are none
    """

    valence: float
    flags: int
    word: str
    phrases: Mapping[str, Sequence[Phrase]] | None


class Bare(dict[str, str]):
    """Token to its bare word: lower case, no punctuation around it, entities resolved, one kind of apostrophe."""

    def __missing__(self, token: str) -> str:
        return _remembered(self, token, bare(token))


class Hits(dict[str, Hit | None]):
    """Token to what it counts to one brand; None for the many that count nothing."""

    def __init__(self, profile: Profile, bare: Bare) -> None:
        super().__init__()
        silent = [*profile.names, *profile.others, *profile.titles]
        own = {name: Entry(name, 0.0) for name in silent} | {entry.words: entry for entry in profile.sayings}
        self._entries = ChainMap(own, shipped())
        self._words = _for_brand(
            own.values(),
            others={spelling for name in profile.others for spelling in _forms(name[0])},
        )
        self._bare = bare
        self._inert = {spelling for name in silent if len(name) == 1 for spelling in _forms(name[0])}

    def __missing__(self, token: str) -> Hit | None:
        return _remembered(self, token, self._judged(token))

    def _judged(self, token: str) -> Hit | None:
        if token[:4] == "http" or token[:4] == "www.":
            return None
        word = self._bare[token]
        hit = self._words.get(word)
        if "@" in token[:2]:
            return hit if hit and hit.flags & OTHER else None
        if hit or word in self._inert or (word.isalpha() and token[0] != "#"):
            return hit
        return self._of_pieces(words_of([token])[:-1], word)

    def _of_pieces(self, pieces: Sequence[str], shown: str) -> Hit | None:
        """A token made of several words, such as a hashtag: their phrase, or as much as they add up to."""
        if (whole := self._entries.get(tuple(pieces))) is not None and len(pieces) > 1:
            return Hit(whole.valence, 0, shown, None) if whole.valence else None
        flags, total, is_negated = 0, 0.0, False
        for piece in dict.fromkeys(pieces):
            hit = self._words.get(piece)
            if hit is None:
                continue
            flags |= hit.flags & OTHER
            if hit.flags & NEGATOR:
                is_negated = True
            elif not hit.flags & BOOSTER:
                total += hit.valence * (NEGATED if is_negated else 1)
        return Hit(max(-GREATEST, min(GREATEST, total)), flags, shown, None) if total or flags else None


def bare(token: str) -> str:
    """The token in lower case, without the punctuation around it, entities resolved, one kind of apostrophe.

    >>> bare("“Can’t!!"), bare("@United's"), bare("AT&amp;T")
    ("can't", "united's", 'at&t')
    """
    if "&" in token:
        token = html.unescape(token)
    if not token.isascii():
        token = token.translate(CURLY)
    stripped = token.strip(punctuation)
    return (stripped or token).lower()


def _remembered(memory: dict[str, T], token: str, value: T) -> T:
    if len(token) <= _LONGEST_REMEMBERED and token[:4] != "http":
        if len(memory) >= _REMEMBERED:
            memory.clear()
        memory[token] = value
    return value


def _forms(word: str) -> tuple[str, str]:
    return word, f"{word}'s"


@cache
def _known() -> frozenset[str]:
    """Words that count by themselves."""
    return frozenset({words[0] for words, entry in shipped().items() if len(words) == 1 and entry.valence}).union(_NEGATORS, _TURNS)


@cache
def _shipped() -> Mapping[str, Hit]:
    """Every word that counts, or by which a phrase is found."""
    phrases: dict[str, dict[str, list[Phrase]]] = {}
    for entry in sorted(shipped().values(), key=lambda entry: -len(entry.words)):
        if len(entry.words) > 1:
            mark, near, phrase = _filed(entry)
            phrases.setdefault(mark, {}).setdefault(near, []).append(phrase)
    boosters = {word: boost for word, boost in plain().boosters.items() if word not in _known()}
    words: dict[str, Hit] = {END: Hit(0.0, LAST, END, None)}
    for word in {*_known(), *phrases, *boosters}:
        entry = shipped().get((word,), _NONE)
        flags = BOOSTER if word in boosters else FIXED if entry.is_fixed else 0
        flags |= TURN if word in _TURNS else NEGATOR if word in _NEGATORS else 0
        words[word] = Hit(boosters.get(word, entry.valence), flags, word, phrases.get(word))
    return words


_NONE = Entry((), 0.0)


def _for_brand(entries: Iterable[Entry], *, others: Collection[str]) -> dict[str, Hit]:
    """The shipped words with those of a brand before them.

    others  first words of the names of other brands
    """
    words = dict(_shipped())
    for entry in entries:
        mark, near, phrase = _filed(entry)
        valence, flags, _, phrases = words.get(mark, Hit(0.0, 0, mark, None))
        if len(entry.words) == 1:
            valence, flags = entry.valence, flags & (NEGATOR | TURN)
        else:
            before = (phrases or {}).get(near, ())
            same_place = [phrase, *(each for each in before if each.words != phrase.words)]
            phrases = {**(phrases or {}), near: sorted(same_place, key=lambda each: -len(each.words))}
        words[mark] = Hit(valence, flags, mark, phrases)
        if not valence and not flags and phrases is None:
            del words[mark]
    for word in others:
        valence, flags, _, phrases = words.get(word, Hit(0.0, 0, word, None))
        words[word] = Hit(valence, flags | OTHER, word, phrases)
    return words


def _filed(entry: Entry) -> tuple[str, str, Phrase]:
    """The word by which an entry is found, the one beside it, and the phrase: by a word that is looked at anyway, else the rarest."""
    words, known = list(entry.words), _known()
    at = max(
        range(len(words)),
        key=lambda place: (words[place] != ANY, words[place] in known, words[place] not in _FREQUENT, len(words[place])),
    )
    near = words[at + 1] if at + 1 < len(words) else words[at - 1]
    return words[at], near, Phrase(at, words, entry.valence, FIXED if entry.is_fixed else 0)
