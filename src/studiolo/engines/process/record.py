"""What the engine keeps on disk about a machine and about the agent it started."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from studiolo.domain.machine import MachineSpec, Resources
from studiolo.engines.process.disk import read_json, write_json
from studiolo.engines.process.layout import Layout
from studiolo.engines.process.processes import Process, boot_id, look_up


@dataclass(frozen=True, slots=True)
class Stored:
    """What `machine.json` holds.

    :param image: the prepared image the machine was made on; it stays on that one.
    :param notice: a sentence for a person about how the machine was last made.
    """

    spec: MachineSpec
    image: str
    notice: str | None = None

    def save(self, layout: Layout, *, folder: Path | None = None) -> None:
        """Write `machine.json`, into `folder` while the machine is not yet in its place."""
        path = layout.spec if folder is None else folder / layout.spec.name
        write_json(path, {"spec": asdict(self.spec), "image": self.image, "notice": self.notice})

    @classmethod
    def load(cls, layout: Layout) -> Self | None:
        """What `machine.json` says; None where it is missing or damaged."""
        value = read_json(layout.spec)
        if value is None:
            return None
        try:
            return cls(_spec(value["spec"]), str(value["image"]), value.get("notice"))
        except (KeyError, TypeError):
            return None


def _spec(value: dict[str, Any]) -> MachineSpec:
    known = {name: value[name] for name in MachineSpec.__dataclass_fields__ if name in value}
    return MachineSpec(**(known | {"resources": Resources(**value["resources"])}))


def owner(folder: Path) -> str | None:
    """Id of the deployment whose machine `folder` is; None where its `machine.json` does not say.

    Read apart from the rest, so that a file of another version of Studiolo still says whose it is.
    """
    value = read_json(folder / "machine.json") or {}
    spec = value.get("spec")
    found = spec.get("deployment") if isinstance(spec, dict) else None
    return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """The agent that was started last.

    :param boot: boot id of the host; in another boot the pid means nothing.
    :param at: when it was started, ISO 8601.
    """

    pid: int
    started: int
    boot: str
    generation: int
    at: str

    @classmethod
    def of(cls, agent: Process, generation: int, at: datetime) -> Self:
        """The record of a running agent."""
        return cls(agent.pid, agent.started, boot_id(), generation, at.isoformat())

    def save(self, layout: Layout) -> None:
        """Record it; the machine counts as started from here on."""
        write_json(layout.agent_record, asdict(self))
        layout.agent_stopped.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """The record in `path`, if there is a sound one."""
        value = read_json(path)
        if value is None or value.keys() != cls.__dataclass_fields__.keys():
            return None
        return cls(**value)

    def names(self, process: Process) -> bool:
        """Whether `process` is the recorded agent."""
        here = (process.pid, process.started) == (self.pid, self.started)
        return here and self.boot == boot_id()

    @property
    def process(self) -> Process | None:
        """The agent, if it still runs."""
        found = look_up(self.pid)
        return found if found is not None and self.names(found) else None

    @property
    def since(self) -> datetime:
        """:attr:`at` as an instant."""
        return datetime.fromisoformat(self.at)
