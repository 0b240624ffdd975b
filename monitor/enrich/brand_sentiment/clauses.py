"""Whose feeling is it: which words of a text that names several brands speak of one of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from monitor.enrich.brand_sentiment.normalise import MARKS, PAUSE, QUESTION, STOP
from monitor.enrich.brand_sentiment.patterns import CONTRAST, Pattern, found_patterns
from monitor.enrich.brand_sentiment.reading import Part

_ENDS = (STOP, QUESTION)
_TURNS = frozenset({"but", "while", "whereas", "unlike", "although", "though", "however", "yet", "meanwhile"})
_LINKS = frozenset(
    {
        "and",
        "so",
        "after",
        "since",
        "because",
        "until",
        "then",
        "instead",
        "when",
        "where",
        "thankfully",
        "now",
        "wish",
        "which",
        "next",
        "compared",
        "beside",
    }
)
_BACK = frozenset({"after", "since", "because", "while", "but"})
_ALL = frozenset({"both", "either", "each", "neither"})
_LISTED = frozenset({"and", "or", "nor", "&", "vs", "vs.", "versus", "plus", "both"})
_CONTRASTED = 1.8
_WEAK = 1.0
"""A clause that adds up to no more says nothing clear."""


class Name(NamedTuple):
    """Where a text names a brand.

    start, end  words, end not included
    who         0 for the brand that is judged, 1 and up for others
    """

    start: int
    end: int
    who: int


def towards(words: Sequence[str], parts: Sequence[Part], names: Sequence[Name]) -> list[Part]:
    """The parts that speak of brand 0, and what comparisons with the others say of it.

    words  as `words_of` gives them
    names  in the order of the text; where brand 0 is not among them it is understood from the start
    """
    if not any(name.who == 0 for name in names):
        names = [Name(0, 0, 0), *names]
    patterns = found_patterns(words, names)
    owners = _owners(words, names, patterns)
    free = [part for part in parts if not any(pattern.start <= part[0] < pattern.end for pattern in patterns)]
    mine = [part for part in free if 0 in owners[part[0]]]
    said = [(pattern.start, value, pattern.shown) for pattern in patterns if (value := pattern.value_for(0))]
    if said:
        return sorted([*(part for part in mine if abs(part[1]) > _WEAK), *said])
    if not patterns and _is_contrast(words, names, owners):
        own = sum(part[1] for part in mine)
        other = sum(part[1] for part in free if 0 not in owners[part[0]])
        if abs(own) <= _WEAK and abs(other) > _WEAK and abs(other) > abs(own):
            return [(0, _CONTRASTED if other < 0 else -_CONTRASTED, CONTRAST)]
    return mine


def _is_contrast(words: Sequence[str], names: Sequence[Name], owners: Sequence[frozenset[int]]) -> bool:
    """Whether two brands have a clause each, and neither is a question: what is said of one turns round for the other."""
    if len({name.who for name in names}) != 2 or any(word == QUESTION and 0 in owner for word, owner in zip(words, owners, strict=True)):
        return False
    return owners.count(frozenset({0})) > 2 and owners.count(frozenset({1})) > 2


def _owners(words: Sequence[str], names: Sequence[Name], patterns: Sequence[Pattern]) -> list[frozenset[int]]:
    """For each word the brands that it speaks of."""
    groups = _groups(words, names)
    owners: list[frozenset[int]] = []
    subject = groups[0][1]
    for start, following in groups[1:]:
        edge = _edge(words, len(owners), start)
        if edge is None:
            continue
        owners += [subject] * (edge - len(owners))
        subject = following
    owners += [subject] * (len(words) - len(owners))
    for pattern in patterns:
        if pattern.subject is not None:
            # what follows speaks of the one that was chosen
            stop = min((name.start for name in names if name.start >= pattern.end), default=len(words))
            for at in range(pattern.end, stop):
                if words[at] in _BACK:
                    break
                owners[at] = frozenset({pattern.subject})
    everybody = frozenset(name.who for name in names)
    for at, word in enumerate(words):
        if word in _ALL:
            for near in _clause(words, at):
                owners[near] = everybody
    return owners


def _clause(words: Sequence[str], at: int) -> range:
    """The words between the marks around one of them."""
    start = next((k for k in range(at, 0, -1) if words[k - 1] in MARKS), 0)
    end = next((k for k in range(at, len(words)) if words[k] in MARKS), len(words))
    return range(start, end)


def _groups(words: Sequence[str], names: Sequence[Name]) -> list[tuple[int, frozenset[int]]]:
    """Names side by side ("X, Y and Z", "X and Y") as one: where it starts, and who is in it."""
    gaps = [words[before.end : name.start] for before, name in pairwise(names)]
    linked = [0 < len(gap) <= 3 and all(word in _LISTED or word == PAUSE for word in gap) for gap in gaps]
    # a comma alone makes a list only where "and" follows: "I miss X, Y is bad"
    for at in reversed(range(len(linked))):
        if list(gaps[at]) == [PAUSE]:
            linked[at] = at + 1 < len(linked) and linked[at + 1]
    groups: list[tuple[int, set[int]]] = [(names[0].start, {names[0].who})]
    for name, is_listed in zip(names[1:], linked, strict=True):
        if is_listed:
            groups[-1][1].add(name.who)
        elif groups[-1][1] != {name.who}:
            groups.append((name.start, {name.who}))
    return [(start, frozenset(who)) for start, who in groups]


def _edge(words: Sequence[str], low: int, high: int) -> int | None:
    """Where the clause before word `high` ends, not before `low`: the last of the strongest ends; None where there is none."""
    ranks: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    for at in range(max(low, 1), high + 1):
        if words[at - 1] in _ENDS:
            ranks[0].append(at)
        elif at < high and words[at] in _TURNS:
            ranks[1].append(at)
        elif words[at - 1] == PAUSE:
            ranks[2].append(at)
        elif at < high and words[at] in _LINKS:
            ranks[3].append(at)
    return next((found[-1] for found in ranks if found), None)


def find_names(words: Sequence[str], names: Sequence[tuple[tuple[str, ...], int]]) -> list[Name]:
    """Where names stand in a text, in its order; of two that overlap the longer.

    words  as `words_of` gives them
    names  words of a name, and whose it is; the longest first
    """
    plain = [word.removesuffix("'s").removeprefix("@") for word in words]
    seen = set(plain)
    found: list[Name] = []
    taken: set[int] = set()
    for name, who in names:
        if name[0] not in seen:
            continue
        for at in range(len(plain) - len(name) + 1):
            end = at + len(name)
            if plain[at] == name[0] and tuple(plain[at:end]) == name and taken.isdisjoint(range(at, end)):
                taken.update(range(at, end))
                found.append(Name(at, end, who))
    return sorted(found)
