"""What machines put in the way: links, pipes, devices, and folders that become links."""

import asyncio
import ctypes
import os
import socket
import stat
import threading
from pathlib import Path

import pytest
from tests.support.sharing import Team

from studiolo.domain.errors import (
    Conflict,
    StudioloError,
)
from studiolo.files.entries import Kind
from studiolo.files.paths import share_path

PART = f".{'ab' * 8}.part"


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
