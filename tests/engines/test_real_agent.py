"""The real agent in a real machine: JupyterLab answers, and goes on when its agent does not."""

import signal
import time
from pathlib import Path

import httpx
import pytest

from studiolo.domain.machine import Presence
from studiolo.engines.conformance import new_spec, until, well
from studiolo.engines.process.processes import look_up


@pytest.fixture
async def real(place, ml_image, agent_image):
    """The same place, with the prepared agent in place of the stand-in."""
    place.agent_command = None
    return place


def client(endpoint):
    path = endpoint.address.removeprefix("unix/")
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=path),
        base_url="http://agent",
        headers={"Authorization": f"Bearer {endpoint.token}"},
        timeout=60,
    )


async def jupyterlab(engine, spec):
    """Have JupyterLab started and ask it for its page; returns (application, reply)."""
    async with client(await engine.endpoint(spec.id)) as agent:
        reply = await agent.post("/v1/applications/jupyterlab/ensure", params={"wait": 40})
        assert reply.status_code == 200, reply.text
    application = reply.json()
    socket = application["upstream"].removeprefix("unix/")
    transport = httpx.AsyncHTTPTransport(uds=socket)
    async with httpx.AsyncClient(transport=transport, base_url="http://lab", timeout=30) as lab:
        return application, await lab.get("/lab", headers=application["headers"])


async def test_jupyterlab_answers_soon_after_create_and_survives_its_agent(real, record_property):
    engine, spec = real.engine(), new_spec()
    began = time.monotonic()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    started = time.monotonic() - began
    _, page = await jupyterlab(engine, spec)
    answered = time.monotonic() - began
    record_property("seconds to agent", round(started, 2))
    record_property("seconds to JupyterLab", round(answered, 2))
    assert page.status_code == 200
    assert "jupyterlab" in page.text.lower()

    server = real.server(spec.id)
    real.agent(spec.id).send(signal.SIGKILL)
    await until(engine, spec.id, lambda seen: seen.healthy is False)
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    _, page = await jupyterlab(engine, spec)
    assert page.status_code == 200
    assert real.server(spec.id) == server, "the new agent adopted the running server"

    await engine.stop(spec.id, grace=10)
    assert real.processes(spec.id) == []
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED


async def test_a_real_agent_that_is_asked_to_shut_down_leaves_a_stopped_machine(real):
    engine, spec = real.engine(), new_spec()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    agent = real.agent(spec.id)
    async with client(await engine.endpoint(spec.id)) as http:
        assert (await http.post("/v1/shutdown")).status_code == 202
    seen = await until(engine, spec.id, lambda seen: seen.presence is Presence.STOPPED)
    assert seen.generation == 1
    assert not agent.alive()


def working_directory(pid):
    return Path(f"/proc/{pid}/cwd").resolve()


async def test_the_real_agent_uses_the_machines_own_folders(real):
    engine, spec = real.engine(), new_spec()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    await jupyterlab(engine, spec)
    server = real.server(spec.id)
    layout = real.layout(spec.id)
    assert look_up(server).argv[0] == str(layout.env / "bin" / "python")
    assert working_directory(server) == real.root / "shares" / spec.share / "Users" / spec.alias
    assert set(await engine.log_names(spec.id)) >= {"agent", "jupyter"}
