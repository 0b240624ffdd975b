"""What `vader-brand` knows: VADER's words, corrected and completed by the files beside this module."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product

from monitor.enrich.vader_lexicon import plain

GREATEST = 4.0
"""Valences lie between minus this and this, as in VADER's own lexicon."""

_IS_WORD = re.compile(r"[a-z'*]{2,}")
_FILES = ("silent.txt", "complaints.txt", "praise.txt", "emoji.txt")
_LINE = re.compile(r"([+-]?\d+(?:\.\d+)?)(=?)\s+(.+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One word, or several side by side, and what they add to a score.

    words     in lower case; "*" stands for any one word
    valence   -4 to 4; 0 makes them silent
    is_fixed  counts as it stands: "not" does not turn it, "very" does not raise it
    """

    words: tuple[str, ...]
    valence: float
    is_fixed: bool = False


@cache
def shipped() -> dict[tuple[str, ...], Entry]:
    """VADER's words, then those of silent.txt, complaints.txt, praise.txt and emoji.txt: the later ones go before the earlier."""
    entries = [Entry((word,), valence) for word, valence in plain().words.items() if _IS_WORD.fullmatch(word)]
    for name in _FILES:
        found = entries_of(_read(name))
        entries += [Entry((sign,), each.valence) for each in found for sign in each.words] if name == "emoji.txt" else found
    return {entry.words: entry for entry in entries}


def entries_of(text: str) -> Iterator[Entry]:
    """The entries of a lexicon file.

    raises  ValueError naming a line that is none
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None or abs(float(found[1])) > GREATEST:
            raise ValueError(f"line {number}: `{line[:60]}` is no value from -4 to 4 with words after it")
        for written in found[3].split(","):
            yield from entries_for(written, float(found[1]), is_fixed=bool(found[2]))


def entries_for(written: str, valence: float, *, is_fixed: bool = False) -> Iterator[Entry]:
    """Every spelling of what is written with alternatives: "keep/keeps buffering"; can't also as cant and as can’t.

    >>> [" ".join(entry.words) for entry in entries_for("can't log/sign in", -2)]
    ["can't log in", "can't sign in", 'cant log in', 'cant sign in']
    """
    for words in product(*(_spellings(word) for word in written.lower().replace("’", "'").replace("-", " ").split())):
        yield Entry(words, valence, is_fixed)


def _spellings(word: str) -> list[str]:
    # ":/" is a word, "log/sign" are two
    forms = word.split("/") if word[0].isalpha() else [word]
    return forms + [form.replace("n't", "nt") for form in forms if form.endswith("n't")]


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def fingerprint() -> str:
    """Tells one state of the shipped lexicon from another."""
    return hashlib.sha256("".join(_read(name) for name in _FILES).encode()).hexdigest()[:16]
