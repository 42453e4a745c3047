"""Images in a daemon: sending one, making it the newest, seeing and removing them."""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from studiolo.engines.incus.client import Daemon, Refused, refusal
from studiolo.engines.incus.image.manifest import Manifest
from studiolo.engines.incus.image.pack import METADATA, PROPERTY, ROOTFS, size
from studiolo.engines.incus.names import image_alias

_CHUNK = 1024 * 1024
_SUCCESS = 200
_SECONDS = 600.0
"""A daemon answers an upload when it has all of it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One of our images in a daemon.

    :param bytes: as it was sent.
    :param newest: whether new machines start from it.
    :param machines: how many instances were made from it and are still there.
    """

    fingerprint: str
    image: str
    variant: str
    version: str
    created: str
    bytes: int
    newest: bool
    machines: int

    @classmethod
    def of(cls, answer: Mapping[str, Any], machines: Mapping[str, int]) -> Self:
        """From what the daemon tells of an image."""
        told = {k.removeprefix(f"{PROPERTY}."): v for k, v in answer["properties"].items()}
        alias = image_alias(told["image"], told["variant"])
        return cls(
            fingerprint=str(answer["fingerprint"]),
            image=told["image"],
            variant=told["variant"],
            version=told["version"],
            created=told.get("created", ""),
            bytes=int(answer["size"]),
            newest=alias in {each["name"] for each in answer.get("aliases") or ()},
            machines=machines.get(str(answer["fingerprint"]), 0),
        )


async def stored(daemon: Daemon) -> list[Stored]:
    """Our images, the latest made first; a stranger's are not among them."""
    answers = await daemon.get("/images", recursion="1")
    machines = await _machines(daemon)
    ours = [each for each in answers or () if f"{PROPERTY}.version" in each.get("properties", {})]
    found = [Stored.of(each, machines) for each in ours]
    return sorted(found, key=lambda each: each.created, reverse=True)


async def offer(daemon: Daemon, folder: Path, manifest: Manifest) -> Stored:
    """Make the packed image in `folder` the one that new machines start from.

    It is sent unless it is there. Killed at any instant, the alias points at the old image or at
    the new one, and repeating it ends the work.

    :raises EngineError: the daemon does not take it.
    """
    there = await _find(daemon, manifest)
    if there is None:
        await send(daemon, folder)
        there = await _find(daemon, manifest)
    if there is None:
        raise Refused("The daemon took the image and does not show it.", 500)
    await _point(daemon, image_alias(there.image, there.variant), there.fingerprint)
    return there


async def prune(daemon: Daemon) -> list[Stored]:
    """Remove images that are not the newest of their kind and that no machine was made from;
    returns what was removed.
    """
    unwanted = [each for each in await stored(daemon) if not each.newest and not each.machines]
    for each in unwanted:
        await daemon.change("DELETE", f"/images/{each.fingerprint}")
    return unwanted


async def _machines(daemon: Daemon) -> dict[str, int]:
    """Fingerprint -> instances made from it."""
    count: dict[str, int] = {}
    for each in await daemon.get("/instances", recursion="1") or ():
        base = (each.get("config") or {}).get("volatile.base_image")
        if base:
            count[base] = count.get(base, 0) + 1
    return count


async def _find(daemon: Daemon, manifest: Manifest) -> Stored | None:
    wanted = tuple(manifest[each] for each in ("image", "variant", "version"))
    return next(
        (
            each
            for each in await stored(daemon)
            if (each.image, each.variant, each.version) == wanted
        ),
        None,
    )


async def _point(daemon: Daemon, alias: str, fingerprint: str) -> None:
    """One request each: there is no instant without the alias once there was one."""
    body = {"target": fingerprint, "description": "The newest image of its kind"}
    path = f"/images/aliases/{alias}"
    if await daemon.find(path) is None:
        await daemon.change("POST", "/images/aliases", {"name": alias, **body})
    else:
        await daemon.change("PUT", path, body)


async def send(daemon: Daemon, folder: Path) -> None:
    """Upload both parts of a packed image, in a stream. No alias points at it yet.

    :raises EngineError: the daemon does not take it, or has it.
    """
    boundary = secrets.token_hex(16)
    heads = [_head(boundary, "metadata", METADATA), _head(boundary, "rootfs", ROOTFS)]
    tail = f"\r\n--{boundary}--\r\n".encode()
    length = sum(map(len, heads)) + size(folder) + len(tail)
    reply = await daemon.request(
        "POST",
        "/images",
        headers={
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(length),
        },
        content=_body(list(zip(heads, (METADATA, ROOTFS), strict=True)), folder, tail),
        seconds=_SECONDS,
    )
    operation = str(reply["operation"]).partition("?")[0].removeprefix("/1.0")
    done = (await daemon.request("GET", f"{operation}/wait", seconds=_SECONDS))["metadata"]
    if int(done["status_code"]) != _SUCCESS:
        raise refusal(str(done.get("err") or done["status"]), int(done["status_code"]))


def _head(boundary: str, name: str, file: str) -> bytes:
    disposition = f"form-data; name={json.dumps(name)}; filename={json.dumps(file)}"
    return (
        f"\r\n--{boundary}\r\nContent-Disposition: {disposition}\r\n"
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()


async def _body(parts: list[tuple[bytes, str]], folder: Path, tail: bytes) -> AsyncIterator[bytes]:
    for head, name in parts:
        yield head
        with (folder / name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    yield tail
