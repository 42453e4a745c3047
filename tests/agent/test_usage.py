"""What a whole machine uses, read from control groups as kernels show them in a container."""

from pathlib import Path

import pytest
from tests.support.agents import Agent

from studiolo.agent import whole
from studiolo.agent.whole import Traffic

MIB = 1024 * 1024
STATISTICS = f"anon {5 * MIB}\nfile {4 * MIB}\n"

VERSION_2 = {
    "cpu.stat": "usage_usec 8628344\nuser_usec 7000000\nsystem_usec 1628344\n",
    "memory.current": f"{68 * MIB}\n",
    "memory.max": f"{1024 * MIB}\n",
    "memory.stat": f"{STATISTICS}inactive_file {30 * MIB}\nactive_file {18 * MIB}\nshmem {MIB}\n",
}
VERSION_1 = {
    "cpuacct/cpuacct.usage": "8628344000\n",
    "memory/memory.usage_in_bytes": f"{68 * MIB}\n",
    "memory/memory.limit_in_bytes": f"{1024 * MIB}\n",
    # The group's own lines come before those of all below it.
    "memory/memory.stat": f"inactive_file {MIB}\nactive_file {MIB}\n"
    f"total_inactive_file {30 * MIB}\ntotal_active_file {18 * MIB}\n",
}
BOTH = {
    **{name: text for name, text in VERSION_1.items() if not name.startswith("cpuacct")},
    "unified/cpu.stat": VERSION_2["cpu.stat"],
}


def groups(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("files", [VERSION_2, VERSION_1, BOTH], ids=["2", "1", "both"])
def test_a_machine_is_counted_whole(tmp_path: Path, files: dict[str, str]) -> None:
    seen = whole.look(groups(tmp_path, files))
    assert seen is not None
    assert seen.cpu_seconds == pytest.approx(8.628344)
    assert (seen.memory_bytes, seen.memory_limit_bytes) == (20 * MIB, 1024 * MIB)
    assert seen.processes > 1


@pytest.mark.parametrize(
    "unlimited",
    [
        VERSION_2 | {"memory.max": "max\n"},
        VERSION_1 | {"memory/memory.limit_in_bytes": "9223372036854771712\n"},
    ],
)
def test_where_nothing_limits_no_limit_is_told(tmp_path: Path, unlimited: dict[str, str]) -> None:
    seen = whole.look(groups(tmp_path, unlimited))
    assert seen is not None
    assert seen.memory_limit_bytes is None


@pytest.mark.parametrize("missing", ["cpu.stat", "memory.current"])
def test_a_group_that_does_not_say_is_not_guessed(tmp_path: Path, missing: str) -> None:
    files = {name: text for name, text in VERSION_2.items() if name != missing}
    assert whole.look(groups(tmp_path, files)) is None


NETWORK = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo
    lo:     111      13    0    0    0     0          0         0      222       6    0    0    0
veth eth0:    5       1    0    0    0     0          0         0        6       1    0    0    0
  eth0:123456789     13    0    0    0     0          0         0      516       6    0    0    0
"""


def test_traffic_is_that_of_the_machines_own_interface(tmp_path: Path) -> None:
    table = tmp_path / "dev"
    table.write_text(NETWORK)
    assert whole.traffic("eth0", table) == Traffic(received=123456789, sent=516)
    assert whole.traffic("eth1", table) is None
    assert whole.traffic("eth0", tmp_path / "none") is None


def test_where_the_network_is_the_hosts_no_traffic_is_told(agent: Agent) -> None:
    with agent.start().client() as client:
        usage = client.get("/v1/status").json()["usage"]
    assert (usage["networkRxBytes"], usage["networkTxBytes"]) == (None, None)


def test_the_traffic_of_a_network_of_its_own_is_told(agent: Agent) -> None:
    """Loopback stands in for the interface: every host has it, and the control plane's question
    need not go through it.
    """
    agent.reconfigure(interface="lo")
    with agent.start().client() as client:
        usage = client.get("/v1/status").json()["usage"]
    assert usage["networkRxBytes"] == usage["networkTxBytes"] >= 0
