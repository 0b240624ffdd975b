"""Commands for labels given by people: label sample, import, export."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.label_files import Bad, label_of, read_rows, text_of, weight_of, write_sheet
from monitor.cli.options import ACT, AsJson, BrandName, ConfigPath, Verbose, configured, moment, now
from monitor.cli.orders import NOTED, ordered
from monitor.errors import BadItem, ConfigError
from monitor.pipeline import hand_out
from monitor.store.database import Store
from monitor.store.labels import HandLabel, counts_of, draw, kept_labels
from monitor.store.publish import newest
from monitor.tell.label_error import FEWEST, label_error_words, read_label_error
from monitor.tell.published import opened
from monitor.tell.words import count_of, one_line

_MOST_SHOWN = 5
_WORDS = {-1: "negative", 0: "neutral", 1: "positive", None: "unscored"}

label_app = typer.Typer(help="What people say of texts: how far ours is off, and what a model learns from.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.add_typer(label_app, name="label", rich_help_panel=ACT)


def label_sample(
    brand: Annotated[str, typer.Option("--brand", help="Whose mentions.")],
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write; it must not be there yet.")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, max=100_000, help="How many texts.")] = 200,
    since: Annotated[str | None, typer.Option("--since", help="Only those written from this time on.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only those written before this time.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another number draws other texts.")] = 1,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Draw texts to label in a spreadsheet: by chance, from every label, source and season."""
    settings = configured(config)
    name = settings.brand(brand).name
    with opened(newest(settings.published_folder)) as con:
        drawn = draw(con, name, count, seed=seed, since=moment(since), until=moment(until))
    if not drawn:
        raise ConfigError(f"label sample: no counted mentions of {name} in that time; `monitor status` says what there is")
    columns = ("mention_id", "brand", "text", "scored", "weight", "label")
    write_sheet(out, columns, [(one.mention_id, one.brand, one.text, one.label, round(one.weight, 6), None) for one in drawn])
    counts = counts_of(drawn)
    if as_json:
        print(json.dumps({"out": str(out), "drawn": {_WORDS[label]: n for label, n in counts.items()}}))
        return
    told = ", ".join(f"{n} that we call {_WORDS[label]}" if label is not None else f"{n} unscored" for label, n in counts.items())
    print(f"{count_of(len(drawn), 'text')} of {one_line(name)} in {out}: {told}")
    print("fill the column `label` with -1, 0 or 1 (towards the brand; ? where you cannot tell), save as CSV (UTF-8), then:")
    print(f"  monitor label import {out}")


def label_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A filled-in sample, or any file with mention_id, brand and label.")],
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Take labels in, and say how far the negative share is off on them."""
    settings = configured(config)
    labels, lines, bad, blank = _labels_in(file)
    taken = ordered(settings, "labels", {"labels": labels}, command="monitor label import")
    if taken is None:
        print(
            json.dumps({"noted": len(labels), "open": blank, "bad": len(bad)}) if as_json else f"{NOTED}: {count_of(len(labels), 'label')}"
        )
        _print_bad(bad)
        return
    counts = Counter({key: taken[key] for key in ("new", "changed", "known")})
    bad += [Bad(lines[place], reason) for place, reason in taken["refused"]]
    with Store(settings.store_folder, command="monitor label import") as store:
        with store.opened() as con:
            brands = sorted({one.brand.casefold() for one in labels})
            errors = {each.name: read_label_error(con, each.name) for each in settings.brands if each.name.casefold() in brands}
        if counts["new"] or counts["changed"]:
            hand_out(store, settings, now=now())
    if as_json:
        values = {
            name: {"labels": told.labels, "human": told.human, "ours": told.ours, "off": told.off, "low": told.low, "high": told.high}
            for name, told in errors.items()
            if told
        }
        print(json.dumps({**{key: counts[key] for key in ("new", "changed", "known")}, "open": blank, "bad": len(bad), "brands": values}))
    else:
        print(f"{counts['new']} new, {counts['changed']} changed, {counts['known']} known before, {blank} left open")
        for name, told in errors.items():
            words = (
                label_error_words(told)
                if told
                else f"fewer than {FEWEST} labels of texts drawn by chance: too few to say how far we are off"
            )
            print(f"{one_line(name)}: {words}")
    _print_bad(bad)
    if bad and not sum(counts.values()):
        raise typer.Exit(1)


def label_export(
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write; it must not be there yet.")],
    brand: BrandName = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Write the labels that people gave, with their texts, as `monitor fit --labels` reads them."""
    settings = configured(config)
    with opened(newest(settings.published_folder)) as con:
        kept = kept_labels(con, brand=settings.brand(brand).name if brand else None)
    if not kept:
        raise ConfigError("label export: nobody has labelled anything yet; `monitor label sample` draws texts to begin with")
    write_sheet(out, ("mention_id", "brand", "text", "weight", "label"), [(k.mention_id, k.brand, k.text, k.weight, k.label) for k in kept])
    print(json.dumps({"out": str(out), "labels": len(kept)}) if as_json else f"{count_of(len(kept), 'label')} in {out}")


label_app.command("sample")(label_sample)
label_app.command("import")(label_import)
label_app.command("export")(label_export)


def _labels_in(file: Path) -> tuple[list[HandLabel], list[int], list[Bad], int]:
    """The labels of a file, their lines, the rows that hold none, and how many were left open."""
    labels: list[HandLabel] = []
    lines: list[int] = []
    bad: list[Bad] = []
    blank = 0
    for row in read_rows(file, ("mention_id", "brand", "label"), also=("text", "weight")):
        if isinstance(row, Bad):
            bad.append(row)
            continue
        try:
            label = label_of(row.cells.get("label"))
            if label is None:
                blank += 1
                continue
            mention_id, brand = text_of(row.cells.get("mention_id")), text_of(row.cells.get("brand"))
            if not mention_id or not brand:
                raise BadItem("mention_id or brand is empty")
            labels.append(HandLabel(mention_id, brand, label, text_of(row.cells.get("text")), weight_of(row.cells.get("weight"))))
            lines.append(row.line)
        except BadItem as error:
            bad.append(Bad(row.line, str(error)))
    return labels, lines, bad, blank


def _print_bad(bad: Sequence[Bad]) -> None:
    if bad:
        print(f"{count_of(len(bad), 'row')} left out:", file=sys.stderr)
        for row in sorted(bad)[:_MOST_SHOWN]:
            print(f"  line {row.line}: {one_line(row.reason)}", file=sys.stderr)
        if len(bad) > _MOST_SHOWN:
            print(f"  and {len(bad) - _MOST_SHOWN} more", file=sys.stderr)
