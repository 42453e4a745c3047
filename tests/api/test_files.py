"""The files of a workspace, through the API: rights, preconditions, and what is never sent."""

import asyncio
import dataclasses
import errno
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from sqlalchemy import select
from starlette.types import Message
from tests.support.api import VERSION, Api, open_api

from studiolo.api.files import incoming
from studiolo.api.files.endpoints import router
from studiolo.store.tables.workspace import ActivityRow

HARMLESS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    api = await open_api(tmp_path, routers=(router,), upload_mib=5)
    yield api
    await api.services.database.close()


class Files:
    """Requests about files, as one person."""

    def __init__(self, api: Api, who: str | None = "dan") -> None:
        self.api, self.who = api, who

    @property
    def top(self) -> Path:
        """The share's folder."""
        return self.api.services.settings.shares / self.api.workspace.id

    async def ask(self, method: str, what: str, **more: Any) -> httpx.Response:
        return await self.api.call(method, f"{self.api.path}/files{what}", who=self.who, **more)

    async def look(self, path: str = "", **params: str) -> httpx.Response:
        return await self.ask("GET", "", params={"path": path, **params})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("GET", "/content", params={"path": path}, headers=sent)

    async def put(self, path: str, content: bytes = b"x", **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask(
            "PUT", "/content", params={"path": path}, content=content, headers=sent
        )

    async def make(self, path: str) -> httpx.Response:
        return await self.ask("PUT", "/directory", params={"path": path})

    async def move(self, source: str, target: str) -> httpx.Response:
        return await self.ask("POST", "/move", body={"from": source, "to": target})

    async def delete(self, path: str, **params: str) -> httpx.Response:
        headers = {"If-Match": params.pop("if_match")} if "if_match" in params else {}
        return await self.ask("DELETE", "", params={"path": path, **params}, headers=headers)

    async def names(self, path: str = "") -> list[str]:
        return [each["name"] for each in (await self.look(path)).json()["value"]]


@pytest.fixture
def files(api: Api) -> Files:
    return Files(api)


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


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


async def test_only_the_deletion_of_a_tree_is_a_line_in_the_activity_log(
    api: Api, files: Files
) -> None:
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
    api: Api, files: Files, who: str | None, verb: str
) -> None:
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


async def test_nobody_learns_which_files_or_workspaces_there_are(api: Api) -> None:
    stranger = Files(api, "eve")
    there, missing = await stranger.get("Users"), await stranger.get("nothing")
    assert there.json()["error"]["code"] == missing.json()["error"]["code"]
    assert there.status_code == missing.status_code == 403


async def test_a_workspace_that_is_not_there_or_being_deleted_has_no_files(
    api: Api, files: Files
) -> None:
    other = api.path.replace("ws1", "ws2")
    reply = await api.call("GET", f"{other}/files")
    assert code(reply) == (404, "ResourceNotFound")
    deleting = dataclasses.replace(api.workspace, deleting=True)
    async with api.services.database.transaction() as tx:
        await tx.workspaces.save(deleting, if_etag=api.workspace.etag)
    for ask in (READING | WRITING).values():
        assert code(await ask(files)) == (409, "Conflict")
    assert not files.top.exists()


async def test_every_request_names_an_api_version(api: Api) -> None:
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


# What is sent


@pytest.mark.parametrize(
    "name", ["page.html", "a.svg", "한글.js", 'quo"te;\\.txt', "x\u202egpj.exe"]
)
async def test_a_colleagues_file_is_a_download_that_runs_nowhere(files: Files, name: str) -> None:
    await files.put(name, b"<script>alert(1)</script>")
    reply = await files.get(name)
    for header, value in HARMLESS.items():
        assert reply.headers[header] == value
    assert reply.headers["content-type"] == "application/octet-stream"
    kind, _, told = reply.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert (kind, unquote(told)) == ("attachment", name)
    assert quote(name, safe="") == told


async def test_what_is_known_is_not_sent_again(files: Files) -> None:
    tag = (await files.put("a", b"12345")).headers["etag"]
    known = await files.get("a", If_None_Match=f'"other", {tag}')
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    assert known.headers["content-security-policy"] == HARMLESS["content-security-policy"]
    assert (await files.get("a", If_None_Match='"other"')).status_code == 200


@pytest.mark.parametrize(
    ("asked", "sent", "where"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-20", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=0-0,2-3", b"0123456789", None),
        ("bytes=5-2", b"0123456789", None),
        ("bytes=-", b"0123456789", None),
        ("lines=1-2", b"0123456789", None),
        ("bytes=٣-٤", b"0123456789", None),
    ],
)
async def test_a_part_of_a_file_can_be_asked_for(
    files: Files, asked: str, sent: bytes, where: str | None
) -> None:
    await files.put("a", b"0123456789")
    headers = {"Range": asked.encode()}
    reply = await files.ask("GET", "/content", params={"path": "a"}, headers=headers)
    assert reply.content == sent
    assert reply.status_code == (200 if where is None else 206)
    assert reply.headers.get("content-range") == where
    assert reply.headers["content-length"] == str(len(sent))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
async def test_a_part_beyond_the_end_is_refused(files: Files, asked: str) -> None:
    await files.put("a", b"0123456789")
    reply = await files.get("a", Range=asked)
    assert code(reply) == (416, "InvalidRange")
    assert reply.headers["content-range"] == "bytes */10"


async def test_a_part_of_another_version_is_not_sent(files: Files) -> None:
    tag = (await files.put("a", b"0123456789")).headers["etag"]
    assert (await files.get("a", Range="bytes=1-", If_Range=tag)).status_code == 206
    assert (await files.get("a", Range="bytes=1-", If_Range='"old"')).status_code == 200


async def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(
    api: Api, files: Files
) -> None:
    size = 3 * 1024 * 1024
    await files.put("a", b"x" * size)
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)
        if message["type"] == "http.response.start":
            (files.top / "a").write_bytes(b"x" * 1024)

    await api.app(request_of(api, "GET", "a"), waiting, send)
    bodies = [each for each in told if each["type"] == "http.response.body"]
    assert [len(each["body"]) for each in bodies] == [1024]
    assert bodies[-1]["more_body"]


async def test_nothing_more_is_read_for_a_client_that_is_gone(api: Api, files: Files) -> None:
    await files.put("a", b"x" * (5 * 1024 * 1024))
    told: list[Message] = []
    left = asyncio.Event()

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)
        left.set()
        await asyncio.sleep(0)

    await api.app(request_of(api, "GET", "a"), receive, send)
    assert sum(len(each.get("body", b"")) for each in told) < 5 * 1024 * 1024


# What is written


async def test_preconditions_guard_a_file(files: Files) -> None:
    tag = (await files.put("a", b"1", If_None_Match="*")).headers["etag"]
    assert code(await files.put("a", b"2", If_None_Match="*")) == (412, "PreconditionFailed")
    newer = (await files.put("a", b"2", If_Match=tag)).headers["etag"]
    assert newer != tag
    assert code(await files.put("a", b"3", If_Match=tag)) == (412, "PreconditionFailed")
    assert code(await files.put("b", b"3", If_Match=tag)) == (412, "PreconditionFailed")
    assert (await files.get("a")).content == b"2"
    assert code(await files.delete("a", if_match=tag)) == (412, "PreconditionFailed")
    assert (await files.delete("a", if_match=newer)).status_code == 200


async def test_a_precondition_is_held_against_what_a_machine_wrote(files: Files) -> None:
    tag = (await files.put("a", b"1")).headers["etag"]
    (files.top / "a").write_bytes(b"the machine's")
    assert code(await files.put("a", b"2", If_Match=tag)) == (412, "PreconditionFailed")
    assert (await files.get("a")).content == b"the machine's"


async def test_a_file_over_the_limit_is_refused_before_and_while_it_is_sent(
    api: Api, files: Files
) -> None:
    large = b"x" * (5 * 1024 * 1024)
    assert (await files.put("a", large)).status_code == 201
    assert code(await files.put("b", large + b"x")) == (413, "RequestEntityTooLarge")

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    reply = await files.ask("PUT", "/content", params={"path": "b"}, content=endless())
    assert code(reply) == (413, "RequestEntityTooLarge")
    assert "5 MiB" in reply.json()["error"]["message"]
    assert sorted(each.name for each in files.top.iterdir()) == ["Users", "a"]


@pytest.mark.parametrize(
    ("method", "what"),
    [("PUT", "/directory"), ("POST", "/move"), ("POST", "/content"), ("GET", "/content")],
)
async def test_only_an_upload_may_be_large(files: Files, method: str, what: str) -> None:
    large = b"x" * (4 * 1024 * 1024 + 1)
    reply = await files.ask(method, what, params={"path": "a"}, content=large)
    assert code(reply) == (413, "RequestEntityTooLarge")


async def test_the_case_of_a_path_does_not_change_what_may_be_large(api: Api, files: Files) -> None:
    await files.look()
    path = api.path.replace("workspaces", "WorkSpaces").replace("resourceGroups", "RESOURCEGROUPS")
    content = b"x" * (4 * 1024 * 1024 + 1)
    reply = await api.call("PUT", f"{path}/files/content?path=a", content=content)
    assert reply.status_code == 201


def request_of(api: Api, method: str, path: str) -> dict[str, Any]:
    """An ASGI scope, for a client that does what httpx does not."""
    return {
        "type": "http",
        "method": method,
        "path": f"{api.path}/files/content",
        "query_string": f"path={path}&api-version={VERSION}".encode(),
        "headers": [(b"authorization", f"Bearer {api.tokens['dan']}".encode())],
        "scheme": "https",
        "server": ("studiolo.localhost", 8481),
    }


async def waiting() -> Message:
    """What a client says that only listens."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def test_a_client_that_goes_away_midway_changes_nothing(api: Api, files: Files) -> None:
    await files.put("a", b"old")
    sent: list[Message] = [
        {"type": "http.request", "body": b"n" * 2_000_000, "more_body": True},
        {"type": "http.request", "body": b"n" * 1_000_000, "more_body": True},
        {"type": "http.disconnect"},
    ]
    told: list[Message] = []

    async def receive() -> Message:
        return sent.pop(0)

    async def send(message: Message) -> None:
        told.append(message)

    await api.app(request_of(api, "PUT", "a"), receive, send)
    assert told == []
    assert (await files.get("a")).content == b"old"
    assert sorted(each.name for each in files.top.iterdir()) == ["Users", "a"]


async def test_a_client_that_says_no_more_is_given_up(
    api: Api, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "IDLE_SECONDS", 0.01)
    await files.put("a", b"old")
    first = [{"type": "http.request", "body": b"n" * 2_000_000, "more_body": True}]
    told: list[Message] = []

    async def receive() -> Message:
        return first.pop() if first else await waiting()

    async def send(message: Message) -> None:
        told.append(message)

    await api.app(request_of(api, "PUT", "a"), receive, send)
    assert told[0]["status"] == 408
    assert sorted(each.name for each in files.top.iterdir()) == ["Users", "a"]
    assert (files.top / "a").read_bytes() == b"old"


async def test_a_full_disk_is_507(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    await files.put("a", b"old")

    def full(*_arguments: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert code(await files.put("a", b"new")) == (507, "InsufficientStorage")
    monkeypatch.undo()
    assert (await files.get("a")).content == b"old"


async def test_leftovers_are_hidden_and_go_by_the_control_planes_clock(
    files: Files,
) -> None:
    await files.look()
    (files.top / f".{'0' * 16}.part").write_text("half")
    assert await files.names() == ["Users"]
    later = datetime.now(UTC) + timedelta(days=2)
    services = dataclasses.replace(files.api.services, clock=lambda: later)
    files.api.app.state.services = services
    assert await files.names() == ["Users"]
    assert sorted(each.name for each in files.top.iterdir()) == ["Users"]
