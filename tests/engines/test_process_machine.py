"""What happens to a machine of the process engine when something around it breaks."""

import asyncio
import errno
import json
import os
import shutil
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from studiolo.clock import utc_now
from studiolo.domain.machine import Presence
from studiolo.engines.base import Permanent, Temporary
from studiolo.engines.conformance import new_spec, until, well
from studiolo.engines.process import ImageStore, disk, record, start
from studiolo.engines.process.cgroup import Cgroups
from studiolo.engines.process.processes import look_up


async def running(place, **changes):
    """(engine, spec) of a machine that runs and is well."""
    engine, spec = place.engine(), replace(new_spec(), **changes)
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    return engine, spec


async def application(place, spec):
    """Have the stand-in agent start a child as an application, and return it."""
    place.agent(spec.id).send(signal.SIGUSR1)
    file = place.layout(spec.id).agent_state / "child.pid"
    engine = place.engine()
    await until(engine, spec.id, lambda _: file.exists() and file.read_text() != "")
    return look_up(int(file.read_text()))


# --- the agent dies -------------------------------------------------------------------------


async def test_a_killed_agent_is_started_again_and_its_application_goes_on(place):
    engine, spec = await running(place)
    child = await application(place, spec)
    agent = place.agent(spec.id)
    agent.send(signal.SIGKILL)
    assert agent.wait(5)
    seen = await until(engine, spec.id, lambda seen: seen.healthy is False)
    assert seen.presence is Presence.RUNNING
    assert "agent is gone while 1 of its processes run" in seen.reason
    await engine.ensure(spec)
    assert (await until(engine, spec.id, well)).generation == 1
    assert child.alive()
    await engine.stop(spec.id, grace=5)
    assert not child.alive()


async def test_an_agent_that_crashed_alone_is_no_power_off(place):
    engine, spec = await running(place)
    agent = place.agent(spec.id)
    agent.send(signal.SIGKILL)
    assert agent.wait(5)
    seen = await engine.observe(spec.id)
    assert (seen.presence, seen.healthy) == (Presence.RUNNING, False)
    assert "ended unexpectedly" in seen.reason
    assert f"{spec.id} is up" in seen.reason, "the end of its log"
    await engine.ensure(spec)
    await until(engine, spec.id, well)


async def test_a_guest_that_powers_itself_off_is_stopped(place):
    engine, spec = await running(place)
    agent = place.agent(spec.id)
    agent.send(signal.SIGTERM)
    assert agent.wait(5)
    seen = await engine.observe(spec.id)
    assert (seen.presence, seen.generation) == (Presence.STOPPED, 1)


async def test_after_a_reboot_of_the_host_machines_are_stopped(place):
    engine, spec = await running(place)
    agent = place.agent(spec.id)
    agent.send(signal.SIGKILL)
    assert agent.wait(5)
    path = place.layout(spec.id).agent_record
    path.write_text(json.dumps(json.loads(path.read_text()) | {"boot": "another"}))
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED
    await engine.ensure(replace(spec, generation=2))
    assert (await until(engine, spec.id, well)).generation == 2


async def test_a_recorded_pid_that_is_another_process_by_now_is_left_alone(place):
    engine, spec = await running(place)
    await engine.stop(spec.id, grace=5)
    mine = look_up(os.getpid())
    value = record.AgentRecord.of(mine, 1, utc_now())
    value.save(place.layout(spec.id))
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED
    await engine.stop(spec.id, grace=1)
    assert mine.alive()


async def test_a_hung_agent_is_replaced_and_its_application_goes_on(place):
    engine, spec = await running(place)
    child = await application(place, spec)
    hung = place.agent(spec.id)
    hung.send(signal.SIGSTOP)
    await engine.ensure(spec)
    assert hung.alive(), "a young agent may still be starting"
    engine._clock = lambda: utc_now() + timedelta(minutes=1)
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    assert not hung.alive()
    assert child.alive()


# --- the disk -------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["", "home"])
async def test_a_lost_home_is_told_and_made_anew_only_when_asked_for(place, part):
    engine, spec = await running(place, generation=4)
    shutil.rmtree(place.layout(spec.id).folder / part)
    seen = await engine.observe(spec.id)
    assert (seen.presence, seen.healthy) == (Presence.LOST, False)
    assert "is gone while" in seen.reason
    assert str(place.root) not in seen.reason
    assert (await engine.list_owned())[spec.id] == seen
    await engine.ensure(replace(spec, generation=5))
    seen = await until(engine, spec.id, well)
    assert "made anew: it is empty" in seen.reason
    assert len(place.processes(spec.id)) == 1
    assert (place.layout(spec.id).home / "cloudfiles" / "code" / "Users").is_dir()


@pytest.mark.parametrize(("part", "left"), [("", Presence.ABSENT), ("home", Presence.LOST)])
async def test_what_still_runs_of_a_lost_machine_can_be_stopped(place, part, left):
    engine, spec = await running(place)
    shutil.rmtree(place.layout(spec.id).folder / part)
    await engine.stop(spec.id, grace=0)
    seen = await engine.observe(spec.id)
    assert (seen.presence, seen.healthy) == (left, None)
    assert not place.processes(spec.id)


async def test_a_machine_whose_folder_is_gone_can_be_deleted(place):
    engine, spec = await running(place)
    shutil.rmtree(place.layout(spec.id).folder)
    await engine.delete(spec.id)
    assert place.traces(spec.id) == []


async def test_a_damaged_description_is_written_anew_and_the_home_kept(place):
    engine, spec = await running(place)
    await place.write_home(spec.id, "notes.txt", b"kept")
    await engine.stop(spec.id, grace=5)
    place.layout(spec.id).spec.write_text('{"spec": {"depl')
    seen = await engine.observe(spec.id)
    assert seen.presence is Presence.BROKEN
    assert "missing or damaged" in seen.reason
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    assert await place.read_home(spec.id, "notes.txt") == b"kept"


async def test_a_removed_environment_has_a_reason_until_it_is_made_anew(place):
    engine, spec = await running(place)
    shutil.rmtree(place.layout(spec.id).env)
    seen = await engine.observe(spec.id)
    assert (seen.presence, seen.healthy) == (Presence.RUNNING, False)
    assert "env is gone" in seen.reason
    await engine.ensure(spec)
    await until(engine, spec.id, well)


async def test_a_full_disk_stops_a_start_with_a_reason_but_no_stop_and_no_delete(
    place, monkeypatch
):
    engine, spec = await running(place)
    other = new_spec()

    def full(path, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    for module in (record, start):
        monkeypatch.setattr(module, "write_json", full)
    monkeypatch.setattr(disk, "replace_file", full)
    with pytest.raises(Temporary, match=r"ENOSPC.*free some space"):
        await engine.ensure(other)
    await engine.ensure(spec)
    assert well(await engine.observe(spec.id))
    await engine.stop(spec.id, grace=5)
    assert (await engine.observe(spec.id)).presence is Presence.STOPPED
    await engine.delete(spec.id)
    await engine.delete(other.id)
    assert place.traces(spec.id) == place.traces(other.id) == []


async def test_a_read_only_folder_in_the_home_does_not_keep_a_machine_from_being_deleted(place):
    engine, spec = await running(place)
    locked = place.layout(spec.id).home / "a" / "b"
    locked.mkdir(parents=True)
    (locked / "file").write_text("x")
    locked.chmod(0o500)
    locked.parent.chmod(0o500)
    await engine.delete(spec.id)
    assert place.traces(spec.id) == []


# --- what belongs to whom -------------------------------------------------------------------


async def test_the_share_is_joined_and_outlives_the_machine(place):
    engine, first = await running(place)
    _, second = await running(place, alias="bob")
    code = place.layout(first.id).home / "cloudfiles" / "code"
    (code / "Users" / "alice" / "a.ipynb").write_text("{}")
    theirs = place.layout(second.id).home / "cloudfiles" / "code" / "Users"
    assert (theirs / "alice" / "a.ipynb").read_text() == "{}"
    assert (theirs / "bob").is_dir()
    await engine.delete(first.id)
    assert (theirs / "alice" / "a.ipynb").exists()


async def test_nothing_of_the_control_planes_environment_enters_a_machine(place):
    place.inherited |= {
        "STUDIOLO_DATABASE_URL": "secret-1",
        "AWS_SECRET_ACCESS_KEY": "secret-2",
        "PYTHONPATH": "/nowhere",
        "https_proxy": "http://proxy:3128",
        "LC_ALL": "C.UTF-8",
    }
    _, spec = await running(place)
    layout = place.layout(spec.id)
    seen = variables_of(place.agent(spec.id).pid)
    config = json.loads(layout.agent_config.read_text())
    for variables in (seen, config["environment"]):
        assert "secret" not in str(variables)
        assert "PYTHONPATH" not in variables
        assert variables["https_proxy"] == "http://proxy:3128"
        assert variables["HOME"] == str(layout.home)
        assert variables["TMPDIR"] == str(layout.tmp)
        assert variables["VIRTUAL_ENV"] == str(layout.env)
        assert variables["PATH"].startswith(f"{layout.env}/bin:")
        assert variables["CI_NAME"] == spec.name
        assert variables["CI_WORKSPACE"] == spec.workspace
        assert variables["CI_RESOURCE_GROUP"] == spec.resource_group
        assert variables["STUDIOLO_MACHINE"] == f"{spec.deployment}/{spec.id}"


def variables_of(pid):
    text = Path(f"/proc/{pid}/environ").read_text()
    return dict(pair.split("=", 1) for pair in text.split("\0") if pair)


def open_files(pid):
    return {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}


async def test_an_agent_has_no_file_of_ours_open_and_a_session_apart(place):
    _, spec = await running(place)
    agent = place.agent(spec.id)
    files = open_files(agent.pid)
    log = str(place.layout(spec.id).logs / "agent.log")
    assert {name for name in files if name.startswith("/")} == {"/dev/null", log}
    assert not [name for name in files if name.startswith("pipe:")]
    assert os.getsid(agent.pid) != os.getsid(0)
    assert agent.parent != os.getpid()


async def test_tokens_are_in_files_of_their_owner_only(place):
    engine, spec = await running(place)
    layout = place.layout(spec.id)
    holders = [path for path in layout.folder.rglob("*") if holds(path, spec.agent_token)]
    assert set(holders) == {layout.spec, layout.agent_config}
    for path in holders:
        assert path.stat().st_mode & 0o077 == 0
    assert spec.agent_token not in " ".join(place.agent(spec.id).argv)
    for folder in (layout.folder, layout.sockets, layout.sockets.parent, place.root / "run"):
        assert folder.stat().st_mode & 0o077 == 0
    found = await engine.endpoint(spec.id)
    assert found.token == spec.agent_token
    assert found.address == f"unix/{layout.agent_socket}"


def holds(path: Path, text: str) -> bool:
    return path.is_file() and not path.is_symlink() and text.encode() in path.read_bytes()


async def test_a_run_folder_that_is_a_link_is_refused(place):
    elsewhere = place.root / "elsewhere"
    elsewhere.mkdir()
    (place.root / "run").symlink_to(elsewhere)
    with pytest.raises(Permanent, match="an administrator must remove it"):
        await place.engine().ensure(new_spec())


@pytest.mark.parametrize("name", ["", "..", "../x", "/etc", "ci-1/../../x", "CI-1", ".lock", "a b"])
async def test_ids_that_are_no_machines_are_refused(place, name):
    engine = place.engine()
    with pytest.raises(Permanent):
        await engine.delete(name)
    with pytest.raises(Permanent):
        await engine.ensure(replace(new_spec(), id=name))


@pytest.mark.parametrize("field", ["alias", "share"])
@pytest.mark.parametrize("value", ["", "..", "a/b", "/etc", ".x"])
async def test_folders_outside_the_share_are_refused(place, field, value):
    spec = replace(new_spec(), **{field: value})
    with pytest.raises(Permanent):
        await place.engine().ensure(spec)
    assert place.traces(spec.id) == []


async def test_a_stray_that_hid_its_tag_is_ended_with_the_machine(place):
    engine, spec = await running(place)
    parent = await asyncio.create_subprocess_exec(
        *("sh", "-c", "setsid env -i sleep 1000 & echo $! > $0; wait", str(place.root / "pid")),
        env={"STUDIOLO_MACHINE": f"{spec.deployment}/{spec.id}", "PATH": os.defpath},
    )
    file = place.root / "pid"
    await until(engine, spec.id, lambda _: file.exists() and file.read_text().strip() != "")
    hidden = look_up(int(file.read_text()))
    await engine.stop(spec.id, grace=1)
    await parent.wait()
    assert not hidden.alive()


async def test_limits_hold_where_control_groups_allow_and_are_stated_where_not(place):
    engine, spec = await running(place)
    health = await engine.health()
    missing = Cgroups(spec.deployment).missing()
    for name in missing:
        assert any(line.startswith(f"{name} is not limited") for line in health.limitations)
    agent = place.agent(spec.id).pid
    config = json.loads(place.layout(spec.id).agent_config.read_text())
    assert config["memory_limit_mib"] == (None if "memory" in missing else 2048)
    for folder in start.recorded_groups(place.layout(spec.id)):
        assert str(agent) in (folder / "cgroup.procs").read_text().split()
        for name in ("memory.max", "memory.limit_in_bytes"):
            if (folder / name).exists():
                assert int((folder / name).read_text()) == 2048 * 1024 * 1024


async def test_groups_named_in_a_machines_own_file_are_only_its_own(place):
    engine, spec = await running(place)
    await engine.stop(spec.id, grace=1)
    layout = place.layout(spec.id)
    layout.cgroups.write_text('{"folders": ["/sys/fs/cgroup", "/sys/fs/cgroup/studiolo-x/other"]}')
    assert start.recorded_groups(layout) == ()


async def test_logs_are_read_without_the_machine(place):
    engine, spec = await running(place)
    await engine.stop(spec.id, grace=5)
    assert await engine.log_names(spec.id) == ("agent",)
    (place.layout(spec.id).logs / "agent.log").write_text("".join(f"{n}\n" for n in range(50_000)))
    assert await engine.logs(spec.id, "agent", tail=2) == "49998\n49999\n"
    assert await engine.logs(spec.id, "none", tail=2) is None
    assert await engine.logs(spec.id, "../machine", tail=2) is None
    (place.layout(spec.id).logs / "x.log").symlink_to("/etc/passwd")
    assert await engine.logs(spec.id, "x", tail=2) is None


async def test_a_machine_without_a_prepared_image_waits_for_one(place, tmp_path):
    engine = place.engine()
    engine._machines._images = ImageStore(tmp_path, {})
    with pytest.raises(Temporary, match="not prepared yet"):
        await engine.ensure(new_spec())
    assert not (await engine.health()).ok
