"""Side by side: every test once, and no page of Chromium beside a daemon's machines."""

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from xdist.remote import Producer
from xdist.workermanage import WorkerController

from tests.support.scheduling import ByFile

MACHINES = [f"tests/incus/test_{name}.py::test_{n}" for name in "ab" for n in range(4)]
PAGES = [f"tests/studio/test_{name}.py::test_{n}" for name in "abc" for n in range(3)]
REST = [f"tests/domain/test_{name}.py::test_{n}" for name in "abc" for n in range(3)]


class Worker:
    """Runs in order what it is given; the last of it only once it knows that nothing follows."""

    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.queue: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.queue += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    def can_run(self) -> bool:
        return len(self.queue) > (0 if self.shutting_down else 1)


def began(tests: list[str], turns: list[int]) -> list[tuple[str, str]]:
    """Run all; each test that began, with the one that ran on the other worker then."""
    option = SimpleNamespace(loadscopereorder=False)
    config = SimpleNamespace(option=option, getvalue=lambda _name: ["popen", "popen"])
    schedule = ByFile(cast("Any", config), Producer("test", enabled=False))
    workers = [Worker(), Worker()]
    nodes = [cast("WorkerController", each) for each in workers]
    for node in nodes:
        schedule.add_node(node)
        schedule.add_node_collection(node, tests)
    schedule.schedule()
    running: list[int | None] = [None, None]
    seen: list[tuple[str, str]] = []
    while any(each is not None for each in running) or any(each.can_run() for each in workers):
        turn = (turns.pop() if turns else 0) % 2
        if running[turn] is None and not workers[turn].can_run():
            turn = 1 - turn
        one = running[turn]
        if one is not None:
            running[turn] = None
            schedule.mark_test_complete(nodes[turn], one)
        elif workers[turn].can_run():
            running[turn] = started = workers[turn].queue.pop(0)
            beside = running[1 - turn]
            seen.append((tests[started], "" if beside is None else tests[beside]))
    return seen


TURNS = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 30)), max_size=8).map(
    lambda runs: [worker for worker, steps in runs for _ in range(steps)]
)
"""Whose step is next: now one worker is quick, now the other."""


@given(TURNS, st.permutations([MACHINES, PAGES, REST]))
def test_every_test_runs_once_and_no_page_beside_a_machine(
    turns: list[int], areas: list[list[str]]
) -> None:
    tests = [each for area in areas for each in area]
    seen = began(tests, turns)
    assert sorted(each for each, _ in seen) == sorted(tests)
    for pair in seen:
        kinds = {each.split("/")[1] for each in pair if each}
        assert not {"incus", "studio"} <= kinds, pair


@given(TURNS)
def test_pages_alone_run_side_by_side(turns: list[int]) -> None:
    assert sorted(each for each, _ in began(PAGES, turns)) == PAGES
