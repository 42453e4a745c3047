"""Machines that have an address of their own: requests and streams over TCP."""

import asyncio
from dataclasses import replace

import pytest
from tests.gateway.test_streams import identity
from tests.support.gateway import (
    APPLICATION_TOKEN,
    FrontDoor,
    echoed,
    free_application_port,
    own_address,
    serve,
)
from websockets.exceptions import ConnectionClosed

from studiolo.gateway.backend import Machine, Upstream
from studiolo.gateway.streams import cut_streams

TOKEN = "Bearer slpat_1"


def at_an_address(door: FrontDoor, label: str = "ci2") -> tuple[str, int]:
    """An instance whose applications listen on this host's own address."""
    address = own_address()
    place = (address, free_application_port(address))
    instance = door.backend.add_instance(label)
    door.backend.change(label, machine=Machine(address=address))
    door.backend.upstreams[instance.id] = Upstream(f"{address}:{place[1]}", APPLICATION_TOKEN)
    door.backend.tokens["slpat_1"] = "alice"
    return place


async def test_a_request_reaches_the_machines_address_with_its_token(door: FrontDoor):
    place = at_an_address(door)
    async with serve({place: door.upstream}):
        answer = await door.ask("ci2", "/api?x=1", headers={"Authorization": TOKEN})
    assert answer.status_code == 200
    assert answer.json()["path"] == "/api"
    assert answer.json()["headers"]["authorization"] == APPLICATION_TOKEN


async def test_no_port_but_an_applications_is_dialled(door: FrontDoor):
    """An agent says where an application listens, and people's code runs beside the agent."""
    address, _ = at_an_address(door)
    for port in (22, 44224, 44300):
        door.backend.upstreams["id-ci2"] = Upstream(f"{address}:{port}", APPLICATION_TOKEN)
        door.cached.forget()
        answer = await door.ask("ci2", f"/api/{port}", headers={"Authorization": TOKEN})
        assert answer.status_code == 502
        assert answer.json()["error"]["code"] == "InvalidUpstream"


async def test_streams_to_a_machines_address_are_cut_and_others_stay(door: FrontDoor):
    place = at_an_address(door)
    neighbour = Machine(address="198.51.100.77")
    async with (
        serve({place: door.upstream}),
        door.websocket("ci2", "/api", Authorization=TOKEN) as cut,
        door.websocket("ci1", "/api", Authorization=TOKEN) as kept,
    ):
        assert cut_streams(identity(door), neighbour) == 0
        assert cut_streams(identity(door), door.backend.instances["ci2"].machine) >= 1
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(cut.recv(), 5)
        assert await echoed(kept, "still here")


async def test_streams_of_a_machine_whose_address_is_not_known_are_cut_too(door: FrontDoor):
    place = at_an_address(door)
    lost = replace(door.backend.instances["ci2"].machine, address=None, lost=True)
    async with (
        serve({place: door.upstream}),
        door.websocket("ci2", "/api", Authorization=TOKEN) as cut,
        door.websocket("ci1", "/api", Authorization=TOKEN) as kept,
    ):
        assert cut_streams(identity(door), lost) >= 1
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(cut.recv(), 5)
        assert await echoed(kept, "still here")
