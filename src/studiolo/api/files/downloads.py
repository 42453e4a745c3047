"""A file as a reply: streamed, in part where asked for, and never a page of the studio's.

Whoever may write into the share may put a page with a script there. So the reply is a download, its
type is not guessed, and what a browser shows of it all the same has no origin and loads nothing.
"""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from studiolo.api.arm import etag
from studiolo.api.arm.envelope import error_response
from studiolo.api.arm.leaving import disconnected
from studiolo.domain.errors import StudioloError
from studiolo.files import OpenFile

CHUNK = 1024 * 1024
"""Bytes read at once."""

HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    # Instances are hosts of the same site; their pages shall not embed it either.
    "Cross-Origin-Resource-Policy": "same-origin",
}

_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(StudioloError):
    """The part asked for lies beyond the end of the file."""

    status = 416
    default_code = "InvalidRange"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` up to, but without, `end` of a file."""

    start: int
    end: int


def part_asked(request: Request, size: int, version: str) -> Part | None:
    """The part of a file that a request asks for; None for all of it.

    Several parts, or what is no range, give all of it, as RFC 9110 lets servers do.

    :param version: the file's ETag, bare; of another version (If-Range) no part is wanted.
    :raises RangeNotSatisfiable: it begins at or after the end.
    """
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or not _same_version(request, version):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        part = Part(max(0, size - int(last)), size)
    else:
        part = Part(int(first), min(size, int(last) + 1) if last else size)
        if last and int(last) < int(first):
            return None
    if part.start >= part.end:
        raise RangeNotSatisfiable(f"The file has {size} bytes; the range begins after them.")
    return part


def _same_version(request: Request, version: str) -> bool:
    wanted = request.headers.get("if-range")
    return wanted is None or wanted.strip() == etag.quoted(version)


def download(request: Request, file: OpenFile) -> Response:
    """The reply for an open file, which it closes in the end.

    Not modified, in part, or whole.
    """
    try:
        reply = _reply(request, file)
    except BaseException:
        file.close()
        raise
    if not isinstance(reply, FileReply):
        file.close()
    return reply


def _reply(request: Request, file: OpenFile) -> Response:
    version, size = file.entry.etag or "", file.entry.size or 0
    headers = HARMLESS | {"ETag": etag.quoted(version), "Cache-Control": "private, no-cache"}
    if etag.is_known(request, version):
        return Response(status_code=304, headers=headers)
    headers |= {"Accept-Ranges": "bytes", "Content-Disposition": _disposition(file.entry.name)}
    try:
        part = part_asked(request, size, version)
    except RangeNotSatisfiable as error:
        reply = error_response(error)
        reply.headers.update(HARMLESS | {"Content-Range": f"bytes */{size}"})
        return reply
    if part is None:
        return FileReply(file, Part(0, size), 200, headers)
    headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return FileReply(file, part, 206, headers)


def _disposition(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


class FileReply(Response):
    """Sends a part of an open file and closes it."""

    media_type = "application/octet-stream"

    def __init__(self, file: OpenFile, part: Part, status: int, headers: dict[str, str]) -> None:
        length = {"Content-Length": str(part.end - part.start)}
        super().__init__(status_code=status, headers=headers | length)
        self._file, self._part = file, part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until the client is gone or the file is shorter than it was.

        Uvicorn cuts the connection then, so that nobody takes half a file for a whole one.
        """
        gone = asyncio.ensure_future(disconnected(receive))
        try:
            start = {"type": "http.response.start", "status": self.status_code}
            await send({**start, "headers": self.raw_headers})
            await self._send_body(send, gone)
        finally:
            gone.cancel()
            self._file.close()

    async def _send_body(self, send: Send, gone: "asyncio.Future[None]") -> None:
        position, end = self._part.start, self._part.end
        while position < end and not gone.done():
            data = await self._file.read(position, min(CHUNK, end - position))
            if not data:
                return
            position += len(data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        if not gone.done():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
