"""From a description to a packed image."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from studiolo.engines.incus.image import manifest as manifests
from studiolo.engines.incus.image import pack, recipe
from studiolo.engines.incus.image.chamber import Runner, must_be_root
from studiolo.engines.incus.image.description import Description
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.layers import Layers
from studiolo.engines.incus.image.manifest import Manifest
from studiolo.engines.incus.image.steps import Step, digests, ground_of
from studiolo.engines.incus.image.workshop import FILES, Bench, Progress, Workshop

PACKING = "pack"
"""What progress calls the last of the work, which is no step."""

WAITING = "wait"
"""What it calls the time before the first step, if another build is at work."""


@dataclass(frozen=True, slots=True)
class Built:
    """A packed image.

    :param seconds: how long it took; next to nothing when it was there.
    """

    folder: Path
    manifest: Manifest
    seconds: float

    @property
    def version(self) -> str:
        """Names all that is inside."""
        return str(self.manifest["version"])


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds one variant of an image.

    :param layers: where steps and packed images are kept.
    :param now: the date in a new manifest.
    """

    description: Description
    variant: str
    layers: Layers
    host: Host
    progress: Progress
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def steps(self) -> tuple[Step, ...]:
        """What there is to do, in order; the last step's digest is the image's."""
        variant = self.description.variant(self.variant)
        made = recipe.steps(self.description, variant, self.host)
        last = made[-1].name
        content = digests(made)[last]
        stock = manifests.step(self.description, self.variant, content, last, self.now())
        return (*made, stock)

    def build(self) -> Built:
        """Do what has not been done yet. Blocks for seconds to minutes; may be killed.

        :raises Permanent: it cannot be built here.
        :raises Temporary: a step failed.
        """
        must_be_root()
        self.host.check()
        began = time.monotonic()
        steps = self.steps()
        with self.layers.held(self._waiting) as lock:
            folder = self._build(steps, Runner(lock))
        return Built(folder, pack.read(folder), time.monotonic() - began)

    def wanted(self) -> set[Path]:
        """Folders that the image is made of as it is described now, and the packed image."""
        named = digests(self.steps())
        folders = {self.layers.layer(name, digest) for name, digest in named.items()}
        stock = self.layers.layer(manifests.STEP, named[manifests.STEP])
        if stock.is_dir():
            version = str(manifests.read(stock / FILES)["version"])
            folders.add(self.layers.built(self.variant, version))
        return folders

    def forget(self) -> None:
        """Begin from nothing with the next build: with the newest packages there are."""
        with self.layers.held(self._waiting):
            self.layers.remove(self.wanted())

    def _waiting(self) -> None:
        self.progress(WAITING, "Another build is at work", 0, 0)

    def _build(self, steps: tuple[Step, ...], runner: Runner) -> Path:
        workshop = Workshop(self.layers, self.host, self.progress)
        folders = workshop.make(steps, runner)
        last = steps[-1]
        manifest = manifests.read(folders[last.name] / FILES)
        finished = self.layers.built(self.variant, str(manifest["version"]))
        if not finished.is_dir():
            names = (*ground_of(last, {step.name: step for step in steps}), last.name)
            lower = tuple(folders[name] / FILES for name in names)
            self._pack(lower, finished, manifest, runner)
        # Daemons have the older ones, and their steps are kept: packing again is quick.
        self.layers.remove(set(self.layers.packed(self.variant)) - {finished})
        self.progress(PACKING, "Packing", 1, 1)
        return finished

    def _pack(
        self, lower: tuple[Path, ...], finished: Path, manifest: Manifest, runner: Runner
    ) -> None:
        self.progress(PACKING, "Packing", 0, 0)
        log = self.layers.log(PACKING)

        def report(what: str, done: int, total: int) -> None:
            self.progress(PACKING, what, done, total)

        bench = Bench(
            lower, pack.start(finished), self.layers.caches, self.host, log, report, runner
        )
        pack.pack(bench, finished, manifest)
