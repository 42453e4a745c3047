"""Hatch's hook: a wheel carries the built studio."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StudioHook(BuildHookInterface[Any]):
    """Build the studio first, unless the package is installed in place (`./dev` builds it then)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch before it collects files."""
        if version == "editable":
            return
        script = Path(__file__).with_name("build.py")
        subprocess.run([sys.executable, str(script)], check=True)  # noqa: S603 - our own script
        build_data["artifacts"].append("src/studiolo/api/studio/dist/")
