"""Keeping a machine's state, going back to it, and beginning another machine from it.

A snapshot is two objects: the home's, made first, and the container's, whose being there says that
both are. A running container is frozen while they are made, so that they are of one instant.
"""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from studiolo import faults
from studiolo.engines.base import Permanent, Snapshot
from studiolo.engines.incus.client import Daemon, Json, Missing
from studiolo.engines.incus.disks import Disks, no_snapshot
from studiolo.engines.incus.names import instance_path, snapshot_name
from studiolo.engines.incus.sight import Instance


class SnapshotKeeper:
    """The snapshots of a deployment's machines; the caller holds the machine's lock."""

    def __init__(self, daemon: Daemon, disks: Disks) -> None:
        self._daemon = daemon
        self._disks = disks

    async def take(self, machine_id: str, found: Instance, name: str) -> None:
        """Make it, or finish one that was cut short."""
        path = f"{instance_path(machine_id)}/snapshots"
        if await self._daemon.find(f"{path}/{snapshot_name(name)}") is not None:
            return
        async with self._halted(machine_id, found):
            # One that was cut short is of another instant.
            await self._disks.remove_snapshot(machine_id, name)
            await self._disks.snapshot(machine_id, name)
            faults.point("incus.snapshot.home")
            await self._daemon.change("POST", path, {"name": name, "stateful": False})
        faults.point("incus.snapshot.made")

    async def list(self, machine_id: str) -> tuple[Snapshot, ...]:
        """Whole ones, oldest first."""
        path = f"{instance_path(machine_id)}/snapshots"
        found = await self._daemon.find(path, recursion="1") or ()
        every = (Snapshot(each["name"], _moment(each["created_at"])) for each in found)
        return tuple(sorted(every, key=lambda each: (each.created_at, each.name)))

    async def remove(self, machine_id: str, name: str) -> None:
        """Forget it: the container's part first, so that it is not taken for whole."""
        with contextlib.suppress(Missing):
            path = f"{instance_path(machine_id)}/snapshots/{snapshot_name(name)}"
            await self._daemon.change("DELETE", path)
        await self._disks.remove_snapshot(machine_id, name)

    async def restore(self, machine_id: str, name: str) -> None:
        """Go back to it; the container is stopped."""
        path = instance_path(machine_id)
        if await self._daemon.find(f"{path}/snapshots/{snapshot_name(name)}") is None:
            raise Permanent(no_snapshot(machine_id, name))
        await self._disks.restore(machine_id, name)
        faults.point("incus.restore.home")
        await self._daemon.change("PUT", path, {"restore": name})
        faults.point("incus.restore.done")

    async def copied(self, source: str, name: str, machine_id: str, member: str) -> Json:
        """Copy the home, on the cluster's member that has it, and return what a container's create
        names as its source.
        """
        if await self._daemon.find(f"{instance_path(source)}/snapshots/{name}") is None:
            raise Permanent(no_snapshot(source, name))
        await self._disks.copy(source, name, machine_id, member)
        faults.point("incus.clone.home")
        return {"type": "copy", "source": f"{source}/{name}", "instance_only": True}

    @contextlib.asynccontextmanager
    async def _halted(self, machine_id: str, found: Instance) -> AsyncIterator[None]:
        if not found.running or found.frozen:
            yield
            return
        path = f"{instance_path(machine_id)}/state"
        await self._daemon.change("PUT", path, {"action": "freeze", "timeout": 30})
        try:
            yield
        finally:
            # Killed before this, the machine is seen to be frozen and is thawed by `ensure`.
            await self._daemon.change("PUT", path, {"action": "unfreeze", "timeout": 30})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
