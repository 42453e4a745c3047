"""A WebSocket that says back what it hears, so that `studiolo doctor` can try the whole way.

It carries nothing of anybody's, so it asks for no sign-in; it is bounded so that it is of no use
for anything else.
"""

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

PATH = "/.studiolo/echo"

_MESSAGES = 8
_LONGEST = 1024
_TOO_BIG = 1009
"""WebSocket close code "message too big", RFC 6455 section 7.4.1."""

router = APIRouter()


@router.websocket(PATH)
async def echo(socket: WebSocket) -> None:
    """Answer a few short messages, then close."""
    await socket.accept()
    try:
        for _ in range(_MESSAGES):
            text = await socket.receive_text()
            if len(text) > _LONGEST:
                await socket.close(_TOO_BIG)
                return
            await socket.send_text(text)
        await socket.close()
    except (WebSocketDisconnect, KeyError):
        # The other side left, or sent bytes; there is nobody to tell.
        return
