"""Keeps collecting: each source at its own pace, copies published, until it is told to stop."""

import logging
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitor.config.models import Config
from monitor.errors import StoreError
from monitor.pipeline import Pipeline

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_SIDE_BY_SIDE = 12


def run_forever(config: Config, pipeline: Pipeline) -> None:
    """Collect every source on its interval and publish, until SIGTERM or Ctrl-C; the round under way is finished.

    Each source has its own rounds, side by side; those of one source never overlap. A round that comes late is run once,
    not as often as it was missed, and starts from its cursor, so nothing is skipped.
    """
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(_SIDE_BY_SIDE)},
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    scheduler.add_listener(_tell, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
    begin = datetime.now(UTC)
    for name, settings in config.sources.items():
        if settings.enabled:
            scheduler.add_job(
                _round, "interval", id=name, args=[pipeline, name], seconds=settings.every, next_run_time=pipeline.due(name, now=begin)
            )
    scheduler.add_job(
        _publish, "interval", id="publish", args=[pipeline], seconds=config.publish.every, next_run_time=begin + timedelta(seconds=1)
    )
    stop = _StopSignal()
    scheduler.start()
    log.warning("collecting from %s; Ctrl-C stops", ", ".join(job.id for job in scheduler.get_jobs() if job.id != "publish") or "no source")
    stop.wait()
    log.warning("stopping: the round under way is finished first")
    scheduler.shutdown(wait=True)
    pipeline.publish(now=datetime.now(UTC))


def _round(pipeline: Pipeline, source: str) -> None:
    begun = time.monotonic()
    try:
        did = pipeline.round(now=datetime.now(UTC), sources=[source])
    except StoreError as error:
        # the pages are kept in memory and saved by the next round
        log.warning("%s", error)
        return
    for said in dict.fromkeys(str(one.error) for one in did.failed):
        log.warning("%s", said)
    log.info("%s: %d new mentions, %d changed; the round took %.2f s", source, did.new, did.changed, time.monotonic() - begun)


def _publish(pipeline: Pipeline) -> None:
    try:
        pipeline.publish(now=datetime.now(UTC))
    except StoreError as error:
        log.warning("%s", error)


def _tell(event: JobEvent) -> None:
    trouble: Any = getattr(event, "exception", None)
    if trouble is not None:
        log.error("%s: %s: %s; this is a fault of the program, please report it", event.job_id, type(trouble).__name__, trouble)
    else:
        log.warning("%s: its round is still under way; the next one takes over from its cursor", event.job_id)


class _StopSignal:
    """Waits for SIGTERM or SIGINT."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def wait(self) -> None:
        # a wait without an end would not let the handler run everywhere
        while not self._stopped.wait(_LOOK_SECONDS):
            pass

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped.set()
