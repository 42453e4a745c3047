"""The files of a workspace, through the API: rights, preconditions, and what is never sent."""

import asyncio
import dataclasses
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from tests.support.api import Api
from tests.support.file_requests import Files, code

from studiolo.files import WorkspaceShares
from studiolo.store.tables.workspace import ActivityRow


async def activity(api: Api) -> list[tuple[str, ...]]:
    """Operation, person and detail of the lines about files, in order."""
    columns = (ActivityRow.operation, ActivityRow.principal_name, ActivityRow.detail)
    async with api.services.database.engine.connect() as connection:
        found = await connection.execute(select(*columns).order_by(ActivityRow.id))
        return [tuple(row) for row in found if "/storage/" in row[0]]


# What each route does


async def test_a_share_that_no_instance_has_used_is_there(files: Files) -> None:
    reply = await files.look()
    assert reply.status_code == 200
    (users,) = reply.json()["value"]
    assert (users["name"], users["path"], users["type"]) == ("Users", "Users", "directory")
    assert (users["sizeBytes"], users["etag"]) == (None, None)
    assert datetime.fromisoformat(users["modifiedAt"]) <= datetime.now(UTC)


async def test_a_file_is_sent_listed_read_and_deleted(files: Files) -> None:
    assert (await files.make("Users/dan")).status_code == 201
    assert (await files.make("Users/dan")).status_code == 200
    sent = await files.put("Users/dan/학습 1.ipynb", b"{}")
    assert sent.status_code == 201
    entry = sent.json()
    assert entry["path"] == "Users/dan/학습 1.ipynb"
    assert (entry["type"], entry["sizeBytes"]) == ("file", 2)
    assert sent.headers["etag"] == entry["etag"]
    assert (await files.look("Users/dan")).json() == {"value": [entry]}
    read = await files.get("Users/dan/학습 1.ipynb")
    assert (read.status_code, read.content, read.headers["etag"]) == (200, b"{}", entry["etag"])
    assert (await files.put("Users/dan/학습 1.ipynb", b"[]")).status_code == 200
    assert (await files.delete("Users/dan/학습 1.ipynb")).status_code == 200
    assert (await files.delete("Users/dan/학습 1.ipynb")).status_code == 204
    assert code(await files.get("Users/dan/학습 1.ipynb")) == (404, "ResourceNotFound")


async def test_moving_and_deleting_folders(files: Files) -> None:
    await files.make("a/b")
    await files.put("a/b/x")
    moved = await files.move("a/b", "Users/c")
    assert (moved.status_code, moved.json()["path"]) == (200, "Users/c")
    assert code(await files.move("Users/c", "a")) == (409, "ResourceAlreadyExists")
    assert code(await files.move("Users/c", "Users/c/d")) == (409, "Conflict")
    assert code(await files.move("Users", "d")) == (400, "InvalidParameter")
    assert code(await files.delete("Users/c")) == (409, "DirectoryNotEmpty")
    assert (await files.delete("Users/c", recursive="true")).status_code == 200
    assert (await files.delete("Users/c", recursive="true")).status_code == 204
    for path in ("", "Users"):
        assert code(await files.delete(path, recursive="true")) == (400, "InvalidParameter")


async def test_only_the_deletion_of_a_tree_is_a_line_in_the_activity_log(files: Files) -> None:
    api = files.api
    await files.make("a/b")
    await files.put("a/b/x")
    await files.move("a/b/x", "y")
    await files.delete("y")
    await files.delete("nothing", recursive="true")
    await files.delete("Users", recursive="true")
    assert await activity(api) == []
    await files.delete("a", recursive="true")
    action = "Microsoft.MachineLearningServices/workspaces/notebooks/storage/delete"
    assert await activity(api) == [(action, "dan", "the folder 'a' of the file share")]


async def test_pages_of_a_folder(files: Files) -> None:
    files.top.parent.mkdir(exist_ok=True)
    await files.look()
    for number in range(7):
        (files.top / f"{number}").write_text("")
    seen, reply = [], await files.look("", **{"$top": "3"})
    while True:
        seen += [each["name"] for each in reply.json()["value"]]
        if "nextLink" not in reply.json():
            break
        reply = await files.api.call("GET", reply.json()["nextLink"], who="dan", version=None)
        assert reply.status_code == 200
    assert seen == ["Users", "0", "1", "2", "3", "4", "5", "6"]


async def test_a_token_of_another_folder_and_a_page_too_large_are_refused(files: Files) -> None:
    for path in ("a", "b"):
        await files.make(path)
        for name in "xyz":
            await files.put(f"{path}/{name}")
    link = httpx.URL((await files.look("a", **{"$top": "1"})).json()["nextLink"])
    token = link.params["$skipToken"]
    assert (await files.look("a", **{"$skipToken": token})).status_code == 200
    assert code(await files.look("b", **{"$skipToken": token})) == (400, "InvalidParameter")
    for top in ("0", "10001", "x"):
        assert code(await files.look("a", **{"$top": top})) == (400, "InvalidParameter")


async def test_ten_thousand_files_are_answered_in_one_page(files: Files) -> None:
    await files.make("many")
    for number in range(10_000):
        (files.top / "many" / f"{number:05}").touch()
    began = time.process_time()
    reply = await files.look("many", **{"$top": "10000"})
    assert time.process_time() - began < 1.0
    assert len(reply.json()["value"]) == 10_000
    assert "nextLink" not in reply.json()
    first = await files.look("many")
    assert len(first.json()["value"]) == 1000


# Who may


READING: dict[str, Callable[[Files], Any]] = {
    "list": lambda files: files.look("Users"),
    "get": lambda files: files.get("Users/a"),
}
WRITING: dict[str, Callable[[Files], Any]] = {
    "put": lambda files: files.put("Users/b"),
    "make": lambda files: files.make("Users/c"),
    "move": lambda files: files.move("Users/a", "Users/d"),
    "delete": lambda files: files.delete("Users/a"),
}


@pytest.mark.parametrize("verb", [*READING, *WRITING])
@pytest.mark.parametrize("who", ["ann", "dan", "rea", "eve", None])
async def test_readers_read_and_data_scientists_write(
    files: Files, who: str | None, verb: str
) -> None:
    api = files.api
    await files.put("Users/a")
    reply = await (READING | WRITING)[verb](Files(api, who))
    if who is None:
        assert reply.status_code == 401
    elif who == "eve" or (who == "rea" and verb in WRITING):
        assert code(reply) == (403, "AuthorizationFailed")
        assert f"scope '{api.path}'" in reply.json()["error"]["message"]
        assert await files.names("Users") == ["a"]
    else:
        assert reply.is_success, reply.text


async def test_nobody_learns_which_files_or_workspaces_there_are(files: Files) -> None:
    api = files.api
    stranger = Files(api, "eve")
    there, missing = await stranger.get("Users"), await stranger.get("nothing")
    assert there.json()["error"]["code"] == missing.json()["error"]["code"]
    assert there.status_code == missing.status_code == 403


async def test_a_workspace_that_is_not_there_or_being_deleted_has_no_files(files: Files) -> None:
    api = files.api
    other = api.path.replace("ws1", "ws2")
    reply = await api.call("GET", f"{other}/files")
    assert code(reply) == (404, "ResourceNotFound")
    await delete_workspace(api)
    for ask in (READING | WRITING).values():
        assert code(await ask(files)) == (409, "Conflict")
    assert not files.top.exists()


async def delete_workspace(api: Api) -> None:
    """As an accepted DELETE leaves it."""
    deleting = dataclasses.replace(api.workspace, deleting=True)
    async with api.services.database.transaction() as tx:
        assert await tx.workspaces.save(deleting, if_etag=api.workspace.etag)


async def test_a_share_that_is_put_away_meanwhile_is_not_made_again(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure = WorkspaceShares.ensure

    async def late(shares: WorkspaceShares, share_id: str, *, owner: int | None = None) -> Path:
        await delete_workspace(files.api)
        return await ensure(shares, share_id, owner=owner)

    monkeypatch.setattr(WorkspaceShares, "ensure", late)
    assert code(await files.make("a")) == (409, "Conflict")
    assert not files.top.exists()


async def test_an_upload_that_ends_after_its_workspace_changes_nothing(files: Files) -> None:
    await files.look()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await delete_workspace(files.api)

    reply = await files.ask("PUT", "/content", params={"path": "a"}, content=slow())
    assert code(reply) == (409, "Conflict")
    assert [each.name for each in files.top.iterdir()] == ["Users"]


async def test_every_request_names_an_api_version(files: Files) -> None:
    api = files.api
    reply = await api.call("GET", f"{api.path}/files", version=None)
    assert code(reply) == (400, "MissingApiVersionParameter")


# Bad inputs


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../b", "a//b", "a/", "a\0b", "a\nb", "x" * 256, "x/" * 2100]
)
async def test_paths_that_lead_elsewhere_are_refused_everywhere(files: Files, path: str) -> None:
    for ask in (
        files.look(path),
        files.get(path),
        files.put(path),
        files.make(path),
        files.move(path, "b"),
        files.move("Users/a", path),
        files.delete(path),
    ):
        status, said = code(await ask)
        assert (status, said) in {
            (400, "InvalidParameter"),
            (400, "InvalidRequestContent"),
            (400, "InvalidRequestUri"),
        }
    assert await files.names() == ["Users"]


@pytest.mark.parametrize("what", ["/content", "/directory"])
async def test_a_path_is_needed(files: Files, what: str) -> None:
    assert code(await files.ask("PUT", what, content=b"x")) == (400, "InvalidParameter")
    assert code(await files.put("", b"x")) == (400, "InvalidParameter")
    assert code(await files.get("")) == (409, "ResourceTypeMismatch")


async def test_a_path_that_is_no_utf_8_names_nothing(files: Files) -> None:
    reply = await files.api.call("GET", f"{files.api.path}/files/content?path=caf%E9", who="dan")
    assert code(reply) == (400, "InvalidParameter")


async def test_a_path_of_4096_bytes_fits_into_a_request(files: Files) -> None:
    path = "/".join(["한" * 80] * 17)
    assert 4000 < len(path.encode()) <= 4096
    assert (await files.make(path)).status_code == 201
    assert await files.names("/".join(path.split("/")[:-1])) == [path.split("/")[-1]]


@pytest.mark.parametrize("body", [{}, {"from": "a"}, {"from": 1, "to": "b"}, [], {"source": "a"}])
async def test_a_move_needs_two_paths(files: Files, body: Any) -> None:
    reply = await files.ask("POST", "/move", body=body)
    assert reply.status_code == 400


async def test_links_and_pipes_are_refused_and_never_wait(files: Files, tmp_path: Path) -> None:
    await files.look()
    (tmp_path / "secret").write_text("hidden")
    (files.top / "link").symlink_to(tmp_path / "secret")
    (files.top / "way").symlink_to(tmp_path)
    os.mkfifo(files.top / "pipe")
    async with asyncio.timeout(20):
        for path in ("link", "way/secret", "pipe"):
            assert code(await files.get(path)) == (409, "ResourceTypeMismatch")
            assert code(await files.put(path)) == (409, "ResourceTypeMismatch")
            assert code(await files.look(path)) == (409, "ResourceTypeMismatch")
    kinds = {each["name"]: each["type"] for each in (await files.look()).json()["value"]}
    assert kinds == {"Users": "directory", "link": "other", "way": "other", "pipe": "other"}
    assert (tmp_path / "secret").read_text() == "hidden"
