"""Machines in several networks of the local daemon, a place outside, and ways to try to connect."""

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

from studiolo.domain.machine import AGENT_PORT, MachineSpec, VirtualSubnet
from studiolo.engines.conformance import new_spec, until, well
from tests.support.incus import Region

_CONNECT = """
import socket, sys
source = (sys.argv[3], 0) if len(sys.argv) > 3 else None
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1.5, source_address=source)
except OSError as error:
    sys.exit(f"{error}")
"""

_ASK_FOR_MAC = """
import socket, struct, sys, time
interface, me, wanted = sys.argv[1:4]
line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
line.bind((interface, 0))
mine = line.getsockname()[4]
line.send(b"\\xff" * 6 + mine + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
    + mine + socket.inet_aton(me) + b"\\0" * 6 + socket.inet_aton(wanted))
end = time.monotonic() + 1.5
while (left := end - time.monotonic()) > 0:
    line.settimeout(left)
    try:
        frame = line.recv(64)
    except TimeoutError:
        break
    if frame[20:22] == b"\\0\\2" and frame[28:32] == socket.inet_aton(wanted):
        sys.exit(0)
sys.exit("nobody answers")
"""

_RESOLVE = """
import socket, sys
question = bytes.fromhex("1a2b01000001000000000000") + b"\\x09studiolo1\\x04test\\0\\0\\1\\0\\1"
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.settimeout(1.5)
line.sendto(question, (sys.argv[1], 53))
try:
    line.recv(512)
except OSError as error:
    sys.exit(f"{error}")
"""

_LISTEN = """
import socket, sys
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.bind(("0.0.0.0", int(sys.argv[1])))
heard = open("/run/heard", "wb", buffering=0)
while True:
    heard.write(line.recv(64) + b"\\n")
"""

_SEND = """
import socket, sys
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3):
    line.sendto(sys.argv[3].encode(), (sys.argv[1], int(sys.argv[2])))
"""

_PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Inhabitant:
    """A running machine and where it is."""

    spec: MachineSpec
    address: str
    gateway: str


class Town:
    """What a test sees of the machines; its engine is the test's own."""

    def __init__(self, region: Region, people: dict[str, Inhabitant]) -> None:
        self.region = region
        self.people = people

    def __getitem__(self, name: str) -> Inhabitant:
        return self.people[name]

    async def root(self, name: str, *command: str) -> tuple[int, str]:
        """What the machine's root does."""
        return await self.region.run(self[name].spec.id, *command)

    async def connects(self, name: str, host: str, port: int, source: str | None = None) -> bool:
        """Whether the machine opens a TCP connection."""
        last = (source,) if source else ()
        code, _ = await self.root(name, _PYTHON, "-c", _CONNECT, host, str(port), *last)
        return code == 0

    async def reaches(self, name: str, other: str) -> bool:
        """Whether a machine reaches another's agent."""
        return await self.connects(name, self[other].address, AGENT_PORT)

    async def pings(self, name: str, host: str) -> bool:
        """Whether an echo comes back."""
        code, said = await self.root(name, "ping", "-c1", "-W1", host)
        assert code != 127, f"the image has no ping: {said}"
        return code == 0

    async def finds(self, name: str, host: str) -> bool:
        """Whether somebody answers for `host` on the machine's own line."""
        me = self[name].address
        return (await self.root(name, _PYTHON, "-c", _ASK_FOR_MAC, "eth0", me, host))[0] == 0

    async def resolves(self, name: str, server: str) -> bool:
        """Whether a name server answers the machine, whatever it says."""
        return (await self.root(name, _PYTHON, "-c", _RESOLVE, server))[0] == 0

    async def listen(self, name: str, port: int) -> None:
        """Let the machine note every datagram that comes to `port`, until it is stopped."""
        words = f'setsid {_PYTHON} -c "$0" "$1" >/dev/null 2>&1 </dev/null &'
        await self.root(name, "sh", "-c", words, _LISTEN, str(port))

    async def send(self, name: str, host: str, port: int, word: str) -> None:
        """Send datagrams without hoping for an answer."""
        await self.root(name, _PYTHON, "-c", _SEND, host, str(port), word)

    async def heard(self, name: str) -> set[str]:
        """What the machine has noted."""
        return set((await self.root(name, "cat", "/run/heard"))[1].split())

    async def heard_after_the_host(self, name: str, port: int) -> set[str]:
        """As :meth:`heard`, once a datagram of the host has come after all others."""
        address = self[name].address
        async with asyncio.timeout(10):
            while "host" not in (heard := await self.heard(name)):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
                    line.sendto(b"host", (address, port))
        return heard


@dataclass(frozen=True)
class Outside:
    """A server beyond this host: in a network namespace of its own, on a line to the host."""

    namespace: str
    address: str
    port: int
    host: str
    """The host's address on that line."""

    def reaches(self, machine: Inhabitant) -> bool:
        """Whether somebody outside who knows the way reaches the machine's agent."""
        command = ["ip", "netns", "exec", self.namespace, _PYTHON, "-c", _CONNECT]
        done = subprocess.run([*command, machine.address, str(AGENT_PORT)], check=False)
        return done.returncode == 0


_SERVE = """
import socket, sys
server = socket.create_server((sys.argv[1], 0), backlog=64)
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].close()
"""


@contextlib.contextmanager
def outside() -> Iterator[Outside]:
    """A place outside, for as long as the context lasts."""
    # 198.18.0.0/15 is for tests of networks: RFC 2544.
    base = f"198.{18 + secrets.randbelow(2)}.{secrets.randbelow(256)}"
    last = 8 * secrets.randbelow(31)
    host, there = f"{base}.{last + 1}", f"{base}.{last + 2}"
    tag = secrets.token_hex(3)
    space, ours, theirs = f"st-{tag}", f"sto{tag}", f"sti{tag}"
    _ip("netns", "add", space)
    try:
        _ip("link", "add", ours, "type", "veth", "peer", theirs, "netns", space)
        _ip("address", "add", f"{host}/29", "dev", ours)
        _ip("link", "set", ours, "up")
        _ip("-n", space, "address", "add", f"{there}/29", "dev", theirs)
        _ip("-n", space, "link", "set", theirs, "up")
        _ip("-n", space, "route", "add", "default", "via", host)
        command = ["ip", "netns", "exec", space, _PYTHON, "-u", "-c", _SERVE, there]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                yield Outside(space, there, int(server.stdout.readline()), host)
            finally:
                server.kill()
    finally:
        _ip("netns", "delete", space)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def new_subnet(size: int = 24) -> VirtualSubnet:
    """A subnet whose bridge and addresses are nobody's, as far as chance can tell."""
    third, block = secrets.randbelow(254) + 1, secrets.randbelow(16)
    last = 0 if size <= 24 else block * 16
    return VirtualSubnet(f"st{secrets.token_hex(5)}", f"10.{214 + third % 8}.{third}.{last}/{size}")


async def settle(region: Region, wanted: dict[str, MachineSpec]) -> dict[str, Inhabitant]:
    """Start machines and wait until their agents answer, which the host must hear."""
    engine = region.engine()
    await asyncio.gather(*(engine.ensure(spec) for spec in wanted.values()))
    people = {}
    for name, spec in wanted.items():
        await until(engine, spec.id, well)
        people[name] = await inhabitant(region, spec)
    return people


async def inhabitant(region: Region, spec: MachineSpec) -> Inhabitant:
    """Where a machine is."""
    daemon = region.engine().daemon
    found = await daemon.get(f"/instances/{spec.id}")
    nic = found["devices"]["eth0"]
    network = await daemon.get(f"/networks/{nic['network']}")
    gateway = network["config"]["ipv4.address"].partition("/")[0]
    return Inhabitant(spec, nic["ipv4.address"], gateway)


def machine(subnet: VirtualSubnet | None = None, *, public_ip: bool = True) -> MachineSpec:
    return replace(new_spec(), subnet=subnet, public_ip=public_ip)


@contextlib.asynccontextmanager
async def own_engines(region: Region) -> AsyncIterator[None]:
    """Close the engines that were made inside, while their event loop still is there."""
    try:
        yield
    finally:
        await region.release()


def neighbour(address: str) -> str:
    """The address after this one."""
    return str(ipaddress.IPv4Address(address) + 1)
