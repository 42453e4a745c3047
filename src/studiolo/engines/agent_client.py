"""Speaks to the agents inside machines, over a unix socket or TCP on loopback.

The requests are those of docs/architecture.md, "Agent". A machine needs no way out, and its agent
may be slow, gone or hostile: every call has a deadline, replies are bounded, and whatever goes
wrong is one of the two errors below.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from studiolo.domain.machine import Endpoint

MAX_REPLY = 4 * 1024 * 1024
"""Bytes of a reply that are read."""

_UNIX = "unix/"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


class AgentError(Exception):
    """The agent refused or answered nonsense; `str(error)` is for a person."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class AgentUnreachable(AgentError):
    """The agent did not answer in time."""


class AgentClient:
    """Asks agents; keeps no connection, because a machine may be another one a moment later."""

    def __init__(self, *, timeout: float = 5.0) -> None:
        self._timeout = timeout

    async def status(self, endpoint: Endpoint) -> Mapping[str, Any]:
        """Applications, use and activity.

        :raises AgentError: the agent did not say.
        """
        return await self._json(endpoint, "GET", "/v1/status", timeout=self._timeout)

    async def ensure_application(
        self, endpoint: Endpoint, name: str, *, wait: float, terminal: str | None = None
    ) -> Mapping[str, Any]:
        """Start an application if need be, and return it as it is after `wait` seconds at most.

        Its `state` says whether it runs; `upstream` and `headers` how to reach it.

        :param terminal: a terminal to make, where the application is that and has none of that
            name: letters, digits and `_`.
        :raises AgentError: there is none of that name, or it cannot start; `status` tells which.
        """
        path = f"/v1/applications/{_checked(name)}/ensure?wait={wait:g}"
        if terminal is not None:
            path += f"&terminal={quote(terminal, safe='')}"
        return await self._json(endpoint, "POST", path, timeout=self._timeout + wait)

    async def _json(
        self, endpoint: Endpoint, method: str, path: str, *, timeout: float
    ) -> Mapping[str, Any]:
        status, raw = await self._exchange(endpoint, method, path, timeout)
        try:
            value = json.loads(raw)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise AgentError("The machine's agent answered with something that is not JSON.")
        if status >= 400:
            raise AgentError(_message(value, status), status=status)
        return value

    async def _exchange(
        self, endpoint: Endpoint, method: str, path: str, timeout: float
    ) -> tuple[int, bytes]:
        transport, base = _transport(endpoint.address)
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        try:
            async with (
                asyncio.timeout(timeout),
                httpx.AsyncClient(
                    transport=transport, base_url=base, timeout=timeout, trust_env=False
                ) as client,
                client.stream(method, path, headers=headers) as reply,
            ):
                return reply.status_code, await _bounded(reply)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise AgentUnreachable(
                f"The machine's agent did not answer ({type(error).__name__})."
            ) from error


async def _bounded(reply: httpx.Response) -> bytes:
    raw = b""
    async for chunk in reply.aiter_bytes():
        raw += chunk
        if len(raw) > MAX_REPLY:
            raise AgentError("The machine's agent answered with more than 4 MiB.")
    return raw


def _transport(address: str) -> tuple[httpx.AsyncHTTPTransport, str]:
    # Without `verify` each would read all the system's certificates, which takes 50 ms.
    if address.startswith(_UNIX):
        socket = address.removeprefix(_UNIX)
        return httpx.AsyncHTTPTransport(uds=socket, verify=False), "http://agent"
    return httpx.AsyncHTTPTransport(verify=False), f"http://{address}"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise AgentError("There is no application of that name.", status=404)
    return name


def _message(value: Mapping[str, Any], status: int) -> str:
    error = value.get("error")
    message = error.get("message") if isinstance(error, Mapping) else None
    return str(message or f"The machine's agent answered {status}.")[:1000]
