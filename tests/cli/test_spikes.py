import csv
from datetime import datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.errors import ConfigError

START = datetime.fromisoformat("2026-06-01")
DAY = 288


def write(folder, name="acme.csv", *, days=6, burst=5 * DAY + 100, header="timestamp,value"):
    """A calm series with a burst of an hour."""
    counts = np.random.default_rng(0).poisson(4.0, days * DAY)
    counts[burst : burst + 12] += 40
    lines = [f"{START + timedelta(minutes=5 * number)},{count}" for number, count in enumerate(counts)]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join([header, *lines]) + "\n")
    return folder / name


def read(file):
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_one_row_in_is_one_row_out_in_order(here):
    series = write(here.folder)
    done = here.run("spikes", "--series", "acme.csv", "--out", "out")
    rows, scored = read(series), read(here.folder / "out" / "acme.csv")
    assert [row["timestamp"] for row in scored] == [row["timestamp"] for row in rows]
    assert all(0 <= float(row["score"]) <= 1 for row in scored)
    assert all(row["strength"] == "" or float(row["strength"]) >= 0 for row in scored)
    alerts = [number for number, row in enumerate(scored) if float(row["score"]) >= 0.5]
    assert alerts[0] in range(5 * DAY + 100, 5 * DAY + 103)
    assert done.stdout == f"out/acme.csv: 1,728 rows, {len(alerts)} alerts\n"
    assert done.stderr == ""


def test_every_series_of_a_folder_is_judged_by_itself(here):
    write(here.folder / "series", "a.csv")
    write(here.folder / "series", "b.csv", burst=4 * DAY)
    (here.folder / "series" / "notes.txt").write_text("not a series")
    done = here.run("spikes", "--series", "series", "--out", "out")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["out/a.csv", "out/b.csv"]
    assert sorted(file.name for file in (here.folder / "out").iterdir()) == ["a.csv", "b.csv"]
    here.run("spikes", "--series", "series/a.csv", "--out", "alone")
    assert read(here.folder / "alone" / "a.csv") == read(here.folder / "out" / "a.csv")


def test_doing_it_again_writes_the_same(here):
    write(here.folder)
    here.run("spikes", "--series", "acme.csv", "--out", "out")
    first = (here.folder / "out" / "acme.csv").read_bytes()
    here.run("spikes", "--series", "acme.csv", "--out", "out")
    assert (here.folder / "out" / "acme.csv").read_bytes() == first


def test_no_configuration_is_needed(here):
    write(here.folder)
    (here.folder / "config.yaml").unlink()
    assert here.run("spikes", "--series", "acme.csv", "--out", "out").exit_code == 0


def test_what_is_odd_about_a_series_is_said_beside_the_result(here):
    file = write(here.folder)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:500], lines[499], *lines[520:]]) + "\n")
    done = here.run("spikes", "--series", "acme.csv", "--out", "out")
    assert done.stderr.splitlines() == [
        "acme.csv: 1 rows repeat a time or go back in time; they are left out and score 0",
        "acme.csv: 1 gaps; what is not there is not known, and not taken for zero",
    ]
    assert len(read(here.folder / "out" / "acme.csv")) == 1_728 - 20 + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("time,count\n1,2\n", "bad.csv:1: no column timestamp and no column value; the first line must be", id="columns"),
        pytest.param("timestamp,value\n2026-06-01 00:00:00,1\nnoon,2\n", "bad.csv:3: timestamp 'noon' is no time; write it as", id="time"),
        pytest.param("timestamp,value\n2026-06-01 00:00:00,many\n", "bad.csv:2: value 'many' is no count; give a number", id="word"),
        pytest.param("timestamp,value\n2026-06-01 00:00:00,-3\n", "bad.csv:2: value '-3' is no count", id="below zero"),
        pytest.param("timestamp,value\n2026-06-01 00:00:00,1\n2026-06-01 00:01:00,1\n", "bad.csv: line 2: rows are 1 minutes", id="width"),
        pytest.param("timestamp,value\n2026-06-30 23:59:60,1\n", "bad.csv:2: timestamp '2026-06-30 23:59:60' is no time", id="leap second"),
        pytest.param("", "bad.csv:1: no column timestamp", id="empty"),
    ],
)
def test_a_file_that_is_no_series_is_refused_by_name_and_line(here, text, said):
    (here.folder / "bad.csv").write_text(text)
    with pytest.raises(ConfigError) as error:
        here.run("spikes", "--series", "bad.csv", "--out", "out")
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)
    assert not (here.folder / "out" / "bad.csv").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["--series", "nowhere.csv", "--out", "out"], "nowhere.csv", id="no file"),
        pytest.param(["--series", "empty", "--out", "out"], "empty: no CSV file in it; give a folder", id="an empty folder"),
        pytest.param(["--series", "acme.csv", "--out", "."], "acme.csv: would be written over its own series", id="over itself"),
    ],
)
def test_what_cannot_be_done_is_refused_in_plain_words(here, args, said):
    written = write(here.folder).read_bytes()
    (here.folder / "empty").mkdir()
    with pytest.raises((ConfigError, FileNotFoundError), match=said):
        here.run("spikes", *args)
    assert (here.folder / "acme.csv").read_bytes() == written


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_zone_that_is_none_is_wrong_usage(here, zone):
    write(here.folder)
    done = CliRunner().invoke(app, ["spikes", "--series", "acme.csv", "--out", "out", "--timezone", zone])
    assert done.exit_code == 2 or "is no zone" in str(done.exception)


def test_days_follow_the_zone(here):
    write(here.folder)
    here.run("spikes", "--series", "acme.csv", "--out", "utc")
    here.run("spikes", "--series", "acme.csv", "--out", "kathmandu", "--timezone", "Asia/Kathmandu")
    known = [sum(row["strength"] != "" for row in read(here.folder / name / "acme.csv")) for name in ("utc", "kathmandu")]
    assert known[0] != known[1]
