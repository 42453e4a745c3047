"""One deployment with fake machines for all of the command line's tests."""

from collections.abc import Iterator

import pytest
from tests.support.launched import Launched


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A running deployment, with the administrator signed in."""
    launched = Launched(tmp_path_factory.mktemp("cli") / "h")
    try:
        launched.up()
        launched.ok("login", "--local")
        yield launched
    finally:
        launched.cleanup()
