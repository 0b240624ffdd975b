import json

import duckdb
import pytest

from monitor.errors import ConfigError


def published(here, sql):
    with duckdb.connect(str((here.folder / "published" / "analytics.duckdb").resolve()), read_only=True) as con:
        return con.execute(sql).fetchall()


BELONGING = "select source_id, brand from v_mentions order by all"


@pytest.fixture
def filled(here):
    here.run("backfill", "rows.jsonl")
    here.configure("acme NOT poetry")
    return here


def test_counting_comes_first_and_changes_nothing(filled):
    before = published(filled, BELONGING)
    told = filled.run("rematch", "--dry-run").stdout.splitlines()
    assert told == [
        "brand   would come  would go       stay  of them counted otherwise",
        "Acme             0         1          2                          0",
        "Globex           0         0          1                          0",
        "nothing was changed",
        "rematch judges only what is stored; what the old rule never fetched comes only by:",
        "  monitor backfill rows.jsonl   (with its --map, if it had one)",
    ]
    assert published(filled, BELONGING) == before


def test_judged_again_the_new_copy_says_so_and_the_text_is_kept(filled):
    told = filled.run("rematch").stdout
    assert "done: 0 mentions came, 1 went, 0 counted otherwise; a new copy is published" in told
    assert ("4", "Acme") not in published(filled, BELONGING)
    assert published(filled, "select count(*) from mention") == [(4,)]
    assert "all is well" in filled.run("doctor").stdout or "4 mentions" in filled.run("doctor", code=1).stdout
    filled.configure("acme")
    assert json.loads(filled.run("rematch", "--json").stdout) == {
        "changed": True,
        "brands": {"Acme": {"come": 1, "go": 0, "stay": 2, "changed": 0}, "Globex": {"come": 0, "go": 0, "stay": 1, "changed": 0}},
    }
    assert ("4", "Acme") in published(filled, BELONGING)


def test_one_brand_is_judged_and_the_command_that_fetches_names_it(filled):
    filled.configure("acme", "  hackernews: {}")
    with duckdb.connect(str(filled.folder / "data" / "monitor.duckdb")) as con:
        con.execute("insert into run (run_id, kind, source, query, fingerprint, started_at, state, seen, stored, set_aside) "
                    "values (90, 'live', 'hackernews', '', '', now()::timestamp, 'running', 0, 0, 0)")  # fmt: skip
        con.execute(
            "insert into coverage values ('hackernews', 'Globex', ['Globex'], timestamp '2026-03-01 10:00', timestamp '2026-07-01', "
            "timestamp '2026-07-01', true, 1, null, 90)"
        )
    told = filled.run("rematch", "--brand", "globex", "--dry-run").stdout.splitlines()
    assert told[1].startswith("Globex")
    assert told[4:] == [
        "  monitor backfill hackernews --since 2026-03-01 --brand Globex",
        "  monitor backfill rows.jsonl   (with its --map, if it had one)",
    ]
    with pytest.raises(ConfigError, match="no brand 'nobody'"):
        filled.run("rematch", "--brand", "nobody")


def test_a_place_that_is_no_longer_named_is_let_go_when_asked(here):
    places = "file: {places: [{source: reddit, channel: acme, about: Acme}]}"
    text = (here.folder / "config.yaml").read_text()
    (here.folder / "config.yaml").write_text(text.replace("file: {}", places))
    here.write(
        "rows.jsonl", [{"source": "reddit", "source_id": "1", "channel": "acme", "text": "it broke", "created_at": "2026-07-10T10:00:00Z"}]
    )
    here.run("backfill", "rows.jsonl")
    here.configure()
    here.run("rematch")
    assert published(here, BELONGING) == [("1", "Acme")]
    here.run("rematch", "--strict", "--yes")
    assert published(here, BELONGING) == []
