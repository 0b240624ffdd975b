"""Checks of trouble: each kind is told as what it is, at once, and nothing is lost by it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.collect.budget import Bucket
from monitor.collect.conformance.server import Act, Torn
from monitor.collect.conformance.stage import Request, Response
from monitor.collect.conformance.trial import Trial
from monitor.errors import CredentialsRefused, MonitorError, OutOfMoney, RetryLater, SourceChanged, StopUntil

OURS = (RetryLater, StopUntil, CredentialsRefused, OutOfMoney, SourceChanged)
_HTML = b"<!doctype html><html><head><title>Please log in</title></head><body><form method=post></form></body></html>"
_RESET_SECONDS = 90
_NEAR_SECONDS = 5.0
_SAID = b'{"message": "as the stage wants it", "errors": []}'


@dataclass(frozen=True, slots=True)
class Met:
    """How a connector took a trouble."""

    error: MonitorError | None
    seconds: float


class RefusingMeter:
    """Refuses everything; `asked` counts what was asked of it."""

    def __init__(self) -> None:
        self.asked = 0

    def reserve(self, bucket: Bucket, amount: float = 1) -> None:
        """Refused, always."""
        self.asked += 1
        raise StopUntil(f"{bucket.name}: used up", at=datetime(2100, 1, 1, tzinfo=UTC))

    def settle(self, bucket: Bucket, *, reserved: float, used: float) -> None:
        """Nothing was reserved."""

    def told(self, bucket: Bucket, *, remaining: float, resets_at: datetime) -> None:
        """Forgotten."""


def allowance_is_kept_to(trial: Trial) -> Iterator[str]:
    """A connector that reserves does so before it asks, and hands the refusal on."""
    meter = RefusingMeter()
    walks = trial.walk_all(meter=meter)
    if not meter.asked:
        return
    if not isinstance(walks[-1].error, StopUntil):
        yield f"the meter refused with StopUntil, the pull ended with {_kind(walks[-1].error)}"
    if walks[0].requests:
        yield f"{len(walks[0].requests)} requests were made although the meter had refused"


def key_refused(trial: Trial) -> Iterator[str]:
    """401: somebody must renew the key."""
    expected = OURS if trial.connector().capabilities.key == "none" else (CredentialsRefused,)
    yield from _each_time(trial, "401", Response(_SAID, 401), expected)
    yield from _each_time(trial, "403", Response(_SAID, 403), OURS)


def no_money(trial: Trial) -> Iterator[str]:
    """402: somebody must pay."""
    expected = (OutOfMoney,) if trial.connector().capabilities.key == "paid" else OURS
    yield from _each_time(trial, "402", Response(_SAID, 402), expected)


def pauses(trial: Trial) -> Iterator[str]:
    """429: as long as the source says, by seconds or by a time."""
    yield from _each_time(trial, "429", _too_many({}), (RetryLater,))
    for place in (1, 2):
        met = _meet(trial, _from(place, _too_many({"retry-after": "7"})))
        if met and not _is_about(met.error, 7.0, [trial.stage.now, datetime.now(UTC)], within=2.0):
            yield f"429 with Retry-After: 7 at request {place} is told as {_told(met.error)}, not as RetryLater of 7 seconds"
    styles = [(said, headers) for now in (trial.stage.now, datetime.now(UTC)) for said, headers in _resets(now)]
    met_all = [(said, _meet(trial, _from(place, _too_many(headers)))) for said, headers in styles for place in (1, 2)]
    for said, met in met_all:
        if met and not isinstance(met.error, RetryLater | StopUntil):
            yield f"429 with {said} is told as {_told(met.error)}, not as RetryLater or StopUntil"
    # each source has its own way to name the time, and its connector need not know the others
    times = [trial.stage.now, datetime.now(UTC)]
    if not any(met and _is_about(met.error, _RESET_SECONDS, times, within=_NEAR_SECONDS) for _, met in met_all):
        yield f"429 with a reset time in {_RESET_SECONDS} s: no usual header is understood; last it was told as {_told(met_all[-1][1])}"


def trouble_at_the_source(trial: Trial) -> Iterator[str]:
    """5xx, a connection that breaks, half an answer: later it will be well."""
    yield from _each_time(trial, "500", Response(_SAID, 500), (RetryLater,))
    yield from _each_time(trial, "503", Response(_HTML, 503, {"content-type": "text/html"}), (RetryLater,))
    yield from _each_time(trial, "a connection closed without a word", Torn(b""), (RetryLater,))
    yield from _each_time(trial, "a connection cut in mid-body", _torn, (RetryLater,))
    yield from _each_time(
        trial, "a body that ends half-way", lambda whole: Response(_half(whole), whole.status, whole.headers), (RetryLater,)
    )


def no_answer_at_all(trial: Trial) -> Iterator[str]:
    """A login page or nothing in place of the answer, and other JSON than expected."""
    yield from _each_time(trial, "a web page with 200", Response(_HTML, 200, {"content-type": "text/html; charset=utf-8"}), OURS)
    yield from _each_time(trial, "an empty body with 200", Response(b""), OURS)
    for status in (400, 404, 410):
        yield from _each_time(trial, str(status), Response(_SAID, status), OURS)
    for body in (b"null", b"[]", b"{}", b"7", b'["a", 7, null, {}]'):
        for place in (1, 2):
            # it may be an empty answer where the source writes one so; what matters is that nothing else is raised
            _meet(trial, _from(place, Response(body)))


def troubles_of_its_own(trial: Trial) -> Iterator[str]:
    """The answers that only this source gives."""
    for response, kind in trial.stage.troubles:
        said = f"its own {response.status} ({response.body[:60].decode(errors='replace')})"
        yield from _each_time(trial, said, response, (kind,))


def goes_on_after_trouble(trial: Trial) -> Iterator[str]:
    """The same connector, asked again once the source is well, brings the rest."""
    for whole in trial.healthy:
        connector = trial.connector()
        with trial.acting(_counting(trial, 2, lambda _whole: Response(_HTML, 503))):
            before = trial.walk(connector, whole.query)
        after = trial.walk(connector, whole.query, before.cursor)
        if after.error:
            raise after.error
        if missing := whole.ids - before.ids - after.ids:
            yield f"{whole.query.name!r}: {len(missing)} are missing after a 503 at the second request"


def _each_time(
    trial: Trial, said: str, answer: Response | Callable[[Response], Response], kinds: Sequence[type[MonitorError]]
) -> Iterator[str]:
    """The trouble from the first request on, and from the second."""
    for place in (1, 2):
        met = _meet(trial, _from(place, answer))
        if met is None:
            continue
        if not isinstance(met.error, tuple(kinds)):
            wanted = " or ".join(kind.__name__ for kind in kinds) if len(kinds) < len(OURS) else "one of our kinds"
            yield f"{said} at request {place} is told as {_told(met.error)}, not as {wanted}"
        if met.seconds > trial.stage.patience:
            yield f"{said} at request {place} is told after {met.seconds:.1f} s, at most {trial.stage.patience:g} s are allowed"


def _meet(trial: Trial, fault: tuple[int, Callable[[Response], Response]]) -> Met | None:
    """Walk into a fault; None where the walk was over before."""
    place, answer = fault
    struck: list[Request] = []

    def strike(whole: Response) -> Response:
        struck.append(trial.server.log[-1])
        return answer(whole)

    connector = trial.connector()
    begun = time.monotonic()
    with trial.acting(_counting(trial, place, strike)):
        walks = trial.walk_all(connector)
    return Met(walks[-1].error, time.monotonic() - begun) if struck else None


def _from(place: int, answer: Response | Callable[[Response], Response]) -> tuple[int, Callable[[Response], Response]]:
    return place, (lambda _whole: answer) if isinstance(answer, Response) else answer


def _counting(trial: Trial, place: int, answer: Callable[[Response], Response]) -> Act:
    """Answers in the stage's place from the request of that number on, signing in apart."""
    seen: list[Request] = []

    def act(request: Request, proceed: Callable[[], Response]) -> Response:
        if not trial.stage.is_trouble_path(request):
            return proceed()
        seen.append(request)
        return proceed() if len(seen) < place else answer(proceed())

    return act


def _too_many(headers: Mapping[str, str]) -> Response:
    return Response(_SAID, 429, {"content-type": "application/json", **headers})


def _resets(now: datetime) -> list[tuple[str, Mapping[str, str]]]:
    at = now + timedelta(seconds=_RESET_SECONDS)
    return [
        ("x-rate-limit-reset in seconds since 1970", {"x-rate-limit-reset": str(int(at.timestamp())), "x-rate-limit-remaining": "0"}),
        ("x-ratelimit-reset as ISO time", {"x-ratelimit-reset": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "x-ratelimit-remaining": "0"}),
        ("x-ratelimit-reset in seconds to go", {"x-ratelimit-reset": str(_RESET_SECONDS), "x-ratelimit-remaining": "0"}),
        ("ratelimit-reset in seconds since 1970", {"ratelimit-reset": str(int(at.timestamp())), "ratelimit-remaining": "0"}),
    ]


def _is_about(error: MonitorError | None, seconds: float, presents: Sequence[datetime], *, within: float) -> bool:
    """Whether it asks for that pause; a client library may tell times by its own clock."""
    if isinstance(error, RetryLater):
        return error.seconds is not None and abs(error.seconds - seconds) <= within
    return isinstance(error, StopUntil) and any(abs((error.at - now).total_seconds() - seconds) <= within for now in presents)


def _torn(whole: Response) -> Torn:
    return Torn(whole.body, whole.status, whole.headers, keep=len(whole.body) // 2)


def _half(whole: Response) -> bytes:
    return whole.body[: len(whole.body) // 2]


def _kind(error: MonitorError | None) -> str:
    return type(error).__name__ if error else "no trouble"


def _told(met: MonitorError | Met | None) -> str:
    error = met.error if isinstance(met, Met) else met
    return f"{type(error).__name__} ({error})" if error else "nothing: the walk went on"
