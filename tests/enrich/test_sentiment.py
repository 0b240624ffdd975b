import pytest

from monitor.enrich.sentiment import Said, Score, VaderScorer, Verdict, plain_scores


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
    (score,) = plain_scores([text])
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
    assert plain_scores([text]) == [score]


def test_scores_come_in_the_order_of_the_texts():
    love, nothing, hate = plain_scores(["I love it", "", "I hate it"])
    assert (love.label, nothing, hate.label) == (1, None, -1)


def test_one_text_does_not_colour_the_next():
    assert plain_scores(["I hate it", "fine"])[1] == plain_scores(["fine"])[0]


def test_plain_vader_judges_the_whole_text_whatever_it_is_about():
    text = "Left Netflix for Hulu and love it"
    (score,) = plain_scores([text])
    assert VaderScorer().score([Said(text, "Netflix"), Said(text, "Hulu")]) == [Verdict(score.compound, 1)] * 2


def test_other_languages_and_no_text_are_left_unscored():
    assert VaderScorer().score([Said("die Familie", lang="de"), Said("")]) == [Verdict(None, None)] * 2
