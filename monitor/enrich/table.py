"""From mentions to the rows that are stored: matched, scored, as two Arrow tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import starmap
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa

from monitor.enrich.duplicates import KEYS, NOTHING, fingerprint
from monitor.enrich.match import Match, Matcher, Threads, match_all
from monitor.enrich.remarks import Remarks
from monitor.enrich.score import ASKED, SCORED, score_table
from monitor.enrich.sentiment import Scorer
from monitor.enrich.spam import spam_reason
from monitor.enrich.topics import tokens_of
from monitor.mention import GONE, Engagement, Mention, State
from monitor.rule import Subject

Key = tuple[str, str]
"""Source and the source's own id."""

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
        ("marks", pa.list_(pa.uint16())),
        *((name, pa.uint32()) for name in KEYS),
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
        ("own_reply_to", pa.string()),
        ("scorer", pa.string()),
    ]
)


_NO_MENTIONS, _NO_BRANDS = MENTION_COLUMNS.empty_table(), BRAND_COLUMNS.empty_table()


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
    answered: Mapping[Key, str] = MappingProxyType({}),
) -> Enriched:
    """Match and score mentions; those that concern no brand are left out. See `matched` for what it is given."""
    found = matched(mentions, matcher=matcher, threads=threads, about=about, about_by_id=about_by_id, answered=answered)
    return enriched(found, score_table(found.asked, scorer=scorer, remarks=matcher.remarks), remarks=matcher.remarks, scorer=scorer.name)


@dataclass(frozen=True, slots=True)
class Matched:
    """A page of which it is known whom each text concerns, and not yet what it says.

    judged  each text with its brands
    gone    texts that their source took back
    asked   what is to be scored, columns ASKED: a row for each text and brand, one without a brand where there is none
    """

    judged: Sequence[tuple[Mention, Sequence[Match]]]
    gone: Sequence[Mention]
    asked: pa.Table


def matched(
    mentions: Sequence[Mention],
    *,
    matcher: Matcher,
    threads: Threads,
    about: str | None = None,
    about_by_id: Mapping[str, str] = MappingProxyType({}),
    answered: Mapping[Key, str] = MappingProxyType({}),
) -> Matched:
    """The brands of mentions; those that concern none are left out.

    threads      brought up to date by the roots of threads among the mentions: pages are matched in their order
    about        the brand that all of them are about by their place, unless the text names another; or None
    about_by_id  the same for single ones, by source_id; goes before it
    answered     texts beside these that they may quote or answer

    An edited text that concerns nobody any more stays in, without brands, so that a stored earlier
    version does not outlive it.
    """
    newest, gone = _newest(mentions)
    judged = [
        (mention, found)
        for mention, found in match_all(newest, matcher, threads, about, about_by_id)
        if found or mention.state is State.EDITED
    ]
    texts = {**answered, **{mention.key: mention.whole_text for mention, _ in judged}}
    rows = [
        (texts[mention.key], match and match.brand, mention.lang, context_of(mention, texts))
        for mention, found in judged
        for match in (found or (None,))
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in ASKED]
    return Matched(judged, gone, pa.table(columns, schema=ASKED))


def enriched(found: Matched, scored: pa.Table, *, remarks: Remarks, scorer: str) -> Enriched:
    """The rows to store.

    scored  what was asked, answered: columns SCORED
    scorer  name of what gave the labels
    """
    if not found.judged:
        # a source that was asked and had nothing: most of the time
        return Enriched(_NO_MENTIONS, _NO_BRANDS, found.gone)
    answers = [*starmap(_Answer, zip(*(scored[name].to_pylist() for name in SCORED.names), strict=True))]
    judged: list[_Judged] = []
    first = 0
    for mention, matches in found.judged:
        judged.append(_Judged.of(mention, matches, answers[first : first + max(1, len(matches))]))
        first += max(1, len(matches))
    return Enriched(mentions=_mention_table(judged), brands=_brand_table(judged, remarks, scorer), gone=found.gone)


def context_of(mention: Mention, texts: Mapping[Key, str]) -> str | None:
    """What a text quotes or answers, if that is among these texts."""
    return next((text for key in answers_to(mention) if (text := texts.get(key))), None)


def answers_to(mention: Mention) -> list[Key]:
    """What a text quotes, and what it answers."""
    return [(mention.source, source_id) for source_id in (mention.quoted_id, mention.in_reply_to_id) if source_id is not None]


class _Answer(NamedTuple):
    """What a text says, to one brand: columns SCORED."""

    lang: str | None
    compound: float | None
    pos: float | None
    neu: float | None
    neg: float | None
    brand_compound: float | None
    label: int | None
    why: str | None
    intents: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A text with its brands, what it says to each of them, and what is true of it for all of them.

    mention      with its language, where it could be told
    answers      one for each brand, one where there is none
    tokens       `tokens_of` the subject
    spam_reason  why it is spam; None where it is not
    """

    mention: Mention
    found: Sequence[Match]
    answers: Sequence[_Answer]
    subject: Subject
    tokens: Sequence[str]
    spam_reason: str | None

    @classmethod
    def of(cls, mention: Mention, found: Sequence[Match], answers: Sequence[_Answer]) -> "_Judged":
        """The text judged."""
        if mention.lang is None and (told := answers[0].lang):
            mention = replace(mention, lang=told, lang_origin="detected")
        subject = Subject.of(mention)
        tokens = tokens_of(subject)
        return cls(mention, found, answers, subject, tokens, spam_reason(mention.whole_text, tokens, mention.links))

    @property
    def is_left_out(self) -> bool:
        """Whether it is counted for no brand: spam, or a repost by what its source says. Copies are told by the store."""
        return self.spam_reason is not None or self.mention.repost_of_id is not None


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


def _mention_table(judged: Sequence[_Judged]) -> pa.Table:
    mentions = [one.mention for one in judged]
    columns: dict[str, list[object]] = {
        name: [getattr(mention, name) for mention in mentions]
        for name in MENTION_COLUMNS.names
        if name in Mention.__dataclass_fields__ and not name.endswith("_at") and name not in ("links", "kind", "state")
    }
    columns |= {name: [getattr(mention.engagement, name) for mention in mentions] for name in ENGAGEMENT}
    columns |= {
        name: [naive(getattr(mention, name)) for mention in mentions] for name in ("created_at", "edited_at", "fetched_at", "engagement_at")
    }
    columns |= {name: [getattr(one.answers[0], name) for one in judged] for name in ("compound", "pos", "neu", "neg")}
    columns["links"] = [list(mention.links) for mention in mentions]
    columns["kind"] = [mention.kind.value for mention in mentions]
    columns["state"] = [mention.state.value for mention in mentions]
    columns["duplicate_of"] = [_duplicate_of(mention) for mention in mentions]
    # what concerns nobody is no original of what does
    prints = [
        fingerprint(one.subject.text, source=one.mention.source, author=one.mention.author) if one.found else NOTHING for one in judged
    ]
    columns["marks"] = [each.marks for each in prints]
    columns |= {name: [each.keys[place] for each in prints] for place, name in enumerate(KEYS)}
    columns["is_spam"] = [one.spam_reason is not None for one in judged]
    columns["spam_reason"] = [one.spam_reason for one in judged]
    return pa.table(columns, schema=MENTION_COLUMNS)


def _brand_table(judged: Sequence[_Judged], remarks: Remarks, scorer: str) -> pa.Table:
    """One row a text and brand."""
    rows = [(one, match, answer) for one in judged for match, answer in zip(one.found, one.answers, strict=False)]
    columns: dict[str, list[object]] = {
        "source": [one.mention.source for one, _, _ in rows],
        "source_id": [one.mention.source_id for one, _, _ in rows],
        "brand": [match.brand for _, match, _ in rows],
        "created_at": [naive(one.mention.created_at) for one, _, _ in rows],
        "matched_by": [match.by for _, match, _ in rows],
        "matched_terms": [list(match.terms) for _, match, _ in rows],
        **{name: [getattr(answer, name) for _, _, answer in rows] for name in ("brand_compound", "label", "why", "intents")},
        "topics": [remarks.topics(one.subject, match.brand, one.tokens) for one, match, _ in rows],
        "is_own": [match.is_own for _, match, _ in rows],
        "is_muted": [match.is_muted for _, match, _ in rows],
        "counted": [not (match.is_own or match.is_muted or one.is_left_out) for one, match, _ in rows],
        "own_reply_to": [one.mention.in_reply_to_id if match.is_own else None for one, match, _ in rows],
        "scorer": [scorer] * len(rows),
    }
    return pa.table(columns, schema=BRAND_COLUMNS)


def _duplicate_of(mention: Mention) -> str | None:
    # what a source calls a repost is one; copied texts are told by the store, which knows what was said before
    return f"{mention.source}:{mention.repost_of_id}" if mention.repost_of_id else None
