"""Two processes publish one store into one folder, as `monitor run` and `monitor backfill` do: a reader always sees a whole copy."""

import os
import subprocess
import sys
import textwrap

import duckdb
import pytest

from monitor.store.publish import newest, publish
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention


@pytest.mark.parametrize("ways", [pytest.param((True, True), id="lakes"), pytest.param((True, False), id="a lake and a file")])
def test_a_reader_beside_two_publishers_sees_whole_copies(store, tmp_path, ways):
    folder = tmp_path / "published"
    with store.writing() as con:
        save(con, [batch(*(mention(str(number), f"streamly {number}", created_at=after(-number * 300)) for number in range(20)))], now=NOON)
    publish(store, folder, now=NOON, lake=True)
    store.close()
    program = f"""
        import sys
        from datetime import UTC, datetime
        from pathlib import Path
        from monitor.store.changed import note_changed
        from monitor.store.database import Store
        from monitor.store.publish import publish
        with Store(Path({str(store.folder)!r}), command="test") as store:
            for _ in range(3):
                with store.writing() as con:
                    note_changed(con, [at for (at,) in con.execute("select created_at from mention").fetchall()])
                publish(store, Path({str(folder)!r}), now=datetime.now(UTC), lake=sys.argv[1] == "True")
    """
    publishers = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(program), str(way)], env=os.environ) for way in ways]
    looks = 0
    while any(publisher.poll() is None for publisher in publishers):
        with duckdb.connect(str(newest(folder)), read_only=True) as con:
            assert con.execute("select count(text) from v_mentions").fetchall() == [(20,)]
        looks += 1
    assert [publisher.returncode for publisher in publishers] == [0, 0]
    assert looks > 5
