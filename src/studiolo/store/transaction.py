"""One unit of work, with a repository for each aggregate."""

from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.store.activity import ActivityLog
from studiolo.store.computes import Computes
from studiolo.store.credentials import Credentials
from studiolo.store.deployments import Deployments
from studiolo.store.facts import Facts
from studiolo.store.groups import Groups
from studiolo.store.identity import Principals
from studiolo.store.leases import Leases
from studiolo.store.networks import VirtualNetworks
from studiolo.store.operations import Operations
from studiolo.store.quota import Quota
from studiolo.store.roles import Roles
from studiolo.store.workspaces import Workspaces


class Transaction:
    """Repositories that share one database session."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    @cached_property
    def computes(self) -> Computes:
        """Compute instances."""
        return Computes(self.session)

    @cached_property
    def leases(self) -> Leases:
        """The reconciler's claims on compute instances."""
        return Leases(self.session)

    @cached_property
    def operations(self) -> Operations:
        """Long-running operations."""
        return Operations(self.session)

    @cached_property
    def quota(self) -> Quota:
        """Quota limits, use and holders."""
        return Quota(self.session)

    @cached_property
    def workspaces(self) -> Workspaces:
        """Workspaces."""
        return Workspaces(self.session)

    @cached_property
    def groups(self) -> Groups:
        """Resource groups."""
        return Groups(self.session)

    @cached_property
    def networks(self) -> VirtualNetworks:
        """Virtual networks and their subnets."""
        return VirtualNetworks(self.session)

    @cached_property
    def deployments(self) -> Deployments:
        """ARM template deployments."""
        return Deployments(self.session)

    @cached_property
    def activity(self) -> ActivityLog:
        """The append-only activity log."""
        return ActivityLog(self.session)

    @cached_property
    def facts(self) -> Facts:
        """Facts of the deployment."""
        return Facts(self.session)

    @cached_property
    def principals(self) -> Principals:
        """People and service principals."""
        return Principals(self.session)

    @cached_property
    def credentials(self) -> Credentials:
        """Passwords, secrets, sessions, tokens, links."""
        return Credentials(self.session)

    @cached_property
    def roles(self) -> Roles:
        """Role assignments."""
        return Roles(self.session)
