"""Commands that tell the monitor something: known events, who is on an incident, of which nobody wants to hear more."""

import getpass
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import typer

from monitor.cli.look import incidents_app
from monitor.cli.options import ACT, AsJson, BrandName, ConfigPath, Verbose, configured, moment, now
from monitor.cli.orders import NOTED, ordered
from monitor.config.duration import seconds_of
from monitor.errors import ConfigError, StoreError
from monitor.store.database import Store
from monitor.store.events import read_events
from monitor.tell.words import count_of, one_line

By = Annotated[str | None, typer.Option("--by", help="Who says so.", show_default="your login name")]
event_app = typer.Typer(help="What happened and when: announcements, campaigns, outages.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.add_typer(event_app, name="event", rich_help_panel=ACT)
    incidents_app.command("ack", rich_help_panel=ACT)(incidents_ack)
    incidents_app.command("silence", rich_help_panel=ACT)(incidents_silence)


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


def incidents_ack(
    incident: Annotated[str, typer.Argument(help="Its id, as listed.")],
    by: By = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Say that somebody is on an incident; everybody sees who. If it gets worse, that is told all the same."""
    settings = configured(config)
    name = _name(by)
    outcome = ordered(settings, "ack", {"incident": incident, "by": name}, command="monitor incidents ack")
    told = {"done": f"{one_line(name)} is on it", "again": f"{one_line(name)} is on it already"}
    _tell(incident, outcome, told, as_json=as_json)


def incidents_silence(
    incident: Annotated[str, typer.Argument(help="Its id, as listed.")],
    for_: Annotated[str | None, typer.Option("--for", help="How long, such as 4h or 1d.", show_default="until it is over")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Be told of it again.")] = False,
    by: By = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Be told nothing more of an incident; it is recorded all the same."""
    settings = configured(config)
    if lift and for_ is not None:
        raise typer.BadParameter("--lift ends a silence and --for begins one; give one of them")
    until = None if for_ is None else now() + timedelta(seconds=_seconds(for_))
    values = {"incident": incident, "by": _name(by), "until": until and until.isoformat(), "lift": lift}
    outcome = ordered(settings, "silence", values, command="monitor incidents silence")
    silenced = f"silenced until {until:%a %d %b %H:%M} UTC" if until else "silenced until it is over"
    told = {
        "done": "told of again" if lift else silenced,
        "again": "it is not silenced",
        "over": "it is over: nothing more is told of it anyway",
    }
    _tell(incident, outcome, told, as_json=as_json)


def _tell(incident: str, outcome: str | None, told: Mapping[str, str], *, as_json: bool) -> None:
    if outcome == "unknown":
        raise StoreError(f"no incident {incident!r}; `monitor incidents list` shows those there are")
    if as_json:
        print(json.dumps({"outcome": outcome}))
    else:
        print(NOTED if outcome is None else told[outcome])


def _name(by: str | None) -> str:
    """Who says so: as given, or as the system knows them."""
    try:
        name = (getpass.getuser() if by is None else by).strip()
    except (KeyError, OSError, ImportError):
        # a container may know no name for its user
        name = ""
    if not name:
        raise typer.BadParameter("who are you? Say so with --by NAME")
    return name


def _seconds(text: str) -> int:
    try:
        return seconds_of(text)
    except ValueError as error:
        raise typer.BadParameter(f"--for: {error}") from None


event_app.command("add")(event_add)
event_app.command("list")(event_list)
