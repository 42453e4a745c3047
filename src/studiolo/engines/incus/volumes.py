"""Disks that are on more than one member of a cluster for a while, because they are moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.engines.incus.client import Daemon, Missing
from studiolo.engines.incus.disks import DISKS
from studiolo.engines.incus.names import DEPLOYMENT, owner, volume_name


@dataclass(frozen=True, slots=True)
class Copy:
    """A machine's disk on one member. There may be another of that name elsewhere."""

    machine_id: str
    disk: str
    member: str
    size: str

    @property
    def name(self) -> str:
        """Of the volume."""
        return volume_name(self.machine_id, self.disk)


class Volumes:
    """The disks of one deployment's machines in a pool, member by member."""

    def __init__(self, daemon: Daemon, pool: str, deployment: str) -> None:
        self._daemon = daemon
        self._path = f"/storage-pools/{pool}/volumes/custom"
        self._deployment = deployment

    async def copies(self) -> dict[str, tuple[Copy, ...]]:
        """Every disk by its machine's id; of members that are down too."""
        found: dict[str, tuple[Copy, ...]] = {}
        for each in await self._daemon.get(self._path, recursion="1") or ():
            copy = _copy(each) if owner(each) == self._deployment else None
            if copy is not None:
                found[copy.machine_id] = (*found.get(copy.machine_id, ()), copy)
        return found

    async def carry(self, copy: Copy, member: str, seconds: float) -> None:
        """Make a copy with its snapshots on `member`, which fetches it from the other."""
        offer = await self._daemon.request(
            "POST",
            f"{self._path}/{copy.name}",
            {"name": copy.name, "migration": True},
            query={"target": copy.member},
        )
        source = await self._source(copy.member, offer)
        await self._make(copy, member, {"source": source}, seconds)

    async def empty(self, copy: Copy, member: str) -> None:
        """Make an empty disk of the same size on `member`."""
        await self._make(copy, member, {}, 600.0)

    async def remove(self, copy: Copy) -> None:
        """Remove it from its member; absent is fine."""
        try:
            await self._daemon.change("DELETE", f"{self._path}/{copy.name}", member=copy.member)
        except Missing:
            return

    async def _make(self, copy: Copy, member: str, more: Mapping[str, Any], seconds: float) -> None:
        config = {"size": copy.size, DEPLOYMENT: self._deployment}
        order = {"name": copy.name, "content_type": "filesystem", "config": config, **more}
        await self._daemon.change("POST", self._path, order, seconds=seconds, member=member)

    async def _source(self, member: str, offer: Mapping[str, Any]) -> dict[str, Any]:
        """How the other member fetches what this one offers. The secrets are for once."""
        host = await self._daemon.get(f"/cluster/members/{member}")
        server = await self._daemon.get("")
        return {
            "type": "migration",
            "mode": "pull",
            "operation": host["url"] + str(offer["operation"]).partition("?")[0],
            "secrets": offer["metadata"]["metadata"],
            "certificate": server["environment"]["certificate"],
        }


def _copy(told: Mapping[str, Any]) -> Copy | None:
    """One of the disks that machines have; None for a snapshot of one, or anything else."""
    machine_id, _, disk = str(told["name"]).rpartition("-")
    if disk not in DISKS or "/" in machine_id:
        return None
    size = str((told.get("config") or {}).get("size") or "")
    return Copy(machine_id, disk, str(told.get("location") or ""), size)
