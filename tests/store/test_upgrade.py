import re

import duckdb
import pytest

from monitor.errors import StoreError
from monitor.store import upgrade as upgrade_module
from monitor.store.database import Store
from monitor.store.upgrade import schema_version, stored_version, upgrade


def shape(con):
    """Every column of every table and view."""
    return con.execute("select table_name, column_name, data_type from duckdb_columns() where not internal order by all").fetchall()


@pytest.fixture
def nothing():
    with duckdb.connect() as con:
        yield con


def test_an_empty_file_is_brought_to_this_version(nothing):
    assert stored_version(nothing) == 0
    upgrade(nothing)
    assert stored_version(nothing) == schema_version()
    assert ("mention", "source_id", "VARCHAR") in shape(nothing)


def test_upgrading_again_changes_nothing(nothing):
    upgrade(nothing)
    nothing.execute("insert into event values ('a', 'Streamly', timestamp '2026-07-14', null)")
    once = shape(nothing)
    upgrade(nothing)
    assert shape(nothing) == once
    assert nothing.execute("select count(*) from event").fetchall() == [(1,)]
    assert len(nothing.execute("from schema_version").fetchall()) == schema_version()


def newer(path):
    with duckdb.connect(str(path)) as con:
        con.execute("insert into schema_version values (?, timestamp '2030-01-01')", [schema_version() + 1])
    return path.read_bytes()


def test_a_newer_store_is_refused_in_one_clear_line_and_left_as_it_is(store):
    as_it_was = newer(store.path)
    said = f"the store was written by schema {schema_version() + 1}, this version knows {schema_version()}; upgrade brand-monitor"
    for _ in range(2):
        with pytest.raises(StoreError, match=f"^{re.escape(said)}$"):
            store.opened().__enter__()
    assert store.path.read_bytes() == as_it_was
    assert list(store.folder.glob("*before*")) == []
    assert store.holder() is None


@pytest.fixture
def next_version(monkeypatch):
    """This program, one schema file later."""
    later = [*upgrade_module._steps(), (schema_version() + 1, "create table extra (a integer); insert into extra values (1);")]
    monkeypatch.setattr(upgrade_module, "_steps", lambda: later)
    return later


def test_a_store_is_copied_before_it_is_upgraded(store, next_version):
    with store.writing() as con:
        con.execute("insert into event values ('a', 'Streamly', timestamp '2026-07-14', null)")
        assert con.execute("from extra").fetchall() == [(1,)]
    (kept,) = store.folder.glob("*before*")
    assert kept.name == f"monitor-before-schema-{schema_version()}.duckdb"
    with duckdb.connect(str(kept), read_only=True) as con:
        assert stored_version(con) == schema_version() - 1
        assert con.execute("select brand from brand order by brand").fetchall() == [("Himal",), ("Streamly",)]
    store.close()
    with store.opened() as con:
        assert con.execute("from extra").fetchall() == [(1,)]


def test_a_new_store_needs_no_copy(tmp_path):
    with Store(tmp_path, command="test") as store, store.opened():
        assert list(tmp_path.glob("*before*")) == []


def test_a_step_that_fails_leaves_nothing_of_itself(store, next_version):
    whole = schema_version()
    next_version.append((whole + 1, "create table half (a integer); insert into nowhere values (1);"))
    with pytest.raises(duckdb.CatalogException):
        store.opened().__enter__()
    assert store.holder() is None
    with duckdb.connect(str(store.path)) as con:
        assert stored_version(con) == whole
        assert con.execute("select count(*) from duckdb_tables() where table_name = 'half'").fetchall() == [(0,)]
