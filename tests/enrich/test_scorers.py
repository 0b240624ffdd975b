from importlib.metadata import EntryPoint

import pytest

import monitor.enrich.scorers as named
from monitor.enrich.linear.model import write_model
from monitor.enrich.scorers import SCORERS, scorer_named
from monitor.enrich.sentiment import Said, VaderScorer
from monitor.errors import ConfigError
from tests.builders import brand, model


def bright(brands, model):
    """A scorer of another package."""
    assert (brands, model) == ([brand()], None)
    return VaderScorer()


def broken(_brands, _model):
    raise OSError("no weights in the package")


@pytest.fixture
def others(monkeypatch):
    """Two scorers that other packages bring."""
    points = [EntryPoint(name, f"{__name__}:{name}", named.ENTRY_POINTS) for name in ("bright", "broken")]
    monkeypatch.setattr(named, "entry_points", lambda *, group: points if group == named.ENTRY_POINTS else [])


@pytest.mark.parametrize("name", [*SCORERS])
def test_each_scorer_judges_a_text_and_says_its_version(name, tmp_path):
    write_model(model(), tmp_path / "model.json")
    scorer = scorer_named(name, brands=[brand()], model=tmp_path / "model.json")
    assert scorer.name.startswith(f"{name}/")
    assert [verdict.label for verdict in scorer.score([Said("streamly is awful", "Streamly"), Said("")])] == [-1, None]


def test_a_scorer_of_another_package_is_found_by_its_entry_point(others):
    assert scorer_named("bright", brands=[brand()]).score([Said("great")])[0].label == 1


def test_one_that_cannot_be_loaded_says_why(others):
    with pytest.raises(ConfigError, match=r"'broken' of tests.enrich.test_scorers:broken cannot be used: no weights in the package; mend"):
        scorer_named("broken")


def test_one_that_nobody_knows_is_told_with_those_that_there_are(others):
    with pytest.raises(ConfigError, match=r"no scorer 'vadr'; there are vader-brand, linear, vader, bright, broken"):
        scorer_named("vadr")
