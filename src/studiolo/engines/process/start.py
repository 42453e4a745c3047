"""Starting a machine's agent so that it outlives the control plane."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain.machine import AgentConfig
from studiolo.engines.base import Temporary
from studiolo.engines.process import cgroup
from studiolo.engines.process.disk import private_folder, read_json, write_json
from studiolo.engines.process.environment import machine_environment, tag
from studiolo.engines.process.image_sources import base_python
from studiolo.engines.process.layout import Layout
from studiolo.engines.process.processes import look_up
from studiolo.engines.process.record import AgentRecord, Stored

_SPAWNER = Path(__file__).with_name("spawn.py")
_SPAWN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts agents.

    :param command: what an agent is, before the path of its configuration.
    :param inherited: environment of the control plane, of which little passes.
    """

    command: Sequence[str]
    inherited: Mapping[str, str]
    cgroups: cgroup.Cgroups
    clock: Clock

    def start(self, layout: Layout, stored: Stored, lock: int) -> None:
        """Start an agent and record it. The machine's lock is held, and none of its agents runs.

        :param lock: file descriptor of the lock, which lasts until the agent can be seen.
        :raises Temporary: it did not come to life.
        """
        private_folder(layout.sockets)
        groups = self._groups(layout, stored)
        environment = machine_environment(stored.spec, layout, Path(stored.image), self.inherited)
        config = agent_config(layout, stored, environment, memory="memory" in groups.limited)
        write_json(layout.agent_config, config.to_json())
        layout.agent_ended.unlink(missing_ok=True)
        pid = self._spawn(layout, environment, groups, lock)
        faults.point("process.start.spawned")
        agent = look_up(pid)
        if agent is None:
            raise Temporary(f"The agent of machine {stored.spec.id} ended at once; see its log.")
        AgentRecord.of(agent, stored.spec.generation, self.clock()).save(layout)
        faults.point("process.start.recorded")

    def _groups(self, layout: Layout, stored: Stored) -> cgroup.Groups:
        """Make the machine's control groups, noted before they are made."""
        wanted = self.cgroups.folders(stored.spec.id)
        known = recorded_groups(layout)
        if not set(wanted) <= set(known):
            every = dict.fromkeys((*known, *wanted))
            write_json(layout.cgroups, {"folders": [str(folder) for folder in every]})
        return self.cgroups.make(stored.spec.id, stored.spec.resources)

    def _spawn(
        self, layout: Layout, environment: Mapping[str, str], groups: cgroup.Groups, lock: int
    ) -> int:
        order = {
            "argv": [*self.command, str(layout.agent_config)],
            "environment": dict(environment),
            "cwd": str(layout.home),
            "log": str(layout.logs / "agent.log"),
            "lock": lock,
            "groups": [str(folder) for folder in groups.folders],
        }
        try:
            done = subprocess.run(  # noqa: S603 - our own script, its order goes over stdin
                [str(base_python()), "-I", "-S", str(_SPAWNER)],
                input=json.dumps(order),
                env={},
                pass_fds=(lock,),
                capture_output=True,
                text=True,
                timeout=_SPAWN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Temporary(f"The agent was not started within {_SPAWN_SECONDS} s.") from error
        if done.returncode or not done.stdout.strip().isdecimal():
            raise Temporary(
                "The machine's agent could not be started: an administrator finds why in "
                "Studiolo's log.",
                detail=done.stderr.strip()[-2000:],
            )
        return int(done.stdout)


def recorded_groups(layout: Layout) -> tuple[Path, ...]:
    """Control groups that were made, or about to be made, for the machine."""
    value = read_json(layout.cgroups) or {}
    found = (Path(folder) for folder in value.get("folders", ()) if isinstance(folder, str))
    # The file is the machine's own to write: a folder that is not its group must not be emptied.
    return tuple(folder for folder in found if cgroup.belongs(folder, layout.folder.name))


def agent_config(
    layout: Layout, stored: Stored, environment: Mapping[str, str], *, memory: bool
) -> AgentConfig:
    """What the agent is told.

    :param memory: whether the size's memory is a limit here; where it is not, none is reported.
    """
    spec = stored.spec
    code = layout.home / "cloudfiles" / "code"
    return AgentConfig(
        machine=spec.id,
        tag=tag(spec.deployment, spec.id),
        name=spec.name,
        workspace=spec.workspace,
        resource_group=spec.resource_group,
        alias=spec.alias,
        generation=spec.generation,
        listen=address(layout),
        token=spec.agent_token,
        home=str(layout.home),
        working_directory=str(code / "Users" / spec.alias),
        notebook_root=str(code),
        python=str(layout.env / "bin" / "python"),
        image=stored.image,
        application_sockets=str(layout.sockets),
        state_directory=str(layout.agent_state),
        log_directory=str(layout.logs),
        temp_directory=str(layout.tmp),
        disk_path=str(layout.home),
        memory_limit_mib=spec.resources.memory_mib if memory else None,
        vcpus=spec.resources.vcpus,
        studio_origin=spec.studio_origin,
        environment=dict(environment),
    )


def address(layout: Layout) -> str:
    """The agent's address, as Caddy dials it."""
    return f"unix/{layout.agent_socket}"
