"""Preparing what machines are made of, before anybody waits for one."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from functools import partial

import psutil

from studiolo.engines.process.image import ImageStore
from studiolo.engines.process.image_sources import AGENT
from studiolo.settings import Settings, inherited_environment

MACHINE_IMAGES = ("ml",)

_POLL_SECONDS = 0.1

PrepareProgress = Callable[[str, str, int, int], None]
"""Told (image, phase, done, total); see `engines.process.image.Progress`."""


def prepare_images(settings: Settings, progress: PrepareProgress) -> None:
    """Prepare whatever a process region starts machines from. Blocks, perhaps for minutes.

    The image of an incus region is its daemon's: `studiolo image build` makes it, and a region
    without one works but for new machines.

    :raises EngineError: an image cannot be prepared.
    """
    if all(region.engine != "process" for region in settings.every_region):
        return
    images = ImageStore(settings.images, inherited_environment())
    for name in (AGENT, *MACHINE_IMAGES):
        images.prepare(name, partial(progress, name))


async def prepare(settings: Settings, progress: PrepareProgress) -> None:
    """:func:`prepare_images`, so that it can be cancelled.

    :raises EngineError: an image cannot be prepared.
    """
    work = asyncio.create_task(asyncio.to_thread(prepare_images, settings, progress))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        # A thread cannot be cancelled; it ends when the program that it waits for does.
        while not work.done():
            _end_builders()
            await asyncio.sleep(_POLL_SECONDS)
        work.exception()
        raise


def _end_builders() -> None:
    """Tell this process's children in its own session to end: those that build images.

    The gateway and the control plane have sessions of their own.
    """
    for child in psutil.Process().children():
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getsid(child.pid) == os.getsid(0):
                child.terminate()
