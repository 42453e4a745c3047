"""The body of an upload as it comes, and what becomes of the rest when it is refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from studiolo.domain.errors import StudioloError

IDLE_SECONDS = 120.0
"""An upload of which nothing has come for so long is given up."""

READ_ON = 64 * 1024 * 1024
"""Bytes of a refused upload that are still read, and dropped."""


class Stalled(StudioloError):
    """A client began to send a body and does not go on."""

    status = 408
    default_code = "RequestTimeout"


class Incoming:
    """A request's body."""

    def __init__(self, request: Request) -> None:
        self._stream = request.stream()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, or what is left of it.

        :raises ClientDisconnect: the client is gone.
        :raises Stalled: it has been silent for too long.
        """
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    piece = await anext(self._stream)
                yield piece
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Stalled(
                f"Nothing of the file has come for {IDLE_SECONDS:.0f} seconds; nothing was "
                "changed. Send it again."
            ) from None

    @contextlib.asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """Let the client hear an error of the block, which may come early.

        HTTP/1.1 clients send all they have before they listen, and the gateway cuts off who is
        still at it when the answer is there. So the rest is read, unless it is very much.
        """
        try:
            yield
        except StudioloError:
            with contextlib.suppress(StudioloError, ClientDisconnect):
                await self._drop()
            raise

    async def _drop(self) -> None:
        left = READ_ON
        async for piece in self.pieces():
            left -= len(piece)
            if left < 0:
                return
