"""The store against plainer ways to keep the same rows: writing, room on disk, and every shipped question.

    python benchmarks/bench_store.py [--mentions 1000000] [--batches 15] [--rounds 7] [--folder FOLDER]

All of it in one run and one process on the same made rows, so that the ratios hold where the milliseconds do not.
Writing: wall time of 500 rows and their brands, p50 of the batches, taken in turn: a plain append; a bounded MERGE;
`save` of new rows and of rows of which half are stored, with rollups, cursor and coverage. Import: processor time a
mention of the whole `save`, in pages of 100,000. Room: of files written anew, as after compaction. Questions: each of
`queries/` for one brand on a published copy, one thread, wall time. Peers: DuckDB with a PRIMARY KEY, ON CONFLICT and no
rollups, SQLite with indexes, pandas on Parquet; a ratio above 1 says how many times ours they take.
"""

import argparse
import shutil
import tempfile
import time
from datetime import UTC, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from store_batches import BRAND, SIZE, batch_of, p50, p95, seconds
from store_peers import beside_peers
from store_readers import beside_readers
from store_rows import DAYS, UNTIL, Rows

from monitor.enrich.table import Enriched
from monitor.store.database import STORAGE, Store, sync_brands
from monitor.store.events import add_event
from monitor.store.labels import HandLabel, save_labels
from monitor.store.publish import publish
from monitor.store.write import save
from monitor.tell.questions import questions

_LABELS = 400
_SHARE = """
    select date_trunc('week', created_at) as week, brand, count(*) filter (where counted) as counted
    from mention_brand group by all order by all
"""


def fill(store: Store, rows: Rows, count: int) -> None:
    """Import the rows, and say what that took."""
    used = 0.0
    for page in rows.chunks(count):
        begun = time.process_time()
        with store.writing() as con:
            save(con, [batch_of(page)], now=UNTIL.replace(tzinfo=UTC))
        used += time.process_time() - begun
    print(f"import    {used / count * 1e6:8.1f} µs of processor time a mention stored with one brand", flush=True)


def furnish(con: duckdb.DuckDBPyConnection) -> None:
    """What people add to the texts: labels of some of all times, an event, and a budget with its windows."""
    now = UNTIL.replace(tzinfo=UTC)
    chosen = con.execute(
        """
        select source || ':' || source_id, hash(source_id) % 3 from mention_brand
        where brand = ? and label is not null
        order by hash(source_id) limit ?
        """,
        [BRAND, _LABELS],
    ).fetchall()
    labels = [HandLabel(mention_id, BRAND, number - 1, weight=1.0) for mention_id, number in chosen]
    if [*save_labels(con, labels, now=now)] != ["new"] * _LABELS:
        raise AssertionError("labels were refused")
    add_event(con, name="price rise", brand=BRAND, at=now - timedelta(days=30))
    con.execute(
        """
        insert into budget
        select ?, 'usd', first, first + interval 30 days, 10, 5, 1
        from unnest(generate_series(?, ?, interval 30 days)) as one (first)
        """,
        [f"x usd {BRAND}", UNTIL - timedelta(days=DAYS), UNTIL],
    )


def write(store: Store, rows: Rows, count: int, batches: int) -> int:
    """Batches of 500 at the end of what is stored; each way takes its turn. Returns the number of the next row."""
    taken: dict[str, list[float]] = {}
    step, at, number = timedelta(seconds=0.5), UNTIL, count
    with store.opened() as con:
        con.execute(f"attach '{store.folder / 'naive.duckdb'}' as peer")
        con.execute("create table peer.naive as select * exclude (marks) from mention")
        con.execute("create unique index naive_key on peer.naive (source, source_id)")
    for _ in range(batches):
        for way in ("append", "merge", "new", "half", "naive"):
            number, at = number + SIZE, at + SIZE * step
            page = rows.page(number, SIZE, at, step)
            if way in ("half", "merge"):
                half = rows.page(number - SIZE // 2, SIZE // 2, at, step)
                with store.writing() as con:
                    save(con, [batch_of(half)], now=at.replace(tzinfo=UTC))
                page = _joined(half, page.mentions.slice(0, SIZE // 2), page.brands.slice(0, SIZE // 2))
            begun = time.perf_counter()
            with store.writing() as con:
                _write(con, way, page)
            taken.setdefault(way, []).append(time.perf_counter() - begun)
    floor = p50(taken["append"])
    names = {
        "append": "append to both tables",
        "merge": "bounded MERGE, half of it stored",
        "new": "promised transaction, all new",
        "half": "promised transaction, half stored",
        "naive": "peer: PRIMARY KEY, ON CONFLICT",
    }
    for way, name in names.items():
        print(f"500 rows  {p50(taken[way]):8.1f} ms p50 {p95(taken[way]):8.1f} p95  {p50(taken[way]) / floor:5.1f} x  {name}", flush=True)
    with store.opened() as con:
        con.execute("detach peer")
    return number + SIZE


def _joined(known: Enriched, mentions: pa.Table, brands: pa.Table) -> Enriched:
    return Enriched(pa.concat_tables([known.mentions, mentions]), pa.concat_tables([known.brands, brands]), ())


def _write(con: duckdb.DuckDBPyConnection, way: str, page: Enriched) -> None:
    mentions = (
        page.mentions.drop(["marks"])
        .append_column("first_seen_at", page.mentions["fetched_at"])
        .append_column("run_id", [[1] * page.mentions.num_rows])
    )
    names = ", ".join(mentions.column_names)
    first, last = page.mentions["created_at"][0].as_py(), page.mentions["created_at"][-1].as_py()
    if way in ("new", "half"):
        save(con, [batch_of(page)], now=UNTIL.replace(tzinfo=UTC))
    elif way == "naive":
        rows = mentions
        named = ", ".join(rows.column_names)
        renew = "on conflict (source, source_id) do update set fetched_at = excluded.fetched_at"
        con.execute(f"insert into peer.naive ({named}) select * from rows {renew}")
    elif way == "append":
        con.execute(f"insert into mention ({names}) select {names} from mentions")
        _insert_brands(con, page.brands)
    else:
        con.execute(f"""
            merge into mention using mentions on mention.source = mentions.source and mention.source_id = mentions.source_id
                and mention.created_at between timestamp '{min(first, last)}' and timestamp '{max(first, last)}'
            when matched and mentions.fetched_at > mention.fetched_at
                then update set likes = mentions.likes, fetched_at = mentions.fetched_at
            when not matched then insert ({names}) values ({", ".join(f"mentions.{name}" for name in mentions.column_names)})
        """)
        _insert_brands(con, page.brands)


def _insert_brands(con: duckdb.DuckDBPyConnection, brands: pa.Table) -> None:
    """DuckDB reads the table by its name here."""
    con.execute("insert into mention_brand select * from brands")


_WORKED_OUT = "marks, copy_key_1, copy_key_2, copy_key_3, duplicate_of, is_spam, spam_reason, run_id, first_seen_at"
PARTS = {
    "texts as they were said, and plain scores": [f"select * exclude ({_WORKED_OUT}) from mention"],
    "keys of copies, spam, run": [f"select {_WORKED_OUT} from mention"],
    "mention_brand": ["select * exclude (why) from mention_brand"],
    "why": ["select why from mention_brand"],
    "rollups": ["from rollup_5m", "from rollup_day"],
}


def room(copy: Path, folder: Path, count: int) -> None:
    """How much each part adds to a file that is written anew, as by a compaction."""
    path = folder / "parts.duckdb"
    sizes, before = {}, 0
    with duckdb.connect(config={"threads": 1, "storage_compatibility_version": STORAGE}) as con:
        con.execute(f"attach '{copy}' as made (read_only); attach '{path}' as one; use made")
        for number, (name, tables) in enumerate(PARTS.items()):
            for place, sql in enumerate(tables):
                con.execute(f"create table one.part_{number}_{place} as {sql}")
            con.execute("checkpoint one")
            size = path.stat().st_size
            sizes[name], before = (size - before) / count, size
    path.unlink()
    first = next(iter(sizes.values()))
    for name, size in {**sizes, "all of it": sum(sizes.values())}.items():
        print(f"room      {size:8.1f} MB a million  {size / first * 100:6.1f} %  {name}", flush=True)


def ask(copy: Path, rounds: int) -> None:
    """Each question on one brand, one thread."""
    with duckdb.connect(str(copy), read_only=True, config={"threads": 1}) as con:
        con.execute("set timezone = 'UTC'")
        voice = seconds(lambda: con.execute(_SHARE).fetchall(), rounds=rounds)
        for each in questions():
            con.execute("reset variable brand")
            if each.name != "share_of_voice":
                con.execute(f"set variable brand = '{BRAND}'")
            times = seconds(lambda sql=each.sql: con.execute(sql).fetchall(), rounds=rounds)
            beside = f", {p50(voice) / p50(times):.0f} x quicker than from the rows" if each.name == "share_of_voice" else ""
            print(f"question  {p50(times):8.1f} ms p50 {p95(times):8.1f} p95  {each.name}{beside}", flush=True)


def main() -> None:
    """Make the rows, then print a line a figure."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mentions", type=int, default=1_000_000)
    arguments.add_argument("--batches", type=int, default=15)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--folder", type=Path)
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-store-", dir=given.folder))
    try:
        rows = Rows()
        print(f"{given.mentions:,} mentions over {DAYS} days", flush=True)
        with Store(folder / "data", command="bench_store") as store:
            with store.writing() as con:
                sync_brands(con, rows.brands)
            fill(store, rows, given.mentions)
            with store.writing() as con:
                furnish(con)
            copy = publish(store, folder / "published", now=UNTIL.replace(tzinfo=UTC)).path
            copy = copy.rename(folder / "copy.duckdb")
            room(copy, folder, given.mentions)
            ask(copy, given.rounds)
            beside_peers(copy, folder, since=str(UNTIL - timedelta(days=7)), rounds=given.rounds)
            number = write(store, rows, given.mentions, given.batches)
            beside_readers(store, folder / "published", rows, first=number)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
