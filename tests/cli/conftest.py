"""Runs commands in this process, in a folder of their own."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from monitor.cli.app import app

ROWS = [
    {"source": "x", "source_id": "1", "text": "acme raised prices, terrible", "created_at": "2026-07-10T10:00:00Z"},
    {"source": "x", "source_id": "2", "text": "acme is great", "created_at": "2026-07-11T10:00:00Z", "author_name": "ann"},
    {"source": "reddit", "source_id": "t1_3", "text": "globex, not acmeist", "created_at": "2026-07-12T10:00:00Z"},
    {"source": "x", "source_id": "4", "text": "acme \x1b[31m poetry\u202e", "created_at": "2026-07-12T11:00:00Z"},
]
CONFIG = """
brands:
  - {{name: Acme, rule: '{rule}', timezone: America/New_York}}
  - {{name: Globex, rule: globex}}
sources:
  file: {{}}
{more}
"""


class Here:
    """A folder with a configuration and a file of mentions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configure()
        self.write("rows.jsonl", ROWS)

    def configure(self, rule: str = "acme", more: str = "") -> None:
        """Write the configuration anew."""
        (self.folder / "config.yaml").write_text(CONFIG.format(rule=rule, more=more))

    def write(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A JSONL file of posts."""
        (self.folder / name).write_text("".join(json.dumps({"kind": "post", **row}) + "\n" for row in rows))

    def run(self, *args: str, code: int = 0) -> Result:
        """Run `monitor` to its end; its trouble is raised."""
        done = CliRunner().invoke(app, list(args), catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Here]:
    """The folder, where commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_CONFIG", raising=False)
    monkeypatch.delenv("X_BEARER_TOKEN", raising=False)
    return Here(tmp_path)
