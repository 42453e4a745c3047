"""What the engine does to machines; blocking, with the machine's lock held where it changes one."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain.machine import IMAGE, MachineSpec, Presence
from studiolo.engines.base import EngineError, EngineHealth, Permanent, Temporary
from studiolo.engines.process import build, cgroup, processes
from studiolo.engines.process.disk import machine_lock
from studiolo.engines.process.environment import tag
from studiolo.engines.process.image import ImageStore
from studiolo.engines.process.image_sources import AGENT, version
from studiolo.engines.process.layout import Layout, machine_name
from studiolo.engines.process.processes import Process
from studiolo.engines.process.record import AgentRecord, Stored, owner
from studiolo.engines.process.sight import Sight, look
from studiolo.engines.process.start import Starter, recorded_groups

_KILL_SECONDS = 10.0


class Machines:
    """The machines of one deployment. Parameters as :class:`ProcessEngine`'s."""

    def __init__(
        self,
        *,
        deployment: str,
        shares: Path,
        images: ImageStore,
        inherited: Mapping[str, str],
        clock: Clock,
        agent_command: Sequence[str] | None,
    ) -> None:
        self._deployment = deployment
        self._shares = shares
        self._images = images
        self._inherited = inherited
        self._clock = clock
        self._agent_command = agent_command
        self._cgroups = cgroup.Cgroups(deployment)

    # --- seeing -------------------------------------------------------------------------------

    def look(self, layout: Layout) -> Sight:
        """See one machine. One that belongs to another deployment counts as absent."""
        if self._foreign(layout.folder):
            return Sight(Presence.ABSENT)
        record = AgentRecord.load(layout.agent_record)
        agent = record.process if record else None
        if agent is not None and agent.tag == self._tag(layout):
            return look(layout, (agent,))  # the usual case, without a search through /proc
        return look(layout, self._tagged(layout, processes.snapshot()))

    def look_all(self, folder: Path, layout_of: Callable[[str], Layout]) -> dict[str, Sight]:
        """See every machine of this deployment: those with a folder, and those with processes."""
        every = processes.snapshot()
        prefix = tag(self._deployment, "")
        ids = {p.tag.removeprefix(prefix) for p in every if p.tag and p.tag.startswith(prefix)}
        ids |= {entry.name for entry in folder.iterdir() if not entry.name.startswith(".")}
        found: dict[str, Sight] = {}
        for machine_id in sorted(ids):
            with suppress(Permanent):  # a name that is no machine's: somebody else's file
                layout = layout_of(machine_name(machine_id))
                if not self._foreign(layout.folder):
                    found[machine_id] = look(layout, self._tagged(layout, every))
        return {key: sight for key, sight in found.items() if sight.presence != Presence.ABSENT}

    def running_token(self, layout: Layout) -> str | None:
        """The agent's token if the machine's agent runs. Reads two small files."""
        record = AgentRecord.load(layout.agent_record)
        if record is None or record.process is None or self._foreign(layout.folder):
            return None
        stored = Stored.load(layout)
        return None if stored is None else stored.spec.agent_token

    def latest_image(self, name: str) -> str | None:
        """Version of the prepared image `name`; None where there is none, or none prepared yet."""
        return version(self._images.path(name)) if self._ready(name) else None

    def health(self, folder: Path) -> EngineHealth:
        """Whether machines can be made in `folder`, and what is not limited here."""
        missing = [n for n in (AGENT, IMAGE) if not self._ready(n)]
        without = self._cgroups.missing()
        limits = tuple(f"{name} is not limited: no control group for it" for name in without)
        walls = "machines run as one user: nothing walls them off from one another"
        if missing:
            message = f"not prepared: image {', '.join(missing)}; `studiolo up` prepares it"
            return EngineHealth(ok=False, message=message, limitations=(walls, *limits))
        message = f"machines in {folder}"
        return EngineHealth(ok=True, message=message, limitations=(walls, *limits))

    # --- changing -----------------------------------------------------------------------------

    def ensure(self, layout: Layout, spec: MachineSpec, lock: int) -> bool:
        """Make and start the machine; False if its agent ran already.

        :raises Temporary: another generation of it runs.
        """
        build.check(spec, self._deployment)
        self._own(layout)
        build.remove_tree_if_any(build.trash_folder(layout), build.new_folder(layout))
        sight = self.look(layout)
        ran = bool(sight.processes)
        if sight.presence is Presence.LOST:
            self._end_all(layout)
            sight = self.look(layout)
        if sight.processes and sight.generation != spec.generation:
            raise Temporary(
                f"Machine {spec.id} still runs as generation {sight.generation}: stop it first."
            )
        stored = self._stored(layout, sight, spec, ran=ran)
        build.finish(layout, stored, self._shares)
        if sight.agent is None:
            self._starter().start(layout, stored, lock)
            return True
        if not sight.recorded:
            AgentRecord.of(sight.agent, spec.generation, self._clock()).save(layout)
        return False

    def replace_agent(self, layout: Layout, spec: MachineSpec, seen: Sight, lock: int) -> None:
        """Kill the agent that was `seen`, and it alone, and start another in its place."""
        sight = self.look(layout)
        if sight.agent is None or seen.agent is None or sight.stored is None:
            return
        if (sight.agent.pid, sight.agent.started) != (seen.agent.pid, seen.agent.started):
            return
        sight.agent.send(signal.SIGKILL)
        if not sight.agent.wait(_KILL_SECONDS):
            raise Temporary(f"The agent of machine {spec.id} does not answer and cannot be ended.")
        self._starter().start(layout, sight.stored, lock)

    def stop(self, layout: Layout, grace: float) -> None:
        """Ask the agent to end, then end everything of the machine. Writes nothing."""
        self._own(layout)
        groups = self._groups(layout)
        sight = self.look(layout)
        if sight.agent is not None and grace > 0:
            self._ask(layout, sight.agent, grace)
        self._end_all(layout)
        faults.point("process.stop.killed")
        if layout.agent_record.exists():
            layout.agent_record.replace(layout.agent_stopped)
        _remove_sockets(layout)
        cgroup.remove(groups)

    def delete(self, layout: Layout) -> None:
        """End everything of the machine and remove what it has on disk."""
        self._own(layout)
        groups = self._groups(layout)
        self._end_all(layout)
        # The folder goes last: without it the machine is absent, and nobody would come back for
        # the rest.
        _remove_sockets(layout)
        cgroup.remove(groups)
        build.remove_tree_if_any(build.trash_folder(layout), build.new_folder(layout))
        if layout.folder.exists():
            layout.folder.rename(build.trash_folder(layout))
            faults.point("process.delete.renamed")
            build.remove_tree_if_any(build.trash_folder(layout))
        faults.point("process.delete.removed")

    def clear_leftovers(self, folder: Path, layout_of: Callable[[str], Layout]) -> None:
        """Remove what a crash left half made or half removed, unless a verb is at work on it."""
        for leftover in build.leftovers(folder):
            machine_id = build.leftover_id(leftover)
            with suppress(EngineError), machine_lock(folder, machine_id, seconds=0):
                layout_of(machine_id)
                if not self._foreign(leftover):
                    build.remove_tree_if_any(leftover)

    # --- how ----------------------------------------------------------------------------------

    def _stored(self, layout: Layout, sight: Sight, spec: MachineSpec, *, ran: bool) -> Stored:
        """Bring `machine.json` to what `spec` says, making the folder if there is none.

        :param ran: whether something of the machine was found running.
        """
        if sight.presence is Presence.ABSENT:
            image = str(self._images.prepared(spec.image))
            fresh = replace(spec, recipe=None)
            stored = Stored(fresh, image, build.lost_home_notice(spec, ran=ran))
            build.create(layout, stored)
            return stored
        stored = build.updated(sight.stored, spec, self._image_of(sight, spec))
        if build.to_be_reimaged(sight.stored, spec):
            newest = str(self._images.prepared(spec.image))
            build.remove_tree_if_any(layout.env)
            faults.point("process.reimage.removed")
            # Saved last: until then the generation says that the step is still to be done.
            stored = replace(stored, image=newest)
        if sight.presence is Presence.LOST and stored.notice is None:
            stored = replace(stored, notice=build.lost_home_notice(spec, ran=ran))
        if stored != sight.stored:
            stored.save(layout)
        return stored

    def _image_of(self, sight: Sight, spec: MachineSpec) -> Path:
        if sight.stored and Path(sight.stored.image).is_dir():
            return Path(sight.stored.image)
        return self._images.prepared(spec.image)

    def _starter(self) -> Starter:
        command = self._agent_command
        if command is None:
            python = self._images.prepared(AGENT) / "bin" / "python"
            # Isolated mode: a file in the home directory must not pass for one of its modules.
            command = (str(python), "-I", "-m", "studiolo.agent")
        return Starter(command, self._inherited, self._cgroups, self._clock)

    def _ready(self, image: str) -> bool:
        try:
            return self._images.ready(image)
        except EngineError:
            return False

    def _foreign(self, folder: Path) -> bool:
        return owner(folder) not in (None, self._deployment)

    def _own(self, layout: Layout) -> None:
        if self._foreign(layout.folder):
            message = f"The machine {layout.folder.name} belongs to another deployment."
            raise Permanent(message, detail=str(layout.folder))

    def _tagged(self, layout: Layout, every: Sequence[Process]) -> tuple[Process, ...]:
        return tuple(process for process in every if process.tag == self._tag(layout))

    def _tag(self, layout: Layout) -> str:
        return tag(self._deployment, layout.folder.name)

    def _groups(self, layout: Layout) -> tuple[Path, ...]:
        """Control groups of the machine: the recorded ones, else where they would be made."""
        return recorded_groups(layout) or self._cgroups.folders(layout.folder.name)

    def _ask(self, layout: Layout, agent: Process, grace: float) -> None:
        """SIGTERM for the agent; returns when nothing is left, or after `grace` seconds."""
        deadline = time.monotonic() + grace
        agent.send(signal.SIGTERM)
        faults.point("process.stop.signalled")
        agent.wait(max(0.0, deadline - time.monotonic()))

    def _end_all(self, layout: Layout) -> None:
        """Kill until nothing of the machine runs.

        :raises Temporary: something cannot be killed (it waits for a dead disk).
        """
        groups = self._groups(layout)

        def family() -> tuple[Process, ...]:
            every = processes.snapshot()
            return processes.family(every, self._tag(layout), cgroup.members(groups))

        if family():
            cgroup.kill(groups)
        left = processes.end_family(family, seconds=_KILL_SECONDS)
        if left:
            pids = ", ".join(str(process.pid) for process in left)
            raise Temporary(f"Processes {pids} of the machine cannot be killed; the host waits.")


def _remove_sockets(layout: Layout) -> None:
    build.remove_tree_if_any(layout.sockets)
