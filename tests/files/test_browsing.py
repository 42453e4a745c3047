"""Looking into a share, and its folders."""

import errno
import os
from datetime import UTC, datetime

import pytest
from tests.support.sharing import Team

from studiolo.domain.errors import (
    Conflict,
    InvalidInput,
    NotFound,
)
from studiolo.files import browsing
from studiolo.files.browsing import ShareFiles
from studiolo.files.entries import Kind, Place, _instant
from studiolo.files.paths import share_path

PART = f".{'ab' * 8}.part"


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
    (team.top / "file").write_text("")
    assert await team.names() == ["Users", "caf\ufffd.txt", "file", "two\ufffdlines"]


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


@pytest.mark.parametrize(
    ("number", "said"), [(errno.EXDEV, "different disks"), (errno.EINVAL, "into itself")]
)
async def test_a_move_that_cannot_be_is_told(team: Team, monkeypatch, number: int, said: str):
    """Somebody mounted a disk inside the share, or moved a folder just before."""

    def refused(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(browsing, "rename_new", refused)
    await team.put("a")
    with pytest.raises(Conflict, match=said):
        await team.move("a", "b")


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
