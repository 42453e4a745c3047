"""What names a step's result, and what a build does again."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from studiolo.engines.base import Temporary
from studiolo.engines.incus.image.chamber import Runner
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.layers import Layers
from studiolo.engines.incus.image.steps import Step, content, digests, ground_of
from studiolo.engines.incus.image.workshop import Bench, Workshop


def step(name: str, *after: str, says: str = "", make=None) -> Step:
    def write(bench: Bench) -> None:
        bench.files.mkdir()
        (bench.files / name).write_text(says)

    return Step(name, name, after, (says,), make or write)


def diamond(**says: str) -> list[Step]:
    """`ground` below `left` and `right`, and `top` on both."""
    return [
        step("ground", says=says.get("ground", "")),
        step("left", "ground", says=says.get("left", "")),
        step("right", "ground", says=says.get("right", "")),
        step("top", "left", "right", says=says.get("top", "")),
    ]


class Building:
    """A builder in a folder, which remembers what was begun and what was finished."""

    def __init__(self, root: Path) -> None:
        self.layers = Layers(root)
        self.begun: list[str] = []
        self.finished: list[str] = []

    def __call__(self, steps: list[Step]) -> dict[str, Path]:
        with self.layers.held(lambda: None) as lock:
            workshop = Workshop(self.layers, Host(os.environ), self._progress)
            return workshop.make(steps, Runner(lock))

    def _progress(self, name: str, what: str, done: int, total: int) -> None:
        (self.finished if total and done == total else self.begun).append(name)


@pytest.fixture
def building(tmp_path) -> Building:
    return Building(tmp_path / "machine")


# --- digests ----------------------------------------------------------------------------------


def test_a_change_renames_the_step_and_those_above_it_and_no_other():
    before, after = digests(diamond()), digests(diamond(left="changed"))
    assert {name for name in before if before[name] != after[name]} == {"left", "top"}


def test_inputs_are_not_run_together():
    one, two = (
        digests([Step("a", "", (), each, lambda _: None)]) for each in [("ab", "c"), ("a", "bc")]
    )
    assert one != two


def test_the_ground_of_a_step_is_told_from_the_lowest_up_and_once():
    steps = {each.name: each for each in diamond()}
    assert ground_of(steps["top"], steps) == ("ground", "left", "right")


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a").write_text("other"),
        lambda folder: (folder / "a").rename(folder / "c"),
        lambda folder: (folder / "a").chmod(0o755),
        lambda folder: (folder / "b" / "new").write_text(""),
    ],
)
def test_files_are_named_by_their_names_modes_and_content(tmp_path, change):
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("a")
    before = content([tmp_path], tmp_path)
    assert content([tmp_path], tmp_path) == before
    change(tmp_path)
    assert content([tmp_path], tmp_path) != before


def test_byte_code_is_no_source(tmp_path):
    before = content([tmp_path], tmp_path)
    (tmp_path / "a.pyc").write_bytes(b"1")
    assert content([tmp_path], tmp_path) == before


# --- building ---------------------------------------------------------------------------------


def test_a_build_does_each_step_once_and_the_next_does_nothing(building):
    folders = building(diamond())
    assert sorted(building.begun) == sorted(building.finished) == sorted(folders)
    assert (folders["left"] / "fs/left").is_file()
    building.begun.clear()
    assert building(diamond()) == folders
    assert building.begun == []


def test_a_change_does_only_what_depends_on_it_again(building):
    building(diamond())
    building.begun.clear()
    building(diamond(right="changed"))
    assert sorted(building.begun) == ["right", "top"]


def test_what_was_there_before_a_change_is_found_again(building):
    first = building(diamond())
    building(diamond(right="changed"))
    building.begun.clear()
    assert building(diamond()) == first
    assert building.begun == []


def test_a_step_begins_when_those_below_it_are_finished(building):
    seen: dict[str, bool] = {}

    def look(bench: Bench) -> None:
        bench.files.mkdir()
        seen.update({each.parent.name.split("-")[0]: each.is_dir() for each in bench.lower})

    building([*diamond()[:3], step("top", "left", "right", make=look)])
    assert seen == {"ground": True, "left": True, "right": True}


def test_steps_that_do_not_need_one_another_are_made_side_by_side(building):
    meeting = threading.Barrier(2, timeout=20)

    def meet(bench: Bench) -> None:
        meeting.wait()
        bench.files.mkdir()

    building([step("ground"), step("a", "ground", make=meet), step("b", "ground", make=meet)])
    assert sorted(building.finished) == ["a", "b", "ground"]


def test_a_step_that_fails_leaves_what_was_finished_and_is_begun_anew(building):
    def fail(bench: Bench) -> None:
        bench.files.mkdir()
        (bench.files / "half").write_text("")
        raise Temporary("no more packages")

    broken = [step("ground"), step("top", "ground", make=fail)]
    with pytest.raises(Temporary, match="no more packages"):
        building(broken)
    building.begun.clear()
    folders = building([step("ground"), step("top", "ground")])
    assert building.begun == ["top"]
    assert [each.name for each in (folders["top"] / "fs").iterdir()] == ["top"]


def test_a_program_that_fails_is_named_with_its_last_words_and_its_log(building):
    def fail(bench: Bench) -> None:
        bench.outside(["sh", "-c", "echo first; echo the disk is made of cheese >&2; exit 3"])

    with pytest.raises(Temporary, match=r"sh failed \(3\): .*made of cheese; see .*only\.log"):
        building([step("only", make=fail)])
    assert "first" in building.layers.log("only").read_text()


def test_a_failure_ends_the_programs_of_other_steps(building):
    met = threading.Event()

    def run_for_ever(bench: Bench) -> None:
        bench.outside(["sh", "-c", "echo up; sleep 1000"], lambda _line: met.set())

    def fail(bench: Bench) -> None:
        assert met.wait(20)
        raise Temporary("enough")

    with pytest.raises(Temporary, match="enough"):
        building(
            [step("ground"), step("a", "ground", make=run_for_ever), step("b", "ground", make=fail)]
        )


def test_progress_says_finished_only_once_the_step_has_its_name(building):
    def boast(bench: Bench) -> None:
        bench.files.mkdir()
        bench.report("all done", 7, 7)
        assert "boaster" not in building.finished

    building([step("boaster", make=boast)])
    assert building.finished == ["boaster"]


def test_steps_no_longer_wanted_are_removed_and_the_others_stay(building):
    old, new = building(diamond()), building(diamond(top="changed"))
    with building.layers.held(lambda: None):
        removed = building.layers.remove(building.layers.all() - set(new.values()))
    assert removed == [old["top"]]
    assert building.layers.all() == set(new.values())


# --- killed -----------------------------------------------------------------------------------

_KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from studiolo.engines.incus.image.chamber import Runner
    from studiolo.engines.incus.image.host import Host
    from studiolo.engines.incus.image.layers import Layers
    from studiolo.engines.incus.image.steps import Step
    from studiolo.engines.incus.image.workshop import Workshop

    def ground(bench):
        bench.files.mkdir()

    def half(bench):
        bench.files.mkdir()
        (bench.files / "half").write_text("")
        bench.outside(["sh", "-c", "echo up; sleep 1000"], tell)

    def tell(line):
        print(os.getpid(), flush=True)

    steps = [Step("ground", "", (), ("",), ground), Step("top", "", ("ground",), ("",), half)]
    layers = Layers(Path(sys.argv[1]))
    with layers.held(lambda: None) as lock:
        Workshop(layers, Host(os.environ), lambda *_: None).make(steps, Runner(lock))
    """
)


def test_a_killed_build_is_resumed_from_its_last_finished_step(building):
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(building.layers.root)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    # This waits for whatever the killed build had started: it holds the lock until it has ended.
    folders = building([step("ground"), step("top", "ground")])
    assert building.begun == ["top"]
    assert [each.name for each in (folders["top"] / "fs").iterdir()] == ["top"]
    assert not list((building.layers.root / "layers").glob(".building-*"))


def test_a_second_build_says_that_it_waits_and_goes_on_when_the_first_is_done(building):
    waiting, done = threading.Event(), threading.Event()

    def second() -> None:
        with building.layers.held(waiting.set):
            done.set()

    thread = threading.Thread(target=second)
    with building.layers.held(lambda: None):
        thread.start()
        assert waiting.wait(20)
        assert not done.is_set()
    thread.join(20)
    assert done.is_set()
