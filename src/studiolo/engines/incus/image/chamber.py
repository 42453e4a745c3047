"""Running programs over layers, in namespaces of their own.

Mounts and processes of a step live in namespaces that end with the builder: killed at any instant
it leaves no mount behind and nothing that runs.
"""

import os
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studiolo.engines.base import Permanent, Temporary

WORKSHOP = "/run/build"
"""Where a chamber finds what was lent to it: in memory, and no part of the image."""

_ISOLATED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--propagation", "private"),
)
_SAID_LINES = 12
_FORBIDDEN_IN_PATHS = ":,\\"

OnLine = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lent:
    """A file or folder of this host that a chamber may read.

    :param name: what it is called below :data:`WORKSHOP`.
    :param writable: whether it may write as well: a cache.
    """

    source: Path
    name: str
    writable: bool = False

    @property
    def inside(self) -> str:
        """Its path in the chamber."""
        return f"{WORKSHOP}/{self.name}"


class Runner:
    """Runs programs, passes on what they say line by line, and can end them all.

    :param lock: a descriptor they inherit.
    """

    def __init__(self, lock: int) -> None:
        self._lock = lock
        self._running: set[subprocess.Popen[str]] = set()
        self._cancelled = False
        self._guard = threading.Lock()

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, on_line: OnLine
    ) -> None:
        """Run `command` in namespaces of its own until it ends; `log` gets what it says.

        :raises Temporary: it failed; the message has its last words.
        """
        said: deque[str] = deque(maxlen=_SAID_LINES)
        process = self._start([*_ISOLATED, *command], environment)
        try:
            with log.open("a", encoding="utf-8") as file:
                for line in process.stdout or ():
                    file.write(line)
                    said.append(line.strip())
                    on_line(line.rstrip())
        finally:
            self._end(process)
        if process.returncode:
            told = " / ".join(filter(None, said))[-900:]
            raise Temporary(f"{command[0]} failed ({process.returncode}): {told}; see {log}.")

    def cancel(self) -> None:
        """End what runs, and start nothing more."""
        with self._guard:
            self._cancelled = True
            for process in self._running:
                process.send_signal(signal.SIGKILL)

    def _start(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> "subprocess.Popen[str]":
        with self._guard:
            if self._cancelled:
                raise Temporary("The build was stopped.")
            process = subprocess.Popen(  # noqa: S603 - programs and arguments are ours
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(self._lock,),
                text=True,
                errors="replace",
            )
            self._running.add(process)
            return process

    def _end(self, process: "subprocess.Popen[str]") -> None:
        if process.stdout is not None:
            process.stdout.close()
        process.wait()
        with self._guard:
            self._running.discard(process)


def chamber(lower: Sequence[Path], building: Path, lent: Sequence[Lent], script: str) -> list[str]:
    """The command that runs `script` (sh) as root in a system made of the layers `lower`, the
    lowest first. What it changes ends up in `building/fs`.

    :raises Permanent: a path cannot be mounted.
    """
    for name in ("fs", "work", "root"):
        (building / name).mkdir(exist_ok=True)
    root = building / "root"
    lines = [_overlay(lower, building), *_mounts(root)]
    for each in lent:
        lines += _lend(each, root)
    quoted = shlex.join(["chroot", str(root), "/bin/sh", "-euc", script])
    return ["/bin/sh", "-euc", "\n".join([*lines, f"exec {quoted}"])]


def view(lower: Sequence[Path], mountpoint: Path, command: Sequence[str]) -> list[str]:
    """The command that runs `command` on this host with the layers mounted to be read."""
    mount = ["mount", "-t", "overlay", "-o", f"ro,lowerdir={_stack(lower)}", "overlay"]
    script = f"{shlex.join([*mount, str(mountpoint)])}\nexec {shlex.join(command)}"
    return ["/bin/sh", "-euc", script]


def _stack(lower: Sequence[Path]) -> str:
    paths = [str(each) for each in reversed(lower)]
    if any(character in path for path in paths for character in _FORBIDDEN_IN_PATHS):
        raise Permanent(
            f"No image can be built below {paths[0]}: ':', ',' and '\\' are in the way."
        )
    return ":".join(paths)


def _overlay(lower: Sequence[Path], building: Path) -> str:
    # Nothing that depends on the kernel's defaults: a layer is used below others later.
    options = (
        f"lowerdir={_stack(lower)},upperdir={building / 'fs'},workdir={building / 'work'},"
        "redirect_dir=off,metacopy=off,index=off"
    )
    return shlex.join(["mount", "-t", "overlay", "-o", options, "overlay", str(building / "root")])


def _mounts(root: Path) -> list[str]:
    memory = ["run", "tmp", "root"]
    return [
        *(f"mount -t tmpfs -o mode=0755 tmpfs {shlex.quote(str(root / each))}" for each in memory),
        f"chmod 1777 {shlex.quote(str(root / 'tmp'))}",
        f"mount -t proc proc {shlex.quote(str(root / 'proc'))}",
        f"mount --rbind /dev {shlex.quote(str(root / 'dev'))}",
        # The image's resolv.conf is a link to here.
        f"mkdir -p {shlex.quote(str(root / 'run/studiolo'))} {shlex.quote(f'{root}{WORKSHOP}')}",
        f"cp /etc/resolv.conf {shlex.quote(str(root / 'run/studiolo/resolv.conf'))}",
    ]


def _lend(lent: Lent, root: Path) -> list[str]:
    target = shlex.quote(f"{root}{lent.inside}")
    make = f"mkdir -p {target}" if lent.source.is_dir() else f": >{target}"
    bind = f"mount --bind {shlex.quote(str(lent.source))} {target}"
    fix = [] if lent.writable else [f"mount -o remount,bind,ro {target}"]
    return [make, bind, *fix]


def must_be_root() -> None:
    """:raises Permanent: the builder may not mount or change root."""
    if os.geteuid():
        raise Permanent(
            "Building a machine image takes root, because it mounts file systems and sets owners "
            "of files: run it with sudo, or build it elsewhere."
        )
