"""What each token of a text is to one brand: judged once, then one look-up."""

import html
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from string import punctuation
from typing import NamedTuple, TypeAlias

from monitor.enrich.brand_sentiment.hashtags import words_of_hashtag
from monitor.enrich.brand_sentiment.lexicon import GREATEST, Entry, shipped
from monitor.enrich.brand_sentiment.normalise import CURLY, words_of
from monitor.enrich.brand_sentiment.profile import Profile
from monitor.enrich.vader_lexicon import plain
from monitor.enrich.vocabulary import END

FIXED, BOOSTER, NEGATOR, TURN, OTHER, LAST = 1, 2, 4, 8, 16, 32
"""What is special about a word: counts as it stands · raises the next by its valence · negates what follows, and counts
by itself only where it turns no praise · `but` · may open the name of another brand · ends a text."""

NEGATED = -0.74
"""Praise that is negated turns, as in VADER; a complaint that is negated says nothing: "no delay" is no praise."""

REMEMBERED = 131_072
"""Tokens remembered for a brand, about 15 MB; past that all are forgotten, and the frequent ones are soon back."""

LONGEST_REMEMBERED = 20
"""Longer tokens, most of them addresses that never come again, are judged each time."""

# is one word, whatever is done with the marks around it
_ONE_WORD = re.compile(r"""[.,!?"'()]*[A-Za-z0-9']+(?:’[A-Za-z0-9]+)?[.,!?"'()]*""")
_ADDRESSES = ("http", "www.")

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
    size    how many words it has
    shown   the words as one; None where one of them may be any
    """

    before: int
    size: int
    words: list[str]
    valence: float
    flags: int
    shown: str | None


Beside: TypeAlias = Mapping[str, Sequence[Phrase]] | None
"""Phrases by a word, the longest first; None where there are none."""

Hit: TypeAlias = tuple[float, int, str, Beside, Beside, Sequence[Phrase]]
"""A token that may count: its valence, -4 to 4 · FIXED and the like · the word as it is shown · the phrases that it may be part of, by the
word after it · by the one before, where it is the last · those in which the word beside it may be any.
Plain, since a record takes twice the time to take apart."""


class Bare(dict[str, str]):
    """Token to its bare word: lower case, no punctuation around it, entities resolved, one kind of apostrophe."""

    def __missing__(self, token: str) -> str:
        word = token.lower() if token.isascii() and token.isalnum() else bare(token)
        if len(token) <= LONGEST_REMEMBERED:
            if len(self) >= REMEMBERED:
                self.clear()
            self[token] = word
        return word


BARE = Bare()
"""One for all brands."""


class Hits(dict[str, Hit | None]):
    """Token to what it counts to one brand; None for the many that count nothing."""

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.most = REMEMBERED
        silent = [*profile.names, *profile.others, *profile.titles]
        own = {name: Entry(name, 0.0) for name in silent} | {entry.words: entry for entry in profile.sayings}
        self._own = own
        self._words = _for_brand(
            own.values(),
            others={spelling for name in profile.others for spelling in _forms(name[0])},
        )
        self._inert = {spelling for name in silent if len(name) == 1 for spelling in _forms(name[0])}

    def __missing__(self, token: str) -> Hit | None:
        word = token if token.isalnum() else token.strip(punctuation)
        # most tokens are a word, and perhaps marks around it
        if token.isascii() and (
            word.isalnum() if word == token else (word.isalpha() and token[0] != "#" and "@" not in token[:2] and "&" not in token)
        ):
            hit = self._words.get(word.lower())
        else:
            hit = self._judged(token)
        if len(token) <= LONGEST_REMEMBERED:
            if len(self) >= self.most:
                self.clear()
            self[token] = hit
        return hit

    def _judged(self, token: str) -> Hit | None:
        if token[:4] in _ADDRESSES:
            return None
        word = bare(token)
        hit = self._words.get(word)
        if "@" in token[:2]:
            return hit if hit and hit[1] & OTHER else None
        if hit or word in self._inert:
            return hit
        if token[0] != "#" and (word.isalpha() or _ONE_WORD.fullmatch(token)):
            return None
        return self._of_pieces(_pieces(token), word)

    def _of_pieces(self, pieces: tuple[str, ...], shown: str) -> Hit | None:
        """A token made of several words, such as a hashtag: their phrase, or as much as they add up to."""
        if len(pieces) > 1 and (whole := self._own.get(pieces) or shipped().get(pieces)):
            return (whole.valence, 0, shown, None, None, ()) if whole.valence else None
        flags, total, is_negated = 0, 0.0, False
        for piece in dict.fromkeys(pieces):
            hit = self._words.get(piece)
            if hit is None:
                continue
            flags |= hit[1] & OTHER
            if hit[1] & NEGATOR:
                is_negated = True
            elif not hit[1] & BOOSTER:
                total += hit[0] * (NEGATED if is_negated else 1)
        return (max(-GREATEST, min(GREATEST, total)), flags, shown, None, None, ()) if total or flags else None


@lru_cache(maxsize=16_384)
def _pieces(token: str) -> tuple[str, ...]:
    """The words of a token that is made of several; the same for all brands."""
    if token[0] == "#" and token.isascii() and token[1:].isalnum():
        return tuple(words_of_hashtag(token[1:]))
    return tuple(words_of([token])[:-1])


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


def _forms(word: str) -> tuple[str, str]:
    return word, f"{word}'s"


@cache
def _known() -> frozenset[str]:
    """Words that count by themselves."""
    return frozenset({words[0] for words, entry in shipped().items() if len(words) == 1 and entry.valence}).union(_NEGATORS, _TURNS)


@cache
def _shipped() -> Mapping[str, Hit]:
    """Every word that counts, or by which a phrase is found."""
    phrases: dict[str, list[Phrase]] = {}
    for entry in shipped().values():
        if len(entry.words) > 1:
            mark, phrase = _filed(entry)
            phrases.setdefault(mark, []).append(phrase)
    boosters = {word: boost for word, boost in plain().boosters.items() if word not in _known()}
    words: dict[str, Hit] = {END: (0.0, LAST, END, None, None, ())}
    for word in {*_known(), *phrases, *boosters}:
        entry = shipped().get((word,), _NONE)
        flags = BOOSTER if word in boosters else FIXED if entry.is_fixed else 0
        flags |= TURN if word in _TURNS else NEGATOR if word in _NEGATORS else 0
        words[word] = (boosters.get(word, entry.valence), flags, word, *_beside(phrases.get(word, ())))
    return words


_NONE = Entry((), 0.0)


def _for_brand(entries: Iterable[Entry], *, others: Collection[str]) -> dict[str, Hit]:
    """The shipped words with those of a brand before them.

    others  first words of the names of other brands
    """
    words = dict(_shipped())
    for entry in entries:
        mark, phrase = _filed(entry)
        valence, flags, _, after, before, wild = words.get(mark, _nothing(mark))
        if len(entry.words) == 1:
            valence, flags = entry.valence, flags & (NEGATOR | TURN)
        else:
            known = [each for some in (*(after or {}).values(), *(before or {}).values(), wild) for each in some]
            after, before, wild = _beside([phrase, *(each for each in known if each.words != phrase.words)])
        words[mark] = (valence, flags, mark, after, before, wild)
        if not valence and not flags and not (after or before or wild):
            del words[mark]
    for word in others:
        valence, flags, _, after, before, wild = words.get(word, _nothing(word))
        words[word] = (valence, flags | OTHER, word, after, before, wild)
    return words


def _nothing(word: str) -> Hit:
    return 0.0, 0, word, None, None, ()


def _beside(phrases: Iterable[Phrase]) -> tuple[Beside, Beside, Sequence[Phrase]]:
    """The phrases of one word, by the words beside it, as a hit has them."""
    after: dict[str, list[Phrase]] = {}
    before: dict[str, list[Phrase]] = {}
    for phrase in sorted(phrases, key=lambda phrase: -phrase.size):
        is_last = phrase.before + 1 == phrase.size
        near = phrase.words[phrase.before - 1 if is_last else phrase.before + 1]
        (before if is_last and near != ANY else after).setdefault(near, []).append(phrase)
    wild = after.pop(ANY, ())
    return after or None, before or None, wild


def _filed(entry: Entry) -> tuple[str, Phrase]:
    """The word by which an entry is found, and the phrase: by a word that is looked at anyway, else the rarest."""
    words, known = list(entry.words), _known()
    at = max(
        range(len(words)),
        key=lambda place: (words[place] != ANY, words[place] in known, words[place] not in _FREQUENT, len(words[place])),
    )
    shown = None if ANY in words else " ".join(words)
    return words[at], Phrase(at, len(words), words, entry.valence, FIXED if entry.is_fixed else 0, shown)
