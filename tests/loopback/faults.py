"""What goes wrong between a client and its source, one function a kind; `Loopback.fail` says when it strikes.

    server.fail(faults.too_many({"retry-after": "4"}))              # once
    server.fail(faults.status(500), times=5)                        # a storm of five
    server.fail(faults.unauthorized(), after=3, times=None)         # the key dies in mid-walk
    server.fail(faults.ExpiringToken(good_for=3), times=None)       # and here a new one is to be had
    server.fail(faults.slow(pause=0.002)), server.fail(faults.skewed(hours=-3))   # both at once

Those that replace the answer leave the route alone; those that spoil it ask the route first, and a recorded answer counts as
given then, as with a real source whose answer was lost on the way.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime

from tests.loopback.server import Answer, Fault, Request

LOGIN_PAGE = b"<!doctype html><html><head><title>Please log in</title></head><body><form method=post></form></body></html>"


def replaced(answer: Answer) -> Fault:
    """One and the same answer, whatever was asked."""
    return lambda _request, _proceed: answer


def status(code: int, *, headers: Mapping[str, str] | None = None, body: bytes = b"", reason: str | None = None) -> Fault:
    """A refusal, an empty one if not said otherwise."""
    return replaced(Answer(code, headers or {}, body, reason))


def too_many(headers: Mapping[str, str] | None = None, *, body: bytes = b'{"title":"Too Many Requests","status":429}') -> Fault:
    """429 with just the headers given: `retry-after`, `x-rate-limit-reset`, or none at all."""
    return status(429, headers={"content-type": "application/json", **(headers or {})}, body=body)


def unauthorized(body: bytes = b'{"message": "Unauthorized", "error": 401}') -> Fault:
    """401, as for a token that ran out."""
    headers = {"content-type": "application/json", "www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}
    return status(401, headers=headers, body=body)


@dataclass
class ExpiringToken:
    """401 once a token served `good_for` requests, until another is asked for at a path that matches `renewed_by`."""

    good_for: int
    renewed_by: str = r".*/access_token/?"
    used: int = 0
    renewals: int = 0

    def __call__(self, request: Request, proceed: Callable[[], Answer]) -> Answer:
        if re.fullmatch(self.renewed_by, request.path):
            self.used = 0
            self.renewals += 1
            return proceed()
        self.used += 1
        return proceed() if self.used <= self.good_for else unauthorized()(request, proceed)


def dropped(*, after_seconds: float = 0.0) -> Fault:
    """The connection is closed before a word was said."""
    return replaced(Answer(None, delay=after_seconds))


def late(seconds: float) -> Fault:
    """Silence, then the answer: for read timeouts."""
    return lambda _request, proceed: replace(proceed(), delay=seconds)


def slow(*, pause: float = 0.002, piece: int = 64, pieces: int = 20) -> Fault:
    """The body drips: `pieces` times `piece` bytes with a pause (seconds) after each, then the rest at once."""

    def drip(body: bytes) -> Iterator[bytes | float]:
        for number in range(pieces):
            if number * piece >= len(body):
                return
            yield body[number * piece : (number + 1) * piece]
            yield pause
        yield body[pieces * piece :]

    def fault(_request: Request, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        whole = answer.whole()
        return replace(answer, headers=_with(answer, "content-length", str(len(whole))), body=drip(whole))

    return fault


def cut(*, keep: int | float = 0.5) -> Fault:
    """The connection ends in mid-body: after `keep` bytes, or that share of it if a fraction; the length promised is the whole one."""

    def fault(_request: Request, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        whole = answer.whole()
        return replace(answer, headers=_with(answer, "content-length", str(len(whole))), body=_part(whole, keep), cut=True)

    return fault


def cut_chunked(*, keep: int | float = 0.5) -> Fault:
    """The same where no length was promised: the last chunk is missing."""

    def fault(_request: Request, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        return replace(answer, headers=_with(answer, "content-length", None), body=iter([_part(answer.whole(), keep)]), cut=True)

    return fault


def truncated(*, keep: int | float = 0.5) -> Fault:
    """A whole answer by its length whose body ends too early, as a source writes one that broke down itself."""

    def fault(_request: Request, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        return replace(answer, headers=_with(answer, "content-length", None), body=_part(answer.whole(), keep))

    return fault


def skewed(**by: float) -> Fault:
    """A Date header that is wrong by `timedelta(**by)`, against the clock of the server."""

    def fault(request: Request, proceed: Callable[[], Answer]) -> Answer:
        answer = proceed()
        return replace(answer, headers=_with(answer, "date", format_datetime(request.now + timedelta(**by), usegmt=True)))

    return fault


def huge(size: int, *, length_said: bool = True, zipped: bool = False, filler: bytes = b" ") -> Fault:
    """A body of `size` bytes that is never held in memory; without its length it goes out chunked; zipped it is small on the wire."""

    def pieces() -> Iterator[bytes | float]:
        block = (filler * (65_536 // len(filler) + 1))[:65_536]
        for start in range(0, size, len(block)):
            yield block[: size - start]

    def zipped_pieces() -> Iterator[bytes | float]:
        packer = zlib.compressobj(wbits=31)
        for piece in pieces():
            assert isinstance(piece, bytes)
            yield packer.compress(piece)
        yield packer.flush()

    headers = {"content-type": "application/json"}
    if zipped:
        return lambda _request, _proceed: Answer(200, {**headers, "content-encoding": "gzip"}, zipped_pieces())
    if length_said:
        headers["content-length"] = str(size)
    return lambda _request, _proceed: Answer(200, headers, pieces())


def wrong_type(content_type: str = "text/html; charset=utf-8", body: bytes | None = LOGIN_PAGE) -> Fault:
    """200 with another content type: a login page, or with `body=None` the right body under a wrong name."""

    def fault(_request: Request, proceed: Callable[[], Answer]) -> Answer:
        if body is not None:
            return Answer(200, {"content-type": content_type}, body)
        answer = proceed()
        return replace(answer, headers=_with(answer, "content-type", content_type))

    return fault


def redirect(to: str, *, code: int = 302) -> Fault:
    """A redirect to another host (`Loopback(host="127.0.0.2")` is one): path and query are kept. Its log tells what went along."""
    return lambda request, _proceed: Answer(code, {"location": to.rstrip("/") + request.target})


def _with(answer: Answer, name: str, value: str | None) -> dict[str, str]:
    others = {key: text for key, text in answer.headers.items() if key.lower() != name}
    return others if value is None else {**others, name: value}


def _part(body: bytes, keep: int | float) -> bytes:
    return body[: keep if isinstance(keep, int) else int(len(body) * keep)]
