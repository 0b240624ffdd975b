"""The command that says what an event changed: impact. It reads the published copy and waits for nobody."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from monitor.cli.options import LOOK, AsJson, BrandName, ConfigPath, Verbose, configured
from monitor.config.models import Config
from monitor.detect.impact_data import find_events, read_impact
from monitor.store.publish import newest
from monitor.tell.impact import impact_lines, impact_values, span_words
from monitor.tell.published import opened
from monitor.tell.words import day_clock, one_line, zone_words

_USUAL_HOURS = 48.0


def add_to(app: typer.Typer) -> None:
    """Put the command into the program."""
    app.command("impact", rich_help_panel=LOOK)(impact)


def impact(
    event: Annotated[str, typer.Option("--event", help="The event's name, or a part of it, as in `monitor event list`.")],
    brand: BrandName = None,
    days: Annotated[float | None, typer.Option("--days", min=1, max=90, help="How long to look before and after, in days.")] = None,
    hours: Annotated[
        float | None, typer.Option("--hours", min=1, max=2160, help="The same in hours.", show_default=f"{_USUAL_HOURS:.0f}")
    ] = None,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Show what changed after a known event: mentions, negative share and leavers, against the usual and competitors."""
    if days is not None and hours is not None:
        raise typer.BadParameter("give --days or --hours, one of them")
    settings = configured(config)
    window = timedelta(days=days) if days is not None else timedelta(hours=hours if hours is not None else _USUAL_HOURS)
    window -= window % timedelta(minutes=5)
    brands = [settings.brand(brand).name] if brand else [each.name for each in settings.brands]
    values = []
    with opened(newest(settings.published_folder)) as con:
        for number, found in enumerate(find_events(con, event, brands=brands)):
            told = read_impact(con, found, window=window, rivals=_rivals(settings, found.brand))
            zone = settings.brand(found.brand).zone
            if as_json:
                values.append(impact_values(told) if told else {"brand": found.brand, "event": found.name, "unknown": "not over"})
            elif told is None:
                at = f"{day_clock(found.at, zone)} {zone_words(zone)}"
                print(f"Cannot tell yet: less than an hour is known of the {span_words(window)} after “{one_line(found.name)}” ({at}).")
            else:
                print("\n".join([*([""] if number else []), *impact_lines(told, zone=zone)]))
    if as_json:
        print(json.dumps(values))


def _rivals(settings: Config, brand: str) -> list[str]:
    """The brands to compare with: those it names as rivals and that are watched, else all others."""
    others = [each.name for each in settings.brands if each.name != brand]
    named = {each.casefold() for each in settings.brand(brand).rivals}
    return [each for each in others if each.casefold() in named] or others
