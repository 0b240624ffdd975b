import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import monitor.cli.score as scoring
from monitor.cli.app import app
from monitor.errors import ConfigError
from monitor.tell.scored import given

ROWS = [
    {"id": 1, "text": "Left Netflix for Hulu and love it", "brand": "Netflix"},
    {"id": 2, "text": "Left Netflix for Hulu and love it", "brand": "Hulu"},
    {"id": 3, "text": "Seit heute Morgen geht bei Vodafone gar nichts mehr", "brand": "Vodafone"},
    {"id": 4, "text": "", "brand": "Netflix"},
    {"id": 5, "text": "another price hike, United is a joke 😡", "brand": "United"},
]


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "said.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `monitor` where there is no configuration; its trouble is raised."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.delenv("MONITOR_CONFIG", raising=False)

    def run(*args, stdin=None, code=0):
        done = CliRunner().invoke(app, list(args), input=stdin, catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done

    return run


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_rows_keep_their_order_and_their_columns_and_get_scores(run, jsonl):
    found = lines(run("score", str(jsonl), "--brand-column", "brand").stdout)
    assert [(row["id"], row["label"], row["lang"]) for row in found] == [
        (1, -1, "en"),
        (2, 1, "en"),
        (3, None, "de"),
        (4, None, None),
        (5, -1, "en"),
    ]
    assert found[0]["intents"] == ["switch_to:Hulu"]
    assert found[1]["intents"] == ["praise"] or "switch_to:Hulu" not in found[1]["intents"]
    assert "pricing" in found[4]["topics"]
    assert [*found[0]] == ["id", "text", "brand", "lang", "compound", "pos", "neu", "neg", "brand_compound", "label", "intents", "topics"]


def test_the_four_numbers_are_vaders_whoever_gives_the_label(run, jsonl):
    analyzer = SentimentIntensityAnalyzer()
    for scorer in ("vader", "vader-brand"):
        found = lines(run("score", str(jsonl), "--scorer", scorer, "--brand", "Netflix").stdout)
        for row in (found[0], found[4]):
            assert {name: row[name] for name in ("compound", "pos", "neu", "neg")} == analyzer.polarity_scores(row["text"])
        assert found[2]["compound"] is None
        assert found[3]["compound"] is None


def test_what_made_a_score_is_told_when_asked(run, jsonl):
    row = lines(run("score", str(jsonl), "--brand-column", "brand", "--explain").stdout)[4]
    assert "price hike -2" in row["why"]


def test_a_csv_comes_back_as_one_that_runs_no_formula(run, tmp_path):
    path = tmp_path / "said.csv"
    path.write_text('text,label\r\n"=cmd() streamly is awful",-1\r\n"two\nlines",\r\n', encoding="utf-8")
    found = list(csv.DictReader(io.StringIO(run("score", str(path), "--brand", "Streamly").stdout)))
    assert [row["text"] for row in found] == ["'=cmd() streamly is awful", "two\nlines"]
    assert [(row["label_given"], row["label"]) for row in found] == [("-1", "-1"), ("", "0")]
    assert json.loads(found[0]["intents"]) == []


def test_a_parquet_file_keeps_its_types(run, tmp_path):
    table = pa.table({"text": ["great app", None], "n": pa.array([1, None], pa.int16()), "tags": [["a"], []]})
    pq.write_table(table, tmp_path / "in.parquet")
    run("score", str(tmp_path / "in.parquet"), "--out", str(tmp_path / "out.parquet"))
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.select(["text", "n", "tags"]).equals(table)
    assert found["label"].to_pylist() == [1, None]
    assert found.schema.field("intents").type == pa.list_(pa.string())
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["in.parquet", "out.parquet"]


def test_standard_input_is_read_as_what_it_looks_like(run):
    assert lines(run("score", "-", stdin='{"text": "great app"}\n').stdout)[0]["label"] == 1
    assert run("score", "-", stdin="text\nawful app\n").stdout.splitlines()[1].startswith("awful app,en,-0.4588")


def test_a_row_that_cannot_be_read_is_named_and_the_others_go_on(run, tmp_path):
    path = tmp_path / "said.jsonl"
    path.write_text('{"text": "great app"}\n{"text": broken\n{"text": "awful app"}\n', encoding="utf-8")
    done = run("score", str(path))
    assert [row["label"] for row in lines(done.stdout)] == [1, None, -1]
    assert "said.jsonl:2: not JSON" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param(["--text-column", "txt"], "said.jsonl: no column 'txt'; did you mean text?", id="no such column"),
        pytest.param(["--scorer", "vadr"], "no scorer 'vadr'; there are vader-brand", id="no such scorer"),
        pytest.param(["--out", "scores.xls"], "scores.xls: its ending says nothing", id="unknown ending"),
    ],
)
def test_a_mistake_is_told_in_a_line(run, jsonl, arguments, problem):
    with pytest.raises(ConfigError) as error:
        run("score", str(jsonl), *arguments)
    assert problem in str(error.value)


def test_a_missing_file_and_two_brands_are_mistakes(run, tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        run("score", str(tmp_path / "none.csv"))
    run("score", "-", "--brand", "A", "--brand-column", "b", code=2)


def test_several_processes_give_the_same_in_the_same_order(run, tmp_path, monkeypatch):
    path = tmp_path / "said.jsonl"
    path.write_text("".join(json.dumps({**row, "id": number}) + "\n" for number in range(900) for row in ROWS), encoding="utf-8")
    alone = run("score", str(path), "--brand-column", "brand").stdout
    monkeypatch.setattr(scoring, "_SMALL", 0)
    assert run("score", str(path), "--brand-column", "brand").stdout == alone


def test_a_failed_run_leaves_the_older_file_alone(run, jsonl, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("older")
    with pytest.raises(ConfigError):
        run("score", str(jsonl), "--text-column", "none", "--out", str(out))
    assert out.read_text() == "older"


def test_names_given_twice_stay_apart():
    assert [*given(["label", "label_given", "x"], ["label"]).values()] == ["label_given_given", "label_given", "x"]
