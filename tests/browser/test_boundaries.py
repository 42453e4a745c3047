"""What a person, and a page on an instance, cannot reach."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from tests.support.browser import Visit
from tests.support.deployed import Deployed, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPEN_WEBSOCKET = """(url) => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onopen = () => { socket.close(); done('open'); };
  socket.onerror = () => done('refused');
})"""
FETCH = "([url, options]) => fetch(url, options).then((r) => String(r.status), () => 'refused')"
FORM = """(url) => {
  const form = document.createElement('form');
  form.method = 'post'; form.action = url;
  document.body.append(form); form.submit();
}"""

REQUESTS: tuple[dict[str, Any], ...] = (
    {"credentials": "include"},
    {"credentials": "include", "method": "POST", "body": "x"},
    {"credentials": "include", "method": "DELETE"},
    {"credentials": "include", "method": "PUT", "headers": {"Content-Type": "application/json"}},
)


async def test_another_persons_instance_is_refused_with_its_owners_name(
    deployed: Deployed, ana: Person, ben: Person, first: str, visit: Visit
) -> None:
    await visit.home(ben)
    await expect(visit.listed(first)).to_be_visible()
    await expect(visit.link(first, "Jupyter Lab")).to_have_count(0)
    answer = await visit.page.goto(visit.host(first) + "/lab")
    assert answer is not None
    assert answer.status == 403
    await expect(visit.heading("You may not do this")).to_be_visible()
    await expect(visit.page.get_by_role("main")).to_contain_text(ana.display_name)
    assert visit.page.url.startswith(deployed.http)
    assert await visit.cookies(visit.host(first)) == {}


async def at_both(visit: Visit, ana: Person, first: str, second: str) -> Page:
    """Sign in to two instances, and stay on a page of the first."""
    await visit.home(ana)
    return await at(visit, second, first)


async def at(visit: Visit, *names: str) -> Page:
    """Open a page on each instance."""
    for name in names:
        await visit.page.goto(visit.host(name) + "/tree")
        await expect(visit.page).to_have_title("Home")
    return visit.page


async def test_a_page_on_an_instance_reaches_its_own_host_only(
    deployed: Deployed, ana: Person, first: str, second: str, visit: Visit
) -> None:
    page = await at_both(visit, ana, first, second)
    own, other, studio = visit.host(first), visit.host(second), deployed.http
    socket = own.replace("http", "ws", 1) + "/api/events/subscribe"
    assert await page.evaluate(FETCH, [own + "/api/status", {}]) == "200"
    assert await page.evaluate(OPEN_WEBSOCKET, socket) == "open"
    # Both cookies are in this profile: the browser would send them.
    assert "__Host-studiolo-instance" in await visit.cookies(other)
    assert "__Host-studiolo" in await visit.cookies(studio)
    for target in (other + "/api/contents", studio + "/auth/me", studio + "/subscriptions"):
        for options in REQUESTS:
            assert await page.evaluate(FETCH, [target, options]) == "refused", (target, options)
    for origin in (other, studio):
        target = origin.replace("http", "ws", 1) + "/api/events/subscribe"
        assert await page.evaluate(OPEN_WEBSOCKET, target) == "refused", target
    # Refusing is the point, and Chromium says so on the console.
    visit.complaints.clear()


async def test_a_form_on_an_instance_can_neither_stop_it_nor_sign_its_owner_out(
    deployed: Deployed, ana: Person, first: str, second: str, visit: Visit
) -> None:
    page = await at_both(visit, ana, first, second)
    stop = f"{ana.computes.path(second)}/stop?api-version=2024-10-01"
    for path in (stop, "/signin", "/auth/session", "/auth/tokens"):
        await at(visit, first)
        async with page.expect_navigation() as navigation:
            await page.evaluate(FORM, deployed.http + path)
        answer = await navigation.value
        assert answer is not None
        assert answer.status == 403
    assert ana.state(second) == "Running"
    await page.goto(deployed.http)
    await visit.inside()


async def test_a_page_on_an_instance_cannot_frame_the_studio_or_a_neighbour(
    deployed: Deployed, ana: Person, first: str, second: str, visit: Visit
) -> None:
    page = await at_both(visit, ana, first, second)
    for target in (deployed.http + "/", visit.host(second) + "/tree"):
        await page.evaluate(
            """(url) => new Promise((done) => {
              const frame = document.createElement('iframe');
              frame.onload = done; frame.src = url; document.body.append(frame);
            })""",
            target,
        )
        frame = page.frames[-1]
        assert await frame.get_by_text("compute instances").count() == 0
        assert await frame.title() != "Home"
    visit.complaints.clear()
