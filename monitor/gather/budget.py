"""The ledger of requests and money, in the store: the schedule and a backfill in another process share it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import isinf

import duckdb

from monitor.collect.budget import Bucket
from monitor.enrich.table import naive
from monitor.errors import OutOfMoney, StopUntil
from monitor.store.database import Store

LIVE_SHARE = 0.5
"""Of each window of requests, what backfills must leave to live rounds."""
_KEPT = timedelta(days=3)


class Ledger:
    """The meter that counts in the store. What is reserved counts as spent until it is settled, also after a crash.

    max_usd      what it may spend of any one budget of money before it stops, as its user said; None: the budgets alone decide
    is_backfill  leaves live rounds their share of every window of requests; money it may spend to the last cent
    clock        the present, aware and UTC
    """

    def __init__(
        self, store: Store, *, is_backfill: bool, max_usd: float | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
        self._max_usd = max_usd
        self._spent: dict[str, float] = {}
        self._is_backfill = is_backfill
        self._clock = clock

    def reserve(self, bucket: Bucket, amount: float = 1) -> None:
        """Set an amount aside before asking.

        raises  StopUntil where the window holds no more, OutOfMoney where that is money
        """
        self._keep_to_limit(bucket, amount)
        now = self._clock()
        with self._store.writing() as con:
            window_from, window_to = _window(con, bucket, now)
            allowed, used, by_backfill = con.execute(
                "select allowed, used, used_by_backfill from budget where bucket = ? and window_from = ?", [bucket.name, naive(window_from)]
            ).fetchall()[0]
            left = float("inf") if allowed is None else allowed - used
            if self._is_backfill and bucket.unit != "usd" and allowed is not None:
                left = min(left, allowed * (1 - LIVE_SHARE) - by_backfill)
            if amount > left + 1e-9:
                raise _refusal(bucket, allowed, used, amount, window_to, is_backfill=self._is_backfill)
            self._add(con, bucket, window_from, amount)
        self._spent[bucket.name] = self._spent.get(bucket.name, 0.0) + amount

    def settle(self, bucket: Bucket, *, reserved: float, used: float) -> None:
        """Say what it came to in the end; booked in the window that is open now."""
        if used == reserved:
            return
        self._spent[bucket.name] = self._spent.get(bucket.name, 0.0) + used - reserved
        with self._store.writing() as con:
            window_from, _ = _window(con, bucket, self._clock())
            self._add(con, bucket, window_from, used - reserved)

    def told(self, bucket: Bucket, *, remaining: float, resets_at: datetime) -> None:
        """Take over what the source itself says of the window; others may be using the same key."""
        now = self._clock()
        if resets_at <= now:
            return
        with self._store.writing() as con:
            window_from, _ = _window(con, bucket, now)
            con.execute(
                """
                update budget set window_to = $to, used = greatest(0, coalesce(allowed, $remaining + used) - $remaining)
                where bucket = $bucket and window_from = $from
                """,
                {"to": naive(resets_at), "remaining": remaining, "bucket": bucket.name, "from": naive(window_from)},
            )

    def left(self, source: str) -> float | None:
        """US dollars that the tightest open budget of a source still holds; None where none was opened yet."""
        now = naive(self._clock())
        with self._store.opened() as con:
            rows = con.execute(
                """
                select min(allowed - used) from budget
                where unit = 'usd' and starts_with(bucket, ? || ' ') and window_from <= ? and window_to > ?
                """,
                [source, now, now],
            ).fetchall()
        return None if rows[0][0] is None else max(0.0, rows[0][0])

    def _keep_to_limit(self, bucket: Bucket, amount: float) -> None:
        spent = self._spent.get(bucket.name, 0.0) + amount
        if bucket.unit == "usd" and self._max_usd is not None and spent > self._max_usd + 1e-9:
            raise OutOfMoney(
                f"{bucket.name.split()[0]}: the next request may cost ${amount:,.2f}, which goes beyond the ${self._max_usd:,.2f} "
                "you allowed; what came before is stored, the same command with more goes on"
            )

    def _add(self, con: duckdb.DuckDBPyConnection, bucket: Bucket, window_from: datetime, amount: float) -> None:
        con.execute(
            """
            update budget set used = greatest(0, used + $amount), used_by_backfill = greatest(0, used_by_backfill + $backfill)
            where bucket = $bucket and window_from = $from
            """,
            {
                "amount": amount,
                "backfill": amount if self._is_backfill else 0,
                "bucket": bucket.name,
                "from": naive(window_from),
            },
        )


def _window(con: duckdb.DuckDBPyConnection, bucket: Bucket, now: datetime) -> tuple[datetime, datetime]:
    """The window that is open now, opened where there is none; its allowance follows the configuration."""
    allowed = None if isinf(bucket.limit) else bucket.limit
    rows = con.execute(
        "update budget set allowed = ? where bucket = ? and window_from <= ? and window_to > ? returning window_from, window_to",
        [allowed, bucket.name, naive(now), naive(now)],
    ).fetchall()
    if rows:
        first, last = rows[-1]
        return first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)
    window_from, window_to = bucket.window(now)
    # money and readings are kept for good, windows of requests only as long as they can matter
    con.execute("delete from budget where unit = 'requests' and window_to < ?", [naive(now - _KEPT)])
    con.execute(
        # a calendar's window that its source closed early is opened again
        """
        insert into budget values (?, ?, ?, ?, ?, 0, 0)
        on conflict do update set window_to = excluded.window_to, allowed = excluded.allowed, used = 0, used_by_backfill = 0
        """,
        [bucket.name, bucket.unit, naive(window_from), naive(window_to), allowed],
    )
    return window_from, window_to


def _refusal(
    bucket: Bucket, allowed: float, used: float, amount: float, window_to: datetime, *, is_backfill: bool
) -> StopUntil | OutOfMoney:
    source = bucket.name.split()[0]
    if bucket.unit == "usd":
        return OutOfMoney(
            f"{source}: the budget {bucket.name!r} has ${max(0.0, allowed - used):,.2f} of ${allowed:,.2f} left "
            f"and the next request may cost ${amount:,.2f}; nothing more until {window_to:%Y-%m-%d} UTC, or raise it in config.yaml",
            resets_at=window_to,
        )
    whose = "this import's half of " if is_backfill else ""
    return StopUntil(
        f"{source}: {whose}{bucket.name!r} ({allowed:,.0f} {bucket.unit}) is used up; nothing more until {window_to:%Y-%m-%d %H:%M} UTC",
        at=window_to,
    )
