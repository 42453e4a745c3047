"""10,000 instances on the fake engine: creating, listing, and doing nothing.

The control plane is the real one, started by `studiolo up`, and is spoken to through the real
gateway with a bearer token; only the machines are not real. Once on SQLite, once on PostgreSQL.
"""

import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.postgres import MISSING, binaries, running_server

from bench.arm import Arm
from bench.measure import Figure, Noise, Outcome
from bench.peers import wait_until
from bench.processes import cpu_share, rss
from bench.server import Server, studiolo

COUNT = 10_000
CLIENTS = 8
REQUESTS = 500
IDLE_SECONDS = 60.0
SIZE = "Standard_DS1_v2"


def run(_rounds: int) -> Outcome:
    noise = Noise()
    figures: list[Figure] = []
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with database() as url, tempfile.TemporaryDirectory(prefix="studiolo-bench-") as folder:
            quota = {"total_vcpus": str(COUNT), "family_vcpus": str(COUNT)}
            with studiolo(Path(folder), engine="fake", database_url=url, **quota) as server:
                figures += _measure(server, name, noise)
    notes = [
        f"{COUNT:,} instances of one workspace; {CLIENTS} clients create, one client reads.",
        "Requests go through the gateway over http, on the machine that serves them.",
        "PostgreSQL runs without fsync here, as in the tests; SQLite syncs every commit.",
        f"Idle is {IDLE_SECONDS:.0f} s without a client; every machine is compared with the store "
        "every 10 s, and 20 a second are asked for their health. PostgreSQL's own processes are "
        "not counted.",
        "The memory of the fake machines is the control plane's, and counted.",
    ]
    return Outcome("scale", figures, noise.spread, notes)


@contextlib.contextmanager
def _sqlite() -> Iterator[str]:
    yield ""


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    programs = binaries()
    if programs is None:
        sys.exit(f"bench: {MISSING}")
    with running_server(programs) as server:
        yield server.url("postgres")


def _measure(server: Server, on: str, noise: Noise) -> list[Figure]:
    arm = Arm(server)
    noise.sample()
    figures = _creates(arm, on)
    noise.sample()
    figures += _reads(arm, on)
    noise.sample()
    idle = cpu_share([server.control_plane], IDLE_SECONDS)
    memory = rss([server.control_plane])
    return [
        *figures,
        _limited(f"idle control plane, {on}", "% of a core", idle, 5),
        _limited(f"memory of the control plane, {on}", "MiB", memory, 200),
    ]


def _creates(arm: Arm, on: str) -> list[Figure]:
    names = [f"bench-{number:05}" for number in range(COUNT)]
    body = {
        "location": "local",
        "properties": {"computeType": "ComputeInstance", "properties": {"vmSize": SIZE}},
    }
    began = time.perf_counter()
    times = arm.create(names, body, CLIENTS)
    accepted = time.perf_counter() - began
    for path in reversed(_pages(arm, 1000)):
        wait_until(lambda path=path: _all_run(arm, path), 600, "every instance runs", pause=0.5)
    running = time.perf_counter() - began
    return [
        Figure(f"creates accepted, {on}", "/s", [COUNT / accepted]),
        Figure(f"created and Running, {on}", "/s", [COUNT / running]),
        Figure(f"a create's reply, p99, {on}", "ms", [_p99(times)]),
    ]


def _pages(arm: Arm, top: int) -> list[str]:
    """Paths of every page of the list, by following its links."""
    paths = [f"{arm.computes}?$top={top}"]
    while link := arm.get(paths[-1]).get("nextLink"):
        paths.append("/" + link.split("/", 3)[3])
    return paths


def _all_run(arm: Arm, path: str) -> bool:
    states = (each["properties"]["properties"]["state"] for each in arm.get(path)["value"])
    return all(state == "Running" for state in states)


def _reads(arm: Arm, on: str) -> list[Figure]:
    chance = random.Random(1)
    pages = _pages(arm, 100)
    lists = arm.timed(chance.choices(pages, k=REQUESTS))
    ones = arm.timed(f"{arm.computes}/bench-{chance.randrange(COUNT):05}" for _ in range(REQUESTS))
    usages = arm.timed([arm.usages] * REQUESTS)
    return [
        Figure(f"a page of 100, median, {on}", "ms", [statistics.median(lists)]),
        _limited(f"a page of 100, p99, {on}", "ms", _p99(lists), 100),
        Figure(f"one instance, p99, {on}", "ms", [_p99(ones)]),
        Figure(f"usages, p99, {on}", "ms", [_p99(usages)]),
    ]


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _limited(name: str, unit: str, value: float, limit: float) -> Figure:
    return Figure(name, unit, [value], f"under {limit:g} {unit}", value < limit)
