import json
from datetime import UTC, datetime, timedelta

import pytest

import monitor.cli.preview as previewing
from tests.connectors.stages import x as posts
from tests.gather.test_preview import serving

X = "  x: {{monthly_budget_usd: 50, base_url: '{base}'}}"


def test_files_are_tried_as_a_whole_and_nothing_is_stored(here):
    told = here.run("config", "preview", "rows.jsonl", "--brand", "acme").stdout
    assert told.splitlines()[:6] == [
        "Acme: acme",
        "days and times are those of New York",
        "",
        "rows.jsonl    4 texts shown, 3 of them count",
        "  Fri 10 Jul       1 shown       1 count",
        "  Sat 11 Jul       1 shown       1 count",
    ]
    assert "[acme inside acmeist] globex, not acmeist" in told
    assert told.splitlines()[-1] == "nothing was stored"
    assert not {"\x1b", "\u202e"} & set(told)
    assert sorted(path.name for path in here.folder.iterdir()) == ["config.yaml", "rows.jsonl"]


def test_what_is_stored_is_tried_offline(here):
    at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    texts = [("x", "acme again"), ("x", "globex again"), ("reddit", "globex, not acmeist")]
    rows = [{"source": source, "source_id": str(n), "text": text, "created_at": at} for n, (source, text) in enumerate(texts)]
    here.write("rows.jsonl", rows)
    here.run("backfill", "rows.jsonl")
    here.configure("acme OR again")
    told = json.loads(here.run("config", "preview", "--stored", "--brand", "acme", "--json").stdout)
    assert [(one["name"], one["seen"], one["matched"]) for one in told["sources"]] == [("reddit", 1, 0), ("x", 2, 2)]
    assert {one["why"] for one in told["matches"]} == {"acme, again", "again"}
    assert [one["why"] for one in told["near"]] == ["acme inside acmeist"]
    # with the rule of today, judging again is to come to the same
    here.run("rematch", "--yes")
    counted = here.run("query", "--sql", "select count(*) as n from v_mentions where brand = 'Acme'", "--json").stdout
    assert json.loads(counted) == [{"n": 2}]


def test_a_watched_folder_is_a_source_and_one_without_its_key_is_a_line(here):
    here.configure("acme", X.format(base="http://127.0.0.1:9"))
    text = (here.folder / "config.yaml").read_text().replace("file: {}", "file: {paths: ['*.jsonl']}")
    (here.folder / "config.yaml").write_text(text)
    recent = datetime.now(UTC) - timedelta(minutes=5)
    here.write("rows.jsonl", [{"source": "x", "source_id": "1", "text": "acme", "created_at": recent.isoformat()}])
    told = here.run("config", "preview", "--brand", "acme").stdout
    assert "file          1 text shown, 1 of them count" in told
    assert "x             not looked at: needs X_BEARER_TOKEN" in told
    told = here.run("config", "preview", "--brand", "acme", "--source", "x", code=1).stdout
    assert "not looked at" in told
    assert "of them count" not in told


@pytest.mark.parametrize(
    ("options", "read"),
    [
        pytest.param([], 0, id="neither yes nor a limit"),
        pytest.param(["--yes"], 120, id="yes"),
        pytest.param(["--max-cost", "0.80"], 80, id="a limit"),
    ],
)
def test_money_is_asked_about_and_a_month_is_reckoned_in_any_case(here, monkeypatch, options, read):
    monkeypatch.setenv("X_BEARER_TOKEN", posts.TOKEN)
    now = datetime.now(UTC)
    said = [posts.post(number, now - timedelta(minutes=5 * number + 2), f"acme {number}") for number in range(1, 250)]
    with serving(posts.MadeUpX(said, now=now, most=40).serve) as server:
        here.configure("acme", X.format(base=server.base))
        told = json.loads(
            here.run("config", "preview", "--brand", "acme", "--source", "x", *options, "--json", code=0 if read else 1).stdout
        )
    (x,) = told["sources"]
    assert x["seen"] == x["matched"] == read
    assert x["month_usd"] > 0
    assert "texts a day × 30 × $0.0055 each" in x["month_formula"]
    assert x["unseen"][0]["reason"].startswith(
        {0: "x: not read, since it costs money", 120: "cut off after 3 pages", 80: "x: the next request may cost"}[read]
    )


def test_what_cannot_be_meant_is_wrong_usage(here):
    assert "name one with --brand: Acme, Globex" in here.run("config", "preview", code=2).output
    assert "--source asks sources" in here.run("config", "preview", "rows.jsonl", "--source", "x", "--brand", "acme", code=2).output
    told = here.run("config", "preview", "missing.jsonl", "--brand", "acme", code=1).stdout
    assert "missing.jsonl  not looked at: no such file" in told


def test_days_that_were_not_looked_at_are_told(here, monkeypatch):
    monkeypatch.setattr("monitor.gather.preview.PAGES", 1)
    monkeypatch.setattr("connectors.file._PAGE_RECORDS", 2)
    told = here.run("config", "preview", "rows.jsonl", "--brand", "acme").stdout
    assert "  Fri 10 Jul       1 shown       1 count  looked at in part" in told
    assert "  not seen, or in part: cut off after the first page" in told
    assert previewing._MOST_DAYS == 31
