from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.api import Api, open_api
from tests.support.file_requests import Files

from studiolo.api.files.endpoints import router as files_router


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """The application over SQLite, with a workspace and four people."""
    api = await open_api(tmp_path)
    yield api
    await api.services.database.close()


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    """The files of a workspace as its data scientist sees them; none is larger than 5 MiB."""
    api = await open_api(tmp_path, routers=(files_router,), upload_mib=5)
    yield Files(api)
    await api.services.database.close()
