"""What the agent tells of a machine's use, beside what the machine itself says."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.incus.test_disks import SMALL, started
from tests.support.incus import Region, close, temporary_region

from studiolo.domain.machine import MachineSpec
from studiolo.engines.agent_client import AgentClient
from studiolo.engines.incus import IncusEngine

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1024**2
PATIENCE = 60
"""Seconds until what is waited for must be so."""


class Machine:
    """One machine for all of these."""

    def __init__(self, region: Region, engine: IncusEngine, spec: MachineSpec) -> None:
        self.region, self.engine, self.spec = region, engine, spec

    async def run(self, *command: str) -> str:
        code, said = await self.region.run(self.spec.id, *command)
        assert code == 0, said
        return said

    async def usage(self) -> dict[str, Any]:
        """What the agent says; it looks again after two seconds."""
        endpoint = await self.engine.endpoint(self.spec.id)
        assert endpoint is not None
        return dict((await AgentClient().status(endpoint))["usage"])

    async def usage_that(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until what the agent says is so."""
        usage: dict[str, Any] = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not holds(usage := await self.usage()):  # noqa: ASYNC110 - it sets no event
                    await asyncio.sleep(0.2)
        assert holds(usage), usage
        return usage

    async def free(self) -> dict[str, int]:
        """What `free` says of memory, in bytes."""
        names, memory = (await self.run("free", "-b")).splitlines()[:2]
        return dict(zip(names.split(), map(int, memory.split()[1:]), strict=True))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machine(machine_image):
    region = temporary_region()
    try:
        yield Machine(region, *await started(region))
    finally:
        await close(region)


async def test_memory_is_what_free_says_and_the_limit_is_the_size(machine):
    free = await machine.free()
    expected = pytest.approx(free["used"] + free["shared"], abs=16 * MIB)
    usage = await machine.usage_that(lambda usage: usage["memoryBytes"] == expected)
    assert usage["memoryLimitBytes"] == free["total"] == SMALL.memory_mib * MIB


async def test_what_carries_no_tag_counts_too(machine):
    before = await machine.usage()
    hog = (
        "held = bytearray(200 << 20); held[::4096] = b'x' * len(held[::4096])\n"
        "import time\n"
        "while time.process_time() < 3: pass\n"
        "time.sleep(600)"
    )
    # A service of root's, as people make them: it has nothing of the agent's surroundings.
    await machine.run("systemd-run", "--unit=hog", "python3", "-S", "-c", hog)
    await machine.usage_that(
        lambda usage: (
            usage["memoryBytes"] - before["memoryBytes"] > 190 * MIB
            and usage["cpuSeconds"] - before["cpuSeconds"] > 2.9
        )
    )
    listed = (await machine.run("ps", "-e", "--no-headers")).splitlines()
    # One of them is `ps` itself.
    await machine.usage_that(lambda usage: usage["processes"] == len(listed) - 1)
    await machine.run("systemctl", "stop", "hog")
    await machine.usage_that(lambda usage: usage["memoryBytes"] - before["memoryBytes"] < 100 * MIB)


async def test_processor_time_is_what_the_machine_says(machine):
    """`/proc/stat` inside shows the machine's own time, in hundredths of a second."""
    fields = (await machine.run("head", "-1", "/proc/stat")).split()
    busy = sum(int(fields[each]) for each in (1, 2, 3)) / 100
    await machine.usage_that(lambda usage: usage["cpuSeconds"] == pytest.approx(busy, abs=2))


async def test_traffic_is_that_of_the_machines_own_interface(machine):
    folder = "/sys/class/net/eth0/statistics"
    said = await machine.run("cat", f"{folder}/rx_bytes", f"{folder}/tx_bytes")
    received, sent = map(int, said.split())
    assert received > 0
    usage = await machine.usage_that(lambda usage: usage["networkRxBytes"] >= received)
    assert usage["networkTxBytes"] >= sent > 0
    # A few questions lie between: nothing like what other interfaces or the host had.
    assert usage["networkRxBytes"] < received + 5 * MIB


async def test_without_gpus_none_are_told(machine):
    assert (await machine.usage())["gpus"] == []
