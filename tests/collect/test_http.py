"""Real requests over loopback: what comes back, and what each trouble is called."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from monitor.collect.http import Http, as_json
from monitor.errors import CredentialsRefused, MonitorError, OutOfMoney, RetryLater, SourceChanged, StopUntil
from tests.loopback import faults
from tests.loopback.server import Loopback


@pytest.fixture
def server():
    with Loopback(strict=False) as server:
        server.on("GET", "/ok", {"items": [1, 2]})
        yield server


@pytest.fixture
def http(server):
    http = Http("feed", base_url=server.base, headers={"Authorization": "Bearer s3cret"}, answer_seconds=1.0)
    yield http
    http.close()


def refused(http, path="ok"):
    with pytest.raises(MonitorError) as caught:
        as_json("feed", http.get(path))
    assert "s3cret" not in str(caught.value)
    return caught.value


def test_an_answer_is_read_whole_with_the_key_in_the_header(http, server):
    assert http.get_json("ok", {"q": "a b"}) == {"items": [1, 2]}
    assert server.log[0].headers["authorization"] == "Bearer s3cret"
    assert server.log[0].query == {"q": ["a b"]}


def test_a_login_in_netrc_does_not_take_the_place_of_the_key(http, server, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password other\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    http.get("ok")
    assert server.log[0].headers["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (401, {}, CredentialsRefused),
        (403, {}, CredentialsRefused),
        (402, {}, OutOfMoney),
        (404, {}, SourceChanged),
        (400, {}, SourceChanged),
        (408, {}, RetryLater),
        (500, {}, RetryLater),
        (503, {"retry-after": "9"}, RetryLater),
        (429, {}, RetryLater),
    ],
)
def test_each_status_is_a_kind_of_trouble(http, server, status, headers, kind):
    server.fail(faults.status(status, headers=headers))
    assert type(refused(http)) is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "7"}, 7, id="retry after seconds"),
        pytest.param(
            {"retry-after": "Tue, 14 Jul 2026 12:00:30 GMT", "date": "Tue, 14 Jul 2026 12:00:00 GMT"}, 30, id="retry after a date"
        ),
        pytest.param({"retry-after": "soon"}, None, id="retry after nonsense"),
        pytest.param({}, None, id="nothing said"),
    ],
)
def test_too_many_requests_says_how_long(http, server, headers, seconds):
    server.fail(faults.too_many(headers))
    assert refused(http).seconds == seconds


def in_a_quarter():
    return datetime.now(UTC) + timedelta(minutes=15)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(lambda: {"x-rate-limit-reset": str(int(in_a_quarter().timestamp()))}, id="since 1970"),
        pytest.param(lambda: {"ratelimit-reset": str(int(in_a_quarter().timestamp()))}, id="since 1970, other name"),
        pytest.param(lambda: {"x-ratelimit-reset": in_a_quarter().isoformat()}, id="as text"),
        pytest.param(lambda: {"x-ratelimit-reset": "900"}, id="seconds to go"),
    ],
)
def test_too_many_requests_says_until_when(http, server, header):
    server.fail(faults.too_many(header()))
    error = refused(http)
    assert isinstance(error, StopUntil)
    assert abs(error.at - in_a_quarter()) < timedelta(seconds=5)


def test_a_time_by_a_clock_that_is_wrong_is_put_right(http, server):
    ahead = datetime.now(UTC) + timedelta(hours=3)
    headers = {"x-rate-limit-reset": str(int((ahead + timedelta(minutes=15)).timestamp())), "date": f"{ahead:%a, %d %b %Y %H:%M:%S} GMT"}
    server.fail(faults.too_many(headers))
    assert abs(refused(http).at - in_a_quarter()) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.dropped, id="no answer"),
        pytest.param(faults.cut, id="cut body"),
        pytest.param(faults.cut_chunked, id="cut chunks"),
        pytest.param(faults.truncated, id="whole body of half a JSON"),
    ],
)
def test_a_broken_answer_is_asked_for_again_later(http, server, fault):
    server.fail(fault())
    assert type(refused(http)) is RetryLater


def test_a_body_that_drips_is_given_up_in_time(http, server):
    server.on("GET", "/long", {"items": ["x"] * 500})
    server.fail(faults.slow(pause=0.1, piece=8, pieces=100))
    assert "too slow" in str(refused(http, "long"))


def test_an_endless_body_is_given_up(http, server, monkeypatch):
    monkeypatch.setattr("monitor.collect.http.ANSWER_BYTES", 200_000)
    server.on("GET", "/huge", gzip.compress(b"0" * 5_000_000))
    server.on(
        "GET", "/bomb", lambda _request: (200, {"content-encoding": "gzip", "content-type": "text/plain"}, gzip.compress(b"0" * 5_000_000))
    )
    assert "answers with more than" in str(refused(http, "bomb"))


def test_an_address_that_answers_nobody_is_told_by_its_host():
    http = Http("feed", base_url="http://127.0.0.1:1")
    with pytest.raises(RetryLater, match=r"feed: cannot reach 127.0.0.1:1 \(Connection refused\)"):
        http.get("ok?key=s3cret")
    http.close()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/x", "http://"])
def test_only_web_addresses_are_asked(http, url):
    assert type(refused(http, url)) is SourceChanged


def test_a_redirect_out_of_the_web_is_refused(http, server):
    server.fail(faults.redirect("file:///etc/passwd"))
    assert isinstance(refused(http), SourceChanged)


def test_a_key_does_not_follow_a_redirect_to_another_host(server):
    http = Http("youtube", base_url=server.base, headers={"X-Goog-Api-Key": "s3cret"})
    server.fail(faults.redirect(server.base.replace("127.0.0.1", "localhost")))
    http.get("ok")
    http.close()
    assert [request.headers.get("x-goog-api-key") for request in server.log] == ["s3cret", None]


def test_a_key_of_one_request_does_not_follow_it_either(server):
    http = Http("youtube", base_url=server.base)
    server.fail(faults.redirect(server.base.replace("127.0.0.1", "localhost")))
    http.get("ok", headers={"X-Goog-Api-Key": "s3cret"})
    http.close()
    assert [request.headers.get("x-goog-api-key") for request in server.log] == ["s3cret", None]


def test_a_key_that_an_answer_repeats_is_not_shown(server):
    server.on("GET", "/echo", lambda request: (403, {}, json.dumps(dict(request.headers)).encode()))
    http = Http("x", base_url=server.base, headers={"Authorization": "Bearer s3cret-token"})
    with pytest.raises(CredentialsRefused) as caught:
        http.get("echo", headers={"X-Other-Key": "a-second-s3cret"})
    http.close()
    assert "s3cret" not in str(caught.value)


def test_the_shown_start_of_an_answer_is_one_short_line(http, server):
    server.on("GET", "/html", lambda _request: (200, {"content-type": "text/html"}, b"<html>\n" + b"word " * 500))
    said = str(refused(http, "html"))
    assert "\n" not in said
    assert len(said) < 400
    assert json.dumps(said)
