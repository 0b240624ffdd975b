"""Reddit's API by praw: raw answers, no waiting inside a request, and every refusal as the kind of trouble it is."""

import configparser
import time
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import praw
import prawcore
import requests
import urllib3

from connectors.reddit_settings import RedditSettings
from monitor.collect.budget import Bucket, Meter
from monitor.collect.http import ANSWER_BYTES, ANSWER_SECONDS, CONNECT_SECONDS, READ_SECONDS, Answer, trouble
from monitor.collect.keys import needed
from monitor.errors import ConfigError, CredentialsRefused, MonitorError, RetryLater, SourceChanged, StopUntil

REQUESTS = Bucket("reddit requests", limit=1_000, span=timedelta(minutes=10))
"""100 a minute per app, averaged over ten minutes; Reddit's own headers go before this."""
_SITE = "https://www.reddit.com"
_TOKEN_PATH = "/api/v1/access_token"  # noqa: S105
CLOSED_SECONDS = 3_600.0
"""After which a closed place is tried again: subreddits close in protest, and open again."""
_CLOSED = frozenset({301, 302, 403, 404, 451})


class Refused(Exception):
    """Reddit answered with another status than 2xx."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} from {answer.url}")
        self.answer = answer


class Closed(RetryLater):
    """A place that the app may not see: private, quarantined, banned, misspelt or removed."""


class RedditClient:
    """One app's requests to Reddit. Not for use by two threads at once: praw is not.

    Making one touches nothing; the keys are read at the first request.
    """

    def __init__(self, settings: RedditSettings, *, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._session = requests.Session()
        self._reddit: praw.Reddit | None = None
        self._is_proven = False
        self._remaining: float | None = None
        self._resets_at: datetime | None = None

    def get(self, path: str, params: Mapping[str, str | int], *, meter: Meter, place: str | None = None) -> Any:
        """The JSON at a path.

        place   what the configuration asks for there, such as "r/acme": if it is closed, the message names it
        raises  Closed, which asks for an hour, where the place is closed; else the kind of trouble that a failure is
        """
        return self._ask("GET", path, params=dict(params), data=None, meter=meter, place=place)

    def post(self, path: str, form: Mapping[str, str], *, meter: Meter, place: str | None = None) -> Any:
        """The JSON that a form brings; it changes nothing at Reddit."""
        answer = self._ask("POST", path, params=None, data=dict(form), meter=meter, place=place)
        said = answer.get("json") if isinstance(answer, Mapping) else None
        errors = said.get("errors") if isinstance(said, Mapping) else None
        if errors and "RATELIMIT" in str(errors):
            seconds = said.get("ratelimit") if isinstance(said, Mapping) else None
            known = float(seconds) if isinstance(seconds, int | float) else None
            raise RetryLater(f"reddit: too many requests for {path}; asked again later", seconds=known)
        return answer

    def redirect_of(self, url: str, *, meter: Meter, place: str) -> str:
        """Where an address of Reddit leads, as it says; the address itself where it leads nowhere else."""
        at = self._settings.host(_SITE) + urlsplit(url).path
        try:
            self._once("GET", at, params={}, data=None, meter=meter)
        except Refused as refused:
            if refused.answer.status in (301, 302, 303, 307, 308):
                return str(refused.answer.headers.get("location", url))
            raise self._trouble(refused.answer, place) from None
        return url

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _ask(
        self, method: str, path: str, *, params: dict[str, str | int] | None, data: dict[str, Any] | None, meter: Meter, place: str | None
    ) -> Any:
        try:
            try:
                return self._once(method, path, params=params, data=data, meter=meter)
            except Refused as refused:
                if refused.answer.status != 401 or not self._is_proven:
                    raise
                # a token that worked before has run out early: one with a new token, no more
                self._reddit, self._is_proven = None, False
                return self._once(method, path, params=params, data=data, meter=meter)
        except Refused as refused:
            raise self._trouble(refused.answer, place) from None

    def _once(self, method: str, path: str, *, params: dict[str, str | int] | None, data: dict[str, Any] | None, meter: Meter) -> Any:
        self._stop_if_used_up()
        if self._reddit is None:
            self._reddit = self._logged_in()
        meter.reserve(REQUESTS)
        try:
            answer = self._reddit.request(method=method, path=path, params=params, data=data)
        except prawcore.OAuthException as error:
            raise CredentialsRefused(f"reddit: no token ({_line(error)}); check {self._keys}") from None
        except prawcore.BadJSON:
            raise RetryLater(f"reddit: {urlsplit(path).path} answered with no whole JSON; asked again later") from None
        except prawcore.PrawcoreException as error:
            raise RetryLater(f"reddit: {type(error).__name__} at {urlsplit(path).path}; asked again later") from None
        finally:
            if self._remaining is not None and self._resets_at is not None:
                meter.told(REQUESTS, remaining=self._remaining, resets_at=self._resets_at)
        if not isinstance(answer, dict | list):
            raise RetryLater(f"reddit: {urlsplit(path).path} answered with nothing; asked again later")
        self._is_proven = True
        return answer

    def _stop_if_used_up(self) -> None:
        if self._remaining is not None and self._remaining < 1 and self._resets_at is not None and self._clock() < self._resets_at:
            raise StopUntil(f"reddit: no requests left until {self._resets_at:%H:%M} UTC", at=self._resets_at)

    def _note_limits(self, headers: Mapping[str, str]) -> None:
        try:
            remaining = float(headers["x-ratelimit-remaining"])
            seconds = min(max(float(headers["x-ratelimit-reset"]), 0.0), 3_600.0)
        except (KeyError, ValueError):
            return
        self._remaining, self._resets_at = remaining, self._clock() + timedelta(seconds=seconds)

    def _trouble(self, answer: Answer, place: str | None) -> MonitorError:
        if answer.url == _TOKEN_PATH and answer.status in (400, 401, 403):
            return CredentialsRefused(f"reddit: {answer.status} from {answer.url}; check {self._keys}")
        if answer.status == 401:
            return CredentialsRefused(f"reddit: 401 from {answer.url}; check {self._keys} and that the app is still approved")
        if place and answer.status in _CLOSED:
            return Closed(
                f"reddit: {answer.status} for {place}: it is private, quarantined, banned or misspelt; remove it from config.yaml, "
                "or have the app let in; asked again in an hour",
                seconds=CLOSED_SECONDS,
            )
        return trouble("reddit", answer, now=self._clock())

    @property
    def _keys(self) -> str:
        return f"{self._settings.client_id_env} and {self._settings.client_secret_env}"

    def _logged_in(self) -> praw.Reddit:
        client_id = needed("reddit", self._settings.client_id_env)
        client_secret = needed("reddit", self._settings.client_secret_env)
        try:
            with warnings.catch_warnings():
                # praw warns of a praw.ini in the working directory; every key that it could set is given here instead
                warnings.simplefilter("ignore")
                return praw.Reddit(
                    "DEFAULT",
                    client_id=client_id,
                    client_secret=client_secret,
                    user_agent=self._settings.user_agent,
                    reddit_url=self._settings.host(_SITE),
                    oauth_url=self._settings.host("https://oauth.reddit.com"),
                    redirect_uri=None,
                    refresh_token=None,
                    username=None,
                    password=None,
                    ratelimit_seconds=0,
                    timeout=int(READ_SECONDS),
                    check_for_updates=False,
                    check_for_async=False,
                    requestor_class=_Requestor,
                    requestor_kwargs={"session": self._session, "note_limits": self._note_limits},
                )
        except configparser.Error:
            raise ConfigError("reddit: the praw.ini in the working directory cannot be read; remove it, it is not used") from None


class _Requestor(prawcore.Requestor):
    """Asks once, bounded in time and size.

    prawcore would wait and try again on 401, 408 and 5xx, and sleep by the limits' headers, up to ten minutes; so it gets
    to see neither.
    """

    def __init__(self, *, note_limits: Callable[[Mapping[str, str]], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._note_limits = note_limits

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        """The whole answer.

        raises  Refused for any status but 2xx, RetryLater where none came in time, SourceChanged where it is too large
        """
        method, url = args
        path = urlsplit(url).path
        begun = time.monotonic()
        try:
            # without an `auth` a .netrc would replace the token
            asked = {"auth": _as_it_is, **kwargs}
            with self._http.request(method, url, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True, **asked) as response:
                body = _read(response, begun=begun, path=path)
        except requests.exceptions.Timeout:
            raise RetryLater(f"reddit: no answer from {path} in time; asked again later") from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise RetryLater(f"reddit: cannot reach {path} ({type(error).__name__}); asked again later") from None
        if path == _TOKEN_PATH:
            # prawcore has this connection closed at the other end: it must not be used once more
            self._http.close()
        self._note_limits(response.headers)
        for name in [name for name in response.headers if name.lower().startswith("x-ratelimit-") and 200 <= response.status_code < 300]:
            del response.headers[name]
        if not 200 <= response.status_code < 300:
            key = str(response.request.headers.get("Authorization", "")).rpartition(" ")[2].encode()
            # a proxy's error page may repeat the token, and messages show how it starts
            shown = body.replace(key, b"...") if key else body
            raise Refused(Answer(response.status_code, response.headers, shown, url=path))
        response._content = body
        if path == _TOKEN_PATH:
            _check_token(response)
        return response


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(response: requests.Response, *, begun: float, path: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(65_536, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > ANSWER_BYTES:
            raise SourceChanged(f"reddit: {path} answers with more than {ANSWER_BYTES // 1_000_000} MB; check base_url")
        if time.monotonic() - begun > ANSWER_SECONDS:
            raise RetryLater(f"reddit: {path} is too slow; asked again later")
    return b"".join(parts)


def _check_token(response: requests.Response) -> None:
    """A token that prawcore could not read would end in a KeyError."""
    try:
        said = response.json()
    except ValueError:
        said = None
    if not isinstance(said, dict) or not ("error" in said or {"access_token", "expires_in", "scope"} <= said.keys()):
        raise RetryLater(f"reddit: {_TOKEN_PATH} answered with no token; asked again later")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
