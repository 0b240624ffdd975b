"""How commands give short orders: followed at once where the store is free, else by whoever has it."""

from collections.abc import Mapping
from typing import Any

from monitor.cli.options import now
from monitor.config.models import Config
from monitor.errors import MonitorError, StoreBusy, StoreError
from monitor.store.database import Store
from monitor.store.inbox import give, taken, withdraw

# an idle holder lets go within a quarter of a second
_PATIENCE_SECONDS = 1.0


def ordered(settings: Config, kind: str, values: Mapping[str, Any], *, command: str) -> Any:
    """Give an order; what became of it, None where another process has the store and will follow it.

    raises  StoreError where it cannot be followed; the order is then taken back
    """
    order_id = give(settings.store_folder, kind, values, now=now())
    with Store(settings.store_folder, command=command, wait_seconds=_PATIENCE_SECONDS) as store:
        try:
            with store.opened() as con:
                told = taken(con, order_id)
        except StoreBusy:
            return None
        except MonitorError:
            withdraw(settings.store_folder, order_id)
            raise
    if told is None or told.trouble:
        withdraw(settings.store_folder, order_id)
        raise StoreError(f"store: the order could not be followed ({told.trouble if told else 'the disk refused'}); nothing was changed")
    return told.outcome


NOTED = "noted: another process has the store, and takes this in when it next uses it"
