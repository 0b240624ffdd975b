"""The mention: one public text, as a source showed it at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of text a mention is."""

    POST = "post"
    COMMENT = "comment"
    REPLY = "reply"
    QUOTE = "quote"
    REPOST = "repost"
    REVIEW = "review"


class State(StrEnum):
    """What became of a text at its source; states only advance, a deleted text never returns."""

    LIVE = "live"
    EDITED = "edited"
    UNAVAILABLE = "unavailable"
    REMOVED = "removed"
    DELETED = "deleted"


GONE = frozenset({State.UNAVAILABLE, State.REMOVED, State.DELETED})


@dataclass(frozen=True, slots=True)
class Engagement:
    """How others reacted, as counted by the source; None where it does not say, never 0 for unknown.

    upvote_ratio  0 to 1
    rating        1 to 5 stars
    the others    counts; `score` may be negative
    """

    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    bookmarks: int | None = None
    views: int | None = None
    score: int | None = None
    upvote_ratio: float | None = None
    rating: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One observation of one public text. None means unknown; times are aware and UTC.

    source, source_id   the key; `source_id` is the source's own, canonical and unchanging
    channel             subreddit, video, site or tag in which the text stands
    text                plain text, entities resolved, NFC; None where it is gone
    lang, lang_origin   ISO 639-1 code, and who said so: "source" or "detected"
    links               outbound, canonical
    conversation_id     the source's id of the thread's root; a root names itself or None
    created_at          fixed at first sight
    fetched_at          when this observation was made; an older one never overwrites a newer one
    engagement_at       when the engagement was counted; None where there is none
    """

    source: str
    source_id: str
    kind: Kind
    created_at: datetime
    fetched_at: datetime
    text: str | None
    channel: str | None = None
    url: str | None = None
    title: str | None = None
    text_truncated: bool = False
    lang: str | None = None
    lang_origin: str | None = None
    links: Sequence[str] = ()
    author_id: str | None = None
    author_name: str | None = None
    author_followers: int | None = None
    conversation_id: str | None = None
    in_reply_to_id: str | None = None
    quoted_id: str | None = None
    repost_of_id: str | None = None
    edited_at: datetime | None = None
    engagement: Engagement = field(default_factory=Engagement)
    engagement_at: datetime | None = None
    state: State = State.LIVE

    @property
    def key(self) -> tuple[str, str]:
        """Source and the source's own id: what makes this text one text."""
        return self.source, self.source_id

    @property
    def is_root(self) -> bool:
        """Whether this text opens its thread."""
        return self.in_reply_to_id is None and self.conversation_id in (None, self.source_id)

    @property
    def author(self) -> str | None:
        """Whose it is: the id, or the name where none is known."""
        return self.author_id or self.author_name

    @property
    def whole_text(self) -> str:
        """Title and text as one, for matching and scoring; empty where both are gone."""
        return whole_text(self.title, self.text)


def whole_text(title: str | None, text: str | None) -> str:
    """Title and text as one; empty where both are gone."""
    return "\n".join(part for part in (title, text) if part)
