"""What happens in a machine is followed, and what a person puts into it stays."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.guest_packages import debian_package, python_wheel, r_package

from studiolo.domain.machine import Presence
from studiolo.engines.conformance import new_spec, until, well


@pytest.fixture
async def machine(region):
    """A running machine: (region, engine, spec)."""
    engine, spec = region.engine(), new_spec()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    return region, engine, spec


async def _again(engine, spec):
    """Stop the machine and start it as its next generation."""
    await engine.stop(spec.id, grace=10)
    after = replace(spec, generation=spec.generation + 1)
    await engine.ensure(after)
    await until(engine, spec.id, well)
    return after


async def test_a_guest_that_powers_itself_off_is_seen_to_be_stopped(machine):
    region, engine, spec = machine
    await region.run(spec.id, "systemctl", "poweroff", "--no-block")
    seen = await until(engine, spec.id, lambda seen: seen.presence is Presence.STOPPED)
    assert seen.generation == spec.generation


async def test_a_guest_that_reboots_itself_is_seen_to_run_again(machine):
    region, engine, spec = machine
    before = await engine.observe(spec.id)
    await region.run(spec.id, "systemctl", "reboot", "--no-block")
    seen = await until(
        engine, spec.id, lambda seen: well(seen) and seen.started_at != before.started_at
    )
    assert seen.generation == spec.generation


async def test_the_daemon_tells_at_once_of_what_happens_to_a_machine(machine):
    _, engine, spec = machine
    told = engine.changed()
    first = asyncio.ensure_future(anext(told))
    # Listening begins a moment after it was asked for: what is missed is found by comparing.
    while not first.done():
        await engine.stop(spec.id, grace=0)
        await asyncio.wait([first], timeout=2)
        if not first.done():
            await engine.ensure(spec)
    assert first.result() == spec.id
    await told.aclose()


async def test_a_stop_in_good_order_lets_services_end_themselves(machine):
    region, engine, spec = machine
    unit = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStop=/bin/touch /root/ended-well\n"
    await region.run(
        spec.id, "sh", "-c", f"printf '{unit}' >/etc/systemd/system/witness.service; "
        "systemctl daemon-reload; systemctl start witness",
    )  # fmt: skip
    await _again(engine, spec)
    assert (await region.run(spec.id, "test", "-e", "/root/ended-well"))[0] == 0


async def test_a_dead_agent_is_started_again_and_jupyter_does_not_notice(machine):
    region, engine, spec = machine
    pid = (await region.run(spec.id, "pgrep", "-f", "studiolo.agent /run"))[1].strip()
    await region.run(spec.id, "sleep", "0")
    _, stray = await region.run(
        spec.id, "su", "azureuser", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!"
    )
    await region.run(spec.id, "kill", "-9", pid)
    await until(engine, spec.id, lambda seen: not seen.healthy)
    await until(engine, spec.id, well)
    assert (await region.run(spec.id, "kill", "-0", stray.strip()))[0] == 0


@pytest.mark.parametrize("install", [debian_package, python_wheel, r_package])
async def test_installed_packages_stay_over_stop_and_start(machine, tmp_path, install):
    region, engine, spec = machine
    package = install(tmp_path)
    share = region.config.shares / spec.share / package.file.name
    share.write_bytes(package.file.read_bytes())
    inside = f"/home/azureuser/cloudfiles/code/{package.file.name}"
    code, said = await region.run(spec.id, "su", "azureuser", "-c", package.install(inside))
    assert code == 0, said
    await _again(engine, spec)
    code, said = await region.run(spec.id, "su", "azureuser", "-c", package.use)
    assert (code, said.strip()) == (0, package.says)


async def test_the_share_is_one_folder_with_one_owner_for_two_machines_and_the_host(machine):
    region, engine, spec = machine
    other = new_spec()
    await engine.ensure(other)
    await until(engine, other.id, well)
    code = "/home/azureuser/cloudfiles/code"
    host = region.config.shares / spec.share

    async def write(machine_id, name):
        return await region.run(machine_id, "su", "azureuser", "-c", f"echo {name} >{code}/{name}")

    await asyncio.gather(write(spec.id, "from-a"), write(other.id, "from-b"))
    (host / "from-host").write_text("from-host\n")
    for name in ("from-a", "from-b"):
        assert (host / name).read_text() == f"{name}\n"
        assert ((host / name).stat().st_uid, (host / name).stat().st_gid) == (1000, 1000)
    for machine_id, theirs in ((spec.id, "from-b"), (other.id, "from-a")):
        for name in (theirs, "from-host"):
            assert (await region.run(machine_id, "cat", f"{code}/{name}"))[1] == f"{name}\n"
        code_and_owner = await region.run(machine_id, "stat", "-c", "%U", f"{code}/{theirs}")
        assert code_and_owner[1].strip() == "azureuser"


async def test_logs_of_the_agent_and_the_console_can_be_read_when_the_machine_is_down(machine):
    _, engine, spec = machine
    await engine.stop(spec.id, grace=10)
    assert {"agent", "console"} <= set(await engine.log_names(spec.id))
    assert "agent of" in (await engine.logs(spec.id, "agent", tail=50) or "")
    assert await engine.logs(spec.id, "../../etc/passwd", tail=5) is None
    assert await engine.logs(spec.id, "nothing", tail=5) is None
