"""What people do on the machine, as far as Jupyter and the terminals tell."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from studiolo.agent import procfs
from studiolo.agent.jupyter_client import JupyterClient

FRESH_SECONDS = 3.0
"""How long one look at Jupyter is good for."""


_SILENT = ("Jupyter does not answer, so it is not known what runs in it.",)


@dataclass(frozen=True, slots=True)
class Activity:
    """When something was last done, and what is being done.

    :param kernels: last activity of notebooks and consoles.
    :param terminals: last activity of terminals.
    :param busy_kernels: one sentence per kernel that computes.
    :param busy_terminals: one sentence per terminal in which a command runs.
    :param unseen: why it is not known what is done now; what is known is older.
    """

    last: datetime | None = None
    kernels: datetime | None = None
    terminals: datetime | None = None
    busy_kernels: tuple[str, ...] = ()
    busy_terminals: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the machine counts as busy; empty if it does not.

        What cannot be seen counts: a server that a computation keeps from answering is not idle.
        """
        return self.busy_kernels + self.busy_terminals + self.unseen


class ActivityWatch:
    """Looks at one Jupyter Server, and remembers the last activity of one that has ended."""

    def __init__(self, client: JupyterClient) -> None:
        self._client = client
        self._known = Activity()
        self._looked = float("-inf")

    async def look(self, server: int | None) -> Activity:
        """The present activity, up to :data:`FRESH_SECONDS` old.

        :param server: pid of the Jupyter Server; None if none runs, and then nothing is busy.
        """
        if server is None:
            known = self._known
            return Activity(known.last, known.kernels, known.terminals)
        if time.monotonic() - self._looked > FRESH_SECONDS:
            self._looked = time.monotonic()
            self._known = await self._ask(server)
        return self._known

    async def _ask(self, server: int) -> Activity:
        status = await self._client.get("/api/status")
        if status is None:
            return replace(self._known, unseen=_SILENT)
        kernels = await self._client.get("/api/kernels") if status.get("kernels") else []
        if kernels is None:
            return replace(self._known, unseen=_SILENT)
        sessions = await self._client.get("/api/sessions") if kernels else []
        terminals = await self._client.get("/api/terminals")
        return summarise(status, kernels, sessions or [], terminals or [], busy_terminals(server))


def summarise(
    status: Mapping[str, Any],
    kernels: Sequence[Mapping[str, Any]],
    sessions: Iterable[Mapping[str, Any]],
    terminals: Iterable[Mapping[str, Any]],
    busy_terminals: tuple[str, ...] = (),
) -> Activity:
    """Make one picture of Jupyter's replies (`/api/status`, `/api/kernels`, and so on)."""
    paths = {session["kernel"]["id"]: session["path"] for session in sessions}
    busy = [kernel for kernel in kernels if kernel.get("execution_state") == "busy"]
    of_kernels = _latest(kernel.get("last_activity") for kernel in kernels)
    of_terminals = _latest(terminal.get("last_activity") for terminal in terminals)
    times = (_time(status.get("last_activity")), of_kernels, of_terminals)
    return Activity(
        last=max(filter(None, times), default=None),
        kernels=of_kernels,
        terminals=of_terminals,
        busy_kernels=tuple(f"The kernel of {_title(kernel, paths)} is busy." for kernel in busy),
        busy_terminals=busy_terminals,
    )


def busy_terminals(server: int) -> tuple[str, ...]:
    """What runs in the foreground of the server's terminals.

    A terminal's shell is the server's child with a terminal of its own; another process group in
    that terminal's foreground is a command somebody has started.
    """
    return tuple(
        f"{running.name} runs in a terminal."
        for shell in procfs.children(server)
        if shell.terminal and shell.foreground != shell.group
        if (running := procfs.stat(shell.foreground))
    )


def _title(kernel: Mapping[str, Any], paths: Mapping[str, str]) -> str:
    return paths.get(kernel["id"]) or f"a {kernel.get('name', 'nameless')} console"


def _latest(values: Iterable[Any]) -> datetime | None:
    return max((time for time in map(_time, values) if time), default=None)


def _time(value: Any) -> datetime | None:
    """Jupyter's times are ISO 8601 in UTC, with or without saying so."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
