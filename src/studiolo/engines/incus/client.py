"""The daemon's REST API, as far as it is used: requests, operations, and errors as sentences.

Incus and LXD answer alike (https://linuxcontainers.org/incus/docs/main/rest-api/): a JSON envelope
with `type` `sync`, `async` (an operation that is waited for) or `error`.
"""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from studiolo.engines.base import EngineError, MachineUnreachable, Temporary, Unreachable
from studiolo.engines.incus.config import Remote
from studiolo.engines.saying import without_paths

Json = Mapping[str, Any]

_REQUEST_SECONDS = 30.0
_OPERATION_SECONDS = 600
_BUSY_SECONDS = 5.0
_BUSY_PAUSE = 0.1
_BUSY = ("is busy running", "in progress", "operation is currently running")
_MEMBER_AWAY = ("missing event connection with target", "unable to connect to:")
_NO_MAJORITY = (
    "failed to begin transaction",
    "no available dqlite leader",
    "no available cowsql leader",
    "no known leader",
)
_FULL = ("no space left", "disk quota exceeded", "not enough space", "out of space")


class Refused(EngineError):
    """The daemon answered with an error; `status` is HTTP's, or an operation's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(without_paths(message), detail=message)
        self.status = status

    def says(self, *words: str) -> bool:
        """Whether one of `words` (lower case) is in what the daemon said."""
        return any(word in self.detail.lower() for word in words)


class Missing(Refused):
    """There is no such object."""


class Full(Temporary):
    """A disk of the region, or a machine's own, is full."""


class Daemon:
    """One daemon, in one project.

    Without state but its connections. A lost answer leaves open whether the request was carried
    out, so callers look before they act.
    """

    def __init__(self, where: Path | Remote, project: str = "default") -> None:
        self.where = where
        self.project = project
        self._http: httpx.AsyncClient | None = None

    async def get(self, path: str, /, **query: str) -> Any:
        """`metadata` of an object or list below `/1.0`.

        :raises Missing: there is none.
        :raises Unreachable: nobody answers.
        """
        return (await self.request("GET", path, query=query)).get("metadata")

    async def find(self, path: str, /, **query: str) -> Any:
        """As :meth:`get`, or None if there is none."""
        try:
            return await self.get(path, **query)
        except Missing:
            return None

    async def change(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        seconds: float = _OPERATION_SECONDS,
        member: str = "",
        **query: str,
    ) -> Json:
        """Ask for a change and wait until it is done; returns the operation's metadata.

        An object that is under another operation (a guest that is just powering itself off) is
        waited for, for a few seconds.

        :param member: of a cluster, on which something is made; a single host calls itself `none`.
        :raises Refused: it was not done.
        :raises Temporary: it goes on after `seconds`, or the daemon was restarted meanwhile.
        """
        if member not in ("", "none"):
            query["target"] = member
        patience = asyncio.get_running_loop().time() + _BUSY_SECONDS
        while True:
            try:
                reply = await self.request(method, path, body, query=query)
                if reply.get("type") != "async":
                    return reply.get("metadata") or {}
                return await self._wait(str(reply["operation"]), seconds)
            except Refused as error:
                if not is_busy(error) or asyncio.get_running_loop().time() >= patience:
                    raise
            await asyncio.sleep(_BUSY_PAUSE)

    async def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: Any = None,
        seconds: float = _REQUEST_SECONDS,
    ) -> dict[str, Any]:
        """One request; returns the whole envelope.

        :param content: a raw body in place of `body`.
        """
        parameters = {"project": self.project, **(query or {})}
        try:
            reply = await self._client().request(
                method,
                f"/1.0{path}",
                json=body,
                content=content,
                params=parameters,
                headers=headers,
                timeout=seconds,
            )
        except (httpx.TransportError, OSError, ssl.SSLError) as error:
            raise self._unreachable(error) from error
        return _checked(reply)

    async def raw(self, path: str, /, **query: str) -> bytes | None:
        """The content of a file or log; None if there is none."""
        try:
            reply = await self._client().get(
                f"/1.0{path}", params={"project": self.project, **query}, timeout=_REQUEST_SECONDS
            )
        except (httpx.TransportError, OSError) as error:
            raise self._unreachable(error) from error
        if reply.status_code == httpx.codes.NOT_FOUND:
            return None
        if reply.is_error:
            _checked(reply)
        return reply.content

    async def aclose(self) -> None:
        """Let go of the connections."""
        client, self._http = self._http, None
        if client is not None:
            await client.aclose()

    async def _wait(self, operation: str, seconds: float) -> Json:
        path = operation.partition("?")[0].removeprefix("/1.0")
        deadline = asyncio.get_running_loop().time() + seconds
        left = seconds
        while left > 0:
            try:
                # In slices, so that a daemon that dies without a word is noticed.
                reply = await self.request(
                    "GET", f"{path}/wait", query={"timeout": str(int(min(left, 20)) + 1)}
                )
            except Missing as error:
                message = "The daemon was restarted in the middle of it."
                raise Temporary(message, delay=1.0) from error
            done = reply.get("metadata") or {}
            if int(done.get("status_code", 0)) >= 200:
                return _succeeded(done)
            left = deadline - asyncio.get_running_loop().time()
        raise Temporary(f"The daemon is still at it after {seconds:.0f} seconds.")

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = _connect(self.where)
        return self._http

    def _unreachable(self, error: Exception) -> Unreachable:
        """Why, for who uses its machines; and where, for who runs it."""
        where = self.where.url if isinstance(self.where, Remote) else self.where
        what = type(error).__name__
        if isinstance(error, httpx.TimeoutException):
            told = "The daemon does not answer in time."
        elif "certificate" in str(error).lower():
            told = "The daemon shows another certificate than the one it should have."
        elif isinstance(self.where, Path) and not self.where.exists():
            told = "No Incus or LXD daemon listens: an administrator starts it."
        else:
            told = f"The daemon cannot be reached ({what})."
        return Unreachable(told, detail=f"the daemon at {where}: {what}: {error}")


def _connect(where: Path | Remote) -> httpx.AsyncClient:
    if isinstance(where, Path):
        transport = httpx.AsyncHTTPTransport(uds=str(where), verify=False)
        return httpx.AsyncClient(transport=transport, base_url="http://daemon", trust_env=False)
    return httpx.AsyncClient(base_url=where.url, verify=trust(where), trust_env=False)


def trust(where: Remote) -> ssl.SSLContext:
    """TLS towards one daemon: it shows its own certificate and nobody else's, we show ours.

    :raises Unreachable: a certificate file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(where.server_certificate))
        context.load_cert_chain(where.certificate, where.key)
    except (OSError, ssl.SSLError) as error:
        message = f"The certificates for {where.url} cannot be used."
        raise Unreachable(message, delay=10.0, detail=str(error)) from error
    # The daemon's certificate is trusted as such, whatever name stands in it.
    context.check_hostname = False
    return context


def _checked(reply: httpx.Response) -> dict[str, Any]:
    try:
        value = reply.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Temporary(f"The daemon answered with something that is not JSON ({reply}).")
    if value.get("type") != "error" and not reply.is_error:
        return value
    raise refusal(str(value.get("error") or reply), int(value.get("error_code") or 500))


def _succeeded(operation: Json) -> Json:
    code = int(operation["status_code"])
    if code == httpx.codes.OK:
        return operation.get("metadata") or {}
    raise refusal(str(operation.get("err") or operation.get("status")), code)


def refusal(message: str, status: int) -> EngineError:
    """The error for what the daemon said."""
    told, said = Refused(message, status), without_paths(message)
    if status == httpx.codes.NOT_FOUND:
        return Missing(message, status)
    if status == httpx.codes.FORBIDDEN:
        return Unreachable(f"The daemon does not trust this control plane: {said}", delay=10.0)
    if told.says(*_MEMBER_AWAY):
        return MachineUnreachable(f"a member of the cluster does not answer ({said})", delay=5.0)
    if told.says(*_NO_MAJORITY) or message == "context deadline exceeded":
        return Unreachable(f"Too few members of the cluster answer ({said}).", delay=5.0)
    if told.says(*_FULL):
        return Full(
            f"A disk of the region is full ({said}). Free some space in its storage pool.",
            delay=10.0,
            detail=message,
        )
    return told


def is_busy(error: Refused) -> bool:
    """Whether the object is under another operation, so that trying again helps."""
    return error.says(*_BUSY)
