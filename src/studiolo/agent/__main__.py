"""`python -m studiolo.agent <config.json>`: one machine's agent, until SIGTERM.

Exit codes: 0 after a shutdown, in which every process of the machine was stopped; 1 when it cannot
go on (its log says why; its applications keep running, for the next agent to adopt); 2 for a
configuration that cannot be used; 3 when the machine has an agent already.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import stat
import sys
from pathlib import Path

from aiohttp import web

from studiolo.agent.logs import Logs
from studiolo.agent.machine import Machine
from studiolo.agent.server import Api, forget, listen
from studiolo.domain.machine import AgentConfig

_SHUTDOWN_SECONDS = 30
"""After this long in a shutdown the kernel ends the agent, whatever it waits for."""

ENDED = "ended"
"""File in the state folder by which an engine tells a shutdown from a crash; it removes the file
before it starts an agent."""

_log = logging.getLogger("studiolo.agent")


def main(arguments: list[str]) -> int:
    """Run the agent; see the module for the exit codes."""
    if len(arguments) != 1:
        print("usage: python -m studiolo.agent <config.json>", file=sys.stderr)  # noqa: T201
        return 2
    try:
        config = load(Path(arguments[0]))
    except (OSError, ValueError, TypeError) as error:
        print(f"{arguments[0]} cannot be used: {error}", file=sys.stderr)  # noqa: T201
        return 2
    _log_to_file(config)
    lock = _lock(Path(config.state_directory))
    if lock is None:
        _log.error("machine %s has an agent already", config.machine)
        return 3
    try:
        asyncio.run(_serve(config))
    finally:
        os.close(lock)
    return 0


def load(path: Path) -> AgentConfig:
    """Read the configuration.

    :raises OSError: it cannot be read.
    :raises ValueError: others may read it, or it is not a usable configuration.
    :raises TypeError: a field without a default is missing.
    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError("it holds a token and must have mode 0600")
    config = AgentConfig.from_json(json.loads(path.read_bytes()))
    needed = (
        "machine", "tag", "listen", "token", "home", "python", "notebook_root",
        "application_sockets", "state_directory", "log_directory", "temp_directory", "disk_path",
    )  # fmt: skip
    if missing := [name for name in needed if not getattr(config, name)]:
        raise ValueError(f"it lacks {', '.join(missing)}")
    return config


async def _serve(config: AgentConfig) -> None:
    machine = Machine(config, dict(os.environ))
    machine.resume()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        Api(machine, stop.set).application(), access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    await web.SockSite(runner, listen(config.listen)).start()
    _log.info("agent of %s serves %s, process %d", config.machine, config.listen, os.getpid())
    await _run_until(machine, stop)
    # From here on nothing may keep the agent: the alarm's default action ends the process even if
    # Python itself is stuck.
    signal.alarm(_SHUTDOWN_SECONDS)
    await machine.close()
    await runner.cleanup()
    forget(config.listen)
    _say_ended(Path(config.state_directory))
    _log.info("agent of %s has shut down", config.machine)


async def _run_until(machine: Machine, stop: asyncio.Event) -> None:
    """Run the machine until asked to stop; an error of its own comes out of here."""
    running = asyncio.create_task(machine.run())
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if running.done():
        await running
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _say_ended(directory: Path) -> None:
    """Leave word for the engine that this was a shutdown in good order, and no crash."""
    try:
        (directory / ENDED).touch(mode=0o600)
    except OSError as error:  # a full disk: the engine will take it for a crash
        _log.warning("cannot leave word of the shutdown: %s", error)


def _log_to_file(config: AgentConfig) -> None:
    """Send what the agent says, its last words included, to `agent.log`.

    A record that cannot be written (the disk is full) is dropped.
    """
    logging.raiseExceptions = False
    with Logs(Path(config.log_directory)).open("agent") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def _lock(directory: Path) -> int | None:
    """Lock the state folder for this agent alone; None if another holds it.

    The kernel lets go of it when the agent dies; applications do not inherit it.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
