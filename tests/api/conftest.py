from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import Api, open_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """The application over SQLite, with a workspace and four people."""
    api = await open_api(tmp_path)
    yield api
    await api.services.database.close()
