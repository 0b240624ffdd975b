"""The names in a text as runs of one character each, so that a pattern can speak of `the brand` and `a rival`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase
from typing import NamedTuple

from monitor.enrich.intent_patterns import NAME, OWN, PLAN, RIVAL
from monitor.enrich.intent_words import NO_NAME

_ODD = (("’", "'"), ("\u2018", "'"), (OWN, "?"), (RIVAL, "?"), (NAME, "?"))
_CAPITAL_LETTERS = ascii_uppercase.encode()
# begins with the capital, which is found sooner; what must stand before it is looked at from there
_CAPITALS = re.compile(
    r"[A-Z](?:(?<=[\w,;)'\"] .)|(?<=[\w,;)'\"] [@#].))(?:[\w&-]*(?:[a-z][\w&-]*|\d\w*|&[A-Z]\w*)|[A-Z]{1,2}\b)(?: [A-Z][a-z+\w]*)*"
)
_WORDS = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Names:
    """How a brand and its rivals are written, in lower case.

    own     names of the brand
    rivals  each spelling of another, and its name
    """

    own: Sequence[str]
    rivals: Mapping[str, str]

    @classmethod
    def of(cls, own: Sequence[str], rivals: Mapping[str, Sequence[str]] | Sequence[str] = ()) -> "Names":
        """The names of a brand, handles without @; of its rivals those by which they are known, or each with the ways it is written."""
        written = rivals.items() if isinstance(rivals, Mapping) else [(name, ()) for name in rivals]
        spelt = [(lower(spelling), name) for name, spellings in written for spelling in (name, *spellings)]
        return cls(tuple(map(lower, own)), {spelling: name for spelling, name in spelt if spelling not in own})


class Masked(NamedTuple):
    """A text in lower case in which names are runs of one character, as long as the names.

    text   as written
    known  the brand and its rivals masked
    said   whatever else is written like a name, too, where that was asked for
    """

    text: str
    known: str
    said: str
    rivals: Mapping[str, str]

    @classmethod
    def of(cls, text: str, names: Names, *, is_about_leaving: bool) -> "Masked":
        """The text with the names of the brand and its rivals masked, and, for what is about leaving, whatever else looks like a name."""
        low = known = lower(text)
        for kind, spellings in ((RIVAL, names.rivals), (OWN, names.own)):
            for start, end in _places(low, spellings):
                known = known[:start] + kind * (end - start) + known[end:]
        said = known
        for start, end in _names_in(text, known) if is_about_leaving else ():
            said = said[:start] + NAME * (end - start) + said[end:]
        return cls(text, known, said, names.rivals)

    def name_at(self, start: int, end: int) -> str:
        """Who is named there: a rival as it is known, another as it is written."""
        written = self.text[start:end].strip(" @#'").removesuffix("'s").strip()
        return self.rivals.get(lower(written), written)


def _names_in(text: str, said: str) -> Iterable[tuple[int, int]]:
    """Where something is written like a name: a capital inside a sentence of a text that is not all capitals."""
    matches = list(_CAPITALS.finditer(text))
    if not matches or _capitals(text) > 0.4 * len(text) or text.isupper():
        return
    for match in matches:
        start, end = match.span()
        start -= text[start - 1] in "@#"
        if " " not in match[0]:
            named = [(start, end)] if _is_name(said[start:end]) else []
        else:
            named = [word.span() for word in _WORDS.finditer(text, start, end) if _is_name(said[word.start() : word.end()])]
        if named:
            yield named[0][0], named[-1][1]


def _capitals(text: str) -> int:
    """How many of the letters are capitals."""
    if not text.isascii():
        return sum(map(str.isupper, text))
    return len(text) - len(text.encode("ascii").translate(None, _CAPITAL_LETTERS))


@lru_cache(maxsize=16_384)
def _is_name(word: str) -> bool:
    return word.removesuffix("'s") not in NO_NAME and not re.fullmatch(PLAN, word) and OWN not in word and RIVAL not in word


def lower(text: str) -> str:
    """In lower case, a character for each, one kind of apostrophe."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(one if len(one := letter.lower()) == 1 else letter for letter in text)
    if not low.isascii():
        # one after the other takes a tenth of the time of translate()
        for odd, plain in _ODD:
            low = low.replace(odd, plain)
    return low


def _places(said: str, spellings: Iterable[str]) -> list[tuple[int, int]]:
    """Where one of the spellings stands as a word, with the @ or # before it; of two that overlap the first, then the longer."""
    found: list[tuple[int, int]] = []
    for spelling in spellings:
        start = said.find(spelling) if spelling else -1
        while start >= 0:
            end = start + len(spelling)
            first = start - 1 if start and said[start - 1] in "@#" and not _is_wordlike(said[start - 2 : start - 1]) else start
            if not _is_wordlike(said[end : end + 1]) and (first < start or not start or not _is_wordlike(said[start - 1])):
                found.append((first, end))
            start = said.find(spelling, start + 1)
    if len(found) < 2:
        return found
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda place: (place[0], -place[1])):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


def _is_wordlike(character: str) -> bool:
    return character.isalnum() or character == "_"
