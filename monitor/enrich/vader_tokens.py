"""What each token of a text is to a VADER scorer, looked up once and remembered."""

from dataclasses import dataclass, replace
from string import punctuation

from monitor.enrich.vader_lexicon import Lexicon

UPPER, RULED, BUT, PHRASE, EMOJI, SILENT = 1, 2, 4, 8, 16, 32
"""What is special about a hit: written in capitals · rules of its own (`no`, `kind`, idioms) · the word `but` ·
may belong to a phrase · holds an emoji · has no valence."""

REMEMBERED = 131_072
"""Tokens remembered by a table, about 20 MB; past that all are forgotten, and the frequent ones are soon back."""

LONGEST_REMEMBERED = 20
"""Longer tokens, most of them addresses and laughter that never come again, are judged each time."""

_KEYWORDS = frozenset({"no", "never", "so", "this", "without", "doubt", "least"})

Hit = tuple[float, int, str]
"""Valence, flags, word."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a word does to one of the three words after it.

    word      in lower case, bare
    is_known  in the lexicon itself, so that it changes nothing after it but by idiom
    boost     added to the valence of the next; 0 for most
    is_upper  in capitals
    negates   turns the next
    in_idiom  an idiom is looked for around it
    """

    word: str
    is_known: bool
    boost: float
    is_upper: bool
    negates: bool
    in_idiom: bool


class Hits(dict[str, Hit | None]):
    """Token to hit; None for the many tokens that have no valence and start nothing."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._emoji = lexicon.emoji_characters
        self._known = known_words(lexicon)

    def __missing__(self, token: str) -> Hit | None:
        inside = token.strip(punctuation)
        hit = self._known.get((inside if len(inside) > 2 else token).lower())
        if not token.isascii() and not self._emoji.isdisjoint(token):
            hit = (0.0, EMOJI | SILENT, token)
        elif hit is not None:
            if self._lexicon.inert_marks and token.startswith(self._lexicon.inert_marks):
                hit = None
            elif token.isupper():
                hit = (hit[0], hit[1] | UPPER, hit[2])
        if len(token) <= LONGEST_REMEMBERED:
            if len(self) >= REMEMBERED:
                self.clear()
            self[token] = hit
        return hit


class Roles(dict[str, Role | None]):
    """Token to what it does to the next ones; None for the many that do nothing."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._lexicon = lexicon
        self._known = known_roles(lexicon)

    def __missing__(self, token: str) -> Role | None:
        inside = token.strip(punctuation)
        word = (inside if len(inside) > 2 else token).lower()
        role = self._known.get(word)
        if role is None and "n't" in word and " " not in word and word not in self._lexicon.inert:
            role = Role(word, word in self._lexicon.words, 0.0, False, True, False)
        if role is not None:
            if self._lexicon.inert_marks and token.startswith(self._lexicon.inert_marks):
                role = None
            elif token.isupper():
                role = replace(role, is_upper=True)
        if len(token) <= LONGEST_REMEMBERED:
            if len(self) >= REMEMBERED:
                self.clear()
            self[token] = role
        return role


def known_words(lexicon: Lexicon) -> dict[str, Hit]:
    """Every word and phrase that is a hit where it stands in lower case."""
    known: dict[str, Hit] = {}
    for word, valence in (*lexicon.words.items(), *lexicon.phrases.items()):
        if valence is not None and word not in lexicon.boosters:
            known[word] = (valence, RULED if word in ("no", "kind") or word in lexicon.idiom_words else 0, word)
    known["but"] = (0.0, BUT | SILENT, "but")
    for word in lexicon.inert:
        known.pop(word, None)
    for word in lexicon.phrases_by_mark:
        valence, flags, _ = known.get(word, (0.0, SILENT, word))
        known[word] = (valence, flags | PHRASE, word)
    return known


def known_roles(lexicon: Lexicon) -> dict[str, Role]:
    """Every word that does something to the next ones, as it is in lower case."""
    words = {*lexicon.boosters, *lexicon.negations, *lexicon.idiom_marks, *_KEYWORDS} - lexicon.inert
    return {
        word: Role(
            word=word,
            is_known=word in lexicon.words,
            boost=lexicon.boosters.get(word, 0.0),
            is_upper=False,
            negates=word in lexicon.negations or "n't" in word,
            in_idiom=word in lexicon.idiom_marks,
        )
        for word in words
    }


def expanded(tokens: list[str], hits: Hits, lexicon: Lexicon) -> list[str]:
    """The tokens with each emoji as the words that it stands for."""
    spelt: list[str] = []
    for token in tokens:
        hit = hits[token]
        if hit and hit[1] & EMOJI:
            spelt.extend(token.translate(lexicon.emoji_table).split())
        else:
            spelt.append(token)
    return spelt


def joined(tokens: list[str], lexicon: Lexicon) -> list[str]:
    """The tokens with the words of each phrase as one; where two overlap, the first found by its longest word."""
    words = [lexicon.part(token) for token in tokens]
    by_mark = lexicon.phrases_by_mark
    found: list[str] = []
    done = 0
    for at, word in enumerate(words):
        for phrase in by_mark.get(word, ()):
            start = at - phrase.index(word)
            end = start + len(phrase)
            if start >= done and words[start:end] == phrase:
                found.extend(tokens[done:start])
                found.append(" ".join(token.strip(punctuation) for token in tokens[start:end]))
                done = end
                break
    found.extend(tokens[done:])
    return found
