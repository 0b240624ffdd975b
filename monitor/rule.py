"""The boolean language of a brand's rule, as a tree that judges texts.

    streamly OR @streamlyhelp OR "stream ly" NOT (author:streamlybot OR lang:de)

A word stands for itself as a word, a #hashtag or an @handle; `@name` for the handle alone, `#name`
for the hashtag alone; a "phrase" for its words side by side. Words side by side must all occur; OR,
NOT (or a leading -) and brackets do what they say. Case never matters. Fields: `author:`, `site:`,
`link:`, `lang:`, `kind:`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

import regex

from monitor.errors import ConfigError
from monitor.mention import Kind, Mention
from monitor.text import folded, host_of

FIELDS = ("author", "site", "link", "lang", "kind")
_TOKEN = regex.compile(
    r'\s*(?:(?P<bracket>[()])|(?P<minus>-(?=\S))|(?:(?P<field>[a-z]+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s()"]+)))', regex.I
)
# scripts written without spaces, or with particles joined to the name (Korean), have no word boundaries to insist on
_UNSPACED_SCRIPTS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Hangul}]"
_UNSPACED = regex.compile(_UNSPACED_SCRIPTS)
_WORD_CHARACTER = rf"[\p{{L}}\p{{Mn}}\p{{Mc}}\p{{N}}_--{_UNSPACED_SCRIPTS}]"
_DEEPEST = 50
# what people write who know another search, in a word without quotation marks
_MISTAKES = (
    (regex.compile(r"(?i:or|and|not)"), "write {upper} in capitals, or put it in quotation marks to mean the word"),
    (
        regex.compile(r"\*.*|.*\*"),
        "there are no wildcards: write each form of the name with OR between, or quotation marks around what holds a *",
    ),
    (regex.compile(r"[^|]*\|.*|&&"), "write OR, or a space where both must occur"),
    (regex.compile(r"\+\p{L}.*"), "leave out the +: words side by side must all occur"),
    (regex.compile(r"[“”„«].*|.*[“”„»]"), 'write straight quotation marks: "acme corp"'),
    (regex.compile(r".*[,;]"), "write OR between names, without {last}"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A mention made ready for judging: its text is folded once, however many rules look at it."""

    mention: Mention
    text: str

    @classmethod
    def of(cls, mention: Mention) -> "Subject":
        """The subject for one mention."""
        return cls(mention, folded(mention.whole_text))

    @classmethod
    def of_text(cls, text: str, lang: str | None = None) -> "Subject":
        """A text of which nothing else is known."""
        return cls(_unknown(lang), folded(text))


@dataclass(frozen=True, slots=True)
class Term:
    """A word, phrase, handle or hashtag, as written in the rule."""

    written: str
    needle: str
    pattern: regex.Pattern[str]

    def find(self, subject: Subject) -> tuple[str, ...] | None:
        """The term itself where it occurs."""
        if self.needle not in subject.text or not self.pattern.search(subject.text):
            return None
        return (self.written,)


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on something beside the text."""

    name: str
    value: str

    def find(self, subject: Subject) -> tuple[str, ...] | None:
        """The condition as written, where it holds."""
        return (f"{self.name}:{self.value}",) if any(self._holds(seen) for seen in _seen(self.name, subject.mention)) else None

    def _holds(self, seen: str) -> bool:
        if self.name == "link":
            return self.value in seen
        if self.name == "site":
            return seen == self.value or seen.endswith("." + self.value)
        return seen == self.value


@dataclass(frozen=True, slots=True)
class Not:
    """True where its part is not."""

    part: "Node"

    def find(self, subject: Subject) -> tuple[str, ...] | None:
        """Nothing to name: an absence."""
        return () if self.part.find(subject) is None else None


@dataclass(frozen=True, slots=True)
class And:
    """True where all of its parts are."""

    parts: tuple["Node", ...]

    def find(self, subject: Subject) -> tuple[str, ...] | None:
        """The terms of every part."""
        found: list[str] = []
        for part in self.parts:
            terms = part.find(subject)
            if terms is None:
                return None
            found.extend(terms)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of its parts is."""

    parts: tuple["Node", ...]

    def find(self, subject: Subject) -> tuple[str, ...] | None:
        """The terms of every part that holds."""
        hits = [terms for part in self.parts if (terms := part.find(subject)) is not None]
        return tuple(term for terms in hits for term in terms) if hits else None


Node: TypeAlias = Term | Field | Not | And | Or


@lru_cache(maxsize=256)
def _unknown(lang: str | None) -> Mention:
    nowhen = datetime.min.replace(tzinfo=UTC)
    return Mention(source="", source_id="", kind=Kind.POST, created_at=nowhen, fetched_at=nowhen, text=None, lang=lang)


@lru_cache(maxsize=1024)
def parse_rule(rule: str) -> Node:
    """The tree of a rule.

    raises  ConfigError naming the column where it breaks, and for a rule that would match nearly
            everything because one of its alternatives names nothing
    """
    tree = _Parser(rule).whole()
    if not _names_something(tree):
        raise ConfigError(f"`{rule}` would match nearly every text; each alternative needs a word, phrase, author, site or link of its own")
    return tree


def term_for(written: str) -> Term:
    """The matcher of one word, "two words", @handle or #hashtag."""
    sign = written[0] if written[:1] in ("@", "#") else ""
    needle = " ".join(folded(written.removeprefix(sign)).split())
    first = "" if _UNSPACED.match(needle) else rf"(?<!{_WORD_CHARACTER})"
    last = "" if _UNSPACED.match(needle[-1:]) else rf"(?!{_WORD_CHARACTER})"
    body = r"\s+".join(regex.escape(word) for word in needle.split(" "))
    if sign:
        # "me@streamly" is an address and "a#b" no hashtag: nothing wordlike may stand before the sign
        body, first = regex.escape(sign) + body, rf"(?<!{_WORD_CHARACTER})"
    return Term(written, needle.split(" ")[0], regex.compile(first + body + last, regex.V1))


def _seen(field: str, mention: Mention) -> Iterator[str]:
    if field == "author":
        yield from (folded(name).removeprefix("@") for name in (mention.author_name, mention.author_id) if name)
    elif field == "site":
        yield from (site for url in (mention.url, *mention.links) if url and (site := host_of(url)))
    elif field == "link":
        yield from (folded(link) for link in mention.links)
    elif field == "lang" and mention.lang:
        yield folded(mention.lang)
    elif field == "kind":
        yield mention.kind.value


def _names_something(node: Node) -> bool:
    match node:
        case Term():
            return True
        case Field(name=name):
            return name in ("author", "site", "link")
        case And(parts=parts):
            return any(_names_something(part) for part in parts)
        case Or(parts=parts):
            return all(_names_something(part) for part in parts)
        case Not():
            return False


class _Parser:
    """Recursive descent over the tokens of one rule; NOT binds closest, then side by side, then OR."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.tokens = list(self._split())
        self.at = 0
        self.depth = 0

    def _split(self) -> Iterator[regex.Match[str]]:
        position = 0
        while position < len(self.rule.rstrip()):
            token = _TOKEN.match(self.rule, position)
            if token is None:
                raise self._error("has a quotation mark that is never closed", position)
            yield token
            position = token.end()

    def whole(self) -> Node:
        if not self.tokens:
            raise ConfigError('is empty; give at least one name, such as "Acme Corp"')
        node = self._any()
        if self.at < len(self.tokens):
            raise self._error("has a closing bracket too many", self.tokens[self.at].start())
        return node

    def _any(self) -> Node:
        parts = [self._all()]
        while self._keyword() == "OR":
            self.at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self.at < len(self.tokens) and self.tokens[self.at]["bracket"] != ")" and self._keyword() != "OR":
            if self._keyword() == "AND":
                self.at += 1
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        if self.at >= len(self.tokens):
            raise self._error("misses a word or bracket", len(self.rule.rstrip()))
        token = self.tokens[self.at]
        if self._keyword() == "NOT" or token["minus"] or token["bracket"] == "(":
            return self._nested(token)
        if token["bracket"] == ")" or self._keyword():
            raise self._error(f"misses a word before {token.group().strip()}", token.start())
        self.at += 1
        return self._leaf(token)

    def _nested(self, token: regex.Match[str]) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._error(f"is nested more than {_DEEPEST} deep", token.start())
        self.at += 1
        node = self._bracketed() if token["bracket"] else Not(self._one())
        self.depth -= 1
        return node

    def _bracketed(self) -> Node:
        if self.at >= len(self.tokens):
            raise self._error("misses a closing bracket", len(self.rule.rstrip()))
        node = self._any()
        if self.at >= len(self.tokens):
            raise self._error("misses a closing bracket", len(self.rule.rstrip()))
        self.at += 1
        return node

    def _leaf(self, token: regex.Match[str]) -> Node:
        value = token["phrase"] if token["phrase"] is not None else token["word"]
        field = (token["field"] or "").lower()
        if field:
            if field not in FIELDS:
                raise self._error(
                    f"has no field {field}: (there are {', '.join(FIELDS)}); put the term in quotation marks to mean the text",
                    token.start(),
                )
            return self._field(field, value, token)
        if token["phrase"] is None and value.lower().removesuffix(":") in FIELDS and value.endswith(":"):
            raise self._error(f"has nothing after {value}; write its value without a space", token.end())
        if token["phrase"] is None:
            self._check(value, token)
        if not regex.search(r"[\p{L}\p{N}]", value):
            raise self._error(f"has {value!r}, which holds no letter or digit", token.start())
        return term_for(value)

    def _check(self, word: str, token: regex.Match[str]) -> None:
        for mistake, advice in _MISTAKES:
            # a rule that is but the word means it
            if mistake.fullmatch(word) and (len(self.tokens) > 1 or mistake is not _MISTAKES[0][0]):
                raise self._error(f"has {word!r}; {advice.format(upper=word.upper(), last=word[-1:])};", token.start())

    def _field(self, name: str, written: str, token: regex.Match[str]) -> Field:
        value = folded(written).removeprefix("@")
        if not value:
            raise self._error(f"has nothing after {name}:", token.end())
        if name == "kind" and value not in set(Kind):
            raise self._error(f"has no kind:{written} (there are {', '.join(Kind)})", token.start())
        if name == "lang" and not regex.fullmatch(r"[a-z]{2,3}(-\w+)*", value):
            raise self._error(f"has lang:{written}, which is no code such as en", token.start())
        if name == "site" and not {"/", ":"}.isdisjoint(value):
            raise self._error(f"has site:{written}, which is no host name such as news.example", token.start())
        return Field(name, value)

    def _keyword(self) -> str | None:
        if self.at >= len(self.tokens):
            return None
        token = self.tokens[self.at]
        plain_word = token["word"] if token["field"] is None and token["phrase"] is None else None
        return plain_word if plain_word in ("OR", "AND", "NOT") else None

    def _error(self, what: str, position: int) -> ConfigError:
        return ConfigError(f"`{self.rule}` {what} after column {position}")
