"""Whether a region's daemon can be worked with."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from studiolo.domain.boot import USER_ID
from studiolo.engines.base import EngineHealth
from studiolo.engines.incus.client import Daemon
from studiolo.engines.incus.cluster import Member
from studiolo.engines.incus.config import IncusConfig, Remote
from studiolo.engines.incus.names import MACHINES_ONLY, image_alias
from studiolo.engines.incus.networks import MachineNetworks

_HOMES_APART = (
    "homes on each member: homes = 'loop' makes them files of this host alone, and the daemon is "
    "one of a cluster (use homes = 'volume')"
)

_ALL_HEIGHTS = 8
_NO_TRUTH = frozenset({"btrfs", "dir"})
"""Pool drivers below which `df` shows the pool instead of a volume's size."""


async def health(
    daemon: Daemon, region: IncusConfig, networks: MachineNetworks, members: Sequence[Member]
) -> EngineHealth:
    """The daemon, its pools, network and image.

    :param members: of the cluster; none on a single host.
    :raises Unreachable: the daemon does not answer.
    """
    server = await daemon.get("")
    environment = server.get("environment") or {}
    about = f"{environment.get('server')} {environment.get('server_version')}"
    if server.get("auth") != "trusted":
        message = "the daemon does not trust this control plane: give it the region's certificate"
        return EngineHealth(ok=False, message=message)
    missing = [each async for each in _missing(daemon, region)]
    if members and region.loops is not None:
        missing.append(_HOMES_APART)
    if missing:
        return EngineHealth(ok=False, message=f"{about} lacks {'; '.join(missing)}")
    limits = [each async for each in _limitations(daemon, region, environment)]
    limits += [each async for each in _open_doors(region, networks)]
    limits += [f"cluster member {each.describe()}" for each in members if not each.open]
    return EngineHealth(True, f"{about} at {region.daemon}", tuple(limits))


async def image_version(daemon: Daemon, alias: str) -> str | None:
    """The version of the image that `alias` names; None if there is none."""
    found = await daemon.find(f"/images/aliases/{alias}")
    if found is None:
        return None
    image = await daemon.find(f"/images/{found['target']}") or {}
    version = (image.get("properties") or {}).get("studiolo.version")
    return str(version) if version else None


async def _missing(daemon: Daemon, region: IncusConfig) -> AsyncIterator[str]:
    for pool in sorted({region.pool, region.volume_pool} if not region.loops else {region.pool}):
        if await daemon.find(f"/storage-pools/{pool}") is None:
            yield f"the storage pool {pool!r}"
    network = region.bridge or region.network
    if await daemon.find(f"/networks/{network}") is None:
        yield f"the {'bridge' if region.bridge else 'network'} {network!r}"
    alias = image_alias("ml", region.variant)
    if await daemon.find(f"/images/aliases/{alias}") is None:
        yield f"the image {alias!r}: 'studiolo image build --variant {region.variant}' makes it"


def limits_not_held(pool: str, kernel: Path = Path("/sys/fs/btrfs")) -> str | None:
    """What is to be done for a btrfs pool of this host that does not hold disks to their size.

    Since Linux 6.1 the kernel gives up counting when a large subvolume is deleted, unless it is
    told up to which height (`drop_subtree_threshold`, 8 for all) it must not. Once it has given up
    (`inconsistent`) it holds nothing until it has counted anew.
    """
    for label in kernel.glob("*/label"):
        if label.read_text().strip() != pool:
            continue
        groups = label.with_name("qgroups")
        if _number(groups / "drop_subtree_threshold", _ALL_HEIGHTS) < _ALL_HEIGHTS:
            return "write 8 to drop_subtree_threshold of its btrfs"
        if _number(groups / "inconsistent", 0):
            return "run 'btrfs quota rescan' on it"
    return None


def _number(file: Path, missing: int) -> int:
    return int(file.read_text()) if file.exists() else missing


async def _limitations(
    daemon: Daemon, region: IncusConfig, environment: Mapping[str, Any]
) -> AsyncIterator[str]:
    pool = await daemon.find(f"/storage-pools/{region.volume_pool}")
    driver = (pool or {}).get("driver")
    if region.loops is None and driver in _NO_TRUTH:
        yield (
            f"homes are held to their size, but df shows the pool's: {driver} volumes have no file "
            "system of their own (use lvm, zfs, or homes = 'loop')"
        )
    for name in sorted({region.pool, region.volume_pool}):
        cure = None if isinstance(region.daemon, Remote) else limits_not_held(name)
        if cure:
            yield (
                f"disks in the pool {name!r} are not held to their size: {cure} "
                "(see docs/regions.md)"
            )
    features = environment.get("kernel_features") or {}
    if features.get("idmapped_mounts") != "true":
        yield "the daemon cannot mount with shifted ids: first starts take some seconds more"
    if features.get("shared_ids") == "false":
        yield f"uid {USER_ID} of this host cannot be shared with machines"


async def _open_doors(region: IncusConfig, networks: MachineNetworks) -> AsyncIterator[str]:
    if region.bridge:
        yield (
            f"the bridge {region.bridge!r} is not the daemon's, so it has no rules: machines on "
            "different hosts reach each other unless the network between them keeps them apart, "
            "and there are no virtual networks and no machines without a public address"
        )
        return
    if not await networks.guarded():
        yield (
            f"the network {region.network!r} may hold more than machines, so it has no rules: its "
            "machines send to each other by way of its gateway, and none of them can do without a "
            f"public address (set '{MACHINES_ONLY}=true' and 'ipv6.address=none' if it is theirs)"
        )
    if not networks.firewall.usable:
        yield (
            "machines without a public address can ask this daemon's host for names, and so send "
            "something out (the control plane closes that as root on the same host, with nft)"
        )
