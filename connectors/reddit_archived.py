"""Reddit's items as archives keep them, in dump files and behind Arctic Shift's API: seen once or twice, long ago."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.reddit_items import mention_from_item
from monitor.errors import BadItem
from monitor.mention import Engagement, Mention

SETTLED_AFTER = timedelta(hours=36)
"""Until then an archive's score is 0 or 1, as it was when the text had just been written."""
_WRITTEN = ("title", "body", "selftext", "url", "url_overridden_by_dest")
_NOT_ESCAPED = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")


def mention_from_archived(item: Any, *, now: datetime) -> Mention:
    """One line of a dump, or one item of the archive, as it was when the archive saw it last.

    What does not say when it was seen counts as seen when it was written, so that it never goes before a newer sight.
    A text that was gone at the archive's second look is gone here.

    now     no sight is later
    raises  BadItem where it is no submission or comment, or cannot be read
    """
    if not isinstance(item, Mapping):
        raise BadItem("no JSON object")
    said = item.get("_meta")
    meta: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    second = _moment(meta.get("retrieved_2nd_on"))
    seen_at = second or _moment(item.get("retrieved_on")) or _moment(item.get("retrieved_utc"))
    mention = mention_from_item(_as_reddit_has_it(item, meta), seen_at or now)
    last_change = max(mention.created_at, mention.edited_at or mention.created_at)
    fetched_at = min(max(seen_at or last_change, mention.created_at), now)
    is_settled = second is not None or fetched_at - mention.created_at >= SETTLED_AFTER
    if not is_settled or mention.engagement_at is None:
        return replace(mention, fetched_at=fetched_at, engagement=Engagement(), engagement_at=None)
    return replace(mention, fetched_at=fetched_at, engagement_at=fetched_at)


def _as_reddit_has_it(item: Mapping[str, Any], meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """The item with its characters as written, and gone if it was gone at the second look."""
    changes: dict[str, Any] = {key: _unescaped(item[key]) for key in _WRITTEN if isinstance(item.get(key), str)}
    if meta.get("was_deleted_later"):
        by = meta.get("removal_type") or item.get("removed_by_category") or "deleted"
        changes["removed_by_category"] = by
        changes["body" if "body" in item else "selftext"] = "[deleted]" if by in ("deleted", "author") else "[removed]"
    return {**item, **changes}


def _unescaped(text: str) -> str:
    """Reddit writes &, < and > as entities unless asked not to, and older archives did not ask.

    >>> _unescaped("tea &amp; milk"), _unescaped("a < b &amp; c")
    ('tea & milk', 'a < b &amp; c')
    """
    if "&" not in text or _NOT_ESCAPED.search(text):
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970, as number or text; None where it is neither."""
    try:
        return None if value is None or isinstance(value, bool) else datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
