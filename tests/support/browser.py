"""A real deployment with people and instances, and Chromium with a fresh profile to look at it."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psutil
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

from studiolo.client.http import Http
from studiolo.client.local import Local
from studiolo.client.studiolo import Computes, Studiolo
from studiolo.client.transport import http_client
from studiolo.domain.alias import user_alias
from studiolo.domain.roles import CONTRIBUTOR
from studiolo.gateway.hosts import TICKET_PATH
from tests.support.launched import Launched

GROUP, WORKSPACE, LOCATION = "studiolo", "main", "local"
"""What a new deployment starts with."""

PASSWORD = "a password of sixteen words"
SIZE = "Standard_DS2_v2"
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

_AUTHORIZATION = "providers/Microsoft.Authorization"
_AUTHORIZATION_VERSION = "2022-04-01"

expect.set_options(timeout=PATIENCE)


@dataclass
class Person:
    """Somebody with an account.

    :param api: the API as they see it, or as the administrator.
    """

    name: str
    display_name: str
    api: Studiolo = field(repr=False)

    @property
    def alias(self) -> str:
        """Their folder's name on a share."""
        return user_alias(self.name)

    @property
    def computes(self) -> Computes:
        """The instances of the one workspace."""
        return self.api.computes(GROUP, WORKSPACE)

    def create(self, prefix: str, *, wait: bool = True) -> str:
        """Make an instance through the API; its name begins with `prefix`."""
        name = f"{prefix}-{uuid4().hex[:6]}"
        self.create_named(name, wait=wait)
        return name

    def create_named(self, name: str, *, wait: bool = True) -> None:
        """Make an instance of exactly this name."""
        properties = {"computeType": "ComputeInstance", "properties": {"vmSize": SIZE}}
        self.computes.put(name, {"location": LOCATION, "properties": properties}, wait=wait)

    def state(self, name: str) -> str:
        """An instance's state, as the API tells it."""
        return str(self.computes.show(name)["properties"]["properties"]["state"])


class Deployed(Launched):
    """`studiolo up` with process machines, which soon notices what happens to them."""

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process belong to this deployment."""
        return super().environment | {"STUDIOLO_RESYNC_SECONDS": "1"}

    @property
    def http(self) -> str:
        """The studio's origin for a browser."""
        return f"http://{self.settings.domain}:{self.http_port}"

    @property
    def https(self) -> str:
        """The same over TLS, with the deployment's own CA."""
        return self.settings.https_origin

    @property
    def printed_link(self) -> str:
        """The sign-in link that `up` showed."""
        found = re.search(r"http\S+/signin/link\?t=\S+", self.printed)
        assert found, self.printed
        return found[0]

    def client(self, token: str = "") -> Http:
        """Requests over https, trusting the deployment's CA."""
        root = self.home / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return Http(http_client(self.https, root=root), token)

    def administrator(self) -> Studiolo:
        """The API as the first administrator."""
        granted = Local(self.settings.local_socket).access_token()
        return Studiolo(self.client(granted.token), granted.subscription)

    def person(self, name: str, display_name: str) -> Person:
        """Make somebody who may use and make instances."""
        administrator = self.administrator()
        body = {"name": name, "displayName": display_name, "password": PASSWORD}
        made = administrator.http.json("POST", "/auth/users", body=body)
        self.allow(made["id"], administrator.workspace_path(GROUP, WORKSPACE))
        sign_in = {"username": name, "password": PASSWORD}
        token = self.client().json("POST", "/auth/signin", body=sign_in)["token"]
        return Person(name, display_name, Studiolo(self.client(token), administrator.subscription))

    def allow(self, principal: str, scope: str) -> None:
        """Let somebody use and make instances at a scope and below."""
        administrator = self.administrator()
        role = f"{administrator.base}/{_AUTHORIZATION}/roleDefinitions/{CONTRIBUTOR.id}"
        administrator.http.json(
            "PUT",
            f"{scope}/{_AUTHORIZATION}/roleAssignments/{uuid4()}",
            version=_AUTHORIZATION_VERSION,
            body={"properties": {"roleDefinitionId": role, "principalId": principal}},
        )

    def link_for(self, person: Person) -> str:
        """A one-time sign-in link that the administrator makes."""
        made = self.administrator().http.json("POST", f"/auth/users/{person.name}/link")
        return self.http + str(made["link"]).removeprefix(self.https)

    def machine(self, name: str) -> Path:
        """Folder of an instance's machine."""
        found = [
            file.parent
            for file in (self.home / "machines").glob("*/machine.json")
            if f'"{name}"' in file.read_text()
        ]
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def application_token(self, name: str) -> str:
        """What Jupyter on an instance demands; the gateway adds it, and no browser sees it."""
        file = self.machine(name) / "state" / "agent" / "jupyter_server_config.json"
        secret = str(json.loads(file.read_text())["GatewayIdentity"]["secret"])
        return secret.removeprefix("token ")

    def share(self, person: Person) -> Path:
        """A person's own folder on the workspace's file share."""
        (found,) = (self.home / "shares").glob(f"*/Users/{person.alias}")
        return found

    def end(self) -> None:
        """Delete every instance, end Studiolo, and end by its id whatever is left all the same."""
        try:
            computes = self.administrator().computes(GROUP, WORKSPACE)
            for compute in list(computes.all()):
                computes.delete(compute["name"])
        finally:
            self.cleanup()
            for process in self._left_of_machines():
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)

    def _left_of_machines(self) -> Iterator[psutil.Process]:
        folder = str(self.home / "machines")
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                told = [*process.cmdline(), process.environ().get("HOME", "")]
                if any(each.startswith(folder) for each in told):
                    yield process


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
    async def begin(cls, deployed: Deployed, browser: Browser, **options: Any) -> "Visit":
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
