"""What a text is recognised by when somebody says it again: a few hashes of its words, kept beside it.

Two texts are copies where at least 80 % of their shingles are the same: runs of three words, without addresses, handles,
punctuation and case. Of each text the `MOST` smallest hashes of its shingles are kept, of 16 bits, which says the share exactly for
texts of up to 14 words and estimates it for longer ones (Broder 1997). A text of fewer than `FEWEST_WORDS` words is a copy only of the same
words by the same author: five hundred people who write "Cancelled." are five hundred.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
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

FIRST = 3
"""Of two copies' so many smallest marks two are the same at least, which alone leaves out one in 22 of those that barely are copies."""

KEYS = ("copy_key_1", "copy_key_2", "copy_key_3")
"""The columns of `keys_of`."""

LONGEST = 4_000
"""Characters that are looked at."""

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = regex.compile(rf"{_UNSPACED}|[\p{{L}}\p{{M}}\p{{N}}_--{_UNSPACED}]+", regex.V1)
_ASCII_WORD = re.compile(r"\w+")
_IN_WORD = 3  # characters of a script without spaces that say about as much as a word
_NOT_SAID = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.-]+(?::(?=\s))?|^\s*rt\b")


def marks_of(mention: Mention, text: str) -> Sequence[int]:
    """The smallest hashes of a text in their order, 16 bits each; of a short one, two of its words and its author.

    text  the mention's, folded

    Empty where a text is gone, or is short and of nobody known: it is no copy, and none of it is.
    """
    text = text[:LONGEST]
    if "http" in text or "@" in text or "www." in text or text.startswith("rt"):
        text = _NOT_SAID.sub(" ", text)
    words = _ASCII_WORD.findall(text) if text.isascii() else _WORD.findall(text)
    if not words:
        return ()
    if _length(text, words) < FEWEST_WORDS:
        author = mention.author_id or mention.author_name
        said = f"{mention.source}\n{author}\n{' '.join(words)}".encode() if author else b""
        return divmod(crc32(said), 1 << 16) if said else ()
    return sorted(
        {crc32(f"{first} {second} {third}".encode()) & 0xFFFF for first, second, third in zip(words, words[1:], words[2:], strict=False)}
    )[:MOST]


def keys_of(marks: Sequence[int]) -> tuple[int | None, ...]:
    """Three numbers of 32 bits, one for each pair of the three smallest marks: copies have one in common; None where marks are fewer."""
    if len(marks) < FIRST:
        return (marks[0] if len(marks) == 1 else _together(*marks) if marks else None, None, None)
    first, second, third = marks[:FIRST]
    return _together(first, second), _together(first, third), _together(second, third)


def _together(one: int, other: int) -> int:
    return one << 16 | other


def are_copies(marks: Sequence[int], others: Sequence[int]) -> bool:
    """Whether two texts with these marks are copies of each other.

    >>> are_copies([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), are_copies([1, 2, 3, 4, 5], [1, 2, 3, 4, 6])
    (True, False)
    """
    if marks == others:
        return bool(marks)
    if len({*marks[:FIRST]}.intersection(others[:FIRST])) < FIRST - 1:
        return False
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
