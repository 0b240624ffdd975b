"""CSV, JSONL and Parquet files: a drop folder that is watched, or an export that is read once by `monitor backfill FILE`."""

import difflib
import glob
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, model_validator

from connectors.columns import ColumnMap, RowReader
from connectors.dumps import READY_MAPS, REDDIT_DUMP, DumpReader, is_reddit_dump
from connectors.file_walk import Batch, FileWalk, row_of, set_aside_of
from connectors.parquet import ParquetFile
from connectors.records import TextFile, format_of
from monitor.collect.budget import Meter
from monitor.collect.connector import Capabilities, Cursor, Estimate, Known, Page, Query, SourceSettings, Window
from monitor.errors import BadItem, ConfigError, RetryLater
from monitor.mention import Mention

_PAGE_RECORDS = 20_000
_PAGE_BYTES = 32_000_000
_TRIED = 100
_RECORDS_A_MINUTE = 2_000_000
_ENDINGS = ".csv, .tsv, .jsonl, .ndjson (each also with .gz or .zst), .zst (Reddit's dumps) or .parquet"
# a file so large would be read twice only to say how many lines it has
_COUNTED_UP_TO = 64_000_000


class FileSettings(SourceSettings):
    """The `file:` section: a drop folder, and how its files and those given to backfill are read."""

    paths: Sequence[str] = Field(default=(), description="patterns such as drop/*.jsonl, relative to the configuration's folder")
    map: str = Field(
        default="native", description="the column map of these files: one of `maps`, native, airline-tweets-csv or reddit-dump"
    )
    maps: Mapping[str, ColumnMap] = Field(default_factory=dict, description="column maps by name")

    @model_validator(mode="after")
    def _maps_are_known(self) -> "FileSettings":
        taken = next((name for name in self.maps if name in READY_MAPS), None)
        if taken:
            raise ValueError(f"maps.{taken}: that name is a ready map's; choose another")
        _map_named(self.map, self, ValueError)
        return self


class FileConnector:
    """Reads files record by record; a page's cursor is the place in the file after it."""

    source = "file"
    # people make these rows: a bad export is for its makers to mend, line by line
    capabilities = Capabilities(history="whatever the file holds", may_be_odd=1.0)

    def __init__(self, settings: FileSettings, *, folder: Path, paths: Sequence[Path] | None = None, map_name: str | None = None) -> None:
        """Read the given files once, or else those that the settings' patterns find.

        folder  where the configuration lies: the settings' patterns start there
        raises  ConfigError where there is no such map
        """
        self._settings = settings
        self._folder = folder
        self._given = paths
        self._map = _map_named(map_name or settings.map, settings, ConfigError)
        self._map_name = map_name or settings.map
        self._knows_dumps = map_name is None and settings.map == FileSettings.model_fields["map"].default
        self._files: dict[str, Path] = {}

    def queries(self) -> Sequence[Query]:
        """One for each file: a given one is named for its content, a watched one for its place.

        raises  ConfigError where a given file is missing or of an unknown kind
        """
        if self._given is None:
            self._files = {self._place_of(path): path for path in self._watched()}
        else:
            self._files = {f"{path.name}@{self._content_of(path)}": path for path in self._given}
        return [Query(self.source, name) for name in self._files]

    def check(self) -> str | None:
        """What is missing: a pattern that finds no file, or a file of an unknown kind."""
        if self._given is not None:
            return next((problem for path in self._given if (problem := _unreadable(path))), None)
        for pattern in self._settings.paths:
            if not self._found(pattern):
                return f"no file is found by {pattern!r} in {self._folder}"
        return next((problem for pattern in self._settings.paths for path in self._found(pattern) if (problem := _unreadable(path))), None)

    def estimate(self, query: Query, window: Window, *, meter: Meter) -> Estimate:
        """The records in the file, those outside the window too: its times are known only once it is read.

        Those of a large dump are not counted, which would take as long as reading it.
        """
        path = self._path_of(query)
        if path.suffix.lower() == ".zst" and path.is_file() and path.stat().st_size > _COUNTED_UP_TO:
            return Estimate(items=None, requests=0, minutes=None, usd=0.0)
        with closing(self._open(path)) as file:
            items = file.count()
        return Estimate(items=items, requests=0, minutes=items / _RECORDS_A_MINUTE, usd=0.0)

    def pull(self, query: Query, cursor: Cursor | None, *, now: datetime, window: Window, meter: Meter) -> Iterator[Page]:
        """The records after the cursor; a watched file that was replaced or cut is read anew.

        raises  ConfigError where the whole file cannot be read as the map says
        """
        path = self._path_of(query)
        live = self._given is None
        if live and (not path.is_file() or not path.stat().st_size):
            return
        stat = path.stat() if path.is_file() else None
        if cursor and cursor["done"] and stat and cursor["file"] == [stat.st_size, stat.st_mtime_ns] and not cursor["left"]:
            return
        with closing(self._open(path)) as file:
            if file.is_empty:
                if live:
                    return
                raise ConfigError(f"{path.name}: is empty")
            written = path.stat()
            walk = FileWalk(file=[written.st_size, written.st_mtime_ns])
            if cursor and cursor["v"] == 1 and (cursor["end"] is None or file.is_marked(cursor["end"][1], cursor["mark"])):
                walk = FileWalk.resumed(cursor, file=walk.file)
            self._check_columns(path, file.columns())
            fetched_at = datetime.fromtimestamp(written.st_mtime, UTC)
            reader = self._reader(path, fetched_at=fetched_at, now=now)
            may_grow = live and not (cursor and cursor["file"][0] == written.st_size and cursor["left"])
            yield from self._pages(file, walk, reader, window=window, may_grow=may_grow)

    def refresh(self, known: Sequence[Known], *, now: datetime, meter: Meter) -> Iterator[Sequence[Mention]]:
        """Nothing: a file says what it says."""
        yield from ()

    def read(self, raw: str, query: Query, *, now: datetime) -> Sequence[Mention]:
        """One JSON record as quarantine kept it; a CSV line has lost its header, so its file is imported again instead.

        raises  BadItem where it cannot be read
        """
        try:
            row = json.loads(raw)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise BadItem("is no JSON record by itself; mend the file and import it again")
        return [self._reader(Path(query.name.partition("@")[0]), fetched_at=now, now=now).mention(row)]

    def _reader(self, path: Path, *, fetched_at: datetime, now: datetime) -> RowReader | DumpReader:
        return DumpReader(now=now) if self._is_dump(path) else RowReader(self._map, fetched_at=fetched_at, now=now)

    def _is_dump(self, path: Path) -> bool:
        return self._map_name == REDDIT_DUMP or (self._knows_dumps and format_of(path) == "jsonl" and is_reddit_dump(path))

    def _pages(
        self, file: TextFile | ParquetFile, walk: FileWalk, reader: RowReader | DumpReader, *, window: Window, may_grow: bool
    ) -> Iterator[Page]:
        batch = Batch()
        was_done = walk.done
        walk.done = walk.left = False
        last = b""
        for record in file.records(walk.end):
            if not record.finished and may_grow and (record.row is None or format_of(file.path) != "jsonl"):
                walk.left = True
                break
            if batch.seen >= _PAGE_RECORDS or batch.weight >= _PAGE_BYTES:
                self._check_start(file.path, walk, batch)
                yield batch.page(walk.cursor(file.mark(walk.offset, last)), ())
                batch = Batch()
            walk.read(record)
            last = record.raw
            batch.weight += len(record.raw)
            try:
                mention = reader.mention(row_of(record))
            except BadItem as error:
                batch.set_aside.append(set_aside_of(record, f"{file.path.name}:{record.line}: {error}"))
            else:
                walk.readable += 1
                batch.weight += len(mention.text or "")
                if window.holds(mention.created_at):
                    batch.mentions.append(mention)
                    walk.saw(mention)
                else:
                    batch.outside += 1
            if walk.rows == _TRIED:
                self._check_start(file.path, walk, batch)
        self._check_start(file.path, walk, batch)
        if was_done and not batch.seen and not walk.left:
            return
        walk.done = True
        yield batch.page(walk.cursor(file.mark(walk.offset, last)), walk.covered(window), is_last=True)

    def _check_start(self, path: Path, walk: FileWalk, batch: Batch) -> None:
        if walk.readable or not walk.rows:
            return
        name = REDDIT_DUMP if self._is_dump(path) else self._map_name
        first = batch.set_aside[0].reason.removeprefix(f"{path.name}:")
        of = f"none of the first {walk.rows} records gives" if walk.rows > 1 else "its one record does not give"
        raise ConfigError(f"{path.name}: {of} a mention (map {name}); the first, line {first}")

    def _check_columns(self, path: Path, seen: Sequence[str] | None) -> None:
        if seen is None:
            return
        missing = self._map.missing(seen)
        if missing:
            near = _nearest(missing[0], seen)
            raise ConfigError(f"{path.name}: no column {missing[0]!r} (map {self._map_name}); it has {_listed(seen)}{near}")
        twice = next((name for name in self._map.columns.model_dump(exclude_none=True).values() if list(seen).count(name) > 1), None)
        if twice:
            raise ConfigError(f"{path.name}: has two columns {twice!r}; rename one")

    def _open(self, path: Path) -> TextFile | ParquetFile:
        problem = _unreadable(path)
        if problem:
            raise ConfigError(problem)
        if format_of(path) != "parquet":
            return TextFile(path, encoding=self._map.encoding, delimiter=self._map.delimiter)
        if not path.stat().st_size:
            raise ConfigError(f"{path.name}: is empty")
        if self._map_name == REDDIT_DUMP:
            raise ConfigError(f"{path.name}: the map {REDDIT_DUMP} reads lines of JSON; give a map of columns for Parquet")
        if self._given is None and not _has_end(path):
            raise RetryLater(f"{path.name}: is still being written", seconds=60)
        return ParquetFile(path, wanted=set(self._map.columns.model_dump(exclude_none=True).values()))

    def _path_of(self, query: Query) -> Path:
        if query.name not in self._files:
            self.queries()
        if query.name not in self._files and self._given is not None:
            raise ConfigError(f"{query.name}: that file has changed or was not given; start the import again")
        return self._files.get(query.name, self._folder / query.name)

    def _watched(self) -> list[Path]:
        return sorted({path for pattern in self._settings.paths for path in self._found(pattern) if format_of(path)})

    def _found(self, pattern: str) -> list[Path]:
        names = glob.glob(pattern, root_dir=self._folder, recursive=True)  # noqa: PTH207  Path.glob refuses absolute patterns
        return [path for name in names if (path := self._folder / name).is_file()]

    def _place_of(self, path: Path) -> str:
        return (path.relative_to(self._folder) if path.is_relative_to(self._folder) else path).as_posix()

    def _content_of(self, path: Path) -> str:
        problem = _unreadable(path)
        if problem:
            raise ConfigError(problem)
        digest = hashlib.sha256(self._map.model_dump_json().encode())
        try:
            with path.open("rb") as stream:
                while part := stream.read(1 << 20):
                    digest.update(part)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror}); check the path and its rights") from None
        return digest.hexdigest()[:12]


def _map_named(name: str, settings: FileSettings, error: type[ValueError] | type[ConfigError]) -> ColumnMap:
    known = {**READY_MAPS, **settings.maps}
    if name not in known:
        raise error(f"no column map {name!r}{_nearest(name, known)} ({', '.join(known)})")
    return known[name]


def _unreadable(path: Path) -> str | None:
    if not path.exists():
        return f"{path}: no such file"
    if not path.is_file():
        return f"{path}: is no file; give the files in it, such as {path}/*.csv"
    if format_of(path) is None:
        return f"{path.name}: of an unknown kind; its name must end in {_ENDINGS}"
    return None


def _has_end(path: Path) -> bool:
    """Whether a Parquet file was written to its end."""
    with path.open("rb") as stream:
        stream.seek(-min(4, path.stat().st_size), 2)
        return stream.read() == b"PAR1"


def _nearest(seen: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(seen, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
