"""What the reconciler wants of a machine, and what an engine sees of it.

These are the only types that cross the engine boundary. All are frozen: an engine is told
everything in one value and remembers nothing between calls but what it put on disk.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

AGENT_PORT = 44224
JUPYTER_PORT = 44225
"""Where agent and Jupyter listen on a machine that has an address of its own."""

APPLICATION_PORTS = range(JUPYTER_PORT, 44300)
"""Where its applications may listen; the gateway dials no other port of a machine."""

IMAGE = "ml"
"""Name of the image that machines are made on."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a compute size gives a machine.

    :param vcpus: virtual processors.
    :param memory_mib: memory in MiB.
    :param gpus: graphics processors.
    :param disk_gib: size of the machine's disk in GiB: of its home where that is a disk apart.
    :param root_gib: size of the root disk in GiB where the home is apart; 0 for the region's.
    :param temp_disk_mib: size of `/mnt` in MiB.
    """

    vcpus: int
    memory_mib: int
    gpus: int = 0
    disk_gib: int = 120
    root_gib: int = 0
    temp_disk_mib: int = 0


class Step(StrEnum):
    """What a machine's next start does first."""

    RESTORE = "restore"
    """Go back to a snapshot, home and all."""
    REIMAGE = "reimage"
    """Take a new root file system from the newest image; the home stays."""
    CLONE = "clone"
    """Begin as a copy of another machine."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A step that is done once, between two generations of a machine.

    It is done while the machine's last generation is not yet the wanted one, so a crash repeats it,
    and each step may be repeated.

    :param of: the snapshot's name, or the other machine's id; empty for a reimage.
    """

    step: Step
    of: str = ""


@dataclass(frozen=True, slots=True)
class VirtualSubnet:
    """A network of a person's own, whose members reach each other and nothing else of its region.

    :param id: its bridge's name, made before the bridge is: a letter, then letters and digits, 15
        at most, as the kernel names interfaces.
    :param prefix: its IPv4 addresses, for example `10.5.0.0/24`.
    """

    id: str
    prefix: str


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """Everything an engine needs to make a machine and start it.

    :param id: the machine's own name, made before the machine is; safe in a path, a host name and
        an LXD instance name (`ci-` and 16 hexadecimal digits).
    :param deployment: id of the Studiolo deployment that owns it; every engine object carries it.
    :param name: the compute instance's name, as its person typed it.
    :param generation: counts starts. A machine that runs with another generation is stopped and
        started again, which is how a restart survives a crash of the control plane.
    :param alias: the folder below `Users/` on the share, from the assigned user's name.
    :param share: id of the workspace whose file share is mounted.
    :param agent_token: bearer token the agent demands; a secret, never logged.
    :param studio_origin: origin of the studio, allowed to embed the machine's applications.
    :param recipe: what the start into `generation` does first.
    :param subnet: the network it joins for life; None for the region's own, where machines do not
        reach each other.
    :param public_ip: whether it has a way out of its network.
    """

    id: str
    deployment: str
    name: str
    workspace: str
    resource_group: str
    share: str
    alias: str
    resources: Resources
    generation: int
    agent_token: str = field(repr=False)
    studio_origin: str = ""
    image: str = IMAGE
    recipe: Recipe | None = None
    subnet: VirtualSubnet | None = None
    public_ip: bool = True


class Presence(StrEnum):
    """What an engine sees of a machine."""

    ABSENT = "absent"
    STOPPED = "stopped"
    RUNNING = "running"
    BROKEN = "broken"
    """Something is there that neither runs nor can be started as it is; `reason` says why."""
    LOST = "lost"
    """Its home is gone, removed behind Studiolo's back, but not all of it: `healthy` is False while
    something of it still runs, None where nothing does. Starting it makes an empty home."""
    UNREACHABLE = "unreachable"
    """It was not removed, and no more is known: its host does not answer, but the engine does."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at a machine.

    :param generation: of the running or last incarnation; 0 if it never started.
    :param healthy: whether the agent answers. None where it was not asked, or nothing runs.
    :param reason: a sentence for a person, when something is wrong.
    :param started_at: when it was last started, by whomever: a silent agent is given time from
        then. None where that is not known, or where no agent is left that could still answer.
    :param image: version of the image the machine was made from; None where it is not known.
    :param address: the IP address of a machine that has one of its own.
    """

    presence: Presence
    generation: int = 0
    healthy: bool | None = None
    reason: str | None = None
    started_at: datetime | None = None
    image: str | None = None
    address: str | None = None

    @classmethod
    def absent(cls) -> Self:
        """Nothing there, and that is fine."""
        return cls(Presence.ABSENT)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How the control plane reaches a machine's agent.

    :param address: `unix//abs/path.sock` or `host:port`, which is also how Caddy dials.
    """

    address: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """What an agent is started with; written as JSON to a file that only the machine's user reads.

    Paths are the machine's own. The agent listens on `listen` (as :class:`Endpoint.address`).

    :param python: the machine's own interpreter, whose site-packages the user's pip writes.
    :param application_sockets: folder for application sockets, mode 0700, short enough that a
        socket below it stays under the kernel's 107 bytes.
    :param application_address: IP address on which applications listen instead of on sockets, in a
        machine that has one of its own; empty elsewhere.
    :param jupyter_port: where Jupyter listens on that address.
    :param disks: name to mount point of the disks whose use is told one by one.
    :param own_system: whether the machine is a system of its own, all of which is its use; one that
        shares the host's is its processes.
    :param interface: the machine's own network interface; empty where the network is the host's.
    :param environment: variables for every application, beside the agent's own.
    :param tag: put into every application's environment as `STUDIOLO_MACHINE`, so that stray
        processes of a machine can be found.
    """

    machine: str
    tag: str
    name: str
    workspace: str
    resource_group: str
    alias: str
    generation: int
    listen: str
    token: str = field(repr=False)
    home: str = ""
    working_directory: str = ""
    notebook_root: str = ""
    python: str = ""
    image: str = ""
    application_sockets: str = ""
    application_address: str = ""
    jupyter_port: int = JUPYTER_PORT
    state_directory: str = ""
    log_directory: str = ""
    temp_directory: str = ""
    disk_path: str = ""
    disks: Mapping[str, str] = field(default_factory=dict)
    memory_limit_mib: int | None = None
    vcpus: int | None = None
    own_system: bool = False
    interface: str = ""
    studio_origin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with this class's field names."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of :meth:`to_json`; unknown keys are ignored so that an agent may be older."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**known)
