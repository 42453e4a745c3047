"""Which region the demonstration runs in, and what it needs there beforehand."""

import asyncio
import json
import os

from rich.console import Console

from studiolo.launcher import machine_images
from studiolo.regions import make_engine
from studiolo.settings import Settings, load_settings

REGION = "incus"
"""Name of the region where none is configured: the daemon of this host, as `./dev lxd` makes it."""


def choose_engine(engine: str) -> None:
    """Make the demonstration's region the default one, for this process and all that it starts.

    :raises InvalidSettings: the settings cannot be used.
    """
    if engine != "incus":
        return
    settings = load_settings()
    known = [each.name for each in settings.regions if each.engine == engine]
    if known:
        os.environ["STUDIOLO_LOCATION"] = known[0]
    else:
        # Files show and hold a home's size on any pool, but only root can mount them.
        homes = "loop" if os.geteuid() == 0 else "volume"
        os.environ["STUDIOLO_LOCATION"] = REGION
        os.environ["STUDIOLO_REGIONS"] = json.dumps([{"name": REGION, "homes": homes}])
    os.environ["STUDIOLO_ENGINE"] = "none"


async def ensure_image(settings: Settings, console: Console) -> None:
    """Build the machine image, unless the region has one. Nothing to do on other engines.

    :raises EngineError: the daemon does not answer, or the image cannot be built.
    """
    region = next(each for each in settings.every_region if each.name == settings.location)
    if region.engine != "incus":
        return
    engine = make_engine(settings, region, "demo")
    try:
        health = await engine.health()
        if health.ok:
            return
    finally:
        await engine.aclose()
    daemon = machine_images.daemon_of(settings, region.name, None)
    asked = machine_images.Asked(region.variant)
    await asyncio.to_thread(machine_images.build, settings, console, asked, daemon)
