"""Lets `python -m monitor` stand for the command."""

from monitor.cli.app import main

main()
