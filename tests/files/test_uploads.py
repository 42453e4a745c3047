"""Putting files into a share: whole or not at all, and never over what others wrote."""

import asyncio
import errno
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.sharing import Team, anything, open_share

from studiolo.domain.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    OutOfSpace,
    PreconditionFailed,
    Unavailable,
)
from studiolo.files import ShareFiles, WorkspaceShares, uploads
from studiolo.files.entries import Kind
from studiolo.files.folders import Share
from studiolo.files.paths import share_path

PART = f".{'ab' * 8}.part"


def only(etag: str | None):
    """A check that allows a change of that version only."""

    def check(current):
        if current != etag:
            raise PreconditionFailed("changed")

    return check


async def test_a_file_comes_back_as_it_was_sent_and_can_be_replaced(team: Team):
    data = os.urandom(3_000_001)
    first, new = await team.put("Users/데이터.bin", data)
    assert new
    assert await team.get("Users/데이터.bin") == data
    assert first.size == len(data)
    second, new = await team.put("Users/데이터.bin", b"")
    assert not new
    assert await team.get("Users/데이터.bin") == b""
    assert second.etag != first.etag
    assert (await team.look("Users")).entries == (second,)


async def test_the_place_of_a_file_is_neither_the_share_nor_in_a_folder_that_is_not_there(
    team: Team,
):
    with pytest.raises(InvalidInput):
        await team.put("")
    with pytest.raises(NotFound):
        await team.put("nothing/a.txt")
    with pytest.raises(Conflict) as refused:
        await team.put("Users")
    assert refused.value.code == "ResourceTypeMismatch"


async def test_an_upload_that_is_not_committed_changes_nothing(team: Team):
    await team.put("a.txt", b"old")
    now = datetime.now(UTC)
    with pytest.raises(ZeroDivisionError):
        async with team.files.upload(share_path("a.txt"), anything, size=None, now=now) as upload:
            await upload.write(b"n" * 3_000_000)
            assert await team.names() == ["Users", "a.txt"]
            raise ZeroDivisionError
    assert await team.get("a.txt") == b"old"
    assert team.on_disk() == ["Users", "a.txt"]


async def test_a_cancelled_upload_changes_nothing(team: Team):
    begun = asyncio.Event()

    async def upload():
        now = datetime.now(UTC)
        async with team.files.upload(share_path("a"), anything, size=None, now=now) as sent:
            begun.set()
            while True:
                await sent.write(b"x" * 2_000_000)

    running = asyncio.create_task(upload())
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert team.on_disk() == ["Users"]


async def test_who_wrote_meanwhile_is_not_overwritten(team: Team):
    entry, _ = await team.put("a.txt", b"old")
    check, now = only(entry.etag), datetime.now(UTC)
    async with team.files.upload(share_path("a.txt"), check, size=3, now=now) as upload:
        await upload.write(b"new")
        await team.put("a.txt", b"theirs")
        with pytest.raises(PreconditionFailed):
            await upload.commit(check)
    assert await team.get("a.txt") == b"theirs"
    assert team.on_disk() == ["Users", "a.txt"]


async def test_of_many_writers_of_one_version_one_wins(team: Team):
    entry, _ = await team.put("a.txt", b"old")
    ends = await asyncio.gather(
        *(team.put("a.txt", b"%d" % each, only(entry.etag)) for each in range(12)),
        return_exceptions=True,
    )
    won = [number for number, end in enumerate(ends) if isinstance(end, tuple)]
    assert len(won) == 1
    assert await team.get("a.txt") == b"%d" % won[0]
    refused = [end for end in ends if isinstance(end, PreconditionFailed)]
    assert len(refused) == 11


async def test_a_machine_that_puts_a_file_in_a_new_files_place_keeps_it(team: Team, monkeypatch):
    """Between the last look and the rename."""

    def machine(_point: str) -> None:
        (team.top / "a.txt").write_text("the machine's")

    monkeypatch.setattr(uploads, "point", machine)
    with pytest.raises(Conflict) as refused:
        await team.put("a.txt")
    assert refused.value.code == "ResourceAlreadyExists"
    assert (team.top / "a.txt").read_text() == "the machine's"
    assert team.on_disk() == ["Users", "a.txt"]


async def test_a_machine_that_swaps_what_is_being_written_is_told_of(team: Team, monkeypatch):
    """It sees the hidden file, and can put another in its place just before the rename."""

    def machine(_point: str) -> None:
        (part,) = team.top.glob(".*.part")
        part.unlink()
        part.write_text("the machine's")

    monkeypatch.setattr(uploads, "point", machine)
    with pytest.raises(Conflict, match="changed by others"):
        await team.put("a.txt")


async def test_a_share_whose_lock_is_held_keeps_no_other_waiting(team: Team, tmp_path):
    await WorkspaceShares(tmp_path / "shares").ensure("ws-2")
    other = Team(
        ShareFiles(tmp_path / "shares", "ws-2"), tmp_path / "shares" / "ws-2", team.outside
    )
    with Share(tmp_path / "shares", "ws-1").exclusive():
        waiting = asyncio.create_task(team.put("a.txt"))
        async with asyncio.timeout(20):
            await other.put("a.txt")
        assert not waiting.done()
        assert not (team.top / "a.txt").exists()
    assert (await waiting)[1]


async def test_new_things_are_for_everybody_and_a_script_stays_one(team: Team):
    await team.put("run.sh")
    await team.files.make_folder(share_path("a/b"))
    assert stat.S_IMODE((team.top / "run.sh").stat().st_mode) == 0o644
    assert stat.S_IMODE((team.top / "a").stat().st_mode) == 0o755
    assert stat.S_IMODE((team.top / "a" / "b").stat().st_mode) == 0o755
    (team.top / "run.sh").chmod(0o6750)
    await team.put("run.sh")
    assert stat.S_IMODE((team.top / "run.sh").stat().st_mode) == 0o750


async def test_new_things_belong_to_whom_the_share_belongs(tmp_path):
    owner = (1000, 1000) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    team = await open_share(tmp_path, owner=1000)
    await team.files.make_folder(share_path("Users/alice/data"))
    await team.put("Users/alice/data/a.txt")
    for path in ("Users/alice", "Users/alice/data", "Users/alice/data/a.txt"):
        status = (team.top / path).stat()
        assert (status.st_uid, status.st_gid) == owner


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["write", "fsync"])
async def test_a_full_disk_is_a_sentence_and_changes_nothing(
    team: Team, monkeypatch, call: str, number: int
):
    await team.put("a.txt", b"old")

    def full(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OutOfSpace, match="nothing was changed"):
        await team.put("a.txt", b"new")
    monkeypatch.undo()
    assert await team.get("a.txt") == b"old"
    assert team.on_disk() == ["Users", "a.txt"]


async def test_what_has_no_room_is_refused_before_it_is_sent(team: Team):
    now = datetime.now(UTC)
    with pytest.raises(OutOfSpace):
        async with team.files.upload(share_path("a"), anything, size=2**62, now=now):
            raise AssertionError("it was let in")
    assert team.on_disk() == ["Users"]


async def test_a_broken_disk_is_told(team: Team, monkeypatch):
    await team.put("a.txt", b"old")

    def broken(*_arguments):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "pread", broken)
    with pytest.raises(Unavailable, match="Input/output error"):
        await team.get("a.txt")


async def test_leftovers_of_a_crash_are_hidden_and_go_after_a_day(team: Team):
    left = team.top / PART
    left.write_text("half of it")
    assert await team.names() == ["Users"]
    assert left.exists()
    now = datetime.now(UTC) + timedelta(days=1, minutes=1)
    await team.files.list(share_path(""), top=9, now=now)
    assert not left.exists()


async def test_only_files_count_as_leftovers(team: Team):
    (team.top / PART).symlink_to(team.outside)
    now = datetime.now(UTC) + timedelta(days=2)
    await team.files.list(share_path(""), top=9, now=now)
    assert (team.top / PART).is_symlink()
    (team.top / PART).unlink()
    (team.top / PART).mkdir()
    found = await team.files.list(share_path(""), top=9, now=now)
    assert [each.kind for each in found.entries] == [Kind.DIRECTORY, Kind.OTHER]
    assert team.is_untouched()
