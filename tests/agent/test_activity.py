import os
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from studiolo.agent.activity import Activity, ActivityWatch, summarise
from studiolo.agent.applications import APPLICATIONS, is_busy, last_used, public_state
from studiolo.agent.environment import application_environment
from studiolo.agent.jupyter_client import JupyterClient
from studiolo.agent.supervise import Phase, Record
from studiolo.domain.machine import AgentConfig

STATUS = {"kernels": 2, "last_activity": "2030-01-01T00:00:05.000000Z"}
KERNELS: list[dict[str, Any]] = [
    {"id": "a", "name": "python3", "execution_state": "busy",
     "last_activity": "2030-01-01T00:00:09.5Z"},
    {"id": "b", "name": "python3", "execution_state": "idle",
     "last_activity": "2030-01-01T00:00:01Z"},
]  # fmt: skip
SESSIONS = [{"kernel": {"id": "a"}, "path": "Users/alice/train.ipynb"}]
TERMINALS = [{"name": "1", "last_activity": "2030-01-01T00:00:07+00:00"}]


def at(second: float) -> datetime:
    return datetime(2030, 1, 1, 0, 0, int(second), round(second % 1 * 1e6), UTC)


def test_a_busy_kernel_is_named_by_its_notebook() -> None:
    activity = summarise(STATUS, KERNELS, SESSIONS, TERMINALS)
    assert activity == Activity(
        last=at(9.5),
        kernels=at(9.5),
        terminals=at(7),
        busy_kernels=("The kernel of Users/alice/train.ipynb is busy.",),
    )
    assert is_busy(APPLICATIONS["jupyterlab"], activity)
    assert not is_busy(APPLICATIONS["terminal"], activity)
    assert last_used(APPLICATIONS["terminal"], activity) == at(7)


def test_a_kernel_without_a_notebook_is_busy_too() -> None:
    activity = summarise(STATUS, KERNELS, [], [])
    assert activity.reasons == ("The kernel of a python3 console is busy.",)


def test_a_command_in_a_terminal_makes_it_busy() -> None:
    activity = summarise(STATUS, [], [], TERMINALS, ("python runs in a terminal.",))
    assert is_busy(APPLICATIONS["terminal"], activity)
    assert activity.reasons == ("python runs in a terminal.",)


class Answers:
    """A Jupyter Server's answers by path; None for none."""

    def __init__(self, **said: Any) -> None:
        self.said = said

    async def get(self, path: str) -> Any:
        return self.said.get(path.removeprefix("/api/"))


@pytest.mark.parametrize("silent", ["status", "kernels"])
async def test_a_server_that_does_not_answer_is_not_idle(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A computation may take all the machine has; what was known before stays known."""
    monkeypatch.setattr("studiolo.agent.activity.FRESH_SECONDS", -1.0)
    idle = [{**each, "execution_state": "idle"} for each in KERNELS]
    answers = Answers(status=STATUS, kernels=idle, sessions=SESSIONS, terminals=TERMINALS)
    watch = ActivityWatch(cast("JupyterClient", answers))
    me = os.getpid()
    before = await watch.look(me)
    assert before.reasons == ()
    answers.said[silent] = None
    now = await watch.look(me)
    assert now.last == before.last
    assert now.reasons == ("Jupyter does not answer, so it is not known what runs in it.",)
    answers.said[silent] = STATUS if silent == "status" else idle
    assert (await watch.look(me)).reasons == ()
    answers.said[silent] = None
    await watch.look(me)
    assert (await watch.look(None)).reasons == (), "a server that has ended does nothing"


def test_times_that_mean_nothing_are_none() -> None:
    assert (
        summarise({"last_activity": "yesterday"}, [], [], [{"last_activity": None}]) == Activity()
    )


def test_between_two_tries_it_is_still_starting() -> None:
    assert public_state(Record(wanted=True, phase=Phase.WAITING)) == "Starting"
    assert public_state(Record(wanted=True)) == "Starting"
    assert public_state(Record()) == "Stopped"


def test_the_agents_own_python_and_secrets_stay_with_the_agent() -> None:
    config = AgentConfig(
        machine="ci-1", tag="d/ci-1", name="ci", workspace="w", resource_group="g", alias="a",
        generation=1, listen="", token="t", home="/m/home", python="/m/env/bin/python",
        temp_directory="/m/tmp", working_directory="/m/home/cloudfiles/code/Users/a",
        environment={"JUPYTER_PATH": "/image", "STUDIOLO_MACHINE": "x"},
    )  # fmt: skip
    inherited = {
        "PATH": "/usr/bin", "PYTHONPATH": "/agent", "VIRTUAL_ENV": "/agent", "JUPYTER_TOKEN": "x",
        "STUDIOLO_DATABASE_URL": "secret", "NOTIFY_SOCKET": "/run/s", "https_proxy": "http://proxy",
    }  # fmt: skip
    assert application_environment(config, inherited) == {
        "PATH": "/m/env/bin:/usr/bin",
        "https_proxy": "http://proxy",
        "HOME": "/m/home",
        "PWD": "/m/home/cloudfiles/code/Users/a",
        "TMPDIR": "/m/tmp",
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "CI_NAME": "ci",
        "CI_WORKSPACE": "w",
        "CI_RESOURCE_GROUP": "g",
        "JUPYTER_PATH": "/image",
        "STUDIOLO_MACHINE": "d/ci-1",
    }
