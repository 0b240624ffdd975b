"""The few mentions that show what an incident is about."""

import re
from collections import Counter
from collections.abc import Sequence
from math import log1p

from monitor.detect.evidence import Example
from monitor.detect.said import Said
from monitor.detect.terms import Rising, tokens
from monitor.detect.verdict import Direction

EXAMPLES = 4
# of those that fit, as many as they come and as many of the most engaging
LOOKED_AT = 1_000
RANKED = 200
_SURE = {"backlash": "unkind", "outage": "unkind", "delight": "kind"}


def examples_of(said: Sequence[Said], direction: Direction, terms: Sequence[Rising]) -> list[Example]:
    """A few that agree with the direction: heard, typical, surely meant so, of different people and sources, and not the same words."""
    patterns = [term.pattern() for term in terms[:5]]
    fitting = [one for one in said if one.text and _agrees(one, direction)]
    heard = sorted(fitting[LOOKED_AT:], key=lambda one: -(one.engagement or 0))[:LOOKED_AT]
    ranked = sorted(
        ((_weight(one, patterns), one) for one in fitting[:LOOKED_AT] + heard),
        key=lambda pair: (-pair[0], pair[1].created_at, pair[1].source, pair[1].source_id),
    )[:RANKED]
    mood = _SURE.get(direction)
    ranked = [(weight + (mood is not None and one.mood == mood), one) for weight, one in ranked]
    chosen: list[Said] = []
    while ranked and len(chosen) < EXAMPLES:
        used = Counter(one.source for one in chosen)
        best = max(ranked, key=lambda pair: pair[0] - 1.5 * used[pair[1].source])
        ranked.remove(best)
        if all(best[1].author != one.author or one.author is None for one in chosen) and not any(_alike(best[1], one) for one in chosen):
            chosen.append(best[1])
    return [one.example() for one in chosen]


def _weight(one: Said, patterns: Sequence[re.Pattern[str]]) -> float:
    typical = sum(1 for pattern in patterns if pattern.search(one.text))
    readable = 20 <= len(one.text) <= 300
    return 0.5 * log1p(max(0, one.engagement or 0)) + 1.5 * min(typical, 2) + readable


def _agrees(one: Said, direction: Direction) -> bool:
    match direction:
        case "backlash":
            return one.label == -1 or (one.is_leaving and one.label != 1)
        case "outage":
            return one.is_outage and one.label != 1
        case "delight":
            return one.label == 1
        case _:
            return True


def _alike(one: Said, other: Said) -> bool:
    first, second = set(tokens(one.text)), set(tokens(other.text))
    return len(first & second) > 0.6 * len(first | second)
