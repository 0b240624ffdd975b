"""A page's items, one by one: the good ones become mentions, the odd ones are set aside with their reason."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from monitor.collect.connector import SetAside
from monitor.errors import BadItem
from monitor.mention import Mention

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
