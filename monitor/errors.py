"""The kinds of trouble, one for each thing that happens next."""

from datetime import datetime


class MonitorError(Exception):
    """Something that a person is told in one line: where, what was seen, what to do."""


class ConfigError(MonitorError):
    """The configuration, a column map or a command's argument must be edited."""


class StoreError(MonitorError):
    """The store must be freed, upgraded or repaired."""


class StoreBusy(StoreError):
    """Another process has the store; wait for it."""


class RetryLater(MonitorError):
    """A source asks for a pause; `seconds` from now, None where it does not say how long."""

    def __init__(self, message: str, *, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class StopUntil(MonitorError):
    """A source refuses until a time; `at` is UTC."""

    def __init__(self, message: str, *, at: datetime) -> None:
        super().__init__(message)
        self.at = at


class CredentialsRefused(MonitorError):
    """A key is missing, wrong or revoked; somebody must renew it."""


class OutOfMoney(MonitorError):
    """A paid source has reached its budget; somebody must raise it.

    resets_at  when a budget of ours is full again, UTC; None where the source itself refuses: it is not asked
               again until somebody does so by hand
    """

    def __init__(self, message: str, *, resets_at: datetime | None = None) -> None:
        super().__init__(message)
        self.resets_at = resets_at


class BadItem(MonitorError):
    """One item cannot be read; it is set aside and the page goes on."""


class SourceChanged(MonitorError):
    """A source answers in a shape that this version does not know; our code must follow."""
