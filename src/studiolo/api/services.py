"""What the API's routes are built on; made once by the composition root, kept on the app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fastapi import Request

from studiolo.api.computes.watching import Watchers
from studiolo.api.endpoints import Endpoints
from studiolo.api.images import LatestImages
from studiolo.clock import Clock
from studiolo.domain.regions import Region
from studiolo.domain.resources import Principal
from studiolo.domain.sizes import Catalogue
from studiolo.engines.agent_client import AgentClient
from studiolo.engines.base import Engine
from studiolo.settings import Settings
from studiolo.store.database import Database


class Doorkeeper(Protocol):
    """Who is calling, and what they may do."""

    async def authenticate(self, request: Request) -> Principal:
        """The caller, by bearer token or session.

        :raises Unauthenticated: nobody, or nobody we know.
        """

    async def recheck(self, request: Request) -> Principal:
        """The caller of a request that goes on, as :meth:`authenticate`; it counts as no use."""

    async def may(self, principal: Principal, action: str, scope: str) -> bool:
        """Whether the principal may do an ARM action at a scope."""

    async def concerned(self, principal: Principal, scope: str) -> bool:
        """Whether the principal holds any role at, above or below a scope."""

    async def scopes(self, principal: Principal, action: str) -> tuple[str, ...]:
        """The outermost scopes at which the principal may do an ARM action; folded."""

    async def authorize(self, principal: Principal, action: str, scope: str) -> None:
        """Refuse what :meth:`may` does not allow.

        :raises Forbidden: the message names the action, the scope and whom to ask.
        """


@dataclass(frozen=True, slots=True)
class Deployment:
    """Ids made once per deployment; UUIDs in lower case."""

    id: str
    tenant: str
    subscription: str


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a route may need.

    :param engines: one per region, by location.
    :param regions: what each of them gives, likewise.
    :param catalogue: every size there is; what a region can give of them, it says itself.
    :param hint: wakes the reconciler; only saves time, so it may be lost.
    :param agents: speaks to the agents inside machines.
    :param endpoints: knows where they are.
    :param images: knows the newest image of every region.
    :param watchers: tell of changes of instances, as they happen.
    """

    settings: Settings
    database: Database
    clock: Clock
    deployment: Deployment
    identity: Doorkeeper
    engines: Mapping[str, Engine]
    regions: Mapping[str, Region]
    catalogue: Catalogue
    hint: Callable[[], None]
    agents: AgentClient
    endpoints: Endpoints
    images: LatestImages
    watchers: Watchers
