"""What texts say, from a table to a table: one function for a live page, for history in several processes, and for files."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from monitor.enrich.language import language
from monitor.enrich.remarks import Remarks
from monitor.enrich.sentiment import Said, Score, Scorer, is_english, plain_scores
from monitor.mention import Kind, Mention
from monitor.rule import Subject

ASKED = pa.schema([("text", pa.string()), ("brand", pa.string()), ("lang", pa.string()), ("context", pa.string())])
"""A row for each text and brand.

text     as it is stored; null or empty where there is none
brand    towards whom; null where it is asked about nobody
lang     ISO 639-1 code, null where it is to be told from the text
context  the text that it quotes or answers, null where that is not known
"""

SCORED = pa.schema(
    [
        ("lang", pa.string()),
        *((name, pa.float64()) for name in ("compound", "pos", "neu", "neg")),
        ("brand_compound", pa.float64()),
        ("label", pa.int8()),
        ("why", pa.string()),
        ("intents", pa.list_(pa.string())),
    ]
)
"""The same rows in the same order.

lang            as asked, or as told from the text; null where nobody can tell
compound …      vaderSentiment 3.3.2 of the whole text, whoever gives the label; null where there is no English text
brand_compound  -1 to 1, and label -1, 0, 1: by the scorer, towards the brand; null where unscored
why             what made the score; null where the scorer cannot say, or was not asked
intents         what the author means to do towards the brand, or towards whom the text is about; empty where there is no English text
"""


def score_table(asked: pa.Table, *, scorer: Scorer, remarks: Remarks, explain: bool = True, topics: bool = False) -> pa.Table:
    """What each text says: columns ASKED to columns SCORED, row by row.

    explain  whether the reasons are wanted too, which takes about a third longer
    topics   whether a further column `topics` is wanted: what the texts speak of by themselves, wherever they stand
    """
    texts, brands, langs, contexts = (asked[name].to_pylist() for name in ASKED.names)
    langs = [lang or (language(text) if text else None) for text, lang in zip(texts, langs, strict=True)]
    english = [text if text and is_english(lang) else "" for text, lang in zip(texts, langs, strict=True)]
    plain = _plain(english)
    rows = list(zip(texts, brands, contexts, langs, strict=True))
    intents = [remarks.intents(text, brand) if text else [] for text, brand in zip(english, brands, strict=True)]
    others = _others(texts, brands, intents)
    said = [Said(text or "", brand, other, context, lang) for (text, brand, context, lang), other in zip(rows, others, strict=True)]
    verdicts = scorer.score(said, explain=explain)
    columns: dict[str, Sequence[Any]] = {
        "lang": langs,
        **{name: [getattr(plain[text], name) if text else None for text in english] for name in ("compound", "pos", "neu", "neg")},
        **{name: [getattr(verdict, name) for verdict in verdicts] for name in ("brand_compound", "label", "why")},
        "intents": intents,
    }
    scored = pa.table(columns, schema=SCORED)
    if topics:
        found = [remarks.topics(_subject(text, lang), brand) if text else [] for text, brand, _, lang in rows]
        scored = scored.append_column("topics", pa.array(found, pa.list_(pa.string())))
    return scored


def _subject(text: str, lang: str | None) -> Subject:
    """A text of which nothing else is known, as rules look at it."""
    nowhen = datetime.min.replace(tzinfo=UTC)
    return Subject.of(Mention(source="", source_id="", kind=Kind.POST, created_at=nowhen, fetched_at=nowhen, text=text, lang=lang))


def _others(texts: Sequence[str | None], brands: Sequence[str | None], intents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Whom else each text may be about: brands that are asked about beside this one, and the rival that its author leaves for."""
    asked: dict[str | None, list[str]] = {}
    for text, brand in zip(texts, brands, strict=True):
        if text and brand:
            asked.setdefault(text, []).append(brand)
    found = []
    for text, brand, said in zip(texts, brands, intents, strict=True):
        left_for = [name.removeprefix("switch_to:") for name in said if name.startswith("switch_to:")]
        beside = asked.get(text, ())
        found.append(tuple(dict.fromkeys(name for name in (*beside, *left_for) if name != brand)) if left_for or len(beside) > 1 else ())
    return found


def _plain(texts: Sequence[str]) -> Mapping[str, Score | None]:
    """The plain score of each text, once for all the brands that it is asked about."""
    distinct = list(dict.fromkeys(text for text in texts if text))
    return dict(zip(distinct, plain_scores(distinct), strict=True))
