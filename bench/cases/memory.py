"""Memory of what runs all the time: control plane, gateway, and one machine.

RSS counts a shared page once for every process that maps it, PSS divides it among them: the sum of
PSS is what the processes really need. The control plane with 10,000 instances is in `scale`.
"""

import tempfile
import time
from pathlib import Path

from bench.measure import Figure, Noise, Outcome
from bench.processes import pss, rss, with_descendants
from bench.server import Server, studiolo

SETTLE_SECONDS = 3.0
"""How long a process that has just started is given to come to rest."""

AGENT_LIMIT = 60.0


def run(_rounds: int) -> Outcome:
    noise = Noise()
    noise.sample()
    with tempfile.TemporaryDirectory(prefix="studiolo-bench-") as folder:
        home = Path(folder) / "s"
        home.mkdir(mode=0o700)
        with studiolo(home) as server:
            figures = _measure(server)
    noise.sample()
    return Outcome("memory", figures, noise.spread)


def _measure(server: Server) -> list[Figure]:
    time.sleep(SETTLE_SECONDS)
    figures = _of("control plane without instances", [server.control_plane])
    figures += _of("gateway", [server.gateway])
    server.create("bench")
    time.sleep(SETTLE_SECONDS)
    machine = with_descendants(agent(server))
    used = rss(machine)
    limit = f"under {AGENT_LIMIT:g} MiB"
    figures.append(Figure("idle machine: agent, RSS", "MiB", [used], limit, used < AGENT_LIMIT))
    figures.append(Figure("idle machine: agent, PSS", "MiB", [pss(machine)]))
    server.open_lab("bench")
    time.sleep(SETTLE_SECONDS)
    return figures + _of("agent and JupyterLab", with_descendants(agent(server)))


def _of(what: str, pids: list[int]) -> list[Figure]:
    return [
        Figure(f"{what}, RSS", "MiB", [rss(pids)]),
        Figure(f"{what}, PSS", "MiB", [pss(pids)]),
    ]


def agent(server: Server) -> int:
    """Process id of the agent of the deployment's one machine."""
    config = str(next(server.settings.machines.glob("*/state/agent.config.json"))).encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended meanwhile
            if config in words:
                return int(entry.name)
    raise LookupError(f"no agent of {config.decode()} runs")
