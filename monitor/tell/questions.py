"""Asks the published copy: the shipped questions by name, or one SELECT of the analyst's own."""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from monitor.errors import ConfigError, StoreError

ROW_LIMIT = 10_000
DEADLINE_SECONDS = 10.0
MEMORY = "512MB"

_FOLDER = files("monitor") / "queries"
_PARAMETER = re.compile(r"-- (\w+) {2,}(varchar|date|timestamp|integer|double) {2,}(\S.*)")
_COLUMN = re.compile(r"-- (\w+) {2,}(\S.*)")
_AS_OF = "select coalesce((select max(as_of) from v_published), (select max(covered_to) from v_coverage where complete))"
_OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": MEMORY,
    "max_temp_directory_size": "0B",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
}
# in this order: once external access is closed, the local files can be too
_CLOSING = (
    "use published",
    "set timezone = 'UTC'",
    "set enable_external_access = false",
    "set disabled_filesystems = 'LocalFileSystem'",
    "set lock_configuration = true",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question may be asked about.

    type     varchar, date, timestamp (UTC unless an offset is given), integer or double
    meaning  one line, with its default
    """

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Question:
    """A file of queries/: its first line asks, the header explains."""

    name: str
    asks: str
    parameters: Sequence[Parameter]
    columns: Mapping[str, str]
    sql: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows in the order of the query.

    types       DuckDB's names, one a column; times without a zone are UTC in our views
    data_as_of  when the copy was made; of a store, up to when the furthest source was looked at; None: nothing was looked at
    truncated   more rows were there; these are the first ones
    """

    columns: Sequence[str]
    types: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    data_as_of: datetime | None
    truncated: bool


def questions(own: Path | None = None) -> list[Question]:
    """The questions by name: the shipped ones, and those of a user's own folder.

    raises  ConfigError where the folder cannot be read, or one of its files has the name of a shipped question
    """
    found = {file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in _FOLDER.iterdir() if file.name.endswith(".sql")}
    for name, sql in _own_files(own) if own else ():
        if name in found:
            raise ConfigError(f"queries: {name}.sql in {own} has the name of a shipped question; rename it")
        found[name] = sql
    return [read_question(name, sql) for name, sql in sorted(found.items())]


def _own_files(folder: Path) -> list[tuple[str, str]]:
    try:
        return [(file.stem, file.read_text(encoding="utf-8")) for file in sorted(folder.iterdir()) if file.suffix == ".sql"]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"queries: {folder} cannot be read ({error.__class__.__name__}); name a folder of .sql files in UTF-8") from None


def question(name: str, own: Path | None = None) -> Question:
    """The question of that name.

    raises  ConfigError where there is none, naming the nearest
    """
    known = {each.name: each for each in questions(own)}
    if name not in known:
        raise ConfigError(f"query: no question {name!r}{_nearest(name, list(known))}")
    return known[name]


def read_question(name: str, sql: str) -> Question:
    """A question from its file: paragraphs of the header are the question, its parameters, its columns; what is missing is left out."""
    header = sql.partition("\n\n")[0]
    first, told, columns_told = [*header.split("\n--\n"), "", ""][:3]
    parameters = [Parameter(*found.groups()) for found in map(_PARAMETER.fullmatch, told.splitlines()) if found]
    columns = {found[1]: found[2] for found in map(_COLUMN.fullmatch, columns_told.splitlines()) if found}
    asks = first.partition("\n")[0]
    return Question(name, asks.removeprefix("--").strip() if asks.startswith("--") else name, parameters, columns, sql)


def opened(database: Path) -> duckdb.DuckDBPyConnection:
    """The published copy in an engine of its own: read-only, in UTC, no file or network within reach, settings locked.

    The link is followed first, and the file attached to a fresh engine: DuckDB would share one engine, its
    settings and a file that was replaced long ago among all who connect to the same name in one process.

    raises  StoreError where there is none, or it cannot be read
    """
    try:
        path = str(database.resolve(strict=True)).replace("'", "''")
    except FileNotFoundError:
        raise StoreError(f"published: no copy at {database} yet; `monitor run --once` makes one") from None
    con = duckdb.connect(":memory:", config=_OPTIONS)
    try:
        con.execute(f"attach '{path}' as published (read_only)")
    except duckdb.Error as error:
        con.close()
        raise StoreError(f"published: {database.name} cannot be read ({_first_line(error)})") from None
    for statement in _CLOSING:
        con.execute(statement)
    return con


def run_question(
    database: Path,
    name: str,
    params: Mapping[str, str],
    *,
    own: Path | None = None,
    rows: int = ROW_LIMIT,
    seconds: float = DEADLINE_SECONDS,
) -> Answer:
    """The answer to a shipped question, or to one of the user's own folder.

    params  texts as they were typed, by the names of the file's header
    raises  ConfigError where the question, a parameter or its value is none, or it takes too long
            StoreError where the published copy cannot be read
    """
    asked = question(name, own)
    values = {key: _typed(asked, key, value) for key, value in params.items()}
    with opened(database) as con:
        if "brand" in values:
            values["brand"] = _known_brand(con, str(values["brand"]))
        for key, value in values.items():
            con.execute(f"set variable {key} = ?", [value])
        return _answer(con, asked.sql, rows=rows, seconds=seconds)


def run_sql(database: Path, sql: str, *, rows: int = ROW_LIMIT, seconds: float = DEADLINE_SECONDS) -> Answer:
    """The answer to one SELECT.

    raises  ConfigError where it is not one SELECT, is wrong, reaches for files, or takes too long
            StoreError where the published copy cannot be read
    """
    with opened(database) as con:
        return _answer(con, sql, rows=rows, seconds=seconds)


def _answer(con: duckdb.DuckDBPyConnection, sql: str, *, rows: int, seconds: float) -> Answer:
    statement = _one_select(sql)
    as_of = data_as_of(con)
    done, late = threading.Event(), threading.Event()

    def stop_at_deadline() -> None:
        if not done.wait(seconds):
            late.set()
            # again and again: an interrupt that meets no running query is lost
            while not done.wait(0.05):
                con.interrupt()

    watch = threading.Thread(target=stop_at_deadline, daemon=True)
    watch.start()
    try:
        relation = con.sql(statement)
        columns, types = _distinct(relation.columns), [str(kind) for kind in relation.types]
        fetched = _without_zones(relation, types).limit(rows + 1).fetchall()
    except duckdb.InterruptException:
        raise ConfigError(_too_long(seconds)) from None
    except duckdb.OutOfMemoryException:
        raise ConfigError(
            f"query: stopped, it needs more than {MEMORY} of memory. Bound it by brand and day, or use `v_series_day`."
        ) from None
    except duckdb.PermissionException:
        raise ConfigError("query: refused, it reaches outside the published copy; files, network and settings are closed here") from None
    except duckdb.Error as error:
        raise ConfigError(_too_long(seconds) if late.is_set() else f"query: {_first_line(error)}") from None
    finally:
        done.set()
        watch.join()
    zoned = [i for i, kind in enumerate(types) if kind == "TIMESTAMP WITH TIME ZONE"]
    found = [_in_utc(row, zoned) for row in fetched[:rows]] if zoned else fetched[:rows]
    return Answer(columns, types, found, as_of, truncated=len(fetched) > rows)


def _one_select(sql: str) -> str:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise ConfigError(f"query: {_first_line(error)}") from None
    if len(statements) != 1:
        raise ConfigError(f"query: {len(statements)} statements; give exactly one SELECT")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise ConfigError(f"query: a {statements[0].type.name} statement; only SELECT is allowed, the published copy is for reading")
    return statements[0].query


def data_as_of(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """How fresh a published copy is, UTC.

    raises  StoreError where the file is none of ours
    """
    try:
        at = con.execute(_AS_OF).fetchall()[0][0]
    except duckdb.CatalogException:
        raise StoreError("published: this file has none of our views; give the copy that monitor publishes") from None
    return at.replace(tzinfo=UTC) if at is not None else None


def _without_zones(relation: duckdb.DuckDBPyRelation, types: Sequence[str]) -> duckdb.DuckDBPyRelation:
    """Times with a zone as naive UTC ones, since fetching them needs a package that we do not have."""
    if "TIMESTAMP WITH TIME ZONE" not in types:
        return relation
    picked = [f"timezone('UTC', #{i})" if kind == "TIMESTAMP WITH TIME ZONE" else f"#{i}" for i, kind in enumerate(types, 1)]
    return relation.project(", ".join(f"{column} as c{i}" for i, column in enumerate(picked)))


def _in_utc(row: tuple[Any, ...], zoned: Sequence[int]) -> tuple[Any, ...]:
    return tuple(value.replace(tzinfo=UTC) if i in zoned and value is not None else value for i, value in enumerate(row))


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names with _2, _3 behind those that came before."""
    given: list[str] = []
    for name in names:
        tries = [name, *(f"{name}_{n}" for n in range(2, len(names) + 2))]
        given.append(next(each for each in tries if each not in given))
    return given


def _typed(asked: Question, key: str, value: str) -> Any:
    known = {parameter.name: parameter for parameter in asked.parameters}
    if key not in known:
        raise ConfigError(f"query {asked.name}: no parameter {key!r}{_nearest(key, list(known))}")
    kind = known[key].type
    try:
        match kind:
            case "date":
                return date.fromisoformat(value)
            case "timestamp":
                at = datetime.fromisoformat(value)
                return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
            case "integer":
                return int(value)
            case "double":
                return float(value)
    except ValueError:
        example = {"date": "2026-07-15", "timestamp": "2026-07-15T14:05 or 2026-07-15T14:05-04:00", "integer": "20", "double": "1.5"}[kind]
        raise ConfigError(f"query {asked.name}: {key}: {value!r} is no {kind}; write it as {example}") from None
    return value


def _known_brand(con: duckdb.DuckDBPyConnection, name: str) -> str:
    brands = {row[0].casefold(): row[0] for row in con.execute("select brand from v_brands order by brand").fetchall()}
    if name.casefold() not in brands:
        raise ConfigError(f"query: no brand {name!r}{_nearest(name, list(brands.values()))}")
    return str(brands[name.casefold()])


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.casefold(), [each.casefold() for each in known], n=1)
    guess = "".join(f"; did you mean {each}?" for each in known if each.casefold() in near)
    return f"{guess} (there are: {', '.join(known)})" if known else "; there are none"


def _too_long(seconds: float) -> str:
    return f"query: stopped after {seconds:g} s. The question read too much; bound it by brand and day, or use `v_series_day`."


def _first_line(error: Exception) -> str:
    """DuckDB's own words on one line, without paths of this machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    guess = next((f" {line}" for line in lines[1:] if line.startswith(("Did you mean", "Candidate"))), "")
    first = lines[0] if lines else type(error).__name__
    return re.sub(r"""["']?(?<![\w.])(?:/[\w.@+-]+){2,}/?["']?""", "a file", first + guess)
