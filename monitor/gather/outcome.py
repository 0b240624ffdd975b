"""What follows from a source's trouble: when it may be asked again, or that somebody must act first."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor import __version__
from monitor.errors import CredentialsRefused, MonitorError, OutOfMoney, RetryLater, SourceChanged, StopUntil
from monitor.store.progress import Outcome

_FIRST_PAUSE = 15.0
_CREDENTIALS_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when a source is left alone.

    until    UTC; None: it may be asked in the next round
    stopped  why it is not asked until somebody acts; None where time alone helps
    """

    until: datetime | None = None
    stopped: str | None = None


def pause_after(error: MonitorError, *, now: datetime, failures: int, every: float) -> Pause:
    """What a trouble asks for. Where a source does not say how long, the pause doubles with each failure in a row, is
    drawn between nothing and that (full jitter, so that many installations do not come back at once), and is no longer
    than the interval between rounds.

    failures  in a row before this one
    every     seconds between rounds
    """
    match error:
        case RetryLater(seconds=None):
            longest = min(every, _FIRST_PAUSE * 2 ** min(failures, 20))
            return Pause(now + timedelta(seconds=random.uniform(0, longest)))  # noqa: S311  no secret
        case RetryLater(seconds=float() | int() as seconds):
            return Pause(now + timedelta(seconds=seconds))
        case StopUntil(at=at):
            return Pause(at)
        case CredentialsRefused():
            return Pause(now + _CREDENTIALS_PAUSE, stopped="credentials")
        case OutOfMoney(resets_at=None):
            return Pause(stopped="money")
        case SourceChanged():
            return Pause(stopped=__version__)
    return Pause()


def is_stopped(outcome: Outcome) -> bool:
    """Whether a source waits for somebody to act, however long; a new version of ours is such an act."""
    return outcome.stopped is not None and outcome.stopped in ("money", __version__)


def may_have_new_key(outcome: Outcome) -> bool:
    """Whether a source was refused for its key: a new process, or somebody who asks by hand, may bring another."""
    return outcome.stopped == "credentials"
