"""Workspace shares: whole files, safe paths, kept unless removed on purpose."""

import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain.alias import user_alias
from studiolo.domain.errors import InvalidInput, Unavailable
from studiolo.files import WorkspaceShares
from studiolo.files.shares import inside


@pytest.fixture
def shares(tmp_path):
    return WorkspaceShares(tmp_path / "shares")


async def test_ensure_makes_a_private_share_with_a_users_folder(shares):
    folder = await shares.ensure("ws-1")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "Users").is_dir()
    assert await shares.ensure("ws-1") == folder


async def test_user_folders_are_below_users(shares):
    own = await shares.user_folder("ws-1", "alice")
    assert own == await shares.ensure("ws-1") / "Users" / "alice"
    assert own.is_dir()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc", ".hidden", "a\0b", "x" * 65, "a b"])
async def test_names_that_are_no_plain_folder_are_refused(shares, name, tmp_path):
    with pytest.raises(InvalidInput):
        await shares.ensure(name)
    with pytest.raises(InvalidInput):
        await shares.user_folder("ws-1", name)
    assert not (tmp_path / "shares").exists()


async def test_write_replaces_a_file_whole(shares):
    await shares.write("ws-1", "Users/alice/a.txt", b"old")
    path = await shares.write("ws-1", "Users/alice/a.txt", b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "Users/../../x", "a/../b", "x\0y", "Users", ".", "a" * 5000]
)
async def test_paths_that_lead_outside_are_refused(shares, path):
    with pytest.raises(InvalidInput):
        await shares.write("ws-1", path, b"x")


async def test_links_that_lead_outside_are_refused(shares, tmp_path):
    folder = await shares.ensure("ws-1")
    (tmp_path / "outside").mkdir()
    (folder / "way").symlink_to(tmp_path / "outside")
    (folder / "file").symlink_to(tmp_path / "outside" / "file")
    for path in ("way/file", "file"):
        with pytest.raises(InvalidInput):
            await shares.write("ws-1", path, b"x")
    assert list((tmp_path / "outside").iterdir()) == []


async def test_a_share_that_is_a_link_is_refused(shares, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "shares").mkdir()
    (tmp_path / "shares" / "ws-1").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput):
        await shares.ensure("ws-1")


async def test_a_disk_that_fails_is_a_sentence_and_leaves_the_old_file(shares, monkeypatch):
    path = await shares.write("ws-1", "a.txt", b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device", "a.txt")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        await shares.write("ws-1", "a.txt", b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert not list(path.parent.glob(".*"))


async def test_retire_keeps_the_files_and_remove_does_not(shares):
    await shares.write("ws-1", "a.txt", b"kept")
    kept = await shares.retire("ws-1")
    assert (kept / "a.txt").read_bytes() == b"kept"
    assert await shares.retire("ws-1") == kept
    assert await shares.retire("ws-2") is None
    await shares.remove("ws-1")
    assert not kept.exists()
    await shares.remove("ws-1")


async def test_what_a_late_request_makes_of_a_retired_share_is_no_obstacle(shares):
    await shares.write("ws-1", "a.txt", b"kept")
    kept = await shares.retire("ws-1")
    assert not await shares.exists("ws-1")
    again = await shares.ensure("ws-1")
    assert await shares.retire("ws-1") == kept
    assert not again.exists()
    assert sorted(each.name for each in kept.iterdir()) == ["Users", "a.txt"]
    await shares.write("ws-1", "late.txt", b"late")
    assert await shares.retire("ws-1") == kept
    assert not again.exists()
    assert [each.read_bytes() for each in kept.glob("late-*/late.txt")] == [b"late"]


WRITER = """
import sys
from pathlib import Path
from studiolo.durable import replace_file
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in (b"a", b"b"):
        replace_file(path, letter * 1_000_000)
"""


def test_a_writer_killed_at_any_instant_leaves_a_whole_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"b" * 1_000_000)
    for attempt in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout.readline() == "ready\n"
        deadline = time.monotonic() + 0.011 * attempt
        while time.monotonic() < deadline:
            assert len(set(path.read_bytes())) == 1
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        data = path.read_bytes()
        assert len(data) == 1_000_000
        assert len(set(data)) == 1


@given(st.text(max_size=200))
def test_every_user_name_has_an_alias_that_is_a_safe_folder(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    alias = user_alias(name)
    assert inside(folder, f"{alias}/x").parent == (folder / alias).resolve()
    assert alias.isascii()
    assert "/" not in alias
    assert user_alias(alias) == alias


def test_an_alias_is_the_local_part_of_an_address():
    assert user_alias("alice.b@example.org") == "alice.b"
    assert user_alias("@example.org") == "user"


async def test_a_share_belongs_to_whom_its_machines_write_as(shares):
    """Only root may give files away; who is not root keeps them, and doctor says so."""
    owner = (1000, 1000) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    await shares.user_folder("ws-1", "alice", owner=1000)
    folder = await shares.ensure("ws-1", owner=1000)
    file = await shares.write("ws-1", "Logs/new/a.txt", b"x")
    below = [folder, folder / "Users", folder / "Users" / "alice", file.parent, file]
    assert {(each.stat().st_uid, each.stat().st_gid) for each in below} == {owner}
    assert folder.parent.stat().st_uid == os.geteuid()


@pytest.mark.parametrize("link", ["Users", "Users/alice"])
async def test_a_machine_cannot_lead_the_making_of_folders_elsewhere(shares, tmp_path, link):
    """It writes the share too, and may put a link where a folder was."""
    folder = await shares.ensure("ws-1", owner=1000)
    (tmp_path / "outside").mkdir()
    if link == "Users":
        (folder / "Users").rmdir()
    (folder / link).symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidInput, match="link"):
        await shares.user_folder("ws-1", "alice", owner=1000)
    assert list((tmp_path / "outside").iterdir()) == []
