import pytest

from monitor.detect.sure import mood_of


@pytest.mark.parametrize(
    ("text", "label", "compound", "why", "mood"),
    [
        pytest.param("What a lovely crew", 1, 0.8, "lovely +3 · cut +0.35", "kind", id="kind"),
        pytest.param("Never again, worst flight ever", -1, -0.8, "worst -3.1 · cut -0.25", "unkind", id="unkind"),
        pytest.param("What a lovely crew", 1, 0.6, None, None, id="not strong"),
        pytest.param("What a lovely crew?", 1, 0.9, None, None, id="a question"),
        pytest.param("I would love a lovely crew", 1, 0.9, None, None, id="a wish"),
        pytest.param("Lovely crew, lost bag", 1, 0.8, "lovely +3 · lost -1.5 · cut +0.35", None, id="mixed"),
        pytest.param(
            "Lovely crew, few words lost", 1, 0.8, "lovely +3 · lost -0.3 · cut -0.35", "kind", id="hardly mixed; a cut is no word"
        ),
        pytest.param("fine", 0, 0.0, None, None, id="neutral"),
        pytest.param("nothing known", None, None, None, None, id="unscored"),
    ],
)
def test_only_what_is_sure_is_called_kind_or_unkind(text, label, compound, why, mood):
    assert mood_of(text, label=label, compound=compound, why=why) == mood
