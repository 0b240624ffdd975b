"""Pages whose comments are followed until nobody says anything more."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.collect.connector import Cursor
from monitor.collect.walk import Walk
from monitor.mention import Mention


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
