"""One way out to the network: bounded in time and size, every failure told as the kind of trouble it is."""

import json
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_encoding_from_headers
from urllib3.exceptions import HTTPError

from monitor.errors import CredentialsRefused, MonitorError, OutOfMoney, RetryLater, SourceChanged, StopUntil

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
ANSWER_SECONDS = 60.0
ANSWER_BYTES = 64_000_000
USER_AGENT = "brand-monitor/0.1 (self-hosted; see the README)"
_CHUNK = 65_536
_SHOWN = 200
# the headers that never hold a key
_PLAIN = frozenset(
    {
        "accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host", "if-modified-since",
        "if-none-match", "user-agent",
    }
)  # fmt: skip
_SHORTEST_KEY = 8


# its lines for -vv hold whole addresses, and some sources want their key in there
logging.getLogger("urllib3").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. Header names compare without case.

    skew_seconds  how far the source's clock is ahead of ours; 0.0 where it does not say
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    skew_seconds: float = 0.0

    @property
    def text(self) -> str:
        """The body as text, by the declared encoding, else UTF-8; bad bytes are replaced."""
        encoding = get_encoding_from_headers({"content-type": self.headers.get("content-type", "")}) or "utf-8"
        try:
            return self.body.decode(encoding if "charset" in self.headers.get("content-type", "").lower() else "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")


class _Session(requests.Session):
    """Forgets what may be a key, in whichever header, once a redirect leads to another host."""

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        if self.should_strip_auth(response.request.url, prepared_request.url):  # type: ignore[no-untyped-call]
            for name in [name for name in prepared_request.headers if name.lower() not in _PLAIN]:
                del prepared_request.headers[name]


class Http:
    """One source's requests. Redirects are followed on GET only, within the source's own scheme; nothing is retried here.

    base_url      requests' paths are relative to it
    headers       sent with each, secrets among them; never logged
    """

    def __init__(
        self, source: str, *, base_url: str, headers: Mapping[str, str] | None = None, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        self.source = source
        self._base_url = base_url
        self._answer_seconds = answer_seconds
        self._session = _Session()
        # proxies are the environment's to say; a login in .netrc is not: it would take the place of a source's own key
        self._session.auth = _as_it_is
        self._session.headers.update({"User-Agent": USER_AGENT, **(headers or {})})
        self._session.mount("http://", HTTPAdapter(max_retries=0))
        self._session.mount("https://", HTTPAdapter(max_retries=0))

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Answer:
        """Ask for a path (or a whole address).

        accept  statuses beside 2xx that the caller deals with
        raises  the kind of trouble that any other status, a broken connection or a slow or huge answer is
        """
        return self._ask("GET", path, params=params, headers=headers, accept=accept)

    def get_json(self, path: str, params: Mapping[str, Any] | None = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """The answer as JSON.

        raises  RetryLater where the body is cut off or no JSON
        """
        return as_json(self.source, self.get(path, params, headers=headers))

    def post(
        self,
        path: str,
        *,
        form: Mapping[str, Any] | None = None,
        body: Any | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Answer:
        """Send a form or a JSON body."""
        return self._ask("POST", path, form=form, body=body, headers=headers, accept=accept)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        body: Any | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Answer:
        url = urljoin(self._base_url.rstrip("/") + "/", path.lstrip("/")) if "://" not in path else path
        begun = time.monotonic()
        try:
            with self._session.request(
                method,
                url,
                params=params,
                data=form,
                json=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                stream=True,
                allow_redirects=method == "GET",
            ) as response:
                content = _without_keys(self._read(response, begun), response)
                answer = Answer(
                    response.status_code,
                    response.headers,
                    content,
                    url=_shown(url),
                    skew_seconds=_skew(response.headers.get("date")),
                )
        except requests.exceptions.Timeout:
            raise RetryLater(f"{self.source}: no answer from {_host(url)} in time; asked again later") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            raise SourceChanged(
                f"{self.source}: {_shown(url)} is no address that can be asked; check base_url and the addresses in config.yaml"
            ) from None
        except requests.exceptions.TooManyRedirects:
            raise SourceChanged(f"{self.source}: {_shown(url)} redirects in circles; check the address") from None
        # the body is read below requests, where a cut one has a name of urllib3's
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise RetryLater(f"{self.source}: cannot reach {_host(url)} ({_cause(error)}); asked again later") from None
        if 200 <= answer.status < 300 or answer.status in accept:
            return answer
        raise trouble(self.source, answer)

    def _read(self, response: requests.Response, begun: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        # read1 gives what is there: a source that drips would otherwise hold a whole chunk back beyond any limit
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > ANSWER_BYTES:
                raise SourceChanged(
                    f"{self.source}: {_shown(response.url)} answers with more than {ANSWER_BYTES // 1_000_000} MB; check the address"
                )
            if time.monotonic() - begun > self._answer_seconds:
                raise RetryLater(f"{self.source}: {_shown(response.url)} is too slow; asked again later")
        return b"".join(parts)


def _without_keys(content: bytes, response: requests.Response) -> bytes:
    """An answer without the keys that were sent for it: a proxy's error page may repeat them, and its start is shown."""
    for asked in (response.request, *(earlier.request for earlier in response.history)):
        for name, value in asked.headers.items():
            if name.lower() in _PLAIN:
                continue
            whole = value if isinstance(value, bytes) else value.encode("utf-8", errors="ignore")
            for key in (whole, whole.rpartition(b" ")[2]):
                if len(key) >= _SHORTEST_KEY:
                    content = content.replace(key, b"...")
    return content


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def as_json(source: str, answer: Answer) -> Any:
    """The body of an answer as JSON.

    raises  RetryLater where it is cut off or no JSON: proxies answer so, and truncated bodies look so
    """
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise RetryLater(f"{source}: {answer.url} answered with {_start(answer)}, which is no whole JSON; asked again later") from None


def trouble(source: str, answer: Answer, *, now: datetime | None = None) -> MonitorError:
    """The kind of trouble that a status is; a source with its own signs looks at them first.

    now  the present, for headers that name a time; ours, since `skew_seconds` is taken off
    """
    said = f"{source}: {answer.status} from {answer.url}"
    if answer.status in (401, 403):
        return CredentialsRefused(f"{said} ({_start(answer)}); check its key and what it may do, docs/sources.md says how")
    if answer.status == 402:
        return OutOfMoney(f"{said}; the account has no credit left: add some, then `monitor pull {source}`")
    if answer.status == 429:
        return pause(said, answer, now=now or datetime.now(UTC))
    if answer.status in (408, 425) or answer.status >= 500:
        return RetryLater(f"{said}; asked again later", seconds=_retry_after(answer))
    return SourceChanged(f"{said} ({_start(answer)}); the address or the query is refused: check config.yaml, or update monitor")


def pause(said: str, answer: Answer, *, now: datetime) -> MonitorError:
    """What a "too many requests" asks for: seconds, a time, or nothing said."""
    seconds = _retry_after(answer)
    if seconds is not None:
        return RetryLater(f"{said}: too many requests; asked again in {seconds:.0f} s", seconds=seconds)
    at = reset_at(answer, now=now)
    if at is not None:
        return StopUntil(f"{said}: too many requests; nothing more until {at:%H:%M} UTC, the other sources go on", at=at)
    return RetryLater(f"{said}: too many requests; asked again later")


def reset_at(answer: Answer, *, now: datetime) -> datetime | None:
    """When a window is full again, by the usual headers, on our clock; None where they do not say.

    Seconds to go (Reddit), seconds since 1970 (X, Bluesky) and ISO times (Mastodon) are all in use.
    """
    for name in ("x-rate-limit-reset", "ratelimit-reset", "x-ratelimit-reset"):
        value = answer.headers.get(name)
        if not value:
            continue
        try:
            number = float(value)
        except ValueError:
            at = _iso(value)
        else:
            at = _from_epoch(number) if number > 1e8 else None
            if at is None:
                return _later(now, number)
        if at is not None:
            return _later(now, (at - now).total_seconds() - answer.skew_seconds)
    return None


def _later(now: datetime, seconds: float) -> datetime:
    # a reset in the past, or days away, is a clock gone wrong
    return datetime.fromtimestamp(now.timestamp() + min(max(seconds, 1.0), 86_400.0), UTC)


def _from_epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _iso(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return min(max(float(value), 0.0), 86_400.0)
    except ValueError:
        at = _http_date(value)
    sent = _http_date(answer.headers.get("date"))
    if at is None:
        return None
    return min(max((at - (sent or datetime.now(UTC))).total_seconds(), 0.0), 86_400.0)


def _skew(date: str | None) -> float:
    sent = _http_date(date)
    return (sent - datetime.now(UTC)).total_seconds() if sent else 0.0


def _http_date(value: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _shown(url: str) -> str:
    """An address without its query and credentials, where keys may stand."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url


def _start(answer: Answer) -> str:
    words = " ".join(answer.body[:2000].decode("utf-8", errors="replace").split())
    return words[:_SHOWN] + ("…" if len(words) > _SHOWN else "") if words else "nothing"


def _cause(error: BaseException) -> str:
    """The innermost reason of a failed connection, without addresses that may hold keys."""
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None or isinstance(getattr(inner, "reason", None), BaseException):
        inner = getattr(inner, "reason", None) if isinstance(getattr(inner, "reason", None), BaseException) else deeper  # type: ignore[assignment]
    name = type(inner).__name__
    return getattr(inner, "strerror", None) or {"NameResolutionError": "its name is not known", "gaierror": "its name is not known"}.get(
        name, name
    )
