"""What somebody means to do, or wants, towards one brand: leaving it and for whom, a refund, an outage, praise, a question."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from monitor.enrich import intent_words as around
from monitor.enrich.intent_gate import ToTry, to_try
from monitor.enrich.intent_names import Masked, Names, lower
from monitor.enrich.intent_patterns import MINE, OWN, RIVAL, Pattern
from monitor.enrich.intent_wishes import QUESTION

_PLAN = re.compile(MINE)
_QUOTES = ('"', "'", "“", "”")

LONGEST = 5_000
"""Characters that are looked at."""

_MOST = 20
# matches of one pattern that are looked at: what is repeated more often is no other intent

_ASKED_BEFORE = 400
# a question begins no further before its mark


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent and where it is said.

    name  cancel, switch_to:RIVAL, refund, outage_report, praise or question
    span  first and last character of it in the text, end exclusive
    """

    name: str
    span: tuple[int, int]


def is_churn(name: str) -> bool:
    """Whether an intent is one of leaving."""
    return name == "cancel" or name.startswith("switch_to:")


def intents(text: str, brand_names: Sequence[str], rivals: Mapping[str, Sequence[str]] | Sequence[str] = ()) -> Sequence[Intent]:
    """What the author of a text means to do towards a brand, or wants of it; in the order of the text, each name once.

    brand_names  how the brand is written, handles without @; the text is taken to be about it, named or not
    rivals       names of others, or name to the ways it is written; a name that is not among them is told by its capital

    >>> [found.name for found in intents("Left Verizon for T-Mobile", ["Verizon"])]
    ['switch_to:T-Mobile']
    >>> intents("Left Verizon for T-Mobile", ["T-Mobile"])
    []
    """
    return intents_among(to_try(text[:LONGEST].split()), text, Names.of(brand_names, rivals))


def intents_among(candidates: ToTry, text: str, names: Names) -> Sequence[Intent]:
    """Those of them that are found by one of the patterns, or by a question mark.

    candidates  what is worth trying: see `to_try`
    """
    text = text[:LONGEST]
    leaving, others = candidates
    if not (leaving or others or "?" in text):
        return []
    masked = Masked.of(text, names, is_about_leaving=bool(leaving))
    found: list[Intent] = []
    for pattern in leaving:
        if first := _first(pattern, masked.said):
            found += _leavings(pattern, masked, first.start())
    for pattern in others:
        if first := _first(pattern, masked.known):
            found += _others(pattern, masked.known, first.start())
    known = masked.known
    if "?" in known and (asked := QUESTION.search(known, max(0, known.index("?") - _ASKED_BEFORE), known.rindex("?") + 1)):
        found.append(Intent("question", asked.span()))
    return _once(found) if found else found


def _once(found: Sequence[Intent]) -> list[Intent]:
    """The first of each name, in the order of the text; no `cancel` that is part of a `switch_to:`."""
    first: dict[str, Intent] = {}
    moves = [intent.span for intent in found if intent.name.startswith("switch_to:")]
    for intent in sorted(found, key=lambda intent: intent.span):
        if intent.name == "cancel" and any(start < intent.span[1] and intent.span[0] < end for start, end in moves):
            continue
        first.setdefault(intent.name, intent)
    return list(first.values())


def _first(pattern: Pattern, said: str) -> re.Match[str] | None:
    return pattern.regex.search(said) if pattern.gate is None or pattern.gate.search(said) else None


def _leavings(pattern: Pattern, masked: Masked, start: int) -> Iterator[Intent]:
    """What one pattern about leaving finds from a place on: only what the author means for this brand."""
    for match in islice(pattern.regex.finditer(masked.said, start), _MOST):
        if name := _leaving(pattern, match, masked):
            yield Intent(name, match.span())


def _others(pattern: Pattern, said: str, start: int) -> Iterator[Intent]:
    """What another pattern finds from a place on: nothing in sentences about a rival alone."""
    for match in islice(pattern.regex.finditer(said, start), _MOST):
        sentence = _sentence(said, match)
        if RIVAL not in sentence or OWN in sentence:
            yield Intent(pattern.intent, match.span())


def _leaving(pattern: Pattern, match: re.Match[str], masked: Masked) -> str | None:
    """`cancel`, `switch_to:` with a name, or None where it is not this brand that the author leaves."""
    said, groups = masked.said, match.groupdict()
    if groups.get("rival") or groups.get("own") or groups.get("unnamed", "you") not in (*around.OURSELVES, None):
        return None
    if any(_of_another(groups.get(name) or "") for name in ("from", "object", "rest")):
        return None
    if pattern.check != "said" and not _by_speaker(
        said[: match.start()], is_base=bool(around.BASE.match(match.group())), is_past=bool(around.PAST.match(match.group()))
    ):
        return None
    if pattern.check == "given up" and not _is_given_up(said, match.end()):
        return None
    if groups.get("button") and _is_of_something_else(said[match.end() : match.end() + 120].removeprefix(" for")):
        return None
    if _is_taken_back(said, match):
        return None
    to = groups.get("to")
    if not to:
        return None if around.JOINS.search(said) and OWN not in match.group() else "cancel"
    if OWN in to or around.OR_OWN.match(said, match.end()):
        return None
    if RIVAL not in to and match.end() == match.end("to") and not around.NAME_ENDS.match(said, match.end()):
        return "cancel" if OWN in match.group() else None
    name = masked.name_at(*match.span("to"))
    return "cancel" if lower(name).split(" ")[0] in around.NO_NAME else f"switch_to:{name}"


def _is_taken_back(said: str, match: re.Match[str]) -> bool:
    """Whether the author stayed, came back, only asks what would be if, or quotes."""
    sentence = _sentence(said, match)
    is_quoted = said[match.end() : match.end() + 1] in _QUOTES and said[match.start() - 1 : match.start()] in _QUOTES
    return bool(is_quoted or around.VETO.search(sentence) or around.OPEN.search(sentence) or around.RETURNED.search(said))


def _by_speaker(before: str, *, is_base: bool, is_past: bool) -> bool:
    """Whether the words that lead to a verb make it the author's own doing: `I finally`, `we're going to`, or nothing at all.

    is_base  whether it is an imperative if nothing stands before it: `cancel Netflix!` tells others what to do
    is_past  whether it may be somebody else's doing: `my account got cancelled`
    """
    words = around.WORD.findall(around.CLAUSE.split(before[-200:])[-1])[-14:]
    if (is_base and not words) or (is_past and words and words[-1] in around.PASSIVE):
        return False
    is_joined = False
    for word in reversed(words):
        if word in around.SPEAKER:
            return True
        if word in around.NEGATIONS or word in around.OTHERS or around.ANY_NAME.search(word):
            return False
        is_joined = is_joined or word in around.JOINING
        if not (is_joined or word in around.LEADING or word.endswith("ly")):
            return False
    return True


def _is_given_up(said: str, end: int) -> bool:
    """Whether what follows `cancel` or `quit` is the brand, a subscription to it, or nothing."""
    after = said[end : end + 120]
    if _is_of_something_else(after):
        return False
    if match := around.PLAN_AFTER.match(after):
        what = match.group() + (around.WITH.match(after, match.end()) or [""])[0]
        return not (_of_another(what) or what.startswith(" any "))
    return bool(around.BARE_AFTER.match(after))


def _is_of_something_else(after: str) -> bool:
    """Whether the words after a verb name a show, a flight or an order, before any subscription."""
    thing = around.NOT_OURS.search(around.OBJECT_ENDS.split(after[:45])[0])
    return thing is not None and not ((plan := _PLAN.search(after)) and plan.start() < thing.start())


def _of_another(words: str) -> bool:
    """Whether the first name among them is not the brand's."""
    named = around.ANY_NAME.search(around.CLAUSE.split(words)[0])
    return named is not None and named.group() != OWN


def _sentence(said: str, match: re.Match[str]) -> str:
    start = max(said.rfind(mark, 0, match.start()) for mark in ".!?\n") + 1
    ends = [at for mark in ".!?\n" if (at := said.find(mark, match.end())) >= 0]
    return said[start : min(ends, default=len(said))]
