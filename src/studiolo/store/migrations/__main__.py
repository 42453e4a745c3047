"""`python -m studiolo.store.migrations "message"`: write a revision for what the tables changed."""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command

from studiolo.store.database import Database
from studiolo.store.migrations import config, upgrade


async def _write(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'scratch.db'}")
        try:
            await upgrade(database)
            async with database.engine.begin() as connection:
                await connection.run_sync(
                    lambda sync: command.revision(config(sync), message, autogenerate=True)
                )
        finally:
            await database.close()


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1]))
