"""Requests about the files of a workspace."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
from starlette.types import Message

from tests.support.api import VERSION, Api


class Files:
    """Requests about files, as one person."""

    def __init__(self, api: Api, who: str | None = "dan") -> None:
        self.api, self.who = api, who

    @property
    def top(self) -> Path:
        """The share's folder."""
        return self.api.services.settings.shares / self.api.workspace.id

    async def ask(self, method: str, what: str, **more: Any) -> httpx.Response:
        return await self.api.call(method, f"{self.api.path}/files{what}", who=self.who, **more)

    async def look(self, path: str = "", **params: str) -> httpx.Response:
        return await self.ask("GET", "", params={"path": path, **params})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("GET", "/content", params={"path": path}, headers=sent)

    async def put(self, path: str, content: bytes = b"x", **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask(
            "PUT", "/content", params={"path": path}, content=content, headers=sent
        )

    async def make(self, path: str) -> httpx.Response:
        return await self.ask("PUT", "/directory", params={"path": path})

    async def move(self, source: str, target: str) -> httpx.Response:
        return await self.ask("POST", "/move", body={"from": source, "to": target})

    async def delete(self, path: str, **params: str) -> httpx.Response:
        headers = {"If-Match": params.pop("if_match")} if "if_match" in params else {}
        return await self.ask("DELETE", "", params={"path": path, **params}, headers=headers)

    async def names(self, path: str = "") -> list[str]:
        return [each["name"] for each in (await self.look(path)).json()["value"]]


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


def request_of(api: Api, method: str, path: str) -> dict[str, Any]:
    """An ASGI scope, for a client that does what httpx does not."""
    return {
        "type": "http",
        "method": method,
        "path": f"{api.path}/files/content",
        "query_string": f"path={path}&api-version={VERSION}".encode(),
        "headers": [(b"authorization", f"Bearer {api.tokens['dan']}".encode())],
        "scheme": "https",
        "server": ("studiolo.localhost", 8481),
    }


async def waiting() -> Message:
    """What a client says that only listens."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")
