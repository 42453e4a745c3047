"""The bytes of files: how they are sent, and what becomes of those that come."""

import asyncio
import dataclasses
import errno
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import pytest
from starlette.types import Message
from tests.support.file_requests import Files, code, request_of, waiting

from studiolo.api.files import incoming

HARMLESS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}


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
    assert reply.headers["content-security-policy"] == HARMLESS["content-security-policy"]


async def test_a_part_of_another_version_is_not_sent(files: Files) -> None:
    tag = (await files.put("a", b"0123456789")).headers["etag"]
    assert (await files.get("a", Range="bytes=1-", If_Range=tag)).status_code == 206
    assert (await files.get("a", Range="bytes=1-", If_Range='"old"')).status_code == 200


async def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(files: Files) -> None:
    api = files.api
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


async def test_nothing_more_is_read_for_a_client_that_is_gone(files: Files) -> None:
    api = files.api
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


async def test_a_file_over_the_limit_is_refused_before_and_while_it_is_sent(files: Files) -> None:
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


async def test_the_case_of_a_path_does_not_change_what_may_be_large(files: Files) -> None:
    api = files.api
    await files.look()
    path = api.path.replace("workspaces", "WorkSpaces").replace("resourceGroups", "RESOURCEGROUPS")
    content = b"x" * (4 * 1024 * 1024 + 1)
    reply = await api.call("PUT", f"{path}/files/content?path=a", content=content)
    assert reply.status_code == 201


async def test_a_client_that_goes_away_midway_changes_nothing(files: Files) -> None:
    api = files.api
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
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = files.api
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
