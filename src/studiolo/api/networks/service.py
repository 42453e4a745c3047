"""The life of virtual networks, inside one unit of work that the caller commits.

A virtual network is rows alone: a subnet's bridge is made when the first machine starts in it, and
removed after its row.
"""

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from studiolo.api.networks.schemas import (
    MOST_SUBNETS,
    NetworkDraft,
    SubnetBody,
    SubnetDraft,
    check_network_name,
    subnet_draft,
)
from studiolo.api.subscriptions.records import accepted, changed_by, created_by, new_etag
from studiolo.api.workspaces.service import Named, Precondition, Writer, find_group
from studiolo.domain.errors import Conflict, NotFound
from studiolo.domain.networks import Subnet, VirtualNetwork, require_apart, subnet_prefix
from studiolo.faults import point
from studiolo.store.transaction import Transaction

_PROVIDER = "Microsoft.Network/virtualNetworks"

READ = f"{_PROVIDER}/read"
WRITE = f"{_PROVIDER}/write"
DELETE = f"{_PROVIDER}/delete"
SUBNET_READ = f"{_PROVIDER}/subnets/read"
SUBNET_WRITE = f"{_PROVIDER}/subnets/write"
SUBNET_DELETE = f"{_PROVIDER}/subnets/delete"
JOIN = f"{_PROVIDER}/subnets/join/action"


@dataclass(frozen=True, slots=True)
class Writing:
    """One write of a virtual network.

    :param occupied: prefixes of each region's own networks, which engines told before.
    """

    tx: Transaction
    place: Named
    writer: Writer
    check: Precondition
    occupied: Mapping[str, Sequence[str]] = field(default_factory=dict)

    async def put(self, draft: NetworkDraft) -> tuple[VirtualNetwork, bool]:
        """Create or replace; returns the network and whether it is new.

        :raises InvalidInput: its addresses are not free, or its name breaks Azure's rule.
        :raises NotFound: its resource group is not there.
        :raises Conflict: a subnet that would go or move is in use.
        """
        await self.tx.networks.alone()
        stored = await self._stored()
        self.check(stored.etag if stored else None)
        if stored is None:
            network = await self._create(draft)
        else:
            network = await self._replace(stored, draft)
        await self._log(WRITE, network.arm_id)
        point("api.network.before_commit")
        return network, stored is None

    async def put_subnet(self, name: str, body: SubnetBody) -> tuple[VirtualNetwork, Subnet, bool]:
        """Create or replace one subnet; returns whether it is new.

        :raises InvalidInput: the body is not acceptable, or its addresses are not free.
        :raises NotFound: there is no such virtual network.
        """
        await self.tx.networks.alone()
        stored = await find_network(self.tx, self.place)
        draft = subnet_draft(body, name, stored.prefixes)
        before = stored.subnet(draft.name)
        self.check(before.etag if before else None)
        others = [each for each in stored.subnets if each is not before]
        wanted = [*(SubnetDraft(each.name, each.prefix) for each in others), draft]
        network = await self._save(stored, replace(stored, subnets=self._subnets(stored, wanted)))
        made = network.subnet(draft.name)
        if made is None:
            raise TypeError("a subnet that was just stored is missing")
        await self._log(SUBNET_WRITE, network.subnet_id(made))
        return network, made, before is None

    async def delete(self) -> VirtualNetwork | None:
        """Remove the network with its subnets; None if there is none.

        :raises Conflict: `InUseSubnetCannotBeDeleted`.
        """
        await self.tx.networks.alone()
        stored = await self._stored()
        self.check(stored.etag if stored else None)
        if stored is None:
            return None
        await require_unused(self.tx, stored, stored.subnets)
        await self.tx.networks.remove(stored.id)
        await self._log(DELETE, stored.arm_id)
        return stored

    async def delete_subnet(self, name: str) -> Subnet | None:
        """Remove one subnet; None if there is none.

        :raises NotFound: there is no such virtual network.
        :raises Conflict: `InUseSubnetCannotBeDeleted`.
        """
        await self.tx.networks.alone()
        stored = await find_network(self.tx, self.place)
        gone = stored.subnet(name)
        self.check(gone.etag if gone else None)
        if gone is None:
            return None
        left = tuple(each for each in stored.subnets if each is not gone)
        await self._save(stored, replace(stored, subnets=left))
        await self._log(SUBNET_DELETE, stored.subnet_id(gone))
        return gone

    async def retag(self, tags: dict[str, str]) -> VirtualNetwork:
        """Replace the tags.

        :raises NotFound: there is no such virtual network.
        """
        stored = await find_network(self.tx, self.place)
        self.check(stored.etag)
        network = await self._save(stored, replace(stored, tags=tags))
        await self._log(WRITE, network.arm_id)
        return network

    # --- how ----------------------------------------------------------------------------------

    async def _stored(self) -> VirtualNetwork | None:
        place = self.place
        return await self.tx.networks.get(place.subscription, place.group, place.name)

    async def _create(self, draft: NetworkDraft) -> VirtualNetwork:
        check_network_name(self.place.name)
        group = await find_group(self.tx, self.place.subscription, self.place.group)
        # As a new workspace does: this keeps a delete of the group out, or fails after one.
        held = await self.tx.groups.save(group, if_etag=group.etag)
        if not held or await self.tx.operations.open_for(group.id):
            raise Conflict(
                f"Resource group '{group.name}' is being deleted or changed. Wait for its end, "
                "then try again.",
                code="ResourceGroupBeingDeleted",
                target=group.name,
            )
        empty = VirtualNetwork(
            id=str(uuid.uuid4()),
            subscription=group.subscription,
            resource_group=group.name,
            name=self.place.name,
            location=draft.location,
            tags=draft.tags,
            prefixes=draft.prefixes,
            etag=new_etag(),
            stamp=created_by(self.writer.caller, self.writer.now),
        )
        network = replace(empty, subnets=self._subnets(empty, draft.subnets or ()))
        await self._require_apart(network)
        await self.tx.networks.add(network)
        return network

    async def _replace(self, stored: VirtualNetwork, draft: NetworkDraft) -> VirtualNetwork:
        if draft.location != stored.location:
            raise Conflict(
                f"Virtual network '{stored.name}' is in '{stored.location}' and cannot move to "
                f"'{draft.location}'. Delete it first, or give it another name.",
                code="InvalidResourceLocation",
                target="location",
            )
        subnets = draft.subnets
        if subnets is None:
            subnets = tuple(SubnetDraft(each.name, each.prefix) for each in stored.subnets)
        wanted = replace(
            stored,
            tags=draft.tags,
            prefixes=draft.prefixes,
            subnets=self._subnets(stored, subnets),
        )
        return await self._save(stored, wanted)

    def _subnets(
        self, network: VirtualNetwork, wanted: Iterable[SubnetDraft]
    ) -> tuple[Subnet, ...]:
        """Stored subnets, by name; one with other addresses is another one, with its own bridge."""
        made = []
        for draft in wanted:
            before = network.subnet(draft.name)
            if before is None or before.prefix != draft.prefix:
                name = before.name if before else draft.name
                before = Subnet(
                    id=f"sn{secrets.token_hex(6)}",
                    network=network.id,
                    name=name,
                    location=network.location,
                    prefix=draft.prefix,
                    etag=new_etag(),
                )
            made.append(before)
        return tuple(sorted(made, key=lambda each: each.name.lower()))

    async def _save(self, stored: VirtualNetwork, wanted: VirtualNetwork) -> VirtualNetwork:
        if wanted == stored:
            return stored
        await self._require_apart(wanted)
        kept = {each.id for each in wanted.subnets}
        await require_unused(
            self.tx, stored, [each for each in stored.subnets if each.id not in kept]
        )
        stamp = changed_by(stored.stamp, self.writer.caller, self.writer.now)
        written = replace(wanted, etag=new_etag(), stamp=stamp)
        if not await self.tx.networks.save(written, if_etag=stored.etag):
            raise Conflict(
                f"Virtual network '{stored.name}' was changed at the same moment. Read it again "
                "and repeat your change.",
                target=stored.name,
            )
        return written

    async def _require_apart(self, network: VirtualNetwork) -> None:
        """Refuse subnets outside the address space, and those that overlap each other, another of
        the region, or the region's own.
        """
        if len(network.subnets) > MOST_SUBNETS:
            raise Conflict(
                f"Virtual network '{network.name}' would have more than {MOST_SUBNETS} subnets.",
                code="SubnetCountLimitReached",
                target="subnets",
            )
        everywhere = await self.tx.networks.subnets_in(network.location)
        others = [each.prefix for each in everywhere if each.network != network.id]
        for number, subnet in enumerate(network.subnets):
            before = [each.prefix for each in network.subnets[:number]]
            target = f"subnets/{subnet.name}"
            subnet_prefix(subnet.prefix, network.prefixes, target)
            require_apart(subnet.prefix, before, "another subnet of this network", target)
            require_apart(subnet.prefix, others, "a subnet of this region", target)
            if all(subnet.id != each.id for each in everywhere):
                hosts = self.occupied.get(network.location, ())
                require_apart(subnet.prefix, hosts, "a network of the region's hosts", target)

    async def _log(self, action: str, scope: str) -> None:
        writer = self.writer
        line = accepted(writer.caller, writer.now, action, scope, writer.correlation, "Succeeded")
        await self.tx.activity.add(line)


async def find_network(tx: Transaction, place: Named) -> VirtualNetwork:
    """The virtual network.

    :raises NotFound: `ResourceNotFound`, or `ResourceGroupNotFound` where not even that is there.
    """
    network = await tx.networks.get(place.subscription, place.group, place.name)
    if network is None:
        await find_group(tx, place.subscription, place.group)
        raise NotFound(
            f"The Resource '{_PROVIDER}/{place.name[:80]}' under resource group "
            f"'{place.group[:90]}' was not found.",
        )
    return network


def subnet_of(network: VirtualNetwork, name: str) -> Subnet:
    """One of a network's subnets.

    :raises NotFound: there is none of that name.
    """
    subnet = network.subnet(name)
    if subnet is None:
        raise NotFound(
            f"The subnet '{name[:80]}' was not found in virtual network '{network.name}'.",
            target=name[:80],
        )
    return subnet


async def require_unused(
    tx: Transaction, network: VirtualNetwork, subnets: Sequence[Subnet]
) -> None:
    """Refuse to remove subnets that compute instances are in.

    :raises Conflict: `InUseSubnetCannotBeDeleted`.
    """
    used = await tx.networks.used([each.id for each in subnets])
    for subnet in subnets:
        if subnet.id in used:
            raise Conflict(
                f"Subnet '{subnet.name}' of '{network.name}' is in use by the compute instance "
                f"'{used[subnet.id]}' and can neither be deleted nor get other addresses. Delete "
                "the instances in it first.",
                code="InUseSubnetCannotBeDeleted",
                target=subnet.name,
            )
