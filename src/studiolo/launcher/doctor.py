"""`studiolo doctor`: tries what a person would, from outside where that is possible.

Each finding is one line: what was tried, how it went, and, where it went badly, what to do.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from websockets.exceptions import WebSocketException

from studiolo.client.compute_view import from_resource, origin_of
from studiolo.client.errors import ClientError
from studiolo.client.http import Http
from studiolo.client.jupyter import Jupyter, open_websocket
from studiolo.client.local import Local
from studiolo.client.profile import Profile
from studiolo.client.studiolo import Studiolo
from studiolo.client.transport import http_client
from studiolo.echo import PATH as ECHO
from studiolo.launcher import ownership
from studiolo.launcher.children import gateway_config
from studiolo.settings import Settings

_SKEW_SECONDS = 30
"""Tokens and tickets bear this much and more; browsers' clocks should too."""

_LOW_GIB = 5
_LOWEST_GIB = 1


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line.

    :param fix: what to do, in one line; empty where nothing is wrong.
    """

    level: Level
    what: str
    message: str
    fix: str = ""


Check = Callable[[], Iterator[Finding]]

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def examine(settings: Settings, profile: Profile, console: Console) -> int:
    """Print every finding; 1 if something failed, else 0."""
    failed = False
    for finding in findings(settings, profile):
        failed = failed or finding.level is Level.FAIL
        console.print(f"{finding.level:<5}", style=_STYLES[finding.level], end="")
        console.print(f"{finding.what}: {finding.message}", markup=False, soft_wrap=True)
        if finding.fix:
            console.print(f"     Fix: {finding.fix}", markup=False, soft_wrap=True)
    return 1 if failed else 0


def findings(settings: Settings, profile: Profile) -> Iterator[Finding]:
    """Everything that is tried, in order. A part that cannot be tried is a finding itself."""
    examination = _Examination(settings, profile)
    checks: dict[str, Check] = {
        "control plane": examination.control_plane,
        "gateway over https": examination.https,
        "gateway over http": examination.http,
        "WebSocket": examination.echo,
        "database": examination.database,
        "engine": examination.engine,
        "clock": examination.clock,
        "file share": examination.share,
        "owner of file shares": examination.share_owner,
        "disk": examination.disk,
        "compute instance": examination.instance,
    }
    for what, check in checks.items():
        try:
            yield from check()
        except (ClientError, httpx.HTTPError, OSError, WebSocketException) as error:
            yield Finding(Level.FAIL, what, str(error), _FIXES.get(what, _LOGS))


_LOGS = "see the logs below the deployment's folder, and restart 'studiolo up'."

_FIXES = {
    "control plane": "start it with 'studiolo up'.",
    "gateway over https": "start it with 'studiolo up'; if it runs, see logs/gateway.log.",
    "gateway over http": "start it with 'studiolo up'; if it runs, see logs/gateway.log.",
    "WebSocket": "let proxies and firewalls between here and the gateway pass WebSockets.",
    "file share": "make the folder writable for the user that Studiolo runs as.",
    "compute instance": "restart the instance with 'studiolo compute restart', and see its logs.",
}


class _Examination:
    """The checks, and what they share."""

    def __init__(self, settings: Settings, profile: Profile) -> None:
        self._settings = settings
        self._profile = profile
        self._root = gateway_config(settings).root_certificate
        self._local = Local(settings.local_socket)
        self._health: dict[str, Any] | None = None

    def _known(self) -> dict[str, Any]:
        if self._health is None:
            self._health = self._local.health()
        return self._health

    def control_plane(self) -> Iterator[Finding]:
        began = time.monotonic()
        self._local.ping()
        milliseconds = (time.monotonic() - began) * 1000
        yield Finding(Level.OK, "control plane", f"answers in {milliseconds:.0f} ms")

    def https(self) -> Iterator[Finding]:
        yield self._get("gateway over https", self._settings.https_origin)

    def http(self) -> Iterator[Finding]:
        if self._settings.browser_origin == self._settings.https_origin:
            yield Finding(Level.OK, "gateway over http", "turned off")
            return
        yield self._get("gateway over http", self._settings.browser_origin)

    def _get(self, what: str, origin: str) -> Finding:
        with http_client(origin, root=self._root, timeout=10) as client:
            response = client.get("/metadata/endpoints", params={"api-version": "2022-09-01"})
        if response.is_error:
            message = f"{origin} answered {response.status_code}"
            return Finding(Level.FAIL, what, message, _FIXES[what])
        return Finding(Level.OK, what, f"{origin} answers")

    def echo(self) -> Iterator[Finding]:
        """A message to the control plane and back, through the gateway."""
        with open_websocket(self._settings.https_origin + ECHO, "", self._root) as socket:
            socket.send("studiolo")
            heard = socket.recv(timeout=10)
        if heard != "studiolo":
            message = "the gateway changed a message on its way"
            yield Finding(Level.FAIL, "WebSocket", message, _FIXES["WebSocket"])
            return
        yield Finding(Level.OK, "WebSocket", "a message went through the gateway and back")

    def database(self) -> Iterator[Finding]:
        database = self._known()["database"]
        if database["migrated"]:
            yield Finding(Level.OK, "database", f"{database['kind']}, migrations are current")
        else:
            fix = "restart 'studiolo up', which migrates."
            yield Finding(Level.FAIL, "database", "migrations are missing", fix)

    def engine(self) -> Iterator[Finding]:
        for location, engine in self._known()["engines"].items():
            what = f"engine of region {location}"
            if not engine["ok"]:
                yield Finding(Level.FAIL, what, engine["message"], _LOGS)
                continue
            yield Finding(Level.OK, what, engine["message"])
            for limit in engine["limitations"]:
                fix = "no error: docs/engines.md says what each engine isolates."
                yield Finding(Level.WARN, what, limit, fix)

    def clock(self) -> Iterator[Finding]:
        """How far apart the clocks are that tokens and leases are measured by."""
        now = time.time()
        known = self._local.health()
        clocks = {"the control plane": known["now"], "the database": known["database"]["now"]}
        with http_client(self._settings.https_origin, root=self._root, timeout=10) as client:
            date = client.get("/metadata/endpoints").headers.get("Date")
        if date:
            clocks["the gateway"] = parsedate_to_datetime(date).timestamp()
        worst, skew = max(
            ((name, abs(theirs - now)) for name, theirs in clocks.items()), key=lambda one: one[1]
        )
        # Two of the clocks tell whole seconds only.
        if skew > _SKEW_SECONDS:
            fix = "synchronise the clocks, for example with systemd-timesyncd."
            yield Finding(Level.FAIL, "clock", f"{worst} is {skew:.0f} s off", fix)
        else:
            yield Finding(Level.OK, "clock", "control plane, gateway and database agree")

    def share(self) -> Iterator[Finding]:
        folder = self._settings.shares
        if not folder.is_dir():
            message = "there is none yet; the first instance of a workspace makes it"
            yield Finding(Level.OK, "file share", message)
            return
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"studiolo")
            file.flush()
            if Path(file.name).read_bytes() != b"studiolo":
                yield Finding(Level.FAIL, "file share", f"{folder} lost data", _FIXES["file share"])
                return
        yield Finding(Level.OK, "file share", f"{folder} can be written")

    def share_owner(self) -> Iterator[Finding]:
        """Whether machines with walls and this host write the share's files as one user."""
        for region in self._settings.every_region:
            if region.engine == "incus":
                what = f"owner of file shares in region {region.name}"
                problem = ownership.problem(region)
                if problem is None:
                    message = f"this host and its machines write as user {region.share_owner}"
                    yield Finding(Level.OK, what, message)
                else:
                    yield Finding(Level.FAIL, what, *problem)

    def disk(self) -> Iterator[Finding]:
        free = shutil.disk_usage(self._settings.home).free / 1024**3
        message = f"{free:.1f} GiB free below {self._settings.home}"
        fix = "free some space, or move the deployment to a larger disk."
        if free < _LOWEST_GIB:
            yield Finding(Level.FAIL, "disk", message, fix)
        elif free < _LOW_GIB:
            yield Finding(Level.WARN, "disk", message, fix)
        else:
            yield Finding(Level.OK, "disk", message)

    def instance(self) -> Iterator[Finding]:
        """A terminal on a running instance of the caller's, through the gateway."""
        what = "compute instance"
        granted = self._local.access_token()
        api = Studiolo(
            Http(http_client(self._settings.https_origin, root=self._root), granted.token),
            granted.subscription,
        )
        origin = self._running(api, granted.user)
        if origin is None:
            message = "none of yours runs; WebSockets were tried on the control plane only"
            yield Finding(Level.OK, what, message)
            return
        jupyter = Jupyter(origin, granted.token, self._root)
        jupyter.wait_ready()
        if jupyter.terminal_says("echo doctor-$((20+3))", "doctor-23"):
            yield Finding(Level.OK, what, f"a terminal at {origin} answers")
        else:
            yield Finding(Level.FAIL, what, f"a terminal at {origin} is silent", _FIXES[what])

    def _running(self, api: Studiolo, user: str) -> str | None:
        """Origin of a running instance that the user may open."""
        for workspace in api.workspaces():
            group, name = str(workspace["id"]).split("/")[4], str(workspace["name"])
            for compute in api.computes(group, name).all():
                shown = from_resource(compute)
                created_by = (compute["properties"]["properties"].get("createdBy") or {}).get(
                    "userName"
                )
                if shown.get("state") == "Running" and created_by == user:
                    return origin_of(compute)
        return None
