"""Files on their way through the real Caddy: as large as they are, and nothing else is."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.support.api import VERSION, Api, open_api
from tests.support.gateway import DOMAIN, FrontDoor, front_door, until

from studiolo.api.files.endpoints import router

PIECE = bytes(range(256)) * 4096
"""One MiB."""

WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)


@dataclass
class Studio:
    """A front door with the API's files behind it."""

    door: FrontDoor
    api: Api

    @property
    def share(self) -> Path:
        return self.api.services.settings.shares / self.api.workspace.id

    def address(self, what: str, path: str) -> str:
        return f"{self.api.path}/files{what}?path={path}&api-version={VERSION}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api.tokens['dan']}"}

    async def ask(self, method: str, what: str, path: str, **more: object) -> httpx.Response:
        scheme = str(more.pop("scheme", "https"))
        headers = {**self.bearer, **more.pop("headers", {})}  # type: ignore[dict-item]
        return await self.door.ask(
            "", self.address(what, path), method=method, scheme=scheme, headers=headers, **more
        )


@pytest.fixture
async def studio(short_folder: Path, tmp_path: Path) -> AsyncIterator[Studio]:
    api = await open_api(tmp_path, routers=(router,))
    async with front_door(short_folder, studio=api.app) as door:
        yield Studio(door, api)
    await api.services.database.close()


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield PIECE


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_forty_megabytes_are_sent_and_come_back(studio: Studio, scheme: str) -> None:
    sent = await studio.ask("PUT", "/content", "data.bin", content=pieces(40), scheme=scheme)
    assert sent.status_code == 201, sent.text
    assert sent.json()["sizeBytes"] == 40 * len(PIECE)
    whole = await studio.ask("GET", "/content", "data.bin", scheme=scheme)
    assert hashlib.sha256(whole.content).digest() == hashlib.sha256(PIECE * 40).digest()
    policies = whole.headers.get_list("content-security-policy")
    assert "sandbox; default-src 'none'" in policies
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = await studio.ask(
        "GET", "/content", "data.bin", scheme=scheme, headers={"Range": "bytes=41943036-"}
    )
    assert (part.status_code, part.content) == (206, PIECE[-4:])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", f"{WORKSPACE}/files/directory"),
        ("POST", f"{WORKSPACE}/files/content"),
        ("PUT", f"{WORKSPACE}/files/content/more"),
        ("PUT", f"{WORKSPACE}/computes/files/content"),
        ("PUT", f"/other{WORKSPACE}/files/content"),
        ("POST", "/auth/signin"),
    ],
)
async def test_nine_megabytes_to_another_route_are_refused_by_the_gateway(
    door: FrontDoor, method: str, path: str
) -> None:
    """The control plane behind it takes anything."""
    reply = await door.ask("", path, method=method, content=pieces(9))
    assert reply.status_code == 413
    # It may have heard the beginning, and then that nobody is there any more.
    assert all(each["size"] < 9 * len(PIECE) for each in door.control_plane.requests)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_upload_passes_the_gateway_in_any_case_of_its_path(
    door: FrontDoor, scheme: str
) -> None:
    for path in (f"{WORKSPACE}/files/content", f"{WORKSPACE}/files/content".upper()):
        reply = await door.ask("", path, method="PUT", content=pieces(9), scheme=scheme)
        assert (reply.status_code, reply.json()["size"]) == (200, 9 * len(PIECE))


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_refusal_reaches_who_is_still_sending(studio: Studio, scheme: str) -> None:
    await studio.ask("PUT", "/content", "data.bin", content=b"old")
    only_new = {"If-None-Match": "*"}
    reply = await studio.ask(
        "PUT", "/content", "data.bin", content=pieces(40), headers=only_new, scheme=scheme
    )
    assert reply.status_code == 412
    assert (studio.share / "data.bin").read_bytes() == b"old"
    assert not _parts(studio.share)


async def test_who_goes_away_in_the_middle_leaves_nothing(studio: Studio) -> None:
    await studio.ask("PUT", "/content", "data.bin", content=b"old")
    request = [
        f"PUT {studio.address('/content', 'data.bin')} HTTP/1.1",
        f"Host: {DOMAIN}:{studio.door.port('http')}",
        f"Authorization: {studio.bearer['Authorization']}",
        f"Content-Length: {40 * len(PIECE)}",
    ]
    with socket.create_connection(("127.0.0.1", studio.door.port("http"))) as client:
        client.setblocking(False)
        await asyncio.get_running_loop().sock_sendall(
            client, "\r\n".join([*request, "", ""]).encode() + PIECE * 3
        )
        await until(lambda: len(_parts(studio.share)) == 1)
    await until(lambda: not _parts(studio.share))
    assert (studio.share / "data.bin").read_bytes() == b"old"


def _parts(share: Path) -> list[Path]:
    return list(share.glob(".*.part"))
