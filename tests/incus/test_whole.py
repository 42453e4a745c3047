"""What is asked for on the command line comes true in real containers."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.incus import NETWORK, POOL, close, temporary_region
from tests.support.launched import Launched

REGION = f"""
location = "lab"
[[regions]]
name = "lab"
pool = "{POOL}"
network = "{NETWORK}"
root_gib = 8
disk_gib = 1
"""


@pytest.fixture
def deployment(machine_image):
    """A deployment whose one region is the local daemon."""
    home = Path(tempfile.mkdtemp(prefix="studiolo-whole-"))
    (home / "studiolo.toml").write_text(REGION)
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


@pytest.fixture
async def inside():
    """Runs a command in a machine; returns what it says."""
    region = temporary_region()

    async def run(machine: str, command: str) -> str:
        code, said = await region.run(machine, "sh", "-c", command)
        assert code == 0, said
        return said.strip()

    yield run
    await close(region)


def machine_of(deployment: Launched, name: str) -> str:
    with closing(sqlite3.connect(deployment.home / "studiolo.db")) as database:
        return database.execute("SELECT id FROM computes WHERE name = ?", [name]).fetchone()[0]


async def test_an_instance_is_resized_kept_put_back_copied_and_reimaged(deployment, inside):
    notes, system = "/home/azureuser/notes", "/root/system"
    deployment.ok("compute", "create", "-n", "one", "-s", "Standard_DS1_v2")
    one = machine_of(deployment, "one")
    started = await inside(one, "cut -d' ' -f22 /proc/1/stat")
    assert await inside(one, "nproc") == "1"

    deployment.ok("compute", "resize", "-n", "one", "-s", "Standard_DS2_v2", "--home-disk-size=2")
    assert await inside(one, "nproc") == "2"
    assert await inside(one, "cut -d' ' -f22 /proc/1/stat") == started, "it was not restarted"

    await inside(one, f"echo kept >{notes}; echo kept >{system}")
    snapshot = ("compute", "snapshot")
    deployment.ok(*snapshot, "create", "-c", "one", "-n", "friday")
    await inside(one, f"echo spoilt >{notes}; echo spoilt >{system}")
    deployment.ok(*snapshot, "restore", "-c", "one", "-n", "friday", "-y")
    assert await inside(one, f"cat {notes} {system}") == "kept\nkept"
    assert await inside(one, "nproc") == "2"

    deployment.ok("compute", "clone", "-n", "one", "--new-name", "two")
    two = machine_of(deployment, "two")
    assert await inside(two, f"cat {notes} {system}; hostname") == "kept\nkept\ntwo"
    await inside(two, f"echo its own >{notes}")
    assert await inside(one, f"cat {notes}") == "kept"
    assert "friday" in deployment.ok(*snapshot, "list", "-c", "one", "-o", "tsv")
    assert deployment.ok(*snapshot, "list", "-c", "two", "-o", "tsv").strip() == ""

    assert "friday" in deployment.run("compute", "reimage", "-n", "one", "-y").err
    deployment.ok(*snapshot, "delete", "-c", "one", "-n", "friday", "-y")
    deployment.ok("compute", "reimage", "-n", "one", "-y")
    assert await inside(one, f"cat {notes}; ls {system} 2>/dev/null || echo gone") == "kept\ngone"
