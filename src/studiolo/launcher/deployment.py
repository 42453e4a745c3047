"""One deployment brought up and taken down, for `studiolo up` and `studiolo demo`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from studiolo.client.http import Http
from studiolo.client.local import Local
from studiolo.client.studiolo import Studiolo
from studiolo.client.transport import http_client
from studiolo.launcher.checks import check_disk, check_folders
from studiolo.launcher.children import ControlPlane, Gateway
from studiolo.launcher.images import PrepareProgress, prepare
from studiolo.launcher.supervisor import Supervisor
from studiolo.serving import only_one
from studiolo.settings import Settings

GROUP = "studiolo"
WORKSPACE = "main"
"""What a new deployment starts with, and the command line's defaults."""


@dataclass
class Running:
    """A deployment that answers.

    :param root: PEM file of its own CA; None with a certificate of its own.
    """

    settings: Settings
    gateway: Gateway
    control_plane: ControlPlane

    @property
    def local(self) -> Local:
        """The socket that only this user can open."""
        return Local(self.settings.local_socket)

    def api(self) -> Studiolo:
        """A client through the gateway, as the first administrator, good for an hour."""
        granted = self.local.access_token()
        root = self.gateway.caddy.config.root_certificate
        client = http_client(self.settings.https_origin, root=root)
        return Studiolo(Http(client, granted.token), granted.subscription)

    def ensure_workspace(self) -> None:
        """Make the resource group and workspace that a new deployment starts with."""
        api = self.api()
        if any(True for _ in api.workspaces()):
            return
        location = self.settings.location
        api.ensure_group(GROUP, location)
        api.put_workspace(GROUP, WORKSPACE, {"location": location, "properties": {}})

    async def supervise(self, stop: asyncio.Event, tell: Callable[[str], None]) -> None:
        """Start whoever dies again, until `stop` is set."""
        await Supervisor([self.gateway, self.control_plane], tell).watch(stop)


@contextlib.asynccontextmanager
async def deployment(
    settings: Settings, tell: Callable[[str], None], progress: PrepareProgress
) -> AsyncIterator[Running]:
    """Bring a deployment up for the block, and end the gateway and control plane after it.

    Machines are neither started nor stopped by this. The gateway comes first, so that a port in use
    is told before the minutes that preparing images may take.

    :raises CannotStart: something on this machine has to be changed first.
    :raises ChildError: the gateway or the control plane does not start.
    :raises AlreadyServed: another launcher looks after this deployment.
    """
    check_folders(settings)
    check_disk(settings)
    with only_one(settings.run / "launcher.pid", "Studiolo"):
        gateway, control_plane = Gateway(settings), ControlPlane(settings)
        try:
            await gateway.start()
            tell("Gateway ready.")
            await prepare(settings, progress)
            await control_plane.start()
            tell("Control plane ready.")
            yield Running(settings, gateway, control_plane)
        finally:
            await control_plane.end()
            await gateway.end()
