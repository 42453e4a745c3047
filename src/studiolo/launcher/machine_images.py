"""`studiolo image`: machine images of this host's builder and of the daemons that use them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from studiolo.engines.base import Permanent
from studiolo.engines.incus.client import Daemon
from studiolo.engines.incus.config import default_socket
from studiolo.engines.incus.image import pack, registry
from studiolo.engines.incus.image.build import Builder, Built
from studiolo.engines.incus.image.description import Description
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.layers import Layers
from studiolo.engines.process.image_sources import sources_folder
from studiolo.regions import incus_config
from studiolo.settings import Settings, inherited_environment

T = TypeVar("T")
_NONE: frozenset[str] = frozenset()
_SAID = 48
"""Characters of a step's last line that fit beside its bar."""


class StepBars:
    """A line per step: a bar where somebody knows how much there is to do, and the time."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.fields[step]:<14}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave what is shown as it is."""
        self._bars.stop()

    def __call__(self, step: str, what: str, done: int, total: int) -> None:
        """See :data:`studiolo.engines.incus.image.workshop.Progress`."""
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(what, total=None, step=step)
        said = " ".join(what.split())[:_SAID]
        self._bars.update(self._tasks[step], description=said, completed=done, total=total or None)
        if total and done == total:
            self._bars.stop_task(self._tasks[step])


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants built; see :class:`~studiolo.engines.incus.image.host.Host`.

    :param fresh: whether to begin from nothing, with the newest packages.
    """

    variant: str
    fresh: bool = False
    sources: Path | None = None
    wheels: Path | None = None
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of a build.

    :param stored: the image in the daemon; None where none was asked to take it.
    """

    built: Built
    stored: registry.Stored | None


def description(image: str) -> Description:
    """The description of the image called `image`.

    :raises Permanent: there is none.
    """
    folder = sources_folder() / image
    if not folder.is_dir():
        raise Permanent(f"There is no machine image {image!r}.")
    return Description.read(folder)


def layers(settings: Settings) -> Layers:
    """Where the steps of this host's builds are kept."""
    return Layers(settings.images / "machine")


def daemon_of(settings: Settings, region: str | None, socket: Path | None) -> Daemon:
    """The daemon that a person means: a configured region's, one at a socket, or this host's.

    :raises Permanent: there is no such region, or it has no images.
    """
    if region is None:
        return Daemon(socket or default_socket())
    known = {each.name: each for each in settings.every_region if each.engine == "incus"}
    if region not in known:
        told = ", ".join(sorted(known)) or "none"
        raise Permanent(
            f"No region {region!r} with machine images is configured; there are: {told}."
        )
    config = incus_config(settings, known[region])
    return Daemon(config.daemon, config.project)


def build(settings: Settings, console: Console, asked: Asked, daemon: Daemon | None) -> Offered:
    """Build an image as far as it is not built, and offer it to a daemon. Blocks for minutes.

    :param daemon: None to build only.
    :raises EngineError: it cannot be built, or the daemon does not take it.
    """
    host = Host(inherited_environment(), asked.sources, asked.wheels, asked.without)
    with StepBars(console) as bars:
        builder = Builder(description("ml"), asked.variant, layers(settings), host, bars)
        if asked.fresh:
            builder.forget()
        built = builder.build()
    if daemon is None:
        return Offered(built, None)
    offer = registry.offer(daemon, built.folder, built.manifest)
    return Offered(built, asyncio.run(_closing(daemon, offer)))


def stored(daemon: Daemon) -> list[dict[str, Any]]:
    """The images in a daemon, as rows for people and programs.

    :raises EngineError: it does not tell.
    """
    return [asdict(each) for each in asyncio.run(_closing(daemon, registry.stored(daemon)))]


async def _closing(daemon: Daemon, asked: Awaitable[T]) -> T:
    try:
        return await asked
    finally:
        await daemon.aclose()


def manifest(settings: Settings, variant: str) -> Mapping[str, Any]:
    """What is inside the image of this variant that was built last on this host.

    :raises Permanent: none was.
    """
    found = layers(settings).packed(variant)
    if not found:
        raise Permanent(
            f"No image of the variant {variant!r} was built on this host: run "
            f"`studiolo image build --variant {variant}`."
        )
    return pack.read(found[0])


def prune(settings: Settings, daemon: Daemon) -> list[dict[str, str]]:
    """Remove images of the daemon that nothing uses, and steps that no variant is made of.

    :raises EngineError: the daemon does not let us.
    """
    removed = asyncio.run(_closing(daemon, registry.prune(daemon)))
    steps = _forget_old_steps(settings)
    return [
        *({"kind": "image", "name": f"{each.variant}-{each.version}"} for each in removed),
        *({"kind": "step", "name": each.name} for each in steps),
    ]


def _forget_old_steps(settings: Settings) -> list[Path]:
    """Remove what no variant is made of any more, as it is described now."""
    ours, described = layers(settings), description("ml")
    wanted: set[Path] = set()
    for variant in described.variants.values():
        optional = frozenset(name for names in variant.wheels.values() for name in names)
        for host in (Host(inherited_environment(), without=each) for each in (_NONE, optional)):
            # What cannot be made on this host was not made here either.
            with contextlib.suppress(Permanent):
                wanted |= Builder(described, variant.name, ours, host, _silent).wanted()
    with ours.held(lambda: None):
        return ours.remove(ours.all() - wanted)


def _silent(step: str, what: str, done: int, total: int) -> None:
    """Nobody waits for it."""
