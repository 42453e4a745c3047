"""The contract between the reconciler and whatever makes machines.

Every verb is safe to repeat and safe to interrupt: an engine killed between any two instructions
leaves something that the next `observe`, `ensure`, `stop` or `delete` of the same machine
understands. Verbs return soon (seconds); waiting is the reconciler's business. An engine's objects
are named by the machine's id before they are made and carry the deployment's id, so that
`list_owned` finds whatever a crash left behind. An engine never touches an object that does not
carry its deployment's id.

Errors: an engine raises :class:`Temporary` when trying again may help (the reconciler waits
`delay` seconds and does so until the state's deadline), :class:`Permanent` when it cannot. Both
carry a sentence for a person, without paths of the host (see `saying.py`). Anything else that
escapes is a bug, and is treated as temporary.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from studiolo.domain.machine import Endpoint, MachineSpec, Observation, Step, VirtualSubnet


class EngineError(Exception):
    """An engine could not do what it was asked; `str(error)` is for a person.

    :param detail: what an administrator should know besides: paths, the words of other programs.
    """

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class Temporary(EngineError):
    """Trying again after `delay` seconds may help."""

    def __init__(self, message: str, *, delay: float = 1.0, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.delay = delay


class Permanent(EngineError):
    """Trying again does not help until somebody changes something."""


class Unreachable(Temporary):
    """The engine itself does not answer; nothing is known of its machines."""


class MachineUnreachable(Unreachable):
    """The engine answers, but the host that holds this one machine (a cluster's member) does not.

    `list_owned` shows such a machine as :attr:`Presence.UNREACHABLE`.
    """


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """One line of `studiolo doctor`, and what an engine cannot do on this host.

    :param limitations: sentences, for example "memory is not limited: no cgroup access".
    """

    ok: bool
    message: str
    limitations: tuple[str, ...] = ()


@runtime_checkable
class Engine(Protocol):
    """What every engine does."""

    async def observe(self, machine_id: str) -> Observation:
        """Look at one machine, its agent included.

        :raises MachineUnreachable: the machine's host does not answer.
        :raises Unreachable: the engine does not answer.
        """

    async def ensure(self, spec: MachineSpec) -> None:
        """Make the machine exist and run as `spec` says, with `spec.generation`.

        Absent: made, then started. Half made: finished or made anew, never losing a home directory.
        Stopped: started. Running with the same generation: returns, after repairing what it can
        (a dead agent is started again). Running with another generation: raises Temporary; the
        caller stops it first. It returns when the start has been asked for; `observe` tells when
        the agent answers.
        """

    async def stop(self, machine_id: str, *, grace: float) -> None:
        """Stop the machine: ask nicely, then within `grace` seconds take it down for certain.

        Needs nothing of the guest. Absent or stopped: returns silently. On return nothing of the
        machine runs.
        """

    async def delete(self, machine_id: str) -> None:
        """Stop without grace and remove every object of the machine. Absent: returns silently.

        The workspace's share is not the machine's, and stays.
        """

    async def list_owned(self) -> Mapping[str, Observation]:
        """Every machine that carries this deployment's id, by id; agents are not asked.

        One cheap call for the whole region: the reconciler compares it with the store. A machine
        whose host does not answer is among them, as :attr:`Presence.UNREACHABLE`.

        :raises Unreachable: the engine does not answer.
        """

    async def endpoint(self, machine_id: str) -> Endpoint | None:
        """Where the machine's agent answers; None unless the machine runs."""

    async def health(self) -> EngineHealth:
        """Whether the engine works, and what it cannot do here."""

    async def aclose(self) -> None:
        """Let go of connections. Machines keep running."""


@dataclass(frozen=True, slots=True)
class About:
    """What an engine is, for people who choose where to work.

    :param kind: its name in the settings: `process`, `incus`, `fake`.
    :param isolation: one sentence, what keeps a machine apart from the others.
    """

    kind: str
    isolation: str


@runtime_checkable
class Described(Protocol):
    """Capability: says what it is. Known without asking anybody."""

    @property
    def about(self) -> About:
        """The same for as long as the engine lives."""


@runtime_checkable
class LogSource(Protocol):
    """Capability: logs that can be read without the machine's help."""

    async def logs(self, machine_id: str, name: str, *, tail: int) -> str | None:
        """Last `tail` lines of the log `name` (`agent`, `jupyter`, ...); None if there is none."""

    async def log_names(self, machine_id: str) -> tuple[str, ...]:
        """Names of the logs there are."""


@runtime_checkable
class ImageCatalogue(Protocol):
    """Capability: says which image a machine that is made now would be on."""

    async def latest_image(self, name: str) -> str | None:
        """Version of the image `name`, as :attr:`Observation.image` spells it; None where there is
        none (yet). Cheap: one look, no search. What is merely absent raises nothing.
        """


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A machine's disks at one instant: root and home. The share is not a machine's."""

    name: str
    created_at: datetime


@runtime_checkable
class Snapshots(Protocol):
    """Capability: keeps states of a machine, which :class:`Recipe` goes back to or copies."""

    async def snapshot(self, machine_id: str, name: str) -> None:
        """Keep the present state. A running machine halts for the instant it takes.

        Safe to repeat: a snapshot of that name that was cut short is finished; a whole one is left.

        :raises Permanent: there is no such machine.
        """

    async def snapshots(self, machine_id: str) -> tuple[Snapshot, ...]:
        """The whole snapshots there are, oldest first; of an absent machine none."""

    async def remove_snapshot(self, machine_id: str, name: str) -> None:
        """Forget one. Absent: returns silently."""


@runtime_checkable
class OnlineResize(Protocol):
    """Capability: gives a running machine other resources."""

    async def adapt(self, spec: MachineSpec) -> bool:
        """Bring a running machine to `spec`, its generation included, without stopping it.

        False where it cannot be done while it runs: the caller stops and starts it.
        """


@dataclass(frozen=True, slots=True)
class DiskSizes:
    """What a machine is given where its instance says nothing, in GiB."""

    home_gib: int
    root_gib: int


@runtime_checkable
class SizedDisks(Protocol):
    """Capability: home and root are disks of a machine's own, whose sizes are kept and can grow."""

    @property
    def disk_sizes(self) -> DiskSizes:
        """Those of a new machine."""


@runtime_checkable
class Recipes(Protocol):
    """Capability: `ensure` follows :attr:`MachineSpec.recipe`."""

    @property
    def steps(self) -> frozenset[Step]:
        """Those it knows."""


@dataclass(frozen=True, slots=True)
class Host:
    """One of the hosts that a region's machines are spread over.

    :param status: the engine's own word.
    :param open: whether it takes machines.
    :param machines: how many are on it.
    :param answers: whether what is there can be seen.
    :param emptied: whether :meth:`Hosts.empty_host` was asked of it last.
    :param vcpus: of the host; None where it does not say.
    :param memory_mib: likewise.
    :param used_vcpus: what machines on it may use, running or not; may be more than there is.
    :param used_mib: likewise, of memory.
    """

    name: str
    status: str
    open: bool
    machines: int
    answers: bool = True
    emptied: bool = False
    vcpus: int | None = None
    memory_mib: int | None = None
    used_vcpus: int = 0
    used_mib: int = 0


@dataclass(frozen=True, slots=True)
class Stuck:
    """A machine that is to leave its host, and why it has not."""

    machine: str
    host: str
    error: EngineError


class Unmoved(Temporary):
    """Some machines stay where they are for now; the others were moved."""

    def __init__(self, stuck: Sequence[Stuck]) -> None:
        super().__init__("; ".join(sorted({str(each.error) for each in stuck})))
        self.stuck = tuple(stuck)


@runtime_checkable
class Hosts(Protocol):
    """Capability: machines are on several hosts, and can leave one.

    What is wanted of a host outlives the control plane; :meth:`move_on` brings it about.
    """

    async def hosts(self) -> tuple[Host, ...]:
        """Every one, by name; none where the region is a single host."""

    async def empty_host(self, name: str) -> None:
        """Want no machines on a host: it takes no more, and those there are to leave it.

        :raises Permanent: there is no such host.
        """

    async def fill_host(self, name: str) -> None:
        """Let a host take machines again. Those that left it stay where they are.

        :raises Permanent: there is no such host.
        """

    async def move_on(self) -> int:
        """Move every machine that must leave its host, one after the other, and finish what was cut
        short. A running machine is stopped in good order and runs again afterwards. It may take as
        long as the disks take over the network.

        :returns: how many were moved.
        :raises Unmoved: what keeps some where they are.
        :raises Unreachable: the engine does not answer.
        """


@runtime_checkable
class Networks(Protocol):
    """Capability: `ensure` follows :attr:`MachineSpec.subnet` and :attr:`MachineSpec.public_ip`.

    Machines of one subnet reach each other. No machine is reached from another subnet, from the
    region's own network or from outside; the control plane reaches every one. A machine without
    `public_ip` reaches the members of its subnet and nothing else, whatever its root does.
    """

    @property
    def has_networks(self) -> bool:
        """Whether machines can be given any, as the engine is configured."""

    async def ensure_network(self, subnet: VirtualSubnet) -> None:
        """Make the subnet's network exist; `ensure` does so itself.

        :raises Permanent: a network of that name is somebody else's, or its addresses are in use.
        """

    async def remove_network(self, network_id: str) -> None:
        """Remove what :meth:`ensure_network` made. Absent: returns silently.

        :raises Temporary: machines are still in it.
        :raises Permanent: it is not this deployment's.
        """

    async def list_networks(self) -> frozenset[str]:
        """Ids of all networks that carry this deployment's id, whole or half made."""

    async def occupied_prefixes(self) -> tuple[str, ...]:
        """IPv4 prefixes that no new subnet may overlap: all the region has but its subnets'."""


@runtime_checkable
class HintSource(Protocol):
    """Capability: tells at once that something has happened to a machine."""

    def changed(self) -> AsyncIterator[str]:
        """Ids of machines, perhaps of others' too, as things happen to them; until cancelled.

        Only saves time: what is missed is found by comparing all machines with the store.

        :raises Unreachable: the engine does not answer, or no longer.
        """
