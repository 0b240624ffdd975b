"""Texts from a grammar: templates with slots and choices, said in the manner of the place they stand in."""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TypeAlias

Alternatives: TypeAlias = "list[tuple[Node, ...]]"
Names: TypeAlias = tuple[str, ...]
Node: TypeAlias = "str | int | Alternatives"

_SENTENCE_START = re.compile(r"(?:^|[.!?] )[a-z]")


class Grammar:
    """Rules by name, each a list of templates, one a line.

    `{show}` is another rule, `[a|b|]` a choice on the spot (the last one empty), and a capital stands for
    a name given when it is said: `{B}` the brand, `{R}` a rival, and where title and text must speak of
    the same thing `{S}` a show, `{F}` a feature, `{D}` a device.

    >>> Grammar({"hello": "[good|fine] {part}, {B}", "part": "day"}).say("hello", lambda: 0.2, names=("you",))
    'good day, you'
    """

    _NAMES: Mapping[str, int] = {"B": 0, "R": 1, "S": 2, "F": 3, "D": 4}

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules: dict[str, Alternatives] = {name: [] for name in rules}
        for name, block in rules.items():
            self._rules[name].extend(self._sequence(line.strip()) for line in block.strip().splitlines() if line.strip())

    def say(self, rule: str, random: Callable[[], float], *, names: Names) -> str:
        """One text of a rule; `random` gives numbers from 0 to 1."""
        out: list[str] = []
        _expand(self._rules[rule], random, names, out)
        return "".join(out)

    def _sequence(self, text: str) -> tuple[Node, ...]:
        """A template's parts in order."""
        parts: list[Node] = []
        literal = ""
        at = 0
        while at < len(text):
            if text[at] == "{":
                end = text.index("}", at)
                parts.extend(([literal] if literal else []) + [self._slot(text[at + 1 : end])])
                literal, at = "", end + 1
            elif text[at] == "[":
                end = _closing(text, at)
                choice: Alternatives = [self._sequence(option) for option in _options(text[at + 1 : end])]
                parts.extend(([literal] if literal else []) + [choice])
                literal, at = "", end + 1
            else:
                literal += text[at]
                at += 1
        return tuple(parts + ([literal] if literal else []))

    def _slot(self, name: str) -> Node:
        return self._NAMES[name] if name in self._NAMES else self._rules[name]


def _expand(alternatives: Alternatives, random: Callable[[], float], names: Names, out: list[str]) -> None:
    for node in alternatives[int(random() * len(alternatives))]:
        if node.__class__ is str:
            out.append(node)
        elif node.__class__ is int:
            out.append(names[node])
        else:
            _expand(node, random, names, out)  # type: ignore[arg-type]


def _closing(text: str, at: int) -> int:
    depth = 0
    for position in range(at, len(text)):
        depth += {"[": 1, "]": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise ValueError(f"{text!r} misses a closing ] after column {at}")


def _options(text: str) -> list[str]:
    """The parts between the bars that are not inside a further choice."""
    options, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if letter == "|" and depth == 0:
            options.append(text[start:position])
            start = position + 1
    return [*options, text[start:]]


def joined(sentences: Sequence[str], random: Callable[[], float]) -> str:
    """Sentences side by side, each with a capital and an end."""
    text = " ".join(sentence + _end(sentence, random) for sentence in sentences if sentence)
    return _SENTENCE_START.sub(lambda start: start[0].upper(), text)


def _end(sentence: str, random: Callable[[], float]) -> str:
    if sentence[-1] in ".!?>" or sentence.rsplit(" ", 1)[-1][0] == "#":
        return ""
    return "!" if random() < 0.09 else "."


def in_manner(text: str, rng: Random, *, hasty: float, name: str = "") -> str:
    """A text as a person in a hurry would type it: small letters, no apostrophes, a slip, no full stop.

    hasty  0 to 1, how common that is in the place
    name   never misspelt
    """
    random = rng.random
    if random() >= hasty:
        return text.upper() if random() < 0.006 and len(text) < 70 else text
    manner = random()
    if manner < 0.45:
        text = text.lower()
    elif manner < 0.6:
        text = text.replace("'", "").lower()
    elif manner < 0.72:
        text = text.replace(". ", "... ")
    elif manner < 0.84:
        text = _slip(text, rng, name)
    if text.endswith(".") and random() < 0.75:
        text = text.rstrip(".")
    elif text.endswith(("!", "?")) and random() < 0.3:
        text += text[-1]
    return text


def _slip(text: str, rng: Random, name: str) -> str:
    """Two letters swapped inside one longer word."""
    words = text.split(" ")
    at = int(rng.random() * len(words))
    word = words[at]
    if len(word) > 4 and word.isalpha() and word.islower() and word != name.lower():
        cut = 1 + int(rng.random() * (len(word) - 3))
        words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)
