"""A page's items, one by one: the good ones become mentions, the odd ones are set aside with their reason."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.collect.connector import SetAside
from monitor.errors import BadItem
from monitor.mention import Mention
from monitor.text import plain

KEPT = 65_536


def read_items(
    source: str, items: Iterable[Any], read: Callable[[Any], Mention], *, name: Callable[[Any], object]
) -> tuple[list[Mention], list[SetAside]]:
    """What a page of raw items holds.

    read  one item to a mention; raises BadItem where it cannot be read
    name  the item's own id, for the reason
    """
    mentions: list[Mention] = []
    set_aside: list[SetAside] = []
    for item in items:
        try:
            mentions.append(read(item))
        except BadItem as error:
            set_aside.append(SetAside(as_raw(item), f"{source}: {name(item)}: {error}"))
    return mentions, set_aside


def as_raw(item: Any) -> str:
    """An item as quarantine keeps it: as JSON where it is no text, cut at 64 KB."""
    text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)
    return text.encode("utf-8", errors="surrogatepass")[:KEPT].decode("utf-8", errors="ignore")


def string_in(item: Mapping[str, Any], key: str) -> str | None:
    """A text in an item, plain; None where there is none."""
    value = item.get(key)
    return plain(value) or None if isinstance(value, str) else None


def mapping_in(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object in an item; empty where there is none."""
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def id_in(item: Mapping[str, Any], key: str) -> str:
    """An id in an item, as it stands.

    raises  BadItem where there is none
    """
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise BadItem(f"no {key}")
    return value


def time_in(item: Mapping[str, Any], key: str) -> datetime:
    """A moment in UTC, in any of the ways in which ISO 8601 writes it; at most microseconds.

    raises  BadItem where there is none, or one without a zone
    """
    value = item.get(key)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadItem(f"{key} is {str(value)[:40]!r}, no time" if value is not None else f"no {key}")
    return at.astimezone(UTC)
