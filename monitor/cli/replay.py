"""The command that lives through history again, with another sensitivity or other rules."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from monitor.cli.options import LOOK, AsJson, BrandName, ConfigPath, Verbose, configured, moment, now
from monitor.config.models import Brand, Config, Rule, Sensitivity
from monitor.detect.course import ENGAGEMENT
from monitor.detect.replay import Alert, Difference, as_known, counts, difference, in_hindsight
from monitor.store.publish import newest
from monitor.tell.published import opened
from monitor.tell.words import count_of, duration, one_line


def add_to(app: typer.Typer) -> None:
    """Put this command into the program."""
    app.command("replay", rich_help_panel=LOOK)(replay)


def replay(
    since: Annotated[str, typer.Option("--since", help="From when on.")],
    until: Annotated[str | None, typer.Option("--until", help="Up to when.", show_default="now")] = None,
    sensitivity: Annotated[
        Sensitivity | None, typer.Option("--sensitivity", help="Another sensitivity.", show_default="as configured")
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="A configuration whose `rules:` are tried instead.")] = None,
    brand: BrandName = None,
    hindsight: Annotated[
        bool, typer.Option("--hindsight", help="With all that is known today, imports too; else as it was known, round by round.")
    ] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Show what would have fired: alerts gained and lost beside the present settings."""
    settings = configured(config)
    begin, end = moment(since), moment(until) or now()
    assert begin is not None
    if begin >= end:
        raise typer.BadParameter("--since must lie before --until")
    brands = [settings.brand(brand)] if brand else list(settings.brands)
    tried = configured(rules).rules if rules else settings.rules
    other = sensitivity or settings.detect.sensitivity
    with opened(newest(settings.published_folder)) as con:
        if not hindsight and not _rounds(con, begin, end):
            raise typer.BadParameter("no live rounds in this time; --hindsight replays what was imported")
        present = _alerts(con, brands, settings.rules, settings.detect.sensitivity, begin, end, hindsight=hindsight)
        changed = _alerts(con, brands, tried, other, begin, end, hindsight=hindsight)
    told = difference(present, changed)
    if as_json:
        print(json.dumps(_values(told)))
        return
    print("\n".join(_lines(told, settings, present, changed, other, span=end - begin, brands=len(brands))))


def _alerts(
    con: duckdb.DuckDBPyConnection,
    brands: Sequence[Brand],
    rules: Sequence[Rule],
    sensitivity: Sensitivity,
    since: datetime,
    until: datetime,
    *,
    hindsight: bool,
) -> list[Alert]:
    if hindsight:
        found = [one for brand in brands for one in in_hindsight(con, brand, rules, sensitivity=sensitivity, since=since, until=until)]
    else:
        walk = as_known(con, brands, rules, sensitivity=sensitivity, since=since, until=until)
        found = [one for one in _progress(walk, sensitivity, _rounds(con, since, until)) if one is not None]
    return sorted(found, key=lambda one: (one.alerted_at, one.brand, one.course.line))


def _progress(walk: Iterable[Alert | None], sensitivity: str, rounds: int) -> Iterable[Alert | None]:
    """The same, with a bar on standard error where somebody looks at it."""
    with typer.progressbar(walk, length=rounds, label=f"living through it at {sensitivity}", file=sys.stderr) as bar:
        yield from bar


def _rounds(con: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> int:
    bounds = [at.replace(tzinfo=None) for at in (since, until)]
    return int(con.execute("select count(*) from judgement where judged_to > ? and judged_to <= ?", bounds).fetchall()[0][0])


def _lines(
    told: Difference, settings: Config, present: Sequence[Alert], other: Sequence[Alert], sensitivity: str, *, span: timedelta, brands: int
) -> list[str]:
    lines = [
        f"present  {settings.detect.sensitivity:<9} {_summed(present)}",
        f"tried    {sensitivity:<9} {_summed(other)}",
        f"over {duration(span)} of {count_of(brands, 'brand')}",
    ]
    for title, alerts in (("gained", told.gained), ("lost", told.lost)):
        lines.append("")
        lines.append(f"{title} {len(alerts)}")
        lines += [_line(one) for one in alerts]
    changed = [
        (one, other) for one, other in told.kept if one.course.severity != other.course.severity or one.alerted_at != other.alerted_at
    ]
    lines += ["", f"kept {len(told.kept)}, {len(changed)} of them told at another time or with another severity"]
    for one, other_ in changed:
        minutes = round((other_.alerted_at - one.alerted_at) / timedelta(minutes=1))
        when = f"{abs(minutes)} min {'later' if minutes > 0 else 'earlier'}" if minutes else "at the same time"
        lines.append(f"{_line(one)}, now {other_.course.severity}, {when}")
    return lines


def _summed(alerts: Sequence[Alert]) -> str:
    return ", ".join(f"{count} {severity}" for severity, count in counts(alerts).items())


def _line(one: Alert) -> str:
    course = one.course
    what = "one post" if course.series == (ENGAGEMENT,) else ", ".join(course.series)
    return (
        f"   {one.alerted_at:%Y-%m-%d %H:%M} UTC  {course.severity:<9} {one_line(one.brand)}: {one_line(what)}, "
        f"{count_of(course.observed, 'mention')}, {course.negative:,} negative"
    )


def _values(told: Difference) -> dict[str, Any]:
    return {
        "gained": [_value(one) for one in told.gained],
        "lost": [_value(one) for one in told.lost],
        "kept": [{"present": _value(one), "tried": _value(other)} for one, other in told.kept],
    }


def _value(one: Alert) -> dict[str, Any]:
    course = one.course
    return {
        "brand": one.brand,
        "alerted_at": one.alerted_at.isoformat(),
        "line": course.line,
        "series": list(course.series),
        "severity": course.severity,
        "onset_at": f"{course.onset.isoformat()}+00:00",
        "resolved_at": f"{course.resolved_at.isoformat()}+00:00" if course.resolved_at else None,
        "observed": course.observed,
        "negative": course.negative,
    }
