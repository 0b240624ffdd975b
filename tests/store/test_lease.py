"""One process at a time: other processes are real ones, told what to do line by line."""

import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from monitor.errors import StoreError
from monitor.store.database import Store
from monitor.store.lease import Lease

# takes the lease, says so, and gives it back (or dies) when its input ends
HOLD = """
import sys
from pathlib import Path
from monitor.store.lease import Lease
lease = Lease(Path(sys.argv[1]), command=sys.argv[2], priority=sys.argv[3])
print("waits", flush=True)
lease.acquire(seconds=20)
print("has", flush=True)
sys.stdin.readline()
lease.release()
print("gave back", flush=True)
"""
# opens the store for one write and keeps it, as a scheduler does between rounds
IDLE = """
import sys
from pathlib import Path
from monitor.store.database import Store
store = Store(Path(sys.argv[1]), command="monitor run", priority="live")
with store.writing() as con:
    con.execute("insert into event values ('a', 'Streamly', timestamp '2026-07-14', null)")
print("idle", flush=True)
sys.stdin.readline()
"""


@contextmanager
def process(script, *arguments):
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def says(child):
    return child.stdout.readline().strip()


def let_go(child):
    child.stdin.write("\n")
    child.stdin.flush()


def until(true, seconds=5.0):
    """Look again and again, at most so long."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


@pytest.fixture
def lease(tmp_path):
    lease = Lease(tmp_path, command="monitor backfill", priority="other")
    yield lease
    lease.release()


def test_only_one_process_has_the_lease_and_the_other_is_told_who(lease, tmp_path):
    with process(HOLD, tmp_path, "monitor run", "live") as holder:
        assert (says(holder), says(holder)) == ("waits", "has")
        with pytest.raises(StoreError, match=rf"store: held by `monitor run` \(process {holder.pid}, for \d+ s\); gave up after 0 s"):
            lease.acquire(seconds=0.1)
        assert not lease.held
        assert (lease.holder().command, lease.holder().process) == ("monitor run", holder.pid)
        let_go(holder)
        lease.acquire(seconds=5)
        assert (lease.held, lease.holder().command) == (True, "monitor backfill")


def test_nobody_holds_what_was_given_back(lease):
    assert lease.holder() is None
    lease.acquire(seconds=1)
    lease.release()
    lease.release()
    assert (lease.held, lease.holder()) == (False, None)


def test_the_lease_of_a_killed_process_is_free_and_its_name_gone(lease, tmp_path):
    with process(HOLD, tmp_path, "monitor run", "live") as holder:
        assert (says(holder), says(holder)) == ("waits", "has")
        holder.kill()
        holder.wait()
        assert lease.holder() is None
        lease.acquire(seconds=5)
        assert lease.holder().command == "monitor backfill"


def test_a_holder_sees_that_somebody_waits(lease, tmp_path):
    lease.acquire(seconds=1)
    assert not lease.is_wanted()
    with process(HOLD, tmp_path, "monitor run", "live") as waiter:
        assert says(waiter) == "waits"
        assert until(lease.is_wanted)
        lease.release()
        assert says(waiter) == "has"
        assert until(lambda: not lease.is_wanted())


def test_live_goes_before_other_even_if_it_came_later(lease, tmp_path):
    lease.acquire(seconds=1)
    with process(HOLD, tmp_path, "backfill", "other") as other:
        assert says(other) == "waits"
        assert until(lease.is_wanted)
        with process(HOLD, tmp_path, "run", "live") as live:
            assert says(live) == "waits"
            # the wait file of live is taken just after it says so
            time.sleep(0.3)
            lease.release()
            assert says(live) == "has"
            assert lease.holder().command == "run"
            let_go(live)
            assert says(live) == "gave back"
            assert says(other) == "has"


def test_an_idle_store_is_given_up_within_a_second(lease, tmp_path):
    with process(IDLE, tmp_path) as idle:
        assert says(idle) == "idle"
        begun = time.monotonic()
        lease.acquire(seconds=5)
        assert time.monotonic() - begun < 1


def test_a_store_that_was_closed_is_given_up_again_when_it_is_used_again(tmp_path):
    with Store(tmp_path, command="monitor run") as store:
        for _ in range(2):
            with store.writing():
                pass
            assert store.holder().command == "monitor run"
            with Store(tmp_path, command="monitor query", wait_seconds=3) as other, other.opened():
                assert store.holder().command == "monitor query"
            store.close()


def test_a_store_in_use_is_not_given_up(tmp_path):
    other = Store(tmp_path, command="monitor query", wait_seconds=0.6)
    said = r"held by `monitor run` \(process \d+, for \d s\); gave up after 1 s, try again when it is done"
    with Store(tmp_path, command="monitor run") as store, store.opened() as con:
        with pytest.raises(StoreError, match=said):
            other.opened().__enter__()
        assert con.execute("select 1").fetchall() == [(1,)]
