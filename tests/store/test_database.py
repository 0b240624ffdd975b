import random
import stat
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from monitor.errors import StoreError
from monitor.store.database import Store, sync_brands
from tests.builders import brand

# saves page after page; the number of a page stands in its ten mentions and in its cursor
WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from monitor.store.database import Store
from monitor.store.progress import read_cursors
from monitor.store.write import save
from tests.builders import NOON, QUERY, batch, mention

with Store(Path(sys.argv[1]), command="writer") as store:
    with store.opened() as con:
        page = read_cursors(con, "live").get(("x", QUERY.name), {"page": 0})["page"]
    while True:
        page += 1
        texts = [mention(f"{page}-{n}", author_name=f"{page}-{n}", created_at=NOON + timedelta(minutes=page, seconds=n)) for n in range(10)]
        with store.writing() as con:
            save(con, [batch(*texts, cursor={"page": page})], now=NOON)
        print(page, flush=True)
"""


# meets a disk that is full for a while: once at a commit, once at a checkpoint
FULL = """
import resource, signal, sys
from pathlib import Path
import duckdb
from monitor.errors import StoreError
from monitor.store.database import Store

MANY = "insert into event select md5(range::varchar) || md5((-range)::varchar), 'Streamly', timestamp '2026-07-14', null from range(40_000)"

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

def write(store):
    with store.writing() as con:
        con.execute(MANY)

def count(store):
    with store.opened() as con:
        return con.execute("select count(*) from event").fetchone()[0]

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Store(Path(sys.argv[1]), command="test") as store:
    write(store)
    limit(1_000_000)
    try:
        write(store)
    except StoreError as error:
        print(error)
    limit(resource.RLIM_INFINITY)
    print(count(store))
    limit(1_000_000)
    try:
        with store.opened() as con:
            con.execute("checkpoint")
    except duckdb.FatalException:
        print("checkpoint failed")
    limit(resource.RLIM_INFINITY)
    print(count(store))
    write(store)
    print(count(store))
"""
EVENT = "insert into event values ({}, 'Streamly', timestamp '2026-07-14', null)"
REPOSITORY = Path(__file__).parents[2]


def write(store, *names, error=None):
    """Events of these names, and perhaps an error, in one transaction."""
    with store.writing() as con:
        for name in names:
            con.execute(EVENT.format(name))
        if error:
            raise error


def rows(store, sql):
    with store.opened() as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "data", command="test") as store:
        yield store


def test_the_private_file_is_private(store):
    rows(store, "select 1")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (store.folder, store.path)] == [0o700, 0o600]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), duckdb.Error("x")], ids=lambda error: type(error).__name__)
def test_an_error_takes_the_whole_transaction_back(store, error):
    with pytest.raises(type(error)):
        write(store, "'a'", error=error)
    write(store, "'b'")
    assert rows(store, "select name from event") == [("b",)]


def test_a_statement_that_fails_takes_the_whole_transaction_back(store):
    with pytest.raises(duckdb.ConstraintException):
        write(store, "'a'", "null")
    assert rows(store, "select count(*) from event") == [(0,)]


def test_the_store_speaks_utc(store):
    assert rows(store, "select current_setting('TimeZone')") == [("UTC",)]


def test_a_file_that_another_program_holds_is_named(store):
    with Store(store.folder, command="other") as other:
        rows(other, "select 1")
    script = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.readline()"
    with subprocess.Popen([sys.executable, "-c", script, store.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        shell.stdout.readline()
        with pytest.raises(StoreError, match=r"store: cannot open .*monitor\.duckdb .*close any DuckDB shell on it"):
            rows(store, "select 1")
        shell.communicate(b"\n")
    assert rows(store, "select 1") == [(1,)]


def test_a_file_that_is_no_store_is_named(store):
    store.path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreError, match="cannot open"):
        rows(store, "select 1")
    assert store.holder() is None


def test_a_full_disk_loses_nothing_and_the_store_goes_on_when_it_is_freed(store):
    done = subprocess.run([sys.executable, "-c", FULL, store.folder], capture_output=True, text=True, check=True)
    said, *told = done.stdout.splitlines()
    assert said.startswith("store: ")
    assert said.endswith("free some space and try again, nothing was half-written")
    assert told == ["40000", "checkpoint failed", "40000", "80000"]


def test_brands_follow_the_configuration_and_a_changed_zone_is_told(store):
    with store.writing() as con:
        assert sync_brands(con, [brand(), brand("Vuebox")]) == []
        assert sync_brands(con, [brand(timezone="Asia/Kathmandu")]) == ["Streamly"]
        assert sync_brands(con, [brand(timezone="Asia/Kathmandu")]) == []
        assert con.execute("from brand order by brand").fetchall() == [
            ("Streamly", "streamly", "Asia/Kathmandu"),
            ("Vuebox", "vuebox", "UTC"),
        ]


def test_a_writer_killed_at_any_moment_leaves_whole_pages_and_their_cursor(store):
    moments = random.Random(20261122)
    acknowledged = 0
    with store.writing() as con:
        sync_brands(con, [brand()])
    store.close()
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", WRITER, store.folder], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as writer:
            acknowledged = int(writer.stdout.readline())
            time.sleep(moments.uniform(0, 0.3))
            writer.kill()
            acknowledged = int(([acknowledged, *writer.stdout.read().split()])[-1])
        with store.opened() as con:
            pages = con.execute("""
                select count(*), count(distinct split_part(source_id, '-', 1)), max(split_part(source_id, '-', 1)::integer),
                    (select sum(mentions) from rollup_5m where facet = 'all'), (select sum(counted) from rollup_day where facet = 'all'),
                    (select count(*) from mention_brand)
                from mention
            """).fetchone()
            last = int(con.execute("select cursor->>'page' from cursor").fetchone()[0])
        store.close()
        assert pages == (last * 10, last, last, last * 10, last * 10, last * 10)
        # the last one may be stored without having said so
        assert acknowledged <= last <= acknowledged + 1
