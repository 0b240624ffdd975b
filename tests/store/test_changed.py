from datetime import timedelta

from monitor.store.changed import note_changed
from tests.builders import NOON

AT = NOON.replace(tzinfo=None)


def versions(con):
    return dict(con.execute("select day, version from day_version").fetchall())


def test_a_day_that_changes_gets_another_version_and_the_others_keep_theirs(con):
    note_changed(con, [AT, AT - timedelta(hours=1), AT - timedelta(days=1)])
    before = versions(con)
    assert sorted(before) == [(AT - timedelta(days=1)).date(), AT.date()]
    note_changed(con, [AT, AT + timedelta(days=1)])
    after = versions(con)
    assert after[(AT - timedelta(days=1)).date()] == before[(AT - timedelta(days=1)).date()]
    assert after[AT.date()] != before[AT.date()]
    assert len({*before.values(), *after.values()}) == 4


def test_a_change_that_is_taken_back_leaves_the_version(con):
    note_changed(con, [AT])
    before = versions(con)
    con.execute("begin")
    note_changed(con, [AT])
    note_changed(con, [AT])
    con.execute("rollback")
    assert versions(con) == before


def test_nothing_is_noted_of_nothing(con):
    note_changed(con, [])
    assert versions(con) == {}
