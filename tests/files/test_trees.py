"""Deleting trees, also such as only machines make."""

import os
import resource
from pathlib import Path

import pytest
from tests.support.sharing import Team

from studiolo.domain.errors import Conflict
from studiolo.files import trees


def nest(team: Team, depth: int) -> None:
    """Folders in folders, deeper than any path reaches, each with a file and a link."""
    here = os.open(team.top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
        os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.symlink(team.outside, "link", dir_fd=here)
    os.close(here)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_tree_deeper_than_any_path_goes_with_a_handful_of_descriptors(team: Team):
    nest(team, 2100)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_descriptors() + 20, hard))
    try:
        assert await team.remove("d", recursive=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert team.on_disk() == ["Users"]
    assert team.is_untouched()


async def test_wide_and_deep_trees_go_whole(team: Team):
    for outer in range(20):
        for inner in range(20):
            folder = team.top / "t" / f"{outer}" / f"{inner}"
            folder.mkdir(parents=True)
            (folder / "한글").write_text("")
            (team.top / "t" / f"{outer}" / f"f{inner}").write_text("")
    (team.top / "t" / os.fsdecode(b"\xff")).mkdir()
    assert await team.remove("t", recursive=True)
    assert team.on_disk() == ["Users"]


async def test_a_folder_that_is_moved_away_meanwhile_takes_nothing_else_with_it(
    team: Team, monkeypatch
):
    (team.top / "t" / "a" / "b").mkdir(parents=True)
    (team.top / "Users" / "kept").write_text("")
    entered = trees._entered

    def moved_when_reached(folder: int, name: bytes):
        if name == b"b":
            (team.top / "t" / "a" / "b").rename(team.top / "Users" / "b")
        return entered(folder, name)

    monkeypatch.setattr(trees, "_entered", moved_when_reached)
    with pytest.raises(Conflict, match="Delete it again"):
        await team.remove("t", recursive=True)
    monkeypatch.undo()
    assert team.on_disk("Users") == ["b", "kept"]
    assert await team.remove("t", recursive=True)


async def test_what_is_put_in_meanwhile_is_told(team: Team, monkeypatch):
    (team.top / "t" / "a").mkdir(parents=True)
    entered = trees._entered

    def filled(folder: int, name: bytes):
        level = entered(folder, name)
        if name == b"a":
            (team.top / "t" / "a" / "new").write_text("")
        return level

    monkeypatch.setattr(trees, "_entered", filled)
    with pytest.raises(Conflict, match="Delete it again"):
        await team.remove("t", recursive=True)
