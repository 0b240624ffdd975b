"""What a text is recognised by when somebody says it again: a few hashes of its words, kept beside it.

Two texts are copies where at least 80 % of their shingles are the same: runs of three words, without addresses, handles,
punctuation and case. Of each text the `MOST` smallest hashes of its shingles are kept, which says the share exactly for texts of
up to 14 words and estimates it for longer ones (Broder 1997). Only texts are compared that have one of three keys in common, each
of the hashes that come first in three orders: that is so for 98 of 100 pairs with nine shingles of ten in common, for 88 at the
limit of eight (1 - (1 - share^3)^3). A text of fewer than `FEWEST_WORDS` words is a copy only of the same words by the same author:
five hundred people who write "Cancelled." are five hundred.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from typing import NamedTuple
from zlib import crc32

import numpy as np
import regex

WINDOW = timedelta(hours=72)
"""How much later than the first a copy is still called one, end inclusive."""

FEWEST_WORDS = 8
"""Words that a text must have to be a copy of somebody else's."""

MOST = 12
"""Hashes kept of a text."""

SHARED = 0.8
"""The share of two texts' shingles that must be the same, 0 to 1."""

KEYS = ("copy_key_1", "copy_key_2", "copy_key_3")
"""The columns of a fingerprint's keys."""

LONGEST = 4_000
"""Characters that are looked at."""

_ORDERS = np.array([(0x9E3779B1 * (2 * place + 1) + 0x85EBCA6A * place * place) & 0xFFFFFFFF | 1 for place in range(1, 10)], np.uint32)
"""Odd factors, each of which puts all hashes into another order."""

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = regex.compile(rf"{_UNSPACED}|[\p{{L}}\p{{M}}\p{{N}}_--{_UNSPACED}]+", regex.V1)
_ASCII_WORD = re.compile(r"\w+")
_IN_WORD = 3  # characters of a script without spaces that say about as much as a word
_NOT_SAID = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.-]+")
_REPOST = re.compile(r"\s*rt\b")
_LONGEST_REMEMBERED = 20
_REMEMBERED = 65_536


class Fingerprint(NamedTuple):
    """What is kept of a text's words.

    marks  the smallest hashes in their order, 16 bits each; of a short text two of its words and its author. They are kept of texts that
           were taken back, and worked out anew of others
    keys   three numbers of 32 bits, each made of the hashes that come first in three other orders: of texts that are nearly the
           same one at least is likely to be the same, of others hardly ever
    """

    marks: Sequence[int]
    keys: Sequence[int | None]


NOTHING = Fingerprint((), (None, None, None))
"""Of a text that is gone, or is short and of nobody known: it is no copy, and none of it is."""


def fingerprint(text: str, *, source: str, author: str | None) -> Fingerprint:
    """What a text is recognised by.

    text    title and text, folded
    author  the id, or the name where none is known; of a short text alone it matters
    """
    text = text[:LONGEST]
    if found := _REPOST.match(text):
        text = text[found.end() :]
    words = list(chain.from_iterable(map(_said.__getitem__, text.split())))
    if not words:
        return NOTHING
    if _length(text, words) < FEWEST_WORDS:
        said = f"{source}\n{author}\n{' '.join(words)}".encode() if author else b""
        return Fingerprint(divmod(whole := crc32(said), 1 << 16), (whole, None, None)) if said else NOTHING
    shingles = map(" ".join, zip(words, words[1:], words[2:], strict=False))
    hashes = set(map(crc32, map(str.encode, shingles)))
    marks = sorted({mark & 0xFFFF for mark in hashes})[:MOST]
    firsts = (np.array([*hashes], np.uint32)[:, None] * _ORDERS).min(axis=0).tolist()
    return Fingerprint(marks, (_key(*firsts[:3]), _key(*firsts[3:6]), _key(*firsts[6:])))


def _key(one: int, other: int, third: int) -> int:
    return ((one * 31 + other) * 31 + third) & 0xFFFFFFFF


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


def are_copies(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two texts with these fingerprints are copies of each other.

    >>> keys = (1, 2, 3)
    >>> are_copies(Fingerprint([1, 2, 3, 4, 5], keys), Fingerprint([1, 2, 3, 4, 5], keys))
    True
    >>> are_copies(Fingerprint([1, 2, 3, 4, 5], keys), Fingerprint([1, 2, 3, 4, 6], keys))
    False
    """
    marks, others = one.marks, other.marks
    both = {*marks}.intersection(others)
    if not both or len(both) < SHARED * max(len(marks), len(others)) or not _have_key_in_common(one, other):
        return False
    smallest = sorted({*marks, *others})
    if len(marks) == MOST or len(others) == MOST:
        # beyond the last mark of a text that has more shingles nothing is known of it
        smallest = smallest[:MOST]
    return sum(mark in both for mark in smallest) >= SHARED * len(smallest)


def _have_key_in_common(one: Fingerprint, other: Fingerprint) -> bool:
    return any(key is not None and key in other.keys for key in one.keys)


def _length(text: str, words: Sequence[str]) -> float:
    """How many words a text has; a script without spaces is measured by its characters."""
    if text.isascii() or len(words) >= FEWEST_WORDS * _IN_WORD:
        return len(words)
    unspaced = sum(len(word) == 1 and regex.match(_UNSPACED, word) is not None for word in words)
    return len(words) - unspaced + unspaced / _IN_WORD
