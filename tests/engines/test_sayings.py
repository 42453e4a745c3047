"""What people are told of a fault names things, and no path of the host."""

import errno
import json
import re
import shutil
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engines.conftest import Place
from tests.support.reconciling import DEPLOYMENT, Bench

from studiolo.domain.states import Event, State
from studiolo.engines.base import EngineError, Permanent, Temporary, Unreachable
from studiolo.engines.conformance import new_spec, until, well
from studiolo.engines.incus import client
from studiolo.engines.incus.loops import _run
from studiolo.engines.process import disk, record, start
from studiolo.engines.saying import details, in_full, without_paths
from studiolo.files.shares import WorkspaceShares
from studiolo.store.database import Database

_PATH = re.compile(r"""(?:^|[\s"'(:])/\w""")


def holds_path(told: str) -> bool:
    """Whether an absolute path is in a sentence."""
    return _PATH.search(told) is not None


# --- the process engine ---------------------------------------------------------------------


def no_folder_left(place: Place, machine: str) -> None:
    shutil.rmtree(place.layout(machine).folder)


def no_home_left(place: Place, machine: str) -> None:
    shutil.rmtree(place.layout(machine).home)


def no_environment_left(place: Place, machine: str) -> None:
    shutil.rmtree(place.layout(machine).env)


@pytest.mark.parametrize("fault", [no_folder_left, no_home_left, no_environment_left])
async def test_a_machine_that_lost_something_is_told_without_a_path(place, fault):
    engine, spec = place.engine(), new_spec()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    fault(place, spec.id)
    reason = (await engine.observe(spec.id)).reason
    assert "gone" in reason
    assert not holds_path(reason), reason
    assert spec.id not in reason


async def test_a_damaged_description_is_told_without_a_path(place):
    engine, spec = place.engine(), new_spec()
    await engine.ensure(spec)
    await engine.stop(spec.id, grace=5)
    place.layout(spec.id).spec.write_text("{")
    reason = (await engine.observe(spec.id)).reason
    assert "description is missing or damaged" in reason
    assert not holds_path(reason)


def a_file_for_the_home(place: Place, machine: str) -> None:
    shutil.rmtree(place.layout(machine).home)
    place.layout(machine).home.write_text("")


def a_file_for_the_shares(place: Place, machine: str) -> None:
    shutil.rmtree(place.root / "shares")
    (place.root / "shares").write_text("")


def an_image_that_is_none(place: Place, machine: str) -> None:
    """The machine is on an image whose content somebody has removed."""
    empty = place.root / "images" / "ml"
    empty.mkdir(parents=True)
    said = json.loads(place.layout(machine).spec.read_text())
    place.layout(machine).spec.write_text(json.dumps(said | {"image": str(empty)}))


def a_folder_for_the_log(place: Place, machine: str) -> None:
    (place.layout(machine).logs / "agent.log").unlink()
    (place.layout(machine).logs / "agent.log").mkdir()


def another_deployments(place: Place, machine: str) -> None:
    said = json.loads(place.layout(machine).spec.read_text())
    said["spec"]["deployment"] = "other"
    place.layout(machine).spec.write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (a_file_for_the_home, "the machine's home|home is gone"),
        (a_file_for_the_shares, "the file shares|region's data"),
        (an_image_that_is_none, "the machine's image is damaged"),
        (a_folder_for_the_log, "agent could not be started"),
        (another_deployments, "belongs to another deployment"),
    ],
)
async def test_a_start_that_fails_is_told_without_a_path_and_in_full_to_administrators(
    place: Place, fault: Callable[[Place, str], None], named: str
) -> None:
    engine, spec = place.engine(), new_spec()
    await engine.ensure(spec)
    await engine.stop(spec.id, grace=5)
    fault(place, spec.id)
    with pytest.raises(EngineError) as failed:
        await engine.ensure(replace(spec, generation=2))
    told = str(failed.value)
    assert re.search(named, told, re.IGNORECASE), told
    assert not holds_path(told), told
    assert str(place.root) in " ".join(details(failed.value))
    assert str(place.root) in in_full(failed.value)
    if fault is another_deployments:
        shutil.rmtree(place.layout(spec.id).folder)


async def test_an_agent_that_cannot_run_is_told_without_a_path(place):
    place.agent_command = (str(place.root / "no such folder" / "python"),)
    engine, spec = place.engine(), new_spec()
    with pytest.raises(Temporary, match="ended at once"):
        await engine.ensure(spec)
    (place.layout(spec.id).logs / "agent.log").write_text(
        f"{place.root}/no such folder/python: No such file or directory\n"
    )
    seen = await engine.observe(spec.id)
    assert not holds_path(seen.reason or ""), seen.reason
    assert str(place.root) not in (seen.reason or "")


async def test_a_full_disk_is_told_without_a_path(place, monkeypatch):
    def full(path, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    for module in (record, start):
        monkeypatch.setattr(module, "write_json", full)
    monkeypatch.setattr(disk, "replace_file", full)
    with pytest.raises(Temporary, match="is full") as failed:
        await place.engine().ensure(new_spec())
    assert not holds_path(str(failed.value))


@pytest.mark.parametrize(
    ("where", "named"),
    [
        ("machines/ci-1/home/a/b", "the machine's home"),
        ("machines/ci-1/machine.json", "the machine's folder"),
        ("machines/.new-ci-1", "the region's machines"),
        ("shares/w/Users", "the file shares"),
        ("elsewhere", "the region's data"),
        ("../elsewhere/x", "the region's data"),
    ],
)
def test_a_disks_refusal_names_what_is_on_it(tmp_path: Path, where: str, named: str) -> None:
    home = tmp_path / "studiolo"
    path = str((home / where).resolve())
    told = disk.disk_error(OSError(errno.EIO, "I/O error", path), home / "machines")
    assert f"refused to serve {named} (I/O error)" in str(told)
    assert path in told.detail


def test_an_error_of_many_files_is_not_quoted(tmp_path: Path) -> None:
    error = shutil.Error([("/srv/a", "/srv/b", "[Errno 5] '/srv/a'")])
    assert not holds_path(str(disk.disk_error(error, tmp_path / "machines")))


# --- the whole way to who reads it ----------------------------------------------------------


@asynccontextmanager
async def broken_run_folder(place: Place):
    """The folder of sockets is a link: nothing must be put there."""
    (place.root / "elsewhere").mkdir()
    (place.root / "run").symlink_to(place.root / "elsewhere")
    try:
        yield
    finally:
        (place.root / "run").unlink()


async def test_neither_errors_operations_nor_the_log_of_activity_hold_a_path(
    place: Place, database_url: str
) -> None:
    database = Database.open(database_url)
    bench = Bench(database, engine=place.engine(DEPLOYMENT))
    await bench.open()
    async with broken_run_folder(place):
        compute = await bench.create()
        await bench.settle()
        failed = await bench.read(compute)
        operation = await bench.last(compute, "Create")
        told = await bench.told()
    assert failed.state is State.CREATE_FAILED
    assert operation.error is not None
    said = [each.message for each in failed.errors]
    said += [operation.error.message, *(detail for *_, detail in told)]
    assert len([each for each in said if "must remove it" in each]) == 3
    assert not any(holds_path(each) or str(place.root) in each for each in said), said
    await bench.request(failed, Event.DELETE)
    await bench.settle()
    await database.close()


async def test_a_share_that_cannot_be_made_is_told_without_a_path(tmp_path: Path) -> None:
    (tmp_path / "shares").write_text("")
    shares = WorkspaceShares(tmp_path / "shares")
    with pytest.raises(Exception, match="refused to serve the file share") as failed:
        await shares.user_folder("w", "alice")
    assert not holds_path(str(failed.value))


# --- the incus engine -----------------------------------------------------------------------


async def test_a_daemon_that_is_not_there_is_told_without_its_socket(tmp_path: Path) -> None:
    daemon = client.Daemon(tmp_path / "unix.socket")
    with pytest.raises(Unreachable) as failed:
        await daemon.get("")
    await daemon.aclose()
    assert not holds_path(str(failed.value))
    assert str(tmp_path / "unix.socket") in in_full(failed.value)


@pytest.mark.parametrize(
    "said",
    [
        'Missing source path "/srv/studiolo home/shares/w" for disk "share"',
        "Failed to run: zfs clone: cannot open '/dev/zfs': Permission denied",
        "write /var/snap/lxd/common/lxd/storage-pools/p/f: no space left on device",
        "Failed creating instance: open /srv/studiolo/homes/ci-1: no such file or directory",
        "missing event connection with target /var/lib/x",
    ],
)
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_daemons_words_are_told_without_paths_and_kept_in_full(said: str, status: int) -> None:
    told = client.refusal(said, status)
    assert not holds_path(str(told)), told
    if isinstance(told, client.Refused):
        assert told.detail == said
        assert told.says(said.lower())


def test_a_hosts_program_that_fails_is_told_without_paths(tmp_path: Path) -> None:
    source = tmp_path / "home.xfs"
    with pytest.raises(Temporary, match=r"cp failed for the machine's 'copy'") as failed:
        _run("cp", str(source), str(tmp_path / "copy"))
    assert not holds_path(str(failed.value)), failed.value
    assert str(source) in failed.value.detail


# --- the rule -------------------------------------------------------------------------------

_NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))


@given(_PATHS, st.sampled_from(["open {}: denied", "'{}' is gone", 'at "{}"', "{}", "({})"]))
def test_a_path_is_cut_to_its_name_wherever_it_stands(path: str, sentence: str) -> None:
    told = without_paths(sentence.format(path))
    assert told == sentence.format(path.rpartition("/")[2])
    assert without_paths(told) == told


@pytest.mark.parametrize(
    "text", ["see https://example.org/a/b", "and/or", "10.0.0.1/16", "3 / 4", "~/cloudfiles/code"]
)
def test_what_is_no_path_stays(text: str) -> None:
    assert without_paths(text) == text


def test_only_what_an_administrator_does_not_read_already_is_added() -> None:
    assert in_full(Permanent("It is gone.")) == "It is gone."
    assert in_full(Permanent("It is gone.", detail="/srv/x")) == "It is gone. (/srv/x)"
