"""What the machine image holds, tried in a machine made from it."""

import json

import pytest
import pytest_asyncio
from tests.incus.test_disks import started
from tests.support.incus import Region, close, temporary_region

from studiolo.domain.machine import MachineSpec
from studiolo.engines.conformance import until, well
from studiolo.engines.incus import IncusEngine

IDLE_MIB = 120

_KERNEL = r"""
import asyncio, sys
from jupyter_client.manager import start_new_async_kernel

async def main():
    manager, client = await start_new_async_kernel(kernel_name=sys.argv[1], startup_timeout=60)
    try:
        reply = await client.execute_interactive(sys.argv[2], timeout=60)
        print("\nstatus:", reply["content"]["status"])
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)

asyncio.run(main())
"""

_INSTALL = r"""
set -eu; cd $(mktemp -d); mkdir -p own/R
printf 'Package: own\nVersion: 1.0\nTitle: T\nDescription: D.\nLicense: MIT\n' >own/DESCRIPTION
printf 'Author: A\nMaintainer: A <a@b.c>\n' >>own/DESCRIPTION
echo 'export(f)' >own/NAMESPACE
echo 'f <- function() 42' >own/R/f.R
R CMD INSTALL own
python - <<'PY'
import zipfile
with zipfile.ZipFile("own-1.0-py3-none-any.whl", "w") as wheel:
    info = "own-1.0.dist-info"
    wheel.writestr("own.py", "F = 42")
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", "")
PY
pip install --no-index own-1.0-py3-none-any.whl
"""

_CONTAINER = """\
set -eu; cd $(mktemp -d); mkdir -p root/bin
cp /bin/echo root/bin/
for library in $(ldd /bin/echo | grep -o '/lib[^ ]*'); do
    mkdir -p root$(dirname $library); cp -L $library root$library
done
tar c -C root . | docker import - local/echo >/dev/null
docker run --rm local/echo /bin/echo hello from a container
"""


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Machine:
    """One machine for all of these: each looks at another part of it."""

    def __init__(self, region: Region, engine: IncusEngine, spec: MachineSpec) -> None:
        self.region, self.engine, self.spec = region, engine, spec

    async def run(self, *command: str) -> tuple[int, str]:
        return await self.region.run(self.spec.id, *command)

    async def login(self, script: str, *arguments: str, user: str = "azureuser") -> tuple[int, str]:
        """Run a script in the user's login shell."""
        shell = ("sudo", "-H", "-u", user, "bash", "-lc", script, "script", *arguments)
        return await self.run(*shell)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machine(machine_image):
    region = temporary_region()
    try:
        yield Machine(region, *await started(region))
    finally:
        await close(region)


async def test_an_idle_machine_is_small_and_nothing_failed_in_it(machine):
    assert (await machine.run("systemctl", "is-system-running", "--wait"))[1] == "running\n"
    # What the kernel keeps of files goes as soon as somebody needs the memory.
    counted = (await machine.run("sh", "-c", "cat /proc/[0-9]*/smaps_rollup"))[1]
    resident = sum(int(line.split()[1]) for line in counted.splitlines() if line[:4] == "Pss:")
    assert 20 < resident / 1024 < IDLE_MIB


@pytest.mark.parametrize(
    ("kernel", "code", "said"),
    [
        ("python3", "import sklearn, pandas; print(sklearn.__name__ * 2)", "sklearnsklearn"),
        ("ir", "cat(sum(1:4), R.version$language)", "10 R"),
    ],
)
async def test_both_kernels_run(machine, kernel, code, said):
    status, told = await machine.login('cd; python -c "$@"', _KERNEL, kernel, code)
    assert status == 0, told
    assert said in told
    assert "status: ok" in told


async def test_what_pip_and_r_install_belongs_to_the_user_and_stays(machine):
    status, told = await machine.login(_INSTALL)
    assert status == 0, told
    await machine.engine.stop(machine.spec.id, grace=5)
    await machine.engine.ensure(machine.spec)
    await until(machine.engine, machine.spec.id, well)
    asked = "R --slave -e 'cat(own::f())'; python -c 'import own; print(own.F)'"
    assert (await machine.login(asked))[1] == "4242\n"


@pytest.mark.parametrize("user", ["root", "azureuser"])
async def test_docker_runs_a_container_in_the_machine(machine, user):
    status, told = await machine.login(_CONTAINER, user=user)
    assert status == 0, told
    assert "hello from a container" in told.splitlines()


async def test_vs_code_serves_its_page(machine):
    script = (
        "cd $(mktemp -d)\ncode-server --auth none --socket $PWD/s --user-data-dir d "
        "--extensions-dir e --disable-telemetry --disable-update-check >log 2>&1 &\n"
        "until [ -S s ]; do kill -0 $!; sleep 0.1; done\n"
        "curl -sfL --unix-socket s http://localhost/ | grep -c workbench; kill $!"
    )
    status, told = await machine.login(f"set -eu; {script}")
    assert (status, int(told) > 0) == (0, True), told


async def test_ssh_and_nginx_are_off_and_no_machine_shares_keys_with_another(machine):
    for unit in ("ssh", "nginx"):
        assert (await machine.run("systemctl", "is-active", unit))[1] == "inactive\n"
    assert (await machine.run("sh", "-c", "ls /etc/ssh/ssh_host_*"))[0] != 0
    assert len((await machine.run("cat", "/etc/machine-id"))[1].strip()) == 32


async def test_the_machine_carries_the_manifest_of_its_image(machine):
    told = json.loads((await machine.run("cat", "/usr/share/studiolo/manifest.json"))[1])
    config = (await machine.engine.daemon.get(f"/instances/{machine.spec.id}"))["config"]
    assert told["version"] == config["image.studiolo.version"]
    assert set(told["kernels"]) == {"python3", "ir"}
    assert {"systemd", "podman", "nginx"} <= set(told["debianPackages"])
    assert "IRkernel" in told["rPackages"]
    assert "jupyterlab" in told["pythonPackages"]["ml"]
    assert told["programs"]["node"].startswith("v24.")
