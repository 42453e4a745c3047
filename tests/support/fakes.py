"""What the API's routes are built on, over machines that are not there."""

from functools import cache

from studiolo.api.catalogue import load_catalogue
from studiolo.api.computes.watching import Watchers
from studiolo.api.endpoints import Endpoints
from studiolo.api.identity.callers import Doorman
from studiolo.api.identity.service import IdentityService
from studiolo.api.images import LatestImages
from studiolo.api.services import Services
from studiolo.domain.regions import Region
from studiolo.domain.resources import Workspace
from studiolo.engines.agent_client import AgentClient
from studiolo.engines.fake import FakeEngine
from studiolo.identity.signing import new_signing_keys
from studiolo.store.database import Database
from tests.support.values import a_group, a_workspace

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
TENANT = "11111111-1111-1111-1111-111111111111"


def services_over(identity: IdentityService, hints: list[int]) -> Services:
    """Real parts but for the machines of the one region, which are fake.

    :param hints: gets an item whenever the reconciler would be woken.
    """
    deployment, clock, settings = identity.deployment, identity.clock, identity.settings
    engines = {"local": FakeEngine(deployment.id, clock=clock)}
    catalogue = load_catalogue(identity.settings.home)
    return Services(
        settings=identity.settings,
        database=identity.database,
        clock=clock,
        deployment=deployment,
        identity=Doorman(identity),
        engines=engines,
        regions={"local": Region("local", catalogue, settings.total_vcpus, settings.family_vcpus)},
        catalogue=catalogue,
        hint=lambda: hints.append(1),
        agents=AgentClient(),
        endpoints=Endpoints(engines),
        images=LatestImages(engines, clock),
        watchers=Watchers(identity.database),
    )


async def open_team(database: Database) -> Workspace:
    """A workspace `ws1` in a new group `rg1`, and signing keys that cost no time to make."""
    workspace = a_workspace(
        subscription=SUBSCRIPTION, resource_group="rg1", name="ws1", location="local"
    )
    async with database.transaction() as tx:
        await tx.facts.set_once("signing_keys", _keys())
        await tx.groups.add(a_group(subscription=SUBSCRIPTION, name="rg1"))
        await tx.workspaces.add(workspace)
    return workspace


@cache
def _keys() -> str:
    return new_signing_keys()
