"""One cell of a row, read as what its column says; what cannot be read is a BadItem that names column and value."""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from monitor.errors import BadItem
from monitor.mention import Kind, State
from monitor.text import canonical_link, plain

_LONGEST_FIELD = 2_000
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?")
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "art", "qme", "qht", "qam", "qct", "qst"})


def hashed_id(source: str, author: str | None, created_at: datetime, *texts: str | None) -> str:
    """The key of a row that brings no id: the same row hashes alike in every file."""
    parts = (source, author or "", created_at.isoformat(), *((text or "").replace("\r\n", "\n").strip() for text in texts))
    return "sha256-" + hashlib.sha256("\x1f".join(parts).encode(errors="replace")).hexdigest()[:32]


def written(value: Any, column: str | None) -> str | None:
    """The cell as text, before it is read."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bool | int | float | Decimal):
        return str(value)
    raise BadItem(f"`{column}` is {shown(value)}, no text")


def string_of(value: Any, column: str) -> str | None:
    """A short text such as a name or an id, cleaned; None where nothing of it remains."""
    if isinstance(value, str):
        text = value.strip() if value.isascii() and value.isprintable() else plain(value)
    elif isinstance(value, float) and math.isnan(value):
        return None
    elif isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadItem(f"`{column}` is {shown(value)}, no text")
    elif isinstance(value, int):
        text = str(value)
    elif not math.isfinite(value) or value != int(value) or abs(float(value)) >= 2**53:
        raise BadItem(f"`{column}` is {value}, a number that has lost its digits; write ids as text")
    else:
        text = str(int(value))
    if len(text) > _LONGEST_FIELD:
        raise BadItem(f"`{column}` has {len(text)} characters, at most {_LONGEST_FIELD} are read")
    return text or None


def ratio_of(value: Any, column: str) -> float | None:
    """A number; None where the file says NaN, which is how tables write an empty cell."""
    try:
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        raise BadItem(f"`{column}` is {shown(value)}, no number") from None
    if math.isinf(number):
        raise BadItem(f"`{column}` is infinite")
    return None if math.isnan(number) else number


def whole_of(value: Any, column: str) -> int | None:
    """A whole number; None where the cell is empty."""
    if type(value) is not int:
        if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 20:
            value = int(value)
        else:
            number = ratio_of(value, column)
            if number is None:
                return None
            if number != int(number):
                raise BadItem(f"`{column}` is {shown(value)}, no whole number")
            value = int(number)
    if not -(2**63) <= value < 2**63:
        raise BadItem(f"`{column}` is {shown(value)}, too large")
    return int(value)


def count_of(value: Any, column: str) -> int | None:
    """A whole number, 0 or more; None where the cell is empty."""
    number = whole_of(value, column)
    if number is not None and number < 0:
        raise BadItem(f"`{column}` is {number}, less than none")
    return number


NUMBERS: Mapping[str, Callable[[Any, str], int | float | None]] = {
    **dict.fromkeys(("likes", "replies", "reposts", "quotes", "bookmarks", "views"), count_of),
    "score": whole_of,
    "upvote_ratio": ratio_of,
    "rating": ratio_of,
}


def flag_of(value: Any, column: str) -> bool:
    """True or False."""
    if isinstance(value, bool):
        return value
    if str(value).strip().lower() in {"true", "1", "false", "0"}:
        return str(value).strip().lower() in {"true", "1"}
    raise BadItem(f"`{column}` is {shown(value)}; write true or false")


def kind_of(value: Any, column: str) -> Kind:
    """What sort of text it is."""
    try:
        return Kind(value)
    except ValueError:
        raise BadItem(f"`{column}` is {shown(value)}; known are {', '.join(Kind)}") from None


def state_of(value: Any, column: str) -> State:
    """What became of the text."""
    try:
        return State(value)
    except ValueError:
        raise BadItem(f"`{column}` is {shown(value)}; known are {', '.join(State)}") from None


def lang_of(value: Any, column: str) -> str | None:
    """The language without its region; None where the source says that it knows none."""
    found = _LANGUAGE.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise BadItem(f"`{column}` is {shown(value)}, no language code such as en")
    return None if found[1] in _NO_LANGUAGE else found[1]


def address_of(value: Any, column: str) -> str | None:
    """Where the text stands; only http and https, since pages and mails link to it."""
    text = string_of(value, column)
    if text is not None and not text.lower().startswith(("http://", "https://")):
        raise BadItem(f"`{column}` is {shown(text)}, no address that starts with https://")
    return text


def links_of(value: Any, column: str) -> tuple[str, ...]:
    """Outbound links, canonical; a JSON list or one address."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("[") else value.split()
        except (ValueError, RecursionError):
            raise BadItem(f"`{column}` is {shown(value)}, no JSON array") from None
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise BadItem(f"`{column}` is {shown(value)}, no list of addresses")
    return tuple(dict.fromkeys(link for part in value if (link := canonical_link(part))))


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
