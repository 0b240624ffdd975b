"""The command that tries a rule on what the sources show, on files, or on what is stored: `monitor config preview`."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.file import FileConnector, FileSettings
from monitor.cli.options import AsJson, ConfigPath, Verbose, configured, connectors_of, now, private_store, published_copy, queries_of
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Connector, Estimate, Window
from monitor.config.models import Brand, Config
from monitor.enrich.match import Matcher
from monitor.errors import ConfigError, MonitorError, StoreError
from monitor.gather.budget import Ledger
from monitor.gather.enricher import Enricher
from monitor.gather.preview import (
    PAID_PAGES,
    Day,
    Example,
    Previewed,
    Unseen,
    days_until,
    month_of,
    preview,
    preview_stored,
    queries_for,
    varied,
)
from monitor.gather.rematch import Judge
from monitor.gather.spending import Spending
from monitor.store.database import Store
from monitor.tell.words import count_of, day_clock, day_words, one_line, source_words, zone_words

_MOST_DAYS = 31


def add_to(config_app: typer.Typer) -> None:
    """Put this command into `monitor config`."""
    config_app.command("preview")(config_preview)


def config_preview(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Files to try the rule on instead of the sources.")
    ] = None,
    brand: Annotated[str | None, typer.Option("--brand", help="Whose rule; needed where there are several brands.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Today and so many days before, less one.")] = 7,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be repeated.")] = None,
    stored: Annotated[bool, typer.Option("--stored", help="Try the rule on stored texts; no source is asked.")] = False,
    column_map: Annotated[
        str | None, typer.Option("--map", help="The column map of the files.", show_default="the one of sources.file")
    ] = None,
    max_cost: Annotated[float | None, typer.Option("--max-cost", metavar="USD", min=0, help="Stop before it costs more.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending money.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Show what a brand's rule would bring: matches by source and day, examples, near misses, and money a month. Nothing is stored."""
    settings = configured(config)
    watched = _the_brand(settings, brand)
    # files are tried as a whole, however old they are
    window = Window() if files and not stored else days_until(now(), days=days, brand=watched)
    if stored or files:
        if source:
            raise typer.BadParameter("--source asks sources; files and --stored do not")
        found = [*_of_files(settings, watched, files or (), column_map), *(_of_store(settings, watched, window) if stored else ())]
    else:
        found = _of_sources(settings, watched, source or (), window, max_cost=max_cost, yes=yes)
    if as_json:
        print(json.dumps(_values(watched, window, found)))
    else:
        _print_preview(watched, window, found)
    if not any(one.seen for one in found) and any(one.unseen for one in found):
        # not one of them could be looked at
        raise typer.Exit(1)


def _the_brand(settings: Config, name: str | None) -> Brand:
    if name is None and len(settings.brands) > 1:
        raise typer.BadParameter(f"name one with --brand: {', '.join(brand.name for brand in settings.brands)}")
    return settings.brand(name) if name else settings.brands[0]


def _of_sources(
    settings: Config, brand: Brand, names: Sequence[str], window: Window, *, max_cost: float | None, yes: bool
) -> list[Previewed]:
    matcher = Enricher.of(settings).matcher
    found = []
    with Store(settings.store_folder, command="monitor config preview") as store:
        meter = Spending(Ledger(store, is_backfill=True), max_usd=max_cost)
        for connector in connectors_of(settings, names):
            try:
                missing = connector.check()
                if missing:
                    raise ConfigError(missing)
                found.append(_of_source(connector, brand, matcher, window, meter, may_cost=yes or max_cost is not None))
            except MonitorError as error:
                found.append(_blind(connector.source, window, str(error)))
    return found


def _of_source(connector: Connector, brand: Brand, matcher: Matcher, window: Window, meter: Spending, *, may_cost: bool) -> Previewed:
    queries = queries_for(connector, brand)
    if not queries:
        raise ConfigError(f"{connector.source}: asks nothing that could find {brand.name}; `monitor doctor` says what is missing")
    estimates: list[Estimate] = []
    if connector.capabilities.key == "paid":
        estimates = [connector.estimate(query, window, meter=meter) for query in queries]
        if not may_cost and not _is_confirmed(connector.source, estimates):
            declined = _blind(connector.source, window, f"{connector.source}: not read, since it costs money; say --max-cost USD or --yes")
            declined.month = month_of(estimates, declined, window, spent=0.0)
            return declined
    before = meter.spent(connector.source)
    found = preview(connector, queries, brand, matcher=matcher, window=window, now=now(), meter=meter, name=connector.source)
    if connector.capabilities.key == "paid":
        found.month = month_of(estimates, found, window, spent=meter.spent(connector.source) - before)
    return found


def _is_confirmed(source: str, estimates: Sequence[Estimate]) -> bool:
    if not sys.stdin.isatty():
        return False
    costs = [estimate.usd for estimate in estimates]
    known = f"at most about ${sum(cost or 0 for cost in costs):,.2f}" if None not in costs else "an amount that it cannot tell beforehand"
    print(f"{source}: reading {count_of(PAID_PAGES, 'page')} of it costs {known} (an estimate)", file=sys.stderr)
    return typer.confirm("read it?")


def _of_files(settings: Config, brand: Brand, files: Sequence[Path], map_name: str | None) -> Iterator[Previewed]:
    matcher = Enricher.of(settings).matcher
    section = settings.sources.get("file") or FileSettings()
    for file in files:
        reader = FileConnector(section, folder=settings.folder, paths=[file], map_name=map_name)
        try:
            queries = reader.queries()
        except MonitorError as error:
            yield _blind(file.name, Window(datetime(1970, 1, 1, tzinfo=UTC), now()), str(error))
            continue
        yield preview(reader, queries, brand, matcher=matcher, window=Window(), now=now(), meter=NoMeter(), name=file.name)


def _of_store(settings: Config, brand: Brand, window: Window) -> list[Previewed]:
    judge = Judge.of(settings, queries_of(settings))
    for look in (published_copy, private_store):
        with look(settings) as con:
            if con is not None:
                return preview_stored(con, brand, judge, window=window)
    raise StoreError("nothing is stored yet; give a file, or leave out --stored to ask the sources")


def _blind(name: str, window: Window, reason: str) -> Previewed:
    assert window.since is not None
    assert window.until is not None
    return Previewed(name, unseen=[Unseen(window.since, window.until, reason)])


def _print_preview(brand: Brand, window: Window, found: Sequence[Previewed]) -> None:
    print(f"{one_line(brand.name)}: {one_line(brand.rule)}" + (f"  exclude: {one_line(brand.exclude)}" if brand.exclude else ""))
    print(f"days and times are those of {zone_words(brand.zone)}")
    if not found:
        print("nothing is stored of these days")
    for one in found:
        print()
        if one.seen:
            print(f"{_name(one)}  {count_of(one.seen, 'text')} shown, {one.matched:,} of them count")
        for line in _day_lines(brand, window, one) if one.seen else ():
            print(f"  {line}")
        for gap in one.unseen:
            print(_gap_line(brand, window, one, gap))
        if not one.seen and not one.unseen:
            print(f"{_name(one)}  nothing was said in these days")
        if one.month:
            print(f"  a month of it costs about ${one.month.usd:,.2f}, an estimate: {one.month.formula}")
    _print_examples(brand, "counts", "count", varied(one.matches for one in found))
    _print_examples(brand, "nearly counts", "nearly count", varied(one.near for one in found))
    print("\nnothing was stored")


def _print_examples(brand: Brand, one: str, many: str, examples: Sequence[Example]) -> None:
    if examples:
        print(f"\n{len(examples)} {'text' if len(examples) == 1 else 'texts'} that {one if len(examples) == 1 else many}:")
    for each in examples:
        said = f"[{one_line(each.why, limit=60)}] {one_line(each.mention.whole_text, limit=120)}"
        print(f"  {day_clock(each.mention.created_at, brand.zone)}  {source_words(each.mention.source):<11} {said}")


def _day_lines(brand: Brand, window: Window, one: Previewed) -> Iterator[str]:
    """A line for each day that was asked for; of files and stored texts, whose days may be any, for those that have texts."""
    days = sorted({*one.days, *_asked(brand, window)} if one.is_asked else one.days)
    for day in days[-_MOST_DAYS:]:
        figures = one.days.get(day) or Day()
        yield f"{day_words(day):<10} {figures.seen:>7,} shown {figures.matched:>7,} count{_looked_words(brand, window, one, day)}"
    if len(days) > _MOST_DAYS:
        yield f"and {count_of(len(days) - _MOST_DAYS, 'day')} before"


def _asked(brand: Brand, window: Window) -> Iterator[date]:
    assert window.since is not None
    day = window.since.astimezone(brand.zone).date()
    while day <= now().astimezone(brand.zone).date():
        yield day
        day += timedelta(days=1)


def _looked(brand: Brand, window: Window, one: Previewed, day: date) -> str:
    """Whether a day was looked at: whole, part or no."""
    first = datetime.combine(day, time(), brand.zone)
    last = datetime.combine(day + timedelta(days=1), time(), brand.zone)
    last = min(last, window.until) if window.until else last
    gaps = [gap for gap in one.unseen if gap.since < last and gap.until > first]
    if any(gap.since <= first and gap.until >= last for gap in gaps) and day not in one.days:
        return "no"
    return "part" if gaps else "whole"


def _looked_words(brand: Brand, window: Window, one: Previewed, day: date) -> str:
    return {"no": "  not looked at", "part": "  looked at in part", "whole": ""}[_looked(brand, window, one, day)]


def _gap_line(brand: Brand, window: Window, one: Previewed, gap: Unseen) -> str:
    reason = one_line(gap.reason.removeprefix(f"{one.name}: "), limit=400)
    if not one.seen and (window.since is None or gap.since <= window.since) and (window.until is None or gap.until >= window.until):
        return f"{_name(one)}  not looked at: {reason}"
    since = "" if window.since is None or gap.since <= window.since else f" from {day_clock(gap.since, brand.zone)}"
    until = "" if window.until is None or gap.until >= window.until else f" up to {day_clock(gap.until, brand.zone)}"
    return f"  not seen, or in part{since}{until}: {reason}"


def _name(one: Previewed) -> str:
    return f"{one_line(one.name, limit=40):<12}"


def _values(brand: Brand, window: Window, found: Sequence[Previewed]) -> dict[str, Any]:
    def example(each: Example) -> dict[str, Any]:
        mention = each.mention
        return {
            "id": f"{mention.source}:{mention.source_id}",
            "created_at": mention.created_at.isoformat(),
            "why": each.why,
            "text": mention.whole_text,
            "url": mention.url,
        }

    return {
        "brand": brand.name,
        "since": window.since.isoformat() if window.since else None,
        "until": window.until.isoformat() if window.until else None,
        "sources": [
            {
                "name": one.name,
                "seen": one.seen,
                "matched": one.matched,
                "days": [
                    {"day": str(day), "seen": figures.seen, "matched": figures.matched, "looked": _looked(brand, window, one, day)}
                    for day, figures in one.days.items()
                ],
                "unseen": [{"since": gap.since.isoformat(), "until": gap.until.isoformat(), "reason": gap.reason} for gap in one.unseen],
                "month_usd": one.month.usd if one.month else None,
                "month_formula": one.month.formula if one.month else None,
            }
            for one in found
        ],
        "matches": [example(each) for each in varied(one.matches for one in found)],
        "near": [example(each) for each in varied(one.near for one in found)],
    }
