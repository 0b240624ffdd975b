"""Collector and import side by side, and analysts who never stand in the way."""

import json
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

CONFIG = """
brands: [{name: Acme, rule: acme}]
sources: {file: {paths: ['inbox/*.jsonl'], every: 1s}}
publish: {every: 2s}
"""


def row(source, number, at):
    return json.dumps(
        {
            "source": source,
            "source_id": str(number),
            "kind": "post",
            "created_at": at.isoformat(),
            "text": f"acme did it again, part {number}",
        }
    )


def test_run_and_backfill_finish_side_by_side_with_nothing_lost(place):
    here = place(CONFIG)
    begun = datetime.now(UTC) - timedelta(days=9)
    history = here.folder / "history.jsonl"
    history.write_text("".join(row("x", number, begun + timedelta(seconds=number * 20)) + "\n" for number in range(30_000)))
    inbox = here.folder / "inbox"
    inbox.mkdir()
    drop = inbox / "live.jsonl"
    drop.touch()
    live = here.start("run", "-v")
    importer = here.start("backfill", str(history), small_pages=1_000)
    written = 0
    deadline = time.monotonic() + 200
    while importer.poll() is None and time.monotonic() < deadline:
        with drop.open("a") as file:
            file.write(row("reddit", written, datetime.now(UTC)) + "\n")
        written += 1
        time.sleep(0.25)
    assert importer.wait(timeout=5) == 0, (here.folder / "backfill.log").read_text()
    time.sleep(1.5)
    live.send_signal(signal.SIGTERM)
    assert live.wait(timeout=30) == 0, (here.folder / "run.log").read_text()
    assert here.rows("select source, count(*), count(distinct source_id) from v_mentions group by source order by source") == [
        ("reddit", written, written),
        ("x", 30_000, 30_000),
    ]
    log = (here.folder / "run.log").read_text()
    waits = [float(seconds) for seconds in re.findall(r"round took (\d+\.\d+) s", log)]
    assert waits, log
    assert max(waits) < 15


def test_an_event_told_beside_a_collector_is_on_the_timeline_and_in_the_copy(place):
    here = place(CONFIG)
    (here.folder / "inbox").mkdir()
    (here.folder / "inbox" / "live.jsonl").write_text(row("x", 1, datetime.now(UTC)) + "\n")
    live = here.start("run", "-v")
    deadline = time.monotonic() + 60
    while not (here.folder / "published" / "analytics.duckdb").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    names = {f"Sale {number}" for number in range(3)}
    for name in sorted(names):
        told = here.run("event", "add", name, "--brand", "acme", "--at", "2026-02-10").stdout
        assert told.startswith(("on the timeline", "noted"))
    while {name for (name,) in here.rows("select name from v_events")} != names and time.monotonic() < deadline:
        time.sleep(0.2)
    live.send_signal(signal.SIGTERM)
    assert live.wait(timeout=30) == 0, (here.folder / "run.log").read_text()
    assert {name for (name,) in here.rows("select name from v_events")} == names
    assert list((here.folder / "data" / "inbox").iterdir()) == []


def test_an_analyst_who_holds_a_copy_open_stops_nobody(place):
    here = place(CONFIG)
    (here.folder / "inbox").mkdir()
    drop = here.folder / "inbox" / "live.jsonl"
    drop.write_text(row("x", 1, datetime.now(UTC)) + "\n")
    here.run("run", "--once")
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; con = duckdb.connect('published/analytics.duckdb', read_only=True); "
            "print(con.execute('select count(*) from v_mentions').fetchall(), flush=True); sys.stdin.read(); "
            "print(con.execute('select count(*) from v_mentions').fetchall(), flush=True)",
        ],
        cwd=here.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout.readline().strip() == "[(1,)]"
    with drop.open("a") as file:
        file.write(row("x", 2, datetime.now(UTC)) + "\n")
    for _ in range(4):
        here.run("run", "--once")
    assert here.rows("select count(*) from v_mentions") == [(2,)]
    out, _ = reader.communicate(timeout=20)
    assert out.strip() == "[(1,)]"
    assert reader.returncode == 0
