"""Whether an agent answers."""

from pathlib import Path

import httpx

_SECONDS = 2.0


async def answers(socket: Path, machine_id: str, *, seconds: float = _SECONDS) -> bool:
    """Whether the agent at `socket` says within `seconds` that it is well and this machine's."""
    transport = httpx.AsyncHTTPTransport(uds=str(socket), verify=False)
    try:
        async with httpx.AsyncClient(transport=transport, timeout=seconds) as client:
            reply = await client.get("http://agent/healthz")
        said = reply.json()
    except (httpx.HTTPError, ValueError):
        return False
    return reply.status_code == 200 and isinstance(said, dict) and said.get("machine") == machine_id
