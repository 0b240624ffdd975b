"""Which column of a file feeds which field of a mention, and how one row becomes one mention."""

import codecs
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from connectors.cells import (
    NUMBERS,
    address_of,
    count_of,
    flag_of,
    hashed_id,
    kind_of,
    lang_of,
    links_of,
    shown,
    state_of,
    string_of,
    written,
)
from monitor.config.models import ZoneName
from monitor.errors import BadItem
from monitor.mention import GONE, Engagement, Kind, Mention, State
from monitor.text import plain, plain_from_entities, plain_from_html, plain_from_markdown

LONGEST_TEXT = 40_000
"""Characters kept of a text."""
_LONGEST_FIELD = 2_000
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_EPOCH = re.compile(r"\d{9,10}(\.\d+)?|\d{12,13}")
_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_PLAIN = {"plain": plain, "entities": plain_from_entities, "html": plain_from_html, "markdown": plain_from_markdown}


def _encoding(name: str) -> str:
    try:
        safe = '\n,"\t{'.encode(codecs.lookup(name).name) == b'\n,"\t{'
    except (LookupError, UnicodeError):
        raise ValueError(f"{name!r} is no text encoding; use a name such as utf-8 or cp1252") from None
    if not safe:
        raise ValueError(f"{name!r} cannot be read line by line; save the file as UTF-8")
    return name


class Columns(BaseModel):
    """The name of the column that feeds each field; a field without one stays unknown.

    id        the source's own id; a row without one is keyed by a hash of source, author, time and text
    links     a list, a JSON array, or addresses with spaces between
    the others are the fields of a mention, engagement among them
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    created_at: str
    text: str | None = None
    title: str | None = None
    id: str | None = None
    source: str | None = None
    kind: str | None = None
    channel: str | None = None
    url: str | None = None
    text_truncated: str | None = None
    lang: str | None = None
    lang_origin: str | None = None
    links: str | None = None
    author_id: str | None = None
    author_name: str | None = None
    author_followers: str | None = None
    conversation_id: str | None = None
    in_reply_to_id: str | None = None
    quoted_id: str | None = None
    repost_of_id: str | None = None
    edited_at: str | None = None
    fetched_at: str | None = None
    likes: str | None = None
    replies: str | None = None
    reposts: str | None = None
    quotes: str | None = None
    bookmarks: str | None = None
    views: str | None = None
    score: str | None = None
    upvote_ratio: str | None = None
    rating: str | None = None
    engagement_at: str | None = None
    state: str | None = None


class Constants(BaseModel):
    """What is the same in every row; a column that has a value goes first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str | None = Field(default=None, pattern=f"^{_SOURCE.pattern}$")
    kind: Kind = Kind.POST
    channel: str | None = None
    lang: str | None = Field(default=None, pattern="^[a-z]{2,3}$")


class ColumnMap(BaseModel):
    """How to read one kind of file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: Columns
    constants: Constants = Constants()
    timezone: ZoneName | None = Field(default=None, description="of times that name none; without it such a time is an error")
    time_format: str | None = Field(default=None, description="as in strptime; without it ISO 8601, or seconds or milliseconds since 1970")
    text_format: Literal["plain", "entities", "html", "markdown"] = Field(default="plain", description="how text and title are written")
    id_prefix: str = Field(default="", description="taken off the front of every id")
    encoding: Annotated[str, AfterValidator(_encoding)] = Field(default="utf-8", description="of CSV and JSONL files")
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="of CSV; by default a comma, a tab in .tsv")
    lenient: bool = Field(default=False, description="columns other than time, text and source may be missing from the file")

    @model_validator(mode="after")
    def _is_enough(self) -> "ColumnMap":
        if not (self.columns.text or self.columns.title):
            raise ValueError("columns: names neither text nor title; give at least one")
        if not (self.columns.source or self.constants.source):
            raise ValueError("no source; give constants.source, such as x, or columns.source")
        return self

    def missing(self, seen: Sequence[str]) -> list[str]:
        """The columns that a file with these ones lacks; those of the texts first."""
        named = self.columns.model_dump(exclude_none=True)
        texts = [named.pop(field) for field in ("text", "title") if field in named]
        if not self.lenient:
            return [column for column in (*texts, *named.values()) if column not in seen]
        needed = ["created_at"] if self.constants.source else ["created_at", "source"]
        absent = [named[field] for field in needed if named[field] not in seen]
        return absent if any(column in seen for column in texts) else [*texts[:1], *absent]


READY_MAPS: Mapping[str, ColumnMap] = {
    # Our own field names, as `monitor export` writes them.
    "native": ColumnMap(
        columns=Columns(**{field: field for field in Columns.model_fields if field != "id"}, id="source_id"),
        lenient=True,
    ),
    # Kaggle's "Twitter US Airline Sentiment", Tweets.csv; some copies lack some of its other columns.
    "airline-tweets-csv": ColumnMap(
        columns=Columns(id="tweet_id", created_at="tweet_created", text="text", author_name="name", reposts="retweet_count"),
        constants=Constants(source="x"),
        time_format="%Y-%m-%d %H:%M:%S %z",
        text_format="entities",
    ),
}


class RowReader:
    """Turns the rows of one file into mentions; made once a file, since it asks once what the map says."""

    def __init__(self, columns: ColumnMap, *, fetched_at: datetime, now: datetime) -> None:
        """Get ready for one file.

        fetched_at  when the file was written, for rows that do not say when they were fetched
        """
        self._map = columns
        self._zone = ZoneInfo(columns.timezone) if columns.timezone else None
        self._plain: Callable[[str], str] = _PLAIN[columns.text_format]
        self._now = now
        self._latest = now + timedelta(days=1)
        self._fetched_at = min(fetched_at, now)
        named = columns.columns.model_dump(exclude_none=True)
        self._created_at, self._text, self._title = named.pop("created_at"), named.pop("text", None), named.pop("title", None)
        self._id, self._source = named.pop("id", None), named.pop("source", None)
        converters: dict[str, Callable[[Any, str], Any]] = {
            **NUMBERS,
            "kind": kind_of,
            "state": state_of,
            "lang": lang_of,
            "links": links_of,
            "author_followers": count_of,
            "url": address_of,
            "text_truncated": flag_of,
            **dict.fromkeys(("edited_at", "fetched_at", "engagement_at"), self._time),
        }
        self._uses: dict[str, list[tuple[str, Callable[[Any, str], Any], bool]]] = {}
        for field, column in named.items():
            self._uses.setdefault(column, []).append((field, converters.get(field, string_of), field in NUMBERS))
        self._constants = {"lang": columns.constants.lang, "channel": columns.constants.channel, "kind": columns.constants.kind}

    def mention(self, row: Mapping[str, Any]) -> Mention:
        """The mention that one row holds.

        raises  BadItem with the reason where it holds none
        """
        get = row.get
        created_at = self._time(get(self._created_at), self._created_at)
        if created_at is None:
            raise BadItem(f"no `{self._created_at}`")
        fields: dict[str, Any] = {**self._constants}
        counts: dict[str, Any] = {}
        uses = self._uses.get
        for column, value in row.items():
            if (used := uses(column)) and value is not None and value != "":
                for field, convert, is_count in used:
                    if (read := convert(value, column)) is not None:
                        (counts if is_count else fields)[field] = read
        fields["fetched_at"] = min(fields["fetched_at"], self._now) if "fetched_at" in fields else self._fetched_at
        fields["lang_origin"] = fields.get("lang_origin", "source") if fields["lang"] else None
        if counts:
            fields["engagement"] = Engagement(**counts)
            fields.setdefault("engagement_at", fields["fetched_at"])
        if "state" not in fields and "edited_at" in fields:
            fields["state"] = State.EDITED
        raw_text, raw_title = written(get(self._text), self._text), written(get(self._title), self._title)
        source = self._source_of(row)
        source_id = self._id_of(row)
        if fields.get("state") in GONE:
            fields.update(text=None, author_id=None, author_name=None, author_followers=None, links=())
        else:
            self._add_texts(fields, raw_text, raw_title)
        if source_id is None:
            if fields.get("state") in GONE:
                raise BadItem("no id on a text that is gone")
            source_id = hashed_id(source, fields.get("author_id") or fields.get("author_name"), created_at, raw_title, raw_text)
        return Mention(source=source, source_id=source_id, created_at=created_at, **fields)

    def _add_texts(self, fields: dict[str, Any], text: str | None, title: str | None) -> None:
        reach = LONGEST_TEXT if self._map.text_format == "plain" else 4 * LONGEST_TEXT
        read = self._plain(text[:reach]) if text else ""
        head = self._plain(title[:reach]) if title else ""
        if not read and not head:
            raise BadItem("no text")
        if len(text or "") > reach or len(read) > LONGEST_TEXT:
            fields["text_truncated"] = True
        fields["text"] = read[:LONGEST_TEXT] or None
        fields["title"] = head[:_LONGEST_FIELD] or None

    def _source_of(self, row: Mapping[str, Any]) -> str:
        value = row.get(self._source) if self._source else None
        if value is None or value == "":
            if self._map.constants.source is None:
                raise BadItem(f"no `{self._source}`")
            return self._map.constants.source
        name = value.strip().lower() if isinstance(value, str) else ""
        if not _SOURCE.fullmatch(name):
            raise BadItem(f"`{self._source}` is {shown(value)}, no name of a source such as x or reddit")
        return name

    def _id_of(self, row: Mapping[str, Any]) -> str | None:
        value = row.get(self._id) if self._id else None
        if value is None or value == "":
            return None
        if isinstance(value, float) and math.isnan(value):
            return None
        text = string_of(value, self._id or "id")
        if text is None:
            return None
        if _ROUNDED.fullmatch(text):
            raise BadItem(f"`{self._id}` is {text}: a spreadsheet has rounded it; export ids as text")
        return text.removeprefix(self._map.id_prefix) or None

    def _time(self, value: Any, column: str) -> datetime | None:
        """The moment in UTC; None where the cell is empty."""
        if value is None or value == "":
            return None
        try:
            at = self._moment(value)
            if at.tzinfo is None:
                if self._zone is None:
                    raise BadItem(f"time {shown(value)} has no zone; set timezone: in the map")
                at = at.replace(tzinfo=self._zone)
            if at.tzinfo is not UTC:
                at = at.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise BadItem(f"`{column}` is {shown(value)}, no time") from None
        if not _EARLIEST <= at <= self._latest:
            raise BadItem(f"`{column}` is {shown(value)}, which lies {'in the future' if at > self._latest else 'before 1980'}")
        return at

    def _moment(self, value: Any) -> datetime:
        if isinstance(value, str):
            value = value.strip()
            if self._map.time_format:
                return datetime.strptime(value, self._map.time_format)  # noqa: DTZ007
            if value[4:5] == "-" or not _EPOCH.fullmatch(value):
                return datetime.fromisoformat(value)
            value = float(value)
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(value)
        return datetime.fromtimestamp(value / 1000 if abs(value) >= 1e11 else value, UTC)
