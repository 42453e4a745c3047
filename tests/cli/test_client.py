"""The client against a server that behaves as told."""

import json
from collections.abc import Callable

import httpx
import pytest

from studiolo.client.errors import ApiError, ConnectionFailed, NotFoundError, OperationFailed
from studiolo.client.http import Http
from studiolo.client.transport import dial_host, http_client

Handler = Callable[[httpx.Request], httpx.Response]


class Time:
    """A clock that only `sleep` moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def client(handler: Handler, token: str = "t") -> tuple[Http, Time]:
    time = Time()
    transport = httpx.MockTransport(handler)
    made = httpx.Client(transport=transport, base_url="https://studiolo.localhost")
    return Http(made, token, clock=time, sleep=time.sleep), time


def script(*replies: httpx.Response | Exception) -> Handler:
    """A handler that gives one reply after the other, the last for ever."""
    left = list(replies)

    def handle(_request: httpx.Request) -> httpx.Response:
        reply = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    return handle


def started() -> httpx.Response:
    url = "https://studiolo.localhost/operation"
    return httpx.Response(201, headers={"Azure-AsyncOperation": url}, json={})


def status(text: str, **more: object) -> httpx.Response:
    return httpx.Response(200, json={"status": text, **more})


def test_bearer_token_is_sent():
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200, json={})

    client(handle)[0].json("GET", "/x")
    assert seen == ["Bearer t"]


def test_error_body_becomes_code_sentence_and_target():
    body = {"error": {"code": "Conflict", "message": "It is Stopping.", "target": "demo"}}
    http, _ = client(script(httpx.Response(409, json=body)))
    with pytest.raises(ApiError, match=r"It is Stopping\.") as caught:
        http.send("GET", "/x")
    assert (caught.value.code, caught.value.target, caught.value.status) == (
        "Conflict",
        "demo",
        409,
    )


def test_error_tells_its_details_once():
    details = [{"code": "a", "message": "Bad."}, {"code": "b", "message": "Size is unknown."}]
    body = {"error": {"code": "InvalidParameter", "message": "Bad.", "details": details}}
    http, _ = client(script(httpx.Response(400, json=body)))
    with pytest.raises(ApiError, match=r"^Bad\. Size is unknown\.$"):
        http.send("GET", "/x")


def test_404_is_an_error_of_its_own():
    http, _ = client(script(httpx.Response(404, json={"error": {"code": "x", "message": "y"}})))
    with pytest.raises(NotFoundError):
        http.send("GET", "/x")


def test_error_without_a_body_of_azures_is_still_a_sentence():
    http, _ = client(script(httpx.Response(502, text="<html>")))
    with pytest.raises(ApiError, match="/x was answered with 502"):
        http.send("GET", "/x")


def test_nobody_answering_says_what_to_start():
    http, _ = client(script(httpx.ConnectError("Connection refused")))
    with pytest.raises(ConnectionFailed, match="studiolo up"):
        http.send("GET", "/x")


def test_429_is_waited_for_as_long_as_it_says():
    busy = httpx.Response(429, headers={"Retry-After": "7"}, json={})
    http, time = client(script(busy, httpx.Response(200, json={"ok": True})))
    assert http.json("GET", "/x") == {"ok": True}
    assert time.now == 7


def test_429_without_end_is_an_error_in_the_end():
    busy = httpx.Response(429, json={"error": {"code": "TooManyRequests", "message": "Slow."}})
    http, _ = client(script(busy))
    with pytest.raises(ApiError, match="Slow"):
        http.send("GET", "/x")


def test_pages_follow_next_link():
    first = {"value": [{"n": 1}], "nextLink": "https://studiolo.localhost/two"}
    http, _ = client(
        script(httpx.Response(200, json=first), httpx.Response(200, json={"value": [{"n": 2}]}))
    )
    assert list(http.pages("/one", version="v")) == [{"n": 1}, {"n": 2}]


def test_wait_polls_until_succeeded_and_tells_progress():
    http, time = client(script(status("InProgress"), status("InProgress"), status("Succeeded")))
    told: list[str] = []
    http.wait(started(), told.append)
    assert told == ["InProgress", "InProgress", "Succeeded"]
    assert time.now < 1


def test_wait_without_operation_returns_at_once():
    http, _ = client(script(httpx.ConnectError("nobody")))
    http.wait(httpx.Response(200, json={}))


def test_failed_operation_raises_its_code_and_sentence():
    http, _ = client(
        script(status("Failed", error={"code": "CreateFailed", "message": "No disk."}))
    )
    with pytest.raises(OperationFailed, match=r"No disk\.") as caught:
        http.wait(started())
    assert caught.value.code == "CreateFailed"


def test_canceled_operation_says_it_was_overtaken():
    http, _ = client(script(status("Canceled")))
    with pytest.raises(OperationFailed, match="overtaken"):
        http.wait(started())


@pytest.mark.parametrize(
    "away", [httpx.ConnectError("refused"), httpx.Response(502), httpx.Response(503)]
)
def test_wait_bears_a_restart_of_the_control_plane(away):
    http, _ = client(script(status("InProgress"), away, away, status("Succeeded")))
    http.wait(started())


def test_wait_does_not_bear_an_absence_for_ever():
    http, time = client(script(httpx.ConnectError("refused")))
    with pytest.raises(ConnectionFailed):
        http.wait(started())
    assert 50 < time.now < 120


def test_wait_does_not_repeat_a_refusal():
    http, time = client(script(httpx.Response(403, json={"error": {"code": "a", "message": "b"}})))
    with pytest.raises(ApiError):
        http.wait(started())
    assert time.now == 0


@pytest.mark.parametrize(
    ("host", "dialled"),
    [
        ("studiolo.localhost", "127.0.0.1"),
        ("demo.studiolo.localhost", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("localhost.example.org", "localhost.example.org"),
        ("notlocalhost", "notlocalhost"),
    ],
)
def test_localhost_names_are_dialled_on_loopback(host, dialled):
    assert dial_host(host) == dialled


@pytest.mark.parametrize("server", ["", "studiolo.localhost:8481", "ftp://x", "https://"])
def test_server_that_is_no_address_is_refused(server):
    with pytest.raises(ValueError, match="not an address"):
        http_client(server)


def test_json_body_is_sent_as_json():
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=json.loads(request.content))

    assert client(handle)[0].json("PUT", "/x", body={"a": [1]}) == {"a": [1]}
