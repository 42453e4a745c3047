"""The networks that machines join: the region's own, and a bridge for each virtual subnet.

What a machine may reach is decided outside it, three times over. Its interface lets no other
address or MAC out than its own (`body.nic`). In the region's network, interfaces are
isolated from each other. And each bridge carries an access list of the daemon's (`acl.py`), which
lets nobody in but the host and, in a subnet, its members, and nothing of the upper half of its
addresses out. The daemon keeps these over its restarts; `firewall.py` closes what they leave open.
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from studiolo import faults
from studiolo.domain.machine import MachineSpec, VirtualSubnet
from studiolo.engines.base import Permanent, Temporary
from studiolo.engines.incus import acl
from studiolo.engines.incus.address import FIRST_SUBNET_HOSTS, Subnet
from studiolo.engines.incus.bridge import NO_SUBNETS, Bridge
from studiolo.engines.incus.client import Daemon, Missing, Refused
from studiolo.engines.incus.config import IncusConfig
from studiolo.engines.incus.firewall import Firewall
from studiolo.engines.incus.names import DEPLOYMENT, MACHINES_ONLY, network_name, owner

_CLAIMS: dict[tuple[str, str], set[str]] = {}
"""Addresses of machines that this process is making, by daemon and network."""

_LOCKS: WeakValueDictionary[tuple[object, str, str], asyncio.Lock] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Lan:
    """What a machine joins.

    :param isolated: whether its members do not reach each other.
    :param managed: whether it is the daemon's own, or a bridge that its hosts have.
    """

    name: str
    subnet: Subnet
    isolated: bool
    managed: bool = True


class MachineNetworks:
    """The networks of one deployment in a region's daemon."""

    def __init__(self, deployment: str, daemon: Daemon, region: IncusConfig) -> None:
        self._deployment = deployment
        self._daemon = daemon
        self._region = region
        self._bridge = Bridge(region.bridge, region.subnet)
        self.firewall = Firewall(region)

    async def join(self, spec: MachineSpec) -> Lan:
        """The machine's network, made or put in order if need be, before it starts.

        :raises Permanent: it cannot be had; the message says why.
        """
        if self._bridge.name:
            return Lan(self._bridge.name, self._bridge.subnet(spec), isolated=True, managed=False)
        name = spec.subnet.id if spec.subnet else self._region.network
        async with self._locked(name):
            lan = await (self._own(spec.subnet) if spec.subnet else self._regions(spec))
            if not spec.public_ip:
                await self.firewall.close(lan.subnet.inward)
        return lan

    @contextlib.asynccontextmanager
    async def address(self, lan: Lan, spec: MachineSpec) -> AsyncIterator[str]:
        """An address of the network that nobody has, kept for a machine while it is being made.

        The daemon itself lets two machines be made with one address.

        :raises Permanent: none is free.
        """
        claims = _CLAIMS.setdefault((str(self._region.daemon), lan.name), set())
        async with self._locked(lan.name):
            taken = set(await self._holders(lan)) | claims
            every = lan.subnet.candidates(spec.id, public_ip=spec.public_ip)
            address = next((each for each in every if each not in taken), None)
            if address is None:
                network = lan.subnet.gateway.network
                raise Permanent(f"No address is free for '{spec.name}' in the network {network}.")
            claims.add(address)
        try:
            yield address
        finally:
            claims.discard(address)

    async def require_alone(self, lan: Lan, address: str, machine_id: str) -> None:
        """Refuse an address that another control plane gave to another machine meanwhile.

        :raises Temporary: it did; a machine that is not marked as made is made anew.
        """
        if (await self._holders(lan)).get(address, set()) - {machine_id}:
            raise Temporary(f"Another machine took the address {address}.", delay=0.5)

    async def ensure(self, subnet: VirtualSubnet) -> None:
        """See :meth:`Networks.ensure_network`."""
        if self._bridge.name:
            raise Permanent(NO_SUBNETS)
        async with self._locked(subnet.id):
            await self._own(subnet)

    async def remove(self, network_id: str) -> None:
        """See :meth:`Networks.remove_network`."""
        async with self._locked(network_id):
            await self._remove(network_id)

    async def _remove(self, network_id: str) -> None:
        path = f"/networks/{network_name(network_id)}"
        found = await self._daemon.find(path)
        if found is not None:
            self._must_be_ours(found)
            await self._remove_bridge(found)
            await self.firewall.forget(Subnet.of(found).inward)
        faults.point("incus.network.removed")
        rules = await self._daemon.find(acl.path(network_id))
        if rules is not None and owner(rules) == self._deployment:
            with contextlib.suppress(Missing):
                await self._daemon.change("DELETE", acl.path(network_id))

    async def ids(self) -> frozenset[str]:
        """See :meth:`Networks.list_networks`. An access list alone is a network half made."""
        found = [
            *(await self._daemon.get("/networks", recursion="1") or ()),
            *(await self._daemon.get("/network-acls", recursion="1") or ()),
        ]
        return frozenset(each["name"] for each in found if owner(each) == self._deployment)

    async def occupied(self) -> tuple[str, ...]:
        """See :meth:`Networks.occupied_prefixes`."""
        found = await self._daemon.get("/networks", recursion="1") or ()
        others = [each for each in found if owner(each) != self._deployment]
        prefixes = {prefix for each in others for prefix in await self._prefixes(each)}
        return tuple(sorted(prefixes))

    async def guarded(self) -> bool:
        """Whether the region's own network may be given rules: whether it is for machines alone."""
        found = await self._daemon.find(f"/networks/{self._region.network}")
        return found is not None and _for_machines_alone(found)

    # --- the region's own -----------------------------------------------------------------------

    async def _regions(self, spec: MachineSpec) -> Lan:
        name = self._region.network
        found = await self._daemon.find(f"/networks/{name}")
        if found is None:
            raise Permanent(
                f"The daemon has no network {name!r}: make it, or name another for the region."
            )
        subnet = Subnet.of(found)
        if _for_machines_alone(found):
            rules = acl.isolated(subnet)
            await self._guard(found, acl.regions_name(name), rules, owned=False)
        elif not spec.public_ip:
            raise Permanent(
                f"The network {name!r} is not for machines alone, so nobody can be kept inside it. "
                f"Set '{MACHINES_ONLY}=true' and 'ipv6.address=none' on it if nothing else uses "
                "it, or choose a subnet."
            )
        return Lan(name, subnet, isolated=True)

    async def _guard(
        self, network: Mapping[str, Any], name: str, rules: acl.Rules, *, owned: bool
    ) -> None:
        """Put an access list on a network that is there; a change by somebody else is put right,
        but for lists of an administrator's own beside it.
        """
        await self._write_rules(name, rules, owned=owned)
        config = network.get("config") or {}
        names = [each for each in str(config.get("security.acls") or "").split(",") if each]
        wanted = acl.on(*names, name)
        if any(config.get(key) != value for key, value in wanted.items()):
            await self._daemon.change("PATCH", f"/networks/{network['name']}", {"config": wanted})

    # --- a subnet's -----------------------------------------------------------------------------

    async def _own(self, wanted: VirtualSubnet) -> Lan:
        name = network_name(wanted.id)
        found = await self._daemon.find(f"/networks/{name}")
        gateway = _gateway(wanted)
        subnet = Subnet(gateway, reserved=FIRST_SUBNET_HOSTS)
        if found is None:
            await self._write_rules(name, acl.shared(subnet), owned=True)
            faults.point("incus.network.rules")
            await self._make_bridge(name, gateway)
            faults.point("incus.network.made")
        else:
            self._must_be_ours(found)
            if Subnet.of(found).gateway != gateway:
                raise Permanent(f"The network {name!r} has other addresses than {wanted.prefix}.")
            await self._guard(found, name, acl.shared(subnet), owned=True)
        return Lan(name, subnet, isolated=False)

    async def _make_bridge(self, name: str, gateway: ipaddress.IPv4Interface) -> None:
        for member in await self._members():
            await self._create({"name": name, "type": "bridge"}, target=member)
        config = {
            DEPLOYMENT: self._deployment,
            "ipv4.address": str(gateway),
            "ipv4.nat": "true",
            "ipv6.address": "none",
            **acl.on(name),
        }
        about = "Studiolo: a virtual subnet"
        await self._create({"name": name, "type": "bridge", "description": about, "config": config})

    async def _create(self, order: Mapping[str, Any], *, target: str | None = None) -> None:
        query = {"target": target} if target else {}
        try:
            await self._daemon.request("POST", "/networks", order, query=query)
        except Refused as error:
            if error.says("already exists", "already defined", "unique constraint"):
                return
            # Mostly addresses that a removed subnet's network still has, for some seconds.
            message = f"The network of the subnet cannot be made: {error}"
            raise Temporary(message, delay=2.0) from error

    async def _members(self) -> list[str]:
        """Members of the cluster, on each of which a network is prepared first."""
        environment = (await self._daemon.get("")).get("environment") or {}
        if environment.get("server_clustered") is not True:
            return []
        found = await self._daemon.get("/cluster/members", recursion="1") or ()
        return [str(each["server_name"]) for each in found]

    async def _remove_bridge(self, found: Mapping[str, Any]) -> None:
        try:
            await self._daemon.change("DELETE", f"/networks/{found['name']}")
        except Missing:
            return
        except Refused as error:
            raise Temporary(
                f"The network {found['name']!r} is not removed: {error}", delay=2.0
            ) from error

    # --- small steps ----------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _locked(self, network: str) -> AsyncIterator[None]:
        """Machines of one network that start at once make it once."""
        loop = asyncio.get_running_loop()
        key = (loop, str(self._region.daemon), network)
        async with _LOCKS.setdefault(key, asyncio.Lock()):
            yield

    async def _write_rules(self, name: str, rules: acl.Rules, *, owned: bool) -> None:
        found = await self._daemon.find(acl.path(name))
        config = {DEPLOYMENT: self._deployment} if owned else {}
        if found is not None:
            if owned:
                self._must_be_ours(found)
            if not rules.are(found):
                await self._daemon.change("PUT", acl.path(name), rules.body(config))
            return
        try:
            await self._daemon.change("POST", "/network-acls", {"name": name, **rules.body(config)})
        except Refused:
            # Another control plane may have been faster, and wrote the same.
            if await self._daemon.find(acl.path(name)) is None:
                raise

    async def _holders(self, lan: Lan) -> dict[str, set[str]]:
        """Names of the containers that have each address, running or not."""
        if not lan.managed:
            return self._bridge.holders(await self._daemon.get("/instances", recursion="1") or ())
        leases = await self._daemon.get(f"/networks/{lan.name}/leases") or ()
        holders: dict[str, set[str]] = {}
        for each in leases:
            holders.setdefault(str(each["address"]), set()).add(str(each["hostname"]))
        return holders

    def _must_be_ours(self, found: Mapping[str, Any]) -> None:
        if owner(found) != self._deployment:
            raise Permanent(
                f"A network called {found['name']!r} is there already and is not this "
                "deployment's. It was not touched."
            )

    async def _prefixes(self, network: Mapping[str, Any]) -> list[str]:
        configured = str((network.get("config") or {}).get("ipv4.address") or "")
        if "/" in configured:
            return [str(ipaddress.IPv4Interface(configured).network)]
        if network.get("managed"):
            return []
        state = await self._daemon.find(f"/networks/{network['name']}/state") or {}
        return [
            str(ipaddress.IPv4Interface(f"{each['address']}/{each['netmask']}").network)
            for each in state.get("addresses") or ()
            if each.get("family") == "inet"
        ]


def _for_machines_alone(network: Mapping[str, Any]) -> bool:
    config = network.get("config") or {}
    return config.get(MACHINES_ONLY) == "true" and config.get("ipv6.address", "none") == "none"


def _gateway(subnet: VirtualSubnet) -> ipaddress.IPv4Interface:
    network = ipaddress.IPv4Network(subnet.prefix)
    return ipaddress.IPv4Interface(f"{network[1]}/{network.prefixlen}")
