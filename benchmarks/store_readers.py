"""Readers of the published copy beside a writer that commits ten batches a second: whether they succeed, and what it costs the writer."""

import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import Queue
from pathlib import Path

from store_batches import SIZE, batch_of, p95
from store_rows import UNTIL, Rows

from monitor.store.database import Store
from monitor.store.publish import newest, publish
from monitor.store.write import save
from monitor.tell.published import opened

EVERY = 0.1
PUBLISHED_EVERY = 30.0
SECONDS = 40
READERS = 2
SINCE = UNTIL + timedelta(days=30)
_ASKS = (
    f"select count(*) from v_labels where created_at >= timestamp '{SINCE}'",
    "select sum(counted) from v_daily",
)


@dataclass
class Written:
    """What the writer did: when each batch was there, what its commit took in seconds, apart where a copy was made meanwhile."""

    committed_at: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    stalled: list[float] = field(default_factory=list)
    copies: list[tuple[float, float]] = field(default_factory=list)
    copying_since: float = float("inf")

    def is_stalled(self, started: float, ended: float) -> bool:
        """Whether a copy was made in this time."""
        return self.copying_since < ended or any(copying < ended and started < copied for copying, copied in self.copies)


def beside_readers(store: Store, folder: Path, rows: Rows, *, first: int) -> None:
    """Print how writer and readers fare, each alone and together.

    first  number of the next row
    """
    publish(store, folder, now=datetime.now(UTC))
    alone, first = _written(store, folder, rows, first=first, at=0)
    context = multiprocessing.get_context("spawn")
    told: Queue[tuple[list[tuple[float, int, float]], list[str]]] = context.Queue()
    # as long as the writer and its last copy take
    readers = [context.Process(target=_read, args=(folder, SECONDS + 5, told)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    begun = len(alone.committed_at)
    beside, _ = _written(store, folder, rows, first=first, at=begun)
    answers = [told.get(timeout=120) for _ in readers]
    for reader in readers:
        reader.join(timeout=30)
    reads = [read for some, _ in answers for read in some]
    failed = [trouble for _, troubles in answers for trouble in troubles]
    torn = sum(count % SIZE != 0 for _, count, _ in reads)
    behind = max(_behind(beside.committed_at, at, count // SIZE - begun) for at, count, _ in reads)
    longest = max(ended - started for started, ended in beside.copies)
    print(f"readers   {len(reads)} of {len(reads) + len(failed)} reads succeeded, {torn} saw a torn batch {failed[:1] or ''}")
    print(f"readers   {p95([taken for *_, taken in reads]):8.1f} ms p95 a read of two questions, the copy opened each time")
    print(f"readers   at most {behind:.1f} s behind; a copy every {PUBLISHED_EVERY:g} s, made in {longest:.1f} s at most")
    ratio = p95(beside.taken) / p95(alone.taken)
    print(f"writer    {p95(alone.taken):8.1f} ms p95 alone, {p95(beside.taken):.1f} beside {READERS} readers: {ratio:.2f} x")
    print(f"writer    {len(beside.stalled)} commits waited for a copy, {max(beside.stalled, default=0):.2f} s at most")


def _written(store: Store, folder: Path, rows: Rows, *, first: int, at: int) -> tuple[Written, int]:
    """Commit batches and publish copies for a while."""
    written, stop = Written(), threading.Event()
    publisher = threading.Thread(target=_publish, args=(store, folder, written, stop))
    publisher.start()
    begun = time.monotonic()
    for number in range(int(SECONDS / EVERY)):
        page = rows.page(first, SIZE, SINCE + timedelta(minutes=5 * (at + number)), timedelta(seconds=0.5))
        time.sleep(max(0.0, begun + number * EVERY - time.monotonic()))
        started = time.monotonic()
        with store.writing() as con:
            save(con, [batch_of(page)], now=datetime.now(UTC))
        ended = time.monotonic()
        written.committed_at.append(ended)
        (written.stalled if written.is_stalled(started, ended) else written.taken).append(ended - started)
        first += SIZE
    stop.set()
    publisher.join()
    return written, first


def _publish(store: Store, folder: Path, written: Written, stop: threading.Event) -> None:
    while not stop.wait(PUBLISHED_EVERY):
        started = written.copying_since = time.monotonic()
        publish(store, folder, now=datetime.now(UTC))
        written.copies.append((started, time.monotonic()))
        written.copying_since = float("inf")


def _behind(committed_at: Sequence[float], at: float, seen: int) -> float:
    """How long ago, in seconds, the oldest batch was stored that a read did not see."""
    return max(0.0, at - committed_at[max(seen, 0)]) if max(seen, 0) < len(committed_at) else 0.0


def _read(folder: Path, seconds: float, told: "Queue[tuple[list[tuple[float, int, float]], list[str]]]") -> None:
    """Open the newest copy and ask, again and again."""
    reads, troubles, until = [], [], time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.monotonic()
        try:
            with opened(newest(folder)) as con:
                count, _ = (con.execute(sql).fetchall()[0][0] for sql in _ASKS)
            reads.append((started, count, time.monotonic() - started))
        except Exception as error:
            troubles.append(str(error).splitlines()[0])
        time.sleep(max(0.0, started + EVERY - time.monotonic()))
    told.put((reads, troubles))
