"""Asks the published copy: the shipped questions by name, or one SELECT of the analyst's own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from monitor.errors import ConfigError
from monitor.tell.gate import Answer, Gate, Limits, Value

GATE = Gate()

_FOLDER = files("monitor") / "queries"
_PARAMETER = re.compile(r"-- (\w+) {2,}(varchar|date|timestamp|integer|double) {2,}(\S.*)")
_COLUMN = re.compile(r"-- (\w+) {2,}(\S.*)")


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


def run_question(
    database: Path,
    name: str,
    params: Mapping[str, str],
    *,
    own: Path | None = None,
    limits: Limits | None = None,
    gate: Gate = GATE,
) -> Answer:
    """The answer to a shipped question, or to one of the user's own folder.

    params  texts as they were typed, by the names of the file's header
    raises  ConfigError where the question, a parameter or its value is none, or it takes too much
            StoreError where the published copy cannot be read
    """
    asked = question(name, own)
    values = {key: _typed(asked, key, value) for key, value in params.items()}
    if "brand" in values:
        brands = gate.ask(database, "select brand from v_brands order by brand")
        values["brand"] = _known_brand([row[0] for row in brands.rows], str(values["brand"]))
    return gate.ask(database, asked.sql, variables=values, limits=limits)


def run_sql(database: Path, sql: str, *, limits: Limits | None = None, gate: Gate = GATE) -> Answer:
    """The answer to one SELECT.

    raises  ConfigError where it is not one SELECT, is wrong, reaches for files, or takes too much
            StoreError where the published copy cannot be read
    """
    return gate.ask(database, sql, limits=limits)


def _typed(asked: Question, key: str, value: str) -> Value:
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


def _known_brand(brands: Sequence[str], name: str) -> str:
    known = {each.casefold(): each for each in brands}
    if name.casefold() not in known:
        raise ConfigError(f"query: no brand {name!r}{_nearest(name, brands)}")
    return known[name.casefold()]


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.casefold(), [each.casefold() for each in known], n=1)
    guess = "".join(f"; did you mean {each}?" for each in known if each.casefold() in near)
    return f"{guess} (there are: {', '.join(known)})" if known else "; there are none"
