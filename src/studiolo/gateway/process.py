"""A process by pid and start time, so that a pid used again is never taken for it."""

import asyncio
import contextlib
import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that has lived or lives.

    :param start: clock ticks from boot to its start (field 22 of `/proc/<pid>/stat`).
    """

    pid: int
    start: int

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The living process with that pid, or None.

        A zombie does not live, unless it is a first thread that has ended before the others: they
        hold its sockets for a moment more after a SIGKILL.
        """
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The command's name stands in brackets and may contain anything, brackets too.
        fields = stat.rpartition(")")[2].split()
        state, threads, start = fields[0], int(fields[17]), int(fields[19])
        return None if state in "ZX" and threads <= 1 else cls(pid, start)

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What :meth:`write` wrote, if that process still lives."""
        try:
            recorded = cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return recorded if recorded.alive() else None

    def write(self, file: Path) -> None:
        """Record it in `file`, whole or not at all."""
        draft = file.with_name(file.name + ".new")
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(file)

    def alive(self) -> bool:
        """Whether this very process lives."""
        return Identity.of(self.pid) == self

    def executable(self) -> str:
        """The path of what it runs; empty if that cannot be told."""
        try:
            return str(Path(f"/proc/{self.pid}/exe").readlink())
        except OSError:
            return ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process; nothing if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            try:
                if self.alive():
                    signal.pidfd_send_signal(handle, number)
            finally:
                os.close(handle)

    async def end(self, grace: float) -> None:
        """Ask it to end, and after `grace` seconds make it. On return it does not live."""
        self.signal(signal.SIGTERM)
        if not await self._gone(grace):
            self.signal(signal.SIGKILL)
            await self._gone(5.0)

    async def _gone(self, seconds: float) -> bool:
        deadline = asyncio.get_running_loop().time() + seconds
        while self.alive():
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(0.01)
        return True
