"""The real images, prepared once per checkout and shared by every test that needs one."""

import os
from pathlib import Path

from studiolo.engines.process.image import ImageStore
from studiolo.settings import Settings

_REPOSITORY = Path(__file__).parents[2]


def image_store() -> ImageStore:
    """The store below `<repo>/.studiolo/images`, or `STUDIOLO_IMAGE_DIR`."""
    return ImageStore(Settings(home=_REPOSITORY / ".studiolo").images, os.environ)


def prepared_ml_image() -> Path:
    """Root of the machines' environment, prepared if it is missing."""
    return image_store().prepare("ml")


def prepared_agent_image() -> Path:
    """Root of the agent's environment; made anew whenever the agent's source has changed."""
    return image_store().prepare("agent")
