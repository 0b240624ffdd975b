"""Questions by name and by SQL, and what becomes of their parameters."""

import pickle
from datetime import UTC, datetime

import duckdb
import pytest

from monitor.errors import ConfigError, StoreError
from monitor.tell.gate import Limits
from monitor.tell.published import opened
from monitor.tell.questions import question, questions, run_question, run_sql

SEVEN = {
    "before_after_event",
    "busiest_hours",
    "daily_figures",
    "loudest_critics",
    "share_of_voice",
    "what_we_missed",
    "which_thread",
}


def test_every_question_is_listed_with_what_it_asks_and_takes():
    found = {each.name: each for each in questions()}
    assert found.keys() >= SEVEN
    assert found["which_thread"].asks == "Which thread drove a period?"
    assert [(each.name, each.type) for each in found["daily_figures"].parameters] == [
        ("brand", "varchar"),
        ("since", "date"),
        ("until", "date"),
    ]


def test_an_answer_holds_names_types_rows_and_freshness(published):
    answer = run_sql(published, "select 1 as a, 2.5::double as b, null::varchar as c, 'x' as a from v_brands limit 1")
    assert answer.columns == ["a", "b", "c", "a_2"]
    assert answer.types == ["INTEGER", "DOUBLE", "VARCHAR", "VARCHAR"]
    assert answer.rows == [(1, 2.5, None, "x")]
    assert answer.data_as_of == datetime(2026, 11, 14, 12, tzinfo=UTC)
    assert not answer.truncated


def test_an_answer_crosses_a_process_boundary(published):
    answer = run_question(published, "daily_figures", {"brand": "Streamly"})
    assert pickle.loads(pickle.dumps(answer)) == answer


def test_more_rows_than_the_cap_are_cut_and_told(published):
    ordered = "select source_id from v_mentions order by created_at, source_id"
    answer, whole = run_sql(published, ordered, limits=Limits(rows=7)), run_sql(published, ordered)
    assert answer.truncated
    assert not whole.truncated
    assert answer.rows == whole.rows[:7]


def test_times_with_a_zone_come_back_as_utc(published):
    answer = run_sql(published, "select timestamptz '2026-07-15 14:05:00+02' as at, null::timestamptz as never, 1 as n")
    assert answer.rows == [(datetime(2026, 7, 15, 12, 5, tzinfo=UTC), None, 1)]
    assert answer.types[0] == "TIMESTAMP WITH TIME ZONE"


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select brand from v_brands;", id="semicolon"),
        pytest.param("select brand from v_brands -- all of them", id="comment"),
        pytest.param("with b as (select * from v_brands) select * from b", id="with"),
        pytest.param("from v_brands", id="from"),
        pytest.param("describe v_daily", id="describe"),
        pytest.param("summarize v_daily", id="summarize"),
        pytest.param("pivot v_daily on brand in ('Streamly') using sum(mentions)", id="pivot"),
    ],
)
def test_one_select_is_answered(published, sql):
    assert run_sql(published, sql).rows


def test_a_mistyped_name_is_answered_with_the_nearest(published):
    with pytest.raises(ConfigError, match=r"v_dailly does not exist.*Did you mean"):
        run_sql(published, "select * from v_dailly")
    with pytest.raises(ConfigError, match="did you mean which_thread"):
        question("wich_thread")
    with pytest.raises(ConfigError, match="query daily_figures: no parameter 'brnd'; did you mean brand"):
        run_question(published, "daily_figures", {"brnd": "Streamly"})
    with pytest.raises(ConfigError, match="no brand 'Streamli'; did you mean Streamly"):
        run_question(published, "daily_figures", {"brand": "Streamli"})


@pytest.mark.parametrize(
    ("name", "params", "seen"),
    [
        pytest.param("daily_figures", {"since": "yesterday"}, "'yesterday' is no date", id="date"),
        pytest.param("which_thread", {"since": "noon"}, "'noon' is no timestamp", id="timestamp"),
        pytest.param("which_thread", {"top": "many"}, "'many' is no integer", id="integer"),
        pytest.param("before_after_event", {"hours": "1h"}, "'1h' is no double", id="double"),
        pytest.param("share_of_voice", {"step": "fortnight"}, "fortnight", id="choice"),
        pytest.param("daily_figures", {"brand'; drop view v_daily; --": "x"}, "no parameter", id="injection"),
    ],
)
def test_a_parameter_that_is_none_is_named(published, name, params, seen):
    with pytest.raises(ConfigError, match=seen) as refused:
        run_question(published, name, params)
    assert "\n" not in str(refused.value)


def test_a_value_is_never_sql(published):
    with pytest.raises(ConfigError, match="no brand"):
        run_question(published, "daily_figures", {"brand": "' or true --"})
    assert run_question(published, "before_after_event", {"event": "') or true --"}).rows == []


def test_a_timestamp_with_an_offset_is_that_moment(published):
    there = run_question(published, "which_thread", {"since": "2026-11-01T09:05-05:00", "until": "2026-11-01T21:00+05:45"})
    assert there.rows == run_question(published, "which_thread", {"since": "2026-11-01T14:05", "until": "2026-11-01T15:15"}).rows
    assert there.rows


def test_a_missing_or_foreign_file_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"no copy at .*run --once"):
        run_question(tmp_path / "analytics.duckdb", "daily_figures", {})
    (tmp_path / "text.duckdb").write_text("this is no database " * 200)
    with pytest.raises(StoreError, match=r"text.duckdb cannot be read"):
        run_sql(tmp_path / "text.duckdb", "select 1")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as con:
        con.execute("create table t as select 1")
    with pytest.raises(StoreError, match="none of our views"):
        run_sql(tmp_path / "other.duckdb", "select 1")


def test_two_may_ask_at_once_beside_a_notebook(published):
    with duckdb.connect(str(published.resolve()), read_only=True) as notebook, opened(published) as con, opened(published) as other:
        counts = [each.execute("select count(*), current_setting('threads') from v_mentions").fetchall()[0] for each in (con, other)]
        assert counts[0] == counts[1]
        assert run_sql(published, "select 1").rows == notebook.execute("select 1").fetchall()


def test_a_replaced_copy_is_read_at_once(published, tmp_path):
    link = tmp_path / "analytics.duckdb"
    for number in (1, 2):
        path = tmp_path / f"analytics-{number}.duckdb"
        path.write_bytes(published.read_bytes())
        with duckdb.connect(str(path)) as con:
            con.execute(f"insert into event values ('release {number}', 'Streamly', timestamp '2026-11-02', null)")
        link.unlink(missing_ok=True)
        link.symlink_to(path.name)
        assert run_sql(link, "select max(name) from v_events").rows == [(f"release {number}",)]


def test_asking_leaves_the_copy_as_it_was(published):
    before = published.read_bytes()
    for name in SEVEN:
        run_question(published, name, {})
    assert published.read_bytes() == before
    assert [path.name for path in published.parent.iterdir() if path.suffix not in (".duckdb",)] == []
