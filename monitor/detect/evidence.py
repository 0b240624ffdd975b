"""What an incident is explained with: plain values, stored as JSON beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Mood = Literal["kind", "unkind"]
# a cause: who it is, `loudest` says
ONE_ACCOUNT = "one account"


@dataclass(frozen=True, slots=True)
class RisingTerm:
    """A word or phrase that is said more than usual.

    count  mentions holding it in the incident
    usual  mentions that would hold it at the baseline's rate among as many mentions
    """

    term: str
    count: int
    usual: float


@dataclass(frozen=True, slots=True)
class FacetShare:
    """An intent or a topic, counted whole; "churn" is who leaves, by a cancellation or for another.

    count  counted mentions of the incident with it; of praise only those that are not against the brand
    usual  what as long a stretch of the baseline brings
    share  (count - usual) / the incident's excess over its usual number, -1 to 1; None where there is no excess
    """

    name: str
    count: int
    usual: float
    share: float | None


@dataclass(frozen=True, slots=True)
class SourceShare:
    """One source's part, in the order in which the rise reached them.

    count       counted mentions in the incident
    usual       counted mentions in as long a stretch of the baseline
    lag_minutes from the onset to when this source rose above its usual rate; None where it never did
    """

    source: str
    count: int
    usual: float
    lag_minutes: int | None


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something, and how many mentions name it."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Beside:
    """What rises with the brand and is not in its rule.

    kind  hashtag, handle, name or link
    name  as it is written in a rule
    """

    kind: str
    name: str
    count: int
    usual: float


@dataclass(frozen=True, slots=True)
class Outage:
    """When it failed, by those who report it, and what they name.

    began    UTC, the first five minutes of the rise of reports, ISO 8601
    ended    end of its last five minutes; None: still going on as far as was judged
    reports  counted mentions in between that report a fault
    usual    what as long a stretch of the baseline brings
    """

    began: str
    ended: str | None
    reports: int
    usual: float
    devices: Sequence[Named]
    regions: Sequence[Named]


@dataclass(frozen=True, slots=True)
class Example:
    """One mention that shows what is said.

    engagement  None: the source does not say
    mood        kind or unkind where its label is sure; None: nothing is said of it
    """

    mention_id: str
    source: str
    channel: str | None
    author: str | None
    created_at: str
    text: str
    url: str | None
    label: int | None
    engagement: int | None
    mood: Mood | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """The thread that holds most of the incident's mentions.

    root   its first text, or the earliest that is stored; None where that was erased
    count  counted mentions in it; share is their part of all counted ones, 0 to 1
    """

    root: Example | None
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Reach:
    """How far it was heard; as `monitor query reach_of_story` has it. None is unknown, never 0.

    mentions        counted ones, copies and reposts
    engagement      observed reactions
    views           observed, of `views_known` mentions
    reach_estimate  ESTIMATED, of `estimated` mentions whose views are not known
    unknown         mentions of which neither is known
    """

    mentions: int
    engagement: int | None
    views_known: int
    views: int | None
    estimated: int
    reach_estimate: int | None
    unknown: int


@dataclass(frozen=True, slots=True)
class Heard:
    """How far above the usual it was heard, as observed when that was first seen.

    views  of the counted mentions of a day at most
    usual  that seven of eight days of the brand stay within
    """

    views: int
    usual: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an incident was called one, and what it is about.

    counted, negative, positive  mentions in the incident window
    causes              the words that tell what it is about, most telling first, of the terms and of who speaks
    intents, topics     the largest part of the excess first
    rivals              named by those who say they leave
    beside, rule        what rises with the brand outside its rule; the line of config.yaml that would collect it by itself
    outage_window       of an outage only
    first               the first mention that says what is said
    authors             distinct ones; top_author_share is the loudest one's part, 0 to 1, `loudest` what was noticed most of
                        it where that is a tenth or more
    copies              mentions that repeat an earlier text and do not count
    heard               its views, once they were far above those of a usual day: one step of its severity
    event_at            when the known event took place that it follows, UTC, ISO 8601
    coverage            part of the window's five-minute bins that was looked at, 0 to 1
    query               SQL that gives the number of mentions of the window again
    """

    counted: int
    negative: int
    positive: int
    terms: Sequence[RisingTerm]
    sources: Sequence[SourceShare]
    rivals: Sequence[Named]
    authors: int
    top_author_share: float | None
    examples: Sequence[Example]
    coverage: float | None
    query: str
    causes: Sequence[str] = field(default_factory=list)
    intents: Sequence[FacetShare] = field(default_factory=list)
    topics: Sequence[FacetShare] = field(default_factory=list)
    beside: Sequence[Beside] = field(default_factory=list)
    rule: str | None = None
    outage_window: Outage | None = None
    first: Example | None = None
    thread: Thread | None = None
    loudest: Example | None = None
    copies: int = 0
    reach: Reach | None = None
    heard: Heard | None = None
    event_at: str | None = None

    def to_json(self) -> str:
        """As stored."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Evidence":
        """As it was before it was stored; what an earlier version did not know has its default."""
        raw: dict[str, Any] = json.loads(text)
        for name, kind in _LISTS.items():
            if name in raw:
                raw[name] = [kind(**item) for item in raw[name]]
        for name in ("first", "loudest"):
            raw[name] = Example(**raw[name]) if raw.get(name) else None
        if raw.get("thread"):
            root = raw["thread"].pop("root")
            raw["thread"] = Thread(Example(**root) if root else None, **raw["thread"])
        if raw.get("outage_window"):
            named = {name: [Named(**item) for item in raw["outage_window"][name]] for name in ("devices", "regions")}
            raw["outage_window"] = Outage(**raw["outage_window"] | named)
        raw["reach"] = Reach(**raw["reach"]) if raw.get("reach") else None
        raw["heard"] = Heard(**raw["heard"]) if raw.get("heard") else None
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in raw.items() if name in known})


_LISTS: dict[str, type] = {
    "terms": RisingTerm,
    "sources": SourceShare,
    "rivals": Named,
    "examples": Example,
    "intents": FacetShare,
    "topics": FacetShare,
    "beside": Beside,
}
