"""`monitor backfill` of files: with several processes as with one."""

import duckdb

import connectors.file
import monitor.cli.backfill

TEXTS = ("acme is awful", "acme is great", "leaving acme for globex", "same here", "globex raised prices", "nobody")


def stored(here):
    with duckdb.connect(here.folder / "data" / "monitor.duckdb", read_only=True) as con:
        return con.execute("select * exclude (run_id, first_seen_at) from mention order by all").fetchall(), con.execute(
            "select * from mention_brand order by all"
        ).fetchall()


def test_a_large_file_is_scored_in_several_processes_to_the_same_end(here, monkeypatch, tmp_path):
    rows = [
        {
            "source": "x",
            "source_id": str(number),
            "text": TEXTS[number % len(TEXTS)],
            "created_at": f"2026-07-{1 + number % 20:02}T10:{number % 60:02}:00Z",
            "conversation_id": str(number - number % 6),
        }
        for number in range(60)
    ]
    here.write("many.jsonl", rows)
    monkeypatch.setattr(connectors.file, "_PAGE_RECORDS", 7)
    here.run("backfill", "many.jsonl")
    alone = stored(here)
    here.run("backfill", "--undo", "1")
    monkeypatch.setattr(monitor.cli.backfill, "_LARGE", 1)
    here.run("backfill", "many.jsonl", "--redo", "all")
    assert stored(here) == alone
    assert len(alone[0]) > 30
