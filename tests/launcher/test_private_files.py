"""Files of a deployment, whatever umask it is started with."""

import os
import stat
from collections.abc import Iterator

import pytest
from tests.support.launched import Launched


@pytest.fixture
def launched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A deployment started by somebody whose umask hides nothing."""
    made = Launched(tmp_path_factory.mktemp("private") / "h")
    before = os.umask(0)
    try:
        made.up()
        os.umask(before)
        yield made
    finally:
        os.umask(before)
        made.cleanup()


def test_no_file_of_a_deployment_is_for_others(launched: Launched) -> None:
    open_to_others = [
        str(path.relative_to(launched.home))
        for path in launched.home.rglob("*")
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    # What this test itself wrote.
    assert open_to_others == ["up.txt"]
