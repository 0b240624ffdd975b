"""Every way in which X refuses, over the real client; and that the token shows nowhere."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest

from connectors.x_budget import RECENT
from monitor.collect.budget import NoMeter
from monitor.collect.connector import Query, Window
from monitor.errors import CredentialsRefused, OutOfMoney, RetryLater, SourceChanged, StopUntil
from tests.connectors.stages.x import NOW, POSTS, STAGE, TOKEN, connector
from tests.loopback import faults
from tests.loopback.replay import Replay
from tests.loopback.server import Answer, Loopback

QUERY = Query("x", "Acme", brands=("Acme",), asks="acme")
ONE = {"data": POSTS[:1], "meta": {"result_count": 1}}
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def _token(monkeypatch):
    monkeypatch.setenv("X_BEARER_TOKEN", TOKEN)


@pytest.fixture
def x():
    with Loopback() as server:
        server.on("GET", ".*", ONE)
        yield server


class Heard(NoMeter):
    def __init__(self):
        self.said = []

    def told(self, bucket, *, remaining, resets_at):
        self.said.append((bucket.name, remaining, resets_at))


def pull(server, *, meter=None, query=QUERY, window=None, **settings):
    pages = connector(server.base, **settings).pull(query, None, now=NOW, window=window or Window(), meter=meter or NoMeter())
    return list(pages)


def refused(server, kind, **given):
    with pytest.raises(kind) as raised:
        pull(server, **given)
    assert TOKEN not in str(raised.value)
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("name", "path", "kind", "words"),
    [
        pytest.param(
            "error_400_end_before_start", "/2/tweets/search/all", SourceChanged, "'start_time' must be before 'end_time'", id="400"
        ),
        pytest.param("error_401", "/2/tweets/search/all", CredentialsRefused, "Unauthorized", id="401"),
        pytest.param("error_404_html", "/2/tweets/count/all", SourceChanged, "404", id="404"),
    ],
)
def test_a_recorded_refusal_is_told_in_x_own_words(name, path, kind, words):
    (recorded,) = Replay.of(f"x/{name}.json").interactions
    assert recorded.path == path
    with Loopback() as server:
        server.on("GET", ".*", recorded.answer)
        error = refused(server, kind)
    assert words in str(error)
    assert "docs/sources.md" in str(error) or kind is SourceChanged


def test_the_recorded_429_stops_until_its_reset(x):
    (recorded,) = Replay.of("x/quoted_429_rate_limited.json").interactions
    reset = NOW + timedelta(minutes=10)
    headers = {"content-type": "application/json", "x-rate-limit-reset": str(int(reset.timestamp()))}
    x.fail(faults.replaced(Answer(429, {**headers, "x-rate-limit-remaining": "0"}, recorded.answer.body)))
    meter = Heard()
    error = refused(x, StopUntil, meter=meter)
    assert abs(error.at - reset) < timedelta(seconds=2)
    assert [said[:2] for said in meter.said] == [(RECENT.name, 0.0)]


@pytest.mark.parametrize("ahead", [-600, 0, 3_600])
def test_the_reset_is_read_on_our_clock_however_wrong_x_is(x, ahead):
    # X's clock says `ahead` seconds more than ours; its reset is ten minutes off, on its own clock
    theirs = datetime.now(UTC) + timedelta(seconds=ahead)
    headers = {"x-rate-limit-reset": str(int((theirs + timedelta(minutes=10)).timestamp())), "x-rate-limit-remaining": "0"}
    x.now = lambda: theirs
    x.fail(faults.too_many(headers))
    with pytest.raises(StopUntil) as raised:
        list(connector(x.base, now=datetime.now(UTC)).pull(QUERY, None, now=NOW, window=Window(), meter=NoMeter()))
    assert abs((raised.value.at - datetime.now(UTC)).total_seconds() - 600) < 5


def test_what_the_headers_leave_is_told_to_the_meter(x):
    reset = str(int((NOW + timedelta(minutes=9)).timestamp()))
    x.on("GET", ".*", (200, {"x-rate-limit-limit": "60", "x-rate-limit-remaining": "59", "x-rate-limit-reset": reset}, ONE))
    meter = Heard()
    pull(x, meter=meter)
    ((name, remaining, resets_at),) = meter.said
    assert (name, remaining) == ("x recent search requests", 59.0)
    assert abs(resets_at - NOW - timedelta(minutes=9)) < timedelta(seconds=5)


@pytest.mark.parametrize("headers", [{}, {"x-rate-limit-remaining": "many", "x-rate-limit-reset": "soon"}, {"x-rate-limit-remaining": "3"}])
def test_headers_that_say_nothing_are_not_told(x, headers):
    x.on("GET", ".*", (200, headers, ONE))
    meter = Heard()
    assert len(pull(x, meter=meter)) == 1
    assert meter.said == []


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param(faults.too_many({"retry-after": "4"}), 4, id="429 with seconds"),
        pytest.param(faults.too_many(), None, id="429 that says nothing"),
        pytest.param(faults.too_many({"x-rate-limit-remaining": "290", "x-rate-limit-reset": "1795176000"}), 1, id="one a second"),
        pytest.param(faults.too_many({"x-rate-limit-reset": "soon"}), None, id="429 with nonsense"),
        pytest.param(faults.status(503), None, id="503"),
        pytest.param(faults.status(500, body=b"[1]"), None, id="500 with a list"),
        pytest.param(faults.dropped(), None, id="dropped"),
        pytest.param(faults.cut(), None, id="cut"),
        pytest.param(faults.truncated(), None, id="truncated"),
        pytest.param(faults.wrong_type(), None, id="login page"),
    ],
)
def test_what_passes_by_itself_is_asked_again_later(x, fault, seconds):
    x.fail(fault)
    assert refused(x, RetryLater).seconds == seconds
    assert len(x.seen()) == 1
    assert len(pull(x)) == 1


@pytest.mark.parametrize(("response", "kind"), STAGE.troubles)
def test_each_trouble_of_x_is_of_its_kind_and_asked_once(x, response, kind):
    x.fail(faults.replaced(Answer(response.status, dict(response.headers), response.body)))
    refused(x, kind)
    assert len(x.seen()) == 1


def test_a_spending_cap_says_when_it_is_full_again(x):
    body = json.dumps({"title": "SpendCapReached", "detail": "cap", "reset_date": "2026-12-01"}).encode()
    x.fail(faults.status(403, headers=JSON, body=body))
    assert refused(x, OutOfMoney).resets_at == datetime(2026, 12, 1, tzinfo=UTC)
    x.fail(faults.status(403, headers=JSON, body=body.replace(b"2026-12-01", b"2026-99-01")))
    assert refused(x, OutOfMoney).resets_at is None


def test_a_monthly_cap_is_not_mistaken_for_a_full_window(x):
    body = b'{"title":"UsageCapExceeded","detail":"Usage cap exceeded: Monthly product cap","type":"https://api.twitter.com/2/problems/usage-capped"}'
    x.fail(faults.too_many({"x-rate-limit-remaining": "449", "x-rate-limit-reset": "1795176000"}, body=body))
    assert "Monthly product cap" in str(refused(x, OutOfMoney))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"no"', b'{"errors": "no"}', b'{"errors": [{"message": null}]}', b'{"title": 5, "detail": ["x"]}', b"\xff\xfe"]
)
def test_a_refusal_in_any_shape_is_still_one_line(x, body):
    x.fail(faults.status(400, headers=JSON, body=body))
    refused(x, SourceChanged)


def test_a_refusal_while_the_clocks_disagree_says_so():
    with Loopback(now=lambda: datetime.now(UTC) - timedelta(minutes=3)) as server:
        server.on("GET", ".*", (400, {}, {"title": "Invalid Request", "detail": "Invalid 'end_time'"}))
        error = refused(server, RetryLater)
    assert re.search(r"clock is 1(79|80|81|82) s ahead", str(error))


def test_the_token_is_in_one_header_and_in_no_log_at_any_level(x, caplog):
    caplog.set_level(logging.DEBUG)
    pull(x)
    for status in (400, 401, 403, 404, 429, 500):
        x.fail(faults.status(status, headers=JSON, body=json.dumps({"detail": f"you sent Bearer {TOKEN}"}).encode()))
        with pytest.raises(Exception, match="x: ") as raised:
            pull(x)
        assert TOKEN not in repr(raised.value)
    assert all(request.headers["authorization"] == f"Bearer {TOKEN}" for request in x.seen())
    assert all(TOKEN not in request.target for request in x.seen())
    assert "Making API request" in caplog.text
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(vars(connector(x.base)))


def test_the_token_does_not_follow_a_redirect_to_another_host(x):
    with Loopback(host="127.0.0.2") as elsewhere:
        elsewhere.on("GET", ".*", ONE)
        x.fail(faults.redirect(elsewhere.base))
        pull(x)
        assert elsewhere.holding(TOKEN) == []


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "naïve"])
def test_a_token_with_odd_characters_is_refused_unsaid(x, monkeypatch, token):
    monkeypatch.setenv("X_BEARER_TOKEN", token)
    error = refused(x, CredentialsRefused)
    assert token not in str(error)
    assert not x.seen()


def test_the_token_may_lie_in_a_file(x, monkeypatch, tmp_path):
    monkeypatch.delenv("X_BEARER_TOKEN")
    (tmp_path / "token").write_text("from-a-file\n")
    monkeypatch.setenv("MY_X_FILE", str(tmp_path / "token"))
    pull(x, token_env="MY_X")
    assert x.seen()[0].headers["authorization"] == "Bearer from-a-file"
