"""What is remembered, for how long, and what ends it."""

import asyncio

import pytest
from tests.support.gateway import DOMAIN, MemoryBackend

from studiolo.domain.applications import JUPYTER, JUPYTERLAB, TERMINAL
from studiolo.gateway.backend import Starting
from studiolo.gateway.cache import (
    CACHE_SECONDS,
    DECISION_SECONDS,
    LOOKUP_SECONDS,
    CachedBackend,
)
from studiolo.gateway.gate import Gate
from studiolo.gateway.gate_server import DecisionMemory


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def backend() -> MemoryBackend:
    memory = MemoryBackend()
    memory.add_instance("ci1", sockets="/run/m/ci-1")
    memory.tokens["good"] = "alice"
    return memory


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def cached(backend: MemoryBackend, time: Time) -> CachedBackend:
    return CachedBackend(backend, now=time)


def test_a_revoked_right_ends_within_two_seconds():
    assert CACHE_SECONDS == LOOKUP_SECONDS + DECISION_SECONDS <= 2.0


async def test_what_is_found_is_believed_for_a_second(
    backend: MemoryBackend, cached: CachedBackend, time: Time
):
    assert await cached.bearer("good") == "alice"
    del backend.tokens["good"]
    time.now += LOOKUP_SECONDS - 0.01
    assert await cached.bearer("good") == "alice"
    time.now += 0.01
    assert await cached.bearer("good") is None


async def test_what_is_absent_is_asked_again(backend: MemoryBackend, cached: CachedBackend):
    assert await cached.bearer("new") is None
    backend.tokens["new"] = "bob"
    assert await cached.bearer("new") == "bob"
    backend.upstreams["id-ci1"] = Starting()
    for _ in range(2):
        await cached.open_application("id-ci1", JUPYTERLAB, 0)
    assert backend.calls["open"] == 2


async def test_applications_of_one_process_share_an_answer(
    backend: MemoryBackend, cached: CachedBackend
):
    for application in (JUPYTERLAB, JUPYTER, TERMINAL):
        await cached.open_application("id-ci1", application, 0)
    assert backend.calls["open"] == 1


async def test_many_who_ask_at_once_share_one_question(
    backend: MemoryBackend, cached: CachedBackend
):
    asked = asyncio.Event()

    async def slow(label: str):
        backend.calls["instance"] += 1
        await asked.wait()
        return backend.instances[label]

    backend.instance_by_host = slow  # type: ignore[method-assign]
    asking = [asyncio.create_task(cached.instance_by_host("ci1")) for _ in range(20)]
    await asyncio.sleep(0)
    asking[0].cancel()
    asked.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert backend.calls["instance"] == 1
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [backend.instances["ci1"]] * 19


async def test_an_answer_asked_before_a_revocation_is_not_kept(
    backend: MemoryBackend, cached: CachedBackend
):
    asking, asked = asyncio.Event(), asyncio.Event()

    async def slow(token: str):
        answer = backend.tokens.get(token)
        asking.set()
        await asked.wait()
        return answer

    backend.bearer = slow  # type: ignore[method-assign]
    before = asyncio.create_task(cached.bearer("good"))
    await asking.wait()
    del backend.tokens["good"]
    cached.forget()
    asked.set()
    assert await cached.bearer("good") is None
    assert await before == "alice"
    assert await cached.bearer("good") is None


async def test_a_failed_question_is_not_remembered(backend: MemoryBackend, cached: CachedBackend):
    working = backend.bearer

    async def broken(token: str):
        raise OSError("no store")

    backend.bearer = broken  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no store"):
        await cached.bearer("good")
    backend.bearer = working  # type: ignore[method-assign]
    assert await cached.bearer("good") == "alice"


def question(uri: str = "/lab", **headers: str) -> bytes:
    """What Caddy sends to ask about a request."""
    fields = {
        "Authorization": "Bearer good",
        "X-Forwarded-Host": f"ci1.{DOMAIN}",
        "X-Forwarded-Method": "GET",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Upgrade": "",
        "X-Forwarded-Uri": uri,
    } | {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = [f"{name}: {value}\r\n" for name, value in sorted(fields.items())]
    return f"GET /gate HTTP/1.1\r\nHost: gate\r\n{''.join(lines)}\r\n".encode()


async def decide(memory: DecisionMemory, head: bytes) -> bytes:
    lines = head.decode().splitlines()[1:-1]
    pairs = (line.partition(": ") for line in lines)
    return await memory.decide(head, [(n.lower().encode(), v.encode()) for n, _, v in pairs])


@pytest.fixture
def memory(cached: CachedBackend, time: Time) -> DecisionMemory:
    return DecisionMemory(Gate(cached, DOMAIN, wait=0), now=time)


async def test_a_decision_is_remembered_for_every_path_of_its_application(memory: DecisionMemory):
    passed = await decide(memory, question())
    assert passed.startswith(b"HTTP/1.1 204 ")
    assert memory.recall(question("/api/contents?x=1")) == passed
    assert memory.recall(question("/terminals/1")) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer bad"},
        {"x_forwarded_method": "POST"},
        {"x_forwarded_host": f"ci2.{DOMAIN}"},
        {"x_forwarded_proto": "http"},
        {"x_forwarded_upgrade": "websocket"},
        {"origin": "https://evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"cookie": "a=1"},
        {"cookie": "X-Forwarded-Uri: /lab"},
    ],
)
async def test_another_request_is_another_decision(memory: DecisionMemory, headers: dict[str, str]):
    await decide(memory, question())
    assert memory.recall(question(**headers)) is None


async def test_tickets_websockets_and_refusals_are_not_remembered(memory: DecisionMemory):
    await decide(memory, question())
    assert memory.recall(question("/_studiolo/ticket?t=1")) is None
    assert memory.recall(question("/_studiolo/ready")) is None
    upgrade = question("/api", x_forwarded_upgrade="websocket")
    assert (await decide(memory, upgrade)).startswith(b"HTTP/1.1 204 ")
    assert memory.recall(upgrade) is None
    refused = question("/api", authorization="Bearer bad")
    assert (await decide(memory, refused)).startswith(b"HTTP/1.1 401 ")
    assert memory.recall(refused) is None


async def test_a_decision_ends_with_its_second_or_with_a_revocation(
    memory: DecisionMemory, cached: CachedBackend, time: Time
):
    await decide(memory, question())
    time.now += DECISION_SECONDS
    assert memory.recall(question()) is None
    await decide(memory, question())
    assert memory.recall(question()) is not None
    cached.forget()
    assert memory.recall(question()) is None
