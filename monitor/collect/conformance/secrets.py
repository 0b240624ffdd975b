"""Check that nothing of a secret shows: in what is stored, told, logged, or asked for by address."""

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, unquote

from monitor.collect.budget import NoMeter
from monitor.collect.conformance.server import Act
from monitor.collect.conformance.stage import Request, Response
from monitor.collect.conformance.trial import Trial, Walked
from monitor.collect.connector import Connector, Known
from monitor.errors import MonitorError

_SHORTEST = 8
_ELSEWHERE = "localhost"
_USUAL = ("host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "content-type")


def secrets_show_nowhere(trial: Trial) -> Iterator[str]:
    """Walks, troubles and second looks, with everything that they leave behind searched for the stage's markers."""
    marks = trial.stage.environment
    for name, value in marks.items():
        if len(value) < _SHORTEST:
            yield f"the stage's {name} is too short to be found again; make it {_SHORTEST} characters or more"
    if not marks:
        return
    left: dict[str, list[str]] = {}
    with _log_to(left.setdefault("a log record", [])):
        for act in (None, *_acts(trial)):
            connector = trial.connector()
            trial.server.act = act
            try:
                for walked in trial.walk_all(connector):
                    _collect(left, walked)
                _look_again(trial, connector, left)
            finally:
                trial.server.act = None
            left.setdefault("the connector's repr", []).append(repr(connector))
            left.setdefault("its queries", []).append(repr(connector.queries()))
    elsewhere = [request for request in trial.server.log if request.headers.get("host", "").startswith(_ELSEWHERE)]
    left["a request to another host, to which the source redirects"] = [repr(request.headers) + repr(request.body) for request in elsewhere]
    if not trial.stage.key_in_query:
        left["the address of a request"] = [unquote(target) for target in trial.server.targets] + trial.server.targets
    for where, texts in left.items():
        for name, value in marks.items():
            if any(form in text for form in _forms(name, value, marks) for text in texts):
                yield f"{name} shows in {where}"


def _acts(trial: Trial) -> Iterator[Act]:
    """Answers that tempt: an odd item, and refusals that say back what they were sent, a way to another host."""
    yield _moved(trial)
    spoil = trial.stage.spoil
    if spoil is not None:

        def spoilt(_request: Request, proceed: Callable[[], Response]) -> Response:
            whole = proceed()
            body = spoil(whole.body, 0) if whole.status == 200 else None
            return whole if body is None else Response(body, whole.status, whole.headers)

        yield spoilt
    for status in (200, 400, 401, 403, 404, 429, 500):
        yield lambda request, proceed, status=status: (  # type: ignore[misc]
            Response(_echo(request), status, {"content-type": "text/plain"}) if trial.stage.is_trouble_path(request) else proceed()
        )


def _moved(trial: Trial) -> Act:
    """A redirect to another host: the same computer by its other name."""

    def act(request: Request, proceed: Callable[[], Response]) -> Response:
        if not trial.stage.is_trouble_path(request) or request.headers.get("host", "").startswith(_ELSEWHERE):
            return proceed()
        to = trial.server.base.replace("127.0.0.1", _ELSEWHERE) + trial.server.targets[-1]
        return Response(b"", 302, {"location": to})

    return act


def _echo(request: Request) -> bytes:
    """As a proxy's error page that repeats the request, what is unusual in it first: messages show only the beginning."""
    unusual = [value for name, value in request.headers.items() if name not in _USUAL]
    return " ".join([*unusual, request.body.decode(errors="replace"), json.dumps(dict(request.headers))]).encode()


def _collect(left: dict[str, list[str]], walked: Walked) -> None:
    left.setdefault("a mention", []).extend(repr(mention) for mention in walked.mentions)
    left.setdefault("a cursor", []).extend(json.dumps(page.cursor) for page in walked.pages)
    left.setdefault("an item set aside", []).extend(f"{item.raw} {item.reason}" for item in walked.set_aside)
    if walked.error:
        _tell(left, walked.error)


def _look_again(trial: Trial, connector: Connector, left: dict[str, list[str]]) -> None:
    known = [Known(one.source_id, one.created_at, one.conversation_id) for walked in trial.healthy for one in walked.mentions[:2]]
    try:
        for several in connector.refresh(known, now=trial.stage.now, meter=NoMeter()):
            left.setdefault("a mention", []).extend(repr(mention) for mention in several)
    except MonitorError as error:
        _tell(left, error)


def _tell(left: dict[str, list[str]], error: MonitorError) -> None:
    left.setdefault("the message of a trouble", []).append(str(error))
    left.setdefault("the traceback of a trouble", []).append("".join(traceback.format_exception(error)))


def _forms(name: str, value: str, marks: Mapping[str, str]) -> list[str]:
    """A secret as it stands, in an address, and as basic authentication has it with any other."""
    pairs = [f"{value}:", *(f"{value}:{other}" for other in marks.values()), *(f"{other}:{value}" for other in marks.values())]
    return [value, quote(value, safe=""), *(base64.b64encode(pair.encode()).decode().rstrip("=") for pair in pairs)]


class _Keeping(logging.Handler):
    """Keeps what would be written."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._texts = texts
        self._format = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Everything, with its traceback."""
        self._texts.append(self._format.format(record))


@contextmanager
def _log_to(texts: list[str]) -> Iterator[None]:
    root = logging.getLogger()
    handler, level = _Keeping(texts), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
