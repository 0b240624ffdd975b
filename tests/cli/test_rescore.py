import json

import duckdb
import pytest

LABELS = "select source_id, brand, label from v_mentions order by all"
ANGRY = "scoring: {scorer: vader}"
WORDY = "lexicon: [{say: poetry, means: -3}]"


def published(here, sql=LABELS):
    with duckdb.connect(str((here.folder / "published" / "analytics.duckdb").resolve()), read_only=True) as con:
        return con.execute(sql).fetchall()


def scorer(here):
    return json.loads(here.run("rescore", "--dry-run", "--json").stdout)["scorer"]


@pytest.fixture
def filled(here):
    here.configure("acme", ANGRY)
    here.run("backfill", "rows.jsonl")
    text = (here.folder / "config.yaml").read_text().replace(ANGRY, "")
    (here.folder / "config.yaml").write_text(text.replace("{name: Acme,", f"{{name: Acme, {WORDY},"))
    return here


def test_counting_comes_first_and_changes_nothing(filled):
    before = published(filled)
    told = filled.run("rescore", "--dry-run").stdout.splitlines()
    assert told == [
        "scorer          labels  would be scored again  stay: no text",
        "vader/3.3.2          4                      4              0",
        "nothing was changed",
    ]
    assert published(filled) == before


def test_scored_again_it_says_what_moved_and_the_new_copy_has_it(filled):
    told = filled.run("rescore", "--yes").stdout.splitlines()
    assert told[2:] == [
        "Acme: negative 33 % before, 67 % now",
        "  2 labels as before",
        "  1 from neutral to negative",
        "  +0.00 → -0.61  acme [31m poetry",
        "Globex: negative 0 % before, 0 % now",
        "  1 label as before",
        "done: 4 labels scored again; a new copy is published",
    ]
    assert published(filled) == [("1", "Acme", -1), ("2", "Acme", 1), ("4", "Acme", -1), ("t1_3", "Globex", 0)]
    again = filled.run("rescore").stdout.splitlines()
    assert again == [
        f"{'scorer':<{len(scorer(filled))}}     labels  would be scored again  stay: no text",
        f"{scorer(filled)}          4                      0              0  (the present one)",
        "nothing to do",
    ]


def test_what_moved_is_told_to_programs(filled):
    told = json.loads(filled.run("rescore", "--json").stdout)
    assert (told["due"], told["left"], told["changed"]) == (4, 0, True)
    acme = told["brands"]["Acme"]
    assert acme["scored_again"] == 3
    assert acme["moved"] == [{"from": 0, "to": -1, "count": 1}]
    assert acme["negative_share"] == {"before": pytest.approx(1 / 3), "after": pytest.approx(2 / 3)}
    [example] = acme["examples"]
    assert (example["text"], example["label"]) == ("acme [31m poetry", {"before": 0, "after": -1})
    assert json.loads(filled.run("rescore", "--json").stdout) == {
        "scorer": told["scorer"],
        "due": 0,
        "left": 0,
        "changed": False,
        "brands": {},
    }


def test_nothing_is_stored_and_nothing_is_to_do(here):
    assert here.run("rescore").stdout.splitlines()[-1] == "nothing to do"


def test_doctor_and_rematch_say_that_labels_are_of_another_scorer(filled):
    assert "4 labels by another scorer or other words than now; run `monitor rescore`" in filled.run("doctor", code=1).stdout
    assert "4 labels by another scorer or other words than now; then `monitor rescore`" in filled.run("rematch").stdout
    filled.run("rescore")
    assert "rescore" not in filled.run("rematch").stdout
    assert "rescore" not in filled.run("doctor").stdout
