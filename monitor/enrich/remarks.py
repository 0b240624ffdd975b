"""What a text says to each brand beside how it feels: intents and topics, by names and rules prepared once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.config.models import Brand
from monitor.enrich.intent import intents
from monitor.enrich.topics import Topics, names_in, starter_topics, tokens_of
from monitor.rule import Subject


@dataclass(frozen=True, slots=True)
class _Addressed:
    """A brand as it is spoken to.

    names   how it is written, in lower case
    rivals  names of its competitors, and how these are written
    """

    names: Sequence[str]
    rivals: Mapping[str, Sequence[str]]
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
                names=names[brand.name],
                rivals={rival: watched.get(rival.casefold(), ()) for rival in brand.rivals},
                topics=Topics(brand.topics, names[brand.name]),
            )
            for brand in brands
        }

    def intents(self, text: str, brand: str | None, tokens: Sequence[str] | None = None) -> list[str]:
        """The names of what the author means to do towards a brand, or towards whom the text is about; only of texts in English.

        tokens  what stands between the text's white space, where that is known
        """
        addressed = self._addressed(brand)
        return [found.name for found in intents(text, addressed.names, addressed.rivals, tokens)]

    def topics(self, subject: Subject, brand: str | None, tokens: Sequence[str] | None = None) -> list[str]:
        """What a text speaks of, by the rules of a brand; of any language.

        tokens  what stands between its white space, where that is known
        """
        topics = self._addressed(brand).topics
        return list(topics.of(subject, tokens_of(subject) if tokens is None else tokens)) if topics else []

    def topics_in(self, text: str, lang: str | None, brand: str | None, tokens: Sequence[str]) -> Sequence[str]:
        """The same for a text of which nothing else is known; `tokens` as there."""
        topics = self._addressed(brand).topics
        return topics.of_text(text, lang, tokens) if topics else []

    def _addressed(self, brand: str | None) -> _Addressed:
        known = self._brands.get(brand or "")
        return known or _stranger(brand)


@lru_cache(maxsize=1000)
def _stranger(brand: str | None) -> _Addressed:
    names = tuple(dict.fromkeys((brand.lower(), brand.lower().rstrip("+!"), brand.lower().replace(" ", "")))) if brand else ()
    return _Addressed(names, {}, Topics(starter_topics(), names))


def _names(brand: Brand) -> tuple[str, ...]:
    handles = (handle.partition(":")[2].lstrip("@").lower() for handle in brand.own_handles)
    return tuple(dict.fromkeys((brand.name.lower(), *names_in(brand.rule), *handles)))
