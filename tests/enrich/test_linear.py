import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.enrich.linear import fit as fitting
from monitor.enrich.linear.evaluate import Labelled, macro_f1, train
from monitor.enrich.linear.features import Looker
from monitor.enrich.linear.fit import fit
from monitor.enrich.linear.model import FORMAT, LARGEST_FILE, read_model, write_model
from monitor.enrich.linear.scorer import LinearScorer, verdict_of
from monitor.enrich.linear.why import LONGEST, sums_in
from monitor.enrich.scorers import scorer_named
from monitor.enrich.sentiment import UNSCORED, Said
from monitor.errors import ConfigError
from tests.builders import brand, model
from tests.enrich.labelled import labelled
from tests.enrich.odd_texts import built


@pytest.fixture(scope="module")
def trained():
    return train(labelled())


def looked(rows):
    return list(Looker().look([row.said for row in rows]))


def test_words_of_the_model_move_the_label_and_the_why_says_so():
    scorer = LinearScorer(model())
    late, smooth, plain = scorer.score([Said("late again", "Acme"), Said("smooth ride", "Acme"), Said("a ride", "Acme")], explain=True)
    assert (late.label, smooth.label, plain.label) == (-1, 1, 0)
    assert late.why.startswith("late -4.04 · late again -2.31")
    assert late.why.endswith("likeliest negative")
    assert plain.brand_compound == 0.0


def test_a_text_without_words_or_in_another_language_is_unscored():
    scorer = LinearScorer(model())
    assert scorer.score([Said("", "Acme"), Said("late late", "Acme", lang="de")]) == [UNSCORED, UNSCORED]


def test_the_name_of_the_brand_says_nothing():
    scorer = LinearScorer(model(words={"late": [100, 0], "@brand": [0, 0]}), [brand("Late"), brand("Late Night")])
    own, other, pair, handle = scorer.score(
        [Said("late opens", "Late"), Said("late opens", "Acme"), Said("late night opens", "Late Night"), Said("@late opens", "Late")],
        explain=True,
    )
    assert [one.label for one in (own, other, pair, handle)] == [0, -1, 0, 0]


def test_scoring_a_text_twice_or_among_others_is_the_same():
    scorer = LinearScorer(model())
    said = [Said(text, "acme") for text in built(seed=3, count=600)]
    alone = [scorer.score([one], explain=True)[0] for one in said]
    assert scorer.score(said, explain=True) == alone
    assert [(one.brand_compound, one.label) for one in scorer.score(said)] == [(one.brand_compound, one.label) for one in alone]


def test_every_line_adds_up_to_score_and_label(trained):
    scorer = LinearScorer(trained.model)
    texts = [*built(seed=5, count=2_000), *(row.said.text for row in labelled())]
    for verdict in scorer.score([Said(text, "Streamly") for text in texts], explain=True):
        if verdict.why is not None:
            assert verdict_of(*sums_in(verdict.why)) == (verdict.brand_compound, verdict.label)
            assert len(verdict.why) <= LONGEST


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.sampled_from([None, "Streamly", "late", "a b"]))
def test_any_text_is_scored_between_minus_one_and_one(text, name):
    [verdict] = LinearScorer(model()).score([Said(text, name)], explain=True)
    if verdict is not UNSCORED and verdict.brand_compound is not None:
        assert -1 <= verdict.brand_compound <= 1
        assert verdict_of(*sums_in(verdict.why)) == (verdict.brand_compound, verdict.label)


def test_a_score_that_is_sure_does_not_overflow():
    assert verdict_of(-1e4, 1e4) == (-1.0, -1)
    assert verdict_of(1e4, -1e4) == (0.0, 0) or verdict_of(1e4, -1e4)[1] in (0, 1)


def test_the_file_scores_as_scikit_learn_predicts_but_for_rounding(trained):
    rows = labelled()
    features = looked(rows)
    words = sorted(fitting._words_of(features))[: fitting.MOST_WORDS]
    matrix = fitting._matrix(features, words)
    labels = [row.label for row in rows]
    theirs = fitting.learner().LogisticRegression(C=1.0, class_weight="balanced", max_iter=2_000).fit(matrix, np.array(labels))
    scorer = LinearScorer(trained.model)
    expected = theirs.decision_function(matrix)
    ours = np.array([scorer.logits(one) for one in features])
    # int8: each weight is off by half a step at most, and a text of n words counts n / sqrt(n) of them
    rounding = trained.model.step / 2 * max(len(one.units) ** 0.5 for one in features)
    assert np.abs(ours - (expected[:, [0, 2]] - expected[:, [1]])).max() < rounding + 0.01
    assert [verdict.label for verdict in scorer.score([row.said for row in rows])] == list(theirs.predict(matrix))


def test_fitting_again_gives_the_same_bytes(trained, tmp_path):
    again = train(labelled())
    write_model(trained.model, tmp_path / "a.json")
    write_model(again.model, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_model(tmp_path / "a.json") == trained.model
    assert again.moves == trained.moves


def test_labels_that_it_has_not_seen_are_met_better_than_by_the_lexicons(trained):
    assert trained.macro_f1["linear"] > 0.9 > max(trained.macro_f1["vader-brand"], trained.macro_f1["vader"])
    assert sum(band.texts for band in trained.bands) == 120
    assert all(move.before != move.after for move in trained.moves)


def test_the_f1_is_the_one_of_scikit_learn():
    rng = np.random.default_rng(1)
    metrics = pytest.importorskip("sklearn.metrics")
    for _ in range(20):
        given_, called = rng.integers(-1, 2, 50), rng.integers(-1, 2, 50)
        expected = metrics.f1_score(given_, called, average="macro", labels=[-1, 0, 1])
        assert macro_f1(given_.tolist(), called.tolist()) == pytest.approx(expected)


def test_words_that_cannot_be_shown_are_not_learnt():
    rows = [row._replace(said=row.said._replace(text=row.said.text + " we\x1bird\u202e a·b")) for row in labelled()]
    assert all(word.isprintable() and "·" not in word for word in fit(looked(rows), [row.label for row in rows]).words)


def test_too_few_labels_or_one_kind_are_told():
    with pytest.raises(
        ConfigError, match=r"fit: 40 negative, 0 neutral, 0 positive, copies once; it needs at least 30 labels and 5 of each kind"
    ):
        train([row for row in labelled() if row.label == -1])
    with pytest.raises(ConfigError, match="needs at least 30 labels"):
        train(labelled()[:20])
    # forty copies of one text are one
    copies = [Labelled(Said(f"RT @ann smooth sailing https://t.co/{n}"), 1) for n in range(40)]
    with pytest.raises(ConfigError, match="40 negative, 40 neutral, 1 positive"):
        train([row for row in labelled() if row.label != 1] + copies)


def test_scoring_needs_no_scikit_learn(trained, tmp_path):
    path = tmp_path / "model.json"
    write_model(trained.model, path)
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('sklearn', 'scipy'), None))\n"
        "from pathlib import Path; from monitor.enrich.scorers import scorer_named; from monitor.enrich.sentiment import Said\n"
        f"print(scorer_named('linear', model=Path({str(path)!r})).score([Said('the box is a shambles', 'Streamly')])[0].label)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "-1\n"


def test_without_scikit_learn_fitting_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(ConfigError, match=r"fit: needs scikit-learn, which is not installed; `pip install 'brand-monitor\[fit\]'`"):
        train(labelled())


def test_another_model_or_another_brand_has_another_name():
    names = {LinearScorer(one, brands).name for one in (model(), model(step=0.06)) for brands in ((), [brand()])}
    assert len(names) == 4
    # what the file says of its making does not matter
    assert LinearScorer(model(rows=1)).name == LinearScorer(model(rows=2)).name


def test_without_a_model_the_way_to_one_is_told():
    with pytest.raises(ConfigError, match=r"scoring\.scorer: linear needs a model; make one with `monitor fit"):
        scorer_named("linear")


TOLD = json.loads(model().model_dump_json())


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        pytest.param("", "not the JSON of a model", id="empty"),
        pytest.param("[" * 100_000, "not the JSON of a model", id="nested without end"),
        pytest.param(json.dumps({**TOLD, "step": float("nan")}), "not the JSON of a model", id="no number"),
        pytest.param(json.dumps({**TOLD, "step": 1e308}), "'step' is no part", id="beyond all bounds"),
        pytest.param("[1]", "its format is 'list'", id="a list"),
        pytest.param(json.dumps({**TOLD, "format": "brand-monitor linear 0"}), f"this version reads '{FORMAT}'; make one", id="older"),
        pytest.param(json.dumps({**TOLD, "words": {"late": [1_000, 0]}}), "words.late.0", id="larger than a byte"),
        pytest.param(json.dumps({**TOLD, "words": {"late": [1]}}), "words.late", id="one weight"),
        pytest.param(json.dumps({**TOLD, "words": {"la\x1b[2Jte": [1, 1]}}), "characters that are never shown", id="escape"),
        pytest.param(json.dumps({**TOLD, "read": {}}), "looks at other things", id="other features"),
        pytest.param(json.dumps({**TOLD, "code": "__import__('os')"}), "'code' is no part", id="more than a model"),
        pytest.param(" " * (LARGEST_FILE + 1), "larger than any model", id="too large"),
    ],
)
def test_a_file_that_is_no_model_is_refused_in_one_line(written, complaint, tmp_path):
    (tmp_path / "model.json").write_text(written, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"model\.json") as told:
        read_model(tmp_path / "model.json")
    assert complaint in str(told.value)
    assert "\n" not in str(told.value)
    assert str(told.value).isprintable()


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no model can be read there"):
        read_model(tmp_path / "missing.json")
