"""X: tweepy's client with a door of our own, which knows the secret, bounds time and size, and names every refusal."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import tweepy  # type: ignore[import-untyped]
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from connectors.x_posts import objects
from monitor.collect.http import Answer, Http, pause, trouble
from monitor.collect.keys import needed
from monitor.errors import CredentialsRefused, MonitorError, OutOfMoney, RetryLater, SourceChanged

# tweepy writes its headers to the log at DEBUG, so it never knows the token
_NO_TOKEN = "kept-by-the-door"  # noqa: S105  no secret
# how far ahead a clock must be that X takes `end_time` for the future; days ahead is no clock
_AHEAD_SECONDS, _MOST_AHEAD_SECONDS = 10.0, 86_400.0
_CAPS = ("usagecapexceeded", "usage-capped", "usage cap", "spendcapreached", "creditsdepleted", "credits-depleted")


class Client(Protocol):
    """The part of tweepy's client that is used; every call gives a `Carried` or raises a MonitorError."""

    def search_recent_tweets(self, query: str, **params: Any) -> "Carried":
        """Posts of the last seven days."""

    def search_all_tweets(self, query: str, **params: Any) -> "Carried":
        """Posts since 2006."""

    def get_recent_tweets_count(self, query: str, **params: Any) -> "Carried":
        """How many posts of the last seven days."""

    def get_all_tweets_count(self, query: str, **params: Any) -> "Carried":
        """How many posts since 2006."""

    def get_tweets(self, ids: list[str], **params: Any) -> "Carried":
        """Posts by their ids."""


class Carried(requests.Response):
    """A response as tweepy wants it, and the answer that it was made of."""

    answer: Answer


@contextmanager
def client(base_url: str, *, token_env: str, clock: Callable[[], datetime], heard: Callable[[Answer], None]) -> Iterator[Client]:
    """Tweepy's client, talking to `base_url`; its connections are given back at the end.

    token_env  the environment variable that holds the bearer token, read at each request
    heard      told of every answer, refusals too: their headers say what is left of the window
    """
    x = tweepy.Client(_NO_TOKEN, return_type=requests.Response, wait_on_rate_limit=False)
    x.session.mount("https://", _Door(base_url, token_env=token_env, clock=clock, heard=heard))
    try:
        yield x
    finally:
        x.session.close()


class _Door(BaseAdapter):
    """Carries tweepy's requests to our own address; whatever is no success is raised here, before tweepy reads it."""

    def __init__(self, base_url: str, *, token_env: str, clock: Callable[[], datetime], heard: Callable[[Answer], None]) -> None:
        super().__init__()
        self._http = Http("x", base_url=base_url)
        self._token_env, self._clock, self._heard = token_env, clock, heard

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Carried:
        """The whole answer to a request.

        raises  the kind of trouble that any status beside 2xx is
        """
        asked = urlsplit(request.url or "")
        token = self._token()
        try:
            answer = self._http.get(f"{asked.path}?{asked.query}", headers={"Authorization": f"Bearer {token}"}, accept=range(400, 600))
        except urllib3.exceptions.HTTPError as error:
            raise RetryLater(f"x: the answer from {asked.path} broke off ({type(error).__name__}); asked again later") from None
        # a proxy's error page may repeat what it was sent
        answer = replace(answer, body=answer.body.replace(token.encode(), b"..."))
        self._heard(answer)
        if answer.status >= 400:
            raise refusal(answer, now=self._clock())
        carried = Carried()
        carried.answer = answer
        carried.status_code = answer.status
        carried.headers = CaseInsensitiveDict(answer.headers)
        carried.raw = BytesIO(answer.body)
        carried.url = answer.url
        carried.request = request
        return carried

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _token(self) -> str:
        token = needed("x", self._token_env)
        if not token.isascii() or not token.isprintable() or " " in token:
            raise CredentialsRefused(f"x: {self._token_env} holds characters that no token has; copy it again from X's developer console")
        return token


def refusal(answer: Answer, *, now: datetime) -> MonitorError:
    """The kind of trouble that a status beside 2xx is, with X's own words for it."""
    said, why = f"x: {answer.status} from {answer.url}", _reason(answer)
    if answer.status == 402 or (answer.status in (403, 429) and any(cap in _words(answer) for cap in _CAPS)):
        return OutOfMoney(
            f"{said} ({why}); add credit or raise the cap in X's developer console, then `monitor pull x`", resets_at=_cap_ends_at(answer)
        )
    if answer.status == 401:
        return CredentialsRefused(f"{said} ({why}); check the bearer token, docs/sources.md says how to get one")
    if answer.status == 403:
        return CredentialsRefused(
            f"{said} ({why}); the app may not ask this: enrol it in pay-per-use in X's developer console, or set `archive: false`"
        )
    if answer.status == 400 and _AHEAD_SECONDS < -answer.skew_seconds < _MOST_AHEAD_SECONDS:
        return RetryLater(f"{said} ({why}); this computer's clock is {-answer.skew_seconds:.0f} s ahead of X's: set it right")
    if answer.status == 400:
        return SourceChanged(f"{said} ({why}); X refuses what is asked: change the brand's rule, or update monitor")
    if answer.status == 429 and "retry-after" not in answer.headers and _left(answer) >= 1:
        # the window holds more: it was the one request a second of the full archive
        return RetryLater(f"{said}: too many requests at once; asked again in 1 s", seconds=1)
    if answer.status == 429:
        return pause(said, answer, now=now)
    return trouble("x", answer, now=now)


def _left(answer: Answer) -> float:
    try:
        return float(answer.headers.get("x-rate-limit-remaining", "0"))
    except ValueError:
        return 0.0


def _cap_ends_at(answer: Answer) -> datetime | None:
    """When a spending cap that the account set itself is full again; UTC."""
    found = re.search(r'"reset_date"\s*:\s*"(\d{4}-\d\d-\d\d)', _words(answer))
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _words(answer: Answer) -> str:
    return answer.body[:4_000].decode("utf-8", errors="replace").lower()


def _reason(answer: Answer) -> str:
    """What X says of it: the messages of its parts, else title and detail."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, Mapping):
        return "no reason given"
    parts = objects(body.get("errors"))
    said = [part.get("message") or part.get("detail") for part in parts] or [body.get(key) for key in ("title", "detail", "reset_date")]
    return " ".join(" ".join(str(words) for words in said if words).split())[:300] or "no reason given"
