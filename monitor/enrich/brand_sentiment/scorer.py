"""`vader-brand`: how each text feels towards a brand, its label, and why."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

from monitor.config.models import Brand
from monitor.enrich.brand_sentiment.clauses import find_names, towards
from monitor.enrich.brand_sentiment.hits import REMEMBERED
from monitor.enrich.brand_sentiment.lexicon import GREATEST, fingerprint
from monitor.enrich.brand_sentiment.normalise import is_mended, tokens_of, words_of
from monitor.enrich.brand_sentiment.profile import Profile
from monitor.enrich.brand_sentiment.reading import Part, Reader, Reading
from monitor.enrich.brand_sentiment.why import ABOVE, BELOW, NOTHING, compound_from, line_of
from monitor.enrich.sentiment import UNSCORED, Said, Verdict, is_judged
from monitor.enrich.vocabulary import END, Words

RULES = 1
"""Counts the changes of rules that change scores; part of the scorer's name."""

LONG = 350
"""Characters past which the score is the mean of the sentences that say something: in a long text sums run to ±1."""

_HARD, _SOFTENED = -2.0, 0.5
"""Beside complaints that add up to the first, praise counts by the second."""

_CALL = 0.292
_CALLS = 4
_ANSWERED = 0.8
_LONGEST_ECHO = 12
_MOST_READERS = 64
_FEWEST_REMEMBERED = 4_096
# a text with more is a list: all of it counts
_MOST_NAMES = 60
_AT_ONCE = 32

_Asked: TypeAlias = tuple[str | None, tuple[str, ...]]
"""The name of a brand, and those of the others."""

_ECHO = re.compile(
    r"\W*(?:same|me too|us too|mine too|me neither|this\W|this$|\+ ?1|agreed?|exactly|ditto|so true|true|facts|amen|preach|likewise|ikr|"
    r"can confirm|yep|yup|seconded|what (?:he|she|they) said|came here to say|couldn't agree more|well said|100 ?%|\^|👆|💯)",
    re.IGNORECASE,
)


_NOTHING_SAID = Verdict(0.0, 0)
_NOTHING_EXPLAINED = Verdict(0.0, 0, NOTHING)


class BrandScorer:
    """Scores texts towards brands; it remembers tokens, so keep one and give it many texts.

    brands  the configured ones; one of which only the name is known is its own name and handle
    name    version, and a hash of lexicon, rules, brands and their topics: what it scored can be told from what another did
    """

    def __init__(self, brands: Sequence[Brand] = ()) -> None:
        self._profiles = {brand.name.casefold(): Profile.of(brand, brands) for brand in brands}
        known = [[name, profile.said()] for name, profile in sorted(self._profiles.items())]
        # stored beside the score, and found anew with it
        topics = sorted([brand.name.casefold(), dict(brand.topics)] for brand in brands)
        told = json.dumps([RULES, BELOW, ABOVE, LONG, fingerprint(), known, topics], sort_keys=True)
        self.name = f"vader-brand/{RULES}+{hashlib.sha256(told.encode()).hexdigest()[:12]}"
        self._readers: dict[_Asked, Reader] = {}

    def score(self, said: Sequence[Said], *, explain: bool = False, words: Words | None = None) -> list[Verdict]:
        """A verdict for each, in order; with its `why` if that is asked for, which takes about a third longer.

        words  of the texts, where they have been read
        """
        verdicts = [UNSCORED] * len(said)
        nothing = _NOTHING_EXPLAINED if explain else _NOTHING_SAID
        for asked, places in _by_brand(said).items():
            reader = self._reader(asked)
            for place, (parts, names_others) in _readings(reader, said, places, words):
                if names_others or said[place][3]:
                    parts = _towards(reader, parts, said[place][0], said[place][3])  # noqa: PLW2901  what of it counts
                verdicts[place] = _verdict(parts, said[place][0], explain) if parts else nothing
        return verdicts

    def _reader(self, asked: _Asked) -> Reader:
        brand, others = asked
        known = self._profiles.get(brand.casefold()) if brand else None
        if known:
            # knows its others by itself
            asked = (brand, ())
        reader = self._readers.get(asked)
        if reader is None:
            if len(self._readers) >= _MOST_READERS:
                self._readers.clear()
            profile = Profile() if brand is None else known or Profile.named(brand, others)
            reader = self._readers[asked] = Reader(profile)
            for each in self._readers.values():
                each.remember(max(_FEWEST_REMEMBERED, REMEMBERED // len(self._readers)))
        return reader


def _by_brand(said: Sequence[Said]) -> dict[_Asked, list[int]]:
    """The places of the texts that are judged, by what is asked of them."""
    found: dict[_Asked, list[int]] = {}
    asked: _Asked = (None, ())
    places: list[int] = []
    for place, one in enumerate(said):
        if one[1] is not asked[0] or one[2] is not asked[1] or not found:
            asked = (one[1], one[2])
            places = found.setdefault(asked, [])
        if is_judged(one):
            places.append(place)
    return found


def _readings(reader: Reader, said: Sequence[Said], places: list[int], words: Words | None) -> Iterator[tuple[int, Reading]]:
    """What the texts at these places say, and their places; one with mojibake comes twice, the second time as it was meant."""
    if words is not None and not any(END in one[0] for one in said):
        if len(places) > len(said) / 2:
            # sooner than to leave out the others
            readings = reader.read_words(words)
            yield from ((place, readings[place]) for place in places)
        else:
            yield from zip(places, reader.read_words(words.part(places)), strict=True)
        places = [place for place in places if is_mended(said[place][0])]
    for first in range(0, len(places), _AT_ONCE):
        some = places[first : first + _AT_ONCE]
        yield from zip(some, reader.read(tokens_of([said[place][0] for place in some])), strict=True)


def _verdict(parts: list[Part], text: str, explain: bool) -> Verdict:
    """What the parts of a text add up to."""
    count = len(parts)
    if count == 1:
        total = parts[0][1]
        if len(text) <= LONG and "!" not in text:
            return _verdict_on_one(parts[0][2], round(total, 2), explain)
    else:
        warm = cold = 0.0
        for _, valence, _ in parts:
            if valence > 0:
                warm += valence
            else:
                cold += valence
        if warm and cold <= _HARD:
            # "great job, another delay", "love the shows, but ..."
            warm *= _SOFTENED
            if explain:
                parts = [(at, valence * _SOFTENED if valence > 0 else valence, word) for at, valence, word in parts]
        total = warm + cold
    if "!" in text and total:
        calls = min(text.count("!"), _CALLS) * (_CALL if total > 0 else -_CALL)
        parts.append((-1, calls, "!"))
        count += 1
        total += calls
    sentences = _sentences(text, count) if len(text) > LONG else 1
    total = round(total, 2)
    verdict = _judged(total, sentences)
    if not explain:
        return verdict
    # half the time of Verdict(...)
    return tuple.__new__(Verdict, (verdict[0], verdict[1], line_of(parts, total, sentences, verdict[1] or 0)))


@lru_cache(maxsize=16_384)
def _verdict_on_one(word: str, total: float, explain: bool) -> Verdict:
    """The verdict on one word alone, as a third of the texts have it."""
    verdict = _judged(total, 1)
    return Verdict(verdict[0], verdict[1], line_of([(0, total, word)], total, 1, verdict[1] or 0)) if explain else verdict


@lru_cache(maxsize=16_384)
def _judged(total: float, sentences: int) -> Verdict:
    """The verdict on valences that add up to a total; most totals come again and again."""
    # + 0.0 leaves no -0.0
    compound = compound_from(total, sentences) + 0.0
    return Verdict(compound, 1 if compound >= ABOVE else -1 if compound <= BELOW else 0)


def _towards(reader: Reader, parts: list[Part], text: str, context: str | None) -> list[Part]:
    """The parts that speak of the reader's brand, and what is agreed with.

    parts  of the whole text, whomever they speak of
    """
    words = words_of([text])
    names = find_names(words, reader.names)
    if len(names) <= _MOST_NAMES and any(name.who for name in names):
        # read anew word by word: marks, too, have places then
        parts = towards(words[:-1], reader.read(words)[0][0], names)
    if context and len(words) <= _LONGEST_ECHO and _ECHO.match(text):
        [(found, names_others)] = reader.read(tokens_of([context]))
        if names_others:
            found = _towards(reader, found, context, None)
        answered = max(-GREATEST, min(GREATEST, _ANSWERED * sum(part[1] for part in found)))
        if answered:
            parts = [*parts, (0, answered, "what it answers")]
    return parts


def _sentences(text: str, most: int) -> int:
    """How many sentences a text has, no more than `most`: those that say nothing do not count."""
    return max(1, min(most, 1 + text.count(". ") + text.count("! ") + text.count("? ") + text.count("\n")))
