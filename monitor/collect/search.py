"""A brand's rule in the words of a source's own search: wider than the rule, never narrower.

What a source returns is judged again by the rule itself, so a search may bring too much and must not miss what counts.
What a source cannot express is left out in the direction that widens, and a NOT is kept only where the source reads it
no wider than the rule does. It is taken for granted that a source compares without case, splits texts at punctuation as
it splits the query, and finds a name inside text without spaces (Japanese, Chinese, Thai, Korean). None of these finds a
handle inside an address, or a hashtag whose last letters are of another script.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod

from monitor.collect.dialect import Dialect
from monitor.collect.widen import All, Any, Atom, Wide, all_of, anchors, any_of, inward, is_negative, widened
from monitor.rule import And, Field, Node, Not, Or, Term

_MOST_ALTERNATIVES = 64


def searches(rule: Node, dialect: Dialect, *, exclude: Node | None = None, thrifty: bool = False) -> list[str]:
    """The queries that together bring every text of a source that the rule may count; empty where none can.

    exclude  what never counts; what the source can leave out of it, is left out
    thrifty  words and phrases are left out too, though the source may read them a little wider than the rule does:
             "acme, corp" for "acme corp", "café" for "cafe". Worth it where each text read costs money
    """
    wide = [_with(part, exclude, dialect, thrifty) for part in _searchable(inward(rule), dialect, thrifty)[0]]
    whole = wide[0] if len(wide) == 1 else any_of(wide)
    if whole is None:
        return []
    if dialect.either is None:
        return [dialect.both.join(atom.text for atom in atoms) for atoms in _conjunctions(whole, dialect)]
    return [_text(part, dialect) for part in _fitting(whole if dialect.groups else _flat(whole), dialect)]


def unsearchable(rule: Node, dialect: Dialect) -> list[str]:
    """The alternatives of a rule, as it writes them, that a source's search cannot find."""
    return _searchable(inward(rule), dialect, False)[1]


def written(node: Node) -> str:
    """A rule, or a part of one, as a person would write it."""
    match node:
        case Term(written=text):
            return f'"{text}"' if " " in text or text in ("OR", "AND", "NOT") else text
        case Field(name=name, value=value):
            return f'{name}:"{value}"' if " " in value else f"{name}:{value}"
        case Not(part=part):
            return f"NOT ({written(part)})" if isinstance(part, And | Or) else f"NOT {written(part)}"
        case And(parts=parts):
            return " ".join(f"({written(part)})" if isinstance(part, Or) else written(part) for part in parts)
        case Or(parts=parts):
            return " OR ".join(written(part) for part in parts)


def _searchable(node: Node, dialect: Dialect, thrifty: bool, alternatives: int = 1) -> tuple[list[Wide], list[str]]:
    """What can be asked for, as alternatives, and which parts of the rule cannot."""
    wide = widened(node, dialect, thrifty)
    if wide is not None and anchors(wide):
        return [wide], []
    split: Iterable[Node] = ()
    if isinstance(node, Or):
        split = node.parts
    elif isinstance(node, And) and (choice := next((part for part in node.parts if isinstance(part, Or)), None)):
        alternatives *= len(choice.parts)
        rest = tuple(part for part in node.parts if part is not choice)
        split = [And((*(part.parts if isinstance(part, And) else (part,)), *rest)) for part in choice.parts]
    if not split or alternatives > _MOST_ALTERNATIVES:
        return [], [written(node)]
    found: list[Wide] = []
    lost: list[str] = []
    for part in split:
        more, less = _searchable(part, dialect, thrifty, alternatives)
        found += more
        lost += less
    return found, lost


def _with(wide: Wide, exclude: Node | None, dialect: Dialect, thrifty: bool) -> Wide | None:
    without = widened(inward(exclude, negated=True), dialect, thrifty) if exclude else None
    return all_of([wide, without])


def _text(wide: Wide, dialect: Dialect, *, inside: bool = False) -> str:
    if isinstance(wide, Atom):
        return wide.text
    between = dialect.both if isinstance(wide, All) else dialect.either or ""
    parts = sorted(wide.parts, key=is_negative)
    text = between.join(_text(part, dialect, inside=True) for part in parts)
    return f"({text})" if inside and dialect.groups else text


def _fitting(wide: Wide, dialect: Dialect) -> list[Wide]:
    """The same in parts that are short enough: alternatives apart, and what must also occur left out where that is too long."""
    is_split = not dialect.groups and isinstance(wide, Any) and any(isinstance(part, All) for part in wide.parts)
    if len(_text(wide, dialect)) <= dialect.longest and not is_split:
        return [wide]
    if isinstance(wide, Any):
        return _packed([short for part in wide.parts for short in _fitting(part, dialect)], (), dialect)
    assert isinstance(wide, All), "a term or field alone is short enough"
    choices = [part for part in wide.parts if isinstance(part, Any)]
    for choice in sorted(choices, key=lambda part: -len(_text(part, dialect))):
        rest = tuple(part for part in wide.parts if part is not choice)
        if all(len(_text(All((part, *rest)), dialect)) <= dialect.longest for part in choice.parts):
            return _packed(list(choice.parts), rest, dialect)
    without = [tuple(part for part in wide.parts if part is not left_out) for left_out in wide.parts]
    shorter = [parts for parts in without if any(anchors(part) for part in parts)]
    # what is excluded goes first, then what is longest
    kept = min(shorter, key=lambda parts: (sum(map(is_negative, parts)), len(_text(All(parts), dialect))))
    return _fitting(All(kept) if len(kept) > 1 else kept[0], dialect)


def _packed(parts: Sequence[Wide], rest: tuple[Wide, ...], dialect: Dialect) -> list[Wide]:
    """As few queries as there must be, each some alternatives beside the rest."""
    packed: list[Wide] = []
    some: list[Wide] = []
    for part in parts:
        together = _beside([*some, part], rest)
        is_apart = not dialect.groups and isinstance(part, All)
        if some and not is_apart and len(_text(together, dialect)) <= dialect.longest:
            some.append(part)
            continue
        if some:
            packed.append(_beside(some, rest))
        some = [part]
    return [*packed, _beside(some, rest)]


def _beside(alternatives: Sequence[Wide], rest: tuple[Wide, ...]) -> Wide:
    choice = Any(tuple(alternatives)) if len(alternatives) > 1 else alternatives[0]
    return All((choice, *rest)) if rest else choice


def _flat(wide: Wide) -> Wide:
    """For a source without brackets: alternatives of single things, and around them what must all occur."""
    parts = wide.parts if isinstance(wide, Any) else (wide,)
    single = [part for part in parts if isinstance(part, Atom)]
    joined = [all_of([_clause(inner) for inner in part.parts]) for part in parts if isinstance(part, All)]
    return any_of([*single, *joined]) or wide


def _clause(wide: Wide) -> Wide | None:
    """Single things of which one must occur; of what must all occur, the one with the fewest alternatives."""
    match wide:
        case Any(parts=parts):
            return any_of([_clause(part) for part in parts])
        case All(parts=parts):
            clauses = [clause for part in parts if anchors(part) and (clause := _clause(part))]
            return min(clauses, key=lambda clause: len(clause.parts) if isinstance(clause, Any) else 1)
        case _:
            return wide


def _conjunctions(wide: Wide, dialect: Dialect) -> list[tuple[Atom, ...]]:
    """Things that must all occur, one tuple a query; the union of the queries brings what `wide` does.

    Where alternatives meet alternatives their product grows; what would make it too large is left out.
    """
    most = dialect.most
    found = _covers(wide, dialect, most)
    while len(found) > dialect.most and most > 1:
        most //= 2
        found = _covers(wide, dialect, most)
    short = [_short(atoms, dialect) for atoms in found]
    unique = {frozenset(atoms): atoms for atoms in short}
    return [atoms for key, atoms in unique.items() if not any(other < key for other in unique)]


def _covers(wide: Wide, dialect: Dialect, most: int) -> list[tuple[Atom, ...]]:
    if isinstance(wide, Atom):
        return [(wide,)]
    if isinstance(wide, Any):
        return [atoms for part in wide.parts for atoms in _covers(part, dialect, most)]
    # the rarest first: few alternatives, long words
    covers = sorted(
        ((part, _covers(part, dialect, most)) for part in wide.parts),
        key=lambda each: (not anchors(each[0]), len(each[1]), -min(len(atom.text) for atoms in each[1] for atom in atoms)),
    )
    chosen = [covers[0][1]]
    for _, cover in covers[1:]:
        if not dialect.one_term and prod(map(len, chosen)) * len(cover) <= most:
            chosen.append(cover)
    return [tuple(dict.fromkeys(atom for atoms in each for atom in atoms)) for each in product(*chosen)]


def _short(atoms: tuple[Atom, ...], dialect: Dialect) -> tuple[Atom, ...]:
    """As many as fit into a query, the last to be chosen left out first."""
    while len(dialect.both.join(atom.text for atom in atoms)) > dialect.longest:
        atoms = atoms[:-1]
    return atoms
