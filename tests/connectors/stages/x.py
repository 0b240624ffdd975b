"""A made-up X: posts of its own, searched, counted and looked up as the documentation of X API v2 says."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.x import XConnector
from connectors.x_posts import id_at
from connectors.x_settings import XSettings
from monitor.collect.conformance import Request, Response, Stage
from monitor.collect.connector import Surroundings
from monitor.config.models import Brand, Thread
from monitor.errors import CredentialsRefused, OutOfMoney, RetryLater, SourceChanged

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKEN = "made-up-bearer-token-7f3a"
REQUIRED = ("id", "text")
SEVEN_DAYS = timedelta(days=7)


def post(number: int, created_at: datetime, text: str, **changes: Any) -> dict[str, Any]:
    """A post as X writes it; posts of one millisecond are told apart by `number`."""
    post_id = str(int(id_at(created_at)) + number)
    return {
        "id": post_id,
        "text": text,
        "created_at": created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": str(5_000 + number % 17),
        "conversation_id": post_id,
        "lang": "en",
        "edit_history_tweet_ids": [post_id],
        "public_metrics": {"retweet_count": 1, "reply_count": 0, "like_count": number % 9, "quote_count": 0},
        **changes,
    }


@dataclass
class MadeUpX:
    """Answers as X does, from these posts.

    posts     any order; those of `hidden` ids are not found
    most      the largest page, where smaller than X's own
    archived  whether the full archive may be asked
    """

    posts: list[dict[str, Any]]
    now: datetime = NOW
    most: int = 500
    archived: bool = True
    hidden: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def serve(self, request: Request) -> Response:
        """The answer to one request."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return problem(401, "Unauthorized", "Unauthorized")
        if request.path == "/2/tweets":
            return self._json(self._looked_up((request.one("ids") or "").split(",")))
        everywhere = request.path.endswith("/all")
        if everywhere and not self.archived:
            return problem(403, "Client Forbidden", "this app is not enrolled", reason="client-not-enrolled")
        if trouble := self._refused(request, everywhere=everywhere):
            return problem(400, "Invalid Request", "One or more parameters to your request was invalid.", errors=[{"message": trouble}])
        found = sorted(self._found(request), key=lambda item: int(item["id"]), reverse=True)
        if "/counts/" in request.path:
            return self._json(self._counted(found, request))
        return self._json(self._searched(found, request))

    def _json(self, body: Any) -> Response:
        return Response(json.dumps(body).encode(), headers={"content-type": "application/json", **self.headers})

    def _refused(self, request: Request, *, everywhere: bool) -> str | None:
        start, end, since_id = request.one("start_time"), request.one("end_time"), request.one("since_id")
        if start and since_id:
            return "at most one of start_time and since_id"
        if end and _time(end) > self.now - timedelta(seconds=10):
            return "end_time must be at least 10 seconds in the past"
        if start and end and start >= end:
            return "start_time must be before end_time"
        if everywhere:
            return None
        if start and _time(start) < self.now - SEVEN_DAYS:
            return "start_time must be within seven days"
        if since_id and int(since_id) < int(id_at(self.now - SEVEN_DAYS)):
            return "'since_id' must be a tweet id created after seven days ago"
        return None

    def _found(self, request: Request) -> list[dict[str, Any]]:
        query = request.one("query") or ""
        thread = re.fullmatch(r"conversation_id:(\d+)", query)
        names = [word.strip('"#@').lower() for word in re.findall(r'"[^"]+"|[^\s()]+', query) if word != "OR" and word[0] != "-"]
        start, end, since_id = request.one("start_time"), request.one("end_time"), request.one("since_id")
        return [
            item
            for item in self.posts
            if item["id"] not in self.hidden
            and (item["conversation_id"] == thread[1] if thread else any(name in item["text"].lower() for name in names))
            and (not start or _time(item["created_at"]) >= _time(start))
            and (not end or _time(item["created_at"]) < _time(end))
            and (not since_id or int(item["id"]) > int(since_id))
        ]

    def _searched(self, found: Sequence[dict[str, Any]], request: Request) -> dict[str, Any]:
        size = min(int(request.one("max_results") or 10), 500 if request.path.endswith("/all") else 100, self.most)
        token = request.one("next_token")
        # a token is good for the search it was given for, and names the last post of its page
        left = [item for item in found if int(item["id"]) < int(token.removeprefix("after"))] if token else list(found)
        page = left[:size]
        if not page:
            return {"meta": {"result_count": 0}}
        meta: dict[str, Any] = {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"], "result_count": len(page)}
        if len(left) > size:
            meta["next_token"] = f"after{page[-1]['id']}"
        body: dict[str, Any] = {"data": page, "meta": meta}
        if "author_id" in (request.one("expansions") or ""):
            authors = sorted({item["author_id"] for item in page})
            body["includes"] = {
                "users": [{"id": one, "username": f"user{one}", "public_metrics": {"followers_count": 7}} for one in authors]
            }
        return body

    def _counted(self, found: Sequence[dict[str, Any]], request: Request) -> dict[str, Any]:
        """By day, 31 days a page, newest page first."""
        start, end = _time(request.one("start_time") or ""), _time(request.one("end_time") or "")
        upper = end - int((request.one("next_token") or "page0").removeprefix("page")) * timedelta(days=31)
        lower = max(start, upper - timedelta(days=31))
        bins = []
        at = lower
        while at < upper:
            beyond = min(at + timedelta(days=1), upper)
            number = sum(at <= _time(item["created_at"]) < beyond for item in found)
            bins.append({"start": at.isoformat(), "end": beyond.isoformat(), "tweet_count": number})
            at = beyond
        meta: dict[str, Any] = {"total_tweet_count": sum(one["tweet_count"] for one in bins)}
        if lower > start:
            meta["next_token"] = f"page{int((request.one('next_token') or 'page0').removeprefix('page')) + 1}"
        return {"data": bins, "meta": meta}

    def _looked_up(self, ids: Sequence[str]) -> dict[str, Any]:
        known = {item["id"]: item for item in self.posts}
        body: dict[str, Any] = {}
        shown = [known[one] for one in ids if one in known and one not in self.hidden]
        missing = [one for one in ids if one not in known or one in self.hidden]
        if shown:
            body["data"] = shown
        if missing:
            body["errors"] = [
                {
                    "resource_id": one,
                    "value": one,
                    "resource_type": "tweet",
                    "parameter": "ids",
                    "title": self.hidden.get(one, "Not Found Error"),
                    "detail": f"Could not find tweet with ids: [{one}].",
                    "type": "https://api.twitter.com/2/problems/resource-not-found",
                }
                for one in missing
            ]
        return body


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    """A refusal as X words it."""
    return Response(json.dumps({"title": title, "detail": detail, "status": status, **more}).encode(), status=status)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _spoil(body: bytes, item: int | None) -> bytes | None:
    answer = json.loads(body)
    if "data" not in answer:
        return None
    for one in answer["data"] if item is None else [answer["data"][item % len(answer["data"])]]:
        one.pop("text", None)
    return json.dumps(answer).encode()


def _extend(body: bytes) -> bytes:
    answer = json.loads(body)
    for one in answer.get("data", []):
        one |= {"made_up": {"deep": [1, None]}, "public_metrics": {**one["public_metrics"], "made_up_count": 3}}
    return json.dumps({**answer, "made_up": True}).encode()


def _strip(body: bytes) -> bytes:
    answer = json.loads(body)
    answer["data"] = [{key: one[key] for key in REQUIRED} for one in answer.get("data", [])]
    return json.dumps(
        {"data": answer["data"], "meta": {key: answer["meta"][key] for key in answer["meta"].keys() & {"next_token"}}}
    ).encode()


ROOT = post(0, NOW - timedelta(hours=20), "Our new kettle is here: https://t.co/kettle")
REPLIES = [
    post(
        900 + number,
        NOW - timedelta(hours=19, minutes=number),
        f"what does it cost? {number}",
        conversation_id=ROOT["id"],
        referenced_tweets=[{"type": "replied_to", "id": ROOT["id"]}],
    )
    for number in range(3)
]
POSTS = [
    post(number, NOW - timedelta(minutes=2 + 5 * number), f"Acme kettles &amp; cups, number {number}", lang="und" if number % 7 else "en")
    for number in range(1, 251)
]
WORLD = MadeUpX([ROOT, *REPLIES, *POSTS])


def connector(
    base_url: str,
    *,
    rule: str = "acme",
    threads: Sequence[Thread] = (),
    now: datetime = NOW,
    sleeps: list[float] | None = None,
    exclude: str | None = None,
    **settings: Any,
) -> XConnector:
    """A connector for one brand, with money enough."""
    return XConnector(
        XSettings(base_url=base_url, **{"monthly_budget_usd": 1_000.0, **settings}),
        Surroundings(brands=[Brand(name="Acme", rule=rule, exclude=exclude)], threads=threads, clock=lambda: now),
        sleep=(sleeps if sleeps is not None else []).append,
    )


STAGE = Stage(
    name="x",
    make=lambda base_url: connector(
        base_url, threads=[Thread(url=f"https://x.com/acme/status/{ROOT['id']}", about="Acme")], monthly_budget_usd=10.0, refresh=["1h"]
    ),
    serve=WORLD.serve,
    ids=frozenset(item["id"] for item in WORLD.posts),
    now=NOW,
    environment={"X_BEARER_TOKEN": TOKEN},
    spoil=_spoil,
    extend=_extend,
    strip=_strip,
    troubles=[
        (problem(402, "CreditsDepleted", "Your enrolled account does not have any credits to fulfill this request."), OutOfMoney),
        (problem(403, "SpendCapReached", "The spend cap of this cycle is reached.", reset_date="2026-12-01"), OutOfMoney),
        (problem(429, "UsageCapExceeded", "Usage cap exceeded: Monthly product cap", period="Monthly", scope="Product"), OutOfMoney),
        (problem(403, "Client Forbidden", "not enrolled", reason="client-not-enrolled"), CredentialsRefused),
        (problem(400, "Invalid Request", "One or more parameters to your request was invalid."), SourceChanged),
        (Response(b"<!doctype html><title>X / ?</title>", status=404, headers={"content-type": "text/html"}), SourceChanged),
        (Response(b"<html>over capacity</html>", status=503, headers={"content-type": "text/html"}), RetryLater),
    ],
    requests_a_100=1,
)
