"""One look at a machine: what is on disk, what runs, and what that amounts to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from studiolo.domain.machine import Observation, Presence
from studiolo.engines.process.image_sources import version as image_version
from studiolo.engines.process.layout import Layout
from studiolo.engines.process.logs import tail_of
from studiolo.engines.process.processes import Process, boot_id
from studiolo.engines.process.record import AgentRecord, Stored
from studiolo.engines.saying import without_paths


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of one machine.

    :param stored: its `machine.json`; None where missing or damaged.
    :param agent: the agent, if it runs.
    :param recorded: whether :attr:`agent` is the one in the record.
    :param processes: what carries the machine's tag; where the agent runs, at least the agent.
    :param generation: of what runs, else of what ran last, else 0.
    """

    presence: Presence
    stored: Stored | None = None
    agent: Process | None = None
    recorded: bool = False
    processes: tuple[Process, ...] = ()
    generation: int = 0
    reason: str | None = None
    started_at: datetime | None = None

    def observation(self, *, healthy: bool | None = None, reason: str | None = None) -> Observation:
        """What the reconciler is told."""
        if self.presence is Presence.RUNNING and self.reason:
            healthy = False
        if self.presence is Presence.LOST:
            healthy, reason = False if self.processes else None, self.reason
        return Observation(
            presence=self.presence,
            generation=self.generation,
            healthy=healthy,
            reason=reason or self.reason or (self.stored.notice if self.stored else None),
            started_at=self.started_at if self.presence is Presence.RUNNING else None,
            image=image_version(Path(self.stored.image)) if self.stored else None,
        )


def look(layout: Layout, tagged: Sequence[Process]) -> Sight:
    """See the machine at `layout`, of whose processes `tagged` carry its tag."""
    processes = tuple(tagged)
    if not layout.folder.is_dir() and not processes:
        return Sight(Presence.ABSENT)
    stored = Stored.load(layout)
    record = AgentRecord.load(layout.agent_record)
    if not layout.home.is_dir():
        return _without_home(layout, stored, record, processes)
    agent = _agent(layout, record, processes)
    if agent is not None:
        recorded = record is not None and record.names(agent)
        since = record.since if record and recorded else None
        return Sight(
            Presence.RUNNING,
            stored,
            agent,
            recorded,
            processes,
            agent.generation,
            _missing_part(layout),
            since,
        )
    return _without_agent(layout, stored, record, processes)


def _agent(
    layout: Layout, record: AgentRecord | None, processes: tuple[Process, ...]
) -> Process | None:
    """The recorded agent, or one that a crash left unrecorded.

    A child of the agent looks like the agent until it has called exec: the oldest is the one.
    """
    found = [p for p in processes if p.argv and p.argv[-1] == str(layout.agent_config)]
    recorded = next((p for p in found if record is not None and record.names(p)), None)
    return recorded or min(found, key=lambda p: p.started, default=None)


def _without_home(
    layout: Layout,
    stored: Stored | None,
    record: AgentRecord | None,
    processes: tuple[Process, ...],
) -> Sight:
    """Also a machine whose making was cut short; going on with that loses nobody anything."""
    what = "home" if layout.folder.is_dir() else "folder"
    runs = f" while {len(processes)} of its processes run" if processes else ""
    return Sight(
        Presence.LOST,
        stored,
        processes=processes,
        generation=max((p.generation for p in processes), default=_last_generation(layout, record)),
        reason=f"The machine's {what} is gone{runs}. Start it to make it anew with an empty home,"
        " or delete it.",
    )


def _last_generation(layout: Layout, record: AgentRecord | None) -> int:
    last = record or AgentRecord.load(layout.agent_stopped)
    return last.generation if last else 0


def _without_agent(
    layout: Layout,
    stored: Stored | None,
    record: AgentRecord | None,
    processes: tuple[Process, ...],
) -> Sight:
    if processes:
        return Sight(
            Presence.RUNNING,
            stored,
            processes=processes,
            generation=record.generation if record else max(p.generation for p in processes),
            reason=f"The machine's agent is gone while {len(processes)} of its processes run.",
        )
    if stored is None:
        return Sight(
            Presence.BROKEN,
            reason="The machine's description is missing or damaged. Start the machine to write it"
            " anew; its home is kept.",
        )
    if record and record.boot == boot_id() and not layout.agent_ended.exists():
        return Sight(
            Presence.RUNNING,
            stored,
            generation=record.generation,
            reason=f"The machine's agent ended unexpectedly; {_last_words(layout)}",
        )
    return Sight(Presence.STOPPED, stored, generation=_last_generation(layout, record))


def _missing_part(layout: Layout) -> str | None:
    """What somebody removed from below a running machine."""
    missing = [part.name for part in (*layout.parts, layout.env) if not part.is_dir()]
    if not missing:
        return None
    return f"The machine's {', '.join(missing)} is gone; it is made anew, empty."


def _last_words(layout: Layout) -> str:
    """The end of the agent's log, in half a sentence."""
    lines = (tail_of(layout.logs / "agent.log", 1) or "").split("\n")
    # Paths with spaces are only cut where their beginning is known.
    told = without_paths(lines[0].replace(str(layout.folder.parent.parent), ""))[-300:]
    return f"its log ends: {told}" if told else "its log is empty."
