"""Rows with their scores, as CSV, JSON lines or Parquet: written as they come, none kept."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.errors import ConfigError
from monitor.tell.formats import csv_value, json_value

Row = Mapping[str, Any]
Form = Literal["csv", "jsonl", "parquet"]


class Sink(Protocol):
    """Where scored rows go."""

    def write(self, rows: Sequence[Row], scored: pa.Table) -> None:
        """Put down rows and beside each its scores, in that order."""
        ...

    def close(self) -> None:
        """Finish what is written."""
        ...


class CsvSink:
    """RFC 4180 with a header line; NULL is empty, lists are JSON, no text runs as a formula."""

    def __init__(self, out: IO[str], columns: Sequence[str], scores: Sequence[str]) -> None:
        """Write the header: the columns of the input, then those of the scores."""
        self._writer = csv.writer(out, lineterminator="\r\n")
        self._columns = columns
        self._writer.writerow([csv_value(name) for name in (*given(columns, scores).values(), *scores)])

    def write(self, rows: Sequence[Row], scored: pa.Table) -> None:
        """Put down rows and beside each its scores, in that order."""
        answers = zip(*(scored[name].to_pylist() for name in scored.column_names), strict=True)
        for row, answer in zip(rows, answers, strict=True):
            self._writer.writerow([*(_written(row.get(name)) for name in self._columns), *map(csv_value, answer)])

    def close(self) -> None:
        """Nothing is left to do."""


class JsonSink:
    """An object a line; times in ISO 8601, what is no number is null."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def write(self, rows: Sequence[Row], scored: pa.Table) -> None:
        """Put down rows and beside each its scores, in that order."""
        for row, answer in zip(rows, scored.to_pylist(), strict=True):
            names = given(list(row), scored.column_names)
            whole = {**{names[name]: json_value(value) for name, value in row.items()}, **json_value(answer)}
            self._out.write(json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n")

    def close(self) -> None:
        """Nothing is left to do."""


class ParquetSink:
    """One file; the columns of a Parquet input keep their types, those of others get theirs from the first rows."""

    def __init__(self, path: Path, columns: Sequence[str] | None, schema: pa.Schema | None) -> None:
        """Prepare the file, which is made with the first rows.

        columns  of the input, where they are known beforehand; schema likewise
        """
        self._path, self._columns, self._schema = path, columns, schema
        self._writer: pq.ParquetWriter | None = None

    def write(self, rows: Sequence[Row], scored: pa.Table) -> None:
        """Put down rows and beside each its scores, in that order.

        raises  ConfigError where a column holds another kind of value than before
        """
        columns = self._columns = self._columns or list(dict.fromkeys(name for row in rows for name in row))
        try:
            table = pa.table({name: [row.get(name) for row in rows] for name in columns}, schema=self._schema)
        except (pa.ArrowException, TypeError) as error:
            raise ConfigError(f"{self._path.name}: {str(error).splitlines()[0]}; write .jsonl or .csv, which take any values") from None
        # a column that begins with nothing but nulls is most likely one of texts
        self._schema = self._schema or pa.schema(
            [pa.field(field.name, pa.string() if pa.types.is_null(field.type) else field.type) for field in table.schema]
        )
        table = table.cast(self._schema).rename_columns(list(given(columns, scored.column_names).values()))
        for name in scored.column_names:
            table = table.append_column(name, scored[name])
        self._writer = self._writer or pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._writer.write_table(table)

    def close(self) -> None:
        """Write the end of the file."""
        if self._writer is not None:
            self._writer.close()


def given(columns: Sequence[str], scores: Sequence[str]) -> Mapping[str, str]:
    """The input's columns with the names that they get: one that is called like a score is kept as NAME_given.

    >>> given(["text", "label"], ["label"])
    {'text': 'text', 'label': 'label_given'}
    """
    names: dict[str, str] = {}
    for column in columns:
        name = column
        while name in scores or name in names.values() or (name != column and name in columns):
            name += "_given"
        names[column] = name
    return names


def _written(value: Any) -> str:
    """A value of the input; a number stays one, though it may begin as a formula does."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return csv_value(value)
        return value
    return csv_value(value)
