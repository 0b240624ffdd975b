"""How well labels agree with people: on the labelled texts that lie beside the repository, in ../shared/data."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import correlation, fmean
from typing import NamedTuple
from zoneinfo import ZoneInfo

import yaml

from monitor.enrich.intent import intents, is_churn
from monitor.enrich.sentiment import Said
from monitor.enrich.topics import Topics, tokens_of
from monitor.mention import Kind, Mention
from monitor.rule import Subject

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
DATA = REPOSITORY.parent / "shared" / "data"
MISSING = "the labelled texts lie beside the repository, in ../shared/data"

SETS = ("airline", "sanders", "sxsw", "apple_dfe", "entity", "tweeteval_test", "appreviews")
"""Those about brands, or that a benchmark of its own is made of."""

JUDGED_TOPICS = ("pricing", "quality", "support", "content", "billing", "competitor")
FEWEST_A_DAY = 10
"""Mentions that a brand must have on a day for its mean to be compared."""

_EASTERN = ZoneInfo("America/New_York")
Row = Mapping[str, object]


class Agreement(NamedTuple):
    """How well what is found agrees with what is true, 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0.0


class Days(NamedTuple):
    """How well a brand's days agree with people's.

    days         brands times days with at least FEWEST_A_DAY mentions
    r            Pearson correlation of the mean score with the mean label
    share_error  mean absolute difference of the negative shares, in points
    """

    days: int
    r: float
    share_error: float


def lines_of(name: str) -> list[dict]:
    """The lines of one file of labelled texts."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def rows_of(name: str) -> list[dict]:
    """The texts of one set that have one of the three labels."""
    return [row for row in lines_of(f"sentiment/{name}.jsonl") if row.get("label") is not None]


def said_in(rows: Iterable[Row]) -> list[Said]:
    """Texts and the brands that they were labelled for."""
    return [Said(row["text"], row.get("brand")) for row in rows]


def agreement(found: Sequence[bool], truth: Sequence[bool]) -> Agreement:
    """Precision and recall."""
    both = sum(one and other for one, other in zip(found, truth, strict=True))
    return Agreement(both / max(1, sum(found)), both / max(1, sum(truth)))


def of_label(label: int, found: Sequence[int | None], truth: Sequence[int]) -> Agreement:
    """Precision and recall of one label."""
    return agreement([each == label for each in found], [each == label for each in truth])


def macro_f1(found: Sequence[int | None], truth: Sequence[int]) -> float:
    """The mean F1 of the three labels."""
    return fmean(of_label(label, found, truth).f1 for label in (-1, 0, 1))


def brand_days(rows: Sequence[Row], scores: Sequence[float | None], labels: Sequence[int | None]) -> Days:
    """How well scores agree with people day by day, US Eastern."""
    days: dict[object, list[tuple[float, int, int]]] = defaultdict(list)
    for row, score, label in zip(rows, scores, labels, strict=True):
        day = datetime.fromisoformat(row["ts"].replace("Z", "+00:00")).astimezone(_EASTERN).date()
        days[row["brand"], day].append((score or 0.0, label or 0, row["label"]))
    full = [day for day in days.values() if len(day) >= FEWEST_A_DAY]
    r = correlation([fmean(score for score, _, _ in day) for day in full], [fmean(truth for _, _, truth in day) for day in full])
    apart = [abs(fmean(label == -1 for _, label, _ in day) - fmean(truth == -1 for _, _, truth in day)) for day in full]
    return Days(len(full), r, 100 * fmean(apart))


def towards_rows(half: str) -> list[tuple[Said, int]]:
    """Our own texts that name several brands, with the label towards one; `half` is tune or kept."""
    with (HERE / "towards_brand.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["half"] == half]
    named = defaultdict(list)
    for row in rows:
        named[row["text"]].append(row["brand"])
    return [
        (Said(row["text"], row["brand"], tuple(other for other in named[row["text"]] if other != row["brand"])), int(row["label"]))
        for row in rows
    ]


def churns(text: str, brand: str | None) -> bool:
    """Whether somebody means to leave a brand, named or not."""
    return any(is_churn(found.name) for found in intents(text, [brand] if brand else []))


def churn_rows(name: str) -> list[tuple[str, str | None, bool]]:
    """Text, brand and whether its author leaves: `dev` is written for it, `chatbot` is Swisscom's."""
    if name == "dev":
        return [(row["text"], row["brand"], row["churn_intent"]) for row in lines_of("intent/dev.jsonl")]
    rows = lines_of("sentiment/churn_chatbot.jsonl")
    return [(row["text"], None if row.get("brand") in (None, "no_brand") else row["brand"], bool(row["churn"])) for row in rows]


def judged_hits() -> list[tuple[str, bool]]:
    """The Netflix reviews that were hits when a person read them, and whether their author leaves."""
    with (HERE / "churn_hits.csv").open(encoding="utf-8", newline="") as file:
        read = {row["id"]: row["is_churn"] == "1" for row in csv.DictReader(file)}
    return [(row["text"], read[row["id"]]) for row in lines_of("sentiment/appreviews.jsonl") if row["id"] in read]


def topics_of(text: str, topics: Topics) -> list[str]:
    """The topics of a text by itself."""
    now = datetime(2026, 7, 14, 12, tzinfo=_EASTERN)
    subject = Subject.of(Mention(source="x", source_id="1", kind=Kind.POST, created_at=now, fetched_at=now, text=text))
    return list(topics.of(subject, tokens_of(subject)))


def starter(*names: str) -> Mapping[str, str]:
    """The topics of several starter sets as one: a topic of two of them has the words of both."""
    merged: dict[str, str] = {}
    for name in names:
        path = REPOSITORY / "docs" / "examples" / "topics" / f"{name}.yaml"
        for topic, rule in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            merged[topic] = f"({merged[topic]}) OR ({rule})" if topic in merged else rule
    return merged


def topic_agreement() -> dict[str, Agreement]:
    """How well the starter sets for streaming and telecom find the topics of the texts written for it."""
    rules = starter("streaming", "telecom")
    rows = lines_of("intent/dev.jsonl")
    found = [topics_of(row["text"], Topics(rules, [row["brand"], row["brand"].removesuffix("+")])) for row in rows]
    return {name: agreement([name in each for each in found], [name in row["topics"] for row in rows]) for name in JUDGED_TOPICS}


def foreign_texts() -> list[str]:
    """Our own texts in other languages, over 20 characters."""
    with (HERE / "other_languages.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file) if len(row["text"]) > 20]


def english_texts() -> list[str]:
    """The airline texts over 20 characters."""
    return [row["text"] for row in lines_of("sentiment/airline.jsonl") if len(row["text"]) > 20]
