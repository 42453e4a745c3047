from collections.abc import AsyncIterator

import pytest

from studiolo.store.database import Database
from tests.support.reconciling import Bench


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url)
    yield database
    await database.close()


@pytest.fixture
async def bench(database: Database) -> Bench:
    bench = Bench(database)
    await bench.open()
    return bench
