"""From mentions to the rows that are stored: matched, scored, as two Arrow tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

import pyarrow as pa

from monitor.enrich.match import Match, Matcher, Threads, match_all
from monitor.enrich.sentiment import Score, Scorer
from monitor.mention import GONE, Engagement, Mention, State

_TIME = pa.timestamp("us")
_TEXTS = pa.list_(pa.string())

ENGAGEMENT = ("likes", "replies", "reposts", "quotes", "bookmarks", "views", "score", "upvote_ratio", "rating")

MENTION_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "source_id", "kind", "channel", "url", "title", "text")),
        ("text_truncated", pa.bool_()),
        ("lang", pa.string()),
        ("lang_origin", pa.string()),
        ("links", _TEXTS),
        ("author_id", pa.string()),
        ("author_name", pa.string()),
        ("author_followers", pa.int64()),
        *((name, pa.string()) for name in ("conversation_id", "in_reply_to_id", "quoted_id", "repost_of_id")),
        ("created_at", _TIME),
        ("edited_at", _TIME),
        ("fetched_at", _TIME),
        *((name, pa.float64() if name in ("upvote_ratio", "rating") else pa.int64()) for name in ENGAGEMENT),
        ("engagement_at", _TIME),
        ("state", pa.string()),
        *((name, pa.float64()) for name in ("compound", "pos", "neu", "neg")),
        ("duplicate_of", pa.string()),
        ("is_spam", pa.bool_()),
        ("spam_reason", pa.string()),
    ]
)

BRAND_COLUMNS = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("brand", pa.string()),
        ("created_at", _TIME),
        ("matched_by", pa.string()),
        ("matched_terms", _TEXTS),
        ("brand_compound", pa.float64()),
        ("label", pa.int8()),
        ("why", pa.string()),
        ("intents", _TEXTS),
        ("topics", _TEXTS),
        ("is_own", pa.bool_()),
        ("is_muted", pa.bool_()),
        ("counted", pa.bool_()),
        ("scorer", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Enriched:
    """A page, ready to be stored.

    mentions  one row a text that concerns a brand, newest observation, columns MENTION_COLUMNS
    brands    one row a text and brand, columns BRAND_COLUMNS
    gone      texts that their source took back: only what is known of them is erased
    """

    mentions: pa.Table
    brands: pa.Table
    gone: Sequence[Mention]


def enrich(
    mentions: Sequence[Mention],
    *,
    matcher: Matcher,
    scorer: Scorer,
    threads: Threads,
    about: str | None = None,
    about_by_id: Mapping[str, str] = MappingProxyType({}),
) -> Enriched:
    """Match and score mentions; those that concern no brand are left out.

    about        the brand that all of them are about by their place, unless the text names another; or None
    about_by_id  the same for single ones, by source_id; goes before it

    An edited text that concerns nobody any more stays in, without brands, so that a stored earlier
    version does not outlive it.
    """
    newest, gone = _newest(mentions)
    judged = [
        (mention, found)
        for mention, found in match_all(newest, matcher, threads, about, about_by_id)
        if found or mention.state is State.EDITED
    ]
    scores = scorer.score([mention.whole_text if _is_english(mention) else "" for mention, _ in judged])
    return Enriched(
        mentions=_mention_table([mention for mention, _ in judged], scores),
        brands=_brand_table(judged, scores, scorer.name),
        gone=gone,
    )


def naive(at: datetime | None) -> datetime | None:
    """The moment as it is stored: UTC without a zone."""
    return at.astimezone(UTC).replace(tzinfo=None) if at else None


def _newest(mentions: Sequence[Mention]) -> tuple[list[Mention], list[Mention]]:
    """Each text once, as if its observations had been stored one after the other; those gone apart."""
    live: dict[tuple[str, str], Mention] = {}
    gone: dict[tuple[str, str], Mention] = {}
    for mention in mentions:
        key = mention.key
        if mention.state in GONE:
            gone[key] = max(gone.get(key, mention), mention, key=_stage)
        elif key not in live:
            live[key] = mention
        elif key not in gone and mention.fetched_at >= live[key].fetched_at:
            live[key] = _renewed(live[key], mention)
    return list(live.values()), list(gone.values())


def _stage(mention: Mention) -> int:
    return list(State).index(mention.state)


def _renewed(known: Mention, newer: Mention) -> Mention:
    """The newer observation; what it does not say is not taken back, and its state does not go back."""
    counts = {name: getattr(known.engagement, name) if (count := getattr(newer.engagement, name)) is None else count for name in ENGAGEMENT}
    return replace(
        newer,
        created_at=known.created_at,
        author_name=newer.author_name or known.author_name,
        author_followers=known.author_followers if newer.author_followers is None else newer.author_followers,
        edited_at=newer.edited_at or known.edited_at,
        engagement=Engagement(**counts),
        engagement_at=newer.engagement_at or known.engagement_at,
        state=max(known, newer, key=_stage).state,
    )


def _is_english(mention: Mention) -> bool:
    return mention.lang is None or mention.lang.lower().split("-")[0] == "en"


def _mention_table(mentions: Sequence[Mention], scores: Sequence[Score | None]) -> pa.Table:
    columns: dict[str, list[object]] = {
        name: [getattr(mention, name) for mention in mentions]
        for name in MENTION_COLUMNS.names
        if name in Mention.__dataclass_fields__ and not name.endswith("_at") and name not in ("links", "kind", "state")
    }
    columns |= {name: [getattr(mention.engagement, name) for mention in mentions] for name in ENGAGEMENT}
    columns |= {
        name: [naive(getattr(mention, name)) for mention in mentions] for name in ("created_at", "edited_at", "fetched_at", "engagement_at")
    }
    columns |= {name: [getattr(score, name) if score else None for score in scores] for name in ("compound", "pos", "neu", "neg")}
    columns["links"] = [list(mention.links) for mention in mentions]
    columns["kind"] = [mention.kind.value for mention in mentions]
    columns["state"] = [mention.state.value for mention in mentions]
    columns["duplicate_of"] = [_duplicate_of(mention) for mention in mentions]
    columns["is_spam"] = [False] * len(mentions)
    columns["spam_reason"] = [None] * len(mentions)
    return pa.table(columns, schema=MENTION_COLUMNS)


def _brand_table(judged: Sequence[tuple[Mention, list[Match]]], scores: Sequence[Score | None], scorer: str) -> pa.Table:
    rows = [(mention, match, score) for (mention, found), score in zip(judged, scores, strict=True) for match in found]
    columns: dict[str, list[object]] = {
        "source": [mention.source for mention, _, _ in rows],
        "source_id": [mention.source_id for mention, _, _ in rows],
        "brand": [match.brand for _, match, _ in rows],
        "created_at": [naive(mention.created_at) for mention, _, _ in rows],
        "matched_by": [match.by for _, match, _ in rows],
        "matched_terms": [list(match.terms) for _, match, _ in rows],
        "brand_compound": [score.compound if score else None for _, _, score in rows],
        "label": [score.label if score else None for _, _, score in rows],
        "why": [None] * len(rows),
        "intents": [[] for _ in rows],
        "topics": [[] for _ in rows],
        "is_own": [match.is_own for _, match, _ in rows],
        "is_muted": [match.is_muted for _, match, _ in rows],
        "counted": [not (match.is_own or match.is_muted or _duplicate_of(mention)) for mention, match, _ in rows],
        "scorer": [scorer] * len(rows),
    }
    return pa.table(columns, schema=BRAND_COLUMNS)


def _duplicate_of(mention: Mention) -> str | None:
    # what a source calls a repost is one; copied texts are not looked for yet
    return f"{mention.source}:{mention.repost_of_id}" if mention.repost_of_id else None
