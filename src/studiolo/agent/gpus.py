"""What the machine's GPUs are doing, as `nvidia-smi` says.

It may take a second, fail, or hang for ever where a driver does. So it is asked apart from
everything else, one at a time, with a limit, and what it said last is shown.
"""

import asyncio
import contextlib
import logging
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studiolo.agent.process import Process, Reaper, launch
from studiolo.agent.procfs import TAG_VARIABLE

PROGRAM = "nvidia-smi"

_FIELDS = ("index", "name", "utilization.gpu", "memory.used", "memory.total")
_MIB = 1024 * 1024

_PATIENCE = 5.0
"""Seconds for one answer."""
_PAUSE = 5.0
"""Seconds between two answers while somebody looks."""
_REST = 60.0
"""The same while nobody does: an idle GPU should not be kept awake to be counted."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU. What its driver does not tell is None.

    :param utilization_percent: share of the last moments in which it computed anything.
    """

    index: int
    name: str
    utilization_percent: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None


class GpuWatch:
    """Knows the GPUs of a moment ago; none where there is no `nvidia-smi`.

    :param tag: the machine's, so that what hangs is ended with the machine.
    """

    def __init__(self, reaper: Reaper, tag: str) -> None:
        self._reaper = reaper
        self._tag = tag
        self._known: tuple[Gpu, ...] = ()
        self._asked = asyncio.Event()
        self._hanging: Process | None = None

    def look(self) -> tuple[Gpu, ...]:
        """The GPUs; empty as long as none has answered. Never waits."""
        self._asked.set()
        return self._known

    async def run(self) -> None:
        """Ask again and again, until cancelled."""
        while True:
            self._known = parse(await self._ask())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_REST):
                    await self._asked.wait()
            self._asked.clear()
            await asyncio.sleep(_PAUSE)

    async def _ask(self) -> str:
        """What the program prints; nothing where it does not answer."""
        program = shutil.which(PROGRAM)
        if program is None or (self._hanging is not None and self._hanging.alive):
            return ""
        try:
            with os.fdopen(os.memfd_create(PROGRAM), "w+b") as printed:
                return await self._run(program, printed)
        except OSError as error:
            _log.warning("%s cannot be started: %s", program, error)
            return ""

    async def _run(self, program: str, printed: BinaryIO) -> str:
        query = f"--query-gpu={','.join(_FIELDS)}"
        environment = {"PATH": os.defpath, "LC_ALL": "C", TAG_VARIABLE: self._tag}
        command = (program, query, "--format=csv,noheader,nounits")
        process = launch(self._reaper, command, environment, Path("/"), printed)
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.shield(process.ended)
        except TimeoutError:
            _log.warning("%s does not answer within %.0f s", program, _PATIENCE)
            self._hanging = process
            await process.stop(grace=1.0)
            return ""
        printed.seek(0)
        return printed.read().decode(errors="replace")


def parse(printed: str) -> tuple[Gpu, ...]:
    """The GPUs of a comma-separated answer; lines of anything else, as warnings, are left out."""
    return tuple(gpu for line in printed.splitlines() if (gpu := _gpu(line)) is not None)


def _gpu(line: str) -> Gpu | None:
    index, _, rest = line.partition(",")
    # From the end: nothing forbids a comma in a name.
    fields = [field.strip() for field in rest.rsplit(",", 3)]
    if len(fields) != len(_FIELDS) - 1 or not index.strip().isdigit():
        return None
    name, busy, used, total = fields
    return Gpu(int(index), name, _number(busy), _mib(used), _mib(total))


def _mib(text: str) -> int | None:
    number = _number(text)
    return None if number is None else round(number * _MIB)


def _number(text: str) -> float | None:
    """A number; None for `[N/A]` and the like."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
