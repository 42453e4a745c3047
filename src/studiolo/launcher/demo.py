"""`studiolo demo`: everything a person would do on the first day, told stage by stage."""

import asyncio
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from studiolo.client.compute_file import to_body
from studiolo.client.compute_view import origin_of
from studiolo.client.errors import ClientError, NotFoundError
from studiolo.client.jupyter import Jupyter
from studiolo.client.studiolo import Computes
from studiolo.domain.alias import user_alias
from studiolo.engines.process.disk import remove_tree
from studiolo.engines.saying import in_full
from studiolo.launcher import notebook
from studiolo.launcher.checks import free_port
from studiolo.launcher.demo_region import choose_engine, ensure_image
from studiolo.launcher.deployment import GROUP, WORKSPACE, Running, deployment
from studiolo.launcher.up import FAILURES, FAREWELL, ImageProgress, greet
from studiolo.settings import Settings

INSTANCE = "demo"
SIZE = "Standard_DS3_v2"
NOTEBOOK = "demo.ipynb"


class Interrupted(Exception):
    """Ctrl-C."""


@dataclass
class Stages:
    """Prints each stage with the time it took, and remembers which one is under way.

    :param stop: set by Ctrl-C; the next stage, or the next poll of this one, ends the demo.
    :param begun: whether Studiolo is up; before that, Ctrl-C cancels its start.
    """

    console: Console
    stop: threading.Event = field(default_factory=threading.Event)
    present: str = "Start Studiolo"
    begun: bool = False

    @contextmanager
    def stage(self, what: str) -> Iterator[None]:
        """One stage."""
        self.check()
        self.present = what
        began = time.monotonic()
        yield
        self.console.print(f"{time.monotonic() - began:6.1f} s  {what}", markup=False)

    def check(self, _status: str = "") -> None:
        """End the demo if Ctrl-C was pressed; serves as the progress of operations."""
        if self.stop.is_set():
            raise Interrupted

    def say(self, text: str) -> None:
        """A line below a stage."""
        self.console.print(f"          {text}", markup=False, soft_wrap=True)


async def demo(console: Console, *, leave: bool, home_given: bool, engine: str) -> int:
    """Run the demonstration; returns the exit code.

    :param engine: `process` or `incus`.
    :param leave: end and leave nothing running, in a home of its own unless `home_given`.
    """
    choose_engine(engine)
    stages = Stages(console)
    stop = asyncio.Event()

    task = asyncio.current_task()

    def interrupt() -> None:
        stages.stop.set()
        stop.set()
        if task is not None and not stages.begun:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    temporary = leave and not home_given
    settings = _temporary_settings() if temporary else Settings()
    code = 1
    try:
        code = await _shown(stages, settings, stop, leave=leave, temporary=temporary)
    finally:
        if temporary:
            await _clean(settings, console, keep_logs=code == 1)
    return code


async def _shown(
    stages: Stages, settings: Settings, stop: asyncio.Event, *, leave: bool, temporary: bool
) -> int:
    progress = ImageProgress(stages.console)
    began = time.monotonic()
    try:
        await ensure_image(settings, stages.console)
        async with deployment(settings, stages.say, progress) as running:
            progress.close()
            stages.begun = True
            stages.console.print(f"{time.monotonic() - began:6.1f} s  Start Studiolo")
            await asyncio.to_thread(_stages, stages, running)
            if leave:
                await asyncio.to_thread(_delete, stages, running)
            else:
                await asyncio.to_thread(greet, running, stages.console)
                await running.supervise(stop, stages.console.print)
        if not leave:
            stages.console.print(FAREWELL, soft_wrap=True)
    except (Interrupted, asyncio.CancelledError):
        stages.console.print("Interrupted.")
        return 130
    except FAILURES as error:
        stages.console.print(f"FAILED at '{stages.present}': ", style="bold red", end="")
        stages.console.print(in_full(error), markup=False, soft_wrap=True)
        if not temporary:
            stages.say(f"Logs: {settings.logs}")
        return 1
    finally:
        progress.close()
    return 0


def _stages(stages: Stages, running: Running) -> None:
    """The demonstration, against a deployment that runs. Blocks."""
    stages.say(f"Studio {running.settings.browser_origin}, API {running.settings.https_origin}")
    api = running.api()
    with stages.stage(f"Create workspace {WORKSPACE}"):
        running.ensure_workspace()
    computes = api.computes(GROUP, WORKSPACE)
    with stages.stage(f"Create compute instance {INSTANCE} ({SIZE})"):
        instance = _instance(stages, computes, running.settings.location)
    origin = origin_of(instance)
    if origin is None:
        raise ClientError("The instance shows no application.", code="NoApplications")
    jupyter = Jupyter(origin, api.http.token, running.gateway.caddy.config.root_certificate)
    try:
        _in_jupyter(stages, running, jupyter, origin)
        _over_a_stop(stages, running, computes, jupyter)
    finally:
        jupyter.close()


def _instance(stages: Stages, computes: Computes, location: str) -> dict[str, Any]:
    """The running instance; one that an earlier demonstration left is used again."""
    try:
        found = computes.show(INSTANCE)
    except NotFoundError:
        body = to_body({"size": SIZE}, location)
        found = computes.put(INSTANCE, body, progress=stages.check)
    else:
        computes.act(INSTANCE, "start", progress=stages.check)
        found = computes.show(INSTANCE)
    _expect(found, "Running")
    return found


def _in_jupyter(stages: Stages, running: Running, jupyter: Jupyter, origin: str) -> None:
    with stages.stage("Open JupyterLab through the gateway"):
        jupyter.wait_ready()
        if "jupyterlab" not in jupyter.page("/lab").lower():
            raise ClientError(f"{origin}/lab is not JupyterLab.", code="NotJupyterLab")
    shown = _in_browser(running.settings, origin)
    stages.say(f"JupyterLab {shown}/lab")
    path = _path(running)
    made = notebook.new_notebook()
    with stages.stage("Run a notebook in its kernel over the WebSocket"):
        jupyter.save(path, made)
        with jupyter.kernel(path) as kernel:
            notebook.run(made, kernel)
    stages.say(f"scikit-learn reached an accuracy of {notebook.accuracy(made):.3f}; one figure")
    with stages.stage("Save it on the workspace's file share"):
        jupyter.save(path, made)
        file = _on_share(running)
    stages.say(f"{file} ({file.stat().st_size // 1024} KiB)")
    stages.say(f"Notebook {shown}/lab/tree/{path}")


def _in_browser(settings: Settings, origin: str) -> str:
    """An instance's origin as a browser on this machine opens it, without knowing our CA."""
    studio = urlsplit(settings.browser_origin)
    port = f":{studio.port}" if studio.port else ""
    return f"{studio.scheme}://{urlsplit(origin).hostname}{port}"


def _over_a_stop(stages: Stages, running: Running, computes: Computes, jupyter: Jupyter) -> None:
    with stages.stage("Stop the instance"):
        computes.act(INSTANCE, "stop", progress=stages.check)
        _expect(computes.show(INSTANCE), "Stopped")
    with stages.stage("Start it again"):
        computes.act(INSTANCE, "start", progress=stages.check)
        _expect(computes.show(INSTANCE), "Running")
    with stages.stage("Find the notebook as it was saved"):
        jupyter.wait_ready()
        reached = notebook.accuracy(jupyter.read(_path(running)))
    stages.say(f"it still says {reached:.3f}, with its figure")


def _delete(stages: Stages, running: Running) -> None:
    with stages.stage("Delete the instance"):
        running.api().computes(GROUP, WORKSPACE).delete(INSTANCE, progress=stages.check)


def _expect(instance: dict[str, Any], state: str) -> None:
    inner = instance["properties"]["properties"]
    if inner["state"] != state:
        errors = "; ".join(str(one.get("message")) for one in inner.get("errors") or [])
        raise ClientError(f"It is {inner['state']}, not {state}. {errors}", code="WrongState")


def _path(running: Running) -> str:
    """The notebook's path on the share, which is Jupyter's root."""
    return f"Users/{user_alias(running.local.access_token().user)}/{NOTEBOOK}"


def _share(running: Running) -> Path:
    workspace = running.api().workspace(GROUP, WORKSPACE)
    return running.settings.shares / str(workspace["properties"]["workspaceId"])


def _on_share(running: Running) -> Path:
    file = _share(running) / _path(running)
    if not file.is_file():
        raise ClientError(f"{file} is not there.", code="NotOnShare")
    return file


def _temporary_settings() -> Settings:
    """A deployment of its own in the temporary folder, with the usual one's prepared images."""
    images = Settings().images
    home = Path(tempfile.mkdtemp(prefix="studiolo-demo-"))
    chosen = {
        "STUDIOLO_HOME": str(home),
        "STUDIOLO_IMAGE_DIR": str(images),
        "STUDIOLO_RUN_DIR": str(home / "run"),
        "STUDIOLO_DATABASE_URL": "",
        "STUDIOLO_HTTP_PORT": str(free_port()),
        "STUDIOLO_HTTPS_PORT": str(free_port()),
    }
    # The control plane takes its settings from the environment, as this process does.
    os.environ.update(chosen)
    return Settings()


async def _clean(settings: Settings, console: Console, *, keep_logs: bool) -> None:
    """End and remove whatever is left of the demo's machines, then its home."""
    if (settings.home / "studiolo.db").exists():
        # Imported here, because it is the control plane's whole code and rarely needed.
        from studiolo.main import remove_machines  # noqa: PLC0415

        await remove_machines(settings)
    if keep_logs:
        kept = Path(tempfile.mkdtemp(prefix="studiolo-demo-logs-"))
        for folder in (settings.logs, *settings.machines.glob("*/logs")):
            if folder.is_dir():
                target = kept / folder.relative_to(settings.home)
                await asyncio.to_thread(shutil.copytree, folder, target)
        console.print(f"          Logs: {kept}", markup=False, soft_wrap=True)
    await asyncio.to_thread(remove_tree, settings.home)
