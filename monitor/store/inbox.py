"""Short orders to the store: small files, one an order, taken in by whoever next uses the store.

Who gives an order need not wait for the lease. Its id is stored with its effect, in one transaction, so it takes effect
once: a file that is still there afterwards, or comes back, is only removed.
"""

import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from monitor.errors import ConfigError
from monitor.store.events import add_event
from monitor.store.incidents import acknowledge, lift, silence
from monitor.store.labels import HandLabel, Refused, save_labels

log = logging.getLogger(__name__)

_FOLDER = "inbox"
# the order waits for a better time
_TROUBLE_OF_THE_STORE = (OSError, duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException, duckdb.CatalogException)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an order.

    outcome  as its kind tells it; None where it could not be followed
    trouble  why not
    """

    outcome: Any
    trouble: str | None = None


def give(store_folder: Path, kind: str, values: Mapping[str, Any], *, now: datetime) -> str:
    """Leave an order; its id. It is on the disk when this returns.

    kind    one of KINDS
    values  as JSON has them
    raises  ConfigError where a text in it is none
    """
    order = {"kind": kind, "ordered_at": now.astimezone(UTC).isoformat(), "values": dict(values)}
    try:
        written = json.dumps(order, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ConfigError("bytes that are no text, broken UTF-8; take them out") from None
    folder = store_folder / _FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # in the order of time, so that the later word of two stands
    order_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    part = folder / f".{order_id}.part"
    with part.open("xb") as file:
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"{order_id}.json")
    return order_id


def withdraw(store_folder: Path, order_id: str) -> None:
    """Take an order back that nobody has taken in yet."""
    (store_folder / _FOLDER / f"{order_id}.json").unlink(missing_ok=True)


def waiting(store_folder: Path) -> list[Path]:
    """Orders that nobody has taken in yet, oldest first."""
    try:
        return sorted(path for path in (store_folder / _FOLDER).iterdir() if path.suffix == ".json" and not path.name.startswith("."))
    except FileNotFoundError:
        return []


def take_in(con: duckdb.DuckDBPyConnection, store_folder: Path) -> None:
    """Follow the orders that wait, each in a transaction of its own; outside of any other.

    One that cannot be followed is noted with the reason and stops no other.
    """
    for path in waiting(store_folder):
        if taken(con, path.stem) is None:
            _follow(con, path)
        path.unlink(missing_ok=True)


def taken(con: duckdb.DuckDBPyConnection, order_id: str) -> Taken | None:
    """What became of an order; None where nobody has taken it in yet."""
    rows = con.execute("select outcome, trouble from taken_order where id = ?", [order_id]).fetchall()
    return Taken(json.loads(rows[0][0]), rows[0][1]) if rows else None


def _follow(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    con.execute("begin")
    try:
        order = json.loads(path.read_text(encoding="utf-8"))
        outcome = KINDS[order["kind"]](con, order["values"], datetime.fromisoformat(order["ordered_at"]))
        _note(con, path.stem, order["kind"], outcome, None)
    except (*_TROUBLE_OF_THE_STORE, KeyboardInterrupt, SystemExit):
        con.execute("rollback")
        raise
    except Exception as error:
        # whatever is wrong with an order, it must not stand in the way of everybody who uses the store
        con.execute("rollback")
        trouble = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        log.error("inbox: %s cannot be followed (%s)", path.name, trouble)
        con.execute("begin")
        _note(con, path.stem, "unknown", None, trouble)
    con.execute("commit")


def _note(con: duckdb.DuckDBPyConnection, order_id: str, kind: str, outcome: Any, trouble: str | None) -> None:
    con.execute("insert into taken_order values (?, ?, timezone('UTC', now()), ?, ?)", [order_id, kind, json.dumps(outcome), trouble])


def _event(con: duckdb.DuckDBPyConnection, values: Mapping[str, Any], _at: datetime) -> bool:
    """Whether it is new to the timeline."""
    happened_at = datetime.fromisoformat(values["at"])
    return add_event(con, name=values["name"], brand=values["brand"], at=happened_at, note=values["note"])


def _labels(con: duckdb.DuckDBPyConnection, values: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """How many are new, changed and known, and the places of those that were refused, with the reason."""
    counts = {"new": 0, "changed": 0, "known": 0}
    refused = []
    for place, outcome in enumerate(save_labels(con, [HandLabel(*row) for row in values["labels"]], now=at)):
        if isinstance(outcome, Refused):
            refused.append((place, outcome.reason))
        else:
            counts[outcome] += 1
    return {**counts, "refused": refused}


def _ack(con: duckdb.DuckDBPyConnection, values: Mapping[str, Any], at: datetime) -> str:
    """Done, again or unknown."""
    outcome = acknowledge(con, values["incident"], by=values["by"], at=at)
    return _warned(outcome, values["incident"])


def _silence(con: duckdb.DuckDBPyConnection, values: Mapping[str, Any], at: datetime) -> str:
    """Done, again, over or unknown."""
    incident_id, by = values["incident"], values["by"]
    if values["lift"]:
        return _warned(lift(con, incident_id, by=by, at=at), incident_id)
    until = datetime.fromisoformat(values["until"]) if values["until"] else None
    return _warned(silence(con, incident_id, by=by, at=at, until=until), incident_id)


def _warned(outcome: str, incident_id: str) -> str:
    # who gave the order may be gone by now
    if outcome == "unknown":
        log.warning("inbox: there is no incident %r; what was said of it is dropped", incident_id)
    return outcome


KINDS: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Mapping[str, Any], datetime], Any]] = MappingProxyType(
    {"event": _event, "labels": _labels, "ack": _ack, "silence": _silence}
)
"""What each kind does, given its values and when it was ordered; it answers with what its giver is told, as JSON has it."""
