import shutil

import duckdb
import pytest

from monitor.store.database import Store, sync_brands
from monitor.store.upgrade import upgrade
from tests.builders import brand


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A file with an empty store that knows Streamly (UTC) and Himal (Kathmandu): copying it is quicker than making it."""
    path = tmp_path_factory.mktemp("empty") / "monitor.duckdb"
    with duckdb.connect(str(path)) as con:
        upgrade(con)
        sync_brands(con, [brand(), brand("Himal", timezone="Asia/Kathmandu")])
    return path


@pytest.fixture
def con(empty, tmp_path):
    """An empty store, open."""
    with duckdb.connect(shutil.copy(empty, tmp_path)) as con:
        con.execute("set timezone = 'UTC'; set threads = 1")
        yield con


@pytest.fixture
def store(empty, tmp_path):
    """An empty store, as a process has it."""
    with Store(tmp_path / "data", command="test") as store:
        shutil.copyfile(empty, store.path)
        yield store
