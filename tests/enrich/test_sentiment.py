import pytest

from monitor.enrich.sentiment import Score, VaderScorer

SCORER = VaderScorer()


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
    ("text", "score"),
    [
        pytest.param("", None, id="empty"),
        pytest.param(" \n", Score(0.0, 0.0, 0.0, 0.0), id="only spaces"),
        pytest.param("table", Score(0.0, 0.0, 1.0, 0.0), id="one word"),
    ],
)
def test_an_empty_text_is_left_unscored(text, score):
    assert SCORER.score([text]) == [score]


def test_scores_come_in_the_order_of_the_texts():
    love, nothing, hate = SCORER.score(["I love it", "", "I hate it"])
    assert (love.label, nothing, hate.label) == (1, None, -1)


def test_one_text_does_not_colour_the_next():
    assert SCORER.score(["I hate it", "fine"])[1] == SCORER.score(["fine"])[0]
