import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill.plane import Plane


@pytest.fixture(scope="session")
def plane() -> Iterator[Plane]:
    """The control plane that is killed, in a folder whose name is short enough for sockets."""
    made = Plane(Path(tempfile.mkdtemp(prefix="studiolo-kill-")))
    try:
        made.start()
        made.prepare()
        yield made
    finally:
        made.close()
