"""The command that scores stored texts again once the scorer, or what it goes by, has changed."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from monitor.cli.options import GOVERN, AsJson, ConfigPath, Verbose, configured, now
from monitor.gather.rescore import FEW, Target, rescore
from monitor.pipeline import find_past_incidents, hand_out, prepare
from monitor.store.database import Store
from monitor.store.rescore import Labels, Moved
from monitor.tell.words import count_of, one_line, percent

_NAMES = {-1: "negative", 0: "neutral", 1: "positive", None: "unscored"}
_SHOWN = 120


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command("rescore", rich_help_panel=GOVERN)(rescore_command)


def rescore_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be scored again, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing labels.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Score stored texts again after a change of the scorer, its version or a brand's words; says what moved. It never alerts."""
    settings = configured(config)
    target = Target.of(settings)
    with Store(settings.store_folder, command="monitor rescore") as store:
        prepare(store, settings)
        labels = target.labels(store)
        due = sum(each.due for each in labels)
        if not as_json:
            _print_labels(labels, target.scorer)
        is_wanted = not dry_run and (not due or yes or not sys.stdin.isatty() or typer.confirm("go on?"))
        moved: Mapping[str, Moved] = {}
        if is_wanted:
            moved = _rescore(store, target, due) if due else {}
            labels = target.labels(store) if due else labels
            # also where nothing is left to score: an earlier rescore may have been killed before it came to this
            find_past_incidents(store, settings, now=now())
            hand_out(store, settings, now=now())
    left = sum(each.due for each in labels)
    if as_json:
        values = {"scorer": target.scorer, "due": due, "left": left, "changed": bool(moved)}
        print(json.dumps({**values, "brands": {name: _values(one) for name, one in moved.items()}}))
    elif not due:
        print("nothing to do")
    elif not is_wanted:
        print("nothing was changed")
    else:
        _print_moved(moved)
        print(f"done: {count_of(sum(one.rows for one in moved.values()), 'label')} scored again; a new copy is published")
    if left and is_wanted:
        print(
            f"{count_of(left, 'label')} came meanwhile from a process that still scores otherwise; "
            "start `monitor run` anew, then run `monitor rescore` again",
            file=sys.stderr,
        )
    if due and not dry_run and not is_wanted:
        raise typer.Exit(1)


def _rescore(store: Store, target: Target, due: int) -> Mapping[str, Moved]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("scoring again", total=due)
        return rescore(
            store,
            target,
            clock=now,
            processes=1 if due <= FEW else None,
            on_batch=lambda scored: progress.update(bar, advance=scored),
        )


def _print_labels(labels: Sequence[Labels], scorer: str) -> None:
    labels = labels or [Labels(scorer, 0, 0, 0)]
    width = max(len(one_line(each.scorer, limit=60)) for each in labels)
    print(f"{'scorer':<{width}}     labels  would be scored again  stay: no text")
    for each in labels:
        now_used = "  (the present one)" if each.scorer == scorer else ""
        print(f"{one_line(each.scorer, limit=60):<{width}}  {each.rows:>9,}  {each.due:>21,}  {each.told:>13,}{now_used}")


def _print_moved(moved: Mapping[str, Moved]) -> None:
    for name, one in moved.items():
        print(f"{one_line(name, limit=40)}: negative {percent(one.share_before)} before, {percent(one.share_after)} now")
        stayed = sum(count for (before, after), count in one.labels.items() if before == after)
        print(f"  {count_of(stayed, 'label')} as before")
        for before, after, count in _moves(one):
            print(f"  {count:,} from {_NAMES[before]} to {_NAMES[after]}")
        for each in one.examples:
            print(f"  {each.before:+.2f} → {each.after:+.2f}  {one_line(each.text, limit=_SHOWN)}")


def _moves(one: Moved) -> list[tuple[int | None, int | None, int]]:
    """The labels that moved: from, to and how many, the most first."""
    moves = [(before, after, count) for (before, after), count in one.labels.items() if before != after]
    return sorted(moves, key=lambda move: (-move[2], str(move[:2])))


def _values(one: Moved) -> dict[str, object]:
    return {
        "scored_again": one.rows,
        "moved": [{"from": before, "to": after, "count": count} for before, after, count in _moves(one)],
        "negative_share": {"before": one.share_before, "after": one.share_after},
        "examples": [
            {
                "text": one_line(each.text),
                "label": {"before": each.label_before, "after": each.label_after},
                "brand_compound": {"before": each.before, "after": each.after},
            }
            for each in one.examples
        ],
    }
