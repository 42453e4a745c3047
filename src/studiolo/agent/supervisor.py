"""Keeps one process as it is wanted: looks, asks :mod:`studiolo.agent.supervise`, acts."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from studiolo.agent import process as processes
from studiolo.agent.logs import Logs
from studiolo.agent.process import Identity, Process, Reaper
from studiolo.agent.state import Saved, StateFile
from studiolo.agent.supervise import Act, Phase, Policy, Record, Sight, decide, fail, release
from studiolo.agent.supervise import request as wanted

_log = logging.getLogger(__name__)

STOP_GRACE = 8.0
"""Seconds a process has to end by itself. Jupyter gives its kernels five."""

_PAUSES = {Phase.STARTING: 0.05, Phase.WAITING: 0.1, Phase.RUNNING: 5.0}
"""Seconds between looks. In the other phases it waits until it is woken."""


def boot_time() -> float:
    """Seconds since boot, sleep included: a clock that an agent shares with its successor."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a process.

    :param command: program and arguments; the arguments are unlike those of any other process of
        the machine, so that it can be found by them.
    :param environment: all of its variables; holds secrets of the user's, perhaps.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    directory: Path


class Program(Protocol):
    """What a supervisor must know of the process it keeps."""

    @property
    def name(self) -> str:
        """Name of the process and of its log."""

    def launch(self) -> Launch:
        """How it is started; the command is the same every time."""

    def prepare(self) -> None:
        """Write what it needs to start.

        :raises OSError: it cannot be written.
        """

    async def healthy(self) -> bool:
        """Whether it answers, now."""


class Supervisor:
    """One process, from its first use to the end of the machine.

    :param tag: the machine's; a process without it is never adopted.
    :param now: seconds on a clock shared with the agent before and after this one.
    """

    def __init__(
        self,
        program: Program,
        *,
        tag: str,
        reaper: Reaper,
        state: StateFile,
        logs: Logs,
        policy: Policy | None = None,
        now: Callable[[], float] = boot_time,
    ) -> None:
        self.program = program
        self._tag = tag
        self._reaper = reaper
        self._state = state
        self._logs = logs
        self._policy = policy or Policy()
        self._now = now
        self._record = Record()
        self._process: Process | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def record(self) -> Record:
        """What is known of the process."""
        return self._record

    @property
    def running(self) -> bool:
        """Whether it answers requests."""
        return self._record.phase is Phase.RUNNING

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._process.identity.pid if self._process and self._process.alive else None

    def resume(self) -> None:
        """Take up where a former agent stopped: adopt its process, remember what was wanted."""
        saved = self._state.get(self.program.name)
        self._record = saved.record
        if saved.pid is not None and saved.start_time is not None:
            self._process = processes.adopt(Identity(saved.pid, saved.start_time), self._tag)
        if self._process is None:
            self._resume_unrecorded()
        if self._process:
            _log.info("adopted %s, process %d", self.program.name, self._process.identity.pid)
            self._process.ended.add_done_callback(lambda _: self._wake.set())
            self._set(replace(self._record, answered=self._now()))

    def _resume_unrecorded(self) -> None:
        """Adopt a process that was started and could not be recorded."""
        identity = processes.find(self._tag, self.program.launch().command[1:])
        self._process = processes.adopt(identity, self._tag) if identity else None
        if self._process:
            now = self._now()
            self._set(Record(wanted=True, phase=Phase.STARTING, since=now, answered=now))

    async def run(self) -> None:
        """Keep the process as it is wanted, until cancelled."""
        while True:
            self._wake.clear()
            await self._step()
            pause = _PAUSES.get(self._record.phase)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def ensure(self, wait: float) -> Record:
        """Want the process, and give it up to `wait` seconds to run or to fail for good."""
        self._set(wanted(self._record, self._now()))
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while self._record.phase not in (Phase.RUNNING, Phase.FAILING):
                    await self._changed.wait()
        return self._record

    def stop(self) -> None:
        """Want the process no more; it is stopped soon."""
        self._set(release(self._record, self._now()))
        self._wake.set()

    async def close(self, grace: float = STOP_GRACE) -> None:
        """Stop the process and return when it is gone. `run` must have been cancelled."""
        self._set(release(self._record, self._now()))
        if self._stopping:
            await self._stopping
        if self._process and self._process.alive:
            await self._stop(self._process, grace)
        self._save()

    async def _step(self) -> None:
        """One look, one decision, one act."""
        sight = await self._look()
        record, act = decide(self._record, sight, self._now(), self._policy)
        self._set(record)
        if act is Act.START:
            self._start()
        elif act is Act.STOP:
            self._begin_stop()

    async def _look(self) -> Sight:
        process = self._process
        if process is None:
            return Sight(alive=False)
        if not process.alive:
            processes.end_remains(self._tag, process.identity.pid)
            self._process = None
            return Sight(alive=False, ended=self._epitaph(process))
        watched = self._record.phase in (Phase.STARTING, Phase.RUNNING)
        healthy = watched and await self.program.healthy()
        return Sight(alive=True, healthy=healthy)

    def _start(self) -> None:
        launch = self.program.launch()
        try:
            self.program.prepare()
            with self._logs.open(self.program.name) as output:
                self._process = processes.launch(
                    self._reaper, launch.command, launch.environment, launch.directory, output
                )
        except OSError as error:
            reason = f"{self.program.name} cannot be started: {error}."
            _log.warning("%s", reason)
            self._set(fail(self._record, reason, self._now(), self._policy))
            return
        _log.info("started %s, process %d", self.program.name, self._process.identity.pid)
        self._process.ended.add_done_callback(lambda _: self._wake.set())
        self._save()

    def _begin_stop(self) -> None:
        if self._process and (self._stopping is None or self._stopping.done()):
            self._stopping = asyncio.create_task(self._stop(self._process, STOP_GRACE))

    async def _stop(self, process: Process, grace: float) -> None:
        _log.info("stopping %s, process %d", self.program.name, process.identity.pid)
        await process.stop(grace)
        processes.end_remains(self._tag, process.identity.pid)

    def _epitaph(self, process: Process) -> str:
        line = self._logs.last_line(self.program.name)
        return process.ended.result() + (f" Its log ends with: {line}" if line else "")

    def _set(self, record: Record) -> None:
        """Take over a record; save it and tell who waits if more than a time has changed."""
        before, self._record = self._record, record
        if replace(before, answered=0.0) == replace(record, answered=0.0):
            return
        if record.phase is not before.phase:
            _log.info("%s: %s -> %s", self.program.name, before.phase, record.phase)
        self._save()
        self._changed.set()
        self._changed = asyncio.Event()

    def _save(self) -> None:
        identity = self._process.identity if self.pid and self._process else None
        self._state.put(
            self.program.name,
            Saved(
                replace(self._record, answered=0.0),
                identity.pid if identity else None,
                identity.start_time if identity else None,
            ),
        )
