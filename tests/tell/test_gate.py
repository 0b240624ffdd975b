"""The gate holds: hostile SQL is refused in one line, and what takes too much is ended, whatever the engine's own limits say."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from monitor.errors import ConfigError, StoreError
from monitor.tell.gate import Gate, Limits
from monitor.tell.published import opened

MEGABYTE = 1 << 20
# small, so that the suite is quick; what holds at half a gigabyte and most of a second holds at the real limits
SMALL = Limits(seconds=0.8, memory=512 * MEGABYTE)
LINUX = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux to look at processes")
SERIALIZED = "json_serialize_sql('select * from read_text(''/etc/passwd'')')"

ATTACKS = [
    # files, by every function that opens one
    "select * from read_csv('/etc/passwd')",
    "select * from read_csv_auto('/dev/stdin')",
    "select * from read_text('/proc/self/environ')",
    "select * from read_blob('/etc/hostname')",
    "select * from read_json('/etc/hostname')",
    "select * from read_ndjson_objects('/etc/hostname')",
    "select * from read_parquet('/tmp/x.parquet')",
    "select * from parquet_scan('/tmp/x.parquet')",
    "select * from parquet_metadata('/tmp/x.parquet')",
    "select * from parquet_file_metadata('/tmp/x.parquet')",
    "select * from parquet_kv_metadata('/tmp/x.parquet')",
    "select * from parquet_schema('/tmp/x.parquet')",
    "select * from parquet_bloom_probe('/tmp/x.parquet', 'a', 1)",
    "select * from read_duckdb('/tmp/x.duckdb', table_name = 't')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from system.main.glob('/etc/*')",
    "FROM \"Glob\"('/etc/*')",
    "select * from read_blob((select max(path) from duckdb_databases()))",
    "select '/etc/passwd'.read_text()",
    # names of files where a table is expected
    "select * from '/etc/passwd'",
    "from '/etc/passwd.csv' tablesample 10%",
    'table "/etc/passwd.csv"',
    "describe '/etc/passwd.csv'",
    "summarize '/etc/passwd.csv'",
    "select * from 'data.json', 'data.parquet'",
    "pivot '/etc/passwd.csv' on a in (1) using count(*)",
    "from histogram('/etc/passwd.csv', column0)",
    # hidden in an inner place
    "select (select max(content) from read_text('/etc/passwd'))",
    "with a as (select * from glob('/etc/*')) select * from a",
    "with recursive r as (select 1 as n union all select size from glob('/etc/*')) select * from r",
    "select 1 where exists (from read_text('/etc/passwd'))",
    "select * from v_brands, lateral (from read_text(v_brands.brand))",
    "select * from v_brands semi join glob('/etc/*') on true",
    "select file from glob('/etc/*') union all select brand from v_brands",
    "describe select * from glob('/etc/*')",
    "summarize select * from glob('/etc/*')",
    "pivot (from glob('/etc/*')) on file in ('a') using count(*)",
    "select 1 order by (select max(file) from glob('/etc/*'))",
    # the network
    "select * from 'https://example.org/a.csv'",
    "select * from read_csv('http://169.254.169.254/latest/meta-data')",
    "select * from read_text('s3://bucket/key')",
    # SQL from a text
    "select * from query('select * from read_text(''/etc/passwd'')')",
    "select * from query_table('/etc/passwd')",
    "select * from query_table(['v_brands', '/etc/passwd'])",
    f"select * from json_execute_serialized_sql({SERIALIZED})",
    f"select json_execute_serialized_sql({SERIALIZED})",
    f"pragma json_execute_serialized_sql({SERIALIZED})",
    "prepare p as select 1",
    "execute p",
    "deallocate p",
    "select ?",
    "select $name",
    # functions with effects, which a SELECT may call as tables
    "from enable_logging()",
    "from enable_logging(storage = 'file', storage_path = '/tmp/out')",
    "from enable_profiling()",
    'from "Enable_Profiling"()',
    "from disable_optimizer()",
    "from checkpoint()",
    "from force_checkpoint()",
    "from truncate_duckdb_logs()",
    "from copy_database('memory', 'published')",
    "from import_database('/tmp/out')",
    "from add_parquet_key('a', 'b')",
    "from arrow_scan(1::pointer, 1::pointer, 1::pointer)",
    "from pandas_scan(94000000000000::pointer)",
    "from python_map_function()",
    # what tells of the machine
    "select getenv('HOME')",
    "select * from duckdb_secrets()",
    "from which_secret('s3://a', 's3')",
    "from duckdb_settings()",
    "from duckdb_settings",
    "from pg_catalog.pg_settings",
    "select * from duckdb_databases() where path is not null",
    "from duckdb_databases",
    "from PRAGMA_DATABASE_LIST",
    "from duckdb_extensions()",
    "from duckdb_temporary_files()",
    "from duckdb_logs",
    "from pragma_storage_info('mention')",
    # the notebook's own data
    "select * from frame",
    "select * from table_in_python",
    # other statements
    "copy v_brands to '/tmp/out.csv'",
    "copy (select 1) to stdout",
    "copy brand from '/tmp/in.csv'",
    "copy from database published to memory",
    "export database '/tmp/out'",
    "import database '/tmp/out'",
    "attach '/tmp/other.duckdb' as other",
    "attach ':memory:' as other",
    "attach 'https://example.org/a.duckdb'",
    "detach published",
    "use memory",
    "install httpfs",
    "force install httpfs from 'https://example.org'",
    "load '/tmp/evil.duckdb_extension'",
    "update extensions",
    "set threads = 8",
    "set lock_configuration = false",
    "set enable_external_access = true",
    "set global memory_limit = '100GB'",
    "reset lock_configuration",
    "reset memory_limit",
    "set variable brand = 'x'",
    "pragma enable_profiling",
    "pragma database_list",
    "pragma memory_limit = '100GB'",
    "call enable_logging(storage = 'file')",
    "call pragma_version()",
    "create table t as select 1",
    "create temp table t as select 1",
    "create temp view t as select * from glob('/etc/*')",
    "create macro m() as 1",
    "create secret s (type s3)",
    "create type t as enum ('a')",
    "alter table brand rename to b",
    "comment on table brand is 'x'",
    "drop view v_daily",
    "delete from mention",
    "update brand set timezone = 'UTC'",
    "insert into brand values ('x', 'x', 'UTC')",
    "merge into brand using brand as b on true when matched then delete",
    "truncate brand",
    "with x as (delete from brand returning *) select * from x",
    "begin",
    "checkpoint",
    "vacuum",
    "analyze",
    "explain select 1",
    "explain analyze select 1",
    ".shell ls",
    ".read /etc/passwd",
    # more than one, however they are hidden
    "select 1; select 2",
    "select 1; copy (select 1) to '/tmp/out.csv'",
    "select 1 /* ; */ ; /* */ set threads = 8",
    "select 1 -- ;\n; set threads = 8",
    "select ';' ; set threads = 8",
    "select $$;$$; set threads = 8",
    "select 1;;set threads = 8;",
    "select 1\0; set threads = 8",
    "pivot v_daily on brand using sum(mentions)",
    "select '\udcff'",
    # none at all
    "",
    ";",
    "-- nothing",
    "selec 1",
    "select * from no_such_view",
    "select no_such_column from v_brands",
]

BOMBS = {
    # the list of the store's measurements
    "one long text": "select length(repeat('x', 2000000000))",
    "one long list": "select len(range(300000000))",
    "long texts added up": "select sum(length(repeat(text, 100000))) from v_mentions",
    "padding": "select length(lpad('x', 1000000000, 'y'))",
    "a chain of conditions": "select " + " and ".join(["1=1"] * 19_000),
    "cross join": "select count(*) from v_mentions a, v_mentions b, v_mentions c, v_mentions d",
    "endless recursion": "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r",
    "a big sort": "select * from (select random() as r, repeat('x', 100) as t from range(100000000)) order by r offset 99999990",
    "one text of many": "select length(string_agg(repeat('x', 1000), ',')) from range(100000000)",
    "one list of many": "select list(range) from range(200000000)",
    # recursion and joins
    "recursion that doubles": "with recursive r as (select 'x' as s union all select s || s from r) select max(length(s)) from r",
    "recursion that fans out": "with recursive r as (select 1 as n union all select n from r, range(10)) select count(*) from r",
    "named steps multiplied": "with a as (from range(1000)), b as (from a, a x, a y), c as (from b, b z) select count(*) from c",
    "lateral": "select count(*) from range(1000000) a, lateral (from range(a.range)) b",
    "differences of ranges": "from range(1000000000) except from range(1000000000)",
    # long series
    "generate_series": "select count(*) from generate_series(1, 100000000000)",
    "hashes": "select max(md5(range::varchar)) from range(100000000000)",
    "distinct values": "select count(distinct (range, random())) from range(1000000000)",
    "quantiles": "select mode(range), quantile(range, 0.5) from range(1000000000)",
    "a wide window": "select max(s) from (select sum(range) over (order by range rows 1000000 preceding) as s from range(100000000))",
    # texts
    "edit distance": "select sum(levenshtein(repeat('a', 100000), repeat('b', 100000))) from range(1000)",
    "likeness": "select max(jaro_winkler_similarity(repeat('a', 1000000), repeat('ab', 500000)))",
    "replace": "select length(replace(repeat('x', 1000000), 'x', repeat('y', 10000)))",
    "printf": "select length(printf('%2000000000d', 1))",
    "format": "select length(format('{:>2000000000}', 'x'))",
    "split": "select len(string_split(repeat('x,', 100000000), ','))",
    "bits": "select bit_count(bitstring('1', 2000000000))",
    # regular expressions
    "a regexp of many steps": "select sum(regexp_matches(repeat(chr(97 + (range % 2)::int), 2000), '(a*)*c')::int) from range(100000000)",
    "a regexp that is too large": "select regexp_matches('a', repeat('(a{1,1000})', 1000))",
    "all matches": "select sum(len(regexp_extract_all(repeat('ab', 10000000), '.')))",
    # lists and records
    "lists in lists": "select [[[range(1000) for a in range(1000)] for b in range(1000)] for c in range(1000)]",
    "a map": "select map(range(50000000), range(50000000))",
    "three lists side by side": "select unnest(range(1000000000)), unnest(range(1000000000)), unnest(range(1000000000))",
    "json": "select length(to_json(range(100000000))::varchar)",
    "deep json": "select json_extract(repeat('[', 1000000) || repeat(']', 1000000), '$..*')",
    # the text of the query
    "parentheses": "select " + "(" * 40_000 + "1" + ")" * 40_000,
    "a deep sum": "select " + "+".join(["1"] * 45_000),
    "many columns": "select " + ",".join(["1"] * 40_000),
    "more SQL than is read": "select 1 -- " + "x" * 100_000,
    "columns by pivot": "pivot (select range as r from range(200000)) on r using count(*)",
    # what would burst in the parent
    "one row larger than the answer": "select repeat('x', 20000000)",
    "lists of empty lists": "select list_transform(range(20), lambda x: list_transform(range(30000), lambda y: [])) as l",
}


@pytest.fixture(scope="module")
def gate():
    gate = Gate()
    yield gate
    gate.close()


@pytest.fixture(params=[pytest.param("published", id="file"), pytest.param("lake", id="lake")])
def database(request):
    """Both sorts of a published copy."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("sql", ATTACKS)
def test_what_reaches_outside_is_refused_in_one_line_without_paths(database, gate, sql):
    frame = table_in_python = pd.DataFrame({"a": [1]})
    with pytest.raises(ConfigError) as refused:
        gate.ask(database, sql)
    message = str(refused.value)
    assert message.startswith("query: ")
    assert "\n" not in message
    assert "/" not in message.replace(" / ", "")
    assert len(frame) + len(table_in_python) == 2


def test_attacks_leave_nothing_behind(database, gate):
    before = sorted(database.parent.rglob("*"))
    settings = "select current_setting('threads'), current_setting('enable_external_access'), current_setting('lock_configuration')"
    assert gate.ask(database, settings).rows == [(1, False, True)]
    assert gate.ask(database, "select count(*) from duckdb_tables() where temporary").rows == [(0,)]
    assert gate.ask(database, "from duckdb_functions() where not internal").rows == []
    assert sorted(database.parent.rglob("*")) == before


@pytest.fixture
def tempting(lake, tmp_path):
    """Files in and around a lake that no copy names, and some that one does; their texts say what they are."""
    day = next((lake.parent / "lake" / "mention").glob("dt=*"))
    theirs = lake.parent.parent / "neighbour.parquet"
    with duckdb.connect() as con:
        con.execute(f"copy (select 'outside' as text) to '{theirs}' (format parquet)")
    older, link = day / "older.parquet", day / "link.parquet"
    shutil.copyfile(theirs, older)
    link.symlink_to(theirs)
    yield {
        "its own file": str(next(day.glob("2-*.parquet"))),
        "a file with dots in its way": f"{day}/../{day.name}/{next(day.glob('2-*.parquet')).name}",
        "an older file of the day": str(older),
        "a link in the lake that leads out of it": str(link),
        "a neighbour": str(theirs),
        "a neighbour by dots": f"{lake.parent}/lake/../../neighbour.parquet",
        "all of a day": f"{day}/*.parquet",
        "all of the lake": f"{lake.parent}/lake/**/*.parquet",
        "the copy itself": str(lake.resolve()),
        "the private store": str(lake.parent.parent / "data" / "monitor.duckdb"),
        "the password file": "/etc/passwd",
    }
    older.unlink()
    link.unlink()


WAYS = [
    "from '{}'",
    "from read_parquet('{}')",
    "from read_blob('{}')",
    "from parquet_metadata('{}')",
    "from glob('{}')",
    "describe '{}'",
    "summarize '{}'",
    "pivot '{}' on text",
    "from query_table('{}')",
    "from mention, lateral (from read_text('{}'))",
    "attach '{}' as other",
    "copy (select 1 as text) to '{}'",
    "copy (select 1 as text) to '{}' (format parquet, use_tmp_file false)",
    "copy event from '{}'",
    "insert into event select * from '{}'",
    "create view other as from '{}'",
    "export database '{}'",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_lake_is_read_by_its_views_and_by_no_other_way(lake, gate, tempting, way):
    for path in tempting.values():
        with pytest.raises(ConfigError, match=r"^query: ") as refused:
            gate.ask(lake, way.format(path))
        assert str(lake.parent.parent) not in str(refused.value)
    assert gate.ask(lake, "select count(*) from v_mentions where text = 'outside'").rows == [(0,)]


def test_in_a_lake_the_engine_itself_reads_nothing_but_the_files_of_the_copy(lake, tempting):
    """Were the gate's own look at the SQL passed by, this is what would still hold."""
    with opened(lake) as con:
        for name, path in tempting.items():
            # the engine would read those that it has open, and write them: the gate, their mode and the child's limits do not
            if name not in ("its own file", "a file with dots in its way", "the copy itself"):
                for way in (*WAYS[:5], *WAYS[10:13]):
                    with pytest.raises((duckdb.PermissionException, duckdb.CatalogException)):
                        con.execute(way.format(path)).fetchall()
        for statement in ("set allowed_directories = ['/']", "set allowed_paths = ['/etc/passwd']", "reset lock_configuration"):
            with pytest.raises(duckdb.Error):
                con.execute(statement)


@LINUX
def test_what_does_not_fit_into_memory_is_refused_and_written_nowhere(database, gate):
    with pytest.raises(ConfigError, match="needs more than 512MB of memory"):
        gate.ask(database, BOMBS["a big sort"])
    assert not Path("/.tmp").exists()


def test_a_lake_answers_as_the_file_does(published, lake, gate):
    for view in ("v_mentions", "v_texts", "v_labels", "v_daily", "v_runs", "v_coverage", "v_human_labels", "v_answers"):
        asked = f"select * from {view} order by all"
        alone, beside = (gate.ask(database, asked, limits=Limits(seconds=30)) for database in (published, lake))
        assert (beside.columns, beside.types, beside.rows) == (alone.columns, alone.types, alone.rows)


def peak() -> int:
    """Bytes of memory that this process has held at most since `forget_peak`."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@LINUX
@pytest.mark.parametrize("name", BOMBS)
def test_what_takes_too_much_is_ended_and_the_parent_stays_small(published, gate, name):
    gate.ask(published, "select 1")
    forget_peak()
    before, began = peak(), time.monotonic()
    with pytest.raises(ConfigError) as ended:
        gate.ask(published, BOMBS[name], limits=SMALL)
    assert time.monotonic() - began < SMALL.seconds + 1
    assert peak() - before < 96 * MEGABYTE
    assert str(ended.value).startswith("query: ")
    assert "\n" not in str(ended.value)
    assert gate.ask(published, "select 42").rows == [(42,)]


def test_who_takes_too_long_or_too_much_is_told_what_to_do(published, gate):
    with pytest.raises(ConfigError, match=r"stopped after 0.8 s\..*bound it by brand and day"):
        gate.ask(published, BOMBS["cross join"], limits=SMALL)
    with pytest.raises(ConfigError, match=r"needs more than 512MB of memory\. Bound it by brand and day"):
        gate.ask(published, BOMBS["one long list"], limits=SMALL)
    with pytest.raises(ConfigError, match=r"glob\(\) is closed here; ask the views"):
        gate.ask(published, "from glob('*')")
    with pytest.raises(ConfigError, match="one row is larger than 16 MB; take fewer columns"):
        gate.ask(published, BOMBS["one row larger than the answer"], limits=Limits(seconds=5))
    with pytest.raises(ConfigError, match="lists have too many parts"):
        gate.ask(published, BOMBS["lists of empty lists"], limits=Limits(seconds=5))


def test_rows_are_cut_at_their_number_or_their_size_and_that_is_told(published, gate):
    by_number = gate.ask(published, "from range(100)", limits=Limits(rows=99))
    assert (len(by_number.rows), by_number.truncated, by_number.cut_at) == (99, True, None)
    whole = gate.ask(published, "from range(100)", limits=Limits(rows=100))
    assert (len(whole.rows), whole.truncated, whole.cut_at) == (100, False, None)
    by_size = gate.ask(published, "select range, repeat('x', 1000) from range(5000)", limits=Limits(size=MEGABYTE))
    assert by_size.truncated
    assert by_size.cut_at == MEGABYTE
    assert 1030 < len(by_size.rows) < 1050
    assert [row[0] for row in by_size.rows] == list(range(len(by_size.rows)))


@LINUX
def test_ten_thousand_long_texts_leave_the_parent_small(published, gate):
    gate.ask(published, "select 1")
    forget_peak()
    before = peak()
    answer = gate.ask(published, "select repeat('x', 20000) as t from range(10000)", limits=Limits(seconds=30))
    assert answer.truncated
    assert peak() - before < 128 * MEGABYTE


def test_every_kind_of_value_comes_through(published, gate):
    sql = """
        select 1::tinyint as a, 170141183460469231731687303715884105727::hugeint as b, 0.1::double as c, 'nan'::double as d,
            1.50::decimal(9, 2) as e, date '2026-02-10' as f, timestamp '2026-02-10 14:05:06.000007' as g,
            timestamptz '2026-02-10 14:05:00+02' as h, time '14:05' as i, 'ab'::blob as j, [1, null] as k,
            {'x': 1.5::decimal(3, 1), 'y': [date '2026-02-10']} as l, map {1: 2} as m, 'ü\u2028\x00"' as n, null as o,
            interval 90 minute as p, '7c8d4d5e-0000-4000-8000-000000000000'::uuid as q, true as r, 'b'::enum('a', 'b') as s,
            [1, 2]::integer[2] as t, '101'::bit as u, union_value(v := 1) as v
    """.replace("\x00", "")
    [row] = gate.ask(published, sql).rows
    assert repr(row[3]) == "nan"
    assert row[:3] + row[4:] == (
        *(1, 2**127 - 1, 0.1, Decimal("1.50"), date(2026, 2, 10), datetime(2026, 2, 10, 14, 5, 6, 7, tzinfo=UTC).replace(tzinfo=None)),
        *(datetime(2026, 2, 10, 12, 5, tzinfo=UTC), datetime(2026, 1, 1, 14, 5, tzinfo=UTC).time(), b"ab", [1, None]),
        *({"x": 1.5, "y": ["2026-02-10"]}, {"1": 2}, 'ü\u2028"', None, "01:30:00", "7c8d4d5e-0000-4000-8000-000000000000", True, "b"),
        *([1, 2], "101", 1),
    )


def test_a_time_that_python_does_not_know_is_told(published, gate):
    with pytest.raises(ConfigError, match="outside the years 1 to 9999; write cast"):
        gate.ask(published, "select date '5000-01-01 (BC)'")


def test_variables_are_values_and_gone_after_their_order(published, gate):
    hostile = "'; drop view v_daily; --"
    given = {"brand": hostile, "since": date(2026, 2, 10), "until": datetime(2026, 2, 10, 14, tzinfo=UTC).replace(tzinfo=None), "top": 5}
    sql = "select getvariable('brand'), getvariable('since'), getvariable('until'), getvariable('top')"
    assert gate.ask(published, sql, variables=given).rows == [tuple(given.values())]
    assert gate.ask(published, sql).rows == [(None, None, None, None)]
    assert gate.ask(published, "select getvariable('select')", variables={"select": 1.5}).rows == [(1.5,)]
    with pytest.raises(ConfigError, match="cannot name a parameter; begin it with a letter"):
        gate.ask(published, sql, variables={'a" = 1; drop': 1})
    with pytest.raises(ConfigError, match="no text, NUL or broken UTF-8"):
        gate.ask(published, sql, variables={"brand": "\udcff"})


@LINUX
def test_the_child_knows_no_secret_and_no_file_but_the_copy(database, monkeypatch):
    monkeypatch.setenv("X_BEARER_TOKEN", "very-secret")
    gate = Gate()
    try:
        gate.ask(database, "select count(*) from v_mentions")
        [worker] = gate._known
        process = Path(f"/proc/{worker._child.pid}")
        environment = process.joinpath("environ").read_text()
        assert "very-secret" not in environment
        assert {line.partition("=")[0] for line in environment.split("\0") if line} <= {"PYTHONPATH", "TZ", "LD_LIBRARY_PATH", "LC_CTYPE"}
        opened = {str(link.readlink()) for link in process.joinpath("fd").iterdir()}
        files = {name for name in opened if not name.startswith(("pipe:", "anon_inode:")) and name != os.devnull}
        assert files == {str(database.resolve())}
    finally:
        gate.close()


def test_a_child_that_was_killed_is_replaced(published):
    gate = Gate()
    try:
        gate.ask(published, "select 1")
        [worker] = gate._known
        os.kill(worker._child.pid, signal.SIGKILL)
        worker._child.wait()
        assert gate.ask(published, "select 2").rows == [(2,)]
    finally:
        gate.close()
    assert not gate._known


def test_orders_run_side_by_side_and_one_too_many_is_told(published):
    gate = Gate(workers=2)
    endless = Limits(seconds=3)
    told: list[str] = []

    def ask() -> None:
        with pytest.raises(ConfigError) as ended:
            gate.ask(published, BOMBS["cross join"], limits=endless)
        told.append(str(ended.value))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        while len(gate._known) < 2:
            threading.Event().wait(0.01)
        with pytest.raises(ConfigError, match=r"2 others are running; ask again in a moment"):
            gate.ask(published, "select 1", limits=Limits(seconds=0.1))
        for thread in threads:
            thread.join()
        assert [message[:24] for message in told] == ["query: stopped after 3 s"] * 2
        assert gate.ask(published, "select 1").rows == [(1,)]
    finally:
        gate.close()


@LINUX
def test_an_endless_query_ends_though_its_parent_was_killed(published):
    program = f"""
        from pathlib import Path
        from monitor.tell.gate import Gate, Limits
        gate = Gate()
        gate.ask(Path({str(published)!r}), "select 1")
        [worker] = gate._known
        print(worker._child.pid, flush=True)
        gate.ask(Path({str(published)!r}), "select count(*) from range(100000000000)", limits=Limits(seconds=1))
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True, env=os.environ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    ended_by = time.monotonic() + 20
    while runs(child) and time.monotonic() < ended_by:
        threading.Event().wait(0.05)
    assert not runs(child)


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_copy_that_is_none_is_told_by_its_kind(tmp_path, gate):
    (tmp_path / "text.duckdb").write_text("this is no database " * 200)
    with pytest.raises(StoreError, match=r"text.duckdb cannot be read"):
        gate.ask(tmp_path / "text.duckdb", "select 1")


def test_a_warm_child_adds_little(published, gate):
    gate.ask(published, "select 1")
    times = []
    for _ in range(21):
        began = time.perf_counter()
        gate.ask(published, "select 1")
        times.append(time.perf_counter() - began)
    # usually 3 ms; the machine may be busy
    assert sorted(times)[10] < 0.1
