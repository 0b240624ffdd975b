from datetime import datetime, timedelta

import numpy as np
import pytest
import typer

from monitor.cli.spikes import spikes
from monitor.errors import ConfigError

START = datetime.fromisoformat("2026-06-01T00:00")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "counts"
    made.mkdir()
    values = np.random.default_rng(0).poisson(3.0, 8 * 288)
    values[7 * 288 :] += 30
    lines = [f"{START + timedelta(minutes=5 * number)},{value}\n" for number, value in enumerate(values)]
    (made / "acme.csv").write_text("timestamp,value\n" + "".join(lines))
    (made / "labels.json").write_text("{}")
    return made


def test_a_folder_of_series_is_answered_by_a_folder_of_scores(folder, tmp_path, capsys):
    spikes(series=folder, out=tmp_path / "new" / "scores", timezone="Europe/Berlin")
    lines = (tmp_path / "new" / "scores" / "acme.csv").read_text().splitlines()
    assert len(lines) == 8 * 288 + 1
    assert "acme.csv: 2,304 rows, " in capsys.readouterr().out
    assert float(lines[1 + 7 * 288].split(",")[1]) >= 0.5
    # told again while the hour fills, then quiet for as long as it merely lasts
    assert all(line.split(",")[1] == "0" for line in lines[1 + 7 * 288 + 12 :])


def test_one_file_is_enough_and_what_is_odd_is_said(folder, tmp_path, capsys):
    file = folder / "acme.csv"
    file.write_text(file.read_text() + "2026-06-01 00:00:00,9\n")
    spikes(series=file, out=tmp_path / "scores", timezone="UTC")
    assert "1 rows repeat a time" in capsys.readouterr().err


def test_series_are_never_written_over(folder):
    before = (folder / "acme.csv").read_bytes()
    with pytest.raises(ConfigError, match="over its own series"):
        spikes(series=folder, out=folder, timezone="UTC")
    assert (folder / "acme.csv").read_bytes() == before


def test_a_folder_without_series_is_said(tmp_path):
    with pytest.raises(ConfigError, match="no CSV file in it"):
        spikes(series=tmp_path, out=tmp_path / "scores", timezone="UTC")


def test_rows_too_close_name_their_file(folder, tmp_path):
    (folder / "close.csv").write_text("timestamp,value\n2026-06-01 00:00,1\n2026-06-01 00:01,1\n")
    with pytest.raises(ConfigError, match=r"close\.csv: line 2: rows are 1 minutes apart"):
        spikes(series=folder / "close.csv", out=tmp_path / "scores", timezone="UTC")


def test_an_unknown_zone_is_wrong_usage(folder, tmp_path):
    with pytest.raises(typer.BadParameter, match="is no zone"):
        spikes(series=folder, out=tmp_path / "scores", timezone="Mars/Base")
