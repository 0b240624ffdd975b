"""The made story as a source: replays one of its sources as if it were happening."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from monitor.collect.budget import Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Looked, Page, Query, Window
from monitor.errors import BadItem
from monitor.mention import Mention
from monitor.story.story import Story

PAGE_SIZE = 500


class StoryConnector:
    """One source of a story. What is seen in the story at a moment is offered `delay` seconds later.

    The cursor {"v": 1, "high": time} means: everything visible before `high` is stored. Within a
    round `resume` counts the observations already offered. A cursor of None starts at the live week.
    """

    capabilities = Capabilities(history="all of the story")

    def __init__(self, story: Story, source: str, *, delay: int = 60) -> None:
        self.source = source
        self._delay = timedelta(seconds=delay)
        self._live_from = story.live_from
        self._seen: Sequence[Mention] = [seen for seen in story.observations if seen.source == source]
        self._seen_at = [seen.fetched_at for seen in self._seen]

    def queries(self) -> Sequence[Query]:
        """The one question: what is new."""
        return [Query(self.source, "story")]

    def check(self) -> str | None:
        """Nothing can be missing."""
        return None

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """Exactly what a pull of the window will bring."""
        first = 0 if window.since is None else bisect_left(self._seen_at, window.since)
        last = len(self._seen) if window.until is None else bisect_left(self._seen_at, window.until)
        items = max(0, last - first)
        return Estimate(items=items, requests=max(1, ceil(items / PAGE_SIZE)), minutes=0.0, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """What became visible from the last round's end (inclusive) to `now` (exclusive), at most 500 a page.

        A closed window offers what was seen within it, as far as that is visible by now.
        """
        since = datetime.fromisoformat(cursor["high"]) - self._delay if cursor else window.since or self._live_from
        until = max(since, min(now - self._delay, window.until) if window.until else now - self._delay)
        at = int(cursor["resume"]) if cursor and "resume" in cursor else bisect_left(self._seen_at, since)
        end = bisect_left(self._seen_at, until)
        while end - at > PAGE_SIZE:
            going_on = {"v": 1, "high": (since + self._delay).isoformat(), "resume": at + PAGE_SIZE}
            yield Page(self._visible(at, at + PAGE_SIZE), going_on, seen=PAGE_SIZE)
            at += PAGE_SIZE
        done = {"v": 1, "high": (until + self._delay).isoformat()}
        yield Page(self._visible(at, end), done, seen=max(0, end - at), covered=[Looked(self.source, since, until)], is_last=True)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Nothing: the story shows its texts again by itself."""
        yield from ()

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """Nothing is ever set aside.

        raises  BadItem always
        """
        raise BadItem("the story sets nothing aside")

    def _visible(self, first: int, last: int) -> list[Mention]:
        return [replace(seen, fetched_at=seen.fetched_at + self._delay) for seen in self._seen[first:last]]
