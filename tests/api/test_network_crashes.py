"""Killed inside the write of a virtual network, or while its bridges go: nothing is half done."""

from pathlib import Path

from tests.support.api import SUBSCRIPTION
from tests.support.arm import open_arm
from tests.support.dying import after_death
from tests.support.vnets import NETWORKS, VERSION, delete, engine_of, lab, network

from studiolo import faults
from studiolo.reconciler.networks import remove_strays


async def write(home: Path, point: str, _when: str) -> None:
    async with open_arm(home) as api:
        await lab(api)
        faults.arm(point)
        body = network(("three", "10.5.3.0/24")) | {"tags": {"a": "b"}}
        await api.call("PUT", f"{NETWORKS}/lab", body=body, version=VERSION)


async def test_a_network_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    async with (
        after_death(write, tmp_path, "api.network.before_commit", "") as database,
        database.reading() as tx,
    ):
        stored = await tx.networks.get(SUBSCRIPTION, "rg1", "lab")
        assert stored is not None
        assert [each.name for each in stored.subnets] == ["one", "two"]
        assert stored.tags == {}


async def sweep(home: Path, point: str, _when: str) -> None:
    async with open_arm(home) as api:
        await lab(api)
        engine = engine_of(api)
        async with api.services.database.reading() as tx:
            subnets = await tx.networks.subnets_in("local")
        await delete(api, "lab")
        for each in subnets:
            await engine.ensure_network(each.joined)
        faults.arm(point)
        await remove_strays(api.services.database, "local", engine)


async def test_a_sweep_dies_before_it_removes_what_no_subnet_names(tmp_path: Path) -> None:
    """Real bridges outlive it, and the next sweep finds them: tests/incus/test_crashes.py."""
    async with (
        after_death(sweep, tmp_path, "networks.before_remove", "") as database,
        database.reading() as tx,
    ):
        assert await tx.networks.get(SUBSCRIPTION, "rg1", "lab") is None
