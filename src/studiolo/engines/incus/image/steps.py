"""Steps of a build, and what names the result of each.

A step's digest covers what goes into it and the digests of the steps it is built on. So a change
leaves every step valid that does not depend on it, and two builds that would give the same share
their work.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studiolo.engines.incus.image.workshop import Bench

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    :param name: a word; also part of the name of its folder.
    :param title: what a person is told that it does.
    :param after: names of the steps whose results it works on, the ground first.
    :param inputs: everything that its result depends on, apart from those steps.
    :param make: does it, on a bench.
    """

    name: str
    title: str
    after: tuple[str, ...]
    inputs: tuple[str, ...]
    make: "Callable[[Bench], None]" = field(repr=False)


def digests(steps: Sequence[Step]) -> dict[str, str]:
    """Name the result of each step; those it works on come before it.

    :raises KeyError: they do not.
    """
    named: dict[str, str] = {}
    for step in steps:
        taken = hashlib.sha256(step.name.encode())
        for part in (*step.inputs, *(named[each] for each in step.after)):
            taken.update(b"\0" + part.encode())
        named[step.name] = taken.hexdigest()[:_DIGITS]
    return named


def ground_of(step: Step, steps: Mapping[str, Step]) -> tuple[str, ...]:
    """Names of all steps below `step`, the lowest first."""
    found: dict[str, None] = {}
    for name in step.after:
        found.update(dict.fromkeys((*ground_of(steps[name], steps), name)))
    return tuple(found)


def content(paths: Iterable[Path], root: Path) -> str:
    """What names the files at or below `paths`: their names relative to `root`, modes of execution
    and content.
    """
    taken = hashlib.sha256()
    for file in sorted(each for path in paths for each in files_below(path)):
        executable = bool(file.stat().st_mode & 0o100)
        taken.update(f"{file.relative_to(root)}\0{executable}\0".encode())
        taken.update(hashlib.sha256(file.read_bytes()).digest())
    return taken.hexdigest()


def files_below(path: Path) -> list[Path]:
    """Every file at or below `path` that is source: no byte code."""
    if not path.is_dir():
        return [path]
    return [each for each in path.rglob("*") if each.is_file() and each.suffix != ".pyc"]
