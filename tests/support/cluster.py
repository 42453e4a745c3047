"""A cluster of daemons on this machine: each member is a host of its own to itself.

A member is a network, mount and process namespace with a daemon in it and a bridge `br0`; a bridge
of this host joins them. The first process of a member's namespace holds everything of it: when it
ends, so do the daemon, its machines, its mounts and its end of the wire. It ends with this process,
whatever happens to that.
"""

import asyncio
import contextlib
import multiprocessing
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo import faults
from studiolo.engines.incus import IncusConfig, IncusEngine
from studiolo.engines.incus.client import Daemon
from studiolo.engines.incus.image import registry
from studiolo.engines.incus.names import image_alias
from tests.support.incus import need_daemon

POOL = "studiolo"
BRIDGE = "br0"
_LINK, _FOLDER = "slc", "studiolo-cluster-"
"""Beginnings of names, before the id of the process whose they are."""

_CURE = Path("/run/studiolo-lxd/idmapped_probe.so")
"""Made by `./dev lxd` where the daemon needs it."""

_FIRST_PROCESS = """
set -e
mount --make-rprivate /
mkdir -p "$0/old"
mount --move /sys "$0/old"
mount -t sysfs sysfs /sys
mount --move "$0/old/fs/cgroup" /sys/fs/cgroup
umount -l "$0/old"
mount -t proc proc /proc
ip link set lo up
ip link add br0 type bridge
echo ready
exec sleep infinity
"""
_JOIN = """
set -e
ip link set "$0" name eth0
ip link set eth0 master br0 up
ip addr add "$1" dev br0
ip link set br0 up
"""


@dataclass
class Host:
    """One member.

    :param first: the process whose end is the end of everything in it.
    """

    name: str
    folder: Path
    address: str
    first: subprocess.Popen[str]
    wrapper: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "lxd/unix.socket"

    @property
    def url(self) -> str:
        return f"{self.address}:8443"

    @property
    def inside(self) -> list[str]:
        """The beginning of a command in the member's namespaces."""
        return ["nsenter", "-n", "-m", "-p", "-t", _child(self.first.pid)]

    def start(self) -> None:
        """Start the daemon, and wait until it is ready."""
        cure = {"LD_PRELOAD": str(_CURE)} if _CURE.exists() else {}
        settings = [f"{k}={v}" for k, v in {"LXD_DIR": self.folder / "lxd", **cure}.items()]
        command = ["lxd", "--group", "root", "--logfile", str(self.folder / "lxd.log")]
        with (self.folder / "out.log").open("ab") as log:
            self.wrapper = subprocess.Popen(
                [*self.inside, "env", *settings, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        settings = {**os.environ, "LXD_DIR": str(self.folder / "lxd")}
        _run("lxd", "waitready", "--timeout", "60", env=settings)

    def kill(self) -> None:
        """Kill the daemon; machines run on, as they do on a real host."""
        assert self.wrapper is not None
        os.kill(int(_child(self.wrapper.pid)), signal.SIGKILL)
        self.wrapper.wait(10)
        self.wrapper = None

    def end(self) -> None:
        """End everything of the member."""
        self.first.kill()
        self.first.wait(10)
        if self.wrapper is not None:
            self.wrapper.wait(10)


@dataclass
class Town:
    """The members, and the network between them.

    :param subnet: this host's address there, with the prefix.
    """

    root: Path
    link: str
    subnet: str
    hosts: list[Host] = field(default_factory=list)

    def __getitem__(self, name: str) -> Host:
        return next(each for each in self.hosts if each.name == name)

    def add(self) -> None:
        number = len(self.hosts) + 1
        name, folder = f"m{number}", self.root / f"m{number}"
        folder.mkdir()
        address = self.subnet.replace(".0.1/", f".0.{number + 1}/")
        first = _first_process(folder)
        self.hosts.append(Host(name, folder, address.partition("/")[0], first))
        outer, inner = f"{self.link}v{number}", f"{self.link}p{number}"
        _run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner)
        _run("ip", "link", "set", inner, "netns", _child(first.pid))
        _run("ip", "link", "set", outer, "master", self.link, "up")
        _run(*self.hosts[-1].inside, "sh", "-c", _JOIN, inner, address)

    def end(self) -> None:
        """End every member, and remove what it left in the kernel."""
        names = {path.name for host in self.hosts for path in host.folder.glob("lxd/logs/ci-*")}
        with contextlib.ExitStack() as stack:
            for host in self.hosts:
                stack.callback(host.end)
        # The kernel may keep a network namespace for the sake of connections that were cut off.
        for link in Path("/sys/class/net").glob(f"{self.link}*"):
            subprocess.run(["ip", "link", "del", link.name], check=False, capture_output=True)
        for name in names:
            _remove_groups(name)


@contextlib.contextmanager
def cluster(image: Path, members: int = 3) -> Iterator[Town]:
    """A cluster with a pool of a few GiB on each member, and the image in `image`."""
    need_daemon()
    _clear_leftovers()
    root = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
    root.chmod(0o711)  # Machines' root reaches their file systems through it.
    town = Town(root, f"{_LINK}{os.getpid()}", _free_subnet())
    try:
        _run("ip", "link", "add", town.link, "type", "bridge")
        _run("ip", "addr", "add", town.subnet, "dev", town.link)
        _run("ip", "link", "set", town.link, "up")
        for _ in range(members):
            town.add()
        for host in town.hosts:
            host.start()
        asyncio.run(_form(town, image))
        yield town
    finally:
        town.end()
        _remove_folder(root)


async def _form(town: Town, image: Path) -> None:
    daemons = [Daemon(host.socket) for host in town.hosts]
    try:
        await _join(town, daemons, secrets.token_hex(16))
        await daemons[0].change("PATCH", "", {"config": {"cluster.offline_threshold": "11"}})
        await registry.send(daemons[0], image)
        [stored] = await registry.stored(daemons[0])
        alias = {"name": image_alias("ml", "slim"), "target": stored.fingerprint}
        await daemons[0].change("POST", "/images/aliases", alias)
    finally:
        for daemon in daemons:
            await daemon.aclose()


async def _join(town: Town, daemons: list[Daemon], password: str) -> None:
    first, size = daemons[0], "6GiB"
    address = {"core.https_address": town.hosts[0].url, "core.trust_password": password}
    await first.change("PATCH", "", {"config": address})
    pool = {"name": POOL, "driver": "btrfs", "config": {"size": size}}
    await first.change("POST", "/storage-pools", pool)
    await first.change("PUT", "/cluster", {"server_name": town.hosts[0].name, "enabled": True})
    server = await first.get("")
    own = {"entity": "storage-pool", "name": POOL, "key": "size", "value": size}
    for host, daemon in list(zip(town.hosts, daemons, strict=True))[1:]:
        order: dict[str, Any] = {
            "server_name": host.name,
            "enabled": True,
            "server_address": host.url,
            "cluster_address": town.hosts[0].url,
            "cluster_certificate": server["environment"]["certificate"],
            "cluster_password": password,
            "member_config": [own],
        }
        await daemon.change("PUT", "/cluster", order)


# --- the kernel's part ------------------------------------------------------------------------


def _first_process(folder: Path) -> subprocess.Popen[str]:
    namespaces = ["unshare", "-m", "-n", "-p", "--fork", "--kill-child"]
    first = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *namespaces, "sh", "-c", _FIRST_PROCESS, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "ready\n", "the namespaces of a member cannot be made"
    return first


def _child(pid: int) -> str:
    """The one child of a process, as this host counts."""
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return child


def _free_subnet() -> str:
    taken = _run("ip", "-4", "route")
    return next(f"10.{n}.0.1/16" for n in range(90, 120) if f"10.{n}." not in taken)


def _clear_leftovers() -> None:
    """What is left of runs that were killed; their processes ended with them."""
    for link in Path("/sys/class/net").glob(f"{_LINK}*"):
        owner = link.name.removeprefix(_LINK).partition("v")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            _run("ip", "link", "del", link.name)
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        owner = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if not Path("/proc", owner).exists():
            _remove_folder(folder)


def _remove_groups(machine: str) -> None:
    """Control groups of machines that were ended from outside."""
    for kind in ("payload", "monitor"):
        for group in Path("/sys/fs/cgroup").glob(f"**/lxc.{kind}.{machine}"):
            for folder, _, _ in os.walk(group, topdown=False):
                Path(folder).rmdir()


def _remove_folder(folder: Path) -> None:
    """The kernel lets go of a namespace's mounts some instants after its last process."""
    deadline = time.monotonic() + 10
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 0, f"{' '.join(command[:4])}: {done.stdout}{done.stderr}"
    return done.stdout


# --- dying ------------------------------------------------------------------------------------


async def move_and_die(config: IncusConfig, deployment: str, fault: str) -> None:
    """Move machines in a process of its own, which must be killed at `fault`."""
    process = multiprocessing.get_context("spawn").Process(
        target=_move_and_die, args=(config, deployment, fault), daemon=True
    )
    process.start()
    await asyncio.to_thread(process.join, 120)
    assert process.exitcode == -signal.SIGKILL, process


def _move_and_die(config: IncusConfig, deployment: str, fault: str) -> None:
    faults.arm(fault)
    asyncio.run(IncusEngine(deployment, config).move_on())
