"""The command that makes a model of your own labels: `monitor fit`."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.label_files import Bad, label_of, read_rows, text_of
from monitor.cli.options import ACT, AsJson, ConfigPath, Verbose, configured
from monitor.config.load import find_config
from monitor.config.models import Brand
from monitor.enrich.linear.evaluate import FOLDS, Labelled, Move, Trained, train
from monitor.enrich.linear.model import write_model
from monitor.enrich.sentiment import Said
from monitor.errors import BadItem, ConfigError
from monitor.store.labels import kept_labels
from monitor.store.publish import newest
from monitor.tell.published import opened
from monitor.tell.words import count_of, one_line, percent

_MOST_SHOWN = 5
_NAMES = ("linear", "vader-brand", "vader")


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command("fit", rich_help_panel=ACT)(fit)


def fit(
    out: Annotated[Path, typer.Option("--out", help="The file of the model.")],
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            "--labels",
            help="A CSV, JSONL or Parquet file of labelled texts; may be repeated.",
            show_default="the labels that were imported",
        ),
    ] = None,
    text_column: Annotated[str, typer.Option("--text-column", help="Where its texts stand.")] = "text",
    label_column: Annotated[str, typer.Option("--label-column", help="Where its labels stand.")] = "label",
    brand_column: Annotated[str, typer.Option("--brand-column", help="Where the brands stand, if there is such a column.")] = "brand",
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Fit a model to your own labels, and see what it is worth before it scores anything."""
    bad: list[Bad] = []
    if labels:
        brands = _brands(config)
        rows = [row for path in labels for row in _rows(path, text_column, label_column, brand_column, bad)]
    else:
        settings = configured(config)
        brands = settings.brands
        with opened(newest(settings.published_folder)) as con:
            rows = [Labelled(Said(kept.text, kept.brand, lang=kept.lang), kept.label) for kept in kept_labels(con)]
        if not rows:
            raise ConfigError("fit: nobody has labelled anything yet; give a file with --labels, or begin with `monitor label sample`")
    _print_bad(bad)
    trained = train(rows, brands=brands)
    size = write_model(trained.model, out)
    if as_json:
        print(json.dumps(_values(trained, out, bad)))
        return
    print(
        "\n".join([*_report(trained), "", f"{out}: {len(trained.model.words):,} words and pairs, {size / 1000:.0f} kB. To score with it:"])
    )
    print(f"  scoring: {{scorer: linear, model: {out}}}")


def _rows(path: Path, text_column: str, label_column: str, brand_column: str, bad: list[Bad]) -> list[Labelled]:
    rows: list[Labelled] = []
    for row in read_rows(path, (text_column, label_column), also=(brand_column,)):
        if isinstance(row, Bad):
            bad.append(Bad(row.line, f"{path.name}: {row.reason}"))
            continue
        try:
            label, text = label_of(row.cells.get(label_column)), text_of(row.cells.get(text_column))
            if label is None or not text:
                raise BadItem("no label" if label is None else "no text")
            rows.append(Labelled(Said(text, text_of(row.cells.get(brand_column)) or None), label))
        except BadItem as error:
            bad.append(Bad(row.line, f"{path.name}: {error}"))
    return rows


def _brands(config: Path | None) -> Sequence[Brand]:
    """The configured brands, whose names mean nothing by themselves; none where there is no configuration."""
    if config is None:
        try:
            find_config(None)
        except ConfigError:
            return ()
    return configured(config).brands


def _print_bad(bad: Sequence[Bad]) -> None:
    if bad:
        counts = Counter(row.reason for row in bad)
        print(f"{count_of(len(bad), 'row')} left out:", file=sys.stderr)
        for reason, count in counts.most_common(_MOST_SHOWN):
            first = next(row.line for row in bad if row.reason == reason)
            print(f"  {count:>6,}  {one_line(reason)} (first in line {first})", file=sys.stderr)


def _report(trained: Trained) -> list[str]:
    model = trained.model
    left = f", {count_of(trained.left_out, 'text')} in other languages or empty left out" if trained.left_out else ""
    lines = [f"{count_of(model.rows, 'label')}{left}; each text judged by a model of the other {FOLDS - 1} fifths of them", ""]
    lines += [f"{'':<14}{'macro-F1':>9}  negative ones found"]
    lines += [f"{name:<14}{trained.macro_f1[name]:>9.3f}  {percent(trained.recall[name]):>5}" for name in _NAMES]
    lines += ["", "chance of negative     texts   predicted   seen"]
    lines += [
        f"  {band.low:.1f} to {band.high:.1f}         {band.texts:>7,}   {percent(band.predicted):>9}  {percent(band.seen):>5}"
        for band in trained.bands
    ]
    return [*lines, "", *_moves(trained.moves, model.rows)]


def _moves(moves: Sequence[Move], rows: int) -> list[str]:
    """How many labels move from vader-brand to the model, how many of them to what people say, and the first of each kind."""
    better = sum(move.after == move.label for move in moves)
    worse = sum(move.before == move.label for move in moves)
    lines = [
        f"{len(moves):,} of {rows:,} labels would move from those of vader-brand: {better:,} to what people say, {worse:,} away from it"
    ]
    kinds = Counter((move.before, move.after) for move in moves)
    for (before, after), count in kinds.most_common():
        some = next(move for move in moves if (move.before, move.after) == (before, after))
        lines.append(f"  {before:>2} to {after:>2}  {count:>5,}   such as, {some.label} by hand: “{one_line(some.said.text, limit=90)}”")
    return lines


def _values(trained: Trained, out: Path, bad: Sequence[Bad]) -> dict[str, object]:
    moves = Counter(f"{move.before} to {move.after}" for move in trained.moves)
    return {
        "out": str(out),
        "rows": trained.model.rows,
        "bad": len(bad),
        "left_out": trained.left_out,
        "macro_f1": trained.macro_f1,
        "negative_recall": trained.recall,
        "calibration": [band._asdict() for band in trained.bands],
        "moves": dict(moves),
    }
