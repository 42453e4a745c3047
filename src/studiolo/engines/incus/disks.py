"""A machine's disks beside its root: `home`, which outlives the container, and `temp`.

They are apart from the root file system so that a full home never keeps the container from being
started, and so that a container can be made anew around the home of a lost one.
"""

import contextlib
from typing import Protocol

from studiolo import faults
from studiolo.engines.base import Permanent
from studiolo.engines.incus.client import Daemon, Json, Missing, Refused
from studiolo.engines.incus.names import DEPLOYMENT, HOME, TEMP, owner, volume_name

PATHS = {HOME: "/home/azureuser", TEMP: "/mnt"}
"""Where a machine sees its disks."""

DISKS = (HOME, TEMP)


class Disks(Protocol):
    """Makes, grows and removes the disks of a deployment's machines.

    Each verb is safe to repeat and to interrupt; absent is fine.
    """

    async def ensure(self, machine_id: str, disk: str, size_mib: int, member: str = "") -> Json:
        """Make the disk unless it is there, grow it to `size_mib` if it is smaller, and return the
        device by which a container mounts it. It is never made smaller.

        :param member: the cluster's member that the container is on.
        :raises Permanent: a disk of that name belongs to somebody else.
        :raises Temporary: there is no room.
        """

    async def renew(self, machine_id: str, disk: str) -> None:
        """Remove one disk; the machine is stopped."""

    async def remove(self, machine_id: str) -> None:
        """Remove every disk of a machine whose container is gone, snapshots too."""

    async def snapshot(self, machine_id: str, name: str) -> None:
        """Keep the home as it is. Nothing writes to it meanwhile. A whole one is left."""

    async def remove_snapshot(self, machine_id: str, name: str) -> None:
        """Forget a snapshot of the home."""

    async def restore(self, machine_id: str, name: str) -> None:
        """Make the home what the snapshot holds; the machine is stopped.

        :raises Permanent: there is no such snapshot.
        """

    async def copy(self, source: str, name: str, machine_id: str, member: str = "") -> None:
        """Make `machine_id`'s home a copy of `source`'s snapshot, unless it has one.

        :raises Permanent: there is no such snapshot.
        """

    async def member(self, machine_id: str) -> str | None:
        """The cluster's member that has the home; None if there is none, or no cluster."""

    async def has_home(self, machine_id: str) -> bool:
        """Whether there is a home of this deployment's machine."""

    async def owned(self) -> frozenset[str]:
        """Ids of this deployment's machines that have a home."""


class VolumeDisks:
    """Disks as custom volumes of a storage pool, made by the daemon."""

    def __init__(self, daemon: Daemon, pool: str, deployment: str) -> None:
        self._daemon = daemon
        self._pool = pool
        self._deployment = deployment

    async def ensure(self, machine_id: str, disk: str, size_mib: int, member: str = "") -> Json:
        """See :meth:`Disks.ensure`."""
        name, size = volume_name(machine_id, disk), f"{size_mib}MiB"
        found = await self._find(name)
        if found is None:
            await self._make(name, size, member)
            faults.point(f"incus.disk.made.{disk}")
        elif owner(found) != self._deployment:
            raise Permanent(f"The volume {name} in pool {self._pool} is not Studiolo's to use.")
        elif _mib(found["config"].get("size", "")) < size_mib:
            await self._daemon.change("PATCH", self._path(name), {"config": {"size": size}})
        return {"type": "disk", "pool": self._pool, "source": name, "path": PATHS[disk]}

    async def renew(self, machine_id: str, disk: str) -> None:
        """See :meth:`Disks.renew`."""
        await self._remove(volume_name(machine_id, disk))

    async def remove(self, machine_id: str) -> None:
        """See :meth:`Disks.remove`."""
        # The home goes last: it is what tells that something of the machine is left.
        for disk in reversed(DISKS):
            await self._remove(volume_name(machine_id, disk))

    async def snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Disks.snapshot`."""
        path = f"{self._path(volume_name(machine_id, HOME))}/snapshots"
        if await self._daemon.find(f"{path}/{name}") is None:
            await self._daemon.change("POST", path, {"name": name})

    async def remove_snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Disks.remove_snapshot`."""
        with contextlib.suppress(Missing):
            path = self._path(volume_name(machine_id, HOME))
            await self._daemon.change("DELETE", f"{path}/snapshots/{name}")

    async def restore(self, machine_id: str, name: str) -> None:
        """See :meth:`Disks.restore`."""
        path = self._path(volume_name(machine_id, HOME))
        found = await self._daemon.find(path)
        if found is None or await self._daemon.find(f"{path}/snapshots/{name}") is None:
            raise Permanent(no_snapshot(machine_id, name))
        await self._daemon.change("PUT", path, {"config": found["config"], "restore": name})

    async def copy(self, source: str, name: str, machine_id: str, member: str = "") -> None:
        """See :meth:`Disks.copy`."""
        wanted, of = volume_name(machine_id, HOME), volume_name(source, HOME)
        if await self._find(wanted) is not None:
            return
        found = await self._find(of)
        if found is None or owner(found) != self._deployment:
            raise Permanent(no_snapshot(source, name))
        size = found["config"].get("size", "")
        origin = {"type": "copy", "pool": self._pool, "name": f"{of}/{name}", "volume_only": True}
        config = {DEPLOYMENT: self._deployment, "size": size}
        order = {"name": wanted, "config": config, "source": origin}
        await self._daemon.change("POST", f"{self._volumes}/custom", order, member=member)

    async def member(self, machine_id: str) -> str | None:
        """See :meth:`Disks.member`."""
        found = await self._find(volume_name(machine_id, HOME))
        return str(found.get("location") or "") or None if found is not None else None

    async def has_home(self, machine_id: str) -> bool:
        """See :meth:`Disks.has_home`."""
        found = await self._find(volume_name(machine_id, HOME))
        return found is not None and owner(found) == self._deployment

    async def owned(self) -> frozenset[str]:
        """See :meth:`Disks.owned`."""
        found = await self._daemon.get(f"{self._volumes}/custom", recursion="1")
        return frozenset(
            each["name"].removesuffix(f"-{HOME}")
            for each in found
            if owner(each) == self._deployment and each["name"].endswith(f"-{HOME}")
        )

    @property
    def _volumes(self) -> str:
        return f"/storage-pools/{self._pool}/volumes"

    def _path(self, name: str) -> str:
        return f"{self._volumes}/custom/{name}"

    async def _find(self, name: str) -> Json | None:
        found: Json | None = await self._daemon.find(self._path(name))
        return found

    async def _make(self, name: str, size: str, member: str) -> None:
        config = {"size": size, DEPLOYMENT: self._deployment}
        body = {"name": name, "content_type": "filesystem", "config": config}
        try:
            await self._daemon.change("POST", f"{self._volumes}/custom", body, member=member)
        except Refused as error:
            if not error.says("already exists", "already in use"):
                raise

    async def _remove(self, name: str) -> None:
        found = await self._find(name)
        if found is None or owner(found) != self._deployment:
            return
        with contextlib.suppress(Missing):
            await self._daemon.change("DELETE", self._path(name))


def no_snapshot(machine_id: str, name: str) -> str:
    """The sentence for a snapshot that is not there."""
    return f"Machine {machine_id} has no snapshot {name!r}."


def _mib(size: str) -> int:
    """The size in MiB; 0 for one that was not written by us."""
    number = size.removesuffix("MiB")
    return int(number) if number.isdecimal() else 0
