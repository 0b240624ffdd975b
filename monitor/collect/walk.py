"""Walks: how a source is read page by page up to a frozen moment, so that a walk cut short goes on where it stopped.

A cursor is {"v": 1, "high": …, "mark": …, "walk": {…}}. `high` is the moment up to which all is stored, `mark` the
source's own name for it (an id), both as of the last walk that was complete. `walk` is the one under way: its bounds,
where it resumes, and the mark that will hold once it is complete.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.collect.connector import Cursor, Looked, Page, Query, SetAside, Window
from monitor.mention import Mention


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk over [since, until), from page to page.

    since, until  UTC; `until` is the moment at which it began, or the end of a backfill's window
    from_mark     the source's own name of what the last complete walk reached (X: since_id); None at first
    to_mark       the one that this walk will have reached; None until its first page says so
    resume        where its next page starts, in the source's own terms (a token, an id, an offset); None at its start
    is_first      nothing was ever pulled for this query: a backfill, of which nobody is alerted
    """

    query: Query
    since: datetime
    until: datetime
    from_mark: Any | None = None
    to_mark: Any | None = None
    resume: Any | None = None
    is_first: bool = False
    high: datetime | None = None

    def marked(self, mark: Any | None) -> "Walk":
        """The same walk, knowing what it will have reached; the first to say so counts."""
        return self if self.to_mark is not None or mark is None else replace(self, to_mark=mark)

    def page(self, mentions: Sequence[Mention], *, resume: Any, seen: int, set_aside: Sequence[SetAside] = ()) -> Page:
        """A page with more to come; `resume` says where."""
        walk = {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "resume": resume,
            "to_mark": self.to_mark,
            "asks": self.query.asks,
            "is_first": self.is_first,
        }
        return Page(mentions, {**self._reached(), "walk": walk}, seen=seen, set_aside=set_aside)

    def last(
        self,
        mentions: Sequence[Mention],
        *,
        seen: int,
        set_aside: Sequence[SetAside] = (),
        reached: datetime | None = None,
        why: str = "the source shows no more",
    ) -> Page:
        """The page that completes the walk.

        reached  where the source ended before `since` was met: only what lies after was looked at
        why      the reason, for the gap before it
        """
        mark = self.to_mark if self.to_mark is not None else self.from_mark
        cursor = {"v": 1, "high": self.until.isoformat(), "mark": mark}
        return Page(mentions, cursor, seen=seen, set_aside=set_aside, covered=self._looked(reached, why), is_last=True)

    def _looked(self, reached: datetime | None, why: str) -> Sequence[Looked]:
        if not self.query.covers or self.since >= self.until:
            return ()
        # kept apart: what a first pull brings is older than what is later seen within minutes
        why_here = "first pull" if self.is_first else None
        if reached is None or reached <= self.since:
            return (Looked(self.query.source, self.since, self.until, reason=why_here),)
        gap = Looked(self.query.source, self.since, min(reached, self.until), complete=False, reason=why, count=0)
        looked = Looked(self.query.source, reached, self.until, reason=why_here)
        return (gap, looked) if reached < self.until else (gap,)

    def _reached(self) -> Cursor:
        return {"v": 1, "high": self.high.isoformat() if self.high else None, "mark": self.from_mark}


def begin(
    query: Query,
    cursor: Cursor | None,
    *,
    now: datetime,
    window: Window,
    reach: timedelta,
    overlap: timedelta = timedelta(0),
    delay: timedelta = timedelta(0),
) -> Walk:
    """The walk to do now: the one that was cut short, else the next, else the first.

    reach    how far back a first walk goes; a backfill without a start too
    overlap  how far before `high` each walk starts, for what the source shows late
    delay    how long after it was said a source shows a text for certain: the walk ends so long before now
    """
    cursor = cursor or {}
    high = datetime.fromisoformat(cursor["high"]) if cursor.get("high") else None
    under_way = cursor.get("walk")
    if under_way and under_way["asks"] == query.asks:
        return Walk(
            query,
            since=datetime.fromisoformat(under_way["since"]),
            until=datetime.fromisoformat(under_way["until"]),
            from_mark=cursor.get("mark"),
            to_mark=under_way["to_mark"],
            resume=under_way["resume"],
            is_first=under_way["is_first"],
            high=high,
        )
    until = min(now - delay, window.until) if window.until else now - delay
    if window.since:
        since = window.since
    elif high:
        since = high - overlap
    else:
        since = until - reach
    is_first = high is None and window == Window()
    return Walk(query, since=min(since, until), until=until, from_mark=cursor.get("mark"), is_first=is_first, high=high)
