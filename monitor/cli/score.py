"""The command that scores a file: nothing is stored, and no configuration is needed."""

import difflib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, TextIO

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from connectors.parquet import ParquetFile
from connectors.records import Record, TextFile, format_of
from monitor.cli.options import LOOK, ConfigPath, Verbose, configured
from monitor.config.load import is_configured
from monitor.config.models import Brand
from monitor.enrich.score import ASKED, SCORED
from monitor.enrich.workers import make_tools, score_all
from monitor.errors import ConfigError
from monitor.tell.scored import CsvSink, Form, JsonSink, ParquetSink, Row, Sink
from monitor.tell.words import count_of, one_line

_ROWS = 2_000
# starting processes takes longer than scoring so many bytes
_SMALL = 3_000_000
_TOLD = 10
_FORMS: dict[str, Form] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_SCORES = [name for name in SCORED.names if name != "why"]


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command("score", rich_help_panel=LOOK)(score)


def score(
    file: Annotated[str, typer.Argument(help="CSV, JSONL or Parquet; - for standard input, CSV or JSONL.")],
    scorer: Annotated[str | None, typer.Option(help="Who gives the label.", show_default="the configuration's, or vader-brand")] = None,
    text_column: Annotated[str, typer.Option(help="The column of the texts.")] = "text",
    brand_column: Annotated[str | None, typer.Option(help="The column that says towards whom.")] = None,
    brand: Annotated[str | None, typer.Option(help="Towards whom, for every row.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add the column `why`: what made each score.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write to a file; its ending says how.", show_default="print")] = None,
    model: Annotated[Path | None, typer.Option(help="The file of a scorer that needs one.")] = None,
    config: ConfigPath = None,
    verbose: Verbose = 0,
) -> None:
    """Score any file, row by row: sentiment towards a brand, exact VADER, language, intents, topics; nothing is stored."""
    if brand is not None and brand_column is not None:
        raise typer.BadParameter("--brand and --brand-column contradict each other; give one of them")
    brands: Sequence[Brand] = ()
    if is_configured(config):
        settings = configured(config)
        brands = settings.brands
        scorer = scorer or settings.scoring.scorer
        model = model or (settings.scoring.model and settings.folder / settings.scoring.model)
    asked = _Asked(text_column, brand_column, brand)
    tools = partial(make_tools, scorer or "vader-brand", brands, model)
    # a scorer that cannot be made is told here, not by a process of its own
    tools()
    with _local(file) as path, closing(_opened(path, file)) as source:
        problems = _Problems(file)
        scored = score_all(
            _chunks(source, asked, problems),
            tools,
            processes=1 if path.stat().st_size < _SMALL else None,
            explain=explain,
            topics=True,
        )
        wanted = [*_SCORES, "topics", *(["why"] if explain else [])]
        with _target(out) as stream:
            sink: Sink | None = None
            try:
                for rows, answers in scored:
                    sink = sink or _sink(stream, out, path, source.columns() or list(rows[0]), wanted)
                    sink.write(rows, answers.select(wanted))
            finally:
                if sink is not None:
                    sink.close()
    problems.sum_up()


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where a row says what is to be scored."""

    text_column: str
    brand_column: str | None
    brand: str | None

    def table(self, rows: Sequence[Row]) -> pa.Table:
        """The rows as the scorers are asked about them."""
        texts = [_text(row.get(self.text_column)) for row in rows]
        brands = [_text(row.get(self.brand_column)) if self.brand_column else self.brand for row in rows]
        unknown = [None] * len(rows)
        return pa.table([texts, brands, unknown, unknown], schema=ASKED)


@dataclass(slots=True)
class _Problems:
    """Rows that could not be read; they stay in their place, without scores."""

    file: str
    count: int = 0

    def tell(self, record: Record) -> None:
        """Name one on standard error; after the first few they are only counted."""
        self.count += 1
        if self.count <= _TOLD:
            print(f"{one_line(self.file)}:{record.line}: {one_line(record.problem)}; it is left unscored", file=sys.stderr)

    def sum_up(self) -> None:
        """Say how many there were, where not all were named."""
        if self.count > _TOLD:
            print(f"{one_line(self.file)}: {count_of(self.count, 'row')} in all could not be read", file=sys.stderr)


def _chunks(source: TextFile | ParquetFile, asked: _Asked, problems: _Problems) -> Iterator[tuple[list[Row], pa.Table]]:
    """The rows of a file, some thousand at a time, with what is asked about each.

    raises  ConfigError where the file has not the columns that are asked for
    """
    wanted = [name for name in (asked.text_column, asked.brand_column) if name is not None]
    rows: list[Row] = []
    is_known = False
    if source.columns() is not None:
        _check(source, wanted, source.columns() or ())
        is_known = True
    for record in source.records(None):
        if record.row is None:
            problems.tell(record)
        elif not is_known:
            _check(source, wanted[:1], list(record.row))
            is_known = True
        rows.append(record.row if record.row is not None else {})
        if len(rows) == _ROWS:
            yield rows, asked.table(rows)
            rows = []
    if rows:
        yield rows, asked.table(rows)


def _check(source: TextFile | ParquetFile, wanted: Sequence[str], columns: Sequence[str]) -> None:
    missing = next((name for name in wanted if name not in columns), None)
    if missing is not None:
        close = difflib.get_close_matches(missing, columns, n=1)
        there = f"did you mean {close[0]}?" if close else f"there are {', '.join(columns)}"
        raise ConfigError(f"{source.path.name}: no column {missing!r}; {one_line(there)} Name it with --text-column or --brand-column")


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


@contextmanager
def _local(file: str) -> Iterator[Path]:
    """The file; what comes in on standard input is put into one for as long as it is needed.

    raises  ConfigError where there is none
    """
    if file != "-":
        if not Path(file).is_file():
            raise ConfigError(f"{file}: there is no such file; give a .csv, .jsonl or .parquet file, or - for standard input")
        yield Path(file)
        return
    with tempfile.TemporaryDirectory() as folder:
        begun = sys.stdin.buffer.read(1 << 16)
        path = Path(folder) / f"standard-input.{'jsonl' if begun.lstrip()[:1] == b'{' else 'csv'}"
        with path.open("wb") as kept:
            while begun:
                kept.write(begun)
                begun = sys.stdin.buffer.read(1 << 20)
        yield path


def _opened(path: Path, file: str) -> TextFile | ParquetFile:
    kind = format_of(path)
    if kind is None:
        raise ConfigError(f"{file}: of an unknown kind; give a .csv, .tsv, .jsonl or .parquet file")
    if kind == "parquet":
        return ParquetFile(path, wanted=pq.read_schema(path).names)
    return TextFile(path)


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO | None]:
    """Where text goes: standard output, or a file that takes the place of an older one once it is whole; None for Parquet."""
    if out is None:
        yield sys.stdout
        return
    if out.suffix.lower() not in _FORMS:
        raise ConfigError(f"{out}: its ending says nothing; write to a .csv, .jsonl or .parquet file")
    part = _part_of(out)
    try:
        with nullcontext() if _FORMS[out.suffix.lower()] == "parquet" else part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        if part.exists():
            part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _part_of(out: Path) -> Path:
    return out.with_name(f".{out.name}.part")


def _sink(stream: TextIO | None, out: Path | None, path: Path, columns: Sequence[str], scores: Sequence[str]) -> Sink:
    kind = format_of(path)
    form = _FORMS[out.suffix.lower()] if out else "jsonl" if kind == "jsonl" else "csv"
    if stream is None and out is not None:
        known = kind != "jsonl"
        return ParquetSink(_part_of(out), columns if known else None, pq.read_schema(path) if kind == "parquet" else None)
    assert stream is not None
    return JsonSink(stream) if form == "jsonl" else CsvSink(stream, columns, scores)
