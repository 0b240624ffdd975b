"""The conditions of `rules:`, boolean expressions over columns of v_mentions, as a tree that judges rows.

    author_followers >= 100000 and label = -1
    text contains 'lawsuit' or (is_churn and source in ('x', 'reddit'))

Comparisons are `= != < <= > >=`, `in (…)`, `is null`, `is not null` and `contains`; a yes-or-no column stands alone. `not`
binds closest, then `and`, then `or`. Texts stand in 'single quotes', '' for a quote within. Comparing what is unknown is
neither true nor false, as in SQL, and a rule speaks only where its condition is true. No condition is ever handed to a database.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from monitor.errors import ConfigError
from monitor.rule import Term, term_for
from monitor.text import folded

Kind = Literal["text", "words", "number", "flag", "list"]
# what `contains` means: words in a text, an entry of a list, letters of anything else
_KINDS: Mapping[Kind, Sequence[str]] = {
    "text": ("source", "kind", "channel", "url", "lang", "author_id", "author_name", "matched_by", "state"),
    "words": ("title", "text"),
    "number": (
        "author_followers", "likes", "replies", "reposts", "quotes", "bookmarks", "views", "score", "upvote_ratio", "rating",
        "engagement", "compound", "pos", "neu", "neg", "brand_compound", "label",
    ),
    "flag": ("is_churn", "scored", "text_truncated"),
    "list": ("links", "matched_terms", "intents", "topics"),
}  # fmt: skip
COLUMNS: MappingProxyType[str, Kind] = MappingProxyType({column: kind for kind, columns in _KINDS.items() for column in columns})
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,))"
)
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_DEEPEST = 50
# letters of a long condition to either side of a mistake that are told with it
_SHOWN = 100
Row: TypeAlias = Mapping[str, Any]
Literals: TypeAlias = str | float | bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A column beside one value, or several of which one must equal it."""

    column: str
    sign: str
    values: tuple[Literals, ...]

    def judge(self, row: Row) -> bool | None:
        """None where the column is unknown."""
        seen = row[self.column]
        if seen is None:
            return None
        compare = _SIGNS["=" if self.sign == "in" else self.sign]
        return any(compare(_plain(seen), _plain(value)) for value in self.values)


@dataclass(frozen=True, slots=True)
class Contains:
    """A column that holds words, an entry or letters."""

    column: str
    wanted: str
    term: Term | None

    def judge(self, row: Row) -> bool | None:
        """None where the column is unknown."""
        seen = row[self.column]
        if seen is None:
            return None
        if self.term is not None:
            text = folded(seen)
            return self.term.needle in text and self.term.pattern.search(text) is not None
        wanted = self.wanted.casefold()
        if COLUMNS[self.column] == "list" and self.column != "links":
            return any(str(entry).casefold() == wanted for entry in seen)
        return any(wanted in str(entry).casefold() for entry in (seen if self.column == "links" else [seen]))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A column that is null, or is not."""

    column: str
    wanted: bool

    def judge(self, row: Row) -> bool | None:
        """Always known."""
        return (row[self.column] is None) == self.wanted


@dataclass(frozen=True, slots=True)
class Negated:
    """What is not so."""

    part: "Condition"

    def judge(self, row: Row) -> bool | None:
        """None where its part is."""
        held = self.part.judge(row)
        return None if held is None else not held


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts of which all, or one, must hold."""

    word: Literal["and", "or"]
    parts: tuple["Condition", ...]

    def judge(self, row: Row) -> bool | None:
        """None where the known parts do not decide it."""
        held = [part.judge(row) for part in self.parts]
        deciding = self.word == "or"
        if deciding in held:
            return deciding
        return None if None in held else not deciding


Condition: TypeAlias = Compared | Contains | Unknown | Negated | Joined


@lru_cache(maxsize=256)
def parse_condition(text: str) -> Condition:
    """The tree of a condition.

    raises  ConfigError with the column, counted from 1, where it breaks, and what could stand there
    """
    return _Parser(text).whole()


def columns_of(condition: Condition) -> set[str]:
    """The columns that a condition looks at."""
    match condition:
        case Negated():
            return columns_of(condition.part)
        case Joined():
            return set().union(*map(columns_of, condition.parts))
        case _:
            return {condition.column}


def _plain(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            found = _TOKEN.match(text, place)
            if found is None:
                rest = text[place:]
                raise self.error("a column, a value or one of = != < <= > >= ( ) , is expected", place + len(rest) - len(rest.lstrip()))
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)], found.start(str(found.lastgroup))))
            place = found.end()
        self.at = 0
        self.depth = 0

    def whole(self) -> Condition:
        if not self.tokens:
            raise self.error("it is empty; write a condition such as label = -1", 0)
        tree = self.either()
        if self.at < len(self.tokens):
            raise self.error("`and`, `or` or the end is expected", self.place())
        return tree

    def either(self) -> Condition:
        return self.joined("or", lambda: self.joined("and", self.one))

    def joined(self, word: Literal["and", "or"], part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self.takes(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def one(self) -> Condition:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error("it is nested too deeply", self.place())
        try:
            if self.takes("not"):
                return Negated(self.one())
            if self.takes("("):
                inner = self.either()
                self.needs(")")
                return inner
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Condition:
        place = self.place()
        kind, name, _ = self.next("a column is expected")
        column = name.lower()
        if kind != "name" or column not in COLUMNS:
            raise self.error(f"{name} is no column that rules can use; there are {', '.join(sorted(COLUMNS))}", place)
        if self.takes("is"):
            wanted = not self.takes("not")
            self.needs("null")
            return Unknown(column, wanted)
        if self.takes("contains"):
            return self.contains(column)
        if self.takes("in"):
            self.needs("(")
            values = [self.value(column)]
            while self.takes(","):
                values.append(self.value(column))
            self.needs(")")
            return Compared(column, "in", tuple(values))
        sign = self.tokens[self.at][1] if self.at < len(self.tokens) else ""
        if sign not in _SIGNS:
            if COLUMNS[column] == "flag":
                return Compared(column, "=", (True,))
            raise self.error(f"= != < <= > >=, in, is or contains is expected after {column}", self.place())
        if COLUMNS[column] == "list":
            raise self.error(f"{column} is a list; write {column} contains '…'", self.place())
        if sign not in ("=", "!=", "<>") and COLUMNS[column] != "number":
            raise self.error(f"{column} is no number; compare it by = or !=", self.place())
        self.at += 1
        return Compared(column, sign, (self.value(column),))

    def contains(self, column: str) -> Condition:
        place = self.place()
        kind, written, _ = self.next("a 'text' is expected")
        wanted = written[1:-1].replace("''", "'").strip()
        if kind != "text" or not wanted:
            raise self.error("contains needs a 'text' in single quotes", place)
        if COLUMNS[column] in ("number", "flag"):
            raise self.error(f"{column} holds no text; compare it by =", place)
        return Contains(column, wanted, term_for(wanted) if COLUMNS[column] == "words" else None)

    def value(self, column: str) -> Literals:
        place = self.place()
        kind, written, _ = self.next("a value is expected")
        column_kind = COLUMNS[column]
        if column_kind == "number" and kind == "number":
            return float(written)
        if column_kind in ("text", "words") and kind == "text":
            return written[1:-1].replace("''", "'")
        if column_kind == "flag" and written.lower() in ("true", "false"):
            return written.lower() == "true"
        wanted = {"number": "a number", "flag": "true or false"}.get(column_kind, "a 'text' in single quotes")
        raise self.error(f"{column} is compared with {wanted}", place)

    def takes(self, word: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][0] != "text" and self.tokens[self.at][1].lower() == word:
            self.at += 1
            return True
        return False

    def needs(self, word: str) -> None:
        if not self.takes(word):
            raise self.error(f"`{word}` is expected", self.place())

    def next(self, complaint: str) -> tuple[str, str, int]:
        if self.at == len(self.tokens):
            raise self.error(complaint, len(self.text))
        self.at += 1
        return self.tokens[self.at - 1]

    def place(self) -> int:
        return self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.text)

    def error(self, complaint: str, place: int) -> ConfigError:
        first, last = (max(0, place - _SHOWN), place + _SHOWN) if len(self.text) > 2 * _SHOWN else (0, len(self.text))
        shown = f"{'…' if first else ''}{self.text[first:last]}{'…' if last < len(self.text) else ''}"
        return ConfigError(f"`{' '.join(shown.splitlines())}`, column {place + 1}: {complaint}")


def asks_engagement(condition: Condition) -> bool:
    """Whether its answer can change as people react."""
    return bool(columns_of(condition) & set(_REACTIONS))


_REACTIONS: Sequence[str] = ("likes", "replies", "reposts", "quotes", "bookmarks", "views", "score", "upvote_ratio", "engagement")
