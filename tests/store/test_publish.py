import os
import shutil
import stat
import subprocess
import sys
from datetime import timedelta
from functools import partial

import duckdb
import pytest

from monitor.collect.connector import Looked, SetAside
from monitor.errors import StoreError
from monitor.mention import State
from monitor.store.labels import HandLabel, save_labels
from monitor.store.publish import KEPT, data_as_of, newest, publish
from monitor.store.quarantine import keep
from monitor.store.write import save
from tests.builders import NOON, QUERY, after, batch, mention

PRIVATE = {
    *("quarantine", "cursor", "source_state", "judged", "mention_run", "gone", "rescored", "taken_order", "day_version", "compaction"),
    "labelled",
}


@pytest.fixture(autouse=True, params=[pytest.param(False, id="file"), pytest.param(True, id="lake")])
def way(request, monkeypatch):
    """Every promise holds for both ways to publish."""
    monkeypatch.setattr(f"{__name__}.publish", partial(publish, lake=request.param))


def put(store, *mentions, **changes):
    with store.writing() as con:
        save(con, [batch(*mentions, **changes)], now=NOON)


def count(con):
    return con.execute("select count(*) from v_mentions").fetchone()[0]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "published"


def test_a_copy_opens_for_reading_while_the_store_writes(store, folder):
    put(store, mention("1"))
    copied = publish(store, folder, now=NOON)
    with store.writing() as writing, duckdb.connect(str(folder / "analytics.duckdb"), read_only=True) as con:
        save(writing, [batch(mention("2"))], now=NOON)
        assert count(con) == 1
        assert data_as_of(con) == NOON == copied.data_as_of
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute("delete from event")
    publish(store, folder, now=after(5))
    with duckdb.connect(str(newest(folder)), read_only=True) as con:
        assert count(con) == 2


def test_another_process_reads_a_copy_while_the_store_is_held(store, folder):
    put(store, mention("1"))
    publish(store, folder, now=NOON)
    script = (
        "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).execute('select count(*) from v_mentions').fetchone()[0])"
    )
    with store.writing():
        shell = subprocess.run([sys.executable, "-c", script, folder / "analytics.duckdb"], capture_output=True, text=True, check=True)
    assert shell.stdout == "1\n"


def test_a_copy_has_no_tables_of_ours_and_all_views_work(store, folder):
    put(store, mention("1"))
    publish(store, folder, now=NOON)
    with duckdb.connect(str(newest(folder)), read_only=True) as con:
        names = {
            name for (name,) in con.execute("select table_name from information_schema.tables where table_type = 'BASE TABLE'").fetchall()
        }
        views = [name for (name,) in con.execute("select view_name from duckdb_views() where not internal").fetchall()]
        assert names.isdisjoint(PRIVATE)
        assert len(views) > 10
        for view in views:
            con.execute(f"from {view}").fetchall()


def test_what_is_worked_out_once_a_copy_says_what_the_views_say(store, folder):
    with store.writing() as con:
        texts = [mention(str(number), created_at=after(60 * number)) for number in range(30)]
        looked = [Looked("x", NOON, after(600)), Looked("x", after(900), after(1800))]
        save(con, [batch(*texts, covered=looked)], now=after(1800))
        assert [*save_labels(con, [HandLabel(f"x:{number}", "Streamly", -1) for number in range(5)], now=NOON)] == ["new"] * 5
    publish(store, folder, now=NOON)
    comments = """
        select column_name, comment from duckdb_columns() where table_name = ? and database_name = current_database() order by column_index
    """
    with store.opened() as con, duckdb.connect(str(newest(folder)), read_only=True) as copy:
        copy.execute("set timezone = 'UTC'")
        tables = {
            name for (name,) in copy.execute("select table_name from duckdb_tables() where table_name like 'v!_%' escape '!'").fetchall()
        }
        assert tables == {"v_covered", "v_covered_bins", "v_covered_day", "v_series_day", "v_daily", "v_human_labels"}
        for name in tables:
            told = con.execute(f"from {name} order by all").fetchall()
            assert len(told) > 1
            assert copy.execute(f"from {name} order by all").fetchall() == told
            assert copy.execute(comments, [name]).fetchall() == con.execute(comments, [name]).fetchall()
            about = copy.execute("select comment from duckdb_tables() where table_name = ?", [name]).fetchall()
            assert about == con.execute("select comment from duckdb_views() where view_name = ?", [name]).fetchall()


def test_the_store_writes_on_after_a_copy_that_could_not_be_made(store, folder):
    put(store, mention("1"))
    with store.writing() as con:
        con.execute("alter table published rename to unpublished")
    with pytest.raises(duckdb.CatalogException):
        publish(store, folder, now=NOON)
    with store.writing() as con:
        con.execute("alter table unpublished rename to published")
    assert publish(store, folder, now=NOON).path.is_file()


def test_a_folder_may_have_any_name(store, tmp_path):
    put(store, mention("1"))
    with duckdb.connect(str(publish(store, tmp_path / "ann's; copies", now=NOON).path), read_only=True) as con:
        assert count(con) == 1


def test_what_a_killed_process_left_is_not_replayed(store, folder):
    put(store, mention("1"))
    folder.mkdir()
    (folder / f".{os.getpid()}.part.wal").write_bytes(b"half")
    with duckdb.connect(str(publish(store, folder, now=NOON).path), read_only=True) as con:
        assert count(con) == 1


def test_a_copy_holds_no_raw_items(store, folder):
    marker = "Zx81RawSecretMarker"
    with store.writing() as con:
        keep(store.folder, con, [SetAside(raw=f'{{"x": "{marker}"}}', reason="no date")], query=QUERY, run_id=1, now=NOON)
        save(con, [batch(mention("1"))], now=NOON)
    copied = publish(store, folder, now=NOON)
    assert marker.encode() not in copied.path.read_bytes()
    assert marker in next((store.folder / "quarantine").iterdir()).read_text()


def test_a_copy_has_no_text_that_was_deleted(store, folder):
    put(store, mention("1", "streamly ate my homework"), mention("2"))
    put(store, mention("1", None, state=State.DELETED, fetched_at=after(5)))
    publish(store, folder, now=NOON)
    with duckdb.connect(str(newest(folder)), read_only=True) as con:
        assert con.execute("select text, author_name, state from v_mentions order by source_id").fetchall()[0] == (None, None, "deleted")


def test_copies_may_be_read_by_the_group_and_written_by_nobody(store, folder):
    copied = publish(store, folder, now=NOON)
    assert stat.S_IMODE(copied.path.stat().st_mode) == 0o440
    assert stat.S_IMODE(folder.stat().st_mode) & 0o027 == 0
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_the_newest_three_are_kept_and_the_pointer_names_the_newest(store, folder):
    made = []
    for hour in range(5):
        made.append(publish(store, folder, now=after(60 * hour)).path)
        assert newest(folder) == made[-1].resolve()
        assert os.readlink(folder / "analytics.duckdb") == made[-1].name  # noqa: PTH115
    assert sorted(folder.glob("analytics-*.duckdb")) == made[-KEPT:]


def test_the_pointer_is_good_even_if_the_clock_goes_back(store, folder):
    for minute in range(4):
        publish(store, folder, now=after(minute))
    put(store, mention("1"))
    back = publish(store, folder, now=NOON - timedelta(days=1))
    assert newest(folder) == back.path.resolve()
    assert back.path.is_file()
    assert len(list(folder.glob("analytics-*.duckdb"))) == KEPT


def test_a_reader_keeps_what_it_has_open(store, folder):
    put(store, mention("1"))
    publish(store, folder, now=NOON)
    with duckdb.connect(str(newest(folder)), read_only=True) as old:
        assert count(old) == 1
        put(store, mention("2"))
        for minute in range(1, 5):
            publish(store, folder, now=after(minute))
        assert count(old) == 1
        with duckdb.connect(str(newest(folder)), read_only=True) as new:
            assert count(new) == 2


def test_the_same_moment_may_be_published_twice(store, folder):
    publish(store, folder, now=NOON)
    put(store, mention("1"))
    publish(store, folder, now=NOON)
    with duckdb.connect(str(newest(folder)), read_only=True) as con:
        assert count(con) == 1


def test_before_the_first_copy_one_is_told_how_to_make_it(folder):
    with pytest.raises(StoreError, match=r"no copy in .*published yet; `monitor run --once`"):
        newest(folder)


def test_a_folder_that_cannot_be_written_is_named(store, folder):
    folder.write_text("a file")
    with pytest.raises(StoreError, match=r"published: .*published cannot be written \(File exists\)"):
        publish(store, folder, now=NOON)


def test_a_pointer_to_nothing_is_no_copy(store, folder):
    copied = publish(store, folder, now=NOON)
    shutil.move(copied.path, folder / "elsewhere.duckdb")
    with pytest.raises(StoreError, match="no copy"):
        newest(folder)
