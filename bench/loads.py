"""Load: HTTP with h2load, WebSocket messages with asyncio. Bounded in time; loopback only."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import uvloop
from websockets.asyncio.client import connect
from websockets.asyncio.server import unix_serve

CONNECTIONS = 32
_RATE = re.compile(r"finished in .*?, ([\d.]+) req/s")
_STATUS_CODES = re.compile(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx")


def requests(url: str, port: int, headers: dict[str, str], seconds: float) -> float:
    """HTTP/1.1 requests a second over `CONNECTIONS` kept-alive connections.

    :param url: its host goes into SNI and Host; the connection goes to `port` on loopback.
    :raises RuntimeError: a reply was not 2xx, so what was measured is not what was meant.
    """
    program = shutil.which("h2load")
    if program is None:
        sys.exit("bench: h2load is needed; Debian, Ubuntu: apt-get install nghttp2-client")
    options = [option for name, value in headers.items() for option in ("-H", f"{name}: {value}")]
    where = [f"--connect-to=127.0.0.1:{port}", "--h1", "-t1", f"-c{CONNECTIONS}"]
    command = [program, *where, f"-D{seconds:g}", *options, url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, codes = _RATE.search(told), _STATUS_CODES.search(told)
    if rate is None or codes is None or any(int(code) for code in codes.groups()[1:]):
        raise RuntimeError(f"{url}: not every reply was 2xx:\n{told}")
    return float(rate[1])


def messages(port: int, host: str, headers: dict[str, str], seconds: float) -> float:
    """WebSocket messages echoed a second over `CONNECTIONS` connections, one in flight on each."""
    return uvloop.run(_messages(port, host, headers, seconds))


async def _messages(port: int, host: str, headers: dict[str, str], seconds: float) -> float:
    sockets = [
        await connect(
            f"ws://{host}/ws",
            host="127.0.0.1",
            port=port,
            additional_headers=headers,
            compression=None,
            proxy=None,
        )
        for _ in range(CONNECTIONS)
    ]
    end = time.perf_counter() + seconds
    counts = await asyncio.gather(*(_echo(socket, end) for socket in sockets))
    for socket in sockets:
        await socket.close()
    return sum(counts) / seconds


async def _echo(socket, end: float) -> int:
    count = 0
    while time.perf_counter() < end:
        await socket.send("x" * 100)
        await socket.recv()
        count += 1
    return count


def backend_config(socket: Path, port: int, echo: Path) -> str:
    """A Caddyfile for an application in JupyterLab's place, on its socket and on a TCP port.

    It answers at once, Jupyter's health checks as Jupyter would, and passes `/ws` to an echo.
    """
    began = "2026-01-01T00:00:00Z"
    status = json.dumps({"started": began, "last_activity": began, "kernels": 0, "connections": 0})
    return f"""{{
    admin off
    persist_config off
    auto_https off
}}
(application) {{
    handle /ws {{
        reverse_proxy unix/{echo}
    }}
    handle {{
        header Content-Type application/json
        respond /api/status `{status}`
        respond /api/* []
        respond ok
    }}
}}
http:// {{
    bind unix/{socket}|0600
    import application
}}
http://:{port} {{
    bind 127.0.0.1
    import application
}}
"""


async def serve_echo(path: str) -> None:
    """Echo WebSocket messages on a unix socket, until killed."""

    async def echo(socket) -> None:
        async for message in socket:
            await socket.send(message)

    async with unix_serve(echo, path, compression=None):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    uvloop.run(serve_echo(sys.argv[1]))
