import csv
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.errors import ConfigError, StoreError
from tests.enrich.labelled import labelled


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def rows():
    return [{"text": row.said.text, "label": row.label, "brand": "Streamly"} for row in labelled()]


def test_a_model_is_fitted_and_what_it_is_worth_is_told(here):
    (here.folder / "mine.jsonl").write_text(jsonl(rows()))
    done = here.run("fit", "--labels", "mine.jsonl", "--out", "model.json")
    lines = done.stdout.splitlines()
    assert lines[0] == "120 labels; each text judged by a model of the other 4 fifths of them"
    assert [line.split()[0] for line in lines[3:6]] == ["linear", "vader-brand", "vader"]
    assert "chance of negative     texts   predicted   seen" in lines
    assert any("labels would move from those of vader-brand" in line for line in lines)
    assert lines[-1] == "  scoring: {scorer: linear, model: model.json}"
    here.configure("acme", "scoring: {scorer: linear, model: model.json}")
    here.write(
        "new.jsonl", [{"source": "x", "source_id": "9", "text": "acme again, the box is a shambles", "created_at": "2026-07-14T10:00:00Z"}]
    )
    here.run("backfill", "new.jsonl")
    [told] = json.loads(here.run("query", "--sql", "select label, scorer, why from v_mentions where source_id = '9'", "--json").stdout)
    assert told["label"] == -1
    assert told["scorer"].startswith("linear/1+")
    assert told["why"].endswith("likeliest negative")


def test_the_same_labels_in_any_format_give_the_same_model(here):
    with (here.folder / "a.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["brand", "label", "text"])
        writer.writeheader()
        writer.writerows(rows())
    (here.folder / "b.jsonl").write_text(
        "".join(json.dumps({"said": row["text"], "is": row["label"], "of": row["brand"]}) + "\n" for row in rows())
    )
    pq.write_table(pa.Table.from_pylist(rows()), here.folder / "c.parquet")
    here.run("fit", "--labels", "a.csv", "--out", "a.json")
    here.run("fit", "--labels", "b.jsonl", "--out", "b.json", "--text-column", "said", "--label-column", "is", "--brand-column", "of")
    here.run("fit", "--labels", "c.parquet", "--out", "c.json")
    assert len({(here.folder / f"{name}.json").read_bytes() for name in "abc"}) == 1


def test_several_files_go_together_and_bad_rows_are_counted_by_their_reason(here):
    told = [{**row, "label": {-1: "negative", 0: "neu", 1: "p"}[row["label"]]} for row in rows()]
    (here.folder / "one.jsonl").write_text(jsonl(told[:60]) + "{broken\n" + '{"text": "x", "label": "meh\\u001b[2J"}\n' * 2)
    (here.folder / "two.jsonl").write_text(jsonl(told[60:]) + '{"text": "", "label": 1}\n')
    done = here.run("fit", "--labels", "one.jsonl", "--labels", "two.jsonl", "--out", "model.json", "--json")
    assert done.stderr.splitlines()[0] == "4 rows left out:"
    assert "     2  one.jsonl: label 'meh" in done.stderr
    assert "\x1b" not in done.stderr
    assert "two.jsonl: no text (first in line 61)" in done.stderr
    told = json.loads(done.stdout)
    assert (told["rows"], told["bad"]) == (120, 4)
    assert told["macro_f1"]["linear"] > told["macro_f1"]["vader-brand"]


def test_without_a_file_the_labels_that_were_taken_in_are_learnt_from(here):
    with pytest.raises(StoreError, match="published: no copy"):
        here.run("fit", "--out", "model.json")
    texts = [{"source": "x", "source_id": str(n), "text": row.said.text.replace("Streamly", "acme").replace("streamly", "acme"),
              "created_at": f"2026-07-01T10:{n % 60:02}:00Z", "lang": "en"} for n, row in enumerate(labelled())]  # fmt: skip
    here.write("rows.jsonl", texts)
    here.run("backfill", "rows.jsonl")
    with pytest.raises(ConfigError, match="nobody has labelled anything yet"):
        here.run("fit", "--out", "model.json")
    (here.folder / "labels.csv").write_text(
        "mention_id,brand,label\n" + "".join(f"x:{n},Acme,{row.label}\n" for n, row in enumerate(labelled()))
    )
    here.run("label", "import", "labels.csv")
    assert here.run("fit", "--out", "model.json").stdout.startswith("120 labels; each text")


def test_needs_no_configuration_when_the_labels_are_in_a_file(here):
    (here.folder / "mine.jsonl").write_text(jsonl(rows()))
    (here.folder / "config.yaml").unlink()
    assert here.run("fit", "--labels", "mine.jsonl", "--out", "model.json").stdout.startswith("120 labels")


def test_too_few_labels_and_no_scikit_learn_are_told_and_no_file_is_written(here, monkeypatch):
    (here.folder / "mine.jsonl").write_text(jsonl(rows()[:12]))
    with pytest.raises(ConfigError, match="it needs at least 30 labels and 5 of each kind"):
        here.run("fit", "--labels", "mine.jsonl", "--out", "model.json")
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(ConfigError, match="needs scikit-learn"):
        here.run("fit", "--labels", "mine.jsonl", "--out", "model.json")
    assert not (here.folder / "model.json").exists()


def test_strangers_words_in_what_would_move_cannot_move_the_cursor(here):
    told = [{**row, "text": row["text"] + " \x1b[2J\u202e"} for row in rows()]
    (here.folder / "mine.jsonl").write_text(jsonl(told))
    done = here.run("fit", "--labels", "mine.jsonl", "--out", "model.json")
    assert "such as, " in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_a_model_that_is_not_there_is_a_finding_of_the_doctor(here):
    here.configure("acme", "scoring: {scorer: linear, model: model.json}")
    told = here.run("doctor", code=1).stdout
    assert "scoring      problem  " in told
    assert "make one with `monitor fit" in told
