"""The process engine in folders of its own, with the real image and a stand-in agent."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest
from tests.support.images import image_store, prepared_agent_image, prepared_ml_image

from studiolo.engines.conformance import DEPLOYMENT
from studiolo.engines.process import ProcessEngine
from studiolo.engines.process.layout import Layout
from studiolo.engines.process.processes import Process, snapshot

STANDIN = (sys.executable, str(Path(__file__).parents[1] / "support" / "standin_agent.py"))


class Place:
    """Where one test's machines are; also the conformance suite's harness."""

    def __init__(self, root: Path, *, agent_command=STANDIN) -> None:
        self.root = root
        self.agent_command = agent_command
        self.inherited = dict(os.environ)
        self._engines = []

    @property
    def machines(self) -> Path:
        return self.root / "machines"

    def engine(self, deployment: str = DEPLOYMENT) -> ProcessEngine:
        engine = ProcessEngine(
            deployment,
            machines=self.machines,
            run=self.root / "run",
            shares=self.root / "shares",
            images=image_store(),
            inherited=self.inherited,
            agent_command=self.agent_command,
        )
        self._engines.append(engine)
        return engine

    def layout(self, machine_id: str) -> Layout:
        return Layout(self.machines / machine_id, self.root / "run" / "m" / machine_id)

    def processes(self, machine_id: str) -> list[Process]:
        return [p for p in snapshot() if p.tag and p.tag.endswith(f"/{machine_id}")]

    def agent(self, machine_id: str) -> Process:
        config = str(self.layout(machine_id).agent_config)
        (found,) = [p for p in self.processes(machine_id) if p.argv[-1] == config]
        return found

    def server(self, machine_id: str) -> int:
        """Pid of the machine's Jupyter Server."""
        (found,) = [p for p in self.processes(machine_id) if "jupyterlab" in p.argv]
        return found.pid

    async def freeze(self, machine_id: str) -> None:
        for process in self.processes(machine_id):
            process.send(signal.SIGSTOP)

    async def write_home(self, machine_id: str, name: str, data: bytes) -> None:
        (self.layout(machine_id).home / name).write_bytes(data)

    async def read_home(self, machine_id: str, name: str) -> bytes | None:
        path = self.layout(machine_id).home / name
        return path.read_bytes() if path.exists() else None

    def traces(self, machine_id: str) -> list[str]:
        layout = self.layout(machine_id)
        found = [str(p) for p in self.machines.glob(f"*{machine_id}*")]
        found += [str(p) for p in (layout.folder, layout.sockets) if p.exists()]
        found += [f"{p.pid} {p.argv}" for p in self.processes(machine_id)]
        return found + [str(p) for p in Path("/sys/fs/cgroup").glob(f"**/studiolo-*/{machine_id}")]

    async def close(self) -> None:
        """Delete every machine, and fail if that leaves anything."""
        for deployment in {engine.deployment for engine in self._engines}:
            engine = self.engine(deployment)
            for machine_id in await engine.list_owned() if self.machines.exists() else ():
                await engine.delete(machine_id)
                assert self.traces(machine_id) == []
        for engine in self._engines:
            await engine.aclose()
        assert groups_left() == []
        assert not [p for p in snapshot() if str(self.root) in " ".join(p.argv)]


def groups_left() -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"**/studiolo-{DEPLOYMENT}*"))


@pytest.fixture(scope="session")
def ml_image() -> Path:
    return prepared_ml_image()


@pytest.fixture(scope="session")
def agent_image() -> Path:
    return prepared_agent_image()


@pytest.fixture
async def place(ml_image):
    # Not tmp_path: sockets below it would be longer than the kernel's 107 bytes.
    root = Path(tempfile.mkdtemp(prefix="studiolo-engine-"))
    place = Place(root)
    try:
        yield place
    finally:
        await place.close()
        shutil.rmtree(root)
