"""Opening an instance's applications and working in them."""

import re

import pytest
from playwright.async_api import expect
from tests.browser.conftest import Begin
from tests.support.browser import Visit
from tests.support.deployed import Deployed, Person
from tests.support.launched import until

from studiolo.client.studiolo import COMPUTE_VERSION

pytestmark = pytest.mark.asyncio(loop_scope="session")

IDLE = re.compile(r"Python 3 \(ipykernel\) \| Idle")


async def test_the_studio_lists_an_instance_with_its_state_and_applications(
    ana: Person, first: str, visit: Visit
) -> None:
    await visit.home(ana)
    listed = visit.listed(first)
    await expect(listed.get_by_text("Running", exact=True)).to_be_visible()
    await expect(listed).to_contain_text("Standard_DS2_v2")
    for application in ("Jupyter", "Jupyter Lab", "Terminal"):
        await expect(visit.link(first, application)).to_be_visible()


async def test_a_notebook_runs_in_jupyterlab_and_is_saved_on_the_share(
    deployed: Deployed, ana: Person, first: str, visit: Visit
) -> None:
    await visit.home(ana)
    await visit.open(first, "Jupyter Lab")
    page = visit.page
    await page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    # What is run before the kernel is there is not run at all, in any JupyterLab.
    await expect(page.get_by_role("button", name=IDLE)).to_be_visible()
    cell = page.locator(".jp-Notebook .cm-content").first
    await cell.fill("print(6*7)")
    await cell.press("Shift+Enter")
    await expect(page.locator(".jp-OutputArea-output").first).to_have_text(re.compile(r"^42\s*$"))
    await page.keyboard.press("Control+s")
    await page.get_by_role("button", name="Rename and Save").click()
    saved = deployed.share(ana) / "Untitled.ipynb"
    until(lambda: '"42\\n"' in saved.read_text(), "the saved notebook")

    assert page.url.startswith(visit.host(first) + "/lab")
    await no_credential_is_seen(deployed, visit, first)


async def test_a_page_that_is_only_open_keeps_no_machine_awake(
    ana: Person, first: str, visit: Visit
) -> None:
    """It asks for its lists and keeps its layout, which is not what a person does."""
    await visit.home(ana)
    await visit.open(first, "Jupyter Lab")
    page = visit.page
    # A layout of its own: the last one's notebooks would be opened again, and greet their kernels.
    await page.goto(f"{visit.host(first)}/lab/workspaces/only-open")
    await expect(page.get_by_role("tab", name="File Browser")).to_be_visible()
    asks = re.compile("/api/(kernels|sessions|terminals)\\?")

    async def used_after_asking_again() -> str:
        async with page.expect_response(asks, timeout=60_000):
            pass
        path = f"{ana.computes.path(first)}/status"
        return ana.api.http.json("GET", path, version=COMPUTE_VERSION)["activity"]["lastActivity"]

    async def layout_kept() -> None:
        async with page.expect_request(lambda sent: sent.method == "PUT", timeout=60_000):
            pass

    await layout_kept()
    before = await used_after_asking_again()
    await layout_kept()
    for _ in range(4):  # lists come together, so that this takes two rounds of them
        assert await used_after_asking_again() == before


async def no_credential_is_seen(deployed: Deployed, visit: Visit, name: str) -> None:
    """Neither the application's token nor any of Studiolo's is in an address or sent inside."""
    token = deployed.application_token(name)
    assert visit.secret_addresses(token) == []
    assert [url for url in await visit.visited() if "t=" in url.partition("?")[2]] == []
    assert token not in await visit.page.content()
    inside = [each for each in visit.requests if each.url.startswith(visit.host(name))]
    assert inside
    for request in inside:
        assert "__Host-studiolo=" not in (await request.all_headers()).get("cookie", "")
    own = await visit.cookies(visit.host(name))
    assert set(own) <= {"__Host-studiolo-instance", "_xsrf"}, own
    session = own["__Host-studiolo-instance"]
    assert session["domain"] == f"{name}.{deployed.settings.domain}"
    assert session["httpOnly"]
    assert session["sameSite"] == "Lax"
    assert "__Host-studiolo-instance" not in await visit.cookies(deployed.http)


async def test_jupyterlab_opens_over_https(
    deployed: Deployed, ana: Person, first: str, visit: Visit
) -> None:
    await visit.home(ana, deployed.https)
    await visit.open(first, "Jupyter Lab")
    await expect(visit.page.get_by_role("tab", name="File Browser")).to_be_visible()
    assert visit.page.url.startswith(visit.host(first, deployed.https) + "/lab")
    assert visit.secret_addresses(deployed.application_token(first)) == []
    # Everything came the same way: a page of mixed content would lose its WebSockets.
    assert {each.url.partition(":")[0] for each in visit.requests} <= {"https", "data", "blob"}


async def test_a_terminal_begins_in_the_persons_own_folder(
    deployed: Deployed, ana: Person, first: str, visit: Visit
) -> None:
    await visit.home(ana)
    await visit.open(first, "Terminal")
    # The terminal draws on a canvas; what it is sent is what it shows. First the prompt.
    await visit.hears(f"/Users/{ana.alias}")
    await visit.page.locator(".xterm-screen").click()
    await visit.page.keyboard.type("pwd > where.txt; echo written $((6*7))\n")
    await visit.hears("written 42")
    written = (deployed.share(ana) / "where.txt").read_text()
    assert written.endswith(f"/cloudfiles/code/Users/{ana.alias}\n"), written
    assert visit.page.url == visit.host(first) + "/terminals/1"


async def test_notebook_7_lists_the_share(
    deployed: Deployed, ana: Person, first: str, visit: Visit
) -> None:
    await visit.home(ana)
    (deployed.share(ana) / "from-outside.txt").write_text("seen by every instance\n")
    await visit.open(first, "Jupyter")
    await expect(visit.page).to_have_title("Home")
    await expect(visit.page.get_by_text("from-outside.txt")).to_be_visible()
    assert visit.page.url.startswith(visit.host(first) + "/tree")


async def test_a_link_to_an_instance_leads_through_sign_in_to_the_page_it_names(
    ana: Person, first: str, begin: Begin
) -> None:
    visit = await begin()
    target = visit.host(first) + "/tree?from=a-colleague"
    await visit.page.goto(target)
    await expect(visit.heading("Sign in")).to_be_visible()
    await visit.fill_in(ana)
    await expect(visit.page).to_have_title("Home")
    assert visit.page.url == target
