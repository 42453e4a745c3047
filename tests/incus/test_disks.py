"""A machine's disks have the size they show, keep nothing from starting when full, and grow."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from studiolo.domain.machine import Presence, Resources
from studiolo.engines.base import Permanent
from studiolo.engines.conformance import ANOTHER, new_spec, until, well

LXD = Path(__file__).parents[2] / "tools" / "lxd" / "lxd.sh"
GIB = 1024**3
SMALL = Resources(vcpus=1, memory_mib=1024, disk_gib=1, root_gib=3, temp_disk_mib=512)
HOME, TEMP = "/home/azureuser", "/mnt"


@pytest.fixture(autouse=True)
def a_pool_that_counts():
    """What `./dev lxd` does: a btrfs that has given up counting holds no disk to its size."""
    subprocess.run(["sh", str(LXD)], check=True)


async def started(region, resources=SMALL):
    engine, spec = region.engine(), replace(new_spec(), resources=resources)
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    return engine, spec


async def sizes(region, spec, path):
    """(total, free) bytes as `df` shows them."""
    _, said = await region.run(spec.id, "df", "-B1", "--output=size,avail", path)
    total, free = said.splitlines()[-1].split()
    return int(total), int(free)


async def fill(region, spec, path):
    command = f"dd if=/dev/zero of={path}/big bs=1M; df {path} >&2"
    return await region.run(spec.id, "sh", "-c", command)


async def restarted(engine, spec, **changes):
    await engine.stop(spec.id, grace=10)
    after = replace(spec, generation=spec.generation + 1, **changes)
    await engine.ensure(after)
    await until(engine, spec.id, well)
    return after


async def test_df_shows_the_size_of_home_and_temporary_disk(region):
    _, spec = await started(region)
    for path, wanted in ((HOME, GIB), (TEMP, GIB // 2)):
        total, _ = await sizes(region, spec, path)
        # A file system keeps some of its disk for itself.
        assert 0.85 * wanted < total <= wanted


async def test_writing_more_than_the_home_holds_is_refused_as_a_full_disk(region):
    _, spec = await started(region)
    _, said = await fill(region, spec, HOME)
    assert "No space left on device" in said
    assert (await sizes(region, spec, HOME))[1] < GIB // 100


@pytest.mark.parametrize("path", [HOME, TEMP, "/root"])
async def test_a_machine_with_a_full_disk_stops_starts_and_answers(region, path):
    engine, spec = await started(region)
    _, said = await fill(region, spec, path)
    assert "No space left" in said or "quota exceeded" in said
    spec = await restarted(engine, spec)
    assert (await region.run(spec.id, "test", "-e", f"{path}/big"))[0] == 0
    await restarted(engine, spec)


async def test_a_full_home_grows_while_the_machine_runs(region):
    engine, spec = await started(region)
    await fill(region, spec, HOME)
    larger = replace(spec, generation=2, resources=replace(SMALL, disk_gib=2))
    assert await engine.adapt(larger)
    assert (await sizes(region, spec, HOME))[1] > GIB // 2
    assert (await engine.observe(spec.id)).generation == 2


async def test_a_full_root_disk_grows_while_the_machine_runs(region):
    engine, spec = await started(region)
    await fill(region, spec, "/root")
    larger = replace(spec, generation=2, resources=replace(SMALL, root_gib=4))
    assert await engine.adapt(larger)
    assert (await region.run(spec.id, "sh", "-c", "echo more >/root/more && cat /root/more"))[1]
    assert (await region.run(spec.id, "test", "-s", "/root/more"))[0] == 0


async def test_a_disk_is_never_made_smaller(region):
    engine, spec = await started(region, replace(SMALL, disk_gib=2))
    await restarted(engine, spec, resources=SMALL)
    assert (await sizes(region, spec, HOME))[0] > 1.5 * GIB


async def test_homes_as_volumes_are_held_to_their_size_and_grow(volumes_region):
    engine, spec = await started(volumes_region)
    _, said = await fill(volumes_region, spec, HOME)
    assert "quota exceeded" in said
    spec = await restarted(engine, spec)
    larger = replace(spec, generation=3, resources=replace(SMALL, disk_gib=2))
    assert await engine.adapt(larger)
    code, said = await volumes_region.run(
        spec.id, "dd", "if=/dev/zero", f"of={HOME}/more", "bs=1M", "count=256"
    )
    assert code == 0, said


async def test_a_home_whose_container_was_removed_is_kept_and_used_again(region):
    engine, spec = await started(region)
    await region.write_home(spec.id, "notes.txt", b"kept")
    await region.remove_container(spec.id)
    seen = await engine.observe(spec.id)
    assert seen.presence is Presence.LOST
    assert "kept" in seen.reason
    assert (await engine.list_owned())[spec.id].presence is Presence.LOST
    await engine.ensure(replace(spec, generation=2))
    await until(engine, spec.id, well)
    assert await region.read_home(spec.id, "notes.txt") == b"kept"


async def test_a_home_of_another_deployment_is_not_touched(region, volumes_region):
    for place in (region, volumes_region):
        theirs, spec = place.engine(ANOTHER), new_spec(deployment=ANOTHER)
        await theirs.ensure(spec)
        await place.write_home(spec.id, "notes.txt", b"theirs")
        await place.remove_container(spec.id)
        ours = place.engine()
        await ours.delete(spec.id)
        with pytest.raises(Permanent):
            await ours.ensure(replace(new_spec(), id=spec.id))
        assert await place.read_home(spec.id, "notes.txt") == b"theirs"


async def test_health_tells_whether_df_shows_the_truth(region, volumes_region):
    assert not any("df" in limit for limit in (await region.engine().health()).limitations)
    assert any("df" in limit for limit in (await volumes_region.engine().health()).limitations)
