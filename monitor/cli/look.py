"""Commands that read the published copy: query, status, incidents, digest. None of them waits for the collector."""

import json
import sys
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from monitor.cli.options import LOOK, AsJson, BrandName, ConfigPath, Verbose, configured, now
from monitor.config.load import find_config
from monitor.detect.watch import Incident, read_incident, read_incidents
from monitor.errors import ConfigError
from monitor.store.publish import newest
from monitor.tell.alerts import incident_lines
from monitor.tell.digest import as_html, as_text, compose, figures
from monitor.tell.formats import as_csv, as_json, as_table, notice, write_parquet
from monitor.tell.gate import Answer
from monitor.tell.published import opened
from monitor.tell.questions import GATE, questions, run_question, run_sql
from monitor.tell.tables import table_lines
from monitor.tell.words import one_line
from monitor.tell.workbook import write_workbook

Format = Literal["table", "csv", "json", "parquet", "xlsx"]
ENDINGS: dict[str, Format] = {".txt": "table", ".csv": "csv", ".json": "json", ".parquet": "parquet", ".xlsx": "xlsx"}

incidents_app = typer.Typer(help="Unusual moments, and why they were.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.command("query", rich_help_panel=LOOK)(query)
    app.command("status", rich_help_panel=LOOK)(status)
    app.command("digest", rich_help_panel=LOOK)(digest)
    app.add_typer(incidents_app, name="incidents", rich_help_panel=LOOK)


def query(
    name: Annotated[str | None, typer.Argument(help="A question, as listed by --list.")] = None,
    sql: Annotated[str | None, typer.Option("--sql", help="One SELECT of your own.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the questions and their parameters.")] = False,
    param: Annotated[list[str] | None, typer.Option("--param", metavar="KEY=VALUE", help="A parameter; may be repeated.")] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="How the answer is written.", show_default="by the ending of --out, or table")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write to a file instead: .csv, .json, .parquet, .xlsx or .txt.")] = None,
    config: ConfigPath = None,
    as_json_: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Ask the data: a shipped question by name, or SQL of your own."""
    if listing:
        _print_questions(_own_questions(config), as_json=as_json_)
        return
    if (name is None) == (sql is None):
        raise typer.BadParameter("give the name of a question or --sql, one of them; --list shows the questions")
    if sql is not None and param:
        raise typer.BadParameter("--param fills in a question's parameters; write the values into your own --sql")
    if as_json_ and form not in (None, "json"):
        raise typer.BadParameter(f"--json and --format {form} contradict each other; give one of them")
    written = "json" if as_json_ else form or _by_ending(out)
    if written in ("parquet", "xlsx") and out is None:
        raise typer.BadParameter(f"--format {written} needs --out FILE")
    GATE.warm()
    settings = configured(config)
    copy = newest(settings.published_folder)
    answer = run_question(copy, name, _params(param), own=settings.queries_folder) if name else run_sql(copy, sql or "")
    _write(answer, written, out)


def status(config: ConfigPath = None, as_json_: AsJson = False, verbose: Verbose = 0) -> None:
    """Show how fresh the data is, and what there is of it."""
    GATE.warm()
    settings = configured(config)
    answer = run_sql(newest(settings.published_folder), _STATUS)
    if as_json_:
        print(as_json(answer))
        return
    as_of = run_sql(newest(settings.published_folder), "select as_of from v_published").rows[0][0]
    print(f"data as of {as_of:%Y-%m-%d %H:%M} UTC, copied to {newest(settings.published_folder)}")
    print(as_table(answer), end="")
    for line in table_lines(settings):
        print(f"table  {line}")


def digest(
    day: Annotated[str | None, typer.Option("--date", help="The day, in each brand's own zone.", show_default="yesterday")] = None,
    brand: BrandName = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the HTML half to this file.")] = None,
    config: ConfigPath = None,
    as_json_: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Print the digest of a day: the verdict first, then the figures, then what people said."""
    settings = configured(config)
    brands = [settings.brand(brand)] if brand else list(settings.brands)
    if html and len(brands) > 1:
        raise typer.BadParameter("--html writes one brand's digest; name it with --brand")
    with opened(newest(settings.published_folder)) as con:
        for each in brands:
            on = _day(day) or (now().astimezone(each.zone).date() - timedelta(days=1))
            composed = compose(con, each, on, now=now())
            print(figures(composed) if as_json_ else as_text(composed))
            if html:
                html.write_text(as_html(composed), encoding="utf-8")


def incidents_list(brand: BrandName = None, config: ConfigPath = None, as_json_: AsJson = False, verbose: Verbose = 0) -> None:
    """List the incidents, oldest first."""
    settings = configured(config)
    name = settings.brand(brand).name if brand else None
    with opened(newest(settings.published_folder)) as con:
        found = read_incidents(con, brand=name)
    if as_json_:
        print(json.dumps([_incident_values(each) for each in found]))
        return
    for each in found:
        ended = f"{each.resolved_at:%a %d %b %H:%M} UTC" if each.resolved_at else "still going on"
        begun = f"{each.onset_at:%a %d %b %H:%M}"
        print(f"{each.id:<28} {each.severity:<9} {each.direction:<9} {begun} → {ended}  {one_line(each.summary)}{_said_of_it(each)}")
    print(f"{len(found)} incidents" if found else "no incidents")


def incidents_show(
    incident: Annotated[str, typer.Argument(help="Its id, as listed.")],
    config: ConfigPath = None,
    as_json_: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Show one incident with its evidence and the query behind its number."""
    settings = configured(config)
    with opened(newest(settings.published_folder)) as con:
        found = read_incident(con, incident)
    if as_json_:
        print(json.dumps(_incident_values(found)))
        return
    zone = settings.brand(found.brand).zone
    print("\n".join(incident_lines(found, zone=zone, with_query=True)))


incidents_app.command("list")(incidents_list)
incidents_app.command("show")(incidents_show)


_STATUS = """
with mention as (
    select source, count(distinct source_id) as mentions, max(created_at) as newest_mention from v_mentions group by source
),
look as (
    select
        source,
        max(covered_to) filter (where complete) as looked_until,
        arg_max(reason, covered_to) filter (where not complete) as trouble,
        max(covered_to) filter (where not complete) as trouble_at
    from v_looks
    group by source
)
select
    coalesce(mention.source, look.source) as source,
    coalesce(mentions, 0) as mentions,
    newest_mention,
    looked_until,
    case when trouble_at > coalesce(looked_until, timestamp '1970-01-01') then trouble end as trouble
from mention
full join look on look.source = mention.source
order by 1
"""


def _own_questions(config: Path | None) -> Path | None:
    """The folder of the configuration; the shipped questions can be listed before there is one."""
    try:
        find_config(config)
    except ConfigError:
        if config is not None:
            raise
        return None
    return configured(config).queries_folder


def _print_questions(own: Path | None, *, as_json: bool) -> None:
    listed = questions(own)
    if as_json:
        print(json.dumps([{"name": one.name, "asks": one.asks, "parameters": [each.name for each in one.parameters]} for one in listed]))
        return
    for one in listed:
        print(f"{one.name:<20} {one.asks}")
        for each in one.parameters:
            print(f"{'':<20}   --param {each.name}=…  {each.meaning}")


def _params(given: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in given or ()]
    for key, sign, _ in pairs:
        if not sign:
            raise typer.BadParameter(f"--param {key}: write it as {key}=value")
    return {key: value for key, _, value in pairs}


def _by_ending(out: Path | None) -> Format:
    if out is None:
        return "table"
    if out.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"--out {out.name}: of which format? End it in {', '.join(ENDINGS)}, or give --format")
    return ENDINGS[out.suffix.lower()]


def _write(answer: Answer, form: Format, out: Path | None) -> None:
    if out is not None and form in ("parquet", "xlsx"):
        told = write_workbook(answer, out) if form == "xlsx" else write_parquet(answer, out)
        print(told, file=sys.stderr)
        return
    text = {"table": as_table, "csv": as_csv, "json": as_json}[form](answer)
    if out is None:
        print(text, end="")
    else:
        # the line ends are the format's own
        out.write_text(text, encoding="utf-8", newline="")
    if out is not None or form != "table":
        print(notice(answer), file=sys.stderr)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write 2026-02-10") from None


def _said_of_it(incident: Incident) -> str:
    said = [f"{one_line(incident.acknowledged_by, limit=40)} is on it"] if incident.acknowledged_by else []
    said += ["silenced"] if incident.resolved_at is None and incident.is_silenced(now()) else []
    return f" ({', '.join(said)})" if said else ""


def _incident_values(incident: Incident) -> dict[str, object]:
    values = asdict(incident)
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
