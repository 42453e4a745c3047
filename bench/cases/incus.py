"""Machines of a real daemon: how fast they come, what they cost, and what their walls cost.

Needs root and a daemon as `./dev lxd` sets it up, with the machine image in it.
"""

import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench.measure import Figure, Noise, Outcome, alternate, ratio
from bench.server import Server, studiolo
from studiolo.domain.boot import BOOT_KEY
from studiolo.engines.incus.client import Daemon
from studiolo.engines.incus.config import default_socket
from studiolo.engines.incus.names import DEPLOYMENT

REGION = "incus"
AT_ONCE = 20
FILES = 2000
MIB = 1024**2
WORK = "n = 0\nfor i in range(12_000_000): n += i * i"


def run(rounds: int) -> Outcome:
    regions = json.dumps([{"name": REGION, "homes": "loop"}])
    with tempfile.TemporaryDirectory(prefix="studiolo-bench-") as folder:
        home = Path(folder) / "s"
        home.mkdir(mode=0o700)
        chosen = {"engine": "none", "location": REGION, "regions": regions}
        with studiolo(home, **chosen) as server:
            noise = Noise()
            figures = [
                *_speed(rounds, server, noise),
                *_at_once(server),
                *_idle(server),
                *_walls(rounds, server, noise),
                *_share(rounds, noise),
            ]
            return Outcome("incus", figures, noise.spread, _NOTES)


_NOTES = [
    "homes are XFS files of the host, root disks a btrfs pool on a sparse file.",
    f"{AT_ONCE} at once: {AT_ONCE} requests side by side, until every machine answers as Running.",
    "memory of an idle machine: what its control group is charged, less page cache, some seconds "
    "after its start, no application opened.",
    "CPU-bound work: the same interpreter of the image, in the machine and outside it in a chroot.",
    "a busy neighbour: two endless loops in a machine of one processor; the median of 200 answers "
    "of the agent of another machine, with and without it.",
]


def _speed(rounds: int, server: Server, noise: Noise) -> list[Figure]:
    numbers = iter(range(1000))

    def create() -> float:
        name = f"new-{next(numbers)}"
        seconds = server.create_to_lab(name)
        server.computes.delete(name)
        return seconds

    made = alternate(rounds, {"create": create}, noise)["create"]
    server.create("again")

    def start() -> float:
        server.computes.act("again", "stop")
        return server.start_to_lab("again")

    started = alternate(rounds, {"start": start}, noise)["start"]
    server.computes.delete("again")
    return [
        _at_most("create to JupyterLab", "s", made, 6),
        _at_most("start of a stopped one to JupyterLab", "s", started, 4),
    ]


def _at_once(server: Server) -> list[Figure]:
    names = [f"many-{number}" for number in range(AT_ONCE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(server.create, names))
    seconds = time.perf_counter() - began
    states = {name: server.computes.show(name) for name in names}
    assert all(each["properties"]["properties"]["state"] == "Running" for each in states.values())
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(server.computes.delete, names))
    return [Figure(f"{AT_ONCE} machines at once, until all run", "s", [seconds])]


def _idle(server: Server) -> list[Figure]:
    server.create("idle")
    machine = _machine("idle")
    used = [_charged(machine) for _ in range(5) if not time.sleep(1)]
    return [_at_most("memory of an idle machine with its agent", "MiB", used, 120)]


def _walls(rounds: int, server: Server, noise: Noise) -> list[Figure]:
    """CPU-bound work inside against outside, and a neighbour at work."""
    machine = _machine("idle")
    root = Path(f"/var/lib/lxd/storage-pools/studiolo/containers/{machine}/rootfs")
    command = ["/usr/bin/python3", "-S", "-c", f"import time\nb = time.perf_counter()\n{WORK}\n"
               "print(time.perf_counter() - b)"]  # fmt: skip

    def inside() -> float:
        return float(_said(["lxc", "exec", machine, "--", *command]))

    def outside() -> float:
        return float(_said(["chroot", str(root), *command]))

    work = alternate(rounds, {"inside": inside, "outside": outside}, noise)
    alone, beside = _neighbour(server, machine)
    return [
        Figure("CPU-bound work inside", "s", work["inside"]),
        Figure("the same outside", "s", work["outside"]),
        ratio("of the time outside", work["inside"], work["outside"], "at most 1.03", _below(1.03)),
        Figure("an agent's answer, alone", "ms", [1000 * alone]),
        Figure("an agent's answer, beside a busy machine", "ms", [1000 * beside]),
        ratio("of its time alone", [beside], [alone], "at most 2", _below(2)),
    ]


def _neighbour(server: Server, quiet: str) -> tuple[float, float]:
    properties = {"computeType": "ComputeInstance", "properties": {"vmSize": "Standard_DS1_v2"}}
    server.computes.put("busy", {"location": REGION, "properties": properties})
    address = _devices(quiet)["eth0"]["ipv4.address"]
    alone = asyncio.run(_latency(address))
    loop = "while :; do :; done"
    load = ["lxc", "exec", _machine("busy"), "--", "timeout", "30", "sh", "-c"]
    process = subprocess.Popen([*load, f"{loop} & {loop}"])
    try:
        time.sleep(1)
        return alone, asyncio.run(_latency(address))
    finally:
        process.terminate()
        process.wait()
        server.computes.delete("busy")


async def _latency(address: str) -> float:
    """Median seconds of an agent's answer."""
    took = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            began = time.perf_counter()
            (await client.get(f"http://{address}:44224/healthz")).raise_for_status()
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def _share(rounds: int, noise: Noise) -> list[Figure]:
    """`git clone` of many small files on the share and on the machine's own disk."""
    machine = _machine("idle")
    inside = ["lxc", "exec", machine, "--", "su", "azureuser", "-c"]
    make = (
        "cd /tmp && rm -rf origin && git init -q origin && cd origin && "
        f"for i in $(seq {FILES}); do mkdir -p d$((i % 50)); echo $i > d$((i % 50))/$i; done && "
        "git add . && git -c user.name=b -c user.email=b@localhost commit -qm all"
    )
    _said([*inside, make])

    def clone(where: str):
        def measure() -> float:
            began = time.perf_counter()
            _said([*inside, f"rm -rf {where}/c && git clone -q --no-local /tmp/origin {where}/c"])
            return time.perf_counter() - began

        return measure

    places = {"share": clone("~/cloudfiles/code"), "disk": clone("~")}
    took = alternate(rounds, places, noise)
    return [
        Figure(f"git clone of {FILES} files on the share", "s", took["share"]),
        Figure("the same on the machine's own disk", "s", took["disk"]),
        ratio("of the time on its own disk", took["share"], took["disk"], "", lambda _: True),
    ]


def _machine(name: str) -> str:
    """The container of an instance: the one that is told its name at its start."""
    found = [
        each
        for each in asyncio.run(_instances())
        if json.loads(each["config"][BOOT_KEY])["hostname"] == name
    ]
    (one,) = found
    return str(one["name"])


def _devices(machine: str) -> dict:
    (one,) = [each for each in asyncio.run(_instances()) if each["name"] == machine]
    return one["devices"]


async def _instances() -> list:
    daemon = Daemon(default_socket())
    try:
        found = await daemon.get("/instances", recursion="1")
        return [each for each in found if DEPLOYMENT in each["config"]]
    finally:
        await daemon.aclose()


def _charged(machine: str) -> float:
    """MiB that the machine's control group is charged, without page cache."""
    for pattern in (
        f"memory/lxc.payload.{machine}",
        f"lxc.payload.{machine}",
        f"unified/lxc.payload.{machine}",
    ):
        stat = Path("/sys/fs/cgroup") / pattern / "memory.stat"
        if stat.exists():
            fields = dict(line.split() for line in stat.read_text().splitlines())
            total = sum(int(fields.get(name, 0)) for name in ("total_rss", "anon", "kernel"))
            return total / MIB
    raise RuntimeError(f"{machine} has no memory control group that is known here")


def _said(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _at_most(name: str, unit: str, values: list[float], limit: float) -> Figure:
    met = statistics.median(values) <= limit
    return Figure(name, unit, values, f"at most {limit:g} {unit}", met)


def _below(limit: float):
    return lambda value: value <= limit
