import csv
import json

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.cli.label_files import armed, as_sheet, disarmed, label_of, read_rows, text_of, weight_of, write_sheet
from monitor.errors import BadItem, ConfigError

FORMULAS = ("=cmd|'/c calc'!A0", "+1", "-1", "@SUM(1)", "\tx", "\rx", "'", "'=x", "''", "'tis", "＝1", "plain", "")


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(path, labels):
    """Write labels into a sample, as a person does: {words of the text: label}."""
    rows = rows_of(path)
    for row in rows:
        row["label"] = next((label for words, label in labels.items() if words in row["text"]), row["label"])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def stored(here):
    with duckdb.connect(str((here.folder / "published" / "analytics.duckdb").resolve()), read_only=True) as con:
        return con.execute("select mention_id, brand, human_label, weight from v_human_labels order by all").fetchall()


@pytest.fixture
def filled(here):
    rows = [
        {
            "source": "x",
            "source_id": str(n),
            "text": f"{'=1+1 ' if n == 0 else ''}acme {'is terrible' if n % 3 == 0 else 'on tuesday'} number {n}",
            "created_at": f"2026-07-1{n % 5}T10:{n:02}:00Z",
        }
        for n in range(60)
    ]
    here.write("rows.jsonl", rows)
    here.run("backfill", "rows.jsonl")
    return here


def test_a_sample_goes_to_a_spreadsheet_and_comes_back(filled):
    told = filled.run("label", "sample", "--brand", "acme", "-n", "40", "--out", "labels.csv").stdout
    assert told.splitlines()[0] == "40 texts of Acme in labels.csv: 17 that we call negative, 23 that we call neutral"
    assert told.splitlines()[-1] == "  monitor label import labels.csv"
    sample = rows_of(filled.folder / "labels.csv")
    assert list(sample[0]) == ["mention_id", "brand", "text", "scored", "weight", "label"]
    assert not any(row["text"].startswith("=") for row in sample)
    fill(filled.folder / "labels.csv", {"terrible": "negative", "tuesday number 1": "-1", "tuesday": "0"})
    told = filled.run("label", "import", "labels.csv").stdout.splitlines()
    assert told[0] == "40 new, 0 changed, 0 known before, 0 left open"
    assert told[1].startswith("Acme: of 40 texts labelled by people ")
    assert "are negative, by us 33 %: we are " in told[1]
    kept = stored(filled)
    assert len(kept) == 40
    assert sum(weight for *_, weight in kept) == pytest.approx(60, abs=0.01)
    assert told[1] in filled.run("digest", "--brand", "acme", "--date", "2026-07-12").stdout.replace(
        "\n                     ", " "
    ).replace("Hand labels          ", "Acme: ")


def test_labels_taken_in_twice_are_the_same_labels(filled):
    filled.run("label", "sample", "--brand", "acme", "-n", "10", "--out", "labels.csv")
    fill(filled.folder / "labels.csv", {"acme": "0"})
    filled.run("label", "import", "labels.csv")
    before = stored(filled)
    told = filled.run("label", "import", "labels.csv").stdout
    assert told.startswith("0 new, 0 changed, 10 known before, 0 left open\nAcme: fewer than 20 labels")
    assert stored(filled) == before


def test_odd_rows_are_told_and_the_others_go_on(filled):
    (filled.folder / "labels.csv").write_text(
        "mention_id;brand;label\nx:1;Acme;-1\nx:2;Acme;soso\nx:999;Acme;0\nx:3;Acme;\nx:4;Acme;?\n;Acme;1\nx:5;acme;Positive\n"
    )
    done = filled.run("label", "import", "labels.csv")
    assert done.stdout.splitlines()[0] == "2 new, 0 changed, 0 known before, 2 left open"
    assert done.stderr.splitlines() == [
        "3 rows left out:",
        "  line 3: label 'soso' is none of -1, 0, 1, negative, neutral, positive",
        "  line 4: no such mention of that brand is stored",
        "  line 7: mention_id or brand is empty",
    ]
    assert stored(filled) == [("x:1", "Acme", -1, None), ("x:5", "Acme", 1, None)]
    assert json.loads(filled.run("label", "import", "labels.csv", "--json").stdout) == {
        "new": 0, "changed": 0, "known": 2, "open": 2, "bad": 3, "brands": {},
    }  # fmt: skip


def test_a_file_without_the_columns_is_refused(filled):
    (filled.folder / "labels.csv").write_text("id,label\nx:1,0\n")
    with pytest.raises(ConfigError, match=r"labels.csv: no column 'mention_id'; there are id, label"):
        filled.run("label", "import", "labels.csv")
    with pytest.raises(ConfigError, match="ends in none of"):
        filled.run("label", "import", "labels.txt")


def test_a_filled_in_sample_is_never_overwritten(filled):
    filled.run("label", "sample", "--brand", "acme", "--out", "labels.csv")
    with pytest.raises(ConfigError, match="may hold labels"):
        filled.run("label", "sample", "--brand", "acme", "--out", "labels.csv")
    with pytest.raises(ConfigError, match="no counted mentions of Globex"):
        filled.run("label", "sample", "--brand", "globex", "--out", "other.csv")


def test_labels_are_given_out_as_fit_takes_them(filled):
    with pytest.raises(ConfigError, match="nobody has labelled anything yet"):
        filled.run("label", "export", "--out", "mine.csv")
    filled.run("label", "sample", "--brand", "acme", "-n", "60", "--out", "labels.csv")
    fill(filled.folder / "labels.csv", {"number 0": "-1"})
    filled.run("label", "import", "labels.csv")
    assert filled.run("label", "export", "--out", "mine.csv", "--brand", "acme").stdout == "1 label in mine.csv\n"
    assert rows_of(filled.folder / "mine.csv") == [
        {"mention_id": "x:0", "brand": "Acme", "text": "'=1+1 acme is terrible number 0", "weight": "1.0", "label": "-1"}
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_would_be_a_formula_comes_back_as_it_was(text):
    sheet = as_sheet(["text"], [[text]])
    cell = disarmed(text)
    assert armed(cell) == text
    assert not cell or cell[0] not in "=+-@\t\r＝"
    assert sheet.startswith("\ufefftext\r\n")
    assert next(csv.DictReader(sheet.removeprefix("\ufeff").splitlines(keepends=True)), {"text": ""})["text"] == cell


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), st.sampled_from(FORMULAS)), min_size=1, max_size=5
    )
)
def test_any_text_comes_back_from_the_file_as_it_went(tmp_path, parts):
    texts = [before + after if number % 2 else after + before for number, (before, after) in enumerate(parts)]
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
    write_sheet(path, ["mention_id", "text"], [[str(number), text] for number, text in enumerate(texts)])
    assert [text_of(row.cells["text"]) or "" for row in read_rows(path, ["mention_id"], also=["text"])] == texts


@pytest.mark.parametrize(
    ("cell", "label"),
    [
        ("-1", -1),
        ("\u22121", -1),
        (" NEGATIVE ", -1),
        (-1, -1),
        ("0", 0),
        (0.0, 0),
        ("neu", 0),
        ("+1", 1),
        (1, 1),
        ("", None),
        (None, None),
        ("?", None),
    ],
)
def test_a_label_is_read_as_people_write_it(cell, label):
    assert label_of(cell) == label


@pytest.mark.parametrize("cell", ["2", "good", True, "-1x", [1]])
def test_what_is_no_label_is_told(cell):
    with pytest.raises(BadItem, match="is none of"):
        label_of(cell)


def test_a_weight_that_somebody_broke_is_told():
    assert (weight_of("2,5"), weight_of("1.0"), weight_of("")) == (2.5, 1.0, None)
    for broken in ("0", "nan", "-3", "1e99", "12.Mar"):
        with pytest.raises(BadItem, match="leave the column"):
            weight_of(broken)
