"""A request in a process that kills itself at a fault point inside it.

The process is forked from one that has imported everything once, so that no test imports it anew.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from studiolo.store.database import Database

Request = Callable[[Path, str, str], Coroutine[Any, Any, None]]
"""Called with the folder of the database `test.db`, the verb, and when in it to die; a function of
a module, which the process finds by its name."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "tests.support.arm"])
_SECONDS = 120


@asynccontextmanager
async def after_death(
    request: Request, home: Path, verb: str, when: str
) -> AsyncIterator[Database]:
    """The database as `request` has left it, which must have been killed."""
    process = _FORKS.Process(target=_run, args=(request, home, verb, when), daemon=True)
    process.start()
    await asyncio.to_thread(process.join, _SECONDS)
    assert process.exitcode == -signal.SIGKILL, process
    database = Database.open(f"sqlite+aiosqlite:///{home / 'test.db'}")
    try:
        yield database
    finally:
        await database.close()


def _run(request: Request, home: Path, verb: str, when: str) -> None:
    asyncio.run(request(home, verb, when))
