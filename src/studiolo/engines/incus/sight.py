"""What the daemon says of a container, as the reconciler reads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from studiolo.domain.boot import BOOT_KEY
from studiolo.domain.machine import AGENT_PORT, Observation, Presence
from studiolo.engines.incus.names import GENERATION, IMAGE_VERSION, MADE, MOVING, NIC

_STOPPED, _RUNNING, _FROZEN, _ERROR = "Stopped", "Running", "Frozen", "Error"
_NEVER_USED = 1971
"""The daemon writes 1970 for a container that never ran."""

CUT_SHORT = "Its making was cut short."
DEAF = "The machine's agent does not answer."
ON_THE_WAY = "It is being moved to another host, and will run again there."
FROZEN = "The machine is frozen: it does nothing until it is started or restarted."
LOST_CONTAINER = (
    "Its container was removed by something other than Studiolo. Its home directory is kept: "
    "start it to get a new container around it."
)


@dataclass(frozen=True, slots=True)
class Instance:
    """A container of this deployment, as the daemon shows it."""

    data: Mapping[str, Any]

    @property
    def config(self) -> Mapping[str, str]:
        """Its configuration, with what its image says."""
        return self.data.get("config") or {}

    @property
    def status(self) -> str:
        """`Stopped`, `Running`, `Frozen`, `Error` ..."""
        return str(self.data.get("status"))

    @property
    def made(self) -> bool:
        """Whether its making ended."""
        return MADE in self.config

    @property
    def running(self) -> bool:
        """Whether anything of it may run."""
        return self.status not in (_STOPPED, _ERROR)

    @property
    def frozen(self) -> bool:
        """Whether its processes are halted."""
        return self.status == _FROZEN

    @property
    def out_of_reach(self) -> bool:
        """Whether the cluster member that holds it does not answer: nothing else is told of it."""
        return self.status == _ERROR and self.data.get("config") is None

    @property
    def silence(self) -> str:
        """What is said of a container that is out of reach."""
        return f"cluster member {self.member} does not answer"

    @property
    def member(self) -> str:
        """The cluster member that holds it; empty or `none` without a cluster."""
        return str(self.data.get("location") or "")

    @property
    def moving(self) -> bool:
        """Whether it is moved to another member, and is to run again there."""
        return MOVING in self.config

    @property
    def generation(self) -> int:
        """Of its running or last start."""
        number = self.config.get(GENERATION, "")
        return int(number) if number.isdecimal() else 0

    @property
    def address(self) -> str | None:
        """Its own IPv4 address."""
        nic = (self.data.get("devices") or {}).get(NIC) or {}
        return nic.get("ipv4.address")

    @property
    def root_mib(self) -> int:
        """The limit of its root disk; 0 for one that was not written by us."""
        size = str(((self.data.get("devices") or {}).get("root") or {}).get("size") or "")
        number = size.removesuffix("MiB")
        return int(number) if number.isdecimal() else 0

    @property
    def agent(self) -> str | None:
        """Where its agent listens."""
        return f"{self.address}:{AGENT_PORT}" if self.address else None

    @property
    def agent_token(self) -> str | None:
        """What its agent demands; a secret."""
        try:
            token = json.loads(self.config.get(BOOT_KEY, ""))["agent"]["token"]
        except (ValueError, KeyError, TypeError):
            return None
        return str(token)

    def observation(self, *, healthy: bool | None = None, reason: str | None = None) -> Observation:
        """The reconciler's view; `healthy` and `reason` come from asking the agent."""
        presence = Presence.STOPPED
        if self.out_of_reach:
            return Observation(Presence.UNREACHABLE, reason=self.silence)
        if not self.made:
            presence, healthy, reason = Presence.BROKEN, None, CUT_SHORT
        elif self.running:
            presence = Presence.RUNNING
        elif self.moving:
            presence, reason = Presence.RUNNING, ON_THE_WAY
        if self.frozen:
            healthy, reason = False, FROZEN
        return Observation(
            presence,
            generation=self.generation,
            healthy=healthy,
            reason=reason,
            started_at=self._started_at() if self.running else None,
            image=self.config.get(IMAGE_VERSION),
            address=self.address,
        )

    def _started_at(self) -> datetime | None:
        try:
            moment = datetime.fromisoformat(str(self.data.get("last_used_at")))
        except ValueError:
            return None
        return moment.astimezone(UTC) if moment.year >= _NEVER_USED else None
