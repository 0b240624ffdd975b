"""One stage on its server, with its secrets set: makes connectors and walks them, page by page."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from monitor.collect.budget import Meter, NoMeter
from monitor.collect.conformance.server import Act, Server
from monitor.collect.conformance.stage import Request, Stage
from monitor.collect.connector import Connector, Cursor, Page, Query, SetAside, Window
from monitor.errors import MonitorError
from monitor.mention import Mention

MOST_PAGES = 1_000


@dataclass(slots=True)
class Walked:
    """One query as far as it was walked.

    requests  those that its pages took, sign-in apart
    error     the trouble that ended it, or None
    """

    query: Query
    pages: list[Page] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    error: MonitorError | None = None

    @property
    def mentions(self) -> list[Mention]:
        """Of all its pages."""
        return [mention for page in self.pages for mention in page.mentions]

    @property
    def ids(self) -> set[str]:
        """What was brought."""
        return {mention.source_id for mention in self.mentions}

    @property
    def set_aside(self) -> list[SetAside]:
        """Of all its pages."""
        return [item for page in self.pages for item in page.set_aside]

    @property
    def cursor(self) -> Cursor | None:
        """Where it resumes, as it comes back from the store; None where no page said so."""
        last = next((page.cursor for page in reversed(self.pages) if page.cursor is not None), None)
        return None if last is None else as_stored(last)


class Trial:
    """A stage being played.

    server  its source; `acting` puts a fault in front
    """

    def __init__(self, stage: Stage, server: Server) -> None:
        self.stage = stage
        self.server = server

    def connector(self) -> Connector:
        """A new one, as after a restart."""
        return self.stage.make(self.server.base)

    def walk(
        self,
        connector: Connector,
        query: Query,
        cursor: Cursor | None = None,
        *,
        most: int = MOST_PAGES,
        window: Window | None = None,
        meter: Meter | None = None,
    ) -> Walked:
        """Pull one query to its end, or `most` pages of it; its trouble is in the result.

        raises  whatever is none of our kinds
        """
        walked = Walked(query)
        before = len(self.server.log)
        pages = connector.pull(query, cursor, now=self.stage.now, window=window or Window(), meter=meter or NoMeter())
        try:
            while len(walked.pages) < most and (page := next(pages, None)) is not None:
                walked.pages.append(page)
        except MonitorError as error:
            walked.error = error
        finally:
            # as the core does: a generator gives its connections back
            getattr(pages, "close", lambda: None)()
        walked.requests = self.asked(before)
        return walked

    def walk_all(
        self, connector: Connector | None = None, *, most: int = MOST_PAGES, window: Window | None = None, meter: Meter | None = None
    ) -> list[Walked]:
        """Every query in turn, as a round does; a trouble ends it."""
        connector = connector or self.connector()
        walked: list[Walked] = []
        for query in connector.queries():
            walked.append(self.walk(connector, query, most=most, window=window, meter=meter))
            if walked[-1].error:
                break
        return walked

    @cached_property
    def healthy(self) -> Sequence[Walked]:
        """A first walk over every query, nothing being wrong.

        raises  the trouble that there was all the same
        """
        walked = self.walk_all()
        for one in walked:
            if one.error:
                raise one.error
        return walked

    def asked(self, since: int = 0) -> list[Request]:
        """The requests for pages, from a place in the log on; those for signing in are left out."""
        return [request for request in self.server.log[since:] if self.stage.is_trouble_path(request)]

    @contextmanager
    def acting(self, act: Act) -> Iterator[None]:
        """A fault in front of the stage, for as long as it takes."""
        self.server.act = act
        try:
            yield
        finally:
            self.server.act = None


@contextmanager
def trial_of(stage: Stage) -> Iterator[Trial]:
    """A stage on a server of its own, its environment set meanwhile."""
    with environment(stage.environment), Server(stage) as server:
        yield Trial(stage, server)


@contextmanager
def environment(values: Mapping[str, str | None]) -> Iterator[None]:
    """Environment variables set, or with None removed, and put back afterwards; no file stands in for them."""
    changes = {**{f"{name}_FILE": None for name in values}, **values}
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def as_stored(cursor: Cursor) -> Cursor:
    """A cursor as it comes back from the store.

    raises  TypeError where it is no JSON
    """
    stored: Cursor = json.loads(json.dumps(cursor, sort_keys=True))
    return stored


def some(values: Any) -> str:
    """A few of several, for a sentence."""
    shown = sorted(str(value) for value in values)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
