import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.agents import Agent


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="sl-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def agent(tmp_path: Path, sockets: Path) -> Iterator[Agent]:
    """An agent, not started yet, whose Jupyter is the small stand-in."""
    python = tmp_path / "python"
    script = Path(__file__).parents[1] / "support" / "fake_jupyter.py"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {script} "$@"\n')
    python.chmod(0o755)
    made = Agent(tmp_path, sockets, str(python))
    yield made
    made.clean_up()
