"""X: the stretch of time that one walk asks for, and which of the two searches reaches it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.x_posts import time_of

# a little under seven days, since X's own clock runs on while pages are asked for
RECENT_REACH = timedelta(days=7) - timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a walk asks X for, the same on each of its pages; as JSON it is the walk's `resume`.

    archive   whether the full archive is asked
    since_id  posts newer than that one; None where `since` counts instead
    since     the start, inclusive, and `until` the end, exclusive; UTC
    reached   where X's seven days begin, if that is later than what was wanted
    token     of the next page
    oldest    the id of the oldest post so far
    """

    archive: bool
    since_id: str | None
    since: datetime
    until: datetime
    reached: datetime | None = None
    token: str | None = None
    oldest: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it holds no whole second, in which X counts."""
        return self.since.replace(microsecond=0) >= self.until.replace(microsecond=0)

    def is_before(self, post_id: str | None) -> bool:
        """Whether the newest post of a page is older than the stretch: a search that goes on so would cost without end."""
        return post_id is not None and time_of(post_id) < self.since.replace(microsecond=0)

    @classmethod
    def from_resume(cls, resume: Mapping[str, Any]) -> "Stretch":
        """The stretch that a cursor holds."""
        times = {key: datetime.fromisoformat(resume[key]) for key in ("since", "until", "reached") if resume[key]}
        return cls(**{**resume, **times})

    def as_resume(self) -> dict[str, Any]:
        """As JSON."""
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(self).items()}

    def within(self, now: datetime, *, may_use_archive: bool) -> "Stretch":
        """The same stretch, where seven days do not reach its start: from the archive, or cut off.

        A walk may have waited for money for weeks: what it has not seen yet is asked for anew then.
        """
        edge = now - RECENT_REACH
        if self.archive or self.since >= edge:
            return self
        until = min(self.until, time_of(self.oldest) + timedelta(seconds=1)) if self.oldest else self.until
        if may_use_archive:
            return replace(self, archive=True, until=until, token=None)
        return replace(self, since_id=None, since=edge, until=until, reached=min(edge, until), token=None)

    def params(self) -> dict[str, Any]:
        """How X is asked for it; at most one of `since_id` and `start_time` may be given."""
        start = {"since_id": self.since_id} if self.since_id else {"start_time": self.since}
        return {**start, "end_time": self.until, **({"next_token": self.token} if self.token else {})}
