"""Doing the steps of a build: several at a time, each once."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from studiolo.engines.incus.image.chamber import Lent, OnLine, Runner, chamber
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.layers import Layers, begin, finish
from studiolo.engines.incus.image.steps import Step, digests, ground_of

FILES = "fs"

Progress = Callable[[str, str, int, int], None]
"""Called with (step's name, what it is at, done, total); total 0 where nobody knows. Done equals
total, and is not 0, exactly when the step is finished. Threads of a build call it in turn.
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where one step is made.

    :param lower: layers of the steps below, the lowest first.
    :param building: the folder that becomes the layer.
    :param caches: where downloads are kept from one build to the next.
    :param report: tells a person (what it is at, done, total).
    """

    lower: tuple[Path, ...]
    building: Path
    caches: Path
    host: Host
    log: Path
    report: Callable[[str, int, int], None] = field(repr=False)
    runner: Runner = field(repr=False)

    @property
    def files(self) -> Path:
        """The layer's files."""
        return self.building / FILES

    def inside(self, script: str, lent: Iterable[Lent] = (), on_line: OnLine | None = None) -> None:
        """Run a shell script as root in the system made so far; what it changes is the layer.

        :raises Temporary: it failed.
        """
        everything = [*self.host.lent_certificates(), *lent]
        self.outside(chamber(self.lower, self.building, everything, script), on_line)

    def outside(self, command: Sequence[str], on_line: OnLine | None = None) -> None:
        """Run a program of the host.

        :raises Temporary: it failed.
        """
        self.runner.run(command, self.host.environment(), self.log, on_line or self._say)

    def lend_text(self, name: str, text: str) -> Lent:
        """Lend a chamber a file with this text."""
        file = self.building / "lent" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return Lent(file, name)

    def cache(self, name: str) -> Path:
        """The folder of one kind of downloads, which only this build uses now."""
        folder = self.caches / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _say(self, line: str) -> None:
        self.report(line, 0, 0)


class Workshop:
    """Makes what is missing of the steps, as many at a time as there are `hands`."""

    def __init__(self, layers: Layers, host: Host, progress: Progress, hands: int = 2) -> None:
        self._layers = layers
        self._host = host
        self._progress = progress
        self._hands = hands

    def make(self, steps: Sequence[Step], runner: Runner) -> dict[str, Path]:
        """The folder of each step's result.

        A step that fails ends the others; what was finished stays.

        :raises EngineError: a step failed.
        """
        run = _Run(self, self._layers, steps, runner)
        with ThreadPoolExecutor(self._hands, thread_name_prefix="image-step") as pool:
            try:
                run.to_the_end(pool)
            except BaseException:
                runner.cancel()
                raise
        return run.folders

    def make_one(self, step: Step, lower: tuple[Path, ...], finished: Path, runner: Runner) -> None:
        """Make the step unless it is there."""
        if not finished.is_dir():
            self._progress(step.name, step.title, 0, 0)
            log = self._layers.log(step.name)
            log.unlink(missing_ok=True)
            building = begin(finished)

            def report(what: str, done: int, total: int) -> None:
                # A step is done when its folder has its name, not when its programs say so.
                self._progress(step.name, what, min(done, max(total - 1, 0)), total)

            step.make(Bench(lower, building, self._layers.caches, self._host, log, report, runner))
            for scaffold in building.iterdir():
                if scaffold.name != FILES:
                    rmtree(scaffold)
            finish(building, finished)
        self._progress(step.name, step.title, 1, 1)


class _Run:
    """One build's order of work."""

    def __init__(
        self, workshop: Workshop, layers: Layers, steps: Sequence[Step], runner: Runner
    ) -> None:
        self._workshop = workshop
        self._runner = runner
        self._steps = {step.name: step for step in steps}
        named = digests(steps)
        self.folders = {name: layers.layer(name, named[name]) for name in named}
        self._waiting = dict(self._steps)
        self._done: set[str] = set()

    def to_the_end(self, pool: ThreadPoolExecutor) -> None:
        running: dict[Future[None], str] = {}
        while self._waiting or running:
            for step in self._startable():
                del self._waiting[step.name]
                running[pool.submit(self._one, step)] = step.name
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for each in ended:
                each.result()
                self._done.add(running.pop(each))

    def _startable(self) -> list[Step]:
        return [each for each in self._waiting.values() if self._done.issuperset(each.after)]

    def _one(self, step: Step) -> None:
        below = ground_of(step, self._steps)
        lower = tuple(self.folders[name] / FILES for name in below)
        self._workshop.make_one(step, lower, self.folders[step.name], self._runner)
