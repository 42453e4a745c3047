"""The API with every ARM router, and the reconciler's part in deletes done by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from studiolo.api.computes.routers import router as computes
from studiolo.api.deployments.endpoints import router as deployments
from studiolo.api.discovery.endpoints import router as discovery
from studiolo.api.groups.endpoints import router as groups
from studiolo.api.groups.resources import router as resources
from studiolo.api.locations.endpoints import router as locations
from studiolo.api.networks.endpoints import router as networks
from studiolo.api.operations.endpoints import router as operations
from studiolo.api.subscriptions.endpoints import router as subscriptions
from studiolo.api.workspaces.endpoints import router as workspaces
from studiolo.domain.states import Event
from studiolo.reconciler.groups import Groups
from studiolo.reconciler.workspaces import Workspaces
from tests.support.api import Api, open_api

ROUTERS = (
    discovery,
    subscriptions,
    groups,
    resources,
    workspaces,
    networks,
    deployments,
    computes,
    operations,
    locations,
)

GROUP = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg1"
PROVIDER = "providers/Microsoft.MachineLearningServices/workspaces"
RESOURCES_VERSION = "2022-09-01"


@asynccontextmanager
async def open_arm(home: Path, url: str | None = None) -> AsyncIterator[Api]:
    """The application with all of ARM's routers, over SQLite unless `url` names a database."""
    api = await open_api(home, url, routers=ROUTERS)
    try:
        yield api
    finally:
        await api.services.database.close()


async def settle(api: Api) -> None:
    """What the reconciler does until nothing is left to do: computes, workspaces, groups."""
    database, clock = api.services.database, api.services.clock
    workspaces = Workspaces(database, clock=clock, shares=None)
    groups = Groups(database, clock=clock)
    for _ in range(10):
        changed = await groups.round() + await workspaces.round()
        async with database.reading() as tx:
            leaving = [
                compute.name
                for workspace in await tx.workspaces.being_deleted()
                for compute in await tx.computes.in_workspace(workspace.id)
            ]
        for name in leaving:
            await api.move(name, Event.GONE)
        if not changed and not leaving:
            return
    raise AssertionError("the deletes do not come to an end")
