"""Status and logs of an instance, through a real agent protocol on a unix socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.api import Api, a_body

from studiolo.api.endpoints import Endpoints
from studiolo.domain.machine import Endpoint, MachineSpec, Resources
from studiolo.domain.resources import Compute
from studiolo.engines.agent_client import AgentClient, AgentError, AgentUnreachable
from studiolo.engines.fake import FakeEngine

TOKEN = "agent-token-0123456789"
STATUS = {
    "machine": "ci-1",
    "generation": 1,
    "startedAt": "2026-06-01T12:00:00Z",
    "version": "1",
    "applications": [
        {
            "name": "jupyterlab",
            "displayName": "Jupyter Lab",
            "path": "/lab",
            "process": "jupyter",
            "state": "Running",
            "since": "2026-06-01T12:00:00Z",
            "restarts": 0,
            "lastError": None,
            "lastActivity": None,
            "busy": False,
            "upstream": "unix//secret.sock",
            "headers": {"Authorization": "token app-secret"},
        }
    ],
    "usage": {
        "cpuPercent": 1.5,
        "cpuSeconds": 3,
        "memoryBytes": 4096,
        "memoryLimitBytes": None,
        "diskUsedBytes": 1,
        "diskFreeBytes": 2,
        "diskTotalBytes": 3,
        "processes": 4,
    },
    "activity": {"lastActivity": None, "busy": False, "reasons": []},
}

Handler = Callable[[str, dict[str, str]], Awaitable[tuple[int, bytes]]]


@asynccontextmanager
async def serving(socket: Path, answer: Handler) -> AsyncIterator[Endpoint]:
    """A small HTTP server on a unix socket; `answer` gets the request line and the headers."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        status, body = await answer(head[0], headers)
        head_lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
        writer.write("\r\n".join([*head_lines, "", ""]).encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(talk, str(socket))
    async with server:
        yield Endpoint(f"unix/{socket}", TOKEN)


async def status_reply(line: str, headers: dict[str, str]) -> tuple[int, bytes]:
    assert line.startswith("GET /v1/status ")
    if headers["authorization"] != f"bearer {TOKEN}":
        return 401, b"{}"
    return 200, json.dumps(STATUS).encode()


class TestAgentClient:
    """What the control plane hears of an agent."""

    async def test_it_reads_the_status(self, tmp_path: Path) -> None:
        async with serving(tmp_path / "a.sock", status_reply) as endpoint:
            assert await AgentClient().status(endpoint) == STATUS

    async def test_nobody_there_is_unreachable(self, tmp_path: Path) -> None:
        with pytest.raises(AgentUnreachable):
            await AgentClient().status(Endpoint(f"unix/{tmp_path / 'none.sock'}", TOKEN))

    async def test_an_agent_that_hangs_is_given_up(self, tmp_path: Path) -> None:
        async def hang(line: str, headers: dict[str, str]) -> tuple[int, bytes]:
            await asyncio.Event().wait()
            return 200, b""

        async with serving(tmp_path / "a.sock", hang) as endpoint:
            with pytest.raises(AgentUnreachable):
                await AgentClient(timeout=0.1).status(endpoint)

    async def test_an_agents_refusal_is_told(self, tmp_path: Path) -> None:
        async def refuse(line: str, headers: dict[str, str]) -> tuple[int, bytes]:
            assert line.startswith("POST /v1/applications/jupyterlab/ensure?wait=1.5 ")
            return 503, b'{"error": {"code": "Failing", "message": "Jupyter does not start."}}'

        async with serving(tmp_path / "a.sock", refuse) as endpoint:
            with pytest.raises(AgentError, match="Jupyter does not start") as caught:
                await AgentClient().ensure_application(endpoint, "jupyterlab", wait=1.5)
        assert caught.value.status == 503

    async def test_a_terminal_is_asked_for_by_name(self, tmp_path: Path) -> None:
        async def answer(line: str, headers: dict[str, str]) -> tuple[int, bytes]:
            assert line.startswith("POST /v1/applications/terminal/ensure?wait=0&terminal=a_1 ")
            return 200, b'{"state": "Running"}'

        async with serving(tmp_path / "a.sock", answer) as endpoint:
            said = await AgentClient().ensure_application(
                endpoint, "terminal", wait=0, terminal="a_1"
            )
        assert said == {"state": "Running"}

    @pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"x" * (5 * 1024 * 1024)])
    async def test_nonsense_is_an_error_and_never_more_than_that(
        self, tmp_path: Path, body: bytes
    ) -> None:
        async def babble(line: str, headers: dict[str, str]) -> tuple[int, bytes]:
            return 200, body

        async with serving(tmp_path / "a.sock", babble) as endpoint:
            with pytest.raises(AgentError):
                await AgentClient().status(endpoint)

    @pytest.mark.parametrize("name", ["../x", "a/b", "", "A", "x?y", "a" * 70])
    async def test_an_applications_name_is_never_a_path(self, name: str) -> None:
        with pytest.raises(AgentError):
            await AgentClient().ensure_application(Endpoint("unix//none", TOKEN), name, wait=0)


@asynccontextmanager
async def machine_of(api: Api, compute: Compute, address: str | None) -> AsyncIterator[FakeEngine]:
    """A running fake machine for a compute; its agent answers at `address`."""
    engine = FakeEngine(api.services.deployment.id, address=address)
    await engine.ensure(
        MachineSpec(
            id=compute.id, deployment=api.services.deployment.id, name=compute.name,
            workspace="ws1", resource_group="rg1", share=compute.workspace, alias="ann",
            resources=Resources(4, 14336), generation=1, agent_token=TOKEN,
        )
    )  # fmt: skip
    engines = {"local": engine}
    api.app.state.services = replace(api.services, engines=engines, endpoints=Endpoints(engines))
    yield engine


async def test_status_shows_what_the_agent_says_but_no_secrets(api: Api, tmp_path: Path) -> None:
    compute = await api.running("ci-1")
    async with (
        serving(tmp_path / "a.sock", status_reply) as endpoint,
        machine_of(api, compute, endpoint.address),
    ):
        reply = await api.call("GET", f"{api.compute('ci-1')}/status")
    body = reply.json()
    assert (reply.status_code, body["state"], body["reachable"]) == (200, "Running", True)
    told: Any = STATUS["usage"]
    later = {"disks": {}, "gpus": [], "networkRxBytes": None, "networkTxBytes": None}
    assert body["usage"] == told | later
    assert body["applications"][0]["displayName"] == "Jupyter Lab"
    assert "secret" not in reply.text
    assert TOKEN not in reply.text


@pytest.mark.parametrize(
    "nonsense",
    [
        {"usage": {"cpuPercent": 1.5}},
        {"usage": []},
        {"applications": [{"name": 1}]},
        {"activity": {"lastActivity": None, "busy": False, "reasons": "none"}},
        {"startedAt": "<script>"},
    ],
)
async def test_nothing_is_passed_on_of_an_agent_that_talks_nonsense(
    api: Api, tmp_path: Path, nonsense: dict[str, Any]
) -> None:
    async def babble(line: str, headers: dict[str, str]) -> tuple[int, bytes]:
        return 200, json.dumps(STATUS | nonsense).encode()

    compute = await api.running("ci-1")
    async with (
        serving(tmp_path / "a.sock", babble) as endpoint,
        machine_of(api, compute, endpoint.address),
    ):
        body = (await api.call("GET", f"{api.compute('ci-1')}/status")).json()
    assert (body["reachable"], body["usage"], body["applications"]) == (False, None, [])
    assert next(iter(nonsense)) in body["message"]


async def test_status_of_a_machine_that_does_not_answer_says_so(api: Api) -> None:
    compute = await api.running("ci-1")
    async with machine_of(api, compute, "unix//nowhere/agent.sock"):
        body = (await api.call("GET", f"{api.compute('ci-1')}/status")).json()
    assert (body["reachable"], body["applications"]) == (False, [])
    assert "did not answer" in body["message"]


async def test_status_of_a_machine_that_does_not_run(api: Api) -> None:
    await api.create("ci-1")
    body = (await api.call("GET", f"{api.compute('ci-1')}/status")).json()
    assert "does not run" in body["message"]


async def test_logs_are_read_from_the_engine_and_need_no_machine(api: Api) -> None:
    compute = await api.running("ci-1")
    async with machine_of(api, compute, None) as engine:
        await engine.stop(compute.id, grace=0)
        path = f"{api.compute('ci-1')}/logs"
        names = [each["name"] for each in (await api.call("GET", path)).json()["value"]]
        assert names
        log = await api.call("GET", f"{path}/{names[0]}", params={"tail": "2"})
    assert log.status_code == 200
    assert log.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(log.text.splitlines()) <= 2


async def test_logs_are_for_the_owner_the_assigned_and_who_may_write(api: Api) -> None:
    assigned: dict[str, Any] = {"assignedUser": {"objectId": api.people["rea"].id}}
    body = a_body(personalComputeInstanceSettings=assigned)
    await api.call("PUT", api.compute("reas-ci"), body=body)
    codes = {
        who: (await api.call("GET", f"{api.compute('reas-ci')}/logs", who=who)).status_code
        for who in ("ann", "rea", "dan", "eve")
    }
    assert codes == {"ann": 200, "rea": 200, "dan": 403, "eve": 403}
