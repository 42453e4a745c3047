"""Chromium with a fresh profile to look at a deployment with."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    WebError,
    WebSocket,
    async_playwright,
    expect,
)

from studiolo.gateway.hosts import TICKET_PATH
from tests.support.deployed import GROUP, PASSWORD, WORKSPACE, Deployed, Person

PATIENCE = 60_000
"""Milliseconds: what takes two seconds on an idle machine takes twenty on a shared one."""

PICTURES = os.environ.get("STUDIOLO_TEST_PICTURES")
"""A folder to keep screenshots in, for a person who wants to look at the pages."""

_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_INSIDE = re.compile("/(welcome|workspaces)")
"""Where the studio sends whoever comes in."""

expect.set_options(timeout=PATIENCE)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The distribution's Chromium, without a window."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    assert program, "Chromium is missing; on Debian: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program,
            # Chromium's own sandbox cannot be set up as root; for anybody else it stays on.
            chromium_sandbox=os.getuid() != 0,
            args=list(_ARGUMENTS),
        )
        yield browser
        await browser.close()


@dataclass
class Visit:
    """One fresh browser profile, and what was seen in it.

    :param complaints: errors and uncaught exceptions on the studio's pages, and what a content
        policy refused on any page.
    :param heard: what WebSockets of the first tab brought.
    """

    deployed: Deployed
    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    heard: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    @classmethod
    async def begin(cls, deployed: Deployed, browser: Browser, **options: Any) -> Self:
        """Open an empty tab; `options` are Playwright's for a context."""
        context = await browser.new_context(ignore_https_errors=True, **options)
        context.set_default_timeout(PATIENCE)
        context.set_default_navigation_timeout(PATIENCE)
        visit = cls(deployed, context, await context.new_page())
        context.on("page", visit._attend)
        context.on("request", visit._remember)
        context.on("console", visit._console)
        context.on("weberror", visit._exception)
        visit.page.on("websocket", visit._listen)
        return visit

    def _attend(self, page: Page) -> None:
        page.on("websocket", self._listen)

    def _remember(self, request: Request) -> None:
        self.requests.append(request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        page = message.page.url if message.page else ""
        source = str(message.location["url"])
        # Of a page that is itself an error Chromium says so; the tests look at such pages.
        of_the_page = source.partition("?")[0] == page.partition("?")[0]
        if "Failed to load resource" in message.text and of_the_page:
            return
        # What JupyterLab has to complain about is its own, but for what our policies refuse it.
        if self._is_ours(page) or "Content Security Policy" in message.text:
            self.complaints.append(f"{source}: {message.text}")

    def _exception(self, error: WebError) -> None:
        if error.page is None or self._is_ours(error.page.url):
            self.complaints.append(str(error.error))

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url).hostname == self.deployed.settings.domain

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: self.heard.put_nowait(str(payload)))

    async def sign_in(self, person: Person, origin: str = "", password: str = PASSWORD) -> None:
        """Open the form and fill it in."""
        await self.page.goto((origin or self.deployed.http) + "/signin")
        await self.fill_in(person, password)

    async def fill_in(self, person: Person, password: str = PASSWORD) -> None:
        """Fill in the form that is shown."""
        await self.page.get_by_label("User name").fill(person.name)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    async def home(self, person: Person, origin: str = "") -> None:
        """Ask for the list of instances, and sign in on the way there."""
        wanted = f"{origin or self.deployed.http}/workspaces/{GROUP}/{WORKSPACE}/compute"
        await self.page.goto(wanted)
        await self.fill_in(person)
        await self.page.wait_for_url(wanted)
        await expect(self.heading("Compute")).to_be_visible()

    async def inside(self) -> None:
        """Wait for the studio, wherever in it a person begins."""
        await self.page.wait_for_url(_INSIDE)
        await expect(self.page.get_by_role("banner")).to_be_visible()

    async def sign_out(self) -> None:
        """By the menu of the account."""
        await self.page.get_by_role("button", name="Account of").click()
        await self.page.get_by_role("menuitem", name="Sign out").click()
        await expect(self.heading("Sign in")).to_be_visible()

    def heading(self, name: str) -> Locator:
        """A page's heading."""
        return self.page.get_by_role("heading", name=name, level=1)

    def listed(self, name: str) -> Locator:
        """An instance in the list."""
        return self.page.get_by_role("row").filter(has_text=name)

    def link(self, name: str, application: str) -> Locator:
        """What opens an application of an instance in the list."""
        return self.page.get_by_role("link", name=f"Open {application} of {name}", exact=True)

    async def open(self, name: str, application: str) -> None:
        """Click on an application of an instance in the list, and go on in the tab that opens."""
        async with self.context.expect_page() as opened:
            await self.link(name, application).click()
        self.page = await opened.value

    async def act(self, name: str, verb: str) -> None:
        """Start or stop an instance in the list."""
        await self.listed(name).get_by_role("checkbox").check()
        await self.page.get_by_role("toolbar").get_by_role("button", name=verb, exact=True).click()
        if verb != "Start":
            dialog = self.page.get_by_role("alertdialog")
            await dialog.get_by_role("button", name=verb, exact=True).click()

    def host(self, name: str, origin: str = "") -> str:
        """Origin of an instance."""
        return (origin or self.deployed.http).replace("://", f"://{name}.", 1)

    async def visited(self) -> list[str]:
        """Addresses in the tab's history."""
        devtools = await self.context.new_cdp_session(self.page)
        entries = (await devtools.send("Page.getNavigationHistory"))["entries"]
        return [entry["url"] for entry in entries]

    async def cookies(self, origin: str) -> dict[str, Any]:
        """The cookies that the browser would send to `origin`, by name."""
        return {cookie["name"]: cookie for cookie in await self.context.cookies(origin)}

    def secret_addresses(self, *secrets: str) -> list[str]:
        """Requested addresses that hold a credential, but for tickets that are spent at once."""
        return [
            request.url
            for request in self.requests
            if any(secret in request.url for secret in ("slpat_", *secrets))
            or (
                {"t", "token", "ticket", "access_token"}
                & set(parse_qs(urlsplit(request.url).query))
                and urlsplit(request.url).path != TICKET_PATH
            )
        ]

    async def hears(self, text: str) -> None:
        """Wait until a WebSocket of the page has brought `text`."""
        so_far = ""
        async with asyncio.timeout(PATIENCE / 1000):
            while text not in so_far:
                so_far += await self.heard.get()

    def forget_heard(self) -> None:
        """What WebSockets have brought so far does not count."""
        while not self.heard.empty():
            self.heard.get_nowait()

    async def picture(self, name: str) -> None:
        """Keep a screenshot, where somebody asked for pictures."""
        if PICTURES:
            await self.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)

    async def end(self) -> None:
        """Forget everything."""
        with contextlib.suppress(Error):
            await self.context.close()


V = TypeVar("V", bound=Visit)


@contextlib.asynccontextmanager
async def visiting(
    kind: type[V], deployed: Deployed, browser: Browser
) -> AsyncIterator[Callable[..., Coroutine[Any, Any, V]]]:
    """What begins visits, each in a profile of its own. No page may have complained at the end."""
    visits: list[V] = []

    async def begin(**options: Any) -> V:
        visits.append(await kind.begin(deployed, browser, **options))
        return visits[-1]

    yield begin
    for visit in visits:
        await visit.end()
    assert [complaint for visit in visits for complaint in visit.complaints] == []
