"""An engine without machines, for tests, demonstrations of the API, and benchmarks.

It keeps the contract (the same conformance suite holds it to that) and can be told to be slow or to
fail. Machines live in a :class:`FakeWorld`, which outlasts engine objects as real machines do.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from studiolo.clock import Clock, utc_now
from studiolo.domain.machine import (
    IMAGE,
    Endpoint,
    MachineSpec,
    Observation,
    Presence,
    Recipe,
    Step,
    VirtualSubnet,
)
from studiolo.engines.base import (
    About,
    DiskSizes,
    EngineError,
    EngineHealth,
    MachineUnreachable,
    Permanent,
    Snapshot,
    Temporary,
)
from studiolo.engines.fake_hosts import FakeCluster, FakeHosts


@dataclass(frozen=True, slots=True)
class FakeSnapshot:
    """What a machine was at one instant."""

    created_at: datetime
    home: Mapping[str, bytes]
    image: str | None


_SILENT = "the host of the machine does not answer"


@dataclass(slots=True)
class FakeMachine:
    """One machine.

    :param frozen: its agent does not answer.
    :param silent: its host does not answer.
    :param lost: its home was removed behind the engine's back; until `ensure` makes an empty one.
    :param notice: what an observer is told of a machine that runs well.
    :param fault: what an observer is told is wrong with it; it counts as broken until `ensure`.
    :param home: files of the home directory; stopping keeps them.
    :param image: version of the image it was made on.
    :param snapshots: by name; they go with the machine, and with its image.
    :param address: its own, where it has one.
    """

    spec: MachineSpec
    running: bool = False
    started_at: datetime | None = None
    frozen: bool = False
    silent: bool = False
    lost: bool = False
    notice: str | None = None
    fault: str | None = None
    home: dict[str, bytes] = field(default_factory=dict)
    image: str | None = None
    snapshots: dict[str, FakeSnapshot] = field(default_factory=dict)
    address: str | None = None


@dataclass(slots=True)
class FakeWorld:
    """Where fake machines are.

    :param boot: how long a machine runs before its agent answers, by the engine's clock.
    :param images: newest version of every image, by name; machines that are there keep theirs.
    :param rigid: machines take no other size while they run.
    :param networks: by id: the deployment they belong to, and what they are.
    :param occupied: prefixes that the hosts' own networks have.
    :param cluster: what machines are spread over; nothing, until a test adds some.
    """

    machines: dict[str, FakeMachine] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=lambda: {IMAGE: "fake-1"})
    boot: timedelta = timedelta(0)
    rigid: bool = False
    latency: dict[str, float] = field(default_factory=dict)
    failures: defaultdict[str, deque[EngineError]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    calls: list[tuple[str, str]] = field(default_factory=list)
    recording: bool = False
    networks: dict[str, tuple[str, VirtualSubnet]] = field(default_factory=dict)
    occupied: tuple[str, ...] = ("10.213.44.0/22",)
    cluster: FakeCluster = field(default_factory=FakeCluster)

    def fail_next(self, verb: str, *errors: EngineError) -> None:
        """Let the next calls of `verb` raise `errors`, one each."""
        self.failures[verb].extend(errors)

    def delay(self, verb: str, seconds: float) -> None:
        """Let every call of `verb` take `seconds`."""
        self.latency[verb] = seconds

    def silence(self, machine_id: str, *, silent: bool = True) -> None:
        """What the end of a cluster's member does to its machines, or its return."""
        self.machines[machine_id].silent = silent

    def power_off(self, machine_id: str) -> None:
        """What a guest does that shuts itself down."""
        self.machines[machine_id].running = False


class FakeEngine(FakeHosts):
    """Machines in memory. Implements `Engine` and every capability of `engines/base.py`.

    :param address: address of the endpoint of every running machine; None for no endpoints.
    :param sleep: how latency is waited for.
    """

    def __init__(
        self,
        deployment: str,
        *,
        world: FakeWorld | None = None,
        clock: Clock = utc_now,
        address: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.world = world or FakeWorld()
        self._deployment = deployment
        self._clock = clock
        self._address = address
        self._sleep = sleep

    async def observe(self, machine_id: str) -> Observation:
        """See :meth:`Engine.observe`."""
        await self._begin("observe", machine_id)
        machine = self._own(machine_id)
        return Observation.absent() if machine is None else self._seen(machine, asked=True)

    async def ensure(self, spec: MachineSpec) -> None:
        """See :meth:`Engine.ensure`."""
        await self._begin("ensure", spec.id)
        machine = self.world.machines.get(spec.id)
        if spec.deployment != self._deployment or (machine and self._own(spec.id) is None):
            raise Permanent(f"Machine {spec.id} belongs to another deployment.")
        if machine is not None and machine.lost:
            del self.world.machines[spec.id]
            machine = None
        if spec.subnet is not None:
            await self.ensure_network(spec.subnet)
        if machine is None:
            machine = self.world.machines.setdefault(spec.id, self._made(spec))
        if machine.running and machine.spec.generation != spec.generation:
            raise Temporary(f"Machine {spec.id} runs as another generation: stop it first.")
        machine.frozen = False
        machine.fault = None
        if not machine.running:
            if machine.spec.generation != spec.generation:
                self._follow(spec.recipe, machine)
            machine.spec = spec
            machine.running = True
            machine.started_at = self._clock()

    async def stop(self, machine_id: str, *, grace: float) -> None:
        """See :meth:`Engine.stop`. `grace` passes at once: no guest is asked."""
        await self._begin("stop", machine_id)
        machine = self._own(machine_id, strict=True)
        if machine is not None:
            machine.running = machine.frozen = False

    async def delete(self, machine_id: str) -> None:
        """See :meth:`Engine.delete`."""
        await self._begin("delete", machine_id)
        if self._own(machine_id, strict=True) is not None:
            del self.world.machines[machine_id]

    async def list_owned(self) -> Mapping[str, Observation]:
        """See :meth:`Engine.list_owned`."""
        await self._begin("list_owned", "")
        return {
            machine_id: self._seen(machine, asked=False)
            for machine_id, machine in self.world.machines.items()
            if machine.spec.deployment == self._deployment
        }

    async def endpoint(self, machine_id: str) -> Endpoint | None:
        """See :meth:`Engine.endpoint`."""
        await self._begin("endpoint", machine_id)
        machine = self._own(machine_id)
        if machine is None or not machine.running or self._address is None:
            return None
        return Endpoint(self._address, machine.spec.agent_token)

    async def health(self) -> EngineHealth:
        """See :meth:`Engine.health`."""
        await self._begin("health", "")
        return EngineHealth(ok=True, message="fake", limitations=("machines are not real",))

    async def aclose(self) -> None:
        """See :meth:`Engine.aclose`; there is nothing to let go of."""

    async def logs(self, machine_id: str, name: str, *, tail: int) -> str | None:
        """See :meth:`LogSource.logs`."""
        machine = self._own(machine_id)
        if machine is None or name != "agent":
            return None
        return f"generation {machine.spec.generation}\n" if tail > 0 else ""

    async def log_names(self, machine_id: str) -> tuple[str, ...]:
        """See :meth:`LogSource.log_names`."""
        return () if self._own(machine_id) is None else ("agent",)

    async def latest_image(self, name: str) -> str | None:
        """See :meth:`ImageCatalogue.latest_image`."""
        await self._begin("latest_image", name)
        return self.world.images.get(name)

    async def snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Snapshots.snapshot`."""
        await self._begin("snapshot", machine_id)
        machine = self._own(machine_id)
        if machine is None:
            raise Permanent(f"There is no machine {machine_id} to keep the state of.")
        kept = FakeSnapshot(self._clock(), dict(machine.home), machine.image)
        machine.snapshots.setdefault(name, kept)

    async def snapshots(self, machine_id: str) -> tuple[Snapshot, ...]:
        """See :meth:`Snapshots.snapshots`."""
        await self._begin("snapshots", machine_id)
        machine = self._own(machine_id)
        found = machine.snapshots if machine else {}
        every = (Snapshot(name, kept.created_at) for name, kept in found.items())
        return tuple(sorted(every, key=lambda each: (each.created_at, each.name)))

    async def remove_snapshot(self, machine_id: str, name: str) -> None:
        """See :meth:`Snapshots.remove_snapshot`."""
        await self._begin("remove_snapshot", machine_id)
        if (machine := self._own(machine_id)) is not None:
            machine.snapshots.pop(name, None)

    async def adapt(self, spec: MachineSpec) -> bool:
        """See :meth:`OnlineResize.adapt`."""
        await self._begin("adapt", spec.id)
        machine = self._own(spec.id)
        if machine is None or not machine.running or self.world.rigid:
            return False
        machine.spec = spec
        return True

    @property
    def about(self) -> About:
        """See :attr:`Described.about`."""
        return About("fake", "There are no machines: this engine only behaves as if there were.")

    @property
    def has_networks(self) -> bool:
        """See :attr:`Networks.has_networks`."""
        return True

    @property
    def disk_sizes(self) -> DiskSizes:
        """See :attr:`SizedDisks.disk_sizes`."""
        return DiskSizes(home_gib=120, root_gib=40)

    @property
    def steps(self) -> frozenset[Step]:
        """See :attr:`Recipes.steps`."""
        return frozenset(Step)

    def _made(self, spec: MachineSpec) -> FakeMachine:
        match spec.recipe:
            case Recipe(Step.CLONE, of):
                origin = self._own(of)
                if origin is None:
                    raise Permanent(f"The instance that '{spec.name}' is to be a copy of is gone.")
                return FakeMachine(spec, home=dict(origin.home), image=origin.image)
            case Recipe(Step.RESTORE, of):
                raise Permanent(_no_snapshot(spec.id, of))
            case _:
                return FakeMachine(spec, image=self.world.images.get(spec.image))

    def _follow(self, recipe: Recipe | None, machine: FakeMachine) -> None:
        match recipe:
            case Recipe(Step.RESTORE, of):
                kept = machine.snapshots.get(of)
                if kept is None:
                    raise Permanent(_no_snapshot(machine.spec.id, of))
                machine.home, machine.image = dict(kept.home), kept.image
            case Recipe(Step.REIMAGE):
                machine.image = self.world.images.get(machine.spec.image)
                machine.snapshots.clear()
            case _:
                pass

    async def ensure_network(self, subnet: VirtualSubnet) -> None:
        """See :meth:`Networks.ensure_network`."""
        await self._begin("ensure_network", subnet.id)
        self._own_network(subnet.id)
        self.world.networks[subnet.id] = (self._deployment, subnet)

    async def remove_network(self, network_id: str) -> None:
        """See :meth:`Networks.remove_network`."""
        await self._begin("remove_network", network_id)
        self._own_network(network_id)
        inside = (each.spec.subnet for each in self.world.machines.values())
        if any(subnet is not None and subnet.id == network_id for subnet in inside):
            raise Temporary(f"Machines are still in the network {network_id}.")
        self.world.networks.pop(network_id, None)

    async def list_networks(self) -> frozenset[str]:
        """See :meth:`Networks.list_networks`."""
        await self._begin("list_networks", "")
        owners = self.world.networks.items()
        return frozenset(each for each, (owner, _) in owners if owner == self._deployment)

    async def occupied_prefixes(self) -> tuple[str, ...]:
        """See :meth:`Networks.occupied_prefixes`."""
        await self._begin("occupied_prefixes", "")
        return self.world.occupied

    def _own_network(self, network_id: str) -> None:
        """Refuse another deployment's.

        :raises Permanent: it is one.
        """
        owner, _ = self.world.networks.get(network_id, (self._deployment, None))
        if owner != self._deployment:
            raise Permanent(f"The network {network_id} belongs to another deployment.")

    async def _begin(self, verb: str, machine_id: str) -> None:
        """Note the call, wait as told, and fail as told."""
        if self.world.recording:
            self.world.calls.append((verb, machine_id))
        if seconds := self.world.latency.get(verb, 0.0):
            await self._sleep(seconds)
        if queued := self.world.failures.get(verb):
            raise queued.popleft()
        machine = self.world.machines.get(machine_id)
        if machine is not None and machine.silent:
            raise MachineUnreachable(_SILENT)

    def _own(self, machine_id: str, *, strict: bool = False) -> FakeMachine | None:
        """The machine, if it is there and ours.

        :raises Permanent: it is another deployment's, and `strict`.
        """
        machine = self.world.machines.get(machine_id)
        if machine is None or machine.spec.deployment == self._deployment:
            return machine
        if strict:
            raise Permanent(f"Machine {machine_id} belongs to another deployment.")
        return None

    def _seen(self, machine: FakeMachine, *, asked: bool) -> Observation:
        return replace(
            self._state(machine, asked=asked), image=machine.image, address=machine.address
        )

    def _state(self, machine: FakeMachine, *, asked: bool) -> Observation:
        generation = machine.spec.generation
        if machine.silent:
            return Observation(Presence.UNREACHABLE, reason=_SILENT)
        if machine.lost:
            runs = False if machine.running else None
            return Observation(Presence.LOST, generation, runs, "The machine's home is gone.")
        if machine.fault is not None:
            return Observation(Presence.BROKEN, generation, reason=machine.fault)
        if not machine.running or machine.started_at is None:
            return Observation(Presence.STOPPED, generation)
        healthy = None
        if asked:
            booted = self._clock() - machine.started_at >= self.world.boot
            healthy = booted and not machine.frozen
        reason = machine.notice if healthy is not False else "The machine's agent does not answer."
        return Observation(Presence.RUNNING, generation, healthy, reason, machine.started_at)


def _no_snapshot(machine_id: str, name: str) -> str:
    return f"Machine {machine_id} has no snapshot {name!r}."
