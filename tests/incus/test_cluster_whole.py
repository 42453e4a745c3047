"""A deployment whose one region is a cluster, by the command line."""

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from tests.incus.test_whole import machine_of
from tests.support.cluster import BRIDGE, POOL
from tests.support.incus import run_in
from tests.support.launched import Launched, until

from studiolo.engines.incus import IncusConfig, IncusEngine


@pytest.fixture
def deployment(town):
    home = Path(tempfile.mkdtemp(prefix="studiolo-whole-"))
    (home / "studiolo.toml").write_text(
        f"""
location = "lab"
[[regions]]
name = "lab"
socket = "{town.hosts[0].socket}"
pool = "{POOL}"
bridge = "{BRIDGE}"
subnet = "{town.subnet}"
root_gib = 4
disk_gib = 1
"""
    )
    launched = Launched(home, engine="none")
    try:
        launched.up()
        launched.ok("login", "--local")
        yield launched
        for name in launched.ok("compute", "list", "-o", "tsv", "--query", "[].name").split():
            launched.ok("compute", "delete", "-n", name, "-y")
    finally:
        launched.cleanup()
        shutil.rmtree(home)


def inside(town, machine: str, command: str) -> str:
    async def run() -> tuple[int, str]:
        engine = IncusEngine("any", IncusConfig(daemon=town.hosts[0].socket, shares=Path("/none")))
        try:
            return await run_in(engine, machine, "sh", "-c", command)
        finally:
            await engine.aclose()

    code, said = asyncio.run(run())
    assert code == 0, said
    return said.strip()


def members(deployment: Launched) -> dict[str, dict]:
    told = json.loads(deployment.ok("region", "members", "lab", "-o", "json"))
    return {each["name"]: each for each in told}


def state(deployment: Launched, name: str) -> str:
    return deployment.ok("compute", "show", "-n", name, "-o", "tsv", "--query", "state").strip()


def test_an_instance_leaves_an_emptied_member_and_outlasts_one_that_is_down(deployment, town):
    deployment.ok("compute", "create", "-n", "one", "-s", "Standard_DS1_v2")
    one = machine_of(deployment, "one")
    inside(town, one, "echo kept >/home/azureuser/kept")
    [first] = [name for name, each in members(deployment).items() if each["instances"]]

    deployment.ok("region", "evacuate", "lab", first, "--yes")
    [second] = [name for name, each in members(deployment).items() if each["instances"]]
    assert second != first
    left = members(deployment)[first]
    assert (left["status"], left["provisioning_state"]) == ("Evacuated", "Succeeded")
    assert left["vcpus"]["free"] == left["vcpus"]["total"] > 0
    assert left["memory_mib"]["free"] == left["memory_mib"]["total"] > 0
    assert members(deployment)[second]["vcpus"]["used"] == 1
    until(lambda: state(deployment, "one") == "Running", "the instance runs again")
    assert inside(town, one, "cat /home/azureuser/kept") == "kept"
    deployment.ok("region", "restore", "lab", first)
    assert members(deployment)[first]["status"] == "Online"

    if second == "m1":
        # The deployment asks the first member, which must stay.
        deployment.ok("region", "evacuate", "lab", "m1", "--yes")
        deployment.ok("region", "restore", "lab", "m1")
        [second] = [name for name, each in members(deployment).items() if each["instances"]]
    town[second].kill()
    try:
        until(lambda: state(deployment, "one") == "Unknown", "the instance is out of sight", 90)
        told = deployment.ok("compute", "show", "-n", "one", "-o", "json")
        assert f"cluster member {second} does not answer" in told
    finally:
        town[second].start()
    until(lambda: state(deployment, "one") == "Running", "the instance is found again", 60)
    assert inside(town, one, "cat /home/azureuser/kept") == "kept"


def test_a_member_that_is_not_there_is_told(deployment):
    answer = deployment.run("region", "evacuate", "lab", "m9", "--yes")
    assert answer.code == 3
    assert "The region 'lab' has no member 'm9'; there are: m1, m2, m3." in answer.err
