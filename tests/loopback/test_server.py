import socket
import threading
import time

import pytest
import requests

from tests.loopback.server import Answer, Loopback


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_a_function_answers_the_request_it_was_given(loopback, session):
    loopback.on("POST", r"/items/(?P<id>\d+)", lambda request: {"id": request.groups["id"], "q": request.query, "form": request.form})
    answer = session.post(f"{loopback.base}/items/7?q=a%26b&q=&r=2", data={"children": "x,y"}, timeout=5)
    assert answer.json() == {"id": "7", "q": {"q": ["a&b", ""], "r": ["2"]}, "form": {"children": ["x,y"]}}
    assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("given", "status", "content_type", "body"),
    [
        pytest.param([1], 200, "application/json; charset=utf-8", b"[1]", id="json"),
        pytest.param("é", 200, "text/plain; charset=utf-8", "é".encode(), id="text"),
        pytest.param(b"\x00", 200, None, b"\x00", id="bytes"),
        pytest.param((404, {"X-Why": "gone"}, {}), 404, "application/json; charset=utf-8", b"{}", id="three"),
        pytest.param((200, {"Content-Type": "text/html"}, "<p>"), 200, "text/html", b"<p>", id="own type"),
        pytest.param(Answer(204), 204, None, b"", id="no content"),
    ],
)
def test_a_handler_answers_with_what_is_handy(loopback, session, given, status, content_type, body):
    loopback.on("GET", "/", lambda _: given)
    answer = session.get(loopback.base, timeout=5)
    assert (answer.status_code, answer.headers.get("content-type"), answer.content) == (status, content_type, body)


def test_the_route_added_last_is_asked_first(loopback, session):
    loopback.on("GET", "/a", "old")
    loopback.on("GET", "/.*", lambda request: None if request.one("pass") else "new")
    assert session.get(f"{loopback.base}/a", timeout=5).text == "new"
    assert session.get(f"{loopback.base}/a?pass=1", timeout=5).text == "old"


def test_head_is_the_answer_without_its_body(loopback, session):
    loopback.on("GET", "/", "12345")
    answer = session.head(loopback.base, timeout=5)
    assert (answer.headers["content-length"], answer.content) == ("5", b"")
    assert session.get(loopback.base, timeout=5).text == "12345"


def test_the_log_keeps_what_was_asked_and_finds_secrets_in_it(loopback, session):
    loopback.on("GET", "/.*", "ok")
    session.get(f"{loopback.base}/a?key=s%C3%A9cret", timeout=5)
    session.get(f"{loopback.base}/b", headers={"Authorization": "Bearer t0ken"}, timeout=5)
    assert [(seen.method, seen.path) for seen in loopback.seen()] == [("GET", "/a"), ("GET", "/b")]
    assert loopback.seen("/a")[0].query == {"key": ["sécret"]}
    assert [seen.path for seen in loopback.holding("t0ken")] == ["/b"]
    assert [seen.path for seen in loopback.holding("sécret")] == ["/a"]
    assert loopback.seen("/a")[0].at <= loopback.seen("/b")[0].at
    assert loopback.seen(method="POST") == []


def test_one_connection_serves_many_requests(loopback, session):
    loopback.on("GET", "/", lambda _: Answer(body=iter([b"a", 0.001, b"b"])))
    assert [session.get(loopback.base, timeout=5).text for _ in range(3)] == ["ab"] * 3
    assert len(loopback._http.connections) == 1


def test_a_request_without_an_answer_fails_the_test(session):
    with pytest.raises(AssertionError, match="no answer for GET /lost"), Loopback() as server:
        assert session.get(f"{server.base}/lost", timeout=5).status_code == 501
    with Loopback(strict=False) as server:
        assert session.get(f"{server.base}/lost", timeout=5).status_code == 501


def test_a_broken_handler_fails_the_test(session):
    with pytest.raises(AssertionError, match="ZeroDivisionError"), Loopback(lambda _: 1 / 0) as server:
        assert session.get(server.base, timeout=5).status_code == 500


def test_what_went_wrong_is_added_to_the_error_of_the_test(session):
    def lost():
        with Loopback() as server:
            session.get(f"{server.base}/lost", timeout=5)
            raise KeyError

    with pytest.raises(KeyError) as caught:
        lost()
    assert "no answer for GET /lost" in caught.value.__notes__[0]


def test_it_stops_at_once_with_clients_connected_and_waiting():
    before = threading.active_count()

    def wait(base):
        with requests.Session() as session, pytest.raises(requests.ConnectionError):
            session.get(base, timeout=30)

    with Loopback(lambda _: Answer(delay=60)) as server:
        waiting = threading.Thread(target=wait, args=(server.base,))
        idle = socket.create_connection((server.host, int(server.base.rsplit(":", 1)[1])))
        waiting.start()
        while not server.seen():
            time.sleep(0.001)
        started = time.monotonic()
    with idle:
        waiting.join(5)
    assert time.monotonic() - started < 2
    assert threading.active_count() == before


def test_it_serves_this_computer_only():
    with pytest.raises(ValueError, match="not a loopback address"):
        Loopback(host="0.0.0.0")
