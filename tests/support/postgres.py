"""A PostgreSQL server of the tests' own: one per session, one database per test.

It runs from the machine's PostgreSQL packages in a temporary folder, on a unix socket only, without
fsync. PostgreSQL refuses to run as root, so for root it runs as another user.

Where PostgreSQL is missing the tests that need it fail and say what to install, unless
STUDIOLO_TESTS_WITHOUT_POSTGRES=1 asks to skip them.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from studiolo.store.database import Database

_TEMPLATE = "studiolo_template"

_USERS = ("postgres", "nobody")
"""Whom the server runs as when the tests run as root."""

MISSING = (
    "PostgreSQL is not installed, and the store must be tested on it. Install it (Debian, Ubuntu: "
    "apt-get install postgresql), or set STUDIOLO_TESTS_WITHOUT_POSTGRES=1 to skip these tests."
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `folder` holds its socket."""

    folder: Path
    user: str

    def url(self, database: str) -> str:
        """SQLAlchemy URL of one of its databases."""
        return f"postgresql+asyncpg://{self.user}@/{database}?host={self.folder}"

    async def execute(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        connection = await asyncpg.connect(
            host=str(self.folder), user=self.user, database="postgres"
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @asynccontextmanager
    async def database_url(self) -> AsyncIterator[str]:
        """URL of a new database that has every table; dropped at the end."""
        name = f"test_{uuid4().hex}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        try:
            yield self.url(name)
        finally:
            await self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parent.parent.name),
    )
    return versions[-1].parent if versions else None


@contextmanager
def running_server(programs: Path) -> Iterator[Server]:
    """Start a server in a folder of its own; stop it and remove the folder at the end."""
    folder = Path(tempfile.mkdtemp(prefix="studiolo-pg-"))
    owner = _owner()
    if os.geteuid() == 0:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    try:
        _run(owner, folder, programs / "initdb", "-D", data, "-U", owner, "-A", "trust", "-N")
        _start(owner, folder, programs, data)
        try:
            server = Server(folder, owner)
            # In a thread, because the test that asks first may have a loop running.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _make_template(server)).result()
            yield server
        finally:
            _run(owner, folder, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> str:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {account.pw_name for account in pwd.getpwall()}
    return next(user for user in _USERS if user in known)


def _start(owner: str, folder: Path, programs: Path, data: Path) -> None:
    options = (
        f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off "
        "-c synchronous_commit=off -c full_page_writes=off -c max_connections=200 "
        "-c shared_buffers=32MB"
    )
    log = folder / "log"
    _run(owner, folder, programs / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")


def _run(owner: str, folder: Path, *command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        account = pwd.getpwnam(owner)
        ids = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        words = ["setpriv", *ids, "--", *words]
    done = subprocess.run(
        words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        told = done.stderr.decode(errors="replace")
        raise RuntimeError(f"{Path(words[-1]).name}: {command[0]} failed: {told}")


async def _make_template(server: Server) -> None:
    await server.execute(f"CREATE DATABASE {_TEMPLATE}")
    database = Database.open(server.url(_TEMPLATE))
    try:
        await database.create_all()
    finally:
        await database.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The session's PostgreSQL server."""
    programs = binaries()
    if programs is None:
        if os.environ.get("STUDIOLO_TESTS_WITHOUT_POSTGRES") == "1":
            pytest.skip(MISSING)
        pytest.fail(MISSING)
    with running_server(programs) as server:
        yield server


@pytest.fixture
async def postgres_url(postgres_server: Server) -> AsyncIterator[str]:
    """URL of a database of the test's own on PostgreSQL, with every table."""
    async with postgres_server.database_url() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """URL of a database of the test's own, with every table: once on each kind of database."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        async with server.database_url() as url:
            yield url
        return
    url = f"sqlite+aiosqlite:///{tmp_path / 'studiolo.db'}"
    database = Database.open(url)
    await database.create_all()
    await database.close()
    yield url
