"""The machine image in the local daemon, for tests that start containers from it."""

import asyncio
import os
import sys
from pathlib import Path

from studiolo.engines.incus.client import Daemon
from studiolo.engines.incus.image import registry
from studiolo.engines.incus.image.build import Builder, Built
from studiolo.engines.incus.image.description import Description
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.layers import Layers
from studiolo.engines.incus.names import image_alias
from studiolo.engines.process.image_sources import sources_folder
from studiolo.settings import Settings
from tests.support.incus import need_daemon

_REPOSITORY = Path(__file__).parents[2]
_STEPS: set[tuple[str, str]] = set()


def layers() -> Layers:
    """Where this checkout keeps the steps of its builds: as `./dev run studiolo image build`."""
    return Layers(Settings(home=_REPOSITORY / ".studiolo").images / "machine")


def ensure_image(variant: str = "slim") -> str:
    """Build the image as far as it is not built, put it into the local daemon, and return the
    alias that machines start from. Seconds where nothing changed, minutes on a new machine.
    """
    built = build_image(variant)
    return asyncio.run(_offer(built, variant))


def build_image(variant: str = "slim") -> Built:
    description = Description.read(sources_folder() / "ml")
    return Builder(description, variant, layers(), Host(os.environ), _print).build()


async def _offer(built: Built, variant: str) -> str:
    daemon = Daemon(need_daemon())
    try:
        await registry.offer(daemon, built.folder, built.manifest)
        # Each change of the agent makes an image of 2 GB; those of earlier runs are in the way.
        await registry.prune(daemon)
    finally:
        await daemon.aclose()
    return image_alias("ml", variant)


def _print(step: str, what: str, done: int, total: int) -> None:
    """One line at a step's beginning and end: a log that stands still says where."""
    state = "done" if total and done == total else "begun"
    if (step, state) not in _STEPS:
        _STEPS.add((step, state))
        sys.stderr.write(f"image: {step}: {state}\n")
