"""What a text speaks of: each brand's own topics, by the rules of its configuration."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from importlib.resources import files
from itertools import chain
from typing import TypeAlias

import regex
import yaml

from monitor.enrich.language import FREQUENT
from monitor.enrich.vocabulary import Facts, Words
from monitor.rule import And, Node, Not, Or, Subject, Term, parse_rule
from monitor.text import folded

_WORD = re.compile(r"\w+")
# scripts written without spaces: their names stand inside what the line above calls a word
_LONGEST_REMEMBERED = 20
_REMEMBERED = 32_768

_Rule: TypeAlias = tuple[str, Node, bool, str]
"""A topic, one of the alternatives by which it is found, whether that is the word by which it was looked up, and what else must
stand in the text, with one space between words: the longest of its phrases."""


class _Cues(dict[str, Sequence[_Rule]]):
    """Token to what may be found where it stands, by the words in it; nothing for most. Filled as tokens are met."""

    def __init__(self) -> None:
        super().__init__()
        self.by_word: dict[str, list[_Rule]] = {}

    def __missing__(self, token: str) -> Sequence[_Rule]:
        found = tuple(rule for word in dict.fromkeys(_WORD.findall(folded(token))) for rule in self.by_word.get(word, ()))
        if len(token) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[token] = found
        return found


_SPACED = regex.compile(r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{N}_]+")


class Topics:
    """The topics of one brand; built once, it remembers tokens, so keep one and ask it of many texts.

    rules      topic to rule
    own_names  names of the brand: a term of a rule that is one of them counts for nothing
    """

    def __init__(self, rules: Mapping[str, str], own_names: Iterable[str] = ()) -> None:
        own = frozenset(_needle(name) for name in own_names)
        self._names = tuple(rules)
        self._cues = _Cues()
        self._facts = Facts(self._cues.__getitem__)
        self._wordless: list[_Rule] = []
        for name, rule in rules.items():
            tree = _without(parse_rule(rule), own)
            for node in _alternatives(tree) if tree is not None else ():
                words = _words(node)
                is_word = isinstance(node, Term) and node.written.isascii() and node.written.isalnum()
                for word in words or ():
                    self._cues.by_word.setdefault(word, []).append((name, node, is_word, _phrase(node, word)))
                if words is None:
                    self._wordless.append((name, node, False, ""))

    def __bool__(self) -> bool:
        return bool(self._names)

    def of(self, subject: Subject, tokens: Sequence[str]) -> Sequence[str]:
        """The topics of a text, in the order of the configuration.

        tokens  what stands between its white space, folded or not: only what they may stand for is looked for
        """
        candidates = [*self._wordless, *chain.from_iterable(filter(None, map(self._cues.__getitem__, tokens)))]
        return self._among(candidates, lambda: subject, None) if candidates else []

    def in_texts(self, texts: Sequence[str], langs: Sequence[str | None], words: Words) -> Iterator[Sequence[str]]:
        """The topics of each of several texts of which nothing else is known.

        words  of these texts
        """
        for text, lang, tokens, cues in zip(texts, langs, words.split, self._facts.in_texts(words), strict=True):
            if not text or not (cues or self._wordless):
                yield ()
                continue
            # folding such a text changes no more than its capitals
            line = " ".join(tokens).lower() if text.isascii() and text.isprintable() else None
            yield self._among([*self._wordless, *chain.from_iterable(cues)], partial(Subject.of_text, text, lang), line)

    def _among(self, candidates: Sequence[_Rule], subject_of: Callable[[], Subject], line: str | None) -> Sequence[str]:
        """Which of the candidates are topics of a text.

        subject_of  makes the text ready, which few of the candidates need
        line        the words of the text as it does, with one space between; None where that is not known
        """
        subject: Subject | None = None
        if line is None:
            subject = subject_of()
            line = " ".join(subject.text.split())
        # elsewhere a mark behind a word may make another of it
        is_plain = line.isascii()
        found: set[str] = set()
        tried: set[int] = set()
        for rule in candidates:
            name, node, is_word, phrase = rule
            if name in found or id(rule) in tried:
                continue
            tried.add(id(rule))
            if is_word and is_plain:
                found.add(name)
            elif phrase in line:
                subject = subject or subject_of()
                if node.find(subject) is not None:
                    found.add(name)
        return [name for name in self._names if name in found] if found else []


@lru_cache(maxsize=1)
def starter_topics() -> Mapping[str, str]:
    """Rules for a brand that has none of its own: those of the starter sets for what people subscribe to, both words for each topic."""
    merged: dict[str, str] = {}
    for name in ("streaming", "telecom"):
        rules = yaml.safe_load((files("monitor") / "topics" / f"{name}.yaml").read_text(encoding="utf-8"))
        for topic, rule in rules.items():
            merged[topic] = f"({merged[topic]}) OR ({rule})" if topic in merged else rule
    return merged


def tokens_of(subject: Subject) -> Sequence[str]:
    """What stands between white space in a text, found once for the topics of all brands."""
    return subject.text.split()


def names_in(rule: str) -> tuple[str, ...]:
    """The words, phrases and handles by which a rule finds a brand, without @ and #; what it excludes is left out."""
    return tuple(dict.fromkeys(_needle(term) for term in _terms(parse_rule(rule))))


def _terms(node: Node) -> Iterable[str]:
    if isinstance(node, Term):
        yield node.written
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _terms(part)


def _needle(written: str) -> str:
    return " ".join(folded(written.lstrip("@#")).split())


def _without(node: Node, own: frozenset[str]) -> Node | None:
    """The rule without the terms that are the brand's names; None where nothing is left."""
    if isinstance(node, Term):
        return None if _needle(node.written) in own else node
    if isinstance(node, Or):
        parts = tuple(part for each in node.parts if (part := _without(each, own)) is not None)
        return Or(parts) if parts else None
    if isinstance(node, And):
        # what must stand beside the brand's name still must; the name itself is known to be meant
        parts = tuple(part for each in node.parts if (part := _without(each, own)) is not None)
        return And(parts) if any(not isinstance(part, Not) for part in parts) else None
    return node


def _alternatives(node: Node) -> Iterable[Node]:
    """The rule as parts one of which must hold, so that a text is held against few of them."""
    if isinstance(node, Or):
        for part in node.parts:
            yield from _alternatives(part)
        return
    choice = next((part for part in node.parts if isinstance(part, Or)), None) if isinstance(node, And) else None
    if isinstance(node, And) and choice is not None:
        rest = tuple(part for part in node.parts if part is not choice)
        yield from (And((part, *rest)) for part in _alternatives(choice))
    else:
        yield node


def _phrase(node: Node, word: str) -> str:
    """The longest of the words and phrases that every text holds which the rule matches; "" where that is but the given word."""
    terms = [node] if isinstance(node, Term) else [part for part in node.parts if isinstance(part, Term)] if isinstance(node, And) else []
    return max((phrase for term in terms if (phrase := _needle(term.written)) != word), key=len, default="")


def _words(node: Node) -> frozenset[str] | None:
    """Words one of which stands in every text that the rule matches; None where there are no such words."""
    if isinstance(node, Term):
        words = [word for word in _WORD.findall(folded(node.written)) if _SPACED.fullmatch(word)]
        return frozenset([max(words, key=_rarity)]) if words else None
    if isinstance(node, Or):
        parts = [_words(part) for part in node.parts]
        known = [part for part in parts if part is not None]
        return frozenset().union(*known) if len(known) == len(parts) else None
    if isinstance(node, And):
        sets = [part for each in node.parts if (part := _words(each)) is not None]
        return min(sets, key=lambda part: (len(part), *(-each for each in min(map(_rarity, part)))), default=None)
    return None


def _rarity(word: str) -> tuple[bool, int]:
    """The greater, the less often a word is met: frequent ones are known, and of others the longer is the rarer."""
    return word not in FREQUENT, len(word)
