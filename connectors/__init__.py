"""The sources that come with the program, by name: what their section of the configuration may say, and how they are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.file import FileConnector, FileSettings
from monitor.collect.connector import Connector, SourceSettings


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of source.

    settings  the keys of its section
    make      a connector from those settings and the folder of the configuration
    """

    settings: type[SourceSettings]
    make: Callable[[Any, Path], Connector]


CONNECTORS: Mapping[str, Source] = {
    "file": Source(FileSettings, lambda settings, folder: FileConnector(settings, folder=folder)),
}
