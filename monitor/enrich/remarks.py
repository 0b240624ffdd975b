"""What a text says to each brand beside how it feels: intents and topics, by names and rules prepared once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.config.models import Brand
from monitor.enrich.intent import LONGEST, intents_among
from monitor.enrich.intent_gate import NONE, to_try_in
from monitor.enrich.intent_names import Names
from monitor.enrich.topics import Topics, names_in, starter_topics, tokens_of
from monitor.enrich.vocabulary import Words
from monitor.rule import Subject


@dataclass(frozen=True, slots=True)
class _Addressed:
    """A brand as it is spoken to."""

    names: Names
    topics: Topics


class Remarks:
    """Finds intents and topics for brands; it remembers tokens, so keep one.

    A brand that is not configured is its own name, and its topics are those of the starter sets.
    """

    def __init__(self, brands: Sequence[Brand]) -> None:
        names = {brand.name: _names(brand) for brand in brands}
        watched = {brand.name.casefold(): names[brand.name] for brand in brands}
        self._brands = {
            brand.name: _Addressed(
                names=Names.of(names[brand.name], {rival: watched.get(rival.casefold(), ()) for rival in brand.rivals}),
                topics=Topics(brand.topics, names[brand.name]),
            )
            for brand in brands
        }

    def intents(self, texts: Sequence[str], brands: Sequence[str | None], words: Words) -> list[list[str]]:
        """What the author of each text means to do towards a brand, or towards whom it is about; of texts in English, "" for others.

        words  of these texts
        """
        found: list[list[str]] = []
        for text, brand, patterns in zip(texts, brands, to_try_in(words, texts, LONGEST), strict=True):
            if text and (patterns is not NONE or "?" in text):
                found.append([intent.name for intent in intents_among(patterns, text, self._addressed(brand).names)])
            else:
                found.append([])
        return found

    def topics(self, subject: Subject, brand: str | None, tokens: Sequence[str] | None = None) -> list[str]:
        """What a text speaks of, by the rules of a brand; of any language.

        tokens  what stands between its white space, where that is known
        """
        topics = self._addressed(brand).topics
        return list(topics.of(subject, tokens_of(subject) if tokens is None else tokens)) if topics else []

    def topics_in(
        self, texts: Sequence[str], langs: Sequence[str | None], brands: Sequence[str | None], words: Words
    ) -> list[Sequence[str]]:
        """What each of several texts speaks of, where nothing else is known of them.

        words  of these texts
        """
        found: list[Sequence[str]] = [()] * len(texts)
        for brand in dict.fromkeys(brands):
            topics = self._addressed(brand).topics
            if topics:
                places = [place for place, other in enumerate(brands) if other == brand]
                those = topics.in_texts([texts[place] for place in places], [langs[place] for place in places], words.part(places))
                for place, names in zip(places, those, strict=True):
                    found[place] = names
        return found

    def _addressed(self, brand: str | None) -> _Addressed:
        known = self._brands.get(brand or "")
        return known or _stranger(brand)


@lru_cache(maxsize=1000)
def _stranger(brand: str | None) -> _Addressed:
    names = tuple(dict.fromkeys((brand.lower(), brand.lower().rstrip("+!"), brand.lower().replace(" ", "")))) if brand else ()
    return _Addressed(Names.of(names), Topics(starter_topics(), names))


def _names(brand: Brand) -> tuple[str, ...]:
    handles = (handle.partition(":")[2].lstrip("@").lower() for handle in brand.own_handles)
    return tuple(dict.fromkeys((brand.name.lower(), *names_in(brand.rule), *handles)))
