"""`studiolo up`, from the first check to the last sentence."""

import asyncio
import contextlib
import signal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from studiolo.client.errors import ClientError
from studiolo.engines.base import EngineError
from studiolo.engines.saying import in_full
from studiolo.launcher.checks import CannotStart
from studiolo.launcher.deployment import Running, deployment
from studiolo.launcher.supervisor import ChildError
from studiolo.serving import AlreadyServed
from studiolo.settings import Settings

FAILURES = (CannotStart, ChildError, AlreadyServed, EngineError, ClientError, OSError)
"""What keeps a deployment from starting; each says why."""

FAREWELL = (
    "Stopped. Compute instances keep running; the next 'studiolo up' finds them again. "
    "To end one, use 'studiolo compute stop' while Studiolo is up."
)


class ImageProgress:
    """A progress bar per image; nothing is shown for images that are there already."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, image: str, phase: str, done: int, total: int) -> None:
        """Show how far the preparation of `image` is."""
        if not self._tasks:
            self._bars.start()
        if image not in self._tasks:
            self._tasks[image] = self._bars.add_task(image)
        what = f"Preparing image {image}: {phase}"
        self._bars.update(self._tasks[image], description=what, completed=done, total=total)

    def close(self) -> None:
        """Take the bars away."""
        if self._tasks:
            self._bars.stop()


async def up(settings: Settings, console: Console) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The first Ctrl-C ends serving; while things are still being started it cancels that.
    task = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _end, stop, task)
    progress = ImageProgress(console)
    try:
        async with deployment(settings, console.print, progress) as running:
            progress.close()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop.set)
            await asyncio.to_thread(running.ensure_workspace)
            await asyncio.to_thread(greet, running, console)
            await running.supervise(stop, console.print)
            console.print("Ending the control plane and the gateway ...")
        console.print(FAREWELL, soft_wrap=True)
    except asyncio.CancelledError:
        progress.close()
        console.print("Interrupted before Studiolo was up; nothing of it is left running.")
        return 130
    except FAILURES as error:
        progress.close()
        console.print("Studiolo could not be started: ", style="bold red", end="")
        console.print(in_full(error), markup=False, soft_wrap=True)
        return 1
    return 0


def _end(stop: asyncio.Event, task: "asyncio.Task[object] | None") -> None:
    stop.set()
    if task is not None:
        task.cancel()


def greet(running: Running, console: Console) -> None:
    """Say where Studiolo is, and how to sign in."""
    settings = running.settings
    link = running.local.sign_in_link()
    console.print()
    console.print(f"Studiolo is up at {settings.browser_origin}", style="bold", soft_wrap=True)
    console.print(f"  For clients:   {settings.https_origin}", soft_wrap=True)
    if (root := running.gateway.caddy.config.root_certificate) is not None:
        console.print(f"  CA of the gateway, for clients to trust: {root}", soft_wrap=True)
    console.print("  Sign in once with this link:", soft_wrap=True)
    console.print(f"    {link}", markup=False, soft_wrap=True)
    console.print("  On the command line: studiolo login")
    with contextlib.suppress(KeyError):
        _tell_regions(running, console)
    console.print("Ctrl-C ends Studiolo; compute instances keep running.")


def _tell_regions(running: Running, console: Console) -> None:
    """Which regions there are, and what each cannot do, before anybody counts on it."""
    engines = {each.name: each.engine for each in running.settings.every_region}
    for name, found in running.local.health()["engines"].items():
        told = f"  Region {name} ({engines.get(name)})"
        if not found["ok"]:
            told += f" cannot be used now: {found['message']}"
        console.print(told, markup=False, soft_wrap=True)
        for limit in found["limitations"]:
            console.print(f"    Note: {limit}", markup=False, soft_wrap=True)
