"""Moving machines to other members of a cluster, off one that an administrator wants empty.

What is wanted is written on the member, and that a machine is to run again on the machine itself,
so whoever looks next goes on where a killed control plane left off:

1. a running container is marked and stopped in good order;
2. its home is copied to the other member, which then holds one without a container;
3. the container is moved by the daemon;
4. the disks it left behind are removed; a marked container is started, and its mark removed.

Where the container is, there the true home is; another copy is what a crash left, of either side.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from studiolo import faults
from studiolo.domain.decide import STOP_GRACE
from studiolo.engines.base import EngineError, Stuck, Temporary, Unmoved
from studiolo.engines.incus.client import Daemon
from studiolo.engines.incus.cluster import Cluster
from studiolo.engines.incus.machines import Machines
from studiolo.engines.incus.names import HOME, MOVING, instance_path
from studiolo.engines.incus.placement import mib
from studiolo.engines.incus.sight import Instance
from studiolo.engines.incus.volumes import Copy, Volumes

_SECONDS = 6 * 3600.0
"""How long a machine's disks may take over the network."""


class Mover:
    """Moves the machines of one deployment; the caller holds the machine's lock."""

    def __init__(self, daemon: Daemon, machines: Machines, volumes: Volumes) -> None:
        self._daemon = daemon
        self._machines = machines
        self._volumes = volumes

    @property
    def _cluster(self) -> Cluster:
        return self._machines.cluster

    async def waiting(self) -> dict[str, str]:
        """Machines that must move, or whose move was cut short, with the member each is on."""
        members = await self._cluster.members()
        if not members:
            return {}
        emptied = {each.name for each in members if each.emptied}
        copies = await self._volumes.copies()
        return {
            machine_id: each.member
            for machine_id, each in (await self._machines.every()).items()
            if not each.out_of_reach
            and each.made
            and (
                each.member in emptied
                or each.moving
                or any(copy.member != each.member for copy in copies.get(machine_id, ()))
            )
        }

    async def move(self, machine_id: str) -> None:
        """Bring a machine to where it may be, and let it run again if it ran.

        :raises Temporary: no member takes it.
        """
        found = await self._machines.find(machine_id)
        if found is None or not found.made:
            return
        await self._require_quiet(machine_id)
        if await self._must_leave(found):
            size = mib(found.config.get("limits.memory", ""))
            target = await self._cluster.place(machine_id, size)
            await self._halt(machine_id, found)
            await self._carry(machine_id, found.member, target)
            found = Instance(await self._daemon.get(instance_path(machine_id)))
        await self._leave_no_copy(machine_id, found.member)
        if found.moving:
            await self._machines.resume(machine_id)

    async def _must_leave(self, found: Instance) -> bool:
        members = await self._cluster.members()
        return any(each.emptied for each in members if each.name == found.member)

    async def _halt(self, machine_id: str, found: Instance) -> None:
        if found.running:
            order = {"config": {MOVING: "true"}}
            await self._daemon.change("PATCH", instance_path(machine_id), order)
            faults.point("incus.move.marked")
            await self._machines.halt(machine_id, found, STOP_GRACE)
        faults.point("incus.move.halted")

    async def _carry(self, machine_id: str, source: str, target: str) -> None:
        await self._leave_no_copy(machine_id, source)
        for copy in (await self._volumes.copies()).get(machine_id, ()):
            if copy.disk == HOME:
                await self._volumes.carry(copy, target, _SECONDS)
            else:
                await self._volumes.empty(copy, target)
        faults.point("incus.move.home")
        order = {"name": machine_id, "migration": True}
        path = instance_path(machine_id)
        await self._daemon.change("POST", path, order, seconds=_SECONDS, member=target)
        faults.point("incus.move.container")

    async def _leave_no_copy(self, machine_id: str, member: str) -> None:
        """Remove the machine's disks on any member but the one that its container is on."""
        copies: tuple[Copy, ...] = (await self._volumes.copies()).get(machine_id, ())
        for copy in copies:
            if copy.member != member:
                await self._volumes.remove(copy)

    async def _require_quiet(self, machine_id: str) -> None:
        """What a control plane that has died since asked for may still be going on.

        :raises Temporary: it is.
        """
        operations: Mapping[str, Any] = await self._daemon.get("/operations", recursion="1") or {}
        for operation in operations.get("running") or ():
            for names in (operation.get("resources") or {}).values():
                if any(f"/{machine_id}" in name for name in names or ()):
                    what = operation.get("description")
                    raise Temporary(f"Machine {machine_id} is busy: {what}.", delay=5.0)


async def moved(machines: Mapping[str, str], move: Callable[[str], Awaitable[None]]) -> int:
    """Move one machine after the other; returns how many were.

    :param machines: the host that each is on.
    :raises Unmoved: what kept those that stayed; the others were moved.
    """
    stuck = []
    for each, host in machines.items():
        try:
            await move(each)
        except EngineError as error:
            stuck.append(Stuck(each, host, error))
    if stuck:
        raise Unmoved(stuck)
    return len(machines)
