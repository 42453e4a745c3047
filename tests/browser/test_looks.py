"""Every page outside the studio: in its window, in light and dark, working without a script."""

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import Begin
from tests.support.browser import Visit
from tests.support.deployed import Deployed, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

GROUNDS = {"light": "rgb(250, 250, 250)", "dark": "rgb(31, 31, 31)"}


@pytest.fixture(scope="session")
def stopped(ana: Person) -> str:
    """Name of an instance that does not run."""
    name = ana.create("the-longest-names")
    ana.computes.act(name, "stop")
    return name


async def looks_right(visit: Visit, scheme: str, name: str) -> None:
    page = visit.page
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == GROUNDS[scheme], name
    assert await cut_off(page) == [], name
    await visit.picture(name)


async def cut_off(page: Page) -> list[str]:
    """Words of controls that reach beyond their box or the window."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll('a, button, input, h1, h2, .state')]
          .filter((each) => {
            const box = each.getBoundingClientRect();
            const shown = box.width > 0 && each.type !== 'hidden';
            return shown && (box.left < 0 || box.right > window.innerWidth + 0.5
              || each.tagName !== 'INPUT' && each.scrollWidth > each.clientWidth + 1
                 && getComputedStyle(each).display !== 'inline');
          })
          .map((each) => each.textContent || each.name)"""
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_pages_fit_their_window(
    deployed: Deployed,
    ana: Person,
    ben: Person,
    first: str,
    stopped: str,
    begin: Begin,
    width: int,
    scheme: str,
) -> None:
    async def start() -> Visit:
        viewport = {"width": width, "height": 800}
        return await begin(viewport=viewport, color_scheme=scheme)

    async def seen(visit: Visit, name: str) -> None:
        await looks_right(visit, scheme, f"{name}-{width}-{scheme}")

    visit = await start()
    await visit.sign_in(ben, password="wrong")
    await expect(visit.page.get_by_role("alert")).to_be_visible()
    await seen(visit, "sign-in-refused")
    await visit.page.goto(deployed.link_for(ben))
    await seen(visit, "link")
    await visit.page.goto(deployed.http + "/signin/link?t=spent")
    await seen(visit, "link-spent")
    await visit.home(ben)
    await visit.page.goto(visit.host(first) + "/lab")
    await seen(visit, "refused")

    visit = await start()
    await visit.page.goto(deployed.http)
    await seen(visit, "sign-in")
    await visit.home(ana)
    await visit.page.goto(visit.host(stopped) + "/lab")
    await seen(visit, "stopped")
    await visit.page.goto(visit.host(stopped) + "/_studiolo/ticket?t=spent&path=/lab")
    await seen(visit, "ticket-spent")
    await visit.page.goto(visit.host("nothing") + "/lab")
    await seen(visit, "no-such-instance")
