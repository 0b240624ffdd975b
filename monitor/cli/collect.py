"""Commands that bring mentions in: run, pull, backfill, quarantine."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.file import FileConnector, FileSettings
from monitor.cli.options import COLLECT, AsJson, ConfigPath, Verbose, configured, connectors_of, moment, now
from monitor.collect.connector import Page, Query, Window
from monitor.config.models import Config
from monitor.errors import ConfigError, MonitorError
from monitor.gather.backfill import Filled, Redo, backfill
from monitor.gather.enricher import Enricher
from monitor.pipeline import Pipeline, Round, find_past_incidents, prepare
from monitor.schedule import run_forever
from monitor.store.database import Store
from monitor.store.ledger import finish, known_backfill, read_run
from monitor.store.publish import publish
from monitor.store.quarantine import discard, read_quarantine
from monitor.store.threads import read_threads
from monitor.store.undo import count_undo, undo
from monitor.tell.words import one_line

quarantine_app = typer.Typer(help="Items that could not be read.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.command("run", rich_help_panel=COLLECT)(run)
    app.command("pull", rich_help_panel=COLLECT)(pull)
    app.command("backfill", rich_help_panel=COLLECT)(backfill_command)
    app.add_typer(quarantine_app, name="quarantine", rich_help_panel=COLLECT)


def run(
    once: Annotated[bool, typer.Option("--once", help="One round of every source, then stop.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Collect on schedule, detect, publish: what keeps your figures fresh. Stop it with Ctrl-C or SIGTERM."""
    settings = configured(config)
    if once:
        _one_round(settings, (), as_json=as_json)
        return
    with Store(settings.store_folder, command="monitor run", priority="live") as store:
        run_forever(settings, Pipeline(settings, store, connectors_of(settings), now=now()))


def pull(
    sources: Annotated[list[str], typer.Argument(help="Sources, as named in the configuration.")],
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Ask the named sources once, now."""
    _one_round(configured(config), sources, as_json=as_json)


def backfill_command(
    files: Annotated[list[Path] | None, typer.Argument(help="CSV, JSONL or Parquet files.")] = None,
    since: Annotated[str | None, typer.Option(help="Only mentions from this time on; UTC unless an offset is given.")] = None,
    until: Annotated[str | None, typer.Option(help="Only mentions before this time.")] = None,
    column_map: Annotated[
        str | None, typer.Option("--map", help="The column map of the files.", show_default="the one of sources.file")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read, read nothing.")] = False,
    redo: Annotated[Redo, typer.Option(help="Which files to read again: those without an answer, failed ones, all.")] = "missing",
    undo_run: Annotated[int | None, typer.Option("--undo", metavar="RUN", help="Take an import back.")] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Bring history in from files; asked again, it goes on where it stopped, and adds nothing twice. It never alerts."""
    settings = configured(config)
    if undo_run is not None:
        _undo(settings, undo_run, dry_run=dry_run)
        return
    if not files:
        raise typer.BadParameter("name at least one file, or --undo RUN")
    window = Window(moment(since), moment(until))
    section = settings.sources.get("file") or FileSettings()
    connectors = {path: FileConnector(section, folder=settings.folder, paths=[path], map_name=column_map) for path in files}
    enricher = Enricher.of(settings)
    with Store(settings.store_folder, command="monitor backfill") as store:
        prepare(store, settings)
        if dry_run:
            _dry_run(store, enricher, connectors, window)
            return
        with store.opened() as con:
            enricher.threads.update(read_threads(con, since=window.since))
        failed = _fill_all(store, enricher, connectors, window, redo=redo, as_json=as_json)
        past = find_past_incidents(store, settings, now=now())
        publish(store, settings.published_folder, now=now())
    if not as_json:
        for change in past:
            if change.change == "opened":
                print(f"found      {change.incident.id}  {one_line(change.incident.summary)}")
    if failed:
        raise typer.Exit(1)


def quarantine_list(
    run_id: Annotated[int | None, typer.Option("--run", help="Only this run's.")] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """List what was set aside, and why."""
    settings = configured(config)
    with Store(settings.store_folder, command="monitor quarantine") as store, store.opened() as con:
        kept = read_quarantine(con, run_id)
    if as_json:
        print(
            json.dumps([{"id": one.id, "run": one.run_id, "source": one.source, "query": one.query, "reason": one.reason} for one in kept])
        )
        return
    for one in kept:
        print(f"{one.id:>6}  run {one.run_id}  {one_line(one.reason)}")
    print(f"{len(kept)} in quarantine" if kept else "nothing in quarantine")


quarantine_app.command("list")(quarantine_list)


def _one_round(settings: Config, sources: list[str] | tuple[str, ...], *, as_json: bool) -> None:
    with Store(settings.store_folder, command="monitor run --once", priority="live") as store:
        pipeline = Pipeline(settings, store, connectors_of(settings, sources), now=now())
        did = pipeline.round(now=now())
        pipeline.publish(now=now())
    _print_round(did, as_json=as_json)
    if did.failed:
        raise typer.Exit(1)


def _print_round(did: Round, *, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {
                    "new": did.new,
                    "changed": did.changed,
                    "queries": [
                        {
                            "source": one.query.source,
                            "query": one.query.name,
                            "seen": one.seen,
                            "error": str(one.error) if one.error else None,
                        }
                        for one in did.pulled
                    ],
                    "incidents": [{"id": change.incident.id, "change": change.change} for change in did.changes],
                }
            )
        )
        return
    for one in did.pulled:
        if one.error:
            print(f"{one.query.source:<10} failed     {one_line(str(one.error))}")
        elif one.waiting:
            print(f"{one.query.source:<10} waits      until {one.waiting:%H:%M} UTC, as its source asked")
        else:
            print(f"{one.query.source:<10} ok         {one.query.name}: {one.seen:,} seen")
    if not did.pulled:
        print("nothing to read: no enabled source has anything yet; `monitor doctor` says what each one waits for")
    print(f"{did.new:,} new mentions, {did.changed:,} changed")
    for change in did.changes:
        print(f"{change.change:<10} {change.incident.id}  {one_line(change.incident.summary)}")


def _fill_all(
    store: Store, enricher: Enricher, connectors: dict[Path, FileConnector], window: Window, *, redo: Redo, as_json: bool
) -> bool:
    """Fill from every file; whether one of them could not be read."""
    failed = False
    for path, connector in connectors.items():
        try:
            query = next(iter(connector.queries()))
            filled = _fill(store, enricher, connector, query, window, redo=redo)
        except MonitorError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        except KeyboardInterrupt:
            print(
                f"\nstopped; everything up to the last page is stored. Go on with the same command: {' '.join(sys.argv)}", file=sys.stderr
            )
            raise
        _print_filled(path, filled, as_json=as_json)
    return failed


def _fill(store: Store, enricher: Enricher, connector: FileConnector, query: Query, window: Window, *, redo: Redo) -> Filled:
    expected = connector.estimate(query, window).items
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task(one_line(query.name.partition("@")[0]), total=expected)

        def advance(page: Page) -> None:
            progress.advance(bar, page.seen)

        return backfill(store, connector, query, window=window, enricher=enricher, now=now(), redo=redo, on_page=advance)


def _print_filled(path: Path, filled: Filled, *, as_json: bool) -> None:
    run_ = filled.run
    if as_json:
        figures = {"run": run_.run_id, "file": str(path), "seen": run_.seen, "new": filled.new, "changed": filled.changed}
        print(json.dumps({**figures, "set_aside": run_.set_aside, "skipped": filled.skipped}))
        return
    if filled.skipped:
        print(f"{path.name}: read before as run {run_.run_id} ({run_.stored:,} mentions); --redo all reads it again")
        return
    print(f"{path.name}: run {run_.run_id}, {run_.seen:,} rows, {filled.new:,} new mentions, {filled.changed:,} changed")
    if run_.set_aside:
        print(f"{path.name}: {run_.set_aside:,} of {run_.seen:,} rows set aside; `monitor quarantine list --run {run_.run_id}` shows them")


def _dry_run(store: Store, enricher: Enricher, connectors: dict[Path, FileConnector], window: Window) -> None:
    for path, connector in connectors.items():
        try:
            query = next(iter(connector.queries()))
            estimate = connector.estimate(query, window)
        except ConfigError as error:
            print(error, file=sys.stderr)
            continue
        with store.opened() as con:
            known = known_backfill(con, enricher.fingerprint(query, window))
        before = f"read before as run {known.run_id}, {known.state}" if known else "not read before"
        print(f"{path.name}: {estimate.items:,} rows, {before}; about {max(1, round((estimate.items or 0) / 10_000))} s, free of charge")
    print("nothing was read")


def _undo(settings: Config, run_id: int, *, dry_run: bool) -> None:
    with Store(settings.store_folder, command="monitor backfill --undo") as store:
        with store.writing() as con:
            found = read_run(con, run_id)
            if found is None or found.kind != "backfill" or found.state == "undone":
                raise ConfigError(f"run {run_id} is no import that can be taken back; `monitor query --sql 'from v_runs'` lists them")
            if dry_run:
                counted = count_undo(con, found)
                print(
                    f"run {run_id} ({found.query}): {counted.removed:,} mentions would go, {counted.kept:,} stay since another run saw them"
                )
                return
            counted = undo(con, found)
            finish(con, found, state="undone", now=now())
        discard(store.folder, run_id)
        find_past_incidents(store, settings, now=now())
        publish(store, settings.published_folder, now=now())
    print(f"run {run_id} taken back: {counted.removed:,} mentions removed, {counted.kept:,} kept since another run saw them")
