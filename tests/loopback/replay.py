"""Recorded answers, given back byte for byte.

    Replay.of("reddit/submission_tree_more.json")                     # one cassette, or several as if recorded in a row
    Replay.of("x/quoted_429_rate_limited.json", reset_in=120)         # absolute reset times become now + 120 s
    Document.of("feeds/content_encoded.rss", "application/rss+xml")   # a plain file, with ETag and Last-Modified

An interaction answers a request of its method and path (a closing slash counts for nothing, nor does the host). Where several
do, the one with the most agreeing parameters of its recorded query and form is taken, then the one with the fewest that
disagree, then the first recorded that has not been given; when all have been, the last repeats. Parameters that no recording
has count for nothing. `children` of a posted form must be the same set, and so must each parameter named in `exact`: without
that, a request with a made-up page token gets the next page.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.loopback.server import Answer, Request

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "api"


def recorded(name: str) -> Path:
    """A recorded file, such as "x/error_401.json"; skips the test where there are none."""
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded answers at {RECORDED}")
    return RECORDED / name


@dataclass(slots=True)
class Interaction:
    """One recorded request and its answer; `given` counts how often."""

    cassette: str
    method: str
    host: str
    path: str
    asked: frozenset[tuple[str, str]]
    children: frozenset[str] | None
    answer: Answer
    given: int = 0


@dataclass
class Replay:
    """A handler that answers from cassettes.

    reset_in  seconds until the limits reset: moves absolute reset times, and with them the date, to now; None leaves both as recorded
    changes   headers to set, or with None to leave out, in every answer
    exact     names of parameters that must agree, in being absent too
    now       the clock for reset_in
    """

    interactions: Sequence[Interaction]
    reset_in: float | None = None
    changes: Mapping[str, str | None] = field(default_factory=dict)
    exact: tuple[str, ...] = ()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def of(
        cls,
        *names: str,
        reset_in: float | None = None,
        changes: Mapping[str, str | None] | None = None,
        exact: tuple[str, ...] = (),
        now: Callable[[], datetime] | None = None,
    ) -> Self:
        """From cassettes by name."""
        found = [interaction for name in names for interaction in interactions_of(recorded(name))]
        return cls(found, reset_in, changes or {}, exact, now or (lambda: datetime.now(UTC)))

    def __call__(self, request: Request) -> Answer | None:
        path = _plain_path(request.path)
        asked = frozenset((name, _as_set(value)) for name, values in [*request.query.items(), *request.form.items()] for value in values)
        children = _children(request.method, path, request.body.decode(errors="replace"))
        fitting = [
            interaction
            for interaction in self.interactions
            if (interaction.method, interaction.path, interaction.children) == (request.method, path, children)
            and all(_named(interaction.asked, name) == _named(asked, name) for name in self.exact)
        ]
        if not fitting:
            return None
        told_apart = {name for interaction in fitting for name, _ in interaction.asked}
        comparable = frozenset(pair for pair in asked if pair[0] in told_apart)
        best = max(_agreement(interaction.asked, comparable) for interaction in fitting)
        equal = [interaction for interaction in fitting if _agreement(interaction.asked, comparable) == best]
        chosen = next((interaction for interaction in equal if not interaction.given), equal[-1])
        chosen.given += 1
        return self._dressed(chosen, request)

    @property
    def left(self) -> list[Interaction]:
        """The interactions that nobody asked for yet."""
        return [interaction for interaction in self.interactions if not interaction.given]

    def _dressed(self, interaction: Interaction, request: Request) -> Answer:
        headers = dict(interaction.answer.headers)
        if self.reset_in is not None:
            headers = _shifted(headers, self.now(), timedelta(seconds=self.reset_in))
        for name in headers.keys() & {"link", "location"}:
            headers[name] = headers[name].replace(interaction.host, request.base)  # who follows it stays on this computer
        for name, value in self.changes.items():
            headers.pop(name, None)
            if value is not None:
                headers[name] = value
        return Answer(interaction.answer.status, headers, interaction.answer.body, interaction.answer.reason)


def interactions_of(cassette: Path) -> list[Interaction]:
    """The interactions of one cassette."""
    return [
        _interaction(cassette.name, part["request"], part["response"])
        for part in json.loads(cassette.read_text(encoding="utf-8"))["interactions"]
    ]


def _interaction(cassette: str, request: Mapping[str, str | None], response: Mapping) -> Interaction:
    url = urlsplit(request["url"] or "")
    path = _plain_path(unquote(url.path))
    body = request["body"] or ""
    pairs = [*parse_qsl(url.query, keep_blank_values=True), *parse_qsl(body, keep_blank_values=True)]
    return Interaction(
        cassette=cassette,
        method=request["method"] or "GET",
        host=f"{url.scheme}://{url.netloc}",
        path=path,
        asked=frozenset((name, _as_set(value)) for name, value in pairs),
        children=_children(request["method"] or "GET", path, body),
        answer=Answer(response["status"], response["headers"], response["body"].encode(), response["reason"] or None),
    )


def _plain_path(path: str) -> str:
    return path.rstrip("/") or "/"


def _as_set(value: str) -> str:
    """Lists of ids are the same in any order."""
    return ",".join(sorted(value.split(",")))


def _children(method: str, path: str, body: str) -> frozenset[str] | None:
    if method != "POST" or not path.endswith("/morechildren"):
        return None
    return frozenset(dict(parse_qsl(body)).get("children", "").split(","))


def _agreement(recorded: frozenset[tuple[str, str]], asked: frozenset[tuple[str, str]]) -> tuple[int, int]:
    return len(recorded & asked), -len({name for name, _ in recorded ^ asked})


def _named(pairs: frozenset[tuple[str, str]], name: str) -> set[str]:
    return {value for key, value in pairs if key == name}


def _shifted(headers: Mapping[str, str], now: datetime, ahead: timedelta) -> dict[str, str]:
    reset = (now + ahead).astimezone(UTC)
    shifted = dict(headers)
    for name in headers.keys() & {"x-rate-limit-reset", "ratelimit-reset"}:
        shifted[name] = str(int(reset.timestamp()))
    if "T" in headers.get("x-ratelimit-reset", ""):  # Mastodon's; Reddit's is seconds to go
        shifted["x-ratelimit-reset"] = reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {**shifted, "date": format_datetime(now.astimezone(UTC), usegmt=True)}


class Document:
    """A handler for one file that may change: 304 for who has the present version.

    etagged, dated  whether the ETag and the Last-Modified header are sent, and heeded when they come back
    """

    def __init__(
        self,
        body: bytes,
        content_type: str,
        *,
        modified_at: datetime = datetime(2026, 11, 1, tzinfo=UTC),
        etagged: bool = True,
        dated: bool = True,
    ) -> None:
        self.body, self.content_type, self.modified_at = body, content_type, modified_at
        self.etagged, self.dated = etagged, dated

    @classmethod
    def of(cls, name: str, content_type: str, *, etagged: bool = True, dated: bool = True) -> Self:
        """A recorded file by name."""
        return cls(recorded(name).read_bytes(), content_type, etagged=etagged, dated=dated)

    def change(self, body: bytes, modified_at: datetime) -> None:
        """From here on another version."""
        self.body, self.modified_at = body, modified_at

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'

    def __call__(self, request: Request) -> Answer:
        headers = {}
        if self.etagged:
            headers["etag"] = self.etag
        if self.dated:
            headers["last-modified"] = format_datetime(self.modified_at, usegmt=True)
        if self._known(request):
            return Answer(304, headers)
        return Answer(200, {"content-type": self.content_type, **headers}, self.body)

    def _known(self, request: Request) -> bool:
        tags = request.headers.get("if-none-match")
        if tags is not None:  # it goes before the date (RFC 9110, 13.2.2)
            return self.etagged and (tags.strip() == "*" or self.etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")])
        since = request.headers.get("if-modified-since")
        return self.dated and since is not None and self.modified_at.replace(microsecond=0) <= parsedate_to_datetime(since)
