"""Virtual networks and their subnets."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from studiolo.domain.networks import Subnet, VirtualNetwork
from studiolo.store.rows import changed, stamp_columns, stamp_of
from studiolo.store.tables.compute import ComputeRow
from studiolo.store.tables.network import SubnetRow, VirtualNetworkRow

_LOCK = 0x5B2E7
"""Key of PostgreSQL's advisory lock of whoever writes subnets or joins one."""


class VirtualNetworks:
    """Virtual networks by name, with their subnets; writes compare the ETag."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def alone(self) -> None:
        """Let nobody else write subnets, or put a compute into one, until this transaction ends.

        Overlaps, and whether a subnet is in use, are questions about rows that may not be there
        yet. SQLite has one writer anyway.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            await self._session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    async def add(self, network: VirtualNetwork) -> None:
        """Store a new virtual network with its subnets.

        :raises sqlalchemy.exc.IntegrityError: the name is taken in its resource group.
        """
        await self._session.execute(insert(VirtualNetworkRow).values(**_columns(network)))
        for subnet in network.subnets:
            await self._session.execute(insert(SubnetRow).values(**_subnet_columns(subnet)))

    async def get(self, subscription: str, group: str, name: str) -> VirtualNetwork | None:
        """Find by name."""
        named = _of_group(subscription, group).where(VirtualNetworkRow.name_folded == name.lower())
        return next(iter(await self._many(named)), None)

    async def in_group(self, subscription: str, group: str) -> list[VirtualNetwork]:
        """All networks of a resource group."""
        return await self._many(_of_group(subscription, group))

    async def page_group(
        self, subscription: str, group: str, after: str | None, limit: int
    ) -> list[VirtualNetwork]:
        """Up to `limit` networks of a group, ordered by name, after the name `after`."""
        query = _of_group(subscription, group)
        if after is not None:
            query = query.where(VirtualNetworkRow.name_folded > after.lower())
        return await self._many(query.order_by(VirtualNetworkRow.name_folded).limit(limit))

    async def page_subscription(
        self, subscription: str, after: str | None, limit: int
    ) -> list[VirtualNetwork]:
        """Up to `limit` networks of a subscription, ordered by id, after the id `after`."""
        query = select(VirtualNetworkRow).where(
            VirtualNetworkRow.subscription == subscription.lower()
        )
        if after is not None:
            query = query.where(VirtualNetworkRow.id > after)
        return await self._many(query.order_by(VirtualNetworkRow.id).limit(limit))

    async def subnets_in(self, location: str) -> list[Subnet]:
        """Every subnet of a region."""
        query = select(SubnetRow).where(SubnetRow.location == location)
        return [_subnet_of(row) for row in await self._session.scalars(query)]

    async def used(self, subnets: Sequence[str]) -> dict[str, str]:
        """Ids of those subnets that compute instances are in, each with the name of one."""
        query = select(ComputeRow.subnet, ComputeRow.name).where(ComputeRow.subnet.in_(subnets))
        return {row.subnet: row.name for row in await self._session.execute(query)}

    async def save(self, network: VirtualNetwork, *, if_etag: str) -> bool:
        """Write the network and its subnets if its ETag is still `if_etag`.

        Subnets that `network` does not have are removed.
        """
        written = await self._session.execute(
            update(VirtualNetworkRow)
            .where(VirtualNetworkRow.id == network.id, VirtualNetworkRow.etag == if_etag)
            .values(**_columns(network))
        )
        if not changed(written):
            return False
        await self._remove_subnets(network.id)
        for subnet in network.subnets:
            await self._session.execute(insert(SubnetRow).values(**_subnet_columns(subnet)))
        return True

    async def remove(self, network_id: str) -> bool:
        """Remove the network and its subnets; False if it was gone."""
        await self._remove_subnets(network_id)
        gone = await self._session.execute(
            delete(VirtualNetworkRow).where(VirtualNetworkRow.id == network_id)
        )
        return changed(gone)

    async def _remove_subnets(self, network_id: str) -> None:
        await self._session.execute(delete(SubnetRow).where(SubnetRow.network == network_id))

    async def _many(self, query: Select[Any]) -> list[VirtualNetwork]:
        rows: list[VirtualNetworkRow] = list(await self._session.scalars(query))
        inside = await self._session.scalars(
            select(SubnetRow)
            .where(SubnetRow.network.in_([row.id for row in rows]))
            .order_by(SubnetRow.name_folded)
        )
        subnets = [_subnet_of(row) for row in inside]
        return [
            _network_of(row, tuple(each for each in subnets if each.network == row.id))
            for row in rows
        ]


def _of_group(subscription: str, group: str) -> Select[Any]:
    return select(VirtualNetworkRow).where(
        VirtualNetworkRow.subscription == subscription.lower(),
        VirtualNetworkRow.group_folded == group.lower(),
    )


def _network_of(row: VirtualNetworkRow, subnets: tuple[Subnet, ...]) -> VirtualNetwork:
    return VirtualNetwork(
        id=row.id,
        subscription=row.subscription,
        resource_group=row.resource_group,
        name=row.name,
        location=row.location,
        tags=row.tags,
        prefixes=tuple(row.prefixes),
        etag=row.etag,
        stamp=stamp_of(row),
        subnets=subnets,
    )


def _columns(network: VirtualNetwork) -> dict[str, Any]:
    return {
        "id": network.id,
        "subscription": network.subscription.lower(),
        "resource_group": network.resource_group,
        "group_folded": network.resource_group.lower(),
        "name": network.name,
        "name_folded": network.name.lower(),
        "location": network.location,
        "tags": dict(network.tags),
        "prefixes": list(network.prefixes),
        "etag": network.etag,
        **stamp_columns(network.stamp),
    }


def _subnet_of(row: SubnetRow) -> Subnet:
    return Subnet(row.id, row.network, row.name, row.location, row.prefix, row.etag)


def _subnet_columns(subnet: Subnet) -> dict[str, Any]:
    return {
        "id": subnet.id,
        "network": subnet.network,
        "location": subnet.location,
        "name": subnet.name,
        "name_folded": subnet.name.lower(),
        "prefix": subnet.prefix,
        "etag": subnet.etag,
    }
