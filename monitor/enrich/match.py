"""Whose is it: which brands a mention belongs to, by its text, its place or its thread."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from monitor.config.models import Brand
from monitor.enrich.remarks import Remarks
from monitor.mention import Mention
from monitor.rule import Node, Subject, parse_rule
from monitor.text import folded, host_of

Places: TypeAlias = Mapping[tuple[str, str], str]
"""(source, channel in lower case) to the name of the brand it is about."""

Threads: TypeAlias = MutableMapping[tuple[str, str], tuple[str, ...]]
"""(source, id of the thread's root) to the brands that the root belongs to."""


_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Match:
    """One brand that a mention belongs to.

    by        text: its words; place: where it stands; thread: what its root is about
    terms     what the rule found; empty for place and thread
    is_own    written by one of the brand's own accounts
    is_muted  from an author or site that the brand mutes
    """

    brand: str
    by: Literal["text", "place", "thread"]
    terms: tuple[str, ...]
    is_own: bool
    is_muted: bool


@dataclass(frozen=True, slots=True)
class _Watched:
    brand: Brand
    rule: Node
    exclude: Node | None
    own: frozenset[tuple[str, str]]
    muted_authors: frozenset[str]
    muted_sites: tuple[str, ...]

    @classmethod
    def of(cls, brand: Brand) -> "_Watched":
        handles = (handle.partition(":") for handle in brand.own_handles)
        return cls(
            brand=brand,
            rule=parse_rule(brand.rule),
            exclude=parse_rule(brand.exclude) if brand.exclude else None,
            own=frozenset((source, _name(name)) for source, _, name in handles),
            muted_authors=frozenset(_name(author) for author in brand.mute.authors),
            muted_sites=tuple(site.lower() for site in brand.mute.sites),
        )


class Matcher:
    """Judges mentions against every brand's rule; built once, it holds no state of its own.

    places   which places are about a brand
    remarks  finds what a text says to each of these brands
    """

    def __init__(self, brands: Sequence[Brand], places: Places | None = None) -> None:
        self.remarks = Remarks(brands)
        self._watched = [_Watched.of(brand) for brand in brands]
        self._places = {(source, channel.casefold()): about.casefold() for (source, channel), about in (places or {}).items()}

    def match(self, mention: Mention, threads: Mapping[tuple[str, str], tuple[str, ...]], about: str | None = None) -> list[Match]:
        """The brands of one mention, none where it concerns nobody.

        about  the brand that it is about by where it was found, where that is known otherwise than by its channel

        A place or a thread decides only where the text itself names no brand; one that a brand
        excludes does not name it.
        """
        subject = Subject.of(mention)
        named = [
            (watched, terms)
            for watched in self._watched
            if (terms := watched.rule.find(subject)) is not None and _allowed(watched, subject)
        ]
        if named:
            return [_match(watched, "text", terms, subject) for watched, terms in named]
        place = self._places.get((mention.source, mention.channel.casefold())) if mention.channel else None
        place = about.casefold() if about else place
        if place is not None:
            at_place = [watched for watched in self._watched if watched.brand.name.casefold() == place and _allowed(watched, subject)]
            return [_match(watched, "place", (), subject) for watched in at_place]
        if mention.conversation_id is None or mention.is_root:
            return []
        of_root = threads.get((mention.source, mention.conversation_id), ())
        return [
            _match(watched, "thread", (), subject)
            for watched in self._watched
            if watched.brand.name in of_root and _allowed(watched, subject)
        ]


def match_all(
    mentions: Iterable[Mention],
    matcher: Matcher,
    threads: Threads,
    about: str | None = None,
    about_by_id: Mapping[str, str] = _NONE,
) -> list[tuple[Mention, list[Match]]]:
    """Each mention with its brands, in the given order; roots are judged first and bring `threads` up to date.

    about        the brand that all of them are about by where they were found; what answers them later is too
    about_by_id  the brand of single ones, by source_id; goes before it
    """
    ordered = list(mentions)
    matched: dict[int, list[Match]] = {}
    for place in sorted(range(len(ordered)), key=lambda place: not ordered[place].is_root):
        mention = ordered[place]
        matched[place] = found = matcher.match(mention, threads, about_by_id.get(mention.source_id, about))
        if mention.is_root:
            threads.pop(mention.key, None)
            if found:
                threads[mention.key] = tuple(match.brand for match in found)
        elif about and mention.conversation_id:
            threads.setdefault((mention.source, mention.conversation_id), (about,))
    return [(mention, matched[place]) for place, mention in enumerate(ordered)]


def _allowed(watched: _Watched, subject: Subject) -> bool:
    return watched.exclude is None or watched.exclude.find(subject) is None


def _match(watched: _Watched, by: Literal["text", "place", "thread"], terms: tuple[str, ...], subject: Subject) -> Match:
    mention = subject.mention
    authors = {_name(name) for name in (mention.author_id, mention.author_name) if name}
    return Match(
        brand=watched.brand.name,
        by=by,
        terms=tuple(dict.fromkeys(terms)),
        is_own=any((mention.source, author) in watched.own for author in authors),
        is_muted=not authors.isdisjoint(watched.muted_authors) or _from_muted_site(watched, mention),
    )


def _from_muted_site(watched: _Watched, mention: Mention) -> bool:
    if not watched.muted_sites:
        return False
    hosts = [host_of(url) for url in (mention.url, *mention.links) if url]
    return any(host == site or host.endswith("." + site) for host in hosts for site in watched.muted_sites)


def _name(handle: str) -> str:
    return folded(handle).removeprefix("@")
