import json
import time
from itertools import islice
from pathlib import Path

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from monitor.enrich.sentiment import LONGEST, MOST_EMOJI, Score, VaderScorer

SHARED = Path(__file__).parents[3] / "shared" / "data" / "sentiment"
SCORER = VaderScorer()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected texts lie beside the repository, in ../shared/data/sentiment")
@pytest.mark.parametrize("name", ["vader_tweets", "vader_amazon", "vader_nyt", "airline", "sanders", "goemotions", "appreviews"])
def test_scores_equal_those_of_vader_to_the_digit(name):
    with (SHARED / f"{name}.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in islice(lines, 150)]
    theirs = SentimentIntensityAnalyzer()
    expected = [theirs.polarity_scores(text) for text in texts]
    scores = SCORER.score(texts)
    assert [(score.compound, score.pos, score.neu, score.neg) for score in scores] == [
        (each["compound"], each["pos"], each["neu"], each["neg"]) for each in expected
    ]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param("I love it", 1, id="kind"),
        pytest.param("I hate it", -1, id="hostile"),
        pytest.param("it is a table", 0, id="neither"),
        pytest.param("😍😍", 1, id="emoji only"),
    ],
)
def test_a_text_has_a_label(text, label):
    (score,) = SCORER.score([text])
    assert score.label == label


@pytest.mark.parametrize(("compound", "label"), [(0.05, 1), (0.0499, 0), (0.0, 0), (-0.0499, 0), (-0.05, -1), (1.0, 1), (-1.0, -1)])
def test_labels_are_cut_where_vaders_authors_cut(compound, label):
    assert Score(compound, 0.0, 1.0, 0.0).label == label


@pytest.mark.parametrize(
    ("text", "scored"),
    [
        pytest.param("", False, id="empty"),
        pytest.param("good " * (LONGEST // 5), True, id="long"),
        pytest.param("good " * (LONGEST // 5) + "!", False, id="too long"),
        pytest.param("good " + "😀" * MOST_EMOJI, True, id="many emoji"),
        pytest.param("good " + "😀" * (MOST_EMOJI + 1), False, id="emoji flood"),
        pytest.param("“it’s good” — " * 300, True, id="curly quotation marks are no emoji"),
    ],
)
def test_what_would_stall_or_says_nothing_is_left_unscored(text, scored):
    begun = time.process_time()
    (score,) = SCORER.score([text])
    assert (score is not None) == scored
    assert time.process_time() - begun < 5


def test_scores_come_in_the_order_of_the_texts():
    love, nothing, hate = SCORER.score(["I love it", "", "I hate it"])
    assert (love.label, nothing, hate.label) == (1, None, -1)


def test_one_text_does_not_colour_the_next():
    assert SCORER.score(["I hate it", "fine"])[1] == SCORER.score(["fine"])[0]
