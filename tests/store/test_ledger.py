import pytest

from monitor.collect.connector import Looked, Query, Window
from monitor.store.ledger import backfill_run, count, finish, known_backfill, read_run, restart, standing_runs
from monitor.store.progress import read_cursors
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention

ASKED = Query("file", "old.csv")


def ask(con, fingerprint="a", now=NOON):
    return backfill_run(con, ASKED, Window(NOON, after(60)), fingerprint, now=now)


def test_each_source_has_one_standing_run(con):
    first = standing_runs(con, ["x"], now=NOON)
    both = standing_runs(con, ["x", "reddit"], now=after(5))
    assert both["x"] == first["x"]
    assert (both["x"].run_id, both["reddit"].run_id, both["reddit"].started_at) == (1, 2, after(5))
    assert {run.direction for run in both.values()} == {"live"}


@pytest.mark.parametrize("state", ["running", "done", "failed"])
def test_the_same_question_is_the_same_run(con, state):
    finish(con, ask(con), state=state, now=NOON)
    assert ask(con).run_id == known_backfill(con, "a").run_id == 1
    assert ask(con, "b").run_id == 2


def test_a_run_that_was_undone_is_not_resumed(con):
    finish(con, ask(con), state="undone", now=NOON)
    assert known_backfill(con, "a") is None
    assert ask(con).run_id == 2


def test_figures_add_up_and_the_end_is_noted(con):
    run = ask(con)
    count(con, run, seen=10, stored=7, set_aside=1)
    count(con, run, seen=5, stored=0, set_aside=0)
    finish(con, run, state="failed", now=after(5), error="the disk is full")
    ended = read_run(con, run.run_id)
    assert (ended.seen, ended.stored, ended.set_aside, ended.state, ended.finished_at) == (15, 7, 1, "failed", after(5))
    assert ended.direction == "1"
    assert con.execute("select error from run").fetchall() == [("the disk is full",)]
    assert read_run(con, 99) is None


def test_a_run_that_starts_again_reads_everything_and_keeps_what_it_stored(con):
    run = ask(con)
    for time in (NOON, after(90)):
        page = batch(mention(), query=ASKED, run_id=1, direction="1", cursor={"at": 9}, covered=[Looked("x", NOON, after(5))], seen=10)
        save(con, [page], now=time)
        count(con, run, seen=10, stored=1, set_aside=0)
        if time == NOON:
            restart(con, run)
            assert read_cursors(con, "1") == {}
    again = read_run(con, 1)
    assert (again.seen, again.stored, again.state) == (10, 2, "running")
    assert con.execute("select count from coverage").fetchall() == [(10,)]
    assert con.execute("select count(*) from mention").fetchall() == [(1,)]
