"""Machines in the local daemon, for tests of the Incus engine."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from studiolo.domain.boot import USER_ID
from studiolo.engines.conformance import DEPLOYMENT
from studiolo.engines.incus import IncusConfig, IncusEngine
from studiolo.engines.incus.config import default_socket
from studiolo.engines.incus.names import HOME, volume_name

POOL = "studiolo"
NETWORK = os.environ.get("STUDIOLO_TEST_NETWORK", "studiolo0")
SHARE = "ws-0123456789abcdef"
"""The share that the conformance suite's specs name."""


def need_daemon() -> Path:
    """The socket of the daemon that is tested: of this host, or where `STUDIOLO_TEST_DAEMON` says.

    Without one the test fails, because nothing would be tested.
    """
    socket = Path(os.environ.get("STUDIOLO_TEST_DAEMON") or default_socket())
    if not socket.exists() or os.geteuid() != 0:
        pytest.fail("the Incus engine is tested as root with a daemon: run `sudo ./dev lxd` first")
    return socket


class Region:
    """One test's region of the local daemon; also the conformance suite's harness.

    :param loops: whether homes are files of this host, or volumes of the pool.
    """

    def __init__(self, root: Path, *, loops: bool = True) -> None:
        self.root = root
        self.config = IncusConfig(
            daemon=need_daemon(),
            shares=root / "shares",
            pool=POOL,
            loops=root / "homes" if loops else None,
            network=NETWORK,
            root_gib=8,
        )
        self._engines: list[IncusEngine] = []
        self.make_share(SHARE, "alice")

    def engine(self, deployment: str = DEPLOYMENT) -> IncusEngine:
        engine = IncusEngine(deployment, self.config)
        self._engines.append(engine)
        return engine

    def make_share(self, share: str, alias: str) -> Path:
        folder = self.config.shares / share / "Users" / alias
        folder.mkdir(parents=True, exist_ok=True)
        for each in (folder, folder.parent, folder.parent.parent):
            os.chown(each, USER_ID, USER_ID)
        return folder.parent.parent

    async def freeze(self, machine_id: str) -> None:
        order = {"action": "freeze", "timeout": 10}
        await self.engine().daemon.change("PUT", f"/instances/{machine_id}/state", order)

    def home(self, machine_id: str) -> Path:
        """The home as this host sees it."""
        if self.config.loops is not None:
            return self.config.loops / machine_id / HOME
        volume = f"default_{volume_name(machine_id, HOME)}"
        return self._state / "storage-pools" / POOL / "custom" / volume

    @property
    def _state(self) -> Path:
        """Where the daemon keeps what it has."""
        assert isinstance(self.config.daemon, Path)
        return self.config.daemon.parent

    async def write_home(self, machine_id: str, name: str, data: bytes) -> None:
        (self.home(machine_id) / name).write_bytes(data)

    async def read_home(self, machine_id: str, name: str) -> bytes | None:
        path = self.home(machine_id) / name
        return path.read_bytes() if path.exists() else None

    def traces(self, machine_id: str) -> list[str]:
        """Whatever there is of the machine on this host, asked of the kernel and the disk.

        What a daemon logged of one is its own to keep: Incus does for a while.
        """
        pool = self._state / "storage-pools" / POOL
        places = [pool / "containers", pool / "custom", self._state / "devices"]
        places.append(self.root / "homes")
        names = [str(each) for place in places for each in place.glob(f"*{machine_id}*")]
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
        names += [line for line in mounts if machine_id in line]
        return names + _processes(machine_id)

    async def remove_container(self, machine_id: str) -> None:
        """As a person would who does not ask Studiolo."""
        daemon = self.engine().daemon
        order = {"action": "stop", "force": True, "timeout": 0}
        await daemon.change("PUT", f"/instances/{machine_id}/state", order)
        await daemon.change("DELETE", f"/instances/{machine_id}")

    async def close(self) -> None:
        """Delete every machine, and fail if that leaves anything."""
        left: list[str] = []
        for deployment in {engine.deployment for engine in self._engines}:
            engine = self.engine(deployment)
            for machine_id in await engine.list_owned():
                await engine.delete(machine_id)
                left += self.traces(machine_id)
        for engine in self._engines:
            await engine.aclose()
        assert left == []

    async def release(self) -> None:
        """Let go of all connections, which end with the event loop they were made in."""
        for engine in self._engines:
            await engine.aclose()
        self._engines.clear()

    async def run(self, machine_id: str, *command: str) -> tuple[int, str]:
        """Run a command in the machine as root; its exit code and what it said."""
        return await run_in(self.engine(), machine_id, *command)


def _processes(machine_id: str) -> list[str]:
    monitors = (path for path in Path("/proc").glob("[0-9]*/cmdline"))
    told = []
    for path in monitors:
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words.startswith("[lxc monitor]") and machine_id in words:
            told.append(words)
    return told


async def run_in(engine: IncusEngine, machine_id: str, *command: str) -> tuple[int, str]:
    """Run a command in a machine through the daemon; its exit code, and what it said."""
    order = {
        "command": list(command),
        "interactive": False,
        "wait-for-websocket": False,
        "record-output": True,
        "environment": {"PATH": "/opt/studiolo/ml/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
    }
    path = f"/instances/{machine_id}"
    done = await engine.daemon.change("POST", f"{path}/exec", order)
    said = b""
    for stream in ("1", "2"):
        log = done["output"][stream].removeprefix("/1.0")
        said += await engine.daemon.raw(log) or b""
        await engine.daemon.request("DELETE", log)
    return int(done["return"]), said.decode(errors="replace")


def temporary_region(*, loops: bool = True) -> Region:
    return Region(Path(tempfile.mkdtemp(prefix="studiolo-incus-")), loops=loops)


async def close(region: Region) -> None:
    try:
        await region.close()
    finally:
        shutil.rmtree(region.root)
