"""What may be asked of a source: requests and money a window, reserved before they are spent."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

Span = timedelta | Literal["utc day", "utc month", "pacific day"]
"""How long a window lasts: from its first use on, or a calendar's own."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """An allowance that is used up by asking, and full again in each new window.

    name   as in the ledger, such as "x requests" or "x usd Acme"
    limit  what one window holds, in `unit`; the source's headers may say otherwise
    unit   "requests", "units" (of a source's own) or "usd"
    """

    name: str
    limit: float
    span: Span
    unit: Literal["requests", "units", "usd"] = "requests"

    def window(self, at: datetime) -> tuple[datetime, datetime]:
        """The window that a first use at this moment opens: from, inclusive, and to, exclusive; UTC."""
        if isinstance(self.span, timedelta):
            return at, at + self.span
        zone = ZoneInfo("America/Los_Angeles") if self.span == "pacific day" else ZoneInfo("UTC")
        local = at.astimezone(zone)
        first = local.replace(hour=0, minute=0, second=0, microsecond=0, day=1 if self.span == "utc month" else local.day)
        beyond = first.replace(tzinfo=None) + timedelta(days=32 if self.span == "utc month" else 1)
        last = (beyond.replace(day=1) if self.span == "utc month" else beyond).replace(tzinfo=zone)
        return first.astimezone(UTC), last.astimezone(UTC)


class Meter(Protocol):
    """Counts what is asked. The schedule and a backfill share one ledger; live rounds keep half of every window of requests."""

    def reserve(self, bucket: Bucket, amount: float = 1) -> None:
        """Set an amount aside before asking.

        raises  StopUntil where the window holds no more, OutOfMoney where that is money
        """
        ...

    def settle(self, bucket: Bucket, *, reserved: float, used: float) -> None:
        """Say what it came to in the end."""
        ...

    def told(self, bucket: Bucket, *, remaining: float, resets_at: datetime) -> None:
        """Take over what the source itself says of the window."""
        ...


class NoMeter:
    """Counts nothing and refuses nothing: for sources without limits, and for trying things out."""

    def reserve(self, bucket: Bucket, amount: float = 1) -> None:
        """Always granted."""

    def settle(self, bucket: Bucket, *, reserved: float, used: float) -> None:
        """Forgotten."""

    def told(self, bucket: Bucket, *, remaining: float, resets_at: datetime) -> None:
        """Forgotten."""
