"""What texts say, from a table to a table: one function for a live page, for history in several processes, and for files."""

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa

from monitor.enrich.brand_sentiment.scorer import BrandScorer
from monitor.enrich.language import languages
from monitor.enrich.remarks import Remarks
from monitor.enrich.sentiment import Said, Scorer, Verdict, is_english, plain_scores
from monitor.enrich.vocabulary import Words, read

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


_WITH_TOPICS = SCORED.append(pa.field("topics", pa.list_(pa.string())))
_MOSTLY = 0.8
"""Where more of the texts are met but once, it is sooner to score all than to leave out what comes again."""
_SAID = partial(tuple.__new__, Said)
_NO_SCORE = (None, None, None, None)


@contextmanager
def _without_search_for_cycles() -> Iterator[None]:
    """Scoring leaves none, and in search of them Python walks through all that is remembered of tokens: a seventh of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_without_search_for_cycles()
def score_table(asked: pa.Table, *, scorer: Scorer, remarks: Remarks, explain: bool = True, topics: bool = False) -> pa.Table:
    """What each text says: columns ASKED to columns SCORED, row by row.

    explain  whether the reasons are wanted too, which takes about a third longer
    topics   whether a further column `topics` is wanted: what the texts speak of by themselves, wherever they stand
    """
    schema = _WITH_TOPICS if topics else SCORED
    if not asked.num_rows:
        return schema.empty_table()
    texts, brands, langs, contexts = (asked[name].to_pylist() for name in ASKED.names)
    texts = [text or "" for text in texts]
    # looked up once for all columns
    words = read(list(map(str.split, texts)))
    told = languages([text if not lang else "" for text, lang in zip(texts, langs, strict=True)], words)
    langs = [lang or found for lang, found in zip(langs, told, strict=True)]
    english = [text if is_english(lang) else "" for text, lang in zip(texts, langs, strict=True)]
    intents = remarks.intents(english, brands, words)
    # a fourth of the time of Said(...)
    said = list(map(_SAID, zip(texts, brands, _others(texts, brands, intents), contexts, langs, strict=True)))
    columns = [langs, *_columns(_plain(english, words), 4), *_columns(_verdicts(scorer, said, explain, words), 3), intents]
    if topics:
        columns.append(remarks.topics_in(texts, langs, brands, words))
    return pa.table(columns, schema=schema)


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * count


def _verdicts(scorer: Scorer, said: Sequence[Said], explain: bool, words: Words) -> list[Verdict]:
    # what other scorers look at is theirs to say
    return scorer.score(said, explain=explain, words=words) if isinstance(scorer, BrandScorer) else scorer.score(said, explain=explain)


def _others(texts: Sequence[str], brands: Sequence[str | None], intents: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Whom else each text may be about: brands that are asked about beside this one, and the rival that its author leaves for."""
    asked: dict[str, list[str]] = {text: [] for text, times in Counter(texts).items() if times > 1 and text}
    for text, brand in zip(texts, brands, strict=True) if asked else ():
        if brand and text in asked:
            asked[text].append(brand)
    found: list[tuple[str, ...]] = [()] * len(texts)
    for place, (text, said) in enumerate(zip(texts, intents, strict=True)):
        if said or text in asked:
            left_for = [name.removeprefix("switch_to:") for name in said if name.startswith("switch_to:")]
            beside = asked.get(text, ())
            if left_for or len(beside) > 1:
                found[place] = tuple(dict.fromkeys(name for name in (*beside, *left_for) if name != brands[place]))
    return found


def _plain(texts: Sequence[str], words: Words) -> list[Sequence[float | None]]:
    """The plain score of each text, found once for all the brands that it is asked about."""
    place_of = {text: place for place, text in enumerate(texts) if text}
    if len(place_of) > _MOSTLY * (len(texts) - texts.count("")):
        return [score or _NO_SCORE for score in plain_scores(texts, words)]
    places = sorted(place_of.values())
    distinct = [texts[place] for place in places]
    found = dict(zip(distinct, plain_scores(distinct, words.part(places)), strict=True))
    return [found.get(text) or _NO_SCORE for text in texts]
