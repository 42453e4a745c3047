"""What the gateway asks before it lets a request through to an instance.

Implements :class:`studiolo.gateway.backend.GateBackend` over the store, identity and the engines.
The gate remembers answers for two seconds at most, so nothing is remembered here.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.api.identity.callers import permitted, token_caller
from studiolo.api.identity.instances import owner_name
from studiolo.api.identity.service import IdentityService
from studiolo.api.identity.sessions import find_session, redeem_ticket
from studiolo.api.services import Services
from studiolo.domain.access import OPEN_APPLICATION
from studiolo.domain.applications import Application
from studiolo.domain.machine import Endpoint
from studiolo.domain.resources import Compute
from studiolo.engines.agent_client import AgentError, AgentUnreachable
from studiolo.engines.base import EngineError
from studiolo.gateway.backend import (
    Failed,
    GateInstance,
    GateSession,
    Grant,
    Machine,
    Starting,
    Upstream,
)
from studiolo.store.transaction import Transaction

_RETRY_SECONDS = 2


class Gatekeeper:
    """Answers the gate from what the API knows."""

    def __init__(self, services: Services, identity: IdentityService) -> None:
        self._services = services
        self._identity = identity

    async def instance_by_host(self, label: str) -> GateInstance | None:
        """The instance whose host's first label is `label`; None if there is none."""
        async with self._services.database.reading() as tx:
            compute = await tx.computes.by_host(label)
            if compute is None:
                return None
            allowed = await _allowed(tx, compute)
            owner = await owner_name(tx, compute)
        return GateInstance(
            id=compute.id,
            name=compute.name,
            owner=owner,
            allowed=allowed,
            state=compute.state,
            reason=compute.errors[0].message if compute.errors else None,
            machine=await machine_of(self._services, compute),
        )

    async def session(self, cookie: str) -> GateSession | None:
        """The live session of an instance host's cookie."""
        live = await find_session(self._identity, cookie, at_instance=True)
        if live is None or live.session.instance is None:
            return None
        return GateSession(live.principal.id, live.session.instance)

    async def bearer(self, token: str) -> str | None:
        """Id of the principal whose access or personal token this is."""
        caller = await token_caller(self._identity, token)
        return caller.principal.id if caller else None

    async def redeem_ticket(self, ticket: str, label: str) -> Grant | None:
        """Spend a ticket on the host `label` and open a session there."""
        async with self._services.database.reading() as tx:
            compute = await tx.computes.by_host(label)
        if compute is None:
            return None
        opened = await redeem_ticket(self._identity, ticket, compute.id)
        if opened is None:
            return None
        token, lifetime = opened
        return Grant(token, max(1, int(lifetime.total_seconds())))

    async def open_application(
        self,
        instance_id: str,
        application: Application,
        wait: float,
        terminal: str | None = None,
    ) -> Upstream | Starting | Failed:
        """Make sure the application runs, waiting up to `wait` seconds for it."""
        endpoint = await self._endpoint(instance_id)
        if endpoint is None:
            return Starting(_RETRY_SECONDS)
        try:
            reply = await self._services.agents.ensure_application(
                endpoint, application.name, wait=wait, terminal=terminal
            )
        except AgentUnreachable:
            # The reconciler starts a dead agent again.
            return Starting(_RETRY_SECONDS)
        except AgentError as error:
            return Failed(str(error))
        return _reached(application, reply)

    async def _endpoint(self, instance_id: str) -> Endpoint | None:
        async with self._services.database.reading() as tx:
            compute = await tx.computes.by_id(instance_id)
        if compute is None:
            return None
        try:
            return await self._services.endpoints.of(compute)
        except EngineError:
            return None


async def machine_of(services: Services, compute: Compute) -> Machine:
    """Where the applications of an instance may listen: where its agent does, and nowhere else."""
    sockets = str(services.settings.run / "m" / compute.id)
    try:
        endpoint = await services.endpoints.of(compute)
    except EngineError:
        return Machine(sockets=sockets, lost=True)
    if endpoint is None or endpoint.address.startswith("unix/"):
        return Machine(sockets=sockets)
    return Machine(address=endpoint.address.rpartition(":")[0].strip("[]"))


async def _allowed(tx: Transaction, compute: Compute) -> frozenset[str]:
    """Creator and assigned user, as far as they are enabled and still have the right."""
    people = await tx.principals.by_ids([compute.owner_id, compute.assigned_id])
    return frozenset(
        [
            person.id
            for person in people
            if not person.disabled and await permitted(tx, person, OPEN_APPLICATION, compute.arm_id)
        ]
    )


def _reached(application: Application, reply: Mapping[str, Any]) -> Upstream | Starting | Failed:
    upstream = reply.get("upstream")
    if reply.get("state") != "Running":
        failing = reply.get("state") == "Failing"
        error = reply.get("lastError")
        if not failing or not error:
            return Starting(_RETRY_SECONDS)
        return Failed(f"{application.display_name} cannot start. {str(error)[:500]}")
    if not isinstance(upstream, str) or not upstream:
        return Failed(f"The machine's agent gave no address for {application.display_name}.")
    headers = reply.get("headers")
    value = headers.get("Authorization") if isinstance(headers, Mapping) else None
    return Upstream(upstream, value if isinstance(value, str) else None)
