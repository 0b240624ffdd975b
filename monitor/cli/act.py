"""Commands that tell the monitor something: known events."""

import json
from typing import Annotated

import typer

from monitor.cli.options import ACT, AsJson, BrandName, ConfigPath, Verbose, configured, moment
from monitor.cli.orders import NOTED, ordered
from monitor.errors import ConfigError
from monitor.store.database import Store
from monitor.store.events import read_events
from monitor.tell.words import count_of, one_line

event_app = typer.Typer(help="What happened and when: announcements, campaigns, outages.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.add_typer(event_app, name="event", rich_help_panel=ACT)


def event_add(
    name: Annotated[str, typer.Argument(help="What happened, in a few words.")],
    brand: Annotated[str, typer.Option("--brand", help="Whose event it is.")],
    at: Annotated[str, typer.Option("--at", help="When; UTC unless an offset is given.")],
    note: Annotated[str | None, typer.Option("--note", help="Anything else worth keeping.")] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Put a known event on the timeline: an incident that follows it names it."""
    settings = configured(config)
    happened_at = moment(at)
    if happened_at is None:
        raise ConfigError("event: give its time with --at")
    values = {"name": name, "brand": settings.brand(brand).name, "at": happened_at.isoformat(), "note": note}
    added = ordered(settings, "event", values, command="monitor event add")
    if as_json:
        print(json.dumps({"added": added}))
    else:
        print(NOTED if added is None else "on the timeline" if added else "it stands there already")


def event_list(brand: BrandName = None, config: ConfigPath = None, as_json: AsJson = False, verbose: Verbose = 0) -> None:
    """List the known events, oldest first."""
    settings = configured(config)
    name = settings.brand(brand).name if brand else None
    with Store(settings.store_folder, command="monitor event list") as store, store.opened() as con:
        found = read_events(con, brand=name)
    if as_json:
        print(json.dumps([{"name": one.name, "brand": one.brand, "at": one.at.isoformat(), "note": one.note} for one in found]))
        return
    for one in found:
        print(f"{one.at:%Y-%m-%d %H:%M} UTC  {one_line(one.brand):<16} {one_line(one.name)}")
    print(count_of(len(found), "event") if found else "no events")


event_app.command("add")(event_add)
event_app.command("list")(event_list)
