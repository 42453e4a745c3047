"""What the engine does to containers. The caller holds the machine's lock where one is changed."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain.boot import BALLAST
from studiolo.domain.machine import MachineSpec, Recipe, Step
from studiolo.engines.base import EngineError, MachineUnreachable, Permanent, Temporary
from studiolo.engines.incus import body, names
from studiolo.engines.incus.client import Daemon, Full, Missing, Refused, is_busy
from studiolo.engines.incus.cluster import Cluster
from studiolo.engines.incus.config import IncusConfig
from studiolo.engines.incus.disks import Disks, no_snapshot
from studiolo.engines.incus.names import HOME, MOVING, NIC, TEMP, instance_path, owner
from studiolo.engines.incus.networks import MachineNetworks
from studiolo.engines.incus.sight import Instance
from studiolo.engines.incus.snapshots import SnapshotKeeper

_MIB_PER_GIB = 1024
_ROOM_MIB = 64
_LEAST_TEMP_MIB = 512
_STOP_SECONDS = 60.0
"""How long the daemon may take to kill a container that was told to stop at once."""

_DEAF_SECONDS = 20.0
"""An agent that has run this long and does not answer is started again by `ensure`."""

_AGENT_UNIT = "studiolo-agent.service"


class Machines:
    """The containers of one deployment."""

    def __init__(
        self, deployment: str, daemon: Daemon, region: IncusConfig, disks: Disks, clock: Clock
    ) -> None:
        self._deployment = deployment
        self._daemon = daemon
        self._region = region
        self._disks = disks
        self._clock = clock
        self.cluster = Cluster(daemon, clock)
        self.keeper = SnapshotKeeper(daemon, disks)
        self.networks = MachineNetworks(deployment, daemon, region)

    async def find(self, machine_id: str) -> Instance | None:
        """The container; None where there is none, or it is not this deployment's.

        :raises MachineUnreachable: the cluster's member that holds it does not answer.
        """
        found = await self._look(machine_id)
        return Instance(found) if found and owner(found) == self._deployment else None

    async def every(self) -> dict[str, Instance]:
        """All containers of this deployment, by id, and such as may be: of those that are out of
        reach the daemon does not tell whose they are.
        """
        found = await self._daemon.get("/instances", recursion="1")
        every = {each["name"]: Instance(each) for each in found or ()}
        return {
            name: each
            for name, each in every.items()
            if each.out_of_reach or owner(each.data) == self._deployment
        }

    # --- changing -----------------------------------------------------------------------------

    async def ensure(self, spec: MachineSpec) -> bool:
        """Make and start the container; False if it ran already with the wanted generation.

        :raises Temporary: it runs with another.
        """
        found = await self._ours(spec.id)
        if found is not None and not found.made:
            await self._unmake(found, spec.id)
            found = None
        if found is None:
            await self._make(spec)
        elif found.running and found.generation != spec.generation:
            raise Temporary(
                f"Machine {spec.id} still runs as generation {found.generation}: stop it first."
            )
        elif found.frozen:
            await self._set_state(spec.id, "unfreeze")
            return False
        elif found.running:
            return False
        else:
            await self._next_generation(spec, found)
        await self._forget_source(spec)
        await self._start(spec.id)
        return True

    async def adapt(self, spec: MachineSpec) -> bool:
        """Give a running container other limits and a larger home; False if it must be stopped."""
        found = await self.find(spec.id)
        if found is None or not found.running or found.frozen:
            return False
        try:
            await self._prepare(spec, found)
        except Temporary:
            # A limit below what is in use, mostly. What was changed is what is wanted anyway.
            return False
        return True

    async def repair(self, machine_id: str, found: Instance) -> None:
        """Start the agent of a running container again, once it has had its time."""
        started = found.observation().started_at
        if started is None or self._age(started) < _DEAF_SECONDS:
            return
        command = ["systemctl", "restart", "--no-block", _AGENT_UNIT]
        order = {"command": command, "interactive": False, "wait-for-websocket": False}
        try:
            await self._daemon.change("POST", f"{instance_path(machine_id)}/exec", order)
        except Refused as error:
            raise Temporary(f"The machine's agent could not be started again: {error}") from error

    async def stop(self, machine_id: str, grace: float) -> None:
        """Ask the container to shut down, then kill it. Absent or stopped: nothing."""
        found = await self._ours(machine_id)
        if found is None:
            return
        if found.moving:
            await self._configure(machine_id, {MOVING: ""})
        if found.running:
            await self.halt(machine_id, found, grace)

    async def halt(self, machine_id: str, found: Instance, grace: float) -> None:
        """As :meth:`stop`, of a container that runs."""
        if grace > 0 and not found.frozen:
            await self._ask(machine_id, grace)
        faults.point("incus.stop.asked")
        await self._kill(machine_id)

    async def resume(self, machine_id: str) -> None:
        """Start a container that was stopped to be moved, as it was."""
        await self._start(machine_id)
        await self._configure(machine_id, {MOVING: ""})

    async def delete(self, machine_id: str) -> None:
        """Remove the container, then its disks."""
        found = await self._ours(machine_id)
        if found is not None:
            await self._remove(machine_id)
        faults.point("incus.delete.container")
        await self._disks.remove(machine_id)
        self.cluster.forget(machine_id)
        faults.point("incus.delete.disks")

    async def _next_generation(self, spec: MachineSpec, found: Instance) -> None:
        """Bring a stopped container to its next start, by way of the spec's recipe."""
        recipe = spec.recipe if found.generation != spec.generation else None
        match recipe:
            case Recipe(Step.RESTORE, of):
                await self.keeper.restore(spec.id, of)
            case Recipe(Step.REIMAGE):
                await self._remove(spec.id)
                await self._make(spec)
                return
            case _:
                pass
        await self._prepare(spec, found)

    # --- making -------------------------------------------------------------------------------

    async def _make(self, spec: MachineSpec) -> None:
        member = await self._place(spec)
        try:
            await self._make_on(spec, member)
        except (Full, MachineUnreachable):
            self.cluster.shun(member)
            raise

    async def _place(self, spec: MachineSpec) -> str:
        """The cluster's member to make it on; empty on a single host.

        A home that is there already decides; so does the machine that another is a copy of.
        """
        if not await self.cluster.members():
            return ""
        if spec.recipe is not None and spec.recipe.step is Step.CLONE:
            origin = await self.find(spec.recipe.of)
            if origin is not None:
                return origin.member
        home = await self._disks.member(spec.id)
        return home or await self.cluster.place(spec.id, spec.resources.memory_mib)

    async def _make_on(self, spec: MachineSpec, member: str) -> None:
        source = await self._source(spec, member)
        devices = await self._devices(spec, member)
        lan = await self.networks.join(spec)
        async with self.networks.address(lan, spec) as address:
            nic = body.nic(lan.name, address, isolated=lan.isolated, managed=lan.managed)
            boot = body.boot(spec, lan.subnet, address)
            order = body.instance(spec, source, {**devices, NIC: nic}, boot)
            try:
                await self._daemon.change("POST", "/instances", order, member=member)
            except EngineError as error:
                raise self._explained(error, spec) from error
            faults.point("incus.made")
            await self.networks.require_alone(lan, address, spec.id)
        await self._configure(spec.id, body.made())
        faults.point("incus.marked")

    async def _source(self, spec: MachineSpec, member: str) -> Mapping[str, Any]:
        """What the container is made from.

        :raises Permanent: what it is to be made from is gone.
        """
        if spec.recipe is not None and spec.recipe.step is Step.RESTORE:
            # The snapshots went with the container: a new one would pass for what was asked for.
            raise Permanent(no_snapshot(spec.id, spec.recipe.of))
        if spec.recipe is None or spec.recipe.step is not Step.CLONE:
            return body.image_source(spec, self._region)
        origin = await self.find(spec.recipe.of)
        if origin is None:
            raise Permanent(
                f"The instance that '{spec.name}' is to be a copy of is gone. Delete '{spec.name}'."
            )
        await self.keeper.take(spec.recipe.of, origin, spec.id)
        return await self.keeper.copied(spec.recipe.of, spec.id, spec.id, member)

    async def _forget_source(self, spec: MachineSpec) -> None:
        """Remove the snapshot that a clone was copied from."""
        if spec.recipe is not None and spec.recipe.step is Step.CLONE:
            await self.keeper.remove(spec.recipe.of, spec.id)

    async def _prepare(self, spec: MachineSpec, found: Instance) -> None:
        """Bring a stopped container to what its next start wants."""
        address = found.address
        if address is None:
            raise Permanent(f"Machine {spec.id} has lost its network interface; delete it.")
        lan = await self.networks.join(spec)
        devices = await self._devices(spec, found.member)
        devices[NIC] = (found.data.get("devices") or {})[NIC]
        try:
            await self._configure(spec.id, body.limits(spec), devices)
        except Full:
            await self._drop_ballast(spec.id)
            devices["root"] = self._larger_root(spec, found)
            await self._configure(spec.id, body.limits(spec), devices)
        if found.running:
            await self._configure(spec.id, body.processors_again(spec))
        faults.point("incus.configured")
        # Apart and last: the daemon may do half of a change that it refuses.
        await self._configure(spec.id, body.of_start(spec, body.boot(spec, lan.subnet, address)))

    async def _drop_ballast(self, machine_id: str) -> None:
        """Remove the file that a guest keeps for this: a quota that is used to the last block
        cannot even be raised (btrfs).
        """
        path = f"{instance_path(machine_id)}/files"
        with contextlib.suppress(Refused):
            await self._daemon.request("DELETE", path, query={"path": BALLAST})

    def _larger_root(self, spec: MachineSpec, found: Instance) -> Mapping[str, Any]:
        """A root disk with room for what the daemon itself writes into it at a start: on some
        pools its notes share the machine's quota, and a full disk would keep it down for good.

        The first start that finds room again goes back to the size's own.
        """
        return body.root(spec, self._region, least_mib=found.root_mib + _ROOM_MIB)

    async def _devices(self, spec: MachineSpec, member: str) -> dict[str, Any]:
        """Every device but the interface; makes the disks that are missing, on `member`."""
        size, disks = spec.resources, self._disks
        devices = {
            "root": body.root(spec, self._region),
            HOME: await disks.ensure(spec.id, HOME, size.disk_gib * _MIB_PER_GIB, member),
            "share": body.share(spec, self._region),
        }
        if self._has_temp(spec):
            devices[TEMP] = await disks.ensure(spec.id, TEMP, size.temp_disk_mib, member)
        return devices

    def _has_temp(self, spec: MachineSpec) -> bool:
        return spec.resources.temp_disk_mib >= _LEAST_TEMP_MIB

    async def _start(self, machine_id: str) -> None:
        faults.point("incus.starting")
        try:
            await self._set_state(machine_id, "start")
        except Refused as error:
            if not error.says("already running"):
                raise self._unstartable(machine_id, error) from error
        faults.point("incus.started")

    async def _unmake(self, found: Instance, machine_id: str) -> None:
        """Remove a container whose making was cut short; its home is another object, and stays."""
        if await self._being_made(machine_id):
            raise Temporary(f"Machine {machine_id} is just being made.", delay=1.0)
        await self._remove(machine_id)

    async def _being_made(self, machine_id: str) -> bool:
        """Whether the daemon is still at it, for a control plane that has died since."""
        operations = await self._daemon.get("/operations", recursion="1") or {}
        wanted = f"/1.0/instances/{machine_id}"
        return any(
            wanted in resource
            for operation in operations.get("running") or ()
            for resources in (operation.get("resources") or {}).values()
            for resource in resources or ()
        )

    # --- small steps --------------------------------------------------------------------------

    async def _configure(
        self, machine_id: str, config: Mapping[str, str], devices: Mapping[str, Any] | None = None
    ) -> None:
        change: dict[str, Any] = {"config": dict(config)}
        if devices is not None:
            change["devices"] = dict(devices)
        try:
            await self._daemon.change("PATCH", instance_path(machine_id), change)
        except Refused as error:
            raise _tried_again(error) from error

    async def _set_state(
        self, machine_id: str, action: str, *, seconds: float = _STOP_SECONDS, **how: Any
    ) -> None:
        order = {"action": action, "timeout": -1, **how}
        await self._daemon.change(
            "PUT", f"{instance_path(machine_id)}/state", order, seconds=seconds
        )

    async def _ask(self, machine_id: str, grace: float) -> None:
        """A shutdown in good order; whatever comes of it, the kill follows."""
        try:
            await self._set_state(
                machine_id, "stop", timeout=max(1, round(grace)), force=False, seconds=grace + 5
            )
        except (Refused, Temporary):
            return

    async def _kill(self, machine_id: str) -> None:
        try:
            await self._set_state(machine_id, "stop", force=True, timeout=0)
        except Missing:
            return
        except Refused as error:
            if not error.says("already stopped", "is not running"):
                raise _tried_again(error) from error

    async def _remove(self, machine_id: str) -> None:
        await self._kill(machine_id)
        try:
            await self._daemon.change("DELETE", instance_path(machine_id))
        except Missing:
            return
        except Refused as error:
            raise _tried_again(error) from error

    async def _look(self, machine_id: str) -> Any:
        await self.cluster.require_reach(machine_id)
        return await self._daemon.find(instance_path(machine_id))

    async def _ours(self, machine_id: str) -> Instance | None:
        """The container, about to be changed; None where there is none.

        :raises Permanent: it is not this deployment's.
        """
        found = await self._look(machine_id)
        if found is not None and owner(found) != self._deployment:
            raise Permanent(
                f"An instance called {machine_id} is there already and is not this deployment's. "
                "It was not touched."
            )
        return None if found is None else Instance(found)

    def _age(self, started: datetime) -> float:
        return (self._clock() - started).total_seconds()

    def _explained(self, error: EngineError, spec: MachineSpec) -> EngineError:
        """A create's refusal, in a sentence that says what to do."""
        if not isinstance(error, Refused):
            return error
        if error.says("already exists", "already in use") and not error.says("alias"):
            return Temporary(f"Machine {spec.id} is being made by somebody else.", delay=0.5)
        if isinstance(error, Missing) or error.says("image", "alias"):
            alias = names.image_alias(spec.image, self._region.variant)
            return Permanent(
                f"The region has no image {alias!r} ({error}). An administrator makes it with "
                f"'studiolo image build --variant {self._region.variant}'."
            )
        return _tried_again(error)

    def _unstartable(self, machine_id: str, error: Refused) -> EngineError:
        if is_busy(error):
            return _tried_again(error)
        return Temporary(f"The container {machine_id} cannot be started: {error}", delay=2.0)


def _tried_again(error: Refused) -> Temporary:
    return Temporary(f"The daemon refuses: {error}", delay=0.5 if is_busy(error) else 2.0)
