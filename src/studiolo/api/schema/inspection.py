"""What runs inside an instance, and its logs.

The first part is told by the machine's agent, which is where people run their own programs: it may
be older than this, or anything. What it says is read by these models, so that what it does not say
is null, and what nobody knows is left out.
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
    display_name: str | None = None
    path: str | None = None
    process: str | None = None
    state: Literal["Stopped", "Starting", "Running", "Failing"] | None = None
    since: Instant | None = None
    restarts: int | None = None
    last_error: str | None = None
    last_activity: Instant | None = None
    busy: bool | None = None


class DiskUsage(_Told):
    """How full a disk is, in bytes."""

    used_bytes: int | None = None
    free_bytes: int | None = None
    total_bytes: int | None = None


class GpuUsage(_Told):
    """What a GPU does."""

    index: int | None = None
    name: str | None = None
    utilization_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None


class MachineUsage(_Told):
    """What a machine uses. One processor is 100 percent; the network's bytes are counters."""

    cpu_percent: float | None = None
    cpu_seconds: float | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    disk_used_bytes: int | None = None
    disk_free_bytes: int | None = None
    disk_total_bytes: int | None = None
    disks: dict[str, DiskUsage] | None = None
    processes: int | None = None
    network_rx_bytes: int | None = None
    network_tx_bytes: int | None = None
    gpus: list[GpuUsage] | None = None


class MachineActivity(_Told):
    """Whether a machine is in use, and what keeps it so."""

    last_activity: Instant | None = None
    busy: bool | None = None
    reasons: list[str] | None = None


class AgentStatus(_Told):
    """What an agent says of its machine."""

    started_at: Instant | None = None
    version: str | None = None
    applications: list[ApplicationStatus] = Field(default_factory=list)
    usage: MachineUsage | None = None
    activity: MachineActivity | None = None


class ComputeStatus(AgentStatus):
    """An instance at this moment. `message` says why its agent is not reachable.

    `warnings` has a sentence for each disk that is nearly full.
    """

    name: str
    state: State
    state_since: Instant
    reachable: bool
    message: str | None
    warnings: list[str]


class LogName(Answer):
    """A log of an instance."""

    name: str


class LogList(Answer):
    """The logs of an instance."""

    value: list[LogName]
