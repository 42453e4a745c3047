"""Migrations, and the functions that run them.

`upgrade` is called at every start: it does nothing on a database that is current. On PostgreSQL an
advisory lock keeps two replicas that start together from migrating twice; SQLite has one writer.
"""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from studiolo.store.database import Database
from studiolo.store.tables import Base

_FOLDER = Path(__file__).parent
_LOCK = 0x5717D1010
"""Any number, the same in every replica."""


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.attributes["connection"] = connection
    return made


async def upgrade(database: Database) -> None:
    """Bring the database to the newest revision, in one transaction."""
    async with database.engine.begin() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))


async def is_current(database: Database) -> bool:
    """Whether the database has the newest revision."""
    head = ScriptDirectory(str(_FOLDER)).get_current_head()
    async with database.engine.connect() as connection:
        return await connection.run_sync(_revision) == head


async def differences(database: Database) -> list[object]:
    """What the mapped tables have and the migrated database has not, or the other way round."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(
            lambda sync: list(compare_metadata(_context(sync), Base.metadata))
        )


def _revision(connection: Connection) -> str | None:
    return _context(connection).get_current_revision()


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"compare_type": True})
