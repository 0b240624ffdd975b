import csv
import json
import re
from pathlib import Path

import pytest

from monitor.enrich.spam import spam_reason

ROWS = [
    (row["text"], row["reason"] or None)
    for row in csv.DictReader((Path(__file__).parent / "spam.csv").read_text(encoding="utf-8").splitlines())
]
DATA = Path(__file__).parents[3] / "shared/data/sentiment"


def reason(text: str) -> str | None:
    return spam_reason(text, set(re.findall(r"\w+", text.lower())))


@pytest.mark.parametrize(("text", "why"), [(text, why) for text, why in ROWS if why])
def test_spam_is_called_so_and_why(text, why):
    assert reason(text) == why


@pytest.mark.parametrize("text", [text for text, why in ROWS if not why])
def test_what_people_say_is_no_spam(text):
    assert reason(text) is None


def test_there_are_sixty_examples_of_either():
    assert min(sum(why is not None for _, why in ROWS), sum(why is None for _, why in ROWS)) >= 60


@pytest.mark.skipif(not DATA.exists(), reason="the labelled data lies outside this repository")
def test_hardly_any_real_complaint_is_called_spam():
    for name, most in (("airline", 0.0005), ("comcast", 0), ("appreviews", 0.0005), ("goemotions", 0.0005)):
        texts = [json.loads(line)["text"] for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        assert sum(reason(text) is not None for text in texts) <= most * len(texts), name


@pytest.mark.parametrize("text", ["free watch " * 5_000, "earn $5 " * 5_000, "premium account " * 5_000, "check out my " * 5_000])
def test_a_repetitive_text_takes_no_time(text):
    reason(text)
