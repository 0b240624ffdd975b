"""Runs the program as a user does: as a process, with a configuration in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

REPOSITORY = Path(__file__).parents[2]
SHARED = REPOSITORY.parent / "shared" / "data"
AIRLINES = REPOSITORY / "docs" / "examples" / "airlines" / "config.yaml"

# when something was done differs from run to run; what was stored must not
_TIMES = {
    "mention": ("first_seen_at", "fetched_at"),
    "coverage": ("pulled_at",),
    "cursor": ("updated_at", "cursor"),
    "run": ("started_at", "finished_at"),
}
_TABLES = ("brand", "mention", "mention_brand", "mention_run", "engagement_history", "coverage", "cursor", "rollup_5m", "rollup_day")


@dataclass(frozen=True)
class Place:
    """A folder with a configuration, and the program to run in it."""

    folder: Path

    def run(self, *args: str, small_pages: int | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `monitor` to its end."""
        done = subprocess.run(
            self.command(*args, small_pages=small_pages), capture_output=True, text=True, cwd=self.folder, timeout=120, check=False
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def start(self, *args: str, small_pages: int | None = None) -> subprocess.Popen[str]:
        """Start `monitor`; its output goes to a file beside."""
        with (self.folder / f"{args[0]}.log").open("a") as log:
            return subprocess.Popen(self.command(*args, small_pages=small_pages), cwd=self.folder, stdout=log, stderr=log, text=True)

    def command(self, *args: str, small_pages: int | None = None) -> list[str]:
        """The program's command line; small pages make many transactions out of little data."""
        if small_pages is None:
            return [sys.executable, "-m", "monitor", *args]
        code = f"import connectors.file as file; file._PAGE_RECORDS = {small_pages}; from monitor.cli.app import main; main()"
        return [sys.executable, "-c", code, *args]

    def rows(self, sql: str) -> list[tuple]:
        """Ask the published copy."""
        with duckdb.connect(str((self.folder / "published" / "analytics.duckdb").resolve()), read_only=True) as con:
            return con.execute(sql).fetchall()

    def contents(self, *, without: Sequence[str] = ()) -> dict[str, list[tuple]]:
        """Everything in the private store but the times at which it was done."""
        with duckdb.connect(str(self.folder / "data" / "monitor.duckdb"), read_only=True) as con:
            return {
                table: con.execute(f"select {_columns(con, table, without)} from {table} order by all").fetchall() for table in _TABLES
            } | {
                "incident": con.execute(
                    "select id, brand, direction, severity, onset_at, observed, peak from incident order by all"
                ).fetchall()
            }


def _columns(con: duckdb.DuckDBPyConnection, table: str, without: Sequence[str]) -> str:
    names = [name for (name,) in con.execute("select column_name from duckdb_columns() where table_name = ?", [table]).fetchall()]
    return ", ".join(name for name in names if name not in _TIMES.get(table, ()) and name not in without)


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], Place]:
    """Makes a place from a configuration's text."""

    def make(config: str, name: str = "place") -> Place:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.yaml").write_text(config)
        return Place(folder)

    return make


@pytest.fixture
def airlines(place: Callable[[str], Place]) -> Callable[[str], Place]:
    """Makes a place with the airlines' configuration."""
    return lambda name="airlines": place(AIRLINES.read_text(), name)


@pytest.fixture(scope="session")
def tweets() -> Path:
    """The public airline tweets, where they are at hand."""
    path = SHARED / "sentiment" / "airline.jsonl"
    if not path.exists():
        pytest.skip(f"the public airline set is not at {path}")
    return path


@pytest.fixture(autouse=True)
def _own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONITOR_CONFIG", raising=False)


def write_rows(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    """A JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def environment(**changes: str) -> dict[str, str]:
    """The process's environment with changes."""
    return {**os.environ, **changes}
