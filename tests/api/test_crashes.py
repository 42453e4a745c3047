"""Killed inside a request: before its commit nothing has happened, after it everything has."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.store.database import Database

SCRIPT = """
import asyncio, sys
from pathlib import Path
from studiolo import faults
from studiolo.domain.states import Event
from tests.support.api import open_api

async def main(home, verb, when):
    api = await open_api(home)
    if verb != "create":
        await api.running("ci-1")
    if verb == "start":
        await api.call("POST", api.compute("ci-1") + "/stop")
        await api.move("ci-1", Event.HALTED)
    faults.arm(f"api.{verb}.{when}")
    if verb == "create":
        await api.create("ci-1")
    elif verb == "delete":
        await api.call("DELETE", api.compute("ci-1"))
    else:
        await api.call("POST", api.compute("ci-1") + "/" + verb)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
"""

BEFORE = {"create": None, "start": "Stopped"}
AFTER = {
    "create": "Creating",
    "start": "Starting",
    "stop": "Stopping",
    "restart": "Restarting",
    "delete": "Deleting",
}


def die(home: Path, verb: str, when: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the request in a process that kills itself at the fault point."""
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(home), verb, when],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("when", ["before_commit", "committed"])
@pytest.mark.parametrize("verb", list(AFTER))
async def test_a_request_is_all_or_nothing(tmp_path: Path, verb: str, when: str) -> None:
    done = die(tmp_path, verb, when)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    try:
        async with database.reading() as tx:
            compute = await tx.computes.by_name("local", "ci-1")
            used = {each.family: each.used for each in await tx.quota.usage("local")}
            kinds = (
                [each.kind for each in await tx.operations.open_for(compute.id)] if compute else []
            )
    finally:
        await database.close()
    committed = when == "committed"
    expected = AFTER[verb] if committed else BEFORE.get(verb, "Running")
    assert (compute.state.value if compute else None) == expected
    assert kinds == ([verb.title()] if committed else [])
    assert used.get("*", 0) == (4 if compute else 0)
