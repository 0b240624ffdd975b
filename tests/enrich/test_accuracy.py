"""What the documentation promises of labels, measured on the labelled texts beside the repository."""

from statistics import fmean

import pytest

from monitor.enrich.brand_sentiment.scorer import BrandScorer
from tests.enrich.measures import DATA, MISSING, SETS, brand_days, macro_f1, of_label, rows_of, said_in

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=MISSING)


@pytest.fixture(scope="module")
def judged():
    scorer = BrandScorer()
    rows = {name: rows_of(name) for name in SETS}
    return {name: (those, scorer.score(said_in(those))) for name, those in rows.items()}


def labels(judged, name):
    rows, verdicts = judged[name]
    return [verdict.label for verdict in verdicts], [row["label"] for row in rows]


def test_labels_agree_with_people_on_seven_sets(judged):
    assert fmean(macro_f1(*labels(judged, name)) for name in SETS) >= 0.56


def test_complaints_about_airlines_are_found(judged):
    assert macro_f1(*labels(judged, "airline")) >= 0.62
    assert of_label(-1, *labels(judged, "airline")).recall >= 0.62


def test_the_days_of_brands_agree_with_people(judged):
    rows, verdicts = judged["airline"]
    found = brand_days(rows, [verdict.brand_compound for verdict in verdicts], [verdict.label for verdict in verdicts])
    assert found.days > 30
    assert found.r >= 0.90
    assert found.share_error <= 8
