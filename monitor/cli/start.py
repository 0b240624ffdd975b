"""Commands for the first hour: init, doctor, demo, config."""

import json
import logging
import sys
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from connectors import sources
from connectors.file import FileConnector
from monitor.cli import preview, rules
from monitor.cli.options import START, AsJson, ConfigPath, Verbose, configured, connectors_of, now
from monitor.config.models import Config
from monitor.config.schema import json_schema
from monitor.demo import tell_story
from monitor.doctor import examine
from monitor.errors import ConfigError
from monitor.gather.enricher import scorer_of
from monitor.tell.words import count_of, duration

config_app = typer.Typer(help="Check the configuration, and see what a rule matches.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Put these commands into the program."""
    app.command("init", rich_help_panel=START)(init)
    app.command("doctor", rich_help_panel=START)(doctor)
    app.command("demo", rich_help_panel=START)(demo)
    app.add_typer(config_app, name="config", rich_help_panel=START)


def init(path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("config.yaml"), verbose: Verbose = 0) -> None:
    """Write a configuration to start from; an existing one is never touched."""
    if path.exists():
        raise ConfigError(f"{path} exists and stays as it is; name another file, or edit this one")
    path.write_text((files("monitor.config") / "starter.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    print(f"wrote {path}: put your brand's name into it, then `monitor doctor`")
    for name, section in configured(path).sources.items():
        if section.enabled:
            every = duration(timedelta(seconds=section.every))
            print(f"{name:<12} asked every {every}: what is said there is stored {every} after it is shown at the latest")
    print("a shorter `every` shortens that and asks more often; `monitor query --sql 'from v_coverage'` shows the delays as measured")


def doctor(config: ConfigPath = None, as_json: AsJson = False, verbose: Verbose = 0) -> None:
    """Look at configuration, store, sources and disk; say what needs you."""
    settings = configured(config)
    findings = examine(settings, connectors_of(settings), now=now())
    problems = [each for each in findings if each.state == "problem"]
    if as_json:
        print(json.dumps([{"what": each.what, "state": each.state, "text": each.text} for each in findings]))
    else:
        for each in findings:
            print(f"{each.what:<12} {each.state:<8} {each.text}")
        print(f"{count_of(len(problems), 'thing needs', 'things need')} you" if problems else "all is well")
    if problems:
        raise typer.Exit(1)


def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where its files go; a folder of an earlier demo is replaced.")] = Path("demo"),
    seed: Annotated[int, typer.Option("--seed", help="Another seed tells the same story with other people.")] = 1,
    scale: Annotated[float, typer.Option("--scale", min=0.05, help="How many mentions; 1 is about 70,000.")] = 1.0,
    as_json: AsJson = False,
    verbose: Verbose = 0,
) -> None:
    """Live through six made-up weeks of three made-up brands, offline, and see what the monitor finds."""
    if not verbose:
        # the story is told at the end
        logging.getLogger("monitor.pipeline").setLevel(logging.ERROR)
    with Progress(transient=True, disable=not sys.stderr.isatty(), console=Console(stderr=True)) as progress:
        bar = progress.add_task("living through the story", total=1.0)
        found = tell_story(
            folder,
            seed=seed,
            scale=scale,
            say=print if not as_json else lambda _line: None,
            load=configured,
            reader=lambda settings, path: FileConnector(settings.sources["file"], folder=settings.folder, paths=[path]),
            tick=lambda part: progress.update(bar, completed=part),
            command=sys.argv[0] if sys.argv[0].startswith(".") else "monitor",
        )
    if as_json:
        print(json.dumps(found.as_values()))
    if not found.is_right:
        raise typer.Exit(1)


def config_check(config: ConfigPath = None, as_json: AsJson = False, verbose: Verbose = 0) -> None:
    """Check the configuration; every problem is named with its line."""
    settings = configured(config)
    # a page that nobody can follow is a mistake too, and a scorer that nobody knows
    connectors_of(settings)
    scorer_of(settings)
    print(json.dumps({"brands": len(settings.brands), "sources": list(settings.sources)}) if as_json else _summary(settings))


def config_schema(verbose: Verbose = 0) -> None:
    """Print the JSON Schema of the configuration, for editors that complete and check it."""
    print(json.dumps(json_schema({name: source.settings for name, source in sources().items()}), indent=2))


rules.add_to(config_app)
preview.add_to(config_app)
config_app.command("check")(config_check)
config_app.command("schema")(config_schema)


def _summary(settings: Config) -> str:
    names = ", ".join(brand.name for brand in settings.brands)
    return f"ok: {count_of(len(settings.brands), 'brand')} ({names}), {count_of(len(settings.sources), 'source')}"
