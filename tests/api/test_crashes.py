"""Killed inside a request: before its commit nothing has happened, after it everything has."""

from pathlib import Path

import pytest
from tests.support.api import open_api
from tests.support.dying import after_death

from studiolo import faults
from studiolo.domain.states import Event

BEFORE = {"create": None, "start": "Stopped"}
AFTER = {
    "create": "Creating",
    "start": "Starting",
    "stop": "Stopping",
    "restart": "Restarting",
    "delete": "Deleting",
}


async def ask(home: Path, verb: str, when: str) -> None:
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


@pytest.mark.parametrize("when", ["before_commit", "committed"])
@pytest.mark.parametrize("verb", list(AFTER))
async def test_a_request_is_all_or_nothing(tmp_path: Path, verb: str, when: str) -> None:
    async with after_death(ask, tmp_path, verb, when) as database, database.reading() as tx:
        compute = await tx.computes.by_name("local", "ci-1")
        used = {each.family: each.used for each in await tx.quota.usage("local")}
        kinds = [each.kind for each in await tx.operations.open_for(compute.id)] if compute else []
    committed = when == "committed"
    expected = AFTER[verb] if committed else BEFORE.get(verb, "Running")
    assert (compute.state.value if compute else None) == expected
    assert kinds == ([verb.title()] if committed else [])
    assert used.get("*", 0) == (4 if compute else 0)
