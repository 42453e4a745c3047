"""Fixtures of the gateway's tests: a short folder, since socket paths have a limit."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.gateway import FrontDoor, front_door


@pytest.fixture
def short_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gateway-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def door(short_folder: Path) -> AsyncIterator[FrontDoor]:
    async with front_door(short_folder) as running:
        yield running
