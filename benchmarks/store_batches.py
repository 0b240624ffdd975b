"""A page as a source gives it, and how times are told; for the benchmarks of the store."""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC

from monitor.collect.connector import Looked, Query
from monitor.enrich.table import Enriched
from monitor.store.write import Batch

BRAND = "Streamly"
QUERY = Query("x", "made")
SIZE = 500


def batch_of(page: Enriched, run_id: int = 1) -> Batch:
    """A page as a source would give it: with its cursor, and the stretch it looked at."""
    first, last = (page.mentions["created_at"][at].as_py().replace(tzinfo=UTC) for at in (0, -1))
    return Batch(page, QUERY, run_id, "live", {"high": str(last)}, page.mentions.num_rows, [Looked("x", first, last)])


def seconds(work: Callable[[], object], *, rounds: int) -> list[float]:
    """Wall time of each of some rounds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return times


def p50(times: Sequence[float]) -> float:
    """The middle one, in ms."""
    return statistics.median(times) * 1000


def p95(times: Sequence[float]) -> float:
    """The 95th of a hundred, in ms; of a few the largest."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))] * 1000
