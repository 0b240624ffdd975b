"""What `vader-brand` is told of a brand: the names that mean nothing by themselves, the others, the words of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.config.models import Brand
from monitor.enrich.brand_sentiment.lexicon import Entry, entries_for
from monitor.enrich.brand_sentiment.normalise import MARKS, words_of
from monitor.rule import And, Node, Or, Term, parse_rule

Name = tuple[str, ...]
"""The words of a name as `words_of` gives them, marks inside it too ("booking . com"), without 's."""


@dataclass(frozen=True, eq=False)
class Profile:
    """One brand as the scorer sees it; compared by identity, so keep one a brand.

    names   its own names and handles: "netflix", "netflix us"
    others  names of other brands and rivals, and whose each is: 1 and up
    titles  names of its products, shows or plans: silent, and nobody's
    sayings what its users add to the lexicon
    """

    names: Sequence[Name] = ()
    others: Mapping[Name, int] = field(default_factory=dict)
    titles: Sequence[Name] = ()
    sayings: Sequence[Entry] = ()

    @classmethod
    def of(cls, brand: Brand, others: Sequence[Brand] = ()) -> "Profile":
        """The profile of a configured brand among the other configured ones, whose names are set apart from it."""
        names = _names_of(brand)
        groups = [_names_of(other) for other in others if other.name != brand.name] + [_spellings([rival]) for rival in brand.rivals]
        return cls(
            names=names,
            others=_numbered(names, groups),
            titles=_spellings(brand.titles),
            sayings=[entry for each in brand.lexicon for entry in entries_for(each.say, each.means)],
        )

    @classmethod
    def named(cls, name: str, others: Sequence[str] = ()) -> "Profile":
        """The profile of a brand of which only the name is known, which is its handle too."""
        names = _spellings([name])
        return cls(names=names, others=_numbered(names, [_spellings([other]) for other in others]))

    def said(self) -> list[object]:
        """All of it as plain values, for telling one profile from another."""
        sayings = [(*entry.words, entry.valence) for entry in self.sayings]
        return [sorted(self.names), sorted(self.others.items()), sorted(self.titles), sorted(sayings)]


def _numbered(own: Sequence[Name], groups: Sequence[Sequence[Name]]) -> dict[Name, int]:
    """Every name of the others and whose it is; one that two share belongs to the first."""
    numbered: dict[Name, int] = {}
    for names in groups:
        known = next((numbered[name] for name in names if name in numbered), len(set(numbered.values())) + 1)
        numbered |= {name: known for name in names if name not in numbered and name not in own}
    return numbered


def _names_of(brand: Brand) -> list[Name]:
    handles = [handle.partition(":")[2].removeprefix("@") for handle in brand.own_handles]
    return _spellings([brand.name, *_terms(parse_rule(brand.rule)), *handles])


def _terms(node: Node) -> Iterator[str]:
    """The names in a rule: its words and phrases; of those that must occur together the first, for the rest tell only which Delta it is."""
    if isinstance(node, Term):
        yield node.written.lstrip("@#")
    elif isinstance(node, Or):
        for part in node.parts:
            yield from _terms(part)
    elif isinstance(node, And):
        yield from next((found for part in node.parts if (found := list(_terms(part)))), [])


def _spellings(names: Sequence[str]) -> list[Name]:
    """Names as words; those of several words in one, too, as handles and hashtags have them."""
    found: dict[Name, None] = {}
    for name in names:
        words = [word.removesuffix("'s").lstrip("@") for word in words_of([name])]
        while words and words[-1] in MARKS:
            words.pop()
        if words:
            found[tuple(words)] = None
            found[("".join(word for word in words if word not in MARKS),)] = None
    return list(found)
