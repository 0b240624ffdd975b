import pytest

from monitor.collect.connector import Looked, Query, SetAside, Window
from monitor.mention import Engagement, State
from monitor.store.ledger import backfill_run, finish, read_run, standing_runs
from monitor.store.quarantine import keep
from monitor.store.undo import Undoing, count_undo, undo
from monitor.store.write import save
from tests.builders import NOON, after, batch, mention
from tests.store.recount import recounted, rollups

TABLES = ("mention", "mention_brand", "mention_run", "engagement_history", "cursor", "coverage", "quarantine", "incident", "incident_log")
IMPORT = Query("file", "old.csv")


@pytest.fixture
def live(con):
    return standing_runs(con, ["x"], now=NOON)["x"]


@pytest.fixture
def imported(con, live):
    return backfill_run(con, IMPORT, Window(), "of the question", now=NOON)


def put(con, run, *mentions):
    looked = Looked("x", NOON, after(5))
    page = batch(*mentions, query=IMPORT, run_id=run.run_id, direction=run.direction, cursor={"at": 1}, covered=[looked])
    con.execute("begin")
    save(con, [page], now=NOON)
    con.execute("commit")


def contents(con):
    stored = {table: con.execute(f"from {table} order by all").fetchall() for table in TABLES}
    return stored | {"rollups": rollups(con)}


def test_undoing_leaves_no_trace_but_the_line_in_the_ledger(con, live, imported, tmp_path):
    put(con, live, mention("1"))
    before = contents(con)
    put(con, imported, mention("2", "streamly is awful"), mention("3", created_at=after(7), engagement=Engagement(likes=3)))
    put(con, imported, mention("3", created_at=after(7), fetched_at=after(9), engagement=Engagement(likes=4)))
    keep(tmp_path, con, [SetAside("raw", "no date")], query=IMPORT, run_id=imported.run_id, now=NOON)
    con.execute(
        """
        insert into incident by name
        select 'streamly-20260714-1' as id, 'Streamly' as brand, 'resolved' as state, 'surge' as direction, 'info' as severity,
            'backfill' as origin, 'detector' as found_by, ['volume'] as series, timestamp '2026-07-14' as onset_at,
            timestamp '2026-07-14' as noticed_at, timestamp '2026-07-14' as peak_at, 1 as peak, 0 as expected_low, 1 as expected_high,
            1 as observed, 0 as negative, 2 as strength, 'x' as summary, '{}' as evidence, ? as run_id
        """,
        [imported.run_id],
    )
    con.execute("insert into incident_log values ('streamly-20260714-1', timestamp '2026-07-14', 'opened', 'info', 'x')")
    assert count_undo(con, imported) == Undoing(removed=2, kept=0)
    assert undo(con, imported) == Undoing(removed=2, kept=0)
    assert contents(con) == before
    finish(con, imported, state="undone", now=NOON)
    assert read_run(con, imported.run_id).state == "undone"
    assert backfill_run(con, IMPORT, Window(), "of the question", now=NOON).run_id != imported.run_id


def test_what_another_run_saw_too_stays_and_is_its_own(con, live, imported):
    put(con, imported, mention("1"), mention("2"))
    put(con, live, mention("2"), mention("3"))
    assert undo(con, imported) == Undoing(removed=1, kept=1)
    assert con.execute("select source_id, run_id from mention order by all").fetchall() == [("2", live.run_id), ("3", live.run_id)]
    assert con.execute("from mention_run").fetchall() == []
    assert rollups(con) == recounted(con)


def test_what_another_run_brought_stays_its_own(con, live, imported):
    put(con, live, mention("1"))
    before = {table: rows for table, rows in contents(con).items() if table not in ("coverage", "cursor")}
    put(con, imported, mention("1"))
    assert undo(con, imported) == Undoing(removed=0, kept=0)
    assert {table: rows for table, rows in contents(con).items() if table not in ("coverage", "cursor")} == before


def test_an_import_that_was_undone_can_be_done_again(con, live, imported):
    put(con, imported, mention("1"), mention("2", created_at=after(90)))
    once = contents(con)
    undo(con, imported)
    assert con.execute("from v_mentions").fetchall() == []
    put(con, imported, mention("1"), mention("2", created_at=after(90)))
    assert contents(con) == once


def test_undoing_twice_does_nothing_more(con, live, imported):
    put(con, live, mention("1"))
    put(con, imported, mention("2"))
    undo(con, imported)
    once = contents(con)
    assert undo(con, imported) == Undoing(0, 0)
    assert contents(con) == once


def test_a_deleted_text_does_not_come_back_by_undoing_and_importing_again(con, live, imported):
    put(con, imported, mention("1"))
    put(con, live, mention("1", None, state=State.DELETED, fetched_at=after(5)))
    undo(con, imported)
    put(con, imported, mention("1"))
    assert con.execute("select text, author_name, state from mention").fetchall() == [(None, None, "deleted")]
