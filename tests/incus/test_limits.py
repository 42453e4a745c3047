"""A machine sees and gets what its size gives, and no more."""

import asyncio
import statistics
import time
from dataclasses import replace

import httpx
from tests.incus.test_disks import SMALL, started

from studiolo.engines.conformance import new_spec, until, well

MIB = 1024**2


async def test_processors_and_memory_are_seen_as_the_size_has_them(region):
    _, spec = await started(region)
    assert (await region.run(spec.id, "nproc"))[1].strip() == "1"
    free = (await region.run(spec.id, "free", "-b"))[1].splitlines()[1].split()
    assert int(free[1]) == SMALL.memory_mib * MIB


async def test_more_processors_and_memory_are_seen_at_once_without_a_stop(region):
    engine, spec = await started(region)
    before = await engine.observe(spec.id)
    larger = replace(SMALL, vcpus=2, memory_mib=2048)
    assert await engine.adapt(replace(spec, generation=2, resources=larger))
    # The daemon deals processors out a moment after it was asked to.
    waiting = "until [ $(nproc) = 2 ]; do sleep 0.05; done"
    assert (await region.run(spec.id, "timeout", "20", "sh", "-c", waiting))[0] == 0
    free = (await region.run(spec.id, "free", "-m"))[1].splitlines()[1].split()
    assert free[1] == "2048"
    assert (await engine.observe(spec.id)).started_at == before.started_at


async def test_a_process_that_takes_all_memory_is_ended_and_the_machine_goes_on(region):
    engine, spec = await started(region)
    greedy = "a = []\nwhile True: a.append(bytes([1]) * 50_000_000)"
    code, _ = await region.run(spec.id, "/opt/studiolo/ml/bin/python", "-c", greedy)
    assert code == 137
    await until(engine, spec.id, well)


async def test_processes_are_bounded_and_the_machine_can_be_stopped(region):
    engine, spec = await started(region)
    # Threads count as processes, and are made faster.
    bomb = (
        "import threading, time\nthreading.stack_size(65536)\nn = 0\ntry:\n    while True:\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); n += 1\n"
        "except RuntimeError as error: print(n, error, flush=True)\nimport os; os._exit(0)"
    )
    _, said = await region.run(spec.id, "python3", "-S", "-c", bomb)
    count, _, reason = said.strip().partition(" ")
    assert reason == "can't start new thread"
    assert int(count) < 8192
    await engine.stop(spec.id, grace=2)


async def _latency(address: str) -> float:
    """Median seconds of an agent's answer."""
    took = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(40):
            began = time.perf_counter()
            (await client.get(f"http://{address}/healthz")).raise_for_status()
            took.append(time.perf_counter() - began)
    return statistics.median(took)


async def test_a_machine_at_its_limits_leaves_its_neighbours_their_share(region):
    """The ratio is measured in bench/; here a neighbour at work must not make an agent deaf."""
    engine, busy = await started(region)
    quiet = new_spec()
    await engine.ensure(quiet)
    await until(engine, quiet.id, well)
    load = asyncio.create_task(
        region.run(
            busy.id, "timeout", "10", "sh", "-c", "while :; do :; done & while :; do :; done"
        )
    )
    endpoint = await engine.endpoint(quiet.id)
    assert endpoint is not None
    assert await _latency(endpoint.address) < 1.0
    await load
