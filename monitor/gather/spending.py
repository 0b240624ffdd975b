"""What one command spends, as the ledger counts it, and where it stops."""

from datetime import datetime

from monitor.collect.budget import Bucket, Meter
from monitor.errors import OutOfMoney


class Spending:
    """A meter that also knows what one command has spent, and stops it.

    max_usd  US dollars; None: the budgets alone decide
    """

    def __init__(self, meter: Meter, *, max_usd: float | None = None) -> None:
        self._meter = meter
        self._max_usd = max_usd
        self._spent: dict[str, float] = {}

    def spent(self, source: str) -> float:
        """US dollars that a source has cost so far; money counted in two of its budgets was spent once."""
        return max((usd for name, usd in self._spent.items() if name.split()[0] == source), default=0.0)

    def reserve(self, bucket: Bucket, amount: float = 1) -> None:
        """As the meter behind.

        raises  OutOfMoney also where it goes beyond the limit of the command
        """
        if bucket.unit == "usd":
            spent = self._spent.get(bucket.name, 0.0) + amount
            others = sum(self.spent(source) for source in {name.split()[0] for name in self._spent} - {bucket.name.split()[0]})
            if self._max_usd is not None and spent + others > self._max_usd + 1e-9:
                source = bucket.name.split()[0]
                raise OutOfMoney(f"{source}: the next request may cost ${amount:,.2f}, which goes beyond the ${self._max_usd:,.2f} allowed")
            self._meter.reserve(bucket, amount)
            self._spent[bucket.name] = spent
        else:
            self._meter.reserve(bucket, amount)

    def settle(self, bucket: Bucket, *, reserved: float, used: float) -> None:
        """As the meter behind."""
        if bucket.unit == "usd":
            self._spent[bucket.name] = self._spent.get(bucket.name, 0.0) + used - reserved
        self._meter.settle(bucket, reserved=reserved, used=used)

    def told(self, bucket: Bucket, *, remaining: float, resets_at: datetime) -> None:
        """As the meter behind."""
        self._meter.told(bucket, remaining=remaining, resets_at=resets_at)
