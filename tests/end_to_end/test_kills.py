"""Killed at any moment and run again, the store is the one of an undisturbed run."""

import os
import random
import subprocess
import sys
import time

import duckdb

from tests.end_to_end.conftest import REPOSITORY
from tests.end_to_end.writer import SIZE

KILLS = 20


def test_twenty_kills_leave_the_same_store(airlines, tweets):
    undisturbed = airlines("undisturbed")
    undisturbed.run("backfill", str(tweets), "--map", "airline", small_pages=250)
    killed = airlines("killed")
    chance = random.Random(20)
    deaths = 0
    while deaths < KILLS:
        process = killed.start("backfill", str(tweets), "--map", "airline", small_pages=250)
        begun = time.monotonic()
        # early ones hit the opening, late ones the pages and the detection at the end
        while process.poll() is None and time.monotonic() - begun < 0.8 + chance.random() * 1.2:
            time.sleep(0.01)
        process.kill()
        process.wait()
        deaths += 1
    killed.run("backfill", str(tweets), "--map", "airline", small_pages=250)
    assert killed.contents() == undisturbed.contents()
    assert killed.rows("select count(*) from v_mentions") == undisturbed.rows("select count(*) from v_mentions")


def test_the_published_copy_opens_after_each_of_twenty_kills(tmp_path):
    """What was acknowledged is stored, no batch by halves or twice, and the copy in force holds all that it was said to hold."""
    chance = random.Random(4)
    acknowledged = copied = -1
    for _ in range(KILLS):
        # the last batch is pulled again, as after a crash
        log = tmp_path / "log"
        with log.open("w") as file:
            command = [sys.executable, "-m", "tests.end_to_end.writer", str(tmp_path), str(max(acknowledged, 0))]
            writer = subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stdout=file)
        # two: the first of which made a copy
        _lines(log, at_least=2 + chance.randrange(11), writer=writer)
        time.sleep(chance.random() * 0.05)
        writer.kill()
        writer.wait()
        told = _lines(log)
        acknowledged = max([acknowledged, *(int(line) for line in told if line.isdigit())])
        copied = max([copied, *(int(line.split()[1]) for line in told if line.startswith("published "))])
        with duckdb.connect(str((tmp_path / "published" / "analytics.duckdb").resolve()), read_only=True) as con:
            _assert_whole(con, "v_mentions", at_least=copied)
        with duckdb.connect(str(tmp_path / "data" / "monitor.duckdb")) as con:
            _assert_whole(con, "mention", at_least=acknowledged)
            assert con.execute("select sum(mentions) = (select count(*) from mention) from rollup_5m where facet = 'all'").fetchone() == (
                True,
            )


def _lines(log, *, at_least=0, writer=None):
    """Whole lines of the writer, once there are so many."""
    until = time.monotonic() + 60
    while True:
        lines = log.read_text().split("\n")[:-1]
        if len(lines) >= at_least:
            return lines
        assert writer.poll() is None, "the writer ended by itself"
        assert time.monotonic() < until
        time.sleep(0.002)


def _assert_whole(con, table, *, at_least):
    stored = dict(con.execute(f"select split_part(source_id, '-', 1)::int, count(*) from {table} group by all").fetchall())
    assert set(stored.values()) <= {SIZE}
    assert set(stored) >= set(range(at_least + 1))
