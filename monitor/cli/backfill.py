"""The command that brings history in: from files, or from a source's past; estimated first, resumable, and taken back on demand."""

import difflib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connectors import sources
from connectors.file import FileConnector, FileSettings
from monitor.cli.options import COLLECT, AsJson, BrandName, ConfigPath, Verbose, configured, connectors_of, moment, now
from monitor.collect.budget import Meter, NoMeter
from monitor.collect.connector import Connector, Estimate, Page, Query, Window
from monitor.config.models import Config
from monitor.errors import ConfigError, MonitorError
from monitor.gather.backfill import Filled, Redo, backfill
from monitor.gather.budget import Ledger
from monitor.gather.enricher import Enricher
from monitor.gather.follow import PastThreads
from monitor.gather.threads import query_of as query_of_threads
from monitor.pipeline import find_past_incidents, hand_out, prepare
from monitor.store.database import Store
from monitor.store.ledger import finish, known_backfill, read_run
from monitor.store.quarantine import discard
from monitor.store.threads import read_threads
from monitor.store.undo import Undoing, count_undo, undo
from monitor.tell.words import count_of, one_line

_UNKNOWN = Estimate(items=None, requests=None, minutes=None, usd=0.0)
"""Of threads nothing is known before their roots are; no source that reads them costs money."""


# starting processes takes longer than scoring so many rows
_LARGE = 60_000


@dataclass(frozen=True, slots=True)
class _Part:
    """One question of a backfill, as it is shown: a file's name, or a source and its query.

    threads_of  the brands whose threads it reads, as the source's other questions have found them; empty: it is one of these
    """

    name: str
    connector: Connector
    query: Query
    threads_of: Sequence[str] = ()


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command("backfill", rich_help_panel=COLLECT)(backfill_command)


def backfill_command(
    targets: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE|FILE]...", help="Sources of the configuration, or files.")] = None,
    since: Annotated[str | None, typer.Option(help="Only mentions from this time on; UTC unless an offset is given.")] = None,
    until: Annotated[str | None, typer.Option(help="Only mentions before this time.")] = None,
    brand: BrandName = None,
    column_map: Annotated[
        str | None, typer.Option("--map", help="The column map of the files.", show_default="the one of sources.file")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read and what it costs, read nothing.")] = False,
    max_cost: Annotated[float | None, typer.Option("--max-cost", metavar="USD", min=0, help="Stop before it costs more.")] = None,
    redo: Annotated[Redo, typer.Option(help="What to read again: what has no answer yet, what failed, all.")] = "missing",
    undo_run: Annotated[int | None, typer.Option("--undo", metavar="RUN", help="Take an import back.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending money.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Bring history in, from sources or files; asked again, it goes on where it stopped, and adds nothing twice. It never alerts."""
    settings = configured(config)
    if undo_run is not None:
        _undo(settings, undo_run, dry_run=dry_run, as_json=as_json)
        return
    if not targets:
        raise typer.BadParameter("name at least one source or file, or --undo RUN")
    window = Window(moment(since), moment(until))
    if window.since and window.until and window.since >= window.until:
        raise typer.BadParameter(f"--since {since} is not before --until {until}")
    parts = _parts(settings, targets, window, brand=brand, map_name=column_map)
    enricher = Enricher.of(settings)
    with Store(settings.store_folder, command="monitor backfill") as store:
        prepare(store, settings)
        meter = Ledger(store, is_backfill=True, max_usd=max_cost)
        if dry_run:
            _dry_run(store, enricher, parts, window, meter, as_json=as_json)
            return
        if not _may_cost(settings, parts, window, meter, max_cost=max_cost, yes=yes):
            raise typer.Exit(1)
        with store.opened() as con:
            enricher.threads.update(read_threads(con, since=window.since))
        failed = _fill_all(store, enricher, parts, window, meter, redo=redo, as_json=as_json)
        past = find_past_incidents(store, settings, now=now())
        hand_out(store, settings, now=now())
    if not as_json:
        for change in past:
            if change.change == "opened":
                print(f"found      {change.incident.id}  {one_line(change.incident.summary)}")
    if failed:
        raise typer.Exit(1)


def _parts(settings: Config, targets: Sequence[str], window: Window, *, brand: str | None, map_name: str | None) -> list[_Part]:
    """What to ask: one part for a file, one for each of a source's queries.

    raises  ConfigError where a target is neither, or a source is asked without a start
    """
    parts: list[_Part] = []
    for target in targets:
        if target in sources() and target != "file" and not Path(target).exists():
            parts += _source_parts(settings, target, window, brand=brand)
        else:
            close = difflib.get_close_matches(target, list(sources()), n=1)
            if close and not Path(target).exists() and not Path(target).suffix:
                raise ConfigError(f"{target}: neither a file nor a source; did you mean {close[0]}?")
            section = settings.sources.get("file") or FileSettings()
            reader = FileConnector(section, folder=settings.folder, paths=[Path(target)], map_name=map_name)
            parts.append(_Part(target, reader, _query_of_file(reader, target)))
    return parts


def _query_of_file(reader: FileConnector, target: str) -> Query:
    try:
        return next(iter(reader.queries()))
    except ConfigError:
        # told when its turn comes, so that the other files are read
        return Query("file", target)


def _source_parts(settings: Config, source: str, window: Window, *, brand: str | None) -> list[_Part]:
    wanted = settings.brand(brand).name if brand else None
    if source not in settings.sources:
        raise ConfigError(f"no source {source!r} in the configuration; there are {', '.join(settings.sources) or 'none'}")
    if window.since is None:
        raise ConfigError(f"{source}: how far back? give --since, such as --since {now():%Y-%m}-01")
    (connector,) = connectors_of(settings, [source])
    missing = connector.check()
    if missing:
        raise ConfigError(missing)
    queries = [query for query in connector.queries() if wanted is None or not query.brands or wanted in query.brands]
    parts = [_Part(f"{source} {query.name}", connector, query) for query in queries]
    if connector.capabilities.reads_threads:
        query = query_of_threads(connector, wanted)
        parts.append(_Part(f"{source} {query.name}", connector, query, [wanted] if wanted else [one.name for one in settings.brands]))
    return parts


def _may_cost(settings: Config, parts: Sequence[_Part], window: Window, meter: Ledger, *, max_cost: float | None, yes: bool) -> bool:
    """Whether to go on, once it is known what it costs; what is free is never asked about."""
    paid = [part for part in parts if part.connector.capabilities.key == "paid"]
    if not paid or yes:
        return True
    estimates = [part.connector.estimate(part.query, window, meter=meter) for part in paid]
    costs = [estimate.usd for estimate in estimates]
    known = sum(cost for cost in costs if cost is not None)
    said = f"about ${known:,.2f}" if None not in costs else f"at least ${known:,.2f}; what it comes to cannot be known beforehand"
    print(f"this reads {sum(estimate.items or 0 for estimate in estimates):,} items and costs {said} (an estimate)", file=sys.stderr)
    lefts = [_left(settings, meter, part.connector.source) for part in paid]
    left = min((usd for usd in lefts if usd is not None), default=None)
    if left is not None and known > left:
        print(
            f"this month's budget has ${left:,.2f} left: the import would stop half-way; shorten it, or raise the budget", file=sys.stderr
        )
    if max_cost is not None:
        return True
    if sys.stdin.isatty():
        return typer.confirm("go on?")
    print("nothing was read: say --max-cost USD or --yes", file=sys.stderr)
    return False


def _left(settings: Config, meter: Ledger, source: str) -> float | None:
    """US dollars that this month's budget of a source still holds; None where it has none."""
    known = meter.left(source)
    return known if known is not None else getattr(settings.sources[source], "monthly_budget_usd", None)


def _fill_all(store: Store, enricher: Enricher, parts: Sequence[_Part], window: Window, meter: Meter, *, redo: Redo, as_json: bool) -> bool:
    """Fill from every part; whether one of them could not be read."""
    failed: list[Connector] = []
    for part in parts:
        if part.threads_of and part.connector in failed:
            print(f"{part.name}: not read, since not all was found yet under which they stand; the same command goes on", file=sys.stderr)
            continue
        try:
            filled = _fill(store, enricher, part, window, meter, redo=redo)
        except MonitorError as error:
            print(error, file=sys.stderr)
            failed.append(part.connector)
            continue
        except KeyboardInterrupt:
            print(
                f"\nstopped; everything up to the last page is stored. Go on with the same command: {' '.join(sys.argv)}", file=sys.stderr
            )
            raise
        _print_filled(part.name, filled, as_json=as_json)
    return bool(failed)


def _fill(store: Store, enricher: Enricher, part: _Part, window: Window, meter: Meter, *, redo: Redo) -> Filled:
    if isinstance(part.connector, FileConnector):
        part = replace(part, query=next(iter(part.connector.queries())))
        expected = part.connector.estimate(part.query, window, meter=NoMeter()).items
    else:
        expected = None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task(one_line(part.name), total=expected)

        def advance(page: Page) -> None:
            progress.advance(bar, page.seen)

        puller = PastThreads(part.connector, store, brands=part.threads_of) if part.threads_of else part.connector
        # what comes over the network is slower than scoring, and may cost money a second time
        is_large = isinstance(part.connector, FileConnector) and (expected is None or expected > _LARGE)
        return backfill(
            store,
            puller,
            part.query,
            window=window,
            enricher=enricher,
            meter=meter,
            now=now(),
            redo=redo,
            processes=None if is_large else 1,
            on_page=advance,
        )


def _print_filled(name: str, filled: Filled, *, as_json: bool) -> None:
    run = filled.run
    if as_json:
        figures = {"run": run.run_id, "target": name, "seen": run.seen, "new": filled.new, "changed": filled.changed}
        print(json.dumps({**figures, "set_aside": run.set_aside, "skipped": filled.skipped}))
        return
    name = Path(name).name
    if filled.skipped:
        print(f"{name}: read before as run {run.run_id} ({run.stored:,} mentions); --redo all reads it again")
        return
    print(f"{name}: run {run.run_id}, {count_of(run.seen, 'row')}, {count_of(filled.new, 'new mention')}, {filled.changed:,} changed")
    if run.set_aside:
        print(f"{name}: {run.set_aside:,} of {run.seen:,} rows set aside; `monitor quarantine list --run {run.run_id}` shows them")


def _dry_run(store: Store, enricher: Enricher, parts: Sequence[_Part], window: Window, meter: Meter, *, as_json: bool) -> None:
    for part in parts:
        try:
            query = next(iter(part.connector.queries())) if isinstance(part.connector, FileConnector) else part.query
            estimate = _UNKNOWN if part.threads_of else part.connector.estimate(query, window, meter=meter)
        except MonitorError as error:
            print(error, file=sys.stderr)
            continue
        with store.opened() as con:
            known = known_backfill(con, enricher.fingerprint(query, window))
        if as_json:
            before = {"run": known.run_id, "state": known.state} if known else {"run": None, "state": None}
            print(json.dumps({"target": part.name, **asdict(estimate), **before}))
            continue
        said = f"read before as run {known.run_id}, {known.state}" if known else "not read before"
        print(f"{Path(part.name).name}: {_said(estimate)}, {said}")
    if not as_json:
        print("nothing was read")


def _said(estimate: Estimate) -> str:
    """An estimate in words; what is not known is said to be unknown."""
    items = "an unknown number of items" if estimate.items is None else f"{estimate.items:,} rows"
    requests = f", {estimate.requests:,} requests" if estimate.requests else ""
    seconds = None if estimate.minutes is None else max(1, round(estimate.minutes * 60))
    took = "" if seconds is None else f", about {seconds} s" if seconds < 120 else f", about {round(seconds / 60)} min"
    cost = ", cost unknown" if estimate.usd is None else ", free of charge" if estimate.usd == 0 else f", about ${estimate.usd:,.2f}"
    return f"{items}{requests}{took}{cost}"


def _undo(settings: Config, run_id: int, *, dry_run: bool, as_json: bool) -> None:
    with Store(settings.store_folder, command="monitor backfill --undo") as store:
        with store.writing() as con:
            found = read_run(con, run_id)
            if found is None or found.kind != "backfill" or found.state == "undone":
                raise ConfigError(f"run {run_id} is no import that can be taken back; `monitor query --sql 'from v_runs'` lists them")
            if dry_run:
                counted = count_undo(con, found)
                would = (
                    f"run {run_id} ({found.query}): {counted.removed:,} mentions would go, {counted.kept:,} stay since another run saw them"
                )
                print(_undo_as_json(run_id, counted, is_done=False) if as_json else would)
                return
            counted = undo(con, found)
            finish(con, found, state="undone", now=now())
        discard(store.folder, run_id)
        find_past_incidents(store, settings, now=now())
        hand_out(store, settings, now=now())
    said = f"run {run_id} taken back: {counted.removed:,} mentions removed, {counted.kept:,} kept since another run saw them"
    print(_undo_as_json(run_id, counted, is_done=True) if as_json else said)


def _undo_as_json(run_id: int, counted: Undoing, *, is_done: bool) -> str:
    return json.dumps({"run": run_id, "removed": counted.removed, "kept": counted.kept, "done": is_done})
