from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from studiolo.store.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with every table, once on SQLite and once on PostgreSQL."""
    database = Database.open(database_url)
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without any table, once on each."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        name = f"empty_{uuid4().hex}"
        await server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        url = server.url(name)
    database = Database.open(url)
    yield database
    await database.close()
