"""The database: engines, pragmas, and units of work.

`transaction()` commits at its end or not at all. On SQLite a writing transaction begins IMMEDIATE,
so that two writers queue instead of failing half-way; readers use WAL snapshots and never wait.
Nothing but the database's own I/O may happen inside a transaction.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    async_sessionmaker,
    create_async_engine,
)

from studiolo.domain.errors import Unavailable
from studiolo.store.computes import was_written
from studiolo.store.reserve import Reserve
from studiolo.store.tables import Base
from studiolo.store.transaction import Transaction

_BUSY_SECONDS = 30
"""How long a SQLite writer waits for another before it gives up."""

_FULL = (
    "The disk that holds Studiolo's database is full, so nothing was changed. Try again in a "
    "moment: some room was kept for stopping and deleting. Then free space on that disk."
)


class Database:
    """One database, and the pool of connections to it."""

    def __init__(self, engine: AsyncEngine, reserve: Reserve | None = None) -> None:
        self.engine = engine
        self.reserve = reserve
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._readers = self._sessions
        self._listeners: list[Callable[[], None]] = []
        self._writer: contextlib.AbstractAsyncContextManager[object] = contextlib.nullcontext()
        if self.is_sqlite:
            self._writer = asyncio.Lock()
            readers = engine.execution_options(studiolo_read_only=True)
            self._readers = async_sessionmaker(readers, expire_on_commit=False)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open `url` (`sqlite+aiosqlite:///...` or `postgresql+asyncpg://...`)."""
        if make_url(url).get_backend_name() == "sqlite":
            return cls(_sqlite(url), Reserve.of(url))
        return cls(create_async_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True))

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A unit of work that is committed at its end, and rolled back by an exception.

        On SQLite those of one process take turns here. SQLite would let the others wait too, but
        by sleeping and trying again, in no order and up to a tenth of a second at a time.

        :raises Unavailable: the disk is full. Room was made for a few transactions: trying again,
            for example to delete an instance, succeeds.
        """
        try:
            async with self._writer, self._sessions.begin() as session:
                yield Transaction(session)
            if was_written(session):
                for listener in self._listeners:
                    listener()
        except OperationalError as error:
            if self.reserve is not None and self.reserve.release_if_full():
                raise Unavailable(_FULL) from error
            raise

    def on_computes_written(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each commit of this process that wrote an instance.

        Other processes write too, so it only saves time.
        """
        self._listeners.append(listener)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A consistent view for reading; nothing written in it is kept."""
        async with self._readers() as session:
            try:
                yield Transaction(session)
            finally:
                await session.rollback()

    async def create_all(self) -> None:
        """Make every table without migrations; for tests."""
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _sqlite(url: str) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own implicit BEGIN is turned off: `begin` below says which kind is meant.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_SECONDS * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get("studiolo_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
