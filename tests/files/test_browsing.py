"""What people do in a share, and what machines put in their way."""

import asyncio
import ctypes
import errno
import os
import socket
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.sharing import Team, anything, open_share

from studiolo.domain.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    OutOfSpace,
    PreconditionFailed,
    StudioloError,
    Unavailable,
)
from studiolo.files import uploads
from studiolo.files.browsing import ShareFiles
from studiolo.files.entries import Kind, Place, _instant
from studiolo.files.paths import share_path

PART = f".{'ab' * 8}.part"


def only(etag: str | None):
    """A check that allows a change of that version only."""

    def check(current):
        if current != etag:
            raise PreconditionFailed("changed")

    return check


# Looking


async def test_folders_come_first_and_then_names(team: Team):
    for name in ("b", "a", "Z"):
        (team.top / name).mkdir()
    for name in ("c.txt", "B.txt", "한글.txt"):
        (team.top / name).write_text(name)
    assert await team.names() == ["Users", "Z", "a", "b", "B.txt", "c.txt", "한글.txt"]
    found = {each.name: each for each in (await team.look()).entries}
    assert (found["a"].kind, found["a"].size, found["a"].etag) == (Kind.DIRECTORY, None, None)
    assert (found["c.txt"].kind, found["c.txt"].size, found["c.txt"].path) == (
        Kind.FILE,
        5,
        "c.txt",
    )


async def test_pages_follow_each_other_without_gap_or_double(team: Team):
    for number in range(25):
        (team.top / f"{number}").write_text("")
        (team.top / os.fsdecode(b"\xff%d" % number)).write_text("")
    seen, after = [], None
    while True:
        page = await team.files.list(share_path(""), after=after, top=7, now=datetime.now(UTC))
        seen += page.entries
        after = page.following
        if after is None:
            break
    assert len(seen) == 51
    assert len({each.name for each in seen if each.kind is Kind.FILE}) == 25


async def test_a_page_goes_on_where_a_deleted_entry_was(team: Team):
    for name in "abc":
        (team.top / name).write_text("")
    page = await team.files.list(share_path(""), top=2, now=datetime.now(UTC))
    assert page.following == Place(1, b"a")
    (team.top / "a").unlink()
    rest = await team.files.list(share_path(""), after=page.following, top=9, now=datetime.now(UTC))
    assert [each.name for each in rest.entries] == ["b", "c"]


async def test_names_that_are_no_text_are_shown_and_cannot_be_named(team: Team):
    (team.top / os.fsdecode(b"caf\xe9.txt")).write_text("")
    (team.top / "two\nlines").mkdir()
    shown = {each.name: each.kind for each in (await team.look()).entries}
    assert shown == {
        "Users": Kind.DIRECTORY,
        "caf\ufffd.txt": Kind.OTHER,
        "two\ufffdlines": Kind.OTHER,
    }


async def test_a_folder_that_is_not_there_or_none_is_told(team: Team):
    await team.put("a.txt")
    with pytest.raises(NotFound, match="'nothing' is not there"):
        await team.look("nothing/below")
    with pytest.raises(Conflict) as refused:
        await team.look("a.txt")
    assert refused.value.code == "ResourceTypeMismatch"


async def test_a_share_that_is_gone_is_told(team: Team, tmp_path):
    with pytest.raises(NotFound):
        await ShareFiles(tmp_path / "shares", "ws-9").list(
            share_path(""), top=1, now=datetime.now(UTC)
        )


def test_times_beyond_the_calendar_are_its_ends():
    assert _instant(10**30).year == 9999
    assert _instant(-(10**30)).year == 1
    assert _instant(0) == datetime(1970, 1, 1, tzinfo=UTC)


# Writing


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
    assert [each.kind for each in found.entries] == [Kind.OTHER, Kind.DIRECTORY]
    assert team.is_untouched()


# Folders


async def test_making_a_folder_makes_those_above_it_and_may_be_repeated(team: Team):
    entry, new = await team.files.make_folder(share_path("a/b/c"))
    assert (entry.path, entry.kind, new) == ("a/b/c", Kind.DIRECTORY, True)
    assert (await team.files.make_folder(share_path("a/b/c")))[1] is False
    assert (await team.files.make_folder(share_path("")))[1] is False
    await team.put("a/file")
    for path in ("a/file", "a/file/below"):
        with pytest.raises(Conflict):
            await team.files.make_folder(share_path(path))


async def test_moving_keeps_the_content_and_replaces_nothing(team: Team):
    await team.files.make_folder(share_path("a/b"))
    await team.put("a/b/x", b"1")
    await team.put("y", b"2")
    moved = await team.move("a/b", "Users/c")
    assert (moved.path, moved.kind) == ("Users/c", Kind.DIRECTORY)
    assert await team.get("Users/c/x") == b"1"
    for source, target in (("y", "Users/c/x"), ("Users/c", "a"), ("y", "y"), ("y", "")):
        with pytest.raises(Conflict) as refused:
            await team.move(source, target)
        assert refused.value.code == "ResourceAlreadyExists"
    with pytest.raises(Conflict, match="into itself"):
        await team.move("Users/c", "Users/c/d/e")
    with pytest.raises(NotFound):
        await team.move("nothing", "z")
    with pytest.raises(NotFound):
        await team.move("y", "nothing/z")
    assert await team.get("y") == b"2"


async def test_moving_works_where_the_file_system_cannot_refuse_to_replace(team: Team, monkeypatch):
    from studiolo.files import renaming

    monkeypatch.setattr(renaming, "_renameat2", None)
    await team.put("a", b"1")
    await team.put("b", b"2")
    with pytest.raises(Conflict):
        await team.move("a", "b")
    await team.move("a", "c")
    assert await team.get("c") == b"1"
    assert await team.get("b") == b"2"


@pytest.mark.parametrize("path", ["", "Users"])
async def test_the_share_and_its_users_folder_stay(team: Team, path: str):
    await team.put("Users/a")
    with pytest.raises(InvalidInput):
        await team.remove(path, recursive=True)
    with pytest.raises(InvalidInput):
        await team.files.is_removable_folder(share_path(path))
    with pytest.raises(InvalidInput):
        await team.move(path, "elsewhere")
    assert await team.names("Users") == ["a"]


async def test_a_folder_with_something_in_it_goes_only_when_that_is_said(team: Team):
    await team.put("Users/a")
    await team.files.make_folder(share_path("Users/b/c"))
    await team.put("Users/b/c/x")
    with pytest.raises(Conflict) as refused:
        await team.remove("Users/b")
    assert refused.value.code == "DirectoryNotEmpty"
    assert await team.remove("Users/b", recursive=True)
    assert not await team.remove("Users/b", recursive=True)
    assert not await team.remove("nothing/below")
    assert await team.remove("Users/a")
    assert await team.names("Users") == []


async def test_what_an_upload_left_does_not_keep_a_folder_that_looks_empty(team: Team):
    await team.files.make_folder(share_path("a"))
    (team.top / "a" / PART).write_text("")
    (team.top / "a" / "seen").write_text("")
    with pytest.raises(Conflict):
        await team.remove("a")
    assert (team.top / "a" / PART).exists()
    (team.top / "a" / "seen").unlink()
    assert await team.remove("a")
    assert not (team.top / "a").exists()


# What machines put in the way


def obstacles(team: Team) -> list[str]:
    """Everything that is neither file nor folder."""
    (team.top / "link").symlink_to(team.outside / "secret")
    (team.top / "folder-link").symlink_to(team.outside / "treasure")
    (team.top / "dangling").symlink_to(team.outside / "new")
    os.mkfifo(team.top / "pipe")
    with socket.socket(socket.AF_UNIX) as unused:
        here = os.open(team.top, os.O_RDONLY)
        unused.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)
    found = ["link", "folder-link", "dangling", "pipe", "socket"]
    if os.geteuid() == 0:
        os.mknod(team.top / "device", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        found.append("device")
    return found


async def test_links_pipes_and_devices_are_shown_and_neither_read_nor_replaced(team: Team):
    names = obstacles(team)
    kinds = {each.name: each.kind for each in (await team.look()).entries}
    for name in names:
        assert kinds[name] is Kind.OTHER
        for attempt in (
            team.get(name),
            team.put(name),
            team.look(name),
            team.files.make_folder(share_path(name)),
            team.put(f"{name}/below"),
            team.get(f"{name}/gold"),
            team.move(f"{name}/gold", "gold"),
            team.remove(f"{name}/gold"),
            team.remove(f"{name}/treasure", recursive=True),
        ):
            with pytest.raises(Conflict) as refused:
                await attempt
            assert refused.value.code == "ResourceTypeMismatch", name
    assert team.is_untouched()


async def test_links_pipes_and_devices_can_be_moved_and_deleted_themselves(team: Team):
    for name in obstacles(team):
        await team.move(name, f"Users/{name}")
        assert await team.remove(f"Users/{name}")
    assert await team.names("Users") == []
    assert team.is_untouched()


async def test_deleting_a_tree_does_not_follow_links(team: Team):
    await team.files.make_folder(share_path("a/b"))
    (team.top / "a" / "out").symlink_to(team.outside)
    (team.top / "a" / "b" / "out").symlink_to(team.outside / "treasure")
    os.mkfifo(team.top / "a" / "pipe")
    assert await team.remove("a", recursive=True)
    assert team.is_untouched()


def exchange(one: Path, other: Path) -> None:
    """Swap two names in one step, as `mv --exchange` does."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, swapped = -100, 2
    assert libc.renameat2(here, bytes(one), here, bytes(other), swapped) == 0, ctypes.get_errno()


async def test_a_folder_that_becomes_a_link_again_and_again_leads_nowhere(team: Team):
    """One thread swaps a folder for a link outside while others do all there is to do."""
    (team.top / "way").mkdir()
    (team.top / "trap").symlink_to(team.outside)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            exchange(team.top / "way", team.top / "trap")

    swapping = threading.Thread(target=swap)
    swapping.start()
    succeeded = 0
    try:
        for _ in range(300):
            ends = await asyncio.gather(
                team.put("way/secret", b"ours"),
                team.get("way/secret"),
                team.look("way"),
                team.files.make_folder(share_path("way/new")),
                team.remove("way/treasure", recursive=True),
                team.remove("way/secret"),
                team.move("way/secret", "way/moved"),
                team.remove("way/moved"),
                return_exceptions=True,
            )
            problems = [end for end in ends if isinstance(end, BaseException)]
            assert all(isinstance(end, StudioloError) for end in problems), problems
            assert ends[1] != b"hidden"
            succeeded += len(ends) - len(problems)
    finally:
        stop.set()
        swapping.join()
    assert succeeded
    assert team.is_untouched()
