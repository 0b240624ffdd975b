"""Commands that keep what is stored in order: rematch."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from shlex import quote
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from monitor.cli.options import GOVERN, AsJson, BrandName, ConfigPath, Verbose, configured, now, queries_of
from monitor.config.models import Config
from monitor.gather.rematch import Judge, Tally, rematch
from monitor.gather.rescore import due_labels
from monitor.pipeline import find_past_incidents, hand_out, prepare
from monitor.store.database import Store
from monitor.store.rematch import earliest_looks
from monitor.tell.words import count_of, one_line

_MOST_FILES = 3


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.command("rematch", rich_help_panel=GOVERN)(rematch_command)


def rematch_command(
    brand: BrandName = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would change, change nothing.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Also let go what was counted by a place or page that the configuration no longer names.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing what is counted.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Judge stored texts again after a change of rules, places, muted or own accounts; counted first. It never alerts."""
    settings = configured(config)
    brands = [settings.brand(brand).name] if brand else [each.name for each in settings.brands]
    judge = Judge.of(settings, queries_of(settings), is_strict=strict)
    with Store(settings.store_folder, command="monitor rematch") as store:
        prepare(store, settings)
        tallies = _rematch(store, judge, brands, dry_run=True)
        with store.opened() as con:
            looks = earliest_looks(con, brands)
        if not as_json:
            _print_tallies(tallies)
        is_wanted = not dry_run and (not _changes(tallies) or yes or not sys.stdin.isatty() or typer.confirm("go on?"))
        if is_wanted:
            tallies = _rematch(store, judge, brands, dry_run=False) if _changes(tallies) else tallies
            # also where nothing is left to change: an earlier rematch may have been killed before it came to this
            find_past_incidents(store, settings, now=now())
            hand_out(store, settings, now=now())
        others = due_labels(store, settings)
    if as_json:
        print(json.dumps({"changed": is_wanted, "brands": {name: _values(tally) for name, tally in tallies.items()}}))
        return
    print(_said(tallies) if is_wanted else "nothing was changed")
    if others:
        print(f"{count_of(others, 'label')} by another scorer or other words than now; then `monitor rescore`")
    print("rematch judges only what is stored; what the old rule never fetched comes only by:")
    for line in _backfills(settings, looks, brand=brands[0] if brand else None):
        print(f"  {line}")
    if not dry_run and not is_wanted:
        raise typer.Exit(1)


def _rematch(store: Store, judge: Judge, brands: Sequence[str], *, dry_run: bool) -> Mapping[str, Tally]:
    with store.opened() as con:
        texts = con.execute("select count(*) from mention").fetchall()[0][0]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("counting" if dry_run else "judging again", total=texts)
        return rematch(
            store, judge, brands=brands, dry_run=dry_run, clock=now, on_batch=lambda judged: progress.update(bar, advance=judged)
        )


def _changes(tallies: Mapping[str, Tally]) -> bool:
    return any(tally.come or tally.go or tally.changed or tally.explained for tally in tallies.values())


def _values(tally: Tally) -> dict[str, int]:
    return {"come": tally.come, "go": tally.go, "stay": tally.stay, "changed": tally.changed}


def _print_tallies(tallies: Mapping[str, Tally]) -> None:
    width = max(len(one_line(name, limit=40)) for name in (*tallies, "brand"))
    print(f"{'brand':<{width}}  would come  would go       stay  of them counted otherwise")
    for name, tally in tallies.items():
        print(f"{one_line(name, limit=40):<{width}}  {tally.come:>10,}  {tally.go:>8,}  {tally.stay:>9,}  {tally.changed:>25,}")


def _said(tallies: Mapping[str, Tally]) -> str:
    come, go = sum(tally.come for tally in tallies.values()), sum(tally.go for tally in tallies.values())
    changed = sum(tally.changed for tally in tallies.values())
    return f"done: {count_of(come, 'mention')} came, {go:,} went, {changed:,} counted otherwise; a new copy is published"


def _backfills(settings: Config, looks: Sequence[tuple[str, str, datetime]], *, brand: str | None) -> list[str]:
    """The commands that ask again for all that was ever asked for, as far as it can be said."""
    option = f" --brand {quote(brand)}" if brand else ""
    lines = []
    for source in sorted({asked for asked, _, _ in looks if asked != "file" and asked in settings.sources}):
        since = min(at for asked, _, at in looks if asked == source)
        lines.append(f"monitor backfill {source} --since {since:%Y-%m-%d}{option}")
    files = sorted({query.rpartition("@")[0] or query for asked, query, _ in looks if asked == "file"})
    lines += [f"monitor backfill {quote(one_line(file))}   (with its --map, if it had one)" for file in files[:_MOST_FILES]]
    if len(files) > _MOST_FILES:
        lines.append(f"and {count_of(len(files) - _MOST_FILES, 'file')} more")
    return lines or [f"monitor backfill SOURCE --since …{option}"]
