"""A lake against whole copies: how long publishing takes, what lies on the disk, and how long questions take.

    python benchmarks/bench_lake.py [--mentions 1000000] [--days 1000] [--rounds 3] [--folder FOLDER]

Both in one run on the same made rows, so that the ratios hold where the seconds do not. Publishing: wall time of the first
copy and of one after a round of 500 texts. Questions: each of `queries/` for one brand, and the texts of a brand's week,
through the same read-only engine as `monitor query`, one thread, processor time, the best of the rounds.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path

import duckdb
from bench_store import fill
from store_batches import BRAND, SIZE, batch_of
from store_rows import UNTIL, Rows

from monitor.store.database import Store, sync_brands
from monitor.store.lake import LAKE
from monitor.store.publish import publish
from monitor.store.write import save
from monitor.tell.published import opened
from monitor.tell.questions import questions

WEEK = f"""
    select count(*), max(text) from v_mentions
    where brand = '{BRAND}' and created_at >= timestamp '{UNTIL}' - interval 14 days and created_at < timestamp '{UNTIL}' - interval 7 days
"""


def publish_both(store: Store, rows: Rows, folder: Path, count: int) -> dict[str, Path]:
    """Publish both ways, twice; the newest copies."""
    copies: dict[str, Path] = {}
    for step, title in enumerate(("first copy", "after a round of 500")):
        for way in ("whole", "lake"):
            begun = time.perf_counter()
            now = UNTIL.replace(tzinfo=UTC) + timedelta(minutes=step)
            copies[way] = publish(store, folder / way, now=now, lake=way == "lake").path
            print(f"publish   {time.perf_counter() - begun:8.2f} s  {way}, {title}", flush=True)
        with store.writing() as con:
            page = rows.page(count + step * SIZE, SIZE, UNTIL - timedelta(minutes=10), timedelta(seconds=1))
            save(con, [batch_of(page)], now=UNTIL.replace(tzinfo=UTC))
    return copies


def room(copies: dict[str, Path], count: int) -> None:
    """What lies on the disk for one copy."""
    tables = sorted(path for path in (copies["lake"].parent / LAKE).iterdir())
    sizes = {f"lake, {table.name}": _newest_files(copies["lake"], table.name) for table in tables}
    sizes |= {f"{way}, the copy": copy.stat().st_size for way, copy in copies.items()}
    for name, size in sizes.items():
        print(f"room      {size / count:8.1f} MB a million  {name}", flush=True)


def _newest_files(copy: Path, table: str) -> int:
    with duckdb.connect(str(copy), read_only=True) as con:
        files = con.execute("select file from lake_file where holds = ?", [table]).fetchall()
    return sum((copy.parent / file).stat().st_size for (file,) in files)


def ask(copies: dict[str, Path], rounds: int) -> None:
    """Every question of both."""
    engines = {way: opened(copy) for way, copy in copies.items()}
    for name, sql in {"a week of texts": WEEK, **{each.name: each.sql for each in questions()}}.items():
        taken = {}
        for way, con in engines.items():
            con.execute("reset variable brand" if name == "share_of_voice" else f"set variable brand = '{BRAND}'")
            taken[way] = min(_seconds(lambda con=con, sql=sql: con.execute(sql).fetchall()) for _ in range(rounds))
        print(f"question  {taken['whole'] * 1000:8.1f} ms  {taken['lake'] / taken['whole']:5.1f} x in a lake  {name}", flush=True)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    try:
        work()
    except duckdb.OutOfMemoryException:
        return float("nan")
    return time.process_time() - begun


def main() -> None:
    """Make the rows, then print a line a figure."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mentions", type=int, default=1_000_000)
    arguments.add_argument("--days", type=int, default=1_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--folder", type=Path)
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-lake-", dir=given.folder))
    try:
        rows = Rows(days=given.days)
        print(f"{given.mentions:,} mentions over {given.days} days", flush=True)
        with Store(folder / "data", command="bench_lake") as store:
            with store.writing() as con:
                sync_brands(con, rows.brands)
            fill(store, rows, given.mentions)
            copies = publish_both(store, rows, folder, given.mentions)
        room(copies, given.mentions)
        ask(copies, given.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
