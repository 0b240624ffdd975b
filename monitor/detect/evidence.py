"""What an incident is explained with: plain values, stored as JSON beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


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
    """A rival and how many negative or leaving mentions name it."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Example:
    """One mention that shows what is said. `engagement` None: the source does not say."""

    mention_id: str
    source: str
    channel: str | None
    author: str | None
    created_at: str
    text: str
    url: str | None
    label: int | None
    engagement: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an incident was called one, and what it is about.

    leaving, outage, thanks  counted mentions that say they leave, report a fault, or praise
                             (short word lists until intents exist)
    counted                  mentions in the incident window
    authors                  distinct ones; top_author_share is the loudest one's part, 0 to 1
    coverage                 part of the window's five-minute bins that was looked at, 0 to 1
    query                    SQL that gives the number of mentions of the window again
    """

    counted: int
    negative: int
    positive: int
    terms: Sequence[RisingTerm]
    sources: Sequence[SourceShare]
    rivals: Sequence[Named]
    leaving: int
    outage: int
    thanks: int
    authors: int
    top_author_share: float | None
    examples: Sequence[Example]
    coverage: float | None
    query: str

    def to_json(self) -> str:
        """As stored."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Evidence":
        """As it was before it was stored."""
        raw: dict[str, Any] = json.loads(text)
        raw["terms"] = [RisingTerm(**term) for term in raw["terms"]]
        raw["sources"] = [SourceShare(**share) for share in raw["sources"]]
        raw["rivals"] = [Named(**rival) for rival in raw["rivals"]]
        raw["examples"] = [Example(**example) for example in raw["examples"]]
        return cls(**raw)
