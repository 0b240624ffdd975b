"""The file written anew: smaller, in the order of time, without what was erased; the old one stays where it fails."""

from datetime import timedelta

import duckdb
import pytest

from monitor.errors import StoreError
from monitor.mention import State
from monitor.store.compact import EVERY, compact_if_due
from monitor.store.publish import publish
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention

SECRET = "streamly told me the unforgettable word quetzalcoatl"


def compacted(store, *, at=NOON + 2 * EVERY):
    compact_if_due(store, now=NOON)
    return compact_if_due(store, now=at)


def save_all(store, *mentions):
    with store.writing() as con:
        save(con, [batch(*mentions)], now=NOON)


def all_of(store):
    with store.opened() as con:
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables() where not temporary order by 1").fetchall()]
        return {name: con.execute(f"select * from {name} order by all").fetchall() for name in tables if name != "compaction"}


def test_a_store_is_compacted_a_day_after_it_was_last(store):
    save_all(store, mention())
    assert [compact_if_due(store, now=NOON + hours * timedelta(hours=1)) for hours in (0, 23, 24, 25, 47, 48)] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]


def test_everything_is_still_there_and_goes_on(store):
    save_all(store, *(mention(str(number), f"streamly {number}", created_at=after(number)) for number in range(300)))
    with store.writing() as con:
        numbers = [con.execute("select nextval('run_number')").fetchone()[0] for _ in range(3)]
    before = all_of(store)
    assert compacted(store)
    assert all_of(store) == before
    with store.writing() as con:
        assert con.execute("select nextval('run_number')").fetchone()[0] == numbers[-1] + 1
        assert (
            con.execute("select count(*) from duckdb_columns() where table_name = 'v_mentions' and comment is not null").fetchone()[0] > 40
        )
    save_all(store, mention("later", "streamly again", created_at=after(400)))
    assert len(all_of(store)["mention"]) == 301


def test_what_was_erased_is_in_no_block_of_the_file_nor_of_the_next_copy(store, tmp_path):
    save_all(store, mention("1", SECRET), mention("2"))
    with store.opened() as con:
        con.execute("checkpoint")
    assert b"quetzalcoatl" in store.path.read_bytes()
    save_all(store, mention("1", None, state=State.DELETED, fetched_at=after(5)))
    assert compacted(store)
    assert b"quetzalcoatl" not in store.path.read_bytes()
    assert b"quetzalcoatl" not in publish(store, tmp_path / "published", now=NOON).path.read_bytes()


def test_old_texts_that_were_imported_late_stand_in_the_order_of_time(store):
    for day in (40, 10, 30, 20):
        save_all(store, *(mention(f"{day} {number}", created_at=after(1440 * day + number)) for number in range(50)))
    assert compacted(store)
    with store.opened() as con:
        for table in ("mention", "mention_brand"):
            times = con.execute(f"select created_at from {table}").fetchall()
            assert times == sorted(times)


def test_where_it_fails_the_old_file_stays(store, monkeypatch):
    save_all(store, mention())
    before = all_of(store)

    def torn(con, fresh, now):
        fresh.write_bytes(b"half of it")
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr("monitor.store.compact._write", torn)
    with pytest.raises(StoreError, match="the old file stays"):
        compacted(store)
    assert all_of(store) == before
    assert sorted(path.name for path in store.folder.iterdir() if "fresh" in path.name) == []


def test_without_room_for_a_second_file_it_waits(store, monkeypatch, caplog):
    save_all(store, mention())
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    assert not compacted(store)
    assert "not compacted" in caplog.text
