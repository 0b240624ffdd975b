"""The lake holds what the store holds, whatever changes there, and only the days that changed are written."""

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from datetime import timedelta

import duckdb
import pytest

from monitor.collect.connector import Query, Window
from monitor.mention import State
from monitor.store.database import sync_brands
from monitor.store.lake import LAKE
from monitor.store.ledger import backfill_run
from monitor.store.publish import KEPT, newest
from monitor.store.publish import publish as publish_copy
from monitor.store.rollup import rebuild
from monitor.store.undo import undo
from monitor.store.write import save
from tests.builders import NOON, after, batch, brand, mention

DAY = 24 * 60
TABLES = ("mention", "mention_brand", "rollup_5m")
SHOWN = ("v_mentions", "v_texts", "v_labels", "v_runs", "v_coverage", "v_daily", "v_series", "v_human_labels", "v_answers")
BRANDS = [brand(), brand("Himal", timezone="Asia/Kathmandu")]


def publish(store, folder, *, minute=0.0):
    return publish_copy(store, folder, now=after(minute), lake=True)


def put(store, *mentions, **changes):
    with store.writing() as con:
        save(con, [batch(*mentions, brands=BRANDS, **changes)], now=NOON)


def shown(con):
    """What analysts read, all of it."""
    return {view: con.execute(f"select * from {view} order by all").fetchall() for view in SHOWN}


def published(folder):
    with duckdb.connect(str(newest(folder)), read_only=True) as con:
        return shown(con)


def stored(store):
    with store.opened() as con:
        return shown(con)


def files(folder):
    """The files of the lake by table and day."""
    return {str(path.parent.relative_to(folder / LAKE)): path.name for path in (folder / LAKE).rglob("*.parquet")}


def texts_on_disk(folder):
    """Every text in any file of the lake, read by a copy or not."""
    with duckdb.connect() as con:
        sql = f"select text from read_parquet('{folder}/{LAKE}/mention/*/*', hive_partitioning = false) where text is not null"
        return {text for (text,) in con.execute(sql).fetchall()}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "published"


def test_a_store_without_texts_is_published(store, folder):
    publish(store, folder)
    assert published(folder) == stored(store)
    assert not (folder / LAKE).exists()


def test_a_day_lies_in_a_file_of_its_own_in_the_order_of_brand_and_time(store, folder):
    put(store, mention("1", "streamly or himal"), mention("2", "himal", created_at=after(-1)), mention("3", created_at=after(-DAY)))
    publish(store, folder)
    assert sorted(files(folder)) == [f"{table}/dt=2026-07-{day}" for table in TABLES for day in (13, 14)]
    with duckdb.connect() as con:
        texts, labels = (
            con.execute(f"select {columns} from '{folder}/{LAKE}/{table}/dt=2026-07-14/*.parquet'").fetchall()
            for table, columns in (("mention", "source_id"), ("mention_brand", "brand, source_id"))
        )
        columns = [name for name, *_ in con.execute(f"describe from '{folder}/{LAKE}/mention/dt=2026-07-14/*.parquet'").fetchall()]
    assert texts == [("2",), ("1",)]
    assert labels == [("Himal", "2"), ("Himal", "1"), ("Streamly", "1")]
    assert {"marks", "copy_key_1", "copy_key_2", "copy_key_3"}.isdisjoint(columns)


def test_only_days_that_changed_are_written(store, folder):
    put(store, mention("1"), mention("2", created_at=after(-DAY)), mention("3", created_at=after(-2 * DAY)))
    publish(store, folder)
    before = files(folder)
    publish(store, folder, minute=60)
    assert files(folder) == before
    put(store, mention("4", created_at=after(-DAY - 60)))
    for hour in range(2, 2 + KEPT):
        publish(store, folder, minute=60 * hour)
    late = files(folder)
    assert {name for name in late if late[name] != before[name]} == {f"{table}/dt=2026-07-13" for table in TABLES}
    assert published(folder) == stored(store)


def test_days_that_are_four_weeks_old_lie_together_by_the_week(store, folder):
    # now is a Tuesday, so the last of these weeks ended four weeks and a day ago; a date of a broken clock changes nothing
    put(
        store,
        mention("1"),
        mention("far", created_at=after(20_000 * DAY)),
        *(mention(f"old{back}", created_at=after(-back * DAY)) for back in range(28, 44)),
    )
    publish(store, folder)
    first = files(folder)
    weeks = [f"week=2026-06-{day:02}" for day in (1, 8)]
    days = ["dt=2026-06-15", "dt=2026-06-16", "dt=2026-07-14", "dt=2081-04-16"]
    assert sorted(first) == sorted(f"{table}/{each}" for table in TABLES for each in days + weeks)
    put(store, mention("late", created_at=after(-36 * DAY)))
    for hour in range(1, 1 + KEPT):
        publish(store, folder, minute=60 * hour)
    changed = {name for name, file in files(folder).items() if first[name] != file}
    assert changed == {f"{table}/week=2026-06-08" for table in TABLES}
    assert published(folder) == stored(store)


def test_saving_again_what_is_stored_writes_no_day(store, folder):
    put(store, mention("1"))
    publish(store, folder)
    before = files(folder)
    put(store, mention("1"))
    publish(store, folder, minute=1)
    assert files(folder) == before


@pytest.mark.parametrize("seed", range(3))
def test_whatever_sources_say_the_lake_says_what_the_store_says(store, folder, seed):
    chance = random.Random(seed)
    words = ["streamly", "himal", "is", "down", "again", "and", "nobody", "says", "why", "cancelled"]
    said = [" ".join(chance.choices(words, k=12)) for _ in range(6)]
    for step in range(8):
        page = []
        for number in chance.sample(range(25), k=6):
            gone = chance.random() < 0.15
            page.append(
                mention(
                    str(number),
                    None if gone else f"{chance.choice(['streamly', 'himal', 'streamly himal'])} {chance.choice(said)}",
                    created_at=after(-DAY * (number % 5) - number),
                    fetched_at=after(step - chance.randrange(3)),
                    state=chance.choice([State.DELETED, State.REMOVED]) if gone else chance.choice([State.LIVE, State.LIVE, State.EDITED]),
                )
            )
        put(store, *page, run_id=1 + step % 3)
        publish(store, folder, minute=step)
        assert published(folder) == stored(store)


def test_days_of_another_zone_are_counted_anew(store, folder):
    put(store, mention("1", created_at=after(11 * 60)), mention("2", created_at=after(-DAY * 40)))
    publish(store, folder)
    with store.writing() as con:
        assert sync_brands(con, [brand(timezone="Asia/Tokyo")]) == ["Streamly"]
        rebuild(con)
    publish(store, folder, minute=1)
    assert published(folder) == stored(store)


def test_an_import_that_was_taken_back_is_gone(store, folder):
    with store.writing() as con:
        imported, other = (backfill_run(con, Query("file", name), Window(), name, now=NOON) for name in ("old.csv", "other.csv"))
    put(store, mention("1"), mention("2", created_at=after(-DAY)), run_id=imported.run_id)
    put(store, mention("2", created_at=after(-DAY)), mention("3", created_at=after(-DAY)), run_id=other.run_id)
    publish(store, folder)
    with store.writing() as con:
        undo(con, imported)
    publish(store, folder, minute=1)
    assert published(folder) == stored(store)
    assert [row[2] for row in published(folder)["v_mentions"]] == ["2", "3"]


def test_an_erased_text_is_in_no_file_an_hour_later(store, folder):
    put(store, mention("1", "streamly ate my homework"), mention("2"))
    publish(store, folder)
    assert "streamly ate my homework" in texts_on_disk(folder)
    put(store, mention("1", None, state=State.DELETED, fetched_at=after(5)))
    publish(store, folder, minute=5)
    assert "streamly ate my homework" not in str(published(folder))
    for minute in (65, 66, 67):
        publish(store, folder, minute=minute)
    assert texts_on_disk(folder) == {"streamly is great"}


def test_whoever_has_a_copy_open_goes_on_reading_for_an_hour(store, folder):
    put(store, mention("1"))
    publish(store, folder)
    with duckdb.connect(str(newest(folder)), read_only=True) as con:
        for minute in range(5, 60, 5):
            put(store, mention(str(minute), fetched_at=after(minute)))
            publish(store, folder, minute=minute)
            assert con.execute("select count(*) from v_mentions").fetchall() == [(1,)]
    assert len(published(folder)["v_mentions"]) == 12
    for hour in range(2, 2 + KEPT):
        publish(store, folder, minute=60 * hour)
    assert len(list(folder.glob("analytics-*.duckdb"))) == KEPT
    assert len(files(folder)) == len(list((folder / LAKE).rglob("*.parquet"))) == len(TABLES)


def test_the_setting_may_be_changed_back_and_forth(store, folder):
    for hour, lake in enumerate([True, False, True, True, False, False, False]):
        put(store, mention(str(hour), created_at=after(-hour * DAY)))
        publish_copy(store, folder, now=after(60 * hour), lake=lake)
        assert published(folder) == stored(store)
    assert not (folder / LAKE).exists()


def test_each_folder_has_its_own_lake(store, tmp_path):
    for minute in range(6):
        put(store, mention(str(minute), created_at=after(-minute)))
        folder = tmp_path / f"published{minute % 2}"
        publish(store, folder, minute=minute)
        assert published(folder) == stored(store)


def test_a_store_that_was_put_back_is_published_as_it_is(store, folder, tmp_path):
    put(store, mention("1"))
    publish(store, folder)
    store.close()
    kept = shutil.copy(store.path, tmp_path / "kept.duckdb")
    put(store, mention("2"))
    publish(store, folder, minute=1)
    store.close()
    shutil.copy(kept, store.path)
    put(store, mention("3"))
    publish(store, folder, minute=2)
    assert published(folder) == stored(store)
    assert [row[2] for row in published(folder)["v_mentions"]] == ["1", "3"]


def test_a_file_that_somebody_removed_is_written_again(store, folder):
    put(store, mention("1"))
    publish(store, folder)
    shutil.rmtree(folder / LAKE / "mention")
    publish(store, folder, minute=1)
    assert published(folder) == stored(store)


def test_what_killed_writers_left_is_removed(store, folder):
    put(store, mention("1"))
    publish(store, folder)
    day = folder / LAKE / "mention" / "dt=2026-07-14"
    (day / ".half.parquet.1.part").write_bytes(b"half")
    (day / "2-of-a-copy-that-never-was.parquet").write_bytes(b"whole")
    (folder / LAKE / "mention" / "dt=2020-01-01").mkdir()
    old = folder / ".1.part"
    old.write_bytes(b"half")
    os.utime(old, (0, 0))
    publish(store, folder, minute=1)
    assert {path.name for path in (folder / LAKE).rglob("*") if path.is_file()} == set(files(folder).values())
    assert not old.exists()
    assert not (folder / LAKE / "mention" / "dt=2020-01-01").exists()


def test_files_and_folders_may_be_read_by_the_group_whatever_the_umask(store, tmp_path):
    put(store, mention("1"))
    for number, umask in enumerate((0o000, 0o022, 0o077)):
        folder = tmp_path / f"published{number}"
        before = os.umask(umask)
        try:
            publish(store, folder)
        finally:
            os.umask(before)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder / LAKE).rglob("*.parquet")}
        assert modes == {0o440}
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / LAKE).rglob("*") if path.is_dir()} == {0o750}


def test_a_killed_publisher_leaves_a_whole_copy_and_the_next_one_is_right(store, folder):
    put(store, *(mention(str(number), f"streamly {number} himal", created_at=after(-number * 97)) for number in range(120)))
    publish(store, folder)
    expected = stored(store)
    store.close()
    program = f"""
        from datetime import timedelta
        from pathlib import Path
        from monitor.store.changed import note_changed
        from monitor.store.database import Store
        from monitor.store.publish import publish
        from tests.builders import NOON
        with Store(Path({str(store.folder)!r}), command="test") as store:
            print("ready", flush=True)
            for number in range(1, 10_000):
                with store.writing() as con:
                    note_changed(con, [at for (at,) in con.execute("select created_at from mention").fetchall()])
                publish(store, Path({str(folder)!r}), now=NOON + timedelta(minutes=20 * number), lake=True)
    """
    chance = random.Random(7)
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, env=os.environ) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(chance.random() * 0.9)
            process.kill()
        assert published(folder) == expected
    publish_copy(store, folder, now=NOON + timedelta(days=30), lake=True)
    for hour in range(1, 1 + KEPT):
        publish_copy(store, folder, now=NOON + timedelta(days=30, hours=hour), lake=True)
    assert published(folder) == expected
    on_disk = [path for path in (folder / LAKE).rglob("*") if path.is_file()]
    assert len(on_disk) == len(files(folder))


@pytest.mark.parametrize(
    "place", ["lake._write", "lake.fill", "publish._flush", "publish._point", "publish._remove_old", "publish.remove_unread"]
)
def test_killed_at_any_step_the_copy_before_stays_whole_until_the_next_one(store, folder, place):
    put(store, mention("1"), mention("2", created_at=after(-DAY)))
    publish(store, folder)
    before = published(folder)
    put(store, mention("3", fetched_at=after(2)))
    now = stored(store)
    store.close()
    program = f"""
        import os, signal
        from pathlib import Path
        import monitor.store.{place.split(".")[0]} as module
        import monitor.store.publish as publish
        from monitor.store.database import Store
        from tests.builders import after
        def die(*args, **named):
            os.kill(os.getpid(), signal.SIGKILL)
        setattr(module, {place.split(".")[1]!r}, die)
        if {place!r} == "lake.fill":
            publish.fill = die
        with Store(Path({str(store.folder)!r}), command="test") as store:
            publish.publish(store, Path({str(folder)!r}), now=after(5), lake=True)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], env=os.environ, check=False)
    assert died.returncode == -signal.SIGKILL
    assert published(folder) in (before, now)
    publish(store, folder, minute=60)
    assert published(folder) == now
    for hour in range(2, 2 + KEPT):
        publish(store, folder, minute=60 * hour)
    assert sorted(path.name for path in (folder / LAKE).rglob("*") if path.is_file()) == sorted(files(folder).values())
