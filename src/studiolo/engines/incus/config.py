"""Where a region's daemon is, and what its machines are made of."""

from dataclasses import dataclass
from pathlib import Path

SOCKETS = (
    Path("/var/lib/incus/unix.socket"),
    Path("/var/lib/lxd/unix.socket"),
    Path("/var/snap/lxd/common/lxd/unix.socket"),
)
"""Where a daemon of this host listens: Incus, Debian's LXD, the snap's LXD."""


def default_socket() -> Path:
    """The daemon of this host: the first of :data:`SOCKETS` that is there, else the first."""
    return next((each for each in SOCKETS if each.exists()), SOCKETS[0])


@dataclass(frozen=True, slots=True)
class Remote:
    """A daemon that is reached over https.

    :param url: `https://host:8443`.
    :param certificate: PEM file of the client certificate the daemon trusts.
    :param key: its key.
    :param server_certificate: PEM file of the daemon's own certificate; no other is accepted.
    """

    url: str
    certificate: Path
    key: Path
    server_certificate: Path


@dataclass(frozen=True, slots=True)
class IncusConfig:
    """One region.

    :param daemon: a unix socket of this host, or a remote daemon.
    :param shares: folder of the workspaces' file shares, as the daemon's hosts see it.
    :param project: the daemon's project that holds the machines.
    :param pool: storage pool of the machines' root disks.
    :param volumes: storage pool of homes and temporary disks. One whose driver gives each volume a
        file system or a quota that `df` knows (lvm, zfs, ceph) shows people the truth; btrfs holds
        them to the limit and shows the pool's size.
    :param loops: a folder of this host for homes and temporary disks as XFS files, in place of
        `volumes`: they show and hold their size on any pool, but need the control plane to run as
        root on the one host of the region.
    :param network: managed bridge of machines without a network of their own.
    :param bridge: in place of `network`, a bridge that each host has in a network of their own: the
        members of a cluster, whose managed bridges would each be a network for themselves.
    :param subnet: of that network, as `10.90.0.1/16`: the way out, and the prefix. Machines take
        addresses from the eleventh on.
    :param root_gib: size of a machine's root disk, where its instance does not say.
    :param home_gib: the same of its home.
    :param variant: of the machine image, `slim` or `full`.
    """

    daemon: Path | Remote
    shares: Path
    project: str = "default"
    pool: str = "default"
    volumes: str = ""
    loops: Path | None = None
    network: str = "incusbr0"
    bridge: str = ""
    subnet: str = ""
    root_gib: int = 40
    home_gib: int = 120
    variant: str = "slim"

    @property
    def volume_pool(self) -> str:
        """The pool of homes."""
        return self.volumes or self.pool
