"""The child behind the gate: answers one SELECT after another for its parent, and can be killed at any moment.

Started as a program of its own. It reads orders from its standard input and writes frames to its standard
output: a letter, the length, then JSON. The operating system holds its address space and its time on the
processor, and lets it write no file at all.
"""

import json
import math
import os
import re
import resource
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from monitor.errors import ConfigError, MonitorError, StoreError
from monitor.tell.published import MEMORY, data_as_of, first_line, opened

HEAD = struct.Struct(">cI")
READY, ORDER, COLUMNS, ROWS, DONE, FAILED = b"!", b"O", b"C", b"R", b"D", b"F"

_FRAME = 1 << 16
_AT_ONCE = 500
# a SELECT may call these as tables; others reach for files, switch on logs, run SQL from a text or take addresses of memory
_TABLES_MADE = {
    *("range", "generate_series", "unnest", "repeat", "repeat_row", "histogram", "histogram_values", "json_each", "json_tree"),
    *("duckdb_columns", "duckdb_constraints", "duckdb_functions", "duckdb_tables", "duckdb_types", "duckdb_views"),
    *("pragma_show", "pragma_table_info"),
}
# views of the engine's own that tell of the machine
_OF_THE_MACHINE = re.compile(r"(duckdb|pragma)_\w+|pg_settings", re.IGNORECASE)
_LISTS = "`select * from information_schema.tables` lists what can be asked"
_CALLED = """
    select json_extract_string(tree, '$..function.function_name'), json_extract_string(tree, '$..table_name')
    from (select json_serialize_sql(?::varchar) as tree)
"""
# kinds whose own text says more than Python's value
_AS_TEXT = {"INTERVAL", "BIT", "BIGNUM", "TIME WITH TIME ZONE", "VARIANT"}
_NO_MEMORY = re.compile("bad.?alloc|(failed|unable) to allocate", re.IGNORECASE)
OUT_OF_MEMORY = f"query: stopped, it needs more than {MEMORY} of memory. Bound it by brand and day, or use `v_series_day`."


def main() -> None:
    """Answer orders until the parent closes the pipe."""
    frames = os.fdopen(os.dup(1), "wb")
    # what the engine prints must not get between the frames
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))
    # the engine would load them to look at the first value it is given: half a second, and never used here
    sys.modules.update(dict.fromkeys(("numpy", "pandas", "polars", "pyarrow")))  # type: ignore[arg-type]
    _send(frames, READY, {})
    _serve(sys.stdin.buffer, frames, began_with=_address_space())


def _serve(orders: BinaryIO, frames: BinaryIO, *, began_with: int) -> None:
    path, con = "", None
    while head := orders.read(HEAD.size):
        order = json.loads(orders.read(HEAD.unpack(head)[1]))
        _limit(order, began_with)
        try:
            if con is None or order["database"] != path:
                if con is not None:
                    con.close()
                con = None
                path, con = order["database"], opened(Path(order["database"]))
            _answer(con, order, frames)
        except MemoryError:
            _send(frames, FAILED, {"kind": "config", "message": OUT_OF_MEMORY, "worn": True})
        except MonitorError as error:
            kind = "store" if isinstance(error, StoreError) else "config"
            _send(frames, FAILED, {"kind": kind, "message": str(error), "worn": str(error) == OUT_OF_MEMORY or _is_worn(order, began_with)})
        else:
            _send(frames, DONE, {"worn": _is_worn(order, began_with)})


def _limit(order: Mapping[str, Any], began_with: int) -> None:
    """Address space and seconds on the processor for one order, should the parent be gone by its deadline."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + order["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    # some systems, macOS among them, know no limit of address space
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (began_with + order["memory"], resource.getrlimit(resource.RLIMIT_AS)[1]))


def _is_worn(order: Mapping[str, Any], began_with: int) -> bool:
    """Whether memory was left behind that the next order would miss."""
    return bool(_address_space() - began_with > order["memory"] // 2)


def _address_space() -> int:
    """Bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _answer(con: duckdb.DuckDBPyConnection, order: Mapping[str, Any], frames: BinaryIO) -> None:
    as_of = data_as_of(con)
    try:
        statement = _one_select(con, order["sql"])
        for name, (kind, text) in order["variables"].items():
            con.execute(f'set variable "{name}" = ?', [_value(kind, text)])
        relation = con.sql(statement)
        columns, types = _distinct(relation.columns), [str(kind) for kind in relation.types]
        _send(frames, COLUMNS, {"columns": columns, "types": types, "as_of": as_of.isoformat() if as_of else None})
        for part in _parts(_readable(relation, types), rows=order["rows"], size=order["size"]):
            _send(frames, ROWS, part)
    except (duckdb.OutOfMemoryException, MemoryError):
        raise ConfigError(OUT_OF_MEMORY) from None
    except duckdb.PermissionException:
        raise ConfigError("query: refused, it reaches outside the published copy; files, network and settings are closed here") from None
    except (duckdb.Error, RuntimeError) as error:
        if _NO_MEMORY.search(str(error)):
            raise ConfigError(OUT_OF_MEMORY) from None
        raise ConfigError(f"query: {first_line(error)}") from None
    finally:
        for name in order["variables"]:
            with suppress(duckdb.Error):
                con.execute(f'reset variable "{name}"')


def _one_select(con: duckdb.DuckDBPyConnection, sql: str) -> str:
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise ConfigError(f"query: {len(statements)} statements; give exactly one SELECT")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise ConfigError(f"query: {statements[0].type.name} is not allowed, only SELECT is; the published copy is for reading")
    if statements[0].named_parameters:
        raise ConfigError("query: a parameter without a value; write the value into the SELECT")
    statement = statements[0].query
    [(called, named)] = con.execute(_CALLED, [statement]).fetchall()
    for name in called:
        if name.lower() not in _TABLES_MADE:
            raise ConfigError(f"query: refused, {name}() is closed here; ask the views, or use range() and unnest()")
    for name in named:
        if "/" in name:
            raise ConfigError(f"query: refused, a file is no table here; {_LISTS}")
        if _OF_THE_MACHINE.fullmatch(name) and name.lower() not in _TABLES_MADE:
            raise ConfigError(f"query: refused, {name} tells of this machine; {_LISTS}")
    return statement


def _readable(relation: duckdb.DuckDBPyRelation, types: Sequence[str]) -> duckdb.DuckDBPyRelation:
    """Times with a zone as naive UTC ones, since fetching them needs a package that we do not have; odd kinds as text."""
    picked = [
        f"timezone('UTC', #{i})" if kind == "TIMESTAMP WITH TIME ZONE" else f"cast(#{i} as varchar)" if kind in _AS_TEXT else f"#{i}"
        for i, kind in enumerate(types, 1)
    ]
    return relation.project(", ".join(f"{column} as c{i}" for i, column in enumerate(picked)))


def _parts(relation: duckdb.DuckDBPyRelation, *, rows: int, size: int) -> Iterator[dict[str, Any]]:
    """The rows in parts, and in the last one whether more were there, and which of the two limits cut them."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_text).encode
    found = relation.limit(rows + 1)
    # keys of a map may be anything, and within a list a decimal stays a number
    odd = [
        i
        for i, kind in enumerate(map(str, relation.types))
        if "MAP(" in kind or ("DECIMAL(" in kind and not re.fullmatch(r"DECIMAL\(\d+,\d+\)", kind))
    ]
    kept: list[bytes] = []
    count = written = pending = 0
    while batch := found.fetchmany(_AT_ONCE):
        for row in batch:
            if count == rows:
                yield {"rows": kept, "cut": "rows"}
                return
            encoded = encode([_inner(value) if i in odd else value for i, value in enumerate(row)] if odd else row).encode()
            if written + len(encoded) > size:
                if not count:
                    raise ConfigError(
                        f"query: one row is larger than {size >> 20} MB; take fewer columns, or cut texts with left(text, 1000)"
                    )
                yield {"rows": kept, "cut": "size"}
                return
            kept.append(encoded)
            count, written, pending = count + 1, written + len(encoded), pending + len(encoded)
            if pending > _FRAME:
                yield {"rows": kept, "cut": None}
                kept, pending = [], 0
    yield {"rows": kept, "cut": None}


def _text(value: Any) -> str:
    """What JSON has no word for."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


def _inner(value: Any) -> Any:
    """A list or a record, all through: a number stays one, and a key becomes text."""
    match value:
        case list() | tuple():
            return [_inner(each) for each in value]
        case dict():
            return {str(key): _inner(each) for key, each in value.items()}
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case _:
            return value


def _value(kind: str, text: Any) -> Any:
    return {"date": date.fromisoformat, "datetime": datetime.fromisoformat}.get(kind, lambda same: same)(text)


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names with _2, _3 behind those that came before."""
    given: list[str] = []
    for name in names:
        tries = [name, *(f"{name}_{n}" for n in range(2, len(names) + 2))]
        given.append(next(each for each in tries if each not in given))
    return given


def _send(frames: BinaryIO, kind: bytes, content: Mapping[str, Any]) -> None:
    if kind == ROWS:
        # the rows are JSON already
        payload = b'{"cut":%b,"rows":[%b]}' % (json.dumps(content["cut"]).encode(), b",".join(content["rows"]))
    else:
        payload = json.dumps(content).encode()
    frames.write(HEAD.pack(kind, len(payload)) + payload)
    frames.flush()


if __name__ == "__main__":
    main()
