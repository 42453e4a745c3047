"""What runs inside an instance, and its logs.

The first part is told by the machine's agent, which is where people run their own programs: what it
says is read by these models, and what they do not know is left out. An agent may be older than the
control plane, since machines outlive its upgrades: what agents did not always tell has a default.
"""

from typing import Literal

from pydantic import ConfigDict, Field

from studiolo.api.schema.base import Answer, Instant
from studiolo.domain.states import State


class _Told(Answer):
    model_config = ConfigDict(extra="ignore", json_schema_serialization_defaults_required=True)


class ApplicationStatus(_Told):
    """An application of a machine; several share one process."""

    name: str
    display_name: str
    path: str
    process: str
    state: Literal["Stopped", "Starting", "Running", "Failing"]
    since: Instant
    restarts: int
    last_error: str | None
    last_activity: Instant | None
    busy: bool


class DiskUsage(_Told):
    """How full a disk is."""

    used_bytes: int
    free_bytes: int
    total_bytes: int


class GpuUsage(_Told):
    """What a GPU does; null where its driver does not say."""

    index: int
    name: str
    utilization_percent: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None


class MachineUsage(_Told):
    """What a machine uses.

    One processor is 100 percent. The network's bytes are counters, and null where the network is
    the host's. `disks` are those of a machine that has disks of its own.
    """

    cpu_percent: float
    cpu_seconds: float
    memory_bytes: int
    memory_limit_bytes: int | None
    disk_used_bytes: int
    disk_free_bytes: int
    disk_total_bytes: int
    disks: dict[str, DiskUsage] = Field(default_factory=dict)
    processes: int
    network_rx_bytes: int | None = None
    network_tx_bytes: int | None = None
    gpus: list[GpuUsage] = Field(default_factory=list)


class MachineActivity(_Told):
    """Whether a machine is in use, and what keeps it so."""

    last_activity: Instant | None
    busy: bool
    reasons: list[str]


class AgentStatus(_Told):
    """What an agent says of its machine."""

    started_at: Instant | None = None
    version: str | None = None
    applications: list[ApplicationStatus] = Field(default_factory=list)
    usage: MachineUsage | None = None
    activity: MachineActivity | None = None


class ComputeStatus(AgentStatus):
    """An instance at this moment. `message` says why its agent is not reachable.

    `warnings` has a sentence for each disk that is nearly full. `busy` is what it is used for;
    `idleSince` from when it has not been, null while it is used or that is not known; `shutdownAt`
    when it is stopped if nobody uses it before.
    """

    name: str
    state: State
    state_since: Instant
    reachable: bool
    message: str | None
    warnings: list[str]
    busy: list[str]
    idle_since: Instant | None
    shutdown_at: Instant | None


class LogName(Answer):
    """A log of an instance."""

    name: str


class LogList(Answer):
    """The logs of an instance."""

    value: list[LogName]
