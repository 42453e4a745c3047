from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.identity import Studio, open_studio


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """The application over SQLite, with a workspace and nobody in it."""
    studio = await open_studio(tmp_path)
    yield studio
    await studio.services.database.close()
