"""What the model looks at in a text: its words and pairs of words, what `vader-brand` reads in it, and how it is written."""

import itertools
from collections.abc import Iterator, Sequence
from math import log1p
from string import ascii_uppercase
from typing import NamedTuple

from monitor.config.models import Brand
from monitor.enrich.brand_sentiment.normalise import PAUSE, QUESTION, STOP, words_of
from monitor.enrich.brand_sentiment.profile import Profile
from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.brand_sentiment.why import NOTHING
from monitor.enrich.sentiment import Said, Verdict
from monitor.enrich.vocabulary import END

READ = (
    "compound",
    "warm sum",
    "cold sum",
    "warm words",
    "cold words",
    "warmest",
    "coldest",
    "nothing warm",
    "nothing cold",
    "nothing",
    "called negative",
    "called positive",
)
"""What `vader-brand` finds in the text towards the brand, each about -1 to 2."""

STYLE = ("exclamations", "questions", "length", "capitals", "link", "handles", "hashtags")
"""How the text is written, each 0 to about 2."""

OWN, OTHER, TITLE, PERSON = "@brand", "@other", "@title", "@person"
"""What names and handles are taken for: of the brand, of other brands, of its products, of anybody else."""

_SILENT = frozenset({STOP, PAUSE, QUESTION, END})
_CAPITALS = ascii_uppercase.encode()
_MOST_NAMES = 64
_SEPARATOR = " · "


class Features(NamedTuple):
    """One text as the model sees it.

    units    its words and pairs of neighbouring words, each once
    read     values of READ
    style    values of STYLE
    said     the words that `vader-brand` found, the strongest first
    verdict  what `vader-brand` says of it
    """

    units: frozenset[str]
    read: tuple[float, ...]
    style: tuple[float, ...]
    said: Sequence[str]
    verdict: Verdict


class Looker:
    """Turns texts into features; it remembers tokens and brands, so keep one and give it many texts.

    brands  the configured ones; one of which only the name is known is its own name and handle
    name    tells one set of brands and one state of the lexicon from another
    """

    def __init__(self, brands: Sequence[Brand] = ()) -> None:
        self._reader = BrandScorer(brands)
        self._profiles = {brand.name.casefold(): Profile.of(brand, brands) for brand in brands}
        self._masks: dict[tuple[str | None, tuple[str, ...]], _Mask] = {}
        self.name = self._reader.name

    def look(self, said: Sequence[Said]) -> Iterator[Features | None]:
        """The features of each, in order; None for one that is not judged: no text, or another language."""
        for one, verdict in zip(said, self._reader.score(said, explain=True), strict=True):
            if verdict.why is None or verdict.brand_compound is None:
                yield None
                continue
            words = self._mask(one.brand, one.others).words(one.text)
            read, found = _read(verdict, verdict.brand_compound, verdict.why)
            yield Features(_units(words), read, _style(one.text), found, verdict)

    def _mask(self, brand: str | None, others: tuple[str, ...]) -> "_Mask":
        mask = self._masks.get((brand, others))
        if mask is None:
            if len(self._masks) >= _MOST_NAMES:
                self._masks.clear()
            profile = Profile() if brand is None else self._profiles.get(brand.casefold()) or Profile.named(brand, others)
            mask = self._masks[brand, others] = _Mask(profile)
        return mask


class _Mask:
    """Puts one word for every name, so that a model fitted on some brands says nothing of a name itself."""

    def __init__(self, profile: Profile) -> None:
        # the later go before the earlier: a name of the brand is its own, whoever else bears it
        named = (
            [(name, TITLE) for name in profile.titles]
            + [(name, OTHER) for name in profile.others]
            + [(name, OWN) for name in profile.names]
        )
        self._single: dict[str, str] = {}
        self._several: dict[str, tuple[str, str]] = {}
        for name, becomes in named:
            joined = " ".join(name)
            if len(name) == 1:
                self._single |= dict.fromkeys((joined, f"{joined}'s", f"@{joined}", f"@{joined}'s"), becomes)
            else:
                self._several |= dict.fromkeys((f" {joined} ", f" {joined}'s "), (name[0], f" {becomes} "))

    def words(self, text: str) -> list[str]:
        """The words of a text without marks."""
        words = words_of([text])
        if self._several and any(first in words for first, _ in self._several.values()):
            joined = f" {' '.join(words)} "
            for name, (_, becomes) in self._several.items():
                joined = joined.replace(name, becomes)
            words = joined.split()
        single = self._single
        return [single.get(word) or (word if word[0] != "@" or word in _MASKS else PERSON) for word in words if word not in _SILENT]


_MASKS = frozenset({OWN, OTHER, TITLE, PERSON})


def _units(words: Sequence[str]) -> frozenset[str]:
    return frozenset([*words, *map(" ".join, itertools.pairwise(words))])


def _read(verdict: Verdict, compound: float, why: str) -> tuple[tuple[float, ...], Sequence[str]]:
    """The values of READ, from the line that says why: it adds up to the score, so it holds all that the scorer found."""
    warm = cold = warmest = coldest = 0.0
    warm_words = cold_words = 0
    sentences = 1
    found: list[str] = []
    if why != NOTHING:
        *pieces, _ = why.split(_SEPARATOR)
        for piece in pieces:
            word, _, size = piece.rpartition(" ")
            if size == "sentences":
                sentences = int(word.rpartition(" ")[2])
                continue
            value = float(size)
            if word != "rest":
                found.append(word)
            if value > 0:
                warm, warm_words, warmest = warm + value, warm_words + 1, max(warmest, value)
            else:
                cold, cold_words, coldest = cold + value, cold_words + 1, min(coldest, value)
    values = (
        compound,
        min(warm / sentences, 6.0) / 3,
        max(cold / sentences, -6.0) / 3,
        min(warm_words, 4) / 4,
        min(cold_words, 4) / 4,
        warmest / 3,
        coldest / 3,
        0.0 if warm_words else 1.0,
        0.0 if cold_words else 1.0,
        0.0 if warm_words or cold_words else 1.0,
        1.0 if verdict.label == -1 else 0.0,
        1.0 if verdict.label == 1 else 0.0,
    )
    return values, found


def _style(text: str) -> tuple[float, ...]:
    raw = text.encode("utf-8", "replace")
    return (
        min(text.count("!"), 3) / 3,
        min(text.count("?"), 2) / 2,
        log1p(len(text)) / 5,
        (len(raw) - len(raw.translate(None, _CAPITALS))) / max(1, len(raw)),
        1.0 if "http" in text else 0.0,
        min(text.count("@"), 2) / 2,
        min(text.count("#"), 3) / 3,
    )
