"""Noticing that a client has gone while a reply is still being sent."""

from starlette.types import Receive


async def disconnected(receive: Receive) -> None:
    """Return when the client has gone; what it sends until then is thrown away."""
    while (await receive())["type"] != "http.disconnect":
        pass
