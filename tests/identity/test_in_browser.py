"""The studio's pages in Chromium: cookies, the content policy, narrow and wide, light and dark."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, expect
from tests.support.browser import chromium
from tests.support.identity import PASSWORD, Studio, open_studio
from tests.support.values import a_compute

from studiolo.api.identity.bootstrap import administrator_link, ensure_first_administrator
from studiolo.domain.roles import DATA_SCIENTIST
from studiolo.domain.states import State

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Served:
    """The studio on a port of its own, over plain http on loopback."""

    studio: Studio
    origin: str
    port: int


@asynccontextmanager
async def serving(studio: Studio) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(studio.app, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Served(studio, f"http://studiolo.localhost:{port}", port)
    finally:
        server.should_exit = True
        await task


@pytest_asyncio.fixture(loop_scope="module")
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    studio = await open_studio(tmp_path)
    async with serving(studio) as served:
        yield served
    await studio.services.database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def people_and_instances(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    states = {"ann-ci": State.RUNNING, "old-experiments": State.STOPPED, "new": State.UNUSABLE}
    async with studio.services.database.transaction() as tx:
        for name, state in states.items():
            compute = a_compute(
                studio.workspace,
                name=name,
                state=state,
                owner_id=ann.id,
                owner_name=ann.name,
                assigned_id=ann.id,
                assigned_name=ann.name,
            )
            await tx.computes.add(compute, due_at=studio.clock())


async def sign_in(page: Page) -> None:
    await page.get_by_label("User name").fill("ann")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_person_signs_in_and_out(served: Served, browser: Browser) -> None:
    await people_and_instances(served.studio)
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(f"{served.origin}/signin")
    await sign_in(page)
    await page.wait_for_url(f"{served.origin}/")
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    assert cookies["__Host-studiolo"]["httpOnly"]
    assert cookies["__Host-studiolo"]["domain"] == "studiolo.localhost"
    # From an address of the studio's own whose policy lets a script speak.
    await page.goto(f"{served.origin}/favicon.ico")
    ended = "fetch('/auth/session', {method: 'DELETE'}).then((reply) => reply.status)"
    assert await page.evaluate(ended) == 204
    await page.goto(f"{served.origin}/instances/open?host=ann-ci")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert [each for each in complaints if "Content Security Policy" in each] == []


async def test_signing_in_leads_on_to_the_instance_across_hosts(
    served: Served, browser: Browser
) -> None:
    await people_and_instances(served.studio)
    page = await browser.new_page()
    # The content policy's form-action also covers the redirects that follow the form.
    await page.goto(f"{served.origin}/instances/open?host=ann-ci&path=%2Flab")
    await sign_in(page)
    await page.wait_for_url(f"http://ann-ci.studiolo.localhost:{served.port}/_studiolo/ticket?**")
    cookies = await page.context.cookies(f"http://ann-ci.studiolo.localhost:{served.port}/")
    assert cookies == []


async def test_the_first_administrator_follows_the_printed_link(
    served: Served, browser: Browser
) -> None:
    await ensure_first_administrator(served.studio.identity)
    link = await administrator_link(served.studio.identity)
    page = await browser.new_page()
    await page.goto(served.origin + link.partition(":8480")[2])
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set password and sign in").click()
    await page.wait_for_url(f"{served.origin}/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_pages_fit_their_window(
    served: Served, browser: Browser, scheme: str, width: int, tmp_path: Path
) -> None:
    await people_and_instances(served.studio)
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await context.new_page()
    await page.goto(f"{served.origin}/signin")
    await looks_right(page, scheme, tmp_path / "signin.png")
    await sign_in(page)
    await page.wait_for_url(f"{served.origin}/")
    await page.goto(f"{served.origin}/instances/open?host=nothing")
    await looks_right(page, scheme, tmp_path / "message.png")


async def looks_right(page: Page, scheme: str, picture: Path) -> None:
    """Nothing is cut off, and the scheme is followed. Keeps a picture for a person to look at."""
    await page.screenshot(path=picture)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(31, 31, 31)" if scheme == "dark" else "rgb(250, 250, 250)")
