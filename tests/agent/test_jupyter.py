"""The agent over the real JupyterLab, from the image that machines are made of."""

import asyncio
import json
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.agents import Agent, eventually, gone
from tests.support.images import prepared_ml_image
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from studiolo.agent import procfs
from studiolo.agent.jupyter_client import JupyterClient


@pytest.fixture(scope="session")
def ml_image() -> Path:
    return prepared_ml_image()


@pytest.fixture
def lab(tmp_path: Path, sockets: Path, ml_image: Path) -> Iterator[Agent]:
    """An agent whose machine runs the image's own interpreter."""
    made = Agent(tmp_path, sockets, str(ml_image / "bin" / "python"), image=str(ml_image))
    yield made.start()
    made.clean_up()


class Browser:
    """Does what a browser does through the gateway: the upstream, and the headers to add."""

    def __init__(self, application: dict[str, Any]) -> None:
        self.socket = application["upstream"].removeprefix("unix/")
        self.headers = application["headers"]
        self.http = httpx.Client(
            transport=httpx.HTTPTransport(uds=self.socket),
            base_url="http://alice-ci.studiolo.localhost",
            headers=self.headers,
            timeout=60,
        )

    def open(self, path: str) -> unix_connect:
        return unix_connect(
            self.socket,
            f"ws://alice-ci.studiolo.localhost{path}",
            additional_headers=self.headers,
            origin="https://alice-ci.studiolo.localhost",
        )


def execute_request(code: str) -> str:
    header = {
        "msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": uuid.uuid4().hex,
        "username": "alice", "version": "5.3",
    }  # fmt: skip
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
    return json.dumps(
        {"header": header, "parent_header": {}, "metadata": {}, "content": content,
         "channel": "shell", "buffers": []}
    )  # fmt: skip


async def output_of(connection: ClientConnection, code: str) -> str:
    """Run code in a kernel, as a notebook does; what it printed."""
    await connection.send(execute_request(code))
    printed = ""
    async with asyncio.timeout(60):
        async for message in connection:
            content = json.loads(message)
            if content["msg_type"] == "stream":
                printed += content["content"]["text"]
            if content["msg_type"] == "execute_reply":
                assert content["content"]["status"] == "ok", content
            if printed and content["content"].get("execution_state") == "idle":
                return printed
    raise AssertionError("the kernel hung up")


def start_kernel(browser: Browser, notebook: str) -> str:
    reply = browser.http.post(
        "/api/sessions",
        json={
            "path": notebook,
            "name": notebook,
            "type": "notebook",
            "kernel": {"name": "python3"},
        },
    )
    assert reply.status_code == 201, reply.text
    return str(reply.json()["kernel"]["id"])


async def test_a_cell_runs_in_the_machines_python_over_a_websocket(lab: Agent) -> None:
    reply = lab.ensure("jupyterlab", wait=120)
    assert reply.status_code == 200, reply.text
    browser = Browser(reply.json())
    kernel = start_kernel(browser, "Users/alice/first.ipynb")
    async with browser.open(f"/api/kernels/{kernel}/channels") as connection:
        printed = await output_of(connection, "import sys, os; print(sys.executable, os.getcwd())")
        assert printed.split() == [lab.config.python, lab.config.working_directory]
        await connection.send(execute_request("import time; time.sleep(600)"))
        busy = await asyncio.to_thread(
            eventually, lambda: lab.application() if lab.application()["busy"] else None
        )
    assert busy["lastActivity"]
    with lab.client() as client:
        activity = client.get("/v1/status").json()["activity"]
    assert activity["busy"]
    assert activity["reasons"] == ["The kernel of Users/alice/first.ipynb is busy."]


async def test_the_terminal_is_there_and_has_the_machines_python(lab: Agent) -> None:
    browser = Browser(lab.ensure("terminal", wait=120).json())
    assert browser.http.get("/terminals/1").status_code == 200
    async with browser.open("/terminals/websocket/1") as connection, asyncio.timeout(60):
        await connection.send(json.dumps(["stdin", "command -v python; pwd; sleep 321\r"]))
        seen = ""
        while lab.config.python not in seen or f"\n{lab.config.working_directory}" not in seen:
            kind, *data = json.loads(await connection.recv())
            seen += data[0] if kind == "stdout" else ""
        shown = await asyncio.to_thread(
            eventually,
            lambda: lab.application("terminal") if lab.application("terminal")["busy"] else None,
        )
    assert shown["lastActivity"]


async def read_until(connection: ClientConnection, text: str) -> str:
    """What a terminal prints, up to and with `text`."""
    seen = ""
    async with asyncio.timeout(60):
        while text not in seen:
            kind, *data = json.loads(await connection.recv())
            seen += data[0] if kind == "stdout" else ""
    return seen


async def test_a_named_terminal_is_one_shell_in_the_working_directory(lab: Agent) -> None:
    """Whoever opens it again finds it as it was, with what it had printed."""
    named = "/v1/applications/terminal/ensure?terminal=studio_1&wait=120"
    for _ in range(2):
        browser = Browser(lab.post(named).json())
    assert [each["name"] for each in browser.http.get("/api/terminals").json()] == ["studio_1"]
    async with browser.open("/terminals/websocket/studio_1") as connection:
        await connection.send(json.dumps(["stdin", "pwd; kept=$((600+66)); echo first=$kept\r"]))
        printed = await read_until(connection, "first=666")
    assert f"{lab.config.working_directory}\r\nfirst=666" in printed
    lab.post(named)
    async with browser.open("/terminals/websocket/studio_1") as connection:
        await read_until(connection, "first=666")
        await connection.send(json.dumps(["stdin", "echo again=$kept\r"]))
        await read_until(connection, "again=666")


async def test_a_terminal_calls_its_folder_by_the_path_through_the_home(
    tmp_path: Path, sockets: Path, ml_image: Path
) -> None:
    code = tmp_path / "home" / "cloudfiles" / "code"
    work = str(code / "Users" / "alice")
    made = Agent(
        tmp_path, sockets, str(ml_image / "bin" / "python"), image=str(ml_image),
        working_directory=work, notebook_root=str(code),
    )  # fmt: skip
    code.parent.mkdir()
    code.symlink_to(tmp_path / "share")
    try:
        browser = Browser(made.start().ensure("terminal", wait=120).json())
        async with browser.open("/terminals/websocket/1") as connection, asyncio.timeout(60):
            await connection.send(json.dumps(["stdin", "pwd\r"]))
            seen = ""
            while f"{work}\r\n" not in seen:
                kind, *data = json.loads(await connection.recv())
                seen += data[0] if kind == "stdout" else ""
    finally:
        made.clean_up()


def test_nobody_is_asked_about_news(lab: Agent) -> None:
    browser = Browser(lab.ensure(wait=120).json())
    reply = browser.http.get("/lab/api/settings/@jupyterlab/apputils-extension:notification")
    settings = reply.json()["schema"]["properties"]
    assert settings["fetchNews"]["default"] == "false"
    assert settings["checkForUpdates"]["default"] is False


def test_pages_are_served_to_whom_the_gateway_lets_in(lab: Agent) -> None:
    browser = Browser(lab.ensure(wait=120).json())
    for path in ("/lab", "/tree"):
        page = browser.http.get(path)
        assert page.status_code == 200, page.text
        assert page.headers["Content-Security-Policy"] == (
            "frame-ancestors 'self' studiolo.localhost:*"
        )
    assert '"preferredPath": "Users/alice"' in browser.http.get("/lab").text
    settings = '"news": {"disabled": true}'
    assert settings in browser.http.get("/lab").text


def token_of(browser: Browser) -> str:
    return str(browser.headers["Authorization"]).removeprefix("token ")


@pytest.fixture
def browser(lab: Agent) -> Iterator[Browser]:
    """The gateway's way into a running terminal application."""
    made = Browser(lab.ensure("terminal", wait=120).json())
    yield made
    made.http.close()


PAGES = (
    *("/lab", "/lab/tree/Users/alice", "/lab/tree/none", "/tree", "/tree/none", "/terminals/1"),
    *("/", "/nonexistent", "/terminals/none", "/files/none", "/login", "/logout", "/edit/none"),
    *("/api/status", "/api/me", "/api/none", "/lab/api/settings/none", "/lab/api/translations"),
)


def test_no_page_tells_the_token_or_sets_a_login(browser: Browser) -> None:
    assert browser.http.get("/nonexistent").status_code == 404
    for path in PAGES:
        page = browser.http.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert page.status_code in {200, 404}, (path, page.status_code)
        assert token_of(browser) not in page.text + str(page.headers), path
        assert "data-jupyter-api-token" not in page.text, path
    assert set(browser.http.cookies) <= {"_xsrf"}


def test_the_person_at_jupyter_has_the_machines_alias(browser: Browser) -> None:
    identity = browser.http.get("/api/me").json()["identity"]
    assert identity["username"] == identity["name"] == identity["display_name"] == "alice"
    assert identity["initials"] == "A"


def test_only_the_gateways_header_lets_in(browser: Browser) -> None:
    token = token_of(browser)
    browser.http.get("/lab")
    stranger = httpx.Client(
        transport=httpx.HTTPTransport(uds=browser.socket), base_url=browser.http.base_url
    )
    with stranger:
        for path in ("/api/kernels", "/api/contents", "/api/terminals", "/lab", "/terminals/1"):
            forbidden = 403 if path.startswith("/api") else 302
            for wrong in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": "token"}):
                assert stranger.get(path, headers=wrong).status_code == forbidden, (path, wrong)
            assert stranger.get(path, params={"token": token}).status_code == forbidden, path
            cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in browser.http.cookies.items())}
            assert stranger.get(path, headers=cookies).status_code == forbidden, path


async def test_a_stream_needs_the_gateways_header(browser: Browser) -> None:
    token = token_of(browser)
    protocol = Subprotocol(f"v1.token.websocket.jupyter.org.{token}")
    for path in ("/terminals/websocket/1", f"/terminals/websocket/1?token={token}"):
        with pytest.raises(InvalidStatus) as refused:
            async with unix_connect(
                browser.socket, f"ws://alice-ci.studiolo.localhost{path}", subprotocols=[protocol]
            ):
                pass
        assert refused.value.response.status_code == 403


def test_a_change_needs_no_second_proof(browser: Browser) -> None:
    """The gateway has checked Origin; Jupyter's XSRF token would keep every program out."""
    made = browser.http.put(
        "/api/contents/Users/alice/note.txt",
        json={"type": "file", "format": "text", "content": "kept"},
        headers={"Origin": "https://alice-ci.studiolo.localhost:8481"},
    )
    assert made.status_code == 201, made.text
    assert browser.http.get("/api/contents/Users/alice/note.txt").json()["content"] == "kept"
    assert browser.http.delete("/api/contents/Users/alice/note.txt").status_code == 204


def test_the_secret_is_kept_in_a_private_file_alone(lab: Agent, browser: Browser) -> None:
    token = token_of(browser).encode()
    holders = [
        file
        for folder in (lab.state, lab.home, Path(lab.config.temp_directory), lab.logs)
        for file in folder.rglob("*")
        if file.is_file() and token in file.read_bytes()
    ]
    assert holders
    assert all(file.parent == lab.state for file in holders), holders
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in lab.state.glob("jupyter_server*"))


def test_the_token_is_in_no_log_argument_or_variable(lab: Agent) -> None:
    token = lab.ensure(wait=120).json()["headers"]["Authorization"].removeprefix("token ")
    assert token not in lab.log("jupyter")
    for found in procfs.tagged(lab.config.tag):
        variables = procfs.environment(found.pid) or {}
        assert token.encode() not in b"".join(variables.values())
        assert token not in " ".join(procfs.command(found.pid))


def test_a_page_that_is_only_open_is_no_activity_and_a_saved_file_is(
    lab: Agent, browser: Browser
) -> None:
    """JupyterLab asks for its lists and keeps its layout for as long as it is shown."""
    client = JupyterClient(f"unix/{browser.socket}", browser.headers)

    def last() -> str:
        return str(asyncio.run(status_of(client))["last_activity"])

    before = last()
    for path in ("kernels", "sessions", "terminals", "contents", "kernelspecs"):
        assert browser.http.get(f"/api/{path}").status_code == 200
    layout = {"data": {}, "metadata": {"id": "default"}}
    kept = browser.http.put("/lab/api/workspaces/default", json=layout)
    assert kept.status_code == 204, kept.text
    assert last() == before
    file = {"type": "file", "format": "text", "content": "x"}
    assert browser.http.put("/api/contents/note.txt", json=file).status_code == 201
    assert last() > before


async def status_of(client: JupyterClient) -> dict[str, Any]:
    try:
        return dict(await client.get("/api/status") or {})
    finally:
        await client.aclose()


async def test_a_kernel_outlives_the_agent_and_ends_with_the_machine(lab: Agent) -> None:
    browser = Browser(lab.ensure(wait=120).json())
    kernel = start_kernel(browser, "Users/alice/long.ipynb")
    async with browser.open(f"/api/kernels/{kernel}/channels") as connection:
        pid = int(await output_of(connection, "import os; x = 42; print(os.getpid())"))
        lab.kill()
        assert (await output_of(connection, "print(x)")).strip() == "42"
        lab.start()
        assert (await output_of(connection, "print(x)")).strip() == "42"
    lab.post("/v1/shutdown")
    assert lab.wait() == 0
    assert gone(pid)


def test_a_dead_servers_kernels_do_not_stay_behind(lab: Agent) -> None:
    browser = Browser(lab.ensure(wait=120).json())
    start_kernel(browser, "Users/alice/lost.ipynb")
    server = lab.served_by()
    kernel = eventually(lambda: next(procfs.children(server), None))
    os.kill(server, signal.SIGKILL)
    eventually(lambda: gone(kernel.pid))
    assert lab.ensure(wait=120).status_code == 200


def test_a_persons_files_do_not_shadow_jupyters_own(lab: Agent) -> None:
    (Path(lab.config.working_directory) / "json.py").write_text("raise SystemExit('shadowed')")
    (Path(lab.config.working_directory) / "jupyterlab.py").write_text(
        "raise SystemExit('shadowed')"
    )
    assert lab.ensure(wait=120).status_code == 200


def test_a_missing_working_directory_keeps_nobody_out(lab: Agent) -> None:
    Path(lab.config.working_directory).rmdir()
    assert lab.ensure(wait=120).status_code == 200
