"""A made-up source, written by whoever writes a connector: what it serves, and how its answers are spoilt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.collect.connector import Connector
from monitor.errors import MonitorError


@dataclass(frozen=True, slots=True)
class Request:
    """What the connector asked. Header names are lower case; a query key has each of its values."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    def one(self, key: str) -> str | None:
        """The first value of a query key, or None."""
        return next(iter(self.query.get(key, ())), None)


@dataclass(frozen=True, slots=True)
class Response:
    """What the made-up source answers."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


@dataclass(frozen=True, slots=True)
class Stage:
    """A source made up for trying a connector out: healthy as it stands, and told how to be unwell.

    name         for the report
    make         the connector, its base_url on the local server; its clock must say `now`
    serve        the healthy source: the same answer for the same request, in at least three pages
    ids          source_ids that one whole first walk over all of the connector's queries brings, no more and no less
    now          the moment of the walk, UTC
    environment  secrets that the connector reads, with marker values; nothing of them may show anywhere
    spoil        the body of an answer with its item n unreadable (None: all of its items), in the way that this source's
                 items would break: a key field missing; None where the answer holds no items
    extend       the body with unknown fields added to its items
    strip        the body without any optional field
    troubles     an answer of the source's own and the trouble it is, beside the usual ones: 401 CredentialsRefused,
                 429 with Retry-After RetryLater, 429 with a reset time StopUntil, 402 OutOfMoney, 5xx and a cut body RetryLater
    is_trouble_path  which requests to answer with a trouble; all unless said (Reddit's token endpoint is left alone)
    requests_a_100   requests for 100 items, at most, where the source allows such pages
    patience         seconds after which a trouble must be told; more than 5 only where a client library tries again by itself
    key_in_query     the source takes its key in the address and nowhere else
    """

    name: str
    make: Callable[[str], Connector]
    serve: Callable[[Request], Response]
    ids: frozenset[str]
    now: datetime
    environment: Mapping[str, str] = field(default_factory=dict)
    spoil: Callable[[bytes, int | None], bytes | None] | None = None
    extend: Callable[[bytes], bytes] | None = None
    strip: Callable[[bytes], bytes] | None = None
    troubles: Sequence[tuple[Response, type[MonitorError]]] = ()
    is_trouble_path: Callable[[Request], bool] = lambda _request: True
    requests_a_100: int | None = None
    patience: float = 5.0
    key_in_query: bool = False
