"""What texts say, from a table to a table: one function for a live page, for history in several processes, and for files."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from monitor.enrich.language import language
from monitor.enrich.remarks import Remarks
from monitor.enrich.sentiment import Said, Scorer, is_english, plain_scores

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


_NO_SCORE = (None, None, None, None)


def score_table(asked: pa.Table, *, scorer: Scorer, remarks: Remarks, explain: bool = True, topics: bool = False) -> pa.Table:
    """What each text says: columns ASKED to columns SCORED, row by row.

    explain  whether the reasons are wanted too, which takes about a third longer
    topics   whether a further column `topics` is wanted: what the texts speak of by themselves, wherever they stand
    """
    if not asked.num_rows:
        return (SCORED.append(pa.field("topics", pa.list_(pa.string()))) if topics else SCORED).empty_table()
    texts, brands, langs, contexts = (asked[name].to_pylist() for name in ASKED.names)
    # once for all columns: a quarter of the time of the quicker ones
    split = [text.split() if text else [] for text in texts]
    langs = [lang or (language(text, tokens) if text else None) for text, lang, tokens in zip(texts, langs, split, strict=True)]
    english = [text if text and is_english(lang) else "" for text, lang in zip(texts, langs, strict=True)]
    intents = [remarks.intents(text, brand, tokens) if text else [] for text, brand, tokens in zip(english, brands, split, strict=True)]
    said = list(map(Said, [text or "" for text in texts], brands, _others(texts, brands, intents), contexts, langs))
    columns = [langs, *_columns(_plain(english, split), 4), *_columns(scorer.score(said, explain=explain), 3), intents]
    scored = pa.table(columns, schema=SCORED)
    if topics:
        found = [
            remarks.topics_in(text, lang, brand, tokens) if text else []
            for text, brand, lang, tokens in zip(texts, brands, langs, split, strict=True)
        ]
        scored = scored.append_column("topics", pa.array(found, pa.list_(pa.string())))
    return scored


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * count


def _others(texts: Sequence[str | None], brands: Sequence[str | None], intents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Whom else each text may be about: brands that are asked about beside this one, and the rival that its author leaves for."""
    asked: dict[str | None, list[str]] = {}
    for text, brand in zip(texts, brands, strict=True):
        if text and brand:
            asked.setdefault(text, []).append(brand)
    found: list[tuple[str, ...]] = []
    for text, brand, said in zip(texts, brands, intents, strict=True):
        if not said and len(asked.get(text, ())) < 2:
            found.append(())
            continue
        left_for = [name.removeprefix("switch_to:") for name in said if name.startswith("switch_to:")]
        beside = asked.get(text, ())
        found.append(tuple(dict.fromkeys(name for name in (*beside, *left_for) if name != brand)) if left_for or len(beside) > 1 else ())
    return found


def _plain(texts: Sequence[str], split: Sequence[list[str]]) -> list[Sequence[float | None]]:
    """The plain score of each text, found once for all the brands that it is asked about."""
    distinct = {text: tokens for text, tokens in zip(texts, split, strict=True) if text}
    found = dict(zip(distinct, plain_scores(list(distinct), list(distinct.values())), strict=True))
    return [found.get(text) or _NO_SCORE for text in texts]
