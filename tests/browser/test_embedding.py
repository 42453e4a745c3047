"""An instance inside the studio's own page: its notebook in a frame, its terminal by a stream.

The page around it is empty, but comes from the studio's origin with the studio's own headers.
"""

import asyncio
import contextlib
import json
import re
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Page, Route, expect
from tests.browser.conftest import Begin
from tests.support.browser import PATIENCE, Visit
from tests.support.deployed import Deployed, Person
from tests.support.launched import until

from studiolo.gateway.cache import CACHE_SECONDS
from studiolo.gateway.cookies import SESSION_COOKIE
from studiolo.gateway.hosts import READY_PATH

pytestmark = pytest.mark.asyncio(loop_scope="session")

EMPTY = "<!doctype html><title>a page</title><body></body>"
LISTEN = """() => {
  window.told = [];
  addEventListener('message', ({origin, data}) => told.push([origin, data]));
}"""
FRAME = """([url, name]) => {
  const frame = document.createElement('iframe');
  Object.assign(frame, {src: url, name, width: 1200, height: 700});
  document.body.append(frame);
}"""
LOAD_AGAIN = """(name) => {
  const frame = document.querySelector(`iframe[name=${name}]`);
  frame.src = frame.src;
}"""
TERMINAL = """(url) => new Promise((done) => {
  window.shown = '';
  window.ended = false;
  window.terminal = new WebSocket(url);
  terminal.onopen = () => { terminal.send('["set_size", 30, 100]'); done('open'); };
  terminal.onmessage = ({data}) => {
    const [kind, text] = JSON.parse(data);
    if (kind === 'stdout') shown += text;
  };
  terminal.onclose = () => { ended = true; done('refused'); };
})"""
SIGN_OUT = "() => fetch('/auth/session', {method: 'DELETE'}).then(({status}) => status)"
OPEN = """(url) => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onopen = () => { socket.close(); done('open'); };
  socket.onerror = () => done('refused');
})"""


def socket(host: str, path: str) -> str:
    return host.replace("http", "ws", 1) + path


async def signed_in(visit: Visit, person: Person, origin: str) -> None:
    await visit.sign_in(person, origin)
    await visit.page.wait_for_url(lambda url: "/signin" not in url)


async def at_the_studio(visit: Visit, origin: str) -> Page:
    """The studio's page under the studio's own policy, and nothing in it: its scripts are empty."""

    async def nothing(route: Route) -> None:
        style = route.request.resource_type == "stylesheet"
        await route.fulfill(body="", content_type="text/css" if style else "text/javascript")

    page = visit.page
    await page.route(f"{origin}/assets/**", nothing)
    answer = await page.goto(f"{origin}/workspaces/embedding")
    assert answer is not None
    assert answer.status == 200, "the studio is not built: `./dev up` builds it"
    assert "frame-src 'self' " in answer.headers["content-security-policy"]
    await page.evaluate(LISTEN)
    return page


async def holds(page: Page, condition: str, argument: Any = None) -> None:
    """Wait until a function of the page's is true; Playwright's own waiting needs `eval` there."""
    async with asyncio.timeout(PATIENCE / 1000):
        while not await page.evaluate(condition, argument):  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.05)


async def framed(page: Page, url: str, name: str) -> FrameLocator:
    await page.evaluate(FRAME, [url, name])
    return page.frame_locator(f"iframe[name={name}]")


async def told(page: Page, host: str) -> dict[str, Any]:
    """Load the hidden frame, and wait for what it tells."""
    await page.evaluate("() => { told.length = 0; }")
    await framed(page, host + READY_PATH, "ready")
    await holds(page, "() => told.length > 0")
    ((origin, message),) = await page.evaluate("told")
    assert origin == host
    await page.evaluate("() => document.querySelector('iframe[name=ready]').remove()")
    return dict(message)


async def types(page: Page, command: str, expected: str) -> None:
    """Type into the open terminal, and wait for what it prints."""
    await page.evaluate("(text) => terminal.send(text)", json.dumps(["stdin", f"{command}\r"]))
    await holds(page, "(text) => shown.includes(text)", expected)


def only_of_policies(visit: Visit) -> None:
    """Of the complaints keep what a policy refused: Notebook's own errors are in the page too."""
    visit.complaints[:] = [each for each in visit.complaints if "Content Security" in each]


def write_notebook(deployed: Deployed, person: Person, name: str) -> None:
    cell = {
        "cell_type": "code",
        "id": "one",
        "metadata": {},
        "source": "print(6*7)",
        "outputs": [],
        "execution_count": None,
    }
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = {
        "cells": [cell],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (deployed.share(person) / name).write_text(json.dumps(notebook))


async def has_its_kernel(visit: Visit, notebook: FrameLocator) -> None:
    """Wait until the kernel has answered. What is run before is not run at all, in any Notebook."""
    await expect(notebook.locator(".jp-Notebook .cm-content").first).to_be_visible()
    await visit.hears('"msg_type": "kernel_info_reply"')
    indicator = notebook.locator(".jp-Notebook-ExecutionIndicator")
    await expect(indicator).to_have_attribute("data-status", "idle")


async def loads_again(visit: Visit, name: str) -> None:
    """Load a frame anew, and forget what streams of the document before it have brought."""
    async with visit.page.expect_event("framenavigated", lambda frame: frame.name == name):
        await visit.page.evaluate(LOAD_AGAIN, name)
    visit.forget_heard()


async def runs_and_is_saved(notebook: FrameLocator, deployed: Deployed, person: Person) -> None:
    # By the button: a key is lost where the focus is just moved, as it is while Notebook opens.
    await notebook.locator(".jp-NotebookPanel-toolbar [data-jp-item-name=run] jp-button").click()
    output = notebook.locator(".jp-OutputArea-output").first
    await expect(output).to_have_text(re.compile(r"^42\s*$"))
    await notebook.locator(".jp-NotebookPanel-toolbar [data-jp-item-name=save] jp-button").click()
    saved = deployed.share(person) / "x.ipynb"
    await asyncio.to_thread(until, lambda: '"42\\n"' in saved.read_text(), "the saved notebook")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_notebook_in_the_studios_page_opens_runs_and_saves(
    deployed: Deployed, ana: Person, first: str, visit: Visit, scheme: str
) -> None:
    origin = deployed.http if scheme == "http" else deployed.https
    host = visit.host(first, origin)
    await signed_in(visit, ana, origin)
    write_notebook(deployed, ana, "x.ipynb")
    page = await at_the_studio(visit, origin)
    assert SESSION_COOKIE not in await visit.cookies(host)
    notebook = await framed(page, f"{host}/notebooks/Users/{ana.alias}/x.ipynb", "notebook")
    await has_its_kernel(visit, notebook)
    await runs_and_is_saved(notebook, deployed, ana)
    await visit.picture(f"embedded-notebook-{scheme}")
    assert page.url == f"{origin}/workspaces/embedding"
    assert visit.secret_addresses(deployed.application_token(first)) == []
    only_of_policies(visit)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_terminal_in_the_studios_page_is_the_same_shell_when_it_is_opened_again(
    deployed: Deployed, ana: Person, first: str, visit: Visit, scheme: str
) -> None:
    origin = deployed.http if scheme == "http" else deployed.https
    host = visit.host(first, origin)
    await signed_in(visit, ana, origin)
    page = await at_the_studio(visit, origin)
    url = socket(host, f"/terminals/websocket/studio_{scheme}")
    assert await page.evaluate(TERMINAL, url) == "refused"  # no session yet
    assert await told(page, host) == {"type": "studiolo-ready"}
    assert await page.evaluate(TERMINAL, url) == "open"
    await types(page, "pwd; kept=$((600+66)); echo first=$kept", "first=666")
    assert f"/cloudfiles/code/Users/{ana.alias}\r\nfirst=666" in await page.evaluate("shown")
    await page.evaluate("terminal.close()")

    # Signed in anew, as somebody is who comes back the next day.
    await visit.context.clear_cookies()
    await signed_in(visit, ana, origin)
    page = await at_the_studio(visit, origin)
    assert await told(page, host) == {"type": "studiolo-ready"}
    assert await page.evaluate(TERMINAL, url) == "open"
    await holds(page, "() => shown.includes('first=666')")
    await types(page, "echo again=$kept", "again=666")
    await types(page, "exit", "exit")
    await holds(page, "() => ended")
    visit.complaints.clear()  # of the terminal without a session


async def test_no_other_stream_of_an_instance_opens_from_the_studios_page(
    deployed: Deployed, ana: Person, first: str, visit: Visit
) -> None:
    host = visit.host(first)
    await signed_in(visit, ana, deployed.http)
    page = await at_the_studio(visit, deployed.http)
    assert await told(page, host) == {"type": "studiolo-ready"}
    paths = ("/api/events/subscribe", "/api/kernels/x/channels", "/terminals/websocket/a-b")
    for path in (*paths, "/terminals/websocket/1?x=1"):
        assert await page.evaluate(OPEN, socket(host, path)) == "refused", path
    assert await page.evaluate(OPEN, socket(host, "/terminals/websocket/studio_2")) == "open"
    visit.complaints.clear()  # Chromium says of each that it was refused


async def refused_frame(page: Page, url: str) -> None:
    """Frame `url`: nothing of it is shown or told."""
    await page.evaluate(LISTEN)
    async with page.expect_event("requestfailed", lambda request: request.url == url) as failed:
        await framed(page, url, "foreign")
    assert (await failed.value).failure == "net::ERR_BLOCKED_BY_RESPONSE"
    (frame,) = (each for each in page.frames if each is not page.main_frame)
    await frame.wait_for_url("chrome-error:**")
    assert await page.evaluate("told") == []
    await page.evaluate("() => document.querySelector('iframe[name=foreign]').remove()")


@pytest.mark.parametrize("stranger", ["evil.localhost", "a sibling"])
async def test_no_other_page_frames_an_instance_or_opens_its_terminal(
    deployed: Deployed, ana: Person, first: str, second: str, visit: Visit, stranger: str
) -> None:
    host, page = visit.host(first), visit.page
    await signed_in(visit, ana, deployed.http)
    await at_the_studio(visit, deployed.http)
    for each in (first, second):
        assert await told(page, visit.host(each)) == {"type": "studiolo-ready"}
    assert SESSION_COOKIE in await visit.cookies(host)

    # Whatever host it does not know, Caddy answers: with a page of that origin all the same.
    evil = f"http://{stranger}:{deployed.http_port}/"
    if stranger == "a sibling":
        await page.goto(visit.host(second) + "/tree")
        await expect(page).to_have_title("Home")  # not one that says it is starting
    else:
        await page.goto(evil)
    for path in (READY_PATH, "/tree", f"/notebooks/Users/{ana.alias}/x.ipynb"):
        await refused_frame(page, host + path)
    for path in ("/terminals/websocket/1", "/terminals/websocket/studio_3"):
        assert await page.evaluate(OPEN, socket(host, path)) == "refused", path
    visit.complaints.clear()


async def sign_out(visit: Visit) -> None:
    """As the studio does, while the page stays open."""
    assert await visit.page.evaluate(SIGN_OUT) == 204


async def past_the_second_cut(page: Page) -> None:
    """The end of a right cuts a machine's streams twice, and with the second whatever somebody has
    opened in between. The open terminal tells, or the time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CACHE_SECONDS + 2):
            await holds(page, "() => ended")


async def test_the_end_of_a_sign_in_is_told_to_the_studio_and_healed_by_the_next(
    deployed: Deployed, ana: Person, first: str, begin: Begin
) -> None:
    visit = await begin()
    host, origin = visit.host(first), deployed.http
    await signed_in(visit, ana, origin)
    write_notebook(deployed, ana, "x.ipynb")
    page = await at_the_studio(visit, origin)
    assert await told(page, host) == {"type": "studiolo-ready"}
    url = socket(host, "/terminals/websocket/studio_ends")
    assert await page.evaluate(TERMINAL, url) == "open"
    await types(page, "kept=$((600+66)); echo first=$kept", "first=666")
    notebook = await framed(page, f"{host}/notebooks/Users/{ana.alias}/x.ipynb", "notebook")
    await has_its_kernel(visit, notebook)

    await sign_out(visit)
    await holds(page, "() => ended")
    assert await page.evaluate(TERMINAL, url) == "refused"
    assert await told(page, host) == {"type": "studiolo-signed-out"}
    other = await framed(page, f"{host}/tree", "late")
    await expect(other.get_by_role("heading", name="You are signed out")).to_be_visible()

    cell = notebook.locator(".jp-Notebook .cm-content").first
    await cell.fill("print(6*7)  # typed meanwhile")

    # Signed in again in another tab: what is open in this one goes on.
    second = await visit.context.new_page()
    await second.goto(f"{origin}/signin")
    await second.get_by_label("User name").fill(ana.name)
    await second.get_by_label("Password").fill("a password of sixteen words")
    await second.get_by_role("button", name="Sign in").click()
    await second.wait_for_url(lambda url: "/signin" not in url, timeout=PATIENCE)
    assert await told(page, host) == {"type": "studiolo-ready"}
    assert await page.evaluate(TERMINAL, url) == "open"
    await past_the_second_cut(page)
    assert await page.evaluate(TERMINAL, url) == "open"
    await types(page, "echo again=$kept", "again=666")
    # What was typed meanwhile is saved; the kernel is found again by loading the frame again.
    await cell.press("Control+s")
    saved = deployed.share(ana) / "x.ipynb"
    await asyncio.to_thread(until, lambda: "typed meanwhile" in saved.read_text(), "what was typed")
    await loads_again(visit, "notebook")
    await has_its_kernel(visit, notebook)
    await runs_and_is_saved(notebook, deployed, ana)
    only_of_policies(visit)


async def test_a_frame_of_somebody_elses_instance_says_that_it_is_refused(
    deployed: Deployed, ben: Person, first: str, visit: Visit
) -> None:
    host = visit.host(first)
    await signed_in(visit, ben, deployed.http)
    page = await at_the_studio(visit, deployed.http)
    message = await told(page, host)
    assert (message["type"], message["status"]) == ("studiolo-refused", 403)
    assert message["retryAfter"] is None
    visit.complaints.clear()  # of the answer's 403
