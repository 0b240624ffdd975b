import duckdb
import pytest

from monitor.store.database import sync_brands
from monitor.store.upgrade import upgrade
from tests.builders import brand


@pytest.fixture
def con():
    """An empty store in memory that knows Streamly (UTC) and Himal (Kathmandu)."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        upgrade(con)
        sync_brands(con, [brand(), brand("Himal", timezone="Asia/Kathmandu")])
        yield con
