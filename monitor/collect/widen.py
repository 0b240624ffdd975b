"""What a source is asked for in place of a rule: the rule with what the source cannot express left out, so that it widens."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import regex

from monitor.collect.dialect import HANDLE, Dialect
from monitor.rule import And, Field, Node, Not, Or, Term
from monitor.text import folded, plain

_UNSPACED_END = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Hangul}]$")
# emoji, marks of currency and trade, and what would end a quotation: no part of a searched phrase
_BETWEEN = regex.compile(r"[\p{So}\p{Sk}\p{C}\"“”„\\]+")
_BARE = regex.compile(r"(?!(?:or|and|not|near)$)[\p{L}\p{M}\p{N}]+")
_TAG = regex.compile(r"(?=.*\p{L})[\p{L}\p{M}\p{N}_]+")
_HANDLE = regex.compile(HANDLE)


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing to ask for, as the source writes it.

    anchors  it may be asked for alone
    is_sure  it finds everything that the rule means by it
    """

    text: str
    is_negative: bool = False
    anchors: bool = True
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class All:
    """Things that must all occur."""

    parts: tuple["Wide", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Things of which one must occur."""

    parts: tuple["Wide", ...]


Wide: TypeAlias = Atom | All | Any


def inward(node: Node, *, negated: bool = False) -> Node:
    """The same rule with NOT before single terms and fields only."""
    match node:
        case Not(part=part):
            return inward(part, negated=not negated)
        case And(parts=parts) | Or(parts=parts):
            inner = tuple(inward(part, negated=negated) for part in parts)
            return And(inner) if isinstance(node, And) != negated else Or(inner)
        case _:
            return Not(node) if negated else node


def widened(node: Node, dialect: Dialect, thrifty: bool) -> Wide | None:
    """What the source is asked for; None is everything."""
    match node:
        case And(parts=parts):
            return all_of([widened(part, dialect, thrifty) for part in parts])
        case Or(parts=parts):
            return any_of([widened(part, dialect, thrifty) for part in parts])
        case Not(part=part):
            return _without(part, dialect, thrifty)
        case Term():
            return _term(node, dialect)
        case Field():
            return _field(node, dialect)


def all_of(parts: Iterable[Wide | None]) -> Wide | None:
    """All of these; what is not sure is left out where something else can be asked for, and None is everything."""
    flat = [inner for part in parts if part is not None for inner in (part.parts if isinstance(part, All) else (part,))]
    kept = list(dict.fromkeys(flat))
    if any(_is_sure(part) and anchors(part) for part in kept):
        kept = [part for part in kept if _is_sure(part)]
    return All(tuple(kept)) if len(kept) > 1 else next(iter(kept), None)


def any_of(parts: Iterable[Wide | None]) -> Wide | None:
    """One of these; None is everything, and so is an absence, which no source takes as an alternative."""
    kept: dict[Wide, None] = {}
    for part in parts:
        if part is None or is_negative(part):
            return None
        kept |= dict.fromkeys(part.parts if isinstance(part, Any) else (part,))
    # "a OR (a b)" is "a"
    needed = [part for part in kept if not (isinstance(part, All) and any(other in kept for other in part.parts))]
    return Any(tuple(needed)) if len(needed) > 1 else next(iter(needed), None)


def anchors(wide: Wide) -> bool:
    """Whether it may be asked for alone."""
    match wide:
        case Atom():
            return wide.anchors and not wide.is_negative
        case All(parts=parts):
            return any(anchors(part) for part in parts)
        case Any(parts=parts):
            return all(anchors(part) for part in parts)


def is_negative(wide: Wide) -> bool:
    """Whether it names absences only."""
    return wide.is_negative if isinstance(wide, Atom) else isinstance(wide, All) and all(map(is_negative, wide.parts))


def _is_sure(wide: Wide) -> bool:
    return wide.is_sure if isinstance(wide, Atom) else all(_is_sure(part) for part in wide.parts)


def _term(term: Term, dialect: Dialect) -> Wide | None:
    sign = term.written[0] if term.written[0] in ("@", "#") else ""
    name = term.written.removeprefix(sign)
    spellings = list(dict.fromkeys([" ".join(plain(name).lower().split()), " ".join(folded(name).split())]))
    if dialect.by_tag:
        tags = (regex.sub(r"[^\p{L}\p{M}\p{N}_]", "", spelling) for spelling in spellings)
        return any_of([Atom(tag) if _TAG.fullmatch(tag) and 2 <= len(tag) <= dialect.longest else None for tag in tags])
    signed = [Atom(text) for spelling in spellings for text in _signed(spelling, sign)] if dialect.signs else []
    # a hashtag may run on in a script without spaces, and is then another hashtag
    if sign and signed and not _UNSPACED_END.search(name):
        return any_of(signed)
    # "c++'s" and "macy's's" are not written
    endings = ("", *dialect.endings) if regex.search(r"\p{L}$", name) and not regex.search(r"['’]s$", name) else ("",)
    return any_of([*(_words(spelling + ending, dialect) for spelling in spellings for ending in endings), *signed])


def _signed(name: str, sign: str) -> Iterator[str]:
    if sign != "@" and _TAG.fullmatch(name):
        yield f"#{name}"
    if sign != "#" and _HANDLE.fullmatch(name):
        yield f"@{name}"


def _words(spelling: str, dialect: Dialect) -> Wide | None:
    """A word bare, several or a word with signs in it as a phrase; what lies between emoji must all occur."""
    if dialect.breaks:
        spelling = regex.sub(f"[{regex.escape(dialect.breaks)}]+", "\0", spelling)
    pieces = (" ".join(piece.split()) for piece in _BETWEEN.split(spelling))
    return all_of([_phrase(piece, dialect) for piece in pieces if regex.search(r"[\p{L}\p{N}]", piece)])


def _phrase(words: str, dialect: Dialect) -> Atom | None:
    while len(words) + 2 > dialect.longest and " " in words:
        words = words.rpartition(" ")[0]
    if len(words) + 2 > dialect.longest:
        return None
    return Atom(words if _BARE.fullmatch(words) else f'"{words}"')


def _field(field: Field, dialect: Dialect) -> Atom | None:
    form = dialect.fields.get(field.name) or dialect.fields.get(f"{field.name}:{field.value}")
    says_nothing = field.name == "site" and any(f".{own}".endswith(f".{field.value}") for own in dialect.own_sites)
    if form is None or says_nothing or not regex.fullmatch(form.valid, field.value):
        return None
    text = form.written.format(field.value)
    if len(text) > dialect.longest:
        return None
    return Atom(text, is_negative=text.startswith("-"), anchors=form.anchors, is_sure=form.narrows)


def _without(leaf: Node, dialect: Dialect, thrifty: bool) -> Wide | None:
    """The negation of a term or field, where it drops no more than the rule does."""
    if isinstance(leaf, Field):
        form = dialect.fields.get(leaf.name) or dialect.fields.get(f"{leaf.name}:{leaf.value}")
        found: Wide | None = _field(leaf, dialect) if form and form.negates else None
    else:
        found = _term(leaf, dialect) if isinstance(leaf, Term) else None
        # a handle is found whole or not at all; a word may be found in more texts than the rule finds it in
        if not thrifty and not (isinstance(found, Atom) and found.text.startswith("@")):
            return None
    if dialect.no is None or found is None:
        return None
    atoms = found.parts if isinstance(found, Any) else (found,)
    return all_of([Atom(dialect.no + atom.text, is_negative=True) if isinstance(atom, Atom) else None for atom in atoms])
