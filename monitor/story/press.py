"""How a made text becomes a mention of its source: ids, authors, reactions, and what becomes of it later."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from monitor.mention import Engagement, Kind, Mention, State

SOURCES = ("reddit", "x", "comments")
NO_LIKES = "screenpost.example"  # a site that does not say how often a comment was liked

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FIRST, _SECOND = (
    words.split()
    for words in (
        """quiet porch maple tired rusty lunar salty velvet paper copper foggy lazy brave cosmic gentle grumpy hidden ivory jolly
        kitchen lemon mellow narrow orange plain quick rainy silver tiny upper violet windy young amber binge couch dusty
        early frosty golden humble indigo jumpy kindly little misty noble olive pepper remote sunday thrifty urban wobbly
        zesty corner basement attic""",
        """otter kettle pigeon lantern teapot badger sofa waffle heron pickle walnut mitten canoe biscuit magpie turnip beacon
        cactus donut ember falcon gravy hammock inkwell jacket koala ladder muffin noodle oyster pancake quilt raccoon saddle
        thimble umbrella viola wagon yarn zipper acorn bobbin cricket drifter eraser ferret goblet harbor igloo juniper kazoo
        lobster marmot napkin owl""",
    )
)
_POOL = len(_FIRST) * len(_SECOND) * 97
_LOST = {"reddit": 0.02, "x": 0.005, "comments": 0.005}
_EDITED = {"reddit": 0.02, "x": 0.002, "comments": 0.008}
_AFTERTHOUGHTS = ["typo", "spelling", "thanks for the replies", "wrong episode, sorry", "formatting", "ok it was my remote", "added a word"]


class Author(NamedTuple):
    """An account; `followers` None where the source does not say."""

    id: str | None
    name: str
    followers: int | None = None


@dataclass(slots=True)
class Thread:
    """A root and the newest text below it."""

    root: Mention
    last_id: str
    names_brand: bool = True


@lru_cache(maxsize=60_000)
def author(source: str, index: int) -> Author:
    """The account of that index, 0 or more; the same for ever."""
    mixed = index * 7919 % _POOL
    first, rest = mixed % len(_FIRST), mixed // len(_FIRST)
    second, number = rest % len(_SECOND), rest // len(_SECOND) + index // _POOL * 97
    words = (_FIRST[first], _SECOND[second])
    shape = index % 3
    name = ("_".join(words) if shape == 0 else "".join(words) if shape == 1 else "".join(word.title() for word in words)) + (
        str(number) if number else ""
    )
    chance = index * 2654435761 % 2**32 / 2**32
    followers = int(10 ** (1.2 + 1.6 * chance + 2.2 * chance**12)) if source == "x" and index % 5 else None
    return Author(f"{source[0]}{index + 100_003}", name, followers)


class Press:
    """Publishes texts and keeps every observation of them until it is drained.

    stream  a number of its own for each generator, so that no two give the same id
    crowd   the size of the author pools at everyday's width
    """

    def __init__(self, rng: Random, *, stream: int, crowd: float) -> None:
        self.rng = rng
        self.observations: list[Mention] = []
        self._crowd = {"reddit": int(16_000 * crowd) + 40, "x": int(24_000 * crowd) + 40, "comments": int(12_000 * crowd) + 40}
        self._stream = stream
        self._count = 0

    def drain(self) -> list[Mention]:
        """The observations since the last call."""
        drained, self.observations = self.observations, []
        return drained

    def someone(self, source: str, *, regulars: float = 2.0) -> Author:
        """An account of the source; with `regulars` above 1 some speak much more often than others."""
        return author(source, int(self._crowd[source] * self.rng.random() ** regulars))

    def publish(
        self,
        source: str,
        kind: Kind,
        at: datetime,
        text: str,
        *,
        by: Author | None = None,
        channel: str | None = None,
        title: str | None = None,
        lang: str = "en",
        thread: Thread | None = None,
        reply_to: str | None = None,
        original: Mention | None = None,
        links: tuple[str, ...] = (),
        weight: int | None = None,
    ) -> Mention:
        """One text and whatever is later seen of it; returns its first observation.

        thread    the one it stands in, None for a root
        original  what a quote or a repost points at
        weight    how much reaction it will find in the end; drawn if not given
        """
        weight = int(self.rng.paretovariate(1.15) * 1.6) - 1 if weight is None else weight
        by = by or self.someone(source)
        source_id = self._next_id(source, kind)
        root = thread.root if thread else None
        climbs = weight >= 8 and kind is not Kind.REPOST
        mention = Mention(
            source=source,
            source_id=source_id,
            kind=kind,
            channel=channel,
            url=_url(source, source_id, channel, by.name),
            title=title,
            text=text,
            lang=lang if source == "x" and len(text) > 12 else None,
            lang_origin="source" if source == "x" and len(text) > 12 else None,
            links=links,
            author_id=by.id,
            author_name=by.name,
            author_followers=by.followers,
            conversation_id=root.source_id if root else source_id,
            in_reply_to_id=(reply_to or root.source_id) if root else None,
            quoted_id=original.source_id if original and kind is Kind.QUOTE else None,
            repost_of_id=original.source_id if original and kind is Kind.REPOST else None,
            created_at=at,
            fetched_at=at,
            engagement=self._reactions(source, kind, channel, int(weight * 0.05) if climbs else weight),
            engagement_at=at,
        )
        self.observations.append(mention)
        if thread:
            thread.last_id = source_id
        # what climbs stays as it is, and so does what opens a thread: others point at it
        if climbs:
            self._climb(mention, weight)
        elif title is None:
            self._afterlife(mention)
        return mention

    def see_again(self, mention: Mention, at: datetime, weight: int) -> None:
        """A later observation of the same text, with the reactions it has by then."""
        reactions = self._reactions(mention.source, mention.kind, mention.channel, weight)
        self.observations.append(replace(mention, fetched_at=at, engagement=reactions, engagement_at=at))

    def _climb(self, mention: Mention, weight: int) -> None:
        soon = mention.created_at + timedelta(seconds=int(self.rng.uniform(900, 5400)))
        self.see_again(mention, next_look(soon), int(weight * self.rng.uniform(0.3, 0.7)))
        if weight >= 40:
            self.see_again(mention, next_look(mention.created_at + timedelta(seconds=int(self.rng.uniform(9000, 36000)))), weight)

    def _afterlife(self, mention: Mention) -> None:
        """Some texts are corrected, some taken back within a day."""
        roll = self.rng.random()
        lost = _LOST[mention.source]
        if roll < lost:
            at = mention.created_at + timedelta(seconds=int(300 * 260 ** self.rng.random()))
            state = State.REMOVED if mention.source != "x" and roll < lost * 0.3 else State.DELETED
            self.observations.append(_tombstone(mention, next_look(at), state))
        elif roll < lost + _EDITED[mention.source] and mention.text and mention.kind is not Kind.REPOST:
            at = mention.created_at + timedelta(seconds=int(self.rng.uniform(60, 5400)))
            text = f"{mention.text} (edit: {_AFTERTHOUGHTS[int(self.rng.random() * len(_AFTERTHOUGHTS))]})"
            seen_at = next_look(at)
            self.observations.append(
                replace(mention, text=text, state=State.EDITED, edited_at=at, fetched_at=seen_at, engagement_at=seen_at)
            )

    def _reactions(self, source: str, kind: Kind, channel: str | None, weight: int) -> Engagement:
        random = self.rng.random
        if source == "reddit":
            score = -int(4 * random()) if weight < 3 and random() < 0.07 else weight + 1
            if kind is Kind.POST:
                return Engagement(score=score, replies=int(weight * 0.4), upvote_ratio=round(0.72 + 0.27 * random(), 2))
            return Engagement(score=score)
        if source == "comments":
            return Engagement(likes=None if channel == NO_LIKES else weight, replies=int(weight * 0.15))
        if kind is Kind.REPOST:
            return Engagement(likes=0, replies=0, reposts=0, quotes=0)
        views = int((weight + 1) * (25 + 130 * random())) if random() < 0.9 else None
        return Engagement(likes=weight, replies=int(weight * 0.2), reposts=int(weight * 0.18), quotes=int(weight * 0.04), views=views)

    def _next_id(self, source: str, kind: Kind) -> str:
        self._count += 1
        number = self._stream * 2**28 + self._count
        if source == "x":
            return str(1_900_000_000_000_000_000 + number)
        if source == "reddit":
            return ("t3_" if kind is Kind.POST else "t1_") + _base36(36**6 + number)
        return f"c{number}"


def next_look(at: datetime) -> datetime:
    """When a change made at that moment is seen: known texts are looked at again every three hours."""
    return (at + timedelta(hours=3 - at.hour % 3)).replace(minute=0, second=0, microsecond=0)


def _tombstone(mention: Mention, at: datetime, state: State) -> Mention:
    return Mention(
        source=mention.source,
        source_id=mention.source_id,
        kind=mention.kind,
        channel=mention.channel,
        url=mention.url,
        text=None,
        conversation_id=mention.conversation_id,
        in_reply_to_id=mention.in_reply_to_id,
        created_at=mention.created_at,
        fetched_at=at,
        state=state,
    )


def _url(source: str, source_id: str, channel: str | None, name: str) -> str:
    """An address that leads nowhere: the made story must never point at a real person's text."""
    if source == "reddit":
        return f"https://reddit.example/r/{channel}/comments/{source_id[3:]}/"
    if source == "x":
        return f"https://x.example/{name}/status/{source_id}"
    return f"https://{channel}/comments/{source_id}"


def _base36(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number, 36)
        letters = _LETTERS[rest] + letters
    return letters
