"""Questions to a Jupyter Server, over its unix socket or its TCP address."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

UNIX = "unix/"
_TIMEOUT = aiohttp.ClientTimeout(total=3)

_log = logging.getLogger(__name__)


class JupyterClient:
    """Asks one server; a server that does not answer, or refuses, is None and no error.

    :param upstream: where it listens, `unix//path` or `host:port`.
    :param headers: sent with each request; a secret.
    """

    def __init__(self, upstream: str, headers: Mapping[str, str]) -> None:
        self._socket = Path(upstream.removeprefix(UNIX)) if upstream.startswith(UNIX) else None
        self._origin = "http://jupyter" if self._socket else f"http://{upstream}"
        self._headers = headers
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def get(self, path: str) -> Any | None:
        """The JSON at `path`. Does not count as the user's activity."""
        return await self._request("GET", path)

    async def open_terminal(self, name: str, directory: str) -> None:
        """Make a terminal of this name, in this folder, unless it is there.

        One at a time: the server would replace a terminal by one of the same name.
        """
        async with self._opening:
            terminals = await self.get("/api/terminals")
            if terminals is None or any(terminal["name"] == name for terminal in terminals):
                return
            await self._request("POST", "/api/terminals", {"name": name, "cwd": directory})

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _request(self, method: str, path: str, body: object = None) -> Any | None:
        if self._socket and not self._socket.exists():
            return None
        try:
            async with self._open().request(
                method,
                f"{self._origin}{path}",
                params={"no_track_activity": "1"},
                json=body,
                headers=self._headers,
            ) as response:
                return await response.json() if response.ok else None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            _log.debug("jupyter does not answer %s %s: %r", method, path, error)
            return None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=_TIMEOUT,
            )
        return self._session

    def _connector(self) -> aiohttp.BaseConnector:
        if self._socket is None:
            return aiohttp.TCPConnector(limit=4)
        return aiohttp.UnixConnector(str(self._socket), limit=4)
