"""The Incus engine: see `docs/engines.md`.

Every verb that changes a machine holds a lock of this process for it; between processes the
reconciler's leases and the daemon's own locks do the same.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from weakref import WeakValueDictionary

from studiolo.clock import Clock, utc_now
from studiolo.domain.machine import (
    Endpoint,
    MachineSpec,
    Observation,
    Presence,
    Step,
    VirtualSubnet,
)
from studiolo.engines.base import (
    About,
    DiskSizes,
    EngineError,
    EngineHealth,
    Host,
    Permanent,
    Snapshot,
    Temporary,
)
from studiolo.engines.incus import checks, events
from studiolo.engines.incus.client import Daemon, Refused
from studiolo.engines.incus.config import IncusConfig
from studiolo.engines.incus.disks import Disks, VolumeDisks
from studiolo.engines.incus.guest import Guest
from studiolo.engines.incus.loops import LoopDisks
from studiolo.engines.incus.machines import Machines
from studiolo.engines.incus.moves import Mover, moved
from studiolo.engines.incus.names import image_alias, machine_name
from studiolo.engines.incus.sight import DEAF, LOST_CONTAINER, Instance
from studiolo.engines.incus.volumes import Volumes

_LOCKS: WeakValueDictionary[tuple[object, str, str], asyncio.Lock] = WeakValueDictionary()


class IncusEngine:
    """Machines as system containers. Implements `Engine` and every capability of `engines/base.py`.

    :param deployment: id of the deployment; only containers and volumes that carry it are touched.
    """

    def __init__(self, deployment: str, region: IncusConfig, *, clock: Clock = utc_now) -> None:
        self.deployment = deployment
        self.region = region
        self.daemon = Daemon(region.daemon, region.project)
        self._disks = _disks(self.daemon, region, deployment)
        self._machines = Machines(deployment, self.daemon, region, self._disks, clock)
        self._guest = Guest(self.daemon)
        volumes = Volumes(self.daemon, region.volume_pool, deployment)
        self._mover = None if region.loops else Mover(self.daemon, self._machines, volumes)

    # --- the contract -------------------------------------------------------------------------

    async def observe(self, machine_id: str) -> Observation:
        """See :meth:`Engine.observe`."""
        with _explained():
            found = await self._machines.find(machine_id)
            if found is None:
                return await self._absent(machine_id)
        if not found.running or found.frozen or found.agent is None:
            return found.observation()
        return await self._with_agent(machine_id, found)

    async def ensure(self, spec: MachineSpec) -> None:
        """See :meth:`Engine.ensure`."""
        if spec.deployment != self.deployment:
            raise Permanent(f"Machine {spec.id} belongs to another deployment.")
        async with self._locked(spec.id):
            if await self._machines.ensure(spec):
                return
            found = await self._machines.find(spec.id)
            if found is None or found.agent is None:
                return
            if not await self._guest.well(found.agent, spec.id):
                await self._machines.repair(spec.id, found)

    async def stop(self, machine_id: str, *, grace: float) -> None:
        """See :meth:`Engine.stop`."""
        async with self._locked(machine_id):
            await self._machines.stop(machine_id, grace)

    async def delete(self, machine_id: str) -> None:
        """See :meth:`Engine.delete`."""
        async with self._locked(machine_id):
            await self._machines.delete(machine_id)

    async def list_owned(self) -> Mapping[str, Observation]:
        """See :meth:`Engine.list_owned`."""
        with _explained():
            found = await self._machines.every()
            homes = await self._disks.owned()
        alone = dict.fromkeys(homes - found.keys(), _LOST)
        ours = {k: each for k, each in found.items() if k in homes or not each.out_of_reach}
        return {each: instance.observation() for each, instance in ours.items()} | alone

    async def endpoint(self, machine_id: str) -> Endpoint | None:
        """See :meth:`Engine.endpoint`."""
        with _explained():
            found = await self._machines.find(machine_id)
        if found is None or not found.running or found.agent is None:
            return None
        token = found.agent_token
        return Endpoint(found.agent, token) if token else None

    async def health(self) -> EngineHealth:
        """See :meth:`Engine.health`."""
        with _explained():
            members = await self._machines.cluster.members()
            networks = self._machines.networks
            return await checks.health(self.daemon, self.region, networks, members)

    async def aclose(self) -> None:
        """See :meth:`Engine.aclose`."""
        await self.daemon.aclose()

    # --- capabilities -------------------------------------------------------------------------

    @property
    def about(self) -> About:
        """See :attr:`Described.about`."""
        return About("incus", _BRIDGED if self.region.bridge else _APART)

    @property
    def has_networks(self) -> bool:
        """See :attr:`Networks.has_networks`."""
        return not self.region.bridge

    async def latest_image(self, name: str) -> str | None:
        """See :meth:`ImageCatalogue.latest_image`."""
        with contextlib.suppress(EngineError):
            alias = image_alias(name, self.region.variant)
            return await checks.image_version(self.daemon, alias)
        return None

    def changed(self) -> AsyncIterator[str]:
        """See :meth:`HintSource.changed`."""
        return events.changed(self.daemon)

    async def logs(self, machine_id: str, name: str, *, tail: int) -> str | None:
        """See :meth:`LogSource.logs`."""
        with _explained():
            if await self._machines.find(machine_id) is None:
                return None
            return await self._guest.log(machine_id, name, tail)

    async def log_names(self, machine_id: str) -> tuple[str, ...]:
        """See :meth:`LogSource.log_names`."""
        with _explained():
            if await self._machines.find(machine_id) is None:
                return ()
            return await self._guest.log_names(machine_id)

    @property
    def disk_sizes(self) -> DiskSizes:
        """See :attr:`SizedDisks.disk_sizes`."""
        return DiskSizes(self.region.home_gib, self.region.root_gib)

    @property
    def steps(self) -> frozenset[Step]:
        """See :attr:`Recipes.steps`."""
        return frozenset(Step)

    async def snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Snapshots.snapshot`."""
        async with self._locked(machine_id):
            found = await self._machines.find(machine_id)
            if found is None or not found.made:
                raise Permanent(f"There is no machine {machine_id} to keep the state of.")
            await self._machines.keeper.take(machine_id, found, name)

    async def snapshots(self, machine_id: str) -> tuple[Snapshot, ...]:
        """See :meth:`Snapshots.snapshots`."""
        with _explained():
            if await self._machines.find(machine_id) is None:
                return ()
            return await self._machines.keeper.list(machine_id)

    async def remove_snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Snapshots.remove_snapshot`."""
        async with self._locked(machine_id):
            if await self._machines.find(machine_id) is not None:
                await self._machines.keeper.remove(machine_id, name)

    async def adapt(self, spec: MachineSpec) -> bool:
        """See :meth:`OnlineResize.adapt`."""
        async with self._locked(spec.id):
            return await self._machines.adapt(spec)

    async def hosts(self) -> tuple[Host, ...]:
        """See :meth:`Hosts.hosts`."""
        with _explained():
            cluster = self._machines.cluster
            there = await self._machines.every() if await cluster.members() else {}
            return await cluster.hosts(there.values())

    async def empty_host(self, name: str) -> None:
        """See :meth:`Hosts.empty_host`."""
        await self._mark(name, emptied=True)

    async def fill_host(self, name: str) -> None:
        """See :meth:`Hosts.fill_host`."""
        await self._mark(name, emptied=False)

    async def move_on(self) -> int:
        """See :meth:`Hosts.move_on`."""
        mover = self._mover
        if mover is None:
            return 0
        with _explained():
            waiting = await mover.waiting()
        return await moved(waiting, lambda each: self._move(mover, each))

    async def ensure_network(self, subnet: VirtualSubnet) -> None:
        """See :meth:`Networks.ensure_network`."""
        with _explained():
            await self._machines.networks.ensure(subnet)

    async def remove_network(self, network_id: str) -> None:
        """See :meth:`Networks.remove_network`."""
        with _explained():
            await self._machines.networks.remove(network_id)

    async def list_networks(self) -> frozenset[str]:
        """See :meth:`Networks.list_networks`."""
        with _explained():
            return await self._machines.networks.ids()

    async def occupied_prefixes(self) -> tuple[str, ...]:
        """See :meth:`Networks.occupied_prefixes`."""
        with _explained():
            return await self._machines.networks.occupied()

    # --- how ----------------------------------------------------------------------------------

    async def _mark(self, name: str, *, emptied: bool) -> None:
        if name not in {each.name for each in await self.hosts()}:
            raise Permanent(f"The region has no host called {name!r}.")
        with _explained():
            await self._machines.cluster.mark(name, emptied=emptied)

    async def _move(self, mover: Mover, machine_id: str) -> None:
        async with self._locked(machine_id):
            await mover.move(machine_id)

    async def _absent(self, machine_id: str) -> Observation:
        return _LOST if await self._disks.has_home(machine_id) else Observation.absent()

    async def _with_agent(self, machine_id: str, found: Instance) -> Observation:
        healthy = await self._guest.well(found.agent or "", machine_id)
        return found.observation(healthy=healthy, reason=None if healthy else DEAF)

    @contextlib.asynccontextmanager
    async def _locked(self, machine_id: str) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        key = (loop, str(self.region.daemon), machine_name(machine_id))
        lock = _LOCKS.setdefault(key, asyncio.Lock())
        async with lock:
            with _explained():
                yield


_WALLS = (
    "Each machine is an unprivileged system container with files, processes and users of its own, "
    "on a kernel that the machines of a host share; "
)
_APART = _WALLS + "machines reach each other only within one subnet of a virtual network."
_BRIDGED = (
    _WALLS + "those of different hosts reach each other unless the hosts' network forbids it."
)

_LOST = Observation(Presence.LOST, reason=LOST_CONTAINER)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """What the daemon refused without our knowing why is tried again, in its own words."""
    try:
        yield
    except Refused as error:
        raise Temporary(f"The daemon refuses: {error}") from error


def _disks(daemon: Daemon, region: IncusConfig, deployment: str) -> Disks:
    if region.loops is not None:
        return LoopDisks(region.loops, deployment)
    return VolumeDisks(daemon, region.volume_pool, deployment)
