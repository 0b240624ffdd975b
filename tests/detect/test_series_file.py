from datetime import datetime, timedelta
from math import isnan
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detect.series_file import read_series, score_series, write_scores
from monitor.errors import ConfigError
from tests.detect.conftest import DAY, everyday

UTC = ZoneInfo("UTC")
START = datetime.fromisoformat("2026-06-01T00:02:53")


def written(folder, values, *, minutes=5, name="acme.csv"):
    lines = [f"{START + timedelta(minutes=minutes * number)},{value:g}" for number, value in enumerate(values)]
    file = folder / name
    file.write_text("timestamp,value\n" + "\n".join(lines) + "\n")
    return file


def scored(folder, values, **more):
    return score_series(read_series(written(folder, values, **more)), zone=UTC)


def burst(days=12):
    volume, _ = everyday(1, days=days)
    volume[10 * DAY : 10 * DAY + 24] += 40
    return volume


def test_a_burst_is_one_alert_and_then_quiet(tmp_path):
    seen = scored(tmp_path, burst())
    told = [at for at, score in enumerate(seen.scores) if score >= 0.5 and at >= 9 * DAY]
    assert 10 * DAY <= told[0] <= 10 * DAY + 3
    # told again only while its first hour becomes twice as strong
    assert len(told) <= 4
    assert told[-1] < 10 * DAY + 12
    assert seen.notes == []


def test_every_row_is_answered_in_its_own_words(tmp_path):
    rows = read_series(written(tmp_path, burst(days=5)))
    write_scores(tmp_path / "out.csv", rows, score_series(rows, zone=UTC))
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "timestamp,score,strength"
    assert [line.split(",")[0] for line in lines[1:]] == [row.written for row in rows]
    # before three days are known there is nothing to say
    assert lines[1] == "2026-06-01 00:02:53,0,"
    assert all(0 <= float(line.split(",")[1]) <= 1 for line in lines[1:])


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(1, 6 * DAY), seed=st.integers(0, 2**32 - 1), moved=st.lists(st.integers(0, 6 * DAY - 1), max_size=20))
def test_what_comes_later_changes_nothing(tmp_path_factory, cut, seed, moved):
    rows = read_series(written(tmp_path_factory.mktemp("series"), np.random.default_rng(seed).poisson(3.0, 6 * DAY)))
    for place in moved:
        # repeated, out of order or missing rows
        rows[place] = rows[place // 2]
    whole, part = (score_series(some, zone=UTC) for some in (rows, rows[:cut]))
    assert whole.scores[:cut] == part.scores
    assert np.array_equal(whole.strengths[:cut], part.strengths, equal_nan=True)


def test_repeated_rows_and_gaps_are_said_and_not_counted(tmp_path):
    rows = read_series(written(tmp_path, burst()))
    odd = score_series([*rows[: 5 * DAY], rows[5 * DAY - 1], rows[17], *rows[5 * DAY + 30 :]], zone=UTC)
    assert [note[:7] for note in odd.notes] == ["2 rows ", "1 gaps;"]
    assert odd.scores[5 * DAY : 5 * DAY + 2] == [0.0, 0.0]
    assert max(odd.scores[10 * DAY - 40 : 10 * DAY]) >= 0.5


def test_a_century_without_rows_takes_no_time(tmp_path):
    rows = read_series(written(tmp_path, burst(days=4)))
    late = [type(row)(row.line, row.written, row.at + timedelta(days=36500), row.value) for row in rows]
    assert len(score_series([*rows, *late], zone=UTC).scores) == len(rows) * 2


def test_an_empty_value_is_not_known(tmp_path):
    file = written(tmp_path, burst(days=5))
    file.write_text(file.read_text().replace(",2\n", ",\n"))
    rows = read_series(file)
    seen = score_series(rows, zone=UTC)
    assert any(isnan(row.value) for row in rows)
    assert "without a value" in seen.notes[0]


def test_hourly_rows_are_twelve_bins(tmp_path):
    values = np.random.default_rng(0).poisson(40, 24 * 20)
    values[24 * 19] = 400
    seen = scored(tmp_path, values, minutes=60)
    assert seen.scores[24 * 19] >= 0.5
    assert sum(score >= 0.5 for score in seen.scores) <= 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("time,count\n", "acme.csv:1: no column timestamp and no column value", id="columns"),
        pytest.param("timestamp,value\n2026-06-01,1\nnoon,2\n", "acme.csv:3: timestamp 'noon' is no time", id="time"),
        pytest.param("timestamp,value\n2026-06-01,many\n", "acme.csv:2: value 'many' is no count", id="word"),
        pytest.param("timestamp,value\n2026-06-01,-1\n", "acme.csv:2: value '-1' is no count", id="below zero"),
        pytest.param("timestamp,value\n2026-06-01,inf\n", "acme.csv:2: value 'inf' is no count", id="infinite"),
    ],
)
def test_a_bad_row_gives_one_clear_line(tmp_path, text, said):
    (tmp_path / "acme.csv").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_series(tmp_path / "acme.csv")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text_give_one_clear_line(tmp_path):
    (tmp_path / "acme.csv").write_bytes(b"timestamp,value\n\xff\xfe,1\n")
    with pytest.raises(ConfigError, match="cannot be read as UTF-8 CSV"):
        read_series(tmp_path / "acme.csv")


def test_rows_a_minute_apart_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="1 minutes apart"):
        scored(tmp_path, [1, 2, 3], minutes=1)


def test_no_rows_no_scores(tmp_path):
    assert scored(tmp_path, []).scores == []
    assert scored(tmp_path, [3]).scores == [0.0]
