"""`python -m studiolo.agent.boot`: prepares a container at its start, as root, before the agent.

What this start needs (address, name, the agent's configuration) is asked of the daemon outside over
the guest's socket, and lives in memory below `/run`: a machine whose disks are full starts all the
same, and nobody outside has to write into it. Whatever a full or damaged disk keeps from being done
is said on stderr (the journal) and left; only what the agent cannot do without ends this with 1.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studiolo.domain.boot import BALLAST, BOOT_KEY, USER_ID, Boot, Network

GUEST_SOCKETS = (Path("/dev/incus/sock"), Path("/dev/lxd/sock"))

_SECONDS = 10.0
_PRIVATE = 0o700
_BALLAST_BYTES = 16 * 1024 * 1024


class CannotBoot(Exception):
    """The machine cannot be used; `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are; a test gives others.

    :param share: where the host mounts the workspace's share.
    """

    root: Path = Path("/")
    share: Path = Path("/var/lib/studiolo/share")

    @property
    def run(self) -> Path:
        """Made at each start, in memory."""
        return self.root / "run/studiolo"


def main() -> int:
    """Prepare this machine."""
    try:
        boot = ask()
        prepare(boot, Place())
        for command in network_commands(boot.network):
            _run(*command)
        _share(boot, Place())
        _secure_shell(boot, Place())
        keep_ballast(Path(BALLAST))
    except (CannotBoot, OSError, KeyError, ValueError) as error:
        _say(f"this machine cannot be used: {error}")
        return 1
    return 0


# --- asking the host --------------------------------------------------------------------------


class _Guest(http.client.HTTPConnection):
    """The daemon outside, over the guest's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("guest", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(os.fspath(self._path))


def ask(sockets: tuple[Path, ...] = GUEST_SOCKETS) -> Boot:
    """What the host has to say to this start.

    :raises CannotBoot: it says nothing.
    """
    path = next((each for each in sockets if each.exists()), None)
    if path is None:
        raise CannotBoot(f"there is no guest socket ({' or '.join(map(str, sockets))})")
    guest = _Guest(path)
    try:
        guest.request("GET", f"/1.0/config/{BOOT_KEY}")
        reply = guest.getresponse()
        raw = reply.read()
    finally:
        guest.close()
    if reply.status != http.client.OK:
        raise CannotBoot(f"the host does not tell {BOOT_KEY}: it answers {reply.status}")
    return Boot.from_json(json.loads(raw))


# --- what is in memory ------------------------------------------------------------------------


def prepare(boot: Boot, place: Place) -> None:
    """Write what the agent and the resolver read, below `/run`.

    :raises OSError: there is no memory left to write to, or no user.
    """
    place.run.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name in ("agent", "sockets"):
        _own_folder(place.run / name)
    config = place.run / "agent.json"
    _write(config, json.dumps(boot.agent), mode=0o600)
    os.chown(config, USER_ID, USER_ID)
    servers = "".join(f"nameserver {each}\n" for each in boot.network.nameservers)
    _write(place.run / "resolv.conf", servers, mode=0o644)
    with _tolerated("the host name"):
        socket.sethostname(boot.hostname)
    with _tolerated("/etc/hosts"):
        hosts = f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {boot.hostname}\n"
        _write(place.root / "etc/hosts", hosts, mode=0o644)
    with _tolerated("the folder of logs"):
        _own_folder(place.root / "var/log/studiolo")


def network_commands(network: Network) -> Iterator[tuple[str, ...]]:
    """How the interface gets its address. An address never changes while a machine runs."""
    yield ("ip", "link", "set", "lo", "up")
    yield ("ip", "address", "replace", network.address, "dev", network.interface)
    yield ("ip", "link", "set", network.interface, "up")
    if network.gateway:
        yield ("ip", "route", "replace", "default", "via", network.gateway)


# --- what is on disk --------------------------------------------------------------------------


def _share(boot: Boot, place: Place) -> None:
    """Give the home what a new one lacks, and put the workspace's share into it."""
    home = Path(str(boot.agent["home"]))
    code = home / "cloudfiles/code"
    with _tolerated("the home folder"):
        fill_home(home, place.root / "etc/skel")
    with _tolerated(f"the file share at {code}"):
        for folder in (code.parent, code):
            folder.mkdir(exist_ok=True)
            os.chown(folder, USER_ID, USER_ID)
        if not code.is_mount():
            _run("mount", "--bind", str(place.share), str(code))


def fill_home(home: Path, skeleton: Path) -> None:
    """Make an empty home a new user's. One that holds anything of a shell's is left as it is."""
    os.chown(home, USER_ID, USER_ID)
    if (home / ".profile").exists() or (home / ".bashrc").exists():
        return
    shutil.copytree(skeleton, home, dirs_exist_ok=True, symlinks=True)
    for copied in skeleton.rglob("*"):
        os.lchown(home / copied.relative_to(skeleton), USER_ID, USER_ID)
    home.chmod(0o750)


def keep_ballast(path: Path) -> None:
    """Hold some of the root disk for the host, again after it was needed."""
    if path.exists():
        return
    with _tolerated(str(path)):
        try:
            with path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, _BALLAST_BYTES)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _secure_shell(boot: Boot, place: Place) -> None:
    """Start sshd where the instance allows it, for its keys only."""
    if not boot.ssh:
        return
    keys = place.run / "authorized_keys"
    _write(keys, "".join(f"{key}\n" for key in boot.ssh_keys), mode=0o644)
    with _tolerated("the secure shell"):
        _run("systemctl", "start", "--no-block", "ssh.service")


# --- how --------------------------------------------------------------------------------------


def _own_folder(path: Path) -> None:
    path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    os.chown(path, USER_ID, USER_ID)


def _write(path: Path, content: str, *, mode: int) -> None:
    """Replace a file whole, with its mode from its first instant."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
    new.replace(path)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


@contextlib.contextmanager
def _tolerated(what: str) -> Iterator[None]:
    """A machine without `what` is better than none: it can still be opened and put in order."""
    try:
        yield
    except OSError as error:
        _say(f"{what}: {error}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
