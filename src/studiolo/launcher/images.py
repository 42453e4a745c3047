"""Preparing what machines are made of, before anybody waits for one."""

import os
from collections.abc import Callable
from functools import partial

from studiolo.engines.process.image import ImageStore
from studiolo.engines.process.image_sources import AGENT
from studiolo.settings import Settings

MACHINE_IMAGES = ("ml",)

PrepareProgress = Callable[[str, str, int, int], None]
"""Told (image, phase, done, total); see `engines.process.image.Progress`."""


def prepare_images(settings: Settings, progress: PrepareProgress) -> None:
    """Prepare whatever the settings' engine starts machines from. Blocks, perhaps for minutes.

    :raises EngineError: an image cannot be prepared.
    """
    if settings.engine != "process":
        return
    images = ImageStore(settings.images, os.environ)
    for name in (AGENT, *MACHINE_IMAGES):
        images.prepare(name, partial(progress, name))
