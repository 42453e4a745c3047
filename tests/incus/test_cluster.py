"""A region that is a cluster of three daemons, each a host of its own to itself."""

import asyncio
import ipaddress
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import cluster as support
from tests.support.incus import SHARE, Region

from studiolo.domain.machine import AGENT_PORT, Presence, Recipe, Step
from studiolo.engines.base import MachineUnreachable, Temporary, Unreachable
from studiolo.engines.conformance import new_spec, until, well
from studiolo.engines.incus import IncusConfig
from studiolo.engines.incus.names import HOME, volume_name

NAMES = ("m1", "m2", "m3")
MOVE = tuple(f"incus.move.{each}" for each in ("marked", "halted", "home", "container"))
_PATIENCE = 60.0


class ClusterRegion(Region):
    """A region that asks the cluster's first member."""

    def __init__(self, root: Path, town: support.Town) -> None:
        self.root, self.town = root, town
        self.config = IncusConfig(
            daemon=town.hosts[0].socket,
            shares=root / "shares",
            pool=support.POOL,
            bridge=support.BRIDGE,
            subnet=town.subnet,
            root_gib=4,
        )
        self._engines = []
        self.make_share(SHARE, "alice")

    async def member(self, machine_id):
        """The member that holds the container, and those that hold a home of the machine."""
        daemon = self.engine().daemon
        found = await daemon.get(f"/instances/{machine_id}")
        volumes = await daemon.get(f"/storage-pools/{support.POOL}/volumes/custom", recursion="1")
        home = volume_name(machine_id, HOME)
        return found["location"], [each["location"] for each in volumes if each["name"] == home]

    async def connects(self, machine_id, address, port, source="0.0.0.0"):
        """Whether the machine's root can connect to an address."""
        where = f"({address!r}, {port}), 2, ({source!r}, 0)"
        program = f"import socket; socket.create_connection({where})"
        python = "/opt/studiolo/agent/bin/python"
        return (await self.run(machine_id, python, "-c", program))[0] == 0

    async def sees(self, machine_id, wanted):
        """Wait until the daemon lists the machine's presence as wanted."""
        engine, loop = self.engine(), asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE
        while (seen := (await engine.list_owned()).get(machine_id)) is None or (
            seen.presence is not wanted
        ):
            assert loop.time() < deadline, f"last seen: {seen}"
            await asyncio.sleep(0.2)
        return seen


def spec_of():
    spec = new_spec()
    return replace(spec, resources=replace(spec.resources, memory_mib=512, disk_gib=1))


@pytest.fixture(scope="module")
def built(town):
    """Three machines that were asked for at once, by the member that each is on."""
    root = Path(tempfile.mkdtemp(prefix="studiolo-incus-"))
    region = ClusterRegion(root, town)
    try:
        yield region, asyncio.run(_build(region))
        asyncio.run(_empty(region))
    finally:
        shutil.rmtree(root)


async def _build(region):
    engine, specs = region.engine(), [spec_of() for _ in NAMES]
    await asyncio.gather(*(engine.ensure(each) for each in specs))
    await asyncio.gather(*(until(engine, each.id, well, seconds=_PATIENCE) for each in specs))
    members = [(await region.member(each.id))[0] for each in specs]
    await region.release()
    return dict(zip(members, specs, strict=True))


async def _empty(region):
    engine = region.engine()
    for machine_id in await engine.list_owned():
        await engine.delete(machine_id)
    assert await engine.list_owned() == {}
    await region.release()


@pytest.fixture
async def region(built):
    region, _ = built
    yield region
    await region.release()


@pytest.fixture
def machines(built):
    return built[1]


async def test_machines_spread_over_the_members_and_this_host_reaches_each(region, machines):
    assert sorted(machines) == list(NAMES)
    for member, spec in machines.items():
        assert well(await region.engine().observe(spec.id))
        assert await region.member(spec.id) == (member, [member])


async def test_a_machine_of_another_member_is_stopped_and_starts_where_its_home_is(
    region, machines
):
    engine, spec = region.engine(), machines["m2"]
    await region.run(spec.id, "sh", "-c", "echo kept >/home/azureuser/kept")
    await engine.stop(spec.id, grace=10)
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED
    machines["m2"] = spec = replace(spec, generation=spec.generation + 1)
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    assert await region.member(spec.id) == ("m2", ["m2"])
    assert (await region.run(spec.id, "cat", "/home/azureuser/kept"))[1] == "kept\n"


async def test_on_another_member_a_machine_is_put_back_copied_and_made_anew(region, machines):
    engine, spec = region.engine(), machines["m2"]
    write = "echo {} >/home/azureuser/notes; echo {} >/root/notes; sync"
    await region.run(spec.id, "sh", "-c", write.format("kept", "kept"))
    await engine.snapshot(spec.id, "friday")
    await region.run(spec.id, "sh", "-c", write.format("spoilt", "spoilt"))
    await engine.stop(spec.id, grace=10)
    spec = replace(spec, generation=spec.generation + 1, recipe=Recipe(Step.RESTORE, "friday"))
    copy = replace(spec_of(), recipe=Recipe(Step.CLONE, spec.id))
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    await engine.ensure(copy)
    await until(engine, copy.id, well)
    for each in (spec.id, copy.id):
        assert await region.member(each) == ("m2", ["m2"])
        notes = await region.run(each, "cat", "/home/azureuser/notes", "/root/notes")
        assert notes[1] == "kept\nkept\n"
    await engine.delete(copy.id)
    await engine.remove_snapshot(spec.id, "friday")
    await engine.stop(spec.id, grace=10)
    spec = replace(spec, generation=spec.generation + 1, recipe=Recipe(Step.REIMAGE))
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    assert await region.member(spec.id) == ("m2", ["m2"])
    assert (await region.run(spec.id, "cat", "/home/azureuser/notes"))[1] == "kept\n"
    assert (await region.run(spec.id, "test", "-e", "/root/notes"))[0] == 1
    machines["m2"] = replace(spec, recipe=None)


async def test_files_of_this_host_are_no_homes_for_a_cluster(region):
    wrong = replace(region.config, loops=region.root / "homes")
    sound = await region.engine().health()
    region.config, kept = wrong, region.config
    try:
        told = await region.engine().health()
    finally:
        region.config = kept
    assert sound.ok, sound.message
    assert not told.ok
    assert "homes = 'loop'" in told.message


async def test_a_member_that_is_down_takes_its_machines_out_of_sight_and_brings_them_back(
    region, machines, town
):
    engine, spec, other = region.engine(), machines["m3"], spec_of()
    await region.run(spec.id, "sh", "-c", "echo kept >/home/azureuser/kept")
    before = await engine.observe(spec.id)
    town["m3"].kill()
    try:
        seen = await region.sees(spec.id, Presence.UNREACHABLE)
        assert seen.reason == "cluster member m3 does not answer"
        for verb in (
            engine.observe(spec.id),
            engine.ensure(replace(spec, generation=2)),
            engine.stop(spec.id, grace=0),
            engine.delete(spec.id),
        ):
            with pytest.raises(MachineUnreachable, match="member"):
                await verb
        assert well(await engine.observe(machines["m1"].id))
        await engine.ensure(other)
        assert (await region.member(other.id))[0] in ("m1", "m2")
        assert any("m3" in each for each in (await engine.health()).limitations)
    finally:
        town["m3"].start()
    await region.sees(spec.id, Presence.RUNNING)
    assert await until(engine, spec.id, well) == before
    assert (await region.run(spec.id, "cat", "/home/azureuser/kept"))[1] == "kept\n"
    await engine.delete(other.id)


async def test_without_a_majority_the_region_does_not_answer_and_is_as_before_later(
    region, machines, town
):
    engine, spec = region.engine(), machines["m1"]
    before = await engine.list_owned()
    for name in ("m2", "m3"):
        town[name].kill()
    try:
        with pytest.raises(Unreachable) as told:
            while True:
                await engine.observe(spec.id)
                await engine.list_owned()
        assert not isinstance(told.value, MachineUnreachable)
    finally:
        for name in ("m2", "m3"):
            town[name].start()
    for machine_id in before:
        await region.sees(machine_id, Presence.RUNNING)
    assert (await engine.list_owned()).keys() == before.keys()


async def test_an_emptied_member_is_left_by_its_machines_which_keep_their_state_and_home(
    region, machines
):
    engine, running, stopped = region.engine(), machines["m2"], machines["m3"]
    await region.run(running.id, "sh", "-c", "echo kept >/home/azureuser/kept; touch /root/kept")
    await engine.snapshot(running.id, "before")
    address = (await engine.observe(running.id)).address
    await engine.stop(stopped.id, grace=10)
    for member in ("m2", "m3"):
        await engine.empty_host(member)
    assert await engine.move_on() == 2
    assert await region.member(running.id) == ("m1", ["m1"])
    assert await region.member(stopped.id) == ("m1", ["m1"])
    assert (await until(engine, running.id, well)).address == address
    assert (await engine.observe(stopped.id)).presence is Presence.STOPPED
    assert (await region.run(running.id, "cat", "/home/azureuser/kept"))[1] == "kept\n"
    assert (await region.run(running.id, "test", "-e", "/root/kept"))[0] == 0
    assert [each.name for each in await engine.snapshots(running.id)] == ["before"]
    assert await engine.move_on() == 0


async def test_machines_of_one_member_reach_the_gateway_and_not_each_other_nor_with_its_address(
    region, machines, town
):
    engine, gateway = region.engine(), town.subnet.partition("/")[0]
    one, other = [await engine.observe(machines[each].id) for each in ("m1", "m2")]
    assert await region.member(machines["m1"].id) == await region.member(machines["m2"].id)
    server = await asyncio.start_server(lambda _, writer: writer.close(), gateway)
    port = server.sockets[0].getsockname()[1]
    async with server:
        stolen = str(ipaddress.IPv4Address(one.address) + 1)
        await region.run(machines["m1"].id, "ip", "address", "add", f"{stolen}/16", "dev", "eth0")
        assert await region.connects(machines["m1"].id, one.address, AGENT_PORT)
        assert await region.connects(machines["m1"].id, gateway, port)
        assert not await region.connects(machines["m1"].id, gateway, port, stolen)
        assert not await region.connects(machines["m1"].id, other.address, AGENT_PORT)


async def test_a_move_that_is_killed_at_each_of_its_steps_is_finished_and_never_seen_as_a_stop(
    region, machines
):
    engine, spec = region.engine(), machines["m1"]
    await region.run(spec.id, "sh", "-c", "echo kept >/home/azureuser/kept")
    for member, emptied in (("m2", False), ("m3", False), ("m1", True)):
        await (engine.empty_host if emptied else engine.fill_host)(member)
    for fault in MOVE:
        await support.move_and_die(region.config, engine.deployment, fault)
        assert (await engine.observe(spec.id)).presence is Presence.RUNNING
        assert (await engine.list_owned())[spec.id].presence is Presence.RUNNING
    await engine.move_on()
    await until(engine, spec.id, well)
    member, homes = await region.member(spec.id)
    assert member != "m1"
    assert homes == [member]
    assert (await region.run(spec.id, "cat", "/home/azureuser/kept"))[1] == "kept\n"
    assert {each.machines for each in await engine.hosts() if each.name == "m1"} == {0}


async def test_a_machine_that_was_to_run_again_after_its_move_stays_stopped_once_it_is_stopped(
    region, machines
):
    engine, spec = region.engine(), machines["m2"]
    await engine.fill_host("m1")
    for member in ("m2", "m3"):
        await engine.empty_host(member)
    await support.move_and_die(region.config, engine.deployment, "incus.move.halted")
    await engine.stop(spec.id, grace=5)
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED
    await engine.move_on()
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED
    assert await region.member(spec.id) == ("m1", ["m1"])


async def test_an_emptied_member_takes_no_machines_until_it_is_filled_again(region):
    engine, spec = region.engine(), spec_of()
    for member in NAMES:
        await engine.empty_host(member)
    with pytest.raises(Temporary, match="m1 is emptied, m2 is emptied, m3 is emptied"):
        await engine.ensure(spec)
    await engine.fill_host("m3")
    try:
        await engine.ensure(spec)
        assert await region.member(spec.id) == ("m3", ["m3"])
        hosts = {each.name: (each.open, each.machines) for each in await engine.hosts()}
        assert hosts == {"m1": (False, 3), "m2": (False, 0), "m3": (True, 1)}
    finally:
        for member in NAMES:
            await engine.fill_host(member)
        await engine.delete(spec.id)
