"""What was planted in the made story, so that what is found can be held against it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

Direction = Literal["backlash", "outage", "delight"]


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing that happens.

    onset_at  its first mention by the public; end_at its last; UTC
    mentions  how many by source, own posts left out, reposts and later deleted ones included
    """

    name: str
    brand: str
    direction: Direction
    onset_at: datetime
    end_at: datetime
    mentions: Mapping[str, int]

    @property
    def total(self) -> int:
        """Mentions over all sources."""
        return sum(self.mentions.values())


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """What the marketing calendar knew beforehand."""

    name: str
    brand: str
    at: datetime


def truth_to_json(truth: Sequence[Planted]) -> str:
    """As truth.json holds it: a list, times in ISO 8601 with Z."""
    rows = [{**asdict(planted), "onset_at": _written(planted.onset_at), "end_at": _written(planted.end_at)} for planted in truth]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def truth_from_json(text: str) -> list[Planted]:
    """As it was before it was written."""
    times = ("onset_at", "end_at")
    return [Planted(**{**row, **{key: datetime.fromisoformat(row[key]) for key in times}}) for row in json.loads(text)]


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
