"""One region as an administrator writes it: a `[[regions]]` table of `studiolo.toml`.

```
[[regions]]
name = "lab"
engine = "incus"
total_vcpus = 64
```
"""

from collections.abc import Sequence
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

EngineName = Literal["process", "incus", "fake"]

LocationName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$", max_length=40)]
"""Azure's rules for a location's name, which allow no capital, space or dash."""

SHARE_OWNER = 1000
"""User and group id of `azureuser` in every machine image."""


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class RegionSettings(BaseModel):
    """Settings of one region. Those from `socket` to `share_owner` are for the engine `incus`.

    :param name: its location.
    :param disk_gib: size of a machine's disk; for `incus` of its home.
    :param gpus: GPUs that one machine can be given.
    :param total_vcpus: the region's quota over all families.
    :param family_vcpus: quota of a family that has none of its own.
    :param socket: of a daemon on this host; the first that is there of Incus's, Debian's LXD's and
        the snap's where neither it nor `url` is set.
    :param url: `https://host:8443` of a daemon elsewhere, or of a cluster's member.
    :param client_certificate: PEM file of the certificate that the daemon trusts.
    :param client_key: PEM file of its key.
    :param server_certificate: PEM file of the daemon's own certificate; no other is accepted.
    :param project: the daemon's project that holds the machines.
    :param pool: storage pool of the machines' root disks.
    :param network: managed bridge of the machines.
    :param bridge: in place of `network`, a bridge of that name that every host of a cluster has in
        one network of their own.
    :param subnet: of that network: its gateway with the prefix, as `10.90.0.1/16`.
    :param root_gib: size of a machine's root disk.
    :param variant: of the machine image.
    :param share_path: where the daemon's hosts see the folder of file shares; where this one does,
        if not set.
    :param share_owner: user and group id that the shares belong to on the hosts, where the control
        plane may see to it as root.
    :param homes: what a home is: a volume of the daemon's, or an XFS file of this host, which shows
        and holds its size on any pool and needs the control plane to run here as root.
    :param homes_pool: storage pool of volumes; `pool` if not set.
    :param homes_folder: where the XFS files are; `<home>/homes/<name>` if not set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: LocationName
    engine: EngineName = "incus"
    disk_gib: int = Field(default=120, ge=1)
    gpus: int | None = Field(default=None, ge=0)
    total_vcpus: int = Field(default=100, ge=0)
    family_vcpus: int = Field(default=100, ge=0)
    socket: AbsolutePath | None = None
    url: str | None = Field(default=None, pattern=r"^https://[^/\s]+/?$")
    client_certificate: AbsolutePath | None = None
    client_key: AbsolutePath | None = None
    server_certificate: AbsolutePath | None = None
    project: str = "default"
    pool: str = "studiolo"
    network: str = "studiolo0"
    bridge: str = Field(default="", pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$|^$")
    subnet: str = ""
    root_gib: int = Field(default=40, ge=4)
    variant: Literal["slim", "full"] = "slim"
    share_path: AbsolutePath | None = None
    share_owner: int = Field(default=SHARE_OWNER, ge=1)
    homes: Literal["volume", "loop"] = "volume"
    homes_pool: str = ""
    homes_folder: AbsolutePath | None = None

    @property
    def daemon(self) -> tuple[str, str]:
        """What no two regions may share: each would take the other's machines for its own."""
        return self.url or str(self.socket or ""), self.project

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        foreign = self.model_fields_set & _INCUS_ONLY
        if self.engine != "incus" and foreign:
            raise ValueError(
                f"{', '.join(sorted(foreign))} of region '{self.name}' would do nothing with the "
                f"engine '{self.engine}': leave it out"
            )
        if self.url and self.socket:
            raise ValueError(f"region '{self.name}' has a socket and a url: leave one out")
        self._check_certificates()
        self._check_bridge()
        if self.homes == "loop" and (self.url or self.homes_pool):
            raise ValueError(
                f"homes = \"loop\" of region '{self.name}' are files of this host, which go with "
                "neither url nor homes_pool"
            )
        if self.homes_folder and self.homes != "loop":
            raise ValueError(f"homes_folder of region '{self.name}' needs homes = \"loop\"")
        return self

    def _check_bridge(self) -> None:
        if bool(self.bridge) != bool(self.subnet):
            raise ValueError(f"bridge and subnet of region '{self.name}' go together: set both")
        if self.bridge and "network" in self.model_fields_set:
            raise ValueError(f"region '{self.name}' has a network and a bridge: leave one out")
        try:
            IPv4Interface(self.subnet or "0.0.0.0/0")
        except ValueError as error:
            raise ValueError(
                f"subnet '{self.subnet}' of region '{self.name}' is not a gateway with a prefix, "
                "such as 10.90.0.1/16"
            ) from error

    def _check_certificates(self) -> None:
        files = (self.client_certificate, self.client_key, self.server_certificate)
        if self.url and not all(files):
            raise ValueError(
                f"the url of region '{self.name}' needs client_certificate, client_key and "
                "server_certificate"
            )
        if any(files) and not self.url:
            raise ValueError(f"region '{self.name}' has certificates, which only a url needs")


_INCUS_ONLY = frozenset(RegionSettings.model_fields) - {
    "name", "engine", "disk_gib", "gpus", "total_vcpus", "family_vcpus",
}  # fmt: skip


def check_together(regions: Sequence[RegionSettings]) -> None:
    """Refuse regions that are each right and do not go together.

    :raises ValueError: a sentence that names two of them.
    """
    for index, each in enumerate(regions):
        for other in regions[:index]:
            if each.name == other.name:
                raise ValueError(f"two regions are called '{each.name}': give one another name")
            if each.engine == other.engine == "process":
                raise ValueError(
                    f"the regions '{other.name}' and '{each.name}' both have the engine "
                    "'process', of which one deployment can have one"
                )
            if each.engine == other.engine == "incus" and each.daemon == other.daemon:
                raise ValueError(
                    f"the regions '{other.name}' and '{each.name}' are one project of one daemon: "
                    "give one of them another project"
                )
