import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.loopback import faults
from tests.loopback.server import Loopback

BODY = {"items": list(range(200))}


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def server(loopback):
    loopback.on("GET", "/.*", lambda _: BODY)
    return loopback


def statuses(session, server, number, path="/"):
    return [session.get(server.base + path, timeout=5).status_code for _ in range(number)]


def test_a_refusal_strikes_as_often_as_told(server, session):
    planned = server.fail(faults.status(500), path="/api", after=1, times=2)
    assert statuses(session, server, 5, "/api") == [200, 500, 500, 200, 200]
    assert statuses(session, server, 1, "/other") == [200]
    assert (planned.seen, planned.struck, server.statuses.count(500)) == (5, 2, 2)


def test_a_dead_key_stays_dead_until_mended(server, session):
    server.fail(faults.unauthorized(), after=2, times=None)
    assert statuses(session, server, 5) == [200, 200, 401, 401, 401]
    server.mend()
    assert statuses(session, server, 1) == [200]


def test_a_token_expires_in_mid_walk_and_can_be_renewed(server, session):
    server.on("POST", "/api/v1/access_token", {"access_token": "new"})
    server.fail(token := faults.ExpiringToken(good_for=2), times=None)
    assert statuses(session, server, 3) == [200, 200, 401]
    session.post(f"{server.base}/api/v1/access_token", timeout=5)
    assert statuses(session, server, 3) == [200, 200, 401]
    assert token.renewals == 1


@pytest.mark.parametrize("headers", [{}, {"retry-after": "4"}, {"x-rate-limit-reset": "1795348890"}])
def test_too_many_requests_says_what_it_is_told_to(server, session, headers):
    server.fail(faults.too_many(headers))
    answer = session.get(server.base, timeout=5)
    assert answer.status_code == 429
    assert {name: answer.headers[name] for name in headers} == headers
    assert ("retry-after" in answer.headers) == ("retry-after" in headers)


def test_a_slow_body_arrives_whole_and_late(server, session):
    server.fail(faults.slow(pause=0.005, piece=10, pieces=10))
    started = time.monotonic()
    answer = session.get(server.base, timeout=5)
    assert 0.05 <= time.monotonic() - started < 2
    assert answer.json() == BODY


def test_a_slow_body_runs_past_a_deadline(server, session):
    server.fail(faults.slow(pause=0.005, piece=1, pieces=1000))
    with session.get(server.base, stream=True, timeout=5) as answer:
        assert next(answer.iter_content(1)) == b"{"


def test_silence_runs_into_the_read_timeout(server, session):
    server.fail(faults.late(5))
    with pytest.raises(requests.ReadTimeout):
        session.get(server.base, timeout=0.05)
    assert statuses(session, server, 1) == [200]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(faults.cut(), requests.exceptions.ChunkedEncodingError, id="cut"),
        pytest.param(faults.cut(keep=0), requests.exceptions.ChunkedEncodingError, id="cut before the body"),
        pytest.param(faults.cut_chunked(keep=10), requests.exceptions.ChunkedEncodingError, id="cut in chunks"),
        pytest.param(faults.truncated(), requests.exceptions.JSONDecodeError, id="truncated"),
        pytest.param(faults.wrong_type(), requests.exceptions.JSONDecodeError, id="login page"),
        pytest.param(faults.dropped(), requests.ConnectionError, id="dropped"),
    ],
)
def test_a_spoilt_answer_is_an_error_once(server, session, fault, error):
    server.fail(fault)
    with pytest.raises(error):
        session.get(server.base, timeout=5).json()
    assert session.get(server.base, timeout=5).json() == BODY


def test_the_right_body_comes_under_a_wrong_name(server, session):
    server.fail(faults.wrong_type("image/png", body=None))
    answer = session.get(server.base, timeout=5)
    assert (answer.headers["content-type"], answer.json()) == ("image/png", BODY)


def test_faults_add_up(server, session):
    server.fail(faults.skewed(hours=-3))
    server.fail(faults.slow(pause=0.001, piece=100, pieces=3))
    server.fail(faults.truncated(keep=20))
    answer = session.get(server.base, timeout=5)
    assert abs(parsedate_to_datetime(answer.headers["date"]) + timedelta(hours=3) - datetime.now(UTC)) < timedelta(seconds=5)
    assert len(answer.content) == 20


@pytest.mark.parametrize("options", [{}, {"length_said": False}, {"zipped": True}], ids=["length", "chunked", "zipped"])
def test_a_huge_body_is_as_huge_as_told(server, session, options):
    server.fail(faults.huge(3_000_000, **options))
    with session.get(server.base, stream=True, timeout=5) as answer:
        assert answer.headers.get("content-length") == (None if options else "3000000")
        assert sum(len(piece) for piece in answer.iter_content(65_536)) == 3_000_000


def test_a_client_may_leave_a_huge_body(server, session):
    server.fail(faults.huge(10**12))
    with session.get(server.base, stream=True, timeout=5) as answer:
        assert len(next(answer.iter_content(1000))) == 1000


def test_a_redirect_leads_to_another_host_whose_log_tells_what_went_along(server, session):
    with Loopback(lambda _: "elsewhere", host="127.0.0.2") as other:
        server.fail(faults.redirect(other.base))
        answer = session.get(f"{server.base}/a?b=1", headers={"Authorization": "Bearer t0ken", "X-Key": "k3y"}, timeout=5)
        assert (answer.text, other.log[0].target) == ("elsewhere", "/a?b=1")
        assert (len(other.holding("t0ken")), len(other.holding("k3y"))) == (0, 1)
