"""The agent of a machine that has an address of its own: applications listen on TCP."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.agents import Agent, eventually, gone
from tests.support.images import prepared_ml_image

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


def on_an_address(agent: Agent, **changes: Any) -> Agent:
    agent.reconfigure(application_address=LOOPBACK, jupyter_port=free_port(), **changes)
    return agent


@pytest.fixture
def lab(tmp_path: Path, sockets: Path) -> Iterator[Agent]:
    """An agent whose machine runs the image's own interpreter."""
    image = prepared_ml_image()
    made = Agent(tmp_path, sockets, str(image / "bin" / "python"), image=str(image))
    yield on_an_address(made).start()
    made.clean_up()


def test_an_application_listens_on_the_machines_address_and_on_no_socket(agent: Agent) -> None:
    on_an_address(agent).start()
    running = agent.ensure().json()
    assert running["state"] == "Running"
    assert running["upstream"] == f"{LOOPBACK}:{agent.config.jupyter_port}"
    assert [each.name for each in Path(agent.config.application_sockets).iterdir()] == [
        "agent.sock"
    ]


def test_the_next_agent_takes_over_what_listens_on_the_address(agent: Agent) -> None:
    on_an_address(agent).start().ensure()
    server = agent.served_by()
    agent.kill()
    agent.start()
    assert agent.ensure().json()["state"] == "Running"
    assert agent.served_by() == server
    agent.post("/v1/shutdown")
    assert agent.wait() == 0
    assert gone(server)


def test_a_port_that_is_taken_is_told(agent: Agent) -> None:
    on_an_address(agent)
    with socket.create_server((LOOPBACK, agent.config.jupyter_port)):
        refused = agent.start().ensure()
    assert refused.status_code == 503
    assert "Address already in use" in refused.json()["error"]["message"]


def test_every_disk_tells_how_full_it_is(agent: Agent) -> None:
    agent.reconfigure(disks={"home": str(agent.home), "temp": "/proc", "root": "/nowhere"})
    with agent.start().client() as client:
        disks = client.get("/v1/status").json()["usage"]["disks"]
    home = disks["home"]
    assert 0 < home["freeBytes"] <= home["totalBytes"] - home["usedBytes"]
    assert disks["temp"] == disks["root"] == {"usedBytes": 0, "freeBytes": 0, "totalBytes": 0}


def test_jupyter_demands_the_secret_on_its_address_too(lab: Agent) -> None:
    running = lab.ensure("terminal", wait=120)
    assert running.status_code == 200, running.text
    upstream, headers = running.json()["upstream"], running.json()["headers"]
    with httpx.Client(base_url=f"http://{upstream}", timeout=60) as browser:
        assert browser.get("/api/terminals").status_code == 403
        assert [each["name"] for each in browser.get("/api/terminals", headers=headers).json()] == [
            "1"
        ]


def test_what_jupyter_must_write_to_run_is_outside_the_home(lab: Agent) -> None:
    """A full home must not keep a terminal from opening; the state folder may be in memory."""
    assert lab.ensure("terminal", wait=120).status_code == 200
    written = eventually(lambda: list(lab.state.glob("runtime/jpserver-*.json")))
    assert written
    assert not list(lab.home.rglob("runtime"))
