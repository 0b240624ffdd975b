"""Lets `python -m monitor` stand for the command."""

from monitor.cli import main

main()
