"""A stage's source on 127.0.0.1: answers as the stage says or as a fault does, and keeps what was asked."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from monitor.collect.conformance.stage import Request, Response, Stage

_MOST_BYTES = 1_000_000
_IDLE_SECONDS = 20.0
_ENDS_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Torn(Response):
    """An answer that breaks off: its whole length is said, and `keep` bytes of the body sent; None: not even a status."""

    keep: int | None = None


Act: TypeAlias = Callable[[Request, Callable[[], Response]], Response]
"""Answers in the stage's place; it is given the request and a function that asks the stage."""


class Server:
    """Runs inside `with`.

    log       the requests so far; `targets` beside it: path and query as they stood in the request line
    act       a fault in front of the stage, or None
    mistakes  requests that the stage itself could not answer
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.log: list[Request] = []
        self.targets: list[str] = []
        self.act: Act | None = None
        self.mistakes: list[str] = []
        self._http = _Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), name="stage", daemon=True)

    @property
    def base(self) -> str:
        """Where it is, such as http://127.0.0.1:41234."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, request: Request, target: str) -> Response:
        """The answer to a request, by the fault or the stage."""
        self.log.append(request)
        self.targets.append(target)
        return self.act(request, lambda: self._staged(request, target)) if self.act else self._staged(request, target)

    def _staged(self, request: Request, target: str) -> Response:
        try:
            return self.stage.serve(request)
        except Exception as error:
            mistake = f"the stage itself raises {type(error).__name__}: {error} at {request.method} {target}"
            if mistake not in self.mistakes:
                self.mistakes.append(mistake)
            return Response(b"the stage could not answer", 500, {"content-type": "text/plain"})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.shutdown()
        self._thread.join(_ENDS_WITHIN)
        self._http.server_close()
        self._http.end_connections()


class _Http(ThreadingHTTPServer):
    """Knows its connections, to end them."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, server: Server) -> None:
        self.server = server
        self._open: dict[threading.Thread, Any] = {}
        super().__init__(("127.0.0.1", 0), _Connection)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open[threading.current_thread()] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no trouble of ours."""

    def end_connections(self) -> None:
        """Close what clients left open."""
        for thread, connection in list(self._open.items()):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was quicker
            thread.join(_ENDS_WITHIN)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE_SECONDS
    server: _Http

    def answer(self) -> None:
        parts = urlsplit(self.path)
        length = min(int(self.headers.get("content-length") or 0), _MOST_BYTES)
        request = Request(
            method=self.command,
            path=unquote(parts.path),
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        response = self.server.server.answer(request, self.path)
        try:
            self._write(response)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  names that the base class looks up

    def _write(self, response: Response) -> None:
        torn = isinstance(response, Torn)
        if torn:
            self.close_connection = True
        if isinstance(response, Torn) and response.keep is None:
            return
        bodiless = self.command == "HEAD" or response.status in (204, 304)
        self.send_response(response.status)
        for name, value in response.headers.items():
            if name.lower() not in ("content-length", "date"):
                self.send_header(name, value)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(response.body[: response.keep] if isinstance(response, Torn) else response.body)

    def version_string(self) -> str:
        """Nothing to tell."""
        return "stage"

    def log_message(self, *_: Any) -> None:
        """The log is a list."""
