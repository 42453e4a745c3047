"""The composition root: puts the control plane together and serves it until SIGTERM.

`python -m studiolo.main` reads its settings from the environment, as everything it starts does.
"""

import asyncio
import contextlib
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog
import uvloop
from starlette.types import ASGIApp

from studiolo import echo, faults, journal
from studiolo.api import authorization
from studiolo.api.activity import endpoints as activity
from studiolo.api.app import create_app
from studiolo.api.catalogue import load_catalogue
from studiolo.api.computes import routers as computes
from studiolo.api.computes.watching import Watchers
from studiolo.api.deployments import endpoints as deployments
from studiolo.api.discovery import endpoints as discovery
from studiolo.api.endpoints import Endpoints
from studiolo.api.files import endpoints as files
from studiolo.api.gate import Gatekeeper
from studiolo.api.groups import endpoints as groups
from studiolo.api.groups import resources
from studiolo.api.identity import routers as identity_routers
from studiolo.api.identity.bootstrap import ensure_first_administrator
from studiolo.api.identity.callers import Doorman
from studiolo.api.identity.service import IdentityService
from studiolo.api.images import LatestImages
from studiolo.api.locations import endpoints as locations
from studiolo.api.networks import endpoints as networks
from studiolo.api.operations import endpoints as operations
from studiolo.api.services import Deployment, Services
from studiolo.api.streams import StreamCutter
from studiolo.api.studio import pages as studio
from studiolo.api.subscriptions import endpoints as subscriptions
from studiolo.api.workspaces import endpoints as workspaces
from studiolo.clock import utc_now
from studiolo.domain.regions import Region
from studiolo.domain.sizes import SizesError
from studiolo.engines.agent_client import AgentClient
from studiolo.engines.base import Engine
from studiolo.gateway.cache import CachedBackend
from studiolo.gateway.gate import Gate
from studiolo.gateway.gate_server import GateServer
from studiolo.gateway.streams import Revoker
from studiolo.local import local_app
from studiolo.reconciler.loop import Reconciler
from studiolo.reconciler.pace import Pace
from studiolo.reconciler.specs import Specs
from studiolo.regions import make_engines, make_regions, make_shares
from studiolo.serving import (
    CADDY_PID,
    CONTROL_PLANE_LOCK,
    AlreadyServed,
    listening,
    only_one,
    private_folder,
    serve,
)
from studiolo.settings import InvalidSettings, Settings, load_settings
from studiolo.store import migrations
from studiolo.store.database import Database

log = structlog.get_logger(__name__)

_RESERVE_SECONDS = 60.0

ROUTERS = (
    discovery.router,
    identity_routers.router,
    studio.router,
    subscriptions.router,
    groups.router,
    resources.router,
    authorization.router,
    workspaces.router,
    networks.router,
    deployments.router,
    computes.router,
    files.router,
    operations.router,
    locations.router,
    activity.router,
    echo.router,
)
"""Everything the public application answers."""


async def first_facts(database: Database) -> Deployment:
    """The deployment's ids, made at its first start."""
    async with database.transaction() as tx:
        made = [
            await tx.facts.set_once(name, str(uuid.uuid4()))
            for name in ("deployment", "tenant", "subscription")
        ]
    return Deployment(*made)


async def remove_machines(settings: Settings) -> None:
    """End and remove every machine of a deployment whose control plane does not run."""
    database = Database.open(settings.database_url.get_secret_value())
    try:
        deployment = await first_facts(database)
        for engine in make_engines(settings, deployment.id).values():
            for machine in await engine.list_owned():
                await engine.delete(machine)
            await engine.aclose()
    finally:
        await database.close()


def make_reconciler(
    settings: Settings,
    database: Database,
    engines: Mapping[str, Engine],
    deployment: Deployment,
    regions: Mapping[str, Region],
) -> Reconciler:
    """The reconciler of this control plane's regions."""
    pace = Pace(
        poll=settings.poll_seconds, resync=settings.resync_seconds, lease=settings.lease_seconds
    )
    specs = Specs(regions, deployment.id, settings.browser_origin)
    shares = make_shares(settings, regions)
    return Reconciler(database, engines, specs, pace=pace, alone=database.is_sqlite, shares=shares)


def make_services(
    settings: Settings, database: Database, identity: IdentityService
) -> tuple[Services, Reconciler]:
    """Everything a route may need, and the reconciler that acts on what routes store."""
    deployment = identity.deployment
    catalogue = load_catalogue(settings.home)
    regions = make_regions(settings, catalogue)
    engines = make_engines(settings, deployment.id)
    reconciler = make_reconciler(settings, database, engines, deployment, regions)
    services = Services(
        settings=settings,
        database=database,
        clock=utc_now,
        deployment=deployment,
        identity=Doorman(identity),
        engines=engines,
        regions=regions,
        catalogue=catalogue,
        hint=reconciler.hint,
        agents=AgentClient(),
        endpoints=Endpoints(engines),
        images=LatestImages(engines, utc_now),
        watchers=Watchers(database),
    )
    return services, reconciler


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """What answers: the API, this user's own questions, and the gateway's.

    :param end_streams: ends the answers that go on for as long as somebody listens.
    """

    public: ASGIApp
    local: ASGIApp
    gate: Gate
    end_streams: Callable[[], None]


@asynccontextmanager
async def control_plane(settings: Settings) -> AsyncIterator[ControlPlane]:
    """A control plane, with the reconciler at work."""
    database = Database.open(settings.database_url.get_secret_value())
    try:
        if database.reserve is not None:
            database.reserve.release_if_full()
        await migrations.upgrade(database)
        deployment = await first_facts(database)
        identity = await IdentityService.open(database, settings, deployment, utc_now)
        await ensure_first_administrator(identity)
        services, reconciler = make_services(settings, database, identity)
        cached = CachedBackend(Gatekeeper(services, identity))
        # What is open when a right ends is cut at once; see `gateway/streams.py`.
        cutter = StreamCutter(services, Revoker(settings.run / CADDY_PID, cached))
        identity.endings.listen(cutter.right_ended)
        identity.endings.listen(services.watchers.right_ended)
        public, gate = create_app(services, ROUTERS), Gate(cached, settings.domain)
        work = asyncio.create_task(reconciler.run(), name="reconciler")
        work.add_done_callback(_end_without_reconciler)
        reserve = asyncio.create_task(_keep_reserve(database), name="reserve")
        try:
            yield ControlPlane(public, local_app(services), gate, services.watchers.end)
        finally:
            await cutter.aclose()
            await services.watchers.aclose()
            work.cancel()
            reserve.cancel()
            await asyncio.wait([work, reserve])
            for engine in services.engines.values():
                await engine.aclose()
    finally:
        await database.close()


async def _keep_reserve(database: Database) -> None:
    """Hold some of the disk for the database, again after it was needed."""
    while database.reserve is not None:
        await asyncio.to_thread(database.reserve.hold)
        await asyncio.sleep(_RESERVE_SECONDS)


def _end_without_reconciler(work: "asyncio.Task[None]") -> None:
    """Stop serving if the reconciler died: the launcher starts a whole control plane again."""
    if not work.cancelled() and (error := work.exception()) is not None:
        log.error("the reconciler ended", exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with control_plane(settings) as plane:
        with listening(settings.gate_socket) as gate_socket:
            async with GateServer(plane.gate, gate_socket):
                regions = {each.name: each.engine for each in settings.every_region}
                log.info("the control plane is ready", home=str(settings.home), regions=regions)
                await serve(
                    {settings.control_socket: plane.public},
                    {settings.local_socket: plane.local},
                    ending=plane.end_streams,
                )
    log.info("the control plane has ended")


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Keep a second control plane off these sockets, and off this database if it is SQLite's.

    :raises AlreadyServed: there is one.
    """
    with contextlib.ExitStack() as locks:
        what = f"A control plane of {settings.home}"
        locks.enter_context(only_one(settings.run / CONTROL_PLANE_LOCK, what))
        if settings.database_url.get_secret_value().startswith("sqlite"):
            locks.enter_context(only_one(settings.home / "control-plane.lock", what))
        yield


def main() -> int:
    """Run the control plane; returns the exit code."""
    try:
        settings = load_settings()
    except InvalidSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    journal.configure(settings.log_level)
    # The folders are private already; this is for whoever moves a file out of them.
    os.umask(0o077)
    if settings.fault_point:
        faults.arm(settings.fault_point, after=settings.fault_after)
    try:
        for folder in (settings.home, settings.run):
            private_folder(folder)
        with alone(settings):
            uvloop.run(run(settings))
    except (AlreadyServed, PermissionError, SizesError, ValueError) as error:
        log.error("the control plane could not start", reason=str(error))
        return 1
    except Exception as error:
        # The launcher shows the reason to a person; the traceback is for the log.
        kind = type(error).__name__
        log.exception("the control plane could not start or go on", reason=f"{kind}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
