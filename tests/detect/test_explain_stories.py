"""What explanations promise, measured in small; `python benchmarks/bench_explain.py` measures it in full."""

import json
from pathlib import Path

import pytest
import yaml

from monitor.config.models import Brand
from monitor.tell.alerts import incident_lines
from tests.detect.airlines import AIRLINES, airline_days, airline_store
from tests.detect.made_stories import CAUSES, incident_of_story, made_story, names_cause

CONFIG = Path(__file__).parents[2] / "docs" / "examples" / "airlines" / "config.yaml"


@pytest.mark.parametrize("seed", range(100, 100 + len(CAUSES)), ids=lambda seed: CAUSES[seed % len(CAUSES)].name)
def test_the_cause_of_a_made_story_stands_in_the_first_two_lines(seed):
    story = made_story(seed)
    incident = incident_of_story(story)
    assert incident is not None
    lines = incident_lines(incident, with_query=True)
    assert names_cause(story, "\n".join(lines[:2])), (story.planted, lines[:2])
    assert incident.direction in story.cause.directions


@pytest.mark.skipif(not AIRLINES.exists(), reason="the airline set is not beside the repository")
def test_what_the_digest_calls_kind_or_unkind_is_what_people_called_it():
    human = {row["id"].removeprefix("airline:"): row["label"] for row in map(json.loads, AIRLINES.read_text(encoding="utf-8").splitlines())}
    brands = [Brand.model_validate(brand) for brand in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["brands"]]
    with airline_store(brands) as con:
        for label in (1, -1):
            right = [human[one] == label for shown in airline_days(con, brands, label) for one in shown]
            assert len(right) > 100
            assert sum(right) / len(right) >= 0.9
