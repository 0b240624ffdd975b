"""Scoring in several processes: tables go in and come out in their order, few of them at a time."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from monitor.config.models import Brand
from monitor.enrich.remarks import Remarks
from monitor.enrich.score import score_table
from monitor.enrich.scorers import scorer_named
from monitor.enrich.sentiment import Scorer
from monitor.errors import MonitorError

AHEAD = 2
"""Tables a process that are waited for at a time: what memory is bounded by."""

Tools = Callable[[], tuple[Scorer, Remarks]]
"""Makes what texts are scored with; called once in each process, so it must be something that can be sent there."""

_Item = TypeVar("_Item")
# of this process: made once, by `_begin`
_TOOLS: list[tuple[Scorer, Remarks]] = []


def make_tools(scorer: str, brands: Sequence[Brand], model: Path | None) -> tuple[Scorer, Remarks]:
    """The scorer of that name, and what finds intents and topics of these brands; see `scorer_named`."""
    return scorer_named(scorer, brands=brands, model=model), Remarks(brands)


def score_all(
    items: Iterable[tuple[_Item, pa.Table]], tools: Tools, *, processes: int | None = None, explain: bool = True, topics: bool = False
) -> Iterator[tuple[_Item, pa.Table]]:
    """Each item with its table, of columns ASKED, scored: columns SCORED, in the order in which they came.

    processes  one for each core where None; with 1 everything happens here
    topics     whether what the texts speak of is wanted too, see `score_table`
    raises     what taking the items raises; MonitorError where a process was killed, such as for want of memory
    """
    processes = processes or len(os.sched_getaffinity(0))
    if processes == 1:
        scorer, remarks = tools()
        yield from ((item, score_table(asked, scorer=scorer, remarks=remarks, explain=explain, topics=topics)) for item, asked in items)
        return
    # forked processes would inherit the store's lock and open files
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(tools,)) as pool:
        waiting: deque[tuple[_Item, Future[pa.Table]]] = deque()
        coming = iter(items)
        trouble: MonitorError | None = None
        try:
            while True:
                try:
                    item, asked = next(coming)
                except StopIteration:
                    break
                except MonitorError as error:
                    # what came before it is not lost
                    trouble = error
                    break
                waiting.append((item, pool.submit(_score, asked, explain=explain, topics=topics)))
                if len(waiting) >= AHEAD * processes:
                    yield _taken(waiting)
            while waiting:
                yield _taken(waiting)
        except BrokenProcessPool:
            raise MonitorError("a scoring process was killed, perhaps for want of memory; free some and run again") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if trouble is not None:
        raise trouble


def _taken(waiting: deque[tuple[_Item, "Future[pa.Table]"]]) -> tuple[_Item, pa.Table]:
    item, future = waiting.popleft()
    return item, future.result()


def _begin(tools: Tools) -> None:
    # ctrl-c is for the process that hands out the work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _TOOLS.append(tools())


def _score(asked: pa.Table, *, explain: bool, topics: bool) -> pa.Table:
    scorer, remarks = _TOOLS[-1]
    return score_table(asked, scorer=scorer, remarks=remarks, explain=explain, topics=topics)
