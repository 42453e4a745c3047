"""What the daemon says happens to its containers, as hints.

A hint only saves time: events are lost while nobody listens, and nothing is decided by one. The
instance is looked at, which tells what really is.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect, unix_connect
from websockets.exceptions import WebSocketException

from studiolo.engines.base import Unreachable
from studiolo.engines.incus.client import Daemon, trust
from studiolo.engines.incus.config import Remote

_TELLING = frozenset(
    f"instance-{what}" for what in ("shutdown", "stopped", "started", "restarted", "deleted")
)
_MOST_BYTES = 1024 * 1024


async def changed(daemon: Daemon) -> AsyncIterator[str]:
    """Names of the containers that something has happened to, as it happens, until cancelled.

    :raises Unreachable: the daemon does not answer, or no longer.
    """
    query = f"/1.0/events?type=lifecycle&project={daemon.project}"
    try:
        async with _connect(daemon.where, query) as stream:
            async for message in stream:
                if name := _container(message):
                    yield name
    except (WebSocketException, OSError, TimeoutError) as error:
        raise Unreachable(f"The daemon tells of no changes ({type(error).__name__}).") from error
    raise Unreachable("The daemon has ended telling of changes.")


def _connect(where: Path | Remote, query: str) -> Any:
    if isinstance(where, Path):
        return unix_connect(str(where), f"ws://daemon{query}", max_size=_MOST_BYTES)
    url = f"wss://{where.url.removeprefix('https://')}{query}"
    return connect(url, ssl=trust(where), max_size=_MOST_BYTES, proxy=None)


def _container(message: str | bytes) -> str | None:
    """The container an event is about; None for one that tells nothing of it."""
    try:
        event = json.loads(message)["metadata"]
        if event["action"] not in _TELLING:
            return None
        return str(event["source"]).partition("?")[0].rpartition("/")[2]
    except (ValueError, KeyError, TypeError):
        return None
