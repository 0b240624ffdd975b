"""The words, emoji and phrases that a VADER scorer knows, as one unchanging value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from string import punctuation
from types import MappingProxyType

from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer


@dataclass(frozen=True)
class Lexicon:
    """What a scorer knows. `plain()` is vaderSentiment's; `dataclasses.replace` makes another of it.

    Words are compared in lower case, without the punctuation around them (`bare`).

    words        valence of a word or an emoticon, about -4 to 4
    boosters     what a word, or a phrase of two or three words, adds to the valence of the next ones
    negations    words that turn the valence of the three words after them
    idioms       phrases of two or three words whose valence takes the place of that of a word in or next to them
    emoji        the text that a character becomes; a space comes before it, none behind it, as in
                 vaderSentiment. "" leaves the character out, "angryface " makes a word of it
    phrases      words that count as one: with the valence given, or none at all where that is None
    inert        words without any meaning to the scorer, such as the names of brands
    inert_marks  beginnings of tokens that make them inert, such as "@"
    """

    words: Mapping[str, float]
    boosters: Mapping[str, float]
    negations: frozenset[str]
    idioms: Mapping[str, float]
    emoji: Mapping[str, str]
    phrases: Mapping[str, float | None] = field(default_factory=lambda: MappingProxyType({}))
    inert: frozenset[str] = frozenset()
    inert_marks: tuple[str, ...] = ()

    @cached_property
    def emoji_characters(self) -> frozenset[str]:
        """The single characters of `emoji`: texts are read a character at a time, so longer ones never match."""
        return frozenset(emoji for emoji in self.emoji if len(emoji) == 1)

    @cached_property
    def emoji_table(self) -> dict[int, str]:
        """For `str.translate`."""
        return {ord(emoji): f" {self.emoji[emoji]}" for emoji in self.emoji_characters}

    @cached_property
    def idiom_words(self) -> frozenset[str]:
        """Every word of an idiom."""
        return frozenset(word for idiom in self.idioms for word in idiom.split(" "))

    @cached_property
    def idiom_marks(self) -> frozenset[str]:
        """The longest word of every idiom and every booster of several words: where none stands, no idiom does."""
        return frozenset(longest(phrase) for phrase in (*self.idioms, *self.boosters) if " " in phrase)

    @cached_property
    def phrases_by_mark(self) -> dict[str, list[list[str]]]:
        """The words of each phrase, by its longest word; the longest phrases first."""
        found: dict[str, list[list[str]]] = {}
        for phrase in sorted(self.phrases, key=lambda phrase: -phrase.count(" ")):
            found.setdefault(longest(phrase), []).append(phrase.split(" "))
        return found

    def word(self, token: str) -> str:
        """The word that a token is to this lexicon; "" for an inert one."""
        if self.inert_marks and token.startswith(self.inert_marks):
            return ""
        word = stripped(token).lower()
        return "" if word in self.inert else word

    def part(self, token: str) -> str:
        """The word that a token is as a part of a phrase: names of brands count, handles do not."""
        return "" if self.inert_marks and token.startswith(self.inert_marks) else token.strip(punctuation).lower()


def stripped(token: str) -> str:
    """The token without the punctuation around it, which stays where at most two characters would be left (`:)`).

    >>> stripped('"Great!"'), stripped(":)"), stripped("OK!")
    ('Great', ':)', 'OK!')
    """
    inside = token.strip(punctuation)
    return inside if len(inside) > 2 else token


def longest(phrase: str) -> str:
    """The first of the longest words of a phrase: the one by which it is found."""
    return max(phrase.split(" "), key=len)


@lru_cache(maxsize=1)
def plain() -> Lexicon:
    """The lexicon of vaderSentiment, from its own files, read once."""
    analyzer = SentimentIntensityAnalyzer()
    return Lexicon(
        words=MappingProxyType(analyzer.lexicon),
        boosters=MappingProxyType(BOOSTER_DICT),
        negations=frozenset(NEGATE),
        idioms=MappingProxyType(SPECIAL_CASES),
        emoji=MappingProxyType(analyzer.emojis),
    )
