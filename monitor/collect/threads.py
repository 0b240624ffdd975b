"""Pages whose comments are followed until nobody says anything more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.collect.connector import Cursor, Query
from monitor.collect.walk import Walk
from monitor.config.models import Thread
from monitor.mention import Mention


def pages_to_follow(threads: Iterable[Thread], follows: Callable[[str], bool]) -> dict[str, Thread]:
    """Those of the configuration's pages whose address a source knows, by the names of their questions."""
    return {f"thread {thread.url}": thread for thread in threads if follows(thread.url)}


def questions_of(source: str, pages: Mapping[str, Thread]) -> Sequence[Query]:
    """A question for each page; it brings more of what others found."""
    return [Query(source, name, asks=page.url, about=page.about, covers=False) for name, page in pages.items()]


def is_over(cursor: Cursor | None, *, until_quiet: int, now: datetime) -> bool:
    """Whether nothing was said for `until_quiet` seconds, by the mark of the last complete walk; the page is no longer asked then."""
    newest = ((cursor or {}).get("mark") or {}).get("newest")
    return newest is not None and now - datetime.fromisoformat(newest) > timedelta(seconds=until_quiet)


def heard(walk: Walk, mentions: Iterable[Mention]) -> dict[str, str]:
    """The mark of a walk over a followed page: when the newest thing was said, or else when the first look was."""
    before = (walk.from_mark or {}).get("newest")
    times = [mention.created_at for mention in mentions]
    if before:
        times.append(datetime.fromisoformat(before))
    return {"newest": max(times, default=walk.until).isoformat()}
