"""Real agent processes for tests, each with a configuration of its own, and ended for certain."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

from studiolo.agent import procfs
from studiolo.domain.machine import AgentConfig

TOKEN = "the-token-of-the-agent"
T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float = 60.0) -> T:
    """Wait until `look` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {look}")


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    found = procfs.stat(pid)
    return found is None or found.zombie


class Agent:
    """One machine's agent, which may be killed and started again."""

    def __init__(self, folder: Path, sockets: Path, python: str, **changes: Any) -> None:
        folders = {name: folder / name for name in ("home", "share", "state", "logs", "tmp")}
        for path in folders.values():
            path.mkdir(mode=0o700, exist_ok=True)
        work = folders["share"] / "Users" / "alice"
        work.mkdir(parents=True, exist_ok=True)
        self.home = folders["home"]
        self.state = folders["state"]
        self.logs = folders["logs"]
        self.config = AgentConfig(
            machine="ci-0123456789abcdef",
            tag=f"test/{sockets.name}",
            name="alice-ci",
            workspace="team",
            resource_group="group",
            alias="alice",
            generation=3,
            listen=f"unix/{sockets / 'agent.sock'}",
            token=TOKEN,
            home=str(self.home),
            working_directory=str(work),
            notebook_root=str(folders["share"]),
            python=python,
            application_sockets=str(sockets),
            state_directory=str(self.state),
            log_directory=str(self.logs),
            temp_directory=str(folders["tmp"]),
            disk_path=str(folder),
            studio_origin="http://studiolo.localhost:8480",
        )
        self.config = dataclasses.replace(self.config, **changes)
        self._file = folder / "config.json"
        self.process: subprocess.Popen[bytes] | None = None

    def reconfigure(self, **changes: Any) -> None:
        """Change the configuration that the next start reads."""
        self.config = dataclasses.replace(self.config, **changes)

    def spawn(self, environment: Mapping[str, str] = {}) -> subprocess.Popen[bytes]:
        """Start the agent and return at once."""
        self._file.unlink(missing_ok=True)
        self._file.touch(mode=0o600)
        self._file.write_text(json.dumps(self.config.to_json()))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "studiolo.agent", str(self._file)],
            env={**os.environ, "STUDIOLO_MACHINE": self.config.tag, **environment},
            start_new_session=True,
        )
        return self.process

    def start(self, environment: Mapping[str, str] = {}) -> "Agent":
        """Start the agent and wait until it answers."""
        self.spawn(environment)
        eventually(self.answers)
        return self

    def answers(self) -> bool:
        """Whether the agent is well."""
        assert self.process
        assert self.process.poll() is None, self.log("agent")
        try:
            return self.client().get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def client(self, token: str = TOKEN) -> httpx.Client:
        """An HTTP client for the agent."""
        return httpx.Client(
            transport=httpx.HTTPTransport(uds=self.config.listen.removeprefix("unix/")),
            base_url="http://agent",
            headers={"Authorization": f"Bearer {token}"},
            timeout=150,
        )

    def post(self, path: str) -> httpx.Response:
        """One POST as the control plane."""
        with self.client() as client:
            return client.post(path)

    def ensure(self, name: str = "jupyterlab", wait: float = 60) -> httpx.Response:
        """Use an application."""
        return self.post(f"/v1/applications/{name}/ensure?wait={wait}")

    def application(self, name: str = "jupyterlab") -> dict[str, Any]:
        """An application as the status shows it."""
        with self.client() as client:
            status = client.get("/v1/status").json()
        return next(each for each in status["applications"] if each["name"] == name)

    def served_by(self) -> int:
        """Pid of the application process, from the agent's state file."""
        saved = json.loads((self.state / "agent.json").read_text())
        return int(saved["processes"]["jupyter"]["pid"] or 0)

    def log(self, name: str) -> str:
        """A log, whole."""
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def kill(self) -> None:
        """End the agent as a power cut would."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def wait(self, seconds: float = 40) -> int:
        """Wait for the agent's end; its exit code."""
        assert self.process
        return self.process.wait(seconds)

    def clean_up(self) -> None:
        """End whatever is left of the machine."""
        if self.process and self.process.poll() is None:
            self.kill()
        for found in list(procfs.tagged(self.config.tag)):
            os.kill(found.pid, signal.SIGKILL)
