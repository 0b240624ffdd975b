"""The program `monitor`: its commands in groups, and what becomes of an error."""

import logging
import sys

import typer

from monitor import __version__
from monitor.cli import act, backfill, collect, fit, govern, impact, label, look, replay, rescore, score, spikes, start
from monitor.errors import MonitorError

app = typer.Typer(
    help="Watch what people say about brands: collect, score, store, detect, explain.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    add_completion=False,
)
start.add_to(app)
collect.add_to(app)
backfill.add_to(app)
look.add_to(app)
impact.add_to(app)
score.add_to(app)
spikes.add_to(app)
replay.add_to(app)
act.add_to(app)
label.add_to(app)
fit.add_to(app)
govern.add_to(app)
rescore.add_to(app)


def main() -> None:
    """Run the command that was typed; exit 0 done, 1 could not, 2 wrong usage, 130 interrupted."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        app()
    except MonitorError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        print(
            f"{error.filename or 'a file'}: {(error.strerror or 'cannot be used').lower()}; check the path and its rights", file=sys.stderr
        )
        sys.exit(1)
    except BrokenPipeError:
        # the reader of our output, such as `head`, has what it wanted
        sys.stderr.close()
        sys.exit(0)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"brand-monitor {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None: ...
