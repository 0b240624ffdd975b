"""Another user of the machine, in the analysts' group: reads the published copy and can change nothing of it."""

import json
import os
import shutil
import stat
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from monitor.store.publish import newest, publish
from monitor.store.write import save
from tests.builders import NOON, batch, mention

ANALYSTS, ANALYST, STRANGER = 54_321, 54_322, 54_323
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; the modes are tested in any case")


@pytest.fixture(params=[pytest.param(False, id="file"), pytest.param(True, id="lake")])
def folder(store, request):
    """A published folder that everybody can walk to: pytest's own lie where only their owner may go."""
    above = Path(tempfile.mkdtemp())
    above.chmod(0o755)
    with store.writing() as con:
        save(con, [batch(mention("1"))], now=NOON)
    publish(store, above / "published", now=NOON, lake=request.param)
    if os.geteuid() == 0:
        for path in [above / "published", *(above / "published").rglob("*")]:
            os.chown(path, 0, ANALYSTS, follow_symlinks=False)
    yield above / "published"
    shutil.rmtree(above)


def as_user(user, work, *, group):
    """What a function answers in a child process of another user."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # the child does nothing but this, and leaves
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        answer = "died"
        with suppress(BaseException):
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            answer = work()
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = json.loads(pipe.read())
    os.waitpid(child, 0)
    return answer


def read(folder):
    with duckdb.connect(str(folder / "analytics.duckdb"), read_only=True) as con:
        return con.execute("select count(text) from v_mentions").fetchall()[0][0]


def write_to(folder):
    """Every way to change a copy, its link or its folder that worked."""
    copy = newest(folder)
    ways = {
        "write into it": lambda: copy.open("r+b"),
        "open it for writing": lambda: duckdb.connect(str(copy)).execute("delete from event"),
        "put another in its place": lambda: (folder / "other").write_bytes(b""),
        "remove it": copy.unlink,
        "rename it": lambda: copy.rename(folder / "gone.duckdb"),
        "remove the link": (folder / "analytics.duckdb").unlink,
        "move the link": lambda: (folder / "analytics.duckdb").symlink_to("/dev/null"),
        "open it to all": lambda: copy.chmod(0o666),
        "open the folder to all": lambda: folder.chmod(0o777),
    }
    for file in folder.glob("lake/*/*/*"):
        ways |= {
            f"write into {file}": lambda file=file: file.open("r+b"),
            f"remove {file}": file.unlink,
            f"write beside {file}": lambda file=file: (file.parent / "other.parquet").write_bytes(b""),
            f"open {file} to all": lambda file=file: file.chmod(0o666),
        }
    worked = []
    for name, way in ways.items():
        with suppress(OSError, duckdb.Error):
            way()
            worked.append(name)
    return worked


@AS_ROOT
def test_an_analyst_reads_the_copy_and_can_change_nothing(folder):
    before = {path: path.lstat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
    assert as_user(ANALYST, lambda: read(folder), group=ANALYSTS) == 1
    assert as_user(ANALYST, lambda: write_to(folder), group=ANALYSTS) == []
    assert {path: path.lstat().st_mtime_ns for path in [folder, *folder.rglob("*")]} == before
    assert read(folder) == 1


@AS_ROOT
def test_who_is_not_in_the_group_cannot_even_read(folder):
    assert as_user(STRANGER, lambda: read(folder), group=STRANGER) == "died"


@AS_ROOT
def test_an_analyst_cannot_look_into_the_private_store(store, folder):
    store.close()
    private = store.folder
    # even where everybody could walk to it
    moved = folder.parent / "data"
    shutil.copytree(private, moved)
    assert as_user(ANALYST, lambda: len(list(moved.iterdir())), group=ANALYSTS) == "died"
    assert as_user(ANALYST, lambda: len((moved / "monitor.duckdb").read_bytes()), group=ANALYSTS) == "died"


def test_the_modes_are_those_of_the_promise_whatever_the_umask(store, tmp_path):
    for number, umask in enumerate((0o000, 0o022, 0o077)):
        before = os.umask(umask)
        try:
            made = tmp_path / f"published{number}"
            publish(store, made, now=NOON)
        finally:
            os.umask(before)
        assert stat.S_IMODE(made.stat().st_mode) == 0o750
        assert stat.S_IMODE(newest(made).stat().st_mode) == 0o440


def test_the_rights_of_a_folder_that_was_there_are_kept(store, tmp_path):
    made = tmp_path / "published"
    made.mkdir()
    made.chmod(0o2775)
    publish(store, made, now=NOON)
    assert stat.S_IMODE(made.stat().st_mode) == 0o2775


def test_the_lake_keeps_the_group_that_its_folder_hands_down(store, tmp_path):
    made = tmp_path / "published"
    made.mkdir()
    made.chmod(0o2775)
    with store.writing() as con:
        save(con, [batch(mention("1"))], now=NOON)
    publish(store, made, now=NOON, lake=True)
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.rglob("*") if path.is_dir()} == {0o2750}
