"""What a rule nearly finds: shown beside its matches, so that a person sees where to widen or narrow it."""

from collections.abc import Iterator

import regex

from monitor.rule import And, Node, Not, Or, Subject, Term
from monitor.text import folded

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_]+")
_SHORTEST_TYPO = 5


def near_misses(rule: Node, subject: Subject, *, exclude: Node | None = None) -> tuple[str, ...]:
    """Why a text nearly counts, in a few words each; empty where it counts, or is far from it.

    A name inside a longer word; a word of five letters or more with one letter wrong, missing or too many; the words of
    a phrase, but not side by side; a match that `exclude` or a NOT of the rule takes back.
    """
    found = rule.find(subject)
    if found is not None:
        taken_back = exclude.find(subject) if exclude else None
        return (f"{_list(found)} is there, but exclude finds {_list(taken_back)}",) if taken_back is not None else ()
    positive = _positive(rule)
    if positive is not None and (found := positive.find(subject)) is not None:
        return (f"{_list(found)} is there, but so is {_list(_negated(rule, subject))} after NOT",)
    return tuple(dict.fromkeys(reason for term in _terms(rule) if (reason := _reason(term, subject)) is not None))


def _positive(node: Node) -> Node | None:
    """The rule without its NOTs; None where nothing is left."""
    if isinstance(node, And | Or):
        parts = tuple(part for each in node.parts if (part := _positive(each)) is not None)
        return type(node)(parts) if parts else None
    return None if isinstance(node, Not) else node


def _negated(node: Node, subject: Subject) -> tuple[str, ...]:
    """What the NOTs of a rule find."""
    if isinstance(node, Not):
        return node.part.find(subject) or ()
    return tuple(found for part in node.parts for found in _negated(part, subject)) if isinstance(node, And | Or) else ()


def _terms(node: Node) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _terms(part)


def _reason(term: Term, subject: Subject) -> str | None:
    if term.find(subject) is not None:
        return None
    sign = term.written[0] if term.written[0] in "@#" else ""
    words = folded(term.written.removeprefix(sign)).split()
    name, shown = " ".join(words), _list([term.written])
    tokens = dict.fromkeys(_WORD.findall(subject.text))
    if sign and name in tokens:
        return f"{name} without {sign}"
    longer = next((token for token in tokens if name in token and name != token), None)
    if longer:
        return f"{shown} inside {longer}"
    if len(words) > 1:
        return f"the words of {shown}, but not side by side" if all(word in tokens for word in words) else None
    if len(name) < _SHORTEST_TYPO:
        return None
    typo = regex.compile(rf"(?:{regex.escape(name)}){{e<=1}}")
    near = next((token for token in tokens if abs(len(token) - len(name)) <= 1 and typo.fullmatch(token)), None)
    return f"{near}, one letter from {shown}" if near and near != name else None


def _list(found: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f'"{each}"' if " " in each else each for each in dict.fromkeys(found))
