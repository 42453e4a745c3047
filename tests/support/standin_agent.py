"""A stand-in for the agent: answers /healthz, can start a child that outlives it, ends politely.

Run as `python standin_agent.py <config.json>`; standard library only. SIGTERM ends it in order.
SIGUSR1 starts a child in a session of its own, as an application would be.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path


async def main(config, socket) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, start_child, config)
    body = json.dumps(
        {"status": "ok", "machine": config["machine"], "generation": config["generation"]}
    ).encode()

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, socket)
    sys.stderr.write(f"generation {config['generation']} of {config['machine']} is up\n")
    await ended.wait()
    server.close()


def start_child(config):
    child = subprocess.Popen(["sleep", "1000"], start_new_session=True, env=dict(os.environ))
    Path(config["state_directory"], "child.pid").write_text(str(child.pid))


if __name__ == "__main__":
    config = json.loads(Path(sys.argv[1]).read_text())
    socket = Path(config["listen"].removeprefix("unix/"))
    socket.unlink(missing_ok=True)
    asyncio.run(main(config, str(socket)))
    Path(config["state_directory"], "ended").write_text("in order")
