"""What the pages for analysts show is run, line by line, on a copy that the program has published."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DUCKDB = shutil.which("duckdb", path=Path(sys.executable).parent) or "duckdb"


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture(params=[pytest.param("", id="file"), pytest.param("publish: {lake: true}", id="lake")])
def filled(here, request):
    here.configure(more=request.param)
    here.run("backfill", "rows.jsonl")
    (here.folder / "queries").symlink_to(ROOT / "queries")
    return here


def test_the_notebook_page_runs_from_top_to_bottom(filled):
    names = {}
    for block in blocks("notebooks.md", "python"):
        if ".pl()" in block and not importlib.util.find_spec("polars"):
            continue
        exec(block, names)
    assert names["daily"]["mentions"].sum() > 0
    assert list(names["critics"].columns)[:3] == ["brand", "source", "author"]
    names["con"].close()


def test_the_shell_page_runs_from_top_to_bottom(filled):
    script = "".join(blocks("shell.md", "sql"))
    done = subprocess.run(
        [DUCKDB, "-readonly", "-bail", "published/analytics.duckdb"], input=script, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    assert "v_mentions" in done.stdout
    assert (filled.folder / "acme.csv").read_text().startswith("brand,local_day,mentions")


@pytest.mark.parametrize("page", ["shell.md", "dbeaver.md", "metabase.md", "notebooks.md"])
def test_every_page_says_to_open_the_copy_for_reading_only(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert "duckdb -readonly" in text or "read_only=True" in text
    opened = re.findall(r"^(?:\$ )?duckdb .*", text, re.M)
    assert all("-readonly" in line for line in opened)


def test_the_commands_of_the_excel_page_run(filled):
    for line in "".join(blocks("excel.md", "")).splitlines():
        if found := re.fullmatch(r'monitor query (?:--sql "(?P<sql>[^"]+)"|(?P<name>\w+)) --out (?P<out>\S+)', line):
            asked = ["--sql", found["sql"]] if found["sql"] else [found["name"]]
            filled.run("query", *asked, "--out", found["out"])
            assert (filled.folder / found["out"]).stat().st_size > 0
