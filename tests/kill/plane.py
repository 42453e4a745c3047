"""A real control plane on the process engine, which the tests kill and start again."""

import contextlib
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from studiolo.client.errors import ClientError, ConnectionFailed
from studiolo.client.http import Http, Json
from studiolo.client.local import Local
from studiolo.client.studiolo import COMPUTE_VERSION, RESOURCES_VERSION, Studiolo
from studiolo.engines.process.processes import Process, snapshot
from tests.support.images import image_store, prepared_agent_image, prepared_ml_image

GROUP, WORKSPACE = "killed", "lab"
SIZE, OTHER_SIZE = "Standard_DS3_v2", "Standard_D4s_v5"
VCPUS = 4
"""Of either size."""

_BODY = {
    "location": "local",
    "properties": {"computeType": "ComputeInstance", "properties": {"vmSize": SIZE}},
}

_ORIGIN = "https://studiolo.localhost:8481"

T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, seconds: float = 40.0) -> T:
    """Wait until `look` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds:g} s: {what}")


class _BehindGateway(httpx.HTTPTransport):
    """Talks plain HTTP to the control plane's socket, where clients say https."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http")
        return super().handle_request(request)


class Plane:
    """One deployment; its machines outlive every death of its control plane."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home, self.control = root / "home", root / "control"
        self.control.mkdir(parents=True)
        self._runner: subprocess.Popen[str] | None = None
        self._pid = 0
        self.api: Studiolo
        prepared_ml_image()

    # the process

    def start(self, **settings: str) -> None:
        """Start the control plane and wait until it answers."""
        prepared_agent_image()  # made anew only if the agent's source has changed
        if self._runner is None:
            self._runner = self._run(str(Path(__file__).with_name("controlled.py")), self.control)
        self._tell(json.dumps(settings))
        self._pid = int(self._hear(40.0))
        self.wait_until_it_answers()

    def start_alone(self, **settings: str) -> subprocess.Popen[str]:
        """Start `python -m studiolo.main` as the launcher does, with settings of its own."""
        prepared_agent_image()
        process = self._run("-m", "studiolo.main", **settings)
        self.wait_until_it_answers()
        return process

    def _run(self, *arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("STUDIOLO")}
        settings = {
            "STUDIOLO_HOME": str(self.home),
            "STUDIOLO_RUN_DIR": str(self.root / "run"),
            "STUDIOLO_IMAGE_DIR": str(image_store().path("ml").parents[1]),
            "STUDIOLO_RESYNC_SECONDS": "1",
            **settings,
        }
        with (self.root / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                env=kept | settings,
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                bufsize=1,
            )

    def _tell(self, line: str) -> None:
        assert self._runner is not None
        assert self._runner.stdin is not None
        self._runner.stdin.write(f"{line}\n")

    def _hear(self, seconds: float) -> str:
        """The runner's next line.

        :raises TimeoutError: it said nothing.
        """
        assert self._runner is not None
        assert self._runner.stdout is not None
        if not select.select([self._runner.stdout], [], [], seconds)[0]:
            raise TimeoutError(f"nothing within {seconds} s")
        return self._runner.stdout.readline()

    def wait_until_it_answers(self) -> None:
        eventually(self._answers, "the control plane answers")
        self._sign_in()

    def _answers(self) -> bool:
        try:
            Local(self.root / "run" / "local.sock").ping()
        except ClientError:
            return False
        return True

    def _sign_in(self) -> None:
        granted = Local(self.root / "run" / "local.sock").access_token()
        transport = _BehindGateway(uds=str(self.root / "run" / "cp.sock"))
        client = httpx.Client(transport=transport, base_url=_ORIGIN, timeout=15)
        self.api = Studiolo(Http(client, granted.token), granted.subscription)

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self._pid, signal.SIGKILL)
        assert self.died()

    def died(self, seconds: float = 40.0) -> bool:
        """Wait until the control plane has been killed."""
        try:
            code = int(self._hear(seconds))
        except TimeoutError:
            return False
        self._pid = 0
        return code == -signal.SIGKILL

    def close(self) -> None:
        """End the control plane and every process of its machines, by pid."""
        if self._pid:
            self.kill()
        if self._runner is not None:
            self._runner.communicate(timeout=20)
        for process in self.processes():
            process.send(signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)

    def log_tail(self) -> str:
        """The end of the control plane's log."""
        path = self.root / "log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    # fault points

    def arm(self, point: str) -> None:
        """Let the control plane die when it next passes `point`."""
        (self.control / "armed").write_text(point)

    def disarm(self) -> None:
        (self.control / "armed").unlink(missing_ok=True)

    def forget_passed(self) -> None:
        (self.control / "passed").unlink(missing_ok=True)

    def passed(self) -> list[str]:
        """Fault points passed since the last call of `forget_passed`, each once, in order."""
        path = self.control / "passed"
        return list(dict.fromkeys(path.read_text().split())) if path.exists() else []

    # requests

    def prepare(self) -> None:
        """Make the resource group and the workspace, unless they are there."""
        self.api.ensure_group(GROUP, "local")
        body = {"location": "local", "properties": {}}
        self.api.put_workspace(GROUP, WORKSPACE, body)

    @property
    def computes(self) -> Any:
        return self.api.computes(GROUP, WORKSPACE)

    def ask(self, verb: str, name: str) -> str | None:
        """Ask for `verb` without waiting. A control plane that dies meanwhile is no error.

        :returns: where to poll the operation, if there was a reply.
        """
        path, version = self.computes.path(name), {"version": COMPUTE_VERSION}
        try:
            if verb == "create":
                reply = self.api.http.send("PUT", path, body=_BODY, **version)
            elif verb == "delete":
                query = {"underlyingResourceAction": "Delete"}
                reply = self.api.http.send("DELETE", path, query=query, **version)
            elif verb == "resize":
                body = {"targetVMSize": self._other_size(name)}
                reply = self.api.http.send("POST", f"{path}/resize", body=body, **version)
            else:
                reply = self.api.http.send("POST", f"{path}/{verb}", **version)
        except ConnectionFailed:
            return None
        return reply.headers.get("Azure-AsyncOperation")

    def _other_size(self, name: str) -> str:
        """The size that an instance has not."""
        (size,) = self.rows(f"SELECT size FROM computes WHERE name = '{name}'")[0]
        return OTHER_SIZE if size == SIZE else SIZE

    def poll(self, link: str) -> Json:
        """The operation at `link`."""
        return self.api.http.json("GET", link)

    def delete_workspace(self) -> None:
        """Ask for the workspace's delete without waiting."""
        with contextlib.suppress(ConnectionFailed):
            self.api.delete_workspace(GROUP, WORKSPACE, wait=False)

    def delete_group(self) -> None:
        """Ask for the resource group's delete without waiting."""
        with contextlib.suppress(ConnectionFailed):
            path = self.api.group_path(GROUP)
            self.api.http.send("DELETE", path, version=RESOURCES_VERSION)

    def ask_again_if_lost(self, verb: str, name: str) -> None:
        """What a client does that got no reply: a request that was not stored is made again."""
        stored = self.rows("SELECT kind FROM operations ORDER BY started_at DESC LIMIT 1")
        lost = not stored or stored[0][0].lower() != verb
        if lost:
            self.ask(verb, name)

    def do(self, verb: str, name: str) -> None:
        """Ask for `verb` and wait for its end."""
        self.ask(verb, name)
        self.settled(verb, name)

    def settled(self, verb: str, name: str) -> None:
        """Wait until `verb` has come true, then check that nothing is left over or lost."""
        wanted = {"stop": "Stopped", "delete": None}.get(verb, "Running")
        eventually(
            lambda: self.state(name) == wanted,
            f"{name} is {wanted} after {verb}, is {self.state(name)}\n{self.log_tail()}",
        )

    def state(self, name: str) -> str | None:
        """The instance's state; None when there is no such instance."""
        found = [each for each in self.computes.all() if each["name"] == name]
        return found[0]["properties"]["properties"]["state"] if found else None

    # what is really there

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database, read beside the control plane."""
        with sqlite3.connect(f"file:{self.home / 'studiolo.db'}?mode=ro", uri=True) as connection:
            return connection.execute(query).fetchall()

    def machine(self, name: str) -> str | None:
        """The machine's id, as long as there is a row."""
        found = self.rows(f"SELECT id FROM computes WHERE name = '{name}'")
        return found[0][0] if found else None

    def processes(self, machine: str = "") -> list[Process]:
        """Processes of one machine, or of every machine that was ever made here."""
        ids = {path.name for path in (self.home / "machines").glob("*ci-*")}
        ids |= {row[0] for row in self.rows("SELECT resource FROM operations")}
        wanted = {machine} if machine else ids
        return [p for p in snapshot() if p.tag and p.tag.partition("/")[2] in wanted]

    def agents(self, machine: str) -> list[Process]:
        """Agents among the machine's processes; there must never be two."""
        return [p for p in self.processes(machine) if "studiolo.agent" in p.argv]

    def traces(self, machine: str) -> list[str]:
        """Whatever is left of a machine on disk or in the process table."""
        places = (self.home / "machines", self.root / "run" / "m")
        found = [str(path) for place in places for path in place.glob(f"*{machine}*")]
        return found + [f"{process.pid} {process.argv}" for process in self.processes(machine)]

    def open_operations(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT kind, resource FROM operations WHERE status = 'InProgress'")

    def untold_ends(self) -> list[tuple[Any, ...]]:
        """Requests that the activity log tells the end of never, or more than once."""
        return self.rows(
            "SELECT correlation, operation, scope FROM activity "
            "WHERE operation LIKE '%workspaces/%' OR operation LIKE '%resourceGroups/%' "
            "GROUP BY correlation, operation, scope HAVING sum(status != 'Accepted') != 1"
        )

    def used(self) -> int:
        """vCPUs that the region's total counts."""
        found = self.rows("SELECT used FROM quota_usage WHERE family = '*'")
        return found[0][0] if found else 0

    def check(self, name: str, machine: str) -> None:
        """Everything agrees with the instance's state: operations, quota, processes, folders."""
        state = self.state(name)
        assert self.open_operations() == [], "an operation has no end"
        assert self.untold_ends() == [], "an end is not told, or twice"
        held = self.rows("SELECT count(*) FROM computes")[0][0]
        assert self.used() == VCPUS * held, "quota is not what the rows hold"
        assert sum(row[0] for row in self.rows("SELECT vcpus FROM quota_holds")) == VCPUS * held
        eventually(
            lambda: not self.rows("SELECT id FROM computes WHERE lease_token IS NOT NULL"),
            "every claim is given back",
        )
        if state is None:
            # What is already in the engine's trash goes with its next look at all machines.
            eventually(lambda: not self.traces(machine), f"no trace is left of {machine}")
        elif state == "Stopped":
            assert self.processes(machine) == []
        else:
            assert len(self.agents(machine)) == 1
            (generation,) = self.rows(f"SELECT generation FROM computes WHERE id = '{machine}'")[0]
            assert self.agents(machine)[0].generation == generation
        known = {row[0] for row in self.rows("SELECT id FROM computes")}
        eventually(
            lambda: {path.name for path in (self.home / "machines").glob("*ci-*")} <= known,
            "no folder without a row",
        )
