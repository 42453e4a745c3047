"""What an agent leaves on the disk for its successor."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from studiolo.agent.files import write_private
from studiolo.agent.supervise import Phase, Record

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Saved:
    """One process as it was last recorded.

    :param pid: with `start_time` (clock ticks since boot) the process's identity; None when none
        runs.
    """

    record: Record
    pid: int | None = None
    start_time: int | None = None


class StateFile:
    """`<state_directory>/agent.json`: replaced whole, mode 0600, and never a reason to fail.

    A state that could not be written (the disk is full) is written by the next :meth:`flush`.

    :param generation: the machine's start this agent belongs to. What an earlier start left
        behind is read, but nobody wants its processes any more.
    """

    def __init__(self, path: Path, generation: int) -> None:
        self._path = path
        self._generation = generation
        self._processes: dict[str, Saved] = {}
        self._dirty = False

    def load(self) -> None:
        """Read what a former agent wrote; a missing or damaged file counts as empty."""
        try:
            data = json.loads(self._path.read_bytes())
            same_start = data["generation"] == self._generation
            for name, saved in data["processes"].items():
                self._processes[name] = _from_json(saved, same_start=same_start)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("%s is not usable, starting without it: %r", self._path, error)

    def get(self, name: str) -> Saved:
        """The process as last recorded."""
        return self._processes.get(name) or Saved(Record())

    def put(self, name: str, saved: Saved) -> None:
        """Record a process, on the disk too if there is room."""
        if self._processes.get(name) != saved:
            self._processes[name] = saved
            self._dirty = True
            self.flush()

    def flush(self) -> None:
        """Write the file if it is behind. A failure is logged and tried again later."""
        if not self._dirty:
            return
        try:
            write_private(self._path, self._encode())
        except OSError as error:
            _log.warning("%s could not be written, will try again: %s", self._path, error)
        else:
            self._dirty = False

    def _encode(self) -> bytes:
        processes = {name: asdict(saved) for name, saved in self._processes.items()}
        return json.dumps({"generation": self._generation, "processes": processes}).encode()


def _from_json(data: Mapping[str, object], *, same_start: bool) -> Saved:
    """:raises TypeError, ValueError, KeyError: the data are not what an agent writes."""
    fields = data["record"]
    if not isinstance(fields, dict):
        raise TypeError("record is not an object")
    record = Record(**{**fields, "phase": Phase(fields["phase"])})
    pid, start_time = data["pid"], data["start_time"]
    if not isinstance(pid, int) or not isinstance(start_time, int):
        pid = start_time = None
    return Saved(record if same_start else Record(), pid, start_time)
