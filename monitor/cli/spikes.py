"""The command that judges series in files; nothing is stored, and no configuration is needed."""

import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from monitor.cli.options import LOOK, Verbose
from monitor.detect.series_file import read_series, score_series, write_scores
from monitor.errors import ConfigError


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command("spikes", rich_help_panel=LOOK)(spikes)


def spikes(
    series: Annotated[Path, typer.Option("--series", help="A CSV file with the columns timestamp,value, or a folder of them.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write to; made if it is not there.")],
    timezone: Annotated[str, typer.Option("--timezone", help="Whose days and hours the series follows.")] = "UTC",
    verbose: Verbose = 0,
) -> None:
    """Say of each row how unusual it is: timestamp,value in, timestamp,score,strength out; an alert is a score of 0.5 or more."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise typer.BadParameter(f"--timezone {timezone!r} is no zone; write it as Europe/Berlin") from None
    files = sorted(series.glob("*.csv")) if series.is_dir() else [series]
    if not files:
        raise ConfigError(f"{series}: no CSV file in it; give a folder with files of timestamp,value")
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        target = out / file.name
        if target.exists() and target.samefile(file):
            raise ConfigError(f"{target}: would be written over its own series; give another folder with --out")
        rows = read_series(file)
        try:
            scored = score_series(rows, zone=zone)
        except ConfigError as error:
            raise ConfigError(f"{file}: {error}") from None
        write_scores(target, rows, scored)
        for note in scored.notes:
            print(f"{file}: {note}", file=sys.stderr)
        print(f"{target}: {len(rows):,} rows, {sum(score >= 0.5 for score in scored.scores)} alerts")
