"""What a text is recognised by when somebody says it again: a few hashes of its words, kept beside it.

Two texts are copies where at least 80 % of their shingles are the same: runs of three words, without addresses, handles,
punctuation and case. Of each text the `MOST` smallest hashes of its shingles are kept, which says the share exactly for texts of
up to 14 words and estimates it for longer ones (Broder 1997). A text of fewer than `FEWEST_WORDS` words is a copy only of the same
words by the same author: five hundred people who write "Cancelled." are five hundred.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain, combinations
from zlib import crc32

import regex

from monitor.mention import Mention

WINDOW = timedelta(hours=72)
"""How much later than the first a copy is still called one, end inclusive."""

FEWEST_WORDS = 8
"""Words that a text must have to be a copy of somebody else's."""

MOST = 12
"""Hashes kept of a text."""

SHARED = 0.8
"""The share of two texts' shingles that must be the same, 0 to 1."""

TELLING = 4
"""Of two copies, two of this many smallest hashes are the same: at most 2 of the 12 smallest of both differ."""

LONGEST = 4_000
"""Characters that are looked at."""

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = regex.compile(rf"{_UNSPACED}|[\p{{L}}\p{{M}}\p{{N}}_--{_UNSPACED}]+", regex.V1)
_ASCII_WORD = re.compile(r"\w+")
_IN_WORD = 3  # characters of a script without spaces that say about as much as a word
_NOT_SAID = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.-]+")
_REPOST = re.compile(r"\s*rt\b")
_LONGEST_REMEMBERED = 20
_REMEMBERED = 65_536


def marks_of(mention: Mention, text: str) -> Sequence[int]:
    """The smallest hashes of a text in their order, 32 bits each; of a short one, two of its words and its author.

    text  the mention's, folded

    Empty where a text is gone, or is short and of nobody known: it is no copy, and none of it is.
    """
    text = text[:LONGEST]
    if found := _REPOST.match(text):
        text = text[found.end() :]
    words = list(chain.from_iterable(map(_said.__getitem__, text.split())))
    if not words:
        return ()
    if _length(text, words) < FEWEST_WORDS:
        author = mention.author_id or mention.author_name
        said = f"{mention.source}\n{author}\n{' '.join(words)}".encode() if author else b""
        return (crc32(said), crc32(said[::-1])) if said else ()
    shingles = map(" ".join, zip(words, words[1:], words[2:], strict=False))
    return sorted(set(map(crc32, map(str.encode, shingles))))[:MOST]


class _Said(dict[str, tuple[str, ...]]):
    """What stands between white space to its words, none for an address; filled as they are met."""

    def __missing__(self, token: str) -> tuple[str, ...]:
        said = _NOT_SAID.sub(" ", token)
        words = tuple(_ASCII_WORD.findall(said) if said.isascii() else _WORD.findall(said))
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[token] = words
        return words


_said = _Said()


def telling(marks: Sequence[int]) -> list[tuple[int, ...]]:
    """Pairs of marks of which any two copies have one in common, while few texts that are no copies do."""
    return [tuple(marks)] if len(marks) == 1 else list(combinations(marks[:TELLING], 2))


def are_copies(marks: Sequence[int], others: Sequence[int]) -> bool:
    """Whether two texts with these marks are copies of each other.

    >>> are_copies([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), are_copies([1, 2, 3, 4, 5], [1, 2, 3, 4, 6])
    (True, False)
    """
    if marks == others:
        return bool(marks)
    both = {*marks}.intersection(others)
    if len(both) < SHARED * max(len(marks), len(others)) or not both:
        return False
    smallest = sorted({*marks, *others})
    if len(marks) == MOST or len(others) == MOST:
        # beyond the last mark of a text that has more shingles nothing is known of it
        smallest = smallest[:MOST]
    return sum(mark in both for mark in smallest) >= SHARED * len(smallest)


def _length(text: str, words: Sequence[str]) -> float:
    """How many words a text has; a script without spaces is measured by its characters."""
    if text.isascii() or len(words) >= FEWEST_WORDS * _IN_WORD:
        return len(words)
    unspaced = sum(len(word) == 1 and regex.match(_UNSPACED, word) is not None for word in words)
    return len(words) - unspaced + unspaced / _IN_WORD
