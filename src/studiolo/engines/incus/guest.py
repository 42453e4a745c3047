"""Looking into a container: its agent, and its logs."""

import re
from collections.abc import Sequence

import httpx

from studiolo.engines.incus.client import Daemon, Refused
from studiolo.engines.incus.names import instance_path

LOGS = "/var/log/studiolo"
CONSOLE = "console"

_SECONDS = 2.0
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_MOST_BYTES = 4 * 1024 * 1024


class Guest:
    """What can be learned of a container without its help, and whether its agent answers."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def well(self, address: str, machine_id: str) -> bool:
        """Whether the agent at `address` says that it is well and this machine's."""
        transport = httpx.AsyncHTTPTransport(verify=False)
        try:
            async with httpx.AsyncClient(
                transport=transport, timeout=_SECONDS, trust_env=False
            ) as client:
                reply = await client.get(f"http://{address}/healthz")
            said = reply.json()
        except (httpx.HTTPError, ValueError):
            return False
        fine = reply.status_code == httpx.codes.OK and isinstance(said, dict)
        return fine and said.get("machine") == machine_id

    async def log_names(self, machine_id: str) -> tuple[str, ...]:
        """The agent's logs, and what the container said on its console."""
        entries = await self._list(machine_id, LOGS)
        names = {name.removesuffix(".log") for name in entries if name.endswith(".log")}
        return tuple(sorted({CONSOLE, *filter(_NAME.fullmatch, names)}))

    async def log(self, machine_id: str, name: str, tail: int) -> str | None:
        """The last `tail` lines of a log; None if there is none."""
        if not _NAME.fullmatch(name):
            return None
        path = instance_path(machine_id)
        if name == CONSOLE:
            raw = await self._daemon.raw(f"{path}/console")
        else:
            raw = await self._daemon.raw(f"{path}/files", path=f"{LOGS}/{name}.log")
        return None if raw is None else _last_lines(raw, tail)

    async def _list(self, machine_id: str, folder: str) -> Sequence[str]:
        try:
            found = await self._daemon.find(f"{instance_path(machine_id)}/files", path=folder)
        except Refused:
            return ()
        return [str(each) for each in found or ()]


def _last_lines(raw: bytes, lines: int) -> str:
    kept = raw[-_MOST_BYTES:].decode(errors="replace").splitlines()[-lines:] if lines > 0 else []
    return "".join(f"{line}\n" for line in kept)
