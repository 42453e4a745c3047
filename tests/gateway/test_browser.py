"""A real browser at the front door: cookies, embedding and origins as Chromium treats them."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from tests.support.browser import chromium
from tests.support.gateway import DOMAIN, FrontDoor, front_door

from studiolo.gateway.backend import Starting
from studiolo.gateway.cookies import SESSION_COOKIE
from studiolo.gateway.hosts import ticket_url

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN_WEBSOCKET = """(url) => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send('hello');
  socket.onmessage = (event) => done(event.data);
  socket.onerror = () => done('refused');
})"""
FETCH = """([url, options]) => fetch(url, options).then((r) => String(r.status), () => 'refused')"""


class Application:
    """A page and an echo; remembers the cookies and paths it was sent."""

    def __init__(self) -> None:
        self.cookies: list[str] = []
        self.paths: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        self.cookies.append(headers.get(b"cookie", b"").decode())
        self.paths.append(scope["path"])
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})
        else:
            await html(send, f"<title>instance</title>{scope['path']}")


async def html(send: Any, body: str, status: int = 200, **headers: str) -> None:
    fields = [(b"content-type", b"text/html")]
    fields += [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body.encode()})


class Studio:
    """Stands in for the control plane: signs everybody in as alice, and mints tickets."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.door: FrontDoor

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        query = parse_qs(scope["query_string"].decode())
        headers = dict(scope["headers"])
        if scope["path"] == "/instances/open":
            label, ticket = query["host"][0], secrets.token_urlsafe(16)
            self.door.backend.tickets[ticket] = ("alice", label)
            scheme = headers[b"x-forwarded-proto"].decode()
            target = ticket_url(self.door.origin(label, scheme), ticket, query["path"][0])
            await html(send, "", 302, location=target)
        elif scope["path"] == "/embed":
            await html(send, f'<title>studio</title><iframe src="{query["src"][0]}"></iframe>')
        else:
            cookie = "studiolo_session=studio-secret; Domain=studiolo.localhost; Path=/"
            await html(send, "<title>studio</title>", **{"set-cookie": cookie})


@pytest_asyncio.fixture(loop_scope="module")
async def studio(short_folder: Path) -> AsyncIterator[Studio]:
    studio = Studio(Application())
    running = front_door(short_folder, application=studio.application, studio=studio)
    async with running as studio.door:
        studio.door.backend.add_instance("ci2", sockets=str(studio.door.run / "m" / "ci-1"))
        yield studio


@pytest.fixture
def door(studio: Studio) -> FrontDoor:
    return studio.door


@pytest.fixture
def application(studio: Studio) -> Application:
    return studio.application


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def new_page(browser: Browser) -> Page:
    context = await browser.new_context(ignore_https_errors=True)
    return await context.new_page()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_person_gets_in_by_a_ticket_and_stays_in(
    door: FrontDoor, application: Application, browser: Browser, scheme: str
):
    page = await new_page(browser)
    await page.goto(door.origin("", scheme))
    answer = await page.goto(door.origin("ci1", scheme) + "/lab/tree/a?x=1")
    assert answer is not None
    assert answer.status == 200
    assert page.url == door.origin("ci1", scheme) + "/lab/tree/a?x=1"
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies(page.url)}
    session = cookies[SESSION_COOKIE]
    assert session["domain"] == f"ci1.{DOMAIN}"
    assert session["secure"]
    assert session["httpOnly"]
    # A studio cookie that its maker scoped too widely is sent, and does not get through.
    assert "studiolo_session" in cookies
    socket = door.origin("ci1", scheme).replace("http", "ws", 1) + "/api"
    assert await page.evaluate(OPEN_WEBSOCKET, socket) == "hello"
    posted = await page.evaluate(FETCH, ["/api", {"method": "POST", "body": "x"}])
    assert posted == "200"
    assert not any("studiolo" in sent for sent in application.cookies)


async def test_a_page_on_one_instance_cannot_reach_another(
    door: FrontDoor, application: Application, browser: Browser
):
    page = await new_page(browser)
    await page.goto(door.origin("ci1", "http") + "/lab")
    await page.goto(door.origin("ci2", "http") + "/lab")
    target = door.origin("ci1", "http")
    assert await page.evaluate(OPEN_WEBSOCKET, target.replace("http", "ws") + "/api") == "refused"
    for options in (
        {"method": "POST", "body": "x", "credentials": "include"},
        {"method": "GET", "credentials": "include"},
        {"method": "DELETE", "credentials": "include"},
    ):
        assert await page.evaluate(FETCH, [target + "/api", options]) == "refused"
    sent = await page.evaluate(
        FETCH, [target + "/api", {"mode": "no-cors", "credentials": "include"}]
    )
    assert sent == "0"  # opaque: sent, and refused at the gate
    assert "/api" not in application.paths


async def test_the_studio_embeds_an_instance_and_a_sibling_may_not(
    door: FrontDoor, application: Application, browser: Browser
):
    page = await new_page(browser)
    instance = door.origin("ci1", "http") + "/lab"
    await page.goto(f"{door.origin('', 'http')}/embed?src={instance}")
    await page.frame_locator("iframe").locator("text=/lab").wait_for()

    await page.goto(door.origin("ci2", "http") + "/lab")
    await page.evaluate(
        """(url) => new Promise((done) => {
          const frame = document.createElement('iframe');
          frame.onload = done; frame.src = url; document.body.append(frame);
        })""",
        instance + "/framed",
    )
    assert "/lab/framed" not in application.paths


async def test_a_page_of_a_dead_application_comes_alive_by_itself(
    door: FrontDoor, browser: Browser
):
    page = await new_page(browser)
    await page.goto(door.origin("ci1", "http") + "/lab")
    alive = door.backend.upstreams["id-ci1"]
    dead = type(alive)(str(alive.address).replace("jupyter", "gone"))  # type: ignore[union-attr]
    door.backend.upstreams["id-ci1"] = dead
    door.cached.forget()
    answer = await page.goto(door.origin("ci1", "http") + "/lab")
    assert answer is not None
    assert answer.status == 503
    assert await page.title() == "One moment"
    door.backend.upstreams["id-ci1"] = alive
    door.cached.forget()
    await expect(page).to_have_title("instance", timeout=15_000)


async def test_a_starting_page_in_a_frame_tells_the_studio_and_comes_alive_by_itself(
    door: FrontDoor, browser: Browser
):
    page = await new_page(browser)
    await page.goto(door.origin("", "http"))
    alive = door.backend.upstreams["id-ci1"]
    door.backend.upstreams["id-ci1"] = Starting(retry_after=1)
    door.cached.forget()
    host = door.origin("ci1", "http")
    told = await page.evaluate(
        """(url) => new Promise((done) => {
          addEventListener('message', ({origin, data}) => done([origin, data]));
          const frame = document.createElement('iframe');
          frame.src = url; document.body.append(frame);
        })""",
        host + "/lab",
    )
    assert told[0] == host
    assert (told[1]["type"], told[1]["code"]) == ("studiolo-refused", "ApplicationStarting")
    assert told[1]["retryAfter"] == 1

    # The session ends meanwhile: the page in the frame goes to the studio for another, and back.
    door.backend.sessions.clear()
    door.backend.upstreams["id-ci1"] = alive
    door.cached.forget()
    await page.frame_locator("iframe").locator("text=/lab").wait_for()
