"""Control groups: limits, and a kill that nothing escapes, where the user may have them.

Version 2 is used where a group can be made beside our own and the controllers can be handed down
(a delegated tree of systemd, or root); version 1 hierarchies are used one by one. On a host with
both, limits come from version 1 and the kill from version 2. Without either a machine works the
same, only unlimited, and its processes are found by tag and descent alone.

References: the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/; systemd's CGROUP_DELEGATION.
"""

import errno
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studiolo.domain.machine import Resources

_CONTROLLERS = ("cpu", "memory", "pids")
_PERIOD_MICROSECONDS = 100_000
_PROCESSES_PER_VCPU = 4096
"""systemd's default for a user is a third of the host's; this stops a fork bomb all the same."""

_ATTEMPTS = 5

_BUSY_SECONDS = 1.0
_BUSY_POLL = 0.01

_MIB = 1024 * 1024

_PREFIX = "studiolo-"


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One mounted tree in which we may make groups.

    :param base: the folder that holds one group per machine.
    :param controllers: which of cpu, memory and pids it limits.
    """

    version: int
    base: Path
    controllers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one machine.

    :param folders: one per hierarchy.
    :param limited: the controllers whose limits hold.
    """

    folders: tuple[Path, ...] = ()
    limited: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Mount:
    version: int
    own: Path
    top: Path
    controllers: frozenset[str]


class Cgroups:
    """The hierarchies a deployment can use on this host.

    :param proc: `/proc/self`; `mountinfo` and `cgroup` are read from it.
    """

    def __init__(self, deployment: str, *, proc: Path = Path("/proc/self")) -> None:
        self._name = f"{_PREFIX}{deployment}"
        self._proc = proc

    def hierarchies(self) -> tuple[Hierarchy, ...]:
        """What is usable now; makes no folder."""
        found = (self._open(mount) for mount in self._mounts())
        return tuple(hierarchy for hierarchy in found if hierarchy is not None)

    def missing(self) -> tuple[str, ...]:
        """Controllers whose limits cannot hold here."""
        usable = frozenset[str]().union(*(h.controllers for h in self.hierarchies()))
        return tuple(name for name in _CONTROLLERS if name not in usable)

    def folders(self, machine_id: str) -> tuple[Path, ...]:
        """Where :meth:`make` would put the machine's groups; record it before they are made."""
        return tuple(hierarchy.base / machine_id for hierarchy in self.hierarchies())

    def make(self, machine_id: str, resources: Resources) -> Groups:
        """Make the machine's groups and set their limits; what cannot be is left out."""
        folders: list[Path] = []
        limited: set[str] = set()
        for hierarchy in self.hierarchies():
            folder = _make_folder(hierarchy, machine_id)
            if folder is not None:
                folders.append(folder)
                limited |= _limit(folder, hierarchy, resources)
        return Groups(tuple(folders), frozenset(limited))

    def _mounts(self) -> Iterator[_Mount]:
        """Every mounted cgroup hierarchy that we are in, with our own place in it."""
        own = dict(_own_places((self._proc / "cgroup").read_text(encoding="ascii")))
        for line in (self._proc / "mountinfo").read_text(encoding="utf-8").splitlines():
            before, _, after = line.partition(" - ")
            kind, _, options = after.split(" ", 2)
            if kind not in ("cgroup", "cgroup2"):
                continue
            root, top = before.split(" ")[3:5]
            names = frozenset(options.split(",")) if kind == "cgroup" else frozenset[str]()
            controllers = names.intersection(_CONTROLLERS)
            place = own.get(min(controllers, default="")) if kind == "cgroup" else own.get("")
            if place is None or (kind == "cgroup" and not controllers):
                continue
            below = os.path.relpath(place, root) if place.startswith(root) else "."
            version = 1 if kind == "cgroup" else 2
            yield _Mount(version, Path(top, below), Path(top), controllers)

    def _open(self, mount: _Mount) -> Hierarchy | None:
        if mount.version == 1:
            if not os.access(mount.own, os.W_OK):
                return None
            return Hierarchy(1, mount.own / self._name, mount.controllers)
        usable = [
            (parent, controllers)
            for parent in _nearest_first(mount)
            if (controllers := _hand_down(parent)) is not None
        ]
        # The nearest that can limit something; else the nearest that can at least kill.
        for parent, controllers in sorted(usable, key=lambda found: not found[1])[:1]:
            return Hierarchy(2, parent / self._name, controllers)
        return None


def _make_folder(hierarchy: Hierarchy, machine_id: str) -> Path | None:
    """Make the machine's group; None where that is refused after all.

    The deployment's folder goes with its last machine, so it may vanish in between: try again.
    """
    folder = hierarchy.base / machine_id
    for _ in range(_ATTEMPTS):
        try:
            hierarchy.base.mkdir(exist_ok=True)
            if hierarchy.version == 2:
                _hand_down(hierarchy.base)
            folder.mkdir(exist_ok=True)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return folder
    return None


def _nearest_first(mount: _Mount) -> Iterator[Path]:
    """Where our groups could be: above our own group, so that they outlive it (systemd kills what
    is below a scope or service that ends), or in it where nothing is above.
    """
    for parent in mount.own.parents:
        if parent.is_relative_to(mount.top):
            yield parent
    yield mount.own


def _own_places(text: str) -> Iterator[tuple[str, str]]:
    """(controller, path) pairs of /proc/self/cgroup; version 2 has the empty name."""
    for line in text.splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            yield name, path


def _hand_down(parent: Path) -> frozenset[str] | None:
    """Let groups below `parent` use what controllers it has; None where none can be made there.

    A group with processes of its own cannot hand controllers down (EBUSY); a processes' move also
    needs the right to write `cgroup.procs` of the common ancestor, which is `parent`.
    """
    if not os.access(parent, os.W_OK) or not os.access(parent / "cgroup.procs", os.W_OK):
        return None
    try:
        wanted = _words(parent / "cgroup.controllers") & frozenset(_CONTROLLERS)
        missing = wanted - _words(parent / "cgroup.subtree_control")
        if missing:
            enable = " ".join(f"+{name}" for name in sorted(missing))
            (parent / "cgroup.subtree_control").write_text(enable, encoding="ascii")
    except OSError:
        return None
    return wanted


def _words(path: Path) -> frozenset[str]:
    return frozenset(path.read_text(encoding="ascii").split())


def _limit(folder: Path, hierarchy: Hierarchy, resources: Resources) -> frozenset[str]:
    """Write the limits; returns the controllers for which that worked."""
    limited: set[str] = set()
    for controller in hierarchy.controllers:
        with suppress(OSError):
            for name, value in _settings(hierarchy.version, controller, resources):
                (folder / name).write_text(value, encoding="ascii")
            limited.add(controller)
    return frozenset(limited)


def _settings(version: int, controller: str, resources: Resources) -> tuple[tuple[str, str], ...]:
    memory = str(resources.memory_mib * _MIB)
    quota = resources.vcpus * _PERIOD_MICROSECONDS
    pids = ("pids.max", str(resources.vcpus * _PROCESSES_PER_VCPU))
    if version == 2:
        cpu = ("cpu.max", f"{quota} {_PERIOD_MICROSECONDS}")
        return {"cpu": (cpu,), "memory": (("memory.max", memory),), "pids": (pids,)}[controller]
    return {
        "cpu": (
            ("cpu.cfs_period_us", str(_PERIOD_MICROSECONDS)),
            ("cpu.cfs_quota_us", str(quota)),
        ),
        "memory": (("memory.limit_in_bytes", memory),),
        "pids": (pids,),
    }[controller]


def belongs(folder: Path, machine_id: str) -> bool:
    """Whether `folder` is a group that :meth:`Cgroups.make` could have made for the machine."""
    return (
        folder.is_absolute()
        and ".." not in folder.parts
        and folder.name == machine_id
        and folder.parent.name.startswith(_PREFIX)
    )


def members(folders: Iterable[Path]) -> frozenset[int]:
    """Pids in these groups and in groups made below them."""
    found: set[int] = set()
    for file in (file for folder in folders for file in folder.rglob("cgroup.procs")):
        with suppress(OSError):
            found.update(int(word) for word in _words(file))
    return frozenset(found)


def kill(folders: Iterable[Path]) -> None:
    """Have the kernel end everything in these groups at once, where it can (version 2, 5.14+)."""
    for folder in folders:
        with suppress(OSError):
            (folder / "cgroup.kill").write_text("1", encoding="ascii")


def remove(folders: Iterable[Path]) -> None:
    """Remove empty groups, and the deployment's folder with the last of them."""
    for folder in folders:
        below = sorted((entry for entry in folder.rglob("*") if entry.is_dir()), reverse=True)
        for group in (*below, folder):
            _remove_group(group)
        with suppress(OSError):
            folder.parent.rmdir()


def _remove_group(group: Path) -> None:
    """The kernel calls a group busy for some moments after its last process was seen to end."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            group.rmdir()
        except OSError as error:
            if error.errno == errno.EBUSY and time.monotonic() < deadline:
                time.sleep(_BUSY_POLL)
                continue
        return
