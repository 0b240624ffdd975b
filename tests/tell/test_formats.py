"""The same answer for people, spreadsheets, programs and notebooks."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.tell.formats import as_csv, as_json, as_table, notice, write_parquet
from monitor.tell.gate import Answer
from monitor.tell.questions import run_sql

AS_OF = datetime(2026, 11, 14, 12, 25, tzinfo=UTC)
AT = datetime(2026, 7, 15, 12, 5, tzinfo=UTC).replace(tzinfo=None)


def answer_of(columns, types, rows, *, truncated=False) -> Answer:
    return Answer(columns, types, rows, AS_OF, truncated)


def test_a_table_is_aligned_and_says_how_fresh_it_is():
    answer = answer_of(["brand", "share", "n"], ["VARCHAR", "DOUBLE", "BIGINT"], [("Streamly", 0.25, 1200), ("東京", None, 3)])
    assert as_table(answer).splitlines() == [
        "brand     share     n",
        "────────  ─────  ────",
        "Streamly   0.25  1200",
        "東京          –     3",
        "",
        "2 rows; data as of 2026-11-14 12:25 UTC",
    ]


def test_strangers_cannot_move_the_cursor_or_turn_the_words():
    hostile = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\r\nnext\u2028line\x9b31m"
    table = as_table(answer_of(["text\x1b[1m"], ["VARCHAR"], [(hostile,)]))
    assert all(c.isprintable() or c == "\n" for c in table)
    assert len(table.splitlines()) == 5


def test_a_cut_answer_says_so():
    assert (
        notice(answer_of(["n"], ["BIGINT"], [(1,), (2,)], truncated=True))
        == "the first 2 rows; there are more; data as of 2026-11-14 12:25 UTC"
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|calc", "\n=1", "＝1+1"])
def test_no_text_in_csv_runs_as_a_formula(text):
    [_, [cell]] = csv.reader(io.StringIO(as_csv(answer_of(["text"], ["VARCHAR"], [(text,)])), newline=""))
    assert cell == f"'{text}"


def test_numbers_and_harmless_texts_in_csv_are_untouched():
    row = (-5, -0.1, 1e-7, Decimal("-1.50"), "a=b", "it's", None, True, date(2026, 7, 15), AT, ["=a", "b"])
    types = ["BIGINT", "DOUBLE", "DOUBLE", "DECIMAL(5,2)", "VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR[]"]
    [_, cells] = csv.reader(io.StringIO(as_csv(answer_of([f"c{i}" for i in range(11)], types, [row]))))
    assert cells == ["-5", "-0.1", "1e-07", "-1.50", "a=b", "it's", "", "true", "2026-07-15", "2026-07-15 12:05:00", '["=a", "b"]']


def test_numbers_in_csv_are_to_the_digit_what_pandas_reads(published):
    sql = "select negative_share, net_sentiment, covered, 1.0 / (mentions + 2) as odd from v_daily order by brand, local_day"
    read = pd.read_csv(io.StringIO(as_csv(run_sql(published, sql))))
    with duckdb.connect(str(published.resolve()), read_only=True, config={"threads": 1}) as con:
        pd.testing.assert_frame_equal(read, con.execute(sql).df(), check_exact=True)


def test_json_is_a_list_of_objects_with_iso_times():
    row = (AT, datetime(2026, 7, 15, tzinfo=UTC), date(2026, 7, 15), float("nan"), 0.1, None, ["a", None], "é")
    types = ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE", "DOUBLE", "DOUBLE", "BIGINT", "VARCHAR[]", "VARCHAR"]
    assert json.loads(as_json(answer_of(list("abcdefgh"), types, [row]))) == [
        {
            "a": "2026-07-15T12:05:00",
            "b": "2026-07-15T00:00:00+00:00",
            "c": "2026-07-15",
            "d": None,
            "e": 0.1,
            "f": None,
            "g": ["a", None],
            "h": "é",
        }
    ]
    assert as_json(answer_of(["a"], ["BIGINT"], [])) == "[]\n"


def test_parquet_keeps_types_values_and_columns_without_any_value(published, tmp_path):
    sql = """
        select brand, created_at, label, likes, intents, brand_compound, 12::hugeint as big, 1.25::decimal(9, 2) as price,
            created_at::date as day, timezone('UTC', created_at) as zoned, {'a': 1} as record, interval 1 day as span
        from v_mentions order by created_at, source_id limit 5
    """
    answer = run_sql(published, sql)
    write_parquet(answer, tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "timestamp[us]",
        "int8",
        "int64",
        "list<element: string>",
        "double",
        "int64",
        "decimal128(9, 2)",
        "date32[day]",
        "timestamp[us, tz=UTC]",
        "string",
        "string",
    ]
    assert list(zip(*(table.column(i).to_pylist() for i in range(9)), strict=True)) == [row[:9] for row in answer.rows]
    assert table.column("record").to_pylist()[0] == '{"a": 1}'
    assert isinstance(table, pa.Table)


def test_every_format_holds_for_every_view(published, tmp_path):
    views = run_sql(published, "select view_name from duckdb_views() where not internal order by view_name").rows
    for (view,) in views:
        answer = run_sql(published, f"from {view} limit 3")
        assert as_table(answer)
        assert len(list(csv.reader(io.StringIO(as_csv(answer))))) == len(answer.rows) + 1
        assert len(json.loads(as_json(answer))) == len(answer.rows)
        write_parquet(answer, tmp_path / f"{view}.parquet")


@pytest.mark.parametrize("text", ["one\rtwo", "one\r\ntwo", "one\ntwo", 'a "quoted" word', "a,b;c\td", ""])
def test_a_text_stays_in_its_cell(text):
    read = pd.read_csv(io.StringIO(as_csv(answer_of(["text", "n"], ["VARCHAR", "BIGINT"], [(text, 1)])), newline=""), keep_default_na=False)
    assert list(read.itertuples(index=False, name=None)) == [(text, 1)]


def test_an_answer_cut_for_its_size_says_so():
    answer = Answer(["n"], ["BIGINT"], [(1,), (2,)], AS_OF, truncated=True, cut_at=16 << 20)
    assert notice(answer) == "the first 2 rows, 16 MB; there are more; data as of 2026-11-14 12:25 UTC"


def test_lists_of_times_are_json_in_parquet(published, tmp_path):
    answer = run_sql(published, "select [date '2026-02-10', null] as days, [1.5::decimal(3, 1)] as prices, [1, 2] as numbers")
    assert write_parquet(answer, tmp_path / "out.parquet").startswith("1 row; data as of")
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == [{"days": '["2026-02-10", null]', "prices": "[1.5]", "numbers": [1, 2]}]
