"""The rows of a Parquet file one after the other, each with the place where the next one starts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.records import Record, digest
from monitor.errors import ConfigError

_HEAD, _TAIL = 4_096, 1_024
_ROWS, _BATCH = 5_000, 8_000_000


class ParquetFile:
    """A Parquet file that is read from any row on."""

    def __init__(self, path: Path, *, wanted: Collection[str]) -> None:
        """Open the file.

        wanted  the columns to read, where it has them
        raises  ConfigError where it cannot be opened or is no Parquet
        """
        self.path = path
        self.is_empty = False
        try:
            self._file = pq.ParquetFile(path)
        except OSError as error:
            raise ConfigError(f"{path.name}: cannot be read ({error}); check the path and its rights") from None
        except pa.ArrowException as error:
            raise ConfigError(f"{path.name}: is no Parquet file or is damaged ({_first_line(error)})") from None
        self.rows: int = self._file.metadata.num_rows
        self._wanted = [name for name in self.columns() if name in wanted]

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def columns(self) -> Sequence[str]:
        """The names of its columns."""
        return list(self._file.schema_arrow.names)

    def records(self, start: tuple[int, int] | None) -> Iterator[Record]:
        """Every row from that place on; None is the first.

        raises  ConfigError where the file is damaged
        """
        at = 0
        first = start[1] if start else 0
        for group in range(self._file.metadata.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            if at + rows > first:
                for record in self._group(group, at):
                    if record.line > first:
                        yield record
            at += rows

    def _group(self, group: int, at: int) -> Iterator[Record]:
        whole = self._file.metadata.row_group(group)
        rows = max(1, min(_ROWS, _BATCH * whole.num_rows // max(1, whole.total_byte_size)))
        try:
            for batch in self._file.iter_batches(batch_size=rows, row_groups=[group], columns=self._wanted):
                for row in _microseconds(batch).to_pylist():
                    at += 1
                    yield Record(row, b"", at, (at, at))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ConfigError(f"{self.path.name}: row {at + 1} and on cannot be read ({_first_line(error)})") from None

    def count(self) -> int:
        """How many rows it has."""
        return self.rows

    def mark(self, offset: int, last: bytes) -> Mapping[str, Any]:
        """What tells whether this is still the same file."""
        return {"head": [self.rows, self._footer()], "tail": [0, ""]}

    def is_marked(self, offset: int, mark: Mapping[str, Any]) -> bool:
        """Whether this is still the file of the mark."""
        return bool(mark["head"] == [self.rows, self._footer()])

    def _footer(self) -> str:
        with self.path.open("rb") as stream:
            stream.seek(-min(_HEAD, self.path.stat().st_size), 2)
            return digest(stream.read())


def _microseconds(batch: Any) -> Any:
    """The batch with times that Python's datetime can hold."""
    fields = [
        field.with_type(pa.timestamp("us", tz=field.type.tz)) if pa.types.is_timestamp(field.type) and field.type.unit == "ns" else field
        for field in batch.schema
    ]
    return batch if fields == list(batch.schema) else batch.cast(pa.schema(fields), safe=False)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0]
