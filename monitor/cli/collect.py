"""Commands that bring in what is new: run, pull, quarantine."""

import json
from itertools import groupby
from typing import Annotated

import typer

from monitor.cli.options import COLLECT, AsJson, ConfigPath, Verbose, configured, connectors_of, now
from monitor.config.models import Config
from monitor.gather.enricher import Enricher
from monitor.gather.live import Pulled
from monitor.gather.replay import replay
from monitor.pipeline import Pipeline, Round, hand_out, prepare
from monitor.schedule import run_forever
from monitor.store.database import Store
from monitor.store.quarantine import read_quarantine
from monitor.tell.words import count_of, one_line

quarantine_app = typer.Typer(help="Items that could not be read.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.command("run", rich_help_panel=COLLECT)(run)
    app.command("pull", rich_help_panel=COLLECT)(pull)
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


def quarantine_replay(
    run_id: Annotated[int | None, typer.Option("--run", help="Only this run's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try, and store nothing.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Read again what was set aside, after an update or a mended map; a source that was stopped is asked again once all is read."""
    settings = configured(config)
    connectors = {connector.source: connector for connector in connectors_of(settings, list(settings.sources))}
    with Store(settings.store_folder, command="monitor quarantine") as store:
        prepare(store, settings)
        did = replay(store, connectors, Enricher.of(settings), run_id=run_id, now=now(), dry_run=dry_run)
        if did.read and not dry_run:
            hand_out(store, settings, now=now())
    if as_json:
        print(json.dumps({"read": did.read, "new": did.new, "still_odd": len(did.still_odd)}))
        raise typer.Exit(1 if did.still_odd else 0)
    for id_, reason in did.still_odd:
        print(f"{id_:>6}  {one_line(reason)}")
    would = "would be read" if dry_run else "read again"
    print(f"{did.read:,} {would}, {count_of(did.new, 'new mention')}, {len(did.still_odd):,} still cannot be read")
    if did.still_odd:
        raise typer.Exit(1)


quarantine_app.command("list")(quarantine_list)
quarantine_app.command("replay")(quarantine_replay)


def _one_round(settings: Config, sources: list[str] | tuple[str, ...], *, as_json: bool) -> None:
    with Store(settings.store_folder, command="monitor run --once", priority="live") as store:
        pipeline = Pipeline(settings, store, connectors_of(settings, sources), now=now())
        # whoever names a source wants it asked, whatever stopped it before
        did = pipeline.round(now=now(), by_hand=bool(sources))
        pipeline.publish(now=now())
    _print_round(did, as_json=as_json)
    # a drop folder that is empty is told, and no failure
    if did.failed or any(one.waiting and one.query.name for one in did.pulled):
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
                            "waiting": one.waiting,
                        }
                        for one in did.pulled
                    ],
                    "incidents": [
                        {"id": change.incident.id, "change": change.change, "silenced": change.incident.is_silenced(now())}
                        for change in did.changes
                    ],
                }
            )
        )
        return
    for source, asked in groupby(did.pulled, key=lambda one: one.query.source):
        for line in _source_lines(list(asked)):
            print(f"{source:<10} {line}")
    if not did.pulled:
        print("nothing to read: no enabled source has anything yet; `monitor doctor` says what each one waits for")
    print(f"{count_of(did.new, 'new mention')}, {did.changed:,} changed")
    for change in did.changes:
        silenced = " (silenced)" if change.incident.is_silenced(now()) else ""
        print(f"{change.change:<10} {change.incident.id}  {one_line(change.incident.summary)}{silenced}")


def _source_lines(asked: list[Pulled]) -> list[str]:
    """What became of one source's queries: one line for all that failed alike."""
    lines = [f"ok         {one.query.name}: {one.seen:,} seen" for one in asked if not one.error and not one.waiting and _is_told(one)]
    for said in dict.fromkeys(str(one.error) for one in asked if one.error):
        lines.append(f"failed     {one_line(said)}")
    for why in dict.fromkeys(one.waiting for one in asked if one.waiting):
        lines.append(f"waits      {one_line(why)}")
    return lines


def _is_told(one: Pulled) -> bool:
    # second looks are of interest only where there were some
    return one.query.covers or one.seen > 0
