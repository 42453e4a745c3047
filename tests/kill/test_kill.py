"""SIGKILL at every named step of every operation, and at random instants, changes no end.

Each test kills the real control plane, starts it again and asserts the same end as without the
kill: the state, the operation's end, no process, folder or row left over, quota right.

The points are not listed here. A first, undisturbed life of an instance tells which points each
operation passes, and every point in the source must be in one of these tests.
"""

import random
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import studiolo
from tests.kill.plane import Plane, eventually

_REPOSITORY = Path(__file__).parents[2]

VERBS = ("create", "stop", "start", "restart", "resize", "reimage", "delete")
_CALL = re.compile(r"\bpoint\(\s*f?\"([^\"]+)\"")
_VARIABLE = re.compile(r"\{[^}]*\}")

WORKSPACE_POINTS = (
    "api.workspace_delete.before_commit",
    "api.workspace_delete.committed",
    "workspace.before_step",
    "workspace.share_retired",
    "workspace.step_done",
)
GROUP_POINTS = (
    "api.group_delete.before_commit",
    "api.group_delete.committed",
    "group.before_step",
)
MEMBER_POINTS = (
    "api.member.before_commit",
    "members.before_mark",
    "members.marked",
    "members.before_end",
)
ELSEWHERE = {
    "reconcile.before_pause": "tests/kill/test_kill.py",
    "orphans.before_delete": "tests/kill/test_kill.py",
    "api.deploy.before_commit": "tests/api/test_group_crashes.py",
    "api.deploy.committed": "tests/api/test_group_crashes.py",
    "api.network.before_commit": "tests/api/test_network_crashes.py",
    **dict.fromkeys(MEMBER_POINTS, "tests/api/test_members.py"),
    "idle.before_stop": "tests/reconciler/test_idle.py",
    "idle.stopped": "tests/reconciler/test_idle.py",
    "networks.before_remove": "tests/api/test_network_crashes.py",
    "files.upload.written": "tests/files/test_crashes.py",
    "files.upload.renamed": "tests/files/test_crashes.py",
    **dict.fromkeys((*WORKSPACE_POINTS, *GROUP_POINTS), "tests/kill/test_kill.py"),
}
"""Points that the life of one instance does not pass, and the tests that kill at them."""


@pytest.fixture(scope="session")
def points(plane: Plane) -> dict[str, list[str]]:
    """The points that each operation passes, in order, from a life without a kill."""
    found = {}
    for verb in VERBS:
        machine = plane.machine("calm")
        plane.forget_passed()
        plane.do(verb, "calm")
        found[verb] = [p for p in plane.passed() if p not in ELSEWHERE]
        plane.check("calm", machine or plane.machine("calm"))
    return found


def _killed_at(plane: Plane, point: str, verb: str, name: str) -> None:
    """Ask for `verb`, let the control plane die at `point`, start it again, see the end."""
    before = plane.machine(name)
    plane.arm(point)
    plane.ask(verb, name)
    died = plane.died()
    plane.disarm()
    assert died, f"{point} was not passed by {verb}"
    machine = before or plane.machine(name)
    plane.start()
    plane.ask_again_if_lost(verb, name)
    plane.settled(verb, name)
    plane.check(name, machine or plane.machine(name))


def test_killed_at_every_step_of_create(plane: Plane, points: dict[str, list[str]]) -> None:
    for number, point in enumerate(points["create"]):
        name = f"create-{number}"
        _killed_at(plane, point, "create", name)
        plane.do("delete", name)


def test_killed_at_every_step_of_stop(plane: Plane, points: dict[str, list[str]]) -> None:
    plane.do("create", "stopped")
    for point in points["stop"]:
        _killed_at(plane, point, "stop", "stopped")
        plane.do("start", "stopped")
    plane.do("delete", "stopped")


def test_killed_at_every_step_of_start(plane: Plane, points: dict[str, list[str]]) -> None:
    plane.do("create", "started")
    for point in points["start"]:
        plane.do("stop", "started")
        _killed_at(plane, point, "start", "started")
    plane.do("delete", "started")


def test_killed_at_every_step_of_restart(plane: Plane, points: dict[str, list[str]]) -> None:
    plane.do("create", "restarted")
    for point in points["restart"]:
        _killed_at(plane, point, "restart", "restarted")
    plane.do("delete", "restarted")


@pytest.mark.parametrize("verb", ["resize", "reimage"])
def test_killed_at_every_step_that_is_no_restarts(
    plane: Plane, points: dict[str, list[str]], verb: str
) -> None:
    """The rest of these verbs is a restart's, which is killed at each step above."""
    own = [point for point in points[verb] if point not in points["restart"]]
    assert own
    plane.do("create", verb)
    for point in own:
        _killed_at(plane, point, verb, verb)
    plane.do("delete", verb)


def test_killed_at_every_step_of_delete(plane: Plane, points: dict[str, list[str]]) -> None:
    for number, point in enumerate(points["delete"]):
        name = f"delete-{number}"
        plane.do("create", name)
        _killed_at(plane, point, "delete", name)


def test_killed_at_random_instants(plane: Plane) -> None:
    chance = random.Random(20250602)
    for verb in VERBS * 2:
        machine = plane.machine("unlucky")
        plane.ask(verb, "unlucky")
        time.sleep(chance.uniform(0, 0.6))  # an instant of the kill, not a wait for anything
        plane.kill()
        machine = machine or plane.machine("unlucky")
        plane.start()
        plane.settled(verb, "unlucky")
        plane.check("unlucky", machine or "")


def test_a_client_that_polls_through_a_kill_gets_its_end(plane: Plane) -> None:
    plane.arm("reconcile.acted.ensure")
    link = plane.ask("create", "polled")
    assert plane.died()
    plane.disarm()
    plane.start()
    assert link is not None
    ended = eventually(
        lambda: (found := plane.poll(link))["status"] != "InProgress" and found,
        "the operation has an end",
    )
    assert ended["status"] == "Succeeded"
    plane.do("delete", "polled")


def test_killed_while_it_waits_for_an_image(plane: Plane, tmp_path: Path) -> None:
    """A temporary trouble: the instance waits, its control plane dies, and the trouble ends."""
    plane.kill()
    plane.start(STUDIOLO_IMAGE_DIR=str(tmp_path))
    plane.arm("reconcile.before_pause")
    plane.ask("create", "patient")
    assert plane.died()
    plane.disarm()
    plane.start()
    plane.settled("create", "patient")
    plane.check("patient", plane.machine("patient") or "")
    plane.do("delete", "patient")


def test_killed_while_it_removes_an_orphan(plane: Plane) -> None:
    """What a stalled replica would leave: a machine whose delete has ended."""
    plane.do("create", "orphan")
    plane.do("stop", "orphan")
    machine = plane.machine("orphan")
    assert machine is not None
    folder, aside = plane.home / "machines" / machine, plane.root / "aside"
    shutil.copytree(folder, aside, symlinks=True)
    plane.do("delete", "orphan")
    plane.arm("orphans.before_delete")
    shutil.move(aside, folder)
    assert plane.died()
    plane.disarm()
    plane.start()
    eventually(lambda: not plane.traces(machine), "the orphan is removed")


@pytest.mark.parametrize("point", WORKSPACE_POINTS)
def test_killed_while_a_workspace_goes(plane: Plane, point: str) -> None:
    machine = _killed_while_deleting(plane, point, plane.delete_workspace, "workspaces")
    plane.prepare()
    assert plane.state("inmate") is None
    assert plane.traces(machine) == []


@pytest.mark.parametrize("point", GROUP_POINTS)
def test_killed_while_a_group_goes(plane: Plane, point: str) -> None:
    _killed_while_deleting(plane, point, plane.delete_group, "resource_groups")
    assert plane.rows("SELECT id FROM workspaces") == []
    plane.prepare()


def _killed_while_deleting(plane: Plane, point: str, delete: Callable[[], None], table: str) -> str:
    """Delete what an instance is in, die at `point`, start again, and see it gone.

    :returns: the id of the instance's machine.
    """
    plane.do("create", "inmate")
    machine = plane.machine("inmate")
    assert machine is not None
    plane.arm(point)
    delete()
    assert plane.died(), f"{point} was not passed"
    plane.disarm()
    plane.start()
    if point.endswith("before_commit"):
        delete()  # nothing was stored, and no reply was given: a client asks again
    eventually(lambda: not plane.rows(f"SELECT id FROM {table}"), f"{table} are gone")
    eventually(lambda: not plane.traces(machine), "its machine is gone")
    assert plane.used() == 0
    assert plane.open_operations() == []
    assert plane.untold_ends() == []
    return machine


def test_the_launchers_way_of_arming_kills_too(plane: Plane) -> None:
    """`python -m studiolo.main` itself, armed by its settings."""
    plane.kill()
    process = plane.start_alone(STUDIOLO_FAULT_POINT="reconcile.settled")
    plane.ask("create", "armed")
    assert process.wait(40) == -9
    plane.start()
    plane.settled("create", "armed")
    plane.do("delete", "armed")


def test_every_point_in_the_source_is_killed_at(points: dict[str, list[str]]) -> None:
    source = Path(studiolo.__file__).parent
    elsewhere = source / "engines" / "incus"  # tests/incus kills at each of its points
    files = [
        file
        for file in source.rglob("*.py")
        if file.name != "faults.py" and not file.is_relative_to(elsewhere)
    ]
    named = {name for file in files for name in _CALL.findall(file.read_text("utf-8"))}
    patterns = [re.compile(_VARIABLE.sub("[a-z_]+", name.replace(".", r"\."))) for name in named]
    passed = {point for found in points.values() for point in found} | set(ELSEWHERE)
    unused = [p.pattern for p in patterns if not any(p.fullmatch(each) for each in passed)]
    assert all((_REPOSITORY / test).is_file() for test in ELSEWHERE.values())
    assert not unused, "no operation passes these points: add one that does, or remove them"
