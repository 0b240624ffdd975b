"""A user's own questions stand beside the shipped ones."""

import re
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.tell.questions import question, questions, run_question

DOCS = Path(__file__).parents[2] / "docs" / "queries.md"


@pytest.fixture
def own(tmp_path):
    told = DOCS.read_text(encoding="utf-8").partition("## Your own questions")[2]
    (tmp_path / "refunds.sql").write_text(re.search(r"```sql\n(.*?)```", told, re.S)[1], encoding="utf-8")
    (tmp_path / "plain.sql").write_text("select 1 as one", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no question", encoding="utf-8")
    return tmp_path


def test_own_files_are_listed_by_name_among_the_shipped_ones(own):
    listed = [each.name for each in questions(own)]
    assert listed == sorted([*(each.name for each in questions()), "plain", "refunds"])
    assert question("refunds", own).asks == "How many refunds do they want a day?"
    assert [each.name for each in question("refunds", own).parameters] == ["brand"]
    assert question("plain", own).asks == "plain"


def test_an_own_question_is_answered_with_its_parameters(seeded, own):
    answer = run_question(seeded.path, "refunds", {"brand": "himal"}, own=own)
    rows = seeded.mentions[(seeded.mentions.brand == "Himal") & seeded.mentions.counted]
    assert sum(row[1] for row in answer.rows) == sum("refund" in intents for intents in rows.intents)
    assert run_question(seeded.path, "plain", {}, own=own).rows == [(1,)]


def test_a_shipped_name_is_refused_and_a_missing_folder_named(own):
    (own / "daily_figures.sql").write_text("select 2", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"daily_figures\.sql in .* has the name of a shipped question; rename it"):
        questions(own)
    with pytest.raises(ConfigError, match="gone cannot be read"):
        questions(own / "gone")
