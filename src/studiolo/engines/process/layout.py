"""Where everything of one machine is; see "On disk" in docs/architecture.md."""

import re
from dataclasses import dataclass
from pathlib import Path

from studiolo.engines.base import Permanent

_MACHINE_ID = re.compile(r"[a-z][a-z0-9-]{0,40}")
_FOLDER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one machine.

    :param folder: `<machines>/<id>`; everything below it is the machine's.
    :param sockets: `<run>/m/<id>`.
    """

    folder: Path
    sockets: Path

    @property
    def spec(self) -> Path:
        """What the machine is; carries the deployment's id and the agent's token."""
        return self.folder / "machine.json"

    @property
    def home(self) -> Path:
        """The person's home directory: the one thing that is never made anew if it is there."""
        return self.folder / "home"

    @property
    def env(self) -> Path:
        """The machine's own Python environment, layered on an image."""
        return self.folder / "env"

    @property
    def tmp(self) -> Path:
        """`TMPDIR`, where Azure has `/mnt`."""
        return self.folder / "tmp"

    @property
    def state(self) -> Path:
        """What the engine and the agent remember."""
        return self.folder / "state"

    @property
    def agent_state(self) -> Path:
        """The agent's own part of :attr:`state`."""
        return self.state / "agent"

    @property
    def logs(self) -> Path:
        """`<name>.log` of the agent and the applications."""
        return self.folder / "logs"

    @property
    def agent_config(self) -> Path:
        """What the agent is started with. Its path is the last argument of an agent's command
        line, which is how an agent that nobody recorded is recognised.
        """
        return self.state / "agent.config.json"

    @property
    def agent_record(self) -> Path:
        """Pid, start time, boot and generation of the agent that was started last."""
        return self.state / "agent.pid.json"

    @property
    def agent_stopped(self) -> Path:
        """The record, renamed when the machine was stopped: a rename works on a full disk."""
        return self.state / "agent.stopped.json"

    @property
    def agent_ended(self) -> Path:
        """Left by an agent that ends in good order: the guest powered itself off."""
        return self.agent_state / "ended"

    @property
    def cgroups(self) -> Path:
        """Control groups made for the machine, so that another session finds them again."""
        return self.state / "cgroups.json"

    @property
    def agent_socket(self) -> Path:
        """Where the agent answers."""
        return self.sockets / "agent.sock"

    @property
    def parts(self) -> tuple[Path, ...]:
        """Folders that a machine has before its environment is layered."""
        return (self.home, self.tmp, self.state, self.agent_state, self.logs)


def machine_name(machine_id: str) -> str:
    """`machine_id`, if it is safe in a path.

    :raises Permanent: it is not.
    """
    if not _MACHINE_ID.fullmatch(machine_id):
        raise Permanent(f"{machine_id!r} is not the id of a machine.")
    return machine_id


def folder_name(value: str, what: str) -> str:
    """`value`, if it is one safe path component.

    :raises Permanent: it is empty, hidden, or holds a separator.
    """
    if not _FOLDER_NAME.fullmatch(value):
        raise Permanent(f"{value!r} cannot be {what}: it is not a plain folder name.")
    return value
