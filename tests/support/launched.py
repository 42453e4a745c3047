"""A deployment brought up by the real `studiolo up`, in a folder and on ports of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from studiolo.cli.main import app
from studiolo.gateway.process import Identity
from studiolo.launcher.checks import free_port
from studiolo.settings import Settings
from tests.support.images import image_store

UP_SECONDS = 90
READY = "Ctrl-C ends Studiolo"
"""The last line of the greeting."""


def until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait for a condition that a real process brings about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


@dataclass
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Launched:
    """One deployment.

    :param home: its folder; short, because sockets lie below it.
    """

    home: Path
    engine: str = "fake"
    http_port: int = field(default_factory=free_port)
    https_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    command: str = "up"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process belong to this deployment."""
        return {
            "STUDIOLO_HOME": str(self.home),
            "STUDIOLO_RUN_DIR": str(self.home / "r"),
            "STUDIOLO_IMAGE_DIR": str(image_store()._root),
            "STUDIOLO_ENGINE": self.engine,
            "STUDIOLO_HTTP_PORT": str(self.http_port),
            "STUDIOLO_HTTPS_PORT": str(self.https_port),
            "STUDIOLO_PROFILE": str(self.home / "profile.json"),
            "STUDIOLO_OUTPUT": "table",
            "STUDIOLO_POLL_SECONDS": "0.2",
        }

    @property
    def settings(self) -> Settings:
        """The deployment's settings."""
        return Settings(
            home=self.home,
            run_dir=self.home / "r",
            engine=self.engine,
            http_port=self.http_port,
            https_port=self.https_port,
        )

    @property
    def printed(self) -> str:
        """What the launcher has printed."""
        return (self.home / "up.txt").read_text()

    def launch(self, *arguments: str, **more: str) -> None:
        """Start `studiolo up` and return at once.

        :param more: further variables.
        """
        self.home.mkdir(mode=0o700, exist_ok=True)
        with (self.home / "up.txt").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "studiolo.cli", self.command, *arguments],
                env=os.environ | self.environment | more,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def up(self) -> None:
        """Start `studiolo up` and wait until it has greeted."""
        self.launch()
        until(self._greeted, "studiolo up", UP_SECONDS)

    def _greeted(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"'studiolo up' ended:\n{self.printed}"
        return READY in self.printed

    def wait(self, seconds: float = 20) -> int:
        """Wait for the launcher's end; returns its exit code."""
        assert self.process is not None
        return self.process.wait(seconds)

    def interrupt(self) -> int:
        """Press Ctrl-C and wait; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    @property
    def gateway(self) -> Identity | None:
        """Caddy, if it lives."""
        return Identity.read(self.home / "r" / "caddy.pid")

    @property
    def control_plane(self) -> Identity | None:
        """The control plane, if it lives."""
        try:
            text = (self.home / "r" / "cp.lock").read_text().strip()
        except FileNotFoundError:
            return None
        return Identity.of(int(text)) if text else None

    def cleanup(self) -> None:
        """End whatever is left, by process id."""
        if self.process is not None and self.process.poll() is None:
            self.interrupt()
        for left in (self.control_plane, self.gateway):
            if left is not None:
                left.signal(signal.SIGKILL)

    def run(self, *arguments: str, given: str | None = None, **more: str) -> Answer:
        """Run a command of the command line in this process.

        :param given: what stands on its stdin.
        """
        result = CliRunner().invoke(
            app, list(arguments), input=given, env=self.environment | {"COLUMNS": "200"} | more
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def ok(self, *arguments: str, given: str | None = None, **more: str) -> str:
        """Run a command that must succeed; returns what it printed on stdout."""
        answer = self.run(*arguments, given=given, **more)
        assert answer.code == 0, f"{arguments}: {answer}"
        return answer.out
