"""Machines join the network that is stored for them, and networks without a subnet go."""

from studiolo.domain.states import Event
from studiolo.engines.base import Temporary, Unreachable
from tests.support.reconciling import Bench
from tests.support.values import a_network


async def _subnet(bench: Bench):
    network = a_network(subnets=("one",))
    async with bench.database.transaction() as tx:
        await tx.networks.add(network)
    return network, network.subnets[0]


async def test_a_machine_is_told_its_subnet_and_whether_it_has_a_way_out(bench: Bench) -> None:
    _, subnet = await _subnet(bench)
    inward = await bench.running(subnet=subnet.joined, spec={"enableNodePublicIp": False})
    other = await bench.running(spec={"enableNodePublicIp": True})
    told = bench.world.machines[inward.id].spec
    assert (told.subnet, told.public_ip) == (subnet.joined, False)
    told = bench.world.machines[other.id].spec
    assert (told.subnet, told.public_ip) == (None, True)
    assert set(bench.world.networks) == {subnet.id}


async def test_the_address_of_a_machine_is_noted_at_the_next_look(bench: Bench) -> None:
    compute = await bench.running()
    assert compute.private_ip is None
    bench.world.machines[compute.id].address = "10.5.1.7"
    await bench.request(compute, Event.RESTART)
    await bench.settle()
    assert (await bench.read(compute)).private_ip == "10.5.1.7"


async def test_a_sweep_removes_the_networks_of_subnets_that_are_gone(bench: Bench) -> None:
    network, subnet = await _subnet(bench)
    await bench.engine.ensure_network(subnet.joined)
    await bench.sweep()
    assert set(bench.world.networks) == {subnet.id}
    async with bench.database.transaction() as tx:
        await tx.networks.remove(network.id)
    bench.world.fail_next("remove_network", Temporary("A machine is still in it."))
    await bench.sweep()
    assert set(bench.world.networks) == {subnet.id}
    await bench.sweep()
    assert bench.world.networks == {}


async def test_networks_that_cannot_be_listed_do_not_stop_a_sweep(bench: Bench) -> None:
    compute = await bench.running()
    bench.world.power_off(compute.id)
    bench.world.fail_next("list_networks", Unreachable("It is away."))
    assert await bench.reconciler.sweep() == 1
