"""The end of a right cuts what is open, and only that."""

import asyncio
import os

import pytest
from tests.support.gateway import FrontDoor, echoed, serve, until
from websockets.exceptions import ConnectionClosed, InvalidStatus

from studiolo.gateway import streams
from studiolo.gateway.backend import Machine
from studiolo.gateway.cache import CachedBackend
from studiolo.gateway.process import Identity
from studiolo.gateway.streams import CannotCut, Revoker, cut_streams


def identity(door: FrontDoor) -> Identity:
    found = Identity.read(door.config.pid_file)
    assert found is not None
    return found


async def test_one_machines_streams_are_cut_and_a_neighbours_stay(door: FrontDoor):
    neighbour = door.run / "m" / "ci-2"
    door.backend.add_instance("ci2", sockets=str(neighbour))
    door.backend.tokens["slpat_1"] = "alice"
    token = "Bearer slpat_1"
    async with (
        serve({neighbour / "jupyter.sock": door.upstream}),
        door.websocket("ci1", "/api", Authorization=token) as cut,
        door.websocket("ci1", "/api", scheme="http", Authorization=token) as cut_too,
        door.websocket("ci2", "/api", Authorization=token) as kept,
    ):
        count = cut_streams(identity(door), door.backend.instances["ci1"].machine)
        assert count >= 2
        for closed in (cut, cut_too):
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(closed.recv(), 5)
        assert await echoed(kept, "still here")
    # Whoever still has the right comes back at once.
    async with door.websocket("ci1", "/api", Authorization=token) as again:
        assert await echoed(again, "back")


async def test_a_revoked_right_ends_at_once_for_requests_and_streams(door: FrontDoor):
    door.backend.tokens["slpat_1"] = "alice"
    token = "Bearer slpat_1"
    assert (await door.ask("ci1", "/api", headers={"Authorization": token})).status_code == 200
    async with door.websocket("ci1", "/api", Authorization=token) as connection:
        assert await echoed(connection, "hello")
        door.backend.change("ci1", allowed=frozenset())
        revoker = Revoker(door.config.pid_file, door.cached, settle=0.0)
        await revoker.revoke(door.backend.instances["ci1"].machine)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(connection.recv(), 5)
    answer = await door.ask("ci1", "/api", headers={"Authorization": token})
    assert answer.status_code == 403
    with pytest.raises(InvalidStatus):
        async with door.websocket("ci1", "/api", Authorization=token):
            pass


async def test_where_the_kernel_forbids_it_all_streams_are_cut(
    door: FrontDoor, monkeypatch: pytest.MonkeyPatch
):
    def forbidden(*_: object) -> int:
        raise CannotCut("Operation not permitted")

    monkeypatch.setattr(streams, "cut_streams", forbidden)
    pid = door.caddy.pid
    revoker = Revoker(door.config.pid_file, door.cached, settle=0.0)
    await revoker.revoke(Machine(sockets="/nowhere"))
    await until(lambda: not door.caddy.alive())
    await door.caddy.ensure()
    assert door.caddy.pid != pid


async def test_without_a_gateway_there_is_nothing_to_cut(door: FrontDoor):
    gone = Identity(os.getpid(), start=1)
    assert cut_streams(gone, Machine(sockets="/nowhere")) == 0
    revoker = Revoker(door.run / "none.pid", CachedBackend(door.backend), settle=0.0)
    await revoker.revoke(Machine(sockets="/nowhere"))
