"""One small HTTP server on 127.0.0.1, so that a test talks to a made-up or recorded source through the real client.

    with Loopback(Replay.of("reddit/listing_new_submissions.json")) as server:
        server.fail(faults.too_many({"retry-after": "4"}), path="/r/.*", after=1, times=1)
        ...  # praw.Reddit(reddit_url=server.base, oauth_url=server.base, ...)
        assert len(server.seen("/r/.*")) == 3

`replay.py` answers with what was recorded, `living.py` with items that change along a virtual clock, `faults.py` goes wrong in
front of either, and a function serves the rest:

    server.on("GET", r"/api/items/(?P<id>\\d+)", lambda request: {"id": request.groups["id"]})

A conftest that writes `from tests.loopback.server import loopback as loopback` has the server as a fixture. Leaving the `with`
fails the test where a handler raised or a request found no answer (`strict=False` lets the latter pass): a mistake in a test
double must not look like a source in trouble. Close the client before (`with requests.Session() as session`): an open
connection is a warning, and a warning is a failure.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

STOPS_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in.

    path     percent-decoded, without the query
    query    every value of every parameter, blank ones too
    headers  names in lower case
    groups   the named groups of the route's path
    base     where the server was reached, such as http://127.0.0.1:41234
    at       seconds on the monotonic clock, to measure the time between two requests
    now      the server's clock, as the Date header tells it
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    base: str
    target: str
    at: float
    now: datetime
    groups: Mapping[str, str] = field(default_factory=dict)

    def one(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    @property
    def form(self) -> dict[str, list[str]]:
        """The body as a posted form."""
        return parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)

    def holds(self, text: str) -> bool:
        """Whether a text, such as a secret, stands anywhere in it."""
        everywhere = [self.target, unquote(self.target), self.body.decode(errors="replace"), *self.headers.values()]
        return any(text in part for part in everywhere)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back.

    status  None: the connection is closed without a word
    body    bytes, or pieces of it among pauses in seconds; pieces go out chunked unless a content-length is given
    delay   seconds of silence before the status line
    cut     the connection is closed after the body, however long it was said to be
    """

    status: int | None = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes | float] = b""
    reason: str | None = None
    delay: float = 0.0
    cut: bool = False

    def whole(self) -> bytes:
        """The body in one piece, without its pauses."""
        return self.body if isinstance(self.body, bytes) else b"".join(piece for piece in self.body if isinstance(piece, bytes))

    def header(self, name: str) -> str | None:
        """One header, whatever the case of its name."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


Handler = Callable[[Request], Any]
"""Gives an Answer, (status, headers, body), a JSON value, text, bytes, or None where the request is not its own."""
Fault = Callable[[Request, Callable[[], Answer]], Answer]
"""Gets the request and a function that asks the route, and answers in its place."""


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    return Answer(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, json.dumps(value).encode())


def answer_of(value: Any) -> Answer:
    """An answer of what a handler returned."""
    if isinstance(value, Answer):
        return value
    if isinstance(value, tuple):
        status, headers, body = value
        inner = answer_of(body)
        return Answer(status, {**inner.headers, **{name.lower(): text for name, text in headers.items()}}, inner.body)
    if isinstance(value, bytes):
        return Answer(body=value)
    if isinstance(value, str):
        return Answer(headers={"content-type": "text/plain; charset=utf-8"}, body=value.encode())
    return json_answer(value)


@dataclass(slots=True)
class Planned:
    """A fault and when it strikes: on `times` matching requests (None: on all) once `after` of them went by; `struck` counts."""

    fault: Fault
    path: re.Pattern[str]
    method: str | None
    after: int
    times: int | None
    seen: int = 0
    struck: int = 0

    def strikes(self, request: Request) -> bool:
        if not self.path.fullmatch(request.path) or self.method not in {None, request.method}:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True


class Loopback:
    """The server; binds a free port when entered, and is gone when left.

    handlers  asked for every request, the one added last first
    host      another loopback address, such as 127.0.0.2 (Linux has them all), is another host to a client
    now       the clock of the Date header
    strict    leaving fails if a request found no answer
    """

    def __init__(self, *handlers: Handler, host: str = "127.0.0.1", now: Callable[[], datetime] | None = None, strict: bool = True) -> None:
        if not host.startswith("127."):
            raise ValueError(f"{host} is not a loopback address")
        self.host = host
        self.now = now or (lambda: datetime.now(UTC))
        self.strict = strict
        self.log: list[Request] = []
        self.statuses: list[int | None] = []
        self.unanswered: list[Request] = []
        self.errors: list[BaseException] = []
        self.stopping = threading.Event()
        self._routes: list[Handler] = list(handlers)
        self._planned: list[Planned] = []
        self._lock = threading.RLock()
        self._http: _Http | None = None
        self._thread: threading.Thread | None = None

    @property
    def base(self) -> str:
        assert self._http is not None, "the server runs inside `with` only"
        return f"http://{self.host}:{self._http.server_address[1]}"

    def add(self, handler: Handler) -> None:
        """A handler that is asked before the ones there are."""
        with self._lock:
            self._routes.append(handler)

    def on(self, method: str, path: str, handler: Handler | Any) -> None:
        """A route: `path` is a regular expression for the whole path; GET answers HEAD too; a value in place of a handler is its answer."""
        pattern = re.compile(path)

        def route(request: Request) -> Any:
            found = pattern.fullmatch(request.path)
            if found is None or request.method not in {method, "HEAD" if method == "GET" else method}:
                return None
            return handler(_with_groups(request, found.groupdict())) if callable(handler) else handler

        self.add(route)

    def fail(self, fault: Fault, *, path: str = ".*", method: str | None = None, after: int = 0, times: int | None = 1) -> Planned:
        """Let a fault strike `times` matching requests (None: all) once `after` were let through; several add up, first one outside."""
        planned = Planned(fault, re.compile(path), method, after, times)
        with self._lock:
            self._planned.append(planned)
        return planned

    def mend(self) -> None:
        """No faults from here on."""
        with self._lock:
            self._planned.clear()

    def seen(self, path: str = ".*", method: str | None = None) -> list[Request]:
        """The requests so far, in order."""
        with self._lock:
            return [request for request in self.log if re.fullmatch(path, request.path) and method in {None, request.method}]

    def holding(self, text: str) -> list[Request]:
        """The requests so far that hold a text anywhere."""
        return [request for request in self.seen() if request.holds(text)]

    def answer(self, request: Request) -> Answer:
        """The answer to a request, faults and all."""
        with self._lock:
            self.log.append(request)
            proceed: Callable[[], Answer] = _Asking(self._routed, request)
            for planned in reversed([planned for planned in self._planned if planned.strikes(request)]):
                proceed = _Asking(planned.fault, request, proceed)
            try:
                answer = proceed()
            except Exception as error:
                self.errors.append(error)
                answer = Answer(500, {"content-type": "text/plain"}, f"the handler raised {error!r}".encode())
            self.statuses.append(answer.status)
            return answer

    def _routed(self, request: Request) -> Answer:
        for handler in reversed(self._routes):
            given = handler(request)
            if given is not None:
                return answer_of(given)
        self.unanswered.append(request)
        return Answer(501, {"content-type": "text/plain"}, f"no answer for {request.method} {request.target}".encode())

    def __enter__(self) -> Self:
        self._http = _Http((self.host, 0), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), name="loopback", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()
        trouble = [f"a handler raised {fault!r}" for fault in self.errors]
        if self.strict:
            trouble += [f"no answer for {request.method} {request.target} {request.body[:200]!r}" for request in self.unanswered]
        if not trouble:
            return
        if error is not None:
            error.add_note("loopback: " + "; ".join(trouble))
            return
        raise AssertionError("loopback: " + "; ".join(trouble)) from (self.errors[0] if self.errors else None)

    def stop(self) -> None:
        """Close every connection and end every thread, within a few seconds or not at all."""
        assert self._http is not None
        assert self._thread is not None
        self.stopping.set()
        self._http.shutdown()
        self._thread.join(STOPS_WITHIN)
        self._http.server_close()
        self._http.end_connections()
        assert not self._thread.is_alive()


class _Asking:
    """A function with its arguments, bound now (a closure in a loop would bind them late)."""

    def __init__(self, ask: Callable[..., Answer], *arguments: Any) -> None:
        self.ask, self.arguments = ask, arguments

    def __call__(self) -> Answer:
        return self.ask(*self.arguments)


def _with_groups(request: Request, groups: Mapping[str, str]) -> Request:
    return replace(request, groups=groups)


class _Http(ThreadingHTTPServer):
    """Knows its connections and their threads, to end both."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], loopback: Loopback) -> None:
        self.loopback = loopback
        self.connections: dict[threading.Thread, Any] = {}
        self.connections_lock = threading.Lock()
        super().__init__(address, _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self.connections_lock:
            self.connections[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.connections_lock:
                self.connections.pop(threading.current_thread(), None)

    def end_connections(self) -> None:
        with self.connections_lock:
            left = dict(self.connections)
        for connection in left.values():
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker
        until = time.monotonic() + STOPS_WITHIN
        for thread in left:
            thread.join(max(0.0, until - time.monotonic()))
        assert not [thread for thread in left if thread.is_alive()], "a connection did not end"

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.loopback.errors.append(error)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Http

    def answer(self) -> None:
        loopback = self.server.loopback
        request = self.request_read()
        answer = loopback.answer(request)
        try:
            self.write(request, answer, loopback)
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # the client left, or a test timed out on purpose

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815 - names the base class looks up

    def request_read(self) -> Request:
        parts = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length") or 0)),
            base=self.server.loopback.base,
            target=self.path,
            at=time.monotonic(),
            now=self.server.loopback.now().astimezone(UTC),
        )

    def write(self, request: Request, answer: Answer, loopback: Loopback) -> None:
        if (answer.delay and loopback.stopping.wait(answer.delay)) or answer.status is None:
            self.close_connection = True
            return
        bodiless = self.command == "HEAD" or answer.status in {204, 304}
        chunked = False
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.header("date") is None:
            self.send_header("Date", format_datetime(request.now, usegmt=True))
        if answer.header("content-length") is None and answer.status not in {204, 304}:
            chunked = not isinstance(answer.body, bytes)
            self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(answer.whole())))))
        self.end_headers()
        if not bodiless:
            self.write_pieces(answer, loopback, chunked=chunked)
        if answer.cut:
            self.close_connection = True

    def write_pieces(self, answer: Answer, loopback: Loopback, *, chunked: bool) -> None:
        pieces: Iterator[bytes | float] = iter([answer.body] if isinstance(answer.body, bytes) else answer.body)
        for piece in pieces:
            if not isinstance(piece, bytes):
                self.wfile.flush()
                if loopback.stopping.wait(piece):
                    self.close_connection = True
                    return
            elif piece:
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if chunked else piece)
            if loopback.stopping.is_set():
                self.close_connection = True
                return
        if chunked and not answer.cut:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        """The log is a list."""


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server without routes; add some."""
    with Loopback() as server:
        yield server
